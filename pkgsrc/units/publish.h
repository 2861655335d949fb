#ifndef KPS_UNITS_PUBLISH_H
#define KPS_UNITS_PUBLISH_H

#include "model/claim.h"

/* A published port as text, in the syntax of the command lines of Podman and k3d. */
struct kps_publish {
    struct kps_addr addr; /* KPS_ADDR_ANY4 where the text names none (see kps_publish_parse) */
    uint16_t first, last; /* host ports, inclusive; both 0: any free port */
    uint16_t target_first, target_last;
    uint32_t take; /* how many of the host ports; 0: each */
    enum kps_protocol protocol;
    struct kps_sv error; /* the reason for a refusal; empty: accepted */
};

/*
 * Parse "[[IP:][HOST]:]CONTAINER[/PROTOCOL]" by the rules of `podman run --publish`, as
 * Podman 4.3.1 and 5.4.2 answered (tests/unit/test_units.c has the table): an IPv6 address stands
 * in brackets, a port or range is decimal, ranges of both sides are equally long, the protocol is
 * tcp, udp or sctp in any case. Without an IP, and with 0.0.0.0, Podman binds IPv4 only. Texts are
 * in the arena.
 */
struct kps_publish kps_publish_parse(struct kps_arena *arena, struct kps_sv text);

/*
 * The same by Docker's rules (go-connections nat.ParsePortSpec, as k3d reads its `ports`): without
 * an address both families, an IPv6 address may stand without brackets, host port 0 is any free
 * port, and a range of host ports to one container port takes one of them.
 */
struct kps_publish kps_publish_parse_docker(struct kps_arena *arena, struct kps_sv text);

#endif
