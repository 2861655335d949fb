#include <jansson.h>

#include "docker/engine_ports.h"
#include "docker/json_field.h"

static void close_json(json_t **json)
{
    json_decref(*json);
}

struct reading {
    struct kps_arena *arena;
    void *list;
};

/* "8080", "8000-8010", "" and "0" (any). Return: false for anything else, which the engine refuses
 * as well. */
static bool read_host_port(struct kps_sv text, struct kps_engine_binding *ret)
{
    unsigned long long first = 0;
    unsigned long long last = 0;
    size_t dash = kps_sv_find(text, '-');
    if (text.n && !kps_sv_u64(kps_sv_slice(text, 0, dash), UINT16_MAX, &first)) {
        return false;
    }
    last = first;
    if (dash < text.n && !kps_sv_u64(kps_sv_from(text, dash + 1), UINT16_MAX, &last)) {
        return false;
    }
    if (first > last || (first == 0 && last > 0)) {
        return false;
    }
    ret->first = (uint16_t)first;
    ret->last = (uint16_t)last;
    return true;
}

static void read_binding(struct kps_arena *arena, struct kps_engine_container *container,
                         struct kps_sv key, const json_t *item)
{
    struct kps_engine_binding binding = {0};
    if (!kps_engine_parse_port(key, &binding.target, &binding.protocol) ||
        !read_host_port(kps_engine_json_text(arena, item, "HostPort"), &binding)) {
        return;
    }
    binding.unreadable_host =
        !kps_engine_parse_address(kps_engine_json_text(arena, item, "HostIp"), &binding.addr);
    *kps_vec_push(&container->bindings) = binding;
}

/* A port that is bound now: HostPort is one number. */
static void read_bound(struct kps_arena *arena, struct kps_engine_container *container,
                       struct kps_sv key, const json_t *item)
{
    struct kps_engine_port port = {
        .width = 1, .published = (uint16_t)kps_engine_json_number(item, "HostPort", UINT16_MAX)};
    if (port.published && kps_engine_parse_port(key, &port.target, &port.protocol)) {
        (void)kps_engine_parse_address(kps_engine_json_text(arena, item, "HostIp"), &port.addr);
        *kps_vec_push(&container->ports) = port;
    }
}

/* PortBindings and Ports have one form: {"80/tcp": [{"HostIp": …, "HostPort": …}], "81/tcp": null}.
 */
typedef void port_reader(struct kps_arena *arena, struct kps_engine_container *container,
                         struct kps_sv key, const json_t *item);

static void read_port_map(struct kps_arena *arena, struct kps_engine_container *container,
                          json_t *map, port_reader *reader)
{
    const char *key;
    json_t *list;
    json_object_foreach(map, key, list)
    {
        size_t i;
        const json_t *item;
        json_array_foreach(list, i, item)
        {
            reader(arena, container, kps_sv_of(key), item);
        }
    }
}

/*
 * What is bound now, which the list has as well; but Podman's list leaves out all but the first
 * port of a range, and repeats the ports of a container for those that joined its network.
 */
static void read_actual_ports(struct kps_arena *arena, struct kps_engine_container *container,
                              json_t *ports)
{
    if (!json_is_object(ports)) {
        return;
    }
    container->ports.n = 0;
    if (!kps_sv_starts(container->network_mode, SV("container:"))) {
        read_port_map(arena, container, ports, read_bound);
        kps_engine_settle_ports(container);
    }
}

static void read_exposed(struct kps_engine_container *container, json_t *exposed)
{
    const char *key;
    const json_t *unused;
    json_object_foreach(exposed, key, unused)
    {
        struct kps_engine_exposed port = {0};
        if (kps_engine_parse_port(kps_sv_of(key), &port.target, &port.protocol)) {
            *kps_vec_push(&container->exposed) = port;
        }
    }
}

/* Go's zero time stands for "never". */
static struct kps_sv read_time(struct kps_arena *arena, const json_t *state, const char *member)
{
    struct kps_sv time = kps_engine_json_text(arena, state, member);
    return kps_sv_starts(time, SV("0001-01-01T")) ? (struct kps_sv){"", 0} : time;
}

bool kps_engine_read_inspection(struct kps_arena *arena, struct kps_sv json,
                                struct kps_engine_container *container, struct kps_sv *ret_why)
{
    json_t *root KPS_CLEANUP(close_json) = kps_engine_json_parse(arena, json, ret_why);
    if (!root) {
        return false;
    }
    const json_t *state = json_object_get(root, "State");
    const json_t *host_config = json_object_get(root, "HostConfig");
    if (!json_is_object(state) || !json_is_object(host_config)) {
        *ret_why = SV("does not describe a container");
        return false;
    }
    struct kps_sv health = kps_engine_json_text(arena, json_object_get(state, "Health"), "Status");
    struct kps_sv mode = kps_engine_json_text(arena, host_config, "NetworkMode");
    container->inspected = true;
    container->restart_policy =
        kps_engine_json_text(arena, json_object_get(host_config, "RestartPolicy"), "Name");
    container->health = kps_sv_eq(health, SV("none")) ? (struct kps_sv){"", 0} : health;
    struct kps_sv now = kps_engine_json_text(arena, state, "Status");
    container->network_mode = mode.n ? mode : container->network_mode;
    container->state =
        now.n ? now : container->state; /* it may have been started or stopped since the list */
    container->since =
        read_time(arena, state, kps_engine_is_bound(container) ? "StartedAt" : "FinishedAt");
    container->publish_all = kps_engine_json_is_true(host_config, "PublishAllPorts");
    container->pid = kps_engine_json_number(state, "Pid", INT32_MAX);
    read_port_map(arena, container, json_object_get(host_config, "PortBindings"), read_binding);
    if (kps_engine_is_bound(container)) {
        read_actual_ports(arena, container,
                          json_object_get(json_object_get(root, "NetworkSettings"), "Ports"));
    }
    read_exposed(container, json_object_get(json_object_get(root, "Config"), "ExposedPorts"));
    return true;
}

bool kps_engine_read_image(struct kps_arena *arena, struct kps_sv json,
                           struct kps_engine_container *container, struct kps_sv *ret_why)
{
    json_t *root KPS_CLEANUP(close_json) = kps_engine_json_parse(arena, json, ret_why);
    if (root) {
        read_exposed(container, json_object_get(json_object_get(root, "Config"), "ExposedPorts"));
    }
    return root != NULL;
}

static void read_network(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_networks *networks = reading->list;
    struct kps_sv name = kps_engine_json_text(reading->arena, item, "Name");
    if (!name.n) {
        return;
    }
    *kps_vec_push(&networks->list) = (struct kps_engine_network){
        .name = name,
        .driver = kps_engine_json_text(reading->arena, item, "Driver"),
        .host_binding = kps_engine_json_text(reading->arena, json_object_get(item, "Options"),
                                             "com.docker.network.bridge.host_binding_ipv4"),
        .internal = kps_engine_json_is_true(item, "Internal"),
    };
}

bool kps_engine_read_networks(struct kps_arena *arena, struct kps_sv json,
                              struct kps_engine_networks *networks, struct kps_sv *ret_why)
{
    struct reading reading = {arena, networks};
    return kps_engine_json_each(arena, json, NULL, read_network, &reading, ret_why);
}

bool kps_engine_read_gateway(struct kps_arena *arena, struct kps_sv json,
                             struct kps_engine_containers *containers, struct kps_sv *ret_why)
{
    static const char *const members[] = {"IPv4Address", "IPv6Address"};
    json_t *root KPS_CLEANUP(close_json) = kps_engine_json_parse(arena, json, ret_why);
    const json_t *endpoints = json_object_get(root, "Containers");
    for (uint32_t i = 0; i < containers->list.n; i++) {
        struct kps_engine_container *container = &containers->list.v[i];
        const json_t *endpoint = json_object_get(endpoints, container->id.p);
        for (size_t k = 0; endpoint && k < KPS_COUNT(members); k++) {
            struct kps_sv text =
                kps_engine_json_text(arena, endpoint, members[k]); /* "172.23.0.5/16" */
            struct kps_addr addr;
            if (kps_addr_parse(kps_sv_slice(text, 0, kps_sv_find(text, '/')), &addr)) {
                *kps_vec_push(&container->addresses) = kps_addr_format(arena, &addr);
            }
        }
    }
    return root != NULL;
}

static void read_service_port(struct kps_engine_service *service, const json_t *item)
{
    struct kps_engine_service_port port = {
        .published = (uint16_t)kps_engine_json_number(item, "PublishedPort", UINT16_MAX),
        .target = (uint16_t)kps_engine_json_number(item, "TargetPort", UINT16_MAX),
    };
    const json_t *mode = json_object_get(item, "PublishMode");
    const json_t *name = json_object_get(item, "Protocol");
    struct kps_sv text = {json_string_value(name), json_string_length(name)};
    enum kps_protocol protocol = KPS_TCP;
    if (!port.published || (text.n && !kps_protocol_parse(text, &protocol))) {
        return;
    }
    port.protocol = (uint8_t)protocol;
    port.host_mode =
        kps_sv_eq((struct kps_sv){json_string_value(mode), json_string_length(mode)}, SV("host"));
    *kps_vec_push(&service->ports) = port;
}

static void read_service(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_services *services = reading->list;
    const json_t *spec = json_object_get(item, "Spec");
    struct kps_sv id = kps_engine_json_text(reading->arena, item, "ID");
    if (!id.n) {
        return;
    }
    struct kps_engine_service *service = kps_vec_push(&services->list);
    service->id = id;
    service->name = kps_engine_json_text(reading->arena, spec, "Name");
    service->name = service->name.n ? service->name : id;
    service->stack = kps_engine_json_text(reading->arena, json_object_get(spec, "Labels"),
                                          "com.docker.stack.namespace");
    /* Endpoint has the ports that were chosen for the service; Spec only those that were asked for.
     */
    size_t i;
    const json_t *port;
    json_array_foreach(json_object_get(json_object_get(item, "Endpoint"), "Ports"), i, port)
    {
        read_service_port(service, port);
    }
}

bool kps_engine_read_services(struct kps_arena *arena, struct kps_sv json,
                              struct kps_engine_services *services, struct kps_sv *ret_why)
{
    struct reading reading = {arena, services};
    return kps_engine_json_each(arena, json, NULL, read_service, &reading, ret_why);
}

struct kps_sv kps_engine_read_text(struct kps_arena *arena, struct kps_sv json, const char *member)
{
    struct kps_sv unused = {0};
    json_t *root KPS_CLEANUP(close_json) = kps_engine_json_parse(arena, json, &unused);
    return kps_engine_json_text(arena, root, member);
}
