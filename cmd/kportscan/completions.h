#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/compiler.h"
#include "base/sv.h"

/*
 * Print the completion script of a shell (bash, zsh or fish), made of the table of options, the
 * rules and the formats. The files in manifests/completions are this output (checked by
 * tests/cmdline). Return: false for another shell, without output.
 */
KPS_MUST_USE bool kps_completions(struct kps_sv shell, FILE *out);

#endif
