#ifndef KPS_KUBE_KUBE_H
#define KPS_KUBE_KUBE_H

#include "base/compiler.h"
#include "base/map.h"
#include "kube/object.h"
#include "kube/options.h"
#include "yaml/node.h"

/*
 * Shared by the files of this folder; no other folder includes this header. Files without a header
 * of their own:
 * - recognise.c finds the objects of a document; read_object.c, read_pod.c, read_placement.c and
 *   read_service.c read them;
 * - evidence.c finds ports that a container shows without declaring them;
 * - place.c answers for the core whether claims can share a node (struct kps_place_rules);
 * - rule_address.c, rule_duplicate.c, rule_nodeport.c, rule_pending.c, rule_reserved.c,
 *   rule_rollout.c and rule_target.c hold the rules of their names.
 */

struct kps_stream_sink;
struct kps_live;

/* An object's apiVersion, kind, namespace and name, as they are read. */
struct kps_object_ref {
    struct kps_sv api_version, kind, namespace, name;
};

struct kps_kube_namespace {
    struct kps_sv name;
    uint16_t meshes;                /* KPS_MESH_*: the sidecars to inject into its pods */
    struct kps_sidecar_moves moves; /* the settings for pods without their own */
};

/* A Node of a live cluster (live_nodes.c). */
struct kps_kube_node {
    struct kps_labels labels; /* with its name as KPS_NODE_NAME_KEY */
    const struct kps_taint *taints;
    uint32_t n_taints;
    kps_file_id file;
    bool in_list; /* an item of a List, as kubectl prints it */
};

struct kps_kube_scaler {
    struct kps_sv namespace, kind, name; /* what it scales */
    uint32_t most;                       /* maxReplicas */
};

/* Bounds of the constraints of a pod on nodes; the rest is not read, and reported (KP907). */
enum { KPS_KUBE_TERMS = 64, KPS_KUBE_REQS = 64, KPS_KUBE_LIST_DEPTH = 8 };
/* Bytes of a text with parameters; a longer text stays as written. */
enum { KPS_KUBE_FILLED_TEXT = 64 * 1024 };

struct kps_kube {
    struct kps_ledger *ledger;
    struct kps_diag *diag;
    struct kps_arena *arena; /* of objects and texts; its bytes become the sink's at the end */
    struct kps_kube_options options;
    KPS_VEC(struct kps_kube_workload *) workloads;
    KPS_VEC(struct kps_kube_service *) services;
    KPS_VEC(struct kps_kube_namespace) namespaces;
    KPS_VEC(struct kps_kube_scaler) scalers;
    KPS_VEC(struct kps_kube_node)
    nodes; /* after kps_kube_keep_live_nodes: the nodes of the live cluster */
    struct kps_kube_unjudged own_unjudged;
    struct kps_kube_unjudged *unjudged; /* own_unjudged, or that of the options */
    KPS_VEC(const struct kps_kube_head *) heads;
    struct kps_map head_ids;   /* the texts of a head -> index of heads */
    struct kps_arena *index;   /* from kps_kube_finish on */
    struct kps_live *live;     /* the cluster to apply to; NULL: none was given */
    const kps_claim_id *wants; /* see host_port_requests.h; NULL: not made yet */
    uint32_t n_wants;
    uint32_t *described_in; /* by identity: the clash that named the object last; in `index` */
    uint32_t n_described;
    struct kps_arena *words; /* for texts that are made to be compared */
    struct kps_sv last_path; /* of a party */
    /* Alternatives (alternatives.h), in `index`: pairs of files and folders, and the folder of each
     * file id. */
    struct kps_map alternatives;
    uint32_t *folders;
    uint32_t n_folders;
    bool has_examples; /* some lie in folders of a folder of examples */
    uint32_t n_identities;
    kps_netns_id node_ns, cluster_ns, pod_ns; /* pod_ns: of each pod and each Service its own */
    bool k3s;                                 /* something in the input is k3s's own */
    /* Templates that were not rendered: a single finding for a chart. */
    struct kps_sv chart; /* its "…/templates/", or the one file */
    struct kps_finding *unrendered;
    uint32_t n_more_unrendered;

    /* The file and document being read. */
    kps_file_id file;
    struct kps_sv bytes;
    struct kps_sv source;      /* Helm's "# Source: …" */
    struct kps_sv last_source; /* of `source_origin` */
    kps_origin_id source_origin;
    struct kps_arena *tree;           /* of the document's nodes */
    struct kps_ynode *const *dollars; /* its values that hold a '$' */
    size_t n_dollars;
    const struct kps_ynode *root;   /* the object that is read; NULL: none */
    const struct kps_ynode *action; /* its first value with a template's action, once looked for */
    bool knows_action;
    bool is_filled; /* the document is an OpenShift Template, and has its parameters */
    struct kps_kube_result *result;
    struct kps_stream_sink *sink;      /* takes the documents; NULL: their objects are read */
    const struct kps_object_ref *list; /* the long list whose items are read one by one; or NULL */
};

/* End the finding for templates, when the last file is read (stream.c). */
void kps_kube_end_templates(struct kps_kube *kube);

/* Return the place of the pod's spec in a workload that Kubernetes itself runs
 * ("spec.template.spec"); NULL: another kind. */
const char *kps_kube_pod_path(struct kps_sv kind);

/* kube/read_*.c; `spec` and the others may be NULL (not written). `list`: the List that the object
 * is an item of. */
void kps_kube_read_object(struct kps_kube *kube, const struct kps_ynode *root,
                          const struct kps_object_ref *list);
/* `extra` is what w->extra is made of, once the workload is read. */
void kps_kube_read_pod(struct kps_kube *kube, struct kps_kube_workload *w,
                       struct kps_kube_workload_extra *extra, const struct kps_ynode *template_meta,
                       const struct kps_ynode *spec);
void kps_kube_read_placement(struct kps_kube *kube, struct kps_kube_pod *pod,
                             const struct kps_ynode *spec);
void kps_kube_read_service(struct kps_kube *kube, const struct kps_object_ref *ref,
                           struct kps_span at, const struct kps_ynode *root);
struct kps_labels kps_kube_read_labels(struct kps_kube *kube, const struct kps_ynode *map);
/*
 * Ports that a container shows without declaring them, or beside declaring them; `c` has its
 * declared ports. `out` takes at most `room`. Return: how many.
 */
uint32_t kps_kube_read_evidence(struct kps_kube *kube, const struct kps_kube_container *c,
                                const struct kps_ynode *container, bool host_network,
                                struct kps_kube_port *out, uint32_t room);
/* Return the origin of a field that another file than the object's sets, before `up`; else `up`. */
kps_origin_id kps_kube_elsewhere(struct kps_kube *kube, const struct kps_kube_id *id,
                                 const struct kps_ynode *map, const char *field, kps_origin_id up);
/* Return true if the container listens in place of its neighbours, for their probes. */
bool kps_kube_is_probe_helper(const struct kps_ynode *container);

/* Findings inside one pod, when all objects are read (rule_pod.c). `scratch` is reset by every
 * call. */
void kps_kube_check_pod(struct kps_kube *kube, struct kps_kube_workload *w,
                        struct kps_arena *scratch);

/* Named ports of probes and hooks of a container that is being read (rule_probe.c). */
void kps_kube_check_probes(struct kps_kube *kube, struct kps_kube_container *c,
                           const struct kps_ynode *container);

/* The same for one Service (rule_service.c). */
void kps_kube_check_service(struct kps_kube *kube, struct kps_kube_service *s);

/* Findings over the whole cluster (rule_*.c). */
/* Report live pods without a free host port. Such pods request nothing any more (copies 0), so this
 * comes before the port requests are listed. */
void kps_kube_check_pending(struct kps_kube *kube);
void kps_kube_check_sidecars(struct kps_kube *kube);
void kps_kube_check_rollouts(struct kps_kube *kube);
/* Return the autoscaler of a workload with the highest maximum (rule_rollout.c); NULL: none. */
const struct kps_kube_scaler *kps_kube_scaler_of(const struct kps_kube *kube,
                                                 const struct kps_kube_workload *w);
void kps_kube_check_reserved(struct kps_kube *kube);
void kps_kube_check_node_ports(struct kps_kube *kube);
/* Note the effect of a node port that is a hostPort, too, and add the advice. `is_health`: it is a
 * healthCheckNodePort. */
void kps_kube_note_node_port(const struct kps_kube *kube, struct kps_finding *finding,
                             bool is_health);
void kps_kube_check_addresses(struct kps_kube *kube);
void kps_kube_check_targets(struct kps_kube *kube);
void kps_kube_check_duplicates(struct kps_kube *kube);

/* Find the controller of an object (ownerReferences); a ReplicaSet with the hash of its Deployment
 * leads to the Deployment. Return: false without a controller. */
KPS_MUST_USE bool kps_kube_controller_of(struct kps_kube *kube, const struct kps_ynode *metadata,
                                         struct kps_object_ref *ret);
/* Read a term of affinity, or a topologySpreadConstraint, which has the same members. Return: false
 * for an unreadable term. */
KPS_MUST_USE bool kps_kube_read_affinity_term(struct kps_kube *kube, const struct kps_ynode *node,
                                              struct kps_anti_term *ret);
/* Return the scheduler's words when it found no node with a free host port for the pod of a status
 * (spec kubernetes §2.1); empty: it did not say so. */
struct kps_sv kps_kube_lack_of_ports(struct kps_kube *kube, const struct kps_ynode *status);
/* Read the required affinity of a pod to other pods; `spec` may be NULL. */
struct kps_anti_affinity kps_kube_read_pod_affinity(struct kps_kube *kube,
                                                    const struct kps_ynode *spec);

void kps_kube_read_scaler(struct kps_kube *kube, struct kps_sv namespace,
                          const struct kps_ynode *root);
/* Read a Node object. `in_list`: it is an item of a List. */
void kps_kube_read_node(struct kps_kube *kube, struct kps_sv name, const struct kps_ynode *root,
                        bool in_list);
/*
 * Drop the Nodes of no live cluster: Nodes without a status, or alone in a file (the test data of a
 * library). A Node counts as an item of a List, or in a stream with workloads.
 */
void kps_kube_keep_live_nodes(struct kps_kube *kube);
struct kps_sv kps_kube_node_name(const struct kps_kube_node *node);
/* Return how many of the live Nodes the scheduler may put pods of the workload onto. */
uint32_t kps_kube_count_live_nodes(const struct kps_kube *kube, const struct kps_kube_workload *w);
/* The same for nodes that take the pods of any of the requests. */
uint32_t kps_kube_count_nodes_of_any(const struct kps_kube *kube, const kps_claim_id *requests,
                                     uint32_t n);

/* OpenShift's Template (template.c): puts its parameters into its `objects`, which are there. */
void kps_kube_fill_template(struct kps_kube *kube, const struct kps_ynode *root,
                            struct kps_sv name);
/* Return true when a value of the mapping depends on a parameter without a value. */
bool kps_kube_is_open(const struct kps_ynode *map);

/* Where a port is written (source_spans.c, see struct kps_owner_class). */
struct kps_sv kps_kube_source_span(const struct kps_ledger *ledger, const struct kps_claim *claim,
                                   struct kps_source_span *ret);

/* Small helpers (kube.c). */

/* Return a text that outlives the document: a view into the file where possible, else a copy. */
struct kps_sv kps_kube_keep(struct kps_kube *kube, struct kps_sv text);
/* The head of an origin chain for a place; names Helm's source file when there is one. */
kps_origin_id kps_kube_origin(struct kps_kube *kube, struct kps_span at, struct kps_sv source);
/* Return the number of workloads and Services, and each of their identities: workloads first. */
uint32_t kps_kube_count_objects(const struct kps_kube *kube);
struct kps_kube_id *kps_kube_get_object(const struct kps_kube *kube, uint32_t index);
/* "shop/web", or "web" in the default namespace. */
struct kps_sv kps_kube_name(struct kps_kube *kube, const struct kps_kube_id *id);
/* "Deployment shop/web" */
struct kps_sv kps_kube_title(struct kps_kube *kube, const struct kps_kube_id *id);
/* "spec.template.spec.containers[1]" */
struct kps_sv kps_kube_container_path(struct kps_kube *kube, const struct kps_kube_container *c);
/*
 * The same for every object with this kind (and group, if it is a custom one), namespace and name:
 * a 64-bit hash (FNV-1a), from which kps_kube_finish makes the small numbers. A text for each would
 * be a tenth of the input.
 */
uint64_t kps_kube_key(const struct kps_object_ref *ref);
/* Add a text and its end to a hash of that sort, which begins with KPS_KUBE_HASH_START. */
uint64_t kps_kube_hash_text(uint64_t hash, struct kps_sv text);
#define KPS_KUBE_HASH_START 0xcbf29ce484222325ULL
/* Return true when this version or a newer one is judged. */
bool kps_kube_since(const struct kps_kube *kube, uint16_t minor);

/* Keep the facts that objects share once; `pod_path` may be empty. */
const struct kps_kube_head *kps_kube_share(struct kps_kube *kube, const struct kps_object_ref *ref,
                                           struct kps_sv pod_path);

/* Advice about ports (port_advice.c). */
/* Add `host_port_advice` as help, or under hostNetwork that the container take another port. */
void kps_kube_help_port(struct kps_kube *kube, struct kps_finding *finding,
                        const struct kps_kube_container *c, const struct kps_kube_port *port,
                        const char *host_port_advice);

/* Owners (owners.c): made when a claim or a finding names them. */
struct kps_kube_who {
    struct kps_kube_workload *w;
    struct kps_kube_container *c; /* of w, or NULL: the workload */
    struct kps_kube_service *s;   /* NULL: see w */
};
/* Return the workload of an owner; NULL: a Service, or an object of a live cluster. */
const struct kps_kube_workload *kps_kube_workload_of(const struct kps_ledger *ledger,
                                                     kps_owner_id id);
kps_owner_id kps_kube_owner(struct kps_kube *kube, const struct kps_kube_who *who);
kps_owner_id kps_kube_own_workload(struct kps_kube *kube, struct kps_kube_workload *w);
kps_owner_id kps_kube_own_container(struct kps_kube *kube, struct kps_kube_container *c);
kps_owner_id kps_kube_own_service(struct kps_kube *kube, struct kps_kube_service *s);
/* Own a container of no object's list: injected into the pod. */
kps_owner_id kps_kube_own_injected(struct kps_kube *kube, struct kps_kube_workload *w,
                                   struct kps_sv name);
/* Complete a finding that the core makes of claims of this folder (describe.c). */
void kps_kube_describe(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                       struct kps_finding *finding);
/* The same owner with the name of a port of its. */
kps_owner_id kps_kube_own_port(struct kps_kube *kube, kps_owner_id owner, struct kps_sv port_name);

/* Claims (claims.c): entered when an object is read. */
void kps_kube_enter_workload(struct kps_kube *kube, struct kps_kube_workload *w);
void kps_kube_enter_service(struct kps_kube *kube, struct kps_kube_service *s);
/* Claims of an overwritten object stay in the list, and are never made. */
void kps_kube_discard_workload(struct kps_kube *kube, const struct kps_kube_workload *w);
void kps_kube_discard_service(struct kps_kube *kube, const struct kps_kube_service *s);
/* Leave the claims on nodes to the live pods of the workload. */
void kps_kube_represent_workload(struct kps_kube *kube, const struct kps_kube_workload *w);
/* Return a new origin for a claim: the place of its port (see struct kps_owner_class). */
kps_origin_id kps_kube_locate_pod(const struct kps_ledger *ledger, kps_claim_id claim);
kps_origin_id kps_kube_locate_service(const struct kps_ledger *ledger, kps_claim_id claim);
/* The claim of a port in its pod, or on the node (`host`); 0 while the object is being read. */
kps_claim_id kps_kube_claim_port(const struct kps_kube_port *port, bool host);
/* The claim of a Service's port, or of its node port (`node`); NULL is its healthCheckNodePort. */
kps_claim_id kps_kube_claim_service(const struct kps_kube_service *s,
                                    const struct kps_kube_service_port *port, bool node);

/* Parties (findings.c). */
/* A finding about a port (0 = none) without parties yet. */
struct kps_finding *kps_kube_add_finding(struct kps_kube *kube, enum kps_rule rule,
                                         enum kps_severity severity, enum kps_certainty certainty,
                                         const char *fmt, ...) KPS_PRINTF(5, 6);
void kps_kube_on_port(struct kps_finding *finding, uint16_t port, uint8_t protocol);
/* Parties; the first one added is the primary. `label` is printf text in the arena. */
void kps_kube_party(struct kps_kube *kube, struct kps_finding *finding, kps_owner_id owner,
                    kps_claim_id claim, struct kps_span at, struct kps_sv source,
                    struct kps_sv label);
/* The container with the name of its port as owner. `at` is the port's place that is meant. */
void kps_kube_party_port(struct kps_kube *kube, struct kps_finding *finding,
                         struct kps_kube_container *c, const struct kps_kube_port *port, bool host,
                         struct kps_sv label);
/* A Service, by its name; `claim`: of its port that is meant, or 0. */
void kps_kube_party_name(struct kps_kube *kube, struct kps_finding *finding,
                         struct kps_kube_service *s, kps_claim_id claim, struct kps_span at);
/* The same with another label. */
void kps_kube_party_service(struct kps_kube *kube, struct kps_finding *finding,
                            struct kps_kube_service *s, kps_claim_id claim, struct kps_span at,
                            struct kps_sv label);
/* The path in the object where the last party of a finding stands: a declared port, or a field of a
 * Service's port. */
void kps_kube_port_path(struct kps_kube *kube, struct kps_finding *finding,
                        const struct kps_kube_container *c, const struct kps_kube_port *port,
                        bool host);
void kps_kube_service_path(struct kps_kube *kube, struct kps_finding *finding,
                           const struct kps_kube_service_port *port, const char *field);
/* A KP217 finding: the value at `at`, and the message of the API server. */
struct kps_finding *kps_kube_refuse(struct kps_kube *kube, const struct kps_kube_who *who,
                                    struct kps_span at, struct kps_sv api_says, const char *fmt,
                                    ...) KPS_PRINTF(5, 6);

/* A finding says that a value is wrong: the file is invalid input, and not only a conflict. */
void kps_kube_bad_input(struct kps_kube *kube, const struct kps_finding *finding);

/* Reading typed fields (field.c). */
/* A mapping with typed fields: a ContainerPort, a ServicePort or a ServiceSpec. */
struct kps_kube_fields {
    const struct kps_ynode *map;
    struct kps_kube_who who;
    const char *go_struct; /* "ContainerPort" */
    struct kps_sv path;    /* "spec.template.spec": without indexes, as Go's decoder names it … */
    const char *below;     /* … and ".containers.ports"; empty: the mapping is in no list */
    uint32_t index;        /* of the mapping in the list of ports */
};
/* Return the place of a field in the API server's words: "spec.containers[1].ports[0].hostPort". */
struct kps_sv kps_kube_field_path(struct kps_kube *kube, const struct kps_kube_fields *in,
                                  const char *name);
/*
 * Read a port number; *ret and *ret_at stay when it is not set (missing or null). Return: false for
 * a refused value (reported), and for a placeholder.
 */
bool kps_kube_port_number(struct kps_kube *kube, const struct kps_kube_fields *in, const char *name,
                          uint16_t *ret, struct kps_kube_place *ret_at);
/* Report a text at `at` that the API server refuses for the reason `error`; `what` is the text. */
struct kps_finding *kps_kube_refuse_value(struct kps_kube *kube, const struct kps_kube_fields *in,
                                          const char *name, struct kps_span at, struct kps_sv text,
                                          const char *error, const char *what);
/* Read a text. Return: false when it is not set, and for another type (KP902: no port is refused).
 */
bool kps_kube_text(struct kps_kube *kube, const struct kps_kube_fields *in, const char *name,
                   struct kps_sv *ret, struct kps_span *ret_at);
/* Return a text without a check of its type: empty unless a string. Kept. */
struct kps_sv kps_kube_get_text(struct kps_kube *kube, const struct kps_ynode *map,
                                const char *key);
/* true only for a boolean that is true. */
bool kps_kube_get_true(const struct kps_ynode *map, const char *key);
/* Return the API server's words about a number at `path` that is no port. */
struct kps_sv kps_kube_no_port(struct kps_kube *kube, struct kps_sv path, struct kps_sv number);
/* Read a protocol; empty is TCP. A protocol that the API server refuses is reported. Return: false
 * for an unclear protocol. */
KPS_MUST_USE bool kps_kube_protocol(struct kps_kube *kube, const struct kps_kube_fields *in,
                                    uint8_t *ret);
/* Return the API's word for an enum kps_protocol: "TCP". */
const char *kps_kube_protocol_name(uint8_t protocol);
/* Why a port name is refused by the API server, or NULL (IANA service names: at most 15 characters,
 * a-z 0-9 -). */
const char *kps_kube_port_name_error(struct kps_sv name);
/* Why the API server refuses the name of a port of a Service, or NULL: a DNS label (RFC 1123, at
 * most 63 characters; pkg/apis/core/validation, validateServicePort). */
const char *kps_kube_label_error(struct kps_sv name);

#endif
