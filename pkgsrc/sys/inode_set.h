#ifndef KPS_SYS_INODE_SET_H
#define KPS_SYS_INODE_SET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * The set of socket inode numbers that are looked for. It is filled once; after that threads may
 * ask and mark in it at the same time.
 */
struct kps_inode_set_slot {
    uint32_t inode;        /* 0: free */
    atomic_bool has_owner; /* some process has it */
};
struct kps_inode_set {
    struct kps_inode_set_slot *slots;
    uint32_t cap;     /* a power of two */
    atomic_uint open; /* inodes without an owner yet */
};

/* An empty set with room for `n`. */
struct kps_inode_set *kps_inode_set_new(struct kps_arena *arena, size_t n);
/* Adds an inode number that is not 0; one that is there already counts once. Not while others ask.
 */
void kps_inode_set_add(struct kps_inode_set *wanted, uint32_t inode);
/* Whether it is wanted; then it is marked as found. */
bool kps_inode_set_found(struct kps_inode_set *wanted, uint32_t inode);
/* Whether a wanted inode was found. */
bool kps_inode_set_has_owner(const struct kps_inode_set *wanted, uint32_t inode);

#endif
