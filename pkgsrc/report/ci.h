#ifndef KPS_REPORT_CI_H
#define KPS_REPORT_CI_H

#include "report/report.h"

/* The common parts of the formats for CI systems. */

/* Findings in the order for systems with limits: errors first, each by place. */
struct kps_ci_findings {
    const struct kps_finding **v;
    size_t n;
};

/* With or without suppressed findings. */
struct kps_ci_findings kps_ci_sorted(struct kps_arena *arena, const struct kps_report *report,
                                     bool with_suppressed);

/* Return: by claim id the number, from 1, of the first of the findings that is no note and names
 * the claim as a party; 0: none. In the arena. */
const uint32_t *kps_ci_clashes(struct kps_arena *arena, const struct kps_report *report,
                               const struct kps_ci_findings *findings);

/*
 * Return: a file's path as the systems know files: relative to the root of the repository, or to
 * the working directory without a repository. A file outside is absolute. Raw.
 */
struct kps_sv kps_ci_path(struct kps_arena *arena, const struct kps_report *report,
                          struct kps_sv path);

/*
 * The same of a file of the report; of 0, for a finding outside of files, the first input, "." when
 * there is none.
 */
struct kps_sv kps_ci_path_of(struct kps_arena *arena, const struct kps_report *report,
                             kps_file_id file);

/* The message with the other parties, as `-o short` prints it: "… ('admin' here, 'web' at
 * compose.yaml:5:10)". */
struct kps_sv kps_ci_sentence(struct kps_arena *arena, const struct kps_report *report,
                              const struct kps_finding *finding);

/* "KP101 compose-host-port-clash" */
struct kps_sv kps_ci_rule(struct kps_arena *arena, const struct kps_finding *finding);

/* The fingerprint as 16 hex digits. */
struct kps_sv kps_ci_fingerprint(struct kps_arena *arena, const struct kps_finding *finding);

#endif
