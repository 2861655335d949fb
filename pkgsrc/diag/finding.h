#ifndef KPS_DIAG_FINDING_H
#define KPS_DIAG_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "diag/files.h"
#include "diag/origin.h"
#include "diag/rules.h"

/*
 * What kportscan says: findings, collected in one sink (struct kps_diag) by every stage, sorted
 * once, then rendered. Texts: lower case, no full stop, the user's own words in single quotes
 * ('web'), facts in the message and the notes, advice in the helps. Texts may hold what a file or
 * container said, raw: renderers escape.
 */

typedef uint32_t kps_owner_id; /* model/owner.h */
typedef uint32_t kps_claim_id; /* model/claim.h */

enum kps_severity { KPS_NOTE, KPS_WARNING, KPS_ERROR };
enum kps_certainty { KPS_POSSIBLE, KPS_LIKELY, KPS_CERTAIN };
/* Who says that a finding is known and accepted: words beside what it is about, or the list that
 * --baseline names. */
enum kps_suppression {
    KPS_SUPPRESSED_BY_COMMENT,    /* "# kportscan: ignore KP101 -- reason" */
    KPS_SUPPRESSED_BY_ANNOTATION, /* kportscan.dev/ignore on a Kubernetes object */
    KPS_SUPPRESSED_BY_EXTENSION,  /* x-kportscan in a Compose file */
    KPS_SUPPRESSED_BY_BASELINE,
};

/* "comment", "annotation", "x-kportscan", "baseline" */
const char *kps_suppression_name(enum kps_suppression suppression);

enum kps_role { KPS_ROLE_PRIMARY, KPS_ROLE_OTHER, KPS_ROLE_HOLDER };

const char *kps_severity_name(enum kps_severity severity);    /* "note", "warning", "error" */
const char *kps_certainty_name(enum kps_certainty certainty); /* "possible", "likely", "certain" */

/* One place or owner that a finding speaks of. parties[0] of a finding is the primary: the one the
 * user would edit. */
struct kps_party {
    enum kps_role role;
    kps_owner_id owner; /* 0: no owner is known (a file error) */
    kps_claim_id claim; /* 0: no claim is meant */
    kps_origin_id at;   /* 0: no place in a file */
    struct kps_sv
        label; /* words for the underlined text: "'web' publishes it first, on every address" */
};

struct kps_help {
    struct kps_sv text;
    struct kps_sv command; /* to paste as it is; empty = none */
};

/* Replaces the bytes of `span` by `text`. */
struct kps_edit {
    struct kps_span span;
    struct kps_sv text;
};

struct kps_fix {
    struct kps_sv title;
    struct kps_edit edit;
};

struct kps_finding {
    enum kps_rule rule;
    enum kps_severity severity;
    enum kps_certainty certainty;
    struct kps_sv message;  /* one sentence for the header */
    struct kps_sv up_error; /* what the real tool prints for it; empty = unknown or nothing */
    uint16_t first, last;   /* the ports in question, inclusive; last == 0: no port is meant */
    uint8_t protocol;       /* enum kps_protocol of model/claim.h */
    uint64_t fingerprint;   /* stable across line moves; filled by core/fingerprint */
    struct kps_sv
        suppressed; /* the reason given, empty when none was; .p == NULL: not suppressed */
    struct kps_span
        suppressed_at; /* if suppressed: where that is written; .file == 0: in no input */
    enum kps_suppression suppressed_by; /* if suppressed */
    struct kps_party *parties;
    struct kps_sv *notes; /* the mechanism, one sentence each */
    struct kps_help *helps;
    struct kps_fix *fixes;
    uint32_t n_parties, n_notes, n_helps, n_fixes;
    uint32_t cap_parties, cap_notes, cap_helps, cap_fixes;
};

/*
 * The context every stage shares: the arena that findings and texts live in, the files that were
 * read, the origin chains, and the one sink of findings. Start it zeroed with an arena; end it with
 * kps_diag_free.
 */
struct kps_diag {
    struct kps_arena *arena;
    struct kps_files files;
    struct kps_origins origins;
    KPS_VEC(struct kps_finding *) findings;
    bool incomplete; /* something that should have been looked at was not: the report says so */
    uint64_t expanded_bytes; /* that variables brought into texts, bounded by
                                KPS_LIMIT_EXPANSION_TOTAL */
};

void kps_diag_free(struct kps_diag *diag);

/* An origin of step HERE at a span: what most findings point at. */
kps_origin_id kps_diag_here(struct kps_diag *diag, struct kps_span span);

/*
 * Adds a finding with certainty CERTAIN and a first party at `at` (0: none). Return: the finding,
 * to be completed by the caller; it stays where it is until kps_diag_free.
 */
struct kps_finding *kps_diag_add(struct kps_diag *diag, enum kps_rule rule,
                                 enum kps_severity severity, kps_origin_id at, const char *fmt, ...)
    KPS_PRINTF(5, 6);

struct kps_party *kps_finding_party(struct kps_diag *diag, struct kps_finding *finding,
                                    struct kps_party party);
void kps_finding_note(struct kps_diag *diag, struct kps_finding *finding, const char *fmt, ...)
    KPS_PRINTF(3, 4);
/* `command` may be empty; it must outlive the sink. */
void kps_finding_help(struct kps_diag *diag, struct kps_finding *finding, struct kps_sv command,
                      const char *fmt, ...) KPS_PRINTF(4, 5);
void kps_finding_fix(struct kps_diag *diag, struct kps_finding *finding, struct kps_sv title,
                     struct kps_edit edit);

/*
 * Whether somebody can accept the finding: suppress it, or have it in a baseline. An error that an
 * input could not be read or judged (KP9xx) cannot be accepted, for it says that other findings may
 * be missing.
 */
bool kps_finding_is_acceptable(const struct kps_finding *finding);

/* Where the finding stands: the span of its first party's origin; file == 0 when it has none. */
struct kps_span kps_finding_span(const struct kps_diag *diag, const struct kps_finding *finding);

/* Sorts the sink by (path, line, column, rule, message); findings without a place come last. Call
 * once, before reports.
 */
void kps_diag_sort(struct kps_diag *diag);

#endif
