#ifndef KPS_BASE_ENV_H
#define KPS_BASE_ENV_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/sv.h"

/*
 * The process environment as a value: read once by the command line (kps_env_of) or made up by a
 * test, then handed down. Only cmd/ sees the real environment.
 */
struct kps_env {
    struct kps_map index; /* name -> position in values */
    const struct kps_sv *values;
};

/* From a NULL-terminated "NAME=value" list (environ(7)); an entry without "=" is skipped, the first
 * of a name wins. */
struct kps_env kps_env_of(struct kps_arena *arena, char *const *environ_list);

/* The same with another value of `name`, unless the value is empty. */
struct kps_env kps_env_with(struct kps_arena *arena, char *const *environ_list, const char *name,
                            struct kps_sv value);

/*
 * Return: true when `name` is set, even to the empty text, with the value in *ret; false leaves
 * *ret untouched.
 */
bool kps_env_get(const struct kps_env *env, struct kps_sv name, struct kps_sv *ret);

/* Return: the environment without the variables in `names`, in the arena. */
struct kps_env kps_env_without(struct kps_arena *arena, const struct kps_env *env,
                               const struct kps_map *names);

/* The value of `name`, or the empty view when `name` is not set. */
struct kps_sv kps_env_or_empty(const struct kps_env *env, const char *name);

#endif
