#ifndef KPS_WATCH_WATCH_PORT_H
#define KPS_WATCH_WATCH_PORT_H

#include "query/inquiry.h"

/*
 * The changes between two looks at asked ports, for --watch: the end of a holder, the next holder,
 * the time between and its starter, as a sentence.
 */
enum { KPS_WATCH_ID_BYTES = 64 };

/* The holders of the ports at one moment. */
struct kps_watch_snapshot {
    struct kps_sv who;       /* in words; empty: nobody */
    struct kps_sv identity;  /* differs between two holders of one name */
    struct kps_sv starter;   /* the program that started the holder, where known */
    struct kps_sv unknown;   /* the reason why the question has no answer; empty: answered */
    struct kps_sv container; /* the id of the holder's container; empty: none */
    struct kps_sv policy;    /* its restart policy */
    uint32_t restarts;       /* of the container, by its policy */
    bool is_relay;           /* only helpers like docker-proxy, whose container is not seen */
};

/* Starts with zeros. */
struct kps_watch_port {
    struct kps_arena *kept; /* of `last`; NULL before the first look */
    struct kps_watch_snapshot last;
    char seen_container[KPS_WATCH_ID_BYTES + 1]; /* the last container that held the ports */
    uint32_t seen_restarts;
    unsigned n_deferred;    /* looks in a row that saw only a relay */
    uint64_t free_since_ms; /* the first look that saw no holder */
};

/* Compare a look with the one before. Return: the change in words, in the arena of the inquiry;
 * empty: none. `unknown`: the reason why the question has no answer, escaped; empty: answered.
 */
struct kps_sv kps_watch_port_compare(struct kps_watch_port *w, const struct kps_inquiry *inquiry,
                                     struct kps_sv unknown);
void kps_watch_port_free(struct kps_watch_port *w);

#endif
