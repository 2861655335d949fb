#include "docker/claims.h"

struct making {
    struct kps_ledger *ledger;
    struct kps_arena *arena;
    const struct kps_engine_world *world;
    const struct kps_engine_answer *answer;
};

/* The container whose claims are added. */
struct claimant {
    const struct kps_engine_container *container;
    kps_owner_id owner;
    kps_origin_id origin;
};

const struct kps_owner_class kps_container_class = {.noun = "container",
                                                    .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                    .when_planned =
                                                        KPS_RULE_STOPPED_CONTAINER_CLAIM,
                                                    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                    .when_alone = KPS_RULE_CONTAINER_PORT_TAKEN};
const struct kps_owner_class kps_swarm_service_class = {
    .noun = "swarm service",
    .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
    .when_planned = KPS_RULE_STOPPED_CONTAINER_CLAIM,
    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
    .when_alone = KPS_RULE_CONTAINER_PORT_TAKEN};

static struct kps_sv port_key(struct kps_arena *arena, const char *sort, uint8_t protocol,
                              struct kps_sv address, uint32_t port)
{
    return kps_fmt(arena, "%s:%s/%.*s:%u", sort, kps_protocol_name(protocol), SV_ARG(address),
                   port);
}

static const struct kps_addr EVERY_ADDRESS = {.kind = KPS_ADDR_EVERY};

/*
 * Return the address that the engine binds for a port published without one: Docker binds both
 * families, Podman's root engine IPv4 alone (seen with 4.3).
 */
static struct kps_addr bound_address(const struct making *m, const struct kps_addr *addr)
{
    bool only_v4 = m->answer->podman && !m->world->rootless && addr->kind == KPS_ADDR_EVERY;
    return only_v4 ? (struct kps_addr){.kind = KPS_ADDR_ANY4} : *addr;
}

/*
 * Write the keys of a published port: of its address, or of the wildcards of both families.
 * Return: how many, at most 2.
 */
static uint32_t write_port_keys(const struct making *m, uint8_t protocol,
                                const struct kps_addr *addr, uint32_t port, struct kps_sv *ret)
{
    if (addr->kind == KPS_ADDR_EVERY) {
        ret[0] = port_key(m->arena, "docker-port", protocol, SV("0.0.0.0"), port);
        ret[1] = port_key(m->arena, "docker-port", protocol, SV("::"), port);
        return 2;
    }
    ret[0] = port_key(m->arena, "docker-port", protocol, kps_addr_format(m->arena, addr), port);
    return 1;
}

/*
 * Add the keys of the ports that a container binds whenever its engine starts it again: a container
 * that ends and restarts all the time may have been down when the engine listed it, and up when the
 * kernel listed the sockets.
 */
static void add_pending_aliases(const struct making *m,
                                const struct kps_engine_container *container,
                                struct kps_owner_ties *ties)
{
    bool comes_back = container->restart_policy.n && !kps_sv_is(container->restart_policy, "no");
    if (!comes_back || !container->bindings.n) {
        return;
    }
    struct kps_sv *aliases = KPS_NEW_N(m->arena, struct kps_sv, 2 * (size_t)container->bindings.n);
    for (uint32_t i = 0; i < container->bindings.n; i++) {
        const struct kps_engine_binding *binding = &container->bindings.v[i];
        struct kps_addr addr = bound_address(m, &binding->addr);
        if (binding->first && binding->first == binding->last) {
            ties->n_aliases += write_port_keys(m, binding->protocol, &addr, binding->first,
                                               &aliases[ties->n_aliases]);
        }
    }
    ties->aliases = aliases;
}

/*
 * Add the keys of the exposed ports of a container on the network of another machine: nothing else
 * tells there whose sockets these are. Return: how many.
 */
static uint32_t add_exposed_aliases(const struct making *m,
                                    const struct kps_engine_container *container,
                                    struct kps_sv *aliases)
{
    uint32_t n = 0;
    bool has_sockets = m->world->is_remote && kps_sv_is(container->network_mode, "host");
    for (uint32_t i = 0; has_sockets && i < container->exposed.n; i++) {
        const struct kps_engine_exposed *port = &container->exposed.v[i];
        n += write_port_keys(m, port->protocol, &EVERY_ADDRESS, port->target, &aliases[n]);
    }
    return n;
}

/* Add the keys by which a docker-proxy, or another holder of a published port's socket, stands for
 * the container. */
static void add_aliases(const struct making *m, const struct kps_engine_container *container,
                        struct kps_owner_ties *ties)
{
    if (!kps_engine_is_bound(container)) {
        add_pending_aliases(m, container, ties);
        return;
    }
    size_t n = 0;
    for (uint32_t i = 0; i < container->ports.n; i++) {
        n += (size_t)container->ports.v[i].width * (container->addresses.n + 2);
    }
    n += m->world->is_remote ? 2 * (size_t)container->exposed.n : 0;
    if (!n) {
        return;
    }
    struct kps_sv *aliases = KPS_NEW_N(m->arena, struct kps_sv, n);
    uint32_t used = add_exposed_aliases(m, container, aliases);
    for (uint32_t i = 0; i < container->ports.n; i++) {
        const struct kps_engine_port *port = &container->ports.v[i];
        struct kps_addr addr = bound_address(m, &port->addr);
        for (uint32_t k = 0; k < port->width; k++) {
            used += write_port_keys(m, port->protocol, &addr, port->published + k, &aliases[used]);
            for (uint32_t j = 0; j < container->addresses.n; j++) {
                aliases[used++] = port_key(m->arena, "docker-proxy", port->protocol,
                                           container->addresses.v[j], port->target + k);
            }
        }
    }
    ties->aliases = aliases;
    ties->n_aliases = used;
}

static const struct kps_container_facts *facts_of(const struct making *m,
                                                  const struct kps_engine_container *container)
{
    struct kps_container_facts *facts = KPS_NEW(m->arena, struct kps_container_facts);
    *facts = (struct kps_container_facts){.id = container->id,
                                          .image = container->image,
                                          .state = container->state,
                                          .status = container->status,
                                          .restart_policy = container->restart_policy,
                                          .restart_count = container->restart_count,
                                          .start_error = container->start_error,
                                          .processes = container->processes,
                                          .health = container->health,
                                          .since = container->since,
                                          .network_mode = container->network_mode,
                                          .cli = m->world->cli,
                                          .pid = container->pid,
                                          .compose_project = container->project,
                                          .compose_service = container->service,
                                          .compose_working_dir = container->working_dir,
                                          .compose_config_files = container->config_files,
                                          .compose_number = container->number,
                                          .compose_oneoff = container->oneoff,
                                          .is_task = container->swarm_service.n > 0,
                                          .is_manager = m->answer->is_manager};
    return facts;
}

static struct kps_sv stands_for(const struct making *m,
                                const struct kps_engine_container *container)
{
    if (container->swarm_service.n) {
        return kps_fmt(m->arena, "swarm:%.*s", SV_ARG(container->swarm_service));
    }
    if (container->project.n && container->service.n && !container->oneoff) {
        return kps_fmt(m->arena, "compose:%.*s/%.*s", SV_ARG(container->project),
                       SV_ARG(container->service));
    }
    if (container->systemd_unit.n) {
        return kps_fmt(m->arena, "unit:%.*s", SV_ARG(container->systemd_unit));
    }
    return (struct kps_sv){"", 0};
}

static kps_origin_id origin_of(const struct making *m, const char *kind, struct kps_sv id)
{
    return kps_origins_add(
        &m->ledger->diag->origins,
        &(struct kps_origin){.step = KPS_STEP_ENGINE,
                             .what = kps_fmt(m->arena, "/%s/%.*s", kind, SV_ARG(id))});
}

static void add_claim(const struct making *m, const struct claimant *who, struct kps_claim *claim)
{
    claim->netns = m->world->netns;
    claim->owner = who->owner;
    claim->origin = who->origin;
    claim->copies = 1;
    (void)kps_ledger_claim(m->ledger, claim);
}

static void add_held(const struct making *m, const struct claimant *who)
{
    for (uint32_t i = 0; i < who->container->ports.n; i++) {
        const struct kps_engine_port *port = &who->container->ports.v[i];
        uint16_t more = (uint16_t)(port->width - 1);
        add_claim(m, who,
                  &(struct kps_claim){.addr = bound_address(m, &port->addr),
                                      .first = port->published,
                                      .last = (uint16_t)(port->published + more),
                                      .take = port->width,
                                      .target_first = port->target,
                                      .target_last = (uint16_t)(port->target + more),
                                      .protocol = port->protocol,
                                      .basis = KPS_BOUND,
                                      .certainty = KPS_CERTAIN,
                                      .flags = KPS_CLAIM_PUBLISHED});
    }
}

static enum kps_certainty plan_certainty(const struct kps_engine_container *container)
{
    if (kps_sv_is(container->state, "restarting")) {
        return KPS_CERTAIN;
    }
    /*
     * "unless-stopped" leaves a container down after a stop by hand; a container that ended by
     * itself would be restarting.
     */
    return kps_sv_is(container->restart_policy, "always") ? KPS_LIKELY : KPS_POSSIBLE;
}

static const struct kps_network *find_network(const struct making *m, struct kps_sv name)
{
    for (uint32_t i = 0; i < m->answer->networks.list.n; i++) {
        if (kps_sv_eq(m->answer->networks.list.v[i].name, name)) {
            return &m->answer->networks.list.v[i];
        }
    }
    return NULL;
}

/*
 * Report if a stopped container's ports will be published at all, and set the address for ports
 * without one (spec compose §4): an internal network publishes none; host_binding_ipv4 of the
 * network names the address.
 */
static bool find_binding(const struct making *m, const struct kps_engine_container *container,
                         struct kps_addr *ret_any)
{
    if (kps_sv_is_one_of(container->network_mode, "host none") ||
        kps_sv_has_head(container->network_mode, "container:")) {
        return false;
    }
    bool any = container->networks.n == 0;
    for (uint32_t i = 0; i < container->networks.n && !any; i++) {
        const struct kps_network *network = find_network(m, container->networks.v[i]);
        any = !network || network->publishes;
        struct kps_addr bound;
        if (any && network && kps_addr_parse(network->host_binding, &bound) &&
            bound.kind != KPS_ADDR_ANY4) {
            *ret_any = bound;
        }
    }
    return any;
}

static void add_planned(const struct making *m, const struct claimant *who)
{
    const struct kps_engine_container *container = who->container;
    struct kps_addr without_address = bound_address(m, &EVERY_ADDRESS);
    if (!find_binding(m, container, &without_address)) {
        return;
    }
    for (uint32_t i = 0; i < container->bindings.n; i++) {
        const struct kps_engine_binding *binding = &container->bindings.v[i];
        add_claim(m, who,
                  &(struct kps_claim){.addr = binding->addr.kind == KPS_ADDR_EVERY ? without_address
                                                                                   : binding->addr,
                                      .first = binding->first,
                                      .last = binding->last,
                                      .take = binding->last ? 1 : 0,
                                      .target_first = binding->target,
                                      .target_last = binding->target,
                                      .protocol = binding->protocol,
                                      .basis = KPS_PENDING,
                                      .certainty = (uint8_t)plan_certainty(container),
                                      .flags = KPS_CLAIM_PUBLISHED});
    }
    for (uint32_t i = 0; container->publish_all && i < container->exposed.n; i++) {
        add_claim(m, who,
                  &(struct kps_claim){.addr = without_address,
                                      .target_first = container->exposed.v[i].target,
                                      .target_last = container->exposed.v[i].target,
                                      .protocol = container->exposed.v[i].protocol,
                                      .basis = KPS_PENDING,
                                      .certainty = (uint8_t)plan_certainty(container),
                                      .flags = KPS_CLAIM_PUBLISHED});
    }
}

/*
 * A container on the host's network can listen anywhere; the exposed ports of its image are the
 * best guess.
 */
static void add_guessed(const struct making *m, const struct claimant *who)
{
    const struct kps_engine_container *container = who->container;
    bool bound = kps_engine_is_bound(container);
    for (uint32_t i = 0; i < container->exposed.n; i++) {
        uint16_t port = container->exposed.v[i].target;
        add_claim(
            m, who,
            &(struct kps_claim){.addr = {.kind = KPS_ADDR_EVERY},
                                .first = port,
                                .last = port,
                                .take = 1,
                                .target_first = port,
                                .target_last = port,
                                .protocol = container->exposed.v[i].protocol,
                                .basis = bound ? KPS_BOUND : KPS_PENDING,
                                .certainty = bound ? KPS_LIKELY : KPS_POSSIBLE,
                                .flags = KPS_CLAIM_DERIVED | (bound ? 0 : KPS_CLAIM_PUBLISHED)});
    }
}

/* Store a process of the container where a shared namespace is its own: sockets of the namespace
 * are read through a process inside. */
static void note_network(const struct making *m, const struct kps_engine_container *container)
{
    for (uint32_t i = 0; i < m->ledger->shared_netns.n; i++) {
        if (m->ledger->shared_netns.v[i].site == m->world->site &&
            kps_engine_shares_netns(container, &m->ledger->shared_netns.v[i])) {
            m->ledger->shared_netns.v[i].pid = container->pid;
        }
    }
}

static void add_container(const struct making *m, const struct kps_engine_container *container)
{
    struct kps_owner_ties ties = {.key = kps_fmt(m->arena, "container:%.*s", SV_ARG(container->id)),
                                  .stands_for = stands_for(m, container)};
    add_aliases(m, container, &ties);
    struct kps_new_owner owner = {.cls = &kps_container_class,
                                  .kind = KPS_OWNER_CONTAINER,
                                  .name = container->name,
                                  .group = container->project,
                                  .ties = &ties,
                                  .site = m->world->site,
                                  .facts = facts_of(m, container)};
    struct claimant who = {container, kps_ledger_owner(m->ledger, &owner),
                           origin_of(m, "containers", container->id)};
    bool bound = kps_engine_is_bound(container);
    if (kps_sv_is_one_of(container->state, "removing dead")) {
        return;
    }
    if (kps_sv_is(container->network_mode, "host") && !m->world->rootless && container->inspected) {
        if (!bound || !m->world->sockets_known) {
            add_guessed(m, &who);
        }
    }
    if (bound) {
        note_network(m, container);
        add_held(m, &who);
    } else if (container->swarm_service.n == 0) {
        /* an ended task is not started again: its service makes another */
        add_planned(m, &who);
    }
}

/* The engine itself holds the sockets of ingress ports. */
static void add_service_aliases(const struct making *m, const struct kps_engine_service *service,
                                struct kps_owner_ties *ties)
{
    struct kps_sv *aliases = KPS_NEW_N(m->arena, struct kps_sv, 2 * (size_t)service->ports.n);
    for (uint32_t i = 0; i < service->ports.n; i++) {
        const struct kps_engine_service_port *port = &service->ports.v[i];
        if (!port->host_mode) {
            ties->n_aliases += write_port_keys(m, port->protocol, &EVERY_ADDRESS, port->published,
                                               &aliases[ties->n_aliases]);
        }
    }
    ties->aliases = aliases;
}

/*
 * In host mode only a node with a task binds the port; a task on this node is a container with a
 * claim.
 */
static bool has_task(const struct making *m, const struct kps_engine_service *service,
                     const struct kps_engine_service_port *port)
{
    for (uint32_t i = 0; i < m->answer->containers.list.n; i++) {
        const struct kps_engine_container *task = &m->answer->containers.list.v[i];
        for (uint32_t k = 0; kps_sv_eq(task->swarm_service, service->id) && k < task->ports.n;
             k++) {
            if (kps_engine_is_bound(task) && task->ports.v[k].protocol == port->protocol &&
                (uint32_t)(port->published - task->ports.v[k].published) < task->ports.v[k].width) {
                return true;
            }
        }
    }
    return false;
}

static void add_service(const struct making *m, const struct kps_engine_service *service)
{
    struct kps_swarm_facts *facts = KPS_NEW(m->arena, struct kps_swarm_facts);
    facts->cli = m->world->cli;
    struct kps_owner_ties ties = {.key = kps_fmt(m->arena, "swarm:%.*s", SV_ARG(service->id))};
    add_service_aliases(m, service, &ties);
    struct kps_new_owner owner = {.cls = &kps_swarm_service_class,
                                  .kind = KPS_OWNER_SWARM_SERVICE,
                                  .name = service->name,
                                  .group = service->stack,
                                  .site = m->world->site,
                                  .ties = &ties,
                                  .facts = facts};
    struct claimant who = {.owner = kps_ledger_owner(m->ledger, &owner),
                           .origin = origin_of(m, "services", service->id)};
    for (uint32_t i = 0; i < service->ports.n; i++) {
        const struct kps_engine_service_port *port = &service->ports.v[i];
        if (port->host_mode && has_task(m, service, port)) {
            continue;
        }
        add_claim(m, &who,
                  &(struct kps_claim){.addr = {.kind = KPS_ADDR_EVERY},
                                      .first = port->published,
                                      .last = port->published,
                                      .take = 1,
                                      .target_first = port->target,
                                      .target_last = port->target,
                                      .protocol = port->protocol,
                                      .basis = port->host_mode ? KPS_PENDING : KPS_BOUND,
                                      .certainty = port->host_mode ? KPS_POSSIBLE : KPS_LIKELY});
    }
}

/* The exposed ports of the image are the best guess for a service whose file names no port. */
static void add_image_ports(const struct making *m, const struct kps_image_ports_pending *pending,
                            const struct kps_engine_container *image)
{
    for (uint32_t i = 0; i < image->exposed.n; i++) {
        uint16_t port = image->exposed.v[i].target;
        kps_origin_id origin =
            kps_origins_here(&m->ledger->diag->origins, pending->at,
                             kps_fmt(m->arena, "runs an image that exposes %u", port));
        (void)kps_ledger_claim(m->ledger,
                               &(struct kps_claim){.netns = pending->netns,
                                                   .owner = pending->owner,
                                                   .origin = origin,
                                                   .first = port,
                                                   .last = port,
                                                   .take = 1,
                                                   .target_first = port,
                                                   .target_last = port,
                                                   .protocol = image->exposed.v[i].protocol,
                                                   .basis = KPS_PENDING,
                                                   .certainty = KPS_POSSIBLE,
                                                   .flags = KPS_CLAIM_DERIVED,
                                                   .copies = pending->copies});
    }
}

/* Note a container that a service joins and that does not run: the Engine refuses the start. */
static void note_missing(const struct making *m, const struct kps_shared_netns *joined)
{
    const struct kps_engine_container *found = NULL;
    for (uint32_t i = 0; i < m->answer->containers.list.n; i++) {
        const struct kps_engine_container *container = &m->answer->containers.list.v[i];
        if (kps_sv_eq(container->name, joined->container) ||
            kps_sv_starts(container->id, joined->container)) {
            found = container;
        }
    }
    if (found && kps_engine_is_bound(found)) {
        return;
    }
    struct kps_sv joiner = kps_ledger_get_owner(m->ledger, joined->joiner)->ties->name;
    struct kps_finding *finding =
        kps_diag_add(m->ledger->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, joined->at,
                     "'%.*s' joins the network of container '%.*s', which %s", SV_ARG(joiner),
                     SV_ARG(joined->container), found ? "does not run" : "does not exist");
    finding->up_error =
        found ? SV("of a non running container")
              : kps_fmt(m->arena, "No such container: %.*s", SV_ARG(joined->container));
    kps_finding_help(finding, "start the container before 'up'");
}

void kps_docker_add_claims(struct kps_ledger *ledger, const struct kps_engine_world *world,
                           const struct kps_engine_answer *answer)
{
    struct making m = {ledger, ledger->diag->arena, world, answer};
    for (uint32_t i = 0; i < answer->services.list.n; i++) {
        add_service(&m, &answer->services.list.v[i]);
    }
    for (uint32_t i = 0; i < answer->containers.list.n; i++) {
        add_container(&m, &answer->containers.list.v[i]);
    }
    bool is_whole = answer->status == KPS_ENGINE_OK && !answer->gaps.n && !answer->podman;
    for (uint32_t i = 0; i < ledger->shared_netns.n && is_whole; i++) {
        if (ledger->shared_netns.v[i].site == world->site && ledger->shared_netns.v[i].joiner) {
            note_missing(&m, &ledger->shared_netns.v[i]);
        }
    }
    uint32_t n = 0; /* the engine has an image for each owner of its site, in their order */
    for (uint32_t i = 0; i < ledger->image_ports_pending.n && n < answer->images.list.n; i++) {
        if (ledger->image_ports_pending.v[i].site == world->site) {
            add_image_ports(&m, &ledger->image_ports_pending.v[i], &answer->images.list.v[n++]);
        }
    }
}
