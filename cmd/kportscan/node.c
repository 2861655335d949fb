#include "node.h"

#include "advice/owner.h"
#include "core/port_use.h"

static bool is_container(const struct kps_owner *owner)
{
    return owner->kind == KPS_OWNER_CONTAINER || owner->kind == KPS_OWNER_SWARM_SERVICE;
}

static bool overlaps(const struct kps_claim *wish, const struct kps_port_use *holding)
{
    bool is_same_port = wish->protocol == holding->protocol && wish->last &&
                        wish->first <= holding->last && wish->last >= holding->first;
    for (uint32_t i = 0; is_same_port && i < holding->n_addrs; i++) {
        if (kps_addr_overlap(&wish->addr, &holding->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* Whether the claim is a manifest's wish for a port of nodes. */
static bool is_node_wish(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    enum kps_netns_kind kind = kps_ledger_get_netns(ledger, claim->netns)->kind;
    return claim->basis == KPS_REQUESTED && kps_claim_is_live(claim) &&
           (kind == KPS_NETNS_NODE || kind == KPS_NETNS_CLUSTER);
}

static struct kps_finding *begin(struct kps_ledger *ledger, const struct kps_port_use *holding,
                                 const struct kps_claim *wish, kps_claim_id id)
{
    const struct kps_owner *holder = kps_ledger_get_owner(ledger, holding->tenant);
    bool is_node_port = kps_ledger_get_netns(ledger, wish->netns)->kind == KPS_NETNS_CLUSTER;
    struct kps_finding *finding = kps_diag_add(
        ledger->diag,
        is_container(holder) ? KPS_RULE_CONTAINER_PORT_TAKEN : KPS_RULE_HOST_PORT_TAKEN,
        KPS_WARNING, 0, "%s %u/%s is taken if this machine is a node",
        is_node_port ? "nodePort" : "hostPort", wish->first,
        kps_protocol_name((enum kps_protocol)wish->protocol));
    finding->certainty = KPS_POSSIBLE;
    finding->first = wish->first;
    finding->last = wish->last;
    finding->protocol = wish->protocol;
    (void)kps_finding_party(
        ledger->diag, finding,
        (struct kps_party){.role = KPS_ROLE_PRIMARY,
                           .owner = wish->owner,
                           .claim = id,
                           .at = wish->origin,
                           .label = SV("wanted on the node that the pod gets")});
    (void)kps_finding_party(
        ledger->diag, finding,
        (struct kps_party){.role = KPS_ROLE_HOLDER,
                           .owner = holding->tenant,
                           .claim = holding->claim,
                           .label = kps_owner_words(ledger->diag->arena, ledger, holding->tenant)});
    return finding;
}

static void describe(struct kps_ledger *ledger, const struct kps_port_use *holding,
                     const struct kps_claim *wish, struct kps_finding *finding)
{
    const struct kps_owner *holder = kps_ledger_get_owner(ledger, holding->tenant);
    const struct kps_process_facts *process = kps_process_facts_of(holder);
    if (kps_ledger_get_netns(ledger, wish->netns)->kind == KPS_NETNS_CLUSTER) {
        kps_finding_note(ledger->diag, finding,
                         "a nodePort takes the packets on every node before a local socket sees "
                         "them: what listens "
                         "there is cut off");
    } else {
        kps_finding_note(ledger->diag, finding,
                         "with hostNetwork the pod's bind fails there; else the pod starts, and "
                         "its port mapping takes "
                         "the packets away from what listens");
    }
    if (process && process->container.n) {
        kps_finding_note(ledger->diag, finding,
                         "it runs in container %.*s, which may be this very workload",
                         SV_ARG(kps_sv_slice(process->container, 0, 12)));
    }
    struct kps_advice advice =
        kps_owner_advice(ledger->diag->arena, ledger, holding->tenant, finding->first);
    for (uint32_t i = 0; i < advice.n; i++) {
        kps_finding_help(ledger->diag, finding, advice.v[i].command, "%.*s",
                         SV_ARG(advice.v[i].text));
    }
}

static void judge(struct kps_ledger *ledger, const struct kps_port_use *holding)
{
    struct kps_finding *finding = NULL;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *wish = &ledger->claims.v[i];
        if (!is_node_wish(ledger, wish) || !overlaps(wish, holding)) {
            continue;
        }
        if (!finding) {
            finding = begin(ledger, holding, wish, i + 1);
            describe(ledger, holding, wish, finding);
        } else {
            (void)kps_finding_party(ledger->diag, finding,
                                    (struct kps_party){.role = KPS_ROLE_OTHER,
                                                       .owner = wish->owner,
                                                       .claim = i + 1,
                                                       .at = wish->origin,
                                                       .label = SV("wanted here too")});
        }
    }
}

void kps_node_judge(struct kps_ledger *ledger)
{
    struct kps_port_uses holdings = kps_port_uses_of(ledger, ledger->diag->arena);
    for (size_t i = 0; i < holdings.n; i++) {
        const struct kps_port_use *holding = &holdings.v[i];
        bool is_here = kps_ledger_get_netns(ledger, holding->netns)->kind == KPS_NETNS_HOST;
        if (is_here && holding->basis == KPS_BOUND && !holding->is_remnant && holding->last) {
            judge(ledger, holding);
        }
    }
}
