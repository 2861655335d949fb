#ifndef KPS_OPTIONS_COMPLETIONS_H
#define KPS_OPTIONS_COMPLETIONS_H

#include <stdio.h>

#include "options/option.h"

/* The sources of a script. */
struct kps_completions {
    struct kps_arena *arena;
    const struct kps_option_info *table;
    struct kps_sv help; /* the text of --help: an option that it leaves out is not completed */
};

/*
 * Print the completion script of a shell (bash, zsh or fish). The files in manifests/completions
 * are this output (checked by tests/cmdline); the program itself does not print them. Return: false
 * for another shell, without output.
 */
KPS_MUST_USE bool kps_completions_print(const struct kps_completions *from, struct kps_sv shell,
                                        FILE *out);

#endif
