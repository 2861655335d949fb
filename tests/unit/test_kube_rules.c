#include "kube_rows.h"

/* Nodes, addresses and live pods: where pods can be, and what they wait for. */

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

#define OF_ONE(name, more)                                                                         \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " name "}\nspec:\n"              \
    "  strategy: {type: Recreate}\n  template:\n    spec:\n" more CONTAINERS DECLARES(             \
        "c", "{containerPort: 80, hostPort: 80}")

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
    {"two workloads, and one of two nodes has a taint",
     NODE("n1", "", "taints: [{key: a, effect: NoSchedule}]") NODE("n2", "", "") OF_ONE("v", "")
         OF_ONE("w", ""),
     {0},
     "KP203!80"},
    {"two workloads, and one of them tolerates the taint",
     NODE("n1", "", "taints: [{key: a, effect: NoSchedule}]") NODE("n2", "", "") OF_ONE("v", "")
         OF_ONE("w", "      tolerations: [{operator: Exists}]\n"),
     {0},
     "KP203 80"},
    {"two workloads, and one of two nodes is cordoned",
     NODE("n1", "", "unschedulable: true") NODE("n2", "", "") OF_ONE("v", "") OF_ONE("w", ""),
     {0},
     "KP203!80"},
    {"two workloads, and no node takes any",
     NODE("n1", "", "unschedulable: true") OF_ONE("v", "") OF_ONE("w", ""),
     {0},
     "KP203!80"},
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

static const struct row probe_rows[] = {
    {"a readiness probe of a port that is not there",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "readinessProbe: {httpGet: {port: none}}}]}\n",
     {0},
     "KP216!"},
    {"a startup probe",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "startupProbe: {tcpSocket: {port: none}}}]}\n",
     {0},
     "KP216!"},
    {"a liveness probe, which the kubelet discards",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "livenessProbe: {httpGet: {port: none}}}]}\n",
     {0},
     "KP216"},
    {"a hook before the end",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "lifecycle: {preStop: {httpGet: {port: none}}}}]}\n",
     {0},
     "KP216"},
    {"a hook at the start",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "lifecycle: {postStart: {httpGet: {port: none}}}}]}\n",
     {0},
     "KP216!"},
    {"a port that is there",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "ports: [{name: none, containerPort: 80}], livenessProbe: {httpGet: {port: none}}}]}\n",
     {0},
     ""},
};

#define DEPLOY_80                                                                                  \
    DEPLOYMENT("w", "1", CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}"))
#define NAMED_SERVICE                                                                              \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  selector: {app: w}\n"       \
    "  ports: [{port: 80, targetPort: http}]\n"
#define TASK(policy)                                                                               \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: task, labels: {app: w}}\nspec:\n"            \
    "  restartPolicy: " policy "\n  containers: [{name: c, image: x}]\n"
#define NAMED_PODS(name)                                                                           \
    DEPLOYMENT("w", "1", CONTAINERS DECLARES("c", "{name: " name ", containerPort: 80}"))

/* Objects of several files: which of them belong together. */
static const struct tree {
    const char *why, *paths[3], *texts[3];
    const char *findings;
} trees[] = {
    {"one roll-out in the folders of two releases, another object in a third",
     {"v1/w.yaml", "v2/w.yaml", "v3/x.yaml"},
     {DEPLOY_80, DEPLOY_80,
      DEPLOYMENT("x", "1", CONTAINERS DECLARES("c", "{containerPort: 81, hostPort: 81}"))},
     "KP205 80 KP205 81 KP218?"},
    {"three files of one object are one note",
     {"v1/w.yaml", "v2/w.yaml", "v3/w.yaml"},
     {NAMED_SERVICE, NAMED_SERVICE, NAMED_SERVICE},
     "KP218?"},
    {"a chain of files through one of them",
     {"v1/w.yaml", "v2/w.yaml", "v2/x.yaml"},
     {NAMED_SERVICE, NAMED_SERVICE NAMED_PODS("http"), NAMED_PODS("http")},
     "KP218?"},
    {"a DaemonSet and a Deployment of one name are alternatives",
     {"a/w.yaml", "b/w.yaml", NULL},
     {DEPLOY_80,
      WORKLOAD("DaemonSet", "w", "1",
               CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}")),
      NULL},
     "KP203?80 KP205 80"},
    {"of two names they are none",
     {"a/w.yaml", "b/w.yaml", NULL},
     {DEPLOY_80,
      WORKLOAD("DaemonSet", "v", "1",
               CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}")),
      NULL},
     "KP203!80"},
    {"in one file they are none",
     {"a/w.yaml", NULL, NULL},
     {DEPLOY_80 WORKLOAD("DaemonSet", "w", "1",
                         CONTAINERS DECLARES("c", "{containerPort: 80, hostPort: 80}")),
      NULL, NULL},
     "KP203!80"},
    {"the Service's own folder answers",
     {"a/s.yaml", "a/w.yaml", "b/w.yaml"},
     {NAMED_SERVICE, NAMED_PODS("http"), NAMED_PODS("web")},
     "KP218?"},
    {"its own folder does not",
     {"a/s.yaml", "a/w.yaml", "b/w.yaml"},
     {NAMED_SERVICE, NAMED_PODS("web"), NAMED_PODS("http")},
     "KP216!80 KP218?"},
    {"its own file answers, a variant beside it does not",
     {"a/s.yaml", "a/w.yaml", NULL},
     {NAMED_SERVICE NAMED_PODS("http"), NAMED_PODS("web"), NULL},
     "KP218?"},
    {"a test beside the pods, which has their labels and ends",
     {"s.yaml", NULL, NULL},
     {NAMED_SERVICE NAMED_PODS("http") TASK("Never"), NULL, NULL},
     ""},
    {"the test is the only pod",
     {"s.yaml", NULL, NULL},
     {NAMED_SERVICE TASK("OnFailure"), NULL, NULL},
     "KP216!80"},
    {"a pod that is started again",
     {"s.yaml", NULL, NULL},
     {NAMED_SERVICE NAMED_PODS("http") TASK("Always"), NULL, NULL},
     "KP216 80"},
    {"the pods lie in a folder beside",
     {"k/service/s.yaml", "k/deploy/w.yaml", NULL},
     {NAMED_SERVICE, NAMED_PODS("web"), NULL},
     "KP216!80"},
    {"the pods lie in a folder that has nothing to do with it",
     {"bundle/manifests/s.yaml", "examples/w.yaml", NULL},
     {NAMED_SERVICE, NAMED_PODS("web"), NULL},
     "KP216 80"},
};

static void test_trees(void **unused)
{
    (void)unused;
    unsigned wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(trees); i++) {
        const struct kps_kube_options options = {.is_walked = true};
        struct world world;
        open_world(&world, &options);
        for (size_t k = 0; k < KPS_COUNT(trees[i].paths) && trees[i].paths[k]; k++) {
            (void)kps_kube_add_file(world.kube,
                                    kps_files_add(&world.diag.files, kps_sv_of(trees[i].paths[k]),
                                                  kps_sv_of(trees[i].texts[k])));
        }
        judge_cluster(&world.ledger, world.kube);
        struct kps_sv found = list_findings(&world);
        if (!kps_sv_eq(found, kps_sv_of(trees[i].findings))) {
            print_message("%s: '%.*s', not '%s'\n", trees[i].why, SV_ARG(found), trees[i].findings);
            wrong++;
        }
        close_world(&world);
    }
    assert_int_equal(wrong, 0);
}

static void test_probes(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(probe_rows, KPS_COUNT(probe_rows)), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas),  cmocka_unit_test(test_trees),
        cmocka_unit_test(test_probes),    cmocka_unit_test(test_live_nodes),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_pending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
