#ifndef KPS_OPTIONS_COMPLETIONS_H
#define KPS_OPTIONS_COMPLETIONS_H

#include <stdio.h>

#include "options/option.h"

/*
 * Print the completion script of a shell (bash, zsh or fish), made of a table of options, the
 * rules and the formats. The files in manifests/completions are this output (checked by
 * tests/cmdline); the program itself does not print them. Return: false for another shell, without
 * output.
 */
KPS_MUST_USE bool kps_completions_print(const struct kps_option_info *table, struct kps_sv shell,
                                        FILE *out);

#endif
