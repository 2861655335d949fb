#include "compose/claims.h"

#include <string.h>

#include "base/limits.h"

/* A port on which the file shows a service to listen inside its namespace. */
struct evidence {
    uint16_t first, last;
    enum kps_protocol protocol;
    enum kps_certainty certainty;
    struct kps_span span;
    struct kps_sv what; /* "exposes 80", "image nginx" */
};

/* Images with a well-known port in their default configuration, by the last part of the name. */
static const struct known_image {
    char name[12];
    uint16_t port;
} KNOWN_IMAGES[] = {
    {"nginx", 80},     {"httpd", 80},        {"caddy", 80},        {"traefik", 80},
    {"redis", 6379},   {"valkey", 6379},     {"postgres", 5432},   {"mysql", 3306},
    {"mariadb", 3306}, {"mongo", 27017},     {"memcached", 11211}, {"rabbitmq", 5672},
    {"grafana", 3000}, {"prometheus", 9090}, {"adminer", 8080},
};

/* "docker.io/library/nginx:1.27@sha256:…" -> "nginx" */
static struct kps_sv image_name(struct kps_sv image)
{
    image = kps_sv_before(image, '@');
    size_t slash = kps_sv_rfind(image, '/');
    struct kps_sv last = slash == image.n ? image : kps_sv_from(image, slash + 1);
    return kps_sv_before(last, ':');
}

static bool is_commanded(const struct kps_service *service)
{
    return kps_compose_project_given(service, "command") ||
           kps_compose_project_given(service, "entrypoint");
}

/*
 * How this works. Every selected service becomes an owner, every entry of its `ports` a claim.
 * Where the network mode publishes no port the claim is kept, marked as discarded, and KP106 gives
 * the reason. Where a service shares a namespace, or uses the host's, its probable listeners
 * become derived claims in that namespace: these clash only with a lower certainty.
 */
struct making {
    struct kps_project *project;
    struct kps_loader *loader;
    struct kps_ledger *ledger;
    kps_netns_id host;
    const struct kps_owner_class *cls; /* of the owners */
    kps_owner_id *owners;              /* by service; 0 = not selected */
    struct kps_map container_names;    /* that services give their containers */
};

/* Return: the machine of the project. */
static uint32_t site_of(const struct making *m)
{
    return kps_ledger_get_netns(m->ledger, m->host)->site;
}

static bool publishes_ports(const struct kps_service *service)
{
    return service->mode == KPS_NET_BRIDGE && !service->is_provided;
}

/*
 * Return the replicas that count for a port of a stack: one for a port of the routing mesh, each
 * task in host mode. A service of mode global has one task on each node.
 */
static uint32_t count_stack_copies(const struct kps_service *service, bool is_host_mode)
{
    const struct kps_ynode *deploy = kps_compose_project_given(service, "deploy");
    const struct kps_ynode *mode = kps_ynode_field(deploy, "mode");
    bool is_global = kps_sv_is(kps_ynode_text(mode), "global");
    return is_host_mode && !is_global ? service->replicas : 1;
}

enum { IPV4 = 4, IPV6 = 6 };

/* Leave the other family's part of a claim; discard a claim on the family alone. */
static void drop_family(struct kps_claim *claim, int family)
{
    uint8_t any = family == IPV4 ? KPS_ADDR_ANY4 : KPS_ADDR_ANY6;
    uint8_t one = family == IPV4 ? KPS_ADDR_ONE4 : KPS_ADDR_ONE6;
    if (claim->addr.kind == KPS_ADDR_EVERY) {
        claim->addr.kind = family == IPV4 ? KPS_ADDR_ANY6 : KPS_ADDR_ANY4;
    } else if (claim->addr.kind == any || claim->addr.kind == one) {
        claim->flags |= KPS_CLAIM_DISCARDED;
    }
}

static void add_published(struct making *m, const struct kps_service *service, kps_owner_id owner,
                          const struct kps_service_port *entry)
{
    const struct kps_port *port = &entry->port;
    struct kps_claim claim = {.netns = m->host,
                              .owner = owner,
                              .origin = entry->origin,
                              .addr = port->addr,
                              .first = port->first,
                              .last = port->last,
                              .take = (uint16_t)(port->last ? port->take : 0),
                              .target_first = port->target_first,
                              .target_last = port->target_last,
                              .protocol = (uint8_t)port->protocol,
                              .basis = KPS_REQUESTED,
                              .certainty = KPS_CERTAIN,
                              .flags = publishes_ports(service) ? 0 : KPS_CLAIM_DISCARDED,
                              .copies = service->replicas};
    if (claim.addr.kind == KPS_ADDR_EVERY && service->bind_address.n) {
        (void)kps_addr_parse(service->bind_address, &claim.addr);
    }
    if (m->project->is_stack) {
        /* less than certain beside claims of this machine, which is one node of perhaps many */
        claim.certainty = KPS_LIKELY;
        claim.copies = count_stack_copies(service, entry->is_host_mode);
    }
    (void)kps_ledger_claim(m->ledger, &claim);
}

/* The place of derived claims. */
struct listening {
    struct making *m;
    kps_netns_id netns;
    kps_owner_id owner;
    uint32_t copies;
    bool is_told; /* something is known */
};

static void add_listener(struct listening *where, const struct evidence *found)
{
    struct kps_diag *diag = where->m->loader->diag;
    where->is_told = true;
    (void)kps_ledger_claim(
        where->m->ledger,
        &(struct kps_claim){.netns = where->netns,
                            .owner = where->owner,
                            .origin = kps_origins_here(&diag->origins, found->span, found->what),
                            .first = found->first,
                            .last = found->last,
                            .take = (uint16_t)(found->last - found->first + 1),
                            .target_first = found->first,
                            .target_last = found->last,
                            .protocol = (uint8_t)found->protocol,
                            .basis = KPS_PENDING,
                            .certainty = (uint8_t)found->certainty,
                            .flags = KPS_CLAIM_DERIVED,
                            .copies = where->copies});
}

/* Add the container side of `ports`: the author's belief about the service's listeners. */
static void add_targets(struct listening *where, const struct kps_service *service)
{
    for (uint32_t i = 0; i < service->n_ports; i++) {
        const struct kps_port *port = &service->ports[i].port;
        if (port->target_first) {
            struct evidence found = {.first = port->target_first,
                                     .last = port->target_last,
                                     .protocol = port->protocol,
                                     .certainty = KPS_LIKELY,
                                     .span = service->ports[i].span,
                                     .what = kps_fmt(where->m->loader->arena,
                                                     "lists %u in its ports", port->target_first)};
            add_listener(where, &found);
        }
    }
}

/* Add the ports of `expose`; without any, the well-known port of the image. */
static void add_evidence(struct listening *where, const struct kps_service *service)
{
    struct kps_arena *arena = where->m->loader->arena;
    const struct kps_ynode *expose = kps_compose_project_given(service, "expose");
    for (uint32_t i = 0; i < kps_ynode_count(expose, KPS_Y_SEQ); i++) {
        const struct kps_ynode *entry = kps_ynode_item(expose, i);
        struct kps_sv text = kps_ynode_text(entry);
        struct evidence found = {.certainty = KPS_LIKELY, .span = entry->span};
        if (kps_port_spec_expose(text, &found.first, &found.last, &found.protocol)) {
            found.what = kps_fmt(arena, "exposes %.*s", SV_ARG(text));
            add_listener(where, &found);
        }
    }
    if (expose || is_commanded(service)) {
        return;
    }
    struct kps_sv name = image_name(service->image);
    for (size_t i = 0; i < KPS_COUNT(KNOWN_IMAGES); i++) {
        uint16_t port = KNOWN_IMAGES[i].port;
        if (kps_sv_is(name, KNOWN_IMAGES[i].name)) {
            struct evidence found = {
                .first = port,
                .last = port,
                .protocol = KPS_TCP,
                .certainty = KPS_POSSIBLE,
                .span = kps_compose_project_given(service, "image")->span,
                .what = kps_fmt(arena, "runs %.*s, which listens on %u", SV_ARG(name), port)};
            add_listener(where, &found);
        }
    }
}

/* Add the evidence of the file; without any, the image may tell the engine. */
static void add_others(struct listening *where, const struct kps_service *service)
{
    struct making *m = where->m;
    add_evidence(where, service);
    if (!where->is_told && service->image.n && !is_commanded(service)) {
        *kps_vec_push(&m->ledger->image_ports_pending) = (struct kps_image_ports_pending){
            .netns = where->netns,
            .site = site_of(m),
            .owner = where->owner,
            .copies = where->copies,
            .image = service->image,
            .at = kps_compose_project_given(service, "image")->span};
    }
}

static void add_host_listeners(struct making *m, const struct kps_service *service,
                               kps_owner_id owner)
{
    struct listening where = {
        .m = m, .netns = m->host, .owner = owner, .copies = service->replicas};
    add_targets(&where, service);
    add_others(&where, service);
}

/*
 * Return the service whose namespace `at` ends up in, through chains of network_mode: service:.
 * UINT32_MAX in a cycle.
 */
static uint32_t namespace_owner(const struct kps_project *project, uint32_t at)
{
    for (uint32_t steps = 0; steps < KPS_LIMIT_CHAIN; steps++) {
        const struct kps_service *service = &project->services[at];
        if (service->mode != KPS_NET_SERVICE || service->shares == UINT32_MAX) {
            return at;
        }
        at = service->shares;
    }
    return UINT32_MAX;
}

/*
 * Add the listeners of a group of services in the same namespace. A target in the `ports` of the
 * namespace's owner is usually meant for a joined service (a VPN container publishes for its
 * clients), so the target counts as the owner's own only when a joined service lists ports itself.
 */
static void add_namespace_listeners(struct making *m, const uint32_t *roots, kps_netns_id *netns_of)
{
    struct kps_project *project = m->project;
    bool *joiner_lists = KPS_NEW_N(m->loader->arena, bool, project->n_services);
    for (uint32_t i = 0; i < project->n_services; i++) {
        if (roots[i] != i && roots[i] != UINT32_MAX && project->services[i].n_ports) {
            joiner_lists[roots[i]] = true;
        }
    }
    for (uint32_t i = 0; i < project->n_services; i++) {
        const struct kps_service *service = &project->services[i];
        uint32_t root = roots[i];
        if (!m->owners[i] || root == UINT32_MAX || !netns_of[root] ||
            service->mode == KPS_NET_HOST) {
            continue; /* a host-network service has its listeners already */
        }
        /*
         * Services join the first container of a scaled owner only: a single copy of the owner is
         * in the group.
         */
        struct listening where = {.m = m,
                                  .netns = netns_of[root],
                                  .owner = m->owners[i],
                                  .copies = i == root ? 1 : service->replicas};
        if (i != root || joiner_lists[root]) {
            add_targets(&where, service);
        }
        add_others(&where, service);
    }
}

/*
 * Return: may a service of the project have the container, which it names or Compose does:
 * "shop-web-1", with an old Compose "shop_web_1"?
 */
static bool may_make_container(const struct making *m, struct kps_sv name)
{
    const struct kps_project *project = m->project;
    size_t from = project->name.n + 1;
    size_t end = name.n;
    while (end > from && kps_is_digit(name.p[end - 1])) {
        end--;
    }
    struct kps_sv service = kps_sv_slice(name, from, end > from ? end - 1 : from);
    return kps_map_get(&m->container_names, name, 0) ||
           (kps_sv_starts(name, project->name) &&
            kps_map_get(&project->by_name, service, UINT32_MAX) != UINT32_MAX);
}

/* Return the namespace that services share with `root`, or with the container root joins. */
static kps_netns_id shared_namespace(struct making *m, const struct kps_service *root)
{
    bool is_container = root->mode == KPS_NET_CONTAINER;
    bool must_run = is_container && root->container.n && root->replicas &&
                    !may_make_container(m, root->container);
    struct kps_sv name = kps_fmt(m->loader->arena, "%.*s/%.*s", SV_ARG(m->project->name),
                                 SV_ARG(is_container ? root->container : root->name));
    kps_netns_id id = kps_ledger_netns(m->ledger, KPS_NETNS_PRIVATE, name);
    *kps_vec_push(&m->ledger->shared_netns) = (struct kps_shared_netns){
        .netns = id,
        .site = site_of(m),
        .container = is_container ? root->container
                                  : kps_fmt(m->loader->arena, "compose:%.*s", SV_ARG(name)),
        .joiner = must_run ? m->owners[root - m->project->services] : 0,
        .at = must_run ? kps_diag_here(m->loader->diag, root->mode_node->span) : 0};
    return id;
}

static void join_namespaces(struct making *m)
{
    struct kps_project *project = m->project;
    uint32_t *roots = KPS_NEW_N(m->loader->arena, uint32_t, project->n_services);
    kps_netns_id *netns_of = KPS_NEW_N(m->loader->arena, kps_netns_id, project->n_services);
    struct kps_map containers = {0}; /* container name -> first service to join */
    bool any = false;
    for (uint32_t i = 0; i < project->n_services; i++) {
        struct kps_sv name =
            kps_ynode_text(kps_compose_project_given(&project->services[i], "container_name"));
        if (name.n) {
            (void)kps_map_put(&m->container_names, m->loader->arena, name, 1);
        }
    }
    for (uint32_t i = 0; i < project->n_services; i++) {
        roots[i] = namespace_owner(project, i);
        const struct kps_service *root =
            roots[i] == UINT32_MAX ? NULL : &project->services[roots[i]];
        if (!root || !m->owners[i]) {
            continue;
        }
        if (root->mode == KPS_NET_CONTAINER) {
            roots[i] = *kps_map_put(&containers, m->loader->arena, root->container, roots[i]);
        } else if (roots[i] == i) {
            continue;
        }
        if (root->mode == KPS_NET_HOST) {
            netns_of[roots[i]] = m->host; /* joined the host through another service */
        } else if (!netns_of[roots[i]]) {
            netns_of[roots[i]] = shared_namespace(m, root);
        }
        any = true;
    }
    if (any) {
        add_namespace_listeners(m, roots, netns_of);
    }
}

static struct kps_finding *report_mode(struct making *m, const struct kps_service *service,
                                       kps_owner_id owner, enum kps_severity severity,
                                       kps_origin_id at, const char *what)
{
    struct kps_finding *finding = kps_diag_add(
        m->loader->diag, KPS_RULE_COMPOSE_PORTS_UNUSED, severity, at, "the %s of '%.*s' %s", what,
        SV_ARG(service->name), severity == KPS_ERROR ? "cannot be published" : "are not published");
    finding->parties[0].owner = owner;
    if (service->mode_node) {
        struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, owner);
        party->at = kps_diag_here(m->loader->diag, service->mode_node->span);
        party->label = SV("because of this network mode");
    }
    return finding;
}

/*
 * Report ports (or expose) in another owner's namespace: the Engine refuses to create the
 * container (spec §4).
 */
static void report_forbidden(struct making *m, const struct kps_service *service,
                             kps_owner_id owner)
{
    struct kps_diag *diag = m->loader->diag;
    const struct kps_yedge *expose = kps_compose_project_edge(service, SV("expose"));
    bool has_expose = expose && kps_ynode_resolve(expose->val)->n &&
                      kps_ynode_resolve(expose->val)->kind == KPS_Y_SEQ;
    if ((!service->n_ports && !has_expose) || !service->replicas) {
        return;
    }
    kps_origin_id at =
        service->n_ports ? service->ports[0].origin
                         : kps_diag_here(diag, kps_ynode_resolve(expose->val)->edges[0].val->span);
    const char *what = service->n_ports ? "ports" : "exposed ports";
    struct kps_finding *finding = report_mode(m, service, owner, KPS_ERROR, at, what);
    finding->up_error = kps_fmt(m->loader->arena,
                                "conflicting options: port %s and the container type network mode",
                                service->n_ports ? "publishing" : "exposing");
    kps_finding_note(
        finding, "a container that shares another's network has no ports of its own; the Engine "
                 "refuses to create it and 'up' stops");
    if (service->mode == KPS_NET_SERVICE && service->shares != UINT32_MAX) {
        struct kps_sv other = m->project->services[service->shares].name;
        kps_finding_help(finding, "move the %s to service '%.*s', which owns the network", what,
                         SV_ARG(other));
    } else {
        kps_finding_help(finding, "publish the ports where container '%.*s' is started",
                         SV_ARG(service->container));
    }
}

static void report_discarded(struct making *m, const struct kps_service *service,
                             kps_owner_id owner)
{
    struct kps_finding *finding =
        report_mode(m, service, owner, KPS_WARNING, service->ports[0].origin, "ports");
    if (service->mode == KPS_NET_HOST) {
        finding->up_error = kps_fmt(
            m->loader->arena, "%.*s Published ports are discarded when using host network mode",
            SV_ARG(service->name));
        kps_finding_note(
            finding,
            "with the host's network the process binds its own ports on the host directly; the "
            "published ones are ignored");
        kps_finding_help(finding, "remove either 'ports' or 'network_mode: host'");
    } else if (service->is_provided) {
        kps_finding_note(finding,
                         "a provider runs the service; Compose starts no container for it");
        kps_finding_help(finding, "remove the ports");
    } else if (service->mode == KPS_NET_NONE) {
        kps_finding_note(finding,
                         "without a network nothing can be published; 'up' does not say so");
        kps_finding_help(finding, "remove either 'ports' or 'network_mode: none'");
    } else {
        kps_finding_note(
            finding,
            "none of its networks reaches the host (internal, macvlan or ipvlan), so nothing is "
            "published; 'up' does not say so");
        kps_finding_help(finding, "add a network that is not internal, or remove the ports");
    }
}

/* A stack has its name from the command line: each file of stacks is one of its own. */
static struct kps_sv name_owner(const struct making *m, const struct kps_service *service)
{
    return m->project->is_stack ? kps_fmt(m->loader->arena, "stack:%u/%.*s",
                                          m->project->root->span.file, SV_ARG(service->name))
                                : KPS_CONCAT(m->loader->arena, SV("compose:"), m->project->name,
                                             SV("/"), service->name);
}

static void add_service(struct making *m, uint32_t at)
{
    struct kps_service *service = &m->project->services[at];
    struct kps_service_facts *facts = KPS_NEW(m->loader->arena, struct kps_service_facts);
    facts->project = m->project;
    facts->service = service;
    const struct kps_owner_ties ties = {.key = name_owner(m, service),
                                        .group_file = m->project->root->span.file,
                                        .is_group_a_folder = m->project->is_name_of_folder};
    kps_owner_id owner =
        kps_ledger_owner(m->ledger, &(struct kps_new_owner){.cls = m->cls,
                                                            .kind = KPS_OWNER_COMPOSE_SERVICE,
                                                            .name = service->name,
                                                            .group = m->project->name,
                                                            .ties = &ties,
                                                            .site = site_of(m),
                                                            .facts = facts});
    m->owners[at] = owner;
    for (uint32_t i = 0; i < service->n_ports; i++) {
        add_published(m, service, owner, &service->ports[i]);
    }
    if (service->mode == KPS_NET_SERVICE || service->mode == KPS_NET_CONTAINER) {
        report_forbidden(m, service, owner);
    } else if (!publishes_ports(service) && service->n_ports) {
        report_discarded(m, service, owner);
    }
    if (service->mode == KPS_NET_HOST && service->replicas) {
        add_host_listeners(m, service, owner);
    }
}

void kps_compose_claims_make(struct kps_project *project, const struct kps_owner_class *cls,
                             struct kps_sv world)
{
    struct making m = {.project = project,
                       .cls = cls,
                       .loader = project->loader,
                       .ledger = project->loader->ledger};
    m.host = kps_ledger_netns(m.ledger, KPS_NETNS_HOST, world);
    m.owners = KPS_NEW_N(m.loader->arena, kps_owner_id, project->n_services);
    for (uint32_t i = 0; i < project->n_services; i++) {
        if (project->services[i].selected) {
            add_service(&m, i);
        }
    }
    join_namespaces(&m);
}

const struct kps_service_facts *kps_compose_claims_facts(const struct kps_owner *owner)
{
    return owner->kind == KPS_OWNER_COMPOSE_SERVICE ? owner->facts : NULL;
}

const struct kps_service_port *kps_compose_claims_port_of(const struct kps_ledger *ledger,
                                                          const struct kps_claim *claim)
{
    const struct kps_service_facts *facts =
        kps_compose_claims_facts(kps_ledger_get_owner(ledger, claim->owner));
    for (uint32_t i = 0; facts && i < facts->service->n_ports; i++) {
        const struct kps_service_port *entry = &facts->service->ports[i];
        if (entry->origin == claim->origin && entry->port.first == claim->first) {
            return entry;
        }
    }
    return NULL;
}

/* Return the service that requests a claim; NULL for another claim. */
static const struct kps_service *service_of(const struct kps_ledger *ledger,
                                            const struct kps_claim *claim)
{
    const struct kps_service_facts *facts =
        kps_compose_claims_facts(kps_ledger_get_owner(ledger, claim->owner));
    return facts && claim->basis == KPS_REQUESTED ? facts->service : NULL;
}

static bool is_of_site(const struct kps_ledger *ledger, const struct kps_claim *claim,
                       uint32_t site)
{
    return kps_ledger_get_netns(ledger, claim->netns)->site == site;
}

void kps_compose_claims_drop_ipv6(struct kps_ledger *ledger, uint32_t site)
{
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_service *service = service_of(ledger, claim);
        if (service && !service->may_have_ipv6 && is_of_site(ledger, claim, site)) {
            drop_family(claim, IPV6);
        }
    }
}

void kps_compose_claims_bind(struct kps_ledger *ledger, uint32_t site, struct kps_sv address)
{
    for (uint32_t i = 0; i < ledger->claims.n && address.n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_service *service = service_of(ledger, claim);
        if (service && !service->bind_address.n && !service->n_external_networks &&
            claim->addr.kind == KPS_ADDR_EVERY && is_of_site(ledger, claim, site)) {
            (void)kps_addr_parse(address, &claim->addr);
        }
    }
}

/* Drop the families of a claim that the networks of its service route, for an engine that does. */
static void drop_routed(const struct kps_ledger *ledger, struct kps_claim *claim, bool is_routed4,
                        bool is_routed6)
{
    enum { FIRST_WITH_ROUTED = 27 };
    if (!kps_engine_traits_is_from(kps_ledger_engine(ledger, claim->netns), FIRST_WITH_ROUTED)) {
        return;
    }
    if (is_routed4) {
        drop_family(claim, IPV4);
    }
    if (is_routed6) {
        drop_family(claim, IPV6);
    }
}

void kps_compose_claims_drop_routed(struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_service *service = service_of(ledger, claim);
        if (service) {
            drop_routed(ledger, claim, service->is_routed4, service->is_routed6);
        }
    }
}

bool kps_compose_claims_need_networks(const struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_service_facts *facts =
            kps_compose_claims_facts(kps_ledger_get_owner(ledger, ledger->claims.v[i].owner));
        if (facts && facts->service->n_external_networks) {
            return true;
        }
    }
    return false;
}

/* Return the networks of a service as one, with the effect that all have; unknown ones have none.
 */
static struct kps_network join_networks(const struct kps_service *service,
                                        const struct kps_network *networks, size_t n)
{
    struct kps_network joined = {.routes4 = true, .routes6 = true};
    for (size_t i = 0; i < service->n_external_networks; i++) {
        struct kps_network one = {.publishes = true};
        for (size_t k = 0; k < n; k++) {
            one = kps_sv_eq(networks[k].name, service->external_networks[i]) ? networks[k] : one;
        }
        joined.publishes |= one.publishes;
        joined.routes4 = joined.routes4 && (one.routes4 || !one.publishes);
        joined.routes6 = joined.routes6 && (one.routes6 || !one.publishes);
        joined.host_binding = service->n_external_networks == 1 ? one.host_binding : SV("");
    }
    return joined;
}

void kps_compose_claims_follow_networks(struct kps_ledger *ledger, uint32_t site,
                                        const struct kps_network *networks, size_t n)
{
    for (uint32_t i = 0; i < ledger->claims.n && n; i++) {
        struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_service *service = service_of(ledger, claim);
        if (!service || !service->n_external_networks || !is_of_site(ledger, claim, site)) {
            continue;
        }
        struct kps_network joined = join_networks(service, networks, n);
        if (!joined.publishes) {
            claim->flags |= KPS_CLAIM_DISCARDED;
            continue;
        }
        if (claim->addr.kind == KPS_ADDR_EVERY && joined.host_binding.n) {
            (void)kps_addr_parse(joined.host_binding, &claim->addr);
        }
        drop_routed(ledger, claim, joined.routes4, joined.routes6);
    }
}

const struct kps_project *kps_compose_claims_project(const struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        const struct kps_service_facts *facts = kps_compose_claims_facts(&ledger->owners.v[i]);
        if (facts) {
            return facts->project;
        }
    }
    return NULL;
}
