#include "compose/describe_in_use.h"

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "compose/advice.h"
#include "compose/claims.h"
#include "model/ports.h"
#include "model/up_error.h"

/* A conflict with claims that exist, and its finding. */
struct in_use {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_conflict *conflict;
    struct kps_finding *finding;
    uint32_t n_requested; /* claims[0 .. n_requested) ask */
    const char *ports;
    struct kps_sv service; /* of the first claim */
    struct kps_sv holder;  /* for a message */
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
        struct kps_sv name = kps_ledger_get_owner(t->ledger, container)->ties->name;
        return kps_fmt(t->arena, "container '%.*s'", SV_ARG(name));
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
    return kps_fmt(t->arena, "%s '%.*s'", owner->cls->noun, SV_ARG(owner->ties->name));
}

static struct kps_sv describe_header(const struct in_use *t)
{
    const char *noun = t->is_one ? "host port" : "host ports";
    const char *verb = t->is_one ? "is" : "are";
    const char *has = count_existing(t) > 1 ? "have" : "has";
    if (t->conflict->kind == KPS_CONFLICT_POOL && t->conflict->certainty != KPS_CERTAIN) {
        return kps_fmt(t->arena, "'%.*s' may take %s %s, which %.*s %s", SV_ARG(t->service), noun,
                       t->ports, SV_ARG(t->holder), has);
    }
    switch ((int)t->finding->rule) {
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
        return kps_fmt(t->arena,
                       "'%.*s' probably listens on %s of the network it shares, which %.*s %s",
                       SV_ARG(t->service), t->ports, SV_ARG(t->holder), has);
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
        return kps_fmt(t->arena, "%s %s will be wanted by %.*s when %s", noun, t->ports,
                       SV_ARG(t->holder), count_existing(t) > 1 ? "they start" : "it starts");
    case KPS_RULE_STALE_PUBLICATION:
        return kps_fmt(t->arena,
                       "%s %s %s held by docker-proxy for a container that no longer runs", noun,
                       t->ports, verb);
    case KPS_RULE_CONNECTION_REMNANT:
        return kps_fmt(t->arena, "%s %s %s blocked: nobody listens, but %s", noun, t->ports,
                       t->finding->certainty == KPS_CERTAIN ? verb : "may be",
                       owner_at(t, t->n_requested)->kind == KPS_OWNER_KERNEL
                           ? "a closed connection lingers"
                           : "a connection uses it");
    default:
        break;
    }
    if (t->conflict->kind == KPS_CONFLICT_POOL) {
        return kps_fmt(t->arena, "'%.*s' finds no free one of %s %s: %.*s %s %s",
                       SV_ARG(t->service), noun, t->ports, SV_ARG(t->holder), has,
                       t->is_one ? "it" : "the rest");
    }
    if (claim_at(t, 0)->flags & KPS_CLAIM_DERIVED) {
        return kps_fmt(t->arena, "'%.*s' probably listens on %s %s, which %.*s %s",
                       SV_ARG(t->service), noun, t->ports, SV_ARG(t->holder), has);
    }
    bool is_sure = t->finding->certainty == KPS_CERTAIN;
    return kps_fmt(t->arena, "%s %s %s%s held by %.*s", noun, t->ports, verb,
                   is_sure ? "" : " probably", SV_ARG(t->holder));
}

/* Return the address of a bind, unless it is the address everybody expects. */
static struct kps_sv place_words(const struct in_use *t, const struct kps_claim *claim)
{
    bool says_nothing = claim->addr.kind == KPS_ADDR_EVERY;
    return says_nothing ? SV("")
                        : kps_fmt(t->arena, " on %s", kps_addr_words(t->arena, &claim->addr).p);
}

static void label_in_use(const struct in_use *t)
{
    for (uint32_t i = 0; i < t->finding->n_parties && i < t->conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_at(t, i);
        struct kps_party *party = &t->finding->parties[i];
        struct kps_sv place = place_words(t, claim);
        struct kps_sv name = owner_at(t, i)->ties->name;
        if (i < t->n_requested && claim->flags & KPS_CLAIM_DERIVED) {
            const struct kps_origin origin =
                kps_origins_get(&t->ledger->diag->origins, claim->origin);
            party->label = kps_fmt(t->arena, "'%.*s' %.*s", SV_ARG(name), SV_ARG(origin.what));
        } else if (i < t->n_requested) {
            const char *words = t->is_one ? "publishes it" : "publishes them";
            if (claim->take < kps_claim_width(claim)) {
                words = "takes one of these";
            }
            party->label = kps_fmt(t->arena, "'%.*s' %s%.*s", SV_ARG(name), words, SV_ARG(place));
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
        kps_finding_note(t->finding, "it is bound on %s, and '%.*s' asks for %s",
                         kps_addr_words(t->arena, there).p, SV_ARG(t->service),
                         kps_addr_words(t->arena, asked).p);
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
               owner->ties->stands_for.n) {
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
                         "the socket is bound but does not listen, or is a client's: another bind "
                         "is refused unless that socket has SO_REUSEADDR");
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

/* Note when a connection blocks the bind. Two UDP sockets share a port with Engine 28 alone. */
static void note_remnant(const struct in_use *t)
{
    bool is_udp = first_existing(t)->protocol == KPS_UDP;
    if (t->finding->certainty == KPS_CERTAIN) {
        kps_finding_note(t->finding, "%s: the kernel refuses the bind until it is closed",
                         is_udp ? "a connected UDP socket blocks as any other"
                                : "that socket is without SO_REUSEADDR");
    } else if (is_udp && kps_engine_traits_share_udp(&t->ledger->engine)) {
        note_doubt(t);
    } else {
        kps_finding_note(t->finding,
                         "the kernel refuses the bind unless that socket was %s, which cannot be "
                         "seen",
                         is_udp ? "bound to its IPv6 address" : "opened with SO_REUSEADDR");
    }
}

static void note_mechanism(const struct in_use *t)
{
    switch ((int)t->finding->rule) {
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
        kps_compose_advice_shared_network(t->finding);
        break;
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
        kps_finding_note(t->finding, "the second of the two to start fails");
        note_start_error(t);
        break;
    case KPS_RULE_CONNECTION_REMNANT:
        note_remnant(t);
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
    const char *held = kps_addr_format(t->arena, &claim_at(t, t->n_requested)->addr).p;
    const char *protocol = asked->protocol == KPS_UDP ? "/udp" : "";
    kps_finding_help(
        t->finding,
        "or write \"ADDRESS:%u:%u%s\" with another address of this machine: the holder "
        "has %s alone",
        asked->first, asked->target_first, protocol, held);
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
        asked->take < kps_claim_width(asked) && kps_sv_has_tail(error, "port is already allocated");
    return none_left ? SV("all ports are allocated") : error;
}

/*
 * Return: does the Engine get past all holders? Each is a TCP socket that does not listen and is
 * seen to have SO_REUSEADDR (sys/collect.h); the Engine's socket has the option, too.
 */
static bool is_passed(const struct in_use *t)
{
    bool is_passed = t->finding->rule == KPS_RULE_HOST_PORT_TAKEN &&
                     claim_at(t, 0)->basis == KPS_REQUESTED &&
                     t->conflict->kind == KPS_CONFLICT_IN_USE;
    for (uint32_t i = t->n_requested; i < t->conflict->n_claims && is_passed; i++) {
        is_passed = claim_at(t, i)->protocol == KPS_TCP && claim_at(t, i)->basis == KPS_BOUND &&
                    claim_at(t, i)->certainty == KPS_POSSIBLE;
    }
    return is_passed;
}

static void describe_passed(const struct in_use *t)
{
    t->finding->severity = KPS_NOTE;
    t->finding->message =
        kps_fmt(t->arena, "'%.*s' can have %s %s, which %.*s %s bound without listening",
                SV_ARG(t->service), t->is_one ? "host port" : "host ports", t->ports,
                SV_ARG(t->holder), count_existing(t) > 1 ? "have" : "has");
    kps_finding_note(t->finding, "that socket has SO_REUSEADDR, as the Engine's has: both can be "
                                 "bound, and the first to listen keeps the port");
}

void kps_compose_describe_in_use(struct kps_ledger *ledger, const struct kps_conflict *conflict,
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
    t.ports = kps_ports_of_conflict(t.arena, conflict).p;
    t.service = owner_at(&t, 0)->ties->name;
    t.holder = words_of_holder(&t);
    finding->message = describe_header(&t);
    label_in_use(&t);
    note_in_use_address(&t);
    if (is_passed(&t)) {
        describe_passed(&t);
        return;
    }
    note_mechanism(&t);
    if (finding->rule == KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH) {
        return; /* the holder keeps the network up: stopping the holder is no way out */
    }
    finding->up_error = words_of_refusal(&t);
    advise_holders(&t);
    advise_address(&t);
    kps_compose_advice_port(ledger, finding, conflict);
}
