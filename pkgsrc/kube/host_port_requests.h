#ifndef KPS_KUBE_HOST_PORT_REQUESTS_H
#define KPS_KUBE_HOST_PORT_REQUESTS_H

#include "kube/kube.h"
#include "kube/node_overlap.h"

/* All wishes for ports of nodes, sorted by (protocol, port, order of reading): the index that the
 * node rules use. */
struct kps_kube_port_requests {
    struct kps_kube_port_request *v;
    uint32_t n;
};

/*
 * Of every workload that starts pods and is not replaced by a later copy or by its own live pods,
 * which must be known by then. Made once, in kube->index.
 */
struct kps_kube_port_requests kps_kube_port_requests(struct kps_kube *kube);

/* The index behind the last wish with the same protocol and port as wants.v[from]. */
uint32_t kps_kube_port_requests_end(struct kps_kube_port_requests wants, uint32_t from);

/* The first wish for this protocol and port, or wants.n. */
uint32_t kps_kube_wants_find(struct kps_kube_port_requests wants, uint8_t protocol, uint16_t port);

/*
 * Adds the workload as a party; for a plain init container, which the scheduler does not see, the
 * container itself.
 */
void kps_kube_party_request(struct kps_kube *kube, struct kps_finding *finding,
                            const struct kps_kube_port_request *want, struct kps_sv label);

/* Whether two objects are the same thing under another namespace, in different files: alternatives,
 * most likely. */
bool kps_kube_are_variants(const struct kps_kube_id *a, const struct kps_kube_id *b);

/* One finding for a group of wishes that contend; `members` in order of reading (rule_node_say.c).
 */
struct kps_kube_clash {
    const struct kps_kube_port_request **members;
    uint32_t n;
    const struct kps_kube_port_request *a, *b; /* the pair that `meeting` speaks of */
    struct kps_meeting meeting;
    bool variants; /* all members are variants of one object */
    bool too_few;  /* certain because the cluster has fewer nodes than pods */
    uint64_t pods; /* that need a node of their own */
};
void kps_kube_say_clash(struct kps_kube *kube, const struct kps_kube_clash *clash);

#endif
