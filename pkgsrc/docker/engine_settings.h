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

/* Settings of a Docker Engine of this machine that the API does not show. */
struct kps_engine_settings {
    bool no_proxy; /* runs with --userland-proxy=false */
    /* Address of ports published without one, from new networks of the bridge driver
     * (default-network-opts, host_binding_ipv4); empty: every address. */
    struct kps_sv host_binding;
};

/*
 * Read the settings by the command line of `peer`, the process that serves the engine's socket (0
 * or not dockerd: the process in /var/run/docker.pid), and its configuration file (--config-file,
 * else /etc/docker/daemon.json). Unreadable settings count as not set. Texts are in the arena.
 */
struct kps_engine_settings kps_engine_settings_read(struct kps_arena *arena,
                                                    const struct kps_fs *fs, uint32_t peer);

#endif
