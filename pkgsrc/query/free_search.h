#ifndef KPS_QUERY_FREE_SEARCH_H
#define KPS_QUERY_FREE_SEARCH_H

#include "kube/collect.h"
#include "machine/machine.h"

/*
 * The search for free host ports: without a holder or a claim in the linked ledger. Skipped as
 * well: reserved ports (net.ipv4.ip_local_reserved_ports), privileged ports, tcp ports refused by
 * browsers, and ports of outgoing connections, unless the search begins there or the range has no
 * others. A bind in a fresh socket settles it (sys/probe.h). In a cluster: ports free on every
 * node, beside node ports unless the search begins among them. With -v the log gets the reasons.
 */
struct kps_free_search {
    const struct kps_ledger *ledger;
    const struct kps_machine *machine;
    const struct kps_kube_options
        *cluster;           /* the ports of a cluster's nodes; NULL: of this machine */
    bool binds;             /* sockets of this machine count */
    struct kps_ports range; /* to look through, of one protocol */
    size_t n_wanted;

    uint16_t *found; /* in the ledger's arena */
    size_t n_found;
    /* The errno of a bind that ended the search: EADDRNOTAVAIL, the address is none of this
     * machine; EPROTONOSUPPORT, the kernel lacks the protocol (sctp). 0: none. */
    int fault;

    uint16_t left_out; /* the first port that was left out, or 0 */
    struct kps_sv why; /* the reason: "is refused by browsers" */
    bool has_reasons;  /* another port had a different reason */

    kps_claim_id *holders; /* of the search itself: by port the claim in the way, or 0 */
    bool is_among_node_ports;
};

/* Set the end of a range that has a beginning only: to the last port, or the last node port. */
void kps_free_search_widen(struct kps_free_search *search);

void kps_free_search_run(struct kps_free_search *search);

#endif
