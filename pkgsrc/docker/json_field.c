#include "docker/json_field.h"

#include <jansson.h>

#include "base/count.h"
#include "base/limits.h"

/*
 * Whole numbers are read as reals: a number too large for 64 bits would else make the whole text
 * invalid, and ports and times fit a double exactly. A NUL inside a text is accepted too.
 */
static const size_t forgiving = JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL;

static const size_t CUT_OFF = SIZE_MAX;

struct kps_sv kps_json_field_view(const struct json_t *value)
{
    return (struct kps_sv){json_string_value(value), json_string_length(value)};
}

struct kps_sv kps_json_field_text(struct kps_arena *arena, const struct json_t *object,
                                  const char *member)
{
    const json_t *value = json_object_get(object, member);
    struct kps_sv text = kps_json_field_view(value);
    return text.n ? kps_sv_copy(arena, text) : (struct kps_sv){"", 0};
}

uint32_t kps_json_field_number(const struct json_t *object, const char *member, uint32_t max)
{
    const json_t *value = json_object_get(object, member);
    if (json_is_string(value)) {
        struct kps_sv text = kps_json_field_view(value);
        int64_t digits = kps_sv_number(text, max);
        return digits > 0 ? (uint32_t)digits : 0;
    }
    double number = json_number_value(value);
    if (!(number >= 0 && number <= max)) {
        return 0;
    }
    uint32_t whole = (uint32_t)number;
    return (double)whole < number ? 0 : whole;
}

bool kps_json_field_is_true(const struct json_t *object, const char *member)
{
    return json_is_true(json_object_get(object, member));
}

/* Return the position of the first byte from `at` on that is no white space. */
static size_t skip_space(struct kps_sv json, size_t at)
{
    kps_json_sieve_space(json, &at);
    return at;
}

/* Report if the text starts like markup: the page of some other server. */
static bool is_markup(struct kps_sv json)
{
    return kps_sv_has_head(kps_sv_from(json, skip_space(json, 0)), "<");
}

/* `at`: the wrong byte, or CUT_OFF. */
static struct kps_sv why_not(struct kps_arena *arena, struct kps_sv json, size_t at,
                             const char *error)
{
    if (is_markup(json)) {
        return SV("is a web page, not JSON");
    }
    if (at == CUT_OFF) {
        return kps_fmt(arena, "breaks off after %s", kps_count_of(arena, json.n, "byte").p);
    }
    return kps_fmt(arena, "is invalid JSON at byte %zu: %s", at, error);
}

struct json_t *kps_json_field_parse(struct kps_arena *arena, struct kps_sv json,
                                    struct kps_sv *ret_why)
{
    json_error_t error = {0};
    if (json.n > KPS_LIMIT_ENGINE_ITEM) {
        *ret_why = kps_fmt(arena, "is larger than %d MiB", KPS_LIMIT_ENGINE_ITEM / (1024 * 1024));
        return NULL;
    }
    json_t *value = json_loadb(json.n ? json.p : "", json.n, forgiving, &error);
    if (!value) {
        bool short_of = json_error_code(&error) == json_error_premature_end_of_input;
        *ret_why = why_not(arena, json, short_of ? CUT_OFF : (size_t)error.position, error.text);
    }
    return value;
}

/* Parse the item at *at unchanged and move *at behind the item. */
static json_t *parse_whole(struct kps_arena *arena, struct kps_sv json, size_t *at,
                           struct kps_sv *ret_why)
{
    struct kps_sv rest = kps_sv_slice(json, *at, *at + KPS_LIMIT_ENGINE_ITEM);
    json_error_t error = {0};
    json_t *value = json_loadb(rest.n ? rest.p : "", rest.n,
                               forgiving | JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &error);
    if (value) {
        *at += (size_t)error.position;
        return value;
    }
    bool short_of = json_error_code(&error) == json_error_premature_end_of_input;
    if (short_of && *at + rest.n < json.n) {
        *ret_why =
            kps_fmt(arena, "has an item larger than %d MiB", KPS_LIMIT_ENGINE_ITEM / (1024 * 1024));
    } else {
        size_t bad = *at + (error.position > 0 ? (size_t)error.position : 0);
        *ret_why = why_not(arena, json, short_of ? CUT_OFF : bad, error.text);
    }
    return NULL;
}

/*
 * Parse the item without unwanted members. A text that the sieve cannot split is left to the
 * parser's words.
 */
static json_t *parse_wanted(const char *wants, struct kps_sv json, size_t *at, struct kps_buf *room)
{
    size_t behind = *at;
    room->n = 0;
    if (!*wants ||
        !kps_json_sieve(kps_sv_head(json, *at + KPS_LIMIT_ENGINE_ITEM), &behind, wants, room)) {
        return NULL;
    }
    json_t *value = json_loadb(room->p, room->n, forgiving | JSON_DECODE_ANY, NULL);
    if (value) {
        *at = behind;
    }
    return value;
}

bool kps_json_field_each(struct kps_arena *arena, struct kps_sv json, const char *wants,
                         kps_json_field_item *item, void *context, struct kps_sv *ret_why)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_buf *room = kps_buf_new(scratch);
    size_t at = skip_space(json, 0);
    if (at == json.n || json.p[at] != '[') {
        *ret_why = at == json.n || is_markup(json) ? why_not(arena, json, CUT_OFF, "")
                                                   : SV("is not a list");
        return false;
    }
    at = skip_space(json, at + 1);
    bool more = at == json.n || json.p[at] != ']';
    while (more) {
        json_t *value = parse_wanted(wants, json, &at, room);
        if (!value) {
            value = parse_whole(arena, json, &at, ret_why);
        }
        if (!value) {
            return false;
        }
        item(context, value);
        json_decref(value);
        at = skip_space(json, at);
        if (at == json.n || (json.p[at] != ',' && json.p[at] != ']')) {
            *ret_why = why_not(arena, json, at == json.n ? CUT_OFF : at, "',' or ']' expected");
            return false;
        }
        more = json.p[at] == ',';
        at++;
    }
    return true;
}
