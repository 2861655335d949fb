#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "suppress/baseline.h"
#include "suppress/place.h"
#include "suppress/suppress.h"
#include "yaml/comments.h"

struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_suppress suppress;
};

static void start(struct world *w, struct kps_sv text)
{
    *w = (struct world){.arena = kps_arena_new()};
    w->diag.arena = w->arena;
    w->suppress.diag = &w->diag;
    (void)kps_files_add(&w->diag.files, SV("in.yaml"), kps_sv_copy(w->arena, text));
}

static void done(struct world *w)
{
    kps_suppress_free(&w->suppress);
    kps_diag_free(&w->diag);
    kps_arena_free(w->arena);
}

static const struct comment {
    const char *text, *found; /* the comments with "here", as line:column, separated by blanks */
} comments[] = {
    {"# here\n", "1:1"},
    {"a: b # here", "1:6"},
    {"a: b# here\n", ""},
    {"a: # here\r\n  b # here too\r\n", "1:4 2:5"},
    {"a: 'x # here' # here\n", "1:15"},
    {"a: \"x\n  # here\n  y\"\n# here\n", "4:1"},
    {"a: |\n  # here\n# here\n", "3:1"},
    {"a: >-\n  x\n\n  # here\n b: 1\n", ""},
    {"a: |2+ # here\n    # here\n", "1:8"},
    {"[a, # here\n b] # here\n", "1:5 2:5"},
    {"{a: 1} # her\n", ""},
    {"é: \"世\" # here é\n# here\n", "1:8 2:1"},
    {"\xef\xbb\xbf# here\n", "1:1"},
    {"%YAML 1.1\n---\n# here\na: b\n... # here\n--- # here\nc # here\n", "3:1 5:5 6:5 7:3"},
    /* a document that is no YAML does not hide the others */
    {"a: b # here\n---\n\t- {: # here\n---\nc: d # here\n", "1:6 5:6"},
    {"key: plain\n  goes on # here\n", "2:11"},
    {"? a # here\n: b # here\n", "1:5 2:5"},
    {"- &x !t # here\n  a\n- *x # here\n", "1:9 3:6"},
    {"a: b # here\xc2\x85"
     "c: d # here\n",
     "1:6 1:18"}, /* NEL ends a line */
    {"here", ""},
    {"", ""},
};

static void test_comments_are_what_no_token_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(comments); i++) {
        struct world w;
        struct kps_yaml_comments found = {0};
        start(&w, kps_sv_of(comments[i].text));
        kps_yaml_comments_find(&w.diag, 1, SV("here"), &found);
        struct kps_buf out = KPS_BUF(w.arena);
        for (uint32_t k = 0; k < found.list.n; k++) {
            struct kps_pos at = kps_files_pos(&w.diag.files, 1, found.list.v[k].off);
            kps_buf_fmt(&out, "%s%u:%u", k ? " " : "", at.line, at.col);
        }
        if (strcmp(kps_cstr(w.arena, kps_buf_sv(&out)), comments[i].found) != 0) {
            fail_msg("%s\nfound %.*s, not %s", comments[i].text, SV_ARG(kps_buf_sv(&out)),
                     comments[i].found);
        }
        kps_vec_free(&found.list);
        done(&w);
    }
}

static const struct covered {
    const char *text, *covers; /* the finding of the comment */
} covered[] = {
    {"a: b # kportscan: ignore KP1\n  c: d\nx: y\n", "a: b # kportscan: ignore KP1\n  c: d"},
    {"# kportscan: ignore KP1\n# more\na:\n  - b\n\n  - c\n\nx: y\n", "a:\n  - b\n\n  - c"},
    {"l:\n  # kportscan: ignore KP1\n  - a: 1\n    b: 2\n  - c\n", "  - a: 1\n    b: 2"},
    {"l:\r\n- a # kportscan: ignore KP1\r\n- b\r\n", "- a # kportscan: ignore KP1"},
    {"# kportscan: ignore KP1\n\na: b\n", ""},
    {"a: b\n# kportscan: ignore KP1\n", ""},
    {"a: b\n# kportscan: ignore-file KP1 -- x\n", "a: b\n# kportscan: ignore-file KP1 -- x\n"},
};

static void test_what_a_comment_covers(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(covered); i++) {
        struct world w;
        start(&w, kps_sv_of(covered[i].text));
        kps_suppress_read(&w.suppress, 1, false);
        assert_int_equal(w.suppress.entries.n, 1);
        struct kps_span span = w.suppress.entries.v[0].covers;
        struct kps_sv text =
            kps_sv_slice(kps_sv_of(covered[i].text), span.off, span.off + span.len);
        if (!kps_sv_eq(text, kps_sv_of(covered[i].covers))) {
            fail_msg("%s\ncovers '%.*s'", covered[i].text, SV_ARG(text));
        }
        done(&w);
    }
}

/* The index finds what a look at every entry finds, for any way that what they cover may lie. */
static void test_the_index_finds_all(void **state)
{
    (void)state;
    enum { BYTES = 60, ENTRIES = 12, ROUNDS = 500 };
    static const char text[BYTES + 1];
    srand(7);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct world w;
        start(&w, (struct kps_sv){text, BYTES});
        (void)kps_files_add(&w.diag.files, SV("other.yaml"), (struct kps_sv){text, BYTES});
        for (unsigned i = 0; i < ENTRIES; i++) {
            uint32_t off = 1 + (uint32_t)rand() % (BYTES - 1);
            uint32_t len = (uint32_t)rand() % (BYTES - off);
            *kps_vec_push(&w.suppress.entries) = (struct kps_suppress_entry){
                .rule = SV("KP1"), .covers = {1 + (uint32_t)rand() % 2, off, len}};
        }
        static const uint32_t projects[3];
        struct kps_suppress_places places = kps_suppress_index(w.arena, &w.suppress, projects);
        assert_int_equal(places.n, ENTRIES);
        for (uint32_t at = 0; at < 2 * BYTES; at++) {
            struct kps_span place = {1 + at / BYTES, at % BYTES, 1};
            unsigned expected = 0;
            for (unsigned i = 0; i < ENTRIES; i++) {
                expected += kps_suppress_covers(w.suppress.entries.v[i].covers, place);
            }
            struct kps_suppress_hits hits = kps_suppress_at(&places, place);
            unsigned found = 0;
            for (uint32_t i = 0; (i = kps_suppress_next(&places, &hits)) != UINT32_MAX;) {
                assert_true(kps_suppress_covers(w.suppress.entries.v[i].covers, place));
                found++;
            }
            assert_int_equal(found, expected);
        }
        done(&w);
    }
}

static struct kps_sv repeated(struct kps_arena *arena, const char *text, unsigned times)
{
    struct kps_buf out = KPS_BUF(arena);
    for (unsigned i = 0; i < times; i++) {
        kps_buf_add(&out, kps_sv_of(text));
    }
    return kps_buf_sv(&out);
}

static void test_too_many_are_an_error(void **state)
{
    (void)state;
    static const char *const texts[] = {"a: b # kportscan: ignore KP1\n",
                                        "---\n# kportscan: ignore KP1\na: b\n",
                                        "# kportscan: ignore-file KP1 KP2 KP3\n"};
    for (size_t i = 0; i < KPS_COUNT(texts); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct world w;
        start(&w, repeated(arena, texts[i], KPS_SUPPRESS_MOST + 5));
        kps_suppress_read(&w.suppress, 1, false);
        assert_true(w.suppress.failed);
        assert_int_equal(w.suppress.entries.n, KPS_SUPPRESS_MOST);
        assert_int_equal(w.diag.findings.n, 1);
        done(&w);
    }
}

static void test_a_baseline_counts(void **state)
{
    (void)state;
    struct world w;
    start(&w, SV("{\"format\": \"kportscan-baseline\", \"format_version\": 1, \"findings\": [\n"
                 "{\"fingerprint\": \"v1:0000000000000001\", \"count\": 2},\n"
                 "{\"fingerprint\": \"v1:0000000000000001\"},\n"
                 "{\"fingerprint\": \"v1:00000000000000ff\", \"rule\": \"KP301\"}]}"));
    struct kps_baseline baseline;
    assert_true(kps_baseline_read(&w.diag, 1, &baseline));
    assert_int_equal(baseline.n, 2);
    assert_int_equal(baseline.entries[0].count, 3);
    for (unsigned i = 0; i < 4; i++) {
        kps_diag_add(&w.diag, KPS_RULE_COMPOSE_SELF_CLASH, KPS_ERROR, 0, "a")->fingerprint = 1;
    }
    kps_diag_add(&w.diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0, "b")->fingerprint = 0xff;
    kps_baseline_apply(&w.diag, &baseline);
    assert_non_null(w.diag.findings.v[2]->suppressed.p);
    assert_null(w.diag.findings.v[3]->suppressed.p); /* one more than is known */
    assert_null(
        w.diag.findings.v[4]->suppressed.p); /* an input that cannot be judged is never fine */
    struct kps_rule_set judged = {{false}};
    kps_baseline_report_stale(&w.diag, &baseline, &judged);
    assert_int_equal(w.diag.findings.n, 5); /* KP301 could not be found */
    judged.has[KPS_RULE_HOST_PORT_TAKEN] = true;
    kps_baseline_report_stale(&w.diag, &baseline, &judged);
    assert_int_equal(w.diag.findings.n, 6);
    assert_int_equal(w.diag.findings.v[5]->rule, KPS_RULE_UNUSED_SUPPRESSION);
    done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments_are_what_no_token_is),
        cmocka_unit_test(test_what_a_comment_covers),
        cmocka_unit_test(test_the_index_finds_all),
        cmocka_unit_test(test_too_many_are_an_error),
        cmocka_unit_test(test_a_baseline_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
