#ifndef KPS_SYS_COLLECT_H
#define KPS_SYS_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/ledger.h"
#include "model/local_addrs.h"
#include "sys/kernel.h"
#include "sys/prefetch.h"
#include "sys/sockets.h"

/*
 * The door of this folder: what holds ports on this machine becomes owners and BOUND claims in the
 * ledger.
 *
 * Owners. One for each process (KPS_OWNER_PROCESS), key "process:<pid>"; facts: struct
 * kps_process_facts. It stands for "docker-proxy:<proto>/<container-ip>:<container-port>" when it
 * is a docker-proxy (the container's own address, which is what the Engine's list of networks has;
 * an IPv6 address without brackets), "container:<id>" when it runs in a container (host network, or
 * a namespace that was asked for), "docker-port:<proto>/<host-ip>:<port>" when it is a helper that
 * keeps published ports open for an engine: dockerd itself (--userland-proxy=false, ingress ports),
 * rootlesskit, pasta, conmon … Such helpers, and systemd with the sockets of its socket units, have
 * an owner for each port and address, with no key. Sockets that no process has: KPS_OWNER_KERNEL,
 * when everything there is to see was seen; KPS_OWNER_UNKNOWN when the process is hidden. Their
 * facts say why, and in `what` what the socket is.
 *
 * Claims. One for each owner, protocol, address and port, in the HOST namespace, CERTAIN for what
 * listens. Not listed: connections of a port that somebody listens on at their address (they hold
 * nothing that the listener does not). A claim is less than certain where the kernel does not say
 * enough (spec sockets A4, A6).
 *
 * LIKELY: a TCP socket that is bound and does not listen (SO_REUSEADDR on both sides would allow
 * another); a socket on [::] that may take IPv4 too, as far as its
 * source says; with KPS_CLAIM_REMNANT, a connection whose port is an ephemeral one, which is a
 * client's, and clients rarely set SO_REUSEADDR.
 *
 * POSSIBLE, with KPS_CLAIM_REMNANT: another connection, or TIME_WAIT, that a server left: most
 * servers set it.
 */
struct kps_sys_options {
    const char *root; /* NULL: this machine; else a directory with its proc/, sys/, etc/ */
    const struct kps_port_range *ports; /* none: all */
    size_t n_ports;
    bool no_tcp, no_udp;
    /* Also connections and what is left of them, on ports that nobody listens on: a walk over all
     * connections of the machine, about 2 ms. For checks, and for a port that is asked for by
     * number. */
    bool connections;
    bool addresses; /* also read the addresses of this machine */
    /* The engine of this machine told its containers, so that a docker-proxy without one is left
     * over (KP306). */
    bool engine_known;
    bool without_owners; /* leave the processes alone: owners are then KPS_OWNER_UNKNOWN, hidden
                            nothing */
    bool full_cmdline;   /* leave secrets in command lines (base/secret.h) */
    enum kps_socket_source source; /* KPS_SOURCE_PROC: the fallback, as if there were no netlink */
    /*
     * The namespace of a process instead of ours; its claims are in a PRIVATE namespace of this
     * name. What a process hidden from this user holds there makes no claim, only the note: it may
     * be the very container that asks. A process that ended meanwhile is no fault.
     */
    uint32_t netns_pid;
    struct kps_sv netns_name;
    /* From kps_sys_prefetch with the same options, when it was started beforehand; collecting takes
     * it. */
    struct kps_prefetch *prefetch;
};

/*
 * Starts asking the kernel while the caller waits for something else (sys/prefetch.h). Put the
 * result into the options and collect; the handle lives in the arena.
 */
KPS_RETURNS_NONNULL struct kps_prefetch *kps_sys_prefetch(struct kps_arena *arena,
                                                          const struct kps_sys_options *options);

/* What the collection was like; for notes about the run. */
struct kps_sys_result {
    int error; /* errno when nothing could be read at all: no claim was made. 0: see the rest */
    bool used_netlink, used_proc;
    uint32_t sockets; /* rows that were looked at */
    uint32_t
        gone; /* of them, closed while their owner was looked for: they are not in the ledger */
    uint32_t hidden;       /* sockets whose process is hidden by permissions */
    bool processes_hidden; /* /proc does not list other users' processes (hidepid) */
    struct kps_kernel kernel;
    struct kps_local_addrs addresses; /* unknown unless options->addresses */
    kps_claim_id first_claim; /* the claims made are first_claim … first_claim + n_claims - 1 */
    uint32_t n_claims;
    const struct kps_socket
        *claim_sockets; /* n_claims: the socket that each claim is of; of several, one */
};

/*
 * Collects. Sources that fail midway, or never come to rest, make KP907 and set the ledger's
 * diag->incomplete; owners that are hidden from this user make a KP907 note and leave it as it is:
 * that the ports are held is known.
 */
struct kps_sys_result kps_sys_collect(struct kps_ledger *ledger,
                                      const struct kps_sys_options *options);

/* The socket behind a claim of this collection; NULL for another claim. */
const struct kps_socket *kps_sys_socket_of(const struct kps_sys_result *result, kps_claim_id claim);

#endif
