#include "kube_rows.h"

/* Evidence in objects: listeners, injected sidecars, and input that is refused or not judged. */

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
    {"one variable of a service in both",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
     "  - {name: a, image: x, env: [{name: APP_PORT, value: \"80\"}]}\n"
     "  - {name: b, image: x, env: [{name: APP_PORT, value: \"80\"}]}\n",
     {0},
     ""},
    {"both are told to listen by one variable",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: ["
     "{name: a, env: [{name: PORT, value: \"80\"}]}, "
     "{name: b, env: [{name: PORT, value: \"80\"}]}]}\n",
     {0},
     "KP201 80"},
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
    {"a proxy of the node's address before a listener of loopback",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  "
     "containers:\n"
     "  - {name: a, image: x, args: [\"--web.listen-address=127.0.0.1:9100\"]}\n"
     "  - {name: b, image: x, args: [\"--secure-listen-address=[$(IP)]:9100\"], "
     "ports: [{containerPort: 9100}]}\n",
     {0},
     ""},
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

static const struct row input_rows[] = {
    {"an API that no cluster of today has",
     "apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: "
     "{spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: b}\nspec: "
     "{template: {spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n",
     {0},
     "KP903?"},
    {"the same on the last cluster that had it",
     "apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: "
     "{spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: b}\nspec: "
     "{template: {spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n",
     {.version_major = 1, .version_minor = 15},
     "KP203!80"},
    {"the same on the first without it",
     "apiVersion: apps/v1beta2\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: {spec: "
     "{containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: b}\nspec: "
     "{template: {spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n",
     {.version_major = 1, .version_minor = 16},
     "KP903?"},
    {"an object of that API that a cluster printed",
     "apiVersion: apps/v1beta2\nkind: DaemonSet\nmetadata: {name: a, uid: u}\nspec: {template: "
     "{spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: b}\nspec: "
     "{template: {spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n",
     {0},
     "KP203!80"},
    {"an object without a name",
     "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: c, "
     "image: x, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n",
     {0},
     "KP903?"},
    {"a name of nothing",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: }\nspec: {template: {spec: "
     "{containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n",
     {0},
     "KP903?"},
    {"the prefix of a name",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {generateName: a-}\nspec: {template: {spec: "
     "{containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n",
     {0},
     "KP205 80"},
    {"containers as a mapping",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: {a: {image: x}}}\n",
     {0},
     "KP217!"},
    {"containers as a text",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: a}\n",
     {0},
     "KP217!"},
    {"a container as a text",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [a]}\n",
     {0},
     "KP217!"},
    {"init containers as a mapping",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {initContainers: {a: {image: x}}, "
     "containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"ports as a mapping",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, ports: "
     "{containerPort: 80}}]}\n",
     {0},
     "KP217!"},
    {"a port as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, ports: "
     "[80]}]}\n",
     {0},
     "KP217!"},
    {"arguments as a text",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, args: "
     "\"--port=80\"}]}\n",
     {0},
     "KP217!"},
    {"the port of a Service with a name in capitals",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{name: HTTP, port: "
     "80}]}\n",
     {0},
     "KP217!80"},
    {"with a hyphen in front",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{name: -a, port: 80}]}\n",
     {0},
     "KP217!80"},
    {"with a long name, as a container has none",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{name: "
     "a--name-that-is-longer-than-15, port: 80}, {name: b, port: 81}]}\n",
     {0},
     ""},
    {"with a name of digits, which a container does not have",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{name: '80', port: "
     "80}]}\n",
     {0},
     ""},
    {"a node port of a Service without an address of its own",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: NodePort, clusterIP: None, "
     "ports: [{port: 80}]}\n",
     {0},
     "KP217!"},
    {"a load balancer without an address of its own",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: LoadBalancer, clusterIP: "
     "None, ports: [{port: 80}]}\n",
     {0},
     "KP217!"},
    {"a nodePort that a name of DNS does not use",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: ExternalName, externalName: "
     "a.example, ports: [{port: 80, nodePort: 30080}]}\n---\napiVersion: v1\nkind: Service\n"
     "metadata: {name: t}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30080}]}\n",
     {0},
     ""},
    {"a hostIP that is no address",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "ports: [{containerPort: 80, hostPort: 80, hostIP: localhost}]}]}\n",
     {0},
     "KP217!80"},
    {"where no port is mapped",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "ports: [{containerPort: 80, hostIP: localhost}]}]}\n",
     {0},
     ""},
    {"where the network of the node needs no mapping",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: true, containers: "
     "[{name: c, image: x, ports: [{containerPort: 80, hostIP: localhost}]}]}\n",
     {0},
     ""},
    {"replicas of a Deployment that is paused",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {paused: true, replicas: "
     "4, template: {spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}}\n",
     {.nodes = 3},
     ""},
    {"a roll-out that has room, beside a port that may clash",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 3, template: "
     "{spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n"
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x, "
     "ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {.nodes = 4},
     "KP203 80"},
    {"and without room: an error is said beside the warning",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 3, template: "
     "{spec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n"
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {initContainers: [{name: i, "
     "image: x, ports: [{containerPort: 80, hostPort: 80}]}], containers: [{name: c, image: "
     "x}]}\n",
     {.nodes = 3},
     "KP203 80 KP205!80"},
    {"replicas on one node, beside a port that may clash",
     "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: d}\nspec: {replicas: 2, template: "
     "{spec: {nodeSelector: {kubernetes.io/hostname: a}, containers: [{name: c, image: x, ports: "
     "[{containerPort: 80, hostPort: 80}]}]}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: "
     "p}\nspec: {containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP203 80 KP204!80"},
    {"hostNetwork in quotes",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: \"true\", containers: "
     "[{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"hostNetwork as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: 1, containers: [{name: "
     "c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"hostNetwork to be filled in",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: \"${HOST}\", containers: "
     "[{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP903"},
    {"hostNetwork without a value",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: , containers: [{name: c, "
     "image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     ""},
    {"metadata as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: [p]\nspec: {containers: [{name: c, image: x, ports: "
     "[{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"a name as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: 5}\nspec: {containers: [{name: c, image: x, "
     "ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"labels as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: [a]}\nspec: {containers: [{name: c, "
     "image: x, ports: [{containerPort: 80, hostPort: 80}]}]}\n",
     {0},
     "KP217!"},
    {"a spec as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: [a]\n",
     {0},
     "KP217!"},
    {"kind as a number", "apiVersion: v1\nkind: 5\nmetadata: {name: p}\n", {0}, "KP902!"},
    {"apiVersion as a number", "apiVersion: 1\nkind: Pod\nmetadata: {name: p}\n", {0}, "KP902!"},
    {"kind as a list in a List",
     "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: [Pod], metadata: {name: p}}\n",
     {0},
     "KP902!"},
    {"replicas in quotes",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {replicas: \"3\", "
     "template: {spec: {containers: [{name: c}]}}}\n",
     {0},
     "KP217!"},
    {"a template as a list",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {template: [a]}\n",
     {0},
     "KP217!"},
    {"a Service's ports as a mapping",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: {port: 80}}\n",
     {0},
     "KP217!"},
    {"a Service's selector as a list",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: [a], ports: [{port: "
     "80}]}\n",
     {0},
     "KP217!"},
    {"a variable as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, env: [{name: "
     "PORT, value: 8080}]}]}\n",
     {0},
     "KP217!"},
    {"a variable in quotes",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, env: [{name: "
     "PORT, value: \"8080\"}]}]}\n",
     {0},
     ""},
    {"a variable that is null",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, env: [{name: "
     "PORT, value: }]}]}\n",
     {0},
     ""},
    {"an argument as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, args: [--port, "
     "80]}]}\n",
     {0},
     "KP217!"},
    {"the port of a probe as a boolean",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, livenessProbe: "
     "{httpGet: {port: true}}}]}\n",
     {0},
     "KP217!"},
    {"the port of a gRPC probe as a name",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, livenessProbe: "
     "{grpc: {port: grpc}}}]}\n",
     {0},
     "KP217!"},
    {"a hook as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, lifecycle: "
     "{preStop: {httpGet: []}}}]}\n",
     {0},
     "KP217!"},
    {"nodeName as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeName: 5, containers: [{name: c, "
     "image: x}]}\n",
     {0},
     "KP217!"},
    {"a label of a node as a boolean",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {edge: true}, "
     "containers: [{name: c, image: x}]}\n",
     {0},
     "KP217!"},
    {"the key of a toleration as a number",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {tolerations: [{key: 5, operator: "
     "Exists}], containers: [{name: c, image: x}]}\n",
     {0},
     "KP217!"},
    {"anti-affinity as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {affinity: {podAntiAffinity: []}, "
     "containers: [{name: c, image: x}]}\n",
     {0},
     "KP217!"},
    {"the topology key of a term as a list",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {affinity: {podAntiAffinity: "
     "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: [a]}]}}, containers: [{name: "
     "c, image: x}]}\n",
     {0},
     "KP217!"},
    {"an annotation as a boolean",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {a: true}}\nspec: {containers: "
     "[{name: c}]}\n",
     {0},
     "KP217!"},
    {"a strategy as a text",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {strategy: Recreate, "
     "template: {spec: {containers: [{name: c}]}}}\n",
     {0},
     "KP217!"},
    {"maxSurge as a boolean",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {strategy: {rollingUpdate: "
     "{maxSurge: true}}, template: {spec: {containers: [{name: c}]}}}\n",
     {0},
     "KP217!"},
    {"maxSurge in per cent",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {strategy: {rollingUpdate: "
     "{maxSurge: 25%}}, template: {spec: {containers: [{name: c}]}}}\n",
     {0},
     ""},
    {"a label of a template as a number",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {replicas: 1, template: "
     "{metadata: {labels: {app: 5}}, spec: {containers: [{name: c}]}}}\n",
     {0},
     "KP217!"},
    {"a label of a selector as a number",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec: {selector: {matchLabels: "
     "{app: 5}}, template: {spec: {containers: [{name: c}]}}}\n",
     {0},
     "KP217!"},
    {"a job template as a list",
     "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: w}\nspec: {schedule: a, jobTemplate: "
     "[]}\n",
     {0},
     "KP217!"},
    {"outside addresses as a text",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {externalIPs: 192.0.2.1, ports: "
     "[{port: 80}]}\n",
     {0},
     "KP217!"},
    {"a label of a Service as a number",
     "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: 5}, ports: "
     "[{port: 80}]}\n",
     {0},
     "KP217!"},
    {"deeper parts of a kind of its own",
     "apiVersion: example.org/v1\nkind: Roll\nmetadata: {name: w}\nspec: {strategy: Fast, "
     "template: {spec: {affinity: {podAntiAffinity: {a: b}}, containers: [{name: c, livenessProbe: "
     "[]}]}}}\n",
     {0},
     ""},
    {"a List",
     "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: p1}, spec: "
     "{nodeName: n1, containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}}, "
     "{apiVersion: v1, kind: Pod, metadata: {name: p2}, spec: {nodeName: n1, containers: [{name: "
     "c, "
     "ports: [{containerPort: 80, hostPort: 80}]}]}}]}\n",
     {0},
     "KP203!80"},
    {"a List in a List",
     "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, "
     "kind: Pod, metadata: {name: p1}, spec: {nodeName: n1, containers: [{name: c, ports: "
     "[{containerPort: 80, hostPort: 80}]}]}}, {apiVersion: v1, kind: Pod, metadata: {name: p2}, "
     "spec: {nodeName: n1, containers: [{name: c, ports: [{containerPort: 80, hostPort: "
     "80}]}]}}]}]}\n",
     {0},
     "KP203!80 KP902"},
    {"eight Lists in a List",
     "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, "
     "kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: "
     "[{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, "
     "kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, "
     "metadata: {name: p1}, spec: {nodeName: n1, containers: [{name: c, ports: [{containerPort: "
     "80, "
     "hostPort: 80}]}]}}, {apiVersion: v1, kind: Pod, metadata: {name: p2}, spec: {nodeName: n1, "
     "containers: [{name: c, ports: [{containerPort: 80, hostPort: 80}]}]}}]}]}]}]}]}]}]}]}]}\n",
     {0},
     "KP203!80 KP902"},
    {"too many",
     "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, "
     "kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: "
     "[{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, "
     "kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: "
     "[{apiVersion: v1, kind: Pod, metadata: {name: p1}, spec: {nodeName: n1, containers: [{name: "
     "c, ports: [{containerPort: 80, hostPort: 80}]}]}}, {apiVersion: v1, kind: Pod, metadata: "
     "{name: p2}, spec: {nodeName: n1, containers: [{name: c, ports: [{containerPort: 80, "
     "hostPort: "
     "80}]}]}}]}]}]}]}]}]}]}]}]}]}\n",
     {0},
     "KP902 KP902!"},
    {"items as a mapping", "apiVersion: v1\nkind: List\nitems: {a: b}\n", {0}, "KP902!"},
    {"an item that is a number", "apiVersion: v1\nkind: List\nitems: [5, null]\n", {0}, "KP902!"},
    {"a List of somebody else",
     "apiVersion: example.org/v1\nkind: PriceList\nitems: {a: b}\n",
     {0},
     ""},
    {"a list instead of a List",
     "- {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: []}}\n",
     {0},
     "KP902!"},
    {"a HelmRelease",
     "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\n",
     {0},
     "KP903?"},
    {"a kind of this name of somebody else",
     "apiVersion: example.org/v1\nkind: HelmRelease\nmetadata: {name: a}\n",
     {0},
     ""},
    {"two HelmReleases and an Application",
     "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: "
     "a}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: "
     "b}\n---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: c}\nspec: "
     "{source: {chart: x}}\n",
     {0},
     "KP903? KP903?"},
    {"an Application of a folder",
     "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: c}\nspec: {source: "
     "{path: x}}\n",
     {0},
     ""},
    {"one of its sources is a chart",
     "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: c}\nspec: {sources: "
     "[{path: x}, {chart: y}]}\n",
     {0},
     "KP903?"},
    {"a set of Applications",
     "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: c}\nspec: "
     "{template: {spec: {source: {chart: y}}}}\n",
     {0},
     "KP903?"},
};

/* Advice of the first finding: on the host's network leaving hostPort out changes nothing. */
static const struct {
    const char *why, *text, *help;
} advice_rows[] = {
    {"a named port of a pod that declares none",
     "apiVersion: v1\nkind: Service\nmetadata: {name: w}\n"
     "spec: {selector: {app: w}, ports: [{port: 443, targetPort: https}]}\n---\n"
     "apiVersion: v1\nkind: Pod\nmetadata: {name: w, labels: {app: w}}\n"
     "spec: {containers: [{name: c, image: x}]}\n",
     "declare `- {name: https, containerPort: N}`, or use the port's number"},
    {"two containers on one hostPort",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: ["
     "{name: a, ports: [{containerPort: 80, hostPort: 8080}]}, "
     "{name: b, ports: [{containerPort: 81, hostPort: 8080}]}]}\n",
     "give one of them another hostPort, or drop it and use a Service"},
    {"on the host's network",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: true, containers: ["
     "{name: a, ports: [{containerPort: 80}]}, {name: b, ports: [{containerPort: 80}]}]}\n",
     "let 'b' listen on another port"},
    {"with an argument that sets the port",
     "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostNetwork: true, containers: ["
     "{name: a, ports: [{containerPort: 80}]}, "
     "{name: b, args: [\"--health-port=80\"], ports: [{containerPort: 80}]}]}\n",
     "let 'b' listen on another port ('--health-port=80' of container 'b' sets it)"},
    {"the kubelet's port by an argument",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {spec: "
     "{hostNetwork: true, containers: [{name: a, args: [--port, \"10250\"]}]}}}\n",
     "let 'a' listen on another port ('--port 10250' of container 'a' sets it)"},
    {"two DaemonSets, of which the second has hostNetwork",
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec: {template: {spec: "
     "{containers: [{name: a, ports: [{containerPort: 80, hostPort: 80}]}]}}}\n"
     "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: e}\nspec: {template: {spec: "
     "{hostNetwork: true, containers: [{name: b, env: [{name: PORT, value: \"80\"}], "
     "ports: [{containerPort: 80}]}]}}}\n",
     "let 'b' listen on another port ('PORT=80' of container 'b' sets it)"},
    {"more replicas than nodes",
     "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: d}\nspec: {replicas: 2, "
     "template: "
     "{spec: {hostNetwork: true, nodeName: n1, containers: [{name: a, ports: [{containerPort: "
     "80}]}]}}}\n",
     "use a DaemonSet, or run fewer of them"},
};

static void test_advice(void **unused)
{
    (void)unused;
    const struct kps_kube_options options = {0};
    for (size_t i = 0; i < KPS_COUNT(advice_rows); i++) {
        struct world world;
        open_world(&world, &options);
        (void)kps_kube_add_file(world.kube, kps_files_add(&world.diag.files, SV("in.yaml"),
                                                          kps_sv_of(advice_rows[i].text)));
        judge_cluster(&world.ledger, world.kube);
        assert_int_equal(world.diag.findings.n, 1);
        struct kps_sv help = world.diag.findings.v[0]->helps[0].text;
        if (!kps_sv_eq(help, kps_sv_of(advice_rows[i].help))) {
            fail_msg("%s: '%.*s'", advice_rows[i].why, SV_ARG(help));
        }
        close_world(&world);
    }
}

/* Two builds read one file: its objects are one note, and are counted once. */
static void test_unjudged(void **unused)
{
    (void)unused;
    static const char text[] = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
                               "metadata: {name: a}\n---\n"
                               "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
                               "metadata: {name: b}\n";
    struct kps_kube_unjudged unjudged = {0};
    const struct kps_kube_options options = {.unjudged = &unjudged};
    struct world world;
    open_world(&world, &options);
    struct kps_kube *second = kps_kube_open(&world.ledger, &options);
    kps_file_id file = kps_files_add(&world.diag.files, SV("a.yaml"), kps_sv_of(text));
    (void)kps_kube_add_file(world.kube, file);
    (void)kps_kube_add_file(second, file);
    kps_kube_finish(world.kube);
    kps_kube_finish(second);
    assert_int_equal(world.diag.findings.n, 0);
    kps_kube_report_unjudged(world.kube, &unjudged);
    assert_int_equal(world.diag.findings.n, 1);
    assert_true(kps_sv_starts(world.diag.findings.v[0]->message, SV("2 HelmRelease objects ")));
    kps_kube_close(second);
    close_world(&world);
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

static void test_inputs(void **unused)
{
    (void)unused;
    assert_int_equal(count_wrong(input_rows, KPS_COUNT(input_rows)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_evidence),
                                       cmocka_unit_test(test_sidecars),
                                       cmocka_unit_test(test_inputs), cmocka_unit_test(test_advice),
                                       cmocka_unit_test(test_unjudged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
