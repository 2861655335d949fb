#include "sys/inode_set.h"

static uint32_t first_slot(const struct kps_inode_set *wanted, uint32_t inode)
{
    /* Inode numbers of sockets are given out in order; this spreads runs of them. */
    return (inode * 2654435769U) >> 7 & (wanted->cap - 1);
}

static struct kps_inode_set_slot *find_slot(const struct kps_inode_set *wanted, uint32_t inode)
{
    for (uint32_t i = first_slot(wanted, inode);; i = (i + 1) & (wanted->cap - 1)) {
        if (wanted->slots[i].inode == inode || wanted->slots[i].inode == 0) {
            return &wanted->slots[i];
        }
    }
}

struct kps_inode_set *kps_inode_set_new(struct kps_arena *arena, size_t n)
{
    struct kps_inode_set *wanted = KPS_NEW(arena, struct kps_inode_set);
    wanted->cap = 16;
    while (wanted->cap < n * 2) {
        wanted->cap *= 2;
    }
    wanted->slots = KPS_NEW_N(arena, struct kps_inode_set_slot, wanted->cap);
    return wanted;
}

void kps_inode_set_add(struct kps_inode_set *wanted, uint32_t inode)
{
    struct kps_inode_set_slot *slot = find_slot(wanted, inode);
    if (slot->inode == 0) {
        slot->inode = inode;
        wanted->open++;
    }
}

bool kps_inode_set_found(struct kps_inode_set *wanted, uint32_t inode)
{
    struct kps_inode_set_slot *slot = find_slot(wanted, inode);
    if (inode == 0 || slot->inode != inode) {
        return false;
    }
    if (!atomic_exchange_explicit(&slot->has_owner, true, memory_order_relaxed)) {
        atomic_fetch_sub_explicit(&wanted->open, 1, memory_order_relaxed);
    }
    return true;
}

bool kps_inode_set_has_owner(const struct kps_inode_set *wanted, uint32_t inode)
{
    const struct kps_inode_set_slot *slot = find_slot(wanted, inode);
    return slot->inode == inode && atomic_load_explicit(&slot->has_owner, memory_order_relaxed);
}
