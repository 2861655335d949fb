#include "assign/port_registry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum { MOST_BYTES = 256 * 1024, WAIT_MS = 10, MOST_WAITS = 1000 };

/* Return: whether the folder exists, is this user's, and only this user can write there. */
static bool is_own_folder(const char *path)
{
    struct stat st;
    return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Return: the folder for the file; empty: none. */
static struct kps_sv choose_folder(struct kps_arena *arena, const struct kps_env *env)
{
    struct kps_sv runtime = kps_env_or_empty(env, "XDG_RUNTIME_DIR");
    if (runtime.n && runtime.p[0] == '/' && is_own_folder(kps_cstr(arena, runtime))) {
        return runtime;
    }
    runtime = kps_fmt(arena, "/run/user/%u", (unsigned)geteuid());
    if (is_own_folder(runtime.p)) {
        return runtime;
    }
    runtime = kps_fmt(arena, "/tmp/kportscan-%u", (unsigned)geteuid());
    (void)mkdir(runtime.p, S_IRWXU);
    return is_own_folder(runtime.p) ? runtime : (struct kps_sv){"", 0};
}

static int lock_file(int fd)
{
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return errno;
        }
        if (i == MOST_WAITS) {
            return ETIMEDOUT;
        }
        (void)poll(NULL, 0, WAIT_MS);
    }
    return 0;
}

/* Parse "FIRST LAST KEY FOLDER"; the folder may have blanks. */
static bool parse_line(struct kps_sv line, struct kps_port_registry_entry *ret)
{
    struct kps_sv words[3];
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        words[i] = kps_sv_before(line, ' ');
        line = kps_sv_from(line, words[i].n + 1);
    }
    int64_t first = kps_sv_number(words[0], UINT16_MAX);
    int64_t last = kps_sv_number(words[1], UINT16_MAX);
    bool is_good = first > 0 && first <= last && words[2].n && kps_sv_has_head(line, "/");
    *ret = (struct kps_port_registry_entry){(uint16_t)first, (uint16_t)last, words[2], line};
    return is_good;
}

static bool is_folder(struct kps_arena *arena, struct kps_sv path)
{
    struct stat st;
    return stat(kps_cstr(arena, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static void read_entries(struct kps_port_registry *registry)
{
    char *bytes = kps_alloc(registry->arena, MOST_BYTES);
    size_t n = 0;
    ssize_t got = 1;
    while (got > 0 && n < MOST_BYTES) {
        got = pread(registry->fd, bytes + n, MOST_BYTES - n, (off_t)n);
        n += got > 0 ? (size_t)got : 0;
    }
    struct kps_sv rest = {bytes, n};
    while (rest.n) {
        struct kps_sv line = kps_sv_before(rest, '\n');
        struct kps_port_registry_entry entry;
        rest = kps_sv_from(rest, line.n + 1);
        if (parse_line(line, &entry) && is_folder(registry->arena, entry.folder)) {
            *kps_vec_push(&registry->entries) = entry;
        }
    }
}

int kps_port_registry_open(struct kps_port_registry *ret, struct kps_arena *arena,
                           const struct kps_env *env)
{
    *ret = (struct kps_port_registry){.arena = arena, .fd = -1};
    struct kps_sv folder = choose_folder(arena, env);
    if (folder.n == 0) {
        return ENOENT;
    }
    struct kps_sv path = kps_fmt(arena, "%.*s/kportscan-ports", SV_ARG(folder));
    ret->fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    int error = ret->fd < 0 ? errno : lock_file(ret->fd);
    if (error) {
        kps_port_registry_close(ret);
        return error;
    }
    read_entries(ret);
    return 0;
}

const struct kps_port_registry_entry *
kps_port_registry_find(const struct kps_port_registry *registry, struct kps_sv folder,
                       struct kps_sv key)
{
    for (uint32_t i = 0; i < registry->entries.n; i++) {
        const struct kps_port_registry_entry *entry = &registry->entries.v[i];
        if (kps_sv_eq(entry->folder, folder) && kps_sv_eq(entry->key, key)) {
            return entry;
        }
    }
    return NULL;
}

static void add_line(struct kps_buf *out, const struct kps_port_registry_entry *entry)
{
    bool is_line = kps_sv_find(entry->folder, '\n') == entry->folder.n &&
                   kps_sv_find(entry->key, ' ') == entry->key.n &&
                   kps_sv_find(entry->key, '\n') == entry->key.n;
    if (is_line) {
        kps_buf_fmt(out, "%u %u %.*s %.*s\n", entry->first, entry->last, SV_ARG(entry->key),
                    SV_ARG(entry->folder));
    }
}

int kps_port_registry_save(struct kps_port_registry *registry, struct kps_sv folder,
                           const struct kps_port_registry_entry *entries, size_t n)
{
    if (registry->fd < 0) {
        return 0;
    }
    struct kps_buf *out = kps_buf_new(registry->arena);
    for (uint32_t i = 0; i < registry->entries.n; i++) {
        if (!kps_sv_eq(registry->entries.v[i].folder, folder)) {
            add_line(out, &registry->entries.v[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        add_line(out, &entries[i]);
    }
    struct kps_sv text = kps_buf_sv(out);
    size_t done = 0;
    while (done < text.n) {
        ssize_t put = pwrite(registry->fd, text.p + done, text.n - done, (off_t)done);
        if (put <= 0) {
            return errno ? errno : EIO;
        }
        done += (size_t)put;
    }
    return ftruncate(registry->fd, (off_t)text.n) == 0 ? 0 : errno;
}

void kps_port_registry_close(struct kps_port_registry *registry)
{
    if (registry->fd >= 0) {
        (void)close(registry->fd);
    }
    registry->fd = -1;
    kps_vec_free(&registry->entries);
}
