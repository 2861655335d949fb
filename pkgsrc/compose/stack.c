#include "compose/stack.h"

#include "advice/owner_words.h"
#include "compose/advice.h"
#include "compose/claims.h"
#include "model/ports.h"

static const char NO_NODE[] = "host-mode port already in use"; /* of a task that stays pending */

bool kps_compose_stack_is(const struct kps_owner *owner)
{
    const struct kps_service_facts *facts = kps_compose_claims_facts(owner);
    return facts && facts->project->is_stack;
}

static const struct kps_ynode *get_deploy(const struct kps_service *service, const char *key)
{
    const struct kps_ynode *deploy = kps_compose_project_given(service, "deploy");
    return kps_ynode_field(deploy, key);
}

static bool has_deploy(const struct kps_service *service, const char *key, const char *value)
{
    const struct kps_ynode *node = get_deploy(service, key);
    return kps_sv_is(kps_ynode_text(node), value);
}

static void refuse_key(struct kps_diag *diag, const struct kps_yedge *edge)
{
    if (!edge) {
        return;
    }
    struct kps_sv key = kps_ynode_text(edge->key);
    struct kps_finding *finding =
        kps_diag_add_here(diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, edge->key->span,
                          "'docker stack deploy' knows no '%.*s' here and "
                          "refuses the file",
                          SV_ARG(key));
    finding->up_error =
        kps_sv_is(key, "extends")
            ? SV("Configuration contains forbidden properties")
            : kps_fmt(diag->arena, "Additional property %.*s is not allowed", SV_ARG(key));
}

/* Report the ingress ports of a service without a virtual address: the manager refuses them. */
static void check_endpoint(struct kps_diag *diag, const struct kps_service *service)
{
    for (uint32_t i = 0; i < service->n_ports && has_deploy(service, "endpoint_mode", "dnsrr");
         i++) {
        if (service->ports[i].is_host_mode) {
            continue;
        }
        struct kps_finding *finding =
            kps_diag_add(diag, KPS_RULE_COMPOSE_PORTS_UNUSED, KPS_ERROR, service->ports[i].origin,
                         "the ports of '%.*s' cannot be published", SV_ARG(service->name));
        struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, 0);
        party->at = kps_diag_here(diag, get_deploy(service, "endpoint_mode")->span);
        party->label = SV("because of this endpoint mode");
        finding->up_error = SV("port published with ingress mode can't be used with dnsrr mode");
        kps_finding_help(finding,
                         "write the port with 'mode: host', or remove 'endpoint_mode: dnsrr'");
        return;
    }
}

void kps_compose_stack_check(const struct kps_project *project)
{
    static const char of_root[] = "name include";
    static const char of_service[] = "extends profiles scale";
    struct kps_diag *diag = project->loader->diag;
    struct kps_sv key;
    for (struct kps_sv rest = kps_sv_of(of_root); kps_sv_next(&rest, ' ', &key);) {
        refuse_key(diag, kps_ynode_edge(project->root, key));
    }
    for (uint32_t i = 0; i < project->n_services; i++) {
        for (struct kps_sv rest = kps_sv_of(of_service); kps_sv_next(&rest, ' ', &key);) {
            refuse_key(diag, kps_compose_project_edge(&project->services[i], key));
        }
        check_endpoint(diag, &project->services[i]);
    }
}

/* The parties of a conflict, by their place in a swarm. */
struct parties {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_conflict *conflict;
    struct kps_finding *finding;
    const char *ports;
    struct kps_sv first;             /* the name of the first owner */
    uint32_t n_ingress, n_host_mode; /* of the swarm */
    uint32_t n_outside;              /* containers and processes of this machine, other files */
    const struct kps_owner *outside; /* … the first of them */
};

static const struct kps_claim *claim_of(const struct parties *p, uint32_t i)
{
    return kps_ledger_get_claim(p->ledger, p->conflict->claims[i]);
}

static const struct kps_owner *owner_of(const struct parties *p, uint32_t i)
{
    return kps_ledger_get_owner(p->ledger, claim_of(p, i)->owner);
}

/* Return: does a claim of a stack, or of a running service of the swarm, have mode host? */
static bool is_host_mode(const struct parties *p, uint32_t i)
{
    const struct kps_service_port *entry = kps_compose_claims_port_of(p->ledger, claim_of(p, i));
    bool is_ingress =
        owner_of(p, i)->kind == KPS_OWNER_SWARM_SERVICE && claim_of(p, i)->basis == KPS_BOUND;
    return entry ? entry->is_host_mode : !is_ingress;
}

static struct kps_sv label_party(struct parties *p, uint32_t i)
{
    const struct kps_owner *owner = owner_of(p, i);
    const struct kps_owner *tenant = kps_ledger_get_owner(p->ledger, owner->tenant);
    bool is_swarm = kps_compose_stack_is(owner) || owner->kind == KPS_OWNER_SWARM_SERVICE ||
                    tenant->kind == KPS_OWNER_SWARM_SERVICE;
    if (!is_swarm) {
        p->outside = p->n_outside++ == 0 ? owner : p->outside;
    } else if (is_host_mode(p, i)) {
        p->n_host_mode++;
    } else {
        p->n_ingress++;
    }
    if (owner->cls->when_held != KPS_RULE_NONE) {
        return kps_owner_words(p->arena, p->ledger, claim_of(p, i)->owner);
    }
    const char *where = "publishes it on this machine";
    if (is_swarm) {
        where =
            is_host_mode(p, i) ? "takes it on each node with a task" : "publishes it on every node";
    }
    return kps_fmt(p->arena, "'%.*s' %s", SV_ARG(owner->ties->name), where);
}

static void set_weight(struct parties *p, enum kps_severity severity, enum kps_certainty certainty)
{
    p->finding->severity = severity;
    p->finding->certainty = certainty;
}

static void describe_within(struct parties *p)
{
    set_weight(p, KPS_ERROR, KPS_CERTAIN);
    p->finding->message =
        kps_fmt(p->arena, "'%.*s' publishes port %s twice", SV_ARG(p->first), p->ports);
    p->finding->up_error = SV("EndpointSpec: duplicate published ports provided");
    kps_finding_note(p->finding, "the manager refuses the service");
}

static void describe_copies(struct parties *p)
{
    uint32_t n = claim_of(p, 0)->copies;
    set_weight(p, KPS_WARNING, KPS_POSSIBLE);
    p->finding->message = kps_fmt(p->arena, "%u replicas of '%.*s' need port %s of %u nodes", n,
                                  SV_ARG(p->first), p->ports, n);
    p->finding->up_error = kps_sv_of(NO_NODE);
    kps_finding_note(p->finding,
                     "with 'mode: host' a node takes one of them; tasks stay pending where the "
                     "swarm has too few nodes");
    kps_finding_help(p->finding,
                     "leave out 'mode: host': then the replicas share one port of the swarm");
}

/* A port of the swarm beside a container, a process or a project of this machine. */
static void describe_outside(struct parties *p)
{
    bool is_ingress = p->n_ingress > 0;
    set_weight(p, KPS_WARNING, KPS_LIKELY);
    p->finding->message =
        kps_fmt(p->arena, "port %s of the swarm service '%.*s' is used on this node by %s '%.*s'",
                p->ports, SV_ARG(p->first), p->outside->cls->noun, SV_ARG(p->outside->ties->name));
    kps_finding_note(p->finding, "%s",
                     is_ingress ? "the manager accepts the service all the same; on this node only "
                                  "one of the two gets connections"
                                : "a task on this node fails with 'port is already allocated' or "
                                  "'address already in use', and is tried again");
}

/* Two services that the manager compares. */
static void describe_services(struct parties *p)
{
    uint32_t n = p->n_ingress + p->n_host_mode;
    bool is_refused = p->n_ingress > 0;
    const struct kps_owner *last = owner_of(p, p->conflict->n_claims - 1);
    set_weight(p, is_refused ? KPS_ERROR : KPS_WARNING, is_refused ? KPS_CERTAIN : KPS_POSSIBLE);
    if (last->cls->when_held != KPS_RULE_NONE) {
        p->finding->rule = KPS_RULE_CONTAINER_PORT_TAKEN;
    }
    p->finding->message =
        n == 2 ? kps_fmt(p->arena, "port %s of the swarm is wanted by '%.*s' and '%.*s'", p->ports,
                         SV_ARG(p->first), SV_ARG(last->ties->name))
               : kps_fmt(p->arena, "port %s of the swarm is wanted by %u services", p->ports, n);
    if (is_refused) {
        p->finding->up_error =
            kps_fmt(p->arena, "port '%u' is already in use by service", p->conflict->first);
        kps_finding_note(p->finding,
                         "a port of the routing mesh belongs to one service of the whole swarm: "
                         "the manager refuses the second");
        return;
    }
    p->finding->up_error = kps_sv_of(NO_NODE);
    kps_finding_note(p->finding,
                     "with 'mode: host' a node takes one of them; tasks stay pending where the "
                     "swarm has too few nodes");
}

void kps_compose_stack_describe(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                struct kps_finding *finding)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct parties p = {.ledger = ledger,
                        .arena = arena,
                        .conflict = conflict,
                        .finding = finding,
                        .ports = kps_ports_of_conflict(arena, conflict).p};
    p.first = owner_of(&p, 0)->ties->name;
    for (uint32_t i = 0; i < conflict->n_claims; i++) {
        struct kps_sv label = label_party(&p, i);
        if (i < finding->n_parties) {
            finding->parties[i].label = label;
        }
    }
    if (conflict->kind == KPS_CONFLICT_WITHIN) {
        describe_within(&p);
    } else if (conflict->kind == KPS_CONFLICT_COPIES) {
        describe_copies(&p);
    } else if (p.n_ingress + p.n_host_mode > 1) {
        describe_services(&p);
    } else if (p.outside) {
        describe_outside(&p);
    }
    kps_compose_advice_port(ledger, finding, conflict);
}

/* Return: does a running service of the swarm have the name and a port of a file's service? */
static bool is_deployed(const struct kps_ledger *ledger, const struct kps_owner *running,
                        kps_owner_id running_id, kps_owner_id service_id)
{
    const struct kps_owner *service = kps_ledger_get_owner(ledger, service_id);
    struct kps_sv group = running->ties->group;
    bool is_named = group.n && running->ties->name.n == group.n + 1 + service->ties->name.n &&
                    kps_sv_starts(running->ties->name, group) &&
                    kps_sv_ends(running->ties->name, service->ties->name);
    bool wants = false;
    bool has = false;
    for (uint32_t i = 0; i < ledger->claims.n && is_named; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        wants |= claim->owner == service_id;
        for (uint32_t k = 0; k < ledger->claims.n && claim->owner == service_id; k++) {
            const struct kps_claim *other = &ledger->claims.v[k];
            const struct kps_owner *owner = kps_ledger_get_owner(ledger, other->owner);
            bool is_its = other->owner == running_id ||
                          kps_sv_eq(owner->ties->stands_for, running->ties->key);
            has = has || (is_its && kps_ports_of_claims_meet(claim, other));
        }
    }
    return is_named && (has || !wants);
}

/* Let the running service of a file's service stand for the latter. */
static void adopt_service(struct kps_ledger *ledger, kps_owner_id service, struct kps_sv name)
{
    kps_owner_id found = 0;
    uint32_t n = 0;
    for (kps_owner_id id = 1; id <= ledger->owners.n; id++) {
        const struct kps_owner *running = kps_ledger_get_owner(ledger, id);
        if (running->kind != KPS_OWNER_SWARM_SERVICE ||
            running->site != kps_ledger_get_owner(ledger, service)->site ||
            (name.n && !kps_sv_eq(running->ties->group, name))) {
            continue;
        }
        struct kps_sv service_name = kps_ledger_get_owner(ledger, service)->ties->name;
        struct kps_sv own =
            kps_fmt(ledger->diag->arena, "%.*s_%.*s", SV_ARG(name), SV_ARG(service_name));
        bool is_its = name.n ? kps_sv_eq(running->ties->name, own)
                             : is_deployed(ledger, running, id, service);
        found = is_its ? id : found;
        n += is_its;
    }
    if (n == 1) {
        kps_ledger_change_ties(ledger, found)->stands_for =
            kps_ledger_get_owner(ledger, service)->ties->key;
    }
}

void kps_compose_stack_settle(struct kps_ledger *ledger, uint32_t site, bool is_manager,
                              struct kps_sv name)
{
    kps_netns_id elsewhere = 0;
    for (kps_owner_id id = 1; id <= ledger->owners.n && is_manager; id++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
        if (owner->site == site && kps_compose_stack_is(owner)) {
            adopt_service(ledger, id, name);
        }
    }
    for (uint32_t i = 0; i < ledger->claims.n && !is_manager && !site; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        bool is_here = kps_ledger_get_netns(ledger, claim->netns)->name.n == 0;
        if (is_here && kps_compose_stack_is(kps_ledger_get_owner(ledger, claim->owner))) {
            elsewhere =
                elsewhere ? elsewhere : kps_ledger_netns(ledger, KPS_NETNS_HOST, SV("swarm"));
            claim->netns = elsewhere;
        }
    }
}
