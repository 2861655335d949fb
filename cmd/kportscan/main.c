#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "check.h"
#include "completions.h"
#include "diagnose.h"
#include "explain.h"
#include "free.h"
#include "output.h"
#include "query.h"
#include "report/json.h"
#include "settings.h"
#include "watch.h"

/* An engine that closes its connection must not end the program; kps_output_end_by_pipe does so for
 * standard output. */
static void survive_closed_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

static int run(struct kps_arena *arena, struct kps_options *options, const struct kps_env *env)
{
    switch (options->mode) {
    case KPS_MODE_CHECK:
        return kps_settings_settle(arena, options, env) ? kps_check(arena, options, env)
                                                        : KPS_EXIT_INPUT;
    case KPS_MODE_QUERY:
        if (!kps_settings_settle(arena, options, env)) {
            return KPS_EXIT_INPUT;
        }
        return options->watches ? kps_watch(arena, options, env) : kps_query(arena, options, env);
    case KPS_MODE_FREE:
        return kps_settings_settle(arena, options, env) ? kps_free(arena, options, env)
                                                        : KPS_EXIT_INPUT;
    case KPS_MODE_DIAGNOSE:
        return kps_settings_settle(arena, options, env) ? kps_diagnose(arena, options, env)
                                                        : KPS_EXIT_INPUT;
    case KPS_MODE_HELP:
        kps_options_help(stdout);
        break;
    case KPS_MODE_VERSION:
        (void)puts("kportscan " KPS_VERSION);
        break;
    case KPS_MODE_LIST_RULES:
    case KPS_MODE_EXPLAIN:
        return kps_explain(arena, options, env);
    case KPS_MODE_COMPLETIONS:
        if (!kps_completions(options->shell, stdout)) {
            (void)fputs("kportscan: there are completions for bash, zsh and fish\n", stderr);
            return KPS_EXIT_INPUT;
        }
        break;
    }
    return KPS_EXIT_CLEAN;
}

int main(int argc, char **argv)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options;
    struct kps_sv error = {"", 0};
    survive_closed_pipes();
    kps_json_use_allocator();
    if (!kps_options_parse(arena, argc, argv, &options, &error)) {
        (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(arena, error)));
        (void)fputs("Try 'kportscan --help'.\n", stderr);
        return KPS_EXIT_INPUT;
    }
    struct kps_env env = kps_env_of(arena, environ);
    kps_output_buffer();
    int code = run(arena, &options, &env);
    int failed = kps_output_flush();
    if (failed == EPIPE) {
        kps_output_end_by_pipe();
    }
    if (failed && code != KPS_EXIT_INPUT) {
        (void)fprintf(stderr, "kportscan: cannot write to standard output: %s\n", strerror(failed));
        code = KPS_EXIT_INPUT;
    }
    return code;
}
