#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/kernel_settings.h"
#include "support/scene.h"

static const struct kps_port_range RESERVED[] = {{40000, 40009}};
static const struct kps_kernel_settings SETTINGS = {.ephemeral = {32768, 60999},
                                                    .reserved = RESERVED,
                                                    .n_reserved = KPS_COUNT(RESERVED),
                                                    .privileged_below = 1024};

/* "RULE SEVERITY FIRST-LAST N PARTIES: message [last command]" */
static const char *show(struct scene *scene)
{
    struct kps_buf buf = KPS_BUF(scene->arena);
    for (uint32_t i = 0; i < scene->diag.findings.n; i++) {
        const struct kps_finding *finding = scene->diag.findings.v[i];
        const struct kps_help *last = &finding->helps[finding->n_helps - 1];
        kps_buf_fmt(&buf, "%s%s %s %u-%u %u: %.*s [%.*s]", i ? "; " : "",
                    kps_rule_info(finding->rule)->id, kps_severity_name(finding->severity),
                    finding->first, finding->last, finding->n_parties, SV_ARG(finding->message),
                    SV_ARG(last->command));
    }
    return kps_buf_sv(&buf).p;
}

static void test_rows(void **unused)
{
    static const struct scene_row rows[] = {
        {"in neither range", "a 8080", ""},
        {"an outgoing connection may have it", "a 50000",
         "KP305 note 50000-50000 1: host port 50000/tcp lies in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,50000]"},
        {"the ends of the range", "a 32767; a 32768; a 60999/udp; a 61000",
         "KP305 note 32768-60999 2: 2 host ports lie in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,32768,60999]"},
        {"what is reserved", "a 40000; a 40001-40009", ""},
        {"partly reserved", "a 40005-40011",
         "KP305 note 40010-40011 1: 2 host ports lie in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,40010-40011]"},
        {"one finding for each project", "shop/a 50000; shop/b 50001; blog/c 50000/udp",
         "KP305 note 50000-50001 2: 2 host ports lie in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,50000-50001]; "
         "KP305 note 50000-50000 1: host port 50000/udp lies in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,50000]"},
        {"each port once, in their order", "a 50005; a 50000; b 50001-50003; a 50002",
         "KP305 note 50000-50005 4: 6 host ports lie in the range of outgoing connections, "
         "32768-60999 "
         "[sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000-40009,50000-50003,50005]"},
        {"any of a range is no fixed port", "a 50000-50010 pick", ""},
        {"nothing is started", "a 50000 x0", ""},
        {"only what is asked for, and on this machine",
         "a 50000 plan derived likely; !x 50001 held; a 50002 in:n; a 50003 node; a 50004 "
         "discarded",
         ""},
        {"a privilege is needed", "a 80; b 443/udp",
         "KP304 warning 80-443 2: 2 host ports are below 1024, where the rootless engine may not "
         "bind "
         "[sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80]"},
        {"the limit itself is free", "a 1023; a 1024",
         "KP304 warning 1023-1023 1: host port 1023/tcp is below 1024, where the rootless engine "
         "may not bind "
         "[sudo sysctl -w net.ipv4.ip_unprivileged_port_start=1023]"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        kps_kernel_settings_judge(&scene.ledger, &SETTINGS);
        if (strcmp(show(&scene), rows[i].expected) != 0) {
            fail_msg("%s\n  claims   %s\n  expected %s\n  found    %s", rows[i].why, rows[i].claims,
                     rows[i].expected, show(&scene));
        }
        scene_close(&scene);
    }
}

/* A command with a part of the ports would take the others out of the list. */
static void test_the_command_is_whole(void **unused)
{
    (void)unused;
    for (unsigned n = 300; n <= 900; n += 600) {
        char claims[900 * sizeof("; a 65535")] = "";
        size_t at = 0;
        for (unsigned i = 0; i < n; i++) {
            at += (size_t)snprintf(claims + at, sizeof(claims) - at, "%sa %u", i ? "; " : "",
                                   41000 + 2 * i);
        }
        struct scene scene;
        scene_open(&scene, claims, NULL);
        kps_kernel_settings_judge(&scene.ledger, &SETTINGS);
        const struct kps_finding *finding = scene.diag.findings.v[0];
        struct kps_sv last = kps_fmt(scene.diag.arena, ",%u", 41000 + 2 * (n - 1));
        bool has_last = false;
        for (uint32_t i = 0; i < finding->n_helps; i++) {
            has_last = has_last || kps_sv_ends(finding->helps[i].command, last);
        }
        assert_int_equal(has_last, n == 300);
        assert_int_equal(finding->n_helps, 1 + (n == 300));
        scene_close(&scene);
    }
}

static void test_unknown(void **unused)
{
    static const struct kps_kernel_settings none = {.n_reserved = 0};
    (void)unused;
    struct scene scene;
    scene_open(&scene, "a 80; a 50000", NULL);
    kps_kernel_settings_judge(&scene.ledger, &none);
    assert_string_equal(show(&scene), "");
    scene_close(&scene);
}

/* Addresses of the machine: 192.0.2.2, 127.0.0.0/8 and ::1. */
static void test_addresses(void **unused)
{
    static const struct kps_local_addr local[] = {
        {{KPS_ADDR_ONE4, {192, 0, 2, 2}}, 32},
        {{KPS_ADDR_ONE4, {127}}, 8},
        {{KPS_ADDR_ONE6, {[15] = 1}}, 128},
    };
    static const struct {
        bool nonlocal;
        struct scene_row row;
    } rows[] = {
        {false,
         {"addresses of this machine",
          "a 127.0.0.1@80; b 192.0.2.2@80; c ::1@80; d 80; "
          "e 0.0.0.0@81",
          ""}},
        {false,
         {"another address", "a 192.0.2.3@80",
          "KP308 error 80-80 1: this machine does not have the address 192.0.2.3, where a port is "
          "to be published []"}},
        {false,
         {"several ports, one address", "a 192.0.2.3@80; b 192.0.2.3@90/udp; c 192.0.2.2@90",
          "KP308 error 80-90 2: this machine does not have the address 192.0.2.3, where ports are "
          "to be published []"}},
        {false,
         {"each project, each address", "x/a fd00::9@80; y/a fd00::9@80; y/b 10.0.0.1@80",
          "KP308 error 80-80 1: this machine does not have the address fd00::9, where a port is to "
          "be published []; "
          "KP308 error 80-80 1: this machine does not have the address fd00::9, where a port is to "
          "be published []; "
          "KP308 error 80-80 1: this machine does not have the address 10.0.0.1, where a port is "
          "to be published []"}},
        {false,
         {"any of a range needs the address too", "a 10.0.0.1@80-90 pick",
          "KP308 error 80-90 1: this machine does not have the address 10.0.0.1, where a port is "
          "to be published []"}},
        {false,
         {"what is held, off, in another network or not",
          "!x 10.0.0.1@80 held; a 10.0.0.1@81 x0; b 10.0.0.1@82 in:n "
          "published; c 10.0.0.1@83 derived; d 10.0.0.1@84 node",
          ""}},
        {true,
         {"the kernel binds it all the same", "a 10.0.0.1@80",
          "KP308 warning 80-80 1: this machine does not have the address 10.0.0.1, where a port is "
          "to be published []"}},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        const struct kps_local_addrs addrs = {.v = local,
                                              .n = KPS_COUNT(local),
                                              .knows_v4 = true,
                                              .knows_v6 = true,
                                              .nonlocal_v4 = rows[i].nonlocal,
                                              .nonlocal_v6 = rows[i].nonlocal};
        const struct kps_kernel_settings settings = {.addresses = &addrs};
        scene_open(&scene, rows[i].row.claims, NULL);
        kps_kernel_settings_judge(&scene.ledger, &settings);
        if (strcmp(show(&scene), rows[i].row.expected) != 0) {
            fail_msg("%s\n  claims   %s\n  expected %s\n  found    %s", rows[i].row.why,
                     rows[i].row.claims, rows[i].row.expected, show(&scene));
        }
        scene_close(&scene);
    }
}

/* The table has the advice for users other than root. */
static int drop_rights(void **unused)
{
    enum { NOBODY = 65534 };
    (void)unused;
    return geteuid() == 0 ? seteuid(NOBODY) : 0;
}

/* The leak check needs its own rights. */
static int regain_rights(void **unused)
{
    (void)unused;
    return getuid() == 0 ? seteuid(0) : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows), cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_unknown), cmocka_unit_test(test_the_command_is_whole)};
    return cmocka_run_group_tests(tests, drop_rights, regain_rights);
}
