#ifndef KPS_SYS_INODE_SET_H
#define KPS_SYS_INODE_SET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * The set of wanted socket inode numbers. After filling, threads may query and mark at the same
 * time.
 */
struct kps_inode_set_slot {
    uint32_t inode;        /* 0: free */
    atomic_bool has_owner; /* a process has the socket */
};
struct kps_inode_set {
    struct kps_inode_set_slot *slots;
    uint32_t cap;     /* a power of two */
    atomic_uint open; /* inodes without an owner yet */
};

/* An empty set with room for `n`. */
struct kps_inode_set *kps_inode_set_new(struct kps_arena *arena, size_t n);
/* Add an inode number, not 0; a second addition changes nothing. Not while threads query. */
void kps_inode_set_add(struct kps_inode_set *wanted, uint32_t inode);
/* Report if the inode is wanted, and mark it as found. */
bool kps_inode_set_found(struct kps_inode_set *wanted, uint32_t inode);
/* Report if a wanted inode was found. */
bool kps_inode_set_has_owner(const struct kps_inode_set *wanted, uint32_t inode);

#endif
