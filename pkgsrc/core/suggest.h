#ifndef KPS_CORE_SUGGEST_H
#define KPS_CORE_SUGGEST_H

#include "base/arena.h"
#include "model/ledger.h"

/*
 * Ports for advice: free of every live claim of the ledger, and remembered, so two findings of a
 * run never get the same advice. In the arena; reads the ledger during its use.
 */
struct kps_suggest;
struct kps_suggest *kps_suggest_new(const struct kps_ledger *ledger, struct kps_arena *arena);

/* Bound ports of this machine, of any owner: in any order, also several times. */
struct kps_bound_ports {
    const struct kps_bound_port {
        uint16_t port;
        uint8_t protocol; /* enum kps_protocol */
    } * v;
    size_t n;
};

/* Leaves these out too, in namespaces of kind HOST; before the first suggestion. */
void kps_suggest_avoid(struct kps_suggest *suggest, const struct kps_bound_ports *busy);

/*
 * Return: a port to use instead of `wanted` in this namespace and these protocols (the bits
 * 1 << KPS_TCP and so on): the first free port above; for a wanted port below 1024 the first from
 * 8000 + wanted up, as people write it (80 -> 8080, 443 -> 8443). Starts again at 1024 when there
 * is none above. Leaves out ports that browsers refuse. 0 when every port is in use.
 */
uint16_t kps_suggest_port(struct kps_suggest *suggest, kps_netns_id netns, uint32_t protocols,
                          uint16_t wanted);

/*
 * Return: do browsers refuse to open this TCP port ("bad port" of the WHATWG Fetch standard,
 * section 2.9).
 */
bool kps_suggest_is_refused(uint16_t port);
/* Return: these ports, ascending; *ret_n of them. */
const uint16_t *kps_suggest_refused(size_t *ret_n);

#endif
