#ifndef FREE_H
#define FREE_H

#include "options.h"

/*
 * --free PORT[-PORT]: print the first host ports from PORT up, or inside the range, without a
 * holder or a claim among this machine's sockets, the engine's running and stopped containers, and
 * the given inputs. Skipped as well: reserved ports (net.ipv4.ip_local_reserved_ports), privileged
 * ports, tcp ports refused by browsers, and ports of outgoing connections, unless the search begins
 * there or the range has no others. A bind in a fresh socket settles it (sys/probe.h). Plain
 * numbers go to standard output; with -v, the reasons for skipped ports go to stderr. Return: the
 * exit code: 0 all requested ports were found; 1 fewer; 2 an input cannot be read; 3 a named
 * engine, or the sockets, could not be asked.
 */
int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env);

#endif
