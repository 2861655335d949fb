#include "kube/api_types.h"

#include "base/buf.h"
#include "kube/scalar.h"
#include "kube/stream.h"

/*
 * A struct: its Go name, and its fields as "name=type". A type is text, flag, number, port (a
 * number or text) or a struct, "[]" behind it a list and "{}" a mapping of such values. Words
 * before a dot are not of the Go name: the fields of an "any" struct are not looked at, as other
 * code reads them, or a kind of its own may fill them differently; such a kind has "custom"
 * structs.
 */
#define CONTAINER_FIELDS                                                                           \
    "name=text image=text restartPolicy=text command=text[] args=text[] env=EnvVar[] "             \
    "ports=any.ContainerPort[] livenessProbe=Probe readinessProbe=Probe startupProbe=Probe "       \
    "lifecycle=Lifecycle"
#define HANDLER_FIELDS                                                                             \
    "httpGet=HTTPGetAction tcpSocket=TCPSocketAction grpc=GRPCAction exec=ExecAction"
#define AFFINITY_FIELDS                                                                            \
    "requiredDuringSchedulingIgnoredDuringExecution=PodAffinityTerm[] "                            \
    "preferredDuringSchedulingIgnoredDuringExecution=any.WeightedPodAffinityTerm[]"
#define STRATEGY_FIELDS "type=text rollingUpdate=RollingUpdate"

static const struct {
    const char *name, *fields;
} structs[] = {
    {"PodSpec", "containers=Container[] initContainers=Container[] "
                "ephemeralContainers=EphemeralContainer[] hostNetwork=flag hostPID=flag "
                "hostUsers=flag nodeName=text restartPolicy=text priorityClassName=text "
                "nodeSelector=text{} tolerations=Toleration[] affinity=Affinity"},
    {"Container", CONTAINER_FIELDS},
    {"EphemeralContainer", CONTAINER_FIELDS},
    {"EnvVar", "name=text value=text"},
    {"Probe", HANDLER_FIELDS},
    {"Lifecycle", "postStart=LifecycleHandler preStop=LifecycleHandler"},
    {"LifecycleHandler", HANDLER_FIELDS},
    {"HTTPGetAction", "port=port host=text path=text scheme=text"},
    {"TCPSocketAction", "port=port host=text"},
    {"GRPCAction", "port=number service=text"},
    {"ExecAction", "command=text[]"},
    {"Toleration", "key=text operator=text value=text effect=text"},
    {"Affinity",
     "nodeAffinity=any.NodeAffinity podAffinity=PodAffinity podAntiAffinity=PodAntiAffinity"},
    {"PodAffinity", AFFINITY_FIELDS},
    {"PodAntiAffinity", AFFINITY_FIELDS},
    {"PodAffinityTerm", "topologyKey=text labelSelector=LabelSelector namespaces=text[]"},
    {"LabelSelector", "matchLabels=text{} matchExpressions=LabelSelectorRequirement[]"},
    {"LabelSelectorRequirement", "key=text operator=text values=text[]"},
    /* A kind of its own may mean something else by what lies deeper. */
    {"custom.PodSpec", "containers=custom.Container[] initContainers=custom.Container[] "
                       "hostNetwork=flag tolerations=any.Toleration[] affinity=any.Affinity"},
    {"custom.Container", "command=text[] args=text[] env=any.EnvVar[] ports=any.ContainerPort[]"},
    {"custom.Spec", "replicas=number template=any.PodTemplateSpec"},
    {"Object", "metadata=ObjectMeta spec=any.Spec"},
    {"ObjectMeta", "name=text namespace=text generateName=text labels=text{} annotations=text{}"},
    {"Spec", "replicas=number parallelism=number completions=number suspend=flag "
             "template=PodTemplateSpec jobTemplate=JobTemplateSpec selector=LabelSelector "
             "strategy=DeploymentStrategy updateStrategy=UpdateStrategy schedule=text "
             "concurrencyPolicy=text"},
    {"PodTemplateSpec", "metadata=ObjectMeta spec=any.PodSpec"},
    {"DeploymentStrategy", STRATEGY_FIELDS},
    {"UpdateStrategy", STRATEGY_FIELDS},
    {"RollingUpdate", "maxSurge=port maxUnavailable=port partition=number"},
    {"JobTemplateSpec", "metadata=ObjectMeta spec=JobSpec"},
    {"JobSpec", "parallelism=number completions=number suspend=flag template=PodTemplateSpec"},
    {"ServiceSpec",
     "selector=text{} externalIPs=text[] ports=ServicePort[] clusterIP=text "
     "loadBalancerIP=text loadBalancerClass=text allocateLoadBalancerNodePorts=flag"},
    {"ServicePort", "appProtocol=text"},
};

/* How a type is called, and the type of its values. A type has the first row that fits. */
static const struct shape {
    char first, last; /* of the type's word; 0: any */
    bool is_struct;
    enum kps_ytype type;
    const char *words;
    const char *go_type; /* the decoder's name; of a struct before the struct's name */
} shapes[] = {{'t', 't', false, KPS_T_STR, "text", "string"},
              {'f', 'g', false, KPS_T_BOOL, "true or false", "bool"},
              {'n', 'r', false, KPS_T_INT, "a whole number", "int32"},
              {'p', 't', false, KPS_T_INT, "a whole number or text", "int32"},
              {'t', ']', false, KPS_T_SEQ, "a list", "[]string"},
              {'t', '}', false, KPS_T_MAP, "a mapping", "map[string]string"},
              {0, ']', true, KPS_T_SEQ, "a list", "v1."},
              {0, 0, true, KPS_T_MAP, "a mapping", "v1."}};

static const struct shape *find_shape(struct kps_sv type)
{
    const struct shape *shape = shapes;
    while ((shape->first && shape->first != type.p[0]) ||
           (shape->last && shape->last != type.p[type.n - 1])) {
        shape++;
    }
    return shape;
}

/* Return the Go name of a struct or of a list of structs. */
static struct kps_sv go_name(struct kps_sv type)
{
    struct kps_sv name = kps_sv_before(type, '[');
    struct kps_sv behind = kps_sv_after(name, '.');
    return behind.n ? behind : name;
}

/* The way to a struct: written as text only when something is wrong there. */
struct trail {
    const struct trail *above;
    struct kps_sv name;
};

struct checking {
    struct kps_kube *kube;
    const struct kps_kube_who *who;
};

/* A field at hand: its struct and the way there, its name and its type. */
struct field {
    const struct trail *trail;
    struct kps_sv in, name, type;
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
static void refuse_type(const struct checking *c, const struct field *field,
                        const struct kps_ynode *node, const char *wanted)
{
    struct kps_arena *arena = c->kube->arena;
    const struct shape *shape = find_shape(field->type);
    enum kps_ytype found = kps_kube_scalar(node).type;
    struct kps_sv text = kps_ynode_text(node);
    bool is_number = found == KPS_T_INT || found == KPS_T_FLOAT;
    bool is_list = shape->is_struct && shape->type == KPS_T_SEQ;
    struct kps_buf *path = kps_buf_new(arena);
    write_trail(path, field->trail);
    struct kps_sv in = go_name(field->in);
    struct kps_sv name = shape->is_struct ? go_name(field->type) : SV("");
    struct kps_sv api = kps_fmt(
        arena, "json: cannot unmarshal %s%s%.*s into Go struct field %.*s.%s%.*s of type %s%s%.*s",
        kps_kube_json_word(found), is_number ? " " : "", SV_ARG(is_number ? text : SV("")),
        SV_ARG(in), kps_buf_sv(path).p, SV_ARG(field->name), is_list ? "[]" : "", shape->go_type,
        SV_ARG(name));
    struct kps_finding *finding = kps_kube_refuse(
        c->kube, c->who, kps_ynode_resolve(node)->span, api, "%.*s must be %s, not %s",
        SV_ARG(field->name), wanted, kps_ynode_type_name(found));
    bool is_scalar = kps_sv_is_one_of(field->type, "flag number");
    if (found == KPS_T_STR && is_scalar) {
        kps_finding_help(finding, "write it without quotes");
    } else if ((found == KPS_T_BOOL || is_number) && !is_scalar) {
        kps_finding_help(finding, "put it into quotes: \"%.*s\"", SV_ARG(text));
    }
}

/* Return true for null, for a value of the type, and for one that is filled in later. */
static bool has_type(const struct checking *c, const struct kps_ynode *node, enum kps_ytype wanted)
{
    enum kps_ytype type = kps_kube_scalar(node).type;
    return type == wanted || type == KPS_T_NULL ||
           kps_stream_is_placeholder(c->kube, kps_ynode_resolve(node), wanted == KPS_T_STR);
}

static bool check_struct(const struct checking *c, const struct trail *trail,
                         const struct kps_ynode *map, struct kps_sv type);

/* Check the entries of a list or mapping. Return false at the first wrong one, which is reported.
 */
static bool check_entries(const struct checking *c, const struct field *field,
                          const struct kps_ynode *list)
{
    const struct trail here = {field->trail, field->name};
    bool is_object = find_shape(field->type)->is_struct;
    struct kps_sv type = is_object ? kps_sv_before(field->type, '[') : SV("text");
    for (uint32_t i = 0; i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        if (!has_type(c, entry, is_object ? KPS_T_MAP : KPS_T_STR)) {
            struct field of_entry = *field;
            of_entry.type = type;
            const char *words = is_object ? "a list of mappings" : "text in each entry";
            if (!is_object && list->edges[i].key) {
                struct kps_sv key = kps_ynode_text(list->edges[i].key);
                words = kps_fmt(c->kube->arena, "text in '%.*s'", SV_ARG(key)).p;
            }
            refuse_type(c, &of_entry, entry, words);
            return false;
        }
        if (is_object && !check_struct(c, &here, entry, type)) {
            return false;
        }
    }
    return true;
}

static bool check_field(const struct checking *c, const struct field *field,
                        const struct kps_ynode *value)
{
    const struct shape *shape = find_shape(field->type);
    bool is_text = kps_sv_is(field->type, "port") && kps_kube_scalar(value).type == KPS_T_STR;
    if (!is_text && !has_type(c, value, shape->type)) {
        refuse_type(c, field, value, shape->words);
        return false;
    }
    value = kps_ynode_resolve(value);
    if (value->kind == KPS_Y_SCALAR) {
        return true;
    }
    if (shape->is_struct && shape->type == KPS_T_MAP) {
        const struct trail here = {field->trail, field->name};
        return check_struct(c, &here, value, field->type);
    }
    return check_entries(c, field, value);
}

/* Return the type of a field of a struct; empty: it is not looked at. */
static struct kps_sv find_type(const char *fields, struct kps_sv name)
{
    struct kps_sv field;
    for (struct kps_sv rest = kps_sv_of(fields); name.n && kps_sv_next(&rest, ' ', &field);) {
        if (*field.p == *name.p && kps_sv_starts(field, name) && field.p[name.n] == '=') {
            return kps_sv_from(field, name.n + 1);
        }
    }
    return (struct kps_sv){"", 0};
}

static bool check_struct(const struct checking *c, const struct trail *trail,
                         const struct kps_ynode *map, struct kps_sv type)
{
    size_t row = kps_sv_has_head(type, "any.") ? KPS_COUNT(structs) : 0;
    while (row < KPS_COUNT(structs) && !kps_sv_is(type, structs[row].name)) {
        row++;
    }
    bool is_known = row < KPS_COUNT(structs) && map->kind == KPS_Y_MAP;
    for (uint32_t i = 0; is_known && i < map->n; i++) {
        struct kps_sv key = kps_ynode_text(map->edges[i].key);
        const struct field field = {trail, type, key, find_type(structs[row].fields, key)};
        if (field.type.n && !check_field(c, &field, map->edges[i].val)) {
            return false;
        }
    }
    return true;
}

void kps_api_check(struct kps_kube *kube, const struct kps_kube_who *who, struct kps_sv path,
                   const struct kps_ynode *map, const char *type)
{
    const struct checking c = {kube, who};
    const struct trail trail = {NULL, path};
    if (map) {
        (void)check_struct(&c, path.n ? &trail : NULL, kps_ynode_resolve(map), kps_sv_of(type));
    }
}
