#include "compose/describe.h"

struct kps_sv kps_compose_ports_text(struct kps_arena *arena, uint16_t first, uint16_t last,
                                     uint8_t protocol)
{
    const char *name = kps_protocol_name((enum kps_protocol)protocol);
    return first == last ? kps_fmt(arena, "%u/%s", first, name)
                         : kps_fmt(arena, "%u-%u/%s", first, last, name);
}

struct kps_sv kps_compose_address_text(struct kps_arena *arena, const struct kps_addr *addr)
{
    switch (addr->kind) {
    case KPS_ADDR_EVERY:
        return SV("every address");
    case KPS_ADDR_ANY4:
        return SV("every IPv4 address");
    case KPS_ADDR_ANY6:
        return SV("every IPv6 address");
    case KPS_ADDR_ONE4:
    case KPS_ADDR_ONE6:
        break;
    }
    return kps_addr_format(arena, addr);
}

/* The addresses that the Engine binds for a claim, one a family. */
static uint32_t families_of(const struct kps_addr *addr, struct kps_addr ret[2])
{
    if (addr->kind == KPS_ADDR_EVERY) {
        ret[0] = (struct kps_addr){.kind = KPS_ADDR_ANY4};
        ret[1] = (struct kps_addr){.kind = KPS_ADDR_ANY6};
        return 2;
    }
    ret[0] = *addr;
    return 1;
}

/* The Engine's words for EADDRINUSE at an address. */
static struct kps_sv bind_error(struct kps_arena *arena, struct kps_sv ip,
                                enum kps_protocol protocol, uint16_t port)
{
    bool is_v6 = kps_sv_find(ip, ':') < ip.n;
    return kps_fmt(arena,
                   is_v6 ? "listen %s6 [%.*s]:%u: bind: address already in use"
                         : "listen %s4 %.*s:%u: bind: address already in use",
                   kps_protocol_name(protocol), SV_ARG(ip), port);
}

struct kps_sv kps_compose_bind_error(struct kps_arena *arena, const struct kps_claim *held,
                                     const struct kps_claim *wanted, uint16_t port)
{
    struct kps_addr addrs[2];
    uint32_t n = families_of(&wanted->addr, addrs);
    for (uint32_t i = 0; i < n; i++) {
        if (kps_addr_overlap(&held->addr, &addrs[i])) {
            return bind_error(arena, kps_addr_format(arena, &addrs[i]),
                              (enum kps_protocol)wanted->protocol, port);
        }
    }
    return (struct kps_sv){"", 0};
}

struct kps_sv kps_compose_start_error(struct kps_arena *arena, const struct kps_claim *earlier,
                                      const struct kps_claim *later, uint16_t port)
{
    struct kps_addr held[2];
    struct kps_addr wanted[2];
    uint32_t n_held = families_of(&earlier->addr, held);
    uint32_t n_wanted = families_of(&later->addr, wanted);
    for (uint32_t w = 0; w < n_wanted; w++) {
        for (uint32_t h = 0; h < n_held; h++) {
            struct kps_sv ip = kps_addr_format(arena, &wanted[w]);
            if (kps_addr_eq(&held[h], &wanted[w])) {
                return kps_fmt(arena, "Bind for %.*s:%u failed: port is already allocated",
                               SV_ARG(ip), port);
            }
            if (kps_addr_overlap(&held[h], &wanted[w])) {
                return bind_error(arena, ip, (enum kps_protocol)later->protocol, port);
            }
        }
    }
    return (struct kps_sv){"", 0};
}

/* The variable that a claim's port comes from, if any. */
static const struct kps_origin *variable_of(const struct kps_ledger *ledger,
                                            const struct kps_claim *claim)
{
    const struct kps_origins *origins = &ledger->diag->origins;
    for (kps_origin_id at = claim->origin; at; at = kps_origins_get(origins, at)->up) {
        if (kps_origins_get(origins, at)->step == KPS_STEP_VARIABLE) {
            return kps_origins_get(origins, at);
        }
    }
    return NULL;
}

/* The entry as it would be written with another port: "127.0.0.1:8081:3000". */
static struct kps_sv rewritten(struct kps_arena *arena, const struct kps_service_port *entry,
                               uint16_t port)
{
    const struct kps_port *p = &entry->port;
    bool is_v6 = kps_sv_find(p->host_ip, ':') < p->host_ip.n;
    struct kps_sv ip = p->host_ip.n == 0
                           ? p->host_ip
                           : kps_fmt(arena, is_v6 ? "[%.*s]:" : "%.*s:", SV_ARG(p->host_ip));
    const char *protocol = p->protocol == KPS_TCP ? "" : kps_protocol_name(p->protocol);
    return kps_fmt(arena, "%.*s%u:%u%s%s", SV_ARG(ip), port, p->target_first, *protocol ? "/" : "",
                   protocol);
}

static bool is_same_place(const struct kps_origin *a, const struct kps_origin *b)
{
    return a->span.file == b->span.file && a->span.off == b->span.off;
}

static bool is_same_variable(const struct kps_origin *a, const struct kps_origin *b)
{
    return a && b && is_same_place(a, b) && kps_sv_eq(a->what, b->what);
}

/* Whether another party of the finding stands at the primary's very place (through an alias or
 * `extends`), or takes its port from the same variable: then a change there moves both, and they
 * clash again. */
static void find_shared(const struct kps_ledger *ledger, const struct kps_finding *finding,
                        const struct kps_claim *primary, bool *ret_place, bool *ret_variable)
{
    const struct kps_origin *variable = variable_of(ledger, primary);
    const struct kps_origin *place = kps_origins_get(&ledger->diag->origins, primary->origin);
    for (uint32_t i = 1; i < finding->n_parties; i++) {
        if (finding->parties[i].claim) {
            const struct kps_claim *other = kps_ledger_get_claim(ledger, finding->parties[i].claim);
            const struct kps_origin *at = kps_origins_get(&ledger->diag->origins, other->origin);
            *ret_place = *ret_place || is_same_place(place, at);
            *ret_variable = *ret_variable || is_same_variable(variable, variable_of(ledger, other));
        }
    }
}

/* Whether `extends` brought it: then a list of the service's own would only be added to what it
 * inherits. */
static bool is_inherited(const struct kps_origins *origins, const struct kps_claim *claim)
{
    for (kps_origin_id at = claim->origin; at; at = kps_origins_get(origins, at)->up) {
        if (kps_origins_get(origins, at)->step == KPS_STEP_EXTENDS) {
            return true;
        }
    }
    return false;
}

/* The edit of a variable's definition, where that is nothing but the port. */
static void fix_variable(struct kps_diag *diag, struct kps_finding *finding,
                         const struct kps_origin *variable, uint16_t port)
{
    struct kps_sv bytes = kps_files_get(&diag->files, variable->span.file)->bytes;
    struct kps_sv value =
        kps_sv_slice(bytes, variable->span.off, variable->span.off + variable->span.len);
    unsigned long long number = 0;
    if (kps_sv_u64(value, UINT16_MAX, &number) && number == finding->first) {
        kps_finding_fix(diag, finding,
                        kps_fmt(diag->arena, "set %.*s to %u", SV_ARG(variable->what), port),
                        (struct kps_edit){variable->span, kps_fmt(diag->arena, "%u", port)});
    }
}

static void advise_variable(struct kps_diag *diag, struct kps_finding *finding,
                            struct kps_origin variable, uint16_t port, struct kps_sv free)
{
    struct kps_sv where = SV("the environment");
    if (variable.span.file) {
        struct kps_pos pos = kps_files_pos(&diag->files, variable.span.file, variable.span.off);
        struct kps_sv path = kps_files_get(&diag->files, variable.span.file)->path;
        where = kps_fmt(diag->arena, "%.*s:%u", SV_ARG(path), pos.line);
        fix_variable(diag, finding, &variable, port);
    }
    kps_finding_help(diag, finding, (struct kps_sv){"", 0}, "%.*s: set %.*s=%u in %.*s",
                     SV_ARG(free), SV_ARG(variable.what), port, SV_ARG(where));
}

void kps_compose_advise_port(struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_conflict *conflict)
{
    uint16_t port = conflict->free_port;
    struct kps_sv free = kps_fmt(ledger->diag->arena,
                                 conflict->is_free_here ? "%u is free on this machine"
                                                        : "%u is not used in this project",
                                 port);
    struct kps_diag *diag = ledger->diag;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, conflict->claims[0]);
    const struct kps_service_port *entry = kps_compose_port_of(ledger, claim);
    if (!entry || port == 0 || entry->port.first != entry->port.last) {
        return;
    }
    const struct kps_sv none = {"", 0};
    const struct kps_origin *variable = variable_of(ledger, claim);
    bool shares_place = false;
    bool shares_variable = false;
    find_shared(ledger, finding, claim, &shares_place, &shares_variable);
    if (shares_place) {
        kps_finding_help(diag, finding, none,
                         "%.*s; this line serves them all, so give '%.*s' its own: "
                         "ports: %s[\"%.*s\"]",
                         SV_ARG(free), SV_ARG(kps_ledger_get_owner(ledger, claim->owner)->name),
                         is_inherited(&diag->origins, claim) ? "!override " : "",
                         SV_ARG(rewritten(diag->arena, entry, port)));
        return;
    }
    if (variable && !shares_variable) {
        advise_variable(diag, finding, *variable, port, free);
    } else if (entry->is_long) {
        kps_finding_help(diag, finding, none, "%.*s: write published: \"%u\"", SV_ARG(free), port);
    } else {
        kps_finding_help(diag, finding, none, "%.*s: write \"%.*s\"", SV_ARG(free),
                         SV_ARG(rewritten(diag->arena, entry, port)));
    }
    if (entry->published.len) {
        kps_finding_fix(diag, finding, kps_fmt(diag->arena, "publish %u instead", port),
                        (struct kps_edit){entry->published, kps_fmt(diag->arena, "%u", port)});
    }
}
