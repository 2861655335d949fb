#include "plugin/hook_arguments.h"

#include <string.h>

enum { ENGINE_TIMEOUT_SECONDS = 1 };

/* A command line of kportscan in the making. */
struct arguments {
    struct kps_arena *arena;
    char **v;
    int n;
};

/* Add "--NAME=VALUE", unless the value is empty. The joined form keeps a value that begins with a
 * dash from being an option. */
static void add_option(struct arguments *arguments, const char *name, struct kps_sv value)
{
    if (value.n) {
        struct kps_sv word = kps_fmt(arguments->arena, "--%s=%.*s", name, SV_ARG(value));
        arguments->v[arguments->n++] =
            memcpy(kps_alloc(arguments->arena, word.n + 1), word.p, word.n);
    }
}

static void add_options(struct arguments *arguments, const char *name, const struct kps_sv *values,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add_option(arguments, name, values[i]);
    }
}

int kps_hook_arguments_make(struct kps_arena *arena, const struct kps_docker_command *command,
                            char ***ret)
{
    static char program[] = "kportscan";
    size_t most =
        16 + command->files.n + command->profiles.n + command->env_files.n + command->names.n;
    struct arguments arguments = {arena, KPS_NEW_N(arena, char *, most), 0};
    arguments.v[arguments.n++] = program;
    add_option(&arguments, "docker-host", command->host);
    add_option(&arguments, "context", command->context);
    add_option(&arguments, "timeout", kps_fmt(arena, "%d", ENGINE_TIMEOUT_SECONDS));
    if (command->verb == KPS_DOCKER_COMPOSE_START || command->verb == KPS_DOCKER_COMPOSE_RUN) {
        add_options(&arguments, "file", command->files.v, command->files.n);
        add_options(&arguments, "profile", command->profiles.v, command->profiles.n);
        add_options(&arguments, "env-file", command->env_files.v, command->env_files.n);
        add_options(&arguments, "service", command->names.v, command->names.n);
        add_option(&arguments, "project-name", command->project_name);
        add_option(&arguments, "project-directory", command->project_directory);
    }
    *ret = arguments.v;
    return arguments.n;
}
