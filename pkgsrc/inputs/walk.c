#include "inputs/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "base/path.h"
#include "compose/discover.h"
#include "inputs/ignore.h"
#include "kube/delivery.h"
#include "kube/portless.h"

/* The tools that test manifests, by the file in the folder of a test. */
enum test_tool {
    NO_TEST,
    CLUSTER_TEST, /* chainsaw, kuttl: steps that are applied, and files compared with the cluster */
    OFFLINE_TEST  /* kyverno: nothing is applied */
};

/* A folder on the way down from the one that was named. */
struct folder {
    struct kps_sv path;  /* as shown, and as opened */
    struct kps_sv below; /* relative to the named folder; empty for itself */
    unsigned depth;
    enum test_tool tool; /* of the folder or, for an offline one, of a folder above */
    bool has_project;    /* a file of it has a standard name of Compose */
};

/* Bytes of kept YAML files that are no inputs: a project may include them. */
enum { SPARE_BYTES = 256 * 1024 };

struct walk {
    struct kps_jobs *jobs;
    size_t found;
    size_t spare;      /* of those bytes */
    dev_t device;      /* of the folder that was named */
    struct kps_sv top; /* the same, absolute */
    struct kps_kustomize *kustomize;
    struct kps_ignore ignore;
    struct kps_delivery delivery;
    struct kps_map played;   /* absolute paths of manifests that .kube units name */
    struct kps_arena *words; /* for the path of a name until it is known to be a folder */
};

static struct kps_sv make_absolute(const struct walk *walk, struct kps_sv path)
{
    return kps_path_join(walk->jobs->arena, walk->jobs->cwd, path);
}

static bool is_among(const struct kps_sv *names, size_t n, struct kps_sv name)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

/* A leading "**" stands for no folder too. */
static bool is_match(struct kps_arena *arena, struct kps_sv glob, struct kps_sv below)
{
    const char *pattern = kps_cstr(arena, glob);
    return fnmatch(pattern, kps_cstr(arena, below), 0) == 0 ||
           fnmatch(pattern, kps_cstr(arena, kps_path_base(below)), 0) == 0 ||
           (kps_sv_has_head(glob, "**/") && is_match(arena, kps_sv_from(glob, 3), below));
}

static bool is_excluded(const struct walk *walk, const struct folder *folder, struct kps_sv name)
{
    const struct kps_list *globs = &walk->jobs->options->excludes;
    struct kps_sv below = {"", 0};
    if (globs->n) {
        below = kps_path_join(walk->jobs->arena, folder->below, name);
    }
    for (size_t i = 0; i < globs->n; i++) {
        struct kps_sv glob = globs->v[i];
        while (glob.n > 1 && glob.p[glob.n - 1] == '/') {
            glob.n--;
        }
        if (is_match(walk->jobs->arena, kps_sv_has_head(glob, "./") ? kps_sv_from(glob, 2) : glob,
                     below)) {
            return true;
        }
    }
    return false;
}

/* Return true (and count the path) for an ignored path, unless --no-ignore is given. */
static bool is_ignored(struct walk *walk, struct kps_sv path, bool is_folder)
{
    bool ignored = !walk->jobs->options->no_ignore && walk->ignore.root.n &&
                   kps_ignore_meets(&walk->ignore, make_absolute(walk, path), is_folder);
    walk->jobs->n_ignored += ignored ? 1 : 0;
    return ignored;
}

/*
 * Return true (and count it) for folders that hold somebody else's files or a test's: node_modules,
 * Go's vendor with its list of modules, testdata.
 */
static bool is_foreign(struct walk *walk, struct kps_sv path)
{
    struct kps_sv name = kps_path_base(path);
    if (kps_sv_is(name, "node_modules")) {
        return true;
    }
    bool foreign = kps_sv_is(name, "testdata");
    if (kps_sv_is(name, "vendor")) {
        struct kps_sv list = kps_path_join(walk->jobs->arena, path, SV("modules.txt"));
        foreign = kps_fs_exists(list.p);
    }
    foreign &= !walk->jobs->options->no_ignore;
    walk->jobs->n_ignored += foreign ? 1 : 0;
    return foreign;
}

static enum test_tool find_test_tool(const struct kps_sv *names, size_t n)
{
    enum test_tool tool = NO_TEST;
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_is_one_of(names[i], "chainsaw-test.yaml chainsaw-test.yml kuttl-test.yaml "
                                       "kuttl-test.yml")) {
            return CLUSTER_TEST;
        }
        if (kps_sv_is_one_of(names[i], "kyverno-test.yaml kyverno-test.yml")) {
            tool = OFFLINE_TEST;
        }
    }
    return tool;
}

/*
 * Return true (and count it) for a file that a test tool compares with a cluster, and nobody
 * applies: "assert" or "error" is a word of its name. Outside of a test's folder such a word counts
 * at the end ("web-assert") or behind the number of a step ("01-error-web"): a page of errors is no
 * assertion, and neither are "errors.yaml" and "error-1.yaml".
 */
static bool is_assertion(struct walk *walk, struct kps_sv name, enum test_tool tool)
{
    static const char words[] = "assert asserts assertion error errors";
    struct kps_sv rest = kps_sv_head(name, kps_sv_rfind(name, '.'));
    bool found = tool == OFFLINE_TEST;
    for (bool is_first = true, is_step = false; rest.n && !found; is_first = false) {
        size_t end = 0;
        while (end < rest.n && rest.p[end] != '-' && rest.p[end] != '_' && rest.p[end] != '.') {
            end++;
        }
        struct kps_sv word = kps_sv_head(rest, end);
        rest = kps_sv_from(rest, end + 1);
        bool is_place = tool == CLUSTER_TEST || is_step || rest.n == 0 || kps_sv_is_digits(rest);
        bool is_page = is_first && tool != CLUSTER_TEST && kps_sv_has_head(word, "error");
        found = is_place && !is_page && kps_sv_is_one_of(word, words);
        is_step = is_first && kps_sv_is_digits(word);
    }
    found = found && !walk->jobs->options->no_ignore;
    walk->jobs->n_ignored += found ? 1 : 0;
    return found;
}

/* The part of a Compose file in its folder. */
enum role {
    FOLDERS_PROJECT, /* it has a standard name */
    VARIANT,         /* it lies beside a file with a standard name: a layer, or an alternative */
    ONE_OF_SEVERAL,  /* no file of the folder has a standard name */
};

/*
 * Put a job of a folder on a machine of its own, which has the name `world`; --together keeps it on
 * this machine.
 */
static void set_apart(const struct walk *walk, struct kps_job *job, struct kps_sv world)
{
    job->is_apart = !walk->jobs->options->together;
    job->request.world = job->is_apart ? world : job->request.world;
}

/*
 * Add a project that was found. The project of the named folder itself shares this machine, every
 * other one has a machine of its own: folders hold alternatives, and projects that are never
 * started together cannot clash. Return: NULL for a project that was found before.
 */
static struct kps_job *add_found(struct walk *walk, const struct folder *folder,
                                 struct kps_sv shown, enum role role)
{
    struct kps_job *job = kps_inputs_add(walk->jobs, shown, true);
    walk->found++;
    if (job && role == VARIANT) {
        job->is_alternative = true;
        job->request.world = shown;
    } else if (job && (folder->depth > 0 || role != FOLDERS_PROJECT)) {
        set_apart(walk, job, shown);
    }
    if (job) {
        job->request.ignore_compose_file = true;
    }
    return job;
}

static bool is_data_name(struct kps_sv name)
{
    return kps_sv_ends_with_any(name, ".yaml .yml .json");
}

/* Report a file or folder that may hold inputs and cannot be read. */
static void report_unseen(struct walk *walk, struct kps_sv path, const char *why)
{
    (void)kps_diag_add_gap(walk->jobs->diag, KPS_WARNING, "'%.*s' was not looked into: %s",
                           SV_ARG(path), why);
}

/* Facts that a look into a file gives. */
struct file_look {
    uint32_t portless;         /* documents, when none of them holds ports; else 0 */
    enum kps_units_kind units; /* KPS_UNITS_NONE: another kind of input */
    bool is_other;             /* no Compose file, whatever its name says */
    bool is_project;           /* a Compose file, whatever its name says */
};

/* Look into a file, and keep its text for a reader. Return: does it hold Kubernetes objects? */
static bool look_into(struct walk *walk, struct kps_sv path, struct file_look *ret)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    *ret = (struct file_look){.units = KPS_UNITS_NONE};
    struct kps_replay *replay = walk->jobs->replay;
    struct kps_sv text = {"", 0};
    struct kps_sv name = kps_path_join(scratch, walk->jobs->cwd, path);
    int error = kps_replay_look(replay, scratch, name, &text);
    if (error == EFBIG && kps_replay_peek(replay, name, &text) == 0) {
        return true; /* a list of a cluster, mapped */
    }
    if (error) {
        /* a link into nothing, a folder and a pipe are no manifests; of the rest nobody knows */
        bool is_nothing = error == ENOENT || error == EISDIR || error == EINVAL;
        if (!is_nothing && !kps_inputs_is_compose_name(kps_path_base(path))) {
            report_unseen(walk, path,
                          error == EFBIG ? "it is larger than 64 MiB" : strerror(error));
        }
        return false;
    }
    ret->is_other = kps_inputs_is_other(kps_path_base(path), text);
    if (ret->is_other && kps_inputs_is_compose_name(kps_path_base(path))) {
        kps_log_verbose(walk->jobs->diag->log,
                        "%.*s: a list, or a stack without services: no Compose file", SV_ARG(path));
    }
    ret->portless = kps_portless_count(text);
    if (ret->portless) {
        kps_kustomize_note_portless(walk->kustomize, name);
        return true; /* never read again, so not kept */
    }
    bool is_kubernetes = kps_inputs_is_kubernetes(text);
    if (is_kubernetes && kps_delivery_is_likely(text)) {
        kps_delivery_read(&walk->delivery, name, text);
    }
    ret->units = kps_units_kind_of_text(text);
    if (ret->units == KPS_UNITS_NONE && is_kubernetes && walk->jobs->options->is_kube_play) {
        ret->units = KPS_UNITS_KUBE_PLAY;
    }
    ret->is_project = !is_kubernetes && kps_compose_discover_is_project(text);
    bool is_input = is_kubernetes || ret->is_project ||
                    (!ret->is_other && kps_inputs_is_compose_name(kps_path_base(path)));
    bool is_spare = !kps_sv_has_tail(name, ".json") && walk->spare + text.n <= SPARE_BYTES;
    if (is_input || is_spare) {
        /* a job reads the file later, or a project may include it (JSON is read again then) */
        kps_replay_keep(replay, name, is_kubernetes ? kps_portless_shrink(scratch, text) : text);
        walk->spare += is_input ? 0 : text.n;
    }
    return is_kubernetes;
}

/* Note the manifest that a .kube unit names: Podman plays it, and it is no cluster's. */
static void note_played(struct walk *walk, struct kps_sv shown)
{
    static const struct kps_sv key = SV_LIT("\nYaml=");
    struct kps_arena *arena = walk->jobs->arena;
    struct kps_sv path = make_absolute(walk, shown);
    struct kps_sv text = {"", 0};
    if (kps_fs_os.read(&kps_fs_os, arena, kps_cstr(arena, path), KPS_LIMIT_FILE_BYTES, &text)) {
        return; /* the reader reports it */
    }
    struct kps_sv line = kps_sv_from(text, kps_sv_search(text, key));
    if (line.n) {
        line = kps_sv_from(line, key.n);
        line = kps_sv_trim(kps_sv_before(line, '\n'));
        struct kps_sv manifest = kps_path_join(arena, kps_path_dir(arena, path), line);
        (void)kps_map_put(&walk->played, arena, manifest, 1);
    }
}

/*
 * Add a Quadlet, a socket unit or a cluster configuration. The units of a folder run on one
 * machine: this one for the named folder. Cluster configurations of a folder are alternatives.
 */
static void add_unit(struct walk *walk, const struct folder *folder, struct kps_sv shown,
                     enum kps_units_kind kind)
{
    struct kps_job *job = kps_inputs_add(walk->jobs, shown, true);
    walk->found++;
    if (!job) {
        return;
    }
    kps_inputs_set_unit(job, kind);
    kps_inputs_set_file(walk->jobs, job, shown);
    if (job->units == KPS_UNITS_KIND || job->units == KPS_UNITS_K3D) {
        job->is_alternative = true;
        job->request.world = shown;
    } else if (folder->depth > 0) {
        set_apart(walk, job, folder->path);
    }
    if (kps_sv_has_tail(shown, ".kube")) {
        note_played(walk, shown);
    }
}

/* Add a Compose file of a folder; `is_guess`: its name is none of Compose. */
static void add_project(struct walk *walk, const struct folder *folder, struct kps_sv shown,
                        bool is_guess)
{
    struct kps_job *job =
        add_found(walk, folder, shown, folder->has_project ? VARIANT : ONE_OF_SEVERAL);
    if (job) {
        kps_inputs_set_file(walk->jobs, job, shown);
        job->is_guess = is_guess;
    }
}

/*
 * Add the manifests of a folder, which outside of kustomizations are a single cluster, and the
 * Compose files that have names of their own.
 */
static void add_manifests(struct walk *walk, const struct folder *folder,
                          const struct kps_sv *names, size_t n)
{
    struct kps_arena *arena = walk->jobs->arena;
    for (size_t i = 0; i < n; i++) {
        struct file_look look;
        if (!walk->jobs->options->is_kube_play && kps_kustomize_is_name(names[i]) &&
            kps_kustomize_add(walk->kustomize, make_absolute(walk, folder->path))) {
            continue;
        }
        if (names[i].p[0] == '.' || !is_data_name(names[i])) {
            continue;
        }
        struct kps_sv shown = kps_path_join(arena, folder->path, names[i]);
        if (is_excluded(walk, folder, names[i]) || is_ignored(walk, shown, false) ||
            is_assertion(walk, names[i], folder->tool)) {
            continue;
        }
        if (!look_into(walk, shown, &look)) {
            if (look.is_project && !kps_inputs_is_compose_name(names[i])) {
                add_project(walk, folder, shown, true);
            }
            continue;
        }
        if (look.units != KPS_UNITS_NONE) {
            add_unit(walk, folder, shown, look.units);
            continue;
        }
        struct kps_job *job = kps_inputs_add(walk->jobs, shown, true);
        walk->found++;
        if (job) {
            kps_inputs_set_file(walk->jobs, job, shown);
            job->kind = KPS_INPUT_KUBERNETES;
            job->n_portless = look.portless;
            job->is_test = folder->tool == CLUSTER_TEST;
        }
    }
}

/* The Quadlets and socket units among the names of one folder. */
static void add_units(struct walk *walk, const struct folder *folder, const struct kps_sv *names,
                      size_t n)
{
    struct kps_arena *arena = walk->jobs->arena;
    for (size_t i = 0; i < n; i++) {
        if (names[i].p[0] == '.' || kps_units_kind_of_name(names[i]) == KPS_UNITS_NONE) {
            continue;
        }
        struct kps_sv shown = kps_path_join(arena, folder->path, names[i]);
        if (is_excluded(walk, folder, names[i]) || kps_fs_kind_of(shown.p) != KPS_FS_FILE) {
            continue;
        }
        kps_arena_reset(walk->words);
        struct kps_sv text = {"", 0};
        int error =
            kps_replay_look(walk->jobs->replay, walk->words, make_absolute(walk, shown), &text);
        if (error || kps_units_is_unit(text)) { /* the reader reports the error */
            add_unit(walk, folder, shown, kps_units_kind_of_name(names[i]));
        } else {
            kps_log_verbose(walk->jobs->diag->log, "%.*s: no section, so no unit", SV_ARG(shown));
        }
    }
}

/* The Compose files among the names of one folder. */
static void add_projects(struct walk *walk, struct folder *folder, const struct kps_sv *names,
                         size_t n)
{
    struct kps_arena *arena = walk->jobs->arena;
    struct file_look look = {0};
    struct kps_sv first;
    struct kps_sv rest = kps_sv_of(kps_compose_discover_names);
    while (kps_sv_next(&rest, ' ', &first) && !is_among(names, n, first)) {
    }
    bool has_standard = first.n && !is_excluded(walk, folder, first);
    if (has_standard) {
        (void)look_into(walk, kps_path_join(arena, folder->path, first), &look);
        has_standard = !look.is_other;
    }
    folder->has_project = has_standard;
    struct kps_job *job =
        has_standard
            ? add_found(walk, folder, kps_path_join(arena, folder->path, first), FOLDERS_PROJECT)
            : NULL;
    if (job) {
        job->request.directory = kps_path_join(arena, walk->jobs->cwd, folder->path);
        job->request.no_parents = true;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_of_standard =
            has_standard && (kps_sv_is_one_of(names[i], kps_compose_discover_names) ||
                             kps_sv_is_one_of(names[i], kps_compose_discover_overrides));
        if (!kps_inputs_is_compose_name(names[i]) || is_of_standard) {
            continue;
        }
        struct kps_sv shown = kps_path_join(arena, folder->path, names[i]);
        if (is_excluded(walk, folder, names[i]) || is_ignored(walk, shown, false) ||
            look_into(walk, shown, &look) || look.is_other) {
            continue;
        }
        add_project(walk, folder, shown, false);
    }
}

static void report_unlisted(struct walk *walk, const struct folder *folder, const char *why)
{
    struct kps_jobs *jobs = walk->jobs;
    if (folder->depth == 0) {
        (void)kps_inputs_fail(jobs, folder->path, "cannot list '%.*s': %s", SV_ARG(folder->path),
                              why);
        walk->found++;
        return;
    }
    report_unseen(walk, folder->path, why);
}

/* Return: does the kernel make up the files there, as below /proc and /sys? */
static bool is_made_up(const char *path)
{
    enum { PROC = 0x9fa0, SYSFS = 0x62656572 }; /* statfs(2) */
    struct statfs fs;
    return statfs(path, &fs) == 0 && (fs.f_type == PROC || fs.f_type == SYSFS);
}

/*
 * Return: is `path` a folder to walk? Not a symbolic link, which may lead back up, nor another file
 * system: a network share or a backup mounted below a project is a finding that names it.
 */
static bool is_folder(struct walk *walk, struct kps_sv path)
{
    struct stat st;
    if (fstatat(AT_FDCWD, path.p, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode)) {
        return false;
    }
    if (st.st_dev == walk->device) {
        return true;
    }
    if (!is_made_up(path.p)) {
        struct kps_finding *finding =
            kps_diag_add(walk->jobs->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0,
                         "'%.*s' was not looked into: it is on another file system", SV_ARG(path));
        kps_finding_help(finding, "give the folder as an input of its own");
    }
    return false;
}

static void walk_folder(struct walk *walk, struct folder *folder)
{
    struct kps_arena *arena = walk->jobs->arena;
    struct kps_sv *names = NULL;
    size_t n = 0;
    int error = kps_fs_os.list(&kps_fs_os, arena, folder->path.p, &names, &n);
    if (error || folder->depth > KPS_LIMIT_DIRECTORY_DEPTH) {
        report_unlisted(walk, folder,
                        error ? strerror(error)
                              : "it lies too deep below the folder that was named");
        return;
    }
    if (folder->tool != OFFLINE_TEST) {
        folder->tool = find_test_tool(names, n);
    }
    uint32_t mark = kps_ignore_enter(&walk->ignore, make_absolute(walk, folder->path));
    add_projects(walk, folder, names, n);
    add_manifests(walk, folder, names, n);
    add_units(walk, folder, names, n);
    for (size_t i = 0; i < n; i++) {
        if (names[i].p[0] == '.' || is_excluded(walk, folder, names[i])) {
            continue;
        }
        kps_arena_reset(walk->words);
        struct kps_sv path = kps_path_join(walk->words, folder->path, names[i]);
        if (!is_folder(walk, path)) {
            continue;
        }
        struct folder inner = {kps_sv_copy(arena, path),
                               kps_path_join(arena, folder->below, names[i]), folder->depth + 1,
                               folder->tool, false};
        if (!is_foreign(walk, inner.path) && !is_ignored(walk, inner.path, true)) {
            walk_folder(walk, &inner);
        }
    }
    kps_ignore_leave(&walk->ignore, mark);
}

/*
 * Sort the manifests by the kustomizations: a file named by one is a part of the build and no
 * input; a file beside a kustomization without being named belongs to no cluster.
 */
static void sort_manifests(struct walk *walk, uint32_t first)
{
    struct kps_arena *arena = walk->jobs->arena;
    bool is_one_build = kps_kustomize_has(walk->kustomize, walk->top);
    for (uint32_t i = first; i < walk->jobs->list.n; i++) {
        struct kps_job *job = &walk->jobs->list.v[i];
        if (job->kind != KPS_INPUT_KUBERNETES || !job->walked) {
            continue;
        }
        struct kps_sv path = make_absolute(walk, job->shown);
        job->is_part =
            kps_kustomize_uses(walk->kustomize, path) || kps_map_get(&walk->played, path, 0) != 0;
        job->is_unlisted = kps_kustomize_has(walk->kustomize, kps_path_dir(arena, path));
        job->is_aside = is_one_build || job->is_unlisted;
        job->cluster = kps_delivery_cluster(&walk->delivery, path);
    }
}

size_t kps_inputs_walk(struct kps_jobs *jobs, struct kps_sv folder)
{
    struct folder top = {.path = kps_path_clean(jobs->arena, folder), .tool = NO_TEST};
    struct stat st = {0};
    struct walk walk = {.jobs = jobs, .ignore = {.arena = jobs->arena}, .words = kps_arena_new()};
    uint32_t first = jobs->list.n;
    if (stat(top.path.p, &st) == 0) {
        walk.device = st.st_dev;
    }
    walk.top = make_absolute(&walk, top.path);
    walk.kustomize = kps_inputs_kustomize(jobs, walk.top, top.path);
    if (!jobs->options->no_ignore) {
        kps_ignore_open(&walk.ignore, walk.top);
    }
    walk.delivery = (struct kps_delivery){.arena = jobs->arena,
                                          .root = walk.ignore.root.n ? walk.ignore.root : walk.top};
    walk_folder(&walk, &top);
    kps_kustomize_link(walk.kustomize);
    kps_delivery_link(&walk.delivery);
    sort_manifests(&walk, first);
    walk.found += kps_inputs_add_kustomizations(jobs, walk.kustomize, walk.top);
    kps_ignore_free(&walk.ignore);
    kps_delivery_free(&walk.delivery);
    kps_arena_free(walk.words);
    return walk.found;
}
