#ifndef KPS_DOCKER_ENGINE_H
#define KPS_DOCKER_ENGINE_H

#include "docker/endpoint.h"
#include "docker/engine_json.h"
#include "docker/engine_settings.h"
#include "model/ledger.h"
#include "model/ports.h"

/* How asking an engine ended; the JSON report's engine.status. */
enum kps_engine_status {
    KPS_ENGINE_OK,
    KPS_ENGINE_ABSENT,      /* there is none */
    KPS_ENGINE_DENIED,      /* this user may not connect */
    KPS_ENGINE_UNREACHABLE, /* no listener, no answer in time, no TLS */
    KPS_ENGINE_BAD,         /* the listener is no engine, or answers nonsense */
};

/* Return the library for engines behind TCP and TLS, see kps_http_library. */
const char *kps_engine_library(void);

/* "ok", "absent", "denied", "unreachable", "bad" */
const char *kps_engine_status_name(enum kps_engine_status status);

struct kps_engine_question {
    uint32_t timeout_ms;           /* for all requests together */
    const struct kps_ports *ports; /* containers that publish one of these are inspected */
    size_t n_ports;
    /*
     * Sockets tell the ports of running containers on the host's network; the exposed ports of
     * their images are then no guess to make.
     */
    bool sockets_known;
    const struct kps_shared_netns
        *shared_netns; /* containers whose network is joined by files are inspected */
    size_t n_shared_netns;
    const struct kps_image_ports_pending *image_ports_pending; /* images to inspect */
    size_t n_image_ports_pending;
    const struct kps_sv *speakers; /* containers of log lines ("web-1"): of each running container
                                      in their networks the processes are listed */
    size_t n_speakers;
    bool networks;           /* list the networks in any case */
    bool settings;           /* find out if the engine runs docker-proxy */
    bool host_tables;        /* behind ssh: read the other machine's sockets too */
    bool may_prompt;         /* behind ssh: a person may answer questions */
    const struct kps_fs *fs; /* to identify the listener on the engine's socket (/proc) */
};

/* All that an engine said. Strings are in the arena; release the lists with kps_engine_answer_free.
 */
struct kps_engine_answer {
    enum kps_engine_status status;
    struct kps_sv words; /* unless OK or ABSENT: one clause, "cannot ask the engine at '…': …" */
    struct kps_sv why;   /* … its end, the reason alone */
    struct kps_sv advice;               /* the remedy; may be empty */
    struct kps_sv version, api_version; /* "20.10.24", "1.41" */
    bool podman;
    uint32_t pid;   /* of the dockerd that answered on a socket of this machine; 0: unknown */
    bool elsewhere; /* the endpoint's, or found out by asking */
    struct kps_engine_settings settings;     /* as far as they can be read */
    struct kps_engine_containers containers; /* sorted by name */
    struct kps_engine_networks
        networks;    /* read only when a stopped container's ports depend on a network */
    bool is_manager; /* of a swarm */
    struct kps_engine_services services; /* of the swarm, when this engine manages one */
    struct kps_engine_containers
        images; /* for each of question->image_ports_pending a container of that image: `exposed` */
    /* With question->host_tables: the texts of /proc/net/{tcp,tcp6,udp,udp6} behind ssh, one after
     * another, raw; also from a machine without an engine. Empty: none came. */
    struct kps_sv host_tables;
    KPS_VEC(struct kps_sv) gaps; /* parts of the answer that could not be read */
};

/*
 * Ask one engine for everything about ports: one request for all containers, one more for each
 * container that is stopped or publishes a port of the filter, its networks, swarm services and
 * images where needed. Paths carry the version 1.45 or the engine's own if older (20.10 has 1.41),
 * none where an engine refuses the version. A known engine gets the requests for its version and
 * its lists at once, the lists without a version.
 */
struct kps_engine_answer kps_engine_ask(struct kps_arena *arena,
                                        const struct kps_engine_endpoint *endpoint,
                                        const struct kps_engine_question *question);
void kps_engine_answer_free(struct kps_engine_answer *answer);

/*
 * Report if the container's network is the joined one; of a Compose service's replicas the first
 * counts.
 */
bool kps_engine_shares_netns(const struct kps_engine_container *container,
                             const struct kps_shared_netns *shared_netns);

/*
 * Report if the name is the container's, or the prefix that Docker Compose gives the lines of the
 * service's replica: "web-1", "web_1".
 */
bool kps_engine_is_called(const struct kps_engine_container *container, struct kps_sv name);

#endif
