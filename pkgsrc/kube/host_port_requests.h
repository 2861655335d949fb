#ifndef KPS_KUBE_HOST_PORT_REQUESTS_H
#define KPS_KUBE_HOST_PORT_REQUESTS_H

#include "kube/kube.h"
#include "kube/node_overlap.h"

/* The claims that request ports of nodes, sorted by (protocol, port, order of reading): the index
 * for the node rules. kps_kube_port_request_of tells more of each. */
struct kps_kube_port_requests {
    const struct kps_ledger *ledger;
    const kps_claim_id *v;
    uint32_t n;
};

/*
 * Of every workload that starts pods and is not replaced by a later copy or by its own live pods,
 * which must be known by then. Made once, in kube->index.
 */
struct kps_kube_port_requests kps_kube_port_requests(struct kps_kube *kube);

/* Return the host ports of pods on nodes, which the scheduler counts: sorted likewise. */
struct kps_kube_port_requests kps_kube_port_requests_held(const struct kps_kube *kube);

/* The index behind the last request with the same protocol and port as wants.v[from]. */
uint32_t kps_kube_port_requests_end(struct kps_kube_port_requests wants, uint32_t from);

/* The first request for this protocol and port, or wants.n. */
uint32_t kps_kube_port_requests_find(struct kps_kube_port_requests wants, uint8_t protocol,
                                     uint16_t port);

/*
 * Add the workload as a party; for a plain init container, which the scheduler does not see, the
 * container itself.
 */
void kps_kube_party_request(struct kps_kube *kube, struct kps_finding *finding,
                            const struct kps_kube_port_request *want, struct kps_sv label);

/* Add the workload of each request as a party, called by its title; of copies of an object in a row
 * only the first. */
void kps_kube_party_requests(struct kps_kube *kube, struct kps_finding *finding,
                             const kps_claim_id *wants, uint32_t n);

/* Add a finding about a requested port, with the request as its first party. */
struct kps_finding *
kps_kube_report_request(struct kps_kube *kube, enum kps_rule rule, enum kps_severity severity,
                        enum kps_certainty certainty, const struct kps_kube_port_request *want,
                        struct kps_sv label, const char *fmt, ...) KPS_PRINTF(7, 8);

/* Return true when two objects are the same thing under another namespace, in different files:
 * alternatives, most likely. */
bool kps_kube_are_variants(const struct kps_kube_id *a, const struct kps_kube_id *b);

/* Return the request of a claim on a node. */
struct kps_kube_port_request kps_kube_port_request_of(const struct kps_ledger *ledger,
                                                      kps_claim_id claim);

extern const struct kps_place_rules kps_kube_place_rules;

#endif
