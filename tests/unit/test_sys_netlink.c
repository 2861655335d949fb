#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "base/compiler.h"
#include "sys/netlink.h"

enum { SEQUENCE = 77 };

/* A datagram as the kernel would send it, one byte off any alignment. */
struct wire {
    char room[4096];
    size_t n;
};

static char *start_of(struct wire *wire)
{
    return wire->room + 1;
}

static void add(struct wire *wire, const void *bytes, size_t n)
{
    assert_true(wire->n + n + 4 < sizeof(wire->room));
    memcpy(start_of(wire) + wire->n, bytes, n);
    wire->n += n;
    while (wire->n % 4) {
        start_of(wire)[wire->n++] = 0;
    }
}

/* Starts a message; its length is set by end_message. Return: where it starts. */
static size_t begin_message(struct wire *wire, uint16_t type, uint16_t flags, uint32_t sequence)
{
    size_t at = wire->n;
    struct nlmsghdr head = {.nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = sequence};
    add(wire, &head, sizeof(head));
    return at;
}

static void end_message(struct wire *wire, size_t at)
{
    uint32_t n = (uint32_t)(wire->n - at);
    memcpy(start_of(wire) + at, &n, sizeof(n));
}

static void add_attribute(struct wire *wire, uint16_t type, const void *value, uint16_t n)
{
    char bytes[64];
    struct nlattr head = {.nla_len = (uint16_t)(sizeof(head) + n), .nla_type = type};
    memcpy(bytes, &head, sizeof(head));
    memcpy(bytes + sizeof(head), value, n);
    add(wire, bytes, sizeof(head) + n);
}

static void add_status(struct wire *wire, uint16_t type, int status)
{
    size_t at = begin_message(wire, type, NLM_F_MULTI, SEQUENCE);
    add(wire, &status, sizeof(status));
    end_message(wire, at);
}

static struct inet_diag_msg listener(uint8_t family, uint16_t port)
{
    return (struct inet_diag_msg){.idiag_family = family,
                                  .idiag_state = KPS_SOCKET_LISTEN,
                                  .id = {.idiag_sport = htons(port)},
                                  .idiag_uid = 1000,
                                  .idiag_inode = 4711};
}

static enum kps_netlink_next take(struct wire *wire, const struct kps_socket_query *query,
                                  struct kps_sockets *sockets, struct kps_netlink_dump *dump)
{
    *dump = (struct kps_netlink_dump){
        .sequence = SEQUENCE, .protocol = KPS_TCP, .query = query, .into = sockets};
    return kps_netlink_take(dump, (struct kps_sv){start_of(wire), wire->n});
}

/* One socket each: what the message and its attributes make of it. */
static const struct row {
    const char *why;
    uint8_t family, state, timer;
    uint8_t source[16];
    int v6only; /* -1: no attribute */
    uint32_t inode, expires;
    /* expected */
    enum kps_addr_kind kind;
    enum kps_socket_state is;
    uint8_t flags;
    uint32_t left_ms;
} rows[] = {
    {"0.0.0.0", AF_INET, 10, 0, {0}, -1, 5, 0, KPS_ADDR_ANY4, KPS_SOCKET_LISTEN, 0, 0},
    {"one IPv4", AF_INET, 10, 0, {127, 0, 0, 1}, -1, 5, 0, KPS_ADDR_ONE4, KPS_SOCKET_LISTEN, 0, 0},
    {"[::] dual", AF_INET6, 10, 0, {0}, 0, 5, 0, KPS_ADDR_EVERY, KPS_SOCKET_LISTEN, 0, 0},
    {"[::] v6only", AF_INET6, 10, 0, {0}, 1, 5, 0, KPS_ADDR_ANY6, KPS_SOCKET_LISTEN, 0, 0},
    {"[::] unsaid",
     AF_INET6,
     10,
     0,
     {0},
     -1,
     5,
     0,
     KPS_ADDR_EVERY,
     KPS_SOCKET_LISTEN,
     KPS_SOCKET_V6ONLY_UNKNOWN,
     0},
    {"mapped IPv4 is IPv4",
     AF_INET6,
     10,
     0,
     {[10] = 0xff, 0xff, 127, 0, 0, 1},
     0,
     5,
     0,
     KPS_ADDR_ONE4,
     KPS_SOCKET_LISTEN,
     0,
     0},
    {"::ffff:0.0.0.0",
     AF_INET6,
     10,
     0,
     {[10] = 0xff, 0xff},
     0,
     5,
     0,
     KPS_ADDR_ANY4,
     KPS_SOCKET_LISTEN,
     0,
     0},
    {"one IPv6", AF_INET6, 10, 0, {[15] = 1}, 1, 5, 0, KPS_ADDR_ONE6, KPS_SOCKET_LISTEN, 0, 0},
    {"bound only is answered as 7",
     AF_INET,
     7,
     0,
     {0},
     -1,
     5,
     0,
     KPS_ADDR_ANY4,
     KPS_SOCKET_BOUND,
     0,
     0},
    {"an IPv6 connection may shadow 0.0.0.0",
     AF_INET6,
     1,
     0,
     {[15] = 1},
     -1,
     5,
     0,
     KPS_ADDR_ONE6,
     KPS_SOCKET_ESTABLISHED,
     KPS_SOCKET_SHADOWS_ANY4,
     0},
    {"TIME_WAIT says how long",
     AF_INET,
     6,
     3,
     {127, 0, 0, 1},
     -1,
     0,
     43210,
     KPS_ADDR_ONE4,
     KPS_SOCKET_TIME_WAIT,
     0,
     43210},
    {"orphan FIN_WAIT2",
     AF_INET,
     5,
     3,
     {127, 0, 0, 1},
     -1,
     0,
     900,
     KPS_ADDR_ONE4,
     KPS_SOCKET_FIN_WAIT2,
     0,
     900},
    {"nor is that of an orphan",
     AF_INET,
     4,
     1,
     {127, 0, 0, 1},
     -1,
     0,
     200,
     KPS_ADDR_ONE4,
     KPS_SOCKET_FIN_WAIT1,
     0,
     0},
    {"a retransmit timer is not the time left",
     AF_INET,
     1,
     1,
     {127, 0, 0, 1},
     -1,
     5,
     200,
     KPS_ADDR_ONE4,
     KPS_SOCKET_ESTABLISHED,
     0,
     0},
};

static void test_rows(void **unused)
{
    (void)unused;
    const struct kps_socket_query all = {0};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct wire wire = {0};
        struct kps_sockets sockets = {0};
        struct kps_netlink_dump dump;
        struct inet_diag_msg msg = listener(rows[i].family, 8080);
        const uint64_t cgroup = 1234567890123;
        msg.idiag_state = rows[i].state;
        msg.idiag_timer = rows[i].timer;
        msg.idiag_expires = rows[i].expires;
        msg.idiag_inode = rows[i].inode;
        memcpy(msg.id.idiag_src, rows[i].source, sizeof(rows[i].source));
        size_t at = begin_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, SEQUENCE);
        add(&wire, &msg, sizeof(msg));
        if (rows[i].v6only >= 0) {
            uint8_t v6only = (uint8_t)rows[i].v6only;
            add_attribute(&wire, INET_DIAG_SKV6ONLY, &v6only, 1);
        }
        add_attribute(&wire, INET_DIAG_CGROUP_ID, &cgroup, sizeof(cgroup));
        end_message(&wire, at);
        add_status(&wire, NLMSG_DONE, 0);
        bool ok = take(&wire, &all, &sockets, &dump) == KPS_NETLINK_DONE && sockets.rows.n == 1;
        const struct kps_socket *got = sockets.rows.v;
        if (!ok || got->addr.kind != rows[i].kind || got->state != rows[i].is ||
            got->flags != rows[i].flags || got->left_ms != rows[i].left_ms || got->port != 8080 ||
            got->uid != 1000 || got->inode != rows[i].inode || got->cgroup != cgroup ||
            got->protocol != KPS_TCP) {
            fail_msg("%s", rows[i].why);
        }
        kps_sockets_free(&sockets);
    }
}

/* Buffers that a kernel would not send, and ends of dumps: after a good socket comes what the row
 * says. */
static const struct bad {
    const char *why;
    int what;
    enum kps_netlink_next next;
    int error;
    uint32_t kept;
} bads[] = {
    {"the end", 0, KPS_NETLINK_DONE, 0, 1},
    {"the end with an error in it", 1, KPS_NETLINK_FAILED, ENOMEM, 1},
    {"refused", 2, KPS_NETLINK_FAILED, ENOENT, 1},
    {"an error without its number", 3, KPS_NETLINK_FAILED, EPROTO, 1},
    {"an acknowledgement", 4, KPS_NETLINK_FAILED, EPROTO, 1},
    {"overrun", 5, KPS_NETLINK_FAILED, ENOBUFS, 1},
    {"a message of no length", 6, KPS_NETLINK_FAILED, EBADMSG, 1},
    {"a message longer than the datagram", 7, KPS_NETLINK_FAILED, EBADMSG, 1},
    {"a message that is shorter than its head", 8, KPS_NETLINK_FAILED, EBADMSG, 1},
    {"a socket cut short", 9, KPS_NETLINK_MORE, 0, 1},
    {"a socket of another family", 10, KPS_NETLINK_MORE, 0, 1},
    {"a socket without a port", 11, KPS_NETLINK_MORE, 0, 1},
    {"a state that does not exist", 12, KPS_NETLINK_MORE, 0, 1},
    {"a late answer to another request", 13, KPS_NETLINK_MORE, 0, 1},
    {"the end of another request", 14, KPS_NETLINK_MORE, 0, 1},
    {"a message of an unknown type", 15, KPS_NETLINK_MORE, 0, 1},
    {"half a head", 16, KPS_NETLINK_MORE, 0, 1},
    {"an attribute of no length", 17, KPS_NETLINK_MORE, 0, 2},
    {"an attribute longer than the message", 18, KPS_NETLINK_MORE, 0, 2},
    {"a cgroup of two bytes", 19, KPS_NETLINK_MORE, 0, 2},
    {"an empty v6only", 20, KPS_NETLINK_MORE, 0, 2},
};

static void add_socket(struct wire *wire, struct inet_diag_msg msg, size_t n, uint32_t sequence)
{
    size_t at = begin_message(wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, sequence);
    add(wire, &msg, n);
    end_message(wire, at);
}

static void add_bad(struct wire *wire, int what)
{
    struct inet_diag_msg msg = listener(AF_INET, 81);
    struct nlmsghdr head = {.nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_seq = SEQUENCE};
    struct nlattr attribute = {.nla_type = INET_DIAG_CGROUP_ID};
    size_t at = wire->n;
    switch (what) {
    case 0:
    case 1:
        add_status(wire, NLMSG_DONE, what == 0 ? 0 : -ENOMEM);
        break;
    case 2:
        add_status(wire, NLMSG_ERROR, -ENOENT);
        break;
    case 3:
        end_message(wire, begin_message(wire, NLMSG_ERROR, 0, SEQUENCE));
        break;
    case 4:
        add_status(wire, NLMSG_ERROR, 0);
        break;
    case 5:
        add_status(wire, NLMSG_OVERRUN, 0);
        break;
    case 6:
    case 7:
    case 8:
        head.nlmsg_len = what == 6 ? 0 : what == 7 ? 4096 : 15;
        add(wire, &head, sizeof(head));
        break;
    case 9:
        add_socket(wire, msg, sizeof(msg) - 4, SEQUENCE);
        break;
    case 10:
        msg.idiag_family = AF_UNIX;
        add_socket(wire, msg, sizeof(msg), SEQUENCE);
        break;
    case 11:
        msg.id.idiag_sport = 0;
        add_socket(wire, msg, sizeof(msg), SEQUENCE);
        break;
    case 12:
        msg.idiag_state = 99;
        add_socket(wire, msg, sizeof(msg), SEQUENCE);
        break;
    case 13:
        add_socket(wire, msg, sizeof(msg), SEQUENCE - 1);
        break;
    case 14:
        end_message(wire, begin_message(wire, NLMSG_DONE, 0, SEQUENCE - 1));
        break;
    case 15:
        end_message(wire, begin_message(wire, 4000, 0, SEQUENCE));
        break;
    case 16:
        add(wire, &head, 8);
        break;
    case 17:
    case 18:
        at = begin_message(wire, TCPDIAG_GETSOCK, 0, SEQUENCE);
        add(wire, &msg, sizeof(msg));
        attribute.nla_len = what == 17 ? 0 : 400;
        add(wire, &attribute, sizeof(attribute));
        end_message(wire, at);
        break;
    default:
        at = begin_message(wire, TCPDIAG_GETSOCK, 0, SEQUENCE);
        msg.idiag_family = AF_INET6;
        add(wire, &msg, sizeof(msg));
        add_attribute(wire, what == 19 ? INET_DIAG_CGROUP_ID : INET_DIAG_SKV6ONLY, "\1\1",
                      what == 19 ? 2 : 0);
        end_message(wire, at);
        break;
    }
}

static void test_bad(void **unused)
{
    (void)unused;
    const struct kps_socket_query all = {0};
    for (size_t i = 0; i < KPS_COUNT(bads); i++) {
        struct wire wire = {0};
        struct kps_sockets sockets = {0};
        struct kps_netlink_dump dump;
        add_socket(&wire, listener(AF_INET, 80), sizeof(struct inet_diag_msg), SEQUENCE);
        add_bad(&wire, bads[i].what);
        enum kps_netlink_next next = take(&wire, &all, &sockets, &dump);
        if (next != bads[i].next || dump.error != bads[i].error || sockets.rows.n != bads[i].kept ||
            dump.interrupted) {
            fail_msg("%s: next %d, error %d, %u rows", bads[i].why, (int)next, dump.error,
                     sockets.rows.n);
        }
        for (uint32_t k = 1; k < sockets.rows.n; k++) {
            /* a broken attribute neither drops the socket nor changes its facts */
            assert_int_equal(sockets.rows.v[k].cgroup, 0);
            assert_int_equal(sockets.rows.v[k].flags & KPS_SOCKET_V6ONLY_UNKNOWN,
                             bads[i].what >= 19 ? KPS_SOCKET_V6ONLY_UNKNOWN : 0);
        }
        kps_sockets_free(&sockets);
    }
}

static void count_message(void *context, struct kps_sv payload)
{
    *(size_t *)context += payload.n;
}

/* Messages of another family go to their own reader; the walk is the same. */
static void test_other_family(void **unused)
{
    (void)unused;
    struct wire wire = {0};
    size_t bytes = 0;
    struct kps_netlink_dump dump = {
        .sequence = SEQUENCE, .message = count_message, .context = &bytes};
    size_t at = begin_message(&wire, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, SEQUENCE);
    add(&wire, "12345678", 8);
    end_message(&wire, at);
    add_status(&wire, NLMSG_DONE, -ENOBUFS);
    struct kps_sv datagram = {start_of(&wire), wire.n};
    assert_int_equal(kps_netlink_take(&dump, datagram), KPS_NETLINK_FAILED);
    assert_int_equal(dump.error, ENOBUFS);
    assert_int_equal(bytes, 8);
}

static void test_interrupted(void **unused)
{
    (void)unused;
    const struct kps_socket_query all = {0};
    struct wire wire = {0};
    struct kps_sockets sockets = {0};
    struct kps_netlink_dump dump;
    end_message(&wire, begin_message(&wire, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQUENCE));
    assert_int_equal(take(&wire, &all, &sockets, &dump), KPS_NETLINK_DONE);
    assert_true(dump.interrupted);
    kps_sockets_free(&sockets);
}

static void test_filter_here(void **unused)
{
    (void)unused;
    const struct kps_port_range ranges[] = {{80, 80}, {8000, 8010}};
    const struct kps_socket_query query = {.ports = ranges, .n_ports = 2};
    static const uint16_t ports[] = {79,   80,   81,   7999,
                                     8000, 8010, 8011, 20480}; /* 20480 is 80 in the other order */
    struct wire wire = {0};
    struct kps_sockets sockets = {0};
    struct kps_netlink_dump dump;
    for (size_t i = 0; i < KPS_COUNT(ports); i++) {
        add_socket(&wire, listener(AF_INET, ports[i]), sizeof(struct inet_diag_msg), SEQUENCE);
    }
    assert_int_equal(take(&wire, &query, &sockets, &dump), KPS_NETLINK_MORE);
    assert_int_equal(sockets.rows.n, 3);
    assert_int_equal(sockets.rows.v[0].port, 80);
    assert_int_equal(sockets.rows.v[1].port, 8000);
    assert_int_equal(sockets.rows.v[2].port, 8010);
    kps_sockets_free(&sockets);
}

/*
 * The kernel's filter machine (net/ipv4/inet_diag.c), as far as requests use it. Return: whether
 * the port passes; the kernel's own demands on a jump (inside, or 4 bytes past the end; a multiple
 * of 4) are asserted on the way.
 */
static bool passes(const uint8_t *code, size_t n, uint16_t port)
{
    long left = (long)n;
    while (left > 0) {
        struct inet_diag_bc_op op[2];
        memcpy(op, code, left >= (long)sizeof(op) ? sizeof(op) : sizeof(op[0]));
        bool yes = false;
        long least = 4;
        switch (op[0].code) {
        case INET_DIAG_BC_S_GE:
            yes = port >= op[1].no;
            least = 8;
            break;
        case INET_DIAG_BC_S_LE:
            yes = port <= op[1].no;
            least = 8;
            break;
        case INET_DIAG_BC_JMP:
            break;
        default:
            fail_msg("command %d", op[0].code);
        }
        assert_true(op[0].yes >= least && op[0].yes % 4 == 0 && op[0].yes <= left + 4);
        assert_true(op[0].no >= least && op[0].no % 4 == 0 && op[0].no <= left + 4);
        long step = yes ? op[0].yes : op[0].no;
        code += step;
        left -= step;
    }
    return left == 0;
}

static const uint8_t *bytecode_of(const uint8_t *request, size_t n, size_t body, size_t *ret_n)
{
    struct nlattr attribute;
    size_t at = sizeof(struct nlmsghdr) + body;
    if (at >= n) {
        return NULL;
    }
    memcpy(&attribute, request + at, sizeof(attribute));
    assert_int_equal(attribute.nla_type, INET_DIAG_REQ_BYTECODE);
    assert_int_equal(attribute.nla_len, n - at);
    *ret_n = n - at - sizeof(attribute);
    return request + at + sizeof(attribute);
}

static void test_filter_in_kernel(void **unused)
{
    (void)unused;
    static struct kps_port_range many[KPS_NETLINK_RANGES + 1];
    for (uint16_t i = 0; i < KPS_COUNT(many); i++) {
        many[i] =
            (struct kps_port_range){(uint16_t)(1000 + 10 * i), (uint16_t)(1000 + 10 * i + i % 10)};
    }
    const struct kps_port_range ends[] = {{65535, 65535}, {1, 1}, {300, 400}};
    const struct lot {
        const struct kps_port_range *ranges;
        size_t n;
        bool is_exact;
    } lots[] = {{many, 2, true},
                {many, KPS_NETLINK_RANGES, true},
                {ends, 3, true},
                {many + 5, 1, true},
                {many, KPS_COUNT(many), false}};
    for (size_t i = 0; i < KPS_COUNT(lots); i++) {
        uint8_t request[KPS_NETLINK_REQUEST_BYTES];
        const struct kps_socket_query query = {.ports = lots[i].ranges, .n_ports = lots[i].n};
        const struct kps_netlink_ask ask = {
            .sequence = 1, .protocol = KPS_TCP, .family = AF_INET6, .query = &query};
        size_t n = kps_netlink_request(&ask, request);
        size_t code_n = 0;
        const uint8_t *code = bytecode_of(request, n, sizeof(struct inet_diag_req_v2), &code_n);
        assert_true(n <= sizeof(request) && code);
        for (uint32_t port = 0; port <= UINT16_MAX; port++) {
            bool wanted = kps_socket_query_has(&query, (uint16_t)port);
            bool passed = passes(code, code_n, (uint16_t)port);
            if (wanted ? !passed : passed && lots[i].is_exact) {
                fail_msg("lot %zu, port %u: %s", i, port, wanted ? "lost" : "let through");
            }
        }
    }
}

static void test_request(void **unused)
{
    (void)unused;
    uint8_t request[KPS_NETLINK_REQUEST_BYTES];
    const struct kps_port_range one = {8080, 8080};
    const struct kps_socket_query query = {.ports = &one, .n_ports = 1, .connections = true};
    struct kps_netlink_ask ask = {.sequence = 9, .protocol = KPS_TCP, .query = &query};
    struct nlmsghdr head;
    struct inet_diag_req both;
    struct inet_diag_req_v2 single;
    size_t n = kps_netlink_request(&ask, request);
    memcpy(&head, request, sizeof(head));
    memcpy(&both, request + sizeof(head), sizeof(both));
    assert_int_equal(n, sizeof(head) + sizeof(both)); /* one port needs no bytecode */
    assert_int_equal(head.nlmsg_len, n);
    assert_int_equal(head.nlmsg_type, TCPDIAG_GETSOCK);
    assert_int_equal(head.nlmsg_seq, 9);
    assert_int_equal(head.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    assert_int_equal(both.id.idiag_sport, htons(8080));
    assert_true(both.idiag_states & 1U << KPS_SOCKET_TIME_WAIT &&
                both.idiag_states & 1U << KPS_SOCKET_BOUND);
    ask.protocol = KPS_UDP;
    ask.family = AF_INET6;
    assert_int_equal(kps_netlink_request(&ask, request), sizeof(head) + sizeof(single));
    memcpy(&head, request, sizeof(head));
    memcpy(&single, request + sizeof(head), sizeof(single));
    assert_int_equal(head.nlmsg_type, SOCK_DIAG_BY_FAMILY);
    assert_int_equal(single.sdiag_protocol, IPPROTO_UDP);
    assert_int_equal(single.sdiag_family, AF_INET6);
    assert_int_equal(single.idiag_states, UINT32_MAX);
    const struct kps_socket_query listeners = {0};
    ask = (struct kps_netlink_ask){
        .sequence = 9, .protocol = KPS_TCP, .family = AF_INET, .query = &listeners};
    (void)kps_netlink_request(&ask, request);
    memcpy(&single, request + sizeof(head), sizeof(single));
    assert_int_equal(single.idiag_states, 1U << KPS_SOCKET_LISTEN | 1U << KPS_SOCKET_BOUND);
    assert_int_equal(single.id.idiag_sport, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_other_family),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_filter_here),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_filter_in_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
