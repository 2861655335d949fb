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
 * The entry of this folder: sockets of this machine become owners and BOUND claims in the ledger.
 *
 * Owners. Each process is an owner (KPS_OWNER_PROCESS), key "process:<pid>"; facts: struct
 * kps_process_facts. A docker-proxy stands for
 * "docker-proxy:<proto>/<container-ip>:<container-port>" (the container's own address, as in the
 * Engine's list of networks; an IPv6 address without brackets), a process in a container for
 * "container:<id>" (host network, or a namespace of the options), a helper that keeps published
 * ports open for an engine for "docker-port:<proto>/<host-ip>:<port>": dockerd itself
 * (--userland-proxy=false, ingress ports), rootlesskit, pasta, conmon … Such helpers, and systemd
 * with the sockets of its socket units, have an owner for each port and address, without a key.
 * Sockets without a process: KPS_OWNER_KERNEL when all processes were visible; KPS_OWNER_UNKNOWN
 * when the process is hidden. Their facts give the reason, and in `what` the kind of the socket.
 *
 * Claims. One for each owner, protocol, address and port, in the HOST namespace, CERTAIN for
 * listeners. Connections are left out where a listener has their port and address: the listener
 * holds the same. Where the kernel's report leaves room for doubt (spec sockets A4, A6) a claim is
 *
 * LIKELY: a TCP socket that is bound and does not listen (SO_REUSEADDR on both sides would allow
 * another); a socket on [::] that may take IPv4 too; with KPS_CLAIM_REMNANT, a connection with an
 * ephemeral port: the socket of a client, and clients rarely set SO_REUSEADDR;
 *
 * POSSIBLE, with KPS_CLAIM_REMNANT: another connection, or TIME_WAIT, left by a server: most
 * servers set SO_REUSEADDR.
 *
 * A UDP socket blocks in every state, connected ones (KPS_CLAIM_REMNANT) as well: CERTAIN.
 *
 * A connection that also occupies 0.0.0.0 (KPS_SOCKET_SHADOWS_ANY4) has a second claim, on a
 * KPS_ADDR_ONE4 of zeros: it meets the wildcards and no single address.
 */
struct kps_sys_options {
    const char *root; /* NULL: this machine; else a directory with its proc/, sys/, etc/ */
    const struct kps_port_range *ports; /* none: all */
    size_t n_ports;
    bool no_tcp, no_udp;
    /*
     * Also connections and their remnants, on ports without a listener: a walk over all
     * connections of the machine, about 2 ms. For checks, and for a port given by number.
     */
    bool connections;
    bool addresses; /* also read the addresses of this machine */
    /*
     * Look at SO_REUSEADDR of TCP sockets that are bound and do not listen, and of connections: the
     * engine, which sets the option, gets past such a socket only with it. The claim is then
     * POSSIBLE and no remnant, without the option CERTAIN, and as above where it is hidden.
     */
    bool looks_for_reuse;
    bool shares_udp;     /* the engine sets the option for UDP as well: the same for UDP sockets */
    uint32_t engine_pid; /* of the dockerd that was asked; 0: unknown, or no dockerd */
    /*
     * The engine of this machine listed its containers, so a docker-proxy without a container is
     * left over (KP306).
     */
    bool engine_known;
    bool without_owners; /* skip the processes: owners are then KPS_OWNER_UNKNOWN, hidden nothing */
    bool full_cmdline;   /* leave secrets in command lines (base/secret.h) */
    enum kps_socket_source source; /* KPS_SOURCE_PROC: the fallback, as if there were no netlink */
    /*
     * The namespace of a process instead of ours; its claims are in a PRIVATE namespace of this
     * name. Sockets of hidden processes there make no claim, only the note: the holder may be the
     * container that asks. A process that ended meanwhile is no fault.
     */
    uint32_t netns_pid;
    struct kps_sv netns_name;
    /*
     * Another machine instead of this one, from the texts of its /proc/net (kps_sys_sockets_parse);
     * NULL: this machine. Its processes, settings and addresses stay unknown, and a socket on a
     * port that a container there publishes stands for the container.
     */
    const struct kps_sys_remote *remote;
    /* From kps_sys_prefetch with the same options, if started; collecting consumes it. */
    struct kps_prefetch *prefetch;
};

/*
 * Start asking the kernel while the caller waits for something else (sys/prefetch.h). Put the
 * result into the options and collect; the handle lives in the arena.
 */
KPS_RETURNS_NONNULL struct kps_prefetch *kps_sys_prefetch(struct kps_arena *arena,
                                                          const struct kps_sys_options *options);

/* The course of the collection; for notes about the run. */
struct kps_sys_result {
    int error; /* errno when nothing could be read at all: no claim was made. 0: see the rest */
    bool used_netlink, used_proc;
    bool is_incomplete; /* some sockets may be missing */
    uint32_t sockets;   /* rows of the list */
    uint32_t
        gone; /* of them, closed while their owner was looked for: they are not in the ledger */
    uint32_t hidden;       /* sockets of processes hidden by permissions */
    bool processes_hidden; /* /proc does not list other users' processes (hidepid) */
    struct kps_kernel kernel;
    struct kps_local_addrs addresses; /* unknown unless options->addresses */
    kps_claim_id first_claim; /* the claims made are first_claim … first_claim + n_claims - 1 */
    uint32_t n_claims;
    const struct kps_socket
        *claim_sockets; /* n_claims: the socket of each claim; of several sockets the first */
};

/*
 * Collect. Sources that fail midway, or never come to rest, make KP907 and set the ledger's
 * diag->incomplete, as does a kernel that refuses netlink: bound TCP sockets are then not seen,
 * unless owners are left out as well; owners hidden from this user make a KP907 note and leave the
 * report complete: the ports are known to be held.
 */
struct kps_sys_result kps_sys_collect(struct kps_ledger *ledger,
                                      const struct kps_sys_options *options);

/* The socket behind a claim of this collection; NULL for another claim. */
const struct kps_socket *kps_sys_socket_of(const struct kps_sys_result *result, kps_claim_id claim);

#endif
