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
 * From files to one merged tree, in Compose's order (spec compose §3): per file and document, YAML
 * with anchors and merge keys, then interpolation, then `extends`, then `include`, then the merge
 * onto what came before. Values are never copied: merged collections point at the old nodes and
 * their edges say how they came (`via`).
 */

/* A scalar after interpolation, and what was wrong on the way. kps_ynode.expanded points at its
 * `text`. */
struct kps_value {
    struct kps_text
        text; /* first: a `const struct kps_text *` of an expanded node is a `struct kps_value *` */
    enum kps_interpolation status;
    const struct kps_unset *unset;
    uint32_t n_unset;
    struct kps_sv variable; /* REQUIRED: the variable without a value … */
    struct kps_sv message;  /* … and what the author says of it */
    struct kps_span problem;
    bool told; /* the one who needed the value has reported what is wrong with it */
};

/* What interpolation noted about a scalar; NULL when it holds no variable. Aliases are followed. */
struct kps_value *kps_compose_loader_value(const struct kps_ynode *scalar);

/* One project while it is read. Zeroed, then the first block filled in. */
struct kps_loader {
    struct kps_ledger *ledger;
    struct kps_diag *diag; /* the ledger's */
    struct kps_arena *arena;
    const struct kps_fs *fs;
    struct kps_sv cwd;   /* locations are shown relative to it */
    bool shows_absolute; /* those that are not below it: the input was named so; else with ".." */
    struct kps_sv stdin_name; /* name of "-" in locations */
    enum kps_compose_version version;

    struct kps_map files; /* path and variable layer -> parsed file */
    struct kps_map texts; /* path -> kps_file_id, so that a file read twice has one identity */
    KPS_VEC(struct kps_source_file *) parsed;
    KPS_VEC(struct kps_vars *) layers; /* of included projects */
    KPS_VEC(struct kps_value *)
    troubled;         /* values whose interpolation failed, in the order they were met */
    bool failed_part; /* an error (KP901, KP902) was reported: the result is partial */
};

void kps_compose_loader_free(struct kps_loader *loader);

/* Something to load: one project's (or included project's) files as layers. */
struct kps_model_request {
    const struct kps_sv *files; /* absolute; "-" is standard input */
    size_t n_files;
    struct kps_sv working_dir; /* what relative paths in them start from */
    const struct kps_vars *vars;
    kps_origin_id asked_at; /* what names the files: the scalar of an include or extends; 0 = the
                               command line */
    bool is_extends_base;   /* `extends` and `include` in it are left alone, as Compose does for a
                               base file */
    const struct kps_include_chain *including; /* NULL at the top */
};

struct kps_include_chain {
    struct kps_sv file; /* the first file of an including project */
    const struct kps_include_chain *up;
    uint32_t depth;
};

/*
 * Loads and merges. Return: the root mapping, or NULL when nothing of it could be read (errors are
 * in the sink; a part that failed sets loader->failed_part and the rest is still loaded).
 */
const struct kps_ynode *kps_compose_loader_load(struct kps_loader *loader,
                                                const struct kps_model_request *request);

/*
 * The top-level `name:` of the last of the request's files that has one, interpolated; NULL when
 * none has. Reads the files (they are kept for kps_compose_loader_load).
 */
const struct kps_ynode *kps_compose_loader_find_name(struct kps_loader *loader,
                                                     const struct kps_model_request *request);

/*
 * A file's bytes, read once per run. Return: 0 and its id, or an errno; nothing is reported.
 */
KPS_MUST_USE int kps_compose_loader_read_file(struct kps_loader *loader, struct kps_sv path,
                                              kps_file_id *ret);

struct kps_extends_scope; /* extends.c */
struct kps_resets;        /* reset.h */

/* One parsed file: its documents in order. Its scalars are interpolated in place, with the layer it
 * was parsed for. */
struct kps_source_file {
    kps_file_id id;
    struct kps_sv path;
    int error;   /* errno of the read; nothing else is set then */
    bool broken; /* a syntax error ended it early (reported) */
    KPS_VEC(const struct kps_ynode *) documents;
    KPS_VEC(struct kps_ynode *) dollars; /* scalars to interpolate */
    bool interpolated;
    bool is_document_reported;            /* one that is no mapping was reported */
    bool has_resets;                      /* "!reset" or "!override" stands somewhere in it */
    struct kps_extends_scope *scope;      /* as a base for `extends`; NULL until it is one */
    const struct kps_resets *last_resets; /* of the last document, as a base; NULL: no tags */
};

/* The file, parsed once per variable layer. Never NULL: look at `error`. */
struct kps_source_file *kps_compose_loader_parse_file(struct kps_loader *loader, struct kps_sv path,
                                                      const struct kps_vars *vars);

/* Reports why a file cannot be read (KP901, error) at `at` (0: the command line), and marks the
 * project partial. */
void kps_compose_loader_report_unreadable(struct kps_loader *loader, kps_origin_id at,
                                          struct kps_sv path, int error);

/* A KP902 error at a span; marks the project partial. Return: the finding, for notes. */
struct kps_finding *kps_compose_loader_report_invalid(struct kps_loader *loader,
                                                      struct kps_span span, const char *fmt, ...)
    KPS_PRINTF(3, 4);

/* Shows a path as the user would write it. */
struct kps_sv kps_compose_loader_show_path(struct kps_loader *loader, struct kps_sv path);

/* Whether Compose would fetch this include or base from elsewhere (git, OCI, HTTP), which kportscan
 * does not. */
bool kps_compose_loader_is_remote(struct kps_sv path);

/* An unset variable in a value that bears on ports: KP904, once per value. */
void kps_compose_loader_note_unset(struct kps_loader *loader, const struct kps_ynode *scalar,
                                   const char *consequence);

#endif
