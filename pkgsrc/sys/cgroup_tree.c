#include "sys/cgroup_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static void close_dir(DIR **dir)
{
    if (*dir) {
        (void)closedir(*dir);
    }
}

/* Where cgroup v2 is mounted; only its root has this file. NULL: nowhere. */
static const char *find_mount(const struct kps_sys *sys)
{
    static const char *const mounts[] = {"sys/fs/cgroup/unified", "sys/fs/cgroup"};
    char file[64];
    for (size_t i = 0; i < KPS_COUNT(mounts); i++) {
        (void)snprintf(file, sizeof(file), "%s/cgroup.controllers", mounts[i]);
        if (faccessat(sys->root_fd, file, F_OK, 0) == 0) {
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

/* Takes a directory's entry: notes its path when it is looked for. Return: the path's new length, 0
 * to pass it over. */
static size_t enter(struct tree *tree, size_t path_n, const struct dirent *entry)
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

/* Takes over `fd`. */
static void search(struct tree *tree, int fd, size_t path_n, int depth)
{
    DIR *dir KPS_CLEANUP(close_dir) = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        kps_fd_cleanup(&fd);
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry && tree->open > 0; entry = readdir(dir)) {
        size_t n = enter(tree, path_n, entry);
        if (n > 0 && depth < MAX_DEPTH && tree->open > 0) {
            search(
                tree,
                openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
                n, depth + 1);
        }
    }
}

void kps_cgroup_tree_find(const struct kps_sys *sys, struct kps_arena *arena,
                          struct kps_cgroup_place *places, size_t n)
{
    const char *mount = n ? find_mount(sys) : NULL;
    if (mount) {
        struct tree tree = {.arena = arena, .places = places, .n = n, .open = n};
        search(&tree, openat(sys->root_fd, mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, 0);
    }
}

void kps_cgroup_tree_pids(const struct kps_sys *sys, struct kps_sv path, struct kps_pids *ret)
{
    const char *mount = find_mount(sys);
    char file[PATH_BYTES + 64];
    char buf[PIDS_BYTES];
    struct kps_sv text;
    if (!mount || path.n >= PATH_BYTES) {
        return;
    }
    (void)snprintf(file, sizeof(file), "%s%.*s/cgroup.procs", mount, SV_ARG(path));
    if (kps_file_read(sys->root_fd, file, buf, sizeof(buf), &text) != 0) {
        return;
    }
    /* The number of a process that this pid namespace does not show is 0. A last line that was cut
     * is left out. */
    for (size_t end = kps_sv_find(text, '\n'); end < text.n; end = kps_sv_find(text, '\n')) {
        unsigned long long pid = 0;
        if (kps_sv_u64(kps_sv_slice(text, 0, end), INT32_MAX, &pid) && pid > 0) {
            *kps_vec_push(&ret->list) = (uint32_t)pid;
        }
        text = kps_sv_from(text, end + 1);
    }
}
