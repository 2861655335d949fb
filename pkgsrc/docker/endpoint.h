#ifndef KPS_DOCKER_ENDPOINT_H
#define KPS_DOCKER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/sv.h"
#include "docker/ssh.h"
#include "http/http.h"

/*
 * Find the container engine as `docker` does (spec compose §7.7), then at the usual places of
 * other engines' sockets. Only files and the environment are read; no connection is made.
 */

struct kps_engine_endpoint {
    struct kps_sv url; /* docker's spelling: "unix:///var/run/docker.sock", "tcp://10.0.0.5:2376" */
    struct kps_sv
        found_by; /* "--docker-host", "DOCKER_HOST", "context 'lab'"; empty: a usual place */
    enum kps_transport transport;
    struct kps_sv socket;       /* KPS_VIA_UNIX: its path, NUL-terminated */
    struct kps_ssh_address ssh; /* KPS_VIA_CHILD */
    struct kps_sv
        base; /* else: "https://10.0.0.5:2376", NUL-terminated, without a slash at the end */
    struct kps_sv ca, cert, key; /* KPS_VIA_HTTPS: PEM files, NUL-terminated; empty = none */
    bool verify;                 /* KPS_VIA_HTTPS: the server's certificate must be good */
    bool configured;             /* named by an option, the environment or docker's configuration */
    bool elsewhere; /* on another machine or in a virtual one: its ports are not this machine's */
    bool
        loopback; /* not KPS_VIA_UNIX: an address of this machine, which may still lead elsewhere */
    bool rootless; /* the engine of a user: its "host" network is not this machine's */
};

struct kps_engine_endpoints {
    const struct kps_engine_endpoint *v; /* in the order of trial; a single one when configured */
    size_t n;
    struct kps_sv fault;  /* the reason why the configured endpoint cannot be used (n is 0 then);
                             empty = none */
    struct kps_sv advice; /* the remedy; may be empty */
    bool elsewhere;       /* with a fault: the engine is another machine's all the same */
    bool is_invalid;      /* with a fault: the address is wrong in itself, a mistake of the user */
    struct kps_sv passed; /* an unreadable file that was skipped (config.json); mostly empty */
};

/* The choice on the command line. */
struct kps_engine_endpoint_choice {
    struct kps_sv host;    /* --docker-host; empty = not given */
    struct kps_sv context; /* --context; empty = not given */
    uint32_t uid;          /* owner of the runtime directory where XDG_RUNTIME_DIR is not set */
};

/*
 * The endpoints to try: --docker-host, --context, DOCKER_HOST, DOCKER_CONTEXT, the current context
 * of docker's config.json; else every socket that is there at a usual place (none: no engine). The
 * context "default" is the same as none.
 */
struct kps_engine_endpoints kps_endpoints_find(struct kps_arena *arena, const struct kps_fs *fs,
                                               const struct kps_env *env,
                                               const struct kps_engine_endpoint_choice *choice);

/* The names of docker's contexts. */
struct kps_engine_contexts {
    struct kps_sv *v; /* "default" first, the others sorted */
    size_t n;
    struct kps_sv fault; /* there may be others, and why they are not known; empty: none */
};

struct kps_engine_contexts kps_endpoints_contexts(struct kps_arena *arena, const struct kps_fs *fs,
                                                  const struct kps_env *env);

/* Return: the fault of a name that no context has, with the names there are; empty: none, or some
 * contexts could not be read and may have it. In the arena. */
struct kps_sv kps_endpoints_context_fault(struct kps_arena *arena,
                                          const struct kps_engine_contexts *contexts,
                                          struct kps_sv name);

#endif
