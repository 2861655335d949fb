#ifndef KPS_SUPPRESS_BASELINE_H
#define KPS_SUPPRESS_BASELINE_H

#include "base/compiler.h"
#include "base/map.h"
#include "suppress/suppress.h"

/*
 * The list of known findings: a JSON file, written by --write-baseline (report/baseline.c) and read
 * by --baseline. A finding is known by its fingerprint, which does not change when lines move;
 * where several findings have the same fingerprint, `count` of them are known.
 *
 *   {"format": "kportscan-baseline", "format_version": 1, "findings": [
 *     {"fingerprint": "v1:6b0f4f2a91c7d8e3", "rule": "KP101", "name": …, "path": …, "message": …,
 * "count": 1}, …
 *
 * Only the fingerprint counts, and `count` (1 where it is missing); the rest is for people.
 */
struct kps_baseline_entry {
    struct kps_sv fingerprint; /* "v1:…" */
    struct kps_sv rule, message;
    uint32_t count; /* findings still to be matched */
    uint32_t total; /* `count` as read */
    uint32_t off, len;
};

struct kps_baseline {
    struct kps_sv path, bytes; /* of the file, as shown */
    struct kps_baseline_entry *entries;
    uint32_t n;
    struct kps_map index; /* fingerprint -> index of its entry */
};

/*
 * Read the file. All data lives in diag->arena. Return: false when malformed; KP902 errors with
 * their places are in the sink.
 */
KPS_MUST_USE bool kps_baseline_read(struct kps_diag *diag, kps_file_id file,
                                    struct kps_baseline *ret);

/* Suppress the listed findings that have no suppression yet. Uses up the counts. */
void kps_baseline_apply(struct kps_diag *diag, struct kps_baseline *baseline);

/*
 * Add a KP906 note for entries with a count above the findings, as far as their rules were
 * `judged`; for many entries a single note with their number.
 */
void kps_baseline_report_stale(struct kps_diag *diag, const struct kps_baseline *baseline,
                               const struct kps_rule_set *judged);

#endif
