#ifndef KPS_DOCKER_ENGINE_JSON_H
#define KPS_DOCKER_ENGINE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/vec.h"
#include "model/claim.h"
#include "model/network.h"

/*
 * Read an engine's JSON into plain structs (spec compose §7). Pure. Engines differ and lie: a
 * member that is missing, null, of another type or out of range counts as absent; texts are kept
 * unchanged, for the renderers to escape. An empty text means absent.
 */

/* An entry of a running container's Ports: a published port on an address. */
struct kps_engine_port {
    struct kps_addr addr;
    uint16_t published, target; /* first ports; never 0 */
    uint16_t width;             /* how many ports in a row, on both sides alike; 1 or more */
    uint8_t protocol;           /* enum kps_protocol */
};

/* An entry of HostConfig.PortBindings: the ports to bind when the container starts. */
struct kps_engine_binding {
    struct kps_addr addr;
    uint16_t first, last; /* the engine picks a port of first..last; both 0 = any */
    uint16_t target;      /* never 0 */
    uint8_t protocol;     /* enum kps_protocol */
    bool unreadable_host; /* HostIp is no address: the engine publishes on every address (spec §1.3)
                           */
};

/* A port declared by the image or `expose`. */
struct kps_engine_exposed {
    uint16_t target;
    uint8_t protocol;
};

struct kps_engine_container {
    struct kps_sv id; /* 64 hexadecimal digits, always */
    struct kps_sv name, image, state, status, network_mode;
    struct kps_sv project, service, working_dir, config_files; /* Compose's labels */
    struct kps_sv swarm_service;                               /* id, from the label */
    struct kps_sv systemd_unit; /* that Podman runs the container for: "web.service" */
    uint32_t number;
    bool oneoff; /* made by `docker compose run` */
    KPS_VEC(struct kps_engine_port) ports;
    KPS_VEC(struct kps_sv) addresses; /* its own, of every network, as text */
    KPS_VEC(struct kps_sv) networks;  /* by name */

    /* From the inspection; unknown before. */
    bool inspected;
    struct kps_sv restart_policy, health,
        since;                 /* since: RFC 3339, time of the last start or end */
    uint32_t restart_count;    /* by its policy, since it was started by hand */
    struct kps_sv start_error; /* of a container that is not up: the engine's words (State.Error) */
    struct kps_sv processes;   /* "node server.js (pid 812), sh (pid 830)"; mostly not asked */
    KPS_VEC(struct kps_engine_binding) bindings;
    KPS_VEC(struct kps_engine_exposed) exposed;
    bool publish_all;
    uint32_t pid; /* of its first process, in the engine's pid namespace; 0 = none */
};

enum { KPS_ENGINE_PROCESSES = 12 }; /* of a container that are listed */

struct kps_engine_containers {
    KPS_VEC(struct kps_engine_container) list;
};

struct kps_engine_networks {
    KPS_VEC(struct kps_network) list;
};

/* A swarm service's published port. */
struct kps_engine_service_port {
    uint16_t published, target; /* published is never 0 */
    uint8_t protocol;
    bool host_mode; /* bound by each task on its node; else by every node (ingress) */
};

struct kps_engine_service {
    struct kps_sv id, name, stack;
    KPS_VEC(struct kps_engine_service_port) ports;
};

struct kps_engine_services {
    KPS_VEC(struct kps_engine_service) list;
};

void kps_engine_containers_free(struct kps_engine_containers *containers);
void kps_engine_networks_free(struct kps_engine_networks *networks);
void kps_engine_services_free(struct kps_engine_services *services);

/*
 * Read an answer and append to the list; strings are in the arena. Return: false for a wrong
 * answer (no JSON, cut off, no list, an item above KPS_LIMIT_ENGINE_ITEM), with *ret_why, words to
 * follow "its list of containers "; items before the fault are kept.
 */
KPS_MUST_USE bool kps_engine_read_containers(struct kps_arena *arena, struct kps_sv json,
                                             struct kps_engine_containers *containers,
                                             struct kps_sv *ret_why);
KPS_MUST_USE bool kps_engine_read_networks(struct kps_arena *arena, struct kps_sv json,
                                           struct kps_engine_networks *networks,
                                           struct kps_sv *ret_why);
KPS_MUST_USE bool kps_engine_read_services(struct kps_arena *arena, struct kps_sv json,
                                           struct kps_engine_services *services,
                                           struct kps_sv *ret_why);

/*
 * Add to the containers their addresses on a network, from its inspection: docker_gwbridge, behind
 * which docker-proxy finds containers of overlay networks, and which no container lists. Return:
 * as above.
 */
KPS_MUST_USE bool kps_engine_read_gateway(struct kps_arena *arena, struct kps_sv json,
                                          struct kps_engine_containers *containers,
                                          struct kps_sv *ret_why);

/* Completes a container by its inspection. Return: false with *ret_why as above; the container is
 * unchanged then. */
KPS_MUST_USE bool kps_engine_read_inspection(struct kps_arena *arena, struct kps_sv json,
                                             struct kps_engine_container *container,
                                             struct kps_sv *ret_why);

/*
 * Read the answer of /containers/ID/top: the command and the pid of each process, at most
 * KPS_ENGINE_PROCESSES. Secrets in commands are masked.
 */
bool kps_engine_read_top(struct kps_arena *arena, struct kps_sv json,
                         struct kps_engine_container *container, struct kps_sv *ret_why);

/*
 * Copy the ports that an image declares to `exposed` of the container, an instance of the image.
 * Return: as above.
 */
KPS_MUST_USE bool kps_engine_read_image(struct kps_arena *arena, struct kps_sv json,
                                        struct kps_engine_container *container,
                                        struct kps_sv *ret_why);

/*
 * Read a text member of an object ("message", "Version", "Name"); empty when absent. In the arena.
 */
struct kps_sv kps_engine_read_text(struct kps_arena *arena, struct kps_sv json, const char *member);

/* "running" or "paused": only then are a container's ports bound, and only then is its Ports to be
 * trusted (§6.5). */
bool kps_engine_is_bound(const struct kps_engine_container *container);

#endif
