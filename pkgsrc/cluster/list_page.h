#ifndef KPS_CLUSTER_LIST_PAGE_H
#define KPS_CLUSTER_LIST_PAGE_H

#include <stdint.h>

#include "base/json_sieve.h"

/*
 * One page of a Kubernetes list: an answer of the API server (items without kind), or a dump that
 * `kubectl get -o json` wrote. The items are handed out one by one, so that a page needs memory for
 * one item beside its text.
 */

/* The most bytes of one item; the API server itself refuses objects above 3 MiB. */
enum { KPS_LIST_MOST_ITEM = 4 * 1024 * 1024 };

struct kps_list_page {
    struct kps_sv kind;    /* "PodList", "List", "Status" */
    struct kps_sv next;    /* the token of the next page, raw; empty: this is the last one */
    struct kps_sv message; /* of a Status */
    uint32_t n_items;
    struct kps_sv error; /* why the text is no list; empty: it is one */
};

/* `json` is one object without the members that the sieve drops; valid during the call. */
typedef void kps_list_item(void *context, struct kps_sv json);

/*
 * Read a page. Each item keeps the members of `wants` (NULL: all), and begins with `head`
 * ("\"apiVersion\":\"v1\",\"kind\":\"Pod\",") where it has no kind of its own. Items before a fault
 * are handed out. Texts of the result are in `arena`. Return: false with `error` set.
 */
bool kps_list_page_read(struct kps_arena *arena, struct kps_sv json,
                        const struct kps_json_want *wants, struct kps_sv head, kps_list_item *item,
                        void *context, struct kps_list_page *ret);

#endif
