#ifndef KPS_WATCH_CHANGES_H
#define KPS_WATCH_CHANGES_H

#include "base/arena.h"
#include "base/buf.h"

/* The last changes of a watch, as lines below the answer. Starts with zeros. */
enum { KPS_CHANGES_SHOWN = 8, KPS_CHANGES_LINE_BYTES = 512 };

struct kps_changes {
    char lines[KPS_CHANGES_SHOWN][KPS_CHANGES_LINE_BYTES]; /* the newest last, in turns */
    size_t n;
};

void kps_changes_add(struct kps_changes *changes, struct kps_sv line);

/* Add the last changes to a text, each cut to so many columns (0: whole). */
void kps_changes_show(const struct kps_changes *changes, struct kps_buf *out, size_t columns);

/* Return: the time of day, "14:03:59", in the arena; empty where it is unknown. */
struct kps_sv kps_changes_clock(struct kps_arena *arena);

#endif
