#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "model/addr.h"
#include "model/ports.h"

static const struct row {
    const char *why;
    const char *literal;
    enum kps_addr_kind kind;
    const char *shown; /* NULL: no literal */
} rows[] = {
    {"the IPv4 wildcard", "0.0.0.0", KPS_ADDR_ANY4, "0.0.0.0"},
    {"an IPv4 address", "127.0.0.1", KPS_ADDR_ONE4, "127.0.0.1"},
    {"the highest", "255.255.255.255", KPS_ADDR_ONE4, "255.255.255.255"},
    {"the IPv6 wildcard", "::", KPS_ADDR_ANY6, "::"},
    {"the IPv6 wildcard at length", "0:0:0:0:0:0:0:0", KPS_ADDR_ANY6, "::"},
    {"an IPv6 address", "::1", KPS_ADDR_ONE6, "::1"},
    {"shown in its shortest form", "2001:DB8:0:0:0:0:0:1", KPS_ADDR_ONE6, "2001:db8::1"},
    {"a mapped address is IPv4", "::ffff:127.0.0.1", KPS_ADDR_ONE4, "127.0.0.1"},
    {"a mapped address in hexadecimal", "::ffff:7f00:1", KPS_ADDR_ONE4, "127.0.0.1"},
    {"the mapped wildcard is the IPv4 one", "::ffff:0.0.0.0", KPS_ADDR_ANY4, "0.0.0.0"},
    {"a compatible address is none of them", "::127.0.0.1", KPS_ADDR_ONE6, "::127.0.0.1"},
    {"empty", "", KPS_ADDR_EVERY, NULL},
    {"a name", "localhost", KPS_ADDR_EVERY, NULL},
    {"brackets are the caller's", "[::1]", KPS_ADDR_EVERY, NULL},
    {"a zone", "fe80::1%eth0", KPS_ADDR_EVERY, NULL},
    {"three parts", "127.0.1", KPS_ADDR_EVERY, NULL},
    {"five parts", "1.2.3.4.5", KPS_ADDR_EVERY, NULL},
    {"a part above 255", "127.0.0.256", KPS_ADDR_EVERY, NULL},
    {"leading zeros mean octal to some", "127.0.0.01", KPS_ADDR_EVERY, NULL},
    {"one zero is a part", "10.0.0.0", KPS_ADDR_ONE4, "10.0.0.0"},
    {"an empty part", "127..0.1", KPS_ADDR_EVERY, NULL},
    {"an empty last part", "127.0.0.", KPS_ADDR_EVERY, NULL},
    {"a dot behind", "127.0.0.1.", KPS_ADDR_EVERY, NULL},
    {"a dot behind IPv6", "::1.", KPS_ADDR_EVERY, NULL},
    {"a dot behind a mapped address", "::ffff:127.0.0.1.", KPS_ADDR_EVERY, NULL},
    {"a part of many digits", "127.0.0.4294967297", KPS_ADDR_EVERY, NULL},
    {"a letter behind", "127.0.0.1a", KPS_ADDR_EVERY, NULL},
    {"blanks", " 127.0.0.1", KPS_ADDR_EVERY, NULL},
    {"longer than any address", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", KPS_ADDR_EVERY,
     NULL},
    {"two gaps", "1::2::3", KPS_ADDR_EVERY, NULL},
};

static void test_literals(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_addr addr = {.kind = KPS_ADDR_ONE6, .bytes = {42}};
        bool read = kps_addr_parse(kps_sv_of(rows[i].literal), &addr);
        if (read != (rows[i].shown != NULL)) {
            fail_msg("%s: '%s'", rows[i].why, rows[i].literal);
        }
        if (!read) {
            assert_int_equal(addr.bytes[0], 42);
            continue;
        }
        assert_int_equal(addr.kind, rows[i].kind);
        assert_string_equal(kps_addr_format(arena, &addr).p, rows[i].shown);
    }
    struct kps_addr addr;
    assert_false(kps_addr_parse(SV("127.0.0.1\0x"), &addr));
    addr = (struct kps_addr){KPS_ADDR_EVERY, {0}};
    assert_int_equal(kps_addr_format(arena, &addr).n, 0);
    kps_arena_free(arena);
}

/* One sort of address each, and two that only differ in their last bits. */
static const struct kps_addr samples[] = {
    {KPS_ADDR_EVERY, {0}},
    {KPS_ADDR_ANY4, {0}},
    {KPS_ADDR_ANY6, {0}},
    {KPS_ADDR_ONE4, {0}}, /* 0.0.0.0 by an IPv6 connection: overlaps no single address */
    {KPS_ADDR_ONE4, {127, 0, 0, 1}},
    {KPS_ADDR_ONE4, {127, 0, 0, 2}},
    {KPS_ADDR_ONE6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    {KPS_ADDR_ONE6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}},
    {KPS_ADDR_ONE6, {127, 0, 0, 1}},
};

static void test_laws(void **unused)
{
    (void)unused;
    for (size_t a = 0; a < KPS_COUNT(samples); a++) {
        for (size_t b = 0; b < KPS_COUNT(samples); b++) {
            const struct kps_addr *x = &samples[a];
            const struct kps_addr *y = &samples[b];
            assert_int_equal(kps_addr_eq(x, y), a == b);
            assert_int_equal(kps_addr_overlap(x, y), kps_addr_overlap(y, x));
            if (kps_addr_contains(x, y)) {
                assert_true(kps_addr_overlap(x, y));
            }
            assert_int_equal(kps_addr_contains(x, y) && kps_addr_contains(y, x), a == b);
            /* the outer address meets all that the inner address meets */
            for (size_t c = 0; c < KPS_COUNT(samples); c++) {
                if (kps_addr_contains(x, y) && kps_addr_overlap(y, &samples[c])) {
                    assert_true(kps_addr_overlap(x, &samples[c]));
                }
            }
        }
    }
}

/*
 * An address as the table of binds writes it: "[::]" is a dual-stack socket, "[::]6only" one with
 * IPV6_V6ONLY; the flag changes nothing for a single address.
 */
static struct kps_addr read_bound(struct kps_sv text)
{
    struct kps_addr addr = {KPS_ADDR_EVERY, {0}};
    if (kps_sv_eq(text, SV("[::]"))) {
        return addr;
    }
    if (kps_sv_ends(text, SV("6only"))) {
        text.n -= 5;
    }
    if (kps_sv_starts(text, SV("["))) {
        text = kps_sv_slice(text, 1, text.n - 1);
    }
    assert_true(kps_addr_parse(text, &addr));
    return addr;
}

static struct kps_sv cut(struct kps_sv *rest, char end)
{
    size_t at = kps_sv_find(*rest, end);
    struct kps_sv part = kps_sv_slice(*rest, 0, at);
    *rest = kps_sv_from(*rest, at + 1);
    return part;
}

/*
 * The kernel's answers when a second socket without flags was bound to the address and port of a
 * first socket (listening, for tcp): all pairs of nine addresses, measured.
 */
static void test_kernel(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv table;
    assert_int_equal(
        kps_fs_os.read(&kps_fs_os, arena, "support/bind-table.csv", KPS_LIMIT_FILE_BYTES, &table),
        0);
    assert_true(kps_sv_eq(cut(&table, '\n'), SV("protocol,first,second,bind")));
    size_t n = 0;
    for (; table.n; n++) {
        struct kps_sv line = cut(&table, '\n');
        struct kps_sv rest = line;
        (void)cut(&rest, ',');
        struct kps_addr first = read_bound(cut(&rest, ','));
        struct kps_addr second = read_bound(cut(&rest, ','));
        bool refused = kps_sv_eq(rest, SV("refused"));
        assert_true(refused || kps_sv_eq(rest, SV("ok")));
        if (kps_addr_overlap(&first, &second) != refused) {
            fail_msg("%.*s", SV_ARG(line));
        }
    }
    assert_int_equal(n, 2 * 9 * 9);
    kps_arena_free(arena);
}

static struct kps_ports ports_at(const char *address, uint16_t first, uint16_t last,
                                 uint8_t protocol)
{
    struct kps_ports ports = {
        .addr = {.kind = KPS_ADDR_EVERY}, .first = first, .last = last, .protocol = protocol};
    assert_true(!address || kps_addr_parse(kps_sv_of(address), &ports.addr));
    return ports;
}

static void test_ports_meet(void **unused)
{
    (void)unused;
    static const struct {
        const char *a_address, *b_address;
        uint16_t a_first, a_last, b_first, b_last;
        uint8_t a_protocol, b_protocol;
        bool expected;
    } pairs[] = {
        {NULL, NULL, 80, 80, 80, 80, KPS_TCP, KPS_TCP, true},
        {NULL, NULL, 80, 80, 81, 81, KPS_TCP, KPS_TCP, false},
        {NULL, NULL, 80, 90, 90, 99, KPS_TCP, KPS_TCP, true}, /* both ends belong to a range */
        {NULL, NULL, 80, 89, 90, 99, KPS_TCP, KPS_TCP, false},
        {NULL, NULL, 80, 99, 85, 85, KPS_TCP, KPS_TCP, true},
        {NULL, NULL, 80, 80, 80, 80, KPS_TCP, KPS_UDP, false},
        {NULL, NULL, 80, 80, 80, 80, KPS_PROTO_NONE, KPS_UDP, true}, /* any protocol */
        {NULL, NULL, 0, 0, 80, 80, KPS_TCP, KPS_TCP, false},         /* no port in particular */
        {NULL, NULL, 0, 0, 0, 0, KPS_TCP, KPS_TCP, false},
        {"127.0.0.1", NULL, 80, 80, 80, 80, KPS_TCP, KPS_TCP, true},
        {"127.0.0.1", "127.0.0.2", 80, 80, 80, 80, KPS_TCP, KPS_TCP, false},
        {"127.0.0.1", "::", 80, 80, 80, 80, KPS_TCP, KPS_TCP, false},
    };
    for (size_t i = 0; i < KPS_COUNT(pairs); i++) {
        struct kps_ports a =
            ports_at(pairs[i].a_address, pairs[i].a_first, pairs[i].a_last, pairs[i].a_protocol);
        struct kps_ports b =
            ports_at(pairs[i].b_address, pairs[i].b_first, pairs[i].b_last, pairs[i].b_protocol);
        if (kps_ports_meet(&a, &b) != pairs[i].expected ||
            kps_ports_meet(&b, &a) != pairs[i].expected) {
            fail_msg("row %zu", i);
        }
    }
}

static void test_ports_words(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    assert_true(kps_sv_eq(kps_ports_words(arena, 80, 80, KPS_TCP), SV("80/tcp")));
    assert_true(kps_sv_eq(kps_ports_words(arena, 80, 90, KPS_UDP), SV("80-90/udp")));
    assert_true(kps_sv_eq(kps_ports_words(arena, 80, 80, KPS_PROTO_NONE), SV("80")));
    assert_true(kps_sv_eq(kps_ports_digits(arena, 65535, 65535), SV("65535")));
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals), cmocka_unit_test(test_laws), cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_ports_meet), cmocka_unit_test(test_ports_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
