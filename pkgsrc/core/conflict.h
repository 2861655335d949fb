#ifndef KPS_CORE_CONFLICT_H
#define KPS_CORE_CONFLICT_H

#include <stdint.h>

#include "base/arena.h"
#include "model/ledger.h"

/* In what way claims clash. */
enum kps_conflict_kind {
    KPS_CONFLICT_OWNERS, /* claims of several tenants on the same ports */
    KPS_CONFLICT_WITHIN, /* several claims of one tenant on the same ports */
    KPS_CONFLICT_COPIES, /* replicas of one claim among each other: copies * take > width */
    KPS_CONFLICT_POOL,   /* claims that pick a port of a range: no assignment exists, or start order decides */
};

/*
 * One clash: all the claims that contend for the same ports at addresses that overlap (as a connected group: two
 * claims on different single addresses are one group only through a third that covers both).
 */
struct kps_conflict {
    enum kps_conflict_kind kind;
    enum kps_certainty certainty; /* CERTAIN: it will fail; POSSIBLE: order or other unknowns decide */
    kps_netns_id netns;
    enum kps_protocol protocol;
    uint16_t first, last; /* the contended ports (the overlap), inclusive */
    /*
     * claims[0] is the one the user would edit: a WISH before a PLAN before a HELD, a certain one before a derived one,
     * then the one written last. The others follow in the order they were written (ledger order). At least two, one
     * for COPIES.
     */
    const kps_claim_id *claims;
    uint32_t n_claims;
    uint32_t wanted;    /* POOL and COPIES: how many ports are needed … */
    uint32_t available; /* … and how many there are */
};

struct kps_conflicts {
    const struct kps_conflict *v;
    size_t n;
};

/*
 * Finds every clash of a linked ledger. Pure: reads the ledger, allocates in `arena`. O(n log n + result) for n claims.
 * Reports nothing for: claims that are not live, two HELD claims, different namespaces or protocols, addresses that do
 * not overlap, several owners of one tenant (except copies).
 *
 * Overlapping ranges give one conflict over the overlap; neighbouring ports with the same claims are one conflict; n
 * claims on one port are one conflict. A NODE or CLUSTER namespace is left to the adapter that knows nodes.
 *
 * Pools (take < width) follow spec compose §5: certain when no assignment of ports to all claims exists; possible when
 * one exists but the engine, which takes any free port of a range in start order, can leave a claim without.
 */
struct kps_conflicts kps_detect(const struct kps_ledger *ledger, struct kps_arena *arena);

/*
 * Turns conflicts into findings in ledger->diag: chooses the rule through the owner class of claims[0], the severity
 * (certain -> error, else warning) and certainty, makes the parties, and lets the class describe it.
 */
void kps_judge(struct kps_ledger *ledger, struct kps_conflicts conflicts);

/*
 * A port for advice: the first above `after` (then from 1024 upwards) in the namespace and protocol that no claim of
 * the ledger covers and that was not suggested before for another claim. Also avoids ports browsers refuse.
 * Return: 0 when there is none. `ledger` remembers nothing: pass the same `taken` (zeroed, 65536 bits) for one run.
 */
struct kps_suggest;
struct kps_suggest *kps_suggest_new(const struct kps_ledger *ledger, struct kps_arena *arena);
uint16_t kps_suggest_port(struct kps_suggest *suggest, kps_netns_id netns, enum kps_protocol protocol, uint16_t after);

/* 64-bit fingerprint of a finding: rule, parties (kind, group, name) and port; not line numbers. FNV-1a. */
uint64_t kps_fingerprint(const struct kps_ledger *ledger, const struct kps_finding *finding);

#endif
