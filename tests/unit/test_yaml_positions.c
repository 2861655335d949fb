#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/tree.h"
#include "yaml/text.h"

/*
 * One file with everything that moves columns: a BOM, CRLF and LF, tabs, letters of two, three and
 * four bytes, a combining accent, aliases, merge keys, both styles, quotes, escapes, folding,
 * properties and comments.
 */
static const char text[] =
    "\xef\xbb\xbf# Gr\xc3\xb6\xc3\x9f"
    "e\r\n"
    "x-base: &base\r\n"
    "  ports: &p\t# tab\r\n"
    "    - \"8080:80\"\t# tab\r\n"
    "    - '8081:81'\t\r\n"
    "    - &q !!str 8082\r\n"
    "\xe6\x9c\x8d\xe5\x8a\xa1: # the services\n"
    "  \xf0\x9f\x9a\x80 e\xcc\x81:\n"
    "    <<: *base\n"
    "    \xc3\xa9: [\"a\xc3\xa9:1\", \xe4\xb8\xad 2, {\xf0\x9f\x9a\x80: *q , z: ''}]\n"
    "    ports: *p\n"
    "    esc: \"\\u00e9:\\\"9\"\n"
    "    fold: >-\n"
    "      one\n"
    "      \xc3\xa9two\n"
    "\n"
    "    lit: |+ # text\n"
    "      \xc3\xa9\n"
    "\n"
    "    long: plain\n"
    "      \xc3\xa9 more\n"
    "    quoted: 'x\n"
    "      y'\n"
    "    tagged: !override\n"
    "      # between\n"
    "      &t [ 1 ,\t2 ]\n"
    "    \xe2\x80\xa8" /* LINE SEPARATOR: a line break to libyaml, not to an editor */
    "    ls: {}\n"
    "    last:\n";

static void add_spans(struct kps_buf *out, struct tree *tree, const struct kps_ynode *node)
{
    if (node->kind == KPS_Y_SCALAR) {
        kps_buf_fmt(out, "'%.*s' ", SV_ARG(kps_ynode_text(node)));
    } else {
        kps_buf_fmt(out, "%s ",
                    node->kind == KPS_Y_ALIAS ? "alias"
                    : node->kind == KPS_Y_MAP ? "map"
                                              : "list");
    }
    tree_add_span(out, tree, node->span);
    kps_buf_char(out, '\n');
    for (uint32_t i = 0; node->kind != KPS_Y_ALIAS && node->kind != KPS_Y_SCALAR && i < node->n;
         i++) {
        if (node->edges[i].key) {
            kps_buf_add(out, SV("  "));
            add_spans(out, tree, node->edges[i].key);
        }
        add_spans(out, tree, node->edges[i].val);
    }
}

static void every_node_knows_its_place(void **state)
{
    static const char want[] = "map 2:1-28:10\n"
                               "  'x-base' 2:1-2:7\n"
                               "map 3:3-6:20\n"
                               "  'ports' 3:3-3:8\n"
                               "list 4:5-6:20\n"
                               "'8080:80' 4:7-4:16\n"
                               "'8081:81' 5:7-5:16\n"
                               "'8082' 6:16-6:20\n"
                               "  '\xe6\x9c\x8d\xe5\x8a\xa1' 7:1-7:3\n"
                               "map 8:3-28:10\n"
                               "  '\xf0\x9f\x9a\x80 e\xcc\x81' 8:3-8:7\n"
                               "map 9:5-28:10\n"
                               "  '\xc3\xa9' 10:5-10:6\n"
                               "list 10:8-10:38\n"
                               "'a\xc3\xa9:1' 10:9-10:15\n"
                               "'\xe4\xb8\xad 2' 10:17-10:20\n"
                               "map 10:22-10:37\n"
                               "  '\xf0\x9f\x9a\x80' 10:23-10:24\n"
                               "alias 10:26-10:28\n"
                               "  'z' 10:31-10:32\n"
                               "'' 10:34-10:36\n"
                               "  'ports' 11:5-11:10\n"
                               "alias 11:12-11:14\n"
                               "  'esc' 12:5-12:8\n"
                               "'\xc3\xa9:\"9' 12:10-12:22\n"
                               "  'fold' 13:5-13:9\n"
                               "'one \xc3\xa9two' 13:11-15:11\n"
                               "  'lit' 17:5-17:8\n"
                               "'\xc3\xa9\n\n' 17:10-18:8\n"
                               "  'long' 20:5-20:9\n"
                               "'plain \xc3\xa9 more' 20:11-21:13\n"
                               "  'quoted' 22:5-22:11\n"
                               "'x y' 22:13-23:9\n"
                               "  'tagged' 24:5-24:11\n"
                               "list 26:10-26:19\n"
                               "'1' 26:12-26:13\n"
                               "'2' 26:16-26:17\n"
                               "  'ls' 27:10-27:12\n"
                               "map 27:14-27:16\n"
                               "  'last' 28:5-28:9\n"
                               "'' 28:10-28:10\n";
    struct tree t;
    (void)state;
    tree_begin(&t, SV(text));
    const struct kps_ynode *root = tree_first(&t);
    struct kps_sv findings = tree_findings(&t);
    if (findings.n) {
        fail_msg("%.*s", SV_ARG(findings));
    }
    struct kps_buf out = KPS_BUF(t.arena);
    add_spans(&out, &t, root);
    assert_string_equal(kps_buf_sv(&out).p, want);
    tree_end(&t);
}

/* In pure ASCII there is a short way from marks to bytes; it must lead to the same places. */
static void ascii_and_not(void **state)
{
    static const char ascii[] = "a: [b, \"c\"] # e\r\nd:\r\n  - e f\r\n  - |\r\n    g\r\n";
    static const char wide[] = "a: [b, \"c\"] # \xc3\xa9\r\nd:\r\n  - e f\r\n  - |\r\n    g\r\n";
    const char *const texts[] = {ascii, wide};
    struct kps_sv spans[2];
    struct tree t[2];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        tree_begin(&t[i], kps_sv_of(texts[i]));
        struct kps_buf out = KPS_BUF(t[i].arena);
        add_spans(&out, &t[i], tree_first(&t[i]));
        spans[i] = kps_buf_sv(&out);
    }
    assert_string_equal(spans[0].p, spans[1].p);
    assert_string_equal(spans[0].p,
                        "map 1:1-5:6\n  'a' 1:1-1:2\nlist 1:4-1:12\n'b' 1:5-1:6\n'c' 1:8-1:11\n"
                        "  'd' 2:1-2:2\nlist 3:3-5:6\n'e f' 3:5-3:8\n'g\n' 4:5-5:6\n");
    tree_end(&t[0]);
    tree_end(&t[1]);
}

/* Values that nobody wrote stand behind their key, or at the top of the document. */
static void empty_values(void **state)
{
    static const struct row {
        const char *why, *text, *spans;
    } rows[] = {
        {"block", "a:\n\n# c\nb:\n",
         "map 1:1-4:3\n  'a' 1:1-1:2\n'' 1:3-1:3\n  'b' 4:1-4:2\n'' 4:3-4:3\n"},
        {"item", "-\n- a\n-\n", "list 1:1-3:2\n'' 1:2-1:2\n'a' 2:3-2:4\n'' 3:2-3:2\n"},
        {"flow", "{a, b: , c}",
         "map 1:1-1:12\n  'a' 1:2-1:3\n'' 1:3-1:3\n  'b' 1:5-1:6\n'' 1:7-1:7\n"
         "  'c' 1:10-1:11\n'' 1:11-1:11\n"},
        {"a key without ':'", "? a\n\n? b\n",
         "map 1:1-3:4\n  'a' 1:3-1:4\n'' 1:4-1:4\n  'b' 3:3-3:4\n'' 3:4-3:4\n"},
        {"a tag alone", "a: !!null\nb: 1\n",
         "map 1:1-2:5\n  'a' 1:1-1:2\n'' 1:10-1:10\n  'b' 2:1-2:2\n'1' 2:4-2:5\n"},
        {"a document", "---\n\n# nothing\n...\n", "'' 1:4-1:4\n"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        tree_begin(&t, kps_sv_of(rows[i].text));
        struct kps_buf out = KPS_BUF(t.arena);
        add_spans(&out, &t, tree_first(&t));
        if (!kps_sv_eq(kps_buf_sv(&out), kps_sv_of(rows[i].spans))) {
            fail_msg("%s:\n%s", rows[i].why, kps_buf_sv(&out).p);
        }
        tree_end(&t);
    }
}

/* Where the parts of a scalar stand: exact where the text is the source, else the whole scalar. */
static void parts_of_scalars(void **state)
{
    static const struct row {
        const char *why, *text;
        uint32_t off, len;
        const char *span;
    } rows[] = {
        {"plain", "p: 8080:80\n", 5, 2, "1:9-1:11"},
        {"all of it", "p: 8080:80\n", 0, 7, "1:4-1:11"},
        {"in double quotes", "p: \"8080:80\"\n", 0, 4, "1:5-1:9"},
        {"in single quotes", "p: '8080:80'\n", 5, 2, "1:10-1:12"},
        {"behind letters of two bytes", "p: \"\xc3\xa9:80\"\n", 3, 2, "1:7-1:9"},
        {"behind an anchor and a tag", "p: &a !!str 8080:80\n", 5, 2, "1:18-1:20"},
        {"through an alias", "o: &a 8080:80\np: *a\n", 5, 2, "1:12-1:14"},
        {"between two characters", "p: 8080:80\n", 4, 0, "1:8-1:8"},
        {"at the end", "p: 8080:80\n", 7, 0, "1:11-1:11"},
        {"an escape", "p: \"8080\\x3a80\"\n", 5, 2, "1:4-1:16"},
        {"a doubled quote", "p: 'it''s'\n", 0, 2, "1:4-1:11"},
        {"folded", "p: >-\n  8080\n  80\n", 0, 4, "1:4-3:5"},
        {"over lines", "p: 8080\n  80\n", 5, 2, "1:4-2:5"},
        {"empty", "p: ''\n", 0, 0, "1:4-1:6"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        tree_begin(&t, kps_sv_of(rows[i].text));
        const struct kps_ynode *node = kps_ynode_get(tree_first(&t), SV("p"));
        const struct kps_text *parts = kps_text_of(t.arena, node);
        struct kps_buf out = KPS_BUF(t.arena);
        tree_add_span(&out, &t, kps_text_span(parts, node->span, rows[i].off, rows[i].len));
        if (!kps_sv_eq(kps_buf_sv(&out), kps_sv_of(rows[i].span))) {
            fail_msg("%s: %s instead of %s", rows[i].why, kps_buf_sv(&out).p, rows[i].span);
        }
        assert_int_equal(kps_text_variable(parts, rows[i].off, rows[i].len), 0);
        tree_end(&t);
    }
}

/* "${A}:8${B}0${C}" with A=127.0.0.1, B empty and C=/udp, as interpolation leaves it. */
static void parts_of_expanded_scalars(void **state)
{
    static const struct kps_seg segments[] = {
        {.out = 0, .len = 9, .span = {1, 4, 4}, .via = 7},
        {.out = 9, .len = 2, .span = {1, 8, 2}, .verbatim = true},
        {.out = 11, .len = 0, .span = {1, 10, 4}, .via = 8},
        {.out = 11, .len = 1, .span = {1, 14, 1}, .verbatim = true},
        {.out = 12, .len = 4, .span = {1, 15, 4}, .via = 9},
    };
    static const struct kps_text expanded = {
        {"127.0.0.1:80/udp", 16}, segments, KPS_COUNT(segments)};
    static const struct row {
        const char *why;
        uint32_t off, len, at, n;
        kps_origin_id variable;
    } rows[] = {
        {"inside a substitution: all of it", 0, 3, 4, 4, 7},
        {"all of a substitution", 0, 9, 4, 4, 7},
        {"inside what is written", 9, 1, 8, 1, 0},
        {"a substitution and what follows", 0, 10, 4, 5, 0},
        {"over one that came out empty", 10, 2, 9, 6, 0},
        {"the last one", 13, 3, 15, 4, 9},
        {"everything", 0, 16, 4, 15, 0},
        {"nothing, at the front", 0, 0, 4, 4, 7},
        {"nothing, at the end", 16, 0, 15, 4, 9},
    };
    struct tree t;
    (void)state;
    tree_begin(&t, SV("p: \"${A}:8${B}0${C}\"\n"));
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&t.diag, t.file);
    const struct kps_ynode *root = NULL;
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_DOCUMENT);
    size_t n = 0;
    struct kps_ynode *node = kps_yaml_reader_dollars(reader, &n)[0];
    assert_int_equal(n, 1);
    kps_text_expand(node, &expanded);
    kps_yaml_reader_close(reader);
    assert_ptr_equal(kps_text_of(t.arena, kps_ynode_get(root, SV("p"))), &expanded);
    assert_int_equal(kps_ynode_type(node), KPS_T_STR);
    assert_int_equal(kps_ynode_text(node).n, 16);
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_span span = kps_text_span(&expanded, node->span, rows[i].off, rows[i].len);
        if (span.off != rows[i].at || span.len != rows[i].n) {
            fail_msg("%s: %u+%u", rows[i].why, span.off, span.len);
        }
        assert_int_equal(kps_text_variable(&expanded, rows[i].off, rows[i].len), rows[i].variable);
    }
    tree_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_place),
        cmocka_unit_test(ascii_and_not),
        cmocka_unit_test(empty_values),
        cmocka_unit_test(parts_of_scalars),
        cmocka_unit_test(parts_of_expanded_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
