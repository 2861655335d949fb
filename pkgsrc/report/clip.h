#ifndef KPS_REPORT_CLIP_H
#define KPS_REPORT_CLIP_H

#include "base/arena.h"
#include "base/sv.h"

/*
 * Source lines as a terminal may show them: a tab is KPS_TAB_COLUMNS blanks, a control character or
 * an invalid byte is its escape, everything else is itself.
 */
enum { KPS_TAB_COLUMNS = 4 };

/* The part of a line that is shown. */
struct kps_clip {
    size_t from, to; /* bytes of the line */
    bool cut_before,
        cut_after; /* something is left out there: shown as one "…" each, inside the budget */
};

/*
 * Chooses what to show of a line so that the bytes from .. to are seen, in at most `columns`
 * columns: all of it when that fits, else those bytes (their beginning, when even they do not fit)
 * with as much around them as there is room for. Looks at a bounded part of the line only.
 */
struct kps_clip kps_clip_line(struct kps_sv line, size_t from, size_t to, size_t columns);

/* `piece` as it is shown. Safe for a terminal. */
struct kps_sv kps_clip_show(struct kps_arena *arena, struct kps_sv piece);

/* How many columns kps_clip_show(piece) takes; at most `most` (then the rest was not looked at). */
size_t kps_clip_columns(struct kps_sv piece, size_t most);

#endif
