#include "sys/socket_option.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/close.h"
#include "sys/sockets.h"

/* Find the number of the descriptor with the socket. Return: -1 when there is none. */
static int find_descriptor(const struct kps_sys *sys, uint32_t pid, uint32_t inode)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "proc/%u/fd", pid);
    DIR *dir KPS_CLEANUP(kps_close_dir) = kps_os_open_folder(sys->root_fd, path);
    if (!dir) {
        return -1;
    }
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char target[64];
        struct kps_sv link;
        int64_t number = kps_sv_number(kps_sv_of(entry->d_name), INT32_MAX);
        if (kps_os_link(dirfd(dir), entry->d_name, target, sizeof(target), &link) == 0 &&
            kps_socket_link_inode(link, SV("socket")) == inode && number >= 0) {
            return (int)number;
        }
    }
    return -1;
}

enum kps_socket_option kps_socket_option_read(const struct kps_sys *sys, uint32_t pid,
                                              uint32_t inode, int level, int name)
{
    int number = sys->is_fake ? -1 : find_descriptor(sys, pid, inode);
    if (number < 0) {
        return KPS_SOCKET_OPTION_UNKNOWN;
    }
    int process KPS_CLEANUP(kps_close_fd) = (int)syscall(SYS_pidfd_open, pid, 0);
    if (process < 0) {
        return KPS_SOCKET_OPTION_UNKNOWN;
    }
    int copy KPS_CLEANUP(kps_close_fd) = (int)syscall(SYS_pidfd_getfd, process, number, 0);
    int value = 0;
    socklen_t n = sizeof(value);
    if (copy < 0 || getsockopt(copy, level, name, &value, &n) != 0) {
        return KPS_SOCKET_OPTION_UNKNOWN;
    }
    return value ? KPS_SOCKET_OPTION_ON : KPS_SOCKET_OPTION_OFF;
}
