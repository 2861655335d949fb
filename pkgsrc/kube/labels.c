#include "kube/labels.h"

struct kps_sv kps_labels_get(struct kps_labels labels, struct kps_sv key)
{
    for (uint32_t i = 0; i < labels.n; i++) {
        if (kps_sv_eq(labels.v[i].key, key)) {
            return labels.v[i].value.p ? labels.v[i].value : SV("");
        }
    }
    return (struct kps_sv){NULL, 0};
}

bool kps_labels_include(struct kps_labels labels, struct kps_labels wanted)
{
    for (uint32_t i = 0; i < wanted.n; i++) {
        struct kps_sv value = kps_labels_get(labels, wanted.v[i].key);
        if (!value.p || !kps_sv_eq(value, wanted.v[i].value)) {
            return false;
        }
    }
    return true;
}

/* Return true if all requirements hold; the operators of nodes.h read the same on labels of pods.
 */
static bool match_labels(struct kps_labels labels, const struct kps_node_req *reqs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        /* Gt and Lt are no operators of pod selectors: the API server refuses them */
        if (reqs[i].op == KPS_NODE_GT || reqs[i].op == KPS_NODE_LT ||
            !kps_node_req_accepts(&reqs[i], labels)) {
            return false;
        }
    }
    return true;
}

static enum kps_apart in_namespaces(const struct kps_anti_term *term, struct kps_sv own,
                                    struct kps_sv other)
{
    if (term->every_namespace) {
        return KPS_APART_YES;
    }
    for (uint32_t i = 0; i < term->n_namespaces; i++) {
        if (kps_sv_eq(term->namespaces[i], other)) {
            return KPS_APART_YES;
        }
    }
    if (term->namespaces_by_labels) {
        return KPS_APART_PERHAPS;
    }
    return term->n_namespaces == 0 && kps_sv_eq(own, other) ? KPS_APART_YES : KPS_APART_NO;
}

enum kps_apart kps_anti_affinity_apart(struct kps_anti_affinity terms, struct kps_sv own_namespace,
                                       struct kps_labels other, struct kps_sv other_namespace)
{
    enum kps_apart most = KPS_APART_NO;
    for (uint32_t i = 0; i < terms.n; i++) {
        const struct kps_anti_term *term = &terms.v[i];
        enum kps_apart apart = in_namespaces(term, own_namespace, other_namespace);
        if (!term->selects || apart == KPS_APART_NO ||
            !match_labels(other, term->reqs, term->n_reqs)) {
            continue;
        }
        if (!kps_sv_is(term->topology_key, KPS_NODE_NAME_KEY)) {
            apart = KPS_APART_PERHAPS;
        }
        most = apart > most ? apart : most;
    }
    return most;
}
