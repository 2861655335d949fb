#include "core/kernel_settings.h"

#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/shell.h"
#include "base/vec.h"
#include "model/up_error.h"

/* Bytes of a command: a terminal's line has 4,096 with its end. */
enum { PORTS = 65536, MOST_COMMAND = 4000 };

struct judging {
    struct kps_ledger *ledger;
    const struct kps_kernel_settings *settings;
    struct kps_diag *diag;
};

/* Return: does the claim request fixed ports of this machine in a file? */
static bool is_asked_for(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    return claim->basis == KPS_REQUESTED && !(claim->flags & KPS_CLAIM_DERIVED) &&
           kps_claim_is_live(claim) && claim->take == kps_claim_width(claim) &&
           kps_ledger_get_netns(ledger, claim->netns)->kind == KPS_NETNS_HOST &&
           kps_ledger_is_here(ledger, claim->netns) &&
           kps_ledger_get_owner(ledger, claim->owner)->cls->when_held == KPS_RULE_NONE;
}

static bool is_reserved(const struct kps_kernel_settings *settings, uint16_t port)
{
    return kps_port_range_holds(settings->reserved, settings->n_reserved, port);
}

/* Return: the ports of the claim that concern the rule; last 0: none. */
static struct kps_port_range part_of(const struct kps_kernel_settings *settings,
                                     const struct kps_claim *claim, enum kps_rule rule)
{
    struct kps_port_range part = {claim->first, claim->last};
    if (rule == KPS_RULE_PRIVILEGED_PORT) {
        if (part.first >= settings->privileged_below) {
            return (struct kps_port_range){0, 0};
        }
        part.last = part.last < settings->privileged_below
                        ? part.last
                        : (uint16_t)(settings->privileged_below - 1);
        return part;
    }
    part.first = part.first > settings->ephemeral.first ? part.first : settings->ephemeral.first;
    part.last = part.last < settings->ephemeral.last ? part.last : settings->ephemeral.last;
    while (part.first <= part.last && is_reserved(settings, part.first)) {
        part.first++;
    }
    while (part.first <= part.last && is_reserved(settings, part.last)) {
        part.last--;
    }
    return part.first <= part.last ? part : (struct kps_port_range){0, 0};
}

static void add_span(struct kps_buf *out, const char *before, struct kps_port_range span)
{
    kps_buf_fmt(out, span.first == span.last ? "%s%u" : "%s%u-%u", before, span.first, span.last);
}

/* Mark the ports of the finding's parties that lie in the range. `is_new` has an element a port. */
static void mark_ports(const struct judging *j, const struct kps_finding *finding, bool *is_new)
{
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        struct kps_port_range part =
            part_of(j->settings, kps_ledger_get_claim(j->ledger, finding->parties[i].claim),
                    KPS_RULE_EPHEMERAL_RANGE);
        for (uint32_t port = part.first; part.last && port <= part.last; port++) {
            is_new[port] = true;
        }
    }
}

/*
 * Word the new value of ip_local_reserved_ports: the present value, and these ports. Return: the
 * command, which stands whole or not at all: a part of the list would take ports out of it. Empty:
 * a terminal takes no line as long.
 */
static struct kps_sv word_reserved(const struct judging *j, const struct kps_finding *finding)
{
    struct kps_buf *out = kps_buf_new(j->diag->arena);
    bool *is_new = KPS_NEW_N(j->diag->arena, bool, PORTS + 1);
    mark_ports(j, finding, is_new);
    kps_buf_fmt(out, "%ssysctl -w net.ipv4.ip_local_reserved_ports=", kps_shell_sudo());
    const char *before = "";
    for (size_t i = 0; i < j->settings->n_reserved; i++) {
        add_span(out, before, j->settings->reserved[i]);
        before = ",";
    }
    for (uint32_t first = 1; first < PORTS && out->n <= MOST_COMMAND; first++) {
        uint32_t last = first;
        while (is_new[first] && is_new[last + 1]) {
            last++;
        }
        if (is_new[first]) {
            add_span(out, before, (struct kps_port_range){(uint16_t)first, (uint16_t)last});
            before = ",";
        }
        first = last;
    }
    return out->n <= MOST_COMMAND ? kps_buf_sv(out) : (struct kps_sv){"", 0};
}

static void describe_ephemeral(const struct judging *j, struct kps_finding *finding, uint32_t ports)
{
    struct kps_arena *arena = j->diag->arena;
    struct kps_port_range range = j->settings->ephemeral;
    struct kps_sv which = ports == 1 ? kps_fmt(arena, "host port %u/%s lies", finding->first,
                                               kps_protocol_name(finding->protocol))
                                     : kps_fmt(arena, "%u host ports lie", ports);
    finding->message = kps_fmt(arena, "%.*s in the range of outgoing connections, %u-%u",
                               SV_ARG(which), range.first, range.last);
    finding->certainty = KPS_POSSIBLE;
    kps_finding_note(finding,
                     "the kernel may give such a port to any connection that this machine opens; "
                     "while that lasts the "
                     "port cannot be published");
    kps_finding_help(finding, "use ports below %u", range.first);
    struct kps_sv command = word_reserved(j, finding);
    if (command.n) {
        kps_finding_command(finding, command,
                            "takes them out of the range on this machine, until the next boot");
    }
}

void kps_kernel_settings_advise_unprivileged(struct kps_finding *finding, uint16_t port)
{
    kps_finding_command(finding,
                        kps_fmt(finding->diag->arena,
                                "%ssysctl -w net.ipv4.ip_unprivileged_port_start=%u",
                                kps_shell_sudo(), port),
                        "lets every program use the ports from %u on, until the next boot", port);
}

static void describe_privileged(const struct judging *j, struct kps_finding *finding,
                                uint32_t ports)
{
    struct kps_arena *arena = j->diag->arena;
    const char *protocol = kps_protocol_name(finding->protocol);
    const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, finding->parties[0].claim);
    struct kps_sv which = ports == 1
                              ? kps_fmt(arena, "host port %u/%s is", finding->first, protocol)
                              : kps_fmt(arena, "%u host ports are", ports);
    finding->message = kps_fmt(arena, "%.*s below %u, where the rootless engine may not bind",
                               SV_ARG(which), j->settings->privileged_below);
    finding->certainty = KPS_LIKELY;
    finding->up_error = kps_up_error_address(arena, kps_ledger_engine(j->ledger, claim->netns),
                                             claim, "permission denied");
    kps_finding_note(finding,
                     "ports below net.ipv4.ip_unprivileged_port_start (%u here) need root or "
                     "CAP_NET_BIND_SERVICE, which "
                     "an engine of a user has only when it was given to its rootlesskit",
                     j->settings->privileged_below);
    kps_finding_help(finding, "publish %s from %u up", ports == 1 ? "a port" : "ports",
                     j->settings->privileged_below);
    kps_kernel_settings_advise_unprivileged(finding, finding->first);
}

/* The claim becomes a party of its project's finding. */
static void add_party(const struct judging *j, struct kps_finding *finding, kps_claim_id id)
{
    const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, id);
    struct kps_sv name = kps_owner_name(kps_ledger_get_owner(j->ledger, claim->owner));
    struct kps_party *party = kps_finding_party(
        finding, finding->n_parties ? KPS_ROLE_OTHER : KPS_ROLE_PRIMARY, claim->owner);
    party->claim = id;
    party->at = kps_ledger_origin(j->ledger, id);
    party->label = kps_fmt(j->diag->arena, "'%.*s' publishes %s", SV_ARG(name),
                           claim->first == claim->last ? "it" : "them");
}

/* A finding while its claims are collected. */
struct batch {
    struct kps_finding *finding;
    uint32_t ports;
    enum kps_locality locality;
};

/* The findings of a rule, each found by its key in one pass over all claims. */
struct batches {
    enum kps_rule rule;
    struct kps_map by_key;
    KPS_VEC(struct batch) list;
};

/* Add ports of a claim to the finding of the key, made with the first claim. */
static struct batch *add_claim(const struct judging *j, struct batches *batches, struct kps_sv key,
                               kps_claim_id id, struct kps_port_range part)
{
    uint32_t at = *kps_map_put(&batches->by_key, j->diag->arena, key, batches->list.n);
    const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, id);
    if (at == batches->list.n) {
        struct kps_finding *finding = kps_diag_add(j->diag, batches->rule, KPS_NOTE, 0, "%s", "");
        finding->n_parties = 0;
        finding->first = UINT16_MAX;
        finding->protocol = claim->protocol;
        kps_vec_push(&batches->list)->finding = finding;
    }
    struct batch *batch = &batches->list.v[at];
    struct kps_finding *finding = batch->finding;
    batch->ports += (uint32_t)part.last - part.first + 1;
    finding->first = part.first < finding->first ? part.first : finding->first;
    finding->last = part.last > finding->last ? part.last : finding->last;
    add_party(j, finding, id);
    return batch;
}

/* Report the claims of each group under a rule. */
static void judge_rule(const struct judging *j, enum kps_rule rule)
{
    struct batches batches = {.rule = rule};
    for (kps_claim_id id = 1; id <= j->ledger->claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, id);
        struct kps_port_range part = {0, 0};
        if (is_asked_for(j->ledger, claim)) {
            part = part_of(j->settings, claim, rule);
        }
        if (part.last) {
            struct kps_sv group = kps_owner_group(kps_ledger_get_owner(j->ledger, claim->owner));
            add_claim(j, &batches, group, id, part)->finding->protocol = claim->protocol;
        }
    }
    for (uint32_t i = 0; i < batches.list.n; i++) {
        struct kps_finding *finding = batches.list.v[i].finding;
        if (rule == KPS_RULE_PRIVILEGED_PORT) {
            finding->severity = KPS_WARNING;
            describe_privileged(j, finding, batches.list.v[i].ports);
        } else {
            describe_ephemeral(j, finding, batches.list.v[i].ports);
        }
    }
    kps_vec_free(&batches.list);
}

/* Return: the locality of a published address that a file requests; HERE for any other claim. */
static enum kps_locality locate_claim(const struct judging *j, const struct kps_claim *claim)
{
    const uint8_t not_bound = KPS_CLAIM_DISCARDED | KPS_CLAIM_ASIDE | KPS_CLAIM_DERIVED;
    bool is_requested = claim->basis == KPS_REQUESTED && !(claim->flags & not_bound) &&
                        claim->copies &&
                        kps_ledger_get_netns(j->ledger, claim->netns)->kind == KPS_NETNS_HOST &&
                        kps_ledger_is_here(j->ledger, claim->netns);
    return is_requested ? kps_local_addrs_find(j->settings->addresses, &claim->addr)
                        : KPS_LOCALITY_HERE;
}

static void describe_absent(const struct judging *j, struct kps_finding *finding,
                            enum kps_locality locality)
{
    struct kps_arena *arena = j->diag->arena;
    const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, finding->parties[0].claim);
    struct kps_sv address = kps_addr_format(arena, &claim->addr);
    bool is_v6 = claim->addr.kind == KPS_ADDR_ONE6;
    finding->message =
        kps_fmt(arena, "this machine does not have the address %.*s, where %s to be published",
                SV_ARG(address), finding->n_parties == 1 ? "a port is" : "ports are");
    if (locality == KPS_LOCALITY_NONLOCAL) {
        finding->certainty = KPS_LIKELY;
        kps_finding_note(finding,
                         "net.%s.ip_nonlocal_bind is set: the bind succeeds, and the port is "
                         "reachable only once the machine has the address",
                         is_v6 ? "ipv6" : "ipv4");
    } else {
        finding->certainty = KPS_CERTAIN;
        finding->up_error = kps_up_error_address(arena, kps_ledger_engine(j->ledger, claim->netns),
                                                 claim, "cannot assign requested address");
    }
    kps_finding_command(finding, SV("ip -brief address"),
                        "lists the addresses of this machine: publish on one of them");
    kps_finding_help(finding, "or leave the address out, to publish on every address");
}

/* Report each absent address of each group. */
static void judge_addresses(const struct judging *j)
{
    struct batches batches = {.rule = KPS_RULE_ADDRESS_NOT_HERE};
    for (kps_claim_id id = 1; id <= j->ledger->claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(j->ledger, id);
        enum kps_locality locality = locate_claim(j, claim);
        if (locality == KPS_LOCALITY_ABSENT || locality == KPS_LOCALITY_NONLOCAL) {
            const char *address = kps_addr_format(j->diag->arena, &claim->addr).p;
            struct kps_sv group = kps_owner_group(kps_ledger_get_owner(j->ledger, claim->owner));
            struct kps_sv key = kps_fmt(j->diag->arena, "%s %.*s", address, SV_ARG(group));
            struct kps_port_range part = {claim->first, claim->last};
            add_claim(j, &batches, key, id, part)->locality = locality;
        }
    }
    for (uint32_t i = 0; i < batches.list.n; i++) {
        const struct batch *batch = &batches.list.v[i];
        batch->finding->severity = batch->locality == KPS_LOCALITY_ABSENT ? KPS_ERROR : KPS_WARNING;
        describe_absent(j, batch->finding, batch->locality);
    }
    kps_vec_free(&batches.list);
}

void kps_kernel_settings_judge(struct kps_ledger *ledger,
                               const struct kps_kernel_settings *settings)
{
    struct judging j = {ledger, settings, ledger->diag};
    if (settings->privileged_below) {
        judge_rule(&j, KPS_RULE_PRIVILEGED_PORT);
    }
    if (settings->ephemeral.last) {
        judge_rule(&j, KPS_RULE_EPHEMERAL_RANGE);
    }
    if (settings->addresses) {
        judge_addresses(&j);
    }
}
