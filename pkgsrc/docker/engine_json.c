#include "docker/engine_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/order.h"
#include "base/secret.h"
#include "docker/json_field.h"
#include "model/ports.h"

enum { MOST_COMMAND_BYTES = 120 };

static bool parse_address(struct kps_sv text, struct kps_addr *ret)
{
    *ret = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    return !text.n || kps_addr_parse(text, ret);
}

static bool parse_port(struct kps_sv text, uint16_t *ret_port, uint8_t *ret_protocol)
{
    struct kps_sv digits = kps_sv_before(text, '/');
    int64_t port = kps_sv_number(digits, UINT16_MAX);
    enum kps_protocol protocol =
        digits.n < text.n ? kps_protocol_of(kps_sv_after(text, '/')) : KPS_TCP;
    if (port <= 0 || !protocol) {
        return false;
    }
    *ret_port = (uint16_t)port;
    *ret_protocol = (uint8_t)protocol;
    return true;
}

static int by_port(const void *left, const void *right)
{
    const struct kps_engine_port *a = left;
    const struct kps_engine_port *b = right;
    int order = kps_order_compare(a->protocol, b->protocol);
    order = order ? order : kps_addr_compare(&a->addr, &b->addr);
    order = order ? order : kps_order_compare(a->published, b->published);
    return order ? order : kps_order_compare(a->target, b->target);
}

static void join_ports(struct kps_engine_container *container)
{
    struct kps_engine_port *v = container->ports.v;
    uint32_t n = container->ports.n;
    uint32_t kept = 0;
    if (n < 2) {
        return;
    }
    qsort(v, n, sizeof(*v), by_port);
    for (uint32_t i = 1; i < n; i++) {
        struct kps_engine_port *last = &v[kept];
        bool alike = last->protocol == v[i].protocol && kps_addr_eq(&last->addr, &v[i].addr);
        if (alike && v[i].published == last->published + last->width &&
            v[i].target == last->target + last->width) {
            last->width++;
        } else if (!alike || v[i].published != last->published || v[i].target != last->target) {
            v[++kept] = v[i];
        }
    }
    container->ports.n = kept + 1;
}

/*
 * Join 0.0.0.0 and :: with the same ports: the container published them without an address. The
 * entries are sorted, so the ports of 0.0.0.0 precede the ports of :: within a protocol.
 */
static void join_families(struct kps_engine_container *container)
{
    struct kps_engine_port *v = container->ports.v;
    uint32_t kept = 0;
    uint32_t v4 = 0;
    for (uint32_t i = 0; i < container->ports.n; i++) {
        bool is_v6 = v[i].addr.kind == KPS_ADDR_ANY6;
        while (is_v6 && v4 < kept &&
               (v[v4].protocol < v[i].protocol ||
                (v[v4].protocol == v[i].protocol &&
                 (v[v4].addr.kind != KPS_ADDR_ANY4 || v[v4].published < v[i].published)))) {
            v4++;
        }
        if (is_v6 && v4 < kept && v[v4].protocol == v[i].protocol &&
            v[v4].published == v[i].published && v[v4].target == v[i].target &&
            v[v4].width == v[i].width) {
            v[v4].addr.kind = KPS_ADDR_EVERY;
        } else {
            v[kept++] = v[i];
        }
    }
    container->ports.n = kept;
}

static void settle_ports(struct kps_engine_container *container)
{
    join_ports(container);
    join_families(container);
}

/* The arguments of a list's callbacks. */
struct reading {
    struct kps_arena *arena;
    void *list;
};

void kps_engine_containers_free(struct kps_engine_containers *containers)
{
    for (uint32_t i = 0; i < containers->list.n; i++) {
        struct kps_engine_container *container = &containers->list.v[i];
        kps_vec_free(&container->ports);
        kps_vec_free(&container->addresses);
        kps_vec_free(&container->networks);
        kps_vec_free(&container->bindings);
        kps_vec_free(&container->exposed);
    }
    kps_vec_free(&containers->list);
}

void kps_engine_networks_free(struct kps_engine_networks *networks)
{
    kps_vec_free(&networks->list);
}

void kps_engine_services_free(struct kps_engine_services *services)
{
    for (uint32_t i = 0; i < services->list.n; i++) {
        kps_vec_free(&services->list.v[i].ports);
    }
    kps_vec_free(&services->list);
}

bool kps_engine_is_bound(const struct kps_engine_container *container)
{
    return kps_sv_is_one_of(container->state, "running paused");
}

/* Ids go into paths of requests and into keys: only 64 hexadecimal digits are valid. */
static bool is_id(struct kps_sv id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (!kps_is_digit(id.p[i]) && !(id.p[i] >= 'a' && id.p[i] <= 'f')) {
            return false;
        }
    }
    return id.n == 64;
}

/* "/shop-web-1"; a name with a second slash is the alias of a linked container. */
static struct kps_sv read_name(struct kps_arena *arena, const json_t *names, struct kps_sv id)
{
    size_t i;
    const json_t *item;
    struct kps_sv best = {0};
    json_array_foreach(names, i, item)
    {
        struct kps_sv name = kps_json_field_view(item);
        if (kps_sv_has_head(name, "/")) {
            name = kps_sv_from(name, 1);
        }
        if (name.n && (!best.n || kps_sv_find(name, '/') == name.n)) {
            best = name;
        }
    }
    return kps_sv_copy(arena, best.n ? best : kps_sv_head(id, 12));
}

static void read_port(struct kps_arena *arena, struct kps_engine_container *container,
                      const json_t *item)
{
    struct kps_engine_port port = {
        .width = 1,
        .published = (uint16_t)kps_json_field_number(item, "PublicPort", UINT16_MAX),
        .target = (uint16_t)kps_json_field_number(item, "PrivatePort", UINT16_MAX)};
    const json_t *type = json_object_get(item, "Type");
    enum kps_protocol protocol = kps_protocol_or_tcp(kps_json_field_view(type));
    if (!port.published || !port.target || !protocol) {
        return; /* exposed only, or not a port that can be bound */
    }
    port.protocol = (uint8_t)protocol;
    (void)parse_address(kps_json_field_text(arena, item, "IP"), &port.addr);
    *kps_vec_push(&container->ports) = port;
}

static void read_labels(struct kps_arena *arena, const json_t *labels,
                        struct kps_engine_container *ret)
{
    ret->project = kps_json_field_text(arena, labels, "com.docker.compose.project");
    ret->service = kps_json_field_text(arena, labels, "com.docker.compose.service");
    ret->working_dir = kps_json_field_text(arena, labels, "com.docker.compose.project.working_dir");
    ret->config_files =
        kps_json_field_text(arena, labels, "com.docker.compose.project.config_files");
    ret->number = kps_json_field_number(labels, "com.docker.compose.container-number", INT32_MAX);
    ret->oneoff = kps_sv_is_one_of_nocase(
        kps_json_field_text(arena, labels, "com.docker.compose.oneoff"), "true");
    ret->swarm_service = kps_json_field_text(arena, labels, "com.docker.swarm.service.id");
    ret->systemd_unit = kps_json_field_text(arena, labels, "PODMAN_SYSTEMD_UNIT");
}

static void read_endpoints(struct kps_arena *arena, json_t *networks,
                           struct kps_engine_container *ret)
{
    static const char *const members[] = {"IPAddress", "GlobalIPv6Address"};
    for (void *at = json_object_iter(networks); at; at = json_object_iter_next(networks, at)) {
        const json_t *network = json_object_iter_value(at);
        kps_vec_add_text(&ret->networks.any,
                         kps_sv_copy(arena, kps_sv_of(json_object_iter_key(at))));
        for (size_t i = 0; i < KPS_COUNT(members); i++) {
            struct kps_addr addr;
            if (kps_addr_parse(kps_json_field_text(arena, network, members[i]), &addr)) {
                kps_vec_add_text(&ret->addresses.any, kps_addr_format(arena, &addr));
            }
        }
    }
}

/* The engine's words end in "(healthy)", "(unhealthy)" or "(health: starting)" where there is a
 * check. */
static struct kps_sv health_of(struct kps_sv status)
{
    if (kps_sv_has_tail(status, "(health: starting)")) {
        return SV("starting");
    }
    bool is_known = kps_sv_ends_with_any(status, "(healthy) (unhealthy)");
    size_t open = kps_sv_rfind(status, '(');
    return is_known ? kps_sv_slice(status, open + 1, status.n - 1) : (struct kps_sv){"", 0};
}

static void read_container(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_containers *containers = reading->list;
    struct kps_sv id = kps_json_field_text(reading->arena, item, "Id");
    if (!is_id(id)) {
        return;
    }
    struct kps_engine_container *container = kps_vec_push(&containers->list);
    container->id = id;
    container->name = read_name(reading->arena, json_object_get(item, "Names"), id);
    container->image = kps_json_field_text(reading->arena, item, "Image");
    container->state = kps_json_field_text(reading->arena, item, "State");
    container->status = kps_json_field_text(reading->arena, item, "Status");
    container->health = health_of(container->status);
    container->network_mode =
        kps_json_field_text(reading->arena, json_object_get(item, "HostConfig"), "NetworkMode");
    read_labels(reading->arena, json_object_get(item, "Labels"), container);
    read_endpoints(reading->arena,
                   json_object_get(json_object_get(item, "NetworkSettings"), "Networks"),
                   container);
    const json_t *ports = json_object_get(item, "Ports");
    size_t i;
    const json_t *port;
    json_array_foreach(ports, i, port)
    {
        read_port(reading->arena, container, port);
    }
    settle_ports(container);
}

/* The members that read_container uses. */
static const char CONTAINER_WANTS[] = "Id Names Image State Status Ports HostConfig{NetworkMode} "
                                      "NetworkSettings{Networks{*{IPAddress GlobalIPv6Address}}} "
                                      "Labels{com.docker.* PODMAN_SYSTEMD_UNIT}";

bool kps_engine_read_containers(struct kps_arena *arena, struct kps_sv json,
                                struct kps_engine_containers *containers, struct kps_sv *ret_why)
{
    struct reading reading = {arena, containers};
    return kps_json_field_each(arena, json, CONTAINER_WANTS, read_container, &reading, ret_why);
}

static void free_json(json_t **json)
{
    json_decref(*json);
}

/* "8080", "8000-8010", "" and "0" (any). Return: false for anything else, which the engine refuses
 * as well. */
static bool read_host_port(struct kps_sv text, struct kps_engine_binding *ret)
{
    struct kps_port_range range = {0, 0};
    if (text.n && (!kps_port_range_parse(text, '-', &range) || (!range.first && range.last))) {
        return false;
    }
    ret->first = range.first;
    ret->last = range.last;
    return true;
}

static void read_binding(struct kps_arena *arena, struct kps_engine_container *container,
                         struct kps_sv key, const json_t *item)
{
    struct kps_engine_binding binding = {0};
    if (!parse_port(key, &binding.target, &binding.protocol) ||
        !read_host_port(kps_json_field_text(arena, item, "HostPort"), &binding)) {
        return;
    }
    binding.unreadable_host =
        !parse_address(kps_json_field_text(arena, item, "HostIp"), &binding.addr);
    *kps_vec_push(&container->bindings) = binding;
}

/* A bound port: HostPort is a single number. */
static void read_bound(struct kps_arena *arena, struct kps_engine_container *container,
                       struct kps_sv key, const json_t *item)
{
    struct kps_engine_port port = {
        .width = 1, .published = (uint16_t)kps_json_field_number(item, "HostPort", UINT16_MAX)};
    if (port.published && parse_port(key, &port.target, &port.protocol)) {
        (void)parse_address(kps_json_field_text(arena, item, "HostIp"), &port.addr);
        *kps_vec_push(&container->ports) = port;
    }
}

/*
 * PortBindings and Ports have the same form: {"80/tcp": [{"HostIp": …, "HostPort": …}], "81/tcp":
 * null}.
 */
typedef void read_port_fn(struct kps_arena *arena, struct kps_engine_container *container,
                          struct kps_sv key, const json_t *item);

static void read_port_map(struct kps_arena *arena, struct kps_engine_container *container,
                          json_t *map, read_port_fn *reader)
{
    for (void *at = json_object_iter(map); at; at = json_object_iter_next(map, at)) {
        const json_t *list = json_object_iter_value(at);
        size_t i;
        const json_t *item;
        json_array_foreach(list, i, item)
        {
            reader(arena, container, kps_sv_of(json_object_iter_key(at)), item);
        }
    }
}

/*
 * Read the bound ports again. Podman's list leaves out all but the first port of a range, and
 * repeats the ports of a container for containers that joined its network.
 */
static void read_actual_ports(struct kps_arena *arena, struct kps_engine_container *container,
                              json_t *ports)
{
    if (!json_is_object(ports)) {
        return;
    }
    container->ports.n = 0;
    if (!kps_sv_has_head(container->network_mode, "container:")) {
        read_port_map(arena, container, ports, read_bound);
        settle_ports(container);
    }
}

static void read_exposed(struct kps_engine_container *container, json_t *exposed)
{
    for (void *at = json_object_iter(exposed); at; at = json_object_iter_next(exposed, at)) {
        struct kps_engine_exposed port = {0};
        if (parse_port(kps_sv_of(json_object_iter_key(at)), &port.target, &port.protocol)) {
            *kps_vec_push(&container->exposed) = port;
        }
    }
}

/* Go's zero time stands for "never". */
static struct kps_sv read_time(struct kps_arena *arena, const json_t *state, const char *member)
{
    struct kps_sv time = kps_json_field_text(arena, state, member);
    return kps_sv_has_head(time, "0001-01-01T") ? (struct kps_sv){"", 0} : time;
}

bool kps_engine_read_inspection(struct kps_arena *arena, struct kps_sv json,
                                struct kps_engine_container *container, struct kps_sv *ret_why)
{
    json_t *root KPS_CLEANUP(free_json) = kps_json_field_parse(arena, json, ret_why);
    if (!root) {
        return false;
    }
    const json_t *state = json_object_get(root, "State");
    const json_t *host_config = json_object_get(root, "HostConfig");
    if (!json_is_object(state) || !json_is_object(host_config)) {
        *ret_why = SV("does not describe a container");
        return false;
    }
    struct kps_sv health = kps_json_field_text(arena, json_object_get(state, "Health"), "Status");
    struct kps_sv mode = kps_json_field_text(arena, host_config, "NetworkMode");
    container->inspected = true;
    container->restart_policy =
        kps_json_field_text(arena, json_object_get(host_config, "RestartPolicy"), "Name");
    container->restart_count = kps_json_field_number(root, "RestartCount", UINT32_MAX);
    container->health = kps_sv_is(health, "none") ? (struct kps_sv){"", 0} : health;
    struct kps_sv now = kps_json_field_text(arena, state, "Status");
    container->network_mode = mode.n ? mode : container->network_mode;
    container->state =
        now.n ? now : container->state; /* started or stopped since the list, perhaps */
    container->since =
        read_time(arena, state, kps_engine_is_bound(container) ? "StartedAt" : "FinishedAt");
    container->start_error = kps_engine_is_bound(container)
                                 ? (struct kps_sv){"", 0}
                                 : kps_json_field_text(arena, state, "Error");
    container->publish_all = kps_json_field_is_true(host_config, "PublishAllPorts");
    container->pid = kps_json_field_number(state, "Pid", INT32_MAX);
    read_port_map(arena, container, json_object_get(host_config, "PortBindings"), read_binding);
    if (kps_engine_is_bound(container)) {
        read_actual_ports(arena, container,
                          json_object_get(json_object_get(root, "NetworkSettings"), "Ports"));
    }
    read_exposed(container, json_object_get(json_object_get(root, "Config"), "ExposedPorts"));
    return true;
}

/* Find the column of a title; the number of titles: there is none. */
static size_t find_column(const json_t *titles, const char *title, const char *other)
{
    size_t i;
    const json_t *name;
    json_array_foreach(titles, i, name)
    {
        struct kps_sv text = kps_json_field_view(name);
        if (kps_sv_is(text, title) || kps_sv_is(text, other)) {
            break;
        }
    }
    return i;
}

bool kps_engine_read_top(struct kps_arena *arena, struct kps_sv json,
                         struct kps_engine_container *container, struct kps_sv *ret_why)
{
    json_t *root KPS_CLEANUP(free_json) = kps_json_field_parse(arena, json, ret_why);
    const json_t *titles = json_object_get(root, "Titles");
    const json_t *rows = json_object_get(root, "Processes");
    size_t command = find_column(titles, "CMD", "COMMAND");
    size_t pid = find_column(titles, "PID", "HPID");
    if (!root) {
        return false;
    }
    if (command >= json_array_size(titles) || pid >= json_array_size(titles)) {
        *ret_why = SV("does not list processes");
        return false;
    }
    struct kps_buf *out = kps_buf_new(arena);
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
    {
        const json_t *words = json_array_get(row, command);
        const json_t *number = json_array_get(row, pid);
        struct kps_sv line = kps_json_field_view(words);
        struct kps_sv digits = kps_json_field_view(number);
        if (i < KPS_ENGINE_PROCESSES && line.n && digits.n) {
            line = kps_secret_mask(arena, kps_sv_head(line, MOST_COMMAND_BYTES));
            kps_buf_fmt(out, "%s%.*s (pid %.*s)", out->n ? ", " : "", SV_ARG(line), SV_ARG(digits));
        }
    }
    container->processes = kps_buf_sv(out);
    return true;
}

bool kps_engine_read_image(struct kps_arena *arena, struct kps_sv json,
                           struct kps_engine_container *container, struct kps_sv *ret_why)
{
    json_t *root KPS_CLEANUP(free_json) = kps_json_field_parse(arena, json, ret_why);
    if (root) {
        read_exposed(container, json_object_get(json_object_get(root, "Config"), "ExposedPorts"));
    }
    return root != NULL;
}

static bool is_routed(struct kps_arena *arena, const json_t *options, const char *option)
{
    return kps_sv_is(kps_json_field_text(arena, options, option), "routed");
}

static void read_network(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_networks *networks = reading->list;
    struct kps_sv name = kps_json_field_text(reading->arena, item, "Name");
    if (!name.n) {
        return;
    }
    const json_t *options = json_object_get(item, "Options");
    struct kps_sv driver = kps_json_field_text(reading->arena, item, "Driver");
    *kps_vec_push(&networks->list) = (struct kps_network){
        .name = name,
        .host_binding = kps_json_field_text(reading->arena, options, KPS_NETWORK_HOST_BINDING),
        .publishes = !kps_json_field_is_true(item, "Internal") &&
                     !kps_sv_is_one_of(driver, "macvlan ipvlan null"),
        .routes4 = is_routed(reading->arena, options, KPS_NETWORK_GATEWAY_MODE4),
        .routes6 = is_routed(reading->arena, options, KPS_NETWORK_GATEWAY_MODE6),
    };
}

bool kps_engine_read_networks(struct kps_arena *arena, struct kps_sv json,
                              struct kps_engine_networks *networks, struct kps_sv *ret_why)
{
    struct reading reading = {arena, networks};
    return kps_json_field_each(arena, json, "", read_network, &reading, ret_why);
}

bool kps_engine_read_gateway(struct kps_arena *arena, struct kps_sv json,
                             struct kps_engine_containers *containers, struct kps_sv *ret_why)
{
    static const char *const members[] = {"IPv4Address", "IPv6Address"};
    json_t *root KPS_CLEANUP(free_json) = kps_json_field_parse(arena, json, ret_why);
    const json_t *endpoints = json_object_get(root, "Containers");
    for (uint32_t i = 0; i < containers->list.n; i++) {
        struct kps_engine_container *container = &containers->list.v[i];
        const json_t *endpoint = json_object_get(endpoints, container->id.p);
        for (size_t k = 0; endpoint && k < KPS_COUNT(members); k++) {
            struct kps_sv text =
                kps_json_field_text(arena, endpoint, members[k]); /* "172.23.0.5/16" */
            struct kps_addr addr;
            if (kps_addr_parse(kps_sv_before(text, '/'), &addr)) {
                kps_vec_add_text(&container->addresses.any, kps_addr_format(arena, &addr));
            }
        }
    }
    return root != NULL;
}

static void read_service_port(struct kps_engine_service *service, const json_t *item)
{
    struct kps_engine_service_port port = {
        .published = (uint16_t)kps_json_field_number(item, "PublishedPort", UINT16_MAX),
        .target = (uint16_t)kps_json_field_number(item, "TargetPort", UINT16_MAX),
    };
    const json_t *mode = json_object_get(item, "PublishMode");
    const json_t *name = json_object_get(item, "Protocol");
    enum kps_protocol protocol = kps_protocol_or_tcp(kps_json_field_view(name));
    if (!port.published || !protocol) {
        return;
    }
    port.protocol = (uint8_t)protocol;
    port.host_mode = kps_sv_is(kps_json_field_view(mode), "host");
    *kps_vec_push(&service->ports) = port;
}

static void read_service(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_services *services = reading->list;
    const json_t *spec = json_object_get(item, "Spec");
    struct kps_sv id = kps_json_field_text(reading->arena, item, "ID");
    if (!id.n) {
        return;
    }
    struct kps_engine_service *service = kps_vec_push(&services->list);
    service->id = id;
    service->name = kps_json_field_text(reading->arena, spec, "Name");
    service->name = service->name.n ? service->name : id;
    service->stack = kps_json_field_text(reading->arena, json_object_get(spec, "Labels"),
                                         "com.docker.stack.namespace");
    /* Endpoint has the ports chosen for the service; Spec only the requested ones. */
    const json_t *ports = json_object_get(json_object_get(item, "Endpoint"), "Ports");
    size_t i;
    const json_t *port;
    json_array_foreach(ports, i, port)
    {
        read_service_port(service, port);
    }
}

bool kps_engine_read_services(struct kps_arena *arena, struct kps_sv json,
                              struct kps_engine_services *services, struct kps_sv *ret_why)
{
    struct reading reading = {arena, services};
    return kps_json_field_each(arena, json, "", read_service, &reading, ret_why);
}

struct kps_sv kps_engine_read_text(struct kps_arena *arena, struct kps_sv json, const char *member)
{
    struct kps_sv unused = {0};
    json_t *root KPS_CLEANUP(free_json) = kps_json_field_parse(arena, json, &unused);
    return kps_json_field_text(arena, root, member);
}
