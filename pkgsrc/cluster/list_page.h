#ifndef KPS_CLUSTER_LIST_PAGE_H
#define KPS_CLUSTER_LIST_PAGE_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/json_sieve.h"

/*
 * Lists of Kubernetes objects: a page of the API server (items without kind), or a dump of
 * `kubectl get -o json`. Items are handed out one by one, so that a list needs memory for one item
 * beside its text, and the text of a file never is in memory as a whole.
 */

/* The most bytes of one item; the API server itself refuses objects above 3 MiB. */
enum { KPS_LIST_MOST_ITEM = 4 * 1024 * 1024 };

struct kps_list_page {
    struct kps_sv kind;    /* "PodList", "List", "Status" */
    struct kps_sv next;    /* the token of the next page, raw; empty: this is the last one */
    struct kps_sv message; /* of a Status */
    uint32_t n_items;
    struct kps_sv error; /* why the text is no list; empty: a list */
};

/* `json` is an object without the dropped members; valid during the call. */
typedef void kps_list_item(void *context, struct kps_sv json);

/* Return the members of objects of a kind that are kept, as json_sieve.h writes them. */
typedef const char *kps_list_wants(struct kps_sv kind);

/* How lists are read. */
struct kps_list_reader {
    struct kps_arena *arena; /* of the texts of the result */
    kps_list_wants *wants;   /* NULL: every item stays whole */
    /* kind and apiVersion of items that do not say them; empty: those of the list ("PodList") */
    struct kps_sv kind, api_version;
    kps_list_item *item;
    void *context;
};

/*
 * Read a page that is in memory. Items before a fault are handed out. A list has a member `items`
 * (null: none) and a kind that ends in List, or says no kind and has items. Return: false with
 * `error` set; for a Status also `message`.
 */
KPS_MUST_USE bool kps_list_page_read(const struct kps_list_reader *reader, struct kps_sv json,
                                     struct kps_list_page *ret);

/*
 * Read the lists of an open file, one behind the other, from where it stands: a file, or a pipe. A
 * single object counts as a list of one. UTF-16 becomes UTF-8 (a file of up to
 * KPS_LIMIT_FILE_BYTES). Items that come before the kind of their list (sorted members) are handed
 * out in a second pass, which a pipe does not allow. *ret counts all lists together. Return: false
 * with `error` set; errno is in *ret_errno where the file cannot be read, else 0.
 */
KPS_MUST_USE bool kps_list_page_stream(const struct kps_list_reader *reader, int fd,
                                       struct kps_list_page *ret, int *ret_errno);

#endif
