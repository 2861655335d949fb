#ifndef KPS_SYS_UNIX_FILE_H
#define KPS_SYS_UNIX_FILE_H

#include "model/owner.h"
#include "sys/os.h"

/*
 * Whether anybody still listens on the file of a Unix socket (spec sockets B11). Nothing is
 * connected to: a server would take that for a client. The kernel is asked (UNIX_DIAG) which file
 * each of its sockets is bound to, by device and inode, so that a socket of the same path whose
 * file was replaced does not count; in a world of files, and where netlink is refused,
 * /proc/net/unix is read, which has paths only. Both tell of the sockets of this network namespace:
 * a container's, bound to a file that this machine sees as well, are not among them.
 */
enum kps_unix_file_state {
    KPS_UNIX_FILE_ABSENT,   /* no such file */
    KPS_UNIX_FILE_OTHER,    /* a file, but no socket */
    KPS_UNIX_FILE_LIVE,     /* a socket is bound to it that listens, or takes datagrams */
    KPS_UNIX_FILE_STALE,    /* a socket's file, and no socket is bound to it any more */
    KPS_UNIX_FILE_ABSTRACT, /* "@name" is no file: it goes away with its socket */
    KPS_UNIX_FILE_UNKNOWN,  /* it could not be found out, see error; or the path is relative to
                               somebody's folder */
};

struct kps_unix_file {
    enum kps_unix_file_state state;
    int error;      /* UNKNOWN: errno; 0: the path is not absolute */
    uint32_t inode; /* LIVE: of the socket; 0: not told */
    const struct kps_process_facts
        *owner; /* LIVE: who has the socket, as far as that is known; else NULL */
};

/* Looks at `path`, which must be absolute or begin with '@'. What is found lives in the arena. */
struct kps_unix_file kps_unix_file_look(const struct kps_sys *sys, struct kps_arena *arena,
                                        struct kps_sv path);

#endif
