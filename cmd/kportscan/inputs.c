#include "inputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/shell.h"
#include "command_words.h"
#include "compose/discover.h"
#include "diagnose/scan.h"
#include "kube/collect.h"

struct kps_sv kps_inputs_cwd(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_sv pwd = kps_env_or_empty(env, SV("PWD"));
    struct stat there;
    struct stat here;
    if (pwd.n && pwd.p[0] == '/' && stat(kps_cstr(arena, pwd), &there) == 0 &&
        stat(".", &here) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
        return kps_path_clean(arena, pwd);
    }
    char *path = kps_alloc(arena, 64 * 1024);
    return getcwd(path, 64 * 1024) ? kps_sv_of(path) : SV("/");
}

bool kps_inputs_is_kubernetes(struct kps_sv text)
{
    if (text.n > KPS_LIMIT_FILE_BYTES) {
        return true; /* only lists of a cluster are as long (replay.h) */
    }
    bool has_services =
        kps_sv_starts(text, SV("services:")) || kps_sv_search(text, SV("\nservices:")) < text.n;
    return !has_services && kps_kube_looks_like(text);
}

void kps_inputs_set_unit(struct kps_job *job, enum kps_units_kind kind)
{
    static const enum kps_input_kind kinds[] = {[KPS_UNITS_QUADLET] = KPS_INPUT_QUADLET,
                                                [KPS_UNITS_SOCKET] = KPS_INPUT_SOCKET_UNIT,
                                                [KPS_UNITS_KIND] = KPS_INPUT_KIND,
                                                [KPS_UNITS_K3D] = KPS_INPUT_K3D,
                                                [KPS_UNITS_KUBE_PLAY] = KPS_INPUT_KUBE_PLAY};
    if (kind != KPS_UNITS_NONE) {
        job->units = kind;
        job->kind = kinds[kind];
    }
}

struct kps_job *kps_inputs_add(struct kps_jobs *jobs, struct kps_sv shown, bool walked)
{
    const struct kps_options *options = jobs->options;
    struct kps_sv key = kps_path_join(jobs->arena, jobs->cwd, shown);
    bool is_new = false;
    uint32_t at = *kps_map_put(&jobs->index, jobs->arena, key, jobs->list.n, &is_new);
    if (!is_new && (walked || !jobs->list.v[at].walked)) {
        return NULL;
    }
    struct kps_job *job = is_new ? kps_vec_push(&jobs->list) : &jobs->list.v[at];
    *job = (struct kps_job){.shown = shown, .walked = walked};
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
        .scales = options->scales,
        .n_scales = options->n_scales,
        .stdin_name = options->stdin_name,
        .version = options->compose_version,
        .is_stack = options->is_swarm || kps_compose_discover_is_stack(kps_path_base(shown)),
    };
    return job;
}

struct kps_finding *kps_inputs_fail(struct kps_jobs *jobs, struct kps_sv shown, const char *fmt,
                                    ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv text = kps_vfmt(jobs->arena, fmt, args);
    va_end(args);
    struct kps_job *job = kps_vec_push(&jobs->list);
    *job = (struct kps_job){.shown = shown, .error = text};
    return kps_diag_add(jobs->diag, KPS_RULE_INPUT_UNREADABLE, KPS_ERROR, 0, "%.*s", SV_ARG(text));
}

/* Add the project of a folder, as Compose finds the project there, without projects below. */
static void add_project(struct kps_jobs *jobs, struct kps_sv folder)
{
    struct kps_job *job = kps_inputs_add(jobs, folder, false);
    if (job) {
        job->request.directory = kps_path_join(jobs->arena, jobs->cwd, folder);
        job->request.no_parents = true;
        job->request.ignore_compose_file = true;
    }
}

static void add_folder(struct kps_jobs *jobs, struct kps_sv folder)
{
    if (jobs->options->mode == KPS_MODE_ASSIGN) {
        add_project(jobs, folder);
        return;
    }
    if (kps_inputs_walk(jobs, folder) > 0) {
        return;
    }
    struct kps_finding *finding = kps_inputs_fail(
        jobs, folder, "there is no Compose file or manifest in '%.*s' or below it", SV_ARG(folder));
    kps_finding_help(jobs->diag, finding, (struct kps_sv){"", 0},
                     "looked for (docker-)compose*.yaml and .yml, and for YAML and JSON files with "
                     "apiVersion and kind");
}

/* A file that is named and is a kustomization: its folder is built. Return: whether it is one. */
static bool add_kustomization(struct kps_jobs *jobs, struct kps_sv path)
{
    if (!kps_kustomize_is_name(kps_path_base(path))) {
        return false;
    }
    struct kps_sv top = kps_path_dir(jobs->arena, kps_path_join(jobs->arena, jobs->cwd, path));
    struct kps_kustomize *kustomize =
        kps_inputs_kustomize(jobs, top, kps_path_dir(jobs->arena, path));
    bool is_one = kps_kustomize_add(kustomize, top);
    kps_kustomize_link(kustomize);
    (void)kps_inputs_add_kustomizations(jobs, kustomize, top);
    return is_one;
}

/* Return true for a stream without a document: blank lines, comments and separators. */
static bool is_empty_stream(struct kps_sv text)
{
    while (text.n) {
        size_t end = kps_sv_find(text, '\n');
        struct kps_sv line = kps_sv_slice(text, 0, end);
        text = end < text.n ? kps_sv_from(text, end + 1) : SV("");
        while (line.n && (line.p[line.n - 1] == '\r' || kps_is_blank(line.p[line.n - 1]))) {
            line.n--;
        }
        line = kps_sv_trim(line);
        if (line.n && line.p[0] != '#' && !kps_sv_is_one_of(line, "--- ...")) {
            return false;
        }
    }
    return true;
}

/* Fail for a pipe without a document: most likely the command before it failed. */
static void add_nothing(struct kps_jobs *jobs, struct kps_sv text)
{
    struct kps_sv shown = jobs->options->stdin_name.n ? jobs->options->stdin_name : SV("<stdin>");
    struct kps_finding *finding = kps_inputs_fail(jobs, shown, "%s arrived on standard input",
                                                  text.n ? "no document" : "nothing");
    kps_finding_help(jobs->diag, finding, (struct kps_sv){"", 0},
                     "the command before the pipe may have failed: 'set -o pipefail' shows it");
}

/* Return: whether a text is a log with port errors in it, and no input of a check. */
static bool is_log(struct kps_arena *arena, struct kps_sv text)
{
    enum { LOOK_AT = 64 * 1024 };
    static const struct kps_sv keys[] = {SV_LIT("services:"), SV_LIT("include:"),
                                         SV_LIT("apiVersion:"), SV_LIT("[Container]"),
                                         SV_LIT("\"apiVersion\"")};
    text = kps_sv_slice(text, 0, LOOK_AT);
    for (size_t i = 0; i < KPS_COUNT(keys); i++) {
        if (kps_sv_search(text, keys[i]) < text.n) {
            return false;
        }
    }
    struct kps_scan scan;
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, text, true);
    bool has_error = scan.symptoms.n > 0;
    kps_scan_free(&scan);
    return has_error;
}

static void add_file(struct kps_jobs *jobs, struct kps_sv path)
{
    bool is_stdin = kps_sv_eq(path, SV("-"));
    struct kps_sv absolute = is_stdin ? path : kps_path_join(jobs->arena, jobs->cwd, path);
    struct kps_sv text = {"", 0};
    bool is_readable = kps_replay_peek(jobs->replay, absolute, &text) == 0;
    struct kps_sv *files = KPS_NEW(jobs->arena, struct kps_sv);
    files[0] = path;
    if (is_stdin && is_readable && is_empty_stream(text)) {
        add_nothing(jobs, text);
        return;
    }
    if (is_readable && is_log(jobs->arena, text)) {
        (void)kps_inputs_fail(
            jobs, path,
            "'%.*s' is a log, and no Compose file or manifest; its port errors are "
            "answered by: kportscan --diagnose %.*s",
            SV_ARG(path), SV_ARG(kps_shell_quote(jobs->arena, path)));
        return;
    }
    struct kps_job *job = kps_inputs_add(jobs, path, false);
    if (!job) {
        return;
    }
    if (is_stdin) {
        job->shown = jobs->options->stdin_name.n ? jobs->options->stdin_name : SV("<stdin>");
        job->request.is_stack =
            jobs->options->is_swarm || kps_compose_discover_is_stack(kps_path_base(job->shown));
    }
    job->kind =
        is_readable && kps_inputs_is_kubernetes(text) ? KPS_INPUT_KUBERNETES : KPS_INPUT_COMPOSE;
    enum kps_units_kind units =
        kps_units_kind_of_name(kps_path_base(is_stdin ? jobs->options->stdin_name : path));
    if (units == KPS_UNITS_NONE && text.n <= KPS_LIMIT_FILE_BYTES) {
        units = kps_units_kind_of_text(text);
    }
    bool is_played = jobs->options->is_kube_play && job->kind == KPS_INPUT_KUBERNETES;
    kps_inputs_set_unit(job, units == KPS_UNITS_NONE && is_played ? KPS_UNITS_KUBE_PLAY : units);
    job->request.files = files;
    job->request.n_files = 1;
    job->request.with_override = !is_stdin || jobs->options->stdin_name.n;
    job->request.ignore_compose_file = true;
}

static void add_named(struct kps_jobs *jobs, struct kps_sv path)
{
    enum kps_fs_kind kind = KPS_FS_FILE;
    bool exists = kps_sv_eq(path, SV("-")) || kps_fs_os.stat(&kps_fs_os, path.p, &kind) == 0;
    struct kps_sv hint = exists ? SV("") : kps_command_words_hint(jobs->arena, path);
    if (hint.n) {
        (void)kps_inputs_fail(jobs, path, "there is no file '%.*s'; %.*s", SV_ARG(path),
                              SV_ARG(hint));
    } else if (exists && kind == KPS_FS_DIR) {
        add_folder(jobs, path);
    } else if (!exists || !add_kustomization(jobs, path)) {
        add_file(jobs, path);
    }
}

/* Read the files of an option that are FIFOs now: later reads take none. */
static void read_fifos(struct kps_jobs *jobs, const struct kps_list *files)
{
    for (size_t i = 0; i < files->n; i++) {
        struct kps_sv path = kps_path_join(jobs->arena, jobs->cwd, files->v[i]);
        struct stat st;
        struct kps_sv text = {"", 0};
        if (stat(kps_cstr(jobs->arena, path), &st) == 0 && S_ISFIFO(st.st_mode)) {
            (void)kps_replay_peek(jobs->replay, path, &text);
        }
    }
}

void kps_inputs_find(struct kps_jobs *jobs)
{
    const struct kps_options *options = jobs->options;
    read_fifos(jobs, &options->files);
    read_fifos(jobs, &options->env_files);
    if (options->files.n) {
        struct kps_job *job = kps_inputs_add(jobs, options->files.v[0], false);
        job->request.files = options->files.v;
        job->request.n_files = options->files.n;
    }
    for (size_t i = 0; i < options->inputs.n; i++) {
        add_named(jobs, options->inputs.v[i]);
    }
    if (options->asks_systemd) {
        kps_inputs_add_systemd(jobs);
    } else if (options->files.n == 0 && options->inputs.n == 0) {
        (void)kps_inputs_add(jobs, SV("."), false);
    }
}

struct kps_kustomize *kps_inputs_kustomize(struct kps_jobs *jobs, struct kps_sv top,
                                           struct kps_sv shown)
{
    struct kps_kustomize *kustomize =
        kps_kustomize_open(jobs->diag, &jobs->fs, jobs->cwd, top, shown);
    *kps_vec_push(&jobs->kustomizes) = kustomize;
    return kustomize;
}

void kps_inputs_free(struct kps_jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->kustomizes.n; i++) {
        kps_kustomize_report(jobs->kustomizes.v[i]);
        kps_kustomize_close(jobs->kustomizes.v[i]);
    }
    kps_vec_free(&jobs->kustomizes);
    kps_vec_free(&jobs->list);
}
