#ifndef KPS_DIAGNOSE_MATCH_H
#define KPS_DIAGNOSE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnose/symptom.h"

/*
 * Patterns over one line. Letters match without case, a blank matches any number of blanks, and
 *
 *   %e  an endpoint (kps_endpoint_read)      %p  a port or a range of ports
 *   %h  the same with any host name          %m  a port that was taken instead
 *   %a  an address                           %P  a protocol: tcp, tcp4, tcp6, udp …, unix
 *   %u  the path of a Unix socket            %n  a name: who wanted the port
 *   %R  why it failed (enum kps_reason)      %H  a name: who has it
 *   %*  anything, but no more than KPS_MATCH_GAP bytes of it
 *
 * The cost is bounded by `fuel`, which one line shares among all patterns.
 */
enum { KPS_MATCH_GAP = 200, KPS_MATCH_FUEL = 200 * 1000 };

/* The words of the C library, Go, Windows and others for one errno. */
enum kps_reason {
    KPS_REASON_NONE,
    KPS_REASON_IN_USE,     /* EADDRINUSE */
    KPS_REASON_DENIED,     /* EACCES */
    KPS_REASON_NO_ADDRESS, /* EADDRNOTAVAIL */
    KPS_REASON_FORBIDDEN,  /* WSAEACCES */
};

/* What a pattern caught. */
struct kps_catch {
    enum kps_reason reason;
    enum kps_protocol protocol;
    bool one_family; /* "tcp4", "udp6" */
    bool has_addr;
    struct kps_addr addr;
    uint16_t first, last, moved_to;
    struct kps_sv path, name, holder;
    size_t from, to; /* of the whole match */
    size_t place;    /* where in it the endpoint, port or path begins; `from` when it has none */
};

struct kps_match {
    struct kps_sv line;
    uint32_t fuel;
};

/* Looks for the first place from `from` on where the pattern matches. Return: whether there is one
 * (*ret untouched if not). */
bool kps_match_find(struct kps_match *match, const char *pattern, size_t from,
                    struct kps_catch *ret);

/* The reason that `s` begins with; *ret_n are its bytes. KPS_REASON_NONE: none. */
enum kps_reason kps_reason_read(struct kps_sv s, size_t *ret_n);

#endif
