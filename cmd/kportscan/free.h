#ifndef FREE_H
#define FREE_H

#include "options.h"

/*
 * --free PORT[-PORT]: print the first free host ports from PORT up, or inside the range
 * (query/free_search.h), as plain numbers; the given inputs count as well. Return: the exit code: 0
 * all requested ports were found; 1 fewer; 2 an input cannot be read; 3 a named engine, a cluster,
 * or the sockets of another machine, could not be asked. On this machine the bind of each printed
 * port answers for sockets that cannot be listed.
 */
int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env);

#endif
