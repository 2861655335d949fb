#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "kube/collect.h"
#include "kube/live.h"
#include "kube/live_items.h"
#include "kube/live_json.h"
#include "support/cluster_judge.h"

/*
 * Manifests against a live cluster of three nodes: one row is an apply, and what the control plane
 * does with it. The recorded answers of a real scheduler are the source of each kind of row (spec
 * cluster §5).
 */
#define NODE(name, area, spec)                                                                     \
    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"" name                      \
    "\",\"labels\":{" area "\"zone\":\"" name "\"}},\"spec\":{" spec "},\"status\":{}}"
#define OWNED(kind, owner)                                                                         \
    ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" owner "\",\"controller\":true}]"
#define POD(name, node, port, more, spec, phase)                                                   \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"default\",\"name\":"    \
    "\"" name "\"" more "},\"spec\":{" node spec                                                   \
    "\"containers\":[{\"name\":\"c\",\"ports\":[{\"containerPort\":80,\"hostPort\":" port          \
    "}]}]},\"status\":{\"phase\":\"" phase "\"}}"
#define ON(node) "\"nodeName\":\"" node "\","
#define TEMPLATE(port, image)                                                                      \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":[{"        \
    "\"name\":\"c\",\"image\":\"" image "\",\"imagePullPolicy\":\"Always\",\"ports\":[{"           \
    "\"containerPort\":80,\"hostPort\":" port ",\"protocol\":\"TCP\"}]}]}}"
#define LIVE(kind, name, replicas, port)                                                           \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"" kind                                                 \
    "\",\"metadata\":{\"namespace\":\"default\",\"name\":\"" name                                  \
    "\"},\"spec\":{\"replicas\":" replicas "," TEMPLATE(port, "a") "},\"status\":{}}"
#define WANT(kind, name, spec, port, image)                                                        \
    "---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n  " spec         \
    "\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"            \
    "      - {name: c, image: " image ", ports: [{containerPort: 80, hostPort: " port "}]}\n"
#define POD_APART_FROM_WEB                                                                         \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, ports: "   \
    "[{containerPort: 80, hostPort: 8080}]}], affinity: {podAntiAffinity: "                        \
    "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: "        \
    "{matchLabels: {app: web}}}]}}}\n"
#define SERVICE(name, port)                                                                        \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name                                   \
    "}\nspec: {type: NodePort, ports: [{port: 80, nodePort: " port "}]}\n"
#define TWO_PROTOCOLS(name, second)                                                                \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name                                   \
    "}\nspec: {type: NodePort, ports: [{name: a, port: 80, nodePort: 30080}, {name: b, port: 81, " \
    "protocol: " second ", nodePort: 30080}]}\n"
#define SCALER(kind, name, most)                                                                   \
    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: "  \
    "{scaleTargetRef: {kind: " kind ", name: " name "}, maxReplicas: " most "}\n"
#define LIVE_SCALER(kind, name, most)                                                              \
    "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{"       \
    "\"namespace\":\"default\",\"name\":\"h\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"" kind     \
    "\",\"name\":\"" name "\"},\"maxReplicas\":" most "}}"
#define JOB(kind, front, spec, behind)                                                             \
    "apiVersion: batch/v1\nkind: " kind "\nmetadata: {name: new}\nspec: {" front spec              \
    ", template: {spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: "            \
    "8080}]}]}}" behind "}\n"
#define LIVE_SERVICE(name, port)                                                                   \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"default\","         \
    "\"name\":\"" name "\"},\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":80,"              \
    "\"nodePort\":" port "}]}}"
#define BALANCER(name, port, health)                                                               \
    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"default\","         \
    "\"name\":\"" name                                                                             \
    "\"},\"spec\":{\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\","                 \
    "\"healthCheckNodePort\":" health ",\"ports\":[{\"port\":80,\"nodePort\":" port "}]}}"
#define BALANCES(name, policy, more)                                                               \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: " name                                   \
    "}\nspec: {type: LoadBalancer, externalTrafficPolicy: " policy                                 \
    ", ports: [{port: 80, nodePort: 30100}]" more "}\n"
#define SPREAD(label, more)                                                                        \
    "      topologySpreadConstraints: [{maxSkew: 1, topologyKey: area, whenUnsatisfiable: "        \
    "DoNotSchedule, labelSelector: {matchLabels: {app: " label "}}" more "}]\n"
#define SHY(app)                                                                                   \
    "\"affinity\":{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":[{"     \
    "\"topologyKey\":\"zone\",\"labelSelector\":{\"matchLabels\":{\"app\":\"" app "\"}}}]}},"
#define AFFINITY(kind, app)                                                                        \
    "      affinity: {" kind ": {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "  \
    "zone, labelSelector: {matchLabels: {app: " app "}}}]}}\n"
#define DB_ON(name, node, port)                                                                    \
    POD(name, ON(node), port, ",\"labels\":{\"app\":\"db\"}", "", "Running")
#define WITH_SIDECAR(ports)                                                                        \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, ports: "        \
    "[{containerPort: 80, hostPort: 8080}]}], initContainers: [{name: s, restartPolicy: Always, "  \
    "ports: [" ports "]}]}\n"
#define WEB_ON(name, node) POD(name, ON(node), "8080", OWNED("Deployment", "web"), "", "Running")
#define SET_ON(name, node) POD(name, ON(node), "8080", OWNED("StatefulSet", "web"), "", "Running")
#define CLASS(name, value, is_default)                                                             \
    "{\"apiVersion\":\"scheduling.k8s.io/v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":"  \
    "\"" name "\"},\"value\":" value ",\"globalDefault\":" is_default "}"

static const char *const nodes[] = {
    NODE("cp", "", "\"taints\":[{\"key\":\"control-plane\",\"effect\":\"NoSchedule\"}]"),
    NODE("n1", "\"area\":\"a\",", ""), NODE("n2", "\"area\":\"a\",", ""),
    NODE("n3", "\"area\":\"b\",", ""), NULL};

static const struct row {
    const char *why;
    const char *items[8];
    const char *text;
    const char *findings; /* messages, joined by "; " */
} rows[] = {
    {"one pod a node, and the control plane is closed",
     {NULL},
     WANT("Deployment", "new", "replicas: 5", "8080", "a"),
     "2 of 5 pods of Deployment new may stay Pending: hostPort 8080/tcp is held"},
    {"as many as nodes that fit", {NULL}, WANT("Deployment", "new", "replicas: 3", "80", "a"), ""},
    {"pods that have ended hold nothing",
     {POD("done", ON("n1"), "8080", "", "", "Succeeded")},
     WANT("Deployment", "new", "replicas: 3", "8080", "a"),
     ""},
    {"applied again as it is",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3", "8080", "a"),
     ""},
    {"a new image beside the old pods",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3", "8080", "b"),
     "1 of 3 pods of Deployment web stays Pending: hostPort 8080/tcp is held"},
    {"a new image in the place of the old pods",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web",
          "replicas: 3\n  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", "8080",
          "b"),
     ""},
    {"Recreate frees the ports first",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3\n  strategy: {type: Recreate}", "8080", "b"),
     ""},
    {"a pod that waits takes the freed port",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3"), POD("early", "", "8080", "", "", "Pending")},
     WANT("Deployment", "web", "replicas: 3\n  strategy: {type: Recreate}", "8080", "b"),
     "1 of 3 pods of Deployment web stays Pending: hostPort 8080/tcp is held"},
    {"a StatefulSet starts one after the other",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running")},
     WANT("StatefulSet", "db", "replicas: 4", "8080", "a"),
     "1 of 4 pods of StatefulSet db stays Pending: hostPort 8080/tcp is held"},
    {"a DaemonSet's pod cannot go elsewhere",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     WANT("DaemonSet", "agent", "selector: {}", "8080", "a"),
     "1 of 3 pods of DaemonSet agent stays Pending: hostPort 8080/tcp is held"},
    {"of rivals only the sum is certain",
     {NULL},
     WANT("Deployment", "x", "replicas: 2", "8080", "a")
         WANT("Deployment", "z", "replicas: 2", "8080", "a"),
     "1 of 4 pods of Deployment z and Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"who may go elsewhere can take the only node of another",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {zone: n2}, "
     "containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}\n" WANT(
         "Deployment", "x", "replicas: 1", "8080", "a"),
     "pods of Pod p may stay Pending: others want hostPort 8080/tcp of their nodes too"},
    {"a spread that an area without a free node holds up",
     {POD("a", ON("n3"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 3", "8080", "a") "      topologySpreadConstraints: "
                                                         "[{maxSkew: 1, topologyKey: area, "
                                                         "whenUnsatisfiable: DoNotSchedule, "
                                                         "labelSelector: {matchLabels: {app: "
                                                         "web}}}]\n",
     "2 of 3 pods of Deployment x stay Pending: hostPort 8080/tcp is held"},
    {"one in an area",
     {NULL},
     WANT("Deployment", "x", "replicas: 3", "8080",
          "a") "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
               "[{topologyKey: area, labelSelector: {matchLabels: {app: web}}}]}}\n",
     "1 of 3 pods of Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"exported as it waits: not by the apply",
     {POD("held", ON("n1"), "8080", "", "", "Running"),
      POD("early", "", "8080", "", "\"nodeSelector\":{\"zone\":\"n1\"},", "Pending")},
     "apiVersion: v1\nkind: Pod\nmetadata: {name: early}\nspec: {nodeSelector: {zone: n1}, "
     "containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}\nstatus: {phase: "
     "Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: "
     "\"0/4 nodes are available: 1 node(s) didn't have free ports for the requested pod "
     "ports.\"}]}\n",
     ""},
    {"an autoscaler's maximum, of a new Deployment",
     {NULL},
     WANT("Deployment", "new", "replicas: 2", "8080", "a") SCALER("Deployment", "new", "5"),
     "2 of 5 pods of Deployment new may stay Pending at the maximum of its autoscaler: hostPort "
     "8080/tcp is held"},
    {"as many nodes as the maximum",
     {NULL},
     WANT("Deployment", "new", "replicas: 2", "8080", "a") SCALER("Deployment", "new", "3"),
     ""},
    {"the autoscaler of the cluster counts too",
     {LIVE_SCALER("Deployment", "new", "4")},
     WANT("Deployment", "new", "replicas: 1", "8080", "a"),
     "1 of 4 pods of Deployment new may stay Pending at the maximum of its autoscaler: hostPort "
     "8080/tcp is held"},
    {"what is in the cluster as it is: not by the apply",
     {LIVE("Deployment", "web", "2", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2")},
     WANT("Deployment", "web", "replicas: 2", "8080", "a") SCALER("Deployment", "web", "9"),
     ""},
    {"without replicas those of the cluster stay",
     {LIVE("Deployment", "web", "2", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2")},
     WANT("Deployment", "web", "selector: {}", "8080", "a"),
     ""},
    {"the pods of a Job are as many as its parallelism",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     JOB("Job", "", "parallelism: 5, completions: 4", ""),
     "2 of 4 pods of Job new stay Pending: hostPort 8080/tcp is held"},
    {"a CronJob starts nothing now",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     JOB("CronJob", "jobTemplate: {spec: {", "parallelism: 3", "}}"),
     "1 of 3 pods of CronJob new may stay Pending at its next run: hostPort 8080/tcp is held"},
    {"the pods of an earlier run are gone",
     {POD("a", ON("n1"), "8080", OWNED("Job", "new-1234"), "", "Running")},
     JOB("CronJob", "jobTemplate: {spec: {", "parallelism: 3", "}}"),
     ""},
    {"a new Deployment that is paused starts no pod",
     {WEB_ON("a", "n1")},
     WANT("Deployment", "new", "replicas: 5\n  paused: true", "8080", "a"),
     ""},
    {"a paused Deployment is scaled with its old template",
     {LIVE("Deployment", "web", "2", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"), NULL},
     WANT("Deployment", "web", "replicas: 5\n  paused: true", "8080", "b"),
     "2 of 5 pods of Deployment web stay Pending: hostPort 8080/tcp is held"},
    {"whose ports the new template does not tell",
     {LIVE("Deployment", "web", "2", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"), NULL},
     WANT("Deployment", "web", "replicas: 5\n  paused: true", "8081", "a"),
     ""},
    {"and does not replace its pods",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3\n  paused: true", "8080", "b"),
     ""},
    {"a CronJob that is suspended",
     {NULL},
     JOB("CronJob", "suspend: true, jobTemplate: {spec: {", "parallelism: 9", "}}"),
     ""},
    {"a Rollout, whose controller is not of Kubernetes itself",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     WANT("Rollout", "new", "replicas: 3", "8080", "a"),
     "1 of 3 pods of Rollout new may stay Pending: hostPort 8080/tcp is held"},
    {"a Rollout whose pods are there",
     {POD("a", ON("n1"), "8080", ",\"labels\":{\"app\":\"web\"}" OWNED("ReplicaSet", "new-1"), "",
          "Running"),
      POD("b", ON("n2"), "8080", ",\"labels\":{\"app\":\"web\"}" OWNED("ReplicaSet", "new-1"), "",
          "Running")},
     WANT("Rollout", "new", "replicas: 2", "8080", "b"),
     ""},
    {"a DaemonSet without host ports, alone",
     {NULL},
     "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {spec: "
     "{containers: [{name: c, ports: [{containerPort: 80}]}]}}}\n",
     ""},
    {"a Service without nodePort keeps its number",
     {LIVE_SERVICE("old", "30080")},
     "---\napiVersion: v1\nkind: Service\nmetadata: {name: old}\nspec: {type: NodePort, ports: "
     "[{port: 80}]}\n" SERVICE("new", "30080"),
     "Service new is refused: nodePort 30080 belongs to Service default/old"},
    {"a Service that becomes ClusterIP gives its number up",
     {LIVE_SERVICE("old", "30080")},
     "---\napiVersion: v1\nkind: Service\nmetadata: {name: old}\nspec: {ports: [{port: "
     "80}]}\n" SERVICE("new", "30080"),
     ""},
    {"an outside address of a live Service",
     {"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"x\",\"name\":"
      "\"old\"},"
      "\"spec\":{\"externalIPs\":[\"192.0.2.1\"],\"ports\":[{\"port\":443}]}}"},
     "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {externalIPs: [192.0.2.1], "
     "ports: "
     "[{port: 443}]}\n",
     "port 443/tcp of the address 192.0.2.1 of Service new belongs to Service x/old"},
    {"another port of it",
     {"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"x\",\"name\":"
      "\"old\"},"
      "\"spec\":{\"externalIPs\":[\"192.0.2.1\"],\"ports\":[{\"port\":443}]}}"},
     "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {externalIPs: [192.0.2.1], "
     "ports: "
     "[{port: 80}]}\n",
     ""},
    {"the address that a load balancer gave a live Service",
     {"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"x\",\"name\":"
      "\"old\"},"
      "\"spec\":{\"type\":\"LoadBalancer\",\"ports\":[{\"port\":443}]},\"status\":{"
      "\"loadBalancer\":{"
      "\"ingress\":[{\"ip\":\"192.0.2.1\"}]}}}"},
     "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {type: LoadBalancer, "
     "loadBalancerIP: 192.0.2.1, ports: [{port: 443}]}\n",
     "port 443/tcp of the address 192.0.2.1 of Service new belongs to Service x/old"},
    {"the same Service again",
     {"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"namespace\":\"default\","
      "\"name\":"
      "\"new\"},\"spec\":{\"externalIPs\":[\"192.0.2.1\"],\"ports\":[{\"port\":443}]}}"},
     "apiVersion: v1\nkind: Service\nmetadata: {name: new}\nspec: {externalIPs: [192.0.2.1], "
     "ports: "
     "[{port: 443}]}\n",
     ""},
    {"a new nodePort that a live pod has as its hostPort",
     {POD("a", ON("n1"), "30080", "", "", "Running")},
     SERVICE("new", "30080"),
     "nodePort 30080/tcp of Service new is also a hostPort of Pod default/a"},
    {"a new hostPort that a live Service has as its nodePort",
     {LIVE_SERVICE("old", "30080")},
     WANT("Deployment", "new", "replicas: 1", "30080", "a"),
     "nodePort 30080/tcp of Service default/old is also a hostPort of Deployment new"},
    {"both in the cluster already",
     {LIVE_SERVICE("old", "8080"), LIVE("Deployment", "web", "1", "8080"), WEB_ON("a", "n1")},
     WANT("Deployment", "web", "replicas: 1", "8080", "a"),
     ""},
    {"no node fits: not for the port",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {zone: none}, "
     "containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}\n",
     ""},
    {"the kubelet refuses a pod that names its node",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: n1, "
     "containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}\n",
     "1 pod is refused by the kubelet, Pod p: hostPort 8080/tcp is held"},
    {"a higher priority evicts",
     {POD("a", ON("n1"), "8080", "", "\"priority\":5,", "Running"),
      POD("b", ON("n2"), "8080", "", "\"priority\":3,", "Running"),
      POD("c", ON("n3"), "8080", "", "\"priority\":4,", "Running")},
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {priorityClassName: "
     "system-node-critical, containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}"
     "\n",
     "Pod p has Pod default/b on node n2 evicted for hostPort 8080/tcp"},
    {"applied again as it is, without the list of its kind",
     {WEB_ON("a", "n1"), WEB_ON("b", "n2"), WEB_ON("c", "n3")},
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3, template: "
     "{spec: {containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}]}}}\n",
     ""},
    {"another image, without the list of its kind",
     {WEB_ON("a", "n1"), WEB_ON("b", "n2"), WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3", "8080", "b"),
     "1 of 3 pods of Deployment web may stay Pending: hostPort 8080/tcp is held"},
    {"a class that no list has may evict",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a") "      priorityClassName: unknown\n",
     "1 of 1 pods of Deployment x stays Pending or others are evicted: hostPort 8080/tcp is held"},
    {"a class that no list has, and a pod that never evicts",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080",
          "a") "      priorityClassName: unknown\n      preemptionPolicy: Never\n",
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"a pod that says itself that it evicts nobody",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080",
          "a") "      priorityClassName: system-node-critical\n      preemptionPolicy: Never\n",
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"the default class ranks pods that name none",
     {CLASS("usual", "7", "true"), POD("a", ON("n1"), "8080", "", "\"priority\":8,", "Running"),
      POD("b", ON("n2"), "8080", "", "\"priority\":6,", "Running"),
      POD("c", ON("n3"), "8080", "", "\"priority\":8,", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a"),
     "Deployment x has Pod default/b on node n2 evicted for hostPort 8080/tcp"},
    {"a class of the inputs",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: calm}\nvalue: 9\n"
     "preemptionPolicy: Never\n" WANT("Deployment", "x", "replicas: 1", "8080",
                                      "a") "      priorityClassName: calm\n",
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"a node of the inputs is the cluster's",
     {NULL},
     NODE("n3", "", "") "\n" WANT("Deployment", "new", "replicas: 4", "8080", "a"),
     "1 of 4 pods of Deployment new may stay Pending: hostPort 8080/tcp is held"},
    {"items that come twice count once",
     {NODE("n3", "", ""), LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"),
      WEB_ON("a", "n1"), WEB_ON("b", "n2"), WEB_ON("b", "n2")},
     WANT("Deployment", "web", "replicas: 4", "8080", "a"),
     "1 of 4 pods of Deployment web stays Pending: hostPort 8080/tcp is held"},
    {"new ordinals below the partition look for a node too",
     {LIVE("StatefulSet", "web", "2", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2")},
     WANT("StatefulSet", "web",
          "replicas: 4\n  podManagementPolicy: Parallel\n  updateStrategy: {rollingUpdate: "
          "{partition: 4}}",
          "8080", "b"),
     "1 of 4 pods of StatefulSet web stays Pending: hostPort 8080/tcp is held"},
    {"all of the equal nodes lose their pods",
     {POD("a", ON("n1"), "8080", OWNED("Job", "j"), "", "Running"),
      POD("b", ON("n2"), "8080", OWNED("Job", "j"), "", "Running"),
      POD("c", ON("n3"), "8080", OWNED("Job", "j"), "", "Running")},
     WANT("Deployment", "x", "replicas: 3", "8080",
          "a") "      priorityClassName: system-node-critical\n",
     "Deployment x has Pod default/a on node n1 evicted for hostPort 8080/tcp"},
    {"of equal nodes the scheduler takes any",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080",
          "a") "      priorityClassName: system-node-critical\n",
     "Deployment x has Pod default/a, or its like on one of 3 nodes, evicted for "
     "hostPort 8080/tcp"},
    {"a number of a live Service",
     {LIVE_SERVICE("old", "30080")},
     SERVICE("new", "30080"),
     "Service new is refused: nodePort 30080 belongs to Service default/old"},
    {"given up first, then taken",
     {LIVE_SERVICE("old", "30080")},
     SERVICE("old", "30081") SERVICE("new", "30080"),
     ""},
    {"taken first, then given up",
     {LIVE_SERVICE("old", "30080")},
     SERVICE("new", "30080") SERVICE("old", "30081"),
     "Service new is refused: nodePort 30080 belongs to Service default/old"},
    {"a closed area without pods holds a spread up",
     {NODE("m", "\"area\":\"c\",", "\"taints\":[{\"key\":\"k\",\"effect\":\"NoSchedule\"}]")},
     WANT("Deployment", "x", "replicas: 3", "8080", "a") SPREAD("web", ""),
     "1 of 3 pods of Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"a spread that leaves out nodes whose taints forbid the pods",
     {NODE("m", "\"area\":\"c\",", "\"taints\":[{\"key\":\"k\",\"effect\":\"NoSchedule\"}]")},
     WANT("Deployment", "x", "replicas: 3", "8080", "a") SPREAD("web", ", nodeTaintsPolicy: Honor"),
     ""},
    {"fewer areas than minDomains: each may have one pod",
     {NULL},
     WANT("Deployment", "x", "replicas: 3", "8080", "a") SPREAD("web", ", minDomains: 3"),
     "1 of 3 pods of Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"a spread of other pods limits none of these",
     {NODE("m", "\"area\":\"c\",", "\"taints\":[{\"key\":\"k\",\"effect\":\"NoSchedule\"}]")},
     WANT("Deployment", "x", "replicas: 3", "8080", "a") SPREAD("other", ""),
     ""},
    {"an area that the pods do not select counts only on demand",
     {NULL},
     WANT("Deployment", "x", "replicas: 2", "8080",
          "a") "      nodeSelector: {area: a}\n" SPREAD("web", ", nodeAffinityPolicy: Ignore"),
     "1 of 2 pods of Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"old revisions do not count for matchLabelKeys",
     {LIVE("Deployment", "web", "2", "8080"),
      POD("a", ON("n3"), "8080", ",\"labels\":{\"app\":\"web\"}" OWNED("Deployment", "web"), "",
          "Running"),
      POD("b", ON("n1"), "8080", ",\"labels\":{\"app\":\"web\"}" OWNED("Deployment", "web"), "",
          "Running")},
     WANT("Deployment", "web", "replicas: 2", "8081", "a")
         SPREAD("web", ", matchLabelKeys: [pod-template-hash]"),
     ""},
    {"the anti-affinity of a live pod closes its node",
     {POD("a", ON("n1"), "9", "", SHY("web"), "Running"),
      POD("b", ON("n2"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 2", "8080", "a"),
     "1 of 2 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"that of a live pod without ports as well",
     {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"default\",\"name\":"
      "\"a\"},\"spec\":{" SHY("web") ON("n1") "\"containers\":[{\"name\":\"c\"}]},\"status\":{"
                                              "\"phase\":\"Running\"}}",
      POD("b", ON("n2"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 2", "8080", "a"),
     "1 of 2 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"that of a live pod to others closes nothing",
     {POD("a", ON("n1"), "9", "", SHY("db"), "Running"),
      POD("b", ON("n2"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 2", "8080", "a"),
     ""},
    {"affinity to its own kind: all pods in the area of the first",
     {NULL},
     WANT("Deployment", "x", "replicas: 3", "8080",
          "a") "      affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
               "[{topologyKey: area, labelSelector: {matchLabels: {app: web}}}]}}\n",
     "1 of 3 pods of Deployment x may stay Pending: hostPort 8080/tcp is held"},
    {"above the partition the highest ordinals leave, and not the node that another wants",
     {LIVE("StatefulSet", "web", "3", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      SET_ON("web-2", "n3"),
      POD("early", "", "8080", "", "\"nodeSelector\":{\"zone\":\"n1\"},", "Pending")},
     WANT("StatefulSet", "web", "replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}",
          "8080", "b"),
     ""},
    {"a waiting pod takes the node of the highest ordinal",
     {LIVE("StatefulSet", "web", "3", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      SET_ON("web-2", "n3"),
      POD("early", "", "8080", "", "\"nodeSelector\":{\"zone\":\"n3\"},", "Pending")},
     WANT("StatefulSet", "web", "replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}",
          "8080", "b"),
     "1 of 3 pods of StatefulSet web stays Pending: hostPort 8080/tcp is held"},
    {"a smaller StatefulSet frees the node of its last pod",
     {LIVE("StatefulSet", "web", "3", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      SET_ON("web-2", "n3")},
     WANT("StatefulSet", "web", "replicas: 2", "8080", "a")
         WANT("Deployment", "x", "replicas: 1", "8080", "a") "      nodeSelector: {zone: n3}\n",
     ""},
    {"and of no other pod",
     {LIVE("StatefulSet", "web", "3", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      SET_ON("web-2", "n3")},
     WANT("StatefulSet", "web", "replicas: 2", "8080", "a")
         WANT("Deployment", "x", "replicas: 1", "8080", "a") "      nodeSelector: {zone: n1}\n",
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"a StatefulSet with a pod that waits is not updated",
     {LIVE("StatefulSet", "web", "3", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      POD("web-2", "", "8080", OWNED("StatefulSet", "web"), "", "Pending"),
      POD("b", ON("n3"), "8080", "", "", "Running")},
     WANT("StatefulSet", "web", "replicas: 3", "8080", "b"),
     ""},
    {"which of its pods a smaller Deployment ends is not certain",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 1", "8080", "a")
         WANT("Deployment", "x", "replicas: 1", "8080", "a") "      nodeSelector: {zone: n1}\n",
     "pods of Deployment x may stay Pending: hostPort 8080/tcp is free where the right old pods "
     "end"},
    {"and for pods that may go to each of the nodes does not matter",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 1", "8080", "a")
         WANT("Deployment", "x", "replicas: 2", "8080", "a"),
     ""},
    {"of two that end one has to be on the two nodes",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 1", "8080", "a")
         WANT("Deployment", "x", "replicas: 1", "8080", "a") "      nodeSelector: {area: a}\n",
     ""},
    {"a port of health checks is kept",
     {BALANCER("old", "30100", "30200")},
     BALANCES("old", "Local", "") SERVICE("new", "30200"),
     "Service new is refused: nodePort 30200 belongs to Service default/old"},
    {"a Service without health checks gives their port up",
     {BALANCER("old", "30100", "30200")},
     BALANCES("old", "Cluster", "") SERVICE("new", "30200"),
     ""},
    {"a port of health checks cannot change",
     {BALANCER("old", "30100", "30200")},
     BALANCES("old", "Local", ", healthCheckNodePort: 30201"),
     "Service old is refused: its healthCheckNodePort cannot change from 30200 to 30201"},
    {"a held port counts beside the affinity to other pods, whose test comes later",
     {DB_ON("a", "n1", "8080"), DB_ON("b", "n2", "9"), DB_ON("c", "n3", "9")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a") AFFINITY("podAntiAffinity", "db"),
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"affinity to other pods alone is no matter of ports",
     {DB_ON("a", "n1", "9"), DB_ON("b", "n2", "9"), DB_ON("c", "n3", "9")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a") AFFINITY("podAntiAffinity", "db"),
     ""},
    {"neighbours that are missing hide no held port",
     {POD("a", ON("n1"), "8080", "", "", "Running")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a") AFFINITY("podAffinity", "db"),
     "1 of 1 pods of Deployment x stays Pending: hostPort 8080/tcp is held"},
    {"a neighbour of lower priority may leave, and its port with it",
     {DB_ON("a", "n1", "8080"), DB_ON("b", "n2", "8080"), DB_ON("c", "n3", "8080")},
     WANT("Deployment", "x", "replicas: 1", "8080", "a")
         AFFINITY("podAntiAffinity", "db") "      priorityClassName: system-node-critical\n",
     "1 of 1 pods of Deployment x stays Pending or others are evicted: hostPort 8080/tcp is held"},
    {"a DaemonSet has a pod on each node, whoever is there",
     {DB_ON("a", "n1", "8080"), DB_ON("b", "n2", "9")},
     WANT("DaemonSet", "x", "selector: {}", "8080", "a") AFFINITY("podAntiAffinity", "db"),
     "2 of 3 pods of DaemonSet x stay Pending: hostPort 8080/tcp is held"},
    {"old pods that leave still end while new ones of higher priority look for a node",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web",
          "replicas: 3\n  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}", "8080",
          "a") "      priorityClassName: system-node-critical\n",
     "Deployment web has a pod of Deployment default/web on one of 3 nodes evicted for hostPort "
     "8080/tcp"},
    {"a class that no list has, and old pods in the way: these are no loss",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3")},
     WANT("Deployment", "web", "replicas: 3", "8080", "a") "      priorityClassName: unknown\n",
     "1 of 3 pods of Deployment web may stay Pending or others are evicted: hostPort 8080/tcp is "
     "held"},
    {"a class that no list has, and a pod in the way that waited before",
     {LIVE("Deployment", "web", "3", "8080"), WEB_ON("a", "n1"), WEB_ON("b", "n2"),
      WEB_ON("c", "n3"), POD("early", "", "8080", "", "", "Pending")},
     WANT("Deployment", "web", "replicas: 3\n  strategy: {type: Recreate}", "8080",
          "a") "      priorityClassName: unknown\n",
     "1 of 3 pods of Deployment web may stay Pending or others are evicted: hostPort 8080/tcp is "
     "held"},
    {"a class that no list has, and pods of others in the way of an update",
     {LIVE("Deployment", "web", "1", "8080"), WEB_ON("a", "n1"), DB_ON("b", "n1", "9"),
      DB_ON("c", "n2", "9"), DB_ON("d", "n3", "9")},
     WANT("Deployment", "web", "replicas: 1", "9", "a") "      priorityClassName: unknown\n",
     "1 of 1 pods of Deployment web stays Pending or others are evicted: hostPort 9/tcp is held"},
    {"a StatefulSet with another template grows pod by pod",
     {LIVE("StatefulSet", "web", "2", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      DB_ON("a", "n1", "9"), DB_ON("b", "n2", "9"), DB_ON("c", "n3", "9")},
     WANT("StatefulSet", "web", "replicas: 4", "9", "a"),
     "1 of 4 pods of StatefulSet web stays Pending: hostPort 9/tcp is held"},
    {"one with Parallel at once",
     {LIVE("StatefulSet", "web", "2", "8080"), SET_ON("web-0", "n1"), SET_ON("web-1", "n2"),
      DB_ON("a", "n1", "9"), DB_ON("b", "n2", "9"), DB_ON("c", "n3", "9")},
     WANT("StatefulSet", "web", "replicas: 4\n  podManagementPolicy: Parallel", "9", "a"),
     "2 of 4 pods of StatefulSet web stay Pending: hostPort 9/tcp is held"},
    {"a sidecar with the port of a main container: the API server takes the pod",
     {POD("a", ON("n1"), "8080", "", "", "Running"), POD("b", ON("n2"), "8080", "", "", "Running"),
      POD("c", ON("n3"), "8080", "", "", "Running")},
     WITH_SIDECAR("{containerPort: 81, hostPort: 8080}"),
     "one pod asks for hostPort 8080/tcp twice; 1 pod stays Pending, Pod p: hostPort 8080/tcp is "
     "held"},
    {"a sidecar with one port twice: the API server refuses the pod",
     {POD("a", ON("n1"), "9", "", "", "Running"), POD("b", ON("n2"), "9", "", "", "Running"),
      POD("c", ON("n3"), "9", "", "", "Running")},
     WITH_SIDECAR("{containerPort: 81, hostPort: 9}, {containerPort: 82, hostPort: 9}"),
     "one pod asks for hostPort 9/tcp twice"},
    {"a number for two protocols, in a Service that is there",
     {LIVE_SERVICE("old", "30080")},
     TWO_PROTOCOLS("old", "UDP"),
     ""},
    {"in a new Service the ports have to be the same",
     {LIVE_SERVICE("old", "30081")},
     TWO_PROTOCOLS("new", "UDP"),
     "nodePort 30080 is wanted twice"},
    {"a number for one protocol twice, in a Service that is there",
     {LIVE_SERVICE("old", "30080")},
     TWO_PROTOCOLS("old", "TCP"),
     "nodePort 30080 is wanted twice"},
    {"pods of the apply can take the only node of a DaemonSet's pod",
     {NULL},
     WANT("Deployment", "x", "replicas: 1", "8080", "a")
         WANT("DaemonSet", "z", "selector: {}", "8080", "a") "      nodeSelector: {zone: n3}\n",
     "pods of DaemonSet z may stay Pending: others want hostPort 8080/tcp of their nodes too"},
    {"a DaemonSet with a nodeName looks at the taints of the node all the same",
     {POD("a", ON("cp"), "8080", "", "", "Running")},
     WANT("DaemonSet", "x", "selector: {}", "8080", "a") "      nodeName: cp\n",
     ""},
    {"and is refused by the kubelet where it tolerates them",
     {POD("a", ON("cp"), "8080", "", "", "Running")},
     WANT("DaemonSet", "x", "selector: {}", "8080",
          "a") "      nodeName: cp\n      tolerations: [{operator: Exists}]\n",
     "1 of 1 pods of DaemonSet x is refused by the kubelet: hostPort 8080/tcp is held"},
    {"neighbours that the apply replaces may leave for long enough",
     {LIVE("StatefulSet", "web", "1", "9"),
      POD("web-0", ON("n1"), "9", ",\"labels\":{\"app\":\"web\"}" OWNED("StatefulSet", "web"), "",
          "Running"),
      POD("a", ON("n2"), "8080", "", "", "Running"), POD("b", ON("n3"), "8080", "", "", "Running")},
     WANT("StatefulSet", "web", "replicas: 1", "9", "b") POD_APART_FROM_WEB,
     "1 pod may stay Pending, Pod p: hostPort 8080/tcp is held"},
    {"of no help where another pod holds the port",
     {LIVE("StatefulSet", "web", "1", "9"),
      POD("web-0", ON("n1"), "9", ",\"labels\":{\"app\":\"web\"}" OWNED("StatefulSet", "web"), "",
          "Running"),
      POD("c", ON("n1"), "8080", "", "", "Running"), POD("a", ON("n2"), "8080", "", "", "Running"),
      POD("b", ON("n3"), "8080", "", "", "Running")},
     WANT("StatefulSet", "web", "replicas: 1", "9", "b") POD_APART_FROM_WEB,
     "1 pod stays Pending, Pod p: hostPort 8080/tcp is held"},
    {"a Deployment that starts no pod does not compete",
     {LIVE("Deployment", "web", "1", "8080"), WEB_ON("a", "n1")},
     WANT("Deployment", "web", "replicas: 1", "8080", "a")
         WANT("Deployment", "x", "replicas: 1", "8080", "a") "      nodeSelector: {zone: n3}\n",
     ""},
};

/* `n_nodes`: --nodes, where no list has nodes; 0: the list of nodes is there. */
static struct kps_sv apply(struct kps_arena *arena, const struct row *row, uint32_t n_nodes)
{
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_kube_options options = {.is_live = true, .nodes = n_nodes};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    struct kps_buf found = KPS_BUF(arena);
    (void)kps_kube_add_file(kube,
                            kps_files_add(&diag.files, SV("apply.yaml"), kps_sv_of(row->text)));
    kps_kube_begin_live(kube);
    /* holders may come before their nodes */
    for (size_t i = 0; i < KPS_COUNT(row->items) && row->items[i]; i++) {
        assert_true(kps_kube_add_live(kube, kps_sv_of(row->items[i])));
    }
    for (size_t i = 0; nodes[i] && n_nodes == 0; i++) {
        assert_true(kps_kube_add_live(kube, kps_sv_of(nodes[i])));
    }
    judge_cluster(&ledger, kube);
    for (uint32_t i = 0; i < diag.findings.n; i++) {
        kps_buf_fmt(&found, "%s%.*s", i ? "; " : "", SV_ARG(diag.findings.v[i]->message));
    }
    struct kps_sv ret = kps_sv_copy(arena, kps_buf_sv(&found));
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return ret;
}

static void judges_applies(void **unused)
{
    (void)unused;
    unsigned wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_sv found = apply(arena, &rows[i], 0);
        if (!kps_sv_eq(found, kps_sv_of(rows[i].findings))) {
            print_message("%s: '%.*s', not '%s'\n", rows[i].why, SV_ARG(found), rows[i].findings);
            wrong++;
        }
        kps_arena_free(arena);
    }
    assert_int_equal(wrong, 0);
}

/* Without the right to list nodes: --nodes stands in, and nothing is certain. */
static void presumes_nodes(void **unused)
{
    (void)unused;
    static const struct row row = {"",
                                   {POD("a", ON("n1"), "8080", "", "", "Running"),
                                    POD("b", ON("n2"), "8080", "", "", "Running")},
                                   WANT("Deployment", "new", "replicas: 3", "8080", "a"),
                                   ""};
    static const struct {
        uint32_t nodes;
        const char *found;
    } counts[] = {
        {4, "1 of 3 pods of Deployment new may stay Pending: hostPort 8080/tcp is held"},
        {2, "3 of 3 pods of Deployment new may stay Pending: hostPort 8080/tcp is held"},
        {5, ""},
    };
    for (size_t i = 0; i < KPS_COUNT(counts); i++) {
        struct kps_arena *arena = kps_arena_new();
        assert_string_equal(apply(arena, &row, counts[i].nodes).p, counts[i].found);
        kps_arena_free(arena);
    }
}

static void refuses_broken_items(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_kube_options options = {.is_live = true};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    kps_kube_begin_live(kube);
    assert_false(kps_kube_add_live(kube, SV("{\"kind\":\"Pod\",")));
    assert_true(kps_kube_add_live(kube, SV("{\"kind\":\"Pod\",\"spec\":[],\"metadata\":7}")));
    assert_int_equal(kps_kube_count_live(kube).pods, 1);
    assert_int_equal(kps_kube_count_live(kube).nodes, 0);
    judge_cluster(&ledger, kube);
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

static const struct same_row {
    const char *why, *wanted, *live, *applied;
    bool is_same;
} same_rows[] = {
    {"what the API server filled in", "{\"a\":1}", "{\"a\":1,\"b\":2}", NULL, true},
    {"another value", "{\"a\":1}", "{\"a\":2}", NULL, false},
    {"a field that the last apply sent goes", "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}",
     false},
    {"a sidecar that was injected stays", "{\"containers\":[{\"name\":\"x\"}]}",
     "{\"containers\":[{\"name\":\"i\"},{\"name\":\"x\"}]}", NULL, true},
    {"quantities are numbers", "{\"resources\":{\"cpu\":0.5}}",
     "{\"resources\":{\"cpu\":\"500m\"}}", NULL, true},
    {"but not elsewhere", "{\"env\":\"0.5\"}", "{\"env\":\"500m\"}", NULL, false},
    {"an empty map is as none", "{\"a\":{}}", "{}", NULL, true},
};

static void compares_templates(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(same_rows); i++) {
        const struct same_row *row = &same_rows[i];
        const struct kps_ynode *applied =
            row->applied ? kps_live_json_read(arena, kps_sv_of(row->applied)) : NULL;
        bool is_same = kps_live_is_same(kps_live_json_read(arena, kps_sv_of(row->wanted)),
                                        kps_live_json_read(arena, kps_sv_of(row->live)), applied);
        if (is_same != row->is_same) {
            fail_msg("%s", row->why);
        }
    }
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_applies), cmocka_unit_test(presumes_nodes),
        cmocka_unit_test(refuses_broken_items), cmocka_unit_test(compares_templates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
