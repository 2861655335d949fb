#include "sys/unix_file.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/close.h"
#include "sys/cgroup.h"
#include "sys/netlink.h"
#include "sys/owners.h"
#include "sys/process.h"

enum {
    PROC_BYTES = 4 * 1024 * 1024, /* of /proc/net/unix: 40,000 sockets */
    KERNEL_MINOR_BITS = 20,       /* of a device number inside the kernel (MINORBITS) */
};

/* The search among the kernel's sockets. */
struct search {
    uint32_t dev, file_inode;
    uint32_t found; /* inode of the socket */
    bool is_live;
};

/* Report if the attributes of a socket bind it to the file. */
static bool is_bound_to(const struct search *search, struct kps_sv attributes)
{
    uint16_t type = 0;
    struct kps_sv value = {0};
    while (kps_netlink_attribute(&attributes, &type, &value)) {
        struct unix_diag_vfs vfs;
        if (type == UNIX_DIAG_VFS && value.n >= sizeof(vfs)) {
            memcpy(&vfs, value.p, sizeof(vfs));
            return vfs.udiag_vfs_ino == search->file_inode && vfs.udiag_vfs_dev == search->dev;
        }
    }
    return false;
}

static void take_socket(void *context, struct kps_sv payload)
{
    struct search *search = context;
    struct unix_diag_msg msg;
    if (payload.n < sizeof(msg)) {
        return;
    }
    memcpy(&msg, payload.p, sizeof(msg));
    /* accepted connections carry the name of their listener, and outlive it */
    bool takes_clients = msg.udiag_state == KPS_SOCKET_LISTEN ||
                         msg.udiag_state == KPS_SOCKET_CLOSE || msg.udiag_type == SOCK_DGRAM;
    if (takes_clients && is_bound_to(search, kps_sv_from(payload, sizeof(msg)))) {
        search->is_live = true;
        search->found = msg.udiag_ino;
    }
}

/* Return: 0, EINTR for a table that never came to rest, or another errno: netlink does not tell. */
static int search_netlink(const struct kps_sys *sys, struct search *search)
{
    struct {
        struct nlmsghdr head;
        struct unix_diag_req body;
    } request = {
        .head = {.nlmsg_len = sizeof(request),
                 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.sdiag_family = AF_UNIX, .udiag_states = UINT32_MAX, .udiag_show = UDIAG_SHOW_VFS},
    };
    int fd KPS_CLEANUP(kps_close_fd) = -1;
    int failed = kps_netlink_open(sys, 0, &fd);
    for (int tries = 0; !failed && tries < KPS_NETLINK_TRIES; tries++) {
        struct kps_netlink_dump dump = {
            .sequence = ++request.head.nlmsg_seq, .message = take_socket, .context = search};
        failed = kps_netlink_run(fd, &request, sizeof(request), &dump);
        if (!dump.interrupted || search->is_live) {
            return failed;
        }
    }
    return failed ? failed : EINTR;
}

/* A line of /proc/net/unix. */
struct proc_line {
    struct kps_sv flags, type, state, path;
    uint32_t inode;
};

static const char LISTENING[] = "00010000";

/*
 * Parse a line of /proc/net/unix: "0000: 00000002 00000000 00010000 0001 01 12345 /run/app.sock".
 * Return: false for any other line.
 */
static bool parse_line(struct kps_sv line, struct proc_line *ret)
{
    enum { FLAGS = 3, TYPE, STATE, INODE, PATH };
    struct kps_sv field[PATH] = {{0}};
    size_t n = 0;
    struct kps_sv rest = line;
    while (n < PATH && rest.n) {
        rest = kps_sv_trim(rest);
        field[n] = kps_sv_before(rest, ' ');
        rest = kps_sv_from(rest, field[n++].n);
    }
    if (n < PATH) {
        return false;
    }
    int64_t inode = kps_sv_number(field[INODE], UINT32_MAX);
    *ret = (struct proc_line){field[FLAGS], field[TYPE], field[STATE], kps_sv_trim(rest),
                              inode > 0 ? (uint32_t)inode : 0};
    return true;
}

static void take_line(struct search *search, struct kps_sv text, struct kps_sv path)
{
    struct proc_line line;
    if (!parse_line(text, &line) || !kps_sv_eq(line.path, path)) {
        return;
    }
    bool is_dgram = kps_sv_is(line.type, "0002");
    bool is_bound = kps_sv_is(line.state, "01");
    if (kps_sv_is(line.flags, LISTENING) || is_dgram || is_bound) {
        search->is_live = true;
        search->found = line.inode;
    }
}

static int search_proc(const struct kps_sys *sys, struct kps_arena *arena, struct kps_sv path,
                       struct search *search)
{
    struct kps_sv text = {0};
    int failed = kps_os_slurp(sys, arena, "proc/net/unix", PROC_BYTES, &text);
    bool is_cut = text.n == PROC_BYTES;
    struct kps_sv line;
    while (!failed && kps_sv_next(&text, '\n', &line)) {
        take_line(search, line, path);
    }
    return is_cut ? EFBIG : failed;
}

static const struct kps_process_facts *
find_owner(const struct kps_sys *sys, struct kps_arena *arena, uint32_t inode, uint32_t uid)
{
    struct kps_socket socket = {.inode = inode, .uid = uid};
    struct kps_socket_owner owner = {0};
    struct kps_owner_search search = {0};
    const struct kps_process_facts *facts = NULL;
    struct kps_processes processes = {0};
    kps_processes_start(&processes, sys, arena);
    if (inode && kps_sys_find_owners(&processes, &socket, 1, &owner, &search) == 0 && owner.pid) {
        facts = kps_processes_facts(&processes, owner.pid);
    }
    kps_processes_free(&processes);
    return facts;
}

struct kps_unix_file kps_unix_file_look(const struct kps_sys *sys, struct kps_arena *arena,
                                        struct kps_sv path)
{
    if (path.n == 0 || path.p[0] != '/') {
        return (struct kps_unix_file){.state = path.n && path.p[0] == '@' ? KPS_UNIX_FILE_ABSTRACT
                                                                          : KPS_UNIX_FILE_UNKNOWN};
    }
    struct stat st;
    if (fstatat(sys->root_fd, kps_cstr(arena, kps_sv_from(path, 1)), &st, 0) != 0) {
        int error = errno;
        bool is_absent = error == ENOENT || error == ENOTDIR;
        return (struct kps_unix_file){.state =
                                          is_absent ? KPS_UNIX_FILE_ABSENT : KPS_UNIX_FILE_UNKNOWN,
                                      .error = is_absent ? 0 : error};
    }
    if (!S_ISSOCK(st.st_mode)) {
        return (struct kps_unix_file){.state = KPS_UNIX_FILE_OTHER};
    }
    struct search search = {
        .dev = (uint32_t)(major(st.st_dev) << KERNEL_MINOR_BITS | minor(st.st_dev)),
        .file_inode = (uint32_t)st.st_ino};
    int failed = sys->is_fake ? ENOSYS : search_netlink(sys, &search);
    if (failed && failed != EINTR) {
        failed = search_proc(sys, arena, path, &search);
    }
    if (failed && !search.is_live) {
        return (struct kps_unix_file){.state = KPS_UNIX_FILE_UNKNOWN, .error = failed};
    }
    return (struct kps_unix_file){
        .state = search.is_live ? KPS_UNIX_FILE_LIVE : KPS_UNIX_FILE_STALE,
        .inode = search.found,
        .owner = search.is_live ? find_owner(sys, arena, search.found, st.st_uid) : NULL,
    };
}

/* List the sockets of a process. */
static void list_sockets(const struct kps_sys *sys, struct kps_arena *arena, uint32_t pid,
                         struct kps_pids *sockets)
{
    const char *folder = kps_fmt(arena, "proc/%u/fd", pid).p;
    DIR *dir KPS_CLEANUP(kps_close_dir) = kps_os_open_folder(sys->root_fd, folder);
    if (!dir) {
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char target[64];
        struct kps_sv link;
        if (kps_os_link(dirfd(dir), entry->d_name, target, sizeof(target), &link) == 0) {
            uint32_t inode = kps_socket_link_inode(link, SV("socket"));
            if (inode) {
                *kps_vec_push(&sockets->list) = inode;
            }
        }
    }
}

struct kps_sv kps_unix_file_of_engine(const struct kps_sys *sys, struct kps_arena *arena,
                                      uint32_t pid)
{
    struct kps_pids sockets = {0};
    struct kps_sv text = {0};
    struct kps_sv found = {"", 0};
    list_sockets(sys, arena, pid, &sockets);
    bool is_read =
        sockets.list.n &&
        kps_os_slurp(sys, arena, kps_fmt(arena, "proc/%u/net/unix", pid).p, PROC_BYTES, &text) == 0;
    struct kps_sv written;
    while (is_read && kps_sv_next(&text, '\n', &written)) {
        struct proc_line line;
        bool is_socket = parse_line(written, &line) && kps_sv_is(line.flags, LISTENING) &&
                         kps_sv_has_tail(line.path, ".sock");
        bool is_inner = is_socket && (kps_sv_has_tail(line.path, "/metrics.sock") ||
                                      kps_sv_has_any(line.path, "/libnetwork/"));
        for (uint32_t i = 0; is_socket && !is_inner && i < sockets.list.n; i++) {
            bool is_better = !found.n || kps_sv_has_tail(line.path, "/docker.sock");
            found = sockets.list.v[i] == line.inode && is_better ? line.path : found;
        }
    }
    kps_vec_free(&sockets.list);
    return found.n ? kps_sv_copy(arena, found) : found;
}
