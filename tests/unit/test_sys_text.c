#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "sys/cgroup.h"
#include "sys/kernel.h"
#include "sys/manager.h"
#include "sys/proc_net.h"
#include "sys/proc_text.h"
#include "sys/proxy_args.h"
#include "sys/sockets.h"

#define A64 "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90"
#define B64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void check_text(const char *why, const char *what, struct kps_sv got, const char *wanted)
{
    if (!kps_sv_eq(got, kps_sv_of(wanted))) {
        fail_msg("%s: %s is '%.*s', not '%s'", why, what, SV_ARG(got), wanted);
    }
}

/* Texts of /proc/net, one line after the heading. The hex is that of a little-endian machine. */
static const struct net_row {
    const char *why, *line;
    enum kps_protocol protocol;
    bool is_v6;
    /* expected; port 0: no row */
    uint16_t port;
    enum kps_socket_state state;
    enum kps_addr_kind kind;
    uint32_t inode, uid, left_ms;
    uint8_t flags;
} nets[] = {
    {"a listener",
     "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
     "12345 1 0000 100 0 0 "
     "10",
     KPS_TCP, false, 8080, KPS_SOCKET_LISTEN, KPS_ADDR_ONE4, 12345, 1000, 0, 0},
    {"no more than the columns that count",
     "0: 00000000:0050 00000000:0000 0A 0:0 00:00000000 0 0 0 7", KPS_TCP, false, 80,
     KPS_SOCKET_LISTEN, KPS_ADDR_ANY4, 7, 0, 0, 0},
    {"[::], of which nobody knows whether it takes IPv4",
     "   1: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A "
     "00000000:00000000 "
     "00:00000000 "
     "00000000     0        0 99 1",
     KPS_TCP, true, 3000, KPS_SOCKET_LISTEN, KPS_ADDR_EVERY, 99, 0, 0, KPS_SOCKET_V6ONLY_UNKNOWN},
    {"::1",
     "   1: 00000000000000000000000001000000:0BB8 00000000000000000000000000000000:0000 0A 0:0 "
     "00:0 0 0 0 99 1",
     KPS_TCP, true, 3000, KPS_SOCKET_LISTEN, KPS_ADDR_ONE6, 99, 0, 0, 0},
    {"IPv4 in the file of IPv6",
     "   1: 0000000000000000FFFF00000100007F:0BB8 0000000000000000FFFF000000000000:0000 0A 0:0 "
     "00:0 0 0 0 99 1",
     KPS_TCP, true, 3000, KPS_SOCKET_LISTEN, KPS_ADDR_ONE4, 99, 0, 0, 0},
    {"TIME_WAIT and its timer",
     "   2: 0100007F:1F90 0100007F:9C40 06 00000000:00000000 03:000010E1 00000000     0        0 0 "
     "3 0000",
     KPS_TCP, false, 8080, KPS_SOCKET_TIME_WAIT, KPS_ADDR_ONE4, 0, 0, 43210, 0},
    {"the retransmit timer of a live connection is none",
     "   2: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 01:000010E1 00000000     0        0 "
     "55 3 0000",
     KPS_TCP, false, 8080, KPS_SOCKET_ESTABLISHED, KPS_ADDR_ONE4, 55, 0, 0, 0},
    {"nor is that of an orphan",
     "   2: 0100007F:1F90 0100007F:9C40 04 00000000:00000000 01:000010E1 00000000     0        0 0 "
     "3 0000",
     KPS_TCP, false, 8080, KPS_SOCKET_FIN_WAIT1, KPS_ADDR_ONE4, 0, 0, 0, 0},
    {"UDP, bound",
     " 1234: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000   101 0 31 2 0 "
     "0",
     KPS_UDP, false, 5353, KPS_SOCKET_BOUND, KPS_ADDR_ANY4, 31, 101, 0, 0},
    {"UDP, connected",
     " 1234: 0100007F:14E9 0100007F:0035 01 00000000:00000000 00:00000000 00000000   101 0 31 2 0 "
     "0",
     KPS_UDP, false, 5353, KPS_SOCKET_ESTABLISHED, KPS_ADDR_ONE4, 31, 101, 0, 0},
    {"an inode number of 32 bits",
     "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 4294967295 0 4294967295", KPS_TCP, false, 80,
     KPS_SOCKET_LISTEN, KPS_ADDR_ANY4, 4294967295U, 4294967295U, 0, 0},
    {"a timer beyond reason", "2: 0100007F:1F90 0100007F:9C40 06 0:0 03:FFFFFFFF 0 0 0 0", KPS_TCP,
     false, 8080, KPS_SOCKET_TIME_WAIT, KPS_ADDR_ONE4, 0, 0, UINT32_MAX, 0},
    /* no sockets */
    {"nothing", "", KPS_TCP, false, 0, 0, 0, 0, 0, 0, 0},
    {"words", "hello world", KPS_TCP, false, 0, 0, 0, 0, 0, 0, 0},
    {"cut before the inode", "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0", KPS_TCP, false, 0,
     0, 0, 0, 0, 0, 0},
    {"no hex", "0: 0000000G:0050 00000000:0000 0A 0:0 00:0 0 0 0 7", KPS_TCP, false, 0, 0, 0, 0, 0,
     0, 0},
    {"a port of five digits", "0: 00000000:10050 00000000:0000 0A 0:0 00:0 0 0 0 7", KPS_TCP, false,
     0, 0, 0, 0, 0, 0, 0},
    {"no port", "0: 00000000:0000 00000000:0000 07 0:0 00:0 0 0 0 7", KPS_UDP, false, 0, 0, 0, 0, 0,
     0, 0},
    {"an address of the other family", "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0 7",
     KPS_TCP, true, 0, 0, 0, 0, 0, 0, 0},
    {"state 0", "0: 00000000:0050 00000000:0000 00 0:0 00:0 0 0 0 7", KPS_TCP, false, 0, 0, 0, 0, 0,
     0, 0},
    {"state 14", "0: 00000000:0050 00000000:0000 0E 0:0 00:0 0 0 0 7", KPS_TCP, false, 0, 0, 0, 0,
     0, 0, 0},
    {"an inode above 32 bits", "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0 4294967296",
     KPS_TCP, false, 0, 0, 0, 0, 0, 0, 0},
    {"a signed user", "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 -1 0 7", KPS_TCP, false, 0, 0,
     0, 0, 0, 0, 0},
};

static void test_proc_net(void **unused)
{
    (void)unused;
    const struct kps_socket_query all = {.connections = true};
    for (size_t i = 0; i < KPS_COUNT(nets); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_sockets sockets = {0};
        struct kps_proc_net parse = {.protocol = nets[i].protocol,
                                     .is_v6 = nets[i].is_v6,
                                     .query = &all,
                                     .into = &sockets,
                                     .ticks_per_second = 100};
        struct kps_sv text =
            kps_fmt(arena, "  sl  local_address rem_address   st\n%s\n", nets[i].line);
        assert_int_equal(kps_proc_net_take(&parse, text), text.n);
        if (sockets.rows.n != (nets[i].port != 0)) {
            fail_msg("%s: %u rows", nets[i].why, sockets.rows.n);
        }
        const struct kps_socket *got = sockets.rows.v;
        if (nets[i].port && (got->port != nets[i].port || got->state != nets[i].state ||
                             got->addr.kind != nets[i].kind || got->inode != nets[i].inode ||
                             got->uid != nets[i].uid || got->left_ms != nets[i].left_ms ||
                             got->flags != nets[i].flags || got->protocol != nets[i].protocol)) {
            fail_msg("%s: port %u state %u kind %d left %u flags %u", nets[i].why, got->port,
                     got->state, (int)got->addr.kind, got->left_ms, got->flags);
        }
        kps_sockets_free(&sockets);
        kps_arena_free(arena);
    }
}

#define TCP_HEADING "  sl  local_address rem_address   st tx_queue uid  timeout inode\n"
#define TCP6_HEADING "  sl  local_address             remote_address   st tx_queue timeout inode\n"
#define UDP_HEADING "   sl  local_address rem_address   st inode ref pointer drops             \n"
#define UDP6_HEADING "  sl  local_address             remote_address   st inode ref pointer drops\n"
#define TCP_LINE "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0 7\n"
#define UDP_LINE "0: 00000000:0035 00000000:0000 07 0:0 00:0 0 0 0 8\n"
#define V6 "00000000000000000000000000000000"
#define TCP6_LINE "0: " V6 ":0051 " V6 ":0000 0A 0:0 00:0 0 0 0 9\n"

/* Tables of another machine: each is known by its heading, wherever it stands. */
static void test_tables(void **unused)
{
    (void)unused;
    static const struct {
        const char *why, *text, *rows; /* "protocol:port", sorted */
        int failed;
        bool incomplete;
    } rows[] = {
        {"all four", TCP_HEADING TCP_LINE TCP6_HEADING TCP6_LINE UDP_HEADING UDP_LINE UDP6_HEADING,
         "tcp:80 tcp:81 udp:53 ", 0, false},
        {"another order", UDP_HEADING UDP_LINE TCP6_HEADING TCP_HEADING TCP_LINE, "tcp:80 udp:53 ",
         0, false},
        {"a machine without IPv6", TCP_HEADING TCP_LINE UDP_HEADING UDP_LINE, "tcp:80 udp:53 ", 0,
         false},
        {"nothing listens", TCP_HEADING UDP_HEADING, "", 0, false},
        {"a table of UDP is missing", TCP_HEADING TCP_LINE TCP6_HEADING, "tcp:80 ", 0, true},
        {"IPv6 alone", TCP6_HEADING TCP6_LINE UDP6_HEADING, "tcp:81 ", EBADMSG, true},
        {"a line that is none", TCP_HEADING "x\n" TCP_LINE UDP_HEADING, "tcp:80 ", 0, true},
        {"a line that breaks off", TCP_HEADING TCP_LINE UDP_HEADING "0: 000", "tcp:80 ", 0, true},
        {"a heading that breaks off", TCP_HEADING TCP_LINE "  sl  local_address ", "tcp:80 ", 0,
         true},
    };
    const struct kps_socket_query all = {.n_ports = 0};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_sockets sockets = {0};
        struct kps_buf got = KPS_BUF(arena);
        int failed = kps_sys_sockets_parse(kps_sv_of(rows[i].text), &all, &sockets);
        for (uint32_t k = 0; k < sockets.rows.n; k++) {
            const struct kps_socket *row = &sockets.rows.v[k];
            kps_buf_fmt(&got, "%s:%u ", kps_protocol_name(row->protocol), row->port);
        }
        print_message("%s\n", rows[i].why);
        assert_string_equal(kps_buf_sv(&got).p, rows[i].rows);
        assert_int_equal(failed, rows[i].failed);
        assert_int_equal(sockets.incomplete, rows[i].incomplete);
        kps_sockets_free(&sockets);
        kps_arena_free(arena);
    }
}

static void test_proc_net_pieces(void **unused)
{
    (void)unused;
    const struct kps_port_range range = {80, 81};
    const struct kps_socket_query query = {.ports = &range, .n_ports = 1};
    struct kps_sockets sockets = {0};
    struct kps_proc_net parse = {
        .protocol = KPS_TCP, .query = &query, .into = &sockets, .ticks_per_second = 100};
    const struct kps_sv text =
        SV("heading\n"
           "0: 00000000:0050 00000000:0000 0A 0:0 00:0 0 0 0 7\n"
           "1: 00000000:0051 0100007F:0001 01 0:0 00:0 0 0 0 8\n" /* connections: not asked for */
           "2: 00000000:0052 00000000:0000 0A 0:0 00:0 0 0 0 9\n" /* another port */
           "3: 00000000:0051 00000000:0000 0A 0:0 00:0 0 0 0 10\n"
           "4: 00000000:0051 00000000:0000 0A 0:0 00:0 0 0 0 11"); /* the line is not complete */
    /* Whatever the pieces, the same rows; what is not used is handed in again. */
    for (size_t size = 1; size <= text.n; size += 7) {
        size_t start = 0;
        sockets.rows.n = 0;
        parse.lines = parse.bad_lines = 0;
        for (size_t end = size < text.n ? size : text.n;;
             end = end + size < text.n ? end + size : text.n) {
            start += kps_proc_net_take(&parse, kps_sv_slice(text, start, end));
            if (end == text.n) {
                break;
            }
        }
        assert_int_equal(sockets.rows.n, 2);
        assert_int_equal(sockets.rows.v[0].inode, 7);
        assert_int_equal(sockets.rows.v[1].inode, 10);
        assert_int_equal(parse.lines, 5);
        assert_int_equal(parse.bad_lines, 0);
        assert_true(text.n - start ==
                    strlen("4: 00000000:0051 00000000:0000 0A 0:0 00:0 0 0 0 11"));
    }
    kps_sockets_free(&sockets);
}

static void test_link(void **unused)
{
    (void)unused;
    assert_int_equal(kps_socket_link_inode(SV("socket:[123]"), SV("socket")), 123);
    assert_int_equal(kps_socket_link_inode(SV("socket:[4294967295]"), SV("socket")), 4294967295U);
    assert_int_equal(kps_socket_link_inode(SV("net:[4026531840]"), SV("net")), 4026531840U);
    assert_int_equal(kps_socket_link_inode(SV("socket:[4294967296]"), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("socket:[]"), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("socket:["), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("socket"), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("socket:[12"), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("pipe:[12]"), SV("socket")), 0);
    assert_int_equal(kps_socket_link_inode(SV("/tmp/socket:[12]"), SV("socket")), 0);
}

/* The patterns of spec sockets B6, B7 and spec compose §8. */
static const struct cgroup_row {
    const char *why, *text, *container, *outer, *unit;
    bool of_user;
} cgroups[] = {
    {"docker, cgroupfs, v1 and v2",
     "4:memory:/docker/" A64 "\n1:name=systemd:/docker/" A64 "\n0::/docker/" A64 "\n", A64, "", "",
     false},
    {"docker, only the v1 lines say it", "4:memory:/docker/" A64 "\n0::/\n", A64, "", "", false},
    {"docker, systemd", "0::/system.slice/docker-" A64 ".scope\n", A64, "", "", false},
    {"docker, rootless",
     "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A64 ".scope\n", A64, "",
     "", false},
    {"podman, root", "0::/machine.slice/libpod-" A64 ".scope\n", A64, "", "", false},
    {"podman, with a group of its own below", "0::/machine.slice/libpod-" A64 ".scope/container\n",
     A64, "", "", false},
    {"podman, rootless",
     "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A64 ".scope/container\n",
     A64, "", "", false},
    {"podman, cgroupfs", "0::/libpod_parent/libpod-" A64 "\n", A64, "", "", false},
    {"podman's conmon is not in the container", "0::/machine.slice/libpod-conmon-" A64 ".scope\n",
     "", "", "libpod-conmon-" A64 ".scope", false},
    {"kubelet, cgroupfs",
     "0::/kubepods/burstable/pod0f1e2d3c-aaaa-bbbb-cccc-001122334455/" A64 "\n", A64, "", "",
     false},
    {"kubelet, guaranteed", "0::/kubepods/pod0f1e2d3c-aaaa-bbbb-cccc-001122334455/" A64 "\n", A64,
     "", "", false},
    {"kubelet, systemd, containerd",
     "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0f1e2d3c_aaaa.slice/"
     "cri-containerd-" A64 ".scope\n",
     A64, "", "", false},
    {"kubelet, cri-o", "0::/kubepods.slice/kubepods-pod1_2.slice/crio-" A64 ".scope\n", A64, "", "",
     false},
    {"kubelet, cri-o's conmon",
     "0::/kubepods.slice/kubepods-pod1_2.slice/crio-conmon-" A64 ".scope\n", "", "",
     "crio-conmon-" A64 ".scope", false},
    {"kubelet, dockershim", "0::/kubepods.slice/kubepods-pod1_2.slice/docker-" A64 ".scope\n", A64,
     "", "", false},
    {"containerd with the wrong driver",
     "9:memory:/system.slice/containerd.service/kubepods-burstable-pod1_2.slice:cri-containerd:" A64
     "\n",
     A64, "", "", false},
    {"kind: the inner counts", "0::/docker/" A64 "/kubelet/kubepods/burstable/pod1/" B64 "\n", B64,
     A64, "", false},
    {"kind, systemd",
     "0::/system.slice/docker-" A64
     ".scope/kubelet.slice/kubelet-kubepods.slice/cri-containerd-" B64 ".scope\n",
     B64, A64, "", false},
    {"a conmon inside a container is in that",
     "0::/docker/" A64 "/libpod_parent/libpod-conmon-" B64 "\n", A64, "", "", false},
    {"a unit inside a container is not ours", "0::/docker/" A64 "/system.slice/nginx.service\n",
     A64, "", "", false},
    {"nerdctl", "0::/system.slice/nerdctl-" A64 ".scope\n", A64, "", "", false},
    {"containerd's namespaces", "0::/default/" A64 "\n", A64, "", "", false},
    {"ECS", "5:cpu:/ecs/0f1e2d3c/" A64 "\n", A64, "", "", false},
    {"63 digits are none",
     "0::/docker/1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90\n", "", "", "",
     false},
    {"65 digits are none", "0::/docker/0" A64 "\n", "", "", "", false},
    {"capitals are none",
     "0::/docker/A1B2C3D4E5F60718293A4B5C6D7E8F90A1B2C3D4E5F60718293A4B5C6D7E8F90\n", "", "", "",
     false},
    {"another program's prefix is none", "0::/system.slice/backup-" A64 ".scope\n", "", "",
     "backup-" A64 ".scope", false},
    {"buildkit's own ids are none, the container around it is",
     "0::/docker/" A64 "/docker/buildkit/x1y2z3\n", A64, "", "", false},
    {"a service", "0::/system.slice/nginx.service\n", "", "", "nginx.service", false},
    {"an instance", "0::/system.slice/system-postgresql.slice/postgresql@16-main.service\n", "", "",
     "postgresql@16-main.service", false},
    {"a group below the service", "0::/system.slice/nginx.service/worker\n", "", "",
     "nginx.service", false},
    {"a socket unit", "0::/system.slice/ssh.socket\n", "", "", "ssh.socket", false},
    {"a user's service", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/dev.service\n",
     "", "", "dev.service", true},
    {"the user's systemd itself", "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n",
     "", "", "user@1000.service", false},
    {"a login is nothing to stop", "0::/user.slice/user-1000.slice/session-3.scope\n", "", "", "",
     false},
    {"a scope is", "0::/system.slice/run-r1a2.scope\n", "", "", "run-r1a2.scope", false},
    {"an escaped name", "0::/system.slice/_cgroup.service\n", "", "", "cgroup.service", false},
    {"the unified line before v1",
     "3:cpu:/system.slice/old.service\n0::/system.slice/new.service\n", "", "", "new.service",
     false},
    {"name=systemd before the other v1 lines",
     "3:cpu:/a.service\n2:name=systemd:/system.slice/b.service\n", "", "", "b.service", false},
    {"a container in any line rules out the unit of another",
     "3:cpu:/docker/" A64 "\n0::/system.slice/docker.service\n", A64, "", "", false},
    {"a slice alone", "0::/system.slice\n", "", "", "", false},
    {"the root", "0::/\n", "", "", "", false},
    {"outside of the namespace", "0::/../../docker-" A64 ".scope\n", A64, "", "", false},
    {"nothing", "", "", "", "", false},
    {"no colons", "garbage", "", "", "", false},
    {"no line break at the end", "0::/system.slice/nginx.service", "", "", "nginx.service", false},
};

static void test_cgroup(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(cgroups); i++) {
        struct kps_cgroup got = kps_cgroup_of_text(kps_sv_of(cgroups[i].text));
        check_text(cgroups[i].why, "the container", got.container, cgroups[i].container);
        check_text(cgroups[i].why, "the outer container", got.outer, cgroups[i].outer);
        check_text(cgroups[i].why, "the unit", got.unit, cgroups[i].unit);
        if (got.unit_of_user != cgroups[i].of_user) {
            fail_msg("%s: whose unit", cgroups[i].why);
        }
    }
}

#define ARGS(text) SV_LIT(text)

static const struct proxy_row {
    const char *why;
    struct kps_sv cmdline;
    const char *wanted; /* "tcp 0.0.0.0:3000 -> 172.30.0.2:80"; NULL: none */
} proxies[] = {
    {"as 20.10 and 26 start it",
     ARGS("/usr/sbin/docker-proxy\0-proto\0tcp\0-host-ip\0"
          "0.0.0.0\0-host-port\0"
          "3000\0-container-ip\0"
          "172.30.0.2\0-container-port\0"
          "80\0"),
     "tcp 0.0.0.0:3000 -> 172.30.0.2:80"},
    {"IPv6 with an IPv4 container, and a flag without value",
     ARGS("docker-proxy\0-proto\0udp\0-host-ip\0::\0-host-port\0"
          "53\0-use-listen-fd\0-container-ip\0"
          "172.30.0.2\0-container-port\0"
          "5353"),
     "udp :::53 -> 172.30.0.2:5353"},
    {"in any order, with two dashes and equals signs",
     ARGS("docker-proxy\0--container-port=80\0--container-ip=fd00::2\0--host-port=8080\0--host-ip="
          "127.0.0.1\0"),
     "tcp 127.0.0.1:8080 -> fd00::2:80"},
    {"behind nsenter",
     ARGS("nsenter\0-n/run/user/1000/netns\0-F\0--\0/usr/bin/docker-proxy\0-host-ip\0"
          "0.0.0.0\0-host-port\0"
          "1\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "65535\0"),
     "tcp 0.0.0.0:1 -> 10.0.0.2:65535"},
    {"another program with such flags",
     ARGS("my-proxy\0-host-ip\0"
          "0.0.0.0\0-host-port\0"
          "1\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"docker-proxy by the name of its file",
     ARGS("/opt/docker-proxy-26.1\0-proto\0tcp\0-host-ip\0"
          "0.0.0.0\0-host-port\0"
          "1\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     "tcp 0.0.0.0:1 -> 10.0.0.2:80"},
    {"another program with some of its arguments",
     ARGS("forward\0-proto\0tcp\0-host-port\0"
          "1\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"a program that only speaks of it late",
     ARGS("watch\0a\0b\0c\0d\0e\0f\0g\0docker-proxy\0-host-port\0"
          "1\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"no host port",
     ARGS("docker-proxy\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"a port above 65535",
     ARGS("docker-proxy\0-host-port\0"
          "65536\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"no address",
     ARGS("docker-proxy\0-host-port\0"
          "80\0-container-ip\0web\0-container-port\0"
          "80\0"),
     NULL},
    {"an unknown protocol",
     ARGS("docker-proxy\0-proto\0icmp\0-host-port\0"
          "80\0-container-ip\0"
          "10.0.0.2\0-container-port\0"
          "80\0"),
     NULL},
    {"cut in the middle", ARGS("docker-proxy\0-proto\0tcp\0-host-port"), NULL},
    {"nothing", ARGS(""), NULL},
};

static void test_proxy_args(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(proxies); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_proxy_args got;
        bool found = kps_proxy_args_read(proxies[i].cmdline, &got);
        if (found != (proxies[i].wanted != NULL)) {
            fail_msg("%s: %s", proxies[i].why, found ? "taken" : "not taken");
        }
        if (found) {
            struct kps_sv host = kps_addr_format(arena, &got.host);
            struct kps_sv container = kps_addr_format(arena, &got.container);
            check_text(proxies[i].why, "it",
                       kps_fmt(arena, "%s %.*s:%u -> %.*s:%u", kps_protocol_name(got.protocol),
                               SV_ARG(host), got.host_port, SV_ARG(container), got.container_port),
                       proxies[i].wanted);
        }
        kps_arena_free(arena);
    }
}

/* The process itself, its parent, the parent of that. */
static const struct manager_row {
    const char *why;
    struct {
        const char *comm;
        struct kps_sv cmdline;
    } chain[3];
    size_t n;
    const char *unit, *manager;
    uint32_t pid; /* position in the chain */
} managers[] = {
    {"nobody", {{"node", ARGS("node\0server.js")}, {"bash", ARGS("-bash")}}, 2, "", "", 0},
    {"pm2 by the title it gives itself",
     {{"node", ARGS("node\0server.js")},
      {"PM2 v5.3.0: God", ARGS("PM2 v5.3.0: God Daemon (/root/.pm2)")}},
     2,
     "",
     "pm2",
     1},
    {"pm2 before the unit that starts pm2",
     {{"node", ARGS("node\0server.js")},
      {"PM2 v5.3.0: God", ARGS("PM2 v5.3.0: God Daemon (/root/.pm2)")}},
     2,
     "pm2-root.service",
     "pm2",
     1},
    {"supervisord is a Python script",
     {{"gunicorn", ARGS("gunicorn\0app")},
      {"supervisord", ARGS("/usr/bin/python3\0/usr/bin/supervisord\0-n")}},
     2,
     "supervisor.service",
     "supervisord",
     1},
    {"nodemon, two above",
     {{"node", ARGS("node\0a.js")},
      {"sh", ARGS("sh\0-c\0node a.js")},
      {"node", ARGS("/usr/bin/node\0/home/u/app/node_modules/.bin/nodemon\0a.js")}},
     3,
     "",
     "nodemon",
     2},
    {"nodemon.js, behind a flag of node",
     {{"node", ARGS("node\0a.js")},
      {"node", ARGS("node\0--no-warnings\0/opt/nodemon/bin/nodemon.js\0a.js")}},
     2,
     "",
     "nodemon",
     1},
    {"node --watch",
     {{"node", ARGS("node\0a.js")}, {"node", ARGS("node\0--watch\0a.js")}},
     2,
     "",
     "node --watch",
     1},
    {"tsx watch",
     {{"node", ARGS("node\0--require\0x\0a.ts")},
      {"node", ARGS("node\0/app/node_modules/.bin/tsx\0watch\0a.ts")}},
     2,
     "",
     "tsx watch",
     1},
    {"tsx alone watches nothing",
     {{"node", ARGS("node\0a.ts")}, {"node", ARGS("node\0/app/node_modules/.bin/tsx\0a.ts")}},
     2,
     "",
     "",
     0},
    {"runit", {{"web", ARGS("./web")}, {"runsv", ARGS("runsv\0web")}}, 2, "", "runit", 1},
    {"foreman is a Ruby script",
     {{"puma", ARGS("puma")}, {"ruby", ARGS("ruby3.1\0/usr/local/bin/foreman\0start")}},
     2,
     "",
     "",
     0}, /* ruby3.1 is no name that is known */
    {"foreman",
     {{"puma", ARGS("puma")}, {"foreman", ARGS("foreman: master")}},
     2,
     "",
     "foreman",
     1},
    {"a word in an argument is no manager",
     {{"node", ARGS("node\0a.js")}, {"vim", ARGS("vim\0nodemon\0supervisord.conf")}},
     2,
     "",
     "",
     0},
    {"a folder of that name is no manager",
     {{"node", ARGS("node\0a.js")}, {"node", ARGS("node\0/srv/nodemon/index.js")}},
     2,
     "",
     "",
     0},
    {"a manager that listens itself",
     {{"supervisord", ARGS("/usr/bin/python3\0/usr/bin/supervisord")}, {"bash", ARGS("bash")}},
     2,
     "",
     "",
     0},
    {"systemd, by the unit", {{"nginx", ARGS("nginx")}}, 1, "nginx.service", "systemd", 0},
    {"systemd, by the socket", {{"systemd", ARGS("/sbin/init")}}, 1, "ssh.socket", "systemd", 0},
    {"a job of cron", {{"node", ARGS("node")}}, 1, "cron.service", "", 0},
    {"a job of CI", {{"node", ARGS("node")}}, 1, "actions.runner.x.service", "", 0},
    {"a runner of CI itself",
     {{"gitlab-runner", ARGS("gitlab-runner\0run")}},
     1,
     "gitlab-runner.service",
     "systemd",
     0},
    {"a login at a console", {{"node", ARGS("node")}}, 1, "getty@tty1.service", "", 0},
    {"in a terminal of an editor", {{"node", ARGS("node")}}, 1, "app-code@abc.service", "", 0},
    {"a server of that name", {{"node", ARGS("node")}}, 1, "app-web.service", "systemd", 0},
    {"no runner, but a name like it",
     {{"node", ARGS("node")}},
     1,
     "crontab-ui.service",
     "systemd",
     0},
    {"a scope is not started again", {{"node", ARGS("node")}}, 1, "run-r1.scope", "", 0},
};

static void test_manager(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(managers); i++) {
        struct kps_manager_candidate chain[3] = {0};
        for (uint32_t k = 0; k < managers[i].n; k++) {
            chain[k] = (struct kps_manager_candidate){100 + k, kps_sv_of(managers[i].chain[k].comm),
                                                      managers[i].chain[k].cmdline};
        }
        struct kps_manager got =
            kps_manager_find(chain, managers[i].n, kps_sv_of(managers[i].unit),
                             kps_sv_has_head(kps_sv_of(managers[i].unit), "app-code"));
        check_text(managers[i].why, "the manager", got.name, managers[i].manager);
        if (got.pid != (managers[i].pid ? 100 + managers[i].pid : 0)) {
            fail_msg("%s: pid %u", managers[i].why, got.pid);
        }
    }
}

static void test_stat(void **unused)
{
    (void)unused;
    struct kps_proc_stat stat;
    const struct kps_sv tail = SV(" -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 1 1");
    struct kps_arena *arena = kps_arena_new();
    struct kps_sv text = kps_fmt(arena, "42 (a) (b c) S 7 42 40 34819%.*s\n", SV_ARG(tail));
    assert_true(kps_proc_stat_read(text, &stat));
    check_text("a name with parentheses", "it", stat.comm, "a) (b c");
    assert_int_equal(stat.parent, 7);
    assert_int_equal(stat.session, 40);
    assert_int_equal(stat.start_ticks, 123456);
    check_text("the terminal", "it", kps_proc_text_terminal(arena, stat.terminal), "pts/3");
    check_text("the terminal", "it", kps_proc_text_terminal(arena, 0), "");
    check_text("the terminal", "it", kps_proc_text_terminal(arena, 4 << 8 | 1), "tty1");
    check_text("the terminal", "it", kps_proc_text_terminal(arena, 4 << 8 | 65), "ttyS1");
    check_text("the terminal", "it", kps_proc_text_terminal(arena, 137 << 8 | 2), "pts/258");
    assert_true(stat.is_job);
    assert_false(stat.is_stopped || stat.is_foreground);
    check_text("a device that is no terminal of a user", "it",
               kps_proc_text_terminal(arena, 5 << 8 | 1), "");
    assert_true(kps_proc_stat_read(SV("42 () T 7 42 40 0 42 0 1 2 3 4 5 6 7 8 20 0 1 0 9"), &stat));
    assert_true(stat.is_stopped && stat.is_foreground && !stat.is_job);
    assert_true(
        kps_proc_stat_read(SV("42 (a) S 7 42 42 34819 42 0 1 2 3 4 5 6 7 8 20 0 1 0 9"), &stat));
    assert_false(stat.is_job); /* systemd-run --pty, a terminal's own program */
    assert_int_equal(stat.start_ticks, 9);
    const char *bad[] = {"",
                         "42",
                         "42 (a",
                         "42 a) S 7",
                         "42 )a( S 7 1 1 1",
                         "42 (a)",
                         "42 (a) S",
                         "42 (a) S x 42 40 0",
                         "42 (a) S 7 42 40 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0"};
    for (size_t i = 0; i < KPS_COUNT(bad); i++) {
        if (kps_proc_stat_read(kps_sv_of(bad[i]), &stat)) {
            fail_msg("'%s' was taken", bad[i]);
        }
    }
    kps_arena_free(arena);
}

static void test_small_texts(void **unused)
{
    (void)unused;
    uint32_t uid = 0;
    assert_true(kps_proc_status_uid(SV("Name:\tx\nUid:\t1\t33\t1\t1\nGid:\t5\t6\t5\t5\n"), &uid));
    assert_int_equal(uid, 33);
    assert_false(kps_proc_status_uid(SV("Name:\tx\nUid:\t1\n"), &uid));
    assert_false(kps_proc_status_uid(SV("Name:\tUid:\t1\t1\n"), &uid));
    static const struct {
        const char *why, *text;
        bool term, interrupt;
    } signals[] = {
        {"none", "Pid:\t7\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n", false, false},
        {"nohup ignores another", "SigIgn:\t0000000000000001\n", false, false},
        {"trap '' TERM", "SigIgn:\t0000000000004000\n", true, false},
        {"a job of a script", "SigIgn:\t0000000000000006\n", false, true},
        {"more digits", "SigIgn:\tffffffffffff7fff\n", true, true},
        {"all but SIGTERM", "SigIgn:\tffffffffffffbfff\n", false, true},
        {"the first of a container without a handler",
         "Pid:\t7\nNSpid:\t7\t1\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000000\n", true,
         true},
        {"the first of a container with handlers",
         "Pid:\t7\nNSpid:\t7\t1\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000004002\n", false,
         false},
        {"the second", "Pid:\t8\nNSpid:\t8\t11\nSigCgt:\t0000000000000000\n", false, false},
        {"our own init", "Pid:\t1\nNSpid:\t1\nSigCgt:\t0000000000000000\n", false, false},
        {"cut off", "SigIgn:\t40", false, false},
        {"no digits", "SigIgn:\tgggggggg\n", false, false},
    };
    for (size_t i = 0; i < KPS_COUNT(signals); i++) {
        struct kps_sv status = kps_sv_of(signals[i].text);
        if (kps_proc_status_ignores(status, SIGTERM) != signals[i].term ||
            kps_proc_status_ignores(status, SIGINT) != signals[i].interrupt) {
            fail_msg("%s", signals[i].why);
        }
    }
    const struct kps_sv passwd =
        SV("root:x:0:0::/root:/bin/sh\n#\n+\nbroken:x\n:x:7:7\nanna:x:1000:1000:Anna:/:/bin/sh\n"
           "second:x:1000:1:::");
    check_text("passwd", "root", kps_proc_text_user(passwd, 0), "root");
    check_text("passwd", "the first of two", kps_proc_text_user(passwd, 1000), "anna");
    check_text("passwd", "one without a name", kps_proc_text_user(passwd, 7), "");
    check_text("passwd", "nobody", kps_proc_text_user(passwd, 100), "");
    assert_int_equal(kps_proc_number(SV("cpu 1 2\nbtime 1700000000\n"), SV("btime ")), 1700000000);
    assert_int_equal(kps_proc_number(SV("cpu 1 2\nxbtime 1\n"), SV("btime ")), -1);
}

static void test_port_list(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    const struct kps_port_range *ranges = NULL;
    assert_int_equal(kps_kernel_read_ports(arena, SV("8080,9000-9010\n"), &ranges), 2);
    assert_int_equal(ranges[0].first, 8080);
    assert_int_equal(ranges[0].last, 8080);
    assert_int_equal(ranges[1].first, 9000);
    assert_int_equal(ranges[1].last, 9010);
    assert_int_equal(kps_kernel_read_ports(arena, SV("\n"), &ranges), 0);
    assert_int_equal(kps_kernel_read_ports(arena, SV(""), &ranges), 0);
    assert_int_equal(kps_kernel_read_ports(arena, SV("x,10-5,70000,,5"), &ranges), 1);
    assert_int_equal(ranges[0].first, 5);
    const struct kps_port_range reserved = {40000, 40010};
    const struct kps_kernel kernel = {
        .ephemeral = {32768, 60999}, .reserved = &reserved, .n_reserved = 1};
    assert_true(kps_kernel_is_ephemeral(&kernel, 32768));
    assert_true(kps_kernel_is_ephemeral(&kernel, 60999));
    assert_false(kps_kernel_is_ephemeral(&kernel, 61000));
    assert_false(kps_kernel_is_ephemeral(&kernel, 40005));
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),          cmocka_unit_test(test_proc_net),
        cmocka_unit_test(test_proc_net_pieces), cmocka_unit_test(test_link),
        cmocka_unit_test(test_cgroup),          cmocka_unit_test(test_proxy_args),
        cmocka_unit_test(test_manager),         cmocka_unit_test(test_stat),
        cmocka_unit_test(test_small_texts),     cmocka_unit_test(test_port_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
