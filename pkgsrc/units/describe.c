#include "advice/owner.h"
#include "advice/owner_words.h"
#include "model/ports.h"
#include "units/units.h"

/*
 * The words of findings about Quadlets, socket units and clusters of kind and k3d: both places, the
 * refusal of the program that starts second, and a free port.
 */
struct description {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_conflict *conflict;
    struct kps_finding *finding;
    struct kps_sv ports; /* "host port 8080/tcp" */
};

static const struct kps_claim *claim_of(const struct description *d, uint32_t i)
{
    return kps_ledger_get_claim(d->ledger, d->conflict->claims[i]);
}

static const struct kps_owner *owner_of(const struct description *d, uint32_t i)
{
    return kps_ledger_get_owner(d->ledger, claim_of(d, i)->owner);
}

/* An owner of a file asks; an owner whose class knows rules for holders is there. */
static bool is_there(const struct kps_owner *owner)
{
    return owner->cls->when_held != KPS_RULE_NONE;
}

static struct kps_sv format_ports(struct kps_arena *arena, const struct kps_conflict *conflict)
{
    return kps_fmt(arena, "host port%s %s", conflict->first == conflict->last ? "" : "s",
                   kps_ports_of_conflict(arena, conflict).p);
}

static void label_parties(const struct description *d)
{
    for (uint32_t i = 0; i < d->finding->n_parties && i < d->conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_of(d, i);
        const struct kps_owner *owner = owner_of(d, i);
        struct kps_party *party = &d->finding->parties[i];
        if (is_there(owner)) {
            party->label = kps_owner_words(d->arena, d->ledger, claim->owner);
            continue;
        }
        const char *verb = owner->kind == KPS_OWNER_SOCKET_UNIT ? "listens" : "publishes";
        const struct kps_unit_facts *facts = owner->facts;
        bool is_off = owner->cls == &kps_units_class && facts->is_off;
        party->label =
            kps_fmt(d->arena, "'%.*s' %s on %s%s", SV_ARG(owner->ties->name), verb,
                    kps_addr_words(d->arena, &claim->addr).p, is_off ? ", and is not enabled" : "");
    }
}

/* Return true when every party is a socket unit: systemd lets their UDP sockets share a port. */
static bool share_silently(const struct description *d)
{
    for (uint32_t i = 0; i < d->conflict->n_claims; i++) {
        if (owner_of(d, i)->kind != KPS_OWNER_SOCKET_UNIT) {
            return false;
        }
    }
    return d->conflict->protocol == KPS_UDP;
}

static uint32_t count_owners(const struct description *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->conflict->n_claims; i++) {
        bool is_new = true;
        for (uint32_t k = 0; k < i && is_new; k++) {
            is_new = claim_of(d, k)->owner != claim_of(d, i)->owner;
        }
        n += is_new;
    }
    return n;
}

static struct kps_sv write_header(const struct description *d)
{
    const struct kps_owner *holder = owner_of(d, d->conflict->n_claims - 1);
    struct kps_sv first = owner_of(d, 0)->ties->name;
    struct kps_sv last = holder->ties->name;
    bool is_one = d->conflict->first == d->conflict->last;
    const char *verb = is_one ? "is" : "are";
    switch (d->conflict->kind) {
    case KPS_CONFLICT_WITHIN:
        return kps_fmt(d->arena, "'%.*s' wants %.*s twice", SV_ARG(first), SV_ARG(d->ports));
    case KPS_CONFLICT_COPIES:
        return kps_fmt(d->arena, "%u of '%.*s' want %.*s", d->conflict->wanted, SV_ARG(first),
                       SV_ARG(d->ports));
    case KPS_CONFLICT_IN_USE: {
        bool is_planned = d->finding->rule == KPS_RULE_STOPPED_CONTAINER_CLAIM;
        return kps_fmt(d->arena, "%.*s of '%.*s' %s %s by %s '%.*s'", SV_ARG(d->ports),
                       SV_ARG(first), is_planned ? "will be" : verb, is_planned ? "wanted" : "held",
                       holder->cls->noun, SV_ARG(last));
    }
    case KPS_CONFLICT_OWNERS:
    case KPS_CONFLICT_POOL:
    case KPS_CONFLICT_UNCOMPARED:
        break;
    }
    uint32_t n = count_owners(d);
    if (n == 2) {
        return kps_fmt(d->arena, "%.*s %s wanted by '%.*s' and '%.*s'", SV_ARG(d->ports), verb,
                       SV_ARG(first), SV_ARG(last));
    }
    return kps_fmt(d->arena, "%.*s %s wanted by '%.*s' and %u others", SV_ARG(d->ports), verb,
                   SV_ARG(first), n - 1);
}

/* The words of the program that starts the first party and finds the port in use. */
static struct kps_sv start_error(const struct description *d)
{
    const struct kps_claim *claim = claim_of(d, 0);
    const struct kps_unit_facts *facts = owner_of(d, 0)->facts;
    struct kps_sv address = kps_addr_format(d->arena, &claim->addr);
    bool is_v6 = claim->addr.kind == KPS_ADDR_ANY6 || claim->addr.kind == KPS_ADDR_ONE6;
    const char *protocol = kps_protocol_name(d->conflict->protocol);
    struct kps_sv brackets = claim->addr.kind == KPS_ADDR_ANY4
                                 ? (struct kps_sv){"", 0}
                                 : kps_fmt(d->arena, is_v6 ? "[%.*s]" : "%.*s", SV_ARG(address));
    if (d->finding->certainty != KPS_CERTAIN || owner_of(d, 0)->cls != &kps_units_class) {
        return (struct kps_sv){"", 0};
    }
    switch (facts->kind) {
    case KPS_UNITS_QUADLET:
    case KPS_UNITS_KUBE_PLAY:
        return kps_fmt(d->arena,
                       "cannot listen on the %s port: listen %s%c %.*s:%u: bind: address already "
                       "in use",
                       d->conflict->protocol == KPS_UDP ? "UDP" : "TCP", protocol,
                       is_v6 ? '6' : '4', SV_ARG(brackets), d->conflict->first);
    case KPS_UNITS_SOCKET:
        return SV("Failed to create listening socket: Address already in use");
    case KPS_UNITS_KIND:
        return d->conflict->kind == KPS_CONFLICT_WITHIN ? kps_sv_of(kps_units_same_mapping)
                                                        : (struct kps_sv){"", 0};
    case KPS_UNITS_K3D:
    case KPS_UNITS_NONE:
        break;
    }
    return (struct kps_sv){"", 0}; /* Docker's words, which differ by version */
}

/* Report units that nothing starts at boot; a finding that needs one of them is a note. */
static void note_disabled(const struct description *d)
{
    const struct kps_owner *first = NULL;
    uint32_t n_started = 0;
    for (uint32_t i = 0; i < d->conflict->n_claims; i++) {
        const struct kps_owner *owner = owner_of(d, i);
        const struct kps_unit_facts *facts = owner->facts;
        bool is_off = owner->cls == &kps_units_class && facts->is_off;
        first = is_off && !first ? owner : first;
        n_started += !is_off;
    }
    if (!first) {
        return;
    }
    kps_finding_note(d->finding,
                     "'%.*s' is not enabled: only a start by hand, or by another unit, takes the "
                     "port",
                     SV_ARG(first->ties->name));
    if (n_started < 2) {
        d->finding->severity = KPS_NOTE;
    }
}

static void add_notes(const struct description *d)
{
    note_disabled(d);
    if (share_silently(d)) {
        kps_finding_note(d->finding,
                         "systemd sets SO_REUSEADDR, so both sockets are opened; only the one that "
                         "is bound last gets packets");
    } else if (d->conflict->kind == KPS_CONFLICT_OWNERS) {
        kps_finding_note(d->finding, "the second to start fails");
    }
    const struct kps_claim *first = claim_of(d, 0);
    const struct kps_claim *last = claim_of(d, d->conflict->n_claims - 1);
    if (d->conflict->kind == KPS_CONFLICT_WITHIN && !kps_addr_eq(&first->addr, &last->addr) &&
        owner_of(d, 0)->kind == KPS_OWNER_SOCKET_UNIT) {
        kps_finding_help(d->finding,
                         "write BindIPv6Only=ipv6-only, or keep only the line without an IPv4 "
                         "address: a socket on [::] takes IPv4 as well");
    }
}

/* Find the host port in the text of a claim, "[IP:][HOST:]CONTAINER[/PROTOCOL]" or the number. */
static struct kps_sv find_written(const struct kps_ledger *ledger, const struct kps_claim *claim,
                                  struct kps_source_span *ret)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    struct kps_span at = kps_origins_span(&ledger->diag->origins, claim->origin);
    const char *bytes = kps_files_get(&ledger->diag->files, at.file)->bytes.p;
    struct kps_sv digits = kps_ports_digits(arena, claim->first, claim->last);
    struct kps_sv text = {bytes + at.off, at.len};
    if (text.n && (text.p[0] == '"' || text.p[0] == '\'')) {
        text = kps_sv_slice(text, 1, text.n - 1);
    }
    text = kps_sv_head(text, kps_sv_rfind(text, '/'));
    if (owner->kind != KPS_OWNER_SOCKET_UNIT) {
        text = kps_sv_head(text, kps_sv_rfind(text, ':'));
    }
    size_t colon = kps_sv_rfind(text, ':');
    text = colon < text.n ? kps_sv_from(text, colon + 1) : text;
    if (claim->last == 0 || !kps_sv_eq(text, digits)) {
        struct kps_sv name = kps_owner_name(owner);
        return kps_fmt(arena, "the port of '%.*s' is not written as a plain number", SV_ARG(name));
    }
    ret->ports[ret->n_ports++] =
        (struct kps_span){at.file, (uint32_t)(text.p - bytes), (uint32_t)text.n};
    return (struct kps_sv){"", 0};
}

/* Add the edit of the first party's port, unless its place has the port of another party, too. */
static void fix_port(const struct description *d, uint16_t port)
{
    const struct kps_origins *origins = &d->ledger->diag->origins;
    struct kps_source_span written = {.n_ports = 0};
    struct kps_span at = kps_origins_span(origins, claim_of(d, 0)->origin);
    for (uint32_t i = 1; i < d->conflict->n_claims; i++) {
        kps_origin_id other = claim_of(d, i)->origin;
        if (other && kps_origins_span(origins, other).file == at.file &&
            kps_origins_span(origins, other).off == at.off) {
            return;
        }
    }
    if (!find_written(d->ledger, claim_of(d, 0), &written).n) {
        kps_finding_fix(d->finding, kps_fmt(d->arena, "use %u instead", port),
                        (struct kps_edit){written.ports[0], kps_fmt(d->arena, "%u", port)});
    }
}

static void advise_free_port(const struct description *d)
{
    uint16_t port = d->conflict->free_port;
    if (port) {
        struct kps_sv where = kps_ledger_host_name(d->ledger);
        bool is_free = d->conflict->is_free_here;
        fix_port(d, port);
        kps_finding_help(d->finding, "use %u here, which is %s%.*s", port,
                         is_free ? "free on " : "not used by these files",
                         is_free ? (int)where.n : 0, where.p);
    }
}

static void advise_holders(const struct description *d)
{
    for (uint32_t i = 0; i < d->conflict->n_claims; i++) {
        if (is_there(owner_of(d, i))) {
            kps_owner_advise(d->ledger, d->finding, claim_of(d, i)->owner, d->conflict->first);
            return;
        }
    }
}

static void describe_conflict(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                              struct kps_finding *finding)
{
    struct description d = {.ledger = ledger,
                            .arena = ledger->diag->arena,
                            .conflict = conflict,
                            .finding = finding,
                            .ports = format_ports(ledger->diag->arena, conflict)};
    finding->message = write_header(&d);
    label_parties(&d);
    add_notes(&d);
    finding->up_error = start_error(&d);
    advise_holders(&d);
    advise_free_port(&d);
}

const char kps_units_same_mapping[] =
    "port mapping with same listen address, port and protocol already configured";

const struct kps_owner_class kps_units_class = {
    .noun = "unit",
    .between_owners = KPS_RULE_COMPOSE_HOST_PORT_CLASH,
    .between_groups = KPS_RULE_COMPOSE_PROJECT_CLASH,
    .within = KPS_RULE_COMPOSE_SELF_CLASH,
    .among_copies = KPS_RULE_COMPOSE_REPLICA_CLASH,
    .over_pool = KPS_RULE_COMPOSE_RANGE_POOL,
    .with_listener = KPS_RULE_COMPOSE_HOST_NETWORK_CLASH,
    .is_renewed = true,
    .describe = describe_conflict,
    .written = find_written,
};
