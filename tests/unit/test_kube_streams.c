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

/* How files are cut and read, and what options and live objects change: each row is one file and
 * what is said of it. */

#define POD(name, more, ports)                                                                     \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec:\n" more                          \
    "  containers:\n  - {name: c, image: x, ports: [" ports "]}\n"
#define JSON_POD(name, ports)                                                                      \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name                       \
    "\"},\"spec\":{\"nodeName\":\"n1\","                                                           \
    "\"containers\":[{\"name\":\"c\",\"ports\":[" ports "]}]}}"
#define ON_N "  nodeName: n1\n"
#define P80 "{containerPort: 80, hostPort: 80}"
#define J80 "{\"containerPort\":80,\"hostPort\":80}"
#define TWO_ON_N POD("a", ON_N, P80) "---\n" POD("b", ON_N, P80)
#define SVC(name, more) "apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\nspec:\n" more
#define DEPLOY(replicas)                                                                           \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n  replicas: " replicas     \
    "\n  template:\n    spec:\n      containers:\n      - {name: c, image: x, ports: [" P80 "]}\n"
#define LIVE_POD(name, node)                                                                       \
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " name                                          \
    "\n  labels: {pod-template-hash: 5d8}\n  ownerReferences: [{apiVersion: apps/v1, kind: "       \
    "ReplicaSet, name: w-5d8, "                                                                    \
    "controller: true}]\nspec:\n  nodeName: " node                                                 \
    "\n  containers:\n  - {name: c, image: x, ports: [" P80 "]}\nstatus: {phase: Running}\n"

#define NODE "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nspec: {podCIDR: 10.244.7.0/24}\n"
#define LIVE "status: {phase: Running}\n"
#define LABELLED(name, more)                                                                       \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name ", labels: {app: w}}\nspec:\n" more        \
    "  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "              \
    "[{topologyKey: "                                                                              \
    "kubernetes.io/hostname, labelSelector: {matchLabels: {app: w}}}]}}\n"                         \
    "  containers:\n  - {name: c, image: x, ports: [" P80 "]}\n"

#define TEMPLATE(parameter, port)                                                                  \
    "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {name: "                      \
    "t}\nparameters:\n- " parameter "\nobjects:\n- apiVersion: v1\n  kind: Service\n  metadata: "  \
    "{name: a}\n  spec:\n    ports:\n    - name: p\n"                                              \
    "      port: " port "\n    - {name: q, port: 80}\n"

static const struct row {
    const char *why, *text;
    uint32_t objects;
    enum kps_kube_status status;
    const char *findings; /* "KP203! KP218" in file order; '!' an error, '?' a note */
} rows[] = {
    {"two documents", TWO_ON_N, 2, KPS_KUBE_OK, "KP203!"},
    {"empty, comment and null documents", "# c\n---\n---\n# c\n---\nnull\n---\n~\n---\n" TWO_ON_N,
     2, KPS_KUBE_OK, "KP203!"},
    {"a comment behind the separator", "--- # first\n" TWO_ON_N, 2, KPS_KUBE_OK, "KP203!"},
    {"a byte order mark", "\xef\xbb\xbf" TWO_ON_N, 2, KPS_KUBE_OK, "KP203!"},
    {"an end mark before the separator", POD("a", ON_N, P80) "...\n---\n" POD("b", ON_N, P80), 2,
     KPS_KUBE_OK, "KP203!"},
    {"JSON objects behind each other", JSON_POD("a", J80) "\n" JSON_POD("b", J80), 2, KPS_KUBE_OK,
     "KP203!"},
    {"JSON after YAML", POD("a", ON_N, P80) "---\n" JSON_POD("b", J80) "\n", 2, KPS_KUBE_OK,
     "KP203!"},
    {"text behind a separator", "---foo\n" TWO_ON_N, 2, KPS_KUBE_PARTIAL, "KP203! KP902!"},
    {"a broken document hides no other",
     POD("a", ON_N, P80) "---\na: [1\n---\n" POD("b", ON_N, P80), 2, KPS_KUBE_PARTIAL,
     "KP203! KP902!"},
    {"bad bytes hide no other", POD("a", ON_N, P80) "---\na: \xff\n---\n" POD("b", ON_N, P80), 2,
     KPS_KUBE_PARTIAL, "KP203! KP902!"},
    {"only a broken document", "apiVersion: v1\nkind: [\n", 0, KPS_KUBE_FAILED, "KP902!"},
    {"a separator inside a block scalar cuts",
     "apiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    a\n---\n" TWO_ON_N, 3, KPS_KUBE_OK,
     "KP203!"},
    {"anchors end with the document", "a: &p 80\n---\n" POD("a", "", "{containerPort: *p}"), 1,
     KPS_KUBE_PARTIAL, "KP217! KP902!"},
    {"anchors and merge keys inside a document",
     "apiVersion: v1\nkind: Pod\nx: &p {containerPort: 80}\nmetadata: {name: a}\nspec:\n  "
     "containers:\n"
     "  - {name: c, ports: [{<<: *p}]}\n  - {name: d, ports: [*p]}\n",
     1, KPS_KUBE_OK, "KP201!"},
    {"a placeholder of a shell for a port", POD("a", "", "{containerPort: \"${PORT:-80}\"}"), 1,
     KPS_KUBE_PARTIAL, "KP903"},
    {"a placeholder with a long default",
     POD("a", "",
         "{containerPort: \"${PORT:-the-port-that-the-service-has-in-the-values-of-the-region-"
         "and-else-8080}\"}"),
     1, KPS_KUBE_PARTIAL, "KP903"},
    {"a placeholder of a script for a port", POD("a", "", "{containerPort: {PORT}}"), 1,
     KPS_KUBE_PARTIAL, "KP903"},
    {"a placeholder in angle brackets", POD("a", "", "{containerPort: 80, hostPort: <your port>}"),
     1, KPS_KUBE_PARTIAL, "KP903"},
    {"an angle bracket that is not closed", POD("a", "", "{containerPort: 80, hostPort: <80}"), 1,
     KPS_KUBE_OK, "KP217!"},
    {"digits in quotes are no placeholder", POD("a", "", "{containerPort: \"8080\"}"), 1,
     KPS_KUBE_OK, "KP217!"},
    {"a word to replace for a number",
     SVC("s", "  ports: [{port: replace_port, targetPort: replace_port}]\n"), 1, KPS_KUBE_PARTIAL,
     "KP903"},
    {"a name for a number", SVC("s", "  ports: [{port: http}]\n"), 1, KPS_KUBE_OK, "KP217!"},
    {"a name with an underscore where names may be",
     SVC("s", "  ports: [{port: 80, targetPort: my_port}]\n"), 1, KPS_KUBE_OK, "KP217!"},
    {"an action behind a separator", POD("a", "", P80) "--- {{/* b */}}\n" POD("b", "", P80), 2,
     KPS_KUBE_PARTIAL, "KP203 KP903"},
    {"a text behind a separator", POD("a", "", P80) "--- b\n" POD("b", "", P80), 2,
     KPS_KUBE_PARTIAL, "KP203 KP902!"},
    {"a placeholder that is no YAML", POD("%s", "", P80), 0, KPS_KUBE_FAILED, "KP903"},
    {"a name in brackets is YAML, and no port", POD("a", "", "{containerPort: {port: 1}}"), 1,
     KPS_KUBE_OK, "KP217!"},
    {"a parameter of a Template as all of a value", TEMPLATE("{name: P, value: 80}", "${{P}}"), 1,
     KPS_KUBE_OK, "KP212!"},
    {"a parameter inside a text leaves a text", TEMPLATE("{name: P, value: 80}", "${P}"), 1,
     KPS_KUBE_OK, "KP217!"},
    {"a parameter without a value",
     TEMPLATE("{name: P, generate: expression, from: '[0-9]{3}'}", "${{P}}"), 1, KPS_KUBE_OK,
     "KP903"},
    {"a name that is no parameter", TEMPLATE("{name: P, value: 80}", "${{Q}}"), 1, KPS_KUBE_OK,
     "KP217!"},
    {"the last of two keys counts",
     POD("a", "", "{containerPort: 80, containerPort: 81}, {containerPort: 81}"), 1, KPS_KUBE_OK,
     ""},
    {"numbers of YAML 1.1",
     POD("a", "",
         "{containerPort: 0x50, hostPort: 0120}, {containerPort: 8_0, hostPort: 8e1, hostIP: "
         "0.0.0.0}"),
     1, KPS_KUBE_OK, "KP202!"},
    {"a number in quotes", POD("a", "", "{containerPort: \"80\"}"), 1, KPS_KUBE_OK, "KP217!"},
    {"a number out of range", POD("a", "", "{containerPort: 65536}"), 1, KPS_KUBE_OK, "KP217!"},
    {"sexagesimal is text", POD("a", "", "{containerPort: 1:20}"), 1, KPS_KUBE_OK, "KP217!"},
    {"null is not set", POD("a", "", "{containerPort: 80, hostPort: ~, protocol: , name: null}"), 1,
     KPS_KUBE_OK, ""},
    {"a typed list without kinds",
     "apiVersion: v1\nkind: PodList\nitems:\n"
     "- {metadata: {name: a}, spec: {nodeName: n1, containers: [{name: c, ports: [" P80 "]}]}}\n"
     "- {metadata: {name: b}, spec: {nodeName: n1, containers: [{name: c, ports: [" P80 "]}]}}\n",
     2, KPS_KUBE_OK, "KP203!"},
    {"the last value of a variable counts",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: "
     "x, ports: "
     "[{containerPort: 8080}]}\n  - {name: b, image: x, env: [{name: PORT, value: '8080'}, {name: "
     "PORT, value: "
     "'9090'}]}\n",
     1, KPS_KUBE_OK, ""},
    {"a variable says where a program listens",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: "
     "x, ports: "
     "[{containerPort: 8080}]}\n  - {name: b, image: x, env: [{name: PORT, value: '9090'}, {name: "
     "PORT, value: "
     "'8080'}]}\n",
     1, KPS_KUBE_OK, "KP201"},
    {"other YAML and other kinds are passed over", "a: 1\n---\napiVersion: v1\nkind: Secret\n", 1,
     KPS_KUBE_OK, ""},
    {"a list where an object should be is refused", "apiVersion: v1\nkind: Secret\n---\n- 1\n", 1,
     KPS_KUBE_PARTIAL, "KP902!"},
    {"a template", "apiVersion: v1\nkind: Pod\nmetadata:\n  {{- include \"x\" . }}\n", 0,
     KPS_KUBE_FAILED, "KP903"},
    {"a template that begins with an action",
     "{{- if .x }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", 0, KPS_KUBE_FAILED, "KP903"},
    {"a template that is YAML by accident",
     "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .x }}\n", 0, KPS_KUBE_FAILED, "KP903"},
    {"a template in a text is none",
     SVC("a", "  ports: [{port: 80, name: a}]\n  x: \"{{ .x }}\"\n"), 1, KPS_KUBE_OK, ""},
    {"an ephemeral container with ports",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  ephemeralContainers: [{name: d, "
     "ports: [{containerPort: "
     "1}]}]\n",
     1, KPS_KUBE_OK, "KP217!"},
    {"a custom kind by its shape",
     "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec:\n  template:\n   "
     " spec:\n"
     "      containers: [{name: c, image: x, ports: [" P80 "]}]\n",
     1, KPS_KUBE_OK, "KP205"},
    {"Knative's queue-proxy, and its Service is none of the core",
     "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: k}\nspec:\n  template:\n "
     "   spec:\n"
     "      containers: [{image: x, ports: [{containerPort: 8012}]}]\n",
     1, KPS_KUBE_OK, "KP210"},
    {"an autoscaler's maximum counts",
     DEPLOY("1") "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: "
                 "h}\nspec:\n"
                 "  scaleTargetRef: {kind: Deployment, name: w}\n  maxReplicas: 9\n",
     2, KPS_KUBE_OK, "KP205"},
    {"no replicas, no conflict", DEPLOY("0") "---\n" POD("a", "", P80), 2, KPS_KUBE_OK, ""},
    {"pods that run, and their Deployment, once",
     DEPLOY("2") "---\n" LIVE_POD("w-1", "n1") "---\n" LIVE_POD("w-2", "n2"), 3, KPS_KUBE_OK,
     "KP205"},
    {"pods of one controller that is not here", LIVE_POD("w-1", "n1") "---\n" LIVE_POD("w-2", "n1"),
     2, KPS_KUBE_OK, ""},
    {"a wish against a pod that runs",
     LIVE_POD("w-1", "n1") "---\n" POD("a", "  nodeName: n1\n", P80), 2, KPS_KUBE_OK, "KP203!"},
    {"an ended pod holds nothing",
     POD("a", ON_N, P80) "status: {phase: Succeeded}\n---\n" POD("b", ON_N, P80), 2, KPS_KUBE_OK,
     ""},
    {"a Namespace that has sidecars injected, and a pod that refuses",
     "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio-injection: "
     "enabled}}\n---\n"
     "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {sidecar.istio.io/inject: "
     "\"false\"}}\nspec:\n"
     "  containers: [{name: c, ports: [{containerPort: 15001}]}]\n---\n" POD(
         "b", "", "{containerPort: 15001}"),
     3, KPS_KUBE_OK, "KP210!"},
    {"a surge that the API server refuses",
     "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n  updateStrategy: "
     "{rollingUpdate: {maxSurge: "
     "1}}\n  template:\n    spec:\n      containers: [{name: c, image: x, ports: [" P80 "]}]\n",
     1, KPS_KUBE_OK, "KP217!"},
    {"two protocols of one port share a node port",
     SVC("a", "  type: NodePort\n  ports:\n"
              "  - {name: t, port: 53, nodePort: 30053}\n  - {name: u, port: 53, protocol: UDP}\n"),
     1, KPS_KUBE_OK, ""},
    {"two ports of one Service do not",
     SVC("a", "  type: NodePort\n  ports:\n"
              "  - {name: t, port: 53, nodePort: 30053}\n  - {name: u, port: 54, nodePort: 30053, "
              "protocol: UDP}\n"),
     1, KPS_KUBE_OK, "KP206!"},
    {"one cluster address for two",
     SVC("a", "  clusterIP: 10.0.0.9\n  ports: [{port: 80}]\n") "---\n" SVC(
         "b", "  clusterIP: 10.0.0.9\n  ports: [{port: 81}]\n"),
     2, KPS_KUBE_OK, "KP214!"},
    {"headless is no address",
     SVC("a", "  clusterIP: None\n") "---\n" SVC("b", "  clusterIP: None\n"), 2, KPS_KUBE_OK, ""},
    {"a health check port without its policy",
     SVC("a", "  type: LoadBalancer\n  healthCheckNodePort: 30001\n  ports: [{port: 80}]\n"), 1,
     KPS_KUBE_OK, "KP217!"},
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

static struct kps_kube_result add(struct world *world, const char *path, const char *text)
{
    return kps_kube_add_file(world->kube,
                             kps_files_add(&world->diag.files, kps_sv_of(path), kps_sv_of(text)));
}

static void close_world(struct world *world)
{
    kps_kube_close(world->kube);
    kps_ledger_free(&world->ledger);
    kps_diag_free(&world->diag);
    kps_arena_free(world->arena);
}

/* The findings by rule: their order in a file is the text report's business. */
static struct kps_sv said(struct world *world)
{
    static const char *const marks[] = {[KPS_NOTE] = "?", [KPS_WARNING] = "", [KPS_ERROR] = "!"};
    struct kps_buf buf = KPS_BUF(world->arena);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        for (uint32_t i = 0; i < world->diag.findings.n; i++) {
            const struct kps_finding *finding = world->diag.findings.v[i];
            if (finding->rule == info->rule) {
                kps_buf_fmt(&buf, "%s%s%s", buf.n ? " " : "", info->id, marks[finding->severity]);
            }
        }
    }
    return kps_buf_sv(&buf);
}

static void test_rows(void **unused)
{
    (void)unused;
    const struct kps_kube_options options = {0};
    unsigned wrong = 0;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct world world;
        open_world(&world, &options);
        struct kps_kube_result result = add(&world, "in.yaml", rows[i].text);
        judge_cluster(&world.ledger, world.kube);
        struct kps_sv findings = said(&world);
        if (!kps_sv_eq(findings, kps_sv_of(rows[i].findings)) ||
            result.objects != rows[i].objects || result.status != rows[i].status) {
            print_message("%s: '%.*s', %u objects, status %d\n", rows[i].why, SV_ARG(findings),
                          result.objects, (int)result.status);
            wrong++;
        }
        close_world(&world);
    }
    assert_int_equal(wrong, 0);
}

/* Line ends of Windows change nothing. */
static void test_crlf(void **unused)
{
    (void)unused;
    const struct kps_kube_options options = {0};
    struct world world;
    open_world(&world, &options);
    struct kps_buf text = KPS_BUF(world.arena);
    for (const char *p = TWO_ON_N; *p; p++) {
        if (*p == '\n') {
            kps_buf_char(&text, '\r');
        }
        kps_buf_char(&text, *p);
    }
    (void)add(&world, "in.yaml", kps_buf_sv(&text).p);
    judge_cluster(&world.ledger, world.kube);
    assert_true(kps_sv_eq(said(&world), SV("KP203!")));
    close_world(&world);
}

static const struct option_row {
    const char *why, *text;
    struct kps_kube_options options;
    const char *findings;
} option_rows[] = {
    {"three pods of a Deployment, unknown nodes", DEPLOY("3"), {.nodes = 0}, "KP205"},
    {"as many nodes: the roll-out", DEPLOY("3"), {.nodes = 3}, "KP205!"},
    {"fewer nodes than pods", DEPLOY("3"), {.nodes = 2}, "KP204!"},
    {"a spare node", DEPLOY("3"), {.nodes = 4}, ""},
    {"two pods, one node", POD("a", "", P80) "---\n" POD("b", "", P80), {.nodes = 1}, "KP203!"},
    {"two pods, two nodes", POD("a", "", P80) "---\n" POD("b", "", P80), {.nodes = 2}, "KP203"},
    {"two pods and the cluster's one node",
     POD("a", "", P80) "---\n" POD("b", "", P80) "---\n" NODE LIVE,
     {.nodes = 0},
     "KP203!"},
    {"two pods and a node that only a file knows",
     POD("a", "", P80) "---\n" POD("b", "", P80) "---\n" NODE,
     {.nodes = 0},
     "KP203"},
    {"anti-affinity keeps two pods apart",
     LABELLED("a", "") "---\n" LABELLED("b", ""),
     {.nodes = 0},
     ""},
    {"nodeName of both passes anti-affinity by",
     LABELLED("a", ON_N) "---\n" LABELLED("b", ON_N),
     {.nodes = 0},
     "KP203!"},
    {"another range",
     SVC("a", "  type: NodePort\n  ports: [{port: 80, nodePort: 8080}]\n"),
     {.node_port_first = 8000, .node_port_last = 9000},
     ""},
    {"the usual range",
     SVC("a", "  type: NodePort\n  ports: [{port: 80, nodePort: 8080}]\n"),
     {.nodes = 0},
     "KP207!"},
    {"a namespace for objects without one",
     POD("a", ON_N,
         P80) "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n" ON_N
              "  containers: [{name: c, ports: [" P80 "]}]\n",
     {.default_namespace = SV_LIT("shop")},
     "KP218"},
    {"sidecars are seen by the scheduler since 1.33",
     POD("a", ON_N, P80) "---\n" POD(
         "b", ON_N "  initContainers: [{name: s, restartPolicy: Always, ports: [" P80 "]}]\n",
         "{containerPort: 81}"),
     {.version_major = 1, .version_minor = 33},
     "KP203!"},
    {"but not by an older one",
     POD("a", ON_N, P80) "---\n" POD(
         "b", ON_N "  initContainers: [{name: s, restartPolicy: Always, ports: [" P80 "]}]\n",
         "{containerPort: 81}"),
     {.version_major = 1, .version_minor = 32},
     "KP203"},
};

static void test_options(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(option_rows); i++) {
        struct world world;
        open_world(&world, &option_rows[i].options);
        (void)add(&world, "in.yaml", option_rows[i].text);
        judge_cluster(&world.ledger, world.kube);
        if (!kps_sv_eq(said(&world), kps_sv_of(option_rows[i].findings))) {
            fail_msg("%s: '%.*s'", option_rows[i].why, SV_ARG(said(&world)));
        }
        close_world(&world);
    }
}

static void test_texts(void **unused)
{
    (void)unused;
    struct kps_kube_options options = {0};
    assert_true(kps_kube_version_parse(SV("v1.30.2+k3s1"), &options));
    assert_int_equal(options.version_minor, 30);
    assert_true(kps_kube_version_parse(SV("1.9"), &options));
    assert_false(kps_kube_version_parse(SV("1"), &options));
    assert_false(kps_kube_version_parse(SV("1.x"), &options));
    assert_false(kps_kube_version_parse(SV("latest"), &options));
    assert_true(kps_kube_range_parse(SV("1-65535"), &options));
    assert_int_equal(options.node_port_last, 65535);
    assert_false(kps_kube_range_parse(SV("9-1"), &options));
    assert_false(kps_kube_range_parse(SV("0-9"), &options));
    assert_false(kps_kube_range_parse(SV("1-65536"), &options));
    assert_true(kps_kube_looks_like(SV("{{- if .x }}\napiVersion: v1\nkind: Pod\n{{- end }}\n")));
    assert_true(kps_kube_looks_like(SV("\n{{/* words */}}\napiVersion: {{ .x }}\nkind: Pod\n")));
    assert_true(kps_kube_looks_like(SV("{\"apiVersion\": \"v1\", \"items\": [{\"kind")));
    assert_false(kps_kube_looks_like(SV("{{- define \"x\" }}\napp: {{ .x }}\n{{- end }}\n")));
}

/* Files are one cluster; the same object in another file is a variant and never meets itself. */
static void test_variants(void **unused)
{
    (void)unused;
    static const char a[] = SVC("w", "  type: NodePort\n  ports: [{port: 80, nodePort: 30080}]\n");
    static const char other_ns[] =
        "apiVersion: v1\nkind: Service\nmetadata: {name: w, namespace: b}\nspec:\n"
        "  type: NodePort\n  ports: [{port: 80, nodePort: 30080}]\n";
    static const char other[] =
        SVC("v", "  type: NodePort\n  ports: [{port: 80, nodePort: 30080}]\n");
    static const struct {
        const char *second, *findings;
    } pairs[] = {{a, "KP218?"}, {other_ns, "KP206"}, {other, "KP206!"}};
    const struct kps_kube_options options = {0};
    for (size_t i = 0; i < KPS_COUNT(pairs); i++) {
        struct world world;
        open_world(&world, &options);
        (void)add(&world, "a.yaml", a);
        (void)add(&world, "b.yaml", pairs[i].second);
        judge_cluster(&world.ledger, world.kube);
        if (!kps_sv_eq(said(&world), kps_sv_of(pairs[i].findings))) {
            fail_msg("%s: '%.*s'", pairs[i].findings, SV_ARG(said(&world)));
        }
        close_world(&world);
    }
}

/* Many workloads on one port are one finding; many that are pinned apart are compared with nobody.
 */
static void test_many(void **unused)
{
    (void)unused;
    enum { MANY = 3000 };
    static const char *const findings[] = {"KP203", ""};
    const struct kps_kube_options options = {0};
    for (size_t place = 0; place < KPS_COUNT(findings); place++) {
        struct world world;
        open_world(&world, &options);
        struct kps_buf text = KPS_BUF(world.arena);
        for (unsigned i = 0; i < MANY; i++) {
            kps_buf_fmt(&text, "apiVersion: v1\nkind: Pod\nmetadata: {name: p%u}\nspec:\n", i);
            if (place == 1) {
                kps_buf_fmt(&text, "  nodeSelector: {pool: p%u}\n", i);
            }
            kps_buf_add(&text, SV("  containers: [{name: c, ports: [" P80 "]}]\n---\n"));
        }
        (void)add(&world, "in.yaml", kps_buf_sv(&text).p);
        judge_cluster(&world.ledger, world.kube);
        assert_true(kps_sv_eq(said(&world), kps_sv_of(findings[place])));
        if (place == 0) {
            assert_int_equal(world.diag.findings.v[0]->n_parties, MANY);
        }
        close_world(&world);
    }
}

/* Lists of 2 MiB are read item by item; the kind stands in front of the items or behind. */
static void test_long_lists(void **unused)
{
    (void)unused;
    enum { FILLER = 2 * 1024 * 1024 };
    static const struct {
        const char *front, *items, *behind;
        uint32_t objects;
        enum kps_kube_status status;
        const char *findings;
    } lists[] = {
        {"{\"apiVersion\":\"v1\",\"items\":[", JSON_POD("a", J80) "," JSON_POD("b", J80),
         "],\"kind\":\"List\"}", 3, KPS_KUBE_OK, "KP203!"},
        {"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\" : [ ",
         "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":"
         "\"c\",\"ports\":[" J80 "]}]}} ,\n" JSON_POD("d", J80),
         " ] } " JSON_POD("e", J80), 4, KPS_KUBE_OK, "KP203!"},
        {"{\"apiVersion\":\"v1\",\"items\":[", JSON_POD("a", J80) ",7," JSON_POD("b", J80),
         "],\"kind\":\"List\"}", 3, KPS_KUBE_PARTIAL, "KP203! KP902!"},
        {"{\"apiVersion\":\"v1\",\"items\":[", JSON_POD("a", J80) "," JSON_POD("b", J80), ",{\"x",
         3, KPS_KUBE_PARTIAL, "KP203! KP902!"},
        {"{\"apiVersion\":\"v1\",\"items\":[", JSON_POD("a", J80), "],\"kind\":\"Odd\"}", 1,
         KPS_KUBE_OK, ""},
    };
    const struct kps_kube_options options = {0};
    for (size_t i = 0; i < KPS_COUNT(lists); i++) {
        struct world world;
        open_world(&world, &options);
        char *filler = kps_alloc(world.arena, FILLER);
        memset(filler, ']', FILLER);
        struct kps_sv text =
            kps_fmt(world.arena, "%s{\"apiVersion\":\"v1\",\"kind\":\"Odd\",\"x\":\"%.*s\"},\n%s%s",
                    lists[i].front, FILLER, filler, lists[i].items, lists[i].behind);
        struct kps_kube_result result = add(&world, "in.json", text.p);
        judge_cluster(&world.ledger, world.kube);
        struct kps_sv findings = said(&world);
        assert_string_equal(kps_sv_copy(world.arena, findings).p, lists[i].findings);
        assert_int_equal(result.objects, lists[i].objects);
        assert_int_equal(result.status, lists[i].status);
        if (i == 0) {
            struct kps_pos pos = kps_files_pos(
                &world.diag.files, 1, kps_finding_span(&world.diag, world.diag.findings.v[0]).off);
            assert_int_equal(pos.line, 2);
        }
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_crlf),
        cmocka_unit_test(test_options),    cmocka_unit_test(test_texts),
        cmocka_unit_test(test_variants),   cmocka_unit_test(test_many),
        cmocka_unit_test(test_long_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
