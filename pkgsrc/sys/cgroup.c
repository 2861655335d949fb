#include "sys/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/close.h"
#include "base/compiler.h"

enum { ID_DIGITS = 64 };

static bool is_id(struct kps_sv s)
{
    if (s.n != ID_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f')) {
            return false;
        }
    }
    return true;
}

/* Return the container id in a folder's name; empty: none. */
static struct kps_sv id_in(struct kps_sv name)
{
    static const char prefixes[] = "docker- libpod- cri-containerd- crio- nerdctl-";
    if (kps_sv_has_tail(name, ".scope")) {
        name = kps_sv_head(name, name.n - 6);
    }
    if (is_id(name)) {
        return name;
    }
    struct kps_sv prefix;
    for (struct kps_sv list = kps_sv_of(prefixes); kps_sv_next(&list, ' ', &prefix);) {
        struct kps_sv rest = kps_sv_from(name, prefix.n);
        if (kps_sv_starts(name, prefix) && is_id(rest)) {
            return rest;
        }
    }
    /* containerd given a systemd path while it manages cgroups itself:
     * "kubepods-….slice:cri-containerd:<id>" */
    size_t colon = kps_sv_rfind(name, ':');
    struct kps_sv rest = kps_sv_from(name, colon + 1);
    if (colon < name.n && kps_sv_has_tail(kps_sv_head(name, colon), ":cri-containerd") &&
        is_id(rest)) {
        return rest;
    }
    return (struct kps_sv){0};
}

/* Take the next folder's name off the front of a path. */
static struct kps_sv next_name(struct kps_sv *path)
{
    while (path->n && path->p[0] == '/') {
        *path = kps_sv_from(*path, 1);
    }
    size_t end = kps_sv_find(*path, '/');
    struct kps_sv name = kps_sv_head(*path, end);
    *path = kps_sv_from(*path, end);
    return name;
}

static bool is_unit(struct kps_sv name)
{
    return kps_sv_ends_with_any(name, ".service .socket .scope");
}

/* Scopes of a login or of systemd itself: stopping these for a port is no advice. */
static bool is_session(struct kps_sv name)
{
    return kps_sv_is(name, "init.scope") ||
           (kps_sv_has_head(name, "session-") && kps_sv_has_tail(name, ".scope"));
}

struct kps_cgroup kps_cgroup_of_path(struct kps_sv path)
{
    struct kps_cgroup found = {0};
    bool below_user = false;
    for (struct kps_sv name = next_name(&path); name.n; name = next_name(&path)) {
        struct kps_sv id = id_in(name);
        if (id.n) {
            if (!kps_sv_eq(id, found.container)) {
                found.outer = found.container;
                found.container = id;
            }
        } else if (is_unit(name) && !is_session(name)) {
            /* systemd puts "_" before a name that would clash with a file of the control group
             * itself */
            found.unit = name.p[0] == '_' ? kps_sv_from(name, 1) : name;
            found.unit_of_user = below_user;
            below_user =
                below_user || (kps_sv_has_head(name, "user@") && kps_sv_has_tail(name, ".service"));
        }
    }
    if (found.container.n) {
        found.unit = (struct kps_sv){0};
        found.unit_of_user = false;
    }
    return found;
}

enum rank { RANK_UNIFIED, RANK_SYSTEMD, RANK_OTHER, N_RANKS };

/* Splits "4:memory:/path" and says how much its path counts. */
static enum rank split_line(struct kps_sv line, struct kps_sv *ret_path)
{
    struct kps_sv rest = kps_sv_after(line, ':');
    struct kps_sv controllers = kps_sv_before(rest, ':');
    *ret_path = kps_sv_after(rest, ':');
    if (kps_sv_has_head(line, "0:")) {
        return RANK_UNIFIED;
    }
    return kps_sv_is(controllers, "name=systemd") ? RANK_SYSTEMD : RANK_OTHER;
}

/*
 * Fill unknown members. The container of a line rules out the unit of another: both are of the
 * same process.
 */
static void merge_facts(struct kps_cgroup *into, const struct kps_cgroup *more)
{
    if (into->container.n == 0 && more->container.n) {
        *into = *more;
    } else if (into->container.n == 0 && into->unit.n == 0) {
        into->unit = more->unit;
        into->unit_of_user = more->unit_of_user;
    }
}

struct kps_cgroup kps_cgroup_of_text(struct kps_sv text)
{
    struct kps_cgroup found = {0};
    for (int rank = RANK_UNIFIED; rank < N_RANKS; rank++) {
        struct kps_sv line;
        for (struct kps_sv rest = text; kps_sv_next(&rest, '\n', &line);) {
            struct kps_sv path;
            if (split_line(line, &path) == (enum rank)rank) {
                struct kps_cgroup more = kps_cgroup_of_path(path);
                merge_facts(&found, &more);
            }
        }
    }
    return found;
}

enum {
    /* A machine with 1,000 containers has some 2,000 cgroups; nesting is that of slices, pods and
     * containers in containers. */
    MAX_CGROUPS = 100 * 1000,
    MAX_DEPTH = 32,
    PATH_BYTES = 4096,
    PIDS_BYTES = 64 * 1024, /* some nine thousand */
};

struct tree {
    struct kps_arena *arena;
    struct kps_cgroup_place *places;
    size_t n, open; /* all; without a path yet */
    uint32_t seen;
    char path[PATH_BYTES];
};

/* Where cgroup v2 is mounted; only its root has this file. NULL: nowhere. */
static const char *find_mount(const struct kps_sys *sys)
{
    static const char *const mounts[] = {"sys/fs/cgroup/unified", "sys/fs/cgroup"};
    char file[64];
    struct stat st;
    for (size_t i = 0; i < KPS_COUNT(mounts); i++) {
        (void)snprintf(file, sizeof(file), "%s/cgroup.controllers", mounts[i]);
        if (fstatat(sys->root_fd, file, &st, 0) == 0) {
            return mounts[i];
        }
    }
    return NULL;
}

static struct kps_cgroup_place *place_of(const struct tree *tree, uint64_t inode)
{
    size_t low = 0;
    size_t high = tree->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tree->places[middle].inode < inode) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < tree->n && tree->places[low].inode == inode ? &tree->places[low] : NULL;
}

/*
 * Enter a directory: note its path when the inode is wanted. Return: the path's new length, 0 to
 * skip the directory.
 */
static size_t enter_folder(struct tree *tree, size_t path_n, const struct dirent *entry)
{
    size_t name_n = strlen(entry->d_name);
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || path_n + name_n + 2 > PATH_BYTES ||
        tree->seen++ >= MAX_CGROUPS) {
        return 0;
    }
    tree->path[path_n] = '/';
    memcpy(tree->path + path_n + 1, entry->d_name, name_n + 1);
    size_t n = path_n + 1 + name_n;
    struct kps_cgroup_place *place = place_of(tree, entry->d_ino);
    if (place && place->path.n == 0) {
        place->path = kps_sv_copy(tree->arena, (struct kps_sv){tree->path, n});
        tree->open--;
    }
    return n;
}

/* Take over `fd`. */
static void search_tree(struct tree *tree, int fd, size_t path_n, int depth)
{
    DIR *dir KPS_CLEANUP(kps_close_dir) = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        kps_close_fd(&fd);
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry && tree->open > 0; entry = readdir(dir)) {
        size_t n = enter_folder(tree, path_n, entry);
        if (n > 0 && depth < MAX_DEPTH && tree->open > 0) {
            search_tree(
                tree,
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
                n, depth + 1);
        }
    }
}

void kps_cgroup_find_paths(const struct kps_sys *sys, struct kps_arena *arena,
                           struct kps_cgroup_place *places, size_t n)
{
    const char *mount = n ? find_mount(sys) : NULL;
    if (mount) {
        struct tree tree = {.arena = arena, .places = places, .n = n, .open = n};
        search_tree(&tree, openat(sys->root_fd, mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, 0);
    }
}

void kps_cgroup_add_pids(const struct kps_sys *sys, struct kps_sv path, struct kps_pids *ret)
{
    const char *mount = find_mount(sys);
    char file[PATH_BYTES + 64];
    char buf[PIDS_BYTES];
    struct kps_sv text;
    if (!mount || path.n >= PATH_BYTES) {
        return;
    }
    (void)snprintf(file, sizeof(file), "%s%.*s/cgroup.procs", mount, SV_ARG(path));
    if (kps_os_read(sys->root_fd, file, buf, sizeof(buf), &text) != 0) {
        return;
    }
    /*
     * A process outside of this pid namespace has the number 0. A truncated last line is left out.
     */
    for (size_t end = kps_sv_find(text, '\n'); end < text.n; end = kps_sv_find(text, '\n')) {
        int64_t pid = kps_sv_number(kps_sv_head(text, end), INT32_MAX);
        if (pid > 0) {
            *kps_vec_push(&ret->list) = (uint32_t)pid;
        }
        text = kps_sv_from(text, end + 1);
    }
}
