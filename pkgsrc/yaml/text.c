#include "yaml/text.h"

const struct kps_text *kps_text_in(struct kps_text_room *room, const struct kps_ynode *scalar)
{
    scalar = kps_ynode_resolve(scalar);
    if (scalar->kind == KPS_Y_SCALAR && (scalar->flags & KPS_Y_EXPANDED)) {
        return scalar->expanded;
    }
    room->text = (struct kps_text){.s = kps_ynode_text(scalar)};
    if (room->text.s.n == 0) {
        return &room->text;
    }
    room->seg = (struct kps_seg){.len = (uint32_t)room->text.s.n, .span = scalar->span};
    if (scalar->flags & KPS_Y_VERBATIM) {
        uint32_t quote =
            scalar->style == KPS_Y_SINGLE_QUOTED || scalar->style == KPS_Y_DOUBLE_QUOTED;
        room->seg.verbatim = true;
        room->seg.span.off += quote;
        room->seg.span.len = room->seg.len;
    }
    room->text.seg = &room->seg;
    room->text.n = 1;
    return &room->text;
}

const struct kps_text *kps_text_of(struct kps_arena *arena, const struct kps_ynode *scalar)
{
    return kps_text_in(KPS_NEW(arena, struct kps_text_room), scalar);
}

/*
 * Return: does a segment hold a part of the bytes off .. end? An empty range must touch the
 * segment.
 */
static bool segment_holds(const struct kps_seg *seg, uint32_t off, uint32_t end)
{
    if (off == end) {
        return seg->out <= off && off <= seg->out + seg->len;
    }
    return seg->out < end && off < seg->out + seg->len;
}

/* Return the source of the part of off .. end in `seg`. */
static struct kps_span part_of(const struct kps_seg *seg, uint32_t off, uint32_t end)
{
    if (!seg->verbatim) {
        return seg->span;
    }
    uint32_t from = off > seg->out ? off - seg->out : 0;
    uint32_t to = end < seg->out + seg->len ? end - seg->out : seg->len;
    return (struct kps_span){seg->span.file, seg->span.off + from, to - from};
}

struct kps_span kps_text_span(const struct kps_text *text, struct kps_span whole, uint32_t off,
                              uint32_t len)
{
    struct kps_span found = {0, 0, 0};
    for (uint32_t i = 0; i < text->n; i++) {
        const struct kps_seg *seg = &text->seg[i];
        if (!segment_holds(seg, off, off + len)) {
            continue;
        }
        struct kps_span part = part_of(seg, off, off + len);
        if (found.file == 0) {
            found = part;
            if (len == 0) {
                break;
            }
        } else if (part.file == found.file && part.off == found.off + found.len) {
            found.len += part.len;
        } else {
            return whole;
        }
    }
    return found.file ? found : whole;
}

kps_origin_id kps_text_variable(const struct kps_text *text, uint32_t off, uint32_t len)
{
    kps_origin_id variable = 0;
    for (uint32_t i = 0; i < text->n; i++) {
        const struct kps_seg *seg = &text->seg[i];
        if (!segment_holds(seg, off, off + len)) {
            continue;
        }
        if (seg->via == 0) {
            return 0;
        }
        variable = variable ? variable : seg->via;
        if (len == 0) {
            break;
        }
    }
    return variable;
}

void kps_text_expand(struct kps_ynode *scalar, const struct kps_text *text)
{
    scalar->flags |= KPS_Y_EXPANDED;
    scalar->expanded = text;
    scalar->n = (uint32_t)text->s.n;
}
