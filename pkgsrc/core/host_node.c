#include "core/host_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "core/port_use.h"

/* Requests of a cluster for ports of nodes, by protocol and port. */
struct node_request {
    uint32_t port; /* protocol << 16 | port */
    kps_claim_id claim;
};

static int compare_requests(const void *left, const void *right)
{
    const struct node_request *a = left;
    const struct node_request *b = right;
    int order = kps_order_compare(a->port, b->port);
    return order ? order : kps_order_compare(a->claim, b->claim);
}

static bool is_node_request(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    enum kps_netns_kind kind = kps_ledger_get_netns(ledger, claim->netns)->kind;
    return claim->basis == KPS_REQUESTED && kps_claim_is_live(claim) &&
           !(claim->flags & KPS_CLAIM_ASIDE) &&
           (kind == KPS_NETNS_NODE || kind == KPS_NETNS_CLUSTER);
}

static struct node_request *sort_requests(const struct kps_ledger *ledger,
                                          struct kps_arena *scratch, uint32_t *ret_n)
{
    struct node_request *requests =
        KPS_NEW_N(scratch, struct node_request, (size_t)ledger->claims.n + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        if (is_node_request(ledger, claim)) {
            uint32_t port = (uint32_t)claim->protocol << 16 | claim->first;
            requests[n++] = (struct node_request){port, i + 1};
        }
    }
    if (n) {
        qsort(requests, n, sizeof(requests[0]), compare_requests);
    }
    *ret_n = n;
    return requests;
}

static bool meets_use(const struct kps_claim *claim, const struct kps_port_use *use)
{
    for (uint32_t i = 0; i < use->n_addrs; i++) {
        if (kps_addr_overlap(&claim->addr, &use->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* Return the first request at or above a port. */
static uint32_t find_request(const struct node_request *requests, uint32_t n, uint32_t port)
{
    uint32_t low = 0;
    uint32_t high = n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        bool before = requests[middle].port < port;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    return low;
}

static enum kps_rule rule_of(const struct kps_ledger *ledger, kps_claim_id claim)
{
    const struct kps_owner *owner =
        kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, claim)->owner);
    return kps_ledger_get_owner(ledger, owner->tenant)->cls->when_held;
}

/* Report if the holder of `next` belongs to a conflict: the same requests for the same port, and
 * holders with the same rule. */
static bool is_alike(const struct kps_ledger *ledger, const struct kps_conflict *conflict,
                     const struct kps_conflict *next)
{
    uint32_t n = next->n_claims - 1; /* requests */
    return conflict->first == next->first && conflict->protocol == next->protocol &&
           conflict->n_claims > n &&
           memcmp(conflict->claims, next->claims, n * sizeof(next->claims[0])) == 0 &&
           kps_ledger_get_claim(ledger, conflict->claims[n])->basis == KPS_BOUND &&
           rule_of(ledger, conflict->claims[n]) == rule_of(ledger, next->claims[n]);
}

/* Add a conflict of one holder, or the holder to an earlier conflict. Uses come in order of port.
 */
static void add_conflict(const struct kps_ledger *ledger, struct kps_arena *arena,
                         struct kps_conflict *found, size_t *n, struct kps_conflict next)
{
    for (size_t i = *n; i > 0 && found[i - 1].first == next.first; i--) {
        struct kps_conflict *same = &found[i - 1];
        if (is_alike(ledger, same, &next)) {
            kps_claim_id *claims = KPS_NEW_N(arena, kps_claim_id, (size_t)same->n_claims + 1);
            memcpy(claims, same->claims, same->n_claims * sizeof(claims[0]));
            claims[same->n_claims++] = next.claims[next.n_claims - 1];
            same->claims = claims;
            return;
        }
    }
    found[(*n)++] = next;
}

struct kps_conflicts kps_host_node_uses(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t n = 0;
    const struct node_request *requests = sort_requests(ledger, scratch, &n);
    struct kps_port_uses uses = {NULL, 0};
    if (n) {
        uses = kps_port_uses_of(ledger, arena);
    }
    struct kps_conflict *found = KPS_NEW_N(arena, struct kps_conflict, uses.n + 1);
    struct kps_conflicts conflicts = {.v = found};
    for (size_t i = 0; i < uses.n; i++) {
        const struct kps_port_use *use = &uses.v[i];
        bool is_here = kps_ledger_get_netns(ledger, use->netns)->kind == KPS_NETNS_HOST &&
                       use->basis == KPS_BOUND && !use->is_remnant && use->last;
        uint32_t base = (uint32_t)use->protocol << 16;
        uint32_t from = find_request(requests, n, base | use->first);
        uint32_t to = find_request(requests, n, (base | use->last) + 1);
        if (!is_here || from == to) {
            continue;
        }
        kps_claim_id *claims = KPS_NEW_N(arena, kps_claim_id, (size_t)(to - from) + 1);
        uint32_t n_claims = 0;
        for (uint32_t k = from; k < to; k++) {
            if (meets_use(kps_ledger_get_claim(ledger, requests[k].claim), use)) {
                claims[n_claims++] = requests[k].claim;
            }
        }
        if (n_claims) {
            qsort(claims, n_claims, sizeof(claims[0]), kps_order_u32);
            const struct kps_claim *head = kps_ledger_get_claim(ledger, claims[0]);
            claims[n_claims++] = use->claim;
            add_conflict(ledger, arena, found, &conflicts.n,
                         (struct kps_conflict){.kind = KPS_CONFLICT_IN_USE,
                                               .certainty = KPS_POSSIBLE,
                                               .netns = head->netns,
                                               .protocol = use->protocol,
                                               .first = head->first,
                                               .last = head->last,
                                               .claims = claims,
                                               .n_claims = n_claims});
        }
    }
    return conflicts;
}
