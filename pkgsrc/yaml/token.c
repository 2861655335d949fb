#include "yaml/token.h"

#include <string.h>

enum kps_ytag kps_yaml_tag(const char *tag)
{
    static const struct {
        const char *text;
        enum kps_ytag tag;
    } known[] = {
        {"!", KPS_Y_UNTAGGED}, /* Go's yaml.v3 takes it for none */
        {"!reset", KPS_Y_RESET},
        {"!override", KPS_Y_OVERRIDE},
        {"tag:yaml.org,2002:str", KPS_Y_STR},
        {"tag:yaml.org,2002:int", KPS_Y_INT},
        {"tag:yaml.org,2002:float", KPS_Y_FLOAT},
        {"tag:yaml.org,2002:bool", KPS_Y_BOOL},
        {"tag:yaml.org,2002:null", KPS_Y_NULL},
        {"tag:yaml.org,2002:seq", KPS_Y_SEQ_TAG},
        {"tag:yaml.org,2002:map", KPS_Y_MAP_TAG},
        {"tag:yaml.org,2002:merge", KPS_Y_UNTAGGED}, /* what an untagged `<<` is anyway */
    };
    for (size_t i = 0; tag && i < KPS_COUNT(known); i++) {
        if (strcmp(tag, known[i].text) == 0) {
            return known[i].tag;
        }
    }
    return tag && tag[0] ? KPS_Y_OTHER_TAG : KPS_Y_UNTAGGED;
}

uint32_t kps_yaml_blank_length(struct kps_sv bytes, uint32_t at)
{
    char c = bytes.p[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        return 1;
    }
    struct kps_sv rest = kps_sv_slice(bytes, at, at + 3U);
    if (kps_sv_starts(rest, SV("\xc2\x85"))) {
        return 2;
    }
    return kps_sv_starts(rest, SV("\xe2\x80\xa8")) || kps_sv_starts(rest, SV("\xe2\x80\xa9")) ? 3
                                                                                              : 0;
}

static bool is_anchor_char(char c)
{
    return kps_is_digit(c) || kps_is_alpha(c) || c == '_' || c == '-';
}

static uint32_t skip_tag(struct kps_sv bytes, uint32_t at, uint32_t end)
{
    bool verbatim = at + 1 < end && bytes.p[at + 1] == '<';
    while (at < end && (verbatim ? bytes.p[at] != '>'
                                 : bytes.p[at] != ',' && kps_yaml_blank_length(bytes, at) == 0)) {
        at++;
    }
    return verbatim && at < end ? at + 1 : at;
}

uint32_t kps_yaml_skip_properties(struct kps_sv bytes, const struct kps_yaml_event *event,
                                  uint32_t end, struct kps_sv *anchor)
{
    uint32_t at = event->start;
    bool want_anchor = event->anchored;
    bool want_tag = event->tag != NULL;
    while (at < end &&
           (want_anchor || want_tag || kps_yaml_blank_length(bytes, at) || bytes.p[at] == '#')) {
        uint32_t blank = kps_yaml_blank_length(bytes, at);
        if (blank) {
            at += blank;
        } else if (bytes.p[at] == '#') {
            while (at < end && bytes.p[at] != '\n' && bytes.p[at] != '\r') {
                at++;
            }
        } else if (want_anchor && bytes.p[at] == '&') {
            uint32_t from = ++at;
            while (at < end && is_anchor_char(bytes.p[at])) {
                at++;
            }
            *anchor = kps_sv_slice(bytes, from, at);
            want_anchor = false;
        } else if (want_tag && bytes.p[at] == '!') {
            at = skip_tag(bytes, at, end);
            want_tag = false;
        } else {
            break;
        }
    }
    return at < end ? at : end;
}
