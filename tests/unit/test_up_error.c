#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/up_error.h"

/* The messages of each real engine, without the container's own address. */

enum { V26 = 26, V28 = 28, V29 = 29 };

static struct kps_claim claim_at(const char *address, enum kps_protocol protocol, uint16_t first,
                                 uint16_t last, uint32_t take)
{
    struct kps_claim claim = {
        .first = first, .last = last, .take = (uint16_t)take, .protocol = (uint8_t)protocol};
    if (address[0]) {
        assert_true(kps_addr_parse(kps_sv_of(address), &claim.addr));
    }
    return claim;
}

static void check_text(const char *why, uint16_t major, struct kps_sv found, const char *expected)
{
    if (!kps_sv_eq(found, kps_sv_of(expected))) {
        fail_msg("%s, engine %u\n  expected %s\n  found    %.*s", why, major, expected,
                 SV_ARG(found));
    }
}

static void test_containers(void **unused)
{
    static const struct {
        const char *held, *wanted;
        uint16_t major;
        const char *expected;
    } rows[] = {
        {"", "", V26, "Bind for 0.0.0.0:8080 failed: port is already allocated"},
        {"", "", V28, "Bind for 0.0.0.0:8080 failed: port is already allocated"},
        {"::", "::", V29, "Bind for :::8080 failed: port is already allocated"},
        {"0.0.0.0", "127.0.0.1", V26, "listen tcp4 127.0.0.1:8080: bind: address already in use"},
        {"0.0.0.0", "127.0.0.1", V28, "Bind for 0.0.0.0:8080 failed: port is already allocated"},
        {"127.0.0.1", "", V26, "listen tcp4 0.0.0.0:8080: bind: address already in use"},
        {"127.0.0.1", "", V28, "Bind for 127.0.0.1:8080 failed: port is already allocated"},
        {"127.0.0.1", "", 0, "Bind for 127.0.0.1:8080 failed: port is already allocated"},
        {"::1", "", V29, "Bind for ::1:8080 failed: port is already allocated"},
        {"127.0.0.1", "127.0.0.2", V28, ""},
        {"0.0.0.0", "::", V29, ""},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_claim held = claim_at(rows[i].held, KPS_TCP, 8080, 8080, 1);
        struct kps_claim wanted = claim_at(rows[i].wanted, KPS_TCP, 8080, 8080, 1);
        struct kps_engine_traits traits = {rows[i].major};
        check_text(rows[i].held, rows[i].major,
                   kps_up_error_allocated(arena, &traits, &held, &wanted, 8080), rows[i].expected);
    }
    kps_arena_free(arena);
}

static void test_processes(void **unused)
{
    static const struct {
        const char *held, *wanted;
        enum kps_protocol protocol;
        uint16_t major, first, last;
        const char *expected;
    } rows[] = {
        {"0.0.0.0", "", KPS_TCP, V26, 80, 80,
         "listen tcp4 0.0.0.0:80: bind: address already in use"},
        {"0.0.0.0", "", KPS_UDP, 27, 80, 80,
         "listen udp4 0.0.0.0:80: bind: address already in use"},
        {"::", "", KPS_TCP, V26, 80, 80, "listen tcp6 [::]:80: bind: address already in use"},
        {"::1", "::1", KPS_TCP, V28, 80, 80, "failed to bind host port for [::1]:80"},
        {"0.0.0.0", "", KPS_UDP, V28, 80, 80, "failed to bind host port for 0.0.0.0:80"},
        {"0.0.0.0", "", KPS_UDP, V29, 80, 80,
         "failed to bind host port 0.0.0.0:80/udp: address already in use"},
        {"0.0.0.0", "", KPS_TCP, 0, 80, 80,
         "failed to bind host port 0.0.0.0:80/tcp: address already in use"},
        {"0.0.0.0", "", KPS_TCP, V28, 80, 82, "failed to bind host port 80 for 0.0.0.0:80-82"},
        {"0.0.0.0", "", KPS_TCP, V28, 80, 93, "failed to bind host port 89 for 0.0.0.0:80-93"},
        {"127.0.0.1", "127.0.0.2", KPS_TCP, V28, 80, 80, ""},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_claim held = claim_at(rows[i].held, rows[i].protocol, 80, 80, 1);
        struct kps_claim wanted =
            claim_at(rows[i].wanted, rows[i].protocol, rows[i].first, rows[i].last, 1);
        struct kps_engine_traits traits = {rows[i].major};
        check_text(rows[i].held, rows[i].major,
                   kps_up_error_bind(arena, &traits, &held, &wanted, 80), rows[i].expected);
    }
    kps_arena_free(arena);
}

static void test_other_reasons(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    static const char reason[] = "cannot assign requested address";
    struct kps_claim claim = claim_at("203.0.113.9", KPS_TCP, 80, 80, 1);
    struct kps_claim any = claim_at("203.0.113.9", KPS_TCP, 0, 0, 0);
    struct kps_engine_traits old = {V26};
    struct kps_engine_traits newest = {0};
    check_text("old", V26, kps_up_error_address(arena, &old, &claim, reason),
               "listen tcp4 203.0.113.9:80: bind: cannot assign requested address");
    check_text("newest", 0, kps_up_error_address(arena, &newest, &claim, reason),
               "failed to bind host port 203.0.113.9:80/tcp: cannot assign requested address");
    check_text("any port", 0, kps_up_error_address(arena, &newest, &any, reason), reason);
    kps_arena_free(arena);
}

static void test_versions(void **unused)
{
    static const struct {
        const char *text;
        uint16_t major;
        bool retries;
    } rows[] = {{"20.10.24+dfsg1", 20, false},
                {"26.1.5", 26, false},
                {"28.5.2+dfsg4", 28, true},
                {"library-import", 0, true},
                {"", 0, true},
                {"29", 0, true},
                {"1000.1", 0, true}};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_engine_traits traits = kps_engine_traits_parse(kps_sv_of(rows[i].text));
        assert_int_equal(traits.major, rows[i].major);
        assert_int_equal(kps_engine_traits_retries(&traits), rows[i].retries);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_processes),
        cmocka_unit_test(test_other_reasons),
        cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
