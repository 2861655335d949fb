#ifndef KPS_SYS_UNIX_FILE_H
#define KPS_SYS_UNIX_FILE_H

#include "model/owner.h"
#include "sys/os.h"

/*
 * Report if a program still listens on the file of a Unix socket (spec sockets B11). No connection
 * is made: a server would take it for a client. The kernel reports the file of each of its sockets
 * (UNIX_DIAG), by device and inode, so that a socket whose file was replaced does not count; in a
 * world of files, and where netlink is refused, /proc/net/unix has paths only. Both show the
 * sockets of this network namespace: the sockets of a container, bound to a file of this machine,
 * are not listed.
 */
enum kps_unix_file_state {
    KPS_UNIX_FILE_ABSENT,   /* no such file */
    KPS_UNIX_FILE_OTHER,    /* a file, but no socket */
    KPS_UNIX_FILE_LIVE,     /* a bound socket listens, or takes datagrams */
    KPS_UNIX_FILE_STALE,    /* a socket's file without a bound socket */
    KPS_UNIX_FILE_ABSTRACT, /* "@name" is no file: the name goes away with its socket */
    /* unknown, see error (EINTR: the table never came to rest, EFBIG: it is too long); or the path
       is relative to an unknown folder */
    KPS_UNIX_FILE_UNKNOWN,
};

struct kps_unix_file {
    enum kps_unix_file_state state;
    int error;                             /* UNKNOWN: errno; 0: the path is not absolute */
    uint32_t inode;                        /* LIVE: of the socket; 0: not told */
    const struct kps_process_facts *owner; /* LIVE: the holder of the socket, if known; else NULL */
};

/* Look at `path`, which must be absolute or begin with '@'. What is found lives in the arena. */
struct kps_unix_file kps_unix_file_look(const struct kps_sys *sys, struct kps_arena *arena,
                                        struct kps_sv path);

/*
 * Find the socket file on which a process serves an engine's API: a listening stream socket whose
 * file is called "docker.sock", else any other "*.sock" outside of an engine's inner folders.
 * Return: its path, in the arena; empty when there is none, or the descriptors may not be read.
 */
struct kps_sv kps_unix_file_of_engine(const struct kps_sys *sys, struct kps_arena *arena,
                                      uint32_t pid);

#endif
