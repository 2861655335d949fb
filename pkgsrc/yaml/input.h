#ifndef KPS_YAML_INPUT_H
#define KPS_YAML_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "diag/finding.h"

/*
 * Looks at bytes before a YAML parser does, so that what is no text at all is told in our words and
 * at its place, and so that nothing reaches libyaml whose cost it does not bound.
 */

/* What is to be parsed, as offsets into the whole file. */
struct kps_yaml_input {
    kps_file_id file;
    struct kps_sv bytes; /* of the file; bytes.n is also the end of what is to be parsed */
    uint32_t start;      /* behind a BOM */
    bool ascii;          /* code point indexes are byte offsets */
    uint32_t bom; /* the first BOM at the start of a later line (see kps_yaml_input_next_bom);
                     UINT32_MAX: none */
};

/*
 * Fills *input from its file, bytes and start. Return: false when the bytes are not UTF-8 text that
 * YAML allows; the finding is in the sink.
 */
bool kps_yaml_input_check(struct kps_diag *diag, struct kps_yaml_input *input);

/* The first BOM at or behind `from` that stands at the start of a line, or UINT32_MAX. */
uint32_t kps_yaml_input_next_bom(const struct kps_yaml_input *input, uint32_t from);

/*
 * From libyaml's marks (0-based code point indexes into what it was given) to byte offsets of the
 * file. One cursor that moves to and fro: marks of consecutive events nearly always grow, so all of
 * a file costs one walk over it.
 */
struct kps_yaml_marks {
    const struct kps_yaml_input *input;
    size_t index; /* code points between input->start and byte */
    size_t byte;
};

struct kps_yaml_marks kps_yaml_input_marks(const struct kps_yaml_input *input);
/* The same where characters and bytes differ. */
uint32_t kps_yaml_input_walk(struct kps_yaml_marks *map, size_t index);
/* An index behind the last character gives the end of the input. */
static inline uint32_t kps_yaml_input_byte(struct kps_yaml_marks *map, size_t index)
{
    const struct kps_yaml_input *input = map->input;
    if (input->ascii) {
        size_t left = input->bytes.n - input->start;
        return input->start + (uint32_t)(index < left ? index : left);
    }
    return kps_yaml_input_walk(map, index);
}

#endif
