#ifndef KPS_DOCKER_JSON_FIELD_H
#define KPS_DOCKER_JSON_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_sieve.h"

/*
 * Members of engine JSON, forgiving: a missing member or another type counts as absent. The
 * objects are libjansson's (json_t), declared here so that its header stays out of ours.
 */
struct json_t;

/* Return the text of a value, which lives as long; empty for any other value. */
struct kps_sv kps_json_field_view(const struct json_t *value);
/* Copy the text of a member to the arena; empty for any other value. */
struct kps_sv kps_json_field_text(struct kps_arena *arena, const struct json_t *object,
                                  const char *member);
/* A whole number in 0..max; 0 for anything else. Numbers may also come as text ("8080"). */
uint32_t kps_json_field_number(const struct json_t *object, const char *member, uint32_t max);
bool kps_json_field_is_true(const struct json_t *object, const char *member);

/*
 * Call `item` for each item of a JSON list, parsed alone, so that a long list needs memory for a
 * single item, and without the members outside `wants` (empty: all; json_sieve.h). Return: false
 * with *ret_why when the text is no list or breaks off; earlier items were delivered.
 */
typedef void kps_json_field_item(void *context, const struct json_t *item);
bool kps_json_field_each(struct kps_arena *arena, struct kps_sv json, const char *wants,
                         kps_json_field_item *item, void *context, struct kps_sv *ret_why);

/*
 * Parse a JSON value that fills `json`. Return: NULL with *ret_why; else to be released
 * (json_decref).
 */
struct json_t *kps_json_field_parse(struct kps_arena *arena, struct kps_sv json,
                                    struct kps_sv *ret_why);

#endif
