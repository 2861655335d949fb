#ifndef KPS_DIAGNOSE_LINE_H
#define KPS_DIAGNOSE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnose/endpoint.h"
#include "diagnose/phrase.h"
#include "diagnose/prefix.h"
#include "diagnose/protocol_word.h"

/*
 * One line of a log: its phrases, its places, and the place of each phrase. The phrases (phrase.h)
 * show a message about a port; most lines have none and are done. The places (endpoint.h) are read
 * without regard to the phrases. Then each phrase takes the nearest place, before or behind,
 * without another phrase between.
 */

/* A reason or message of a line: a phrase, or several wordings of the same reason. */
struct kps_passage {
    const struct kps_phrase *phrase;
    size_t from, to;
};

/* The parts of a line. Too large to be cleared for each line: only the first entries count. */
struct kps_line_lists {
    struct kps_phrase_hit hits[KPS_PHRASES_A_LINE];
    struct kps_endpoint places[KPS_ENDPOINTS_A_LINE];
    struct kps_passage passages[KPS_PHRASES_A_LINE];
};

struct kps_line {
    struct kps_sv text, small;
    uint32_t number, message;
    size_t off;  /* of the text in the whole */
    size_t seam; /* of two lines: the end of the first; 0: it is one */
    struct kps_prefix prefix;
    struct kps_phrase_hit *hits; /* these three are in the lists of the scan */
    size_t n_hits;
    struct kps_endpoint *places;
    size_t n_places;
    struct kps_passage *passages;
    size_t n_passages;
    unsigned flags;      /* of all its phrases */
    const char *speaker; /* the first that is named */
    const struct kps_phrase *context;
    bool has_reason;
    bool has_other;   /* the reason is no port's */
    bool has_failure; /* "failed to bind" */
    bool is_told;     /* with `seam`: the reason is known, its place may stand behind the seam */
    bool is_client;
    bool is_dump; /* part of an object dump */
    bool has_move;
    enum kps_symptom_name named; /* the program that requested the ports */
    struct kps_sv name;
    unsigned n_found;
    unsigned n_known; /* the same, with a reason */
};

/* How far behind the hits of a piece of a line their further wordings may begin, in bytes. */
enum { KPS_LINE_JOINED_BYTES = 60 /* "EADDRINUSE: address …" */ };

/* Read the places around the hits; the rest of a long line does not count. */
void kps_line_read_places(struct kps_line *line);

/*
 * Keep the hits in [from, to), and further wordings right behind. Return: the end of the kept hits,
 * where the next piece goes on: at least `to`.
 */
size_t kps_line_drop_hits(struct kps_line *line, size_t from, size_t to);

/*
 * Return: the end of the hits from `from` on that are known in full, with their places: a list that
 * is full has no room for the rest of a crowded piece. `to` when the lists have room, or too few
 * bytes are covered.
 */
size_t kps_line_covered(const struct kps_line *line, size_t from, size_t to);

/*
 * Sum up the hits of the line and make its passages. `is_below_bind`: the line follows a call of
 * bind() in a trace.
 */
void kps_line_survey(struct kps_line *line, bool is_below_bind);

/*
 * Find the place of a passage; *ret is NULL when the text has none. Return: does the passage count?
 */
bool kps_line_choose_place(const struct kps_line *line, size_t number,
                           const struct kps_endpoint **ret);

/*
 * Return: the port directly before a passage that tells none behind it, as in "[0.0.0.0:53] server
 * failed to bind"; NULL if there is none.
 */
const struct kps_endpoint *kps_line_place_before(const struct kps_line *line, size_t number);

/* Find the protocol of a place in the text: the nearest before, else directly behind. */
struct kps_protocol_word kps_line_find_protocol(const struct kps_line *line,
                                                const struct kps_endpoint *place,
                                                const struct kps_passage *passage);

/* Return: does the phrase tell why a call failed? */
bool kps_line_is_reason(enum kps_phrase_meaning meaning);

#endif
