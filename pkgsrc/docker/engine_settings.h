#ifndef KPS_DOCKER_ENGINE_SETTINGS_H
#define KPS_DOCKER_ENGINE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fs.h"

/*
 * Whether the Docker Engine of this machine runs with --userland-proxy=false, which its API does
 * not tell: by the command line of `peer`, the process that serves its socket (0 or not dockerd: of
 * the one that /var/run/docker.pid names), and its configuration file (--config-file, else
 * /etc/docker/daemon.json). What cannot be read is not set.
 */
bool kps_engine_has_no_proxy(struct kps_arena *scratch, const struct kps_fs *fs, uint32_t peer);

#endif
