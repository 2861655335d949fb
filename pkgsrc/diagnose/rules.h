#ifndef KPS_DIAGNOSE_RULES_H
#define KPS_DIAGNOSE_RULES_H

#include "diagnose/symptom.h"

/* What a message looks like, and what it then says. Data; diagnose/match.h has the patterns'
 * language. */

enum {
    /* "::" of this program takes IPv4 too, unless the protocol is written with a family ("tcp6").
     */
    KPS_SCAN_DUAL = 1U << 0,
    /* No error by itself: the port or address of the error in the lines beside it. */
    KPS_SCAN_HINT = 1U << 1,
    /* Many lines mean something else by this; it counts only where the pattern caught a port or a
       path. */
    KPS_SCAN_NEEDS_PORT = 1U << 2,
    /* The protocol is not known: the program could mean either. */
    KPS_SCAN_ANY_PROTOCOL = 1U << 3,
    /* A client's, or a relay's on its way out: a line that is left alone. */
    KPS_SCAN_NOTHING = 1U << 4,
    /* UDP, where the text says nothing else: Node.js says "bind" of a datagram socket and "listen"
       of a server. */
    KPS_SCAN_UDP = 1U << 5,
    /* Only below a line of a stack trace that calls bind(): else it may be about files. */
    KPS_SCAN_BELOW_BIND = 1U << 6,
};

struct kps_scan_rule {
    const char *pattern;
    const char *speaker;         /* NULL: many write this */
    enum kps_symptom_kind kind;  /* if the reason that %R catches is EADDRINUSE, or there is none */
    enum kps_symptom_name named; /* what %n is */
    unsigned flags;
};

/* In the order they are tried; the list ends with pattern == NULL. */
extern const struct kps_scan_rule kps_scan_rules[];

#endif
