#ifndef COMPLETIONS_H
#define COMPLETIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/sv.h"

/*
 * What a shell needs to complete a command line, made of the table of options, the rules and the
 * formats: the files in manifests/completions are what these print (tests/cmdline sees to it).
 * `shell` is bash, zsh or fish. Return: false for another; nothing is printed then.
 */
bool kps_completions(struct kps_sv shell, FILE *out);

#endif
