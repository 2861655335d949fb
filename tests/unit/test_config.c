#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_config config;
    bool is_good;
};

static struct world read_config(const char *text)
{
    struct world w = {.arena = kps_arena_new()};
    w.diag.arena = w.arena;
    kps_file_id file = kps_files_add(&w.diag.files, SV(".kportscan.yaml"), kps_sv_of(text));
    w.is_good = kps_config_read(&w.diag, file, SV("up"), &w.config);
    return w;
}

static void done(struct world *w)
{
    kps_diag_free(&w->diag);
    kps_arena_free(w->arena);
}

/* "1:5 error: message" of the findings, one a line. */
static const char *complaints(struct world *w)
{
    struct kps_sv all = SV("");
    kps_diag_sort(&w->diag);
    for (uint32_t i = 0; i < w->diag.findings.n; i++) {
        const struct kps_finding *finding = w->diag.findings.v[i];
        struct kps_span at = kps_finding_span(&w->diag, finding);
        struct kps_pos pos = kps_files_pos(&w->diag.files, at.file, at.off);
        all = kps_fmt(w->arena, "%.*s%s%u:%u %s: %.*s", SV_ARG(all), i ? "\n" : "", pos.line,
                      pos.col, kps_severity_name(finding->severity), SV_ARG(finding->message));
    }
    return kps_cstr(w->arena, all);
}

static const struct bad {
    const char *text, *complaint;
    bool is_good; /* a warning only */
} bad[] = {
    {"fial-on: error\n", "1:1 warning: there is no key 'fial-on'; did you mean 'fail-on'?", true},
    {"nonsense: 1\n", "1:1 warning: there is no key 'nonsense'", true},
    {"x-mine: {a: [1]}\n", "", true},
    {"# nothing\n", "", true},
    {"", "", true},
    {"rules:\n  KP101: off\n  KP999: off\n", "3:3 error: there is no rule 'KP999'", false},
    {"rules: {host-port-crash: off}\n",
     "1:9 error: there is no rule 'host-port-crash'; did you mean 'host-port-clash'?", false},
    {"rules: {KP101: fatal}\n", "1:16 error: 'fatal' is none of off, on, note, warning, error",
     false},
    {"rules: {KP101: [off]}\n", "1:16 error: 'KP101' wants a value and not a list", false},
    {"rules: [KP101]\n", "1:8 error: 'rules' wants a mapping of rules to off, on or a severity",
     false},
    {"rules:\n  KP101: off\n  compose-host-port-clash: on\n",
     "3:3 error: rule KP101 is given twice, before in line 2", false},
    {"fail-on: [error, note]\n", "1:10 error: 'fail-on' wants a value and not a list", false},
    {"fail-on:\n", "1:9 error: 'fail-on' wants a value and not nothing", false},
    {"fail-on: ''\n", "1:10 error: 'fail-on' wants a value and not an empty text", false},
    {"exclude: [a, {b: c}]\n", "1:14 error: 'exclude' wants a value and not a mapping", false},
    {"node-reserved-ports: [9100, 0]\n",
     "1:29 error: '0' is no port, as 9100, 9100/udp or 9100-9110", false},
    {"node-reserved-ports: 65536\n",
     "1:22 error: '65536' is no port, as 9100, 9100/udp or 9100-9110", false},
    {"node-reserved-ports: 20-10\n",
     "1:22 error: '20-10' is no port, as 9100, 9100/udp or 9100-9110", false},
    {"node-reserved-ports: 80/icmp\n",
     "1:22 error: '80/icmp' is no port, as 9100, 9100/udp or 9100-9110", false},
    {"node-reserved-ports: [{used-by: me}]\n", "1:23 error: this entry has no 'port'", false},
    {"node-reserved-ports: [{port: 1, used_by: me}]\n",
     "1:33 warning: there is no key 'used_by'; did you mean 'used-by'?", true},
    {"sidecars: [proxy]\n", "1:12 error: a sidecar is a mapping with 'name' and 'ports'", false},
    {"sidecars: [{name: proxy}]\n", "1:12 error: this sidecar has no 'ports'", false},
    {"sidecars: [{ports: [1]}]\n", "1:12 error: this sidecar has no 'name'", false},
    {"sidecars: [{name: a, ports: [x]}]\n",
     "1:30 error: 'x' is no port, as 9100, 9100/udp or 9100-9110", false},
    {"sidecars: [{name: a, ports: 1, when: {a: b, c: d}}]\n",
     "1:38 error: 'when' wants one label or annotation", false},
    {"sidecars: [{name: a, ports: 1, port: 1}]\n",
     "1:32 warning: there is no key 'port'; did you mean 'ports'?", true},
    {"machines: [nas]\n", "1:11 error: 'machines' wants a mapping of names to inputs and context",
     false},
    {"machines: {nas: {inputs: a, context: [b]}}\n",
     "1:38 error: 'context' wants a value and not a list", false},
    {"machines: {nas: {input: a}}\n",
     "1:12 error: machine 'nas' has no 'inputs'\n"
     "1:18 warning: there is no key 'input'; did you mean 'inputs'?",
     false},
    {"machines: {nas: {inputs: [a, ../b, a]}}\n",
     "1:30 error: '../b' leaves the folder of this file\n"
     "1:36 error: 'up/a' is an input of machine 'nas' already, line 1",
     false},
    {"- fail-on\n", "1:1 error: a configuration is a mapping of keys and not a list", false},
    {"fail-on: note\n---\nfail-on: error\n", "3:1 error: a configuration is one document", false},
    {"fail-on: note\nfail-on: error\n",
     "2:1 error: the key 'fail-on' is given twice in one mapping", false},
};

static void test_bad_configurations(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(bad); i++) {
        struct world w = read_config(bad[i].text);
        if (strcmp(complaints(&w), bad[i].complaint) != 0 || w.is_good != bad[i].is_good) {
            fail_msg("%s\nis %s, and says: %s", bad[i].text, w.is_good ? "good" : "bad",
                     complaints(&w));
        }
        done(&w);
    }
}

static void test_broken_yaml_is_an_error_with_its_place(void **state)
{
    (void)state;
    struct world w = read_config("fail-on: note\nrules: [\n");
    assert_false(w.is_good);
    assert_int_equal(w.diag.findings.n, 1);
    assert_int_equal(
        kps_files_pos(&w.diag.files, 1, kps_finding_span(&w.diag, w.diag.findings.v[0]).off).line,
        3);
    done(&w);
}

static void test_values_know_their_places(void **state)
{
    (void)state;
    struct world w = read_config("fail-on: warning\nexclude: [a, 'b c']\nenv-files: "
                                 "ci.env\nbaseline: ../b.json\nnodes: 3\n");
    assert_true(w.is_good);
    const struct kps_config_values *values = w.config.values;
    assert_int_equal(values[KPS_CONFIG_FAIL_ON].n, 1);
    assert_true(kps_sv_eq(values[KPS_CONFIG_FAIL_ON].v[0].text, SV("warning")));
    assert_int_equal(values[KPS_CONFIG_FAIL_ON].v[0].at.off, 9);
    assert_int_equal(values[KPS_CONFIG_EXCLUDE].n, 2);
    assert_true(kps_sv_eq(values[KPS_CONFIG_EXCLUDE].v[1].text, SV("b c")));
    assert_true(kps_sv_eq(values[KPS_CONFIG_ENV_FILES].v[0].text, SV("up/ci.env")));
    assert_true(kps_sv_eq(values[KPS_CONFIG_BASELINE].v[0].text, SV("b.json")));
    assert_int_equal(values[KPS_CONFIG_PROFILES].n, 0);
    done(&w);
}

static void test_the_nearest_word_for_a_rule_counts(void **state)
{
    (void)state;
    /* whatever their order */
    struct world w = read_config(
        "rules:\n  compose-self-clash: note\n  KP10: on\n  KP1: false\n  KP305: ERROR\n");
    assert_true(w.is_good);
    assert_true(w.config.rules[103].has_severity && w.config.rules[103].severity == KPS_NOTE);
    assert_false(w.config.rules[101].is_off || w.config.rules[101].has_severity);
    assert_true(w.config.rules[305].has_severity && w.config.rules[305].severity == KPS_ERROR);
    assert_false(w.config.rules[201].is_off);
    done(&w);
    w = read_config("rules: {KP1: off}\n");
    assert_true(w.config.rules[101].is_off && w.config.rules[109].is_off &&
                !w.config.rules[201].is_off);
    done(&w);
}

static void test_ports_and_sidecars(void **state)
{
    (void)state;
    struct world w =
        read_config("node-reserved-ports:\n- 9100\n- 8472/udp\n- {port: 7000-7010, used-by: ceph}\n"
                    "sidecars:\n- {name: vault, ports: [8200, 8201/udp], when: {inject: 'true'}}\n"
                    "- {name: log, ports: 24224, when: fluent}\n- {name: all, ports: []}\n");
    assert_string_equal(complaints(&w), "");
    const struct kps_config *config = &w.config;
    assert_int_equal(config->n_reserved, 3);
    assert_int_equal(config->reserved[0].first, 9100);
    assert_int_equal(config->reserved[0].protocol, KPS_TCP);
    assert_int_equal(config->reserved[1].protocol, KPS_UDP);
    assert_int_equal(config->reserved[2].last, 7010);
    assert_true(kps_sv_eq(config->reserved[2].who, SV("ceph")));
    assert_int_equal(config->n_sidecars, 3);
    assert_true(kps_sv_eq(config->sidecars[0].key, SV("inject")) &&
                kps_sv_eq(config->sidecars[0].value, SV("true")));
    assert_int_equal(config->sidecars[0].n_ports, 2);
    assert_true(kps_sv_eq(config->sidecars[1].key, SV("fluent")) &&
                config->sidecars[1].value.n == 0);
    assert_int_equal(config->sidecars[2].key.n, 0);
    done(&w);
}

static void test_machines(void **state)
{
    (void)state;
    struct world w = read_config("machines:\n  nas: {inputs: [nas/, /srv/x/../y], context: lab}\n"
                                 "  pi:\n    inputs: .\n");
    assert_string_equal(complaints(&w), "");
    const struct kps_config_machine *machines = w.config.machines;
    assert_int_equal(w.config.n_machines, 2);
    assert_true(kps_sv_eq(machines[0].name, SV("nas")));
    assert_int_equal(machines[0].n_inputs, 2);
    assert_true(kps_sv_eq(machines[0].inputs[0].text, SV("up/nas")));
    assert_true(kps_sv_eq(machines[0].inputs[1].text, SV("/srv/y")));
    assert_true(kps_sv_eq(machines[0].context.text, SV("lab")));
    assert_int_equal(machines[1].n_inputs, 1);
    assert_true(kps_sv_eq(machines[1].inputs[0].text, SV("up")));
    assert_int_equal(machines[1].context.text.n, 0);
    done(&w);
}

static bool is_set(const struct kps_config *config, enum kps_config_key key)
{
    if (key == KPS_CONFIG_RULES) {
        return config->rules[305].is_off;
    }
    if (key == KPS_CONFIG_NODE_RESERVED_PORTS) {
        return config->n_reserved > 0;
    }
    if (key == KPS_CONFIG_MACHINES) {
        return config->n_machines > 0;
    }
    return key == KPS_CONFIG_SIDECARS ? config->n_sidecars > 0 : config->values[key].n > 0;
}

/* Every key is read from its example, which sets it and no other. */
static void test_every_key(void **state)
{
    static const char *const examples[KPS_CONFIG_KEYS] = {
        [KPS_CONFIG_RULES] = "rules:\n  KP305: off\n  host-port-clash: error",
        [KPS_CONFIG_FAIL_ON] = "fail-on: warning",
        [KPS_CONFIG_SEVERITY] = "severity: warning",
        [KPS_CONFIG_FORMAT] = "format: github",
        [KPS_CONFIG_SORT] = "sort: owner",
        [KPS_CONFIG_COLOR] = "color: never",
        [KPS_CONFIG_BASELINE] = "baseline: .kportscan-baseline.json",
        [KPS_CONFIG_EXCLUDE] = "exclude: [vendor, \"examples/*.yaml\"]",
        [KPS_CONFIG_PROFILES] = "profiles: [dev]",
        [KPS_CONFIG_ENV_FILES] = "env-files: [ci.env]",
        [KPS_CONFIG_NODES] = "nodes: 3",
        [KPS_CONFIG_NODE_PORT_RANGE] = "node-port-range: 30000-32767",
        [KPS_CONFIG_KUBERNETES_VERSION] = "kubernetes-version: \"1.30\"",
        [KPS_CONFIG_COMPOSE_VERSION] = "compose-version: \"2.40\"",
        [KPS_CONFIG_NAMESPACE] = "namespace: shop",
        [KPS_CONFIG_NODE_RESERVED_PORTS] =
            "node-reserved-ports:\n  - 9100\n  - {port: 8472/udp, used-by: flannel}",
        [KPS_CONFIG_SIDECARS] = "sidecars:\n  - name: vault-agent\n    ports: [8200]\n    when: "
                                "{vault.hashicorp.com/agent-inject: \"true\"}",
        [KPS_CONFIG_MACHINES] = "machines:\n  nas:\n    inputs: [nas/, media/compose.yaml]\n    "
                                "context: nas\n  pi:\n    inputs: pi/",
    };
    (void)state;
    for (size_t i = 0; i < KPS_CONFIG_KEYS; i++) {
        assert_true(kps_sv_has_head(kps_sv_of(examples[i]), kps_config_keys[i].name));
        struct world w = read_config(examples[i]);
        assert_true(w.is_good && w.diag.findings.n == 0);
        for (enum kps_config_key key = 0; key < KPS_CONFIG_KEYS; key++) {
            assert_int_equal(is_set(&w.config, key), key == i);
        }
        done(&w);
    }
}

static const struct place {
    const char *cwd, *environment, *found; /* found == NULL: nothing */
} places[] = {
    {"/repo", NULL, "/repo/.kportscan.yaml"},
    {"/repo/a/b", NULL, "/repo/.kportscan.yaml"},
    {"/repo/yml/x", NULL, "/repo/yml/.kportscan.yml"},
    {"/repo/inner", NULL, NULL},   /* a repository of its own ends the search */
    {"/repo/inner/x", NULL, NULL}, /* also from below it */
    {"/repo/inner", "XDG_CONFIG_HOME=/xdg", "/xdg/kportscan/config.yaml"},
    {"/repo/inner", "HOME=/home/me", "/home/me/.config/kportscan/config.yaml"},
    {"/repo/inner", "HOME=/home/you", NULL},
    {"/repo/inner", "XDG_CONFIG_HOME=xdg", NULL},
    {"/repo/a", "XDG_CONFIG_HOME=/xdg", "/repo/.kportscan.yaml"},
    {"/elsewhere/x", NULL, NULL},
    {"/", NULL, NULL},
};

static void test_where_the_file_is_looked_for(void **state)
{
    (void)state;
    static const struct kps_fs_mem_file files[] = {
        {SV_LIT("/repo/.git/HEAD"), SV_LIT("")},
        {SV_LIT("/repo/.kportscan.yaml"), SV_LIT("")},
        {SV_LIT("/repo/yml/.kportscan.yml"), SV_LIT("")},
        {SV_LIT("/repo/inner/.git"), SV_LIT("gitdir: x")},
        {SV_LIT("/xdg/kportscan/config.yaml"), SV_LIT("")},
        {SV_LIT("/home/me/.config/kportscan/config.yaml"), SV_LIT("")},
    };
    static const struct kps_fs_mem world = {files, KPS_COUNT(files)};
    struct kps_fs fs = kps_fs_memory(&world);
    for (size_t i = 0; i < KPS_COUNT(places); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        char *list[2] = {NULL, NULL};
        if (places[i].environment) {
            list[0] = memcpy(kps_alloc(arena, strlen(places[i].environment) + 1),
                             places[i].environment, strlen(places[i].environment));
        }
        struct kps_env env = kps_env_of(arena, list);
        struct kps_sv path = SV("");
        bool found = kps_config_find(arena, &fs, kps_sv_of(places[i].cwd), &env, &path);
        if (found != (places[i].found != NULL) || !kps_sv_eq(path, kps_sv_of(places[i].found))) {
            fail_msg("%s with %s: found '%.*s'", places[i].cwd, places[i].environment,
                     SV_ARG(path));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_configurations),
        cmocka_unit_test(test_broken_yaml_is_an_error_with_its_place),
        cmocka_unit_test(test_values_know_their_places),
        cmocka_unit_test(test_the_nearest_word_for_a_rule_counts),
        cmocka_unit_test(test_ports_and_sidecars),
        cmocka_unit_test(test_machines),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_where_the_file_is_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
