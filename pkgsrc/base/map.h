#ifndef KPS_BASE_MAP_H
#define KPS_BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * A hash table from strings to 32-bit numbers (ids, indexes). Start with zeros. Keys are views:
 * their bytes must outlive the map. The table itself lives in the arena handed to kps_map_put.
 * Hashing is seeded per process, so hostile keys cannot be chosen to collide; nothing depends on
 * the order of the slots.
 */
struct kps_map_slot {
    struct kps_sv key;
    uint32_t hash, value;
};

struct kps_map {
    struct kps_map_slot *slots;
    uint32_t n, cap;
    uint64_t seed; /* set with the first key */
};

/*
 * Put `key` with `value` unless the map has `key`. Return: the address of its value in the map, new
 * or old, valid until the next put. Assign through the address to replace. The map of a list has
 * positions: the key is new when its value is the length of the list.
 */
uint32_t *kps_map_put(struct kps_map *map, struct kps_arena *arena, struct kps_sv key,
                      uint32_t value);

/* Put `key` with `value` unless the map has `key`. Return: was it new? */
bool kps_map_add(struct kps_map *map, struct kps_arena *arena, struct kps_sv key, uint32_t value);

/* The value of `key`, or `missing`. */
uint32_t kps_map_get(const struct kps_map *map, struct kps_sv key, uint32_t missing);

#endif
