#ifndef KPS_COMPOSE_VARS_H
#define KPS_COMPOSE_VARS_H

#include <stdbool.h>

#include "base/env.h"
#include "base/map.h"
#include "base/vec.h"
#include "diag/finding.h"
#include "diag/origin.h"

/* A variable without a value and without an operator for the case: Compose warns and takes "". */
struct kps_unset {
    struct kps_sv name;   /* empty: no such variable */
    struct kps_span span; /* the ${…} that names it */
};

/*
 * The variables that ${…} can name, in layers (spec compose §2.2): a name is looked up in
 * `stronger` first, then in `shell`, then among the layer's own. An included project gets a layer
 * of its own below its parent's.
 */
struct kps_var {
    struct kps_sv name, value;
    kps_origin_id origin; /* step VARIABLE, `what` = name, span = its definition in a file; file ==
                             0: environment */
    struct kps_unset unset; /* a variable inside the definition without a value */
};

struct kps_vars {
    struct kps_diag *diag;
    const struct kps_vars *stronger; /* NULL: none */
    const struct kps_env *shell;     /* NULL: none */
    /* `${A:-${B:?}}` fails for want of B even where A is set: Compose before 5. */
    bool expands_unused;
    /* An .env file of this layer goes into the environment of Compose itself, which takes neither
     * an empty name nor a NUL byte: Compose before 2.40. */
    bool is_environment;
    struct kps_map index;
    KPS_VEC(struct kps_var) own;
};

void kps_vars_free(struct kps_vars *vars);

/*
 * Set one of the layer's own variables, replacing an earlier value. Views must outlive the layer.
 */
void kps_vars_set(struct kps_vars *vars, const struct kps_var *var);

/*
 * Look up `name`. Return: is the variable set, even to nothing? *ret is then filled (origin 0 for
 * the shell).
 */
bool kps_vars_get(const struct kps_vars *vars, struct kps_sv name, struct kps_var *ret);

#endif
