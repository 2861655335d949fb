#include "compose/describe.h"

#include "base/count.h"
#include "compose/advice.h"
#include "compose/claims.h"
#include "compose/describe_in_use.h"
#include "compose/stack.h"
#include "model/ports.h"
#include "model/up_error.h"

static const struct kps_claim *claim_of(const struct kps_ledger *ledger,
                                        const struct kps_conflict *conflict, uint32_t i)
{
    return kps_ledger_get_claim(ledger, conflict->claims[i]);
}

static const struct kps_owner *owner_of(const struct kps_ledger *ledger,
                                        const struct kps_claim *claim)
{
    return kps_ledger_get_owner(ledger, claim->owner);
}

/* Count the different owners of a conflict, or its projects: by name, or by file. */
enum counted { OWNERS, PROJECT_NAMES, PROJECT_FILES };
static uint32_t count_distinct(const struct kps_ledger *ledger, const struct kps_conflict *conflict,
                               enum counted what)
{
    struct kps_map seen = {0};
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_owner *owner = owner_of(ledger, claim_of(ledger, conflict, i));
        struct kps_sv key = what == OWNERS ? owner->ties->key : owner->ties->group;
        if (what == PROJECT_FILES) {
            key = SV_BYTES(owner->ties->group_file);
        }
        (void)kps_map_put(&seen, ledger->diag->arena, key, i);
    }
    return seen.n;
}

/* Return: does a claim name a wider range than the ports in question? */
static bool is_wider(const struct kps_claim *claim, const struct kps_conflict *conflict)
{
    return claim->first < conflict->first || claim->last > conflict->last;
}

/* Return: do the addresses of a conflict's claims matter? Not when each is every address. */
static bool addresses_matter(const struct kps_ledger *ledger, const struct kps_conflict *conflict)
{
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        if (claim_of(ledger, conflict, i)->addr.kind != KPS_ADDR_EVERY) {
            return true;
        }
    }
    return false;
}

/* Return "'web' publishes it on 127.0.0.1", with the range where wider than the clash. */
static struct kps_sv publishes_label(const struct kps_ledger *ledger,
                                     const struct kps_conflict *conflict,
                                     const struct kps_claim *claim, bool is_primary,
                                     bool with_address)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_owner *owner = owner_of(ledger, claim);
    if (claim->flags & KPS_CLAIM_DERIVED) {
        const struct kps_origin origin = kps_origins_get(&ledger->diag->origins, claim->origin);
        return kps_fmt(arena, "'%.*s' %.*s", SV_ARG(owner->ties->name), SV_ARG(origin.what));
    }
    struct kps_sv on = SV("");
    if (with_address) {
        on = kps_fmt(arena, " on %s", kps_addr_words(arena, &claim->addr).p);
    }
    if (is_wider(claim, conflict)) {
        const char *range = kps_ports_words(arena, claim->first, claim->last, claim->protocol).p;
        return kps_fmt(arena, "'%.*s' %s %s%.*s", SV_ARG(owner->ties->name),
                       claim->take < kps_claim_width(claim) ? "takes a port of" : "publishes",
                       range, SV_ARG(on));
    }
    bool is_one = conflict->first == conflict->last;
    const char *words = is_one ? "publishes it" : "publishes them";
    if (claim->take < kps_claim_width(claim)) {
        words = is_primary ? "needs one of them here" : "takes one of them";
    } else if (is_primary) {
        words = is_one ? "needs the same port here" : "needs the same ports here";
    }
    return kps_fmt(arena, "'%.*s' %s%s%.*s", SV_ARG(owner->ties->name), words,
                   is_primary && on.n ? "," : "", SV_ARG(on));
}

static void label_parties(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                          struct kps_finding *finding)
{
    bool with_address = addresses_matter(ledger, conflict);
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        if (finding->parties[i].claim) {
            const struct kps_claim *claim = kps_ledger_get_claim(ledger, finding->parties[i].claim);
            finding->parties[i].label =
                publishes_label(ledger, conflict, claim, i == 0, with_address);
        }
    }
}

/* Note the reason why two different addresses are the same place, once, for the first such pair. */
static void note_addresses(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                           struct kps_finding *finding)
{
    const struct kps_claim *primary = claim_of(ledger, conflict, 0);
    for (uint32_t i = 1; i < conflict->n_claims; i++) {
        const struct kps_claim *other = claim_of(ledger, conflict, i);
        if (kps_addr_eq(&primary->addr, &other->addr) ||
            !kps_addr_overlap(&primary->addr, &other->addr)) {
            continue;
        }
        bool primary_is_inner = kps_addr_contains(&other->addr, &primary->addr);
        const struct kps_addr *inner = primary_is_inner ? &primary->addr : &other->addr;
        const struct kps_addr *outer = primary_is_inner ? &other->addr : &primary->addr;
        struct kps_arena *arena = ledger->diag->arena;
        kps_finding_note(finding, "%s is part of %s", kps_addr_words(arena, inner).p,
                         kps_addr_words(arena, outer).p);
        return;
    }
}

/* Name the projects of the parties; projects of the same name also by their files. */
static void name_projects(struct kps_ledger *ledger, struct kps_finding *finding, bool with_file)
{
    struct kps_diag *diag = ledger->diag;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, finding->parties[i].owner);
        struct kps_sv file =
            with_file ? kps_files_get(&diag->files, owner->ties->group_file)->path : SV("");
        finding->parties[i].label =
            kps_fmt(diag->arena, "%.*s (project '%.*s'%s%.*s)", SV_ARG(finding->parties[i].label),
                    SV_ARG(owner->ties->group), file.n ? " of " : "", SV_ARG(file));
    }
}

/* Return whether no two of the claims can be had together. */
static bool exclude_each_other(const struct kps_ledger *ledger, const struct kps_conflict *conflict)
{
    enum { MOST_COMPARED = 512 }; /* pairs of more claims are too many to look at */
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_of(ledger, conflict, i);
        if (claim->take < kps_claim_width(claim) || conflict->n_claims > MOST_COMPARED) {
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            const struct kps_claim *other = claim_of(ledger, conflict, k);
            if (claim->first > other->last || other->first > claim->last ||
                !kps_addr_overlap(&claim->addr, &other->addr)) {
                return false;
            }
        }
    }
    return true;
}

/* Tell what happens when all of `n` services or projects are started. */
static void note_outcome(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                         struct kps_finding *finding, uint32_t n)
{
    bool across = finding->rule == KPS_RULE_COMPOSE_PROJECT_CLASH;
    if (n > 2 && exclude_each_other(ledger, conflict)) {
        kps_finding_note(
            finding,
            across ? "only the project that starts first gets it; the others stop "
                     "half-way"
                   : "only the first to start gets it; the others fail, and 'up' stops half-way");
        return;
    }
    kps_finding_note(finding, across ? "the second project to start stops half-way"
                                     : "the second to start fails, and 'up' stops half-way");
}

static void describe_clash(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                           struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_sv ports = kps_ports_of_conflict(arena, conflict);
    bool across = finding->rule == KPS_RULE_COMPOSE_PROJECT_CLASH;
    uint32_t n = count_distinct(ledger, conflict, across ? PROJECT_FILES : OWNERS);
    const char *noun = conflict->first == conflict->last ? "host port" : "host ports";
    finding->message = kps_fmt(arena, "%s %.*s %s published by %s %s", noun, SV_ARG(ports),
                               conflict->first == conflict->last ? "is" : "are",
                               kps_count_word(arena, n), across ? "projects" : "services");
    label_parties(ledger, conflict, finding);
    if (across) {
        name_projects(ledger, finding, count_distinct(ledger, conflict, PROJECT_NAMES) < n);
    }
    note_addresses(ledger, conflict, finding);
    note_outcome(ledger, conflict, finding, n);
    const struct kps_claim *primary = claim_of(ledger, conflict, 0);
    for (uint32_t i = 1; i < conflict->n_claims && finding->up_error.n == 0; i++) {
        finding->up_error =
            kps_up_error_allocated(arena, kps_ledger_engine(ledger, conflict->netns),
                                   claim_of(ledger, conflict, i), primary, conflict->first);
    }
    kps_compose_advice_port(ledger, finding, conflict);
}

static void describe_copies(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                            struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_claim *claim = claim_of(ledger, conflict, 0);
    const struct kps_owner *owner = owner_of(ledger, claim);
    struct kps_sv ports = kps_ports_words(arena, claim->first, claim->last, claim->protocol);
    bool is_pool = claim->take < kps_claim_width(claim);
    if (is_pool) {
        finding->message = kps_fmt(arena, "%u replicas of '%.*s' need %u host ports, %.*s has %u",
                                   claim->copies, SV_ARG(owner->ties->name), conflict->wanted,
                                   SV_ARG(ports), conflict->available);
        finding->up_error = SV("all ports are allocated");
    } else {
        finding->message = kps_fmt(arena, "%u replicas of '%.*s' share host port %.*s",
                                   claim->copies, SV_ARG(owner->ties->name), SV_ARG(ports));
        finding->up_error = kps_up_error_allocated(
            arena, kps_ledger_engine(ledger, conflict->netns), claim, claim, claim->first);
    }
    finding->parties[0].label =
        kps_fmt(arena, "each replica of '%.*s' wants %s", SV_ARG(owner->ties->name),
                is_pool ? "one of these" : "this one port");
    const struct kps_service_facts *facts = kps_compose_claims_facts(owner);
    if (facts && facts->service->replicas_node) {
        kps_origin_id at = kps_diag_here(ledger->diag, facts->service->replicas_node->span);
        struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, claim->owner);
        party->at = at;
        party->label = kps_fmt(arena, "%u replicas are asked for here", claim->copies);
    }
    if (facts && facts->service->is_scaled) {
        kps_finding_note(finding, "--scale %.*s=%u asks for the replicas",
                         SV_ARG(owner->ties->name), claim->copies);
    }
    kps_finding_note(finding,
                     "'up' creates all replicas and fails on the first that finds no free port; "
                     "the rest stay created");
    kps_finding_note(
        finding,
        "'docker stack deploy' is no problem: there the replicas share the published port");
    uint32_t last = (uint32_t)claim->first + claim->copies - 1;
    if (last <= UINT16_MAX && claim->target_first == claim->target_last) {
        kps_finding_help(
            finding,
            "publish a range: \"%u-%u:%u\", or drop the host port and put a proxy in front",
            claim->first, last, claim->target_first);
    } else {
        kps_finding_help(finding, "drop the host port and put a proxy in front");
    }
}

/*
 * Describe the failure of a container that publishes a port twice for one of its own ports. Engine
 * 28 allocates the port once for both entries, and binds both with SO_REUSEADDR: TCP fails at the
 * second listen(), without a word about the port, and UDP starts with two sockets (28.5.2).
 */
static bool describe_double_entry(struct kps_ledger *ledger, struct kps_finding *finding,
                                  const struct kps_claim *primary, const struct kps_claim *other)
{
    bool is_double = primary->target_first == other->target_first;
    if (kps_ledger_engine(ledger, primary->netns)->major != 28 || !is_double) {
        return false;
    }
    if (primary->protocol == KPS_UDP) {
        finding->severity = KPS_WARNING;
        kps_finding_note(finding,
                         "Docker Engine 28 starts the container with two sockets on the port, and "
                         "datagrams reach one of them; other versions refuse the start");
    } else {
        finding->up_error = SV("failed to listen on TCP socket: address already in use");
    }
    return true;
}

static void describe_within(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                            struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_claim *primary = claim_of(ledger, conflict, 0);
    const struct kps_claim *other = claim_of(ledger, conflict, 1);
    const struct kps_owner *owner = owner_of(ledger, primary);
    const char *ports = kps_ports_of_conflict(arena, conflict).p;
    finding->message =
        kps_fmt(arena, "'%.*s' publishes host port%s %s %s", SV_ARG(owner->ties->name),
                conflict->first == conflict->last ? "" : "s", ports,
                conflict->n_claims == 2 ? "twice" : "several times");
    bool with_address = addresses_matter(ledger, conflict);
    for (uint32_t i = 0; i < finding->n_parties && i < conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_of(ledger, conflict, i);
        struct kps_sv address = kps_addr_words(arena, &claim->addr);
        finding->parties[i].label =
            kps_fmt(arena, "%s%s%.*s for container port %u",
                    i == 0 ? "here again" : "published here", with_address ? " on " : "",
                    with_address ? (int)address.n : 0, address.p, claim->target_first);
    }
    note_addresses(ledger, conflict, finding);
    const struct kps_service_port *a = kps_compose_claims_port_of(ledger, primary);
    const struct kps_service_port *b = kps_compose_claims_port_of(ledger, other);
    if (a && b && a->published_is_int != b->published_is_int &&
        a->port.target_first == b->port.target_first) {
        kps_finding_note(finding,
                         "Compose removes duplicates by how they are written: a published port "
                         "given as a number is "
                         "not the same to it as one given as text");
    }
    if (conflict->last == 0) {
        finding->message =
            kps_fmt(arena, "'%.*s' asks twice for a free host port for container port %u/%s",
                    SV_ARG(owner->ties->name), primary->target_first,
                    kps_protocol_name((enum kps_protocol)primary->protocol));
        kps_finding_note(finding,
                         "from version 28 on the Engine chooses one port for both, and the "
                         "second socket cannot have it; before, each gets a port");
    }
    bool is_described = describe_double_entry(ledger, finding, primary, other);
    if (finding->severity == KPS_ERROR) {
        kps_finding_note(finding, "the container takes the port from itself and does not start");
    }
    /*
     * The Engine binds a single address before a wildcard, whatever the order in the file (spec
     * compose §1.4).
     */
    bool other_is_last = kps_addr_contains(&other->addr, &primary->addr);
    if (!is_described && conflict->last == 0) {
        finding->up_error = SV("address already in use");
    } else if (!is_described) {
        finding->up_error = kps_up_error_allocated(
            arena, kps_ledger_engine(ledger, conflict->netns), other_is_last ? primary : other,
            other_is_last ? other : primary, conflict->first);
    }
    if (a && b && a->port.target_first == b->port.target_first) {
        kps_finding_help(finding, "remove one of the two entries");
    } else {
        kps_compose_advice_port(ledger, finding, conflict);
    }
}

/*
 * Return the first claim of a pool for all of its ports, not just any of a range; NULL when all
 * pick.
 */
static const struct kps_claim *fixed_claim(const struct kps_ledger *ledger,
                                           const struct kps_conflict *conflict)
{
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_of(ledger, conflict, i);
        if (claim->take == kps_claim_width(claim)) {
            return claim;
        }
    }
    return NULL;
}

/* Describe a choice of the Engine that may leave a claim without a port: `fixed`, or NULL. */
static void describe_possible_pool(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                   struct kps_finding *finding, const struct kps_claim *fixed)
{
    struct kps_arena *arena = ledger->diag->arena;
    const struct kps_claim *picking = claim_of(ledger, conflict, 0);
    struct kps_sv picker = owner_of(ledger, picking)->ties->name;
    struct kps_conflict needed = *conflict; /* the part that `fixed` needs */
    if (fixed) {
        needed.first = fixed->first > needed.first ? fixed->first : needed.first;
        needed.last = fixed->last < needed.last ? fixed->last : needed.last;
    }
    struct kps_sv ports = kps_fmt(arena, "port%s %s", needed.first == needed.last ? "" : "s",
                                  kps_ports_of_conflict(arena, &needed).p);
    if (fixed && fixed->owner == picking->owner) {
        finding->message =
            kps_fmt(arena, "'%.*s' may take host %.*s, which another of its ports needs",
                    SV_ARG(picker), SV_ARG(ports));
        /* the Engine binds a single address before a wildcard */
        bool picks_last = kps_addr_contains(&picking->addr, &fixed->addr);
        finding->up_error = kps_up_error_bind(arena, kps_ledger_engine(ledger, conflict->netns),
                                              picks_last ? fixed : picking,
                                              picks_last ? picking : fixed, conflict->first);
        kps_finding_note(finding,
                         "up to version 27 the Engine takes any free port of a range and looks "
                         "only at ports of the same address; the next start may take another");
        kps_finding_help(finding,
                         "move the fixed port out of the range, or publish both on one address");
        return;
    }
    if (fixed) {
        struct kps_sv other = owner_of(ledger, fixed)->ties->name;
        finding->message = kps_fmt(arena, "'%.*s' may take host %.*s, which '%.*s' needs",
                                   SV_ARG(picker), SV_ARG(ports), SV_ARG(other));
    } else {
        finding->message = kps_fmt(arena, "'%.*s' may find no host port left in %s", SV_ARG(picker),
                                   kps_ports_of_conflict(arena, conflict).p);
    }
    kps_finding_note(finding,
                     "the Engine takes any free port of a range when a container starts; the order "
                     "decides whether one is left");
}

static void describe_pool(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                          struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_sv ports = kps_ports_of_conflict(arena, conflict);
    const struct kps_claim *fixed = fixed_claim(ledger, conflict);
    label_parties(ledger, conflict, finding);
    finding->up_error =
        fixed ? kps_up_error_allocated(arena, kps_ledger_engine(ledger, conflict->netns), fixed,
                                       fixed, fixed->first)
              : SV("all ports are allocated");
    if (conflict->certainty == KPS_CERTAIN) {
        finding->message = kps_fmt(arena, "%u host ports are needed of %.*s, which has %u",
                                   conflict->wanted, SV_ARG(ports), conflict->available);
        kps_finding_note(finding, "no order of starting gives every service a port");
    } else {
        describe_possible_pool(ledger, conflict, finding, fixed);
        if (fixed && fixed->owner == claim_of(ledger, conflict, 0)->owner) {
            return;
        }
    }
    kps_finding_help(finding, "give the services ranges that do not overlap, or fixed ports");
}

static void describe_listeners(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                               struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    const char *ports = kps_ports_of_conflict(arena, conflict).p;
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, conflict->netns);
    bool is_private = netns->kind == KPS_NETNS_PRIVATE;
    label_parties(ledger, conflict, finding);
    if (conflict->kind == KPS_CONFLICT_COPIES) {
        const struct kps_claim *claim = claim_of(ledger, conflict, 0);
        struct kps_sv name = owner_of(ledger, claim)->ties->name;
        finding->message = kps_fmt(arena, "%u replicas of '%.*s' would listen on %s in one network",
                                   claim->copies, SV_ARG(name), ports);
    } else {
        finding->message = kps_fmt(arena, "%s services want %s %s",
                                   kps_count_word(arena, count_distinct(ledger, conflict, false)),
                                   ports, is_private ? "in one shared network" : "of the host");
    }
    if (is_private) {
        kps_compose_advice_shared_network(finding);
        return;
    }
    kps_finding_note(finding,
                     "with 'network_mode: host' the process itself binds on the host; whoever "
                     "comes second fails");
    kps_compose_advice_listeners(finding);
}

static void describe_conflict(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                              struct kps_finding *finding)
{
    const struct kps_owner *last =
        owner_of(ledger, claim_of(ledger, conflict, conflict->n_claims - 1));
    if (kps_compose_stack_is(owner_of(ledger, claim_of(ledger, conflict, 0)))) {
        kps_compose_stack_describe(ledger, conflict, finding);
        return;
    }
    if (last->cls->when_held != KPS_RULE_NONE) {
        kps_compose_describe_in_use(ledger, conflict, finding);
        return;
    }
    if (finding->rule == KPS_RULE_COMPOSE_HOST_NETWORK_CLASH ||
        finding->rule == KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH) {
        describe_listeners(ledger, conflict, finding);
        return;
    }
    switch (conflict->kind) {
    case KPS_CONFLICT_OWNERS:
        describe_clash(ledger, conflict, finding);
        break;
    case KPS_CONFLICT_WITHIN:
        describe_within(ledger, conflict, finding);
        break;
    case KPS_CONFLICT_COPIES:
        describe_copies(ledger, conflict, finding);
        break;
    case KPS_CONFLICT_POOL:
        describe_pool(ledger, conflict, finding);
        break;
    case KPS_CONFLICT_IN_USE:
    case KPS_CONFLICT_UNCOMPARED:
        break;
    }
}

/* Return: does `second` depend on `first`, directly or through other services? */
static bool starts_before(const struct kps_ledger *ledger, kps_owner_id first, kps_owner_id second)
{
    const struct kps_service_facts *before =
        kps_compose_claims_facts(kps_ledger_get_owner(ledger, first));
    const struct kps_service_facts *after =
        kps_compose_claims_facts(kps_ledger_get_owner(ledger, second));
    if (!before || !after || before->project != after->project) {
        return false;
    }
    const struct kps_project *project = after->project;
    bool *seen = KPS_NEW_N(ledger->diag->arena, bool, project->n_services);
    KPS_VEC(uint32_t) work = {0};
    *kps_vec_push(&work) = (uint32_t)(after->service - project->services);
    bool found = false;
    while (work.n && !found) {
        const struct kps_service *service = &project->services[work.v[--work.n]];
        for (uint32_t i = 0; i < service->n_depends_on && !found; i++) {
            uint32_t at = service->depends_on[i];
            found = &project->services[at] == before->service;
            if (!seen[at]) {
                seen[at] = true;
                *kps_vec_push(&work) = at;
            }
        }
    }
    kps_vec_free(&work);
    return found;
}

const struct kps_owner_class kps_compose_service_class = {
    .noun = "service",
    .between_owners = KPS_RULE_COMPOSE_HOST_PORT_CLASH,
    .between_groups = KPS_RULE_COMPOSE_PROJECT_CLASH,
    .within = KPS_RULE_COMPOSE_SELF_CLASH,
    .among_copies = KPS_RULE_COMPOSE_REPLICA_CLASH,
    .over_pool = KPS_RULE_COMPOSE_RANGE_POOL,
    .in_namespace = KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH,
    .with_listener = KPS_RULE_COMPOSE_HOST_NETWORK_CLASH,
    .is_renewed = true,
    .describe = describe_conflict,
    .written = kps_compose_advice_source_spans,
    .starts_before = starts_before,
};
