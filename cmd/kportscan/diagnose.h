#ifndef DIAGNOSE_H
#define DIAGNOSE_H

#include "options.h"

/*
 * Read a log or a message (--diagnose) and answer each port error. A stream is answered at each
 * pause of the writer, so that a program that runs on is answered at once.
 *
 * Return: the exit code: 0 a port error was found, 1 none, 2 the log is unreadable or no text.
 */
int kps_diagnose(struct kps_arena *arena, const struct kps_options *options,
                 const struct kps_env *env);

#endif
