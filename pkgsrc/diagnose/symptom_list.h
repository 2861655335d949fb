#ifndef KPS_DIAGNOSE_SYMPTOM_LIST_H
#define KPS_DIAGNOSE_SYMPTOM_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "diagnose/symptom.h"

/*
 * The symptoms of a log. A failure is a single symptom, in however many lines of the log: the same
 * port again is a repeat, another address of the port joins the list, an error without a port takes
 * the port of the lines nearby ("Is another postmaster already running on port 5432?"), and an
 * error without a port next to an error with a port is an echo.
 */
enum { KPS_SYMPTOM_LIST_MAX = 64 /* distinct ones; a person reads no more */ };

struct kps_symptom_list {
    struct kps_arena *arena;         /* of the symptoms' texts */
    KPS_VEC(struct kps_symptom) all; /* in the order of the text */
    uint32_t n_settled; /* earlier symptoms do not change any more, but for addrs and repeats */
    bool overflowed;    /* there were more than KPS_SYMPTOM_LIST_MAX */
    /* places of lines without a failure, and a failure without a place; line == 0: there is none */
    struct kps_symptom hint, start, pending;
};

/* Add a failure, or its facts to the symptom of the same failure. */
void kps_symptom_list_add(struct kps_symptom_list *list, const struct kps_symptom *symptom);

/* Complete the failure near by that lacks a place, now or in a later line. */
void kps_symptom_list_add_hint(struct kps_symptom_list *list, const struct kps_symptom *hint);

/* Keep the place of "listening on http://…" for a failure without a place directly below. */
void kps_symptom_list_add_start(struct kps_symptom_list *list, const struct kps_symptom *start);

/* Keep "permission denied" or "address not available" of a bind without a place: it counts if a
 * hint near by names the port. */
void kps_symptom_list_add_pending(struct kps_symptom_list *list, const struct kps_symptom *pending);

/* Give a failure above, without a reason so far, the reason of `symptom`. Return: is there one? */
bool kps_symptom_list_explain(struct kps_symptom_list *list, const struct kps_symptom *symptom);

/* Drop a failure above, without a reason so far: `reason` tells that it is about no port. */
void kps_symptom_list_drop_guess(struct kps_symptom_list *list, const struct kps_symptom *reason);

/* Settle every symptom. */
void kps_symptom_list_settle(struct kps_symptom_list *list);

#endif
