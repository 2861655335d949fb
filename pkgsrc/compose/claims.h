#ifndef KPS_COMPOSE_CLAIMS_H
#define KPS_COMPOSE_CLAIMS_H

#include "compose/project.h"
#include "model/ledger.h"
#include "model/network.h"

/* The `facts` of an owner of class kps_compose_service_class. */
struct kps_service_facts {
    const struct kps_project *project;
    const struct kps_service *service;
};

/* The service behind an owner of kps_compose_service_class; NULL for any other owner. */
const struct kps_service_facts *kps_compose_claims_facts(const struct kps_owner *owner);

/* Return the entry of `ports` behind a claim, found by its origin; NULL for a derived claim. */
const struct kps_service_port *kps_compose_claims_port_of(const struct kps_ledger *ledger,
                                                          const struct kps_claim *claim);

/*
 * Add the selected services to the ledger as owners and claims, and to its `shared_netns` and
 * `image_ports_pending` the ports that only an engine and a kernel know (model/ledger.h). `world`:
 * the name of the HOST namespace (struct kps_netns); empty for this machine.
 */
void kps_compose_claims_make(struct kps_project *project, const struct kps_owner_class *cls,
                             struct kps_sv world);

/*
 * Drop IPv6 for an engine without docker-proxy (--userland-proxy=false): the engine silently drops
 * publications on IPv6 of services in networks without IPv6 (spec compose §6.2), so their claims
 * become claims of IPv4, or are discarded. Before the ledger is linked, for projects of the site.
 */
void kps_compose_claims_drop_ipv6(struct kps_ledger *ledger, uint32_t site);

/*
 * Give the claims without an address this address (empty: leave them), which the engine has as the
 * default of new bridge networks, unless the network of the service names one. For projects of the
 * site, before the other functions.
 */
void kps_compose_claims_bind(struct kps_ledger *ledger, uint32_t site, struct kps_sv address);

/*
 * Drop the families that all networks of a service route: engines from 27 on publish no host port
 * there (moby attemptBindHostPorts: "Host port ignored, because NAT is disabled"), and older
 * engines ignore the option. Before the ledger is linked, for the projects of all sites.
 */
void kps_compose_claims_drop_routed(struct kps_ledger *ledger);

/* Report if a service publishes through external networks alone. */
bool kps_compose_claims_need_networks(const struct kps_ledger *ledger);

/*
 * Let services that publish through external networks alone follow the networks of their engine:
 * without a network that publishes their claims are discarded, a family that all networks route is
 * dropped, and a single network gives its address to ports without one. Before the ledger is
 * linked, for projects of the site.
 */
void kps_compose_claims_follow_networks(struct kps_ledger *ledger, uint32_t site,
                                        const struct kps_network *networks, size_t n);

/* Return: the project of the first Compose service; NULL: none. */
const struct kps_project *kps_compose_claims_project(const struct kps_ledger *ledger);

#endif
