#include "base/map.h"

#include <string.h>
#include <sys/auxv.h>

/* The 16 random bytes of the kernel for every process (getauxval(3), AT_RANDOM). */
static uint64_t process_seed(void)
{
    uint64_t seed = 0;
    const void *bytes = (const void *)getauxval(AT_RANDOM);
    if (bytes) {
        memcpy(&seed, bytes, sizeof(seed));
    }
    return seed;
}

static uint64_t mix_hash(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint32_t hash_of(uint64_t seed, struct kps_sv key)
{
    static const uint64_t odd = 0x9e3779b97f4a7c15ULL;
    uint64_t h = seed ^ (key.n * odd);
    size_t i = 0;
    for (; i + 8 <= key.n; i += 8) {
        uint64_t word = 0;
        memcpy(&word, key.p + i, 8);
        h = mix_hash(h ^ word, odd);
    }
    uint64_t rest = 0;
    if (i < key.n) {
        memcpy(&rest, key.p + i, key.n - i);
    }
    h = mix_hash(h ^ rest, odd);
    return (uint32_t)(h >> 16) | 1U; /* 0 marks an empty slot */
}

static struct kps_map_slot *find_slot(struct kps_map_slot *slots, uint32_t cap, struct kps_sv key,
                                      uint32_t hash)
{
    for (uint32_t i = hash & (cap - 1);; i = (i + 1) & (cap - 1)) {
        struct kps_map_slot *slot = &slots[i];
        if (slot->hash == 0 || (slot->hash == hash && kps_sv_eq(slot->key, key))) {
            return slot;
        }
    }
}

KPS_COLD static void grow_slots(struct kps_map *map, struct kps_arena *arena)
{
    uint32_t cap = map->cap ? map->cap * 2 : 16;
    struct kps_map_slot *slots = KPS_NEW_N(arena, struct kps_map_slot, cap);
    for (uint32_t i = 0; i < map->cap; i++) {
        if (map->slots[i].hash) {
            *find_slot(slots, cap, map->slots[i].key, map->slots[i].hash) = map->slots[i];
        }
    }
    map->slots = slots;
    map->cap = cap;
}

uint32_t *kps_map_put(struct kps_map *map, struct kps_arena *arena, struct kps_sv key,
                      uint32_t value)
{
    if (map->cap == 0) {
        map->seed = process_seed();
    }
    if (map->n + map->n / 2 >= map->cap) {
        grow_slots(map, arena);
    }
    uint32_t hash = hash_of(map->seed, key);
    struct kps_map_slot *slot = find_slot(map->slots, map->cap, key, hash);
    if (slot->hash == 0) {
        *slot = (struct kps_map_slot){key, hash, value};
        map->n++;
    }
    return &slot->value;
}

bool kps_map_add(struct kps_map *map, struct kps_arena *arena, struct kps_sv key, uint32_t value)
{
    uint32_t before = map->n;
    (void)kps_map_put(map, arena, key, value);
    return map->n > before;
}

uint32_t kps_map_get(const struct kps_map *map, struct kps_sv key, uint32_t missing)
{
    if (map->n == 0) {
        return missing;
    }
    const struct kps_map_slot *slot = find_slot(map->slots, map->cap, key, hash_of(map->seed, key));
    return slot->hash ? slot->value : missing;
}
