#include "support/live_kernel.h"

/* Sockets of the real kernel, seen through both sources, and whose they are. */

#define BOUND_ROWS_1 "tcp 0.0.0.0:2006 BOUND\ntcp :::2007 BOUND\n"
#define ROWS_1                                                                                     \
    "tcp 127.0.0.1:2001 LISTEN\ntcp 0.0.0.0:2002 LISTEN\ntcp :::2002 LISTEN\ntcp :2003 "           \
    "LISTEN\ntcp ::1:2004 LISTEN\n"                                                                \
    "tcp 127.0.0.1:2005 LISTEN\n"
#define ROWS_2                                                                                     \
    "tcp 127.0.0.1:2012 ESTABLISHED\ntcp ::1:2013 ESTABLISHED\n"                                   \
    "tcp 127.0.0.1:2014 TIME_WAIT without a file\ntcp 127.0.0.1:2015 ESTABLISHED\n"                \
    "tcp 127.0.0.1:2016 ESTABLISHED\ntcp 127.0.0.1:2017 LISTEN\ntcp 127.0.0.1:2018 LISTEN\n"       \
    "tcp 127.0.0.1:2018 LISTEN\nudp 0.0.0.0:2008 BOUND\n"

static void test_sources(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    struct kps_sockets netlink;
    struct kps_sockets files;
    ask(&netlink, (struct kps_socket_query){.connections = true, .source = KPS_SOURCE_NETLINK});
    ask(&files, (struct kps_socket_query){.connections = true, .source = KPS_SOURCE_PROC});
    assert_true(netlink.used_netlink && !netlink.used_proc && files.used_proc &&
                !files.used_netlink);
    assert_string_equal(
        rows_text(&netlink).p,
        kps_fmt(arena, "%s%s%sudp :::2009 BOUND\nudp :2010 BOUND\nudp 127.0.0.1:2011 BOUND\n",
                ROWS_1, tells_bound() ? BOUND_ROWS_1 : "", ROWS_2)
            .p);
    /* /proc/net: no bound-only sockets, and of UDP on [::] it does not know whether it is v6only */
    assert_string_equal(rows_text(&files).p, ROWS_1 ROWS_2
                        "udp :2009 BOUND\nudp :2010 BOUND\nudp 127.0.0.1:2011 BOUND\n");
    /* Sockets in both lists are the same in every other respect. */
    for (uint32_t i = 0; i < files.rows.n; i++) {
        const struct kps_socket *a = &files.rows.v[i];
        const struct kps_socket *b = NULL;
        for (uint32_t k = 0; k < netlink.rows.n && !b; k++) {
            const struct kps_socket *row = &netlink.rows.v[k];
            bool is_it = row->protocol == a->protocol && row->port == a->port &&
                         row->inode == a->inode && row->peer_port == a->peer_port &&
                         row->state == a->state;
            b = is_it ? row : NULL;
        }
        assert_non_null(b);
        assert_true(a->uid == b->uid && a->netns == b->netns && a->netns != 0);
        assert_true(kps_addr_eq(&a->peer, &b->peer));
        assert_true((a->left_ms > 0) == (b->left_ms > 0) && a->left_ms <= 60000 &&
                    b->left_ms <= 60000);
        assert_true(a->flags & KPS_SOCKET_V6ONLY_UNKNOWN || kps_addr_eq(&a->addr, &b->addr));
        assert_int_equal(a->flags & KPS_SOCKET_SHADOWS_ANY4, b->flags & KPS_SOCKET_SHADOWS_ANY4);
    }
    kps_sockets_free(&netlink);
    kps_sockets_free(&files);
}

/* The kernel's filter gives what a filter here gives. */
static void test_filters(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    static struct kps_port_range many[40];
    for (uint16_t i = 0; i < KPS_COUNT(many); i++) {
        many[i] = (struct kps_port_range){(uint16_t)(2000 + i), (uint16_t)(2000 + i)};
    }
    const struct kps_port_range lots[][3] = {{{2002, 2002}},
                                             {{2001, 2003}},
                                             {{2014, 2014}, {2005, 2007}, {2001, 2001}},
                                             {{1, 65535}},
                                             {{9, 9}}};
    const size_t sizes[] = {1, 1, 3, 1, 1};
    struct kps_sockets all;
    ask(&all, (struct kps_socket_query){.connections = true});
    for (size_t i = 0; i <= KPS_COUNT(lots); i++) {
        struct kps_socket_query query = {.connections = true, .source = KPS_SOURCE_NETLINK};
        struct kps_sockets some;
        struct kps_sockets wanted = {0};
        query.ports = i < KPS_COUNT(lots) ? lots[i] : many;
        query.n_ports = i < KPS_COUNT(lots) ? sizes[i] : KPS_COUNT(many);
        ask(&some, query);
        for (uint32_t k = 0; k < all.rows.n; k++) {
            if (kps_socket_query_has(&query, all.rows.v[k].port)) {
                *kps_vec_push(&wanted.rows) = all.rows.v[k];
            }
        }
        assert_string_equal(rows_text(&some).p, rows_text(&wanted).p);
        kps_sockets_free(&wanted);
        kps_sockets_free(&some);
    }
    kps_sockets_free(&all);
    struct kps_sockets none;
    ask(&none, (struct kps_socket_query){.no_tcp = true});
    for (uint32_t i = 0; i < none.rows.n; i++) {
        assert_int_equal(none.rows.v[i].protocol, KPS_UDP);
    }
    kps_sockets_free(&none);
}

static const struct expectation {
    uint16_t port;
    enum kps_certainty certainty;
    bool is_remnant, has_process;
} EXPECTED[] = {
    {2001, KPS_CERTAIN, false, true}, {2003, KPS_CERTAIN, false, true},
    {2006, KPS_LIKELY, false, true},  {2011, KPS_CERTAIN, false, true},
    {2012, KPS_POSSIBLE, true, true}, {2014, KPS_POSSIBLE, true, false},
    {2015, KPS_POSSIBLE, true, true}, {2017, KPS_CERTAIN, false, false},
    {2018, KPS_CERTAIN, false, true},
};

static void check_claims(const struct run *run, const struct maker *maker, bool is_netlink)
{
    for (size_t i = 0; i < KPS_COUNT(EXPECTED); i++) {
        const struct expectation *wanted = &EXPECTED[i];
        const struct kps_claim *claim = NULL;
        const struct kps_owner *owner = owner_on(run, wanted->port, &claim);
        if (wanted->port == 2006 && !(is_netlink && tells_bound())) {
            assert_null(owner);
            continue;
        }
        /* /proc/net does not say whether a socket on [::] takes IPv4 */
        bool is_unsure = wanted->port == 2003 && !is_netlink;
        if (!owner || claim->certainty != (is_unsure ? KPS_LIKELY : wanted->certainty) ||
            (claim->flags == KPS_CLAIM_REMNANT) != wanted->is_remnant) {
            fail_msg("port %u: %s", wanted->port, owner ? "its claim is another" : "no claim");
        }
        const struct kps_process_facts *facts = owner->facts;
        if (wanted->has_process) {
            assert_int_equal(facts->pid, maker->pid);
            assert_int_equal(owner->kind, KPS_OWNER_PROCESS);
            assert_true(kps_sv_eq(kps_owner_name(owner), SV("mkport")));
            assert_true(kps_sv_starts(facts->cmdline, SV("mkport tcp,127.0.0.1,2001 ")));
            if (getpid() == 1) { /* in a container; parents are listed without pid 1 */
                assert_int_equal(facts->n_parents, 0);
            } else {
                assert_true(facts->n_parents > 0 && facts->parents[0].pid == (uint32_t)getpid());
            }
            assert_true(facts->started > 1000000000);
        } else {
            assert_int_equal(facts->pid, 0);
            assert_true(facts->hidden != KPS_HIDDEN_NOTHING);
        }
    }
}

static void test_owners(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    struct run run;
    const struct kps_claim *claim = NULL;
    const enum kps_socket_source sources[] = {KPS_SOURCE_ANY, KPS_SOURCE_PROC};
    for (size_t i = 0; i < KPS_COUNT(sources); i++) {
        collect(&run, (struct kps_sys_options){.connections = true, .source = sources[i]});
        check_claims(&run, &zoo, i == 0);
        const struct kps_process_facts *left = owner_on(&run, 2014, &claim)->facts;
        assert_true(left->frees_in_s > 0 && left->frees_in_s <= 60);
        assert_true(kps_sv_eq(left->what, SV("TIME_WAIT of 1 closed connection")));
        end(&run);
    }
    /* a bound port, asked for beforehand, and a free port */
    const struct kps_port_range held = {2003, 2003};
    struct kps_sys_options beforehand = {.ports = &held, .n_ports = 1, .connections = true};
    beforehand.prefetch = kps_sys_prefetch(arena, &beforehand);
    collect(&run, beforehand);
    assert_int_equal(run.ledger.claims.n, 1);
    assert_int_equal(((const struct kps_process_facts *)owner_on(&run, 2003, &claim)->facts)->pid,
                     zoo.pid);
    assert_int_equal(claim->addr.kind, KPS_ADDR_EVERY);
    end(&run);
    const struct kps_port_range free_port = {1999, 1999};
    collect(&run, (struct kps_sys_options){.ports = &free_port, .n_ports = 1, .connections = true});
    assert_int_equal(run.ledger.claims.n, 0);
    assert_int_equal(run.diag.findings.n, 0);
    end(&run);
}

/* The worker inherits the socket: the one to speak of is its parent. Killed underway, the socket is
 * gone with both. */
static void test_inherited(void **unused)
{
    (void)unused;
    if (!is_isolated) {
        skip();
    }
    struct run run;
    const struct kps_claim *claim = NULL;
    const struct kps_port_range port = {2050, 2050};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(2050)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                listen(fd, 1) == 0);
    pid_t worker = fork();
    if (worker == 0) {
        (void)pause();
        _exit(0);
    }
    collect(&run, (struct kps_sys_options){.ports = &port, .n_ports = 1});
    assert_int_equal(((const struct kps_process_facts *)owner_on(&run, 2050, &claim)->facts)->pid,
                     getpid());
    end(&run);
    (void)close(fd);
    collect(&run, (struct kps_sys_options){.ports = &port, .n_ports = 1});
    assert_int_equal(((const struct kps_process_facts *)owner_on(&run, 2050, &claim)->facts)->pid,
                     worker);
    end(&run);
    (void)kill(worker, SIGKILL);
    assert_int_equal(waitpid(worker, NULL, 0), worker);
    collect(&run, (struct kps_sys_options){.ports = &port, .n_ports = 1});
    assert_int_equal(run.ledger.claims.n, 0);
    end(&run);
}

/* The low descriptors of all processes come first, the high ones of some are seen all the same. */
static void test_high_descriptor(void **unused)
{
    (void)unused;
    enum { PADDING = 700 };
    if (!is_isolated) {
        skip();
    }
    struct run run;
    const struct kps_claim *claim = NULL;
    const struct kps_port_range port = {2051, 2051};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(2051)};
    int fds[PADDING];
    for (size_t i = 0; i < PADDING; i++) {
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fds[i] >= 0);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd > PADDING && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
                listen(fd, 1) == 0);
    collect(&run, (struct kps_sys_options){.ports = &port, .n_ports = 1});
    assert_int_equal(((const struct kps_process_facts *)owner_on(&run, 2051, &claim)->facts)->pid,
                     getpid());
    end(&run);
    (void)close(fd);
    for (size_t i = 0; i < PADDING; i++) {
        (void)close(fds[i]);
    }
}

/* As another user. Return: what went wrong, 0 nothing. */
static int look_as_nobody(const struct maker *theirs, const struct maker *proxy,
                          const struct maker *ours)
{
    struct run run;
    const struct kps_claim *claim = NULL;
    if (setresuid(NOBODY, NOBODY, NOBODY) != 0) {
        return 1;
    }
    collect(&run, (struct kps_sys_options){0});
    const struct kps_owner *hidden = owner_on(&run, 2101, &claim);
    const struct kps_owner *guessed = owner_on(&run, 2102, &claim);
    const struct kps_owner *seen = owner_on(&run, 2103, &claim);
    if (!hidden || !guessed || !seen) {
        return 2;
    }
    const struct kps_process_facts *facts = hidden->facts;
    if (hidden->kind != KPS_OWNER_UNKNOWN || facts->pid != 0 ||
        facts->hidden != KPS_HIDDEN_PERMISSION || !facts->has_uid || facts->uid != 0 ||
        theirs->pid == 0) {
        return 3;
    }
    facts = guessed->facts;
    if (guessed->kind != KPS_OWNER_PROCESS || facts->pid != (uint32_t)proxy->pid ||
        !facts->is_guess ||
        !kps_sv_eq(guessed->ties->stands_for, SV("docker-proxy:tcp/172.17.0.9:80"))) {
        return 4;
    }
    facts = seen->facts;
    if (facts->pid != (uint32_t)ours->pid || facts->uid != NOBODY || facts->is_guess) {
        return 5;
    }
    bool has_note = run.diag.findings.n == 1 && run.diag.findings.v[0]->severity == KPS_NOTE;
    int result = run.result.hidden > 0 && has_note && !run.diag.incomplete ? 0 : 6;
    end(&run);
    return result;
}

static void test_unprivileged(void **unused)
{
    (void)unused;
    if (!is_isolated || !is_root) {
        skip();
    }
    const char *const theirs_argv[] = {"mkport", "tcp,127.0.0.1,2101", NULL};
    const char *const ours_argv[] = {"mkport", "--user", "65534", "tcp,127.0.0.1,2103", NULL};
    const char *const proxy_argv[] = {
        "docker-proxy", "tcp,0.0.0.0,2102", "--",         "-proto", "tcp",
        "-host-ip",     "0.0.0.0",          "-host-port", "2102",   "-container-ip",
        "172.17.0.9",   "-container-port",  "80",         NULL};
    struct maker theirs = start(theirs_argv);
    struct maker proxy = start(proxy_argv);
    struct maker ours = start(ours_argv);
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(look_as_nobody(&theirs, &proxy, &ours));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    stop_maker(theirs);
    stop_maker(proxy);
    stop_maker(ours);
}

/* Another namespace: entered where that is allowed, else read from /proc/PID/net. */
static void test_other_namespace(void **unused)
{
    (void)unused;
    if (!is_isolated || !is_root) {
        skip();
    }
    const char *const argv[] = {
        "mkport", "--netns", "new", "tcp,127.0.0.1,2201", "tcp,0.0.0.0,2202,bound", NULL};
    struct maker maker = start(argv);
    const enum kps_socket_source sources[] = {KPS_SOURCE_ANY, KPS_SOURCE_PROC};
    struct run run;
    const struct kps_claim *claim = NULL;
    for (size_t i = 0; i < KPS_COUNT(sources); i++) {
        collect(&run, (struct kps_sys_options){.netns_pid = (uint32_t)maker.pid,
                                               .netns_name = SV("box"),
                                               .source = sources[i]});
        const struct kps_owner *owner = owner_on(&run, 2201, &claim);
        assert_non_null(owner);
        assert_int_equal(((const struct kps_process_facts *)owner->facts)->pid, maker.pid);
        const struct kps_netns *netns = kps_ledger_get_netns(&run.ledger, claim->netns);
        assert_int_equal(netns->kind, KPS_NETNS_PRIVATE);
        assert_true(kps_sv_eq(netns->name, SV("box")));
        assert_int_equal(run.result.used_netlink, sources[i] == KPS_SOURCE_ANY);
        end(&run);
        collect(&run, (struct kps_sys_options){.source = sources[i]});
        assert_null(owner_on(&run, 2201, &claim)); /* and this thread has stayed where it was */
        end(&run);
    }
    stop_maker(maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),         cmocka_unit_test(test_filters),
        cmocka_unit_test(test_owners),          cmocka_unit_test(test_inherited),
        cmocka_unit_test(test_high_descriptor), cmocka_unit_test(test_unprivileged),
        cmocka_unit_test(test_other_namespace),
    };
    return cmocka_run_group_tests(tests, isolate, done);
}
