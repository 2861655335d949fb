#ifndef KPS_CORE_INTERVAL_H
#define KPS_CORE_INTERVAL_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/conflict.h"
#include "model/ledger.h"

/*
 * Inside the detection: a claim of a (namespace, protocol), reduced to the facts for the question
 * of meeting. Two intervals meet when a port and an address are common, their parties differ, and
 * each side is in the `meets` of the other interval. Parties and sides depend on the question:
 * tenants against each other, the claims of an owner, derived claims against all, ranges against
 * fixed ports.
 */
struct kps_interval {
    kps_claim_id claim;
    uint32_t party; /* not 0; the same party never meets itself */
    uint32_t slot;  /* its address, see the enum */
    uint16_t first, last;
    uint8_t addr_kind; /* enum kps_addr_kind */
    uint8_t side;      /* 0 or 1 */
    uint8_t meets;     /* KPS_SIDE_0 | KPS_SIDE_1; if a meets b's side, b meets a's */
    uint8_t certainty; /* enum kps_certainty */
    uint8_t marks;     /* KPS_MARK_*, filled by kps_interval_mark */
    bool is_there;     /* its owner is, and does not ask; see struct kps_owner_class */
    bool is_derived;
};

enum { KPS_SIDE_0 = 1U << 0, KPS_SIDE_1 = 1U << 1, KPS_SIDE_ANY = KPS_SIDE_0 | KPS_SIDE_1 };

enum {
    KPS_MARK_MET = 1U << 0,      /* meets somebody */
    KPS_MARK_AT_FIRST = 1U << 1, /* meets an interval on its first port … */
    KPS_MARK_AT_LAST = 1U << 2,  /* … on its last port */
};

/*
 * Slots of addresses: a slot for each wildcard, two for "some single address of this family", then
 * a slot for each address.
 */
enum {
    KPS_SLOT_EVERY,
    KPS_SLOT_ANY4,
    KPS_SLOT_ANY6,
    KPS_SLOT_SOME4,
    KPS_SLOT_SOME6,
    KPS_SLOT_SINGLE
};

struct kps_presence;
struct kps_grouping;
struct kps_sweep_room;
struct kps_pool_room;

/*
 * The context of the stages of a detection: the ledger, room to work in (gone afterwards), and the
 * result.
 */
struct kps_detection {
    const struct kps_ledger *ledger;
    struct kps_arena *arena;   /* of the result */
    struct kps_arena *scratch; /* for arrays made once */
    uint32_t n_slots, n_most;  /* slots in use; the most intervals of a question */
    struct kps_presence *presence;
    struct kps_grouping *grouping;     /* made by the first conflict */
    struct kps_sweep_room *sweep_room; /* made by the first conflict */
    struct kps_pool_room *pool_room;   /* made by the first range */
    struct kps_conflict uncompared;    /* .wanted: pickers beyond the bound of the comparisons */
    uint32_t orders_asked;             /* how often a class was asked for the order of starts */
    KPS_VEC(struct kps_conflict) found;
};

/* Make presence, once n_slots is known. */
void kps_detection_start(struct kps_detection *detection);

static inline bool kps_interval_is_single(const struct kps_interval *c)
{
    return c->addr_kind == KPS_ADDR_ONE4 || c->addr_kind == KPS_ADDR_ONE6;
}

/* kps_addr_overlap for intervals, whose single addresses are equal when their slots are. */
bool kps_interval_share_address(const struct kps_interval *a, const struct kps_interval *b);

/* Set the marks of each interval among the `n`, which are sorted by `first`. O(n log n). */
void kps_interval_mark(struct kps_detection *detection, struct kps_interval *v, uint32_t n);

/* Indexes 0..n-1 in the order of `last`; valid until the next call of this or of kps_interval_mark.
 */
const uint32_t *kps_interval_sort_by_last(struct kps_detection *detection,
                                          const struct kps_interval *v, uint32_t n);

/*
 * Join intervals (sorted by `first`) with a shared port and address, directly or through further
 * intervals; parties and sides do not count here. Return: for each the number of its group,
 * numbered from 0 without gaps (*ret_groups of them); valid until the next call. O(n) but for the
 * inverse Ackermann function.
 */
const uint32_t *kps_interval_group(struct kps_detection *detection, const struct kps_interval *v,
                                   uint32_t n, uint32_t *ret_groups);

/*
 * Add a conflict of these claims (copied) to the result; `conflict` has all but the claims. The
 * claim for the user to edit is chosen among the first `n_edited` (0: among all); else their order
 * does not count.
 */
void kps_detection_add(struct kps_detection *detection, struct kps_conflict conflict,
                       const kps_claim_id *claims, uint32_t n, uint32_t n_edited);

/* sweep.c: the conflicts of fixed contenders, sorted by `first`; reorders and shortens `v`. */
void kps_interval_sweep(struct kps_detection *detection, struct kps_interval *v, uint32_t n,
                        struct kps_conflict scope);

#endif
