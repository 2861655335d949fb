#ifndef KPS_DIAG_FINDING_H
#define KPS_DIAG_FINDING_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "diag/files.h"
#include "diag/log.h"
#include "diag/origin.h"
#include "diag/rules.h"

/*
 * Findings, collected in one sink (struct kps_diag) by every stage, sorted once, then rendered.
 * Texts: lower case, no full stop, the user's own words in single quotes ('web'), facts in the
 * message and the notes, advice in the helps. Texts may hold raw words of a file or container:
 * renderers escape.
 */

struct kps_diag;

typedef uint32_t kps_owner_id; /* model/owner.h */
typedef uint32_t kps_claim_id; /* model/claim.h */

enum kps_severity { KPS_NOTE, KPS_WARNING, KPS_ERROR };
enum kps_certainty { KPS_POSSIBLE, KPS_LIKELY, KPS_CERTAIN };
/*
 * The source of an accepted finding: a comment, an annotation or a field beside its subject, or the
 * list of --baseline.
 */
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

/* A place or owner in a finding. parties[0] is the primary: the user would edit this place. */
struct kps_party {
    enum kps_role role;
    kps_owner_id owner;  /* 0: no owner is known (a file error) */
    kps_claim_id claim;  /* 0: no claim is meant */
    kps_origin_id at;    /* 0: no place in a file */
    struct kps_sv label; /* words for the underlined text: "'web' publishes it first" */
};

struct kps_help {
    struct kps_sv text;    /* with a command: its effect, without brackets; else what to do */
    struct kps_sv command; /* to paste; empty = none */
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
    struct kps_diag *diag; /* the sink: its texts and lists live in the arena of the sink */
    enum kps_rule rule; /* KPS_RULE_NONE: of a log alone (--diagnose), some symptoms have no rule */
    enum kps_severity severity;
    enum kps_certainty certainty;
    struct kps_sv message;  /* one sentence for the header */
    struct kps_sv up_error; /* the message of the real tool; empty = unknown or none */
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
 * The context of every stage: the arena of findings and texts, the files, the origin chains, and
 * the one sink of findings. Start with zeros and an arena; end with kps_diag_free.
 */
struct kps_diag {
    struct kps_arena *arena;
    const struct kps_log *log; /* NULL: lines about the run are dropped */
    struct kps_files files;
    struct kps_origins origins;
    KPS_VEC(struct kps_finding *) findings;
    bool incomplete; /* a part was not looked at: the report and the exit code say so */
    /*
     * A port depends on a variable without a value, or lies in a template of a folder: the report
     * is not complete, but the files are as their author wants them, so no exit code follows.
     */
    bool has_unknown;
    struct kps_sv not_compared;  /* words about files that are alternatives, for the summary */
    uint64_t expanded_bytes;     /* from variables of a project, bounded by
                                    KPS_LIMIT_EXPANSION_TOTAL */
    uint64_t merged_pairs;       /* in projects, bounded by KPS_LIMIT_MERGED_PAIRS */
    uint64_t finding_bytes;      /* of all findings, bounded by KPS_LIMIT_FINDING_TOTAL */
    struct kps_finding *surplus; /* the finding in work beyond the bound; NULL: never reached */
    kps_origin_id surplus_at;    /* its place */
};

void kps_diag_free(struct kps_diag *diag);

/* Return: an origin of step HERE at a span, the place of most findings. Of dropped findings it is
 * the first one's place. */
kps_origin_id kps_diag_here(struct kps_diag *diag, struct kps_span span);

/*
 * Add a finding with certainty CERTAIN and a first party at `at` (0: none). Return: the finding,
 * for the caller to complete; its address is valid until kps_diag_free. Messages, notes and words
 * of advice are cut at KPS_LIMIT_FINDING_TEXT bytes, commands never. Beyond
 * KPS_LIMIT_FINDING_TOTAL the finding is dropped, and one KP907 says so.
 */
struct kps_finding *kps_diag_add(struct kps_diag *diag, enum kps_rule rule,
                                 enum kps_severity severity, kps_origin_id at, const char *fmt, ...)
    KPS_PRINTF(5, 6);
/* Add the error that a file cannot be read, at a place (0: none): `why` is strerror's or our own.
 */
struct kps_finding *kps_diag_add_unreadable(struct kps_diag *diag, kps_origin_id at,
                                            struct kps_sv path, const char *why);
/* Add a KP907 finding without a place: a part could not be looked at, so the report is incomplete.
 */
struct kps_finding *kps_diag_add_gap(struct kps_diag *diag, enum kps_severity severity,
                                     const char *fmt, ...) KPS_PRINTF(3, 4);
/* As kps_diag_add, at a span, with an origin of step HERE. */
struct kps_finding *kps_diag_add_here(struct kps_diag *diag, enum kps_rule rule,
                                      enum kps_severity severity, struct kps_span span,
                                      const char *fmt, ...) KPS_PRINTF(5, 6);
struct kps_finding *kps_diag_vadd_here(struct kps_diag *diag, enum kps_rule rule,
                                       enum kps_severity severity, struct kps_span span,
                                       const char *fmt, va_list args) KPS_PRINTF(5, 0);

/* Add a party without a claim, a place and a label. Return: its address, valid until the next. */
struct kps_party *kps_finding_party(struct kps_finding *finding, enum kps_role role,
                                    kps_owner_id owner);
/* Make room for `n` parties in all, so that a long list is not moved as it grows. */
void kps_finding_expect_parties(struct kps_finding *finding, uint32_t n);
void kps_finding_note(struct kps_finding *finding, const char *fmt, ...) KPS_PRINTF(2, 3);
/* Add advice in words alone, or to a command, which must outlive the sink and may be empty. */
void kps_finding_help(struct kps_finding *finding, const char *fmt, ...) KPS_PRINTF(2, 3);
void kps_finding_command(struct kps_finding *finding, struct kps_sv command, const char *fmt, ...)
    KPS_PRINTF(3, 4);
/* Add an advice, unless the finding has its command already, or its words where it has none. */
void kps_finding_add_help(struct kps_finding *finding, const struct kps_help *help);
/* Return: what to type or to edit, then the reason: "docker stop web (stops the container)"; raw.
 */
struct kps_sv kps_finding_help_words(struct kps_arena *arena, const struct kps_help *help);
void kps_finding_fix(struct kps_finding *finding, struct kps_sv title, struct kps_edit edit);

/*
 * Return: can a user accept the finding, by a suppression or a baseline? An input error (KP9xx)
 * cannot be accepted: other findings may be missing because of the error.
 */
bool kps_finding_is_acceptable(const struct kps_finding *finding);

/* Return: the span of the first party's origin; file == 0 when there is none. */
struct kps_span kps_finding_span(const struct kps_diag *diag, const struct kps_finding *finding);

/* Sort the sink by (path, line, column, rule, message); findings without a place come last. Call
 * once, before reports.
 */
void kps_diag_sort(struct kps_diag *diag);

#endif
