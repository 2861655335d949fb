#include "kube/kube.h"

/*
 * Advice about a port of a pod. On the host's network every port that a container opens is one of
 * the node, whatever its manifest declares: leaving hostPort out changes nothing there, so the
 * advice is another port, and the place that sets it.
 */

static struct kps_sv describe_setting(struct kps_kube *kube, const struct kps_kube_container *c,
                                      const struct kps_kube_port *port)
{
    struct kps_sv told = kps_kube_told(port);
    if (port->evidence == KPS_KUBE_ARGUMENT || port->evidence == KPS_KUBE_ENVIRONMENT) {
        told = port->name;
    }
    return told.n ? kps_fmt(kube->arena, " ('%.*s' of container '%.*s' sets it)", SV_ARG(told),
                            SV_ARG(c->name))
                  : SV("");
}

void kps_kube_help_port(struct kps_kube *kube, struct kps_finding *finding,
                        const struct kps_kube_container *c, const struct kps_kube_port *port,
                        const char *host_port_advice)
{
    if (!c->w->pod.host_network) {
        kps_finding_help(finding, "%s", host_port_advice);
        return;
    }
    struct kps_sv setting = describe_setting(kube, c, port);
    kps_finding_help(finding, "let '%.*s' listen on another port%.*s", SV_ARG(c->name),
                     SV_ARG(setting));
}
