#ifndef KPS_YAML_INPUT_H
#define KPS_YAML_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "diag/finding.h"

/*
 * Check bytes before a YAML parser reads them: text in another encoding is reported in our words
 * and at its place, and input whose cost libyaml does not bound never reaches libyaml.
 */

/* The text to parse, as offsets into the whole file. */
struct kps_yaml_input {
    kps_file_id file;
    struct kps_sv bytes; /* of the file; bytes.n is also the end of the text to parse */
    uint32_t start;      /* behind a BOM */
    bool ascii;          /* code point indexes are byte offsets */
    uint32_t bom; /* the first BOM at the start of a later line (see kps_yaml_input_next_bom);
                     UINT32_MAX: none */
};

/*
 * Fill *input from its file, bytes and start. Return: false when the bytes are not UTF-8 text that
 * YAML allows; the finding is in the sink.
 */
KPS_MUST_USE bool kps_yaml_input_check(struct kps_diag *diag, struct kps_yaml_input *input);

/*
 * Return the offset of the first BOM at the start of a line, at or behind `from`; UINT32_MAX:
 * none.
 */
uint32_t kps_yaml_input_next_bom(const struct kps_yaml_input *input, uint32_t from);

/*
 * Translate libyaml's marks (0-based indexes of code points in its input) to byte offsets of the
 * file. A single cursor moves to and fro: marks of consecutive events nearly always grow, so a
 * whole file costs one walk.
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
