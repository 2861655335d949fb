#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/fs.h"
#include "rules/text.h"
#include "texts/text.h"

/* `heading` and a blank line stand right before a section, and the text ends or goes on with the
 * next after it. */
static void check_section(const struct kps_rule_text *text, const char *heading,
                          struct kps_sv section)
{
    const char *end = text->markdown.p + text->markdown.n;
    size_t n = strlen(heading);
    assert_true(section.n > 0);
    assert_true(section.p > text->markdown.p + n && section.p + section.n < end);
    assert_memory_equal(section.p - n, heading, n);
    assert_int_equal(section.p[section.n], '\n');
    const char *next = section.p + section.n + 1;
    assert_true(next == end || strncmp(next, "\n## ", 4) == 0);
}

static void test_every_rule_has_its_file(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        struct kps_rule_text text;
        if (!kps_rule_text(arena, info->rule, &text)) {
            fail_msg("%s has no text: pkgsrc/rules/%s.md", info->id, info->id);
        }
        assert_int_equal(text.rule, info->rule);
        assert_true(text.title.n > 10 && kps_sv_find(text.title, '\n') == text.title.n);
        struct kps_sv file;
        assert_int_equal(kps_fs_os.read(&kps_fs_os, arena,
                                        kps_fmt(arena, "../pkgsrc/rules/%s.md", info->id).p,
                                        1 << 16, &file),
                         0);
        assert_true(kps_sv_eq(text.markdown, file));
        struct kps_sv head =
            kps_fmt(arena, "# %s %s\n\nSeverity: %.*s\n\n%.*s\n\n## What\n", info->id, info->name,
                    SV_ARG(text.severity), SV_ARG(text.summary));
        assert_true(kps_sv_starts(text.markdown, head));
        check_section(&text, "## What\n\n", text.what);
        check_section(&text, "## Why\n\n", text.why);
        check_section(&text, "## Example\n\n", text.example);
        check_section(&text, "## Error\n\n", text.error);
        check_section(&text, "## Fix\n\n", text.fix);
        check_section(&text, "## Ignore\n\n", text.ignore);
    }
}

static void test_pages_are_their_files(void **state)
{
    static const char *const files[] = {[KPS_TEXT_DOCKER_HOOK] = "rules/docker-hook.txt",
                                        [KPS_TEXT_HELP] = "rules/help.txt",
                                        [KPS_TEXT_HTML] = "report/html.txt"};
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (unsigned page = 1; page < KPS_COUNT(files); page++) {
        struct kps_sv file;
        assert_int_equal(kps_fs_os.read(&kps_fs_os, arena,
                                        kps_fmt(arena, "../pkgsrc/%s", files[page]).p, 1 << 16,
                                        &file),
                         0);
        assert_string_equal(kps_text_unpack(arena, page).p, kps_cstr(arena, file));
        struct kps_rule_text text;
        assert_false(kps_rule_text(arena, (enum kps_rule)page, &text));
    }
    assert_int_equal(kps_text_unpack(arena, KPS_TEXT_PAGES).n, 0);
}

static void test_rows_of_pages(void **state)
{
    static const struct {
        enum kps_text_page page;
        const char *key, *row;
    } rows[] = {
        {KPS_TEXT_KUSTOMIZE, "var_field", "fieldPath=text"}, /* behind comments */
        {KPS_TEXT_KUSTOMIZE, "var_fiel", ""},
        {KPS_TEXT_KUSTOMIZE, "", ""},
        {KPS_TEXT_YAML_ERRORS, "while scanning a tag", "the tag"},
        {KPS_TEXT_YAML_ERRORS, "while scanning a directive", "the directive"}, /* the last line */
    };
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_sv page = kps_text_unpack(arena, rows[i].page);
        struct kps_sv row = kps_text_row(page, kps_sv_of(rows[i].key));
        assert_string_equal(kps_cstr(arena, row), rows[i].row);
    }
}

static void test_page_of_phrases(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv page = kps_text_unpack(arena, KPS_TEXT_PHRASES);
    assert_true(kps_sv_starts(page, SV("address already in use\n")));
    assert_true(kps_sv_contains(page, SV("\naddress already…\n"))); /* bytes beyond ASCII */
    assert_false(kps_sv_contains(page, SV("\n\n\n")));
    assert_false(kps_sv_contains(page, SV("EADDRINUSE"))); /* a comment */
}

static void test_no_rule(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_rule_text text;
    assert_false(kps_rule_text(arena, KPS_RULE_NONE, &text));
    assert_false(kps_rule_text(arena, (enum kps_rule)100, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_has_its_file),
        cmocka_unit_test(test_pages_are_their_files), cmocka_unit_test(test_rows_of_pages),
        cmocka_unit_test(test_page_of_phrases), cmocka_unit_test(test_no_rule)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
