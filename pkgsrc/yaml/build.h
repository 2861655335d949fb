#ifndef KPS_YAML_BUILD_H
#define KPS_YAML_BUILD_H

#include "base/compiler.h"
#include "base/map.h"
#include "base/vec.h"
#include "yaml/input.h"
#include "yaml/node.h"

/*
 * Build the tree of a document from the events of a parser, independent of the parser.
 *
 * Children wait on the stack `edges` until their collection ends, and are then copied into the
 * arena once. So a node costs its 32 bytes, an edge its 24, and no array grows in steps.
 */

/* A collection between its begin and its end. */
struct kps_yaml_frame {
    struct kps_ynode *node;
    const struct kps_ynode *key; /* the key of the next value; NULL when the key was refused */
    uint32_t first;              /* where its children begin on the stack */
    uint32_t end;                /* offset behind the last child read so far */
    uint32_t anchor;             /* 1 + index of its target; 0: it has no anchor */
    uint64_t before;             /* values of the document before it */
    bool want_value;             /* a mapping behind a key */
    bool has_merge;              /* one of its keys is `<<` */
};

/* A node with an anchor, and how many values an alias of it brings in. */
struct kps_yaml_target {
    const struct kps_ynode *node;
    uint64_t n_values;
};

/* A parser's view of a node. Offsets include the node's properties (&anchor, !tag). */
struct kps_yaml_event {
    uint32_t start, end;
    const char *tag; /* in libyaml's long form; NULL for none */
    bool anchored;
    uint8_t style; /* of scalars: enum kps_ystyle; of collections: KPS_Y_FLOW or 0 */
    struct kps_sv text;
};

struct kps_yaml_build {
    struct kps_diag *diag;
    const struct kps_yaml_input *input;
    struct kps_arena *arena;   /* of the tree */
    struct kps_arena *scratch; /* of the reader */
    enum kps_yaml_dialect dialect;

    KPS_VEC(struct kps_yaml_frame) frames;
    KPS_VEC(struct kps_yedge) edges;
    KPS_VEC(struct kps_ynode *) dollars;
    KPS_VEC(const struct kps_ynode *)
    merges;                 /* values of `<<` in the ending mapping */
    struct kps_map anchors; /* name -> index of targets */
    KPS_VEC(struct kps_yaml_target) targets;

    const struct kps_ynode *root;
    uint32_t begin;      /* first offset of the document's content: behind its "---" */
    uint32_t flow_steps; /* nodes of the file in flow style, each times its depth */
    uint32_t nodes;      /* of the file so far */
    uint32_t walked;     /* edges of the file visited by merge keys */
    uint64_t n_values;   /* of the document so far, those that aliases bring in included */
    uint64_t n_aliased;  /* the part of aliases */
    uint64_t repeated;   /* bytes of the values that aliases name */
    uint32_t problems;
    struct kps_finding *last_problem;
    bool flawed; /* the document has a problem; reading continued behind the problem */
};

/* Flag of an unfinished collection: an alias must not lead into it. */
enum { KPS_Y_UNFINISHED = 1U << 7 };

/* Begin a document; its nodes go to `arena`. Anchors of earlier documents stay known in the same
 * arena: Go's yaml.v3 keeps them over the whole stream.
 */
void kps_yaml_build_begin(struct kps_yaml_build *build, struct kps_arena *arena, uint32_t begin);
/* Release the heap memory of a builder. */
void kps_yaml_build_done(struct kps_yaml_build *build);

/* Add a node. Return: false when a limit was passed and reading must end (reported). */
KPS_MUST_USE bool kps_yaml_build_scalar(struct kps_yaml_build *build,
                                        const struct kps_yaml_event *event);
bool kps_yaml_build_alias(struct kps_yaml_build *build, const struct kps_yaml_event *event);
bool kps_yaml_build_open(struct kps_yaml_build *build, const struct kps_yaml_event *event,
                         enum kps_ykind kind);
bool kps_yaml_build_close(struct kps_yaml_build *build, const struct kps_yaml_event *event);

/*
 * Report a problem of the document and continue reading; only the first hundred are listed.
 * Return: the finding, or NULL when not listed.
 */
struct kps_finding *kps_yaml_build_problem(struct kps_yaml_build *build, struct kps_span span,
                                           const char *fmt, ...) KPS_PRINTF(3, 4);
/* Add a note with the number of unlisted problems. */
void kps_yaml_build_sum_up(struct kps_yaml_build *build);

#endif
