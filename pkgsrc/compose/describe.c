#include "compose/describe.h"

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/count.h"
#include "compose/advice.h"
#include "compose/claims.h"
#include "compose/stack.h"
#include "compose/wording.h"
#include "model/ports.h"
#include "model/up_error.h"

static void help_listeners(struct kps_finding *finding)
{
    kps_finding_help(finding, "let one of them listen on another port, by its own configuration");
}

static void note_shared_network(struct kps_finding *finding)
{
    kps_finding_note(
        finding, "containers that share a network share its ports; the second to listen exits with "
                 "\"address already in use\", and 'up' does not say so");
    help_listeners(finding);
}

/*
 * The words for a requested port in use on this machine: the holder, whether `up` would replace
 * the holder, the Engine's answer, and the command to type. A finding has a single rule: its
 * existing parties are all running containers, or all stopped containers, or all processes.
 */
struct in_use {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_conflict *conflict;
    struct kps_finding *finding;
    uint32_t n_requested; /* claims[0 .. n_requested) ask */
    struct kps_sv ports;
    bool is_one;
};

static const struct kps_claim *claim_at(const struct in_use *t, uint32_t i)
{
    return kps_ledger_get_claim(t->ledger, t->conflict->claims[i]);
}

static const struct kps_owner *owner_at(const struct in_use *t, uint32_t i)
{
    return kps_ledger_get_owner(t->ledger, claim_at(t, i)->owner);
}

static const struct kps_claim *first_existing(const struct in_use *t)
{
    return claim_at(t, t->n_requested);
}

static uint32_t count_existing(const struct in_use *t)
{
    return t->conflict->n_claims - t->n_requested;
}

/*
 * Return the holder for the header: "container 'old-grafana'", "process 4242 (python3)", "2
 * processes".
 */
static struct kps_sv words_of_holder(const struct in_use *t)
{
    const struct kps_claim *claim = first_existing(t);
    const struct kps_owner *owner = kps_ledger_get_owner(t->ledger, claim->owner);
    kps_owner_id container = kps_owner_container(t->ledger, claim->owner);
    if (count_existing(t) > 1) {
        bool are_containers = container || owner->kind == KPS_OWNER_SWARM_SERVICE;
        return kps_fmt(t->arena, "%u %s", count_existing(t),
                       are_containers ? "containers" : "processes");
    }
    if (container) {
        return kps_fmt(t->arena, "container '%.*s'",
                       SV_ARG(kps_ledger_get_owner(t->ledger, container)->name));
    }
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    if (facts && facts->login.n) {
        return facts->what; /* of another machine */
    }
    if (facts && facts->pid) {
        return kps_fmt(t->arena, "process %u (%.*s)", facts->pid, SV_ARG(facts->name));
    }
    if (owner->kind == KPS_OWNER_KERNEL) {
        return SV("the kernel");
    }
    if (owner->kind == KPS_OWNER_UNKNOWN || owner->kind == KPS_OWNER_PROCESS) {
        return SV("a process that is hidden from this user");
    }
    return kps_fmt(t->arena, "%s '%.*s'", owner->cls->noun, SV_ARG(owner->name));
}

static struct kps_sv describe_header(const struct in_use *t)
{
    struct kps_sv who = words_of_holder(t);
    const char *noun = t->is_one ? "host port" : "host ports";
    const char *verb = t->is_one ? "is" : "are";
    struct kps_sv service = owner_at(t, 0)->name;
    if (t->conflict->kind == KPS_CONFLICT_POOL && t->conflict->certainty != KPS_CERTAIN) {
        return kps_fmt(t->arena, "'%.*s' may take %s %.*s, which %.*s has", SV_ARG(service), noun,
                       SV_ARG(t->ports), SV_ARG(who));
    }
    switch ((int)t->finding->rule) {
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
        return kps_fmt(t->arena,
                       "'%.*s' probably listens on %.*s of the network it shares, which %.*s has",
                       SV_ARG(service), SV_ARG(t->ports), SV_ARG(who));
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
        return kps_fmt(t->arena, "%s %.*s will be wanted by %.*s when %s", noun, SV_ARG(t->ports),
                       SV_ARG(who), count_existing(t) > 1 ? "they start" : "it starts");
    case KPS_RULE_STALE_PUBLICATION:
        return kps_fmt(t->arena,
                       "%s %.*s %s held by docker-proxy for a container that no longer runs", noun,
                       SV_ARG(t->ports), verb);
    case KPS_RULE_CONNECTION_REMNANT:
        return kps_fmt(
            t->arena, "%s %.*s may be blocked: nobody listens, but %s", noun, SV_ARG(t->ports),
            owner_at(t, t->n_requested)->kind == KPS_OWNER_KERNEL ? "a closed connection lingers"
                                                                  : "a connection uses it");
    default:
        break;
    }
    if (t->conflict->kind == KPS_CONFLICT_POOL) {
        return kps_fmt(t->arena, "'%.*s' finds no free one of %s %.*s: %.*s has %s",
                       SV_ARG(service), noun, SV_ARG(t->ports), SV_ARG(who),
                       t->is_one ? "it" : "the rest");
    }
    if (claim_at(t, 0)->flags & KPS_CLAIM_DERIVED) {
        return kps_fmt(t->arena, "'%.*s' probably listens on %s %.*s, which %.*s has",
                       SV_ARG(service), noun, SV_ARG(t->ports), SV_ARG(who));
    }
    bool is_sure = t->finding->certainty == KPS_CERTAIN;
    return kps_fmt(t->arena, "%s %.*s %s%s held by %.*s", noun, SV_ARG(t->ports), verb,
                   is_sure ? "" : " probably", SV_ARG(who));
}

/* Return the address of a bind, unless it is the address everybody expects. */
static struct kps_sv place_words(const struct in_use *t, const struct kps_claim *claim)
{
    bool says_nothing = claim->addr.kind == KPS_ADDR_EVERY;
    return says_nothing
               ? SV("")
               : kps_fmt(t->arena, " on %.*s", SV_ARG(kps_addr_words(t->arena, &claim->addr)));
}

static void label_in_use(const struct in_use *t)
{
    for (uint32_t i = 0; i < t->finding->n_parties && i < t->conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_at(t, i);
        struct kps_party *party = &t->finding->parties[i];
        struct kps_sv place = place_words(t, claim);
        if (i < t->n_requested && claim->flags & KPS_CLAIM_DERIVED) {
            const struct kps_origin *origin =
                kps_origins_get(&t->ledger->diag->origins, claim->origin);
            party->label = kps_fmt(t->arena, "'%.*s' %.*s", SV_ARG(owner_at(t, i)->name),
                                   SV_ARG(origin->what));
        } else if (i < t->n_requested) {
            const char *words = t->is_one ? "publishes it" : "publishes them";
            if (claim->take < kps_claim_width(claim)) {
                words = "takes one of these";
            }
            party->label = kps_fmt(t->arena, "'%.*s' %s%.*s", SV_ARG(owner_at(t, i)->name), words,
                                   SV_ARG(place));
        } else {
            party->label = kps_owner_words(t->arena, t->ledger, claim->owner);
        }
    }
}

/* Note the reason why two different addresses meet, for the first such pair. */
static void note_in_use_address(const struct in_use *t)
{
    for (uint32_t i = t->n_requested; i < t->conflict->n_claims; i++) {
        const struct kps_addr *asked = &claim_at(t, 0)->addr;
        const struct kps_addr *there = &claim_at(t, i)->addr;
        bool says_nothing = claim_at(t, 0)->flags & KPS_CLAIM_DERIVED || kps_addr_eq(asked, there);
        if (says_nothing || !kps_addr_overlap(asked, there)) {
            continue;
        }
        kps_finding_note(t->finding, "it is bound on %.*s, and '%.*s' asks for %.*s",
                         SV_ARG(kps_addr_words(t->arena, there)), SV_ARG(owner_at(t, 0)->name),
                         SV_ARG(kps_addr_words(t->arena, asked)));
        return;
    }
}

/* Note the service of this very project behind a container that this `up` leaves alone. */
static void note_own(const struct in_use *t, kps_owner_id container)
{
    const struct kps_service_facts *asking = kps_compose_claims_facts(owner_at(t, 0));
    const struct kps_container_facts *facts = kps_ledger_get_owner(t->ledger, container)->facts;
    if (!asking || !kps_sv_eq(asking->project->name, facts->compose_project) ||
        facts->compose_project.n == 0) {
        return;
    }
    const struct kps_project *project = asking->project;
    uint32_t at = kps_map_get(&project->by_name, facts->compose_service, UINT32_MAX);
    if (facts->compose_oneoff) {
        kps_finding_note(t->finding, "'docker compose run' made it: 'up' leaves it as it is");
    } else if (at == UINT32_MAX && !kps_sv_eq(facts->compose_working_dir, project->directory)) {
        kps_finding_note(
            t->finding,
            "it was made in '%.*s', where project '%.*s' may have a service '%.*s'; Compose "
            "knows a project by its name alone, so here it is an orphan",
            SV_ARG(facts->compose_working_dir), SV_ARG(project->name),
            SV_ARG(facts->compose_service));
        kps_finding_help(t->finding,
                         "give this project another name and port, if these are two projects");
    } else if (at == UINT32_MAX) {
        kps_finding_note(t->finding,
                         "it is an orphan: project '%.*s' has no service '%.*s' any more; only "
                         "'up --remove-orphans' stops it",
                         SV_ARG(project->name), SV_ARG(facts->compose_service));
    } else if (!project->services[at].selected) {
        kps_finding_note(
            t->finding,
            "service '%.*s' of this project is not to be started: 'up' leaves it running",
            SV_ARG(facts->compose_service));
    }
}

/* Note the reason why the bind may succeed although the port is held. */
static void note_doubt(const struct in_use *t)
{
    const struct kps_owner *owner = owner_at(t, t->n_requested);
    if (owner->kind == KPS_OWNER_SWARM_SERVICE) {
        kps_finding_note(
            t->finding,
            "every node of the swarm listens on a published port, unless it lacks ipvs");
    } else if (kps_compose_claims_facts(kps_ledger_get_owner(t->ledger, owner->tenant))) {
        kps_finding_note(
            t->finding,
            "a process of this project listens there, on the host's network; the file does not "
            "say if its next container will, too");
    } else if (owner->cls->is_unsure_alone && owner->tenant == first_existing(t)->owner &&
               owner->stands_for.n) {
        kps_finding_note(
            t->finding,
            "no engine was asked: if a container of this project has the port, 'up' replaces it");
    } else if (first_existing(t)->protocol == KPS_UDP &&
               kps_engine_traits_share_udp(&t->ledger->engine)) {
        kps_finding_note(
            t->finding, "%s",
            first_existing(t)->certainty == KPS_POSSIBLE
                ? "that socket has SO_REUSEADDR, and Engine 28 sets it for UDP: both get the port, "
                  "and each datagram reaches one of the two"
                : "Engine 28 sets SO_REUSEADDR for UDP: if that socket has it too, which cannot be "
                  "seen, both get the port, and each datagram reaches one of the two");
    } else if (first_existing(t)->certainty != KPS_CERTAIN) {
        kps_finding_note(t->finding,
                         "the socket is bound but does not listen, or is a client's: whether "
                         "another bind is refused "
                         "depends on SO_REUSEADDR, which cannot be seen");
    }
}

/* Note the reason why a stopped container is not up. */
static void note_start_error(const struct in_use *t)
{
    const struct kps_container_facts *facts = kps_container_facts_of(owner_at(t, t->n_requested));
    if (facts && facts->start_error.n) {
        kps_finding_note(t->finding, "its last start failed: %.*s", SV_ARG(facts->start_error));
    }
}

static void note_mechanism(const struct in_use *t)
{
    switch ((int)t->finding->rule) {
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
        note_shared_network(t->finding);
        break;
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
        kps_finding_note(t->finding, "the second of the two to start fails");
        note_start_error(t);
        break;
    case KPS_RULE_CONNECTION_REMNANT:
        kps_finding_note(t->finding,
                         "the kernel refuses the bind unless that socket was opened with "
                         "SO_REUSEADDR, which cannot be "
                         "seen");
        break;
    case KPS_RULE_STALE_PUBLICATION:
        kps_finding_note(t->finding,
                         "the engine knows no running container with the address it leads to");
        break;
    default:
        if (claim_at(t, 0)->flags & KPS_CLAIM_DERIVED) {
            kps_finding_note(t->finding,
                             "with 'network_mode: host' the process itself binds on the host: it "
                             "ends when it cannot, and "
                             "'up' does not say so");
        }
        if (t->finding->certainty != KPS_CERTAIN && t->conflict->kind == KPS_CONFLICT_IN_USE &&
            claim_at(t, 0)->basis == KPS_REQUESTED) {
            note_doubt(t);
        }
        break;
    }
}

static void advise_holders(const struct in_use *t)
{
    enum { MOST_HOLDERS = 3 };
    for (uint32_t i = t->n_requested;
         i < t->conflict->n_claims && i < t->n_requested + MOST_HOLDERS; i++) {
        kps_owner_id owner = claim_at(t, i)->owner;
        kps_owner_id container = kps_owner_container(t->ledger, owner);
        struct kps_sv comes_back = kps_owner_comes_back(t->arena, t->ledger, owner);
        if (comes_back.n) {
            kps_finding_note(t->finding, "%.*s", SV_ARG(comes_back));
        }
        if (container) {
            note_own(t, container);
        }
        kps_owner_advise(t->ledger, t->finding, owner, t->conflict->first);
    }
}

/* Advise an address of its own where every address is requested and the holders have single
 * addresses. */
static void advise_address(const struct in_use *t)
{
    const struct kps_claim *asked = claim_at(t, 0);
    bool is_every = asked->addr.kind != KPS_ADDR_ONE4 && asked->addr.kind != KPS_ADDR_ONE6;
    if (!is_every || asked->basis != KPS_REQUESTED || asked->flags & KPS_CLAIM_DERIVED ||
        asked->first != asked->last) {
        return;
    }
    for (uint32_t i = t->n_requested; i < t->conflict->n_claims; i++) {
        enum kps_addr_kind kind = claim_at(t, i)->addr.kind;
        if ((kind != KPS_ADDR_ONE4 && kind != KPS_ADDR_ONE6) ||
            claim_at(t, i)->basis != KPS_BOUND) {
            return;
        }
    }
    struct kps_sv held = kps_addr_format(t->arena, &claim_at(t, t->n_requested)->addr);
    const char *protocol = asked->protocol == KPS_UDP ? "/udp" : "";
    kps_finding_help(
        t->finding,
        "or write \"ADDRESS:%u:%u%s\" with another address of this machine: the holder "
        "has %.*s alone",
        asked->first, asked->target_first, protocol, SV_ARG(held));
}

/* Return the Engine's answer: its own book knows containers, the kernel knows the rest. */
static struct kps_sv words_of_refusal(const struct in_use *t)
{
    const struct kps_claim *asked = claim_at(t, 0);
    const struct kps_claim *there = first_existing(t);
    bool is_shared = there->protocol == KPS_UDP && there->certainty == KPS_POSSIBLE &&
                     kps_engine_traits_share_udp(&t->ledger->engine);
    if (asked->basis != KPS_REQUESTED || there->basis != KPS_BOUND || is_shared) {
        return (struct kps_sv){"", 0};
    }
    bool by_engine =
        t->finding->rule == KPS_RULE_CONTAINER_PORT_TAKEN && there->flags & KPS_CLAIM_PUBLISHED;
    struct kps_sv error =
        by_engine
            ? kps_up_error_allocated(t->arena, kps_ledger_engine(t->ledger, t->conflict->netns),
                                     there, asked, t->conflict->first)
            : kps_up_error_bind(t->arena, kps_ledger_engine(t->ledger, t->conflict->netns), there,
                                asked, t->conflict->first);
    /* of a range the Engine skips the ports in its book, until none is left */
    bool none_left =
        asked->take < kps_claim_width(asked) && kps_sv_ends(error, SV("port is already allocated"));
    return none_left ? SV("all ports are allocated") : error;
}

static void describe_in_use(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                            struct kps_finding *finding)
{
    struct in_use t = {.ledger = ledger,
                       .arena = ledger->diag->arena,
                       .conflict = conflict,
                       .finding = finding,
                       .is_one = conflict->first == conflict->last};
    while (t.n_requested < conflict->n_claims &&
           owner_at(&t, t.n_requested)->cls->when_held == KPS_RULE_NONE) {
        t.n_requested++;
    }
    t.ports =
        kps_ports_words(t.arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
    finding->message = describe_header(&t);
    label_in_use(&t);
    note_in_use_address(&t);
    note_mechanism(&t);
    if (finding->rule == KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH) {
        return; /* the holder keeps the network up: stopping the holder is no way out */
    }
    finding->up_error = words_of_refusal(&t);
    advise_holders(&t);
    advise_address(&t);
    kps_compose_advice_port(ledger, finding, conflict);
}

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
        struct kps_sv key = what == OWNERS ? owner->key : owner->group;
        if (what == PROJECT_FILES) {
            key = (struct kps_sv){(const char *)&owner->group_file, sizeof(owner->group_file)};
        }
        (void)kps_map_put(&seen, ledger->diag->arena, key, i, NULL);
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
        const struct kps_origin *origin = kps_origins_get(&ledger->diag->origins, claim->origin);
        return kps_fmt(arena, "'%.*s' %.*s", SV_ARG(owner->name), SV_ARG(origin->what));
    }
    struct kps_sv on = SV("");
    if (with_address) {
        on = kps_fmt(arena, " on %.*s", SV_ARG(kps_addr_words(arena, &claim->addr)));
    }
    if (is_wider(claim, conflict)) {
        struct kps_sv range = kps_ports_words(arena, claim->first, claim->last, claim->protocol);
        return kps_fmt(arena, "'%.*s' %s %.*s%.*s", SV_ARG(owner->name),
                       claim->take < kps_claim_width(claim) ? "takes a port of" : "publishes",
                       SV_ARG(range), SV_ARG(on));
    }
    bool is_one = conflict->first == conflict->last;
    const char *words = is_one ? "publishes it" : "publishes them";
    if (claim->take < kps_claim_width(claim)) {
        words = is_primary ? "needs one of them here" : "takes one of them";
    } else if (is_primary) {
        words = is_one ? "needs the same port here" : "needs the same ports here";
    }
    return kps_fmt(arena, "'%.*s' %s%s%.*s", SV_ARG(owner->name), words,
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
        kps_finding_note(finding, "%.*s is part of %.*s", SV_ARG(kps_addr_words(arena, inner)),
                         SV_ARG(kps_addr_words(arena, outer)));
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
            with_file ? kps_files_get(&diag->files, owner->group_file)->path : SV("");
        finding->parties[i].label =
            kps_fmt(diag->arena, "%.*s (project '%.*s'%s%.*s)", SV_ARG(finding->parties[i].label),
                    SV_ARG(owner->group), file.n ? " of " : "", SV_ARG(file));
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
    struct kps_sv ports =
        kps_ports_words(arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
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
        finding->message =
            kps_fmt(arena, "%u replicas of '%.*s' need %u host ports, %.*s has %u", claim->copies,
                    SV_ARG(owner->name), conflict->wanted, SV_ARG(ports), conflict->available);
        finding->up_error = SV("all ports are allocated");
    } else {
        finding->message = kps_fmt(arena, "%u replicas of '%.*s' share host port %.*s",
                                   claim->copies, SV_ARG(owner->name), SV_ARG(ports));
        finding->up_error = kps_up_error_allocated(
            arena, kps_ledger_engine(ledger, conflict->netns), claim, claim, claim->first);
    }
    finding->parties[0].label =
        kps_fmt(arena, "each replica of '%.*s' wants %s", SV_ARG(owner->name),
                is_pool ? "one of these" : "this one port");
    const struct kps_service_facts *facts = kps_compose_claims_facts(owner);
    if (facts && facts->service->replicas_node) {
        kps_origin_id at = kps_diag_here(ledger->diag, facts->service->replicas_node->span);
        (void)kps_finding_party(
            finding, (struct kps_party){
                         .role = KPS_ROLE_OTHER,
                         .owner = claim->owner,
                         .at = at,
                         .label = kps_fmt(arena, "%u replicas are asked for here", claim->copies)});
    }
    if (facts && facts->service->is_scaled) {
        kps_finding_note(finding, "--scale %.*s=%u asks for the replicas", SV_ARG(owner->name),
                         claim->copies);
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
    struct kps_sv ports =
        kps_ports_words(arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
    finding->message = kps_fmt(arena, "'%.*s' publishes host port %.*s %s", SV_ARG(owner->name),
                               SV_ARG(ports), conflict->n_claims == 2 ? "twice" : "several times");
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
    bool is_described = describe_double_entry(ledger, finding, primary, other);
    if (finding->severity == KPS_ERROR) {
        kps_finding_note(finding, "the container takes the port from itself and does not start");
    }
    /*
     * The Engine binds a single address before a wildcard, whatever the order in the file (spec
     * compose §1.4).
     */
    bool other_is_last = kps_addr_contains(&other->addr, &primary->addr);
    if (!is_described) {
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
    struct kps_sv picker = owner_of(ledger, picking)->name;
    struct kps_sv ports =
        kps_ports_words(arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
    if (fixed && fixed->owner == picking->owner) {
        finding->message =
            kps_fmt(arena, "'%.*s' may take host port %.*s, which another of its ports needs",
                    SV_ARG(picker), SV_ARG(ports));
        /* the Engine binds a single address before a wildcard */
        bool picks_last = kps_addr_contains(&picking->addr, &fixed->addr);
        finding->up_error = kps_up_error_bind(arena, kps_ledger_engine(ledger, conflict->netns),
                                              picks_last ? fixed : picking,
                                              picks_last ? picking : fixed, conflict->first);
        kps_finding_note(finding,
                         "the Engine takes any free port of a range and looks only at ports of "
                         "the same address; the next start may take another");
        kps_finding_help(finding,
                         "move the fixed port out of the range, or publish both on one address");
        return;
    }
    finding->message =
        fixed ? kps_fmt(arena, "'%.*s' may take host port %.*s, which '%.*s' needs", SV_ARG(picker),
                        SV_ARG(ports), SV_ARG(owner_of(ledger, fixed)->name))
              : kps_fmt(arena, "'%.*s' may find no host port left in %.*s", SV_ARG(picker),
                        SV_ARG(ports));
    kps_finding_note(finding,
                     "the Engine takes any free port of a range when a container starts; the order "
                     "decides whether one is left");
}

static void describe_pool(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                          struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_sv ports =
        kps_ports_words(arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
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
    struct kps_sv ports =
        kps_ports_words(arena, conflict->first, conflict->last, (uint8_t)conflict->protocol);
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, conflict->netns);
    bool is_private = netns->kind == KPS_NETNS_PRIVATE;
    label_parties(ledger, conflict, finding);
    if (conflict->kind == KPS_CONFLICT_COPIES) {
        const struct kps_claim *claim = claim_of(ledger, conflict, 0);
        finding->message =
            kps_fmt(arena, "%u replicas of '%.*s' would listen on %.*s in one network",
                    claim->copies, SV_ARG(owner_of(ledger, claim)->name), SV_ARG(ports));
    } else {
        finding->message =
            kps_fmt(arena, "%s services want %.*s %s",
                    kps_count_word(arena, count_distinct(ledger, conflict, false)), SV_ARG(ports),
                    is_private ? "in one shared network" : "of the host");
    }
    if (is_private) {
        note_shared_network(finding);
        return;
    }
    kps_finding_note(finding,
                     "with 'network_mode: host' the process itself binds on the host; whoever "
                     "comes second fails");
    help_listeners(finding);
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
        describe_in_use(ledger, conflict, finding);
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
