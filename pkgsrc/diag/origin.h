#ifndef KPS_DIAG_ORIGIN_H
#define KPS_DIAG_ORIGIN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"
#include "base/vec.h"
#include "diag/files.h"

typedef uint32_t kps_origin_id;

/* The ways a value takes to its place. The JSON report prints the names as "step". */
enum kps_step {
    KPS_STEP_HERE,      /* written at this place */
    KPS_STEP_ALIAS,     /* through a YAML alias (`*name`) */
    KPS_STEP_MERGE_KEY, /* through a YAML merge key (`<<`) */
    KPS_STEP_OVERRIDE,  /* by a later file or document of the project */
    KPS_STEP_EXTENDS,   /* by `extends` */
    KPS_STEP_INCLUDE,   /* by `include` */
    KPS_STEP_TEMPLATE,  /* rendered from the template `what` (Helm) */
    KPS_STEP_VARIABLE,  /* by ${…}; the span is the place of the variable's value, if in a file
                         */
    KPS_STEP_ENGINE,    /* told by a container engine */
    KPS_STEP_KERNEL,    /* told by the kernel */
};

/* "here", "alias", "merge-key", "override", "extends", "include", "template", "variable", "engine",
 * "kernel" */
const char *kps_step_name(enum kps_step step);

/*
 * One step of "why is this here", the head of a chain: the head's span is the text to underline,
 * `up` leads to the step before. Facts outside of files have span.file == 0 and their source in
 * `what`.
 */
struct kps_origin {
    enum kps_step step;
    struct kps_span span;
    struct kps_sv what; /* "service base", "PORT", "/containers/3f2a…"; must outlive the table. Of
                           HERE: the path in the tree of the file, if it is known */
    kps_origin_id up;   /* 0 ends the chain */
    uint32_t index;     /* 1 + the number that belongs in the "[]" of `what`; 0: none does */
};

/*
 * The table of steps, in 20 bytes each: the ports of a service, and the parties of a finding,
 * mostly share the fields that are kept apart.
 */
struct kps_origin_entry {
    struct kps_span span;
    uint32_t index;
    uint32_t shared; /* 1 + the index of its shared fields; 0: HERE, without `what` and `up` */
};

struct kps_origin_shared {
    struct kps_sv what;
    kps_origin_id up;
    enum kps_step step;
};

struct kps_origins {
    KPS_VEC(struct kps_origin_entry) list; /* by id */
    KPS_VEC(struct kps_origin_shared) shared;
};

/* Return `what` with its index: "services.web.ports[0]". In the arena. */
struct kps_sv kps_origin_what(struct kps_arena *arena, const struct kps_origin *origin);

void kps_origins_free(struct kps_origins *origins);
/* Add a copy of an origin. */
kps_origin_id kps_origins_add(struct kps_origins *origins, const struct kps_origin *origin);
/* Add a step HERE that ends its chain; `what` may be empty. */
kps_origin_id kps_origins_here(struct kps_origins *origins, struct kps_span span,
                               struct kps_sv what);
/* `id` must not be 0. */
struct kps_origin kps_origins_get(const struct kps_origins *origins, kps_origin_id id);
/* Fields of it. */
struct kps_span kps_origins_span(const struct kps_origins *origins, kps_origin_id id);
enum kps_step kps_origins_step(const struct kps_origins *origins, kps_origin_id id);
kps_origin_id kps_origins_up(const struct kps_origins *origins, kps_origin_id id);
/* Set `what` of a step, unless it is empty, and `up`, unless it is 0. */
void kps_origins_complete(struct kps_origins *origins, kps_origin_id id, struct kps_sv what,
                          kps_origin_id up);

#endif
