#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "support/tree.h"

static void assert_sv(struct kps_sv got, const char *want, const char *why)
{
    if (!kps_sv_eq(got, kps_sv_of(want))) {
        fail_msg("%s:\n  got  '%.*s'\n  want '%s'", why, SV_ARG(got), want);
    }
}

/* The types and values of Go's yaml.v3 (its resolve_test and spec compose §1.1). */
static void types_follow_yaml_v3(void **state)
{
    static const struct row {
        const char *why, *text;
        enum kps_ytype type;
        bool has_int;
        int64_t value;
    } rows[] = {
        {"nothing", "", KPS_T_NULL, false, 0},
        {"tilde", "~", KPS_T_NULL, false, 0},
        {"word", "null", KPS_T_NULL, false, 0},
        {"capital", "Null", KPS_T_NULL, false, 0},
        {"shout", "NULL", KPS_T_NULL, false, 0},
        {"other case is a string", "nULL", KPS_T_STR, false, 0},
        {"true", "true", KPS_T_BOOL, false, 0},
        {"False", "False", KPS_T_BOOL, false, 0},
        {"TRUE", "TRUE", KPS_T_BOOL, false, 0},
        {"YAML 1.1's yes is a string", "yes", KPS_T_STR, false, 0},
        {"YAML 1.1's on is a string", "on", KPS_T_STR, false, 0},
        {"YAML 1.1's n is a string", "n", KPS_T_STR, false, 0},
        {"decimal", "3000", KPS_T_INT, true, 3000},
        {"zero", "0", KPS_T_INT, true, 0},
        {"minus", "-80", KPS_T_INT, true, -80},
        {"plus", "+80", KPS_T_INT, true, 80},
        {"hexadecimal", "0x50", KPS_T_INT, true, 80},
        {"hexadecimal, upper case", "0X5a", KPS_T_INT, true, 90},
        {"octal of YAML 1.2", "0o100", KPS_T_INT, true, 64},
        {"octal of YAML 1.1", "0100", KPS_T_INT, true, 64},
        {"binary", "0b101", KPS_T_INT, true, 5},
        {"negative hexadecimal", "-0x10", KPS_T_INT, true, -16},
        {"a sign behind 0o, which yaml.v3 reads too", "0o-7", KPS_T_INT, true, -7},
        {"but not behind 0x", "0x-7", KPS_T_STR, false, 0},
        {"underscores", "8_0", KPS_T_INT, true, 80},
        {"underscores anywhere", "8__0_", KPS_T_INT, true, 80},
        {"an underscore in front", "_80", KPS_T_STR, false, 0},
        {"not octal, so a float", "0800", KPS_T_FLOAT, false, 0},
        {"08 as well", "08", KPS_T_FLOAT, false, 0},
        {"0o8 is nothing", "0o8", KPS_T_STR, false, 0},
        {"a prefix alone", "0x", KPS_T_STR, false, 0},
        {"largest int64", "9223372036854775807", KPS_T_INT, true, INT64_MAX},
        {"smallest int64", "-9223372036854775808", KPS_T_INT, true, INT64_MIN},
        {"a uint64 is an integer that does not fit", "18446744073709551615", KPS_T_INT, false, 0},
        {"with a plus it is a float", "+18446744073709551615", KPS_T_FLOAT, false, 0},
        {"beyond uint64 it is a float", "18446744073709551616", KPS_T_FLOAT, false, 0},
        {"fraction", "80.5", KPS_T_FLOAT, false, 0},
        {"exponent", "8e1", KPS_T_FLOAT, false, 0},
        {"exponent with sign", "8E+1", KPS_T_FLOAT, false, 0},
        {"no digit behind the dot", "8.", KPS_T_FLOAT, false, 0},
        {"no digit before the dot", ".5", KPS_T_FLOAT, false, 0},
        {"negative fraction", "-.5", KPS_T_FLOAT, false, 0},
        {"a dot alone", ".", KPS_T_STR, false, 0},
        {"an exponent without digits", "8e", KPS_T_STR, false, 0},
        {"beyond a double", "1e999", KPS_T_STR, false, 0},
        {"tiny is no overflow", "1e-999", KPS_T_FLOAT, false, 0},
        {"zero has no size", "0e999", KPS_T_FLOAT, false, 0},
        {"infinity", ".inf", KPS_T_FLOAT, false, 0},
        {"negative infinity", "-.Inf", KPS_T_FLOAT, false, 0},
        {"not a number", ".NaN", KPS_T_FLOAT, false, 0},
        {"Go's name for it is a string", "nan", KPS_T_STR, false, 0},
        {"no sexagesimal numbers", "22:22", KPS_T_STR, false, 0},
        {"ports", "8080:80", KPS_T_STR, false, 0},
        {"a range", "3000-3005", KPS_T_STR, false, 0},
        {"an address", "127.0.0.1", KPS_T_STR, false, 0},
        {"a dash", "-x", KPS_T_STR, false, 0},
        {"a date", "2024-01-02", KPS_T_STR, false, 0},
        {"double quotes", "\"80\"", KPS_T_STR, false, 0},
        {"single quotes", "'true'", KPS_T_STR, false, 0},
        {"literal", "|\n  80", KPS_T_STR, false, 0},
        {"folded", ">-\n  80", KPS_T_STR, false, 0},
        {"a tag decides: string", "!!str 80", KPS_T_STR, false, 0},
        {"a tag decides: integer in quotes", "!!int \"0x50\"", KPS_T_INT, true, 80},
        {"a tag decides: float", "!!float 80", KPS_T_FLOAT, false, 0},
        {"a tag in full", "!<tag:yaml.org,2002:str> 80", KPS_T_STR, false, 0},
        {"the tag '!' counts for nothing", "! 80", KPS_T_INT, true, 80},
        {"a tag of Compose", "!override 80", KPS_T_STR, false, 0},
        {"a tag and no text", "!!null", KPS_T_NULL, false, 0},
        {"list", "[1]", KPS_T_SEQ, false, 0},
        {"mapping", "{a: 1}", KPS_T_MAP, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        struct kps_arena *arena = kps_arena_new();
        tree_begin(&t, kps_fmt(arena, "v: %s\n", rows[i].text));
        const struct kps_ynode *value = kps_ynode_get(tree_first(&t), SV("v"));
        int64_t number = -1;
        assert_non_null(value);
        if (kps_ynode_type(value) != rows[i].type) {
            fail_msg("%s: '%s' is %s", rows[i].why, rows[i].text,
                     kps_ynode_type_name(kps_ynode_type(value)));
        }
        bool has_int = kps_ynode_int(value, &number);
        if (has_int != rows[i].has_int || (has_int && number != rows[i].value)) {
            fail_msg("%s: '%s' is %lld", rows[i].why, rows[i].text, (long long)number);
        }
        assert_int_equal(t.diag.findings.n, 0);
        tree_end(&t);
        kps_arena_free(arena);
    }
}

/* Documents without a fault, and the tree they give. */
static void trees(void **state)
{
    static const struct row {
        const char *why, *text, *tree;
    } rows[] = {
        {"scalar", "a", "a"},
        {"empty document", "---\n", ""},
        {"nested", "a:\n  - b\n  - c: d\n    e:\n", "{a=[b; {c=d; e=}]}"},
        {"JSON", "{\"a\": [1, {\"b\\u0041\": null}], \"c\": \"\\/\"}", "{a=[1; {bA=null}]; c=/}"},
        {"a pair in a list", "[a: b, c]", "[{a=b}; c]"},
        {"folded", "a: >\n  b\n  c\n\n  d\n", "{a=b c\nd\n}"},
        {"literal, kept", "a: |+\n  b\n   c\n\n", "{a=b\n c\n\n}"},
        {"plain over lines", "a: b\n  c\n\n  d\n", "{a=b c\nd}"},
        {"quoted over lines", "a: \"b\n  c\\\n  d\"\n", "{a=b cd}"},
        {"a quote in quotes", "a: 'it''s'\n", "{a=it's}"},
        {"alias", "a: &x [1]\nb: *x\n", "{a=[1]; b=*([1])}"},
        {"an anchor given again", "- &x 1\n- *x\n- &x 2\n- *x\n", "[1; *(1); 2; *(2)]"},
        {"anchor on a key", "&k a: 1\nb: *k\n", "{a=1; b=*(a)}"},
        {"alias as a key", "a: &k x\n*k : 1\n", "{a=x; x=1}"},
        {"an anchor on a mapping, another on its key", "a: &m\n  &k b: 1\nc: *m\nd: *k\n",
         "{a={b=1}; c=*({b=1}); d=*(b)}"},
        {"a key that is a number and its text differ", "1: a\n01: b\n", "{1=a; 01=b}"},
        {"CRLF", "a: 1\r\nb: |\r\n  c\r\n", "{a=1; b=c\n}"},
        {"CR alone", "a: 1\rb: 2\r", "{a=1; b=2}"},
        {"a BOM in a string", "a: \"x\n  \xef\xbb\xbfy\"\n", "{a=x \xef\xbb\xbfy}"},
        {"a '?' where it does no harm", "a: http://h/p?q=1\nb: [\"http://h/p?q=1\"]\n",
         "{a=http://h/p?q=1; b=[http://h/p?q=1]}"},
        {"merge", "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", "{a={x=1}; b={y=2; x@3:7=1}}"},
        {"own keys win before and after", "a: &a {x: 1, y: 2}\nb: {x: 8, <<: *a, y: 9}\n",
         "{a={x=1; y=2}; b={x=8; y=9}}"},
        {"the first merge wins", "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b]}\n",
         "{a={x=1; y=1}; b={x=2; z=2}; c={x@3:10=1; y@3:10=1; z@3:14=2}}"},
        {"merges of merges, innermost first", "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n",
         "{a={x=1}; b={y=2; x@2:12=1}; c={y@3:9=2; x@2:12@3:9=1}}"},
        {"a mapping written in place", "a: {<<: {x: 1}, y: 2}\n", "{a={y=2; x@1:9=1}}"},
        {"an empty list of merges", "a: {<<: [], y: 2}\n", "{a={y=2}}"},
        {"a quoted << is a key", "a: &a {x: 1}\nb: {\"<<\": *a}\n", "{a={x=1}; b={<<=*({x=1})}}"},
        {"so is a tagged one", "a: &a {x: 1}\nb: {!!str <<: *a}\n", "{a={x=1}; b={<<=*({x=1})}}"},
        {"!!merge says what it is", "a: &a {x: 1}\nb: {!!merge <<: *a}\n",
         "{a={x=1}; b={x@2:17=1}}"},
        {"an alias of << is a key", "- &m <<\n- *m : {x: 1}\n", "[<<; {<<={x=1}}]"},
        {"merged values stay aliases", "a: &a {x: &x [1], y: *x}\nb: {<<: *a}\n",
         "{a={x=[1]; y=*([1])}; b={x@2:9=[1]; y@2:9=*([1])}}"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        tree_begin(&t, kps_sv_of(rows[i].text));
        const struct kps_ynode *root = tree_first(&t);
        assert_sv(tree_findings(&t), "", rows[i].why);
        assert_non_null(root);
        assert_sv(tree_text(&t, root), rows[i].tree, rows[i].why);
        tree_end(&t);
    }
}

/* Faults that reading goes on behind: what is reported, and what the tree is then. */
static void flawed_documents(void **state)
{
    static const struct row {
        const char *why, *text, *tree, *findings;
    } rows[] = {
        {"duplicate key: the later value, the earlier place", "a: 1\nb: 2\na: 3\n", "{a=3; b=2}",
         "3:1 the key 'a' is given twice in one mapping (1:1 the first one is here)"},
        {"quotes make no difference", "{a: 1, \"a\": 2}", "{a=2}",
         "1:8 the key 'a' is given twice in one mapping (1:2 the first one is here)"},
        {"nor do escapes", "{a: 1, \"\\x61\": 2}", "{a=2}",
         "1:8 the key 'a' is given twice in one mapping (1:2 the first one is here)"},
        {"three times", "a: 1\na: 2\na: 3\n", "{a=3}",
         "2:1 the key 'a' is given twice in one mapping (1:1 the first one is here)\n"
         "3:1 the key 'a' is given twice in one mapping (2:1 the first one is here)"},
        {"two merge keys", "a: &a {x: 1}\nb:\n  <<: *a\n  <<: {y: 2}\n", "{a={x=1}; b={y@4:7=2}}",
         "4:3 the key '<<' is given twice in one mapping (3:3 the first one is here)"},
        {"the same key in two mappings is fine", "a: {x: 1}\nb: {x: 1}\nb: 2", "{a={x=1}; b=2}",
         "3:1 the key 'b' is given twice in one mapping (2:1 the first one is here)"},
        {"unknown anchor", "a: *x\nb: 1\n", "{a=; b=1}",
         "1:4 '*x' names an anchor that is not defined before it"},
        {"an anchor that comes later", "a: *x\nb: &x 1\n", "{a=; b=1}",
         "1:4 '*x' names an anchor that is not defined before it"},
        {"an alias into itself", "a: &x [1, *x]\n", "{a=[1; ]}",
         "1:11 '*x' stands inside the value that it names (1:7 the value named '&x')"},
        {"a merge of itself", "a: &x\n  <<: *x\n  b: 1\n", "{a={b=1}}",
         "2:7 '*x' stands inside the value that it names (2:3 the value named '&x')"},
        {"a merge of nothing, told once", "a: {<<: *x}\n", "{a={}}",
         "1:9 '*x' names an anchor that is not defined before it"},
        {"a merge of a string", "a: {<<: b, c: 1}\n", "{a={c=1}}",
         "1:9 '<<' needs a mapping or a list of mappings, this is a string"},
        {"a merge of null", "a:\n  <<:\n  c: 1\n", "{a={c=1}}",
         "2:6 '<<' needs a mapping or a list of mappings, this is null"},
        {"a merge of an aliased list", "l: &l [{x: 1}]\na: {<<: *l}\n", "{l=[{x=1}]; a={}}",
         "2:9 '<<' needs a mapping or a list of mappings, this is a list"},
        {"one bad merge of two", "a: {<<: [1, {x: 1}]}\n", "{a={x@1:13=1}}",
         "1:10 '<<' needs a mapping or a list of mappings, this is an integer"},
        {"a list as a key", "? [a]\n: b\nc: d\n", "{c=d}",
         "1:3 a list cannot be the key of a mapping"},
        {"a template", "a: {{ x }}\nb: 1", "{a={}; b=1}",
         "1:5 a mapping cannot be the key of a mapping"},
        {"a '?' that Go's yaml.v3 stumbles over", "a: [x, http://h/p?q=1]\n",
         "{a=[x; http://h/p?q=1]}", "1:8 a text inside brackets holds a '?' and has no quotes"},
        {"a version that Go's yaml.v3 refuses", "%YAML 1.2\n---\na: 1\n", "{a=1}",
         "1:1 the file declares YAML 1.2, only 1.1 is read"},
        {"an integer tag on a word", "a: !!int abc\n", "{a=abc}",
         "1:10 'abc' is a string, and its tag '!!int' says otherwise"},
        {"a tag on nothing, one on what fits", "a: !!bool\nb: !!float 1\n", "{a=; b=1}",
         "1:10 '' is null, and its tag '!!bool' says otherwise"},
        {"an alias of a mapping as a key", "a: &a {}\n*a : 1\n", "{a={}}",
         "2:1 a mapping cannot be the key of a mapping"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        tree_begin(&t, kps_sv_of(rows[i].text));
        struct kps_yaml_reader *reader = kps_yaml_reader_open(&t.diag, t.file);
        const struct kps_ynode *root = NULL;
        assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_DOCUMENT);
        assert_true(kps_yaml_reader_had_faults(reader));
        assert_sv(tree_text(&t, root), rows[i].tree, rows[i].why);
        assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_END);
        kps_yaml_reader_close(reader);
        assert_sv(tree_findings(&t), rows[i].findings, rows[i].why);
        assert_int_equal(t.diag.findings.v[0]->rule, KPS_RULE_INPUT_INVALID);
        assert_int_equal(t.diag.findings.v[0]->severity, KPS_ERROR);
        tree_end(&t);
    }
}

/* A fault ends the file: the documents before are read, and there is a finding. */
static void unreadable_files(void **state)
{
    static const struct row {
        const char *why;
        struct kps_sv text;
        uint32_t documents;
        const char *finding;
    } rows[] = {
        {"a tab as indentation", SV_LIT("a:\n\tb: 1\n"), 0,
         "2:1 found a tab where indentation is expected"},
        {"a tab in a block of text", SV_LIT("a: |\n\tb\n"), 0,
         "2:1 found a tab where indentation is expected"},
        {"a tab before a continued text", SV_LIT("a:\n  b: c\n \td\n"), 0,
         "3:2 found a tab where indentation is expected"},
        {"a character that begins nothing", SV_LIT("a: @b\n"), 0,
         "1:4 no value can begin with '@'"},
        {"a backtick", SV_LIT("a: 1\nb: `c`\n"), 0, "2:4 no value can begin with '`'"},
        {"a second colon", SV_LIT("a: b: c\n"), 0, "1:5 found ':' where no key can end"},
        {"a deeper line", SV_LIT("a: b\n  c: d\n"), 0, "2:4 found ':' where no key can end"},
        {"a shallower key", SV_LIT("a:\n    b: 1\n  c: 2\n"), 0,
         "3:3 expected a key of the mapping, found 'c:'"},
        {"a list in a mapping", SV_LIT("a: 1\n- b\n"), 0,
         "2:1 expected a key of the mapping, found '-'"},
        {"a key in a list", SV_LIT("a:\n- b\n  c: d\n"), 0, "3:4 found ':' where no key can end"},
        {"a mapping in a list", SV_LIT("- a\nb: c\n"), 0,
         "2:1 expected '-' or the end of the list, found 'b:'"},
        {"no colon", SV_LIT("a: 1\nbcd\nc: 1\n"), 0,
         "2:1 expected 'key: value', found no ':' behind this key"},
        {"an open list", SV_LIT("a: [b, c\nd: e\n"), 0, "2:2 expected ',' or ']', found ':'"},
        {"an open list at the end", SV_LIT("a: [b, c"), 0,
         "1:9 expected ',' or ']', found the end of the file"},
        {"an open mapping", SV_LIT("a: {b: c\n"), 0,
         "2:1 expected ',' or '}', found the end of the file"},
        {"a bracket too many", SV_LIT("a: 1\n]\n"), 0,
         "2:1 expected a key of the mapping, found ']'"},
        {"an open quote", SV_LIT("a: 1\nb: \"c\nd: e\n"), 0, "2:4 this quote is never closed"},
        {"a quote over documents", SV_LIT("a: 'b\n---\nc: d'\n"), 0,
         "1:4 this quote is not closed before the document ends"},
        {"an unknown escape", SV_LIT("a: \"C:\\d\"\n"), 0,
         "1:7 this is no escape of a double-quoted string"},
        {"a hexadecimal escape", SV_LIT("a: \"\\xg0\"\n"), 0,
         "1:7 expected hexadecimal digits behind '\\x', '\\u' or '\\U'"},
        {"a star without a name", SV_LIT("a: *.example.com\n"), 0,
         "1:5 expected a name behind '&' or '*', found '.example.com'"},
        {"an unknown tag handle", SV_LIT("a: !x!y z\n"), 0,
         "1:4 the tag's handle is not defined by %TAG"},
        {"text behind the document", SV_LIT("a: 1\n...\nb\n"), 1,
         "3:1 expected the end of the document or '---', found 'b'"},
        {"text in the line of the document's end", SV_LIT("a: 1\n... b\n"), 1,
         "2:5 expected the end of the document or '---', found 'b'"},
        {"after two good documents", SV_LIT("a: 1\n---\nb: 2\n---\nc: [\n"), 2,
         "6:1 expected a value, found the end of the file"},
        {"YAML 3", SV_LIT("%YAML 3.0\n---\na\n"), 0, "1:1 only YAML 1.1 is read"},
        {"a second BOM",
         SV_LIT("\xef\xbb\xbf"
                "a: 1\n---\n\xef\xbb\xbf"
                "b: 1\n"),
         1, "3:1 found a byte order mark, which may stand at the front only"},
        {"a BOM that spoils the indentation",
         SV_LIT("a: 1\n\xef\xbb\xbf"
                "b: 1\n"),
         0, "2:1 found a byte order mark, which may stand at the front only"},
        {"UTF-16, little end first",
         SV_LIT("\xff\xfe"
                "a\0:\0 \0001\0"),
         0, "1:1 found UTF-16 text where UTF-8 is expected"},
        {"UTF-16, big end first", SV_LIT("\xfe\xff\0a\0:\0 \0001"), 0,
         "1:1 found UTF-16 text where UTF-8 is expected"},
        {"UTF-16 without a BOM", SV_LIT("a\0:\0 \0001\0\n\0"), 0,
         "1:1 found UTF-16 text where UTF-8 is expected"},
        {"UTF-16 without a BOM, big end first", SV_LIT("\0a\0:\0 \0001\0\n"), 0,
         "1:1 found UTF-16 text where UTF-8 is expected"},
        {"UTF-32", SV_LIT("\0\0\xfe\xff\0\0\0a"), 0,
         "1:1 found UTF-32 text where UTF-8 is expected"},
        {"UTF-32 without a BOM", SV_LIT("a\0\0\0:\0\0\0"), 0,
         "1:1 found UTF-32 text where UTF-8 is expected"},
        {"a NUL", SV_LIT("a: 1\nb: 2\nc: x\0y\n"), 0, "3:5 found a NUL byte, which no text has"},
        {"Latin-1", SV_LIT("a: 1\nb: caf\xe9\n"), 0, "2:7 byte 0xe9 is not UTF-8 text"},
        {"a character cut off", SV_LIT("a: \xe4\xb8"), 0, "1:4 byte 0xe4 is not UTF-8 text"},
        {"a long form of '/'", SV_LIT("a: \xc0\xaf"), 0, "1:4 byte 0xc0 is not UTF-8 text"},
        {"half of a pair", SV_LIT("a: \xed\xa0\x80"), 0, "1:4 byte 0xed is not UTF-8 text"},
        {"backspace", SV_LIT("a: \xc3\xa9\b\n"), 0,
         "1:5 control character U+0008 is not allowed in YAML"},
        {"escape, in a comment", SV_LIT("a: 1 # \x1b[31m\n"), 0,
         "1:8 control character U+001B is not allowed in YAML"},
        {"DEL", SV_LIT("a: \x7f\n"), 0, "1:4 control character U+007F is not allowed in YAML"},
        {"a C1 control", SV_LIT("a: \xc2\x9b\n"), 0,
         "1:4 control character U+009B is not allowed in YAML"},
        {"no character", SV_LIT("a: \xef\xbf\xbf\n"), 0,
         "1:4 control character U+FFFF is not allowed in YAML"},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        tree_begin(&t, rows[i].text);
        enum kps_yaml_result last = KPS_YAML_END;
        uint32_t documents = tree_all(&t, &last);
        assert_sv(tree_findings(&t), rows[i].finding, rows[i].why);
        assert_int_equal(last, KPS_YAML_ERROR);
        assert_int_equal(documents, rows[i].documents);
        assert_int_equal(t.diag.findings.v[0]->rule, KPS_RULE_INPUT_INVALID);
        tree_end(&t);
    }
}

static void errors_tell_their_construct(void **state)
{
    struct tree t;
    (void)state;
    tree_begin(&t, SV("a: 1\nb: {c: d,\n  e: [f\n  g: {{ h }}\n"));
    assert_null(tree_first(&t));
    const struct kps_finding *finding = t.diag.findings.v[0];
    assert_int_equal(finding->n_notes, 1);
    assert_sv(finding->notes[0], "this is read as part of the list that begins at line 3, column 6",
              "note");
    assert_int_equal(finding->n_helps, 1);
    assert_sv(finding->helps[0].text, "check what it renders to, if this file is a template",
              "help");
    tree_end(&t);
}

static void duplicates_say_what_compose_prints(void **state)
{
    struct tree t;
    (void)state;
    tree_begin(&t, SV("services:\n  web:\n    ports: []\n    ports: []\n"));
    assert_non_null(tree_first(&t));
    assert_sv(t.diag.findings.v[0]->up_error,
              "line 4: mapping key \"ports\" already defined at line 3", "spec compose §3.1");
    tree_end(&t);
}

/* `piece` n times between head and tail. */
static struct kps_sv repeat(struct kps_arena *arena, const char *head, const char *piece,
                            uint32_t n, const char *tail)
{
    struct kps_buf out = KPS_BUF(arena);
    kps_buf_add(&out, kps_sv_of(head));
    for (uint32_t i = 0; i < n; i++) {
        kps_buf_add(&out, kps_sv_of(piece));
    }
    kps_buf_add(&out, kps_sv_of(tail));
    return kps_buf_sv(&out);
}

/* A short file with a long text and many aliases of it. */
static void repeated_text_is_bounded(void **state)
{
    (void)state;
    enum { MIB = 1024 * 1024, MOST = KPS_LIMIT_ALIAS_BYTES / MIB };
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv value = repeat(arena, "x: &x ", "b", MIB, "\ny: [");
    for (uint32_t n = MOST; n <= MOST + 1; n++) {
        struct tree t;
        tree_begin(&t, repeat(arena, value.p, "*x,", n, "]"));
        enum kps_yaml_result last = KPS_YAML_END;
        (void)tree_all(&t, &last);
        assert_sv(tree_findings(&t),
                  n > MOST ? "2:197 the aliases of the file repeat more than 64 MiB" : "", "");
        tree_end(&t);
    }
    kps_arena_free(arena);
}

static void limits_are_told(void **state)
{
    static const struct row {
        const char *why, *head, *piece;
        uint32_t n;
        const char *tail, *finding;
    } rows[] = {
        {"deep lists", "", "[", 100000, "", "1:513 nesting is deeper than 512 levels"},
        {"deep mappings", "", "{a: ", 100000, "", "1:2049 nesting is deeper than 512 levels"},
        {"deep over lines", "", "[\n", 100000, "", "513:1 nesting is deeper than 512 levels"},
        {"deep block lists", "", "- ", 100000, "", "1:1025 nesting is deeper than 512 levels"},
        {"deep block keys", "", "? ", 100000, "", "1:1025 nesting is deeper than 512 levels"},
        {"as deep as allowed", "", "[", 512, "",
         "1:513 expected a value, found the end of the file"},
        {"many documents", "", "---\n", KPS_LIMIT_YAML_DOCUMENTS + 1, "",
         "100001:1 the file has more than 100000 documents"},
        {"many directives", "", "%TAG !a! b\n", KPS_LIMIT_YAML_TAG_DIRECTIVES + 1, "--- a\n",
         "4097:1 more than 4096 %TAG directives"},
        {"a merge of a huge list", "x: &x {a: 1, b: 2, c: 3}\ny: {<<: [", "*x,", 250001, "]}\n",
         "2:750010 the merge keys of the file bring in more than 1000000 values"},
        {"a long run of blanks before many words", "a: b", " ", 100000, "c", NULL},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct tree t;
        struct kps_arena *arena = kps_arena_new();
        tree_begin(&t, repeat(arena, rows[i].head, rows[i].piece, rows[i].n, rows[i].tail));
        enum kps_yaml_result last = KPS_YAML_END;
        (void)tree_all(&t, &last);
        assert_sv(tree_findings(&t), rows[i].finding ? rows[i].finding : "", rows[i].why);
        assert_int_equal(last, rows[i].finding ? KPS_YAML_ERROR : KPS_YAML_END);
        tree_end(&t);
        kps_arena_free(arena);
    }
}

static void blanks_are_bounded(void **state)
{
    struct tree t;
    struct kps_arena *arena = kps_arena_new();
    (void)state;
    struct kps_sv words = repeat(arena, "", "c d\n\n ", 500000, "\n");
    tree_begin(&t, repeat(arena, "a: b", " ", 100000, words.p));
    enum kps_yaml_result last = KPS_YAML_END;
    assert_int_equal(tree_all(&t, &last), 0);
    assert_int_equal(last, KPS_YAML_ERROR);
    assert_sv(tree_findings(&t), "1:5 100000 blanks in a row are too many for a file of this size",
              "blanks");
    tree_end(&t);
    kps_arena_free(arena);
}

/* Aliases are shared and merges keep each key once, so a bomb is as small as its text. */
static void bombs_cost_nothing(void **state)
{
    static const char *const formats[] = {
        "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n",
        "x-%c: &%c {<<: [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]}\n"};
    (void)state;
    for (size_t kind = 0; kind < KPS_COUNT(formats); kind++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_buf out = KPS_BUF(arena);
        kps_buf_add(&out, kind ? SV("x-a: &a {k: 1}\n") : SV("a: &a [1]\n"));
        for (int c = 'b'; c <= 'i'; c++) {
            int p = c - 1;
            if (kind) {
                kps_buf_fmt(&out, "x-%c: &%c {<<: [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]}\n", c, c,
                            p, p, p, p, p, p, p, p, p);
            } else {
                kps_buf_fmt(&out, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, p, p, p,
                            p, p, p, p, p, p);
            }
        }
        struct tree t;
        tree_begin(&t, kps_buf_sv(&out));
        const struct kps_ynode *root = tree_first(&t);
        assert_non_null(root);
        assert_int_equal(root->n, 9);
        assert_int_equal(root->edges[8].val->n, kind ? 1 : 9);
        assert_int_equal(t.diag.findings.n, 0);
        tree_end(&t);
        kps_arena_free(arena);
    }
}

static void many_duplicates_are_listed_in_part(void **state)
{
    struct tree t;
    struct kps_arena *arena = kps_arena_new();
    (void)state;
    tree_begin(&t, repeat(arena, "", "k: 1\n", 50000, ""));
    const struct kps_ynode *root = tree_first(&t);
    assert_int_equal(root->n, 1);
    assert_int_equal(root->edges[0].key->span.off, 49999 * 5);
    assert_int_equal(t.diag.findings.n, 100);
    assert_sv(t.diag.findings.v[99]->notes[0],
              "not listed: 49899 more problems of this kind in the file", "note");
    tree_end(&t);
    kps_arena_free(arena);
}

/* Beyond a few keys a hash decides, so both ways of looking must agree. */
static void large_mappings(void **state)
{
    struct tree t;
    struct kps_arena *arena = kps_arena_new();
    struct kps_buf out = KPS_BUF(arena);
    (void)state;
    kps_buf_add(&out, SV("a: &a\n"));
    for (int i = 0; i < 1000; i++) {
        kps_buf_fmt(&out, "  k%d: %d\n", i, i);
    }
    kps_buf_add(&out, SV("  k7: again\n  k999: again\nb:\n  <<: *a\n  k3: own\n"));
    tree_begin(&t, kps_buf_sv(&out));
    const struct kps_ynode *root = tree_first(&t);
    const struct kps_ynode *a = kps_ynode_get(root, SV("a"));
    const struct kps_ynode *b = kps_ynode_get(root, SV("b"));
    assert_int_equal(a->n, 1000);
    assert_int_equal(b->n, 1000);
    assert_sv(kps_ynode_text(kps_ynode_get(a, SV("k7"))), "again", "the last of a");
    assert_sv(kps_ynode_text(kps_ynode_get(b, SV("k7"))), "again", "merged");
    assert_sv(kps_ynode_text(kps_ynode_get(b, SV("k998"))), "998", "merged");
    assert_sv(kps_ynode_text(kps_ynode_get(b, SV("k3"))), "own", "own");
    assert_sv(tree_findings(&t),
              "1002:3 the key 'k7' is given twice in one mapping (9:3 the first one is here)\n"
              "1003:3 the key 'k999' is given twice in one mapping (1001:3 the first one is here)",
              "duplicates");
    tree_end(&t);
    kps_arena_free(arena);
}

static void documents_one_after_the_other(void **state)
{
    static const char *const trees[] = {"{a=1}", "", "[b; *(1)]", "c", "{}"};
    struct tree t;
    (void)state;
    tree_begin(&t, SV("a: &x 1\n---\n# nothing\n---\n- b\n- *x\n...\n%YAML 1.1\n---\nc\n--- {}\n"));
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&t.diag, t.file);
    const struct kps_ynode *root = NULL;
    for (size_t i = 0; i < KPS_COUNT(trees); i++) {
        assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_DOCUMENT);
        assert_sv(tree_text(&t, root), trees[i], "document");
        assert_false(kps_yaml_reader_had_faults(reader));
    }
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_END);
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_END);
    kps_yaml_reader_close(reader);
    assert_int_equal(t.diag.findings.n, 0);
    tree_end(&t);
}

/* Anchors outlive their document with Go's yaml.v3, but here not their arena. */
static void anchors_end_with_their_arena(void **state)
{
    struct tree t;
    (void)state;
    tree_begin(&t, SV("a: &x 1\n---\nb: *x\n"));
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&t.diag, t.file);
    const struct kps_ynode *root = NULL;
    struct kps_arena *first = kps_arena_new();
    assert_int_equal(kps_yaml_reader_next(reader, first, &root), KPS_YAML_DOCUMENT);
    kps_arena_free(first);
    struct kps_arena *second = kps_arena_new();
    assert_int_equal(kps_yaml_reader_next(reader, second, &root), KPS_YAML_DOCUMENT);
    assert_true(kps_yaml_reader_had_faults(reader));
    assert_sv(tree_findings(&t), "3:4 '*x' names an anchor that is not defined before it", "gone");
    kps_yaml_reader_close(reader);
    kps_arena_free(second);
    tree_end(&t);
}

static void no_document_at_all(void **state)
{
    static const char *const texts[] = {"", "\n", "# a comment\n", "\xef\xbb\xbf", "   \n\n"};
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(texts); i++) {
        struct tree t;
        tree_begin(&t, kps_sv_of(texts[i]));
        enum kps_yaml_result last = KPS_YAML_ERROR;
        assert_int_equal(tree_all(&t, &last), 0);
        assert_int_equal(last, KPS_YAML_END);
        assert_int_equal(t.diag.findings.n, 0);
        tree_end(&t);
    }
}

static void parts_keep_the_places_of_the_file(void **state)
{
    static const char text[] =
        "a: 1\n---\n\xef\xbb\xbfk: \xc3\xa9\nk: \xc3\xa9 2\nz: [\n---\nnever: [\n";
    struct tree t;
    (void)state;
    tree_begin(&t, SV(text));
    struct kps_yaml_part part = {.off = 9, .len = 20, .dialect = KPS_YAML_KUBECTL};
    struct kps_yaml_reader *reader = kps_yaml_reader_open_part(&t.diag, t.file, part);
    const struct kps_ynode *root = NULL;
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_DOCUMENT);
    assert_sv(tree_text(&t, root), "{k=\xc3\xa9 2; z=}", "the last key wins without a word");
    assert_false(kps_yaml_reader_had_faults(reader));
    struct kps_pos pos = kps_files_pos(&t.diag.files, t.file, root->edges[1].key->span.off);
    assert_int_equal(pos.line, 5);
    assert_int_equal(pos.col, 1);
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_END);
    kps_yaml_reader_close(reader);
    assert_int_equal(t.diag.findings.n, 0);

    part.len = 22;
    reader = kps_yaml_reader_open_part(&t.diag, t.file, part);
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_ERROR);
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_ERROR);
    kps_yaml_reader_close(reader);
    assert_sv(tree_findings(&t), "6:1 expected a value, found the end of the document",
              "an error in a part");
    tree_end(&t);
}

/* Each mapping merges the one before it: every key then has a way of as many steps. */
static void merge_keys_bring_in_a_bounded_number_of_values(void **state)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_buf text = KPS_BUF(arena);
    (void)state;
    kps_buf_add(&text, SV("m0: &m0 {k0: 1}\n"));
    for (unsigned i = 1; i < 400; i++) {
        kps_buf_fmt(&text, "m%u: &m%u {<<: *m%u, k%u: 1}\n", i, i, i - 1, i);
    }
    struct tree t;
    tree_begin(&t, kps_buf_sv(&text));
    enum kps_yaml_result last = KPS_YAML_END;
    (void)tree_all(&t, &last);
    assert_int_equal(last, KPS_YAML_ERROR);
    assert_sv(tree_findings(&t),
              "182:18 the merge keys of the file bring in more than 1000000 values", "a chain");
    tree_end(&t);
    kps_arena_free(arena);
}

/*
 * kubectl reads as many values through aliases as Go's yaml.v2 takes. The counts of the rows were
 * found with kubectl 1.32: one alias more and it says "document contains excessive aliasing".
 */
static void aliases_for_kubectl_bring_in_a_bounded_share(void **state)
{
    static const char excessive[] = "document's first";
    static const char too_many[] = "aliases bring in more than 1000000 values";
    static const struct row {
        const char *why;
        unsigned width, aliases, levels;
        enum kps_yaml_dialect dialect;
        const char *refusal; /* NULL: it is read */
    } rows[] = {
        {"200 values, 199 times", 200, 199, 1, KPS_YAML_KUBECTL, NULL},
        {"200 values, 200 times", 200, 200, 1, KPS_YAML_KUBECTL, excessive},
        {"3,000 values, 102 times", 3000, 102, 1, KPS_YAML_KUBECTL, NULL},
        {"3,000 values, 103 times", 3000, 103, 1, KPS_YAML_KUBECTL, excessive},
        {"above 400,000 values the share falls", 20000, 24, 1, KPS_YAML_KUBECTL, NULL},
        {"above 400,000 values, one more", 20000, 25, 1, KPS_YAML_KUBECTL, excessive},
        {"a bomb", 9, 9, 8, KPS_YAML_KUBECTL, excessive},
        {"Compose takes more", 200, 200, 1, KPS_YAML_V3, NULL},
        {"kustomize takes more", 999, 1000, 1, KPS_YAML_KUSTOMIZE, NULL},
        {"for kustomize the bound is this program's", 999, 1001, 1, KPS_YAML_KUSTOMIZE, too_many},
        {"a bomb for kustomize", 9, 9, 8, KPS_YAML_KUSTOMIZE, too_many},
    };
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct kps_arena *arena = kps_arena_new();
        struct kps_buf text = KPS_BUF(arena);
        kps_buf_fmt(&text, "a0: &a0 %s\n", repeat(arena, "[", "x,", row->width, "]").p);
        for (unsigned level = 1; level <= row->levels; level++) {
            const char *one = kps_fmt(arena, "*a%u,", level - 1).p;
            kps_buf_fmt(&text, "a%u: &a%u %s\n", level, level,
                        repeat(arena, "[", one, row->aliases, "]").p);
        }
        struct kps_sv whole = kps_buf_sv(&text);
        struct tree t;
        tree_begin(&t, whole);
        struct kps_yaml_part part = {0, (uint32_t)whole.n, row->dialect};
        struct kps_yaml_reader *reader = kps_yaml_reader_open_part(&t.diag, t.file, part);
        const struct kps_ynode *root = NULL;
        enum kps_yaml_result result = kps_yaml_reader_next(reader, t.arena, &root);
        if (result != (!row->refusal ? KPS_YAML_DOCUMENT : KPS_YAML_ERROR)) {
            fail_msg("%s: %s", row->why, result == KPS_YAML_DOCUMENT ? "read" : "not read");
        }
        assert_int_equal(t.diag.findings.n, !row->refusal ? 0 : 1);
        if (row->refusal) {
            struct kps_sv message = t.diag.findings.v[0]->message;
            assert_true(kps_sv_search(message, kps_sv_of(row->refusal)) < message.n);
        }
        if (row->refusal == excessive) {
            assert_sv(t.diag.findings.v[0]->up_error, "yaml: document contains excessive aliasing",
                      row->why);
        }
        kps_yaml_reader_close(reader);
        tree_end(&t);
        kps_arena_free(arena);
    }
}

static void dollars_are_values(void **state)
{
    static const char *const want[] = {"$a", "x${B}", "$c\n", "$d", "$e"};
    struct tree t;
    (void)state;
    tree_begin(&t, SV("$key: $a\nb: &b \"x${B}\"\nc:\n  - *b\n  - |\n    $c\n  - no\n$m: {k: $d, "
                      "[x]: $gone}\n<<: {e: $e}\n"));
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&t.diag, t.file);
    const struct kps_ynode *root = NULL;
    assert_int_equal(kps_yaml_reader_next(reader, t.arena, &root), KPS_YAML_DOCUMENT);
    size_t n = 0;
    struct kps_ynode *const *dollars = kps_yaml_reader_dollars(reader, &n);
    assert_int_equal(n, KPS_COUNT(want));
    for (size_t i = 0; i < n; i++) {
        assert_sv(kps_ynode_text(dollars[i]), want[i], "dollar");
        assert_true(dollars[i]->flags & KPS_Y_HAS_DOLLAR);
    }
    kps_yaml_reader_close(reader);
    tree_end(&t);
}

static void lookups_follow_aliases(void **state)
{
    struct tree t;
    (void)state;
    tree_begin(&t, SV("a: &a {x: &x 80, n: }\nb: *a\nc: *x\n"));
    const struct kps_ynode *root = tree_first(&t);
    const struct kps_yedge *b = kps_ynode_edge(root, SV("b"));
    assert_non_null(b);
    assert_int_equal(b->val->kind, KPS_Y_ALIAS);
    assert_int_equal(kps_ynode_type(b->val), KPS_T_MAP);
    assert_ptr_equal(kps_ynode_resolve(b->val), kps_ynode_get(root, SV("a")));
    assert_sv(kps_ynode_text(kps_ynode_get(b->val, SV("x"))), "80", "through an alias");
    assert_non_null(kps_ynode_get(b->val, SV("n")));
    assert_null(kps_ynode_get(b->val, SV("y")));
    assert_null(kps_ynode_get(NULL, SV("y")));
    assert_null(kps_ynode_get(kps_ynode_get(root, SV("c")), SV("y")));
    int64_t number = 0;
    assert_true(kps_ynode_int(kps_ynode_edge(root, SV("c"))->val, &number));
    assert_int_equal(number, 80);
    assert_int_equal(kps_ynode_text(root).n, 0);
    tree_end(&t);
}

/* A text that stands in the file as it reads is not copied. */
static void plain_text_is_a_view(void **state)
{
    struct tree t;
    (void)state;
    tree_begin(&t, SV("a: plain\nb: 'single'\nc: \"double\"\nd: \"esc\\t\"\ne: 'it''s'\n"));
    const struct kps_ynode *root = tree_first(&t);
    const char *bytes = kps_files_get(&t.diag.files, t.file)->bytes.p;
    for (uint32_t i = 0; i < root->n; i++) {
        const struct kps_ynode *node = root->edges[i].val;
        uint32_t quote = node->style != KPS_Y_PLAIN;
        assert_int_equal(node->text == bytes + node->span.off + quote, i < 3);
        assert_int_equal((node->flags & KPS_Y_VERBATIM) != 0, i < 3);
    }
    tree_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_follow_yaml_v3),
        cmocka_unit_test(trees),
        cmocka_unit_test(flawed_documents),
        cmocka_unit_test(unreadable_files),
        cmocka_unit_test(errors_tell_their_construct),
        cmocka_unit_test(duplicates_say_what_compose_prints),
        cmocka_unit_test(repeated_text_is_bounded),
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(blanks_are_bounded),
        cmocka_unit_test(bombs_cost_nothing),
        cmocka_unit_test(many_duplicates_are_listed_in_part),
        cmocka_unit_test(large_mappings),
        cmocka_unit_test(documents_one_after_the_other),
        cmocka_unit_test(anchors_end_with_their_arena),
        cmocka_unit_test(no_document_at_all),
        cmocka_unit_test(parts_keep_the_places_of_the_file),
        cmocka_unit_test(merge_keys_bring_in_a_bounded_number_of_values),
        cmocka_unit_test(aliases_for_kubectl_bring_in_a_bounded_share),
        cmocka_unit_test(dollars_are_values),
        cmocka_unit_test(lookups_follow_aliases),
        cmocka_unit_test(plain_text_is_a_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
