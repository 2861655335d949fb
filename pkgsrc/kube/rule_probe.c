#include "kube/kube.h"

#include "kube/scalar.h"
#include "kube/stream.h"
#include "kube/tree.h"

/* KP216 for probes and hooks: a named port must be one of the same container (spec kubernetes §3).
 */

static bool has_port(const struct kps_kube_container *c, struct kps_sv name)
{
    for (uint32_t i = 0; i < c->n_ports; i++) {
        if (c->ports[i].evidence == KPS_KUBE_DECLARED && kps_sv_eq(c->ports[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* The outcome of a probe or hook without a port (pkg/kubelet/prober, lifecycle). */
struct action {
    const char *name, *outcome;
    enum kps_severity severity;
};

static const struct action probes[] = {
    {"readinessProbe", "the container never becomes ready", KPS_ERROR},
    {"startupProbe", "the container never counts as started, and never becomes ready", KPS_ERROR},
    {"livenessProbe", "the kubelet discards the check: nothing is ever restarted by it",
     KPS_WARNING},
};
static const struct action hooks[] = {
    {"postStart", "the hook fails, and the container is killed each time it starts", KPS_ERROR},
    {"preStop", "the hook fails each time, and the container is ended without it", KPS_WARNING},
};

static void check_action(struct kps_kube *kube, struct kps_kube_container *c,
                         const struct kps_ynode *probe, const struct action *what)
{
    static const char *const kinds[] = {"httpGet.port", "tcpSocket.port"};
    for (size_t i = 0; probe && i < KPS_COUNT(kinds); i++) {
        const struct kps_ynode *node = kps_tree_get(probe, kinds[i]);
        struct kps_sv name = kps_ynode_text(node);
        /* The kubelet takes a number in quotes as well. */
        if (!node || kps_kube_scalar(node).type != KPS_T_STR || has_port(c, name) ||
            kps_sv_number(name, 65535) >= 0 || kps_stream_is_placeholder(kube, node, true) ||
            kps_stream_is_unfilled(kube, node->span)) {
            continue;
        }
        struct kps_finding *finding =
            kps_kube_add_finding(kube, KPS_RULE_TARGET_PORT_UNRESOLVED, what->severity, KPS_CERTAIN,
                                 "%s names port '%.*s', which container '%.*s' does not have",
                                 what->name, SV_ARG(name), SV_ARG(c->name));
        kps_kube_party(kube, finding, kps_kube_own_container(kube, c), 0, node->span, kube->source,
                       SV("no port of this container has this name"));
        kps_finding_note(finding, "the name is looked up in its own container only; %s",
                         what->outcome);
        kps_finding_help(finding, "name the port in this container, or write its number");
    }
}

void kps_kube_check_probes(struct kps_kube *kube, struct kps_kube_container *c,
                           const struct kps_ynode *container)
{
    const struct kps_ynode *lifecycle = kps_ynode_field(container, "lifecycle");
    if (kube->options.is_open) {
        return;
    }
    for (size_t i = 0; i < KPS_COUNT(probes); i++) {
        check_action(kube, c, kps_ynode_field(container, probes[i].name), &probes[i]);
    }
    for (size_t i = 0; lifecycle && i < KPS_COUNT(hooks); i++) {
        check_action(kube, c, kps_ynode_field(lifecycle, hooks[i].name), &hooks[i]);
    }
}
