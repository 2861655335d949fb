#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/limits.h"
#include "kube/kustomize.h"
#include "kube/name_pattern.h"
#include "kube/portless.h"
#include "support/cluster_judge.h"

#include "name_patterns.h"

/* Parts of the kustomize build that a comparison with kubectl reaches badly: bounds, refusals,
 * patterns, and documents that are skipped. */

/* Patterns against what kubectl says of them. */
static void matches_names(void **state)
{
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(pattern_rows); i++) {
        const struct kps_name_pattern *pattern = NULL;
        const char *why = NULL;
        uint64_t work = 0;
        enum kps_name_pattern_result result = kps_name_pattern_compile(
            arena, kps_sv_of(pattern_rows[i].pattern), &pattern, &why, &work);
        struct kps_buf found = KPS_BUF(arena);
        for (size_t n = 0; pattern && n < KPS_COUNT(pattern_names); n++) {
            if (kps_name_pattern_matches(pattern, kps_sv_of(pattern_names[n]))) {
                kps_buf_fmt(&found, "%s%s", kps_buf_sv(&found).n ? "," : "", pattern_names[n]);
            }
        }
        struct kps_sv text = kps_buf_sv(&found);
        const char *wanted = pattern_rows[i].found;
        if ((result == KPS_NAME_PATTERN_BROKEN) != !wanted || result == KPS_NAME_PATTERN_UNKNOWN ||
            !kps_sv_eq(text, kps_sv_of(wanted ? wanted : "")) || (why != NULL) != !wanted) {
            fail_msg("'%s' finds '%.*s' (%d, %s)", pattern_rows[i].pattern, SV_ARG(text),
                     (int)result, why ? why : "no mistake");
        }
    }
    kps_arena_free(arena);
}

/* Valid patterns that are too large or too rare are unknown: they do not match nothing. */
static void leaves_rare_patterns(void **state)
{
    static const char *const rows[] = {"\\pL+",
                                       "[\\p{Greek}]",
                                       "w[\303\240\303\251]b",
                                       "(?i)w\303\240",
                                       "a{1,900}b{1,900}c{1,900}d{1,900}e{1,900}",
                                       "(?:(\\Qaaaaaaaaaaaaaaaaaaaaa\\E){0}){1000}"};
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct kps_name_pattern *pattern = NULL;
        const char *why = NULL;
        uint64_t work = 0;
        assert_int_equal(kps_name_pattern_compile(arena, kps_sv_of(rows[i]), &pattern, &why, &work),
                         KPS_NAME_PATTERN_UNKNOWN);
        assert_non_null(why);
        assert_null(pattern);
    }
    struct kps_buf deep = KPS_BUF(arena);
    for (int i = 0; i < 1000; i++) {
        kps_buf_fmt(&deep, "(");
    }
    const struct kps_name_pattern *pattern = NULL;
    const char *why = NULL;
    uint64_t work = 0;
    assert_int_equal(kps_name_pattern_compile(arena, kps_buf_sv(&deep), &pattern, &why, &work),
                     KPS_NAME_PATTERN_UNKNOWN);
    kps_arena_free(arena);
}

/* The work of an expression that is made to explode is bounded. */
static void ends_hard_patterns(void **state)
{
    static const char *const rows[] = {"(a*)*(a*)*(a*)*(a*)*(a*)*b", "(a+a+)+b",
                                       "(((((((((a*)*)*)*)*)*)*)*)*)*b"};
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    char name[1001] = {0};
    memset(name, 'a', sizeof(name) - 1);
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct kps_name_pattern *pattern = NULL;
        const char *why = NULL;
        uint64_t work = 0;
        assert_int_equal(kps_name_pattern_compile(arena, kps_sv_of(rows[i]), &pattern, &why, &work),
                         KPS_NAME_PATTERN_OK);
        assert_false(kps_name_pattern_matches(pattern, kps_sv_of(name)));
    }
    kps_arena_free(arena);
}

#define MAP_HEAD "apiVersion: v1\nkind: ConfigMap\n"

/* A document without ports loses its text behind the head, and no line. */
static void shrinks_portless_documents(void **state)
{
    static const struct {
        const char *text, *shrunk;
    } rows[] = {
        {"kind: Secret\napiVersion: v1\ndata:\n  a: b\n---\nkind: Pod\n",
         "kind: Secret\napiVersion: v1\n\n\n---\nkind: Pod\n"},
        {"# c\n---\napiVersion: v1\nkind: Secret\r\ndata: 1",
         "# c\n---\napiVersion: v1\nkind: Secret\r\n"},
        {MAP_HEAD "data: {a: b}\n", MAP_HEAD "data: {a: b}\n"},
        {"apiVersion: v1\nkind: Pod\n---\n", "apiVersion: v1\nkind: Pod\n---\n"},
        {"", ""},
    };
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_sv shrunk = kps_portless_shrink(arena, kps_sv_of(rows[i].text));
        assert_int_equal(shrunk.n, kps_sv_of(rows[i].shrunk).n);
        assert_memory_equal(shrunk.p, rows[i].shrunk, shrunk.n);
    }
    kps_arena_free(arena);
}

static void tells_portless_documents(void **state)
{
    static const struct {
        const char *why, *text;
        uint32_t n;
    } rows[] = {
        {"a kind without ports", MAP_HEAD "metadata: {name: a}\n", 1},
        {"the other order, comments, a carriage return",
         "# c\n\nkind: ConfigMap # c\napiVersion: v1\r\n", 0},
        {"the other order", "# c\n\nkind: ConfigMap\napiVersion: v1\r\ndata:\n  a: b\n", 1},
        {"two documents and an empty one", MAP_HEAD "---\n# c\n---\n" MAP_HEAD, 2},
        {"a kind with ports behind it", MAP_HEAD "---\napiVersion: v1\nkind: Pod\n", 0},
        {"the kind comes again, and the last one counts", MAP_HEAD "kind: Pod\n", 0},
        {"the same in quotes", MAP_HEAD "\"kind\": Pod\n", 0},
        {"as an explicit key", MAP_HEAD "? kind\n: Pod\n", 0},
        {"merged keys do not overrule those that are written", MAP_HEAD "<<: {kind: Pod}\n", 0},
        {"not at the head", "metadata: {name: a}\n" MAP_HEAD, 0},
        {"a kind of the same name in another group",
         "apiVersion: example.org/v1\nkind: ConfigMap\n", 0},
        {"a template", MAP_HEAD "data: {a: {{ .Values.a }}}\n", 0},
        {"a suppression", MAP_HEAD "# kportscan: ignore-file KP201\n", 0},
        {"text behind a separator", MAP_HEAD "---foo\n", 0},
        {"JSON", "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\"}", 0},
        {"a tagged kind", "apiVersion: v1\nkind: !!str ConfigMap\n", 0},
        {"nothing", "", 0},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        uint32_t n = kps_portless_count(kps_sv_of(rows[i].text));
        if (n != rows[i].n) {
            fail_msg("%s: %u", rows[i].why, n);
        }
    }
}

#define KUSTOMIZATION "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
#define SERVICE(name, port)                                                                        \
    "apiVersion: v1\nkind: Service\nmetadata: {name: " name                                        \
    "}\nspec: {selector: {app: a}, ports: [{port: " port "}]}\n"

struct tree {
    const char *why;
    struct kps_fs_mem_file files[8];
    const char *claims;  /* first ports of the claims, in order */
    const char *message; /* part of the first finding's; NULL: there is none */
};

#define FILE(path, text)                                                                           \
    {                                                                                              \
        SV_LIT("/w/" path), SV_LIT(text)                                                           \
    }

static const struct tree trees[] = {
    {"a base",
     {FILE("kustomization.yaml", KUSTOMIZATION "resources: [base, own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("base/kustomization.yaml", "resources: [a.yaml]\n"),
      FILE("base/a.yaml", SERVICE("a", "1"))},
     "1 2",
     NULL},
    {"a base that includes itself",
     {FILE("kustomization.yaml", "resources: [base, own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("base/kustomization.yaml", "resources: [..]\n")},
     "2",
     "includes itself"},
    {"a file that is not there",
     {FILE("kustomization.yaml", "resources: [none.yaml, own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "cannot read 'none.yaml'"},
    {"an entry without a name",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatchesStrategicMerge: ['']\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "this entry names no file"},
    {"a file outside of the folder",
     {FILE("kustomization.yaml", "resources: [../x.yaml]\n"),
      {SV_LIT("/x.yaml"), SV_LIT(SERVICE("x", "1"))}},
     "",
     "not in the kustomization's folder"},
    {"a place outside of the folder with nothing there",
     {FILE("kustomization.yaml", "resources: [../nothere]\n")},
     "",
     "cannot read '../nothere': No such file or directory"},
    {"a generator's file outside of the folder",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\nconfigMapGenerator: [{name: m, envs: [../e.env]}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      {SV_LIT("/e.env"), SV_LIT("A=1\n")}},
     "2",
     "this file is not in the kustomization's folder"},
    {"a generator's file in the folder",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\nconfigMapGenerator: [{name: m, envs: [e.env]}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("e.env", "A=1\n")},
     "2",
     NULL},
    {"a variable of an object that is not read, for it has no ports",
     {FILE("kustomization.yaml",
           "resources: [own.yaml, account.yaml]\nnamespace: ns\nvars: [{name: A, objref: "
           "{apiVersion: "
           "v1, kind: ServiceAccount, name: a}, fieldref: {fieldpath: metadata.namespace}}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("account.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")},
     "2",
     NULL},
    {"a variable of an object that is not there",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nvars: [{name: A, objref: {apiVersion: v1, "
                                 "kind: ServiceAccount, name: a}}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "no resource here has the value of variable 'A'"},
    {"a variable of a field that is not there",
     {FILE("kustomization.yaml",
           "resources: [own.yaml, account.yaml]\nvars: [{name: A, objref: {apiVersion: v1, kind: "
           "Service, name: own}, fieldref: {fieldpath: metadata.namespace}}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("account.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")},
     "2",
     "no resource here has the value of variable 'A'"},
    {"an absolute path",
     {FILE("kustomization.yaml", "resources: [/w/own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     NULL},
    {"a patch that nothing meets",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches: [{path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("p.yaml", SERVICE("other", "3"))},
     "2",
     "no resource here is Service 'other'"},
    {"an operation that does not fit",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "- {op: replace, path: /spec/ports/4/port, value: 3}\n")},
     "2",
     "does not fit Service 'own'"},
    {"a key that is replaced and not there",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "- {op: replace, path: /spec/type, value: NodePort}\n")},
     "2",
     NULL},
    {"a key that is removed and not there",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("p.yaml", "- {op: remove, path: /spec/type}\n")},
     "2",
     "there is no such key"},
    {"a test of a number by a text",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "- {op: test, path: /spec/ports/0/port, value: '2'}\n")},
     "2",
     "the test fails"},
    {"a test of a mapping with other values",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "- {op: test, path: /spec/ports/0, value: {port: 3}}\n")},
     "2",
     "the test fails"},
    {"a patch of the whole object",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("p.yaml", "- {op: add, path: '', value: {}}\n")},
     "2",
     "the path leads nowhere"},
    {"an annotation of an object without any",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"add\", \"path\": \"/metadata/annotations/a\", \"value\": \"b\"}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "3",
     NULL},
    {"the annotations that kustomize adds, removed",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"remove\", \"path\": \"/metadata/annotations\", \"value\": 1}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "3",
     NULL},
    {"a test of no annotations, where kustomize has its own",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"test\", \"path\": \"/metadata/annotations\", \"value\": null}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "the test fails"},
    {"an annotation that is removed and not there",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"remove\", \"path\": \"/metadata/annotations/a\", \"value\": 1}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "there is no such key"},
    {"a label of an object without any",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"add\", \"path\": \"/metadata/labels/a\", \"value\": \"b\"}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "the path leads nowhere"},
    {"an annotation by patchesJson6902",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatchesJson6902: [{target: {kind: Service, name: own}, patch: "
           "'[{\"op\": \"add\", \"path\": \"/metadata/annotations/a\", \"value\": \"b\"}, {\"op\": "
           "\"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "the path leads nowhere"},
    {"an annotation by patchesJson6902, behind a prefix",
     {FILE(
          "kustomization.yaml",
          "resources: [own.yaml]\nnamePrefix: a-\npatchesJson6902: [{target: {kind: Service, name: "
          "own}, patch: '[{\"op\": \"add\", \"path\": \"/metadata/annotations/a\", \"value\": "
          "\"b\"}, {\"op\": \"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 3}]'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "3",
     NULL},
    {"a list of no operations",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("p.yaml", "[]\n")},
     "2",
     "this patch is empty"},
    {"a patch that names no object beside its target",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{target: {kind: Service}, path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("p.yaml", "spec: {type: NodePort}\n")},
     "2",
     "needs a kind and a name"},
    {"a patch strategy of no name",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches: [{path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml",
           "apiVersion: v1\nkind: Service\nmetadata: {name: own}\nspec: {$patch: swap}\n")},
     "2",
     "no patch strategy"},
    {"a mapping over a list",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches: [{path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml",
           "apiVersion: v1\nkind: Service\nmetadata: {name: own}\nspec: {ports: {port: 3}}\n")},
     "2",
     "do not merge"},
    {"a patch without apiVersion",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches: [{path: p.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "kind: Service\nmetadata: {name: own}\n")},
     "2",
     "no resource here is Service 'own'"},
    {"a text where a list is wanted",
     {FILE("kustomization.yaml", "resources: own.yaml\n"), FILE("own.yaml", SERVICE("own", "2"))},
     "",
     "wants a list here, not a string"},
    {"a number where a text is wanted",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nnamePrefix: 5\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "wants a string here, not an integer"},
    {"a field of a patch that no patch has",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{path: own.yaml, kind: Service}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "patches has no field 'kind'"},
    {"a field of a target that no target has",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{path: own.yaml, target: {apiVersion: v1}}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "target has no field 'apiVersion'"},
    {"a text for a number of copies",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nreplicas: [{name: own, count: '2'}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "wants an integer here, not a string"},
    {"fields of null",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches:\nnamespace: ~\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     NULL},
    {"a kind of another program",
     {FILE("kustomization.yaml", "kind: Kustom\nresources: [own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "the kind of this file"},
    {"the apiVersion of a Component",
     {FILE("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: "
                                 "Kustomization\nresources: [own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "the apiVersion of a Kustomization is"},
    {"a field that a configuration does not have",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nconfigurations: [c.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("c.yaml", "names: []\n")},
     "2",
     "configurations' has no field 'names'"},
    {"a part that a configuration does not have",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nconfigurations: [c.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("c.yaml", "nameReference: [{kind: ConfigMap, specs: []}]\n")},
     "2",
     "nameReference has no field 'specs'"},
    {"a configuration",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nconfigurations: [c.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("c.yaml", "nameReference: [{kind: ConfigMap, fieldSpecs: [{path: spec/a}]}]\n")},
     "2",
     NULL},
    {"a patch that is a path and a text",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatches: [{path: own.yaml, patch: a}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "either a 'path' or a 'patch'"},
    {"a patch of two documents with a target",
     {FILE("kustomization.yaml",
           "resources: [own.yaml]\npatches: [{path: p.yaml, target: {kind: Service}}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", SERVICE("own", "3") "---\n" SERVICE("own", "4"))},
     "4 3 2",
     "a patch with a target is one document"},
    {"operations without the name of their target",
     {FILE("kustomization.yaml", "resources: [own.yaml]\npatchesJson6902: [{path: p.yaml, target: "
                                 "{kind: Service, version: v1}}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("p.yaml", "- {op: add, path: /spec/type, value: NodePort}\n")},
     "2",
     "wants the name of its target"},
    {"a resource without a name",
     {FILE("kustomization.yaml", "resources: [own.yaml, b.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("b.yaml", "apiVersion: v1\nkind: Service\n")},
     "2",
     "a resource needs a name"},
    {"a resource without a kind",
     {FILE("kustomization.yaml", "resources: [own.yaml, b.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("b.yaml", "a: b\n")},
     "2",
     "a resource needs a kind"},
    {"a patch for one of two that had its name",
     {FILE("kustomization.yaml", "resources: [m, k]\npatches: [{path: own.yaml}]\n"),
      FILE("own.yaml", SERVICE("own", "2")),
      FILE("m/kustomization.yaml", "resources: [../b]\nnamePrefix: m-\n"),
      FILE("k/kustomization.yaml", "resources: [../b]\nnamePrefix: k-\n"),
      FILE("b/kustomization.yaml", "resources: [b.yaml]\n"), FILE("b/b.yaml", SERVICE("own", "5"))},
     "5 5",
     "2 resources here are Service 'own'"},
    {"one object twice",
     {FILE("kustomization.yaml", "resources: [own.yaml, b.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("b.yaml", SERVICE("own", "3"))},
     "2 3",
     "twice"},
    {"a remote base",
     {FILE("kustomization.yaml",
           "resources: [own.yaml, \"https://example.org/a//b?ref=v1\", \"git@example.org:a/b\"]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "is not fetched"},
    {"a field that kustomize does not know",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nreplica: []\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "no field 'replica'"},
    {"a field in other letters",
     {FILE("kustomization.yaml", "RESOURCES: []\nresources: [own.yaml]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     NULL},
    {"two kustomization files",
     {FILE("kustomization.yaml", "resources: [own.yaml]\n"), FILE("kustomization.yml", ""),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "more than one kustomization file"},
    {"replicas of what is not there",
     {FILE("kustomization.yaml", "resources: [own.yaml]\nreplicas: [{name: own, count: 2}]\n"),
      FILE("own.yaml", SERVICE("own", "2"))},
     "2",
     "no workload is called"},
    {"a component among the resources",
     {FILE("kustomization.yaml", "resources: [own.yaml, part]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("part/kustomization.yaml", "kind: Component\n")},
     "2",
     "is a Component"},
    {"a kustomization among the components",
     {FILE("kustomization.yaml", "resources: [own.yaml]\ncomponents: [part]\n"),
      FILE("own.yaml", SERVICE("own", "2")), FILE("part/kustomization.yaml", KUSTOMIZATION)},
     "2",
     "is no Component"},
    {"a base outside of the folder",
     {FILE("kustomization.yaml", "resources: [../other]\n"),
      {SV_LIT("/other/kustomization.yaml"), SV_LIT("resources: [a.yaml]\n")},
      {SV_LIT("/other/a.yaml"), SV_LIT(SERVICE("a", "1"))}},
     "1",
     NULL},
    {"another program's kind of the same name",
     {FILE("kustomization.yaml", "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: "
                                 "Kustomization\nspec: {path: ./x}\n")},
     "",
     NULL},
};

static void builds_trees(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(trees); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        const struct kps_fs_mem world = {trees[i].files, KPS_COUNT(trees[i].files)};
        struct kps_fs fs = kps_fs_memory(&world);
        struct kps_kustomize *k = kps_kustomize_open(&diag, &fs, SV("/w"), SV("/w"), SV("."));
        struct kps_kube_options options = {.is_open = false};
        struct kps_kube *kube = kps_kube_open(&ledger, &options);
        struct kps_buf claims = KPS_BUF(arena);
        if (kps_kustomize_add(k, SV("/w"))) {
            kps_kustomize_link(k);
            (void)kps_kustomize_build(k, kube, SV("/w"), KPS_ERROR);
        }
        kps_kustomize_report(k);
        for (uint32_t f = 0; f < diag.files.list.n; f++) { /* the names outlive the build */
            struct kps_sv path = diag.files.list.v[f].path;
            assert_int_equal(kps_sv_find(path, '\n'), path.n);
        }
        for (uint32_t c = 0; c < ledger.claims.n; c++) {
            kps_buf_fmt(&claims, "%s%u", c ? " " : "", ledger.claims.v[c].first);
        }
        struct kps_sv message = diag.findings.n ? diag.findings.v[0]->message : SV("");
        struct kps_sv wanted = kps_sv_of(trees[i].message);
        if (!kps_sv_eq(kps_buf_sv(&claims), kps_sv_of(trees[i].claims)) ||
            (wanted.n == 0) != (message.n == 0) ||
            (wanted.n && kps_sv_search(message, wanted) == message.n)) {
            fail_msg("%s: '%.*s', '%.*s'", trees[i].why, SV_ARG(kps_buf_sv(&claims)),
                     SV_ARG(message));
        }
        kps_kube_close(kube);
        kps_kustomize_close(k);
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* Bases that each name two others: 2^30 builds are not made. */
static void bounds_builds(void **state)
{
    enum { LEVELS = 30 };
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_fs_mem_file files[2 * LEVELS];
    for (unsigned i = 0; i < LEVELS; i++) {
        for (unsigned side = 0; side < 2; side++) {
            files[2 * i + side] = (struct kps_fs_mem_file){
                kps_fmt(arena, "/w/%u%c/kustomization.yaml", i, side ? 'b' : 'a'),
                kps_fmt(arena, "namePrefix: %c\nresources: [../%ua, ../%ub]\n", side ? 'b' : 'a',
                        i + 1, i + 1)};
        }
    }
    const struct kps_fs_mem world = {files, 2 * LEVELS};
    struct kps_fs fs = kps_fs_memory(&world);
    struct kps_kustomize *k = kps_kustomize_open(&diag, &fs, SV("/w"), SV("/w"), SV("."));
    struct kps_kube_options options = {.is_open = false};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    assert_true(kps_kustomize_add(k, SV("/w/0a")));
    kps_kustomize_link(k);
    (void)kps_kustomize_build(k, kube, SV("/w/0a"), KPS_WARNING);
    assert_int_equal(diag.findings.n, 1);
    kps_kube_close(kube);
    kps_kustomize_close(k);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* Return `head` with `n` lines behind it, each with its number in the middle. */
static struct kps_sv repeat_line(struct kps_arena *arena, const char *head, const char *before,
                                 const char *after, unsigned n)
{
    struct kps_buf text = KPS_BUF(arena);
    kps_buf_fmt(&text, "%s", head);
    for (unsigned i = 0; i < n; i++) {
        kps_buf_fmt(&text, "%s%u%s", before, i, after);
    }
    return kps_sv_copy(arena, kps_buf_sv(&text));
}

#define RESOURCES "resources: [a.yaml]\n"
#define POD "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
#define POD_PATCH RESOURCES "patches:\n- target: {kind: Pod}\n  patch: |-\n"

/* Inputs that are small, and large where they are built: each ends with a finding. */
static void bounds_edits(void **state)
{
    (void)state;
    static const char too_large[] = "this build is too large to be judged whole";
    static const char pod[] = POD "spec: {x: {y: 1}}\n";
    struct kps_arena *arena = kps_arena_new();
    const struct {
        const char *why;
        struct kps_sv kustomization, resource, patch;
        const char *message;
    } rows[] = {
        {"copies of copies",
         repeat_line(arena, POD_PATCH, "    - {op: copy, from: /spec, path: /spec/a", "}\n", 40),
         SV(pod), SV(""), "its copies of values are too many, or too deep"},
        {"replacements of replacements",
         repeat_line(arena, RESOURCES "replacements:\n",
                     "- source: {kind: Pod, fieldPath: spec}\n  targets:\n"
                     "  - {select: {kind: Pod}, options: {create: true}, fieldPaths: [spec.a",
                     "]}\n", 40),
         SV(pod), SV(""), "the copies of this value are too many, or too deep"},
        {"a text that its own parts are put into",
         repeat_line(arena, RESOURCES "replacements:\n",
                     "- source: {kind: Pod, fieldPath: spec.x.y}\n  targets:\n  - {select: {kind: "
                     "Pod}, options: {delimiter: /, index: ",
                     "}, fieldPaths: [spec.x.y]}\n", 40),
         SV(pod), SV(""), too_large},
        {"objects that are compared with each rejection",
         repeat_line(arena,
                     RESOURCES "replacements:\n- source: {kind: Pod, name: p0}\n  targets:\n"
                               "  - select: {kind: Pod}\n    fieldPaths: [spec.x]\n    reject:\n",
                     "    - {kind: Service, name: q", "}\n", 3000),
         repeat_line(arena, "", "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p",
                     "}\nspec: {x: y}\n", 3000),
         SV(""), too_large},
        {"references without an end",
         SV(RESOURCES "vars: [{name: A, objref: {apiVersion: v1, kind: Pod, name: a}}]\n"),
         kps_fmt(arena, "%.*s\"]}]}\n",
                 SV_ARG(repeat_line(arena, POD "spec: {containers: [{name: a, args: [\"", "$(", "",
                                    100 * 1000))),
         SV(""), too_large},
        {"a pattern as large as patterns may be, again and again",
         repeat_line(arena, RESOURCES "patches:\n",
                     "- target: {name: \"(.?){1000}(.?){1000}x\", namespace: a",
                     "}\n  path: p.yaml\n", 5000),
         SV(pod), SV("- {op: test, path: /kind, value: Pod}\n"), too_large},
        {"more documents than a list had room for", SV(RESOURCES "patches: [{path: p.yaml}]\n"),
         SV(pod), repeat_line(arena, "", "---\n" POD "# ", "\n", 1025), NULL},
        {"the last of many documents", SV(RESOURCES "patches: [{path: p.yaml}]\n"), SV(pod),
         kps_fmt(arena, "%.*s---\napiVersion: v1\nkind: Pod\nmetadata: {name: none}\n",
                 SV_ARG(repeat_line(arena, "", "---\n" POD "# ", "\n", 1025))),
         "no resource here is Pod 'none', which is patched"},
        {"a note of a part that is built twice", SV(RESOURCES "components: [c, c]\n"), SV(pod),
         SV("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "patches: [{target: {name: '\\pL'}, patch: '[]'}]\n"),
         "this expression is not understood: it has a class of Unicode"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        const struct kps_fs_mem_file files[] = {
            {SV("/w/kustomization.yaml"), rows[i].kustomization},
            {SV("/w/a.yaml"), rows[i].resource},
            {SV("/w/p.yaml"), rows[i].patch},
            {SV("/w/c/kustomization.yaml"), rows[i].patch},
        };
        const struct kps_fs_mem world = {files, KPS_COUNT(files)};
        struct kps_fs fs = kps_fs_memory(&world);
        struct kps_kustomize *k = kps_kustomize_open(&diag, &fs, SV("/w"), SV("/w"), SV("."));
        struct kps_kube_options options = {.is_open = false};
        struct kps_kube *kube = kps_kube_open(&ledger, &options);
        assert_true(kps_kustomize_add(k, SV("/w")));
        kps_kustomize_link(k);
        (void)kps_kustomize_build(k, kube, SV("/w"), KPS_ERROR);
        struct kps_sv wanted = kps_sv_of(rows[i].message ? rows[i].message : "");
        bool found = diag.findings.n == 0 && !rows[i].message;
        for (uint32_t f = 0; f < diag.findings.n && rows[i].message; f++) {
            struct kps_sv message = diag.findings.v[f]->message;
            bool is_meant = kps_sv_search(message, wanted) < message.n;
            assert_false(is_meant && found);
            found = found || is_meant;
        }
        if (!found) {
            fail_msg("%s: %u findings, '%.*s'", rows[i].why, diag.findings.n,
                     SV_ARG(diag.findings.n ? diag.findings.v[0]->message : SV("")));
        }
        kps_kube_close(kube);
        kps_kustomize_close(k);
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
    }
    kps_arena_free(arena);
}

/* One reading of a text: counts, claims and messages in one line. */
static struct kps_sv read_text(struct kps_arena *arena, struct kps_sv text, bool parses_all)
{
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_kube_options options = {.parses_all = parses_all};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    struct kps_buf answer = KPS_BUF(arena);
    struct kps_kube_result result =
        kps_kube_add_file(kube, kps_files_add(&diag.files, SV("f.yaml"), text));
    judge_cluster(&ledger, kube);
    kps_buf_fmt(&answer, "%d %u %u %u %u:", result.status, result.objects, result.documents,
                result.passed, ledger.claims.n);
    for (uint32_t i = 0; i < diag.findings.n; i++) {
        struct kps_pos at = {0, 0};
        struct kps_span span = kps_finding_span(&diag, diag.findings.v[i]);
        if (span.file) {
            at = kps_files_pos(&diag.files, span.file, span.off);
        }
        kps_buf_fmt(&answer, " %u:%u %.*s", at.line, at.col, SV_ARG(diag.findings.v[i]->message));
    }
    struct kps_sv ret = kps_sv_copy(arena, kps_buf_sv(&answer));
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return ret;
}

static void compare_text(const char *name, struct kps_sv text)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv skipped = read_text(arena, text, false);
    struct kps_sv parsed = read_text(arena, text, true);
    struct kps_sv shrunk = read_text(arena, kps_portless_shrink(arena, text), false);
    if (!kps_sv_eq(skipped, parsed) || !kps_sv_eq(skipped, shrunk)) {
        fail_msg("%s: '%.*s', with all parsed '%.*s', of what a walk keeps '%.*s'", name,
                 SV_ARG(skipped), SV_ARG(parsed), SV_ARG(shrunk));
    }
    kps_arena_free(arena);
}

static unsigned n_compared;

/* Compare a manifest of the corpus; other files are none, and may be unreadable. */
static int compare_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    struct kps_sv name = kps_sv_of(path);
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv text = {"", 0};
    bool is_data = kps_sv_ends(name, SV(".yaml")) || kps_sv_ends(name, SV(".yml"));
    if (type == FTW_F && is_data &&
        kps_fs_os.read(&kps_fs_os, arena, path, KPS_LIMIT_FILE_BYTES, &text) == 0 &&
        kps_kube_looks_like(text)) {
        compare_text(path, text);
        n_compared++;
    }
    kps_arena_free(arena);
    return 0;
}

/* All manifests below the folder that KPS_CORPUS names. */
static void answers_alike_on_corpus(void **state)
{
    enum { MOST_OPEN = 16 };
    (void)state;
    const char *corpus = getenv("KPS_CORPUS");
    if (!corpus) {
        skip();
    }
    assert_int_equal(nftw(corpus, compare_file, MOST_OPEN, FTW_PHYS), 0);
    print_message("%u manifests\n", n_compared);
    assert_true(n_compared > 0);
}

/* Files of the command line, else each recorded case between documents that are skipped. */
static void answers_alike(void **state)
{
    char *const *files = *state;
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv text = {"", 0};
    struct kps_sv *names = NULL;
    size_t n = 0;
    for (; files && *files; files++) {
        assert_int_equal(kps_fs_os.read(&kps_fs_os, arena, *files, KPS_LIMIT_FILE_BYTES, &text), 0);
        compare_text(*files, text);
    }
    if (!*state) {
        assert_int_equal(kps_fs_os.list(&kps_fs_os, arena, "cases-kube", &names, &n), 0);
        assert_true(n > 50);
    }
    for (size_t i = 0; i < n; i++) {
        struct kps_sv path = kps_fmt(arena, "cases-kube/%.*s/manifest.yaml", SV_ARG(names[i]));
        assert_int_equal(kps_fs_os.read(&kps_fs_os, arena, path.p, KPS_LIMIT_FILE_BYTES, &text), 0);
        compare_text(path.p, kps_fmt(arena, "%s---\n%.*s\n---\n%s---\n%.*s", MAP_HEAD, SV_ARG(text),
                                     MAP_HEAD "data:\n  a: |\n    kind: Pod\n", SV_ARG(text)));
    }
    kps_arena_free(arena);
}

int main(int argc, char **argv)
{
    char **files = argc > 1 ? argv + 1 : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(answers_alike, files),
        cmocka_unit_test(answers_alike_on_corpus),
        cmocka_unit_test(matches_names),
        cmocka_unit_test(leaves_rare_patterns),
        cmocka_unit_test(ends_hard_patterns),
        cmocka_unit_test(builds_trees),
        cmocka_unit_test(bounds_builds),
        cmocka_unit_test(bounds_edits),
        cmocka_unit_test(shrinks_portless_documents),
        cmocka_unit_test(tells_portless_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
