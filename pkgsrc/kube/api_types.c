#include "kube/api_types.h"

#include "base/buf.h"
#include "kube/scalar.h"
#include "kube/stream.h"

enum shape { TEXT, BOOL, NUMBER, NUMBER_OR_TEXT, TEXTS, TEXT_MAP, OBJECT, OBJECTS };

struct field {
    const char *name;
    const char *go_type; /* as the decoder names the type; of OBJECTS without "[]" */
    enum shape shape;
    const struct kps_api_struct *parts; /* of OBJECT and OBJECTS; NULL: not looked at */
};

struct kps_api_struct {
    const char *name; /* of the Go struct */
    const struct field *fields;
    uint32_t n;
};

#define STRUCT(go_name, rows)                                                                      \
    {                                                                                              \
        (go_name), (rows), KPS_COUNT(rows)                                                         \
    }
#define TEXT_FIELD(name)                                                                           \
    {                                                                                              \
        (name), "string", TEXT, NULL                                                               \
    }
#define TEXT_MAP_FIELD(name)                                                                       \
    {                                                                                              \
        (name), "map[string]string", TEXT_MAP, NULL                                                \
    }

static const struct field http_fields[] = {{"port", "int32", NUMBER_OR_TEXT, NULL},
                                           TEXT_FIELD("host"),
                                           TEXT_FIELD("path"),
                                           TEXT_FIELD("scheme")};
static const struct kps_api_struct http = STRUCT("HTTPGetAction", http_fields);
static const struct field socket_fields[] = {{"port", "int32", NUMBER_OR_TEXT, NULL},
                                             TEXT_FIELD("host")};
static const struct kps_api_struct socket_action = STRUCT("TCPSocketAction", socket_fields);
static const struct field grpc_fields[] = {{"port", "int32", NUMBER, NULL}, TEXT_FIELD("service")};
static const struct kps_api_struct grpc = STRUCT("GRPCAction", grpc_fields);
static const struct field exec_fields[] = {{"command", "[]string", TEXTS, NULL}};
static const struct kps_api_struct exec = STRUCT("ExecAction", exec_fields);
static const struct field handler_fields[] = {
    {"httpGet", "v1.HTTPGetAction", OBJECT, &http},
    {"tcpSocket", "v1.TCPSocketAction", OBJECT, &socket_action},
    {"grpc", "v1.GRPCAction", OBJECT, &grpc},
    {"exec", "v1.ExecAction", OBJECT, &exec}};
static const struct kps_api_struct probe = STRUCT("Probe", handler_fields);
static const struct kps_api_struct handler = STRUCT("LifecycleHandler", handler_fields);
static const struct field lifecycle_fields[] = {
    {"postStart", "v1.LifecycleHandler", OBJECT, &handler},
    {"preStop", "v1.LifecycleHandler", OBJECT, &handler}};
static const struct kps_api_struct lifecycle = STRUCT("Lifecycle", lifecycle_fields);
static const struct field variable_fields[] = {TEXT_FIELD("name"), TEXT_FIELD("value")};
static const struct kps_api_struct variable = STRUCT("EnvVar", variable_fields);
static const struct field container_fields[] = {TEXT_FIELD("name"),
                                                TEXT_FIELD("image"),
                                                TEXT_FIELD("restartPolicy"),
                                                {"command", "[]string", TEXTS, NULL},
                                                {"args", "[]string", TEXTS, NULL},
                                                {"env", "v1.EnvVar", OBJECTS, &variable},
                                                {"ports", "v1.ContainerPort", OBJECTS, NULL},
                                                {"livenessProbe", "v1.Probe", OBJECT, &probe},
                                                {"readinessProbe", "v1.Probe", OBJECT, &probe},
                                                {"startupProbe", "v1.Probe", OBJECT, &probe},
                                                {"lifecycle", "v1.Lifecycle", OBJECT, &lifecycle}};
static const struct kps_api_struct container = STRUCT("Container", container_fields);

static const struct field requirement_fields[] = {
    TEXT_FIELD("key"), TEXT_FIELD("operator"), {"values", "[]string", TEXTS, NULL}};
static const struct kps_api_struct requirement =
    STRUCT("LabelSelectorRequirement", requirement_fields);
static const struct field selector_fields[] = {
    TEXT_MAP_FIELD("matchLabels"),
    {"matchExpressions", "v1.LabelSelectorRequirement", OBJECTS, &requirement}};
static const struct kps_api_struct selector = STRUCT("LabelSelector", selector_fields);
static const struct field term_fields[] = {TEXT_FIELD("topologyKey"),
                                           {"labelSelector", "v1.LabelSelector", OBJECT, &selector},
                                           {"namespaces", "[]string", TEXTS, NULL}};
static const struct kps_api_struct term = STRUCT("PodAffinityTerm", term_fields);
static const struct field near_fields[] = {
    {"requiredDuringSchedulingIgnoredDuringExecution", "v1.PodAffinityTerm", OBJECTS, &term},
    {"preferredDuringSchedulingIgnoredDuringExecution", "v1.WeightedPodAffinityTerm", OBJECTS,
     NULL}};
static const struct kps_api_struct near_pods = STRUCT("PodAffinity", near_fields);
static const struct field affinity_fields[] = {
    {"nodeAffinity", "v1.NodeAffinity", OBJECT, NULL},
    {"podAffinity", "v1.PodAffinity", OBJECT, &near_pods},
    {"podAntiAffinity", "v1.PodAntiAffinity", OBJECT, &near_pods}};
static const struct kps_api_struct affinity = STRUCT("Affinity", affinity_fields);
static const struct field toleration_fields[] = {TEXT_FIELD("key"), TEXT_FIELD("operator"),
                                                 TEXT_FIELD("value"), TEXT_FIELD("effect")};
static const struct kps_api_struct toleration = STRUCT("Toleration", toleration_fields);
static const struct field pod_fields[] = {
    {"containers", "v1.Container", OBJECTS, &container},
    {"initContainers", "v1.Container", OBJECTS, &container},
    {"ephemeralContainers", "v1.EphemeralContainer", OBJECTS, &container},
    {"hostNetwork", "bool", BOOL, NULL},
    {"hostPID", "bool", BOOL, NULL},
    {"hostUsers", "bool", BOOL, NULL},
    TEXT_FIELD("nodeName"),
    TEXT_FIELD("restartPolicy"),
    TEXT_FIELD("priorityClassName"),
    TEXT_MAP_FIELD("nodeSelector"),
    {"tolerations", "v1.Toleration", OBJECTS, &toleration},
    {"affinity", "v1.Affinity", OBJECT, &affinity}};
const struct kps_api_struct kps_api_pod = STRUCT("PodSpec", pod_fields);

/* A kind of its own may mean something else by what lies deeper. */
static const struct field custom_container_fields[] = {
    {"command", "[]string", TEXTS, NULL},
    {"args", "[]string", TEXTS, NULL},
    {"env", "v1.EnvVar", OBJECTS, NULL},
    {"ports", "v1.ContainerPort", OBJECTS, NULL}};
static const struct kps_api_struct custom_container = STRUCT("Container", custom_container_fields);
static const struct field custom_pod_fields[] = {
    {"containers", "v1.Container", OBJECTS, &custom_container},
    {"initContainers", "v1.Container", OBJECTS, &custom_container},
    {"hostNetwork", "bool", BOOL, NULL},
    {"tolerations", "v1.Toleration", OBJECTS, NULL},
    {"affinity", "v1.Affinity", OBJECT, NULL}};
const struct kps_api_struct kps_api_custom_pod = STRUCT("PodSpec", custom_pod_fields);

static const struct field metadata_fields[] = {TEXT_FIELD("name"), TEXT_FIELD("namespace"),
                                               TEXT_FIELD("generateName"), TEXT_MAP_FIELD("labels"),
                                               TEXT_MAP_FIELD("annotations")};
static const struct kps_api_struct metadata = STRUCT("ObjectMeta", metadata_fields);
static const struct field object_fields[] = {{"metadata", "v1.ObjectMeta", OBJECT, &metadata},
                                             {"spec", "v1.Spec", OBJECT, NULL}};
const struct kps_api_struct kps_api_object = STRUCT("Object", object_fields);
static const struct field template_fields[] = {{"metadata", "v1.ObjectMeta", OBJECT, &metadata},
                                               {"spec", "v1.PodSpec", OBJECT, NULL}};
static const struct kps_api_struct pod_template = STRUCT("PodTemplateSpec", template_fields);
static const struct field rolling_fields[] = {{"maxSurge", "int32", NUMBER_OR_TEXT, NULL},
                                              {"maxUnavailable", "int32", NUMBER_OR_TEXT, NULL},
                                              {"partition", "int32", NUMBER, NULL}};
static const struct kps_api_struct rolling = STRUCT("RollingUpdate", rolling_fields);
static const struct field strategy_fields[] = {
    TEXT_FIELD("type"), {"rollingUpdate", "v1.RollingUpdate", OBJECT, &rolling}};
static const struct kps_api_struct strategy = STRUCT("UpdateStrategy", strategy_fields);
static const struct field job_fields[] = {
    {"parallelism", "int32", NUMBER, NULL},
    {"completions", "int32", NUMBER, NULL},
    {"suspend", "bool", BOOL, NULL},
    {"template", "v1.PodTemplateSpec", OBJECT, &pod_template}};
static const struct kps_api_struct job = STRUCT("JobSpec", job_fields);
static const struct field job_template_fields[] = {{"metadata", "v1.ObjectMeta", OBJECT, &metadata},
                                                   {"spec", "v1.JobSpec", OBJECT, &job}};
static const struct kps_api_struct job_template = STRUCT("JobTemplateSpec", job_template_fields);
static const struct field controller_fields[] = {
    {"replicas", "int32", NUMBER, NULL},
    {"parallelism", "int32", NUMBER, NULL},
    {"completions", "int32", NUMBER, NULL},
    {"suspend", "bool", BOOL, NULL},
    {"template", "v1.PodTemplateSpec", OBJECT, &pod_template},
    {"jobTemplate", "v1.JobTemplateSpec", OBJECT, &job_template},
    {"selector", "v1.LabelSelector", OBJECT, &selector},
    {"strategy", "v1.DeploymentStrategy", OBJECT, &strategy},
    {"updateStrategy", "v1.UpdateStrategy", OBJECT, &strategy},
    TEXT_FIELD("schedule"),
    TEXT_FIELD("concurrencyPolicy")};
const struct kps_api_struct kps_api_controller = STRUCT("Spec", controller_fields);
static const struct field custom_fields[] = {{"replicas", "int32", NUMBER, NULL},
                                             {"template", "v1.PodTemplateSpec", OBJECT, NULL}};
const struct kps_api_struct kps_api_custom = STRUCT("Spec", custom_fields);

static const struct field service_port_fields[] = {TEXT_FIELD("appProtocol")};
static const struct kps_api_struct service_port = STRUCT("ServicePort", service_port_fields);
static const struct field service_fields[] = {
    TEXT_MAP_FIELD("selector"),
    {"externalIPs", "[]string", TEXTS, NULL},
    {"ports", "v1.ServicePort", OBJECTS, &service_port},
    TEXT_FIELD("clusterIP"),
    TEXT_FIELD("loadBalancerIP"),
    TEXT_FIELD("loadBalancerClass"),
    {"allocateLoadBalancerNodePorts", "bool", BOOL, NULL}};
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
        arena, "json: cannot unmarshal %s%s%.*s into Go struct field %s.%.*s%s of type %s%s",
        kps_kube_json_word(value.type), is_number ? " " : "", is_number ? (int)value.text.n : 0,
        is_number ? value.text.p : "", in->name, SV_ARG(kps_buf_sv(&path)), field->name,
        is_list ? "[]" : "", field->go_type);
    struct kps_finding *finding = kps_kube_refuse(
        c->kube, kps_kube_owner(c->kube, c->who), kps_ynode_resolve(node)->span, 0, 0, api,
        "%s must be %s, not %s", field->name, wanted, kps_ynode_type_name(value.type));
    bool is_scalar = field->shape == BOOL || field->shape == NUMBER;
    if (value.type == KPS_T_STR && is_scalar) {
        kps_finding_help(c->kube->diag, finding, SV(""), "write it without quotes");
    } else if ((value.type == KPS_T_BOOL || is_number) && !is_scalar) {
        kps_finding_help(c->kube->diag, finding, SV(""), "put it into quotes: \"%.*s\"",
                         SV_ARG(value.text));
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
        const struct kps_ynode *entry = kps_ynode_resolve(list->edges[i].val);
        if (!has_type(c, entry, is_object ? KPS_T_MAP : KPS_T_STR)) {
            struct field of_entry = *field;
            of_entry.go_type = is_object ? field->go_type : "string";
            refuse_type(c, trail, in, &of_entry, entry,
                        is_object ? "a list of mappings" : "text in each entry");
            return false;
        }
        if (is_object && field->parts && !check_struct(c, &here, entry, field->parts)) {
            return false;
        }
    }
    return true;
}

static bool check_field(const struct checking *c, const struct trail *trail,
                        const struct kps_api_struct *in, const struct field *field,
                        const struct kps_ynode *value)
{
    static const struct {
        const char *words;
        enum kps_ytype type;
    } shapes[] = {[TEXT] = {"text", KPS_T_STR},
                  [BOOL] = {"true or false", KPS_T_BOOL},
                  [NUMBER] = {"a whole number", KPS_T_INT},
                  [NUMBER_OR_TEXT] = {"a whole number or text", KPS_T_INT},
                  [TEXTS] = {"a list", KPS_T_SEQ},
                  [TEXT_MAP] = {"a mapping", KPS_T_MAP},
                  [OBJECT] = {"a mapping", KPS_T_MAP},
                  [OBJECTS] = {"a list", KPS_T_SEQ}};
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
        return !field->parts || check_struct(c, &here, value, field->parts);
    }
    return check_entries(c, trail, in, field, value);
}

static bool check_struct(const struct checking *c, const struct trail *trail,
                         const struct kps_ynode *map, const struct kps_api_struct *type)
{
    for (uint32_t i = 0; map->kind == KPS_Y_MAP && i < map->n; i++) {
        struct kps_sv key = kps_ynode_text(map->edges[i].key);
        for (uint32_t f = 0; f < type->n; f++) {
            if (kps_sv_eq(key, kps_sv_of(type->fields[f].name)) &&
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
