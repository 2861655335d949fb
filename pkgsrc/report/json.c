#include "report/json.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/utf8.h"

static const struct kps_sv REPLACEMENT = SV_LIT("\xef\xbf\xbd"); /* U+FFFD */

void kps_json_use_allocator(void)
{
    json_set_alloc_funcs(kps_heap_alloc, kps_heap_free);
}

static json_t *assert_made(json_t *value)
{
    if (!value) {
        kps_out_of_memory();
    }
    return value;
}

void kps_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, assert_made(value)) != 0) {
        kps_out_of_memory();
    }
}

json_t *kps_json_set_object(json_t *object, const char *key)
{
    json_t *made = json_object();
    kps_json_set(object, key, made);
    return made;
}

json_t *kps_json_set_array(json_t *object, const char *key)
{
    json_t *made = json_array();
    kps_json_set(object, key, made);
    return made;
}

void kps_json_set_word(json_t *object, const char *key, const char *word)
{
    kps_json_set(object, key, word ? json_string(word) : json_null());
}

void kps_json_set_flag(json_t *object, const char *key, bool is_set)
{
    kps_json_set(object, key, json_boolean(is_set));
}

void kps_json_set_text(struct kps_json *json, struct json_t *object, const char *key,
                       struct kps_sv text)
{
    kps_json_set(object, key, kps_json_text(json, text));
}

void kps_json_set_known(struct kps_json *json, struct json_t *object, const char *key,
                        struct kps_sv text)
{
    kps_json_set(object, key, kps_json_known(json, text));
}

void kps_json_set_number(struct json_t *object, const char *key, uint64_t number)
{
    kps_json_set(object, key, json_integer((json_int_t)number));
}

void kps_json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, assert_made(value)) != 0) {
        kps_out_of_memory();
    }
}

/* Return: `text` with every byte outside UTF-8 replaced. */
static struct kps_sv repair_text(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t at = 0; at < text.n;) {
        struct kps_sv rest = kps_sv_from(text, at);
        size_t valid = kps_utf8_check(rest);
        kps_buf_add(out, kps_sv_head(rest, valid));
        if (valid < rest.n) {
            kps_buf_add(out, REPLACEMENT);
        }
        at += valid + 1;
    }
    return kps_buf_sv(out);
}

const char *kps_json_version(void)
{
    return jansson_version_str();
}

json_t *kps_json_text(struct kps_json *json, struct kps_sv text)
{
    struct kps_sv valid = kps_utf8_check(text) == text.n ? text : repair_text(json->scratch, text);
    for (size_t at = 0; at < valid.n && !json->unsafe;) {
        int32_t c = kps_utf8_next(valid, &at);
        json->unsafe =
            c > 0x7f && kps_utf8_is_unsafe(c); /* below that JSON itself asks for escapes */
    }
    return assert_made(json_stringn(valid.n ? valid.p : "", valid.n));
}

json_t *kps_json_known(struct kps_json *json, struct kps_sv text)
{
    return text.n ? kps_json_text(json, text) : assert_made(json_null());
}

struct kps_json kps_json_begin(const struct kps_ledger *ledger)
{
    return (struct kps_json){.ledger = ledger, .scratch = kps_arena_new()};
}

size_t kps_json_flags(const struct kps_json *json)
{
    return JSON_ENCODE_ANY | (json->unsafe ? JSON_ENSURE_ASCII : 0);
}

void kps_json_print(struct kps_json *json, struct json_t *element, FILE *out)
{
    (void)json_dumpf(element, out, kps_json_flags(json));
    json_decref(element);
    kps_arena_reset(json->scratch);
    json->unsafe = false;
}

void kps_json_end(struct kps_json *json)
{
    kps_arena_free(json->scratch);
}
