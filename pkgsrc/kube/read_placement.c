#include "kube/kube.h"

#include <string.h>

#include "kube/tree.h"

/*
 * Where a pod may run: nodeName, nodeSelector, required node affinity, tolerations, required pod
 * anti-affinity. What is not readable is left out, which only widens the set of nodes: a conflict
 * may be called possible that is none, never the other way round.
 */

static struct kps_sv key_of(struct kps_kube *kube, struct kps_sv key)
{
    return kps_sv_is(key, "metadata.name") ? SV(KPS_NODE_NAME_KEY) : kps_kube_keep(kube, key);
}

/* `key in (value)`; the list of one value lies behind the requirement's own text. */
static struct kps_node_req make_equal(struct kps_kube *kube, struct kps_sv key, struct kps_sv value)
{
    struct kps_sv *values = KPS_NEW_N(kube->arena, struct kps_sv, 1);
    values[0] = kps_kube_keep(kube, value);
    return (struct kps_node_req){key_of(kube, key), values, 1, KPS_NODE_IN};
}

/* Keep the texts of a list. */
static const struct kps_sv *keep_texts(struct kps_kube *kube, const struct kps_ynode *list,
                                       uint32_t *ret_n)
{
    *ret_n = kps_ynode_count(list, KPS_Y_SEQ);
    struct kps_sv *texts = KPS_NEW_N(kube->arena, struct kps_sv, (size_t)*ret_n + 1);
    for (uint32_t i = 0; i < *ret_n; i++) {
        texts[i] = kps_kube_keep(kube, kps_ynode_text(list->edges[i].val));
    }
    return texts;
}

/* Add `key in (value)` for each pair of a mapping, as far as there is room. */
static void add_pairs(struct kps_kube *kube, const struct kps_ynode *map, struct kps_node_req *reqs,
                      uint32_t *n)
{
    for (uint32_t i = 0; i < kps_ynode_count(map, KPS_Y_MAP) && *n < KPS_KUBE_REQS; i++) {
        const struct kps_yedge *edge = &map->edges[i];
        reqs[(*n)++] = make_equal(kube, kps_ynode_text(edge->key), kps_ynode_text(edge->val));
    }
}

/* Read an entry of matchExpressions or matchFields. Return: false for an unreadable entry. */
static bool read_expression(struct kps_kube *kube, const struct kps_ynode *node,
                            struct kps_node_req *ret)
{
    const struct kps_ynode *list = kps_ynode_field(node, "values");
    struct kps_node_req req = {0};
    if (!kps_node_op_parse(kps_kube_get_text(kube, node, "operator"), &req.op)) {
        return false;
    }
    req.key = key_of(kube, kps_kube_get_text(kube, node, "key"));
    req.values = keep_texts(kube, list, &req.n_values);
    *ret = req;
    return true;
}

/* Add the expressions of a list; false when one of them is not readable or there are too many. */
static bool add_expressions(struct kps_kube *kube, const struct kps_ynode *list,
                            struct kps_node_req *reqs, uint32_t *n, uint32_t room)
{
    for (uint32_t i = 0; i < kps_ynode_count(list, KPS_Y_SEQ); i++) {
        if (*n == room || !read_expression(kube, kps_ynode_item(list, i), &reqs[*n])) {
            return false;
        }
        ++*n;
    }
    return true;
}

static struct kps_node_term copy_term(struct kps_kube *kube, const struct kps_node_req *reqs,
                                      uint32_t n)
{
    struct kps_node_req *copy = KPS_NEW_N(kube->arena, struct kps_node_req, n ? n : 1);
    if (n) {
        memcpy(copy, reqs, n * sizeof(*copy));
    }
    return (struct kps_node_term){copy, n};
}

static void too_much(struct kps_kube *kube, const struct kps_ynode *node)
{
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, KPS_CERTAIN,
                             "a node affinity that is too large or not readable was not looked at");
    kps_kube_party(kube, finding, 0, 0, node->span, kube->source, SV("taken as \"every node\""));
}

/* The OR of terms. */
static void read_terms(struct kps_kube *kube, const struct kps_ynode *list,
                       struct kps_node_constraint *c)
{
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    if (n > KPS_KUBE_TERMS) {
        too_much(kube, list);
        return;
    }
    struct kps_node_term *terms = KPS_NEW_N(kube->arena, struct kps_node_term, n ? n : 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *term = kps_ynode_item(list, i);
        struct kps_node_req reqs[KPS_KUBE_REQS];
        uint32_t used = 0;
        if (!add_expressions(kube, kps_ynode_field(term, "matchExpressions"), reqs, &used,
                             KPS_KUBE_REQS) ||
            !add_expressions(kube, kps_ynode_field(term, "matchFields"), reqs, &used,
                             KPS_KUBE_REQS)) {
            too_much(kube, list);
            return;
        }
        terms[i] = copy_term(kube, reqs, used);
    }
    c->terms = terms;
    c->n_terms = n;
    c->has_terms = true;
}

static const struct kps_node_constraint every_node;

static const struct kps_node_constraint *read_constraint(struct kps_kube *kube,
                                                         const struct kps_ynode *spec,
                                                         const struct kps_ynode *affinity)
{
    const struct kps_ynode *selector = kps_ynode_field(spec, "nodeSelector");
    struct kps_sv node_name = kps_kube_get_text(kube, spec, "nodeName");
    static const char path[] =
        "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
    const struct kps_ynode *terms = kps_tree_get(affinity, path);
    uint32_t n = kps_ynode_count(selector, KPS_Y_MAP);
    if (n == 0 && node_name.n == 0 && !terms) {
        return &every_node;
    }
    struct kps_node_constraint *c = KPS_NEW(kube->arena, struct kps_node_constraint);
    struct kps_node_req reqs[KPS_KUBE_REQS];
    uint32_t used = 0;
    if (node_name.n) {
        reqs[used++] = make_equal(kube, SV("metadata.name"), node_name);
    }
    add_pairs(kube, selector, reqs, &used);
    c->always = copy_term(kube, reqs, used);
    if (terms) {
        read_terms(kube, terms, c);
    }
    return c;
}

static struct kps_tolerations read_tolerations(struct kps_kube *kube, const struct kps_ynode *list)
{
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    struct kps_toleration *all = n ? KPS_NEW_N(kube->arena, struct kps_toleration, n) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *node = kps_ynode_item(list, i);
        all[i] = (struct kps_toleration){
            .key = kps_kube_get_text(kube, node, "key"),
            .value = kps_kube_get_text(kube, node, "value"),
            .effect = kps_kube_get_text(kube, node, "effect"),
            .exists = kps_tree_is(node, "operator", "Exists"),
        };
    }
    return (struct kps_tolerations){all, n};
}

/* Return whether a list has a label that a controller gives to the pods of one template. */
static bool names_revision(const struct kps_ynode *keys)
{
    const struct kps_ynode *key = NULL;
    for (uint32_t i = 0; (key = kps_tree_item(keys, i)) != NULL; i++) {
        if (kps_sv_is_one_of(kps_ynode_text(key), "pod-template-hash controller-revision-hash")) {
            return true;
        }
    }
    return false;
}

bool kps_kube_read_affinity_term(struct kps_kube *kube, const struct kps_ynode *node,
                                 struct kps_anti_term *ret)
{
    const struct kps_ynode *selector = kps_ynode_field(node, "labelSelector");
    const struct kps_ynode *by_labels = kps_ynode_field(node, "namespaceSelector");
    const struct kps_ynode *names = kps_ynode_field(node, "namespaces");
    struct kps_node_req reqs[KPS_KUBE_REQS];
    uint32_t n = 0;
    add_pairs(kube, kps_ynode_field(selector, "matchLabels"), reqs, &n);
    if (!add_expressions(kube, kps_ynode_field(selector, "matchExpressions"), reqs, &n,
                         KPS_KUBE_REQS)) {
        return false;
    }
    uint32_t n_names = 0;
    const struct kps_sv *copies = keep_texts(kube, names, &n_names);
    bool selects_namespaces = by_labels && by_labels->kind == KPS_Y_MAP;
    *ret = (struct kps_anti_term){
        .own_revision = names_revision(kps_ynode_field(node, "matchLabelKeys")),
        .reqs = copy_term(kube, reqs, n).reqs,
        .n_reqs = n,
        .selects = selector && selector->kind == KPS_Y_MAP,
        .every_namespace = selects_namespaces && by_labels->n == 0,
        .namespaces_by_labels = selects_namespaces && by_labels->n > 0,
        .namespaces = copies,
        .n_namespaces = n_names,
        .topology_key = kps_kube_get_text(kube, node, "topologyKey"),
    };
    return true;
}

static struct kps_anti_affinity
read_anti_affinity(struct kps_kube *kube, const struct kps_ynode *affinity, struct kps_sv name)
{
    const struct kps_ynode *list = kps_ynode_field(
        kps_ynode_get(affinity, name), "requiredDuringSchedulingIgnoredDuringExecution");
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    n = n > KPS_KUBE_TERMS ? KPS_KUBE_TERMS : n;
    struct kps_anti_term *terms = n ? KPS_NEW_N(kube->arena, struct kps_anti_term, n) : NULL;
    uint32_t used = 0;
    for (uint32_t i = 0; i < n; i++) {
        used += kps_kube_read_affinity_term(kube, kps_ynode_item(list, i), &terms[used]) ? 1 : 0;
    }
    return (struct kps_anti_affinity){terms, used};
}

struct kps_anti_affinity kps_kube_read_pod_affinity(struct kps_kube *kube,
                                                    const struct kps_ynode *spec)
{
    const struct kps_ynode *affinity = kps_ynode_field(spec, "affinity");
    return read_anti_affinity(kube, affinity, SV("podAffinity"));
}

struct kps_labels kps_kube_read_labels(struct kps_kube *kube, const struct kps_ynode *map)
{
    uint32_t n = kps_ynode_count(map, KPS_Y_MAP);
    struct kps_label *labels = n ? KPS_NEW_N(kube->arena, struct kps_label, n) : NULL;
    for (uint32_t i = 0; i < n; i++) {
        labels[i].key = kps_kube_keep(kube, kps_ynode_text(map->edges[i].key));
        labels[i].value = kps_kube_keep(kube, kps_ynode_text(map->edges[i].val));
    }
    return (struct kps_labels){labels, n};
}

void kps_kube_read_placement(struct kps_kube *kube, struct kps_kube_pod *pod,
                             const struct kps_ynode *spec)
{
    static const struct kps_kube_placement anywhere = {.nodes = &every_node};
    const struct kps_ynode *affinity = kps_ynode_field(spec, "affinity");
    struct kps_kube_placement where = {
        .nodes = read_constraint(kube, spec, affinity),
        .tolerations = read_tolerations(kube, kps_ynode_field(spec, "tolerations")),
        .apart = read_anti_affinity(kube, affinity, SV("podAntiAffinity")),
        .priority = kps_kube_get_text(kube, spec, "priorityClassName"),
        .bound = kps_kube_get_text(kube, spec, "nodeName").n > 0,
    };
    pod->where = &anywhere;
    if (where.nodes != &every_node || where.tolerations.n || where.apart.n || where.priority.n) {
        struct kps_kube_placement *kept = KPS_NEW(kube->arena, struct kps_kube_placement);
        *kept = where;
        pod->where = kept;
    }
}
