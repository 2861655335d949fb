#ifndef KPS_COMPOSE_INTERPOLATE_H
#define KPS_COMPOSE_INTERPOLATE_H

#include "compose/vars.h"
#include "yaml/text.h"

/*
 * Compose's ${…} (spec compose §2.1): `$$`, `$NAME`, `${NAME}` and the operators :- - :? ? :+ +, nested to any depth.
 * Lookup is case-sensitive; values are not expanded again; `$` before anything that cannot start a name stays.
 */
enum kps_interpolation {
    KPS_INTERPOLATED,
    KPS_INTERPOLATION_INVALID,  /* ${}, ${1X}, ${ A }, unclosed: Compose refuses the file */
    KPS_INTERPOLATION_REQUIRED, /* ${X:?msg} without a value: Compose refuses the file */
    KPS_INTERPOLATION_TOO_BIG,  /* beyond KPS_LIMIT_EXPANSION_* */
};

/* A variable that had no value and no operator to say what then: Compose warns and takes "". */
struct kps_unset {
    struct kps_sv name;
    struct kps_span span; /* the ${…} that names it */
};

struct kps_interpolated {
    enum kps_interpolation status;
    const struct kps_text *text; /* set when status is KPS_INTERPOLATED */
    struct kps_span problem;     /* else: the ${…} in question, or the whole scalar where that is not known */
    struct kps_sv variable;      /* REQUIRED: its name */
    struct kps_sv message;       /* REQUIRED: the author's own words, interpolated; may be empty */
    const struct kps_unset *unset;
    uint32_t n_unset;
};

/* Expands one scalar that holds a '$'. Reports nothing: the caller knows what the value is for. */
struct kps_interpolated kps_interpolate(struct kps_diag *diag, const struct kps_ynode *scalar,
                                        const struct kps_vars *vars);

/*
 * The same for bytes of a file that are no YAML scalar (.env values). `source` is where the bytes stand; when
 * `verbatim` they are the file's bytes one for one.
 */
struct kps_interpolated kps_interpolate_bytes(struct kps_diag *diag, struct kps_sv bytes, struct kps_span source,
                                              bool verbatim, const struct kps_vars *vars);

#endif
