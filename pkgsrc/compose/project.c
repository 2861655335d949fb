#include "compose/project.h"

#include "base/limits.h"
#include "compose/merge.h"
#include "model/network.h"

/* More replicas than any host has ports; keeps sums far from overflow. */
enum { MOST_REPLICAS = 1000 * 1000 };

const struct kps_ynode *kps_compose_given(const struct kps_ynode *map, const char *key)
{
    const struct kps_ynode *value = kps_ynode_field(map, key);
    return value && kps_ynode_type(value) != KPS_T_NULL ? value : NULL;
}

/*
 * Return a bit for a key: most keys looked up are missing, and the lookup then costs no
 * comparison.
 */
static uint64_t key_bit(struct kps_sv key)
{
    return key.n ? UINT64_C(1) << (((unsigned char)key.p[0] + 7 * key.n) & 63) : 0;
}

const struct kps_port_extra *kps_compose_project_extra(const struct kps_service_port *entry)
{
    static const struct kps_port_extra none;
    return entry->extra ? entry->extra : &none;
}

const struct kps_yedge *kps_compose_project_edge(const struct kps_service *service,
                                                 struct kps_sv key)
{
    return service->key_bits & key_bit(key) ? kps_ynode_edge(service->node, key) : NULL;
}

const struct kps_ynode *kps_compose_project_given(const struct kps_service *service,
                                                  const char *key)
{
    const struct kps_yedge *edge = kps_compose_project_edge(service, kps_sv_of(key));
    return edge && kps_ynode_type(edge->val) != KPS_T_NULL ? kps_ynode_resolve(edge->val) : NULL;
}

bool kps_compose_is_true(const struct kps_ynode *node)
{
    return kps_sv_is_one_of_nocase(kps_ynode_text(node), "true yes on y");
}

static bool read_count(struct kps_service *service, const struct kps_ynode *node, uint32_t *ret)
{
    int64_t number = 0;
    if (kps_ynode_type(node) == KPS_T_STR) {
        number = kps_sv_number(kps_ynode_text(node), MOST_REPLICAS);
    } else if (!kps_ynode_int(node, &number)) {
        number = -1;
    }
    if (number < 0) {
        service->refused_replicas = node;
        return false;
    }
    *ret = number > MOST_REPLICAS ? MOST_REPLICAS : (uint32_t)number;
    return true;
}

/* `scale` or `deploy.replicas` (spec compose §3.6). */
static void read_replicas(struct kps_service *service)
{
    const struct kps_ynode *scale = kps_compose_project_given(service, "scale");
    const struct kps_ynode *deploy = kps_compose_project_given(service, "deploy");
    const struct kps_ynode *replicas = kps_compose_given(deploy, "replicas");
    uint32_t from_scale = 1;
    uint32_t from_deploy = 1;
    service->replicas = 1;
    if (replicas && read_count(service, replicas, &from_deploy)) {
        service->replicas = from_deploy;
        service->replicas_node = replicas;
    }
    if (scale && read_count(service, scale, &from_scale)) {
        service->replicas = from_scale;
        service->replicas_node = scale;
        service->has_distinct_replicas = replicas && from_scale != from_deploy;
    }
}

static void read_mode(struct kps_project *project, struct kps_service *service)
{
    const struct kps_ynode *node = kps_compose_project_given(service, "network_mode");
    struct kps_sv text = kps_ynode_text(node);
    service->mode = KPS_NET_BRIDGE;
    service->shares = UINT32_MAX;
    if (project->is_stack) {
        return; /* `docker stack deploy` ignores the key, and publishes whatever the networks are */
    }
    service->mode_node = node;
    service->mode_text = text;
    if (kps_sv_is(text, "host")) {
        service->mode = KPS_NET_HOST;
    } else if (kps_sv_is(text, "none")) {
        service->mode = KPS_NET_NONE;
    } else if (kps_sv_has_head(text, "service:")) {
        service->mode = KPS_NET_SERVICE;
        service->shares = kps_map_get(&project->by_name, kps_sv_from(text, 8), UINT32_MAX);
    } else if (kps_sv_has_head(text, "container:")) {
        service->mode = KPS_NET_CONTAINER;
        service->container = kps_sv_from(text, 10);
    }
}

/*
 * Return: are ports published from a network? Not from an internal network, nor by a driver
 * without a bridge (spec compose §4).
 */
static bool network_publishes(const struct kps_ynode *definition)
{
    const struct kps_ynode *driver = kps_compose_given(definition, "driver");
    struct kps_sv name = kps_ynode_text(driver);
    return !kps_compose_is_true(kps_compose_given(definition, "internal")) &&
           !kps_sv_is_one_of(name, "macvlan ipvlan");
}

/* Return an option of a network's driver; empty when not given. */
static struct kps_sv network_option(const struct kps_ynode *definition, const char *key)
{
    return kps_ynode_text(kps_compose_given(kps_compose_given(definition, "driver_opts"), key));
}

static struct kps_sv host_binding(const struct kps_ynode *definition)
{
    return network_option(definition, KPS_NETWORK_HOST_BINDING);
}

static bool is_routed4(const struct kps_ynode *definition)
{
    return kps_sv_is(network_option(definition, KPS_NETWORK_GATEWAY_MODE4), "routed");
}

static bool is_routed6(const struct kps_ynode *definition)
{
    return kps_sv_is(network_option(definition, KPS_NETWORK_GATEWAY_MODE6), "routed");
}

static bool may_have_ipv6(const struct kps_ynode *definition)
{
    return kps_compose_is_true(kps_compose_given(definition, "enable_ipv6")) ||
           kps_compose_given(definition, "external");
}

/* Return the name of an external network on the engine; empty: the project makes the network. */
static struct kps_sv external_name(const struct kps_ynode *definition, struct kps_sv key)
{
    const struct kps_ynode *name = kps_compose_given(definition, "name");
    if (!kps_compose_is_true(kps_compose_given(definition, "external"))) {
        return (struct kps_sv){"", 0};
    }
    return name ? kps_ynode_text(name) : key;
}

/* Read the effect of a bridged service's networks on its ports. */
static void read_networks(struct kps_project *project, struct kps_service *service)
{
    const struct kps_ynode *definitions = kps_compose_given(project->root, "networks");
    const struct kps_ynode *networks = kps_compose_project_given(service, "networks");
    if (service->mode != KPS_NET_BRIDGE || !definitions || service->mode_text.n ||
        project->is_stack) {
        return;
    }
    const struct kps_ynode *name = kps_compose_loader_name_at(networks, 0);
    if (!name) {
        const struct kps_ynode *own_default = kps_compose_given(definitions, "default");
        service->mode = network_publishes(own_default) ? KPS_NET_BRIDGE : KPS_NET_INTERNAL;
        service->bind_address = host_binding(own_default);
        service->may_have_ipv6 = may_have_ipv6(own_default);
        service->is_routed4 = is_routed4(own_default);
        service->is_routed6 = is_routed6(own_default);
        return;
    }
    bool any_publishes = false;
    bool any_own = false;
    struct kps_sv *external = KPS_NEW_N(project->loader->arena, struct kps_sv, networks->n);
    service->is_routed4 = true;
    service->is_routed6 = true;
    for (uint32_t i = 0; (name = kps_compose_loader_name_at(networks, i)) != NULL; i++) {
        const struct kps_ynode *definition = kps_ynode_get(definitions, kps_ynode_text(name));
        struct kps_sv outside = external_name(definition, kps_ynode_text(name));
        any_publishes = any_publishes || network_publishes(definition);
        any_own = any_own || (!outside.n && network_publishes(definition));
        if (outside.n) {
            external[service->n_external_networks++] = outside;
        }
        service->may_have_ipv6 = service->may_have_ipv6 || may_have_ipv6(definition);
        bool is_idle = !network_publishes(definition);
        service->is_routed4 &= is_idle || is_routed4(definition);
        service->is_routed6 &= is_idle || is_routed6(definition);
        if (networks->n == 1) {
            service->bind_address = host_binding(definition);
        }
    }
    service->is_routed4 &= any_publishes;
    service->is_routed6 &= any_publishes;
    service->external_networks = external;
    service->n_external_networks = any_own ? 0 : service->n_external_networks;
    service->mode = any_publishes ? KPS_NET_BRIDGE : KPS_NET_INTERNAL;
}

void kps_compose_project_each_implied(const struct kps_service *service,
                                      kps_compose_project_dependency *add, void *context)
{
    static const char *const lists[] = {"links", "volumes_from"};
    /* Their value "service:NAME" makes a service share a namespace of another service. */
    static const char *const namespaces[] = {"network_mode", "ipc", "pid", "uts", "cgroup"};
    for (size_t k = 0; k < KPS_COUNT(lists); k++) {
        const struct kps_ynode *list = kps_compose_project_given(service, lists[k]);
        for (uint32_t i = 0; i < kps_ynode_count(list, KPS_Y_SEQ); i++) {
            const struct kps_ynode *entry = kps_ynode_item(list, i);
            if (!kps_sv_has_head(kps_ynode_text(entry), "container:")) {
                add(context, entry, kps_sv_before(kps_ynode_text(entry), ':'));
            }
        }
    }
    for (size_t k = 0; k < KPS_COUNT(namespaces); k++) {
        const struct kps_ynode *mode = kps_compose_project_given(service, namespaces[k]);
        if (kps_sv_has_head(kps_ynode_text(mode), "service:")) {
            add(context, mode, kps_sv_from(kps_ynode_text(mode), 8));
        }
    }
}

/* The dependencies of a service that are found so far. */
struct dependencies {
    const struct kps_project *project;
    KPS_VEC(uint32_t) list; /* indexes of services */
};

static void add_dependency(void *context, const struct kps_ynode *node, struct kps_sv name)
{
    struct dependencies *found = context;
    uint32_t at = kps_map_get(&found->project->by_name, name, UINT32_MAX);
    (void)node;
    if (at != UINT32_MAX) {
        *kps_vec_push(&found->list) = at;
    }
}

/* Read `depends_on`, and the keys with an implied dependency. */
static void read_depends_on(struct kps_project *project, struct kps_service *service)
{
    struct dependencies found = {.project = project};
    const struct kps_ynode *depends_on = kps_compose_project_given(service, "depends_on");
    const struct kps_ynode *name;
    for (uint32_t i = 0; (name = kps_compose_loader_name_at(depends_on, i)) != NULL; i++) {
        add_dependency(&found, name, kps_ynode_text(name));
    }
    kps_compose_project_each_implied(service, add_dependency, &found);
    if (found.list.n) {
        service->depends_on = kps_vec_copy(&found.list, project->loader->arena);
        service->n_depends_on = found.list.n;
    }
    kps_vec_free(&found.list);
}

static void read_service_list(struct kps_project *project, const struct kps_ynode *services)
{
    struct kps_arena *arena = project->loader->arena;
    uint32_t n = services->n;
    if (n > KPS_LIMIT_PROJECT_SERVICES) {
        n = KPS_LIMIT_PROJECT_SERVICES;
        (void)kps_compose_loader_report_invalid(project->loader, services->edges[n].key->span,
                                                "the project has more than %u services", n);
    }
    project->services = KPS_NEW_N(arena, struct kps_service, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_yedge *edge = &services->edges[i];
        const struct kps_ynode *node = kps_ynode_resolve(edge->val);
        struct kps_sv name = kps_ynode_text(edge->key);
        if (node->kind != KPS_Y_MAP) {
            (void)kps_compose_loader_report_type(project->loader, node,
                                                 kps_fmt(arena, "service '%.*s'", SV_ARG(name)).p,
                                                 "a mapping");
            continue;
        }
        struct kps_service *service = &project->services[project->n_services];
        service->name = name;
        service->node = node;
        service->key = edge->key;
        service->via = edge->via;
        (void)kps_map_put(&project->by_name, arena, name, project->n_services);
        project->n_services++;
    }
}

void kps_compose_project_read(struct kps_project *project)
{
    const struct kps_ynode *services = kps_compose_given(project->root, "services");
    if (!services || services->kind != KPS_Y_MAP) { /* reported by the loader */
        return;
    }
    read_service_list(project, services);
    for (uint32_t i = 0; i < project->n_services; i++) {
        struct kps_service *service = &project->services[i];
        for (uint32_t k = 0; k < service->node->n; k++) {
            service->key_bits |= key_bit(kps_ynode_text(service->node->edges[k].key));
        }
        const struct kps_ynode *image = kps_compose_project_given(service, "image");
        service->image = kps_ynode_text(image);
        service->is_provided = kps_compose_project_given(service, "provider") != NULL;
        read_mode(project, service);
        read_networks(project, service);
        read_replicas(service);
        read_depends_on(project, service);
    }
}

static void report_unknown_service(struct kps_project *project, struct kps_sv name)
{
    struct kps_finding *finding =
        kps_diag_add(project->loader->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0,
                     "project '%.*s' has no service '%.*s'", SV_ARG(project->name), SV_ARG(name));
    finding->up_error = kps_fmt(project->loader->arena, "no such service: %.*s", SV_ARG(name));
    project->loader->failed_part = true;
}

void kps_compose_project_scale(struct kps_project *project, const struct kps_compose_scale *scales,
                               size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t at = kps_map_get(&project->by_name, scales[i].service, UINT32_MAX);
        if (at == UINT32_MAX) {
            report_unknown_service(project, scales[i].service);
            continue;
        }
        project->services[at].replicas =
            scales[i].replicas > MOST_REPLICAS ? MOST_REPLICAS : scales[i].replicas;
        project->services[at].replicas_node = NULL;
        project->services[at].is_scaled = true;
    }
}

static bool is_among(struct kps_sv word, const struct kps_sv *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(words[i], word) || kps_sv_is(words[i], "*")) {
            return true;
        }
    }
    return false;
}

/*
 * Return: is the service enabled? Always without (or with empty) profiles; else when one of them
 * is.
 */
static bool has_profile(const struct kps_service *service, const struct kps_sv *profiles,
                        size_t n_profiles)
{
    const struct kps_ynode *own = kps_compose_project_given(service, "profiles");
    if (kps_ynode_count(own, KPS_Y_SEQ) == 0) {
        return true;
    }
    for (uint32_t i = 0; i < own->n; i++) {
        if (is_among(kps_ynode_text(own->edges[i].val), profiles, n_profiles)) {
            return true;
        }
    }
    return false;
}

/* Enable the profiles of named services (compose-go WithServicesEnabled). */
static void enable_profiles_of_targets(struct kps_project *project, const struct kps_sv *targets,
                                       size_t n_targets)
{
    KPS_VEC(struct kps_sv) profiles = {0};
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t at = kps_map_get(&project->by_name, targets[i], UINT32_MAX);
        const struct kps_ynode *own =
            at != UINT32_MAX ? kps_compose_project_given(&project->services[at], "profiles") : NULL;
        bool is_off = at != UINT32_MAX && !project->services[at].enabled;
        for (uint32_t k = 0; is_off && k < kps_ynode_count(own, KPS_Y_SEQ); k++) {
            kps_vec_add_text(&profiles.any, kps_ynode_text(own->edges[k].val));
        }
    }
    for (uint32_t i = 0; i < project->n_services && profiles.n; i++) {
        struct kps_service *service = &project->services[i];
        service->enabled = service->enabled || has_profile(service, profiles.v, profiles.n);
    }
    kps_vec_free(&profiles);
}

/* Mark a target and its dependencies. The list of work grows by each service once. */
static void select_closure(struct kps_project *project, uint32_t start)
{
    KPS_VEC(uint32_t) work = {0};
    if (project->services[start].enabled && !project->services[start].selected) {
        project->services[start].selected = true;
        *kps_vec_push(&work) = start;
    }
    while (work.n) {
        const struct kps_service *service = &project->services[work.v[--work.n]];
        for (uint32_t i = 0; i < service->n_depends_on; i++) {
            struct kps_service *needed = &project->services[service->depends_on[i]];
            if (needed->enabled && !needed->selected) {
                needed->selected = true;
                *kps_vec_push(&work) = service->depends_on[i];
            }
        }
    }
    kps_vec_free(&work);
}

/* Note variables without a value that decide how a service starts. */
static void note_unset_settings(struct kps_project *project, const struct kps_service *service)
{
    const struct kps_ynode *deploy = kps_compose_project_given(service, "deploy");
    const struct kps_ynode *counts[] = {kps_compose_project_given(service, "scale"),
                                        kps_compose_given(deploy, "replicas")};
    for (size_t i = 0; i < KPS_COUNT(counts); i++) {
        if (counts[i]) {
            kps_compose_loader_note_unset(project->loader, counts[i], false,
                                          "how many replicas are started is unknown");
        }
    }
    if (service->mode_node) {
        kps_compose_loader_note_unset(project->loader, service->mode_node, true,
                                      "its network mode is unknown; a bridge is assumed here");
    }
}

static void select_services(struct kps_project *project, const struct kps_sv *profiles,
                            size_t n_profiles, const struct kps_sv *targets, size_t n_targets)
{
    for (uint32_t i = 0; i < project->n_services; i++) {
        struct kps_service *service = &project->services[i];
        service->enabled = has_profile(service, profiles, n_profiles);
        service->selected = service->enabled && n_targets == 0;
    }
    if (n_targets == 0) {
        return;
    }
    enable_profiles_of_targets(project, targets, n_targets);
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t at = kps_map_get(&project->by_name, targets[i], UINT32_MAX);
        if (at == UINT32_MAX) {
            report_unknown_service(project, targets[i]);
            continue;
        }
        select_closure(project, at);
    }
}

void kps_compose_project_select(struct kps_project *project, const struct kps_sv *profiles,
                                size_t n_profiles, const struct kps_sv *targets, size_t n_targets)
{
    select_services(project, profiles, n_profiles, targets, n_targets);
    for (uint32_t i = 0; i < project->n_services; i++) {
        if (project->services[i].enabled) {
            note_unset_settings(project, &project->services[i]);
        }
    }
}
