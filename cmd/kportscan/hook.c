#include "hook.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "check.h"
#include "command_line.h"
#include "diagnose/scan.h"
#include "plugin/hook_answer.h"
#include "plugin/hook_arguments.h"
#include "plugin/hook_request.h"
#include "plugin/hook_symptoms.h"
#include "settings.h"

/* The state of a call of the hook. */
struct hook {
    struct kps_arena *arena;
    struct kps_hook_request request;
    struct kps_docker_command command;
    bool knows_command; /* the parent is docker, and its command line was read */
    struct kps_hook_answer answer;
};

/* Time is over: end without a word, which shows nothing. */
static void end_in_silence(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

static void set_deadline(void)
{
    struct sigaction end = {.sa_handler = end_in_silence};
    struct itimerval timer = {.it_value = {KPS_HOOK_MS / 1000, KPS_HOOK_MS % 1000 * 1000}};
    (void)sigaction(SIGALRM, &end, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* Read the command line of the docker that calls. */
static void read_parent(struct hook *hook)
{
    struct kps_sv path = kps_fmt(hook->arena, "/proc/%ld/cmdline", (long)getppid());
    struct kps_sv bytes = {"", 0};
    if (kps_fs_os.read(&kps_fs_os, hook->arena, path.p, KPS_LIMIT_FILE_BYTES, &bytes) != 0) {
        return;
    }
    struct kps_sv *words = NULL;
    size_t n = kps_docker_command_split(hook->arena, bytes, &words);
    hook->knows_command = n > 0;
    kps_docker_command_read(words, n, &hook->command);
}

/*
 * Make the options of a check of the started project. Return: false for options that are refused.
 */
static bool make_options(const struct hook *hook, struct kps_env *env, struct kps_options *ret)
{
    struct kps_sv error = {"", 0};
    char **argv = NULL;
    int argc = kps_hook_arguments_make(hook->arena, &hook->command, &argv);
    /* with the folder that docker was told to take its configuration from */
    *env = kps_env_with(hook->arena, environ, "DOCKER_CONFIG", hook->command.config);
    bool is_good = kps_command_line_parse(hook->arena, argc, argv, ret, &error) &&
                   kps_settings_settle(hook->arena, ret, env);
    ret->machine.never_prompts = true;
    ret->inputs.n_machines = 0; /* the project was started on the engine that docker asked */
    return is_good;
}

/* Judge the started project. */
static void answer_project(struct hook *hook)
{
    struct kps_env env;
    struct kps_options options;
    if (!make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    kps_session_open(&session, hook->arena, &options, &env);
    (void)kps_check_collect(&session);
    kps_hook_answer_drop_others(&session.diag);
    if (!session.gathering.has_failed) {
        kps_hook_answer_add(&hook->answer, &session.ledger, false);
    }
    kps_session_close(&session);
}

/* Answer symptoms; `text` is where they were read. */
static void answer_symptoms(struct hook *hook, struct kps_sv text, struct kps_symptom *symptoms,
                            uint32_t n, bool needs_holder)
{
    struct kps_env env;
    struct kps_options options;
    if (n == 0 || !make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    kps_session_open(&session, hook->arena, &options, &env);
    kps_file_id file = kps_files_add(&session.diag.files, SV("docker"), text);
    (void)kps_session_diagnose(&session, file, symptoms, n);
    kps_hook_answer_add(&hook->answer, &session.ledger, needs_holder);
    kps_session_close(&session);
}

/* Answer the text of the failure. docker itself has said all about a value that it refuses. Return:
 * whether the text names a port error. */
static bool answer_error(struct hook *hook)
{
    struct kps_scan scan;
    kps_scan_begin(&scan, hook->arena);
    kps_scan_text(&scan, hook->request.command_error, true);
    uint32_t n = scan.found.all.n;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (scan.found.all.v[i].kind != KPS_SYMPTOM_REFUSED) {
            scan.found.all.v[n_kept++] = scan.found.all.v[i];
        }
    }
    answer_symptoms(hook, hook->request.command_error, scan.found.all.v, n_kept, false);
    kps_scan_free(&scan);
    return n > 0;
}

/* Answer for the ports of -p: their holders now. */
static void answer_published(struct hook *hook)
{
    struct kps_symptom *symptoms = NULL;
    uint32_t n = kps_hook_symptoms_of_flags(hook->arena, &hook->command, &symptoms);
    answer_symptoms(hook, SV("docker\n"), symptoms, n, true);
}

/* Answer for containers started by name: the holders of their ports. */
static void answer_started(struct hook *hook)
{
    struct kps_env env;
    struct kps_options options;
    if (!make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    struct kps_machine_question question = {.engine = true};
    kps_session_open(&session, hook->arena, &options, &env);
    (void)kps_session_ask(&session, &question);
    kps_ledger_link(&session.ledger);
    struct kps_symptom *symptoms = NULL;
    uint32_t n = kps_hook_symptoms_of_names(&session.ledger, &hook->command, &symptoms);
    kps_session_close(&session);
    answer_symptoms(hook, SV("docker\n"), symptoms, n, true);
}

/* Answer by the failed command. */
static void answer_command(struct hook *hook)
{
    bool is_compose = kps_sv_has_head(hook->request.root_command, "compose");
    if (!hook->knows_command && is_compose && !hook->request.has_project_flag) {
        hook->command.verb = KPS_DOCKER_COMPOSE_START; /* the project of this folder */
    }
    switch (hook->command.verb) {
    case KPS_DOCKER_COMPOSE_START:
        answer_project(hook);
        break;
    case KPS_DOCKER_COMPOSE_RUN:
        if (hook->command.publishes_service) {
            answer_project(hook);
        } else {
            answer_published(hook);
        }
        break;
    case KPS_DOCKER_RUN:
        answer_published(hook);
        break;
    case KPS_DOCKER_START:
        answer_started(hook);
        break;
    case KPS_DOCKER_SWARM:
    case KPS_DOCKER_OTHER:
        break;
    }
}

int kps_hook(struct kps_arena *arena, struct kps_sv request)
{
    struct hook hook = {.arena = arena, .answer = {.text = kps_buf_new(arena)}};
    set_deadline();
    if (kps_hook_request_read(arena, request, &hook.request)) {
        read_parent(&hook);
        hook.answer = kps_hook_answer_of(arena, &hook.command);
        if (!answer_error(&hook) && kps_hook_request_is_open(&hook.request)) {
            answer_command(&hook);
        }
    }
    struct kps_sv answer = kps_hook_request_answer(arena, kps_buf_sv(hook.answer.text));
    (void)fprintf(stdout, "%.*s\n", SV_ARG(answer));
    kps_docker_command_free(&hook.command);
    return 0;
}
