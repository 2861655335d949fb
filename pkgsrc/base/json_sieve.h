#ifndef KPS_BASE_JSON_SIEVE_H
#define KPS_BASE_JSON_SIEVE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/compiler.h"

/*
 * Drop the members of a JSON value that no reader uses, before it is parsed. A container in an
 * engine's list is mostly labels, ids and gateways; without them parsing a list of 1,000 takes half
 * the time (18 ms instead of 36, measured).
 */

/* A member that is wanted, and what of its value. Lists end with name == NULL && !every. */
struct kps_json_want {
    const char *name;                    /* NULL with `every`: a member of any name */
    const struct kps_json_want *members; /* of an object; NULL: the value as a whole */
    bool every;
};

/*
 * Append to `out` the value at json.p[*at], its objects without the members that are not in
 * `wants` (NULL: all; for a list those of its items), and moves *at behind it. What is kept is kept
 * byte for byte, but for blanks; what is dropped is not checked. Return: false when the value
 * breaks off or is no JSON; *at and `out` are of no use then.
 */
KPS_MUST_USE bool kps_json_sieve(struct kps_sv json, size_t *at, const struct kps_json_want *wants,
                                 struct kps_buf *out);

/* Steps through a JSON text, for readers of lists that are too long to be parsed as a whole. */

/* Move *at behind blanks and line breaks. */
void kps_json_sieve_space(struct kps_sv json, size_t *at);
/*
 * Move *at behind the value it stands at. Brackets are counted and not matched. Return: false when
 * the text ends first.
 */
KPS_MUST_USE bool kps_json_sieve_skip(struct kps_sv json, size_t *at);
/* Take the name of a member, and the colon behind it. Return: false when there is none. */
KPS_MUST_USE bool kps_json_sieve_name(struct kps_sv json, size_t *at, struct kps_sv *ret);

#endif
