#ifndef DIAGNOSE_H
#define DIAGNOSE_H

#include "options.h"

/*
 * --diagnose: reads a log and answers each port error in it. A stream is answered as it comes: what
 * was found is told as soon as the writer pauses, so that a program that runs on, or Ctrl-C, does
 * not keep the answer back. Return: the exit code: 0 an error was found, 1 none, 2 the log cannot
 * be read or is no text.
 */
int kps_diagnose(struct kps_arena *arena, const struct kps_options *options,
                 const struct kps_env *env);

#endif
