#include "kube/live.h"

#include <string.h>

#include "kube/hostip.h"
#include "kube/live_items.h"
#include "kube/live_json.h"
#include "kube/scalar.h"
#include "kube/tree.h"

/* Nodes to copy of a tree; a larger tree counts as changed. */
enum { MOST_COPIED = 20000 };

static const struct kps_ynode *resolve_node(const struct kps_ynode *node)
{
    return node ? kps_ynode_resolve(node) : NULL;
}

static const struct kps_ynode *copy_tree(struct kps_kube *kube, const struct kps_ynode *node,
                                         uint32_t *budget)
{
    node = resolve_node(node);
    if (!node || *budget == 0) {
        *budget = 0;
        return NULL;
    }
    --*budget;
    struct kps_ynode *copy = KPS_NEW(kube->arena, struct kps_ynode);
    *copy = *node;
    if (node->kind == KPS_Y_SCALAR) {
        struct kps_sv text = kps_kube_keep(kube, kps_ynode_text(node));
        copy->flags = 0;
        copy->text = text.p;
        copy->n = (uint32_t)text.n;
        return copy;
    }
    struct kps_yedge *edges = KPS_NEW_N(kube->arena, struct kps_yedge, (size_t)node->n + 1);
    for (uint32_t i = 0; i < node->n; i++) {
        edges[i].key = node->edges[i].key ? copy_tree(kube, node->edges[i].key, budget) : NULL;
        edges[i].val = copy_tree(kube, node->edges[i].val, budget);
    }
    copy->edges = edges;
    return *budget ? copy : NULL;
}

const struct kps_ynode *kps_live_keep_root(struct kps_kube *kube, const struct kps_ynode *root)
{
    uint32_t budget = MOST_COPIED;
    return copy_tree(kube, root, &budget);
}

/* Return the template of a workload's object (root of its document), and its spec. */
static const struct kps_ynode *find_template(const struct kps_ynode *root)
{
    return kps_tree_get(root, "spec.template");
}

static bool is_scalar_same(const struct kps_ynode *a, const struct kps_ynode *b)
{
    struct kps_kube_scalar left = kps_kube_scalar(a);
    struct kps_kube_scalar right = kps_kube_scalar(b);
    if (left.type == KPS_T_INT && right.type == KPS_T_INT) {
        return left.integer == right.integer;
    }
    return kps_sv_eq(kps_ynode_text(a), kps_ynode_text(b));
}

static bool is_empty(const struct kps_ynode *node)
{
    return !node || kps_tree_is_null(node) || (node->kind != KPS_Y_SCALAR && node->n == 0);
}

/* Return the number that a resource quantity stands for, in thousandths; 0: none. */
static int64_t read_quantity(struct kps_sv text)
{
    static const struct {
        const char *suffix;
        int64_t factor;
    } units[] = {{"m", 1},           {"", 1000},           {"k", 1000000},
                 {"M", 1000000000},  {"G", 1000000000000}, {"Ki", 1024000},
                 {"Mi", 1048576000}, {"Gi", 1073741824000}};
    int64_t value = 0;
    int64_t scale = 1;
    size_t i = 0;
    bool behind_point = false;
    for (; i < text.n && (kps_is_digit(text.p[i]) || text.p[i] == '.') && value < 1000000000; i++) {
        behind_point |= text.p[i] == '.';
        if (text.p[i] != '.') {
            value = value * 10 + (text.p[i] - '0');
            scale *= behind_point ? 10 : 1;
        }
    }
    for (size_t k = 0; k < KPS_COUNT(units); k++) {
        int64_t product = 0;
        if (kps_sv_eq(kps_sv_from(text, i), kps_sv_of(units[k].suffix)) && scale < 1000000 &&
            !__builtin_mul_overflow(value, units[k].factor, &product)) {
            return product / scale;
        }
    }
    return 0;
}

/* The entry of a list that kubectl would merge an entry into: by name, or by its ports. */
static const struct kps_ynode *find_entry(const struct kps_ynode *list,
                                          const struct kps_ynode *entry, uint32_t i)
{
    static const char *const keys[] = {"name", "containerPort", "mountPath", "topologyKey"};
    for (size_t k = 0; k < KPS_COUNT(keys); k++) {
        const struct kps_ynode *key = kps_ynode_field(entry, keys[k]);
        for (uint32_t e = 0; key && e < list->n; e++) {
            const struct kps_ynode *other = kps_ynode_item(list, e);
            const struct kps_ynode *protocol = kps_ynode_field(entry, "protocol");
            const struct kps_ynode *others = kps_ynode_field(other, "protocol");
            struct kps_sv text = protocol ? kps_ynode_text(protocol) : SV("TCP");
            bool is_same_protocol = !others || kps_sv_eq(text, kps_ynode_text(others));
            const struct kps_ynode *others_key = kps_ynode_field(other, keys[k]);
            if (others_key && is_same_protocol && is_scalar_same(key, others_key)) {
                return other;
            }
        }
        if (key) {
            return NULL;
        }
    }
    return i < list->n ? kps_ynode_item(list, i) : NULL;
}

/* Return whether all that `wanted` says holds in `live` already; what the API server filled in is
 * not compared. */
static bool is_included(const struct kps_ynode *wanted, const struct kps_ynode *live, bool quantity)
{
    wanted = resolve_node(wanted);
    live = resolve_node(live);
    if (is_empty(wanted)) {
        return true;
    }
    if (!live || live->kind != wanted->kind) {
        return false;
    }
    if (wanted->kind == KPS_Y_SCALAR) {
        int64_t amount = quantity ? read_quantity(kps_ynode_text(wanted)) : 0;
        return is_scalar_same(wanted, live) ||
               (amount && amount == read_quantity(kps_ynode_text(live)));
    }
    for (uint32_t i = 0; i < wanted->n; i++) {
        const struct kps_ynode *value = wanted->edges[i].val;
        if (wanted->kind == KPS_Y_MAP) {
            struct kps_sv key = kps_ynode_text(wanted->edges[i].key);
            bool is_amount = quantity || kps_sv_is(key, "resources");
            if (!is_included(value, kps_ynode_get(live, key), is_amount)) {
                return false;
            }
        } else if (!is_included(value, find_entry(live, kps_ynode_resolve(value), i), quantity)) {
            return false;
        }
    }
    return true;
}

/* Return whether everything that the last apply sent is still in `wanted`: what is missing is
 * removed by kubectl. */
static bool is_kept(const struct kps_ynode *applied, const struct kps_ynode *wanted)
{
    applied = resolve_node(applied);
    wanted = resolve_node(wanted);
    if (is_empty(applied) || applied->kind == KPS_Y_SCALAR) {
        return true;
    }
    if (!wanted || wanted->kind != applied->kind) {
        return false;
    }
    for (uint32_t i = 0; i < applied->n; i++) {
        const struct kps_ynode *value = kps_ynode_item(applied, i);
        const struct kps_ynode *other =
            applied->kind == KPS_Y_MAP
                ? kps_ynode_get(wanted, kps_ynode_text(applied->edges[i].key))
                : find_entry(wanted, value, i);
        if ((!other && !is_empty(value)) || !is_kept(value, other)) {
            return false;
        }
    }
    return true;
}

bool kps_live_is_same(const struct kps_ynode *wanted, const struct kps_ynode *live,
                      const struct kps_ynode *applied)
{
    return is_included(wanted, live, false) && (!applied || is_kept(applied, wanted));
}

struct kps_live_ports kps_live_ports_of(struct kps_kube *kube, const struct kps_kube_workload *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->pod.n_containers; i++) {
        n += w->pod.containers[i].n_ports;
    }
    struct kps_live_port *ports = KPS_NEW_N(kube->arena, struct kps_live_port, (size_t)n + 1);
    n = 0;
    struct kps_kube_port_request at = {NULL, NULL};
    while ((at = kps_kube_next_port(w, at)).port) {
        if (at.port->host && at.port->scheduled) {
            ports[n++] =
                (struct kps_live_port){kps_kube_host_ip(at.port), at.port->host, at.port->protocol};
        }
    }
    return (struct kps_live_ports){ports, n};
}

bool kps_live_ports_clash(struct kps_live_ports a, struct kps_live_ports b)
{
    for (uint32_t i = 0; i < a.n; i++) {
        for (uint32_t k = 0; k < b.n; k++) {
            if (a.v[i].port == b.v[k].port && a.v[i].protocol == b.v[k].protocol &&
                kps_hostip_match(a.v[i].ip, b.v[k].ip) == KPS_HOSTIP_CLASH) {
                return true;
            }
        }
    }
    return false;
}

uint64_t kps_live_key(const struct kps_kube_id *id)
{
    const struct kps_object_group *group = &id->head->group;
    return kps_kube_key(
        &(struct kps_object_ref){group->api_version, group->kind, group->namespace, id->name});
}

int32_t kps_live_priority(const struct kps_live *live, struct kps_sv name, bool *ret_never,
                          bool *ret_known)
{
    const struct kps_live_priority *found = NULL;
    for (uint32_t i = 0; i < live->priorities.n; i++) {
        const struct kps_live_priority *class = &live->priorities.v[i];
        /* of several default classes the lowest counts */
        bool is_lower = class->is_default && (!found || class->value < found->value);
        if (name.n ? kps_sv_eq(class->name, name) : is_lower) {
            found = class;
        }
    }
    *ret_known = true;
    *ret_never = found && found->never_preempts;
    if (found) {
        return found->value;
    }
    if (kps_sv_is(name, "system-node-critical")) {
        return 2000001000;
    }
    if (kps_sv_is(name, "system-cluster-critical")) {
        return 2000000000;
    }
    *ret_known = name.n == 0;
    return 0;
}

static int64_t read_number(const struct kps_ynode *map, const char *path, int64_t missing)
{
    struct kps_kube_scalar value = kps_kube_scalar(kps_tree_get(map, path));
    return value.type == KPS_T_INT ? value.integer : missing;
}

/* Return the port number at a path; 0: none. */
static uint16_t read_port_number(const struct kps_ynode *map, const char *path)
{
    int64_t number = kps_kube_number(kps_tree_get(map, path), UINT16_MAX);
    return number > 0 ? (uint16_t)number : 0;
}

static uint8_t read_protocol(const struct kps_ynode *port)
{
    enum kps_protocol protocol = kps_protocol_of(kps_tree_get_text(port, "protocol"));
    return protocol ? (uint8_t)protocol : KPS_TCP;
}

/* Learn a class from its object, or from a pod of the class. */
static void add_priority(struct kps_kube *kube, const struct kps_live_priority *class)
{
    struct kps_live *live = kube->live;
    for (uint32_t i = 0; i < live->priorities.n; i++) {
        struct kps_live_priority *known = &live->priorities.v[i];
        if (kps_sv_eq(known->name, class->name)) {
            known->is_default |= class->is_default;
            return;
        }
    }
    if (class->name.n) {
        struct kps_live_priority *added = kps_vec_push(&live->priorities);
        *added = *class;
        added->name = kps_kube_keep(kube, class->name);
    }
}

static int32_t read_priority(const struct kps_ynode *map, const char *path)
{
    int64_t value = read_number(map, path, 0);
    return value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value : 0;
}

void kps_live_read_priority(struct kps_kube *kube, struct kps_sv name, const struct kps_ynode *root)
{
    bool never = kps_tree_is(root, "preemptionPolicy", "Never");
    add_priority(kube, &(struct kps_live_priority){name, read_priority(root, "value"), never,
                                                   kps_kube_get_true(root, "globalDefault")});
}

/* Add the host ports of one list of containers. Return: how many there are now. */
static uint32_t add_ports(struct kps_kube *kube, const struct kps_ynode *spec,
                          const char *list_name, struct kps_live_port *out, uint32_t n,
                          uint32_t room)
{
    bool is_init = list_name[0] == 'i';
    bool on_host = kps_kube_get_true(spec, "hostNetwork");
    const struct kps_ynode *list = kps_ynode_field(spec, list_name);
    const struct kps_ynode *c = NULL;
    for (uint32_t i = 0; (c = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_ynode *ports = kps_ynode_field(c, "ports");
        if (is_init && (!kps_tree_is(c, "restartPolicy", "Always") || !kps_kube_since(kube, 33))) {
            continue;
        }
        for (uint32_t p = 0; p < kps_ynode_count(ports, KPS_Y_SEQ) && n < room; p++) {
            const struct kps_ynode *port = kps_ynode_item(ports, p);
            uint16_t number = read_port_number(port, "hostPort");
            if (!number && on_host) {
                number = read_port_number(port, "containerPort");
            }
            if (number) {
                out[n++] =
                    (struct kps_live_port){kps_kube_keep(kube, kps_tree_get_text(port, "hostIP")),
                                           number, read_protocol(port)};
            }
        }
    }
    return n;
}

static struct kps_live_ports read_ports(struct kps_kube *kube, const struct kps_ynode *spec)
{
    enum { MOST_PORTS = 256 };
    struct kps_live_port *ports = KPS_NEW_N(kube->live->item, struct kps_live_port, MOST_PORTS);
    uint32_t n = add_ports(kube, spec, "containers", ports, 0, MOST_PORTS);
    n = add_ports(kube, spec, "initContainers", ports, n, MOST_PORTS);
    struct kps_live_port *kept = n ? KPS_NEW_N(kube->arena, struct kps_live_port, n) : NULL;
    if (n) {
        memcpy(kept, ports, n * sizeof(*kept));
    }
    return (struct kps_live_ports){kept, n};
}

/* Return whether the required anti-affinity of a pod keeps pods of the inputs away. */
static bool shuns_inputs(struct kps_kube *kube, const struct kps_ynode *spec,
                         struct kps_sv namespace)
{
    const char *path = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution";
    struct kps_kube_pod placement = {.where = NULL};
    if (!kps_tree_get(spec, path)) {
        return false;
    }
    kps_kube_read_placement(kube, &placement, spec);
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        if (kps_anti_affinity_apart(placement.where->apart, namespace, w->pod.labels,
                                    w->id.head->group.namespace) != KPS_APART_NO) {
            return true;
        }
    }
    return false;
}

/* Return whether a pod matters: it has a host port, belongs to an object of the inputs, or keeps
 * their pods away. What is read to find out goes with the item: most pods of a cluster do not
 * matter. */
static bool is_pod_kept(struct kps_kube *kube, const struct kps_ynode *root)
{
    struct kps_live *live = kube->live;
    struct kps_arena *kept = kube->arena;
    const struct kps_ynode *metadata = kps_ynode_field(root, "metadata");
    struct kps_object_ref owner = {.namespace = kps_tree_get_text(metadata, "namespace")};
    uint64_t controller = 0;
    kube->arena = live->item;
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    bool has_ports = read_ports(kube, spec).n > 0;
    bool is_shy = !has_ports && shuns_inputs(kube, spec, owner.namespace);
    if (kps_kube_controller_of(kube, metadata, &owner)) {
        controller = kps_kube_key(&owner);
    }
    kube->arena = kept;
    return has_ports || is_shy || live->keeps_all ||
           (controller && kps_map_get(&live->inputs, SV_BYTES(controller), 0));
}

/* Return the workload of the inputs with a key; NULL: none. */
static const struct kps_kube_workload *find_input(const struct kps_kube *kube, uint64_t key)
{
    uint32_t at = kps_map_get(&kube->live->inputs, SV_BYTES(key), 0);
    return at ? kube->workloads.v[at - 1] : NULL;
}

/* Return whether a pod has all that the template of its controller in the inputs says. */
static bool is_as_wanted(const struct kps_kube *kube, uint64_t controller,
                         const struct kps_ynode *root)
{
    const struct kps_kube_workload *w = find_input(kube, controller);
    const struct kps_ynode *template = w && w->extra->root ? find_template(w->extra->root) : NULL;
    return template &&
           is_included(kps_tree_get(template, "spec"), kps_ynode_field(root, "spec"), false) &&
           is_included(kps_tree_get(template, "metadata.labels"),
                       kps_tree_get(root, "metadata.labels"), false);
}

static void read_pod(struct kps_kube *kube, const struct kps_object_ref *ref,
                     const struct kps_ynode *root)
{
    const struct kps_ynode *spec = kps_ynode_field(root, "spec");
    const struct kps_ynode *metadata = kps_ynode_field(root, "metadata");
    struct kps_sv phase = kps_tree_get_text(root, "status.phase");
    struct kps_sv scheduler = kps_tree_get_text(spec, "schedulerName");
    struct kps_live *live = kube->live;
    bool never = kps_tree_is(spec, "preemptionPolicy", "Never");
    int32_t priority = read_priority(spec, "priority");
    live->n_pods++;
    add_priority(kube, &(struct kps_live_priority){kps_tree_get_text(spec, "priorityClassName"),
                                                   priority, never, false});
    if (kps_sv_is_one_of(phase, "Succeeded Failed") || !is_pod_kept(kube, root)) {
        return;
    }
    struct kps_live_pod pod = {.namespace = kps_kube_keep(kube, ref->namespace),
                               .name = kps_kube_keep(kube, ref->name),
                               .ports = read_ports(kube, spec),
                               .node = -1,
                               .priority = priority,
                               .never_preempts = never};
    struct kps_object_ref owner = *ref;
    if (kps_kube_controller_of(kube, metadata, &owner)) {
        pod.kind = owner.kind;
        pod.owner = owner.name;
        pod.controller = kps_kube_key(&owner);
        pod.is_as_wanted = is_as_wanted(kube, pod.controller, root);
    }
    const struct kps_ynode *gates = kps_ynode_field(spec, "schedulingGates");
    pod.is_unscheduled =
        (scheduler.n && !kps_sv_is(scheduler, "default-scheduler")) || (gates && gates->n > 0);
    pod.wait = kps_kube_lack_of_ports(kube, kps_ynode_field(root, "status"));
    pod.is_nominated = kps_tree_get_text(root, "status.nominatedNodeName").n > 0;
    struct kps_kube_pod placement = {.where = NULL};
    struct kps_sv node = kps_kube_get_text(kube, spec, "nodeName");
    /* the node that the scheduler chose is no demand of the pod */
    kps_kube_read_placement(kube, &placement, kps_tree_remove(live->item, spec, SV("nodeName")));
    pod.where = placement.where;
    pod.labels = kps_kube_read_labels(kube, kps_ynode_field(metadata, "labels"));
    *kps_vec_push(&live->pods) = pod;
    *kps_vec_push(&live->node_names) = node;
}

enum { MOST_SPOTS = 256 };

/* Add a port of a Service at each address of a list, or of every node (NULL). */
static uint32_t add_spots(struct kps_kube *kube, const struct kps_ynode *port,
                          const struct kps_ynode *list, bool is_balancer,
                          struct kps_live_spot *spots, uint32_t n)
{
    uint16_t number = read_port_number(port, list ? "port" : "nodePort");
    uint32_t end = list && list->kind == KPS_Y_SEQ ? list->n : !list;
    for (uint32_t i = 0; i < end && n < MOST_SPOTS && number; i++) {
        const struct kps_ynode *entry = list ? kps_ynode_item(list, i) : NULL;
        struct kps_sv address = is_balancer ? kps_tree_get_text(entry, "ip") : SV("");
        if (list && !is_balancer) {
            address = kps_ynode_text(entry);
        }
        if (!list || address.n) {
            spots[n++] = (struct kps_live_spot){
                kps_kube_keep(kube, kps_tree_get_text(port, "name")), kps_kube_keep(kube, address),
                number, read_protocol(port), is_balancer};
        }
    }
    return n;
}

static const struct kps_live_spot *read_spots(struct kps_kube *kube, const struct kps_ynode *root,
                                              uint32_t *ret_n)
{
    struct kps_live_spot *spots = KPS_NEW_N(kube->live->item, struct kps_live_spot, MOST_SPOTS);
    const struct kps_ynode *ports = kps_tree_get(root, "spec.ports");
    const struct kps_ynode *outside = kps_tree_get(root, "spec.externalIPs");
    const struct kps_ynode *balancer = kps_tree_get(root, "status.loadBalancer.ingress");
    uint32_t n = 0;
    const struct kps_ynode *port = NULL;
    for (uint32_t i = 0; (port = kps_tree_item(ports, i)) != NULL; i++) {
        n = add_spots(kube, port, NULL, false, spots, n);
        n = outside ? add_spots(kube, port, outside, false, spots, n) : n;
        n = balancer ? add_spots(kube, port, balancer, true, spots, n) : n;
    }
    struct kps_live_spot *kept = KPS_NEW_N(kube->arena, struct kps_live_spot, (size_t)n + 1);
    memcpy(kept, spots, n * sizeof(*kept));
    *ret_n = n;
    return kept;
}

static void read_service(struct kps_kube *kube, const struct kps_object_ref *ref,
                         const struct kps_ynode *root)
{
    uint32_t n_spots = 0;
    const struct kps_live_spot *spots = read_spots(kube, root, &n_spots);
    struct kps_live *live = kube->live;
    const struct kps_ynode *ports = kps_tree_get(root, "spec.ports");
    uint32_t n = kps_ynode_count(ports, KPS_Y_SEQ);
    struct kps_live_node_port *kept =
        KPS_NEW_N(kube->arena, struct kps_live_node_port, (size_t)n + 1);
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *port = kps_ynode_item(ports, i);
        uint16_t number = read_port_number(port, "nodePort");
        if (number) {
            kept[used++] = (struct kps_live_node_port){number, read_port_number(port, "port"),
                                                       read_protocol(port)};
        }
    }
    uint16_t health = read_port_number(root, "spec.healthCheckNodePort");
    if (health) {
        kept[used++] = (struct kps_live_node_port){health, 0, KPS_TCP};
    }
    live->n_services++;
    *kps_vec_push(&live->services) = (struct kps_live_service){
        .spots = spots,
        .n_spots = n_spots,
        .key = kps_kube_key(ref),
        .namespace = kps_kube_keep(kube, ref->namespace),
        .name = kps_kube_keep(kube, ref->name),
        .cluster_ip = kps_kube_keep(kube, kps_tree_get_text(root, "spec.clusterIP")),
        .node_ports = kept,
        .n_node_ports = used};
}

/* Return the template of the last `kubectl apply`; NULL: unknown. */
static const struct kps_ynode *find_applied(struct kps_kube *kube, const struct kps_ynode *root)
{
    const struct kps_ynode *annotations = kps_tree_get(root, "metadata");
    annotations = kps_ynode_field(annotations, "annotations");
    const struct kps_ynode *text =
        kps_ynode_field(annotations, "kubectl.kubernetes.io/last-applied-configuration");
    return text ? kps_live_json_read(kube->live->item, kps_ynode_text(text)) : NULL;
}

static void read_workload(struct kps_kube *kube, const struct kps_object_ref *ref,
                          const struct kps_ynode *root)
{
    struct kps_live *live = kube->live;
    struct kps_live_object object = {.key = kps_kube_key(ref)};
    const struct kps_kube_workload *w = find_input(kube, object.key);
    if (!w) {
        return;
    }
    const struct kps_ynode *applied = find_applied(kube, root);
    bool is_job = kps_sv_is(ref->kind, "Job");
    object.replicas = (uint32_t)read_number(root, is_job ? "spec.parallelism" : "spec.replicas", 1);
    object.succeeded = (uint32_t)read_number(root, "status.succeeded", 0);
    object.is_same =
        w->extra->root && kps_live_is_same(find_template(w->extra->root), find_template(root),
                                           applied ? find_template(applied) : NULL);
    *kps_vec_push(&live->objects) = object;
}

/* Return whether an item comes for the first time. */
static bool is_first(struct kps_kube *kube, uint64_t key)
{
    struct kps_map *seen = &kube->live->seen;
    if (kps_map_get(seen, SV_BYTES(key), 0)) {
        return false;
    }
    (void)kps_map_put(seen, kube->arena, kps_sv_copy(kube->arena, SV_BYTES(key)), 1);
    return true;
}

/* Read one item. */
static void read_item(struct kps_kube *kube, const struct kps_ynode *root)
{
    const struct kps_ynode *metadata = kps_ynode_field(root, "metadata");
    kube->bytes = (struct kps_sv){NULL, 0}; /* texts of the item are copied */
    struct kps_object_ref ref = {.api_version = kps_tree_get_text(root, "apiVersion"),
                                 .kind = kps_tree_get_text(root, "kind"),
                                 .namespace = kps_tree_get_text(metadata, "namespace"),
                                 .name = kps_tree_get_text(metadata, "name")};
    if (!is_first(kube, kps_kube_key(&ref))) {
        return;
    }
    if (kps_sv_is(ref.kind, "Node")) {
        kps_kube_read_node(kube, kps_kube_keep(kube, ref.name), root, true);
    } else if (kps_sv_is(ref.kind, "Pod")) {
        read_pod(kube, &ref, root);
        read_workload(kube, &ref, root);
    } else if (kps_sv_is(ref.kind, "Service")) {
        read_service(kube, &ref, root);
    } else if (kps_sv_is(ref.kind, "PriorityClass")) {
        kps_live_read_priority(kube, ref.name, root);
    } else if (kps_sv_is(ref.kind, "HorizontalPodAutoscaler")) {
        kps_kube_read_scaler(kube, kps_kube_keep(kube, ref.namespace), root);
    } else {
        read_workload(kube, &ref, root);
    }
}

bool kps_kube_add_live(struct kps_kube *kube, struct kps_sv json)
{
    struct kps_live *live = kube->live;
    const struct kps_ynode *root = kps_live_json_read(live->item, json);
    if (root) {
        read_item(kube, root);
    }
    kps_arena_reset(live->item);
    return root != NULL;
}

uint32_t kps_kube_add_live_document(struct kps_kube *kube, const struct kps_ynode *root)
{
    const struct kps_ynode *items = kps_ynode_field(root, "items");
    bool is_list = items && items->kind == KPS_Y_SEQ;
    uint32_t n = is_list ? items->n : 1;
    if (!root || root->kind != KPS_Y_MAP) {
        return 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        read_item(kube, is_list ? kps_ynode_item(items, i) : root);
        kps_arena_reset(kube->live->item);
    }
    return n;
}

struct kps_kube_live_counts kps_kube_count_live(const struct kps_kube *kube)
{
    return (struct kps_kube_live_counts){kube->nodes.n, kube->live->n_pods, kube->live->n_services};
}

bool kps_kube_has_kind(const struct kps_kube *kube, struct kps_sv kind)
{
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        if (kps_sv_eq(kube->workloads.v[i]->id.head->group.kind, kind)) {
            return true;
        }
    }
    return false;
}

void kps_kube_begin_live(struct kps_kube *kube)
{
    struct kps_live *live = kube->live;
    kube->nodes.n = 0; /* the cluster says which nodes there are, not the inputs */
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        const struct kps_kube_workload *w = kube->workloads.v[i];
        uint64_t key = kps_live_key(&w->id);
        *kps_map_put(&live->inputs, kube->arena, kps_sv_copy(kube->arena, SV_BYTES(key)), i + 1) =
            i + 1;
        live->keeps_all =
            live->keeps_all || w->pod.where->apart.n ||
            kps_tree_get(w->extra->root, "spec.template.spec.topologySpreadConstraints") ||
            kps_tree_get(w->extra->root, "spec.topologySpreadConstraints") ||
            kps_tree_get(w->extra->root, "spec.template.spec.affinity.podAffinity") ||
            kps_tree_get(w->extra->root, "spec.affinity.podAffinity");
    }
}

struct kps_live_object kps_live_find_object(const struct kps_live *live, uint64_t key)
{
    for (uint32_t i = 0; i < live->objects.n; i++) {
        if (live->objects.v[i].key == key) {
            return live->objects.v[i];
        }
    }
    struct kps_live_object object = {.is_same = true, .is_presumed = true};
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        if (pod->controller == key) {
            object.key = key;
            object.replicas++;
            object.is_same = object.is_same && pod->is_as_wanted;
        }
    }
    return object;
}

static void add_presumed_node(struct kps_kube *kube, struct kps_sv name)
{
    struct kps_label *label = KPS_NEW(kube->arena, struct kps_label);
    *label = (struct kps_label){SV(KPS_NODE_NAME_KEY), name};
    *kps_vec_push(&kube->nodes) = (struct kps_kube_node){.labels = {label, 1}, .in_list = true};
}

void kps_live_presume_nodes(struct kps_kube *kube, uint32_t n)
{
    struct kps_live *live = kube->live;
    struct kps_map seen = {0};
    enum { MOST_NODES = 10000 };
    n = n < MOST_NODES ? n : MOST_NODES;
    live->are_nodes_presumed = true;
    for (uint32_t i = 0; i < live->node_names.n; i++) {
        struct kps_sv name = live->node_names.v[i];
        if (name.n && kps_map_add(&seen, kube->arena, name, 0)) {
            add_presumed_node(kube, name);
        }
    }
    while (kube->nodes.n < n) {
        add_presumed_node(kube, SV("another node"));
    }
}

/* Give each pod its node, once all items are read. */
void kps_live_join_nodes(struct kps_kube *kube)
{
    struct kps_live *live = kube->live;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        struct kps_sv name = kps_kube_node_name(&kube->nodes.v[i]);
        (void)kps_map_put(&live->node_ids, kube->arena, name, i);
    }
    for (uint32_t i = 0; i < live->pods.n; i++) {
        struct kps_sv name = live->node_names.v[i];
        live->pods.v[i].node = (int32_t)kps_map_get(&live->node_ids, name, UINT32_MAX);
        if (name.n && live->pods.v[i].node < 0) {
            live->pods.v[i].is_gone = true; /* on a node that is not listed */
        }
    }
}

struct kps_live *kps_live_open(struct kps_arena *arena)
{
    struct kps_live *live = KPS_NEW(arena, struct kps_live);
    live->item = kps_arena_new();
    return live;
}

void kps_live_free(struct kps_live *live)
{
    kps_vec_free(&live->pods);
    kps_vec_free(&live->services);
    kps_vec_free(&live->priorities);
    kps_vec_free(&live->objects);
    kps_vec_free(&live->node_names);
    kps_arena_free(live->item);
}
