#include "advice/owner.h"
#include "compose/describe.h"

/*
 * The words for what a service asks for and something on this machine has: who that is, whether
 * `up` would replace it, what the Engine will say, and what to type. A finding is of one rule: all
 * that are there are running containers, or stopped ones, or processes.
 */
struct telling {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_conflict *conflict;
    struct kps_finding *finding;
    uint32_t n_asking; /* claims[0 .. n_asking) ask */
    struct kps_sv ports;
    bool is_one;
};

static const struct kps_claim *claim_of(const struct telling *t, uint32_t i)
{
    return kps_ledger_get_claim(t->ledger, t->conflict->claims[i]);
}

static const struct kps_owner *owner_of(const struct telling *t, uint32_t i)
{
    return kps_ledger_get_owner(t->ledger, claim_of(t, i)->owner);
}

static const struct kps_claim *first_there(const struct telling *t)
{
    return claim_of(t, t->n_asking);
}

static uint32_t count_there(const struct telling *t)
{
    return t->conflict->n_claims - t->n_asking;
}

/* "container 'old-grafana'", "process 4242 (python3)", "2 processes": who is there, for the header.
 */
static struct kps_sv holder_words(const struct telling *t)
{
    const struct kps_claim *claim = first_there(t);
    const struct kps_owner *owner = kps_ledger_get_owner(t->ledger, claim->owner);
    kps_owner_id container = kps_owner_container(t->ledger, claim->owner);
    if (count_there(t) > 1) {
        bool are_containers = container || owner->kind == KPS_OWNER_SWARM_SERVICE;
        return kps_fmt(t->arena, "%u %s", count_there(t),
                       are_containers ? "containers" : "processes");
    }
    if (container) {
        return kps_fmt(t->arena, "container '%.*s'",
                       SV_ARG(kps_ledger_get_owner(t->ledger, container)->name));
    }
    const struct kps_process_facts *facts = owner->kind == KPS_OWNER_PROCESS ? owner->facts : NULL;
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

static struct kps_sv header(const struct telling *t)
{
    struct kps_sv who = holder_words(t);
    const char *noun = t->is_one ? "host port" : "host ports";
    const char *verb = t->is_one ? "is" : "are";
    struct kps_sv service = owner_of(t, 0)->name;
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
                       SV_ARG(who), count_there(t) > 1 ? "they start" : "it starts");
    case KPS_RULE_STALE_PUBLICATION:
        return kps_fmt(t->arena,
                       "%s %.*s %s held by docker-proxy for a container that no longer runs", noun,
                       SV_ARG(t->ports), verb);
    case KPS_RULE_CONNECTION_REMNANT:
        return kps_fmt(
            t->arena, "%s %.*s may be blocked: nobody listens, but %s", noun, SV_ARG(t->ports),
            owner_of(t, t->n_asking)->kind == KPS_OWNER_KERNEL ? "a closed connection lingers"
                                                               : "a connection uses it");
    default:
        break;
    }
    if (t->conflict->kind == KPS_CONFLICT_POOL) {
        return kps_fmt(t->arena, "'%.*s' finds no free one of %s %.*s: %.*s has %s",
                       SV_ARG(service), noun, SV_ARG(t->ports), SV_ARG(who),
                       t->is_one ? "it" : "the rest");
    }
    if (claim_of(t, 0)->flags & KPS_CLAIM_DERIVED) {
        return kps_fmt(t->arena, "'%.*s' probably listens on %s %.*s, which %.*s has",
                       SV_ARG(service), noun, SV_ARG(t->ports), SV_ARG(who));
    }
    bool is_sure = t->finding->certainty == KPS_CERTAIN;
    return kps_fmt(t->arena, "%s %.*s %s%s held by %.*s", noun, SV_ARG(t->ports), verb,
                   is_sure ? "" : " probably", SV_ARG(who));
}

/* Where it is bound, when that is not where everybody looks. */
static struct kps_sv place_words(const struct telling *t, const struct kps_claim *claim)
{
    bool says_nothing = claim->addr.kind == KPS_ADDR_EVERY;
    return says_nothing ? SV("")
                        : kps_fmt(t->arena, " on %.*s",
                                  SV_ARG(kps_compose_address_text(t->arena, &claim->addr)));
}

static void label_parties(const struct telling *t)
{
    for (uint32_t i = 0; i < t->finding->n_parties && i < t->conflict->n_claims; i++) {
        const struct kps_claim *claim = claim_of(t, i);
        struct kps_party *party = &t->finding->parties[i];
        struct kps_sv place = place_words(t, claim);
        if (i < t->n_asking && claim->flags & KPS_CLAIM_DERIVED) {
            const struct kps_origin *origin =
                kps_origins_get(&t->ledger->diag->origins, claim->origin);
            party->label = kps_fmt(t->arena, "'%.*s' %.*s", SV_ARG(owner_of(t, i)->name),
                                   SV_ARG(origin->what));
        } else if (i < t->n_asking) {
            bool picks = claim->take < kps_claim_width(claim);
            party->label = kps_fmt(t->arena, "'%.*s' %s%.*s", SV_ARG(owner_of(t, i)->name),
                                   picks       ? "takes one of these"
                                   : t->is_one ? "publishes it"
                                               : "publishes them",
                                   SV_ARG(place));
        } else {
            party->label = kps_owner_words(t->arena, t->ledger, claim->owner);
        }
    }
}

/* Why two addresses are one place, for the first pair that meets. */
static void note_address(const struct telling *t)
{
    for (uint32_t i = t->n_asking; i < t->conflict->n_claims; i++) {
        const struct kps_addr *asked = &claim_of(t, 0)->addr;
        const struct kps_addr *there = &claim_of(t, i)->addr;
        bool says_nothing = claim_of(t, 0)->flags & KPS_CLAIM_DERIVED || kps_addr_eq(asked, there);
        if (says_nothing || !kps_addr_overlap(asked, there)) {
            continue;
        }
        kps_finding_note(
            t->ledger->diag, t->finding, "it is bound on %.*s, and '%.*s' asks for %.*s",
            SV_ARG(kps_compose_address_text(t->arena, there)), SV_ARG(owner_of(t, 0)->name),
            SV_ARG(kps_compose_address_text(t->arena, asked)));
        return;
    }
}

/* The service of this very project that the container was made for, though this `up` does not touch
 * it. */
static void note_own(const struct telling *t, kps_owner_id container)
{
    const struct kps_service_facts *asking = kps_compose_facts(owner_of(t, 0));
    const struct kps_container_facts *facts = kps_ledger_get_owner(t->ledger, container)->facts;
    struct kps_diag *diag = t->ledger->diag;
    if (!asking || !kps_sv_eq(asking->project->name, facts->compose_project) ||
        facts->compose_project.n == 0) {
        return;
    }
    const struct kps_project *project = asking->project;
    uint32_t at = kps_map_get(&project->by_name, facts->compose_service, UINT32_MAX);
    if (facts->compose_oneoff) {
        kps_finding_note(diag, t->finding, "'docker compose run' made it: 'up' leaves it as it is");
    } else if (at == UINT32_MAX && !kps_sv_eq(facts->compose_working_dir, project->directory)) {
        kps_finding_note(diag, t->finding,
                         "it was made in '%.*s', where project '%.*s' may well have a service "
                         "'%.*s'; Compose knows a "
                         "project by its name alone and takes it for an orphan of this one",
                         SV_ARG(facts->compose_working_dir), SV_ARG(project->name),
                         SV_ARG(facts->compose_service));
        kps_finding_help(diag, t->finding, (struct kps_sv){"", 0},
                         "if these are two projects, give this one a name of its own, and a port");
    } else if (at == UINT32_MAX) {
        kps_finding_note(diag, t->finding,
                         "it is an orphan: project '%.*s' has no service '%.*s' any more, and 'up' "
                         "leaves it running "
                         "unless it is given --remove-orphans",
                         SV_ARG(project->name), SV_ARG(facts->compose_service));
    } else if (!project->services[at].selected) {
        kps_finding_note(diag, t->finding,
                         "service '%.*s' of this project is not among those that are started: 'up' "
                         "leaves it running",
                         SV_ARG(facts->compose_service));
    }
}

/* Why it is not certain that the bind fails although the port is held. */
static void note_doubt(const struct telling *t)
{
    const struct kps_owner *owner = owner_of(t, t->n_asking);
    struct kps_diag *diag = t->ledger->diag;
    if (owner->kind == KPS_OWNER_SWARM_SERVICE) {
        kps_finding_note(
            diag, t->finding,
            "every node of the swarm listens on a published port, unless it lacks ipvs");
    } else if (kps_compose_facts(kps_ledger_get_owner(t->ledger, owner->tenant))) {
        kps_finding_note(diag, t->finding,
                         "a process of this project listens there, on the host's network; whether "
                         "it does so again when "
                         "its container is made anew is not in the file");
    } else if (owner->cls->is_unsure_alone && owner->tenant == first_there(t)->owner &&
               owner->stands_for.n) {
        kps_finding_note(diag, t->finding,
                         "the engine was not asked: if the port is that of this project's own "
                         "container, 'up' replaces it");
    } else if (first_there(t)->certainty != KPS_CERTAIN) {
        kps_finding_note(diag, t->finding,
                         "the socket is bound but does not listen, or is a client's: whether "
                         "another bind is refused "
                         "depends on SO_REUSEADDR, which cannot be seen");
    }
}

static void note_mechanism(const struct telling *t)
{
    struct kps_diag *diag = t->ledger->diag;
    switch ((int)t->finding->rule) {
    case KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH:
        kps_compose_note_shared_network(diag, t->finding);
        break;
    case KPS_RULE_STOPPED_CONTAINER_CLAIM:
        kps_finding_note(diag, t->finding, "whichever of the two starts second fails");
        break;
    case KPS_RULE_CONNECTION_REMNANT:
        kps_finding_note(diag, t->finding,
                         "the kernel refuses the bind unless that socket was opened with "
                         "SO_REUSEADDR, which cannot be "
                         "seen");
        break;
    case KPS_RULE_STALE_PUBLICATION:
        kps_finding_note(diag, t->finding,
                         "the engine knows no running container with the address it leads to");
        break;
    default:
        if (claim_of(t, 0)->flags & KPS_CLAIM_DERIVED) {
            kps_finding_note(diag, t->finding,
                             "with 'network_mode: host' the process itself binds on the host: it "
                             "ends when it cannot, and "
                             "'up' does not say so");
        }
        if (t->finding->certainty != KPS_CERTAIN && t->conflict->kind == KPS_CONFLICT_IN_USE &&
            claim_of(t, 0)->basis == KPS_REQUESTED) {
            note_doubt(t);
        }
        break;
    }
}

static bool is_known_help(const struct kps_finding *finding, struct kps_sv command)
{
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        if (kps_sv_eq(finding->helps[i].command, command)) {
            return true;
        }
    }
    return false;
}

static void advise_holders(const struct telling *t)
{
    enum { MOST_HOLDERS = 3 };
    struct kps_diag *diag = t->ledger->diag;
    for (uint32_t i = t->n_asking; i < t->conflict->n_claims && i < t->n_asking + MOST_HOLDERS;
         i++) {
        kps_owner_id owner = claim_of(t, i)->owner;
        kps_owner_id container = kps_owner_container(t->ledger, owner);
        struct kps_sv comes_back = kps_owner_comes_back(t->arena, t->ledger, owner);
        if (comes_back.n) {
            kps_finding_note(diag, t->finding, "%.*s", SV_ARG(comes_back));
        }
        if (container) {
            note_own(t, container);
        }
        struct kps_advice advice = kps_owner_advice(t->arena, t->ledger, owner, t->conflict->first);
        for (uint32_t k = 0; k < advice.n; k++) {
            if (!is_known_help(t->finding, advice.v[k].command)) {
                kps_finding_help(diag, t->finding, advice.v[k].command, "%.*s",
                                 SV_ARG(advice.v[k].text));
            }
        }
    }
}

/* What the Engine answers: its own book knows containers, the kernel everybody else. */
static struct kps_sv start_error(const struct telling *t)
{
    const struct kps_claim *asked = claim_of(t, 0);
    const struct kps_claim *there = first_there(t);
    if (asked->basis != KPS_REQUESTED || there->basis != KPS_BOUND) {
        return (struct kps_sv){"", 0};
    }
    bool by_engine =
        t->finding->rule == KPS_RULE_CONTAINER_PORT_TAKEN && there->flags & KPS_CLAIM_PUBLISHED;
    struct kps_sv error = by_engine
                              ? kps_compose_start_error(t->arena, there, asked, t->conflict->first)
                              : kps_compose_bind_error(t->arena, there, asked, t->conflict->first);
    /* of a range it passes over what its book has, until nothing is left */
    bool none_left =
        asked->take < kps_claim_width(asked) && kps_sv_ends(error, SV("port is already allocated"));
    return none_left ? SV("all ports are allocated") : error;
}

void kps_compose_describe_taken(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                struct kps_finding *finding)
{
    struct telling t = {.ledger = ledger,
                        .arena = ledger->diag->arena,
                        .conflict = conflict,
                        .finding = finding,
                        .is_one = conflict->first == conflict->last};
    while (t.n_asking < conflict->n_claims &&
           owner_of(&t, t.n_asking)->cls->when_held == KPS_RULE_NONE) {
        t.n_asking++;
    }
    t.ports = kps_compose_ports_text(t.arena, conflict->first, conflict->last,
                                     (uint8_t)conflict->protocol);
    finding->message = header(&t);
    label_parties(&t);
    note_address(&t);
    note_mechanism(&t);
    if (finding->rule == KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH) {
        return; /* who is there keeps the network up: stopping it is no way out */
    }
    finding->up_error = start_error(&t);
    advise_holders(&t);
    kps_compose_advise_port(ledger, finding, conflict);
}
