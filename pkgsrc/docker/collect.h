#ifndef KPS_DOCKER_COLLECT_H
#define KPS_DOCKER_COLLECT_H

#include "docker/engine.h"
#include "model/ledger.h"
#include "model/network.h"

/*
 * Find the engines, ask them, and add their answers to the ledger (docker/claims.h). Read-only:
 * files, the environment, and GET requests.
 */
struct kps_docker_options {
    struct kps_sv host;            /* --docker-host; empty = not given */
    struct kps_sv context;         /* --context; empty = not given */
    uint32_t timeout_ms;           /* for all requests together; 0 = KPS_DOCKER_TIMEOUT_MS */
    uint32_t uid;                  /* of the user, for the usual places of rootless sockets */
    const struct kps_ports *ports; /* containers that publish one of these ports are inspected */
    size_t n_ports;
    const struct kps_sv *speakers; /* see struct kps_engine_question */
    size_t n_speakers;
    bool networks;      /* also report which networks publish nothing */
    bool sockets_known; /* this machine's sockets are collected as well (see kps_engine_question);
                           behind ssh the sockets of the other machine, see `host_tables` */
    bool may_prompt;    /* ssh may ask a person (kps_child_may_ask) */
    /*
     * Files are checked for this engine: its ports go into the namespace of the files
     * (KPS_NETNS_HOST) even when the engine runs elsewhere. The sockets of this machine must then
     * stay out, see `elsewhere`.
     */
    bool for_files;
    uint32_t site; /* of the ledger, which findings then begin with; 0: the run asks one engine */
    struct kps_sv world; /* the name of the HOST namespace of the ports; empty: this machine. Open
                            questions of files are answered where they are of the same site */
};

enum { KPS_DOCKER_TIMEOUT_MS = 5000 };

struct kps_docker_result {
    enum kps_engine_status status;
    struct kps_sv endpoint; /* "unix:///var/run/docker.sock"; empty when there is none */
    struct kps_sv found_by; /* "DOCKER_HOST", "context 'lab'"; empty: a usual place */
    struct kps_sv version, api_version; /* empty unless OK */
    struct kps_sv words;   /* unless OK: one clause, also for ABSENT, which is no finding */
    struct kps_sv why;     /* unless OK: the reason alone, to follow "cannot ask: " */
    uint32_t site;         /* as in the options */
    uint32_t same_as;      /* without a world: the site of an engine before, which is this one by
                              another name; else 0. The answer is entered once */
    struct kps_sv library; /* the version of libcurl that asked; empty: none did */
    bool podman;
    uint32_t pid;                        /* see struct kps_engine_answer */
    struct kps_engine_settings settings; /* only with for_files, as far as they can be read */
    bool is_manager;                     /* of a swarm, whose services were listed */
    bool rootless;   /* the engine of a user, with the rights of that user to bind ports */
    bool elsewhere;  /* not this machine's engine, or would not be: neither its ports nor its pids
                        are ours */
    bool is_invalid; /* the address of the engine is a mistake of the user: nothing was started */
    bool is_remote;  /* behind ssh: the sockets of this machine never count */
    struct kps_sv host;        /* the name of that machine; empty when the address is invalid */
    struct kps_sv login;       /* as arguments of ssh (kps_ssh_login) */
    struct kps_sv host_tables; /* its /proc/net, see struct kps_engine_answer */
    kps_netns_id netns; /* namespace of the published ports; 0 when the engine did not answer */
    const struct kps_network *networks; /* with `networks` of the options: all of the engine */
    size_t n_networks;
    uint32_t n_containers;
    bool has_gaps; /* the engine answered, and some part could not be read: a finding says which */
};

/*
 * Find the engine and add its answer to the ledger. An engine that cannot be asked is a finding
 * KP907 with the remedy, and makes the report incomplete; a machine without an engine is neither.
 * Of several engines at usual places the first that answers counts.
 */
struct kps_docker_result kps_docker_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                            const struct kps_env *env,
                                            const struct kps_docker_options *options);

/*
 * Ask `n` engines at the same time, each with its own time-out, and add the answers in the order of
 * the options; as kps_docker_collect otherwise. Fill ret[0 .. n).
 */
void kps_docker_collect_all(struct kps_ledger *ledger, const struct kps_fs *fs,
                            const struct kps_env *env, const struct kps_docker_options *options,
                            size_t n, struct kps_docker_result *ret);

#endif
