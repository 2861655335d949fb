#ifndef HOOK_H
#define HOOK_H

#include "base/arena.h"

/*
 * The hook of the Docker plugin: after a failed `docker compose up`, `run`, `start`, `create`,
 * `stack deploy` or `service create` the Docker CLI calls it and prints the answer under "What's
 * next:". The answer has two lines for each of at most KPS_HOOK_PORTS ports, the holder and the
 * command to type, and a last line that points to the rest, in plain text; it is empty where no
 * port is involved, where that is unknown, and when KPS_HOOK_MS are over, so that the hook never
 * delays a prompt for longer.
 *
 * Sources, in this order: the text of the failure (docker run of CLI 28 and later); else the
 * command line of the parent process and the project, the ports or the containers that it names.
 */
enum { KPS_HOOK_MS = 1500 };

/* Answer a request (JSON) on standard output. Return: 0, the exit code in all cases. */
int kps_hook(struct kps_arena *arena, struct kps_sv request);

#endif
