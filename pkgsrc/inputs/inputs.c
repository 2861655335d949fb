#include "inputs/inputs.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments/command_words.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/shell.h"
#include "compose/discover.h"
#include "diagnose/scan.h"
#include "inputs/systemd.h"
#include "inputs/walk.h"

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
    if (jobs->options->is_one_project) {
        add_project(jobs, folder);
        return;
    }
    uint32_t n_ignored = jobs->n_ignored;
    if (kps_inputs_walk(jobs, folder) > 0) {
        return;
    }
    n_ignored = jobs->n_ignored - n_ignored;
    struct kps_finding *finding = kps_inputs_fail(
        jobs, folder, "there is no Compose file or manifest in '%.*s' or below it", SV_ARG(folder));
    kps_finding_help(
        finding, "name a file, or a folder with (docker-)compose*.yaml or .yml, or with YAML or "
                 "JSON that has apiVersion and kind");
    if (n_ignored) {
        kps_finding_note(finding, "files are left out (.gitignore, vendored code, test data): "
                                  "--no-ignore reads them");
    }
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
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
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
    kps_finding_help(
        finding,
        "type 'set -o pipefail' and try again: the command before the pipe may have failed");
}

/* Return: whether a text is a log with port errors in it, and no input of a check. */
static bool is_log(struct kps_arena *arena, struct kps_sv text)
{
    enum { LOOK_AT = 64 * 1024 };
    static const char keys[] = "services: include: apiVersion: [Container] \"apiVersion\"";
    text = kps_sv_head(text, LOOK_AT);
    return !kps_sv_has_any(text, keys) && kps_scan_has_symptom(arena, text);
}

static void add_file(struct kps_jobs *jobs, struct kps_sv path)
{
    bool is_stdin = kps_sv_is(path, "-");
    struct kps_sv absolute = is_stdin ? path : kps_path_join(jobs->arena, jobs->cwd, path);
    struct kps_sv text = {"", 0};
    bool is_readable = kps_replay_peek(jobs->replay, absolute, &text) == 0;
    if (is_stdin && is_readable && is_empty_stream(text)) {
        add_nothing(jobs, text);
        return;
    }
    if (is_readable && is_log(jobs->arena, text)) {
        (void)kps_inputs_fail(
            jobs, path,
            "'%.*s' is a log, and no Compose file or manifest; type: kportscan --diagnose %s",
            SV_ARG(path), kps_shell_quote(jobs->arena, path).p);
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
    kps_inputs_set_file(jobs, job, path);
    job->request.with_override = !is_stdin || jobs->options->stdin_name.n;
    job->request.ignore_compose_file = true;
}

static void add_named(struct kps_jobs *jobs, struct kps_sv path)
{
    enum kps_fs_kind kind = kps_sv_is(path, "-") ? KPS_FS_FILE : kps_fs_kind_of(path.p);
    struct kps_sv hint = kind == KPS_FS_NONE ? kps_command_words_hint(jobs->arena, path) : SV("");
    if (hint.n) {
        (void)kps_inputs_fail(jobs, path, "there is no file '%.*s'; %.*s", SV_ARG(path),
                              SV_ARG(hint));
    } else if (kind == KPS_FS_DIR) {
        add_folder(jobs, path);
    } else if (kind == KPS_FS_NONE || !add_kustomization(jobs, path)) {
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
    const struct kps_inputs_options *options = jobs->options;
    read_fifos(jobs, &options->files);
    read_fifos(jobs, &options->env_files);
    if (options->files.n) {
        struct kps_job *job = kps_inputs_add(jobs, options->files.v[0], false);
        job->request.is_stack = options->is_swarm; /* --file is that of docker compose */
        job->request.files = options->files.v;
        job->request.n_files = options->files.n;
    }
    for (size_t i = 0; i < options->named.n; i++) {
        add_named(jobs, options->named.v[i]);
    }
    if (options->asks_systemd) {
        kps_inputs_add_systemd(jobs);
    } else if (options->files.n == 0 && options->named.n == 0) {
        (void)kps_inputs_add(jobs, SV("."), false);
    }
}
