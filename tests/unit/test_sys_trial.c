#include "support/live_kernel.h"
#include "sys/probe.h"

/* Ports that are tried before they are listed, on the real kernel. */

/* Whether this user, in this namespace, can bind the port plainly: nothing is left of a trial. */
static bool is_bindable(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound = bind(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;
    (void)close(fd);
    return is_bound;
}

/* A trial finds every port that the list has, in whatever state, and no other. */
static void test_trial(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    struct kps_sockets all;
    ask(&all, (struct kps_socket_query){.connections = true});
    for (uint16_t port = 2000; port < 2024; port++) {
        const struct kps_port_range range = {port, port};
        const struct kps_socket_query query = {
            .ports = &range, .n_ports = 1, .connections = true, .probes = true};
        bool listed[2] = {false, false};
        for (uint32_t i = 0; i < all.rows.n; i++) {
            const struct kps_socket *row = &all.rows.v[i];
            listed[row->protocol - KPS_TCP] = listed[row->protocol - KPS_TCP] || row->port == port;
        }
        bool tells = tells_bound() || (port != 2006 && port != 2007);
        struct kps_socket_trial trial = kps_sys_try(&machine, &query);
        if (tells &&
            (trial.taken[0] != (listed[0] ? port : 0) || trial.taken[1] != (listed[1] ? port : 0) ||
             trial.rest.no_tcp == listed[0] || trial.rest.no_udp == listed[1] ||
             trial.is_over != (!listed[0] && !listed[1]))) {
            fail_msg("port %u", port);
        }
        struct kps_sockets tried;
        ask(&tried, query);
        assert_true((tried.rows.n > 0) == (trial.taken[0] || trial.taken[1]));
        assert_true(trial.taken[0] || is_bindable(port));
        kps_sockets_free(&tried);
    }
    kps_sockets_free(&all);
}

/* What a trial does not know about is left to the list. */
static void test_trial_declines(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    const struct kps_port_range few = {3000, 3031};
    const struct kps_port_range many = {3000, 3032};
    uint16_t port = 0;
    assert_int_equal(kps_probe_ports(&machine, KPS_TCP, &few, 1, &port), 0);
    assert_int_equal(kps_probe_ports(&machine, KPS_TCP, &many, 1, &port), E2BIG);
    assert_int_equal(kps_probe_ports(&machine, KPS_TCP, NULL, 0, &port), E2BIG);
    const struct kps_port_range taken[] = {{3000, 3001}, {2001, 2003}};
    assert_int_equal(kps_probe_ports(&machine, KPS_TCP, taken, 2, &port), EADDRINUSE);
    assert_int_equal(port, 2001);
    struct kps_socket_query elsewhere = {
        .ports = &few, .n_ports = 1, .probes = true, .netns_pid = (uint32_t)getpid()};
    assert_false(kps_sys_try(&machine, &elsewhere).is_over);
    struct kps_socket_query unasked = {.ports = &few, .n_ports = 1};
    assert_false(kps_sys_try(&machine, &unasked).is_over);
    if (is_root) {
        assert_int_equal(seteuid(NOBODY), 0);
        const struct kps_port_range privileged = {81, 81};
        assert_int_equal(kps_probe_ports(&machine, KPS_TCP, &privileged, 1, &port), EACCES);
        assert_int_equal(seteuid(0), 0);
    }
}

/* A socket that no list shows makes its port held all the same: here one that is bound only,
 * without netlink. */
static void test_unlisted(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    const struct kps_port_range ports[] = {{2006, 2006}, {2008, 2008}};
    struct kps_sockets sockets;
    ask(&sockets, (struct kps_socket_query){.ports = ports,
                                            .n_ports = 2,
                                            .connections = true,
                                            .probes = true,
                                            .source = KPS_SOURCE_PROC});
    assert_string_equal(rows_text(&sockets).p,
                        "tcp :2006 BOUND without a file\nudp 0.0.0.0:2008 BOUND\n");
    assert_int_equal(sockets.rows.v[0].flags, KPS_SOCKET_UNLISTED);
    kps_sockets_free(&sockets);
    struct run run;
    const struct kps_claim *claim = NULL;
    collect(&run, (struct kps_sys_options){.ports = ports,
                                           .n_ports = 1,
                                           .connections = true,
                                           .probes = true,
                                           .source = KPS_SOURCE_PROC});
    const struct kps_owner *owner = owner_on(&run, 2006, &claim);
    assert_non_null(owner);
    assert_int_equal(owner->kind, KPS_OWNER_KERNEL);
    assert_int_equal(claim->certainty, KPS_LIKELY);
    assert_int_equal(claim->flags, 0);
    const struct kps_process_facts *facts = owner->facts;
    assert_true(kps_sv_eq(facts->what, SV("a socket that no list shows")));
    end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial),
        cmocka_unit_test(test_trial_declines),
        cmocka_unit_test(test_unlisted),
    };
    return cmocka_run_group_tests(tests, isolate, done);
}
