#ifndef KPS_REPORT_FRAME_H
#define KPS_REPORT_FRAME_H

#include <stdio.h>

#include "diag/finding.h"
#include "report/style.h"

/*
 * Code frames: the lines of a finding's places, with the words underlined.
 *
 *        --> compose.yaml:12:10
 *         |
 *       5 |       - "8080:80"
 *         |          ---- 'web' publishes it first
 *     ...
 *      12 |       - "127.0.0.1:8080:3000"
 *         |          ^^^^^^^^^^^^^^ 'admin' needs the same port here
 *         |
 *        ::: .env:3:6
 *
 * The file of the primary mark comes first. Tabs are shown as blanks, unsafe characters as escapes,
 * and the underline follows the shown text. Long lines are cut around the marks; the cost is
 * bounded by the width, not by the line.
 */
struct kps_mark {
    struct kps_span span;
    bool primary;
    struct kps_sv label; /* raw; may be empty */
};

enum { KPS_FRAME_MARKS = 8 }; /* most that one frame shows */

struct kps_frame {
    struct kps_arena *scratch; /* for the time of the call */
    struct kps_diag *diag;
    const struct kps_mark *marks; /* in files; marks[0] is what "-->" names */
    size_t n;                     /* 1 .. KPS_FRAME_MARKS */
};

/* Columns left of the bar of a frame's lines: the line numbers, at least 3. */
unsigned kps_frame_gutter(const struct kps_frame *frame);

/* Write the frame; the last line is a source line or its underline. */
void kps_frame_print(const struct kps_frame *frame, const struct kps_style *style, FILE *out);

#endif
