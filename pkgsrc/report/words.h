#ifndef KPS_REPORT_WORDS_H
#define KPS_REPORT_WORDS_H

#include "core/port_use.h"
#include "model/ledger.h"

/*
 * Words for ports in use, shared by the answer, the table and the short format. All are escaped, in
 * the arena, and empty for an unknown fact.
 */

/* The node of a port of a live cluster: its name, "every node" of a node port, "(Pending)"; empty
 * for a port of this machine. */
struct kps_sv kps_words_node(struct kps_arena *arena, const struct kps_ledger *ledger,
                             const struct kps_port_use *holding);

/* A single word: "up", "stopped", "listens", "bound", "connection"; empty where the name of the
 * tenant tells the state ("TIME_WAIT of 3 connections"). */
struct kps_sv kps_words_state(struct kps_arena *arena, const struct kps_ledger *ledger,
                              const struct kps_port_use *holding);

/* The time from `then` to `now`, both in seconds since 1970: "5 seconds", "3 hours", "6 days". */
struct kps_sv kps_words_age(struct kps_arena *arena, int64_t then, int64_t now);

#endif
