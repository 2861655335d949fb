#ifndef KPS_YAML_SYNTAX_H
#define KPS_YAML_SYNTAX_H

#include "yaml/input.h"

/* A syntax error from libyaml. */
struct kps_yaml_syntax_error {
    const char *problem; /* "did not find expected key" */
    const char *context; /* "while parsing a block mapping"; NULL for none */
    uint32_t at;         /* where the problem was seen */
    uint32_t from;       /* where the context begins */
};

/* Add the finding: the text found, the allowed text, the construct, and the usual help. */
void kps_yaml_syntax_report(struct kps_diag *diag, const struct kps_yaml_input *input,
                            const struct kps_yaml_syntax_error *error);

#endif
