#ifndef KPS_REPORT_CLIP_H
#define KPS_REPORT_CLIP_H

#include "base/arena.h"
#include "base/sv.h"

/*
 * Source lines as a terminal may show them: a tab is KPS_TAB_COLUMNS blanks, a control character or
 * an invalid byte is its escape, everything else is itself.
 */
enum { KPS_TAB_COLUMNS = 4 };

/* The shown part of a line. */
struct kps_clip {
    size_t from, to;            /* bytes of the line */
    bool cut_before, cut_after; /* text is left out there: shown as "…", inside the budget */
};

/*
 * Choose the part of a line to show so that the bytes from .. to are seen, in at most `columns`
 * columns: the whole line when there is room, else these bytes (or their beginning) with as much
 * text around as fits. Looks at a bounded part of the line only.
 */
struct kps_clip kps_clip_line(struct kps_sv line, size_t from, size_t to, size_t columns);

/* Return: `piece` as shown, safe for a terminal. */
struct kps_sv kps_clip_show(struct kps_arena *arena, struct kps_sv piece);

/* How many columns kps_clip_show(piece) takes; at most `most` (then the rest was not looked at). */
size_t kps_clip_columns(struct kps_sv piece, size_t most);

#endif
