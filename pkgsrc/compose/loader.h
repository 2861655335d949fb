#ifndef KPS_COMPOSE_LOADER_H
#define KPS_COMPOSE_LOADER_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/fs.h"
#include "base/map.h"
#include "compose/interpolate.h"
#include "compose/vars.h"
#include "compose/versions.h"
#include "model/ledger.h"
#include "yaml/node.h"
#include "yaml/text.h"

/*
 * From files to a merged tree, in Compose's order (spec compose §3): per file and document, YAML
 * with anchors and merge keys, then interpolation, then `include`, then `extends` (before Compose
 * 5 in the other order), then the merge onto the layers below. Values are never copied: merged
 * collections point at the old nodes and their edges record the steps (`via`).
 */

/* A scalar after interpolation, with its problems. kps_ynode.expanded points at its `text`. */
struct kps_value {
    struct kps_text
        text; /* first: a `const struct kps_text *` of an expanded node is a `struct kps_value *` */
    enum kps_interpolation status;
    const struct kps_unset *unset;
    uint32_t n_unset;
    struct kps_sv variable; /* REQUIRED: the variable without a value … */
    struct kps_sv message;  /* … and the author's message about it */
    struct kps_span problem;
    bool told; /* the reader of the value has reported the problem */
};

/*
 * Return the notes of interpolation about a scalar; NULL for a scalar without a variable. Aliases
 * are followed.
 */
struct kps_value *kps_compose_loader_value(const struct kps_ynode *scalar);

/* Return a name in a list of names or a mapping by name; NULL behind the last, and for a scalar. */
const struct kps_ynode *kps_compose_loader_name_at(const struct kps_ynode *names, uint32_t index);
/* Return an item of a list, or the value in place of a list of it alone; NULL behind the last. */
const struct kps_ynode *kps_compose_loader_item_at(const struct kps_ynode *value, uint32_t index);

/* A model before the next document was put onto it. Compose has checked it by then. */
struct kps_replaced_model {
    const struct kps_ynode *model, *document;
};

/* A project while it is read. Zeroed, then the first block filled in. */
struct kps_loader {
    struct kps_ledger *ledger;
    struct kps_diag *diag; /* the ledger's */
    struct kps_arena *arena;
    const struct kps_fs *fs;
    struct kps_sv cwd;   /* locations are shown relative to this folder */
    bool shows_absolute; /* locations outside `cwd` are absolute, as the input was named; else with
                            ".." */
    struct kps_sv stdin_name; /* name of "-" in locations */
    enum kps_compose_version version;

    struct kps_map files; /* path and variable layer -> parsed file */
    struct kps_map texts; /* path -> kps_file_id: a file read twice has a single identity */
    KPS_VEC(struct kps_source_file *) parsed;
    KPS_VEC(struct kps_vars *) layers; /* of included projects */
    KPS_VEC(struct kps_value *)
    troubled; /* values with failed interpolation, in the order of their reading */
    KPS_VEC(struct kps_replaced_model) replaced;
    size_t n_dollars;   /* values with a '$' in all files, bounded by KPS_LIMIT_EXPANSION_VALUES */
    bool is_merged_out; /* see kps_compose_loader_is_merged_out */
    bool is_section_noted; /* a section that is no mapping was reported (KP905) */
    bool failed_part;      /* an error (KP901, KP902) was reported: the result is partial */
};

void kps_compose_loader_free(struct kps_loader *loader);
/* Return: were so many pairs merged (KPS_LIMIT_MERGED_PAIRS) that the rest stays as it is? Reported
 * once, at the first place that asks. */
bool kps_compose_loader_is_merged_out(struct kps_loader *loader, struct kps_span at);

/* A request to load: the files of a project (or included project) as layers. */
struct kps_model_request {
    const struct kps_sv *files; /* absolute; "-" is standard input */
    size_t n_files;
    struct kps_sv working_dir; /* start of relative paths in the files */
    const struct kps_vars *vars;
    kps_origin_id asked_at; /* the scalar of an include or extends that names the files; 0 = the
                               command line */
    bool is_extends_base; /* leave `extends` and `include` alone, as Compose does for a base file */
    const struct kps_include_chain *including; /* NULL at the top */
};

struct kps_include_chain {
    struct kps_sv file; /* the first file of an including project */
    const struct kps_include_chain *up;
    uint32_t depth;
};

/*
 * Load and merge. Return: the root mapping, or NULL when no part is readable (errors are in the
 * sink; a failed part sets loader->failed_part and the rest is still loaded).
 */
const struct kps_ynode *kps_compose_loader_load(struct kps_loader *loader,
                                                const struct kps_model_request *request);

/*
 * Return the interpolated top-level `name:` of the last of the request's files with a name; NULL
 * for none. Reads the files (kept for kps_compose_loader_load).
 */
const struct kps_ynode *kps_compose_loader_find_name(struct kps_loader *loader,
                                                     const struct kps_model_request *request);

/* Read a file's bytes, once per run. Return: 0 and its id, or an errno without a report. */
KPS_MUST_USE int kps_compose_loader_read_file(struct kps_loader *loader, struct kps_sv path,
                                              kps_file_id *ret);

struct kps_extends_scope; /* extends.c */
struct kps_resets;        /* reset.h */

/*
 * A parsed file: its documents in order. Its scalars are interpolated in place, with the layer of
 * the parse.
 */
struct kps_source_file {
    kps_file_id id;
    struct kps_sv path;
    int error;   /* errno of the read; no other member is set then */
    bool broken; /* a syntax error ended the file early (reported) */
    KPS_VEC(const struct kps_ynode *) documents;
    KPS_VEC(struct kps_ynode *) dollars; /* scalars to interpolate */
    bool interpolated;
    bool is_document_reported;            /* a document other than a mapping was reported */
    bool has_resets;                      /* "!reset" or "!override" occurs in the file */
    struct kps_extends_scope *scope;      /* as a base for `extends`; NULL until needed */
    const struct kps_resets *last_resets; /* of the last document, as a base; NULL: no tags */
};

/* The file, parsed once per variable layer. Never NULL: look at `error`. */
struct kps_source_file *kps_compose_loader_parse_file(struct kps_loader *loader, struct kps_sv path,
                                                      const struct kps_vars *vars);

/*
 * Add the variables of an env file (`path` absolute). Compose reads Compose files in UTF-16, and
 * refuses env files in it. Mistakes are findings and mark the project partial; `at` as below.
 */
void kps_compose_loader_read_env(struct kps_loader *loader, struct kps_sv path, kps_origin_id at,
                                 struct kps_vars *into);

/* Reports why a file cannot be read (KP901, error) at `at` (0: the command line), and marks the
 * project partial. */
void kps_compose_loader_report_unreadable(struct kps_loader *loader, kps_origin_id at,
                                          struct kps_sv path, int error);

/* Add a help to the last finding, if that is a KP901 reported after the first `n_before`: a
 * variable without a value in the path. */
void kps_compose_loader_help_unset(struct kps_loader *loader, size_t n_before,
                                   const struct kps_ynode *path);

/* A KP902 error at a span; marks the project partial. Return: the finding, for notes. */
struct kps_finding *kps_compose_loader_report_invalid(struct kps_loader *loader,
                                                      struct kps_span span, const char *fmt, ...)
    KPS_PRINTF(3, 4);
/* Report a value of another type than `wanted` as invalid: "WHAT must be a list, this is null". */
struct kps_finding *kps_compose_loader_report_type(struct kps_loader *loader,
                                                   const struct kps_ynode *value, const char *what,
                                                   const char *wanted);

/* Report a value whose references bring in more text than the bounds of base/limits.h allow, for
 * the value or for the project. */
void kps_compose_loader_report_too_big(struct kps_loader *loader, struct kps_span span);

/* Return a path as the user would write it. */
struct kps_sv kps_compose_loader_show_path(struct kps_loader *loader, struct kps_sv path);

/*
 * Return: would Compose fetch this file, include or base from elsewhere (git, OCI, HTTP)? kportscan
 * does not.
 */
bool kps_compose_loader_is_remote(struct kps_sv path);
/* Report that such a file is not read (KP903); the check is incomplete. */
void kps_compose_loader_report_remote(struct kps_loader *loader, kps_origin_id at,
                                      struct kps_sv path);

/*
 * Note an unset variable in a value of interest to ports: KP904, once per value. `is_judged`: the
 * empty text leads to a value that is judged, as Compose takes it; else a port is unknown, as it
 * is for a variable with `:?`.
 */
void kps_compose_loader_note_unset(struct kps_loader *loader, const struct kps_ynode *scalar,
                                   bool is_judged, const char *consequence);

#endif
