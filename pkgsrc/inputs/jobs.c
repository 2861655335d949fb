#include "inputs/jobs.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "compose/discover.h"
#include "kube/collect.h"

struct kps_sv kps_inputs_cwd(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_sv pwd = kps_env_or_empty(env, "PWD");
    struct stat there;
    struct stat here;
    if (pwd.n && pwd.p[0] == '/' && stat(kps_cstr(arena, pwd), &there) == 0 &&
        stat(".", &here) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
        return kps_path_clean(arena, pwd);
    }
    char *path = kps_alloc(arena, 64 * 1024);
    return getcwd(path, 64 * 1024) ? kps_sv_of(path) : SV("/");
}

static bool has_services(struct kps_sv text)
{
    return kps_sv_has_head(text, "services:") || kps_sv_has_any(text, "\nservices:");
}

bool kps_inputs_is_kubernetes(struct kps_sv text)
{
    if (text.n > KPS_LIMIT_FILE_BYTES) {
        return true; /* only lists of a cluster are as long (replay.h) */
    }
    return !has_services(text) && kps_kube_looks_like(text);
}

bool kps_inputs_is_other(struct kps_sv name, struct kps_sv text)
{
    if (kps_compose_discover_is_stack(name) && !has_services(text)) {
        return true;
    }
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        line = kps_sv_trim(line);
        if (line.n && line.p[0] != '#' && !kps_sv_has_head(line, "---")) {
            return kps_sv_has_head(line, "- ");
        }
    }
    return false;
}

bool kps_inputs_is_compose_name(struct kps_sv name)
{
    bool is_stack = kps_compose_discover_is_stack(name);
    if (kps_sv_has_head(name, "docker-")) {
        name = kps_sv_from(name, sizeof("docker-") - 1);
    }
    return (kps_sv_has_head(name, "compose") || is_stack) &&
           (kps_sv_ends_with_any(name, ".yaml .yml"));
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
    const struct kps_inputs_options *options = jobs->options;
    struct kps_sv key = kps_path_join(jobs->arena, jobs->cwd, shown);
    uint32_t at = *kps_map_put(&jobs->index, jobs->arena, key, jobs->list.n);
    bool is_new = at == jobs->list.n;
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

void kps_inputs_set_file(struct kps_jobs *jobs, struct kps_job *job, struct kps_sv path)
{
    struct kps_sv *files = KPS_NEW(jobs->arena, struct kps_sv);
    files[0] = path;
    job->request.files = files;
    job->request.n_files = 1;
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

struct kps_kustomize *kps_inputs_kustomize(struct kps_jobs *jobs, struct kps_sv top,
                                           struct kps_sv shown)
{
    struct kps_kustomize *kustomize =
        kps_kustomize_open(jobs->diag, &jobs->fs, jobs->cwd, top, shown);
    *kps_vec_push(&jobs->kustomizes) = kustomize;
    return kustomize;
}

size_t kps_inputs_add_kustomizations(struct kps_jobs *jobs, struct kps_kustomize *kustomize,
                                     struct kps_sv top)
{
    size_t n = kps_kustomize_n_roots(kustomize);
    for (size_t i = 0; i < n; i++) {
        struct kps_sv folder = kps_kustomize_root(kustomize, i);
        struct kps_job *job = kps_vec_push(&jobs->list);
        *job = (struct kps_job){.shown = kps_kustomize_shown_root(kustomize, i),
                                .kind = KPS_INPUT_KUBERNETES,
                                .walked = true,
                                .kustomize = kustomize,
                                .folder = folder};
        job->is_aside = kps_kustomize_has(kustomize, top) && !kps_sv_eq(folder, top);
        job->is_named = kps_sv_eq(folder, top);
    }
    return n;
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
