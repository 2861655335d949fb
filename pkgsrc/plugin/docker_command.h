#ifndef KPS_PLUGIN_DOCKER_COMMAND_H
#define KPS_PLUGIN_DOCKER_COMMAND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"

/*
 * A command line of docker, as far as ports are concerned. The CLI passes a hook neither arguments
 * nor values of flags; the hook reads both from the parent process (/proc/PPID/cmdline). The text
 * is foreign input.
 */
enum kps_docker_verb {
    KPS_DOCKER_OTHER,         /* no command that binds ports */
    KPS_DOCKER_COMPOSE_START, /* compose up, start, restart, create: services of the project */
    KPS_DOCKER_COMPOSE_RUN,   /* compose run: one service, which publishes only with a flag */
    KPS_DOCKER_RUN,           /* run, create: a new container */
    KPS_DOCKER_START,         /* start, restart: containers by name */
    KPS_DOCKER_SWARM,         /* stack deploy, service create, service update */
};

struct kps_docker_command {
    enum kps_docker_verb verb;
    struct kps_sv host, context, config; /* -H, --context, --config; empty: not given */
    /* compose */
    KPS_VEC(struct kps_sv) files, profiles, env_files;
    struct kps_sv project_name, project_directory;
    bool publishes_service; /* compose run --service-ports */
    /* services of compose, containers of start; run: empty */
    KPS_VEC(struct kps_sv) names;
    /* -p of run, create and compose run, as written: "127.0.0.1:3000:80/tcp" */
    KPS_VEC(struct kps_sv) publishes;
};

/* Read the words of a command line; words[0] is the program. Views into the words. End it with
 * kps_docker_command_free. */
void kps_docker_command_read(const struct kps_sv *words, size_t n, struct kps_docker_command *ret);
void kps_docker_command_free(struct kps_docker_command *command);

/*
 * Split /proc/PID/cmdline into words (in the arena). Return: how many; 0 when the program is not
 * called docker.
 */
size_t kps_docker_command_split(struct kps_arena *arena, struct kps_sv cmdline,
                                struct kps_sv **ret);

/*
 * Return: the host side of a -p value as a question about ports ("127.0.0.1:3000/udp",
 * "3000-3005"); empty when the engine chooses the port ("80", "127.0.0.1::80") or the value cannot
 * be read. In the arena.
 */
struct kps_sv kps_docker_command_host_side(struct kps_arena *arena, struct kps_sv published);

#endif
