#ifndef KPS_MODEL_OWNER_H
#define KPS_MODEL_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "diag/finding.h"
#include "diag/origin.h"
#include "diag/rules.h"

/* The kind of an owner; "kind" in the JSON report (contract/json). */
enum kps_owner_kind {
    KPS_OWNER_UNKNOWN,
    KPS_OWNER_COMPOSE_SERVICE,
    KPS_OWNER_CONTAINER,
    KPS_OWNER_PROCESS,
    KPS_OWNER_SWARM_SERVICE,
    KPS_OWNER_K8S_CONTAINER,
    KPS_OWNER_K8S_WORKLOAD,
    KPS_OWNER_K8S_SERVICE,
    KPS_OWNER_KERNEL,
    KPS_OWNER_QUADLET,     /* a Podman unit: *.container, *.pod, *.kube */
    KPS_OWNER_SOCKET_UNIT, /* systemd */
    KPS_OWNER_KIND_NODE,   /* a container of a kind cluster */
    KPS_OWNER_K3D_NODE,
    KPS_OWNER_PODMAN_POD,
};

/* "unknown", "compose-service", "container", "process", "swarm-service", "k8s-container", … */
const char *kps_owner_kind_name(enum kps_owner_kind kind);

/*
 * A Kubernetes object: the class of every owner of kind KPS_OWNER_K8S_* tells its facts (the JSON
 * report prints them). Empty texts are unknown or do not apply.
 */
struct kps_object_group {
    struct kps_sv api_version, kind, namespace; /* "apps/v1", "Deployment", "shop" */
    struct kps_sv scope; /* which of the run's clusters (a kustomization's folder); empty: files */
};
struct kps_object_controller {
    struct kps_sv kind, name; /* "Deployment", "web" */
};
struct kps_object_facts {
    const struct kps_object_group *group; /* shared by objects; NULL: the owner is no object */
    struct kps_sv name;                   /* of the object: "web" */
    struct kps_sv container; /* of the pod; empty for the workload as a whole and for a Service */
    struct kps_sv port_name;
    const struct kps_object_controller *controller; /* of a live pod; NULL: none */
};

/* The reason for a port without a named process. */
enum kps_hidden {
    KPS_HIDDEN_NOTHING,
    KPS_HIDDEN_PERMISSION, /* a process has the socket, and this user may not see which: root may */
    KPS_HIDDEN_NO_PROCESS, /* every process was looked at and none has the socket: the kernel's own,
                              a connection closed already or not accepted yet, a descriptor under
                              way between processes */
    KPS_HIDDEN_GONE,       /* gone during the look; the JSON report says "no-process" */
};

/* "permission", "no-process"; NULL for KPS_HIDDEN_NOTHING. */
const char *kps_hidden_name(enum kps_hidden hidden);

/* A process above another: the facts for advice. */
struct kps_ancestor {
    uint32_t pid;
    struct kps_sv name;
};

/*
 * The `facts` of every owner of kind KPS_OWNER_PROCESS, KPS_OWNER_KERNEL and KPS_OWNER_UNKNOWN that
 * the sockets of a machine gave (the JSON report prints them). Empty texts and zeros are unknown or
 * do not apply. Texts are the process's own words: raw, to be escaped.
 */
struct kps_process_facts {
    uint32_t pid; /* 0: no process is known, see hidden */
    enum kps_hidden hidden;
    bool is_hidden_from_root; /* KPS_HIDDEN_PERMISSION although root asked */
    bool is_guess; /* the pid was concluded from command lines: its descriptors are hidden */
    bool has_uid;
    bool unit_of_user; /* `systemctl --user` */
    bool is_of_unit; /* systemd started it, or its manager, for the unit: not for a job in there */
    bool is_stopped; /* a signal other than SIGKILL and SIGCONT waits until the process goes on */
    bool ignores_term;  /* SIGTERM has no effect */
    bool is_foreground; /* Ctrl-C in the terminal ends the process, and no other job */
    uint32_t uid;       /* effective; for a socket without a known process the user of the socket */
    struct kps_sv name; /* comm, up to 15 bytes; "docker-proxy" and "dockerd" by any file name */
    struct kps_sv cmdline; /* arguments joined by blanks, cut at 4 KiB */
    struct kps_sv user;
    struct kps_sv unit; /* systemd: "postgresql@16-main.service", "foo.socket", "run-r1.scope" */
    struct kps_sv
        socket_unit; /* systemd's socket unit for the process: "ssh.socket", to be stopped first */
    struct kps_sv container;      /* 64 hex digits, the innermost */
    struct kps_sv manager;        /* the manager that starts the process again: "systemd", "pm2",
                                     "supervisord", "nodemon" … */
    uint32_t manager_pid;         /* 0 for systemd */
    uint32_t manager_uid;         /* of manager_pid */
    struct kps_sv manager_folder; /* its working directory, else its first argument */
    struct kps_sv terminal;       /* "pts/3" */
    struct kps_sv cwd;
    int64_t started;                    /* seconds since 1970 */
    const struct kps_ancestor *parents; /* the nearest first, without pid 1 */
    uint32_t n_parents;
    const uint32_t *sharers; /* pids of other processes with the same socket; not always all … */
    uint32_t n_sharers;
    bool is_master; /* … and each was started by the process, or by one of them */
    /* docker-proxy: the dockerd that started it, when the engine that was asked is another one */
    uint32_t engine_pid;
    struct kps_sv
        engine_socket;   /* its address, "unix:///run/snap.docker/docker.sock"; empty: unknown */
    struct kps_sv what;  /* a socket without a process, in words: "TIME_WAIT of 3 connections" */
    struct kps_sv login; /* of another machine: the arguments of ssh that lead there */
    uint32_t frees_in_s; /* … and in how many seconds the port is free */
};

/*
 * The `facts` of every owner of kind KPS_OWNER_CONTAINER (the JSON report prints them). Empty texts
 * are unknown or do not apply; an engine reports the restart policy, `since` and `pid` only for
 * inspected containers. Texts are raw, to be escaped.
 */
struct kps_container_facts {
    struct kps_sv id;             /* 64 hex digits */
    struct kps_sv image;          /* as started: "nginx:1.25" */
    struct kps_sv state;          /* "running", "paused", "restarting", "created", "exited", … */
    struct kps_sv status;         /* the engine's words: "Up 2 hours (healthy)" */
    struct kps_sv restart_policy; /* "no", "always", "unless-stopped", "on-failure" */
    uint32_t restart_count;       /* restarts by the policy since the last start by hand */
    struct kps_sv start_error;  /* not up: the engine's words about the last start, which failed */
    struct kps_sv processes;    /* "node server.js (pid 812), …"; mostly not asked for */
    struct kps_sv health;       /* "healthy", "unhealthy", "starting"; empty: no check */
    struct kps_sv since;        /* RFC 3339: the time of the start, or of the last end */
    struct kps_sv network_mode; /* "bridge", "host", "none", "container:<id>", a network's name */
    struct kps_sv
        cli; /* how its engine is addressed in commands: "docker -H unix:///…"; empty: "docker" */
    uint32_t pid; /* of its first process, as the engine counts them; 0 = none or unknown */
    /* Docker Compose's labels */
    struct kps_sv compose_project, compose_service, compose_working_dir, compose_config_files;
    uint32_t compose_number; /* which replica, from 1 */
    bool compose_oneoff;     /* made by `docker compose run`: not touched by `up` */
    bool is_task;            /* of a swarm: the swarm starts and ends the container … */
    bool is_manager;         /* … and its engine, a manager, listed the services */
};

/* The `facts` of every owner of kind KPS_OWNER_SWARM_SERVICE. */
struct kps_swarm_facts {
    struct kps_sv cli; /* as of a container */
};

struct kps_arena;
struct kps_ledger;
struct kps_conflict;
struct kps_claim;
struct kps_meeting;
struct kps_owner;

/* The places in files of the port of a claim, for an edit. */
enum { KPS_WRITTEN_MOST = 4 };
struct kps_source_span {
    struct kps_span
        ports[KPS_WRITTEN_MOST]; /* each has to change; the bytes may be more than the number */
    uint32_t n_ports;
    /*
     * Places of other values that must not change: the source of the port inside the container, or
     * a port that Compose skipped because this claim covers it.
     */
    struct kps_span kept[KPS_WRITTEN_MOST + 1];
    uint32_t n_kept;
    /* Places of values that the text at `ports` refers to: a change there changes the port. */
    struct kps_span followed[KPS_WRITTEN_MOST];
    uint32_t n_followed;
};

/*
 * How claims in namespaces of kind NODE are compared. Each claim is made at some place (a node)
 * that is chosen later, so only the adapter knows which claims can be made at one place.
 */
struct kps_place_rules {
    /* Return whether two claims on one port can be at one place, and why. The claims are of two
     * tenants, or one and the same: then two copies of the claim are meant. */
    struct kps_meeting (*meet)(const struct kps_ledger *ledger, kps_claim_id a, kps_claim_id b);
    /* Return a text which is equal for claims of which `meet` says the same, as far as the details
     * matter. */
    struct kps_sv (*likeness)(const struct kps_ledger *ledger, kps_claim_id claim, uint32_t details,
                              struct kps_arena *arena);
    /* Return the details of other claims, as bits of the class, on which `meet` of this claim
     * depends; likeness gets those of the whole group. */
    uint32_t (*details)(const struct kps_ledger *ledger, kps_claim_id claim);
    /* Return the i-th property of a place that the claim demands; .p == NULL: there is none. */
    struct kps_sv (*property)(const struct kps_ledger *ledger, kps_claim_id claim, uint32_t i);
    /* Return the one value that every place of the claim has for a property; empty: none. Claims
     * that demand different values never meet. */
    struct kps_sv (*demand)(const struct kps_ledger *ledger, kps_claim_id claim,
                            struct kps_sv property);
    struct kps_sv usual_property; /* to tell claims apart by when none has a property */
    /* Return whether each copy certainly needs a place of its own. */
    bool (*needs_place)(const struct kps_ledger *ledger, kps_claim_id claim);
};

/*
 * The rules and words of an adapter for its owners, so that the core needs to know no adapter.
 * Const, a single object for each kind of owner.
 */
struct kps_owner_class {
    const char *noun; /* "service", "container", "pod" */
    /* The rule for each way a request of such an owner can clash; KPS_RULE_NONE: cannot. */
    enum kps_rule between_owners; /* with another owner of the same group */
    enum kps_rule between_groups; /* with an owner of another group */
    enum kps_rule within;         /* with itself: two claims of an owner */
    enum kps_rule among_copies;   /* its replicas with each other */
    enum kps_rule over_pool;      /* a range may run out of ports */
    enum kps_rule in_namespace;   /* inside a private network namespace */
    bool judges_namespace;        /* the adapter itself compares claims inside a private namespace:
                                     which containers run together is not a matter of ports */
    enum kps_rule with_listener;  /* with a claim that is only concluded (KPS_CLAIM_DERIVED) */
    enum kps_rule at_one_place;   /* in a namespace of kind NODE */
    const struct kps_place_rules *places; /* NULL: claims in namespaces of kind NODE never meet */
    /*
     * The owner requests ports in a file, and a start makes it again as the file says
     * (KPS_CLAIM_PUBLISHED).
     */
    bool is_renewed;
    /*
     * An owner that exists on this machine, independent of the files: the rule for a request that
     * meets its ports. `when_held` is KPS_RULE_NONE for an owner that asks.
     */
    enum kps_rule when_held;    /* bound now */
    enum kps_rule when_planned; /* bound at its start */
    enum kps_rule when_remnant; /* KPS_CLAIM_REMNANT */
    enum kps_rule when_alone;   /* bound now, and the tenant does not exist */
    bool is_unsure_alone; /* … because no engine could be asked: the tenant may even be an owner
                             that asks */
    /* Return an origin for a claim that was entered without one (kps_ledger_origin). NULL: the
     * claims of this class have theirs, or no file has them. */
    kps_origin_id (*locate)(const struct kps_ledger *ledger, kps_claim_id claim);
    /* Return the name or (`is_group`) the group of an owner; NULL: the ties have them. */
    struct kps_sv (*called)(const struct kps_owner *owner, bool is_group);
    /* Fill in the object of an owner; NULL: owners of this class are no Kubernetes objects. */
    void (*object)(const struct kps_owner *owner, struct kps_object_facts *ret);
    /* Return the name of the owner's own private namespace; NULL: such owners have none. */
    struct kps_sv (*own_netns)(const struct kps_owner *owner);
    /* Completes a finding: message, labels of the parties, notes, help. The finding has rule,
     * severity, certainty, port and parties already. */
    void (*describe)(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                     struct kps_finding *finding);
    /*
     * Fill *ret with the places of the port of a REQUESTED claim, which has its origin. Return:
     * empty, or why the port cannot be changed there ("'web' has its port from the environment").
     * NULL where no file holds the ports of such owners.
     */
    struct kps_sv (*written)(const struct kps_ledger *ledger, const struct kps_claim *claim,
                             struct kps_source_span *ret);
    /* Return: is `first` always started before `second`? NULL when the order is never known. */
    bool (*starts_before)(const struct kps_ledger *ledger, kps_owner_id first, kps_owner_id second);
};

/*
 * The names of an owner and its ties to others, apart from the owner: the objects of a cluster have
 * none, and are called by their class. Texts and lists must outlive the ledger.
 */
struct kps_owner_ties {
    struct kps_sv name, group;    /* of a class without `called`; set by the ledger */
    struct kps_sv key;            /* "compose:shop/web"; empty = no owner refers to this one */
    struct kps_sv stands_for;     /* empty = itself */
    const struct kps_sv *aliases; /* other keys it answers to */
    uint32_t n_aliases;
    /* A file of the owner's group, to tell groups of the same name apart; 0: no need. */
    uint32_t group_file;
    bool is_group_a_folder; /* the group has its name from its folder: elsewhere the name differs */
};

/*
 * The owner of a claim. A tenant may show up several times (a Compose service, its container, its
 * docker-proxy): `key` is the name of an owner, `stands_for` the key of its tenant, and
 * kps_ledger_link follows them to the tenant. The same tenant never clashes with itself, except
 * among its own copies.
 *
 * Keys that adapters agree on (an address is written as kps_addr_format does, IPv6 without
 * brackets), and who stands for their owners:
 * - compose:<project>/<service>: a Compose service; its containers, but for those of `run`.
 * - container:<64 hex digits>: a container; the processes inside.
 * - docker-proxy:<proto>/<address>:<port>: a port inside a container at its own address;
 *   docker-proxy.
 * - docker-port:<proto>/<address>:<port>: a port as a container publishes it, without an address
 *   at both "0.0.0.0" and "::"; the process that has its socket where there is no docker-proxy
 *   (dockerd, rootlesskit).
 * - swarm:<service id>: a swarm service; its tasks' containers.
 * - unit:<name>: a systemd unit that a file describes; its processes, and its containers that
 *   Podman runs.
 */
struct kps_owner {
    const struct kps_owner_class *cls;
    const void *facts;                 /* for the class: further facts of the adapter */
    const struct kps_owner_ties *ties; /* never NULL */
    enum kps_owner_kind kind;
    uint32_t site; /* of the ledger: the engine or machine it belongs to; 0: the run has one */
    kps_owner_id tenant;  /* the root of the chain: itself, until the adapter or kps_ledger_link
                             knows better */
    kps_origin_id origin; /* the place of its definition; 0 = not in a file */
};

/* An owner to be added to a ledger, which keeps a copy of the ties. */
struct kps_new_owner {
    const struct kps_owner_class *cls;
    const void *facts;
    const struct kps_owner_ties *ties; /* NULL: none */
    struct kps_sv name, group;         /* of a class without `called` */
    enum kps_owner_kind kind;
    uint32_t site;
    kps_origin_id origin;
};

/* Return the name of the owner: "web". */
struct kps_sv kps_owner_name(const struct kps_owner *owner);
/* Return its Compose project, Kubernetes namespace or other group; empty = none. */
struct kps_sv kps_owner_group(const struct kps_owner *owner);

/* The facts of a container; NULL for any other owner. */
const struct kps_container_facts *kps_container_facts_of(const struct kps_owner *owner);

/* Fill *ret with the facts of a Kubernetes object; .group is NULL for any other owner. */
void kps_object_facts_of(const struct kps_owner *owner, struct kps_object_facts *ret);

/* The facts of a process, or of a socket without a process; NULL for any other owner. */
const struct kps_process_facts *kps_process_facts_of(const struct kps_owner *owner);

#endif
