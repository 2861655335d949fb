#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "kube/hostip.h"
#include "kube/labels.h"
#include "kube/lifetime.h"
#include "kube/tolerations.h"

/* The table of spec kubernetes §2.1, and what the scheduler does not see. */
static const struct hostip_row {
    const char *a, *b;
    enum kps_hostip_match match;
} hostips[] = {
    {"", "", KPS_HOSTIP_CLASH},
    {"", "0.0.0.0", KPS_HOSTIP_CLASH},
    {"0.0.0.0", "127.0.0.1", KPS_HOSTIP_CLASH},
    {"", "10.0.0.11", KPS_HOSTIP_CLASH},
    {"", "::", KPS_HOSTIP_CLASH},
    {"", "::1", KPS_HOSTIP_CLASH},
    {"127.0.0.1", "127.0.0.1", KPS_HOSTIP_CLASH},
    {"127.0.0.1", "10.0.0.11", KPS_HOSTIP_APART},
    {"127.0.0.1", "::", KPS_HOSTIP_APART},
    {"127.0.0.1", "::1", KPS_HOSTIP_APART},
    {"::", "::", KPS_HOSTIP_CLASH},
    {"::", "::1", KPS_HOSTIP_UNNOTICED},
    {"::1", "0:0:0:0:0:0:0:1", KPS_HOSTIP_UNNOTICED},
    {"127.0.0.1", "127.0.0.01", KPS_HOSTIP_UNNOTICED},
    {"127.0.0.1", "::ffff:127.0.0.1", KPS_HOSTIP_UNNOTICED},
    {"0.0.0.0", "banana", KPS_HOSTIP_CLASH},
    {"banana", "banana", KPS_HOSTIP_CLASH},
    {"banana", "127.0.0.1", KPS_HOSTIP_APART},
    {"00.00.00.00", "127.0.0.1", KPS_HOSTIP_UNNOTICED},
    {"127.0.0.1", "000000000000000000127.0.0.1", KPS_HOSTIP_UNNOTICED},
};

static void test_hostip(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(hostips); i++) {
        struct kps_sv a = kps_sv_of(hostips[i].a);
        struct kps_sv b = kps_sv_of(hostips[i].b);
        if (kps_hostip_match(a, b) != hostips[i].match ||
            kps_hostip_match(b, a) != hostips[i].match) {
            fail_msg("'%s' and '%s'", hostips[i].a, hostips[i].b);
        }
    }
    struct kps_addr addr;
    assert_false(kps_hostip_parse(SV("banana"), &addr));
    assert_false(kps_hostip_parse(SV("1.2.3"), &addr));
    assert_false(kps_hostip_parse(SV("127.0.0.1.2.3.4.5.6"), &addr));
    assert_true(kps_hostip_parse(SV("010.0.0.1"), &addr));
}

static const struct life_row {
    const char *why;
    enum kps_kube_role a;
    uint32_t a_index;
    enum kps_kube_role b;
    uint32_t b_index;
    bool overlap;
} lives[] = {
    {"main containers run together", KPS_KUBE_MAIN, 0, KPS_KUBE_MAIN, 1, true},
    {"a plain init container ends before main", KPS_KUBE_INIT, 0, KPS_KUBE_MAIN, 0, false},
    {"plain init containers run one by one", KPS_KUBE_INIT, 0, KPS_KUBE_INIT, 1, false},
    {"a sidecar runs beside main", KPS_KUBE_SIDECAR, 1, KPS_KUBE_MAIN, 0, true},
    {"two sidecars", KPS_KUBE_SIDECAR, 0, KPS_KUBE_SIDECAR, 2, true},
    {"an init container after a sidecar meets it", KPS_KUBE_SIDECAR, 0, KPS_KUBE_INIT, 1, true},
    {"an init container before a sidecar is gone", KPS_KUBE_SIDECAR, 1, KPS_KUBE_INIT, 0, false},
};

static void test_lifetime(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(lives); i++) {
        const struct life_row *row = &lives[i];
        if (kps_kube_overlap(row->a, row->a_index, row->b, row->b_index) != row->overlap ||
            kps_kube_overlap(row->b, row->b_index, row->a, row->a_index) != row->overlap) {
            fail_msg("%s", row->why);
        }
    }
}

static const struct kps_toleration everything[] = {{.exists = true}};
static const struct kps_toleration gpu[] = {{SV_LIT("gpu"), SV_LIT("yes"), {NULL, 0}, false}};
static const struct kps_toleration gpu_any[] = {{SV_LIT("gpu"), {NULL, 0}, {NULL, 0}, true}};
static const struct kps_toleration gpu_start[] = {
    {SV_LIT("gpu"), SV_LIT("yes"), SV_LIT("NoSchedule"), false}};
static const struct kps_toleration prefer[] = {
    {SV_LIT("x"), {NULL, 0}, SV_LIT("PreferNoSchedule"), true}};
static const struct kps_toleration not_ready[] = {
    {SV_LIT("node.kubernetes.io/not-ready"), {NULL, 0}, SV_LIT("NoExecute"), true}};

#define LIST(array) ((struct kps_tolerations){(array), 1})

static void test_tolerations(void **unused)
{
    (void)unused;
    const struct kps_tolerations none = {NULL, 0};
    assert_true(kps_tolerations_cover(none, none, none));
    assert_true(kps_tolerations_cover(LIST(everything), none, LIST(gpu)));
    assert_false(kps_tolerations_cover(LIST(gpu), none, LIST(everything)));
    assert_true(kps_tolerations_cover(LIST(gpu_any), none, LIST(gpu)));
    assert_false(kps_tolerations_cover(LIST(gpu), none, LIST(gpu_any)));
    assert_true(kps_tolerations_cover(LIST(gpu), none, LIST(gpu_start)));
    assert_false(kps_tolerations_cover(LIST(gpu_start), none, LIST(gpu)));
    assert_true(kps_tolerations_cover(none, none, LIST(prefer)));
    assert_true(kps_tolerations_cover(none, kps_tolerations_of_daemonset(false), LIST(not_ready)));
    assert_int_equal(kps_tolerations_of_daemonset(true).n,
                     kps_tolerations_of_daemonset(false).n + 1);
    assert_true(
        kps_tolerations_allow(LIST(everything), SV("node-role.kubernetes.io/control-plane")));
    assert_false(kps_tolerations_allow(LIST(gpu), SV("node-role.kubernetes.io/control-plane")));
}

static const struct kps_label web[] = {{SV_LIT("app"), SV_LIT("web")},
                                       {SV_LIT("tier"), SV_LIT("front")}};
static const struct kps_labels web_labels = {web, 2};
static const struct kps_sv web_value[] = {SV_LIT("web")};
static const struct kps_node_req app_web[] = {{SV_LIT("app"), web_value, 1, KPS_NODE_IN}};
static const struct kps_node_req no_zone[] = {{SV_LIT("zone"), NULL, 0, KPS_NODE_DOES_NOT_EXIST}};
static const struct kps_sv shop[] = {SV_LIT("shop")};

static const struct apart_row {
    const char *why;
    struct kps_anti_term term;
    const char *own, *other;
    enum kps_apart apart;
} aparts[] = {
    {"its own namespace", {.reqs = app_web, .n_reqs = 1, .selects = true}, "a", "a", KPS_APART_YES},
    {"another namespace", {.reqs = app_web, .n_reqs = 1, .selects = true}, "a", "b", KPS_APART_NO},
    {"every namespace",
     {.reqs = app_web, .n_reqs = 1, .selects = true, .every_namespace = true},
     "a",
     "b",
     KPS_APART_YES},
    {"a listed namespace",
     {.selects = true, .namespaces = shop, .n_namespaces = 1},
     "a",
     "shop",
     KPS_APART_YES},
    {"the own one is not in the list",
     {.selects = true, .namespaces = shop, .n_namespaces = 1},
     "a",
     "a",
     KPS_APART_NO},
    {"namespaces by labels",
     {.selects = true, .namespaces_by_labels = true},
     "a",
     "b",
     KPS_APART_PERHAPS},
    {"no selector selects nothing", {.reqs = app_web, .n_reqs = 1}, "a", "a", KPS_APART_NO},
    {"an empty selector selects all", {.selects = true}, "a", "a", KPS_APART_YES},
    {"a label that must be absent",
     {.reqs = no_zone, .n_reqs = 1, .selects = true},
     "a",
     "a",
     KPS_APART_YES},
    {"a zone may be missing on a node",
     {.selects = true, .topology_key = SV_LIT("zone")},
     "a",
     "a",
     KPS_APART_PERHAPS},
};

static void test_anti_affinity(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(aparts); i++) {
        struct kps_anti_term term = aparts[i].term;
        if (term.topology_key.n == 0) {
            term.topology_key = SV(KPS_NODE_NAME_KEY);
        }
        enum kps_apart apart =
            kps_anti_affinity_apart((struct kps_anti_affinity){&term, 1}, kps_sv_of(aparts[i].own),
                                    web_labels, kps_sv_of(aparts[i].other));
        if (apart != aparts[i].apart) {
            fail_msg("%s: %d", aparts[i].why, apart);
        }
    }
    assert_true(kps_labels_include(web_labels, (struct kps_labels){web, 1}));
    assert_false(kps_labels_include((struct kps_labels){web, 1}, web_labels));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostip),
        cmocka_unit_test(test_lifetime),
        cmocka_unit_test(test_tolerations),
        cmocka_unit_test(test_anti_affinity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
