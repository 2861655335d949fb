#ifndef KPS_CORE_CONFLICT_H
#define KPS_CORE_CONFLICT_H

#include "base/arena.h"
#include "model/conflict.h"
#include "model/ledger.h"

/* Claims that pick from ranges and were not compared with each other: there are too many. */
struct kps_uncompared {
    kps_claim_id claim; /* the first of them */
    uint32_t n_claims;  /* 0: every claim was compared */
};

struct kps_conflicts {
    const struct kps_conflict *v;
    size_t n;
    struct kps_uncompared uncompared;
};

/*
 * Finds every clash of a linked ledger. Pure: reads the ledger, allocates in `arena`. O(n log n +
 * result) for n claims. Reports nothing for: claims that are not live, two BOUND claims, different
 * namespaces or protocols, addresses that do not overlap, several owners of one tenant (except
 * copies), a derived claim and another claim of the same tenant, and what another claim stands for:
 * a helper's socket whose container is known, and what is published for an owner that is made anew
 * when it starts. A CLUSTER namespace is left to its adapter.
 *
 * One cause, one conflict:
 * - n claims on one port are one conflict, overlapping ranges one over the overlap. Neighbouring
 * ports belong to one conflict when the claims on the one are among the claims on the other; so a
 * range of two and a third that sits inside it are one.
 * - A conflict of several tenants names all their claims. What a tenant's owner does to itself
 * (WITHIN) is a conflict beside it, because it would stay when the others are gone.
 * - On the HOST, the claims of owners that ask (files) and of those that are there (containers,
 * processes: the class says) are two worlds, each with conflicts of its own kind; where the one
 * meets the other it is a IN_USE, which names those of both sides that meet somebody of the other.
 * - On the HOST, derived claims form conflicts of their own with what they meet (REQUESTED claims
 * and BOUND claims alike), so that a guess never changes what is said about claims that were asked
 * for.
 *
 * - In namespaces of kind NODE the class of the owners says which claims can be at one place
 * (struct kps_place_rules); claims that can meet, directly or through others, are one conflict.
 *
 * The certainty is that of the surest pair that clashes; a pair is as sure as its less certain
 * claim.
 *
 * Pools (take < width) follow spec compose §5: CERTAIN when no assignment of ports to all claims
 * exists; POSSIBLE when one exists but the engine can leave a claim without. It takes any free port
 * of a range in start order and skips only ports that a container holds on the same address string,
 * so at stake are: a fixed port of another tenant inside the range, unless that one is known to
 * start first on the same string; a range on a different, overlapping address; and ranges that
 * together can use up one of them. Claims of one owner do not threaten each other this way (the
 * engine sorts the ports of one container), and what a BOUND range picked is told by its BOUND
 * ports, so it is left out.
 */
struct kps_conflicts kps_detect(const struct kps_ledger *ledger, struct kps_arena *arena);

#endif
