#ifndef QUERY_H
#define QUERY_H

#include "options.h"

/*
 * Who holds or will want ports on this machine: the query modes (--docker, --host, PORT). Writes the answer; what
 * concerns the run goes to stderr.
 * Return: the exit code (contract/cli): 0 somebody does, or a list was printed; 1 nobody does; 3 could not ask.
 */
int kps_query(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env);

#endif
