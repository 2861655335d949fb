#ifndef KPS_DIAGNOSE_PHRASE_H
#define KPS_DIAGNOSE_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "diagnose/symptom.h"

/*
 * The words of log lines about ports: reasons, verbs, whole messages, names of programs. Data in
 * phrases.txt; a line is read once, from left to right, and at each place the longest phrase
 * counts.
 *
 * In a phrase letters are small, a blank stands for one or more blanks and '#' for a number. A
 * phrase with a letter or digit at its begin or end is no part of a longer word.
 */
enum kps_phrase_meaning {
    KPS_PHRASE_NAME,        /* only tells which program speaks, or sets flags of the line */
    KPS_PHRASE_IN_USE,      /* EADDRINUSE in the words of a system: enough without a port */
    KPS_PHRASE_DENIED,      /* EACCES: needs a port, and a verb of listening in the line */
    KPS_PHRASE_NO_ADDRESS,  /* EADDRNOTAVAIL: the same */
    KPS_PHRASE_FORBIDDEN,   /* WSAEACCES: enough without a port */
    KPS_PHRASE_PORT,        /* "that port is in use": about a port, which may stand elsewhere */
    KPS_PHRASE_BEHIND,      /* " in use": only directly behind a port or an endpoint */
    KPS_PHRASE_BEHIND_WORD, /* "not available": only behind the word "port" and its number */
    KPS_PHRASE_BEFORE,      /* "already running on": only directly before a place */
    KPS_PHRASE_FAILED,      /* "failed to bind": a port is needed, the reason is not told */
    KPS_PHRASE_HINT,        /* a line that names the port of an error near it */
    KPS_PHRASE_START,       /* "listening on http://…": the place of an error directly below */
    KPS_PHRASE_MESSAGE,     /* a whole message, of the kind beside it */
    KPS_PHRASE_CONTEXT,     /* gives the reasons of its line the kind beside it */
    KPS_PHRASE_CLIENT,      /* the line is about a connection: its places are of the other side */
    KPS_PHRASE_MOVE,        /* "trying": the port used instead follows */
    KPS_PHRASE_OTHER, /* "address family not supported": the reason of a failure, and no port's */
};

enum {
    /* The protocol is open where the text has none: the program serves both. */
    KPS_PHRASE_OPEN = 1U << 0,
    /* "::" of this program leaves IPv4 out. */
    KPS_PHRASE_ONE_FAMILY = 1U << 1,
    /* The container, Service, pod or swarm service is named directly behind the phrase. */
    KPS_PHRASE_NAMES_CONTAINER = 1U << 2,
    KPS_PHRASE_NAMES_SERVICE = 1U << 3,
    KPS_PHRASE_NAMES_POD = 1U << 4,
    KPS_PHRASE_NAMES_HOLDER = 1U << 5,
    /* The unit is named before the phrase: "web.socket: ". */
    KPS_PHRASE_NAMES_UNIT = 1U << 6,
    /* A message of its own also in a line without a reason; a DENIED message without a port. */
    KPS_PHRASE_ALONE = 1U << 7,
    /* Only at the beginning of a message: of the line, or behind ": ". */
    KPS_PHRASE_AT_START = 1U << 8,
    /* UDP unless the text has another protocol (Node.js says "bind" of datagram sockets). */
    KPS_PHRASE_UDP = 1U << 9,
    /* A warning: the program goes on. */
    KPS_PHRASE_WARNS = 1U << 10,
    /* The line speaks of listening. */
    KPS_PHRASE_LISTENS = 1U << 11,
    /* The line speaks of an engine, or of addresses of another kind: "address already in use"
       without a port is then no port error (a container's address, an e-mail address). */
    KPS_PHRASE_ENGINE = 1U << 12,
    /* Only below a line of a trace that calls bind(): elsewhere about files. */
    KPS_PHRASE_BELOW_BIND = 1U << 13,
    /* Only in a line that speaks of listening: a bare error number, "the address is in use". */
    KPS_PHRASE_NEEDS_VERB = 1U << 14,
    /* "Invalid hostPort": the place behind is wrong, not a port to be named. */
    KPS_PHRASE_NO_PLACE = 1U << 15,
    /* The last number of the phrase is the port: "port collision for 22 => 2222". */
    KPS_PHRASE_HAS_PORT = 1U << 16,
    /* Only in a line without another message. */
    KPS_PHRASE_VAGUE = 1U << 18,
    /* Only behind a form of "bind" or "listen". */
    KPS_PHRASE_NEEDS_BIND = 1U << 19,
    /* The text does not know the reason: "check whether the port is in use". */
    KPS_PHRASE_GUESS = 1U << 17,
};

/* Phrases of the same meaning: a row of phrases.txt. */
struct kps_phrase {
    const char *speaker; /* NULL: many write this */
    enum kps_phrase_meaning meaning : 8;
    enum kps_symptom_kind kind : 8; /* MESSAGE, CONTEXT */
    enum kps_rule rule : 16;        /* kind REFUSED: the broken rule; NONE: no rule of kportscan */
    unsigned flags;
};

/* A phrase in a line. */
struct kps_phrase_hit {
    const struct kps_phrase *phrase;
    size_t from, to;
};

/* Phrases of one piece of a line; as many as places (endpoint.h). */
enum { KPS_PHRASES_A_LINE = 256 };

/* The phrases, sorted for the search. In the arena. */
struct kps_phrase_index;
const struct kps_phrase_index *kps_phrase_index_new(struct kps_arena *arena);

/*
 * Find the phrases of a line (in small letters) from left to right. Return: how many, at most
 * KPS_PHRASES_A_LINE; a longer list is cut. The cost is linear in the line.
 */
size_t kps_phrase_find_all(const struct kps_phrase_index *index, struct kps_sv small,
                           struct kps_phrase_hit ret[KPS_PHRASES_A_LINE]);

/*
 * Return: does the line (in small letters) end within a phrase that tells a reason, or within the
 * words before one ("port 80 is already")? The rest may stand in the next line.
 */
bool kps_phrase_is_cut(const struct kps_phrase_index *index, struct kps_sv small);

/* Return: may a phrase of this meaning be cut by the end of a line? */
bool kps_phrase_can_wrap(enum kps_phrase_meaning meaning);

#endif
