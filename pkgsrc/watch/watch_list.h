#ifndef KPS_WATCH_WATCH_LIST_H
#define KPS_WATCH_WATCH_LIST_H

#include "base/map.h"
#include "base/vec.h"
#include "report/port_list.h"

/*
 * The changes between two looks at a list of ports, for --watch. A row is known again by its port,
 * protocol, address, owner and context; it has changed when another of its cells has, or when its
 * container was started again.
 */
struct kps_watch_row {
    struct kps_sv key, value, words;
    struct kps_sv since; /* of the container; empty: the engine was not asked */
    char mark;
};

/* Starts with zeros. */
struct kps_watch_list {
    struct kps_arena *kept; /* of the rest; NULL before the first look */
    KPS_VEC(struct kps_watch_row) rows;
    struct kps_map by_key; /* the last of several rows with one key */
};

/* Lines in an arena, such as "+ 3000/tcp  *  shop-web-1  shop/web  up". */
struct kps_watch_lines {
    struct kps_sv *v;
    size_t n;
};

/*
 * Compare the rows with those of the look before, and mark them: '+' new, '*' changed, since the
 * last look that saw a change. Return: a line for each change, those of rows that are gone ('-')
 * first; at the first look a line for each row ('=').
 */
struct kps_watch_lines kps_watch_list_compare(struct kps_watch_list *w, struct kps_arena *arena,
                                              const struct kps_port_list *list);
void kps_watch_list_free(struct kps_watch_list *w);

#endif
