#ifndef KPS_DIAGNOSE_SCAN_H
#define KPS_DIAGNOSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"
#include "diagnose/symptom.h"

struct kps_phrase_index;

/*
 * Finds the port errors in a log, line by line. The text may come in pieces: a stream is scanned as
 * it grows, and each symptom is there as soon as the lines around it are. Time is linear in the
 * text: a line is looked at up to KPS_SCAN_LINE_BYTES, the steps spent on one line are bounded, and
 * so is the number of symptoms that are kept.
 */
enum {
    KPS_SCAN_LINE_BYTES =
        8 * 1024, /* of a longer line the rest is not looked at; Go's stack dumps have such lines */
    KPS_SCAN_SYMPTOMS = 64, /* distinct ones; a person reads no more */
};

/* Fields of an object dump, as Node.js prints and logs its errors: { code: 'EADDRINUSE', …, port:
 * 3000 }. */
struct kps_scan_dump {
    uint32_t line; /* of its last field; 0: none is open */
    enum kps_symptom_kind kind;
    bool has_code, is_client; /* the error is one of ours; the call was connect() */
    struct kps_symptom symptom;
};

/* Start it with kps_scan_begin, end it with kps_scan_free. */
struct kps_scan {
    struct kps_arena *arena;              /* of the symptoms' texts */
    KPS_VEC(struct kps_symptom) symptoms; /* in the order of the text */
    uint32_t n_settled; /* those before do not change any more, but for addrs and repeats */
    size_t done;        /* bytes of the text that were scanned */
    uint32_t lines;     /* that were scanned */
    bool overflowed;    /* there were more than KPS_SCAN_SYMPTOMS */
    /* what the lines before left open */
    struct kps_scan_dump dump;
    uint32_t bind_line;      /* the last line of a trace that calls bind(); 0: none */
    struct kps_symptom hint; /* of a line that only names a port; line == 0: there is none */
    size_t searched;         /* bytes of the text in which no further end of a line is */
    const struct kps_phrase_index *phrases;
    char *small; /* the line in small letters */
};

void kps_scan_begin(struct kps_scan *scan, struct kps_arena *arena);
void kps_scan_free(struct kps_scan *scan);

/*
 * Scans what is new in `text`, which begins like the text of the call before, up to its last
 * complete line; with `at_end` all of it. After that, and when the stream has been quiet for a
 * while, nothing is left open: every symptom is settled.
 */
void kps_scan_text(struct kps_scan *scan, struct kps_sv text, bool at_end);
void kps_scan_settle(struct kps_scan *scan);

#endif
