#ifndef KPS_PLUGIN_PLUGIN_H
#define KPS_PLUGIN_PLUGIN_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"

/*
 * kportscan as a plugin of the Docker CLI (docs of docker/cli, "cli-plugins"): a program that is
 * called by the name docker-kportscan. The CLI asks it for its metadata before each use, calls it
 * for `docker kportscan ...` with the global flags of docker in front of the name, and, where the
 * user's config.json has it, for a hook after another command.
 */
enum kps_plugin_kind {
    KPS_PLUGIN_NONE,     /* called by another name: no plugin */
    KPS_PLUGIN_METADATA, /* print the constant kps_plugin_metadata */
    KPS_PLUGIN_HOOK,     /* answer `request` (hook.h) */
    KPS_PLUGIN_COMPLETE, /* complete the last of the arguments */
    KPS_PLUGIN_RUN,      /* a command line of kportscan */
};

struct kps_plugin_call {
    enum kps_plugin_kind kind;
    int argc; /* RUN, COMPLETE: the arguments as kportscan has them, argv[0] included */
    char **argv;
    const char *request; /* HOOK: JSON */
    /* Values of the environment that docker's flags set; NULL: none. */
    const char *config;     /* DOCKER_CONFIG */
    const char *tls;        /* DOCKER_TLS */
    const char *tls_verify; /* DOCKER_TLS_VERIFY */
    const char *cert_path;  /* DOCKER_CERT_PATH */
};

/* JSON of the metadata, a line. Needs no configuration, engine or network. */
extern const char kps_plugin_metadata[];

/*
 * Read how the program was called. Docker's global flags (-H, --context, --config, -D, --tls…)
 * become options of kportscan, as if they stood behind the name. Everything lives in `arena` or in
 * argv. Return: true; false with the reason in *ret_error, a line for the user.
 */
bool kps_plugin_read(struct kps_arena *arena, int argc, char **argv, struct kps_plugin_call *ret,
                     struct kps_sv *ret_error);

/* Print the options that begin like the last argument, in the form of cobra's __complete. `help` is
 * the text of --help. */
void kps_plugin_complete(const struct kps_plugin_call *call, struct kps_sv help, FILE *out);

/*
 * Give the plugin of kubectl (`kubectl kportscan`, a program called kubectl-kportscan) its option
 * --cluster. Return: the arguments, in the arena.
 */
char **kps_plugin_of_kubectl(struct kps_arena *arena, int *argc, char **argv);

/* Set what docker's flags stand for, before the environment is read. */
void kps_plugin_set_environment(const struct kps_plugin_call *call);

#endif
