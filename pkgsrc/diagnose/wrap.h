#ifndef KPS_DIAGNOSE_WRAP_H
#define KPS_DIAGNOSE_WRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"

/*
 * A line that was wrapped to the width of a terminal or a page, and the line behind. A blank may
 * have stood where it was cut, or nothing.
 */
enum {
    KPS_WRAP_LEAST = 48,   /* bytes of a line; no shorter one is wrapped */
    KPS_WRAP_TAIL = 1024,  /* the most bytes of the line that are joined with the next */
    KPS_WRAP_HEAD = 512,   /* … and of the next */
    KPS_WRAP_BLANKS = 2,   /* ways to join: with `blanks` 0 and 1 */
    KPS_WRAP_BYTES = 2048, /* room for a joined line */
};

struct kps_wrap {
    struct kps_sv text; /* both, as one line; in the buffer */
    size_t from;        /* the first byte in the line before */
    size_t seam;        /* the bytes of `text` from the line before */
};

/*
 * Join the end of `before`, whose message begins at `start`, with the text of the next line: behind
 * blanks, "> ", and the words that begin both lines. Return: false when the next line does not go
 * on in small letters or with a comma.
 */
bool kps_wrap_join(struct kps_sv before, size_t start, struct kps_sv next, size_t blanks,
                   char buffer[KPS_WRAP_BYTES], struct kps_wrap *ret);

#endif
