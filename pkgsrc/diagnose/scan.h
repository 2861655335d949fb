#ifndef KPS_DIAGNOSE_SCAN_H
#define KPS_DIAGNOSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "diagnose/dump.h"
#include "diagnose/symptom_list.h"

struct kps_phrase_index;

/*
 * Find the port errors in a log, line by line. The text may come in pieces: a growing stream is
 * scanned, and each symptom appears with the lines around. Time is linear in the text: a line
 * longer than KPS_SCAN_LINE_BYTES is looked at in overlapping pieces, the steps for a piece are
 * bounded, and so is the number of symptoms.
 */
enum {
    KPS_SCAN_LINE_BYTES = 2 * 1024, /* of a piece; stack dumps and logs in JSON have longer lines */
};

/* Start with kps_scan_begin, end with kps_scan_free. */
struct kps_scan {
    struct kps_arena *arena; /* of the symptoms' texts */
    struct kps_symptom_list found;
    size_t done;    /* scanned bytes of the text */
    uint32_t lines; /* that were scanned */
    /* open facts of the lines before */
    struct kps_scan_dump dump;
    uint32_t messages;     /* 1 and the lines without blank ones and the frames of traces */
    bool is_below_frame;   /* Python: the source of the frame follows */
    uint32_t bind_line;    /* the last line of a trace that calls bind(); 0: none */
    uint32_t bind_message; /* the same, in `messages` */
    struct kps_scan_line {
        size_t off, n; /* of its text; n == 0: there is none */
        bool is_told;  /* its reason is known, and the place may follow behind a comma */
    } wrapped;         /* the line before, if a phrase may go on in the next */
    size_t searched;   /* bytes of the text in which no further end of a line is */
    const struct kps_phrase_index *phrases;
    char *small;                  /* the line in small letters */
    char *joined;                 /* the ends of two lines, as one */
    struct kps_line_lists *lists; /* room for the phrases and places of the line */
};

void kps_scan_begin(struct kps_scan *scan, struct kps_arena *arena);
void kps_scan_free(struct kps_scan *scan);

/*
 * Scan the new part of `text`, which begins like the text of the call before, up to its last
 * complete line; with `at_end` to the end. kps_scan_settle, for a quiet stream, and `at_end` settle
 * every symptom.
 */
void kps_scan_text(struct kps_scan *scan, struct kps_sv text, bool at_end);
void kps_scan_settle(struct kps_scan *scan);

/* Return: whether a whole text has a port error. */
bool kps_scan_has_symptom(struct kps_arena *arena, struct kps_sv text);

#endif
