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
    uint32_t bom; /* the first BOM at the start of a later line (see kps_yaml_next_bom); UINT32_MAX:
                     none */
};

/*
 * Fills *input from its file, bytes and start. Return: false when the bytes are not UTF-8 text that
 * YAML allows; the finding is in the sink.
 */
bool kps_yaml_check_input(struct kps_diag *diag, struct kps_yaml_input *input);

/* The first BOM at or behind `from` that stands at the start of a line, or UINT32_MAX. */
uint32_t kps_yaml_next_bom(const struct kps_yaml_input *input, uint32_t from);

#endif
