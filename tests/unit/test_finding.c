#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "diag/finding.h"

/* Findings stand by path, place, rule, port, message; those without a place last. */
static void test_order(void **unused)
{
    static const struct {
        const char *path;
        uint32_t off;
        enum kps_rule rule;
        uint16_t port;
        const char *message;
    } sorted[] = {
        {"a.yaml", 0, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 80, "1"},
        {"a.yaml", 9, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 80, "2"},
        {"a.yaml", 9, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 81, "3"},
        {"a.yaml", 9, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 81, "4"},
        {"a.yaml", 9, KPS_RULE_COMPOSE_PORT_INVALID, 0, "5"},
        {"b.yaml", 3, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 80, "6"},
        {NULL, 0, KPS_RULE_COMPOSE_HOST_PORT_CLASH, 80, "7"},
        {NULL, 0, KPS_RULE_INPUT_UNREADABLE, 0, "8"},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    /* 5 has no factor in common with 8, so each start gives another order */
    for (size_t start = 0; start < KPS_COUNT(sorted); start++) {
        struct kps_diag diag = {.arena = arena};
        kps_file_id b = kps_files_add(&diag.files, SV("b.yaml"), SV("0123456789"));
        kps_file_id a = kps_files_add(&diag.files, SV("a.yaml"), SV("0123456789"));
        for (size_t i = 0; i < KPS_COUNT(sorted); i++) {
            size_t k = (start + i * 5) % KPS_COUNT(sorted);
            struct kps_span span = {sorted[k].path && sorted[k].path[0] == 'a' ? a : b,
                                    sorted[k].off, 1};
            kps_origin_id at = sorted[k].path ? kps_diag_here(&diag, span) : 0;
            struct kps_finding *finding =
                kps_diag_add(&diag, sorted[k].rule, KPS_ERROR, at, "%s", sorted[k].message);
            finding->first = sorted[k].port;
            finding->last = sorted[k].port;
        }
        kps_diag_sort(&diag);
        for (size_t i = 0; i < KPS_COUNT(sorted); i++) {
            assert_string_equal(diag.findings.v[i]->message.p, sorted[i].message);
        }
        assert_int_equal(kps_finding_span(&diag, diag.findings.v[1]).off, 9);
        assert_int_equal(kps_finding_span(&diag, diag.findings.v[7]).file, 0);
        kps_diag_free(&diag);
    }
    kps_arena_free(arena);
}

static void test_parts(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_finding *finding =
        kps_diag_add(&diag, KPS_RULE_INPUT_INVALID, KPS_WARNING, 0, "%d", 1);
    assert_int_equal(finding->n_parties, 0);
    assert_int_equal(finding->certainty, KPS_CERTAIN);
    assert_null(finding->suppressed.p);
    for (uint32_t i = 0; i < 20; i++) {
        (void)kps_finding_party(finding, KPS_ROLE_OTHER, i);
        kps_finding_note(finding, "note %u", i);
        kps_finding_command(finding, SV("ls"), "help %u", i);
        kps_finding_fix(finding, SV("fix"), (struct kps_edit){{1, i, 1}, SV("x")});
    }
    assert_int_equal(finding->n_parties, 20);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(finding->parties[i].owner, i);
        assert_true(kps_sv_eq(finding->notes[i], kps_fmt(arena, "note %u", i)));
        assert_true(kps_sv_eq(finding->helps[i].text, kps_fmt(arena, "help %u", i)));
        assert_int_equal(finding->fixes[i].edit.span.off, i);
    }
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* Every rule is found by its id in any case and by its name, and the numbers rise. */
static void test_rules(void **unused)
{
    (void)unused;
    enum kps_rule before = KPS_RULE_NONE;
    size_t n = 0;
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++, n++) {
        assert_true(info->rule > before);
        before = info->rule;
        assert_ptr_equal(kps_rule_info(info->rule), info);
        assert_int_equal(kps_rule_by_name(kps_sv_of(info->id)), info->rule);
        assert_int_equal(kps_rule_by_name(kps_sv_of(info->name)), info->rule);
    }
    assert_true(n > 30);
    assert_int_equal(kps_rule_by_name(SV("kp101")), KPS_RULE_COMPOSE_HOST_PORT_CLASH);
    assert_int_equal(kps_rule_by_name(SV("KP1011")), KPS_RULE_NONE);
    assert_int_equal(kps_rule_by_name(SV("")), KPS_RULE_NONE);
    assert_null(kps_rule_info(KPS_RULE_NONE));
}

/* A text that quotes a long value ends between two characters. */
static void test_long_texts(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    char value[3 * KPS_LIMIT_FINDING_TEXT + 1];
    for (size_t i = 0; i + 1 < sizeof(value); i += 3) {
        memcpy(value + i, "\xe2\x82\xac", 4);
    }
    struct kps_finding *finding =
        kps_diag_add(&diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0, "'%s' is none", value);
    kps_finding_note(finding, "%s", value);
    kps_finding_command(finding, kps_sv_of(value), "%s", value);
    const struct kps_sv texts[] = {finding->message, finding->notes[0], finding->helps[0].text};
    for (size_t i = 0; i < KPS_COUNT(texts); i++) {
        assert_true(texts[i].n > KPS_LIMIT_FINDING_TEXT - 3);
        assert_true(texts[i].n <= KPS_LIMIT_FINDING_TEXT + 3);
        assert_int_equal(kps_utf8_check(texts[i]), texts[i].n);
        assert_true(kps_sv_ends(texts[i], SV("\xe2\x82\xac\xe2\x80\xa6")));
    }
    assert_int_equal(finding->helps[0].command.n, sizeof(value) - 1); /* half a command is none */
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* Beyond the bound findings are dropped, and one of them says so. */
static void test_total(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    kps_file_id file = kps_files_add(&diag.files, SV("a.yaml"), SV("0123456789"));
    diag.finding_bytes = KPS_LIMIT_FINDING_TOTAL - 16; /* the first one's words fit */
    for (uint32_t i = 0; i < 3; i++) {
        kps_origin_id at = kps_diag_here(&diag, (struct kps_span){file, i, 1});
        struct kps_finding *finding =
            kps_diag_add(&diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at, "number %u", i);
        kps_finding_note(finding, "a note");
        kps_finding_help(finding, "an advice");
        assert_int_equal(finding->n_parties, 1);
        assert_int_equal(finding->n_notes, 1);
        assert_int_equal(finding->n_helps, 1);
    }
    assert_true(diag.incomplete);
    assert_int_equal(diag.findings.n, 2);
    assert_int_equal(diag.findings.v[0]->rule, KPS_RULE_INPUT_INVALID);
    assert_int_equal(diag.findings.v[1]->rule, KPS_RULE_SCAN_INCOMPLETE);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* Steps that share their fields keep what is their own. */
static void test_origins(void **unused)
{
    (void)unused;
    static const struct kps_sv path = SV_LIT("ports[]");
    struct kps_origins origins = {0};
    kps_origin_id file =
        kps_origins_add(&origins, &(struct kps_origin){.step = KPS_STEP_TEMPLATE, .what = path});
    for (uint32_t i = 0; i < 4; i++) {
        const struct kps_origin step = {.span = {1, i, 2}, .what = path, .index = i};
        struct kps_origin kept = kps_origins_get(&origins, kps_origins_add(&origins, &step));
        assert_memory_equal(&kept, &step, sizeof(step));
    }
    assert_int_equal(origins.shared.n, 2);
    for (uint32_t i = 0; i < 4; i++) { /* as a party of a rendered manifest */
        const struct kps_origin step = {.span = {1, i, 2}, .up = file};
        kps_origin_id id = kps_origins_add(&origins, &step);
        kps_origins_complete(&origins, id, path, 0);
        assert_true(kps_sv_eq(kps_origins_get(&origins, id).what, path));
        assert_int_equal(kps_origins_up(&origins, id), file);
        assert_int_equal(kps_origins_span(&origins, id).off, i);
        assert_int_equal(kps_origins_step(&origins, id), KPS_STEP_HERE);
    }
    assert_int_equal(origins.shared.n, 4);
    kps_origin_id plain = kps_origins_here(&origins, (struct kps_span){1, 2, 3}, SV(""));
    assert_int_equal(kps_origins_up(&origins, plain), 0);
    kps_origins_complete(&origins, plain, SV(""), file);
    assert_int_equal(kps_origins_up(&origins, plain), file);
    assert_int_equal(kps_origins_step(&origins, file), KPS_STEP_TEMPLATE);
    kps_origins_free(&origins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),      cmocka_unit_test(test_parts),
        cmocka_unit_test(test_long_texts), cmocka_unit_test(test_total),
        cmocka_unit_test(test_rules),      cmocka_unit_test(test_origins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
