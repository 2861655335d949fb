#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/compiler.h"

static bool all_zero(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Whatever was written before a reset, what is given out after it is zeroed: also across the end of
 * what was used. */
static void test_reset_gives_zeroes(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 8, 100, 4000, 20000, 40000, 300 * 1024};
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (size_t turn = 0; turn < 40; turn++) {
        for (size_t i = 0; i < 6; i++) {
            size_t n = sizes[(turn * 3 + i * 5) % KPS_COUNT(sizes)];
            unsigned char *bytes = kps_alloc(arena, n);
            assert_true(all_zero(bytes, n));
            assert_int_equal((uintptr_t)bytes % 8, 0);
            memset(bytes, 0xa5, n);
        }
        kps_arena_reset(arena);
    }
}

static void test_reset_of_nothing(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_arena_reset(arena);
    kps_arena_reset(arena);
    assert_true(all_zero(kps_alloc(arena, 64), 64));
}

/* A loop of small turns takes its memory once. */
static void test_reset_reuses(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    void *first = kps_alloc(arena, 1000);
    kps_arena_reset(arena);
    assert_ptr_equal(kps_alloc(arena, 500), first);
}

/* The bytes of the other arena stay where they are, and end with the first one. */
static void test_adopt(void **state)
{
    (void)state;
    for (int had = 0; had < 2; had++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_arena *other = kps_arena_new();
        const char *own = had ? kps_cstr(arena, SV("own")) : "own";
        const char *taken = kps_cstr(other, SV("taken"));
        (void)kps_alloc(other, 100 * 1000);
        kps_arena_adopt(arena, other);
        kps_arena_adopt(arena, kps_arena_new());
        (void)kps_alloc(arena, 100 * 1000);
        assert_string_equal(own, "own");
        assert_string_equal(taken, "taken");
    }
}

/* Pieces of all sizes, beside each other and larger than a huge page, are zeroed and apart. */
static void test_pieces(void **state)
{
    (void)state;
    static const size_t sizes[] = {24, 5000, 130 * 1024, 40, 3 << 20, 1 << 21, 700 * 1024, 16};
    struct kps_arena *loose KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_arena *tight KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new_tight();
    for (size_t turn = 0; turn < 6; turn++) {
        struct kps_arena *arena = turn % 2 ? loose : tight;
        unsigned char *pieces[KPS_COUNT(sizes)];
        for (size_t i = 0; i < KPS_COUNT(sizes); i++) {
            pieces[i] = kps_alloc(arena, sizes[i]);
            assert_true(all_zero(pieces[i], sizes[i]));
            memset(pieces[i], (int)i + 1, sizes[i]);
        }
        for (size_t i = 0; i < KPS_COUNT(sizes); i++) {
            assert_int_equal(pieces[i][0], i + 1);
            assert_int_equal(pieces[i][sizes[i] - 1], i + 1);
        }
    }
}

static void test_concat(void **state)
{
    (void)state;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv none = {NULL, 0};
    assert_string_equal(KPS_CONCAT(arena, SV("a"), none, SV("/bc")).p, "a/bc");
    assert_int_equal(KPS_CONCAT(arena, SV("a"), none, SV("/bc")).n, 4);
    assert_string_equal(KPS_CONCAT(arena, none).p, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reset_gives_zeroes),
        cmocka_unit_test(test_reset_of_nothing),
        cmocka_unit_test(test_reset_reuses),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_concat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
