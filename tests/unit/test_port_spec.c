#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "support/published.h"

static struct kps_arena *arena;

/* The answers of Docker Compose 2.26.1 to the cases of the same names (tests/cases-compose). */
static const struct observed {
    const char *name, *text, *answer;
} OBSERVED[] = {
    {"s-65535", "65535:65535", "65535>65535/tcp"},
    {"s-bad-alpha", "abc:80", "! Invalid hostPort: abc"},
    {"s-bad-empty", "", "! No port specified: <empty>"},
    {"s-bad-empty-container", "80:", "! No port specified: 80:<empty>"},
    {"s-container-only", "80", ">80/tcp"},
    {"s-container-only-int", "3000", ">3000/tcp"},
    {"s-dup-ip-and-v6any", "8080:80", "8080>80/tcp"},
    {"s-dup-ip-and-v6any", "[::]:8080:80", "::|8080>80/tcp"},
    {"s-dup-two-targets", "8080:80", "8080>80/tcp"},
    {"s-dup-two-targets", "8080:81", "8080>81/tcp"},
    {"s-empty-host", ":80", ">80/tcp"},
    {"s-five-parts", "1:2:3:4:5",
     "! Invalid ip address 1:2:3: address 1:2:3:: too many colons in address"},
    {"s-float-like-string", "80.5", "! Invalid containerPort: 80.5"},
    {"s-hex-str", "0x50", "! Invalid containerPort: 0x50"},
    {"s-host-container", "8080:80", "8080>80/tcp"},
    {"s-hostname-ip", "localhost:8080:80", "! Invalid ip address: localhost"},
    {"s-ip4", "127.0.0.1:8080:80", "127.0.0.1|8080>80/tcp"},
    {"s-ip4-nohost", "127.0.0.1::80", "127.0.0.1|>80/tcp"},
    {"s-ip4-range", "127.0.0.1:3000-3001:80-81", "127.0.0.1|3000>80/tcp 127.0.0.1|3001>81/tcp"},
    {"s-ip4-two-parts", "127.0.0.1:80", "! Invalid hostPort: 127.0.0.1"},
    {"s-ip6-any-nobracket", ":::8080:80",
     "! Invalid ip address ::: address :::: too many colons in address"},
    {"s-ip6-nobracket", "::1:8080:80",
     "! Invalid ip address ::1: address ::1:: too many colons in address"},
    {"s-ip6-unclosed", "[::1:8080:80",
     "! Invalid ip address [::1: address [::1:: missing ']' in address"},
    {"s-leading-zero", "08080:080", "8080>80/tcp"},
    {"s-neg-str", "-80:80", "! Invalid hostPort: -80"},
    {"s-oor-65536", "65536:80", "! Invalid hostPort: 65536"},
    {"s-plus", "+8080:80", "! Invalid hostPort: +8080"},
    {"s-proto-bad", "53:53/icmp", "! Invalid proto: icmp"},
    {"s-proto-double", "53:53/tcp/udp", "53>53/tcp"},
    {"s-proto-empty", "53:53/", "53>53/tcp"},
    {"s-proto-on-host-side", "53/udp:53", "! Invalid hostPort: 53/udp"},
    {"s-proto-upper", "53:53/UDP", "53>53/udp"},
    {"s-range-range", "3000-3002:80-82", "3000>80/tcp 3001>81/tcp 3002>82/tcp"},
    {"s-range-reversed", "3005-3000:80", "! Invalid hostPort: 3005-3000"},
    {"s-range-single", "3000-3000:80", "3000>80/tcp"},
    {"s-range-three", "3000-3002-3009:80-82", "3000>80/tcp 3001>81/tcp 3002>82/tcp"},
    {"s-range-to-one", "3000-3005:80", "3000-3005>80/tcp"},
    {"s-sctp", "3868:3868/sctp", "3868>3868/sctp"},
    {"s-sexagesimal-60", "60:60", "60>60/tcp"},
    {"s-sort-in-range", "3000-3003:98-101", "3000>98/tcp 3001>99/tcp 3002>100/tcp 3003>101/tcp"},
    {"s-space-mid", "8080: 80", "! Invalid containerPort:  80"},
    {"s-tcp-udp-same", "53:53/tcp", "53>53/tcp"},
    {"s-tcp-udp-same", "53:53/udp", "53>53/udp"},
    {"s-two-host-one-target", "8080:80", "8080>80/tcp"},
    {"s-two-host-one-target", "8081:80", "8081>80/tcp"},
    {"s-underscore-str", "8_0", "! Invalid containerPort: 8_0"},
    {"s-zero-container", "8080:0", "! is missing a target port"},
};

static void test_observed(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(OBSERVED); i++) {
        struct kps_sv got = published_by(arena, kps_sv_of(OBSERVED[i].text));
        if (!kps_sv_eq(got, kps_sv_of(OBSERVED[i].answer))) {
            fail_msg("%s: '%s' gave '%.*s'", OBSERVED[i].name, OBSERVED[i].text, SV_ARG(got));
        }
    }
}

/* The grammar of the spec beyond the observed cases. */
static const struct observed GRAMMAR[] = {
    {"a container range alone takes any free ports", "80-82", ">80/tcp >81/tcp >82/tcp"},
    {"host port 0 is any free port", "0:80", ">80/tcp"},
    {"a range that starts with 0 and one port", "0-5:80", ">80/tcp"},
    {"pairs with a host port 0 among them", "0-2:80-82", "1>81/tcp 2>82/tcp"},
    {"no host ip from an empty variable", ":8089:80", "8089>80/tcp"},
    {"neither ip nor host port", "::80", ">80/tcp"},
    {"IPv6 in brackets", "[::1]:8080:80", "::1|8080>80/tcp"},
    {"IPv6 in brackets, any host port", "[::1]::80", "::1|>80/tcp"},
    {"IPv6 with an IPv4 tail", "[::ffff:127.0.0.1]:8080:80", "::ffff:127.0.0.1|8080>80/tcp"},
    {"brackets around IPv4 are taken off too", "[127.0.0.1]:8080:80", "127.0.0.1|8080>80/tcp"},
    {"empty brackets are no ip", "[]:8080:80", "8080>80/tcp"},
    {"a range to one port of one address", "127.0.0.1:3000-3005:80/udp",
     "127.0.0.1|3000-3005>80/udp"},
    {"an empty protocol between slashes", "53//udp", ">53/tcp"},
    {"many leading zeros", "000000000000000000000008080:80", "8080>80/tcp"},
    {"brackets without host port", "[::1]:80",
     "! Invalid ip address [:: address [::: missing ']' in address"},
    {"text behind the bracket", "[::1]x:1:2",
     "! Invalid ip address [::1]x: address [::1]x:: missing port in address"},
    {"two brackets", "[[::1]:1:2",
     "! Invalid ip address [[::1]: address [[::1]:: unexpected '[' in address"},
    {"a stray bracket", "1]:1:2",
     "! Invalid ip address 1]: address 1]:: unexpected ']' in address"},
    {"a leading zero in an address", "127.0.0.01:80:80", "! Invalid ip address: 127.0.0.01"},
    {"a zone", "[fe80::1%eth0]:80:80", "! Invalid ip address: fe80::1%eth0"},
    {"no container port before the protocol", "80:/tcp", "! No port specified: 80:/tcp<empty>"},
    {"only a protocol", "/tcp", "! No port specified: /tcp<empty>"},
    {"the ip is looked at first", "x:y:z", "! Invalid ip address: x"},
    {"then the container", "y:z", "! Invalid containerPort: z"},
    {"the protocol last", "80:80/icmp", "! Invalid proto: icmp"},
    {"an open range", "3000-:80", "! Invalid hostPort: 3000-"},
    {"a sum that overflows 64 bits", "18446744073709551617:80",
     "! Invalid hostPort: 18446744073709551617"},
    {"ranges of two lengths", "3000-3001:80-82",
     "! Invalid ranges specified for container and host Ports: 80-82 and 3000-3001"},
    {"one host port for a range", "3000:80-82",
     "! Invalid ranges specified for container and host Ports: 80-82 and 3000"},
    {"a range with container port 0", "0-1", "! is missing a target port"},
    {"a carriage return is no digit", "8080:80\r", "! Invalid containerPort: 80\r"},
};

static void test_grammar(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(GRAMMAR); i++) {
        struct kps_sv got = published_by(arena, kps_sv_of(GRAMMAR[i].text));
        if (!kps_sv_eq(got, kps_sv_of(GRAMMAR[i].answer))) {
            fail_msg("%s: '%s' gave '%.*s'", GRAMMAR[i].name, GRAMMAR[i].text, SV_ARG(got));
        }
    }
}

/* Our words, the bytes they speak of, and a piece of what is allowed instead. */
static const struct fault_row {
    const char *text, *message, *at, *allowed;
} FAULTS[] = {
    {"65536:80", "host port '65536' is above 65535", "65536", "from 1 to 65535"},
    {"8080:65536/udp", "container port '65536' is above 65535", "65536", "from 1 to 65535"},
    {"3000-70000:80", "host port '70000' is above 65535", "70000", "3000-3005"},
    {"abc:80", "host port 'abc' is not a number", "abc", "from 1 to 65535"},
    {"80-x", "container port 'x' is not a number", "x", "80-82"},
    {"8080: 80", "container port ' 80' has a blank beside it", " 80", "80-82"},
    {"+8080:80", "host port '+8080' has a sign", "+8080", "from 1 to 65535"},
    {"-80:80", "host range '-80' has no start", "-80", "3000-3005"},
    {"80-:80", "host range '80-' has no end", "80-", "3000-3005"},
    {"3005-3000:80", "host range '3005-3000' ends before it starts", "3005-3000", "3000-3005"},
    {"53/udp:53", "the protocol in '53/udp' belongs behind the container port", "/udp",
     "53:53/udp"},
    {"127.0.0.1:80/udp", "address '127.0.0.1' has no host port behind it", "127.0.0.1",
     "127.0.0.1:8080:80/udp, or 127.0.0.1::80/udp"},
    {"[::1]:80", "address '[::1]' has no host port behind it", "[::1]",
     "[::1]:8080:80, or [::1]::80"},
    {"::1:8080:80",
     "IPv6 address '::1' has no brackets, which Compose 2.26 refuses and newer ones accept", "::1",
     "[::1]:8080:80 in every version"},
    {"[::1:8080:80", "'[::1' has no closing bracket", "[::1", "IPv6 address in brackets"},
    {"1:2:3:4:5", "'1:2:3' is not an IP address", "1:2:3", "an IPv4 address"},
    {"localhost:8080:80", "'localhost' is not an IP address, and names are not looked up",
     "localhost", "127.0.0.1:8080:80"},
    {"[fe80::1%eth0]:80:80", "address 'fe80::1%eth0' has a zone, which cannot be published on",
     "fe80::1%eth0", "an IPv4 address"},
    {"300.1.2.3:80:80", "'300.1.2.3' is not an IP address", "300.1.2.3", "an IPv4 address"},
    {"53:53/icmp", "protocol 'icmp' has no ports that can be published", "icmp",
     "tcp, udp or sctp"},
    {"80:", "'80:' names no container port", "80:", "80-82"},
    {"8080:0", "container port 0 is none", "0", "from 1 to 65535"},
    {"3000:80-82", "'3000' is 1 host port for the 3 container ports of '80-82'", "3000",
     "as many host ports"},
};

static void test_faults(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(FAULTS); i++) {
        const struct fault_row *row = &FAULTS[i];
        struct kps_sv text = kps_sv_of(row->text);
        struct kps_port port = {.take = 77};
        struct kps_port_places places = {0};
        struct kps_port_error error = {0};
        assert_int_equal(kps_port_spec_short(arena, text, &port, &places, &error),
                         KPS_PORT_REFUSED);
        assert_int_equal(error.fault, KPS_PORT_REFUSED);
        assert_int_equal(port.take, 77);
        if (!kps_sv_eq(error.message, kps_sv_of(row->message))) {
            fail_msg("'%s': %.*s", row->text, SV_ARG(error.message));
        }
        struct kps_sv at = kps_sv_slice(text, error.off, error.off + error.len);
        if (!kps_sv_eq(at, kps_sv_of(row->at))) {
            fail_msg("'%s': points at '%.*s'", row->text, SV_ARG(at));
        }
        if (kps_sv_search(error.allowed, kps_sv_of(row->allowed)) == error.allowed.n) {
            fail_msg("'%s': allowed is %.*s", row->text, SV_ARG(error.allowed));
        }
    }
}

static const struct address_row {
    const char *text;
    enum kps_addr_kind kind;
    const char *literal;
} ADDRESSES[] = {
    {"8080:80", KPS_ADDR_EVERY, ""},
    {"[]:8080:80", KPS_ADDR_EVERY, ""},
    {"0.0.0.0:8080:80", KPS_ADDR_ANY4, "0.0.0.0"},
    {"127.0.0.1:8080:80", KPS_ADDR_ONE4, "127.0.0.1"},
    {"[::]:8080:80", KPS_ADDR_ANY6, "::"},
    {"[0:0:0:0:0:0:0:1]:8080:80", KPS_ADDR_ONE6, "::1"},
    {"[::ffff:127.0.0.1]:8080:80", KPS_ADDR_ONE4, "127.0.0.1"},
    {"[::ffff:0.0.0.0]:8080:80", KPS_ADDR_ANY4, "0.0.0.0"},
    {"[FE80::A]:8080:80", KPS_ADDR_ONE6, "fe80::a"},
};

static void test_addresses(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(ADDRESSES); i++) {
        struct kps_port port = {0};
        struct kps_port_places places = {0};
        struct kps_port_error error = {0};
        assert_int_equal(
            kps_port_spec_short(arena, kps_sv_of(ADDRESSES[i].text), &port, &places, &error),
            KPS_PORT_OK);
        assert_int_equal(port.addr.kind, ADDRESSES[i].kind);
        assert_true(kps_sv_eq(kps_addr_format(arena, &port.addr), kps_sv_of(ADDRESSES[i].literal)));
        assert_false(port.bad_host_ip);
    }
}

static void test_places(void **unused)
{
    (void)unused;
    struct kps_sv text = SV("[::1]:3000-3002-9:80-82/tcp");
    struct kps_port port = {0};
    struct kps_port_places places = {0};
    struct kps_port_error error = {0};
    assert_int_equal(kps_port_spec_short(arena, text, &port, &places, &error), KPS_PORT_OK);
    assert_int_equal(port.first, 3000);
    assert_int_equal(port.last, 3002);
    assert_int_equal(port.take, 3);
    assert_true(
        kps_sv_eq(kps_sv_slice(text, places.host_ip_off, places.host_ip_off + places.host_ip_len),
                  SV("::1")));
    assert_true(kps_sv_eq(
        kps_sv_slice(text, places.published_off, places.published_off + places.published_len),
        SV("3000-3002-9")));
    assert_true(kps_sv_eq(
        kps_sv_slice(text, places.target_off, places.target_off + places.target_len), SV("80-82")));
    assert_int_equal(kps_port_spec_short(arena, SV("80"), &port, &places, &error), KPS_PORT_OK);
    assert_int_equal(places.published_len, 0);
    assert_int_equal(places.host_ip_len, 0);
    assert_int_equal(places.target_off, 0);
}

/* `published` of the long syntax: l-published-* pass `config`; the engine's answers are from spec
 * compose §1.3. */
static const struct published_row {
    const char *why, *text;
    uint16_t first, last;
    const char *message, *up_error, *at;
} PUBLISHED[] = {
    {"l-published-str", "8080", 8080, 8080, NULL, NULL, NULL},
    {"l-published-range-one", "8080-8080", 8080, 8080, NULL, NULL, NULL},
    {"l-published-zero, l-published-zero-str", "0", 0, 0, NULL, NULL, NULL},
    {"absent", "", 0, 0, NULL, NULL, NULL},
    {"a range to choose from", "8000-8010", 8000, 8010, NULL, NULL, NULL},
    {"from 0 the first choice is any free port", "0-5", 0, 0, NULL, NULL, NULL},
    {"a protocol is split off and forgotten", "8080/udp", 8080, 8080, NULL, NULL, NULL},
    {"l-published-big", "70000", 0, 0, "published port '70000' is above 65535",
     "invalid port specification: \"70000\"", "70000"},
    {"nonsense", "abc", 0, 0, "published port 'abc' is not a number",
     "invalid port specification: \"abc\"", "abc"},
    {"backwards", "8085-8080", 0, 0, "published range '8085-8080' ends before it starts",
     "invalid port specification: \"8085-8080\"", "8085-8080"},
    {"an address", "127.0.0.1:8080", 0, 0,
     "published port '127.0.0.1:8080' holds a colon: an address belongs into 'host_ip'",
     "invalid port specification: \"127.0.0.1:8080\"", "127.0.0.1:8080"},
    {"a blank", "8080 ", 0, 0, "published port '8080 ' has a blank beside it",
     "invalid port specification: \"8080 \"", "8080 "},
};

static void test_published(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(PUBLISHED); i++) {
        const struct published_row *row = &PUBLISHED[i];
        struct kps_sv text = kps_sv_of(row->text);
        struct kps_port port = {.target_first = 80, .target_last = 80, .protocol = KPS_UDP};
        struct kps_port_error error = {0};
        enum kps_port_fault fault = kps_port_spec_published(arena, text, &port, &error);
        if (row->message) {
            assert_int_equal(fault, KPS_PORT_FAILS);
            assert_int_equal(error.fault, KPS_PORT_FAILS);
            assert_string_equal(error.message.p, row->message);
            assert_string_equal(error.up_error.p, row->up_error);
            assert_true(kps_sv_eq(kps_sv_slice(text, error.off, error.off + error.len),
                                  kps_sv_of(row->at)));
        } else {
            assert_int_equal(fault, KPS_PORT_OK);
            assert_int_equal(port.first, row->first);
            assert_int_equal(port.last, row->last);
            assert_int_equal(port.take, 1);
        }
        assert_int_equal(port.target_first, 80);
        assert_int_equal(port.protocol, KPS_UDP);
    }
}

static const struct expose_row {
    const char *text;
    bool is_port;
    uint16_t first, last;
    enum kps_protocol protocol;
} EXPOSED[] = {
    {"3000", true, 3000, 3000, KPS_TCP}, {"9000-9002", true, 9000, 9002, KPS_TCP},
    {"53/udp", true, 53, 53, KPS_UDP},   {"53/UDP", true, 53, 53, KPS_UDP},
    {"53/", true, 53, 53, KPS_TCP},      {"", false, 0, 0, KPS_TCP},
    {"8080:80", false, 0, 0, KPS_TCP},   {"0", false, 0, 0, KPS_TCP},
    {"65536", false, 0, 0, KPS_TCP},     {"53/icmp", false, 0, 0, KPS_TCP},
    {"/tcp", false, 0, 0, KPS_TCP},      {"9-8", false, 0, 0, KPS_TCP},
};

static void test_expose(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(EXPOSED); i++) {
        uint16_t first = 0;
        uint16_t last = 0;
        enum kps_protocol protocol = KPS_TCP;
        assert_int_equal(kps_port_spec_expose(kps_sv_of(EXPOSED[i].text), &first, &last, &protocol),
                         EXPOSED[i].is_port);
        assert_int_equal(first, EXPOSED[i].first);
        assert_int_equal(last, EXPOSED[i].last);
        assert_int_equal(protocol, EXPOSED[i].protocol);
    }
}

/* A message must stay short and whole characters whatever stands in the file. */
static void test_long_text(void **unused)
{
    (void)unused;
    enum { N = 100 * 1000 };
    char *bytes = kps_alloc(arena, N);
    for (size_t i = 0; i < N; i++) {
        bytes[i] = "\xc3\xa4"[i % 2];
    }
    struct kps_port port = {0};
    struct kps_port_places places = {0};
    struct kps_port_error error = {0};
    assert_int_equal(kps_port_spec_short(arena, (struct kps_sv){bytes, N}, &port, &places, &error),
                     KPS_PORT_REFUSED);
    assert_true(error.message.n < 200);
    assert_true(error.up_error.n < 200);
    assert_int_equal(kps_utf8_check(error.message), error.message.n);
    assert_int_equal(error.len, N);
}

static int set_up(void **unused)
{
    (void)unused;
    arena = kps_arena_new();
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    kps_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_observed), cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_faults),   cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_places),   cmocka_unit_test(test_published),
        cmocka_unit_test(test_expose),   cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests_name("port_spec", tests, set_up, tear_down);
}
