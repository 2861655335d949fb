#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/machine.h"
#include "sys/collect.h"
#include "sys/owners.h"

#define A64 "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define HEADING                                                                                    \
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "  \
    "inode\n"

/* One line of /proc/net/tcp or udp, as a little-endian machine writes it: 0.0.0.0, or 127.0.0.1. */
#define ANY_LINE(port, state, uid, inode)                                                          \
    "0: 00000000:" port " 00000000:0000 " state " 0:0 00:0 0 " uid " 0 " inode "\n"
#define LO_LINE(port, state, uid, inode)                                                           \
    "0: 0100007F:" port " 0100007F:9C40 " state " 0:0 00:0 0 " uid " 0 " inode "\n"
#define LEFT_LINE(port, peer, ticks)                                                               \
    "0: 0100007F:" port " 0100007F:" peer " 06 0:0 03:" ticks " 0 0 0 0\n"
#define V6_ZERO "00000000000000000000000000000000"
#define LO6_LINE(port, inode)                                                                      \
    "0: 00000000000000000000000001000000:" port " 00000000000000000000000001000000:9C40 01 0:0 "   \
    "00:0 0 0 0 " inode "\n"
#define V6_LINE(port, inode)                                                                       \
    "0: " V6_ZERO ":" port " " V6_ZERO ":0000 0A 0:0 00:0 0 0 0 " inode "\n"

/*
 * nginx with a worker (port 80), a docker-proxy whose socket dockerd holds too (3000), dockerd
 * itself (5000), a program of a host-network container (4000), a client (45000), one in another
 * namespace (6000), one that nobody has (6001).
 */
static void make_machine(struct machine *machine)
{
    machine_begin(machine);
    machine_file(machine, "proc/stat", SV("cpu 1\nbtime 1700000000\n"));
    machine_file(machine, "etc/passwd",
                 SV("root:x:0:0::/:\nwww:x:33:33::/:\nanna:x:1000:1000::/:\n"));
    machine_link(machine, "proc/self/ns/net", "net:[1]");
    machine_file(machine, "proc/sys/net/ipv4/ip_local_port_range", SV("32768\t60999\n"));
    machine_file(machine, "proc/sys/net/ipv4/ip_unprivileged_port_start", SV("80\n"));
    machine_file(machine, "proc/sys/net/ipv4/ip_local_reserved_ports", SV("40000-40009\n"));
    machine_file(machine, "proc/sys/net/ipv6/bindv6only", SV("1\n"));
    machine_add(machine, (struct machine_process){.pid = 1, .comm = "systemd"});
    machine_add(machine, (struct machine_process){.pid = 100,
                                                  .parent = 1,
                                                  .comm = "nginx",
                                                  .cmdline = SV("nginx: master process\0\0\0"),
                                                  .cgroup = "0::/system.slice/nginx.service\n"});
    machine_add(machine, (struct machine_process){.pid = 101,
                                                  .parent = 100,
                                                  .uid = 33,
                                                  .comm = "nginx",
                                                  .cgroup = "0::/system.slice/nginx.service\n"});
    machine_add(machine, (struct machine_process){.pid = 150, .parent = 1, .comm = "dockerd"});
    machine_add(machine, (struct machine_process){
                             .pid = 200,
                             .parent = 150,
                             .comm = "docker-proxy",
                             .cmdline = SV("/usr/bin/docker-proxy\0-proto\0tcp\0-host-ip\0"
                                           "0.0.0.0\0-host-port\0"
                                           "3000\0-container-ip\0"
                                           "172.17.0.2\0-container-port\0"
                                           "80\0")});
    machine_add(machine,
                (struct machine_process){.pid = 300,
                                         .parent = 299,
                                         .uid = 1000,
                                         .comm = "node",
                                         .cmdline = SV("node\0server.js\0"),
                                         .cgroup = "0::/system.slice/docker-" A64 ".scope\n"});
    machine_add(machine, (struct machine_process){.pid = 400,
                                                  .parent = 1,
                                                  .uid = 1000,
                                                  .comm = "curl",
                                                  .terminal = 34819,
                                                  .status = "SigIgn:\t0000000000004000\n"});
    machine_add(machine,
                (struct machine_process){.pid = 500, .parent = 1, .comm = "taker", .netns = 2});
    machine_file(machine, "proc/100/task/100/children", SV("101 "));
    machine_file(machine, "proc/150/task/150/children", SV("200 "));
    machine_fd(machine, 100, 6, "socket:[1000]");
    machine_fd(machine, 100, 7, "socket:[1001]");
    machine_fd(machine, 101, 6, "socket:[1000]");
    machine_fd(machine, 101, 3, "/dev/null");
    machine_fd(machine, 101, 4, "pipe:[1000]");
    machine_fd(machine, 150, 9, "socket:[1500]");
    machine_fd(machine, 150, 10, "socket:[2000]");
    machine_fd(machine, 200, 4, "socket:[2000]");
    machine_fd(machine, 300, 20, "socket:[3000]");
    machine_fd(machine, 400, 3, "socket:[4000]");
    machine_fd(machine, 400, 5, "socket:[4001]");
    machine_fd(machine, 500, 3, "socket:[5000]");
    machine_file(
        machine, "proc/net/tcp",
        SV(HEADING ANY_LINE("0050", "0A", "0", "1000") /* 80 */
           LO_LINE("0050", "01", "33", "1001")   /* a connection to it, which holds nothing more */
           LO_LINE("0050", "01", "0", "0")       /* one that is not accepted yet */
           ANY_LINE("0BB8", "0A", "0", "2000")   /* 3000 */
           ANY_LINE("1388", "0A", "0", "1500")   /* 5000 */
           ANY_LINE("1770", "0A", "0", "5000")   /* 6000 */
           ANY_LINE("1771", "0A", "0", "5001")   /* 6001 */
           LO_LINE("AFC8", "01", "1000", "4000") /* 45000 */
           LEFT_LINE("1B58", "9C41", "00000100") /* 7000, 2.56 s */
           LEFT_LINE("1B58", "9C42", "00000FA1") "garbage\n")); /* 7000, 40.01 s */
    machine_file(machine, "proc/net/tcp6",
                 SV(HEADING V6_LINE("0FA0", "3000") V6_LINE("0050", "1002")
                        LO6_LINE("1B59", "1500"))); /* 7001 */
    machine_file(machine, "proc/net/udp", SV(HEADING ANY_LINE("14E9", "07", "1000", "4001")));
}

struct run {
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_sys_result result;
};

static void collect(struct run *run, struct machine *machine, struct kps_sys_options options)
{
    *run = (struct run){.diag = {.arena = machine->arena}};
    run->ledger.diag = &run->diag;
    options.root = machine->root;
    run->result = kps_sys_collect(&run->ledger, &options);
}

static void end(struct run *run)
{
    kps_ledger_free(&run->ledger);
    kps_diag_free(&run->diag);
}

static void add_owner(struct kps_buf *out, const struct kps_owner *owner)
{
    const struct kps_process_facts *facts = owner->facts;
    kps_buf_fmt(out, "%s %.*s %u", kps_owner_kind_name(owner->kind), SV_ARG(kps_owner_name(owner)),
                facts->pid);
    const struct {
        const char *label;
        struct kps_sv text;
    } more[] = {
        {"key", owner->ties->key},   {"for", owner->ties->stands_for},
        {"user", facts->user},       {"unit", facts->unit},
        {"manager", facts->manager}, {"container", facts->container},
        {"cmdline", facts->cmdline}, {"what", facts->what},
    };
    for (size_t i = 0; i < KPS_COUNT(more); i++) {
        if (more[i].text.n) {
            kps_buf_fmt(out, " %s=%.*s", more[i].label, SV_ARG(more[i].text));
        }
    }
    if (facts->hidden) {
        kps_buf_fmt(out, " hidden=%s", kps_hidden_name(facts->hidden));
    }
    if (facts->frees_in_s) {
        kps_buf_fmt(out, " frees=%u", facts->frees_in_s);
    }
}

/* The claims, one a line. */
static struct kps_sv dump(struct run *run)
{
    struct kps_buf out = KPS_BUF(run->diag.arena);
    for (kps_claim_id id = 1; id <= run->ledger.claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(&run->ledger, id);
        struct kps_sv address = kps_addr_format(run->diag.arena, &claim->addr);
        const struct kps_socket *socket = kps_sys_socket_of(&run->result, id);
        assert_true(socket && socket->port == claim->first &&
                    kps_addr_eq(&socket->addr, &claim->addr));
        assert_true(claim->basis == KPS_BOUND && claim->first == claim->last && claim->take == 1 &&
                    claim->copies == 1);
        assert_int_equal(kps_origins_step(&run->diag.origins, claim->origin), KPS_STEP_KERNEL);
        kps_buf_fmt(&out, "%s %.*s:%u %s%s | ", kps_protocol_name(claim->protocol), SV_ARG(address),
                    claim->first, kps_certainty_name((enum kps_certainty)claim->certainty),
                    claim->flags & KPS_CLAIM_REMNANT ? " remnant" : "");
        add_owner(&out, kps_ledger_get_owner(&run->ledger, claim->owner));
        kps_buf_char(&out, '\n');
    }
    return kps_buf_sv(&out);
}

static void check_dump(struct run *run, const char *wanted)
{
    assert_string_equal(dump(run).p, wanted);
}

#define WEB                                                                                        \
    "process nginx 100 key=process:100 user=root unit=nginx.service manager=systemd "              \
    "cmdline=nginx: master process\n"
#define NODE                                                                                       \
    "process node 300 key=process:300 for=container:" A64 " user=anna container=" A64              \
    " cmdline=node server.js\n"
#define PROXY                                                                                      \
    "process docker-proxy 200 key=process:200 for=docker-proxy:tcp/172.17.0.2:80 user=root "       \
    "cmdline=/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 3000 -container-ip "     \
    "172.17.0.2 "                                                                                  \
    "-container-port 80\n"
#define DOCKERD "process dockerd 150 for=docker-port:tcp/0.0.0.0:5000 user=root cmdline=dockerd\n"
#define DOCKERD_7001 "process dockerd 150 for=docker-port:tcp/::1:7001 user=root cmdline=dockerd\n"
#define TRANSIT                                                                                    \
    "what=a socket (LISTEN) on its way between two processes, or of one that is not to be seen "   \
    "from here "                                                                                   \
    "hidden=no-process\n"

static void test_list(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    make_machine(&machine);
    collect(&run, &machine, (struct kps_sys_options){0});
    /* [::]:80 beside a listener on 0.0.0.0:80 must be v6only; of [::]:4000 nobody knows. */
    check_dump(
        &run,
        "tcp 0.0.0.0:80 certain | " WEB "tcp :::80 certain | kernel kernel 0 user=root " TRANSIT
        "tcp 0.0.0.0:3000 certain | " PROXY "tcp :4000 likely | " NODE
        "tcp 0.0.0.0:5000 certain | " DOCKERD
        "tcp 0.0.0.0:6000 certain | process taker 500 key=process:500 user=root cmdline=taker\n"
        "tcp 0.0.0.0:6001 certain | kernel kernel 0 user=root " TRANSIT
        "udp 0.0.0.0:5353 certain | process curl 400 key=process:400 user=anna cmdline=curl\n");
    assert_true(run.result.used_proc && !run.result.used_netlink);
    assert_int_equal(run.result.kernel.unprivileged_start, 80);
    assert_int_equal(run.result.kernel.n_reserved, 1);
    assert_true(run.result.kernel.bindv6only && run.result.kernel.known &&
                run.result.kernel.has_ipv6);
    /* the line that is no socket */
    assert_true(run.diag.incomplete);
    assert_int_equal(run.diag.findings.n, 1);
    assert_int_equal(run.diag.findings.v[0]->rule, KPS_RULE_SCAN_INCOMPLETE);
    const struct kps_process_facts *node = kps_ledger_get_owner(&run.ledger, 4)->facts;
    assert_int_equal(node->pid, 300);
    assert_int_equal(node->started, 1700000000 + 500 / sysconf(_SC_CLK_TCK));
    assert_int_equal(node->n_parents, 0);
    assert_int_equal(node->terminal.n, 0);
    const struct kps_process_facts *nginx = kps_ledger_get_owner(&run.ledger, 1)->facts;
    assert_int_equal(nginx->n_sharers, 1);
    assert_int_equal(nginx->sharers[0], 101);
    assert_true(nginx->is_master);
    const struct kps_owner *curl = kps_ledger_get_owner(&run.ledger, run.ledger.owners.n);
    assert_true(kps_sv_eq(((const struct kps_process_facts *)curl->facts)->terminal, SV("pts/3")));
    assert_true(kps_process_facts_of(curl)->ignores_term && !node->ignores_term);
    end(&run);
    machine_end(&machine);
}

/* Workers whose master is gone are init's children; a stranger of the session has no socket. */
static void test_orphans(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    make_machine(&machine);
    for (unsigned pid = 601; pid <= 604; pid++) {
        machine_add(&machine, (struct machine_process){
                                  .pid = pid, .parent = 1, .comm = "gunicorn", .session = 600});
        machine_fd(&machine, pid, 5, pid < 603 ? "socket:[6000]" : "socket:[6001]");
    }
    machine_file(&machine, "proc/1/task/1/children", SV("100 150 400 500 601 602 603 604 "));
    machine_file(&machine, "proc/net/tcp6", SV(HEADING V6_LINE("1F40", "6000")));
    collect(&run, &machine,
            (struct kps_sys_options){.ports = &(struct kps_port_range){8000, 8000}, .n_ports = 1});
    const struct kps_process_facts *facts = kps_ledger_get_owner(&run.ledger, 1)->facts;
    assert_int_equal(facts->pid, 601);
    assert_int_equal(facts->n_sharers, 1);
    assert_int_equal(facts->sharers[0], 602);
    assert_false(facts->is_master);
    end(&run);
    machine_end(&machine);
}

/* A program of a service, and a job in a terminal that the service has. */
static void test_job_in_unit(void **unused)
{
    (void)unused;
    for (unsigned session = 650; session <= 700; session += 50) {
        struct machine machine;
        struct run run;
        make_machine(&machine);
        machine_add(&machine, (struct machine_process){
                                  .pid = 700,
                                  .parent = 1,
                                  .comm = "node",
                                  .terminal = 34819,
                                  .session = session,
                                  .cgroup = "0::/system.slice/code-server@ann.service\n"});
        machine_fd(&machine, 700, 5, "socket:[7000]");
        machine_file(&machine, "proc/net/tcp6", SV(HEADING V6_LINE("1F40", "7000")));
        collect(
            &run, &machine,
            (struct kps_sys_options){.ports = &(struct kps_port_range){8000, 8000}, .n_ports = 1});
        const struct kps_process_facts *facts = kps_ledger_get_owner(&run.ledger, 1)->facts;
        assert_int_equal(facts->pid, 700);
        assert_true(kps_sv_is(facts->unit, "code-server@ann.service"));
        assert_int_equal(facts->is_of_unit, session == 700);
        assert_true(kps_sv_is(facts->manager, session == 700 ? "systemd" : ""));
        end(&run);
        machine_end(&machine);
    }
}

static void test_ports(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    const struct kps_port_range ports[] = {{80, 80}, {7000, 7001}, {45000, 45000}};
    make_machine(&machine);
    collect(&run, &machine,
            (struct kps_sys_options){
                .ports = ports, .n_ports = KPS_COUNT(ports), .connections = true, .no_udp = true});
    check_dump(&run, "tcp 0.0.0.0:80 certain | " WEB
                     "tcp :::80 certain | kernel kernel 0 user=root " TRANSIT
                     "tcp 127.0.0.1:7000 possible remnant | kernel kernel 0 what=TIME_WAIT of 2 "
                     "closed connections "
                     "hidden=no-process frees=41\n"
                     /* an IPv6 connection is in the way of 0.0.0.0, too */
                     "tcp ::1:7001 possible remnant | " DOCKERD_7001
                     "tcp 0.0.0.0:7001 possible remnant | " DOCKERD_7001
                     "tcp 127.0.0.1:45000 likely remnant | process curl 400 key=process:400 "
                     "user=anna cmdline=curl\n");
    end(&run);
    const struct kps_port_range free_port = {9, 9};
    collect(&run, &machine,
            (struct kps_sys_options){.ports = &free_port, .n_ports = 1, .connections = true});
    check_dump(&run, "");
    assert_null(kps_sys_socket_of(&run.result, 1));
    end(&run);
    collect(&run, &machine,
            (struct kps_sys_options){.ports = ports, .n_ports = 1, .without_owners = true});
    check_dump(&run, "tcp 0.0.0.0:80 certain | unknown  0 user=root\n"
                     "tcp :::80 certain | unknown  0 user=root\n");
    end(&run);
    machine_end(&machine);
}

static void test_hidden(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    const struct kps_port_range port = {6001, 6001};
    make_machine(&machine);
    (void)rename(machine_path(&machine, "proc/1"),
                 machine_path(&machine, "proc/one")); /* as hidepid does */
    (void)remove(machine_path(&machine, "proc/net/tcp"));
    machine_file(&machine, "proc/net/tcp", SV(HEADING ANY_LINE("1771", "0A", "1000", "5001")));
    collect(&run, &machine, (struct kps_sys_options){.ports = &port, .n_ports = 1});
    check_dump(&run, "tcp 0.0.0.0:6001 certain | unknown  0 user=anna hidden=permission\n");
    assert_true(run.result.processes_hidden);
    assert_int_equal(run.result.hidden, 1);
    assert_int_equal(run.diag.findings.n, 1);
    assert_int_equal(run.diag.findings.v[0]->severity, KPS_NOTE);
    assert_false(run.diag.incomplete); /* the port is held, which is what was asked */
    end(&run);
    /* in a container's network it may be the one that asks: it is said to be hidden, and held
     * against nobody */
    machine_file(&machine, "proc/77/net/tcp", SV(HEADING ANY_LINE("1771", "0A", "1000", "5001")));
    machine_file(&machine, "proc/77/net/udp", SV(HEADING));
    collect(&run, &machine,
            (struct kps_sys_options){
                .ports = &port, .n_ports = 1, .netns_pid = 77, .netns_name = SV("shop/vpn")});
    check_dump(&run, "");
    assert_int_equal(run.diag.findings.n, 1);
    const char *message =
        geteuid() == 0
            ? "the process that holds 1 socket in a container's network is hidden even from root"
            : "the process that holds 1 socket in a container's network is hidden from this user";
    assert_string_equal(run.diag.findings.v[0]->message.p, message);
    end(&run);
    /* a process that has ended, and a process that cannot be read */
    collect(&run, &machine,
            (struct kps_sys_options){.ports = &port, .n_ports = 1, .netns_pid = 78});
    assert_int_equal(run.diag.findings.n, 0);
    assert_false(run.diag.incomplete);
    end(&run);
    machine_file(&machine, "proc/79/net", SV("no folder"));
    collect(&run, &machine,
            (struct kps_sys_options){.ports = &port, .n_ports = 1, .netns_pid = 79});
    assert_int_equal(run.diag.findings.n, 1);
    assert_string_equal(run.diag.findings.v[0]->message.p,
                        "the sockets in a container's network cannot be read");
    assert_true(run.diag.incomplete);
    end(&run);
    machine_end(&machine);
}

/* The process had the socket when its descriptors were read, and has ended when its name is read.
 */
static void test_gone(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    const struct kps_port_range port = {6001, 6001};
    make_machine(&machine);
    machine_fd(&machine, 600, 3, "socket:[5001]");
    collect(&run, &machine, (struct kps_sys_options){.ports = &port, .n_ports = 1, .no_udp = true});
    check_dump(&run, "tcp 0.0.0.0:6001 certain | unknown  0 user=root hidden=no-process\n");
    const struct kps_process_facts *facts = kps_ledger_get_owner(&run.ledger, 1)->facts;
    assert_int_equal(facts->hidden, KPS_HIDDEN_GONE);
    assert_int_equal(run.result.gone, 0); /* the socket is there */
    end(&run);
    machine_end(&machine);
}

/* Inside a container process 1 is a server like any other. */
static void test_server_is_process_1(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    machine_begin(&machine);
    machine_file(&machine, "proc/net/tcp", SV(HEADING ANY_LINE("0050", "0A", "0", "7")));
    machine_file(&machine, "proc/net/udp", SV(HEADING));
    machine_add(&machine, (struct machine_process){.pid = 1, .comm = "nginx"});
    machine_add(&machine, (struct machine_process){.pid = 20, .parent = 1, .comm = "nginx"});
    machine_fd(&machine, 1, 6, "socket:[7]");
    machine_fd(&machine, 20, 6, "socket:[7]");
    collect(&run, &machine, (struct kps_sys_options){0});
    check_dump(&run, "tcp 0.0.0.0:80 certain | process nginx 1 key=process:1 cmdline=nginx\n");
    end(&run);
    machine_end(&machine);
}

static void test_nothing_to_read(void **unused)
{
    (void)unused;
    struct machine machine;
    struct run run;
    machine_begin(&machine);
    collect(&run, &machine, (struct kps_sys_options){0});
    assert_int_equal(run.result.error, ENOENT);
    assert_int_equal(run.ledger.claims.n, 0);
    assert_true(run.diag.incomplete);
    assert_int_equal(run.diag.findings.n, 1);
    assert_int_equal(run.diag.findings.v[0]->rule, KPS_RULE_SCAN_INCOMPLETE);
    assert_false(run.result.kernel.known);
    assert_int_equal(run.result.kernel.ephemeral.first, 32768);
    end(&run);
    /* a machine without IPv6, and a file of UDP sockets that is none */
    machine_file(&machine, "proc/net/tcp", SV(HEADING ANY_LINE("0050", "0A", "0", "7")));
    machine_file(&machine, "proc/net/udp", SV("<html>\n<body>\n"));
    collect(&run, &machine, (struct kps_sys_options){.without_owners = true});
    assert_int_equal(run.result.error, 0);
    assert_int_equal(run.ledger.claims.n, 1);
    assert_true(run.diag.incomplete);
    end(&run);
    (void)strcat(machine.root, "/nowhere");
    const struct kps_sys_options nowhere = {.root = machine.root};
    collect(&run, &machine,
            (struct kps_sys_options){.prefetch = kps_sys_prefetch(machine.arena, &nowhere)});
    assert_int_equal(run.result.error, ENOENT);
    end(&run);
    *strrchr(machine.root, '/') = '\0';
    machine_end(&machine);
}

/* A table that gives its text once: a pipe that nobody writes to any more. */
static int once_file(struct machine *machine, const char *path, struct kps_sv text)
{
    const char *name = machine_path(machine, path);
    assert_int_equal(mkfifo(name, 0600), 0);
    int reader = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int writer = open(name, O_WRONLY | O_CLOEXEC);
    assert_int_equal(write(writer, text.p, text.n), text.n);
    (void)close(writer);
    return reader;
}

/* A doubtful socket stays, and the report is incomplete, when the second listing fails. */
static void test_second_listing_fails(void **unused)
{
    (void)unused;
    for (int no_tcp = 0; no_tcp < 2; no_tcp++) {
        struct machine machine;
        struct run run;
        machine_begin(&machine);
        machine_add(&machine, (struct machine_process){.pid = 1, .comm = "systemd"});
        machine_file(&machine, "proc/net/tcp", SV(HEADING));
        int reader =
            once_file(&machine, "proc/net/udp", SV(HEADING ANY_LINE("0050", "07", "0", "7")));
        collect(&run, &machine, (struct kps_sys_options){.no_tcp = no_tcp});
        assert_int_equal(run.ledger.claims.n, 1);
        assert_int_equal(run.result.gone, 0);
        assert_int_equal(run.result.error, 0);
        assert_true(run.result.is_incomplete && run.diag.incomplete);
        const struct kps_finding *finding = run.diag.findings.v[run.diag.findings.n - 1];
        assert_string_equal(finding->message.p,
                            "the list of the sockets of this machine may be incomplete");
        assert_string_equal(finding->notes[0].p, "/proc/net/udp: Bad message");
        end(&run);
        (void)close(reader);
        machine_end(&machine);
    }
}

static uint64_t inode_in(struct machine *machine, const char *folder, const char *name)
{
    uint64_t inode = 0;
    DIR *dir = opendir(machine_path(machine, folder));
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        inode = strcmp(entry->d_name, name) == 0 ? entry->d_ino : inode;
    }
    (void)closedir(dir);
    return inode;
}

/* The cgroup of the socket leads to its processes without a look at any other. */
static void test_cgroup_first(void **unused)
{
    (void)unused;
    struct machine machine;
    struct kps_sys sys;
    make_machine(&machine);
    machine_file(&machine, "sys/fs/cgroup/cgroup.controllers", SV("\n"));
    machine_file(&machine, "sys/fs/cgroup/system.slice/nginx.service/cgroup.procs",
                 SV("0\n101\n100\n77"));
    machine_file(&machine, "sys/fs/cgroup/system.slice/ssh.socket/cgroup.procs", SV(""));
    machine_fd(&machine, 1, 40, "socket:[600]");
    assert_int_equal(kps_sys_open(machine.root, &sys), 0);
    struct kps_processes processes;
    kps_processes_start(&processes, &sys, machine.arena);
    const struct kps_socket sockets[] = {
        {.inode = 1000,
         .netns = 1,
         .port = 80,
         .protocol = KPS_TCP,
         .cgroup = inode_in(&machine, "sys/fs/cgroup/system.slice/", "nginx.service")},
        {.inode = 600,
         .netns = 1,
         .port = 22,
         .protocol = KPS_TCP,
         .cgroup = inode_in(&machine, "sys/fs/cgroup/system.slice/", "ssh.socket")},
        {.inode = 0, .port = 22, .protocol = KPS_TCP},
        {.inode = 3000, .netns = 1, .port = 4000, .protocol = KPS_TCP, .cgroup = 1},
    };
    struct kps_socket_owner owners[4];
    struct kps_owner_search search;
    assert_int_equal(kps_sys_find_owners(&processes, sockets, 1, owners, &search), 0);
    assert_int_equal(owners[0].pid,
                     100); /* the worker was asked first, its parent has the socket as well */
    assert_string_equal(owners[0].cgroup.p, "/system.slice/nginx.service");
    assert_true(search.visited <= 2);
    assert_int_equal(kps_sys_find_owners(&processes, sockets, 4, owners, &search), 0);
    assert_int_equal(owners[1].pid, 1);
    assert_string_equal(owners[1].cgroup.p, "/system.slice/ssh.socket");
    assert_int_equal(owners[2].pid, 0);
    assert_int_equal(owners[2].hidden, KPS_HIDDEN_NO_PROCESS);
    assert_int_equal(owners[3].pid, 300);
    assert_int_equal(owners[3].cgroup.n, 0);
    kps_processes_free(&processes);
    kps_sys_close(&sys);
    machine_end(&machine);
}

/* Parents that are each other's parents, a process that is its own, a chain that is too long. */
static void test_strange_parents(void **unused)
{
    (void)unused;
    struct machine machine;
    struct kps_sys sys;
    struct kps_processes processes;
    machine_begin(&machine);
    machine_add(&machine, (struct machine_process){.pid = 1, .comm = "init"});
    machine_add(&machine, (struct machine_process){.pid = 10, .parent = 11, .comm = "a"});
    machine_add(&machine, (struct machine_process){.pid = 11, .parent = 10, .comm = "b"});
    machine_add(&machine, (struct machine_process){.pid = 12, .parent = 12, .comm = "c"});
    machine_add(&machine, (struct machine_process){.pid = 30, .parent = 1, .comm = "bash"});
    machine_add(&machine, (struct machine_process){.pid = 31, .parent = 30, .comm = "node"});
    machine_add(&machine, (struct machine_process){.pid = 32, .parent = 31, .comm = "child"});
    machine_fd(&machine, 10, 3, "socket:[5]");
    machine_fd(&machine, 11, 3, "socket:[5]");
    machine_fd(&machine, 12, 3, "socket:[6]");
    assert_int_equal(kps_sys_open(machine.root, &sys), 0);
    kps_processes_start(&processes, &sys, machine.arena);
    const struct kps_socket sockets[] = {{.inode = 5}, {.inode = 6}};
    struct kps_socket_owner owners[2];
    struct kps_owner_search search;
    assert_int_equal(kps_sys_find_owners(&processes, sockets, 2, owners, &search), 0);
    assert_true(owners[0].pid == 10 || owners[0].pid == 11);
    assert_int_equal(owners[1].pid, 12);
    assert_int_equal(kps_processes_facts(&processes, 10)->n_parents, 12);
    assert_int_equal(kps_processes_facts(&processes, 12)->n_parents, 0);
    /* the shell is named, what started it is not */
    assert_int_equal(kps_processes_facts(&processes, 32)->n_parents, 2);
    assert_int_equal(kps_processes_facts(&processes, 32)->parents[1].pid, 30);
    assert_false(kps_processes_get(&processes, 4242)->is_there);
    assert_int_equal(kps_processes_facts(&processes, 4242)->n_parents, 0);
    kps_processes_free(&processes);
    kps_sys_close(&sys);
    machine_end(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_job_in_unit),
        cmocka_unit_test(test_orphans),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_nothing_to_read),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_second_listing_fails),
        cmocka_unit_test(test_server_is_process_1),
        cmocka_unit_test(test_cgroup_first),
        cmocka_unit_test(test_strange_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
