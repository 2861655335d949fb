#ifndef KPS_CORE_DETECT_H
#define KPS_CORE_DETECT_H

#include "base/arena.h"
#include "core/conflict.h"
#include "model/ledger.h"

/*
 * Find every clash of a linked ledger. Pure: reads the ledger, allocates in `arena`. O(n log n +
 * result) for n claims. Reports nothing for: claims that are not live, two BOUND claims, different
 * namespaces or protocols, addresses that do not overlap, several owners of one tenant (except
 * copies), a derived claim and another claim of the same tenant, and a claim with another claim in
 * its place: a helper's socket whose container is known, and a published port of an owner whose
 * start makes a new container. A CLUSTER namespace is left to its adapter.
 *
 * One cause, one conflict:
 * - n claims on a port are a single conflict, overlapping ranges a conflict over the overlap.
 * Neighbouring ports belong to one conflict when the claims on the one are among the claims on the
 * other; so a range of two claims and a third inside are a single conflict.
 * - A conflict of several tenants names all their claims. A clash of a tenant with itself (WITHIN)
 * is a further conflict, because the clash would stay without the other tenants. For the same
 * reason a clash of several groups (projects) on the HOST comes beside the clashes inside of each.
 * - On the HOST, requested claims (of files) and existing claims (of containers and processes, by
 * the class) are two worlds, each with conflicts of its own kind; where the worlds meet the
 * conflict is an IN_USE, with the meeting claims of both sides.
 * - On the HOST, derived claims form conflicts of their own with the claims they meet (REQUESTED
 * and BOUND alike), so a guess never changes a conflict of written claims.
 *
 * - In namespaces of kind NODE the class of the owners says which claims can be at one place
 * (struct kps_place_rules); claims that can meet, directly or through others, are one conflict.
 *
 * The certainty is the certainty of the surest clashing pair; a pair is as sure as its less certain
 * claim.
 *
 * Pools (take < width) follow spec compose §5: CERTAIN when no assignment of ports to all claims
 * exists; POSSIBLE when an assignment exists but the engine can leave a claim without a port. The
 * engine takes any free port of a range in start order and skips only ports of containers on the
 * same address string, so at stake are: a fixed port of another tenant inside the range, unless the
 * tenant is known to start first on the same string; a range on a different, overlapping address;
 * and ranges that together can use up a range. Claims of an owner do not threaten each other this
 * way (the engine sorts the ports of a container), and a BOUND range is left out, as its BOUND
 * ports stand for the range.
 */
struct kps_conflicts kps_detect(const struct kps_ledger *ledger, struct kps_arena *arena);

/* Return: do all claims of the conflict have owners of the same group? */
bool kps_detect_has_one_group(const struct kps_ledger *ledger, const struct kps_conflict *conflict);

#endif
