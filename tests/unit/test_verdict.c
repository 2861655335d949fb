#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "verdict/filter.h"

/* Findings on their way to the report: which are shown, and which decide the exit code. */

struct verdict {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_verdict_options options;
};

static void begin_verdict(struct verdict *v)
{
    *v = (struct verdict){.arena = kps_arena_new(),
                          .options = {.fail_on = KPS_ERROR, .least_severity = KPS_NOTE}};
    v->diag.arena = v->arena;
    (void)kps_diag_add(&v->diag, KPS_RULE_COMPOSE_HOST_PORT_CLASH, KPS_ERROR, 0, "clash");
    (void)kps_diag_add(&v->diag, KPS_RULE_EPHEMERAL_RANGE, KPS_NOTE, 0, "range");
    (void)kps_diag_add(&v->diag, KPS_RULE_COMPOSE_PORTS_UNUSED, KPS_WARNING, 0, "unused");
}

static void end_verdict(struct verdict *v)
{
    kps_diag_free(&v->diag);
    kps_arena_free(v->arena);
}

static void test_rules(void **state)
{
    struct verdict v;
    (void)state;
    begin_verdict(&v);
    assert_true(kps_rule_set_add(&v.options.ignored, SV("KP3")));
    assert_int_equal(kps_filter_read_rules(&v.diag, &v.options), 1);
    assert_int_equal(v.diag.findings.n, 2);
    v.options.selects = true;
    assert_true(kps_rule_set_add(&v.options.selected, SV("KP106")));
    assert_int_equal(kps_filter_read_rules(&v.diag, &v.options), 1);
    assert_int_equal(v.diag.findings.v[0]->rule, KPS_RULE_COMPOSE_PORTS_UNUSED);
    /* --ignore outranks --select */
    assert_true(kps_rule_set_add(&v.options.ignored, SV("KP106")));
    assert_false(kps_filter_is_selected(&v.options, KPS_RULE_COMPOSE_PORTS_UNUSED));
    end_verdict(&v);
}

static void test_levels(void **state)
{
    struct verdict v;
    (void)state;
    begin_verdict(&v);
    struct kps_config_rule *levels = KPS_NEW_N(v.arena, struct kps_config_rule, 1000);
    levels[KPS_RULE_COMPOSE_HOST_PORT_CLASH].has_severity = true;
    levels[KPS_RULE_COMPOSE_HOST_PORT_CLASH].severity = KPS_NOTE;
    levels[KPS_RULE_EPHEMERAL_RANGE].is_off = true;
    v.options.levels = levels;
    assert_true(kps_filter_fails(&v.diag, &v.options));
    assert_int_equal(kps_filter_read_rules(&v.diag, &v.options), 1);
    kps_filter_apply_levels(&v.diag, &v.options);
    assert_int_equal(v.diag.findings.v[0]->severity, KPS_NOTE);
    assert_false(kps_filter_fails(&v.diag, &v.options));
    end_verdict(&v);
}

static void test_exit_code_counts_hidden_findings(void **state)
{
    struct verdict v;
    (void)state;
    begin_verdict(&v);
    v.options.fail_on = KPS_WARNING;
    v.options.least_severity = KPS_ERROR;
    v.diag.findings.v[0]->suppressed = SV("known");
    assert_true(kps_filter_fails(&v.diag, &v.options)); /* for the warning that is not shown */
    assert_int_equal(kps_filter_severe(&v.diag, &v.options), 2);
    assert_false(kps_filter_fails(&v.diag, &v.options)); /* the error is accepted */
    v.diag.findings.v[0]->suppressed = (struct kps_sv){NULL, 0};
    assert_true(kps_filter_fails(&v.diag, &v.options));
    v.options.never_fails = true;
    assert_false(kps_filter_fails(&v.diag, &v.options));
    end_verdict(&v);
}

static void test_repeats(void **state)
{
    struct verdict v;
    (void)state;
    begin_verdict(&v);
    struct kps_ledger ledger = {.diag = &v.diag};
    kps_file_id file = kps_files_add(&v.diag.files, SV("a.yaml"), SV("port: 1\n"));
    for (size_t i = 0; i < 3; i++) {
        kps_origin_id at = kps_diag_here(&v.diag, (struct kps_span){file, 6, 1});
        enum kps_severity severity = i == 1 ? KPS_ERROR : KPS_WARNING;
        (void)kps_diag_add(&v.diag, KPS_RULE_INPUT_INVALID, severity, at, "the same");
    }
    kps_diag_sort(&v.diag);
    kps_filter_distinct(&ledger);
    assert_int_equal(v.diag.findings.n, 4); /* of the three one: the most severe */
    assert_int_equal(v.diag.findings.v[0]->severity, KPS_ERROR);
    kps_ledger_free(&ledger);
    end_verdict(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_exit_code_counts_hidden_findings),
        cmocka_unit_test(test_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
