#include <string.h>

#include "kube/kube.h"
#include "kube/node_overlap.h"
#include "kube/tree.h"

/* Nodes of a live cluster: how many there are, and which of them a workload may use. */

static struct kps_sv read_text(struct kps_kube *kube, const struct kps_ynode *map, const char *key)
{
    return kps_kube_keep(kube, kps_ynode_text(kps_ynode_field(map, key)));
}

/* Read spec.taints, and spec.unschedulable as the taint of the control plane. */
static void read_taints(struct kps_kube *kube, const struct kps_ynode *spec,
                        struct kps_kube_node *node)
{
    const struct kps_ynode *list = kps_ynode_field(spec, "taints");
    uint32_t n = kps_ynode_count(list, KPS_Y_SEQ);
    struct kps_taint *taints = KPS_NEW_N(kube->arena, struct kps_taint, (size_t)n + 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        taints[i] =
            (struct kps_taint){read_text(kube, entry, "key"), read_text(kube, entry, "value"),
                               read_text(kube, entry, "effect")};
    }
    if (kps_kube_get_true(spec, "unschedulable")) {
        taints[n++] =
            (struct kps_taint){SV("node.kubernetes.io/unschedulable"), SV(""), SV("NoSchedule")};
    }
    node->taints = taints;
    node->n_taints = n;
}

void kps_kube_read_node(struct kps_kube *kube, struct kps_sv name, const struct kps_ynode *root,
                        bool in_list)
{
    struct kps_labels written = kps_kube_read_labels(kube, kps_tree_get(root, "metadata.labels"));
    struct kps_kube_node node = {.file = kube->file, .in_list = in_list};
    if (!kps_ynode_field(root, "status")) {
        return;
    }
    struct kps_label *labels = KPS_NEW_N(kube->arena, struct kps_label, (size_t)written.n + 1);
    labels[0] = (struct kps_label){SV(KPS_NODE_NAME_KEY), name};
    if (written.n) {
        memcpy(labels + 1, written.v, written.n * sizeof(*labels));
    }
    node.labels = (struct kps_labels){labels, written.n + 1};
    read_taints(kube, kps_ynode_field(root, "spec"), &node);
    struct kps_sv version = kps_tree_get_text(root, "status.nodeInfo.kubeletVersion");
    kube->k3s = kube->k3s || kps_sv_has_any(version, "+k3s");
    *kps_vec_push(&kube->nodes) = node;
}

static bool has_workloads(const struct kps_kube *kube, kps_file_id file)
{
    for (uint32_t i = 0; i < kube->workloads.n; i++) {
        if (kube->workloads.v[i]->id.at.file == file) {
            return true;
        }
    }
    return false;
}

void kps_kube_keep_live_nodes(struct kps_kube *kube)
{
    uint32_t kept = 0;
    kps_file_id known = 0; /* the last file that was looked up */
    bool is_live = false;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        const struct kps_kube_node node = kube->nodes.v[i];
        if (!node.in_list && node.file != known) {
            known = node.file;
            is_live = has_workloads(kube, known);
        }
        if (node.in_list || is_live) {
            kube->nodes.v[kept++] = node;
        }
    }
    kube->nodes.n = kept;
}

static bool accepts_pods(const struct kps_kube_node *node, const struct kps_kube_placement *where)
{
    for (uint32_t i = 0; i < node->n_taints && !where->bound; i++) {
        if (!kps_tolerations_accept(where->tolerations, &node->taints[i])) {
            return false;
        }
    }
    return kps_node_accepts(where->nodes, node->labels);
}

uint32_t kps_kube_count_live_nodes(const struct kps_kube *kube, const struct kps_kube_workload *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        n += accepts_pods(&kube->nodes.v[i], w->pod.where) ? 1 : 0;
    }
    return n;
}

uint32_t kps_kube_count_nodes_of_any(const struct kps_kube *kube, const kps_claim_id *requests,
                                     uint32_t n)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < kube->nodes.n; i++) {
        bool accepts = false;
        for (uint32_t r = 0; r < n && !accepts; r++) {
            kps_owner_id owner = kps_ledger_get_claim(kube->ledger, requests[r])->owner;
            accepts = accepts_pods(&kube->nodes.v[i],
                                   kps_kube_workload_of(kube->ledger, owner)->pod.where);
        }
        found += accepts ? 1 : 0;
    }
    return found;
}

struct kps_sv kps_kube_node_name(const struct kps_kube_node *node)
{
    return kps_labels_get(node->labels, SV(KPS_NODE_NAME_KEY));
}
