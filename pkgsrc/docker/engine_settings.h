#ifndef KPS_DOCKER_ENGINE_SETTINGS_H
#define KPS_DOCKER_ENGINE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fs.h"

/*
 * Find the pid of the dockerd that serves a socket. `peer` is the pid behind the socket: dockerd,
 * systemd (which activates it), or 0 when unknown. Return: 0 when there is none.
 */
uint32_t kps_engine_settings_find_dockerd(struct kps_arena *scratch, const struct kps_fs *fs,
                                          uint32_t peer);

/*
 * Report if the Docker Engine of this machine runs with --userland-proxy=false, which the API does
 * not show before 29: by the command line of `peer`, the process that serves its socket (0 or not
 * dockerd: the process in /var/run/docker.pid), and its configuration file (--config-file, else
 * /etc/docker/daemon.json). Unreadable settings count as not set.
 */
bool kps_engine_settings_no_proxy(struct kps_arena *scratch, const struct kps_fs *fs,
                                  uint32_t peer);

#endif
