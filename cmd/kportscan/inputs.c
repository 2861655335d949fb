#include "inputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"

enum { PEEK_BYTES = 64 * 1024 }; /* how far a file is looked into for its kind */

struct kps_sv kps_inputs_cwd(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_sv pwd = kps_env_or_empty(env, SV("PWD"));
    struct stat there;
    struct stat here;
    if (pwd.n && pwd.p[0] == '/' && stat(kps_cstr(arena, pwd), &there) == 0 && stat(".", &here) == 0 &&
        there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
        return kps_path_clean(arena, pwd);
    }
    char *path = kps_alloc(arena, 64 * 1024);
    return getcwd(path, 64 * 1024) ? kps_sv_of(path) : SV("/");
}

/* Whether the line of a block-style document sets `key`, which is quoted in JSON-like YAML. */
static bool line_has_key(struct kps_sv line, struct kps_sv key)
{
    if (line.n && (line.p[0] == '"' || line.p[0] == '\'')) {
        line = kps_sv_from(line, 1);
        return kps_sv_starts(line, key) && line.n > key.n && (line.p[key.n] == '"' || line.p[key.n] == '\'');
    }
    return kps_sv_starts(line, key) && line.n > key.n && line.p[key.n] == ':';
}

bool kps_inputs_is_kubernetes(struct kps_sv text)
{
    bool has_version = false;
    bool has_kind = false;
    struct kps_sv rest = kps_sv_slice(text, 0, PEEK_BYTES);
    struct kps_sv start = rest;
    while (start.n && (kps_is_blank(start.p[0]) || start.p[0] == '\n' || start.p[0] == '\r')) {
        start = kps_sv_from(start, 1);
    }
    if (start.n && start.p[0] == '{') {
        return kps_sv_search(start, SV("\"apiVersion\"")) < start.n && kps_sv_search(start, SV("\"kind\"")) < start.n &&
               kps_sv_search(start, SV("\"services\"")) == start.n;
    }
    while (rest.n) {
        size_t end = kps_sv_find(rest, '\n');
        struct kps_sv line = kps_sv_slice(rest, 0, end);
        rest = kps_sv_from(rest, end + 1);
        if (line_has_key(line, SV("services"))) {
            return false;
        }
        has_version = has_version || line_has_key(line, SV("apiVersion"));
        has_kind = has_kind || line_has_key(line, SV("kind"));
    }
    return has_version && has_kind;
}

struct kps_job *kps_inputs_add(struct kps_jobs *jobs, struct kps_sv shown)
{
    const struct kps_options *options = jobs->options;
    struct kps_job *job = kps_vec_push(&jobs->list);
    job->shown = shown;
    job->request = (struct kps_compose_request){
        .cwd = jobs->cwd,
        .project_name = options->project_name,
        .project_directory = options->project_directory,
        .profiles = options->profiles.v,
        .n_profiles = options->profiles.n,
        .env_files = options->env_files.v,
        .n_env_files = options->env_files.n,
        .services = options->services.v,
        .n_services = options->services.n,
        .stdin_name = options->stdin_name,
    };
    return job;
}

/* A word of `docker compose` left in the command line: the most likely reason for a name that is no file. */
static bool is_compose_command(struct kps_sv word)
{
    static const struct kps_sv commands[] = {SV_LIT("up"),    SV_LIT("config"), SV_LIT("create"), SV_LIT("start"),
                                             SV_LIT("down"),  SV_LIT("ps"),     SV_LIT("run"),    SV_LIT("build"),
                                             SV_LIT("pull"),  SV_LIT("stop"),   SV_LIT("logs"),   SV_LIT("restart"),
                                             SV_LIT("watch"), SV_LIT("exec"),   SV_LIT("rm"),     SV_LIT("kill")};
    for (size_t i = 0; i < KPS_COUNT(commands); i++) {
        if (kps_sv_eq(word, commands[i])) {
            return true;
        }
    }
    return false;
}

static void add_command_word(struct kps_jobs *jobs, struct kps_sv word)
{
    struct kps_finding *finding =
        kps_diag_add(jobs->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0, "there is no file '%.*s'", SV_ARG(word));
    kps_finding_help(jobs->diag, finding, (struct kps_sv){"", 0},
                     "kportscan takes the options of 'docker compose' but not its commands: leave '%.*s' out",
                     SV_ARG(word));
    jobs->has_failed = true;
}

static void add_folder(struct kps_jobs *jobs, struct kps_sv folder)
{
    if (kps_inputs_walk(jobs, folder) > 0 || jobs->has_failed) {
        return;
    }
    struct kps_finding *finding = kps_diag_add(jobs->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0,
                                               "there is no Compose file in '%.*s' or below it", SV_ARG(folder));
    kps_finding_help(jobs->diag, finding, (struct kps_sv){"", 0},
                     "looked for compose*.yaml, compose*.yml, docker-compose*.yaml and docker-compose*.yml");
    jobs->has_failed = true;
}

static void add_file(struct kps_jobs *jobs, struct kps_sv path)
{
    bool is_stdin = kps_sv_eq(path, SV("-"));
    struct kps_sv absolute = is_stdin ? path : kps_path_join(jobs->arena, jobs->cwd, path);
    struct kps_sv text = {"", 0};
    bool is_readable = kps_replay_peek(jobs->replay, absolute, &text) == 0;
    struct kps_sv *files = KPS_NEW(jobs->arena, struct kps_sv);
    files[0] = path;
    struct kps_job *job = kps_inputs_add(jobs, path);
    if (is_stdin) {
        job->shown = jobs->options->stdin_name.n ? jobs->options->stdin_name : SV("<stdin>");
    }
    job->kind = is_readable && kps_inputs_is_kubernetes(text) ? KPS_INPUT_KUBERNETES : KPS_INPUT_COMPOSE;
    job->request.files = files;
    job->request.n_files = 1;
    job->request.with_override = !is_stdin;
    job->request.ignore_compose_file = true;
}

static void add_named(struct kps_jobs *jobs, struct kps_sv path)
{
    enum kps_fs_kind kind = KPS_FS_FILE;
    bool exists = kps_sv_eq(path, SV("-")) || kps_fs_os.stat(&kps_fs_os, path.p, &kind) == 0;
    if (!exists && is_compose_command(path)) {
        add_command_word(jobs, path);
    } else if (exists && kind == KPS_FS_DIR) {
        add_folder(jobs, path);
    } else {
        add_file(jobs, path);
    }
}

void kps_inputs_find(struct kps_jobs *jobs)
{
    const struct kps_options *options = jobs->options;
    if (options->files.n) {
        struct kps_job *job = kps_inputs_add(jobs, options->files.v[0]);
        job->request.files = options->files.v;
        job->request.n_files = options->files.n;
    }
    for (size_t i = 0; i < options->inputs.n; i++) {
        add_named(jobs, options->inputs.v[i]);
    }
    if (options->files.n == 0 && options->inputs.n == 0) {
        (void)kps_inputs_add(jobs, SV("."));
    }
}

void kps_inputs_free(struct kps_jobs *jobs)
{
    kps_vec_free(&jobs->list);
}
