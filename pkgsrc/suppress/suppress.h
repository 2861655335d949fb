#ifndef KPS_SUPPRESS_SUPPRESS_H
#define KPS_SUPPRESS_SUPPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/ledger.h"

/*
 * Findings that the user knows and accepts, written at their place:
 *
 *   - "8080:80"  # kportscan: ignore KP101 -- reason
 *
 * - A comment on a line, or on a line of its own above it (other comments may stand between),
 *   covers the line and the lines indented below: an entry of a list, a service.
 * - "# kportscan: ignore-file KP101, KP103 -- reason" anywhere covers the file.
 * - "kportscan.dev/ignore: 'KP203: reason'", an annotation of a Kubernetes object or of its pod
 *   template, covers the object. Several are separated by line breaks, or by ';' where a rule
 *   follows.
 * - "x-kportscan: {ignore: ['KP101: reason', {rule: KP105, reason: …}, {KP107: reason}]}" in a
 *   Compose service covers the service, also its values from other files of the project; at the
 *   top of a file it covers the project of this file.
 *
 * Rules are named as everywhere: KP101, KP1 (all that begin so), compose-host-port-clash. The
 * reason may stand behind " -- " or ':' and may be missing.
 *
 * A finding is suppressed when the parties without an acceptance cannot clash any more. Where a
 * party stands is its place and every place on the way there (an alias, a merge key, `extends`). So
 * a single accepted side of two is enough, but of three services on a port two must be accepted:
 * the rest is reported, with a note. A finding whose other parties only explain is suppressed by
 * any party. KP9xx errors are never suppressed: an input could not be judged.
 */

/* A suppression of a rule (or of rules with the same beginning). */
struct kps_suppress_entry {
    struct kps_sv rule;   /* as written: an id, the beginning of ids, or a name */
    struct kps_sv reason; /* empty: none given */
    enum kps_suppression by;
    struct kps_span at;     /* the rule's word */
    struct kps_span covers; /* bytes of one file */
    bool covers_project;    /* all files of its project */
    /* not empty: also the places of this service in other files of the project */
    struct kps_sv service;
    bool is_used;
};

struct kps_suppress {
    struct kps_diag *diag;
    KPS_VEC(struct kps_suppress_entry) entries;
    uint32_t n_before; /* entries of the files before the present file */
    bool failed;       /* something was malformed: a KP902 error with its place is in the sink */
};

/* More in a file are an error: every finding of the file looks at each entry. */
enum { KPS_SUPPRESS_MOST = 10 * 1000 };

/*
 * Read all suppressions in a file of the sink: annotations in manifests, x-kportscan in Compose
 * files, comments in both.
 */
void kps_suppress_read(struct kps_suppress *suppress, kps_file_id file, bool manifests);

/* The facts of the run. */
struct kps_suppress_run {
    /* By file id: which project the file is a layer of, from 1; 0: none. Files without a number
     * stand alone. */
    const uint32_t *projects;
    /*
     * Rules that this run could find: an entry for a rule of the engine is not unused because no
     * engine was asked.
     */
    const struct kps_rule_set *judged;
    bool skips_unused; /* an input could not be read: unused entries are unknown */
};

/*
 * Suppress the findings in the sink, and add a KP906 note for every entry that met none (apply.c).
 * Call it once, when all findings are made; sort the sink afterwards.
 */
void kps_suppress_apply(struct kps_suppress *suppress, const struct kps_ledger *ledger,
                        const struct kps_suppress_run *run);

void kps_suppress_free(struct kps_suppress *suppress);

#endif
