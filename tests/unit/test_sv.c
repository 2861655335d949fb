#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/sv.h"
#include "base/vec.h"

static void test_one_of_several_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
        bool expected;
    } rows[] = {
        {"up", "up start create", true},     /* the first */
        {"start", "up start create", true},  /* between */
        {"create", "up start create", true}, /* the last */
        {"up", "up", true},
        {"u", "up start", false},        /* a part of a word */
        {"ups", "up start", false},      /* longer than the word */
        {"up start", "up start", false}, /* two words */
        {"", "up start", false},
        {"up", "", false},
        {"Up", "up", false}, /* case counts */
    };
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        assert_int_equal(kps_sv_is_one_of(kps_sv_of(rows[i].text), rows[i].words),
                         rows[i].expected);
    }
}

static void test_one_text(void **state)
{
    (void)state;
    assert_true(kps_sv_is(kps_sv_slice(SV("uphill"), 0, 2), "up")); /* no NUL behind it */
    assert_false(kps_sv_is(SV("up"), "uphill"));
    assert_false(kps_sv_is(SV("uphill"), "up"));
    assert_false(kps_sv_is(SV("up\0"), "up"));
    assert_false(kps_sv_is(SV("uq"), "up"));
    assert_false(kps_sv_is(SV(""), "up"));
    assert_true(kps_sv_is((struct kps_sv){NULL, 0}, ""));
    assert_true(kps_sv_is(SV(""), ""));
}

static void test_a_map_without_newness(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_map map = {0};
    assert_int_equal(*kps_map_put(&map, arena, SV("a"), 1), 1);
    assert_int_equal(*kps_map_put(&map, arena, SV("a"), 2), 1); /* the old value stays */
    assert_false(kps_map_add(&map, arena, SV("a"), 3));
    assert_int_equal(kps_map_get(&map, SV("a"), 0), 1);
    assert_true(kps_map_add(&map, arena, SV("b"), 3));
}

static void test_a_list_of_items(void **state)
{
    (void)state;
    struct item {
        uint64_t number;
        char letter;
    };
    KPS_VEC(struct item) list = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        struct item *item = kps_vec_push(&list);
        assert_int_equal(item->number, 0); /* zeroed, also where another item was */
        *item = (struct item){i + 1, 'x'};
    }
    assert_int_equal(list.n, 1000);
    assert_int_equal(list.v[0].number, 1);
    assert_int_equal(list.v[999].number, 1000);
    list.n = 0;
    assert_int_equal(kps_vec_push(&list)->letter, 0);
    kps_vec_free(&list);
    assert_null(list.v);
    assert_int_equal(list.cap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_of_several_words),
        cmocka_unit_test(test_one_text),
        cmocka_unit_test(test_a_map_without_newness),
        cmocka_unit_test(test_a_list_of_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
