#include "kube/api_types.h"

#include "base/buf.h"
#include "kube/scalar.h"
#include "kube/stream.h"

enum shape { TEXT, BOOL, NUMBER, NUMBER_OR_TEXT, TEXTS, TEXT_MAP, OBJECT, OBJECTS };

/* How a shape is called, and the types of its values. */
static const struct {
    const char *words;
    const char *go_type; /* the decoder's name; of OBJECT and OBJECTS before the struct's name */
    enum kps_ytype type;
} shapes[] = {[TEXT] = {"text", "string", KPS_T_STR},
              [BOOL] = {"true or false", "bool", KPS_T_BOOL},
              [NUMBER] = {"a whole number", "int32", KPS_T_INT},
              [NUMBER_OR_TEXT] = {"a whole number or text", "int32", KPS_T_INT},
              [TEXTS] = {"a list", "[]string", KPS_T_SEQ},
              [TEXT_MAP] = {"a mapping", "map[string]string", KPS_T_MAP},
              [OBJECT] = {"a mapping", "v1.", KPS_T_MAP},
              [OBJECTS] = {"a list", "v1.", KPS_T_SEQ}};

struct field {
    const char *name;
    enum shape shape;
    const struct kps_api_struct *parts; /* of OBJECT and OBJECTS */
};

struct kps_api_struct {
    const char *name; /* of the Go struct */
    const struct field *fields;
    uint32_t n; /* 0: its fields are not looked at */
};

#define STRUCT(go_name, rows)                                                                      \
    {                                                                                              \
        (go_name), (rows), KPS_COUNT(rows)                                                         \
    }
#define OPAQUE(go_name)                                                                            \
    {                                                                                              \
        (go_name), NULL, 0                                                                         \
    }

/* Structs whose fields other code reads, or which a kind of its own may fill differently. */
static const struct kps_api_struct container_port = OPAQUE("ContainerPort");
static const struct kps_api_struct custom_variable = OPAQUE("EnvVar");
static const struct kps_api_struct custom_toleration = OPAQUE("Toleration");
static const struct kps_api_struct custom_affinity = OPAQUE("Affinity");
static const struct kps_api_struct node_affinity = OPAQUE("NodeAffinity");
static const struct kps_api_struct weighted_term = OPAQUE("WeightedPodAffinityTerm");
static const struct kps_api_struct any_spec = OPAQUE("Spec");
static const struct kps_api_struct any_pod_spec = OPAQUE("PodSpec");
static const struct kps_api_struct custom_template = OPAQUE("PodTemplateSpec");

static const struct field http_fields[] = {{"port", NUMBER_OR_TEXT, NULL},
                                           {"host", TEXT, NULL},
                                           {"path", TEXT, NULL},
                                           {"scheme", TEXT, NULL}};
static const struct kps_api_struct http = STRUCT("HTTPGetAction", http_fields);
static const struct field socket_fields[] = {{"port", NUMBER_OR_TEXT, NULL}, {"host", TEXT, NULL}};
static const struct kps_api_struct socket_action = STRUCT("TCPSocketAction", socket_fields);
static const struct field grpc_fields[] = {{"port", NUMBER, NULL}, {"service", TEXT, NULL}};
static const struct kps_api_struct grpc = STRUCT("GRPCAction", grpc_fields);
static const struct field exec_fields[] = {{"command", TEXTS, NULL}};
static const struct kps_api_struct exec = STRUCT("ExecAction", exec_fields);
static const struct field handler_fields[] = {{"httpGet", OBJECT, &http},
                                              {"tcpSocket", OBJECT, &socket_action},
                                              {"grpc", OBJECT, &grpc},
                                              {"exec", OBJECT, &exec}};
static const struct kps_api_struct probe = STRUCT("Probe", handler_fields);
static const struct kps_api_struct handler = STRUCT("LifecycleHandler", handler_fields);
static const struct field lifecycle_fields[] = {{"postStart", OBJECT, &handler},
                                                {"preStop", OBJECT, &handler}};
static const struct kps_api_struct lifecycle = STRUCT("Lifecycle", lifecycle_fields);
static const struct field variable_fields[] = {{"name", TEXT, NULL}, {"value", TEXT, NULL}};
static const struct kps_api_struct variable = STRUCT("EnvVar", variable_fields);
static const struct field container_fields[] = {{"name", TEXT, NULL},
                                                {"image", TEXT, NULL},
                                                {"restartPolicy", TEXT, NULL},
                                                {"command", TEXTS, NULL},
                                                {"args", TEXTS, NULL},
                                                {"env", OBJECTS, &variable},
                                                {"ports", OBJECTS, &container_port},
                                                {"livenessProbe", OBJECT, &probe},
                                                {"readinessProbe", OBJECT, &probe},
                                                {"startupProbe", OBJECT, &probe},
                                                {"lifecycle", OBJECT, &lifecycle}};
static const struct kps_api_struct container = STRUCT("Container", container_fields);
static const struct kps_api_struct ephemeral_container =
    STRUCT("EphemeralContainer", container_fields);

static const struct field requirement_fields[] = {
    {"key", TEXT, NULL}, {"operator", TEXT, NULL}, {"values", TEXTS, NULL}};
static const struct kps_api_struct requirement =
    STRUCT("LabelSelectorRequirement", requirement_fields);
static const struct field selector_fields[] = {{"matchLabels", TEXT_MAP, NULL},
                                               {"matchExpressions", OBJECTS, &requirement}};
static const struct kps_api_struct selector = STRUCT("LabelSelector", selector_fields);
static const struct field term_fields[] = {
    {"topologyKey", TEXT, NULL}, {"labelSelector", OBJECT, &selector}, {"namespaces", TEXTS, NULL}};
static const struct kps_api_struct term = STRUCT("PodAffinityTerm", term_fields);
static const struct field near_fields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", OBJECTS, &term},
    {"preferredDuringSchedulingIgnoredDuringExecution", OBJECTS, &weighted_term}};
static const struct kps_api_struct near_pods = STRUCT("PodAffinity", near_fields);
static const struct kps_api_struct distant_pods = STRUCT("PodAntiAffinity", near_fields);
static const struct field affinity_fields[] = {{"nodeAffinity", OBJECT, &node_affinity},
                                               {"podAffinity", OBJECT, &near_pods},
                                               {"podAntiAffinity", OBJECT, &distant_pods}};
static const struct kps_api_struct affinity = STRUCT("Affinity", affinity_fields);
static const struct field toleration_fields[] = {
    {"key", TEXT, NULL}, {"operator", TEXT, NULL}, {"value", TEXT, NULL}, {"effect", TEXT, NULL}};
static const struct kps_api_struct toleration = STRUCT("Toleration", toleration_fields);
static const struct field pod_fields[] = {{"containers", OBJECTS, &container},
                                          {"initContainers", OBJECTS, &container},
                                          {"ephemeralContainers", OBJECTS, &ephemeral_container},
                                          {"hostNetwork", BOOL, NULL},
                                          {"hostPID", BOOL, NULL},
                                          {"hostUsers", BOOL, NULL},
                                          {"nodeName", TEXT, NULL},
                                          {"restartPolicy", TEXT, NULL},
                                          {"priorityClassName", TEXT, NULL},
                                          {"nodeSelector", TEXT_MAP, NULL},
                                          {"tolerations", OBJECTS, &toleration},
                                          {"affinity", OBJECT, &affinity}};
const struct kps_api_struct kps_api_pod = STRUCT("PodSpec", pod_fields);

/* A kind of its own may mean something else by what lies deeper. */
static const struct field custom_container_fields[] = {{"command", TEXTS, NULL},
                                                       {"args", TEXTS, NULL},
                                                       {"env", OBJECTS, &custom_variable},
                                                       {"ports", OBJECTS, &container_port}};
static const struct kps_api_struct custom_container = STRUCT("Container", custom_container_fields);
static const struct field custom_pod_fields[] = {{"containers", OBJECTS, &custom_container},
                                                 {"initContainers", OBJECTS, &custom_container},
                                                 {"hostNetwork", BOOL, NULL},
                                                 {"tolerations", OBJECTS, &custom_toleration},
                                                 {"affinity", OBJECT, &custom_affinity}};
const struct kps_api_struct kps_api_custom_pod = STRUCT("PodSpec", custom_pod_fields);

static const struct field metadata_fields[] = {{"name", TEXT, NULL},
                                               {"namespace", TEXT, NULL},
                                               {"generateName", TEXT, NULL},
                                               {"labels", TEXT_MAP, NULL},
                                               {"annotations", TEXT_MAP, NULL}};
static const struct kps_api_struct metadata = STRUCT("ObjectMeta", metadata_fields);
static const struct field object_fields[] = {{"metadata", OBJECT, &metadata},
                                             {"spec", OBJECT, &any_spec}};
const struct kps_api_struct kps_api_object = STRUCT("Object", object_fields);
static const struct field template_fields[] = {{"metadata", OBJECT, &metadata},
                                               {"spec", OBJECT, &any_pod_spec}};
static const struct kps_api_struct pod_template = STRUCT("PodTemplateSpec", template_fields);
static const struct field rolling_fields[] = {{"maxSurge", NUMBER_OR_TEXT, NULL},
                                              {"maxUnavailable", NUMBER_OR_TEXT, NULL},
                                              {"partition", NUMBER, NULL}};
static const struct kps_api_struct rolling = STRUCT("RollingUpdate", rolling_fields);
static const struct field strategy_fields[] = {{"type", TEXT, NULL},
                                               {"rollingUpdate", OBJECT, &rolling}};
static const struct kps_api_struct strategy = STRUCT("UpdateStrategy", strategy_fields);
static const struct kps_api_struct deployment_strategy =
    STRUCT("DeploymentStrategy", strategy_fields);
static const struct field job_fields[] = {{"parallelism", NUMBER, NULL},
                                          {"completions", NUMBER, NULL},
                                          {"suspend", BOOL, NULL},
                                          {"template", OBJECT, &pod_template}};
static const struct kps_api_struct job = STRUCT("JobSpec", job_fields);
static const struct field job_template_fields[] = {{"metadata", OBJECT, &metadata},
                                                   {"spec", OBJECT, &job}};
static const struct kps_api_struct job_template = STRUCT("JobTemplateSpec", job_template_fields);
static const struct field controller_fields[] = {{"replicas", NUMBER, NULL},
                                                 {"parallelism", NUMBER, NULL},
                                                 {"completions", NUMBER, NULL},
                                                 {"suspend", BOOL, NULL},
                                                 {"template", OBJECT, &pod_template},
                                                 {"jobTemplate", OBJECT, &job_template},
                                                 {"selector", OBJECT, &selector},
                                                 {"strategy", OBJECT, &deployment_strategy},
                                                 {"updateStrategy", OBJECT, &strategy},
                                                 {"schedule", TEXT, NULL},
                                                 {"concurrencyPolicy", TEXT, NULL}};
const struct kps_api_struct kps_api_controller = STRUCT("Spec", controller_fields);
static const struct field custom_fields[] = {{"replicas", NUMBER, NULL},
                                             {"template", OBJECT, &custom_template}};
const struct kps_api_struct kps_api_custom = STRUCT("Spec", custom_fields);

static const struct field service_port_fields[] = {{"appProtocol", TEXT, NULL}};
static const struct kps_api_struct service_port = STRUCT("ServicePort", service_port_fields);
static const struct field service_fields[] = {{"selector", TEXT_MAP, NULL},
                                              {"externalIPs", TEXTS, NULL},
                                              {"ports", OBJECTS, &service_port},
                                              {"clusterIP", TEXT, NULL},
                                              {"loadBalancerIP", TEXT, NULL},
                                              {"loadBalancerClass", TEXT, NULL},
                                              {"allocateLoadBalancerNodePorts", BOOL, NULL}};
const struct kps_api_struct kps_api_service = STRUCT("ServiceSpec", service_fields);

/* The way to a struct: written as text only when something is wrong there. */
struct trail {
    const struct trail *above;
    struct kps_sv name;
};

struct checking {
    struct kps_kube *kube;
    struct kps_kube_who who;
};

static void write_trail(struct kps_buf *text, const struct trail *trail)
{
    if (trail) {
        write_trail(text, trail->above);
        kps_buf_add(text, trail->name);
        kps_buf_char(text, '.');
    }
}

/* Report a value of another type than `wanted`. */
static void refuse_type(const struct checking *c, const struct trail *trail,
                        const struct kps_api_struct *in, const struct field *field,
                        const struct kps_ynode *node, const char *wanted)
{
    struct kps_arena *arena = c->kube->arena;
    struct kps_kube_scalar value = kps_kube_scalar(node);
    bool is_number = value.type == KPS_T_INT || value.type == KPS_T_FLOAT;
    bool is_list = field->shape == OBJECTS && value.type != KPS_T_SEQ;
    struct kps_buf path = KPS_BUF(arena);
    write_trail(&path, trail);
    struct kps_sv api = kps_fmt(
        arena, "json: cannot unmarshal %s%s%.*s into Go struct field %s.%.*s%s of type %s%s%s",
        kps_kube_json_word(value.type), is_number ? " " : "", is_number ? (int)value.text.n : 0,
        is_number ? value.text.p : "", in->name, SV_ARG(kps_buf_sv(&path)), field->name,
        is_list ? "[]" : "", shapes[field->shape].go_type, field->parts ? field->parts->name : "");
    struct kps_finding *finding = kps_kube_refuse(
        c->kube, kps_kube_owner(c->kube, c->who), kps_ynode_resolve(node)->span, 0, 0, api,
        "%s must be %s, not %s", field->name, wanted, kps_ynode_type_name(value.type));
    bool is_scalar = field->shape == BOOL || field->shape == NUMBER;
    if (value.type == KPS_T_STR && is_scalar) {
        kps_finding_help(finding, "write it without quotes");
    } else if ((value.type == KPS_T_BOOL || is_number) && !is_scalar) {
        kps_finding_help(finding, "put it into quotes: \"%.*s\"", SV_ARG(value.text));
    }
}

/* Return true for null, for a value of the type, and for one that is filled in later. */
static bool has_type(const struct checking *c, const struct kps_ynode *node, enum kps_ytype wanted)
{
    enum kps_ytype type = kps_kube_scalar(node).type;
    return type == wanted || type == KPS_T_NULL ||
           kps_stream_is_placeholder(c->kube, kps_ynode_resolve(node));
}

static bool check_struct(const struct checking *c, const struct trail *trail,
                         const struct kps_ynode *map, const struct kps_api_struct *type);

/* Check the entries of a list or mapping. Return false at the first wrong one, which is reported.
 */
static bool check_entries(const struct checking *c, const struct trail *trail,
                          const struct kps_api_struct *in, const struct field *field,
                          const struct kps_ynode *list)
{
    const struct trail here = {trail, kps_sv_of(field->name)};
    bool is_object = field->shape == OBJECTS;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        if (!has_type(c, entry, is_object ? KPS_T_MAP : KPS_T_STR)) {
            struct field of_entry = *field;
            of_entry.shape = is_object ? OBJECTS : TEXT;
            const char *words = is_object ? "a list of mappings" : "text in each entry";
            if (!is_object && list->edges[i].key) {
                struct kps_arena *arena = c->kube->arena;
                words = kps_cstr(arena, kps_fmt(arena, "text in '%.*s'",
                                                SV_ARG(kps_ynode_text(list->edges[i].key))));
            }
            refuse_type(c, trail, in, &of_entry, entry, words);
            return false;
        }
        if (is_object && !check_struct(c, &here, entry, field->parts)) {
            return false;
        }
    }
    return true;
}

static bool check_field(const struct checking *c, const struct trail *trail,
                        const struct kps_api_struct *in, const struct field *field,
                        const struct kps_ynode *value)
{
    bool is_text = field->shape == NUMBER_OR_TEXT && kps_kube_scalar(value).type == KPS_T_STR;
    if (!is_text && !has_type(c, value, shapes[field->shape].type)) {
        refuse_type(c, trail, in, field, value, shapes[field->shape].words);
        return false;
    }
    value = kps_ynode_resolve(value);
    if (value->kind == KPS_Y_SCALAR) {
        return true;
    }
    if (field->shape == OBJECT) {
        const struct trail here = {trail, kps_sv_of(field->name)};
        return check_struct(c, &here, value, field->parts);
    }
    return check_entries(c, trail, in, field, value);
}

static bool check_struct(const struct checking *c, const struct trail *trail,
                         const struct kps_ynode *map, const struct kps_api_struct *type)
{
    for (uint32_t i = 0; map->kind == KPS_Y_MAP && i < map->n; i++) {
        struct kps_sv key = kps_ynode_text(map->edges[i].key);
        for (uint32_t f = 0; key.n && f < type->n; f++) {
            if (key.p[0] == type->fields[f].name[0] && kps_sv_is(key, type->fields[f].name) &&
                !check_field(c, trail, type, &type->fields[f], map->edges[i].val)) {
                return false;
            }
        }
    }
    return true;
}

void kps_api_check(struct kps_kube *kube, struct kps_kube_who who, struct kps_sv path,
                   const struct kps_ynode *map, const struct kps_api_struct *type)
{
    const struct checking c = {kube, who};
    const struct trail trail = {NULL, path};
    if (map) {
        (void)check_struct(&c, path.n ? &trail : NULL, kps_ynode_resolve(map), type);
    }
}
