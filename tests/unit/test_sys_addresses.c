#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/machine.h"
#include "sys/addresses.h"

/* The kernel's tree of a machine with 192.0.2.2/24 and a local route to 198.51.100.0/24. */
#define TRIE                                                                                       \
    "Main:\n"                                                                                      \
    "  +-- 0.0.0.0/0 3 0 5\n"                                                                      \
    "     |-- 0.0.0.0\n"                                                                           \
    "        /0 universe UNICAST\n"                                                                \
    "     +-- 127.0.0.0/8 2 0 2\n"                                                                 \
    "        +-- 127.0.0.0/31 1 0 0\n"                                                             \
    "           |-- 127.0.0.0\n"                                                                   \
    "              /8 host LOCAL\n"                                                                \
    "           |-- 127.0.0.1\n"                                                                   \
    "              /32 host LOCAL\n"                                                               \
    "     |-- 192.0.2.0\n"                                                                         \
    "        /24 link UNICAST\n"                                                                   \
    "     |-- 192.0.2.2\n"                                                                         \
    "        /32 host LOCAL\n"                                                                     \
    "     |-- 192.0.2.255\n"                                                                       \
    "        /32 link BROADCAST\n"                                                                 \
    "     |-- 198.51.100.0\n"                                                                      \
    "        /24 host LOCAL\n"
#define INET6                                                                                      \
    "fd000000000000000000000000000002 04 40 00 82     eth0\n"                                      \
    "00000000000000000000000000000001 01 80 10 80       lo\n"

static enum kps_locality locate(const struct kps_local_addrs *addrs, const char *text)
{
    struct kps_addr addr;
    assert_true(kps_addr_parse(kps_sv_of(text), &addr));
    return kps_local_addrs_find(addrs, &addr);
}

struct row {
    const char *address;
    enum kps_locality locality;
};

static void check_rows(struct machine *machine, const struct row *rows, size_t n)
{
    struct kps_sys sys;
    assert_int_equal(kps_sys_open(machine->root, &sys), 0);
    struct kps_local_addrs addrs = kps_addresses_read(&sys, machine->arena);
    for (size_t i = 0; i < n; i++) {
        if (locate(&addrs, rows[i].address) != rows[i].locality) {
            fail_msg("%s: %d", rows[i].address, (int)locate(&addrs, rows[i].address));
        }
    }
    kps_sys_close(&sys);
}

static void test_addresses(void **unused)
{
    static const struct row rows[] = {
        {"0.0.0.0", KPS_LOCALITY_HERE},        {"::", KPS_LOCALITY_HERE},
        {"127.0.0.1", KPS_LOCALITY_HERE},      {"127.9.9.9", KPS_LOCALITY_HERE},
        {"192.0.2.2", KPS_LOCALITY_HERE},      {"192.0.2.3", KPS_LOCALITY_ABSENT},
        {"192.0.2.255", KPS_LOCALITY_HERE},    {"198.51.100.77", KPS_LOCALITY_HERE},
        {"198.51.101.1", KPS_LOCALITY_ABSENT}, {"224.0.0.1", KPS_LOCALITY_HERE},
        {"fd00::2", KPS_LOCALITY_HERE},        {"::1", KPS_LOCALITY_HERE},
        {"fd00::3", KPS_LOCALITY_ABSENT},      {"ff02::1", KPS_LOCALITY_HERE},
    };
    (void)unused;
    struct machine machine;
    machine_begin(&machine);
    machine_file(&machine, "proc/net/fib_trie", SV(TRIE));
    machine_file(&machine, "proc/net/if_inet6", SV(INET6));
    check_rows(&machine, rows, KPS_COUNT(rows));
    machine_end(&machine);
}

static void test_nonlocal_bind(void **unused)
{
    static const struct row rows[] = {
        {"127.0.0.1", KPS_LOCALITY_HERE},
        {"203.0.113.9", KPS_LOCALITY_NONLOCAL},
        {"fd00::3", KPS_LOCALITY_ABSENT},
    };
    (void)unused;
    struct machine machine;
    machine_begin(&machine);
    machine_file(&machine, "proc/net/fib_trie", SV(TRIE));
    machine_file(&machine, "proc/net/if_inet6", SV(INET6));
    machine_file(&machine, "proc/sys/net/ipv4/ip_nonlocal_bind", SV("1\n"));
    machine_file(&machine, "proc/sys/net/ipv6/ip_nonlocal_bind", SV("0\n"));
    check_rows(&machine, rows, KPS_COUNT(rows));
    machine_end(&machine);
}

/* A tree in another form says nothing; no if_inet6 means a kernel without IPv6. */
static void test_unreadable(void **unused)
{
    static const struct row rows[] = {
        {"127.0.0.1", KPS_LOCALITY_UNKNOWN},
        {"0.0.0.0", KPS_LOCALITY_HERE},
        {"fd00::3", KPS_LOCALITY_ABSENT},
    };
    (void)unused;
    struct machine machine;
    machine_begin(&machine);
    machine_file(&machine, "proc/net/fib_trie", SV("|-- 1.2.3\n/32 host LOCAL\n/x LOCAL\n|-- \n"));
    check_rows(&machine, rows, KPS_COUNT(rows));
    machine_end(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_nonlocal_bind),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
