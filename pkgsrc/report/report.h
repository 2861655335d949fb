#ifndef KPS_REPORT_REPORT_H
#define KPS_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/port_use.h"
#include "model/input.h"
#include "model/ledger.h"
#include "model/ports.h"
#include "report/style.h"

/*
 * From a judged ledger to bytes on a stream. A renderer only writes: the stream keeps the errors
 * (ferror, fclose) for the caller. All text of files is escaped on the way out.
 */

/* The container engine of the run. */
struct kps_report_engine {
    struct kps_sv endpoint;             /* "unix:///var/run/docker.sock" */
    struct kps_sv version, api_version; /* empty: it did not say */
    struct kps_sv status;               /* "ok", "denied", "unreachable", "bad" */
    bool elsewhere;                     /* on another machine, or in a virtual one */
    /* Of several: */
    struct kps_sv context; /* its name */
    struct kps_sv machine; /* the machine of the settings; empty: the engine of a context */
    struct kps_sv same_as; /* the name of the same engine before; empty: none */
    struct kps_sv error;   /* the reason without an answer; empty: it answered */
    uint32_t site;         /* of its owners */
    bool is_absent;        /* there is no engine, which is no failure */
};

/* A question about a port, or a range of ports. */
struct kps_question {
    struct kps_sv words; /* as the user wrote it, without a password: "127.0.0.1:3000/tcp" */
    struct kps_ports ports;
    bool is_localhost; /* ports.addr is 127.0.0.1, and ::1 counts as well */
    bool is_range;     /* "3000-3010", also "3000-3000" */
};

/* The questions (mode "ports", "docker", "host") and their answers. */
enum kps_query_scope { KPS_QUERY_ALL, KPS_QUERY_ENGINE, KPS_QUERY_SOCKETS, KPS_QUERY_CLUSTER };
struct kps_query {
    enum kps_query_scope scope;
    const struct kps_question *questions; /* none: everything is listed */
    size_t n_questions;
    const struct kps_sv *names; /* containers and Compose projects: only their ports are listed */
    size_t n_names;
    const struct kps_port_use *holdings; /* the answer, by port */
    size_t n_holdings;
    /* In the scope of the engine: holders that are none of the engine's. The answer names them
     * without counting them. */
    const struct kps_port_use *outside_holders;
    size_t n_outside_holders;
    const struct kps_sv *notes; /* further facts of the ports, a sentence each; raw */
    size_t n_notes;
    const uint16_t *free_nearby; /* for one port that is held: free ports above it */
    size_t n_free_nearby;
    bool asked_engine, asked_sockets; /* with success */
    bool is_elsewhere;                /* an address of the question is none of this machine */
    uint32_t n_pods, n_services;      /* in the scope of the cluster: that were read */
    const bool *is_of_node; /* … by question: a component of the nodes listens there, in no list */
    int64_t now;            /* seconds since 1970, for ages; 0: none are told */
};

struct kps_port_plan; /* report/assignment.h */

/* The order of a list. USUAL: by port, in a cluster by node first. */
enum kps_sort { KPS_SORT_USUAL, KPS_SORT_PORT, KPS_SORT_OWNER, KPS_SORT_STATE };

/* The input of a renderer. The findings in ledger->diag are sorted, and all of them are shown. */
struct kps_report {
    const struct kps_ledger *ledger;
    const char *version; /* of this program */
    const char *mode;    /* "check", "map", "ports", "docker", "host", "cluster", "free" */
    struct kps_sv cwd,
        root; /* absolute: the working directory, the repository it is in; empty: not known, none */
    const struct kps_input *inputs;
    size_t n_inputs;
    const struct kps_report_engine *engine;  /* NULL: none was asked, or several */
    const struct kps_report_engine *engines; /* several contexts: the engine of each */
    size_t n_engines;
    const struct kps_query *query;          /* NULL: a check */
    const struct kps_port_plan *assignment; /* mode "assign" */
    const uint16_t *free_ports; /* mode "free": the ports that were found, in their order */
    size_t n_free_ports;
    size_t n_hidden; /* findings filtered out by rule or severity: not in the ledger any more */
    size_t
        n_left_out; /* files and folders that a walk did not read: .gitignore, vendor, testdata */
    bool lists_claims; /* json: with the claims */
    /*
     * Mode "diagnose": the findings come from a log; the ports in use now are listed behind the
     * claims.
     */
    bool is_diagnosis;
    const struct kps_port_use *holdings;
    size_t n_holdings;
    enum kps_sort sort; /* of lists */
    bool is_map;        /* mode "map": the ports that files want, as a list */
    bool is_brief;      /* text: without the summary */
    bool is_line;       /* json: the whole report on a single line, for a stream of reports */
};

struct kps_summary {
    size_t errors, warnings, notes, suppressed;
    size_t inputs, inputs_failed; /* failed: could not be judged */
    size_t files;
    size_t claims;    /* all claims, as listed in the json report */
    size_t published; /* the requested claims in effect */
    bool complete;
};

struct kps_summary kps_report_summary(const struct kps_report *report);

/* Return: "2 errors, 1 warning, 0 notes". */
struct kps_sv kps_report_count_findings(struct kps_arena *arena, const struct kps_summary *sum);

/* Return: does the report list the claim? */
bool kps_report_lists(const struct kps_claim *claim);

/* Leave the claims out of a map that are no host ports, or of owners that no name means (no names:
 * all). Return: how many are left. */
size_t kps_report_choose_claims(struct kps_ledger *ledger, const struct kps_list *names);

/* Return: whether the question is about ports of the holding (kps_ports_meet). */
bool kps_question_meets(const struct kps_question *question, const struct kps_port_use *holding);

typedef void kps_render(const struct kps_report *report, const struct kps_style *style, FILE *out);

/*
 * The renderers, each in a file of its name:
 * - text.c: frames with the lines of the files, for a terminal: notes first, errors last, each by
 *   place;
 * - short.c: one line for each finding, for pipes, editors and `grep`;
 * - json_report.c: the JSON report, format version 1, made of the elements of json_element.c.
 */
kps_render kps_report_text, kps_report_short, kps_report_json;

/*
 * For CI systems (report/ci.h): sarif.c for GitHub code scanning, github.c for workflow commands,
 * gitlab.c for Code Quality, junit.c for JUnit's XML, rdjson.c for reviewdog.
 */
kps_render kps_report_sarif, kps_report_github, kps_report_gitlab, kps_report_junit,
    kps_report_rdjson;

/*
 * markdown.c: a table for step summaries and comments. mermaid.c: a picture of the published ports.
 * html.c: a page with the map of ports and the findings.
 */
kps_render kps_report_markdown, kps_report_mermaid, kps_report_html;

/* text.c and port_list.c: a list of ports as aligned columns, and as CSV. */
kps_render kps_report_table, kps_report_csv;

/*
 * baseline.c: the findings as a list for --baseline (suppress/baseline.h). One line for each, by
 * path, rule and message, without line numbers, so that the file changes only where findings come
 * and go. Not a format of a report.
 */
kps_render kps_report_baseline;

/*
 * Return: is the finding part of the list? True for a finding that can be accepted and has no other
 * acceptance.
 */
bool kps_report_is_for_baseline(const struct kps_finding *finding);

/* Lines of --assign: for people and `>>.env`, for a file of the environment, an override file. */
kps_render kps_report_assignment, kps_report_env, kps_report_override;

/* The uses of formats. */
enum {
    KPS_FORMAT_CHECK = 1 << 0,
    KPS_FORMAT_LIST = 1 << 1, /* of ports in use, and questions about ports */
    KPS_FORMAT_MAP = 1 << 2,
    KPS_FORMAT_FREE = 1 << 3,
    KPS_FORMAT_DIAGNOSE = 1 << 4,
    KPS_FORMAT_ASSIGN = 1 << 5,
};

struct kps_format {
    const char *name;
    kps_render *render;
    unsigned uses; /* KPS_FORMAT_* bits; a file of a format for ASSIGN alone is only written over by
                      itself */
};

/* Every format of --format; the list ends with name == NULL. */
extern const struct kps_format kps_formats[];

/* NULL when there is none of this name. */
const struct kps_format *kps_format_by_name(struct kps_sv name);

/* Return: the reason why the format does not serve a use, with those that do; NULL: it serves. */
const char *kps_format_fault(struct kps_arena *arena, const struct kps_format *format,
                             unsigned use);

/*
 * Return: a path, escaped, that may begin a line: "::x" is "./::x", as runners of GitHub Actions
 * take a line that begins with "::", blanks aside, for a command.
 */
struct kps_sv kps_report_path(struct kps_arena *arena, struct kps_sv path);

/* "path:line:col" of a place, escaped; empty when the span is in no file. */
struct kps_sv kps_report_place(struct kps_arena *arena, struct kps_diag *diag,
                               struct kps_span span);

/* Return: the span of a party; file == 0 when in no file. */
struct kps_span kps_report_span(const struct kps_diag *diag, const struct kps_party *party);

#endif
