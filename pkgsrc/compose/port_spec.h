#ifndef KPS_COMPOSE_PORT_SPEC_H
#define KPS_COMPOSE_PORT_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "model/claim.h"
#include "yaml/text.h"

/*
 * A published port as Compose understands it, from the short or the long syntax (spec compose
 * §1.2, §1.3). A pairwise range ("3000-3002:80-82") is a single entry with take = width; a range
 * to a single port ("3000-3005:80") has take 1. A container range alone ("80-82") publishes each
 * of its ports on any free port: first and last are 0, take is the count.
 *
 * Host port 0 means any free port, also inside a range: "0-2:80-82" publishes 80 anywhere and 81,
 * 82 on 1 and 2, and only the latter is kept here; "0-2:80" may get any free port at all.
 */
struct kps_port {
    struct kps_sv host_ip; /* as in Compose's model, brackets stripped; empty = none */
    struct kps_addr
        addr; /* the Engine's address: an unparsable host IP gives EVERY (see bad_host_ip) */
    bool bad_host_ip;     /* host_ip is no IP literal: 2.26 and the Engine publish on every address
                             (spec §1.3) */
    uint16_t first, last; /* host ports; both 0 = any free port */
    uint32_t take;
    uint16_t target_first, target_last;
    enum kps_protocol protocol;
};

/*
 * Places of the parts in the text of the short syntax, for carets and edits; len 0 where a part is
 * not written. The host IP is without its brackets.
 */
struct kps_port_places {
    uint32_t host_ip_off, host_ip_len, published_off, published_len, target_off, target_len;
};

/* The fault of a port, by the program that notices and the time. */
enum kps_port_fault {
    KPS_PORT_OK,
    KPS_PORT_REFUSED, /* Compose refuses the file */
    KPS_PORT_FAILS,   /* Compose accepts the port, the Engine refuses at `up` */
};

struct kps_port_error {
    enum kps_port_fault fault;
    struct kps_sv
        message; /* in our words, with the text found: "host port '65536' is above 65535" */
    struct kps_sv
        allowed; /* the allowed text: "a port from 1 to 65535 or a range like 3000-3005" */
    struct kps_sv up_error; /* the message of Compose or the Engine: "Invalid hostPort: 65536" */
    uint32_t off, len;      /* the offending bytes of the text; len 0 = the whole */
};

/*
 * Parse the short syntax `[[IP:][HOST]:]CONTAINER[/PROTO]` as Compose 2.26 does. Texts in the
 * results live in the arena or are views of `text`. Return: KPS_PORT_OK with *ret and *places
 * filled, else the fault with *error filled (the other is untouched).
 */
enum kps_port_fault kps_port_spec_short(struct kps_arena *arena, struct kps_sv text,
                                        struct kps_port *ret, struct kps_port_places *places,
                                        struct kps_port_error *error);

/*
 * Parse the value of `published` of the long syntax ("", "8080", "8000-8010", "0"); fills first,
 * last and take and leaves the rest of *ret alone. Compose accepts any text here, the Engine
 * refuses nonsense at `up` (KPS_PORT_FAILS).
 */
enum kps_port_fault kps_port_spec_published(struct kps_arena *arena, struct kps_sv text,
                                            struct kps_port *ret, struct kps_port_error *error);

/*
 * Parse an entry of `expose`: "3000", "9000-9002", "53/udp". Return: false (nothing written) for
 * any other text; Compose ignores such entries.
 */
KPS_MUST_USE bool kps_port_spec_expose(struct kps_sv text, uint16_t *ret_first, uint16_t *ret_last,
                                       enum kps_protocol *ret_protocol);

#endif
