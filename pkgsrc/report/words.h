#ifndef KPS_REPORT_WORDS_H
#define KPS_REPORT_WORDS_H

#include "core/port_use.h"
#include "model/ledger.h"
#include "report/report.h"

/*
 * Words that several formats share, in the arena. Words for ports in use are escaped, and empty for
 * an unknown fact.
 */

/* The text as it may be printed (kps_utf8_escape). */
const char *kps_words_shown(struct kps_arena *arena, struct kps_sv text);

/* The text with characters replaced, each as `pairs` has it behind the character: "& &amp; < &lt;".
 * NUL-terminated. */
struct kps_sv kps_words_replace(struct kps_arena *arena, struct kps_sv text, const char *pairs);

/* Return: the first `most` characters of a text. */
struct kps_sv kps_words_head(struct kps_sv text, size_t most);

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

/* The owner of a claim with its machine and group, not escaped: "nas: shop / web". */
struct kps_sv kps_words_claimant(struct kps_arena *arena, const struct kps_ledger *ledger,
                                 const struct kps_claim *claim);

/* Return: why one of several engines gave no ports: "there is no engine", "cannot ask: …"; empty:
 * it answered. Not escaped. */
struct kps_sv kps_words_engine(struct kps_arena *arena, const struct kps_report_engine *engine);

/* Return: the label of the real tool's message: "up says", "apply says", "scheduler says". */
const char *kps_words_speaker(const struct kps_finding *finding);

#endif
