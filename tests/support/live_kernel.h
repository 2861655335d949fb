#ifndef SUPPORT_LIVE_KERNEL_H
#define SUPPORT_LIVE_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/collect.h"

/*
 * The real kernel for tests of sys: sockets of every sort, made once by tests/tools/mkport in a
 * network namespace of the test's own. Where none can be made, is_isolated is false, and tests
 * skip. Group fixtures: isolate, done.
 */

enum { NOBODY = 65534, MAX_WORDS = 24 };

static struct kps_arena *arena;
static struct kps_sys machine;
static bool is_isolated, is_root;

/* A mkport that keeps its sockets until the end of the test. */
struct maker {
    pid_t pid;
    int keep; /* its standard input */
};

static inline struct maker start(const char *const argv[])
{
    char *words[MAX_WORDS] = {0}; /* execv takes them without const and leaves them alone */
    int in[2];
    int out[2];
    char line[32] = "";
    assert_true(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    for (size_t i = 0; argv[i]; i++) {
        assert_true(i + 1 < MAX_WORDS);
        memcpy(&words[i], &argv[i], sizeof(words[i]));
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(out[1], 1);
        (void)execv(KPS_MKPORT, words);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    for (size_t n = 0; n < sizeof(line) - 1; n++) {
        if (read(out[0], line + n, 1) != 1) {
            fail_msg("mkport made nothing");
        }
        if (line[n] == '\n') {
            break;
        }
    }
    (void)close(out[0]);
    assert_int_equal(strtol(line, NULL, 10), pid);
    return (struct maker){pid, in[1]};
}

static inline void stop_maker(struct maker maker)
{
    (void)close(maker.keep);
    assert_int_equal(waitpid(maker.pid, NULL, 0), maker.pid);
}

/* Sockets of every sort, made once: what is left of connections outlives their maker. "timewait"
 * and "inflight" belong to no process. */
static struct maker zoo;
static const char *const ZOO[MAX_WORDS] = {"mkport",
                                           "tcp,127.0.0.1,2001",
                                           "tcp,0.0.0.0,2002",
                                           "tcp,::,2002,v6only=1",
                                           "tcp,::,2003,v6only=0",
                                           "tcp,::1,2004",
                                           "tcp,::ffff:127.0.0.1,2005,v6only=0",
                                           "tcp,0.0.0.0,2006,bound",
                                           "tcp,::,2007,bound,v6only=1",
                                           "udp,0.0.0.0,2008",
                                           "udp,::,2009,v6only=1",
                                           "udp,::,2010,v6only=0",
                                           "udp,127.0.0.1,2011",
                                           "tcp,127.0.0.1,2012,accepted",
                                           "tcp,::1,2013,accepted",
                                           "tcp,127.0.0.1,2014,timewait",
                                           "tcp,127.0.0.1,2015,outbound",
                                           "tcp,127.0.0.1,2017,inflight",
                                           "tcp,127.0.0.1,2018,reuseport",
                                           "tcp,127.0.0.1,2018,reuseport"};

static inline void add_row(struct kps_buf *out, const struct kps_socket *row)
{
    struct kps_sv address = kps_addr_format(arena, &row->addr);
    kps_buf_fmt(out, "%s %.*s:%u %s%s\n", kps_protocol_name((enum kps_protocol)row->protocol),
                SV_ARG(address), row->port,
                kps_socket_state_name((enum kps_socket_state)row->state),
                row->inode ? "" : " without a file");
}

/* The rows on ports 2001..2099, one a line. The ephemeral ends of connections vary. */
static inline struct kps_sv rows_text(const struct kps_sockets *sockets)
{
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < sockets->rows.n; i++) {
        if (sockets->rows.v[i].port > 2000 && sockets->rows.v[i].port < 2100) {
            add_row(&out, &sockets->rows.v[i]);
        }
    }
    return kps_buf_sv(&out);
}

static inline void ask(struct kps_sockets *sockets, struct kps_socket_query query)
{
    *sockets = (struct kps_sockets){0};
    assert_int_equal(kps_sys_sockets(&machine, &query, sockets), 0);
    assert_false(sockets->incomplete);
}

/* Return: does this kernel list TCP sockets that are bound and do not listen (6.8 and later)? */
static inline bool tells_bound(void)
{
    struct kps_sockets sockets;
    const struct kps_port_range port = {2006, 2006};
    ask(&sockets,
        (struct kps_socket_query){.ports = &port, .n_ports = 1, .source = KPS_SOURCE_NETLINK});
    bool tells = sockets.rows.n > 0;
    kps_sockets_free(&sockets);
    return tells;
}

struct run {
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_sys_result result;
};

static inline void collect(struct run *run, struct kps_sys_options options)
{
    *run = (struct run){.diag = {.arena = arena}};
    run->ledger.diag = &run->diag;
    run->result = kps_sys_collect(&run->ledger, &options);
}

static inline void end(struct run *run)
{
    kps_ledger_free(&run->ledger);
    kps_diag_free(&run->diag);
}

/* The owner of the only claim on a port; NULL: there is none. */
static inline const struct kps_owner *owner_on(const struct run *run, uint16_t port,
                                               const struct kps_claim **ret_claim)
{
    for (kps_claim_id id = 1; id <= run->ledger.claims.n; id++) {
        const struct kps_claim *claim = kps_ledger_get_claim(&run->ledger, id);
        if (claim->first == port) {
            *ret_claim = claim;
            return kps_ledger_get_owner(&run->ledger, claim->owner);
        }
    }
    return NULL;
}

static inline int isolate(void **unused)
{
    (void)unused;
    arena = kps_arena_new();
    is_root = geteuid() == 0;
    is_isolated = unshare(is_root ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) == 0;
    if (!is_isolated) {
        print_message("SKIP: no network namespace can be made here: %s\n", strerror(errno));
    }
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    is_isolated = is_isolated && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    (void)close(fd);
    if (is_isolated) {
        zoo = start(ZOO);
    }
    return kps_sys_open(NULL, &machine);
}

static inline int done(void **unused)
{
    (void)unused;
    if (is_isolated) {
        stop_maker(zoo);
    }
    kps_sys_close(&machine);
    kps_arena_free(arena);
    return 0;
}

#endif
