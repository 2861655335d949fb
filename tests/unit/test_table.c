#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/table.h"

enum { NUMBER, NAME, NOTE, RAW, COLUMNS };

static const struct kps_table_column columns[COLUMNS] = {
    [NUMBER] = {.title = "NO", .key = "no", .is_right = true},
    [NAME] = {.title = "NAME", .key = "name", .may_shrink = true},
    [NOTE] = {.title = "NOTE", .is_tight = true, .may_shrink = true, .leaves = 1},
    [RAW] = {.key = "raw"},
};

static char *render(const struct kps_table_row *rows, size_t n, unsigned width, uint32_t *ret_left)
{
    struct kps_table table = {
        .columns = columns, .n_columns = COLUMNS, .rows = rows, .n = n, .has_no_head = n == 0};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    *ret_left = kps_table_text(&table, &(struct kps_style){.columns = width}, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(const struct kps_table_row *rows, size_t n, unsigned width, const char *expected)
{
    uint32_t left = 0;
    char *text = render(rows, n, width, &left);
    assert_string_equal(text, expected);
    assert_int_equal(left, 0);
    free(text);
}

static const struct kps_sv one[COLUMNS] = {SV_LIT("8"), SV_LIT("web"), SV_LIT("→ a"), SV_LIT("x")};
static const struct kps_sv two[COLUMNS] = {
    SV_LIT("8080"), SV_LIT("a-very-long-name-of-a-service-1"), SV_LIT(""), SV_LIT("")};
static const struct kps_sv wide[COLUMNS] = {SV_LIT("1"), SV_LIT("世界的网站服务器和数据库"),
                                            SV_LIT("b"), SV_LIT("")};
static const struct kps_sv marks[COLUMNS] = {SV_LIT("2"),
                                             SV_LIT("e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"
                                                    "e\xcc\x81"),
                                             SV_LIT("c"), SV_LIT("")};
static const struct kps_sv gone[COLUMNS] = {SV_LIT("lab"), SV_LIT(""), SV_LIT(""), SV_LIT("")};

static void test_text(void **state)
{
    (void)state;
    const struct kps_table_row rows[] = {
        {.cells = one}, {.cells = two, .mark = '+'}, {.cells = gone, .sentence = SV("cannot ask")}};
    expect(rows, 3, 0,
           "    NO  NAME                            NOTE\n"
           "     8  web                             → a\n"
           "+ 8080  a-very-long-name-of-a-service-1\n"
           "   lab  cannot ask\n");
    expect(rows, 2, 30,
           "    NO  NAME              NOTE\n"
           "     8  web               → a\n"
           "+ 8080  a-very-long…ice-1\n");
    expect(rows, 0, 30, "");
}

/* A wide character is never cut in half, and a combining one stays with its letter. */
static void test_widths(void **state)
{
    (void)state;
    const struct kps_table_row rows[] = {{.cells = wide}, {.cells = marks}};
    expect(rows, 2, 24,
           "  NO  NAME          NOTE\n"
           "   1  世界的网…据库 b\n"
           "   2  e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "…e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           "e\xcc\x81"
           " c\n");
}

static void test_a_column_leaves(void **state)
{
    (void)state;
    const struct kps_table_row rows[] = {{.cells = two}, {.cells = one}};
    uint32_t left = 0;
    char *text = render(rows, 2, 20, &left);
    assert_string_equal(text, "    NO  NAME\n"
                              "  8080  a-very-l…e-1\n"
                              "     8  web\n");
    assert_int_equal(left, 1U << NOTE);
    free(text);
    text = render(rows, 2, 16, &left); /* too narrow even then: names lose more */
    assert_string_equal(text, "    NO  NAME\n"
                              "  8080  a-ver…-1\n"
                              "     8  web\n");
    free(text);
}

static void test_csv_and_markdown(void **state)
{
    (void)state;
    static const struct kps_sv odd[COLUMNS] = {SV_LIT("-1"), SV_LIT("a,\"b\""), SV_LIT("x|y"),
                                               SV_LIT("@z")};
    static const struct kps_sv hidden[COLUMNS] = {SV_LIT(" =1"), SV_LIT("＝1"), SV_LIT("@org <b>"),
                                                  SV_LIT("＠z")};
    const struct kps_table_row rows[] = {
        {.cells = odd}, {.cells = hidden}, {.cells = gone, .sentence = SV("cannot ask")}};
    struct kps_table table = {.columns = columns, .n_columns = COLUMNS, .rows = rows, .n = 3};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    kps_table_csv(&table, out);
    kps_table_markdown(&table, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "no,name,raw\n"
                              "'-1,\"a,\"\"b\"\"\",'@z\n"
                              "' =1,'＝1,'＠z\n"
                              "| NO | NAME | NOTE |\n"
                              "| ---: | --- | --- |\n"
                              "| -1 | a,\"b\" | x\\|y |\n"
                              "|  =1 | ＝1 | &#64;org &lt;b\\> |\n"
                              "| lab | cannot ask |  |\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_widths),
                                       cmocka_unit_test(test_a_column_leaves),
                                       cmocka_unit_test(test_csv_and_markdown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
