#include "docker/engine_json.h"

#include <jansson.h>

#include "docker/engine_ports.h"
#include "docker/json_field.h"

/* What the callbacks of one list share. */
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
    return kps_sv_eq(container->state, SV("running")) || kps_sv_eq(container->state, SV("paused"));
}

/* Ids go into paths of requests and into keys: nothing but 64 hexadecimal digits is one. */
static bool is_id(struct kps_sv id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (!kps_is_digit(id.p[i]) && !(id.p[i] >= 'a' && id.p[i] <= 'f')) {
            return false;
        }
    }
    return id.n == 64;
}

/* "/shop-web-1"; names with a second slash are those under which a linked container knows this one.
 */
static struct kps_sv read_name(struct kps_arena *arena, const json_t *names, struct kps_sv id)
{
    size_t i;
    const json_t *item;
    struct kps_sv best = {0};
    json_array_foreach(names, i, item)
    {
        struct kps_sv name = {json_string_value(item), json_string_length(item)};
        if (kps_sv_starts(name, SV("/"))) {
            name = kps_sv_from(name, 1);
        }
        if (name.n && (!best.n || kps_sv_find(name, '/') == name.n)) {
            best = name;
        }
    }
    return kps_sv_copy(arena, best.n ? best : kps_sv_slice(id, 0, 12));
}

static void read_port(struct kps_arena *arena, struct kps_engine_container *container,
                      const json_t *item)
{
    struct kps_engine_port port = {
        .width = 1,
        .published = (uint16_t)kps_engine_json_number(item, "PublicPort", UINT16_MAX),
        .target = (uint16_t)kps_engine_json_number(item, "PrivatePort", UINT16_MAX)};
    const json_t *type = json_object_get(item, "Type");
    enum kps_protocol protocol = KPS_TCP;
    struct kps_sv name = {json_string_value(type), json_string_length(type)};
    if (!port.published || !port.target || (name.n && !kps_protocol_parse(name, &protocol))) {
        return; /* exposed only, or nothing that can be bound */
    }
    port.protocol = (uint8_t)protocol;
    (void)kps_engine_parse_address(kps_engine_json_text(arena, item, "IP"), &port.addr);
    *kps_vec_push(&container->ports) = port;
}

static void read_labels(struct kps_arena *arena, const json_t *labels,
                        struct kps_engine_container *ret)
{
    ret->project = kps_engine_json_text(arena, labels, "com.docker.compose.project");
    ret->service = kps_engine_json_text(arena, labels, "com.docker.compose.service");
    ret->working_dir =
        kps_engine_json_text(arena, labels, "com.docker.compose.project.working_dir");
    ret->config_files =
        kps_engine_json_text(arena, labels, "com.docker.compose.project.config_files");
    ret->number = kps_engine_json_number(labels, "com.docker.compose.container-number", INT32_MAX);
    ret->oneoff = kps_sv_eq_nocase(kps_engine_json_text(arena, labels, "com.docker.compose.oneoff"),
                                   SV("true"));
    ret->swarm_service = kps_engine_json_text(arena, labels, "com.docker.swarm.service.id");
}

static void read_endpoints(struct kps_arena *arena, json_t *networks,
                           struct kps_engine_container *ret)
{
    static const char *const members[] = {"IPAddress", "GlobalIPv6Address"};
    const char *name;
    json_t *network;
    json_object_foreach(networks, name, network)
    {
        *kps_vec_push(&ret->networks) = kps_sv_copy(arena, kps_sv_of(name));
        for (size_t i = 0; i < KPS_COUNT(members); i++) {
            struct kps_addr addr;
            if (kps_addr_parse(kps_engine_json_text(arena, network, members[i]), &addr)) {
                *kps_vec_push(&ret->addresses) = kps_addr_format(arena, &addr);
            }
        }
    }
}

/* The engine's words end in "(healthy)", "(unhealthy)" or "(health: starting)" where there is a
 * check. */
static struct kps_sv health_of(struct kps_sv status)
{
    static const struct {
        struct kps_sv words, health;
    } known[] = {{SV_LIT("(healthy)"), SV_LIT("healthy")},
                 {SV_LIT("(unhealthy)"), SV_LIT("unhealthy")},
                 {SV_LIT("(health: starting)"), SV_LIT("starting")}};
    for (size_t i = 0; i < KPS_COUNT(known); i++) {
        if (kps_sv_ends(status, known[i].words)) {
            return known[i].health;
        }
    }
    return (struct kps_sv){"", 0};
}

static void read_container(void *context, const json_t *item)
{
    struct reading *reading = context;
    struct kps_engine_containers *containers = reading->list;
    struct kps_sv id = kps_engine_json_text(reading->arena, item, "Id");
    if (!is_id(id)) {
        return;
    }
    struct kps_engine_container *container = kps_vec_push(&containers->list);
    container->id = id;
    container->name = read_name(reading->arena, json_object_get(item, "Names"), id);
    container->image = kps_engine_json_text(reading->arena, item, "Image");
    container->state = kps_engine_json_text(reading->arena, item, "State");
    container->status = kps_engine_json_text(reading->arena, item, "Status");
    container->health = health_of(container->status);
    container->network_mode =
        kps_engine_json_text(reading->arena, json_object_get(item, "HostConfig"), "NetworkMode");
    read_labels(reading->arena, json_object_get(item, "Labels"), container);
    read_endpoints(reading->arena,
                   json_object_get(json_object_get(item, "NetworkSettings"), "Networks"),
                   container);
    size_t i;
    const json_t *port;
    json_array_foreach(json_object_get(item, "Ports"), i, port)
    {
        read_port(reading->arena, container, port);
    }
    kps_engine_settle_ports(container);
}

/* What read_container looks at. */
static const struct kps_engine_json_want of_label[] = {
    {.name = "com.docker.compose.project"},
    {.name = "com.docker.compose.service"},
    {.name = "com.docker.compose.project.working_dir"},
    {.name = "com.docker.compose.project.config_files"},
    {.name = "com.docker.compose.container-number"},
    {.name = "com.docker.compose.oneoff"},
    {.name = "com.docker.swarm.service.id"},
    {0},
};
static const struct kps_engine_json_want of_network[] = {
    {.name = "IPAddress"}, {.name = "GlobalIPv6Address"}, {0}};
static const struct kps_engine_json_want of_networks[] = {{.every = true, .members = of_network},
                                                          {0}};
static const struct kps_engine_json_want of_settings[] = {
    {.name = "Networks", .members = of_networks}, {0}};
static const struct kps_engine_json_want of_host_config[] = {{.name = "NetworkMode"}, {0}};
static const struct kps_engine_json_want of_container[] = {
    {.name = "Id"},
    {.name = "Names"},
    {.name = "Image"},
    {.name = "State"},
    {.name = "Status"},
    {.name = "Ports"},
    {.name = "Labels", .members = of_label},
    {.name = "HostConfig", .members = of_host_config},
    {.name = "NetworkSettings", .members = of_settings},
    {0},
};

bool kps_engine_read_containers(struct kps_arena *arena, struct kps_sv json,
                                struct kps_engine_containers *containers, struct kps_sv *ret_why)
{
    struct reading reading = {arena, containers};
    return kps_engine_json_each(arena, json, of_container, read_container, &reading, ret_why);
}
