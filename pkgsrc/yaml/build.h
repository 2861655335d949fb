#ifndef KPS_YAML_BUILD_H
#define KPS_YAML_BUILD_H

#include "base/map.h"
#include "base/vec.h"
#include "yaml/input.h"
#include "yaml/node.h"

/*
 * Builds the tree of a document from the events of a parser, without knowing which parser.
 *
 * Children wait on one stack, `edges`, until their collection ends; then they are copied into the
 * arena once. So a node costs its 32 bytes, an edge its 24, and nothing grows in steps.
 */

/* A collection that has begun and not ended. */
struct kps_yaml_frame {
    struct kps_ynode *node;
    const struct kps_ynode *key; /* the key that waits for its value; NULL when it was refused */
    uint32_t first;              /* where its children begin on the stack */
    uint32_t end;                /* of what was read of it last, as an offset */
    bool want_value;             /* a mapping whose key was read */
    bool has_merge;              /* one of its keys is `<<` */
};

/* What a parser tells of a node. Offsets include the node's properties (&anchor, !tag). */
struct kps_yaml_event {
    uint32_t start, end;
    const char *tag; /* as the parser resolved it; NULL for none */
    bool anchored;
    uint8_t style; /* of scalars: enum kps_ystyle; of collections: KPS_Y_FLOW or 0 */
    struct kps_sv text;
};

struct kps_yaml_build {
    struct kps_diag *diag;
    const struct kps_yaml_input *input;
    struct kps_arena *arena;   /* of the tree */
    struct kps_arena *scratch; /* of the reader */
    bool last_key_wins;

    KPS_VEC(struct kps_yaml_frame) frames;
    KPS_VEC(struct kps_yedge) edges;
    KPS_VEC(struct kps_ynode *) dollars;
    KPS_VEC(const struct kps_ynode *)
    merges;                 /* what stands behind `<<` in the mapping that is ending */
    struct kps_map anchors; /* name -> index of targets */
    KPS_VEC(const struct kps_ynode *) targets;

    const struct kps_ynode *root;
    uint32_t begin;      /* where the document's content may begin: behind its "---" */
    uint32_t flow_steps; /* nodes of the file in flow style, each times its depth */
    uint32_t nodes;      /* of the file so far */
    uint32_t walked;     /* edges of the file that merge keys looked at */
    uint32_t problems;
    struct kps_finding *last_problem;
    bool flawed; /* the document has a problem that reading went on behind */
};

/* Of collections, in kps_ynode.flags while they are built: an alias must not lead there. */
enum { KPS_Y_UNFINISHED = 1U << 7 };

/*
 * A new document, whose nodes go to `arena`. Anchors of earlier documents stay known when it is the
 * same arena: Go's yaml.v3 keeps them over the whole stream.
 */
void kps_yaml_build_begin(struct kps_yaml_build *build, struct kps_arena *arena, uint32_t begin);
/* Releases what is on the heap. */
void kps_yaml_build_done(struct kps_yaml_build *build);

/* Each return: false when a limit was passed and reading must end; the finding is in the sink. */
bool kps_yaml_build_scalar(struct kps_yaml_build *build, const struct kps_yaml_event *event);
bool kps_yaml_build_alias(struct kps_yaml_build *build, const struct kps_yaml_event *event);
bool kps_yaml_build_open(struct kps_yaml_build *build, const struct kps_yaml_event *event,
                         enum kps_ykind kind);
bool kps_yaml_build_close(struct kps_yaml_build *build, const struct kps_yaml_event *event);

/*
 * Turns the edges of a mapping that has been read into its node's: duplicate keys are reported and
 * the last one kept, merge keys resolved. In mapping.c.
 */
bool kps_yaml_finish_mapping(struct kps_yaml_build *build, struct kps_yaml_frame *frame);

/*
 * A finding about the document that reading goes on behind; of many only the first are listed.
 * Return: the finding, or NULL when it is not listed.
 */
struct kps_finding *kps_yaml_problem(struct kps_yaml_build *build, struct kps_span span,
                                     const char *fmt, ...) KPS_PRINTF(3, 4);
/* Says how many problems were not listed. */
void kps_yaml_sum_up_problems(struct kps_yaml_build *build);

/* At most the first 60 bytes of what the user wrote, whole characters: for messages. */
struct kps_sv kps_yaml_clip(struct kps_arena *arena, struct kps_sv text);

#endif
