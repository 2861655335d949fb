#include "inputs/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "units/unit_file.h"

/* Folders below those of Quadlets that the generator looks into. */
enum { MOST_DEPTH = 8 };

/* As `systemd-analyze unit-paths` 252 lists them. */
static const char OF_SYSTEMD[] =
    "/etc/systemd/system.control:/run/systemd/system.control:/run/systemd/transient:"
    "/run/systemd/generator.early:/etc/systemd/system:/etc/systemd/system.attached:"
    "/run/systemd/system:/run/systemd/system.attached:/run/systemd/generator:"
    "/usr/local/lib/systemd/system:/lib/systemd/system:/usr/lib/systemd/system:"
    "/run/systemd/generator.late";
static const char OF_QUADLETS[] =
    "/run/containers/systemd:/etc/containers/systemd:/usr/share/containers/systemd";

struct search {
    struct kps_jobs *jobs;
    struct kps_arena *arena;
    struct kps_unit_path *path;
    enum kps_units_kind kind;
    struct kps_map seen; /* names of units */
    struct kps_map by_name;
    KPS_VEC(struct kps_sv) enabled; /* names in folders like sockets.target.wants, each once */
};

static void push_folder(struct kps_unit_path *path, struct kps_sv folder)
{
    if (path->n < KPS_COUNT(path->folders) && folder.n) {
        path->folders[path->n++] = folder;
    }
}

/* Add the folders of a list ("a:b"). Return: do the usual folders follow (a last ':')? */
static bool push_list(struct kps_unit_path *path, struct kps_sv list)
{
    bool goes_on = list.n == 0 || list.p[list.n - 1] == ':';
    struct kps_sv folder;
    while (kps_sv_next(&list, ':', &folder)) {
        push_folder(path, folder);
    }
    return goes_on;
}

static struct kps_unit_path *find_system_path(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_unit_path *path = KPS_NEW(arena, struct kps_unit_path);
    *path = (struct kps_unit_path){.n = 0};
    if (push_list(path, kps_env_or_empty(env, "SYSTEMD_UNIT_PATH"))) {
        (void)push_list(path, kps_sv_of(OF_SYSTEMD));
    }
    return path;
}

/* Root has the machine's Quadlets, every other user the own ones and those of the administrator. */
static struct kps_unit_path *find_quadlet_path(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_unit_path *path = KPS_NEW(arena, struct kps_unit_path);
    *path = (struct kps_unit_path){.n = 0};
    struct kps_sv dirs = kps_env_or_empty(env, "QUADLET_UNIT_DIRS");
    if (dirs.n) {
        (void)push_list(path, dirs);
        return path;
    }
    if (getuid() == 0) {
        (void)push_list(path, kps_sv_of(OF_QUADLETS));
    } else {
        struct kps_sv runtime = kps_env_or_empty(env, "XDG_RUNTIME_DIR");
        struct kps_sv config = kps_env_or_empty(env, "XDG_CONFIG_HOME");
        struct kps_sv home = kps_env_or_empty(env, "HOME");
        config = config.n ? config : kps_path_join(arena, home, SV(".config"));
        push_folder(path, runtime.n ? kps_path_join(arena, runtime, SV("containers/systemd"))
                                    : (struct kps_sv){"", 0});
        push_folder(path, kps_path_join(arena, config, SV("containers/systemd")));
        push_folder(path, kps_fmt(arena, "/etc/containers/systemd/users/%u", getuid()));
        push_folder(path, SV("/etc/containers/systemd/users"));
    }
    return path;
}

/* List a folder; a folder that cannot be listed is reported, a missing one is none. */
static size_t list_folder(struct search *s, struct kps_sv folder, struct kps_sv **ret)
{
    size_t n = 0;
    int error = kps_fs_os.list(&kps_fs_os, s->arena, kps_cstr(s->arena, folder), ret, &n);
    if (error && error != ENOENT && error != ENOTDIR) {
        (void)kps_diag_add_gap(s->jobs->diag, KPS_WARNING, "'%.*s' was not looked into: %s",
                               SV_ARG(folder), strerror(error));
    }
    return error ? 0 : n;
}

static bool is_folder_of_links(struct kps_sv name)
{
    return kps_sv_ends_with_any(name, ".wants .requires .upholds");
}

/* Note the units that folders like "sockets.target.wants" start. */
static void find_enabled(struct search *s)
{
    for (size_t i = 0; i < s->path->n; i++) {
        struct kps_sv *names = NULL;
        size_t n = list_folder(s, s->path->folders[i], &names);
        for (size_t k = 0; k < n; k++) {
            struct kps_sv *links = NULL;
            struct kps_sv folder = kps_path_join(s->arena, s->path->folders[i], names[k]);
            size_t n_links = is_folder_of_links(names[k]) ? list_folder(s, folder, &links) : 0;
            for (size_t l = 0; l < n_links; l++) {
                if (kps_map_add(&s->by_name, s->arena, links[l], 1)) {
                    kps_vec_add_text(&s->enabled.any, links[l]);
                }
            }
        }
    }
}

/* Return: is the file a unit of its own? Not a mask, nor a link to a unit of another name. */
static bool is_unit(struct search *s, struct kps_sv path)
{
    char target[4096];
    struct stat st;
    const char *name = kps_cstr(s->arena, path);
    ssize_t n = readlinkat(AT_FDCWD, name, target, sizeof(target));
    if (n > 0) {
        struct kps_sv base = kps_path_base((struct kps_sv){target, (size_t)n});
        bool is_alias =
            kps_units_kind_of_name(base) == s->kind && !kps_sv_eq(base, kps_path_base(path));
        if (is_alias) {
            return false;
        }
    }
    return stat(name, &st) != 0 || (S_ISREG(st.st_mode) && st.st_size > 0);
}

static void add_unit(struct search *s, struct kps_sv path, struct kps_sv name, bool is_off)
{
    struct kps_sv shown = path;
    if (!kps_sv_eq(name, kps_path_base(path))) { /* an instance: several jobs read one file */
        shown = kps_path_join(s->arena, kps_path_dir(s->arena, path), name);
    }
    struct kps_job *job = kps_inputs_add(s->jobs, shown, false);
    if (!job) {
        return;
    }
    kps_inputs_set_unit(job, s->kind);
    kps_inputs_set_file(s->jobs, job, path);
    job->unit_path = s->path;
    job->unit_name = name;
    job->is_off = is_off;
}

/* Add the instances of a template that a folder like "sockets.target.wants" starts. */
static void add_instances(struct search *s, struct kps_sv path, struct kps_sv name)
{
    size_t at = kps_sv_find(name, '@');
    struct kps_sv prefix = kps_sv_head(name, at + 1);
    struct kps_sv suffix = kps_sv_from(name, at + 1);
    for (uint32_t i = 0; i < s->enabled.n; i++) {
        struct kps_sv instance = s->enabled.v[i];
        if (instance.n > prefix.n + suffix.n && kps_sv_starts(instance, prefix) &&
            kps_sv_ends(instance, suffix)) {
            add_unit(s, path, instance, false);
        }
    }
}

/* Add the units of a folder, and of the folders below where `depth` allows. */
static void add_folder(struct search *s, struct kps_sv folder, unsigned depth)
{
    struct kps_sv *names = NULL;
    size_t n = list_folder(s, folder, &names);
    for (size_t i = 0; i < n; i++) {
        struct kps_sv path = kps_path_join(s->arena, folder, names[i]);
        if (depth && !kps_sv_has_tail(names[i], ".d") &&
            kps_fs_kind_of(kps_cstr(s->arena, path)) == KPS_FS_DIR) {
            add_folder(s, path, depth - 1);
            continue;
        }
        if (kps_units_kind_of_name(names[i]) != s->kind) {
            continue;
        }
        if (!kps_map_add(&s->seen, s->arena, names[i], 1) || !is_unit(s, path)) {
            continue;
        }
        size_t dot = kps_sv_rfind(names[i], '.');
        bool is_template = dot > 0 && names[i].p[dot - 1] == '@';
        if (is_template && s->kind == KPS_UNITS_SOCKET) {
            add_instances(s, path, names[i]);
            continue;
        }
        bool is_off = s->kind == KPS_UNITS_SOCKET && kps_map_get(&s->by_name, names[i], 0) == 0;
        add_unit(s, path, names[i], is_off);
    }
}

void kps_inputs_add_systemd(struct kps_jobs *jobs)
{
    struct search sockets = {.jobs = jobs, .arena = jobs->arena, .kind = KPS_UNITS_SOCKET};
    struct search quadlets = {.jobs = jobs, .arena = jobs->arena, .kind = KPS_UNITS_QUADLET};
    sockets.path = find_system_path(jobs->arena, jobs->env);
    quadlets.path = find_quadlet_path(jobs->arena, jobs->env);
    uint32_t before = jobs->list.n;
    find_enabled(&sockets);
    for (size_t i = 0; i < sockets.path->n; i++) {
        add_folder(&sockets, sockets.path->folders[i], 0);
    }
    for (size_t i = 0; i < quadlets.path->n; i++) {
        add_folder(&quadlets, quadlets.path->folders[i], MOST_DEPTH);
    }
    kps_vec_free(&sockets.enabled);
    if (jobs->list.n == before) {
        (void)kps_inputs_fail(jobs, SV("--systemd"),
                              "no socket unit and no Quadlet lies in the search path of systemd");
    }
}
