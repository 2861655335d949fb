#ifndef KPS_DOCKER_ENDPOINT_H
#define KPS_DOCKER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/sv.h"
#include "http/http.h"

/*
 * Where the container engine answers, found as `docker` does (spec compose §7.7) and then at the
 * places where other engines put their sockets. Nothing is connected to here: files and the
 * environment are all that is looked at.
 */

struct kps_engine_endpoint {
    struct kps_sv
        url; /* as docker writes it: "unix:///var/run/docker.sock", "tcp://10.0.0.5:2376" */
    struct kps_sv
        found_by; /* "--docker-host", "DOCKER_HOST", "context 'lab'"; empty: a usual place */
    enum kps_transport transport;
    struct kps_sv socket; /* KPS_VIA_UNIX: its path, NUL-terminated */
    struct kps_sv
        base; /* the others: "https://10.0.0.5:2376", NUL-terminated, without a slash at the end */
    struct kps_sv ca, cert, key; /* KPS_VIA_HTTPS: PEM files, NUL-terminated; empty = none */
    bool verify;                 /* KPS_VIA_HTTPS: the server's certificate must be good */
    bool configured;             /* somebody asked for this one */
    bool elsewhere; /* on another machine or in a virtual one: its ports are not this machine's */
    bool
        loopback; /* not KPS_VIA_UNIX: an address of this machine, which may still lead elsewhere */
    bool rootless; /* the engine of a user: its "host" network is not this machine's */
};

struct kps_engine_endpoints {
    const struct kps_engine_endpoint
        *v; /* in the order in which they are to be tried; one when configured */
    size_t n;
    struct kps_sv
        fault; /* why what is configured cannot be used (n is 0 then); empty = nothing wrong */
    struct kps_sv advice; /* what to do instead; may be empty */
    struct kps_sv
        passed; /* what could not be read and was passed over (config.json); mostly empty */
};

/* What the command line says. */
struct kps_engine_endpoint_choice {
    struct kps_sv host;    /* --docker-host; empty = not given */
    struct kps_sv context; /* --context; empty = not given */
    uint32_t uid; /* whose runtime directory is looked into where XDG_RUNTIME_DIR is not set */
};

/*
 * The endpoints to try: --docker-host, --context, DOCKER_HOST, DOCKER_CONTEXT, the current context
 * of docker's config.json; else every socket that is there at a usual place (none: no engine). The
 * context "default" is the same as none.
 */
struct kps_engine_endpoints kps_endpoints_find(struct kps_arena *arena, const struct kps_fs *fs,
                                               const struct kps_env *env,
                                               const struct kps_engine_endpoint_choice *choice);

#endif
