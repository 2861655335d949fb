#ifndef KPS_YAML_MARKMAP_H
#define KPS_YAML_MARKMAP_H

#include "yaml/input.h"

/*
 * From libyaml's marks (0-based code point indexes into what it was given) to byte offsets of the
 * file. One cursor that moves to and fro: marks of consecutive events nearly always grow, so all of
 * a file costs one walk over it.
 */
struct kps_markmap {
    const struct kps_yaml_input *input;
    size_t index; /* code points between input->start and byte */
    size_t byte;
};

struct kps_markmap kps_markmap_of(const struct kps_yaml_input *input);
/* The same where characters and bytes differ. */
uint32_t kps_markmap_walk(struct kps_markmap *map, size_t index);
/* An index behind the last character gives the end of the input. */
static inline uint32_t kps_markmap_byte(struct kps_markmap *map, size_t index)
{
    const struct kps_yaml_input *input = map->input;
    if (input->ascii) {
        size_t left = input->bytes.n - input->start;
        return input->start + (uint32_t)(index < left ? index : left);
    }
    return kps_markmap_walk(map, index);
}

#endif
