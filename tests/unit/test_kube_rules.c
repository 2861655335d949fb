#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "kube/collect.h"
#include "support/cluster_judge.h"

/*
 * Verdicts of the rules, and near misses beside each: one row is one stream of objects and every
 * finding about it. Reasons stand in spec kubernetes; the sets of faults have the same kinds.
 */

#define WORKLOAD(kind, name, copies, pod)                                                          \
    "---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: " name                             \
    "}\nspec:\n  replicas: " copies "\n  template:\n    metadata: {labels: {app: " name            \
    "}}\n    spec:\n" pod
#define DEPLOYMENT(name, copies, pod) WORKLOAD("Deployment", name, copies, pod)
#define HOST_NET "      hostNetwork: true\n"
#define CONTAINERS "      containers:\n"
#define LISTENS(name, option, more)                                                                \
    "      - {name: " name ", image: x, args: [\"" option "\"]" more "}\n"
#define DECLARES(name, ports) "      - {name: " name ", image: x, ports: [" ports "]}\n"
#define APART(key, selector)                                                                       \
    "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "          \
    "[{topologyKey: " key ", labelSelector: " selector "}]}}\n"

struct row {
    const char *why, *text;
    struct kps_kube_options options;
    const char *findings; /* "KP203!80 KP216": '!' an error, '?' a note; then the port */
};

static const struct row replica_rows[] = {
    {"undeclared: replicas may meet",
     DEPLOYMENT("w", "2", HOST_NET CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     "KP203 7500"},
    {"a declared port keeps replicas apart on every other port",
     DEPLOYMENT("w", "2",
                HOST_NET CONTAINERS LISTENS("c", "--health-port=7500", "")
                    DECLARES("d", "{containerPort: 7501}")),
     {0},
     "KP205 7501"},
    {"the same in one container of a StatefulSet",
     WORKLOAD("StatefulSet", "w", "2",
              HOST_NET CONTAINERS LISTENS("c", "--metrics-addr=:7500",
                                          ", ports: [{containerPort: 7501}]")),
     {0},
     ""},
    {"a port on one address keeps replicas apart as well",
     DEPLOYMENT("w", "2",
                HOST_NET CONTAINERS LISTENS(
                    "c", "--port=7500",
                    ", ports: [{containerPort: 7501, hostPort: 7501, hostIP: \"::1\"}]")),
     {0},
     "KP205 7501"},
    {"a plain init container's port keeps nobody apart",
     DEPLOYMENT("w", "2",
                HOST_NET "      initContainers:\n" DECLARES("i", "{containerPort: 7501}")
                    CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     "KP203 7500"},
    {"a sidecar's port does since 1.33",
     DEPLOYMENT("w", "2",
                HOST_NET "      initContainers:\n      - {name: i, image: x, restartPolicy: "
                         "Always, ports: [{containerPort: 7501}]}\n" CONTAINERS LISTENS(
                             "c", "--port=7500", "")),
     {.version_major = 1, .version_minor = 33},
     "KP205 7501"},
    {"and not before",
     DEPLOYMENT("w", "2",
                HOST_NET "      initContainers:\n      - {name: i, image: x, restartPolicy: "
                         "Always, ports: [{containerPort: 7501}]}\n" CONTAINERS LISTENS(
                             "c", "--port=7500", "")),
     {.version_major = 1, .version_minor = 32},
     "KP203 7500 KP203 7501"},
    {"anti-affinity by hostname against the own label",
     DEPLOYMENT("w", "2",
                HOST_NET APART("kubernetes.io/hostname", "{matchLabels: {app: w}}")
                    CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     ""},
    {"by an expression",
     DEPLOYMENT("w", "2",
                HOST_NET APART("kubernetes.io/hostname",
                               "{matchExpressions: [{key: app, operator: Exists}]}")
                    CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     ""},
    {"anti-affinity against another label",
     DEPLOYMENT("w", "2",
                HOST_NET APART("kubernetes.io/hostname", "{matchLabels: {app: other}}")
                    CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     "KP203 7500"},
    {"nodeName passes the scheduler, and anti-affinity with it",
     DEPLOYMENT("w", "2",
                HOST_NET
                "      nodeName: n1\n" APART("kubernetes.io/hostname", "{matchLabels: {app: w}}")
                    CONTAINERS LISTENS("c", "--port=7500", "")),
     {0},
     "KP203 7500"},
    {"two workloads with one declared port never meet on the undeclared one",
     DEPLOYMENT("a", "1",
                HOST_NET CONTAINERS LISTENS("c", "--port=7500", ", ports: [{containerPort: 7501}]"))
         DEPLOYMENT(
             "b", "1",
             HOST_NET CONTAINERS LISTENS("c", "--port=7500", ", ports: [{containerPort: 7501}]")),
     {0},
     "KP203 7501"},
    {"two workloads with different declared ports do",
     DEPLOYMENT("a", "1",
                HOST_NET CONTAINERS LISTENS("c", "--port=7500", ", ports: [{containerPort: 7501}]"))
         DEPLOYMENT(
             "b", "1",
             HOST_NET CONTAINERS LISTENS("c", "--port=7500", ", ports: [{containerPort: 7502}]")),
     {0},
     "KP203 7500 KP205 7501 KP205 7502"},
    {"addresses that the scheduler does not compare keep nobody apart",
     DEPLOYMENT("a", "1",
                HOST_NET CONTAINERS LISTENS(
                    "c", "--port=7500",
                    ", ports: [{containerPort: 7501, hostPort: 7501, hostIP: 127.0.0.1}]"))
         DEPLOYMENT("b", "1",
                    HOST_NET CONTAINERS LISTENS(
                        "c", "--port=7500",
                        ", ports: [{containerPort: 7501, hostPort: 7501, hostIP: \"::1\"}]")),
     {0},
     "KP203 7500 KP205 7501 KP205 7501"},
};

#define BALANCER(name, annotations, ports)                                                         \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name ", annotations: {" annotations    \
    "}}\nspec:\n  type: LoadBalancer\n  ports: [" ports "]\n"
#define NODE(name, labels, spec)                                                                   \
    "---\napiVersion: v1\nkind: Node\nmetadata: {name: " name ", labels: {" labels                 \
    "}}\nspec: {" spec "}\nstatus: {capacity: {cpu: \"4\"}}\n"
#define RECREATE                                                                                   \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n"                     \
    "  strategy: {type: Recreate}\n  replicas: 2\n  template:\n    spec:\n"

static const struct row node_rows[] = {
    {"one live node",
     NODE("n1", "", "") RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     "KP204!80"},
    {"two live nodes",
     NODE("n1", "", "") NODE("n2", "", "")
         RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     ""},
    {"one of two has a taint",
     NODE("n1", "", "taints: [{key: a, effect: NoSchedule}]") NODE("n2", "", "")
         RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     "KP204!80"},
    {"a taint that is tolerated",
     NODE("n1", "", "taints: [{key: a, effect: NoSchedule}]") NODE("n2", "", "") RECREATE
     "      tolerations: [{operator: Exists}]\n" CONTAINERS DECLARES(
         "c", "{containerPort: 80, hostPort: 80}"),
     {0},
     ""},
    {"a taint that only advises",
     NODE("n1", "", "taints: [{key: a, effect: PreferNoSchedule}]") NODE("n2", "", "")
         RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     ""},
    {"a cordoned node",
     NODE("n1", "", "unschedulable: true") NODE("n2", "", "")
         RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     "KP204!80"},
    {"a label that one of two has",
     NODE("n1", "disk: ssd", "") NODE("n2", "", "") RECREATE
     "      nodeSelector: {disk: ssd}\n" CONTAINERS DECLARES("c",
                                                             "{containerPort: 80, hostPort: 80}"),
     {0},
     "KP204!80"},
    {"--nodes has the last word",
     NODE("n1", "", "") RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {.nodes = 2},
     ""},
    {"pinned: no number is needed",
     RECREATE "      nodeSelector: {kubernetes.io/hostname: n1}\n" CONTAINERS DECLARES(
         "c", "{containerPort: 80, hostPort: 80}"),
     {0},
     "KP204!80"},
    {"unknown nodes",
     RECREATE CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"),
     {0},
     ""},
};

static const struct row address_rows[] = {
    {"two Services, k3s is not shown",
     BALANCER("a", "", "{port: 80}") BALANCER("b", "", "{port: 80}"),
     {0},
     "KP213?80"},
    {"k3s is shown",
     "---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: t}\n" BALANCER(
         "a", "", "{port: 80}") BALANCER("b", "", "{port: 80}"),
     {0},
     "KP213 80"},
    {"an object of Rancher shows no k3s",
     "---\napiVersion: catalog.cattle.io/v1\nkind: App\nmetadata: {name: t}\n" BALANCER(
         "a", "", "{port: 80}") BALANCER("b", "", "{port: 80}"),
     {0},
     "KP213?80"},
    {"another load balancer",
     BALANCER("a", "", "{port: 80}") BALANCER("b", "lbipam.cilium.io/ips: 192.0.2.7", "{port: 80}"),
     {0},
     ""},
    {"one address by Cilium's old and new annotation",
     BALANCER("a", "io.cilium/lb-ipam-ips: 192.0.2.7", "{port: 80}")
         BALANCER("b", "lbipam.cilium.io/ips: \"192.0.2.8, 192.0.2.7\"", "{port: 80}"),
     {0},
     "KP214 80"},
    {"one IPv6 address in two spellings",
     BALANCER("a", "metallb.universe.tf/loadBalancerIPs: \"2001:DB8::0:7\"", "{port: 80}")
         BALANCER("b", "metallb.io/loadBalancerIPs: \"2001:db8::7\"", "{port: 80}"),
     {0},
     "KP214 80"},
    {"kube-vip asks for any address",
     BALANCER("a", "kube-vip.io/loadbalancerIPs: 0.0.0.0", "{port: 80}")
         BALANCER("b", "kube-vip.io/loadbalancerIPs: 0.0.0.0", "{port: 80}"),
     {0},
     ""},
    {"two ports of one address",
     BALANCER("a", "kube-vip.io/loadbalancerIPs: 192.0.2.7", "{port: 80}")
         BALANCER("b", "kube-vip.io/loadbalancerIPs: 192.0.2.7", "{port: 81}"),
     {0},
     ""},
    {"the ServiceLB of k3s serves the Service and meets somebody else",
     BALANCER(
         "gate", "",
         "{port: 80}") "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: svclb-gate-1, "
                       "namespace: kube-system}\nspec:\n  template:\n    metadata: {labels: "
                       "{svccontroller.k3s.cattle.io/svcname: gate, "
                       "svccontroller.k3s.cattle.io/svcnamespace: default}}\n    spec:\n" CONTAINERS
                           DECLARES("lb", "{containerPort: 80, hostPort: 80}") WORKLOAD(
                               "DaemonSet", "ingress", "1",
                               CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}")),
     {0},
     "KP203!80"},
};

#define LIVE_POD(name, owner, hash, spec, status)                                                  \
    "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: " name                                     \
    "\n  labels: {pod-template-hash: h" hash                                                       \
    "}\n  ownerReferences: [{apiVersion: apps/v1, kind: " owner ", controller: true}]\nspec:\n"    \
    "  containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]\n" spec       \
    "status: {" status "}\n"
#define ON(node) "  nodeName: " node "\n"
#define FOR(node)                                                                                  \
    "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "                 \
    "{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [" node        \
    "]}]}]}}}\n"
#define RUNS "phase: Running"
#define NO_PORT                                                                                    \
    "phase: Pending, conditions: [{type: PodScheduled, status: \"False\", message: \"0/1 nodes "   \
    "are "                                                                                         \
    "available: 1 node(s) didn't have free ports for the requested pod ports.\"}]"
#define NO_CPU                                                                                     \
    "phase: Pending, conditions: [{type: PodScheduled, status: \"False\", message: \"0/1 nodes "   \
    "are "                                                                                         \
    "available: 1 Insufficient cpu.\"}]"
#define REFUSED "phase: Failed, reason: NodePorts, message: Predicate NodePorts failed"

static const struct row pending_rows[] = {
    {"another workload's pod holds the port",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), RUNS)
         LIVE_POD("b-1", "DaemonSet, name: b", "2", "", NO_PORT),
     {0},
     "KP203!80"},
    {"a pod that its node makes ready holds the port already",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), "phase: Pending")
         LIVE_POD("b-1", "DaemonSet, name: b", "2", "", NO_PORT),
     {0},
     "KP203!80"},
    {"two revisions of one Deployment",
     LIVE_POD("w-h1-x", "ReplicaSet, name: w-h1", "1", ON("n1"), RUNS)
         LIVE_POD("w-h2-x", "ReplicaSet, name: w-h2", "2", "", NO_PORT),
     {0},
     "KP205!80"},
    {"replicas of one revision",
     LIVE_POD("w-h1-x", "ReplicaSet, name: w-h1", "1", ON("n1"), RUNS)
         LIVE_POD("w-h1-y", "ReplicaSet, name: w-h1", "1", "", NO_PORT),
     {0},
     "KP204!80"},
    {"nobody in the input holds it",
     LIVE_POD("b-1", "DaemonSet, name: b", "2", "", NO_PORT),
     {0},
     "KP203!80"},
    {"one finding for two nodes",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), RUNS)
         LIVE_POD("a-2", "DaemonSet, name: a", "1", ON("n2"), RUNS)
             LIVE_POD("b-1", "DaemonSet, name: b", "2", FOR("n1"), NO_PORT)
                 LIVE_POD("b-2", "DaemonSet, name: b", "2", FOR("n2"), NO_PORT),
     {0},
     "KP203!80"},
    {"pinned to the holder's node, whatever the scheduler says",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), RUNS)
         LIVE_POD("b-1", "DaemonSet, name: b", "2", FOR("n1"), NO_CPU),
     {0},
     "KP203!80"},
    {"pinned to another node, and another reason",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), RUNS)
         LIVE_POD("b-1", "DaemonSet, name: b", "2", FOR("n2"), NO_CPU),
     {0},
     ""},
    {"refused by the kubelet of the holder's node",
     LIVE_POD("a-1", "DaemonSet, name: a", "1", ON("n1"), RUNS)
         LIVE_POD("w-h1-x", "ReplicaSet, name: w-h1", "1", ON("n1"), REFUSED)
             LIVE_POD("w-h1-y", "ReplicaSet, name: w-h1", "1", ON("n1"), REFUSED),
     {0},
     "KP203!80"},
    {"refused once, but the holder is gone",
     LIVE_POD("w-h1-x", "ReplicaSet, name: w-h1", "1", ON("n1"), REFUSED),
     {0},
     ""},
    {"two pods that run on two nodes",
     LIVE_POD("w-h1-x", "ReplicaSet, name: w-h1", "1", ON("n1"), RUNS)
         LIVE_POD("w-h1-y", "ReplicaSet, name: w-h1", "1", ON("n2"), RUNS),
     {0},
     ""},
};

static const struct row evidence_rows[] = {
    {"declared by both",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, ports: [{containerPort: 80}]}\n",
     {0},
     "KP201!80"},
    {"declared, and told to the neighbour",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, args: [\"--listen-address=:80\"]}\n",
     {0},
     "KP201 80"},
    {"declared and probed, but the neighbour is told",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{name: h, containerPort: 80}], livenessProbe: {httpGet: "
     "{port: h}}}\n"
     "  - {name: b, image: x, args: [\"--listen-address=:80\"]}\n",
     {0},
     ""},
    {"the same for a number in quotes",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}], startupProbe: {tcpSocket: {port: "
     "\"80\"}}}\n"
     "  - {name: b, image: x, args: [\"--port\", \"80\"]}\n",
     {0},
     ""},
    {"both are told, a probe beside",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--port=80\"], livenessProbe: {httpGet: {port: 80}}}\n"
     "  - {name: b, image: x, args: [\"--port=80\"]}\n",
     {0},
     "KP201 80"},
    {"declared by both, one probed and told to the other",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}}}\n"
     "  - {name: b, image: x, ports: [{containerPort: 80}], args: [\"--port=80\"]}\n",
     {0},
     "KP201!80"},
    {"CSI's liveness probe, declared by both",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{name: healthz, containerPort: 80}], livenessProbe: "
     "{httpGet: {port: healthz}}}\n"
     "  - {name: b, image: \"example.org/livenessprobe:v2\", ports: [{containerPort: 80}], args: "
     "[\"--csi-address=/csi\", \"--health-port=80\"]}\n",
     {0},
     ""},
    {"its default port, declared without a probe",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 9808}]}\n"
     "  - {name: b, image: \"example.org/livenessprobe:v2\", args: [\"--csi-address=/csi\"]}\n",
     {0},
     ""},
    {"two of them on one port",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: \"example.org/livenessprobe:v2\", args: [\"--health-port=9808\"]}\n"
     "  - {name: b, image: \"example.org/livenessprobe:v2\"}\n",
     {0},
     "KP201 9808"},
    {"only probes",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, readinessProbe: {httpGet: {port: 80}}}\n"
     "  - {name: b, image: x, livenessProbe: {grpc: {port: 80}}}\n",
     {0},
     ""},
    {"a hook of the neighbour's port",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, lifecycle: {postStart: {httpGet: {port: 80}}}}\n",
     {0},
     ""},
    {"a probe and an argument",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, readinessProbe: {httpGet: {port: 80}}}\n"
     "  - {name: b, image: x, args: [\"--port=80\"]}\n",
     {0},
     ""},
    {"one variable in both",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, env: [{name: PORT, value: \"80\"}]}\n"
     "  - {name: b, image: x, env: [{name: PORT, value: \"80\"}]}\n",
     {0},
     ""},
    {"two variables",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, env: [{name: PORT, value: \"80\"}]}\n"
     "  - {name: b, image: x, env: [{name: LISTEN_PORT, value: \"80\"}]}\n",
     {0},
     "KP201 80"},
    {"a variable of a container with ports of its own",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, env: [{name: APP_PORT, value: \"80\"}], ports: [{containerPort: "
     "81}]}\n",
     {0},
     ""},
    {"a variable of a container without",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, env: [{name: HTTP_PORT, value: \"80\"}]}\n",
     {0},
     "KP201 80"},
    {"LISTENER is not LISTEN",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, env: [{name: EVENT_LISTENER_PORT, value: \"80\"}]}\n",
     {0},
     ""},
    {"a variable about a service",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, env: [{name: BIND_SERVICE_PORT, value: \"80\"}]}\n",
     {0},
     ""},
    {"two images with one default",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: nginx}\n"
     "  - {name: b, image: \"docker.io/library/nginx:1\"}\n",
     {0},
     "KP201 80"},
    {"Cloud SQL's proxy with a health check",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--metrics-addr=:9090\"]}\n"
     "  - {name: b, image: \"example.org/cloud-sql-proxy:2\", args: [\"--health-check\", "
     "\"a:b:c\"]}\n",
     {0},
     "KP201 9090"},
    {"without one",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--metrics-addr=:9090\"]}\n"
     "  - {name: b, image: \"example.org/cloud-sql-proxy:2\", args: [\"a:b:c\"]}\n",
     {0},
     ""},
    {"on another port",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--metrics-addr=:9090\"]}\n"
     "  - {name: b, image: \"example.org/cloud-sql-proxy:2\", args: [\"--health-check\", "
     "\"--http-port=9801\"]}\n",
     {0},
     ""},
    {"switched off",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--metrics-addr=:9090\"]}\n"
     "  - {name: b, image: \"example.org/cloud-sql-proxy:2\", args: [\"--health-check=false\"]}\n",
     {0},
     ""},
    {"an exporter with other arguments",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 9121}]}\n"
     "  - {name: b, image: \"example.org/redis_exporter:1\", args: "
     "[\"--redis.addr=localhost:6379\"]}\n",
     {0},
     "KP201 9121"},
    {"an exporter that is moved",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 9121}]}\n"
     "  - {name: b, image: \"example.org/redis_exporter:1\", args: "
     "[\"--web.listen-address=:9122\"]}\n",
     {0},
     ""},
    {"ncat -l",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [\"ncat\", \"-l\", \"80\", \"--keep-open\"]}\n",
     {0},
     "KP201 80"},
    {"nc -lkp",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [nc, -lkp, \"80\"]}\n",
     {0},
     "KP201 80"},
    {"nc -l -p in a shell",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [sh, -c, \"while true; do echo ok | nc -l -p 80 -w 1; "
     "done\"]}\n",
     {0},
     "KP201 80"},
    {"nc -l with an address, of busybox",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [/bin/busybox], args: [nc, -l, 0.0.0.0, \"80\"]}\n",
     {0},
     "KP201 80"},
    {"nc -lu is UDP",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [nc, -lu, \"80\"]}\n",
     {0},
     ""},
    {"nc asks",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [sh, -c, \"until nc -z localhost 80; do sleep 1; done\"]}\n",
     {0},
     ""},
    {"ls -l beside nc that asks",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [sh, -c, \"nc -z localhost 80; ls -l 80\"]}\n",
     {0},
     ""},
    {"socat listens",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, args: [socat, \"TCP-LISTEN:80,fork\", \"TCP:db:5432\"]}\n",
     {0},
     "KP201 80"},
    {"socat asks",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, args: [socat, \"TCP-LISTEN:81,fork\", \"TCP:localhost:80\"]}\n",
     {0},
     ""},
    {"python's server",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, command: [python3, -m, http.server, \"80\"]}\n",
     {0},
     "KP201 80"},
    {"a bind address of loopback",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, args: [\"--metrics-bind-address=127.0.0.1:8080\"]}\n"
     "  - {name: b, image: x, args: [\"--port=8080\"]}\n",
     {0},
     "KP201 8080"},
    {"a peer on loopback",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, ports: [{containerPort: 80}]}\n"
     "  - {name: b, image: x, args: [\"--addr=127.0.0.1:80\"]}\n",
     {0},
     ""},
    {"a plain init container has ended",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  - {name: i, "
     "image: x, args: [\"--port=80\"]}\n  containers:\n  - {name: a, image: x, args: "
     "[\"--port=80\"]}\n",
     {0},
     ""},
    {"a probe of the node's loopback",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: localhost, port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: o}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, ports: "
     "[{containerPort: 96}]}\n",
     {0},
     "KP203 96"},
    {"of ::1",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {tcpSocket: {host: \"::1\", port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: o}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, ports: "
     "[{containerPort: 96}]}\n",
     {0},
     "KP203 96"},
    {"of a link-local address",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: 169.254.20.10, port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: o}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, ports: "
     "[{containerPort: 96}]}\n",
     {0},
     "KP203 96"},
    {"of an IPv6 link-local address",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: \"fe80::1\", port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: o}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, ports: "
     "[{containerPort: 96}]}\n",
     {0},
     "KP203 96"},
    {"of another machine",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: 192.0.2.9, port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: o}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, ports: "
     "[{containerPort: 96}]}\n",
     {0},
     ""},
    {"two loopback addresses",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: 127.0.0.1, port: 96}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: b}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: 127.0.0.53, port: 96}}}\n",
     {0},
     ""},
    {"a probe of the kubelet",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, "
     "livenessProbe: {httpGet: {host: 127.0.0.1, port: 10248}}}\n",
     {0},
     ""},
    {"to listen at the kubelet's port",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec:\n  template:\n    "
     "spec:\n      hostNetwork: true\n      containers:\n      - {name: c, image: x, args: "
     "[\"--port=10250\"]}\n",
     {0},
     "KP209 10250"},
};

#define POD_WITH(annotations, spec, port)                                                          \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {" annotations               \
    "}}\nspec: {" spec "containers: [{name: c, image: x, ports: [{containerPort: " port "}]}]}\n"

static const struct row sidecar_rows[] = {
    {"dapr's metrics", POD_WITH("dapr.io/enabled: \"true\"", "", "9090"), {0}, "KP210!9090"},
    {"metrics moved away",
     POD_WITH("dapr.io/enabled: \"true\", dapr.io/metrics-port: \"9097\"", "", "9090"),
     {0},
     ""},
    {"metrics switched off",
     POD_WITH("dapr.io/enabled: \"true\", dapr.io/enable-metrics: \"false\"", "", "9090"),
     {0},
     ""},
    {"metrics moved onto the port",
     POD_WITH("dapr.io/enabled: \"true\", dapr.io/metrics-port: \"8080\"", "", "8080"),
     {0},
     "KP210!8080"},
    {"internal gRPC moved onto the port",
     POD_WITH("dapr.io/enabled: \"true\", dapr.io/internal-grpc-port: \"8080\"", "", "8080"),
     {0},
     "KP210 8080"},
    {"debugging is off", POD_WITH("dapr.io/enabled: \"true\"", "", "40000"), {0}, ""},
    {"debugging is on",
     POD_WITH("dapr.io/enabled: \"true\", dapr.io/enable-debug: \"true\"", "", "40000"),
     {0},
     "KP210 40000"},
    {"linkerd's inbound port",
     POD_WITH("linkerd.io/inject: enabled", "", "4143"),
     {0},
     "KP210!4143"},
    {"moved away",
     POD_WITH("linkerd.io/inject: enabled, config.linkerd.io/inbound-port: \"4999\"", "", "4143"),
     {0},
     ""},
    {"outbound moved onto the port",
     POD_WITH("linkerd.io/inject: enabled, config.linkerd.io/outbound-port: \"8080\"", "", "8080"),
     {0},
     "KP210!8080"},
    {"control moved by the namespace",
     "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, annotations: "
     "{config.linkerd.io/control-port: \"4999\"}}\n" POD_WITH("linkerd.io/inject: enabled", "",
                                                              "4190"),
     {0},
     ""},
    {"the pod's word before the namespace's",
     "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, annotations: "
     "{config.linkerd.io/control-port: \"4999\"}}\n" POD_WITH(
         "linkerd.io/inject: enabled, config.linkerd.io/control-port: \"4190\"", "", "4190"),
     {0},
     "KP210!4190"},
    {"linkerd leaves hostNetwork alone",
     POD_WITH("linkerd.io/inject: enabled", "hostNetwork: true, ", "4143"),
     {0},
     ""},
    {"istio's status port",
     POD_WITH("sidecar.istio.io/inject: \"true\"", "", "15020"),
     {0},
     "KP210!15020"},
    {"moved",
     POD_WITH("sidecar.istio.io/inject: \"true\", status.sidecar.istio.io/port: \"15035\"", "",
              "15020"),
     {0},
     ""},
    {"switched off",
     POD_WITH("sidecar.istio.io/inject: \"true\", status.sidecar.istio.io/port: \"0\"", "",
              "15020"),
     {0},
     ""},
    {"moved onto the port",
     POD_WITH("sidecar.istio.io/inject: \"true\", status.sidecar.istio.io/port: \"8080\"", "",
              "8080"),
     {0},
     "KP210!8080"},
    {"moved in the proxy's configuration",
     POD_WITH("sidecar.istio.io/inject: \"true\", proxy.istio.io/config: \"statusPort: "
              "15035\\nproxyAdminPort: 8080\\n\"",
              "", "15020"),
     {0},
     ""},
    {"administration moved there",
     POD_WITH("sidecar.istio.io/inject: \"true\", proxy.istio.io/config: \"statusPort: "
              "15035\\nproxyAdminPort: 8080\\n\"",
              "", "8080"),
     {0},
     "KP210!8080"},
    {"consul without its transparent proxy",
     POD_WITH("consul.hashicorp.com/connect-inject: \"true\", "
              "consul.hashicorp.com/transparent-proxy: \"false\"",
              "", "15001"),
     {0},
     ""},
    {"consul with it",
     POD_WITH("consul.hashicorp.com/connect-inject: \"true\"", "", "15001"),
     {0},
     "KP210 15001"},
    {"kuma's administration moved",
     POD_WITH("kuma.io/sidecar-injection: enabled, kuma.io/envoy-admin-port: \"9902\"", "", "9901"),
     {0},
     ""},
    {"vault's agent without a cache",
     POD_WITH("vault.hashicorp.com/agent-inject: \"true\"", "", "8200"),
     {0},
     ""},
    {"vault's agent with one",
     POD_WITH("vault.hashicorp.com/agent-inject: \"true\", vault.hashicorp.com/agent-cache-enable: "
              "\"true\"",
              "", "8200"),
     {0},
     "KP210 8200"},
    {"a probe asks the sidecar",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {sidecar.istio.io/inject: "
     "\"true\"}}\n"
     "spec: {containers: [{name: c, image: x, readinessProbe: {httpGet: {port: 15021}}}]}\n",
     {0},
     ""},
};

struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_kube *kube;
};

static void open_world(struct world *world, const struct kps_kube_options *options)
{
    *world = (struct world){.arena = kps_arena_new()};
    world->diag.arena = world->arena;
    world->ledger.diag = &world->diag;
    world->kube = kps_kube_open(&world->ledger, options);
}

static void close_world(struct world *world)
{
    kps_kube_close(world->kube);
    kps_ledger_free(&world->ledger);
    kps_diag_free(&world->diag);
    kps_arena_free(world->arena);
}

static void add_finding_text(struct kps_buf *buf, const struct kps_finding *finding, const char *id)
{
    static const char *const marks[] = {[KPS_NOTE] = "?", [KPS_WARNING] = "", [KPS_ERROR] = "!"};
    kps_buf_fmt(buf, "%s%s%s", buf->n ? " " : "", id, marks[finding->severity]);
    if (finding->first) {
        kps_buf_fmt(buf, "%s%u", finding->severity == KPS_WARNING ? " " : "", finding->first);
    }
}

/* List the findings by rule and, within a rule, as they were made. */
static struct kps_sv list_findings(struct world *world)
{
    struct kps_buf buf = KPS_BUF(world->arena);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        for (uint32_t i = 0; i < world->diag.findings.n; i++) {
            if (world->diag.findings.v[i]->rule == info->rule) {
                add_finding_text(&buf, world->diag.findings.v[i], info->id);
            }
        }
    }
    return kps_buf_sv(&buf);
}

static unsigned count_wrong(const struct row *rows, size_t n)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct world world;
        open_world(&world, &rows[i].options);
        (void)kps_kube_add_file(world.kube, kps_files_add(&world.diag.files, kps_sv_of("in.yaml"),
                                                          kps_sv_of(rows[i].text)));
        judge_cluster(&world.ledger, world.kube);
        struct kps_sv found = list_findings(&world);
        if (!kps_sv_eq(found, kps_sv_of(rows[i].findings))) {
            print_message("%s: '%.*s', not '%s'\n", rows[i].why, SV_ARG(found), rows[i].findings);
            wrong++;
        }
        close_world(&world);
    }
    return wrong;
}

static void test_replicas(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(replica_rows, KPS_COUNT(replica_rows)), 0);
}

static void test_live_nodes(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(node_rows, KPS_COUNT(node_rows)), 0);
}

static void test_addresses(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(address_rows, KPS_COUNT(address_rows)), 0);
}

static void test_pending(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(pending_rows, KPS_COUNT(pending_rows)), 0);
}

static void test_evidence(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(evidence_rows, KPS_COUNT(evidence_rows)), 0);
}

static void test_sidecars(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(sidecar_rows, KPS_COUNT(sidecar_rows)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas),  cmocka_unit_test(test_live_nodes),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_pending),
        cmocka_unit_test(test_evidence),  cmocka_unit_test(test_sidecars)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
