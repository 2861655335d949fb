#ifndef KPS_SYS_OS_H
#define KPS_SYS_OS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/*
 * The machine: everything below `/` is opened relative to root_fd, so that a test world is a
 * directory with proc/, sys/ and etc/. A world other than "/" consists of files: netlink is not
 * asked, since it would show the real machine.
 */
struct kps_sys {
    int root_fd;
    bool is_fake; /* the root is a named directory, not "/" */
};

/*
 * Open the machine at `root` (NULL: the real one). Return: 0 or an errno (*ret untouched). End it
 * with kps_sys_close.
 */
KPS_MUST_USE int kps_sys_open(const char *root, struct kps_sys *ret);
void kps_sys_close(struct kps_sys *sys);

/*
 * Read a file into `buf`, at most `cap` bytes: longer files are cut, visible by ret->n == cap. For
 * /proc, whose files have no size. Return: 0 or an errno (*ret untouched).
 */
KPS_MUST_USE int kps_os_read(int dir_fd, const char *path, char *buf, size_t cap,
                             struct kps_sv *ret);

/*
 * Read a whole file below the root into the arena; `limit` bytes of a longer one. Small files cost
 * small memory. Return: 0 or an errno (*ret untouched).
 */
int kps_os_slurp(const struct kps_sys *sys, struct kps_arena *arena, const char *path, size_t limit,
                 struct kps_sv *ret);

/* Open a folder to list it (KPS_CLEANUP(kps_close_dir)). Return: NULL, and errno tells. */
DIR *kps_os_open_folder(int dir_fd, const char *path);

/* The target of a symbolic link, cut to `cap` bytes. Return: 0 or an errno (*ret untouched). */
KPS_MUST_USE int kps_os_link(int dir_fd, const char *path, char *buf, size_t cap,
                             struct kps_sv *ret);

#endif
