#ifndef KPS_COMPOSE_INTERPOLATE_H
#define KPS_COMPOSE_INTERPOLATE_H

#include "compose/vars.h"
#include "yaml/text.h"

/*
 * Compose's ${…} (spec compose §2.1): `$$`, `$NAME`, `${NAME}` and the operators :- - :? ? :+ +,
 * nested to any depth. Lookup is case-sensitive; values are not expanded again; `$` before a
 * character that cannot start a name stays. A default, replacement or message is expanded when its
 * value is needed. Compose before 5 expands each of them, so a mistake or a missing variable
 * inside counts in any case (kps_vars.expands_unused).
 *
 * Segments of the result: text written in place (also in a used default) is verbatim down to the
 * byte; a value stands for its whole ${…} and has `via`; `$$` stands for both its bytes. Where the
 * scalar itself is not verbatim (escapes, folded lines) the segments cover the same source as the
 * scalar's own segments.
 */
enum kps_interpolation {
    KPS_INTERPOLATED,
    KPS_INTERPOLATION_INVALID,  /* ${}, ${1X}, ${ A }, unclosed: Compose refuses the file */
    KPS_INTERPOLATION_REQUIRED, /* ${X:?msg} without a value: Compose refuses the file */
    KPS_INTERPOLATION_TOO_BIG,  /* beyond KPS_LIMIT_EXPANSION_DEPTH, _BYTES (of values in a scalar)
                                   or _TOTAL */
};

struct kps_interpolated {
    enum kps_interpolation status;
    const struct kps_text *text; /* set when status is KPS_INTERPOLATED */
    struct kps_span problem; /* else: the ${…} in question, or the whole scalar where unknown */
    struct kps_sv variable;  /* REQUIRED: its name */
    struct kps_sv message;   /* REQUIRED: the author's own words, interpolated; may be empty */
    struct kps_sv refused; /* INVALID: the text in Compose's error message: the innermost text with
                              the mistake (a default, or the whole scalar) */
    const struct kps_unset *unset; /* in the order in which Compose warns */
    uint32_t n_unset;
    /*
     * INTERPOLATED: a reference in an unused branch for which Compose before 5 refuses the text;
     * len 0: none.
     */
    struct kps_span unused_problem;
};

/* Expand a scalar with a '$'. Without a report: the caller knows the purpose of the value. */
struct kps_interpolated kps_interpolate(struct kps_diag *diag, const struct kps_ynode *scalar,
                                        const struct kps_vars *vars);

/*
 * Expand bytes of a file outside YAML (.env values). `source` is the place of the bytes;
 * `verbatim` bytes are exactly the bytes of the file. The bytes must outlive the result.
 */
struct kps_interpolated kps_interpolate_bytes(struct kps_diag *diag, struct kps_sv bytes,
                                              struct kps_span source, bool verbatim,
                                              const struct kps_vars *vars);

/* Note the bounds behind KPS_INTERPOLATION_TOO_BIG. */
void kps_interpolate_note_bounds(struct kps_finding *finding);

#endif
