#include "fuzz/formats.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/utf8.h"

static bool is_json(const struct kps_format *format)
{
    static const struct kps_sv names[] = {SV_LIT("json"), SV_LIT("sarif"), SV_LIT("gitlab"),
                                          SV_LIT("rdjson")};
    bool found = false;
    for (size_t i = 0; i < KPS_COUNT(names); i++) {
        found = found || kps_sv_eq(names[i], kps_sv_of(format->name));
    }
    return found;
}

static bool is_of_kind(const struct kps_format *format, enum formats_kind kind)
{
    static const unsigned uses[] = {[FORMATS_FOR_CHECKS] = KPS_FORMAT_CHECK | KPS_FORMAT_MAP,
                                    [FORMATS_FOR_QUERIES] = KPS_FORMAT_LIST,
                                    [FORMATS_FOR_ASSIGN] = KPS_FORMAT_ASSIGN};
    return format->uses & uses[kind];
}

void formats_check_text(struct kps_sv text)
{
    for (size_t at = 0; at < text.n;) {
        int32_t c = kps_utf8_next(text, &at);
        KPS_ASSERT(c == '\n' || !kps_utf8_is_unsafe(c));
    }
}

static void check_json(struct kps_sv text)
{
    json_error_t error;
    json_t *json = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &error);
    if (!json) {
        (void)fprintf(stderr, "%s at byte %d of:\n%.*s\n", error.text, error.position,
                      SV_ARG(text));
    }
    KPS_ASSERT(json);
    json_decref(json);
}

static void check_format(const struct kps_report *report, const struct kps_style *style,
                         const struct kps_format *format)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    KPS_ASSERT(out);
    format->render(report, style, out);
    KPS_ASSERT(!ferror(out));
    KPS_ASSERT(fclose(out) == 0);
    struct kps_sv text = {bytes, n};
    KPS_ASSERT(kps_utf8_check(text) == n);
    (is_json(format) ? check_json : formats_check_text)(text);
    free(bytes);
}

void formats_check(const struct kps_report *report, enum formats_kind kind)
{
    static const struct kps_style style = {.width = KPS_WIDTH_DEFAULT, .columns = 60};
    for (const struct kps_format *format = kps_formats; format->name; format++) {
        if (is_of_kind(format, kind)) {
            check_format(report, &style, format);
        }
    }
}
