#include <jansson.h>
#include <time.h>

#include "report/json_parts.h"

static void set_known(struct kps_json *json, json_t *object, const char *key, struct kps_sv text)
{
    kps_json_set(object, key, kps_json_known(json, text));
}

/* Object, container and port name of a Kubernetes owner. */
static void set_object(struct kps_json *json, json_t *object, const struct kps_object_facts *facts)
{
    json_t *ref = json_object();
    kps_json_set(object, "object", ref);
    set_known(json, ref, "api_version", facts->object->api_version);
    set_known(json, ref, "kind", facts->object->kind);
    set_known(json, ref, "namespace", facts->object->namespace);
    set_known(json, ref, "name", facts->object->name);
    set_known(json, object, "container", facts->container);
    set_known(json, object, "port_name", facts->port_name);
}

static void set_container(struct kps_json *json, json_t *object,
                          const struct kps_container_facts *facts)
{
    set_known(json, object, "id", facts->id);
    set_known(json, object, "image", facts->image);
    set_known(json, object, "state", facts->state);
    set_known(json, object, "health", facts->health);
    set_known(json, object, "since", facts->since);
    set_known(json, object, "restart_policy", facts->restart_policy);
    set_known(json, object, "network_mode", facts->network_mode);
    if (facts->compose_project.n == 0) {
        kps_json_set(object, "compose", json_null());
        return;
    }
    json_t *compose = json_object();
    kps_json_set(object, "compose", compose);
    set_known(json, compose, "project", facts->compose_project);
    set_known(json, compose, "service", facts->compose_service);
    set_known(json, compose, "working_dir", facts->compose_working_dir);
    set_known(json, compose, "config_files", facts->compose_config_files);
}

static json_t *parents_of(struct kps_json *json, const struct kps_process_facts *facts)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < facts->n_parents; i++) {
        json_t *parent = json_object();
        kps_json_set(parent, "pid", json_integer(facts->parents[i].pid));
        set_known(json, parent, "name", facts->parents[i].name);
        kps_json_push(list, parent);
    }
    return list;
}

/* RFC 3339 in UTC, as an engine writes it. */
static struct kps_sv snapshot(struct kps_arena *arena, int64_t seconds)
{
    struct tm at;
    time_t when = (time_t)seconds;
    char text[sizeof("-2147483648-01-01T00:00:00Z")];
    if (seconds <= 0 || !gmtime_r(&when, &at)) {
        return (struct kps_sv){"", 0};
    }
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &at);
    return kps_sv_copy(arena, (struct kps_sv){text, n});
}

/* What a machine's sockets tell of who holds them; also of those that no process has. */
static void set_process(struct kps_json *json, json_t *object,
                        const struct kps_process_facts *facts)
{
    const char *hidden = kps_hidden_name(facts->hidden);
    kps_json_set(object, "pid", facts->pid ? json_integer(facts->pid) : json_null());
    set_known(json, object, "cmdline", facts->cmdline);
    set_known(json, object, "user", facts->user);
    kps_json_set(object, "uid", facts->has_uid ? json_integer(facts->uid) : json_null());
    set_known(json, object, "unit", facts->unit);
    set_known(json, object, "socket_unit", facts->socket_unit);
    set_known(json, object, "container", facts->container);
    set_known(json, object, "manager", facts->manager);
    set_known(json, object, "terminal", facts->terminal);
    set_known(json, object, "cwd", facts->cwd);
    set_known(json, object, "since", snapshot(json->scratch, facts->started));
    kps_json_set(object, "parents", parents_of(json, facts));
    kps_json_set(object, "hidden", hidden ? json_string(hidden) : json_null());
    set_known(json, object, "what", facts->what);
}

void kps_json_set_owner(struct kps_json *json, json_t *object, kps_owner_id id)
{
    const struct kps_owner *owner = id ? kps_ledger_get_owner(json->ledger, id) : NULL;
    enum kps_owner_kind kind = owner ? owner->kind : KPS_OWNER_UNKNOWN;
    /* That it is a process is known also of the one that is hidden. */
    const struct kps_process_facts *facts =
        kind == KPS_OWNER_UNKNOWN && owner ? kps_process_facts_of(owner) : NULL;
    bool is_hidden = facts && facts->hidden == KPS_HIDDEN_PERMISSION;
    kps_json_set(object, "kind",
                 json_string(kps_owner_kind_name(is_hidden ? KPS_OWNER_PROCESS : kind)));
    if (!owner) {
        return;
    }
    if (kind == KPS_OWNER_COMPOSE_SERVICE) {
        set_known(json, object, "project", owner->group);
    }
    set_known(json, object, "name", owner->name);
    switch (kind) {
    case KPS_OWNER_COMPOSE_SERVICE:
    case KPS_OWNER_QUADLET:
    case KPS_OWNER_SOCKET_UNIT:
        break;
    case KPS_OWNER_KIND_NODE:
    case KPS_OWNER_K3D_NODE:
        set_known(json, object, "cluster", owner->group);
        break;
    case KPS_OWNER_CONTAINER:
        set_container(json, object, owner->facts);
        break;
    case KPS_OWNER_PROCESS:
    case KPS_OWNER_KERNEL:
    case KPS_OWNER_UNKNOWN:
        set_process(json, object, owner->facts);
        break;
    case KPS_OWNER_K8S_CONTAINER:
    case KPS_OWNER_K8S_WORKLOAD:
    case KPS_OWNER_K8S_SERVICE:
        set_object(json, object, owner->facts);
        break;
    case KPS_OWNER_SWARM_SERVICE:
        set_known(json, object, "stack", owner->group);
        break;
    }
}
