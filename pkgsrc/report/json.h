#ifndef KPS_REPORT_JSON_H
#define KPS_REPORT_JSON_H

#include <stdio.h>

#include "model/ledger.h"

/*
 * Values of JSON for every format that is JSON, each for the caller to release (json_decref). No
 * function fails: without memory the program ends. Bytes that are not UTF-8 become U+FFFD.
 */
struct json_t;

struct kps_json {
    const struct kps_ledger *ledger;
    struct kps_arena *scratch;
    bool unsafe; /* set for a text with characters unsafe for a terminal: print this element as
                    ASCII */
};

/*
 * Make jansson end the program when memory is exhausted, as our own allocations do: else a list
 * without memory to grow would be a shorter list, and a wrong answer. Call once, before any JSON is
 * read or written.
 */
void kps_json_use_allocator(void);

/* Begin a report of elements: values that are printed one by one, so that the report needs memory
 * for one of them. */
struct kps_json kps_json_begin(const struct kps_ledger *ledger);
/* Print an element and release all of its memory; the stream's error flag tells of a failure. */
void kps_json_print(struct kps_json *json, struct json_t *element, FILE *out);
void kps_json_end(struct kps_json *json);
/* Return the flags of jansson that print a value of the element. */
size_t kps_json_flags(const struct kps_json *json);

/* Return the version of jansson. */
const char *kps_json_version(void);

struct json_t *kps_json_text(struct kps_json *json, struct kps_sv text);
/* null for the empty text: unknown. */
struct json_t *kps_json_known(struct kps_json *json, struct kps_sv text);
/* json_object_set_new without a failure. */
void kps_json_set(struct json_t *object, const char *key, struct json_t *value);
/* The same for a new object or list. Return: the new value. */
struct json_t *kps_json_set_object(struct json_t *object, const char *key);
struct json_t *kps_json_set_array(struct json_t *object, const char *key);
/* The same for a word of ours (NULL: null) and for a truth. */
void kps_json_set_word(struct json_t *object, const char *key, const char *word);
void kps_json_set_flag(struct json_t *object, const char *key, bool is_set);
/* The same for a text, for a text that may be unknown (null), and for a number. */
void kps_json_set_text(struct kps_json *json, struct json_t *object, const char *key,
                       struct kps_sv text);
void kps_json_set_known(struct kps_json *json, struct json_t *object, const char *key,
                        struct kps_sv text);
void kps_json_set_number(struct json_t *object, const char *key, uint64_t number);
void kps_json_push(struct json_t *array, struct json_t *value);

#endif
