#ifndef KPS_BASE_ENV_H
#define KPS_BASE_ENV_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/sv.h"

/*
 * The process environment as a value: taken once by the command line (kps_env_of) or made up by a
 * test, then handed down. Nothing below cmd/ calls getenv.
 */
struct kps_env {
    struct kps_map index; /* name -> position in values */
    const struct kps_sv *values;
};

/* From a NULL-terminated "NAME=value" list (environ(7)); an entry without "=" is skipped, the first
 * of a name wins. */
struct kps_env kps_env_of(struct kps_arena *arena, char *const *environ_list);

/* Return: whether `name` is set, even to nothing; its value in *ret (untouched when not). */
bool kps_env_get(const struct kps_env *env, struct kps_sv name, struct kps_sv *ret);

/* The value of `name`, or the empty view when it is not set. */
struct kps_sv kps_env_or_empty(const struct kps_env *env, struct kps_sv name);

#endif
