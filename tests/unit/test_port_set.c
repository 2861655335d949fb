#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/port_set.h"

static void test_the_ends_of_words(void **state)
{
    static const uint32_t ranges[][2] = {{0, 0},     {63, 64},       {0, 63},      {64, 127},
                                         {1, 65535}, {65535, 65535}, {100, 65000}, {5, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct kps_port_set set = {{0}};
        kps_port_set_add(&set, ranges[i][0], ranges[i][1]);
        for (uint32_t port = 0; port < KPS_PORT_SET_PORTS; port++) {
            assert_int_equal(kps_port_set_has(&set, port),
                             port >= ranges[i][0] && port <= ranges[i][1]);
        }
    }
}

static uint32_t find_slowly(const struct kps_port_set *const *sets, uint32_t first, uint32_t last,
                            uint32_t width)
{
    for (uint32_t from = first; from + width - 1 <= last; from++) {
        uint32_t n = 0;
        while (n < width && !kps_port_set_has(sets[0], from + n) &&
               !kps_port_set_has(sets[1], from + n)) {
            n++;
        }
        if (n == width) {
            return from;
        }
    }
    return 0;
}

/* The search finds what a look at every port finds, for any ranges that are not free. */
static void test_the_search_finds_the_first(void **state)
{
    (void)state;
    srand(7);
    for (unsigned round = 0; round < 2000; round++) {
        struct kps_port_set one = {{0}};
        struct kps_port_set two = {{0}};
        const struct kps_port_set *const sets[] = {&one, &two};
        for (unsigned i = 0; i < 12; i++) {
            uint32_t from = 1000 + (uint32_t)rand() % 400;
            kps_port_set_add(i % 2 ? &one : &two, from,
                             from + (uint32_t)rand() % (round % 150 + 1));
        }
        uint32_t first = 1000 + (uint32_t)rand() % 400;
        uint32_t last = first + (uint32_t)rand() % 500;
        uint32_t width = 1 + (uint32_t)rand() % 80;
        assert_int_equal(kps_port_set_find(sets, 2, first, last, width),
                         find_slowly(sets, first, last, width));
    }
}

static void test_the_last_port(void **state)
{
    (void)state;
    struct kps_port_set set = {{0}};
    const struct kps_port_set *one = &set;
    kps_port_set_add(&set, 0, 65534);
    assert_int_equal(kps_port_set_find(&one, 1, 1, 65535, 1), 65535);
    assert_int_equal(kps_port_set_find(&one, 1, 1, 65535, 2), 0);
    assert_int_equal(kps_port_set_find(&one, 1, 65536, 65535, 1), 0);
    kps_port_set_add(&set, 65535, 65535);
    assert_int_equal(kps_port_set_find(&one, 1, 1, 65535, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_ends_of_words),
                                       cmocka_unit_test(test_the_search_finds_the_first),
                                       cmocka_unit_test(test_the_last_port)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
