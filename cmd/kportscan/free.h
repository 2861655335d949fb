#ifndef FREE_H
#define FREE_H

#include "options.h"

/*
 * --free PORT[-PORT]: the first host ports from PORT up, or inside the range, that nothing holds
 * and nothing claims: this machine's sockets, the engine's running and stopped containers, the
 * given inputs. Passed over as well: ports that are reserved (net.ipv4.ip_local_reserved_ports) or
 * privileged, tcp ports that browsers refuse, and those that outgoing connections may get, unless
 * the search begins among them or nothing else is left of a range. A bind in a fresh socket settles
 * it (sys/probe.h). Plain numbers go to standard output; with -v, why others
 * were passed over goes to stderr. Return: the exit code: 0 as many as were asked for; 1 fewer; 2
 * an input cannot be read; 3 an engine that was named, or the sockets, could not be asked.
 */
int kps_free(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env);

#endif
