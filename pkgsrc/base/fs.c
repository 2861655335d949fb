#include "base/fs.h"

#include "base/close.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/retry.h"
#include "base/vec.h"

static void free_bytes(char **bytes)
{
    kps_heap_free(*bytes);
}

enum {
    SPOOL_BYTES = 64 * 1024, /* of a pipe at a time */
    PROC_BYTES = 4 * 1024,   /* the length of a file in /proc is unknown, but small */
    NULL_MAJOR = 1,          /* of /dev/null, Linux admin-guide/devices.txt */
    NULL_MINOR = 3,
};

/* Read to the end; `expected` bytes are there, as far as is known: 1 or more. */
static int read_all(struct kps_arena *arena, int fd, size_t expected, size_t limit,
                    struct kps_sv *ret)
{
    size_t cap = expected;
    char *bytes = kps_alloc(arena, cap + 1);
    size_t n = 0;
    for (;;) {
        if (n == cap) {
            char one;
            ssize_t more = kps_retry_read(fd, &one, 1);
            if (more <= 0) {
                *ret = (struct kps_sv){bytes, n};
                return more < 0 ? errno : 0;
            }
            char *grown = kps_alloc(arena, cap * 2 + 1);
            memcpy(grown, bytes, n);
            grown[n++] = one;
            bytes = grown;
            cap *= 2;
        }
        ssize_t got = kps_retry_read(fd, bytes + n, cap - n);
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            bytes[n] = '\0';
            *ret = (struct kps_sv){bytes, n};
            return 0;
        }
        n += (size_t)got;
        if (n > limit) {
            return EFBIG;
        }
    }
}

/* Read a pipe to its end, into memory of its own first: its length is unknown. */
static int read_pipe(struct kps_arena *arena, int fd, size_t limit, struct kps_sv *ret)
{
    size_t n = 0;
    ssize_t got = 1;
    char *bytes = mmap(NULL, limit + 1, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) {
        return ENOMEM;
    }
    while (n <= limit && got > 0) {
        got = kps_retry_read(fd, bytes + n, limit + 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    if (n > limit) {
        *ret = (struct kps_sv){bytes, n};
        return EFBIG;
    }
    int error = got < 0 ? errno : 0;
    *ret = kps_sv_copy(arena, (struct kps_sv){bytes, n});
    (void)munmap(bytes, limit + 1);
    return error;
}

/* Open a file, or a FIFO where the user named it. Return: 0 or an errno. */
static int open_file(const char *path, bool takes_fifo, int *ret_fd, struct stat *ret)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*ret_fd < 0 || fstat(*ret_fd, ret) != 0) {
        return errno;
    }
    if (S_ISDIR(ret->st_mode)) {
        return EISDIR;
    }
    if (S_ISFIFO(ret->st_mode) && takes_fifo) {
        /* wait for its writer like any reader */
        return fcntl(*ret_fd, F_SETFL, 0) != 0 ? errno : 0;
    }
    /* `--env-file /dev/null` is how people leave .env out: the device is an empty file */
    bool is_null = S_ISCHR(ret->st_mode) && major(ret->st_rdev) == NULL_MAJOR &&
                   minor(ret->st_rdev) == NULL_MINOR;
    return S_ISREG(ret->st_mode) || is_null ? 0 : EINVAL;
}

static int read_file(struct kps_arena *arena, const char *path, size_t limit, bool takes_fifo,
                     struct kps_sv *ret)
{
    if (strcmp(path, "-") == 0) {
        return read_pipe(arena, STDIN_FILENO, limit, ret);
    }
    int fd KPS_CLEANUP(kps_close_fd) = -1;
    struct stat st = {0};
    int error = open_file(path, takes_fifo, &fd, &st);
    if (error) {
        return error;
    }
    if (S_ISFIFO(st.st_mode)) {
        return read_pipe(arena, fd, limit, ret);
    }
    if (st.st_size > (off_t)limit) {
        return EFBIG;
    }
    return read_all(arena, fd, st.st_size ? (size_t)st.st_size : PROC_BYTES, limit, ret);
}

int kps_fs_open_named(const char *path, int *ret_fd)
{
    struct stat st;
    if (strcmp(path, "-") == 0) {
        *ret_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
        return *ret_fd < 0 ? errno : 0;
    }
    return open_file(path, true, ret_fd, &st);
}

static int os_read(const struct kps_fs *fs, struct kps_arena *arena, const char *path, size_t limit,
                   struct kps_sv *ret)
{
    (void)fs;
    return read_file(arena, path, limit, false, ret);
}

int kps_fs_read_named(struct kps_arena *arena, const char *path, size_t limit, struct kps_sv *ret)
{
    return read_file(arena, path, limit, true, ret);
}

/* Open a file without a name, which ends with the program. Return: -1 on failure. */
static int open_nameless(void)
{
    char paths[][32] = {"/tmp/kportscan-XXXXXX", "/var/tmp/kportscan-XXXXXX"};
    int fd = -1;
    for (size_t i = 0; i < KPS_COUNT(paths) && fd < 0; i++) {
        fd = mkostemp(paths[i], O_CLOEXEC);
        if (fd >= 0) {
            (void)unlink(paths[i]);
        }
    }
    return fd;
}

static bool write_all(int fd, struct kps_sv bytes)
{
    while (bytes.n) {
        ssize_t put;
        KPS_RETRY(put, write(fd, bytes.p, bytes.n));
        if (put <= 0) {
            return false;
        }
        bytes = kps_sv_from(bytes, (size_t)put);
    }
    return true;
}

/* Write all of a pipe into a file. Return: 0 or an errno. */
static int spool_pipe(int from, int to, struct kps_sv head, size_t limit)
{
    char *bytes KPS_CLEANUP(free_bytes) = kps_heap_alloc(SPOOL_BYTES);
    ssize_t got = 1;
    for (size_t n = head.n; write_all(to, head) && n <= limit; n += head.n) {
        got = kps_retry_read(from, bytes, SPOOL_BYTES);
        if (got <= 0) {
            return got < 0 ? errno : 0;
        }
        head = (struct kps_sv){bytes, (size_t)got};
    }
    return EFBIG; /* the disk's bound, or ours */
}

static int map_fd(int fd, size_t limit, struct kps_sv *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return errno;
    }
    size_t n = (size_t)st.st_size;
    if (n > limit) {
        return EFBIG;
    }
    /* a page more, so that a NUL stands behind the bytes */
    char *room = mmap(NULL, n + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED || mmap(room, n, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != room) {
        return ENOMEM;
    }
    *ret = (struct kps_sv){room, n};
    return 0;
}

int kps_fs_map_named(const char *path, struct kps_sv head, size_t limit, struct kps_sv *ret)
{
    int fd KPS_CLEANUP(kps_close_fd) = -1;
    int file KPS_CLEANUP(kps_close_fd) = -1;
    int error = kps_fs_open_named(path, &fd);
    if (error || head.n == 0) {
        return error ? error : map_fd(fd, limit, ret);
    }
    file = open_nameless();
    error = file < 0 ? EFBIG : spool_pipe(fd, file, head, limit);
    return error ? error : map_fd(file, limit, ret);
}

void kps_fs_unmap(struct kps_sv mapped)
{
    (void)munmap((void *)(uintptr_t)mapped.p, mapped.n + 1);
}

void kps_fs_drop(struct kps_sv part)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)part.p + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)part.p + part.n) & ~(page - 1);
    if (end > from) {
        (void)madvise((void *)from, end - from, MADV_DONTNEED);
    }
}

enum kps_fs_kind kps_fs_kind_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return KPS_FS_NONE;
    }
    if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode)) {
        return KPS_FS_FILE;
    }
    return S_ISDIR(st.st_mode) ? KPS_FS_DIR : KPS_FS_OTHER;
}

static enum kps_fs_kind os_kind(const struct kps_fs *fs, const char *path)
{
    (void)fs;
    return kps_fs_kind_of(path);
}

static bool os_leaves(const struct kps_fs *fs, const char *folder, const char *path)
{
    (void)fs;
    char *top = realpath(folder, NULL);
    char *real = realpath(path, NULL);
    size_t n = top ? strlen(top) : 0;
    n -= n == 1; /* the root */
    bool is_outside =
        top && real && (!kps_sv_starts(kps_sv_of(real), (struct kps_sv){top, n}) || real[n] != '/');
    free(top);
    free(real);
    return is_outside;
}

static int by_bytes(const void *a, const void *b)
{
    return kps_sv_cmp(*(const struct kps_sv *)a, *(const struct kps_sv *)b);
}

static int os_list(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                   struct kps_sv **ret, size_t *ret_n)
{
    (void)fs;
    DIR *dir KPS_CLEANUP(kps_close_dir) = opendir(path);
    if (!dir) {
        return errno;
    }
    KPS_VEC(struct kps_sv) names = {0};
    errno = 0;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            kps_vec_add_text(&names.any, kps_sv_copy(arena, kps_sv_of(entry->d_name)));
        }
    }
    int failed = errno;
    if (names.n) {
        qsort(names.v, names.n, sizeof(names.v[0]), by_bytes);
        *ret = kps_vec_copy(&names, arena);
    }
    *ret_n = names.n;
    kps_vec_free(&names);
    return failed;
}

const struct kps_fs kps_fs_os = {
    .read = os_read, .kind = os_kind, .list = os_list, .leaves = os_leaves};

static enum kps_fs_kind mem_kind(const struct kps_fs *fs, const char *path)
{
    const struct kps_fs_mem *world = fs->world;
    struct kps_sv wanted = kps_sv_of(path);
    for (size_t i = 0; i < world->n; i++) {
        struct kps_sv have = world->files[i].path;
        if (kps_sv_eq(have, wanted)) {
            return KPS_FS_FILE;
        }
        if (kps_sv_starts(have, wanted) && have.n > wanted.n && have.p[wanted.n] == '/') {
            return KPS_FS_DIR;
        }
    }
    errno = ENOENT;
    return KPS_FS_NONE;
}

static int mem_read(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                    size_t limit, struct kps_sv *ret)
{
    const struct kps_fs_mem *world = fs->world;
    struct kps_sv wanted = kps_sv_of(path);
    for (size_t i = 0; i < world->n; i++) {
        if (kps_sv_eq(world->files[i].path, wanted)) {
            if (world->files[i].content.n > limit) {
                return EFBIG;
            }
            *ret = kps_sv_copy(arena, world->files[i].content);
            return 0;
        }
    }
    return mem_kind(fs, path) == KPS_FS_DIR ? EISDIR : ENOENT;
}

/* Return: if the list holds the name. */
static bool has_name(const struct kps_sv *names, size_t n, struct kps_sv name)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(names[i], name)) {
            return true;
        }
    }
    return false;
}

static int mem_list(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                    struct kps_sv **ret, size_t *ret_n)
{
    const struct kps_fs_mem *world = fs->world;
    struct kps_sv dir = kps_sv_of(path);
    enum kps_fs_kind kind = mem_kind(fs, path);
    if (kind != KPS_FS_DIR) {
        return kind == KPS_FS_NONE ? ENOENT : ENOTDIR;
    }
    struct kps_sv *names = KPS_NEW_N(arena, struct kps_sv, world->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < world->n; i++) {
        struct kps_sv have = world->files[i].path;
        if (kps_sv_starts(have, dir) && have.n > dir.n && have.p[dir.n] == '/') {
            struct kps_sv rest = kps_sv_from(have, dir.n + 1);
            struct kps_sv name = kps_sv_before(rest, '/');
            if (!has_name(names, n, name)) {
                names[n++] = name;
            }
        }
    }
    qsort(names, n, sizeof(names[0]), by_bytes);
    *ret = names;
    *ret_n = n;
    return 0;
}

struct kps_fs kps_fs_memory(const struct kps_fs_mem *world)
{
    return (struct kps_fs){.read = mem_read, .kind = mem_kind, .list = mem_list, .world = world};
}

bool kps_fs_exists(const char *path)
{
    return kps_fs_kind_of(path) != KPS_FS_NONE;
}

struct kps_sv kps_fs_repository(struct kps_arena *arena, struct kps_sv folder)
{
    for (;; folder = kps_path_dir(arena, folder)) {
        if (kps_fs_exists(kps_path_join(arena, folder, SV(".git")).p)) {
            return folder;
        }
        if (folder.n <= 1) {
            return (struct kps_sv){"", 0};
        }
    }
}
