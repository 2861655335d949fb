#ifndef KPS_YAML_TEXT_H
#define KPS_YAML_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/finding.h"
#include "yaml/node.h"

/*
 * A scalar's text with the source of each byte: the result of interpolation, or a scalar as
 * written. Segments are in order and cover the text without gaps.
 */
struct kps_seg {
    uint32_t out, len; /* bytes of the text: s.p[out .. out+len) */
    struct kps_span
        span; /* the source: exactly these bytes when verbatim, else the whole ${…} or scalar */
    bool verbatim;     /* the text is the source, byte for byte */
    kps_origin_id via; /* a substitution: the VARIABLE step (name in `what`, span of its
                          definition); else 0 */
};

/* Room for the text of a scalar that is not kept. */
struct kps_text_room {
    struct kps_text text;
    struct kps_seg seg;
};

/* Return the text of any scalar node, expanded or not (aliases followed). Never NULL; valid as long
 * as the room. */
const struct kps_text *kps_text_in(struct kps_text_room *room, const struct kps_ynode *scalar);

/* The text of any scalar node, expanded or not (aliases followed). Never NULL; lives in the arena.
 */
const struct kps_text *kps_text_of(struct kps_arena *arena, const struct kps_ynode *scalar);

/*
 * Return the source of the bytes off .. off+len of a text: exact characters where verbatim, the
 * whole ${…} of a substitution, and the range from the first to the last of several. Return the
 * whole scalar (`whole` is its span) when the source is unknown: escapes, folded lines. Exact or
 * whole, never guessed. With len 0 the place between two characters, or the empty substitution
 * there.
 */
struct kps_span kps_text_span(const struct kps_text *text, struct kps_span whole, uint32_t off,
                              uint32_t len);

/* The VARIABLE step that the bytes off .. off+len come from (the first, if several), or 0 when any
 * is written in place.
 */
kps_origin_id kps_text_variable(const struct kps_text *text, uint32_t off, uint32_t len);

/* Make a scalar read as `text` from now on (sets KPS_Y_EXPANDED). `text` must live as long as the
 * tree. */
void kps_text_expand(struct kps_ynode *scalar, const struct kps_text *text);

#endif
