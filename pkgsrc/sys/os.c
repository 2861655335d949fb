#include "sys/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/close.h"
#include "base/retry.h"

int kps_sys_open(const char *root, struct kps_sys *ret)
{
    int fd = open(root ? root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    *ret = (struct kps_sys){.root_fd = fd, .is_fake = root && strcmp(root, "/") != 0};
    return 0;
}

void kps_sys_close(struct kps_sys *sys)
{
    kps_close_fd(&sys->root_fd);
    sys->root_fd = -1;
}

/* Read on until the buffer is full or the file ends. Return: 0 or an errno. */
static int read_into(int fd, char *buf, size_t cap, size_t *n)
{
    while (*n < cap) {
        ssize_t got = kps_retry_read(fd, buf + *n, cap - *n);
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            break;
        }
        *n += (size_t)got;
    }
    return 0;
}

/* O_NONBLOCK: in a world made by hand the name may be a FIFO's. */
static int open_file(int dir_fd, const char *path)
{
    return openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int kps_os_read(int dir_fd, const char *path, char *buf, size_t cap, struct kps_sv *ret)
{
    int fd KPS_CLEANUP(kps_close_fd) = open_file(dir_fd, path);
    size_t n = 0;
    int failed = fd < 0 ? errno : read_into(fd, buf, cap, &n);
    if (failed == 0) {
        *ret = (struct kps_sv){buf, n};
    }
    return failed;
}

int kps_os_slurp(const struct kps_sys *sys, struct kps_arena *arena, const char *path, size_t limit,
                 struct kps_sv *ret)
{
    char first[4 * 1024];
    size_t n = 0;
    int fd KPS_CLEANUP(kps_close_fd) = open_file(sys->root_fd, path);
    size_t cap = sizeof(first) < limit ? sizeof(first) : limit;
    int failed = fd < 0 ? errno : read_into(fd, first, cap, &n);
    if (failed) {
        return failed;
    }
    if (n < sizeof(first) || n == limit) {
        *ret = kps_sv_copy(arena, (struct kps_sv){first, n});
        return 0;
    }
    char *buf = kps_alloc(arena, limit);
    memcpy(buf, first, n);
    failed = read_into(fd, buf, limit, &n);
    if (failed == 0) {
        *ret = (struct kps_sv){buf, n};
    }
    return failed;
}

int kps_os_link(int dir_fd, const char *path, char *buf, size_t cap, struct kps_sv *ret)
{
    ssize_t n = readlinkat(dir_fd, path, buf, cap);
    if (n < 0) {
        return errno;
    }
    *ret = (struct kps_sv){buf, (size_t)n};
    return 0;
}

DIR *kps_os_open_folder(int dir_fd, const char *path)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir && fd >= 0) {
        int error = errno;
        kps_close_fd(&fd);
        errno = error;
    }
    return dir;
}
