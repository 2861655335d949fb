#ifndef KPS_DIAGNOSE_SYMPTOM_H
#define KPS_DIAGNOSE_SYMPTOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sv.h"
#include "model/addr.h"
#include "model/claim.h"

/*
 * The facts of an error message about a port: of Node.js, the Docker Engine, nginx, a Kubernetes
 * event. Plain data, no judgement: the present use of the port is another question.
 */
enum kps_symptom_kind {
    KPS_SYMPTOM_IN_USE,        /* a program could not bind: EADDRINUSE */
    KPS_SYMPTOM_MOVED,         /* the same, and the program took another port instead */
    KPS_SYMPTOM_ENGINE_IN_USE, /* a container engine could not bind: a process of the host has the
                                  port (compose.md 6.3) */
    KPS_SYMPTOM_ALLOCATED,     /* "port is already allocated": by the engine's own books, to another
                                  container */
    KPS_SYMPTOM_EXHAUSTED,     /* "all ports are allocated": no port of a range is left */
    KPS_SYMPTOM_UNAVAILABLE, /* "Ports are not available": Docker Desktop, the port is taken outside
                                its VM */
    KPS_SYMPTOM_SWARM_INGRESS, /* a swarm service publishes the port already */
    KPS_SYMPTOM_SWARM_NODE,    /* no node is left where a host-mode port is free */
    KPS_SYMPTOM_POD_PENDING,   /* the scheduler found no node where the pod's host ports are free */
    KPS_SYMPTOM_POD_REFUSED,   /* the kubelet refused the pod for the same reason */
    KPS_SYMPTOM_NODE_PORT,     /* another Service has the node port */
    KPS_SYMPTOM_NODE_PORT_RANGE, /* the node port is outside the cluster's range */
    KPS_SYMPTOM_PRIVILEGED,      /* EACCES: ports below 1024 want a privilege */
    KPS_SYMPTOM_FORBIDDEN,       /* Windows reserved the port: in "a way forbidden by its access
                                    permissions" */
    KPS_SYMPTOM_NO_ADDRESS,      /* EADDRNOTAVAIL: not an address of this machine */
    KPS_SYMPTOM_SOCKET_FILE,     /* EADDRINUSE on the path of a Unix socket */
    KPS_SYMPTOM_REFUSED,         /* a port as written is against a rule, and not in use */
};

/* The kind of `name` in a symptom. */
enum kps_symptom_name {
    KPS_SYMPTOM_NAMELESS,
    KPS_SYMPTOM_CONTAINER, /* by the engine or the prefix of `docker compose logs`:
                              "shop-web-1", "web-1" */
    KPS_SYMPTOM_POD,       /* "shop/web-7d9", or without the namespace where the text has none */
    KPS_SYMPTOM_SERVICE,   /* of Kubernetes */
    KPS_SYMPTOM_UNIT,      /* of systemd: "ssh.socket" */
};

enum { KPS_SYMPTOM_ADDRS = 4 };

struct kps_symptom {
    enum kps_symptom_kind kind;
    enum kps_rule rule;  /* REFUSED: the broken rule; NONE: no rule of kportscan */
    bool is_warning;     /* REFUSED: the program goes on */
    bool is_of_engine;   /* the container engine speaks, whose ports are those of the machine */
    bool is_guess;       /* the text has a failed port, and no reason */
    bool is_unexplained; /* UNAVAILABLE: the reason may stand in a later line */
    enum kps_protocol protocol; /* NONE: the text does not say, and the program could mean either */
    uint16_t first, last;       /* inclusive; 0: the text does not say which port */
    struct kps_addr addrs[KPS_SYMPTOM_ADDRS];
    uint32_t n_addrs;   /* 0: the text does not say */
    struct kps_sv path; /* SOCKET_FILE: of the socket; empty: the text does not say */
    const char *
        speaker; /* the program of the message ("nginx"); NULL where many could have written this */
    enum kps_symptom_name named;
    struct kps_sv
        name; /* the program that requested the port, if in the text; raw, to be escaped */
    struct kps_sv holder; /* SWARM_INGRESS: the service with the port */
    uint16_t moved_to;    /* MOVED: the port used instead, if in the text */
    uint32_t line;        /* 1-based */
    uint32_t message;     /* the same, without blank lines and the frames of traces */
    uint32_t off, len;    /* its words in the scanned text */
    uint32_t repeats;     /* how often more the text says the same */
};

/* "in-use", "allocated", "pod-pending" … for reports. */
const char *kps_symptom_kind_name(enum kps_symptom_kind kind);

#endif
