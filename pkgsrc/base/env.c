#include "base/env.h"

#include <string.h>

#include <stddef.h>

struct kps_env kps_env_of(struct kps_arena *arena, char *const *environ_list)
{
    struct kps_env env = {0};
    size_t n = 0;
    while (environ_list && environ_list[n]) {
        n++;
    }
    struct kps_sv *values = KPS_NEW_N(arena, struct kps_sv, n);
    for (uint32_t i = 0; i < n; i++) {
        struct kps_sv entry = kps_sv_of(environ_list[i]);
        size_t equals = kps_sv_find(entry, '=');
        if (equals < entry.n) {
            (void)kps_map_put(&env.index, arena, kps_sv_head(entry, equals), i);
            values[i] = kps_sv_from(entry, equals + 1);
        }
    }
    env.values = values;
    return env;
}

bool kps_env_get(const struct kps_env *env, struct kps_sv name, struct kps_sv *ret)
{
    uint32_t at = kps_map_get(&env->index, name, UINT32_MAX);
    if (at == UINT32_MAX) {
        return false;
    }
    *ret = env->values[at];
    return true;
}

struct kps_sv kps_env_or_empty(const struct kps_env *env, const char *name)
{
    struct kps_sv value = {"", 0};
    (void)kps_env_get(env, kps_sv_of(name), &value);
    return value;
}

struct kps_env kps_env_without(struct kps_arena *arena, const struct kps_env *env,
                               const struct kps_map *names)
{
    struct kps_env ret = {.values = env->values};
    for (uint32_t i = 0; i < env->index.cap; i++) {
        const struct kps_map_slot *slot = &env->index.slots[i];
        if (slot->hash && kps_map_get(names, slot->key, UINT32_MAX) == UINT32_MAX) {
            (void)kps_map_put(&ret.index, arena, slot->key, slot->value);
        }
    }
    return ret;
}

struct kps_env kps_env_with(struct kps_arena *arena, char *const *environ_list, const char *name,
                            struct kps_sv value)
{
    size_t n = 0;
    while (environ_list[n]) {
        n++;
    }
    char **list = KPS_NEW_N(arena, char *, n + 2);
    size_t at = 0;
    if (value.n) {
        struct kps_sv entry = kps_fmt(arena, "%s=%.*s", name, SV_ARG(value));
        list[at++] = memcpy(kps_alloc(arena, entry.n + 1), entry.p, entry.n);
    }
    memcpy(&list[at], environ_list, n * sizeof(list[0]));
    return kps_env_of(arena, list);
}
