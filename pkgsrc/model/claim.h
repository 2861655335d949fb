#ifndef KPS_MODEL_CLAIM_H
#define KPS_MODEL_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/finding.h"
#include "diag/origin.h"
#include "model/addr.h"

/* Transport protocols that have ports. Each has a port space of its own: tcp never clashes with
 * udp. */
enum kps_protocol { KPS_PROTO_NONE, KPS_TCP, KPS_UDP, KPS_SCTP };

/* "tcp", "udp", "sctp"; "" for KPS_PROTO_NONE. */
const char *kps_protocol_name(enum kps_protocol protocol);
/* By name, ASCII case ignored. Return: false (*ret untouched) for anything else. */
bool kps_protocol_parse(struct kps_sv name, enum kps_protocol *ret);

typedef uint32_t kps_netns_id;

/* Why a claim is made. Two BOUND claims never clash: the kernel allowed both. */
enum kps_basis {
    KPS_REQUESTED, /* a file asks for it */
    KPS_PENDING, /* something will bind it when it starts: a stopped container; a process seen only
                    by its evidence */
    KPS_BOUND,   /* bound now */
};

/* "wish", "plan", "held" */
const char *kps_basis_name(enum kps_basis basis);

/* Flags of a claim. */
enum {
    /* Concluded from other facts, not asked for in so many words (a host-network service's
     * targets): it takes part in the detection and is named in findings, but is not listed as a
     * claim. */
    KPS_CLAIM_DERIVED = 1U << 0,
    /* Written, but the network mode makes it void: listed as a claim, never part of a clash. */
    KPS_CLAIM_DISCARDED = 1U << 1,
    /* BOUND by a connection or by what is left of one, with no listener on the port: whether it
     * stops a bind depends on SO_REUSEADDR on both sides, which nobody can see (KP307). */
    KPS_CLAIM_REMNANT = 1U << 2,
    /* BOUND or PENDING because an engine publishes it for a container, as the container was made:
     * where the container stands for an owner whose class is_renewed, it is made anew when that
     * starts, and this claim is gone by then. */
    KPS_CLAIM_PUBLISHED = 1U << 3,
    /* BOUND by the socket of a helper (docker-proxy) that keeps a published port open: when its
     * container is known, that makes the claim already. */
    KPS_CLAIM_RELAYED = 1U << 4,
    /* Entered for a finding that names it, by an adapter that judges its claims itself and lets the
     * ledger count them: not listed, not counted again, never part of a clash that the core finds.
     */
    KPS_CLAIM_COUNTED = 1U << 5,
    /* What is written is the port that the process itself listens on (a container port, also of a
     * pod on the host's network), or one that others know a Service by: another number there is of
     * no use unless they are told too. */
    KPS_CLAIM_TIED = 1U << 6,
};

/*
 * One wish or fact to hold ports: of one protocol, at one address, in one network namespace. Plain
 * data; ids refer to the ledger it is in.
 */
struct kps_claim {
    kps_netns_id netns;
    kps_owner_id owner;
    kps_origin_id origin;
    struct kps_addr addr;
    uint16_t first, last; /* inclusive, 1..65535; both 0 = any free port, which never clashes */
    uint32_t take; /* how many of first..last are needed: 1 = pick one, the width = all of them */
    uint16_t target_first,
        target_last;   /* the ports inside the container; 0 = unknown or not meant */
    uint8_t protocol;  /* enum kps_protocol */
    uint8_t basis;     /* enum kps_basis */
    uint8_t certainty; /* enum kps_certainty: how sure it is that the claim is really made */
    uint8_t flags;     /* KPS_CLAIM_* */
    uint32_t
        copies; /* replicas that each make this claim; 0 = none is started, the claim is idle */
};

/* last - first + 1; 0 for an any-port claim. */
uint32_t kps_claim_width(const struct kps_claim *claim);
/* Whether the claim can clash at all: has a port, is not discarded or judged already, has copies.
 */
bool kps_claim_is_live(const struct kps_claim *claim);

#endif
