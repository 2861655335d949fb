#ifndef KPS_MODEL_CLAIM_H
#define KPS_MODEL_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/finding.h"
#include "diag/origin.h"
#include "model/addr.h"

/* Transport protocols with ports. Each has a port space of its own: tcp never clashes with udp. */
enum kps_protocol { KPS_PROTO_NONE, KPS_TCP, KPS_UDP, KPS_SCTP };

/* "tcp", "udp", "sctp"; "" for KPS_PROTO_NONE. */
const char *kps_protocol_name(enum kps_protocol protocol);
/* Return the protocol of a name, ASCII case ignored; KPS_PROTO_NONE for any other text. */
enum kps_protocol kps_protocol_of(struct kps_sv name);
/* The same, and TCP for an empty text. */
enum kps_protocol kps_protocol_or_tcp(struct kps_sv name);

typedef uint32_t kps_netns_id;

/* Why a claim is made. Two BOUND claims never clash: the kernel allowed both. */
enum kps_basis {
    KPS_REQUESTED, /* a file asks for it */
    KPS_PENDING,   /* to be bound at a start: of a stopped container; of a process known only by its
                      evidence */
    KPS_BOUND,     /* bound now */
};

/* "wish", "plan", "held" */
const char *kps_basis_name(enum kps_basis basis);

/* Flags of a claim. */
enum {
    /*
     * Concluded from other facts, not written (a host-network service's targets): takes part in the
     * detection and in findings, but is not listed as a claim.
     */
    KPS_CLAIM_DERIVED = 1U << 0,
    /* Written, but void by the network mode: listed as a claim, never part of a clash. */
    KPS_CLAIM_DISCARDED = 1U << 1,
    /*
     * BOUND by a connection or its remnant, with no listener on the port: a bind may fail, by
     * SO_REUSEADDR on both sides, which no list shows (KP307).
     */
    KPS_CLAIM_REMNANT = 1U << 2,
    /*
     * BOUND or PENDING because an engine publishes the port for a container. Where the container
     * stands for an owner whose class is_renewed, a start of the owner makes a new container, and
     * this claim is gone by then.
     */
    KPS_CLAIM_PUBLISHED = 1U << 3,
    /*
     * BOUND by the socket of a helper (docker-proxy) for a published port: a known container makes
     * the claim already.
     */
    KPS_CLAIM_RELAYED = 1U << 4,
    /* Claims of other owners stand for this claim (the pods that run for a controller): listed, and
     * left out where claims are compared. */
    KPS_CLAIM_REPRESENTED = 1U << 5,
    /*
     * The written number is the port of the process itself (a container port, also of a pod on the
     * host's network), or the port of a Service for its clients: a new number needs a change of the
     * process or the clients too.
     */
    KPS_CLAIM_TIED = 1U << 6,
    /* Of an input beside those that the user named: compared in its own namespace, but not listed,
     * not edited, and not held against this machine. */
    KPS_CLAIM_ASIDE = 1U << 7,
};

/*
 * A request for ports or a use of ports: of a single protocol, address and network namespace. Plain
 * data; ids refer to the ledger of the claim.
 */
struct kps_claim {
    kps_netns_id netns;
    kps_owner_id owner;
    kps_origin_id origin; /* 0: see kps_ledger_origin */
    uint32_t
        copies; /* replicas with this claim each; 0 = no replica is started, the claim is idle */
    uint16_t first, last; /* inclusive, 1..65535; both 0 = any free port, which never clashes */
    uint16_t take;        /* how many of first..last are needed: 1 = any port, the width = all */
    uint16_t target_first,
        target_last;   /* the ports inside the container; 0 = unknown or not meant */
    uint8_t protocol;  /* enum kps_protocol */
    uint8_t basis;     /* enum kps_basis */
    uint8_t certainty; /* enum kps_certainty: how surely the claim is made */
    uint8_t flags;     /* KPS_CLAIM_* */
    struct kps_addr addr;
};

/* last - first + 1; 0 for an any-port claim. */
uint32_t kps_claim_width(const struct kps_claim *claim);
/* Return whether the claim can clash at all: it has a port and copies, and is not discarded. */
bool kps_claim_is_live(const struct kps_claim *claim);

#endif
