#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "support/world.h"

static const struct kps_sv shop_files[] = {SV_LIT("compose.yaml"), SV_LIT("compose.override.yaml")};
static const struct kps_input shop = {
    .path = SV_LIT("compose.yaml"), .project = SV_LIT("shop"), .files = shop_files, .n_files = 2};

static json_t *report_of(struct world *world)
{
    char *text = world_render(world, kps_report_json, NULL, &shop, 1);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root) {
        fail_msg("%s at line %d of\n%s", error.text, error.line, text);
    }
    free(text);
    return root;
}

/* The value at a path like "findings.0.parties.1.name"; fails the test when there is none. */
static const json_t *at(const json_t *value, const char *path)
{
    struct kps_sv rest = kps_sv_of(path);
    while (rest.n) {
        struct kps_sv key = kps_sv_slice(rest, 0, kps_sv_find(rest, '.'));
        rest = kps_sv_from(rest, key.n + 1);
        unsigned long long index = 0;
        char name[64] = "";
        memcpy(name, key.p, key.n);
        value = kps_sv_u64(key, 1000, &index) ? json_array_get(value, (size_t)index)
                                              : json_object_get(value, name);
        if (!value) {
            fail_msg("nothing at %.*s of %s", SV_ARG(key), path);
        }
    }
    return value;
}

static void expect_at(const json_t *root, const char *path, const char *expected)
{
    char *found = json_dumps(at(root, path), JSON_ENCODE_ANY | JSON_COMPACT);
    if (strcmp(found, expected) != 0) {
        fail_msg("%s: %s, expected %s", path, found, expected);
    }
    free(found);
}

static void test_the_contract(void **state)
{
    (void)state;
    struct world *world = world_new();
    (void)world_clash(world);
    json_t *root = report_of(world);
    static const struct {
        const char *path, *expected;
    } rows[] = {
        {"format", "\"kportscan-report\""},
        {"format_version", "1"},
        {"tool", "{\"name\":\"kportscan\",\"version\":\"0.0.0\"}"},
        {"mode", "\"check\""},
        {"engine", "null"},
        {"inputs",
         "[{\"path\":\"compose.yaml\",\"kind\":\"compose\",\"project\":\"shop\",\"status\":\"ok\","
         "\"files\":[\"compose.yaml\",\"compose.override.yaml\"]}]"},
        {"claims.1",
         "{\"scope\":\"host\",\"protocol\":\"tcp\",\"address\":\"127.0.0.1\",\"first\":8080,"
         "\"last\":8080,"
         "\"take\":1,\"copies\":1,\"basis\":\"wish\",\"target\":{\"first\":3000,\"last\":3000},"
         "\"owner\":{\"kind\":\"compose-service\",\"project\":\"shop\",\"name\":\"admin\"},"
         "\"location\":{"
         "\"path\":\"compose.yaml\",\"line\":12,\"column\":10,\"end_line\":12,\"end_column\":24}}"},
        {"claims.0.address", "null"},
        {"findings.0.rule", "\"KP101\""},
        {"findings.0.name", "\"compose-host-port-clash\""},
        {"findings.0.severity", "\"error\""},
        {"findings.0.certainty", "\"certain\""},
        {"findings.0.port", "{\"protocol\":\"tcp\",\"first\":8080,\"last\":8080}"},
        {"findings.0.parties.0.role", "\"primary\""},
        {"findings.0.parties.0.kind", "\"compose-service\""},
        {"findings.0.parties.0.project", "\"shop\""},
        {"findings.0.parties.0.name", "\"admin\""},
        {"findings.0.parties.0.address", "\"127.0.0.1\""},
        {"findings.0.parties.0.target", "3000"},
        {"findings.0.parties.0.location.end_column", "24"},
        {"findings.0.parties.1.role", "\"other\""},
        {"findings.0.parties.1.address", "null"},
        {"findings.0.help.0",
         "{\"text\":\"write \\\"127.0.0.1:8081:3000\\\" (8081 is not used in this project)\"}"},
        {"findings.0.help.1.command", "\"docker compose -p shop stop web\""},
        {"findings.0.fixes",
         "[{\"title\":\"publish 8081 instead\",\"edits\":[{\"path\":\"compose.yaml\",\"line\":12,"
         "\"column\":20,\"end_line\":12,\"end_column\":24,\"text\":\"8081\"}]}]"},
        {"findings.0.fingerprint", "\"v1:6b0f4f2a91c7d8e3\""},
        {"findings.0.suppressed", "null"},
        {"summary", "{\"errors\":1,\"warnings\":0,\"notes\":0,\"suppressed\":0,\"inputs\":1,"
                    "\"inputs_failed\":0,"
                    "\"claims\":2,\"complete\":true}"},
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        expect_at(root, rows[i].path, rows[i].expected);
    }
    assert_null(json_object_get(at(root, "findings.0.parties.0"), "via"));
    json_decref(root);
    world_free(world);
}

static void test_an_empty_report_is_complete(void **state)
{
    (void)state;
    struct world *world = world_new();
    json_t *root = report_of(world);
    expect_at(root, "claims", "[]");
    expect_at(root, "findings", "[]");
    expect_at(root, "summary.complete", "true");
    json_decref(root);
    world_free(world);
}

static void test_provenance(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id yaml = world_file(world, "compose.yaml", "a: ${PORT}\n");
    kps_file_id env = world_file(world, ".env", "A=1\nB=2\nPORT=8080\n");
    const struct kps_origin steps[] = {
        {.step = KPS_STEP_HERE, .span = world_span(world, yaml, "${PORT}", 0)},
        {.step = KPS_STEP_VARIABLE, .span = world_span(world, env, "8080", 2), .what = SV("PORT")},
        {.step = KPS_STEP_MERGE_KEY},
    };
    (void)kps_diag_add(&world->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR,
                       world_chain(world, steps, 3), "m");
    json_t *root = report_of(world);
    expect_at(root, "findings.0.parties.0.via",
              "[{\"step\":\"variable\",\"what\":\"PORT\",\"path\":\".env\",\"line\":3},"
              "{\"step\":\"merge-key\",\"what\":null}]");
    /* a finding that belongs to nobody */
    expect_at(root, "findings.0.parties.0.kind", "\"unknown\"");
    expect_at(root, "findings.0.port", "null");
    assert_null(json_object_get(at(root, "findings.0.parties.0"), "address"));
    json_decref(root);
    world_free(world);
}

static void test_claims(void **state)
{
    (void)state;
    struct world *world = world_new();
    kps_file_id b = world_file(world, "b.yaml", "1 2\n");
    kps_file_id a = world_file(world, "a.yaml", "1 2\n");
    kps_owner_id web = world_service(world, "shop", "web");
    (void)world_wish(world, web, kps_diag_here(&world->diag, (struct kps_span){b, 2, 1}), NULL, 82,
                     0);
    (void)world_wish(world, web, kps_diag_here(&world->diag, (struct kps_span){b, 0, 1}), "::", 81,
                     80);
    (void)world_wish(world, web, kps_diag_here(&world->diag, (struct kps_span){a, 0, 1}), NULL, 80,
                     80);
    (void)world_wish(world, web, 0, NULL, 83, 80);
    (void)world_wish(world, web, 0, NULL, 84, 80);
    world->ledger.claims.v[4].flags = KPS_CLAIM_DERIVED;
    (void)world_wish(world, web, 0, NULL, 85, 80);
    world->ledger.claims.v[5].flags = KPS_CLAIM_DISCARDED;
    struct kps_claim random = world->ledger.claims.v[3];
    random.first = random.last = 0;
    random.take = 0;
    random.netns = kps_ledger_netns(&world->ledger, KPS_NETNS_PRIVATE, SV("pod"));
    (void)kps_ledger_claim(&world->ledger, &random);
    json_t *root = report_of(world);
    assert_int_equal(json_array_size(at(root, "claims")), 6);
    expect_at(root, "claims.3.first", "80");
    expect_at(root, "claims.4.first", "81");
    expect_at(root, "claims.4.address", "\"::\"");
    expect_at(root, "claims.5.first", "82");
    expect_at(root, "claims.5.target", "null");
    expect_at(root, "claims.0.location", "null");
    expect_at(root, "claims.1.discarded", "true");
    assert_null(json_object_get(at(root, "claims.0"), "discarded"));
    expect_at(root, "claims.2.scope", "\"netns:pod\"");
    expect_at(root, "claims.2.first", "null");
    expect_at(root, "claims.2.last", "null");
    expect_at(root, "claims.2.take", "1");
    expect_at(root, "summary.claims", "6");
    json_decref(root);
    world_free(world);
}

/* A range of ports onto a range of targets: the target is that of the port in question. */
static void test_the_target_of_a_range(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_finding *finding = world_clash(world);
    struct kps_claim *claim = &world->ledger.claims.v[finding->parties[0].claim - 1];
    claim->first = 8075;
    claim->last = 8084;
    claim->take = 10;
    claim->target_first = 100;
    claim->target_last = 109;
    json_t *root = report_of(world);
    expect_at(root, "findings.0.parties.0.target", "105");
    json_decref(root);
    claim->target_last = 101;
    root = report_of(world);
    expect_at(root, "findings.0.parties.0.target", "null");
    json_decref(root);
    world_free(world);
}

static void test_suppressed(void **state)
{
    (void)state;
    struct world *world = world_new();
    struct kps_finding *finding = world_clash(world);
    finding->suppressed = SV("started one at a time");
    finding->suppressed_by = KPS_SUPPRESSED_BY_COMMENT;
    finding->suppressed_at = world_span(world, 1, "8443", 5);
    json_t *root = report_of(world);
    expect_at(root, "findings.0.suppressed",
              "{\"kind\":\"comment\",\"reason\":\"started one at a "
              "time\",\"location\":{\"path\":\"compose.yaml\","
              "\"line\":6,\"column\":10,\"end_line\":6,\"end_column\":14}}");
    expect_at(root, "summary.errors", "0");
    expect_at(root, "summary.suppressed", "1");
    json_decref(root);
    finding->suppressed = SV("");
    finding->suppressed_by = KPS_SUPPRESSED_BY_BASELINE;
    finding->suppressed_at = (struct kps_span){0, 0, 0};
    root = report_of(world);
    expect_at(root, "findings.0.suppressed",
              "{\"kind\":\"baseline\",\"reason\":null,\"location\":null}");
    json_decref(root);
    world_free(world);
}

static void test_failed_inputs(void **state)
{
    (void)state;
    struct world *world = world_new();
    static const struct kps_input inputs[] = {
        {.path = SV_LIT("a"), .status = KPS_INPUT_PARTIAL, .error = SV_LIT("half")},
        {.path = SV_LIT("b"), .kind = KPS_INPUT_KUBERNETES, .status = KPS_INPUT_FAILED},
    };
    char *text = world_render(world, kps_report_json, NULL, inputs, 2);
    json_t *root = json_loads(text, 0, NULL);
    expect_at(root, "inputs.0.status", "\"partial\"");
    expect_at(root, "inputs.0.error", "\"half\"");
    expect_at(root, "inputs.1.kind", "\"kubernetes\"");
    expect_at(root, "inputs.1.error", "null");
    expect_at(root, "inputs.1.project", "null");
    expect_at(root, "inputs.1.files", "[]");
    expect_at(root, "summary.inputs_failed", "1");
    expect_at(root, "summary.complete", "false");
    json_decref(root);
    free(text);
    world_free(world);
}

static const struct hostile {
    const char *why;
    struct kps_sv bytes;
    const char *expected; /* as JSON with escapes */
} hostile[] = {
    {"a byte that is no UTF-8", SV_LIT("a\xff"), "\"a\\uFFFD\""},
    {"a cut character", SV_LIT("\xe5\x90"), "\"\\uFFFD\\uFFFD\""},
    {"an encoded surrogate", SV_LIT("\xed\xa0\x80"), "\"\\uFFFD\\uFFFD\\uFFFD\""},
    {"an overlong slash", SV_LIT("\xc0\xaf"), "\"\\uFFFD\\uFFFD\""},
    {"a NUL byte", SV_LIT("a\0b"), "\"a\\u0000b\""},
    {"quotes and escapes", SV_LIT("\"\\\x1b\n"), "\"\\\"\\\\\\u001B\\n\""},
    {"a C1 control, which some terminals obey", SV_LIT("\xc2\x9b[2J"), "\"\\u009B[2J\""},
    {"a right-to-left override", SV_LIT("\xe2\x80\xae"), "\"\\u202E\""},
    {"beyond the basic plane", SV_LIT("\xf0\x9f\x90\xb3"), "\"\\uD83D\\uDC33\""},
};

static void test_hostile_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(hostile); i++) {
        struct world *world = world_new();
        (void)world_clash(world);
        kps_ledger_change_ties(&world->ledger, 1)->name = hostile[i].bytes;
        world->diag.files.list.v[0].path = hostile[i].bytes;
        world->diag.findings.v[0]->message = hostile[i].bytes;
        char *text = world_render(world, kps_report_json, NULL, &shop, 1);
        assert_int_equal(kps_utf8_check(kps_sv_of(text)), strlen(text));
        for (size_t byte = 0; byte < strlen(text);) {
            int32_t c = kps_utf8_next(kps_sv_of(text), &byte);
            assert_true(c == '\n' || !kps_utf8_is_unsafe(c));
        }
        free(text);
        json_t *root = report_of(world);
        char *found =
            json_dumps(at(root, "findings.0.message"), JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
        if (strcmp(found, hostile[i].expected) != 0) {
            fail_msg("%s: %s", hostile[i].why, found);
        }
        assert_true(
            json_equal(at(root, "findings.0.message"), at(root, "findings.0.parties.1.name")));
        assert_true(json_equal(at(root, "findings.0.message"), at(root, "claims.0.location.path")));
        free(found);
        json_decref(root);
        world_free(world);
    }
}

static void test_harmless_letters_stay_readable(void **state)
{
    (void)state;
    struct world *world = world_new();
    world_clash(world)->message = SV("größer 名前");
    char *text = world_render(world, kps_report_json, NULL, &shop, 1);
    assert_non_null(strstr(text, "\"größer 名前\""));
    free(text);
    world_free(world);
}

static void test_two_runs_are_equal(void **state)
{
    (void)state;
    char *texts[2];
    for (int i = 0; i < 2; i++) {
        struct world *world = world_new();
        (void)world_clash(world);
        texts[i] = world_render(world, kps_report_json, NULL, &shop, 1);
        world_free(world);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_contract),
        cmocka_unit_test(test_an_empty_report_is_complete),
        cmocka_unit_test(test_provenance),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_the_target_of_a_range),
        cmocka_unit_test(test_suppressed),
        cmocka_unit_test(test_failed_inputs),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_harmless_letters_stay_readable),
        cmocka_unit_test(test_two_runs_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
