#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assign.h"
#include "check.h"
#include "command_line.h"
#include "diagnose.h"
#include "explain.h"
#include "free.h"
#include "help.h"
#include "hook.h"
#include "machine/machine.h"
#include "plugin/plugin.h"
#include "query.h"
#include "report/json.h"
#include "settings.h"
#include "standard_output.h"
#include "stderr_log.h"
#include "texts/text.h"
#include "watch.h"

/* An engine that closes its connection must not end the program; kps_standard_output_end_by_pipe
 * does so for standard output. */
static void survive_closed_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

/* Return whether a mode asks the engine late, or again and again: a wrong address of the engine
 * ends such a run at once. */
static bool asks_late(const struct kps_options *options)
{
    bool watches_engine =
        options->mode == KPS_MODE_QUERY && options->watches && !kps_query_is_of_cluster(options);
    return !options->only_files && (options->mode == KPS_MODE_DIAGNOSE || watches_engine);
}

static int run_mode(struct kps_arena *arena, struct kps_options *options, const struct kps_env *env)
{
    struct kps_sv fault = asks_late(options)
                              ? kps_machine_address_fault(arena, &options->machine, env)
                              : (struct kps_sv){"", 0};
    if (fault.n) {
        kps_log_error(&kps_stderr_log, "cannot ask the engine: %.*s", SV_ARG(fault));
        return KPS_EXIT_INPUT;
    }
    switch (options->mode) {
    case KPS_MODE_CHECK:
        return kps_check(arena, options, env);
    case KPS_MODE_QUERY:
        if (options->watches) {
            return kps_watch(arena, options, env);
        }
        return kps_query(arena, options, env);
    case KPS_MODE_FREE:
        return kps_free(arena, options, env);
    case KPS_MODE_ASSIGN:
        return kps_assign_ports(arena, options, env);
    case KPS_MODE_DIAGNOSE:
        return kps_diagnose(arena, options, env);
    case KPS_MODE_HELP:
        kps_help_print(stdout);
        break;
    case KPS_MODE_VERSION:
        kps_help_print_version(stdout, options->log.verbose);
        break;
    case KPS_MODE_LIST_RULES:
    case KPS_MODE_EXPLAIN:
        return kps_explain(options, env);
    }
    return KPS_EXIT_CLEAN;
}

/* Return: whether the mode reads the environment and .kportscan.yaml. */
static bool has_settings(enum kps_mode mode)
{
    return mode == KPS_MODE_CHECK || mode == KPS_MODE_QUERY || mode == KPS_MODE_FREE ||
           mode == KPS_MODE_ASSIGN || mode == KPS_MODE_DIAGNOSE;
}

/* Answer a call of the Docker CLI. Return: false for an ordinary command line. */
static bool answer_docker(struct kps_arena *arena, const struct kps_plugin_call *call)
{
    switch (call->kind) {
    case KPS_PLUGIN_METADATA:
        (void)fputs(kps_plugin_metadata, stdout);
        return true;
    case KPS_PLUGIN_HOOK:
        (void)kps_hook(arena, kps_sv_of(call->request));
        return true;
    case KPS_PLUGIN_COMPLETE:
        kps_plugin_complete(call, kps_text_unpack(arena, KPS_TEXT_HELP), stdout);
        return true;
    case KPS_PLUGIN_NONE:
    case KPS_PLUGIN_RUN:
        break;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_options options;
    struct kps_plugin_call call;
    struct kps_sv error = {"", 0};
    survive_closed_pipes();
    kps_json_use_allocator();
    if (!kps_plugin_read(arena, argc, argv, &call, &error)) {
        kps_log_error(&kps_stderr_log, "%.*s", SV_ARG(error));
        return KPS_EXIT_INPUT;
    }
    if (answer_docker(arena, &call)) {
        return KPS_EXIT_CLEAN;
    }
    argc = call.argc;
    argv = kps_plugin_of_kubectl(arena, &argc, call.argv);
    kps_plugin_set_environment(&call);
    if (!kps_command_line_parse(arena, argc, argv, &options, &error)) {
        kps_log_error(&kps_stderr_log, "%.*s", SV_ARG(error));
        (void)fputs("Try 'kportscan --help'.\n", stderr);
        return KPS_EXIT_INPUT;
    }
    struct kps_env env = kps_env_of(arena, environ);
    if (!options.watches) {
        kps_stderr_log_show_waits(&options.log, &env);
    }
    kps_standard_output_buffer();
    bool is_settled = !has_settings(options.mode) || kps_settings_settle(arena, &options, &env);
    int code = is_settled ? run_mode(arena, &options, &env) : KPS_EXIT_INPUT;
    int failed = kps_standard_output_flush();
    if (failed == EPIPE) {
        kps_standard_output_end_by_pipe();
    }
    if (failed && code != KPS_EXIT_INPUT) {
        kps_log_error(&kps_stderr_log, "cannot write to standard output: %s", strerror(failed));
        code = KPS_EXIT_INPUT;
    }
    return code;
}
