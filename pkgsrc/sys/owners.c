#include "sys/owners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/close.h"
#include "base/vec.h"
#include "sys/cgroup.h"
#include "sys/inode_set.h"
#include "sys/proc_text.h"
#include "sys/sockets.h"

/* How looking through the descriptors of a process went. */
enum visit {
    VISIT_OPEN,     /* not finished: none, or only the lower descriptors were looked at */
    VISIT_DONE,     /* all of them were seen */
    VISIT_DENIED,   /* all or some descriptors may not be read */
    VISIT_VANISHED, /* the process ended underway */
};

struct visited_process {
    uint32_t pid;
    uint32_t n_fds;   /* number of descriptors; 0: the kernel does not report it (before 6.2) */
    int64_t position; /* in its directory of descriptors: where to go on */
    uint8_t rank;     /* lower ones are visited first */
    uint8_t visit;    /* enum visit */
    bool was_denied;  /* of some descriptor so far */
};

/* A process with a wanted socket. */
struct hit {
    uint32_t inode, pid;
};

struct walk {
    const struct kps_sys *sys;
    struct kps_inode_set *wanted;
    KPS_VEC(struct visited_process) processes;
    KPS_VEC(struct hit) hits;
};

enum {
    MAX_THREADS = 4,
    /*
     * Below this number a thread's start and its copy of the descriptor table cost more than they
     * save.
     */
    DESCRIPTORS_PER_THREAD = 5 * 1000,
    /* Assumed number of descriptors where the kernel does not report it. */
    USUAL_DESCRIPTORS = 32,
    LINK_BYTES = 32,  /* "socket:[4294967295]" has 19 */
    ENTRY_BYTES = 24, /* a directory entry with a number of up to four digits */
    MOST_ENTRY_BYTES =
        288, /* one with the longest name there can be; less room than an entry needs is an error */
    BUFFER_BYTES = 16 * 1024,
};

/* How many descriptors of a process are looked at in each round. */
static const uint32_t ROUNDS[] = {32, 512, UINT32_MAX};

/*
 * The entries of getdents64(2); C libraries hide them behind readdir(3), which always reads 32
 * KiB.
 */
struct entry_head {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
};
enum { NAME_OFFSET = 19 }; /* the name starts where the head ends without its padding */

struct worker {
    struct walk *walk;
    atomic_uint *next; /* index of the next process, shared */
    uint32_t to;
    uint32_t budget; /* descriptors of each process to look at */
    bool is_extra;   /* a thread of its own */
    KPS_VEC(struct hit) hits;
};

static void free_walk(struct walk *walk)
{
    kps_vec_free(&walk->processes);
    kps_vec_free(&walk->hits);
}

/* Translate an error about a process or its descriptors. */
static enum visit visit_of(int error)
{
    return error == ENOENT || error == ESRCH ? VISIT_VANISHED : VISIT_DENIED;
}

/* Inspect a descriptor by its name. Return: false when it may not be read. */
static bool inspect_descriptor(struct worker *worker, int dir_fd, const char *name, uint32_t pid)
{
    char target[LINK_BYTES];
    ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));
    if (n < 0) {
        return errno == ENOENT ||
               errno == EINVAL; /* closed meanwhile; no link, in a world made by hand */
    }
    /* Most are files and pipes: told apart by the first byte of "socket:[". */
    if (n == 0 || target[0] != 's') {
        return true;
    }
    uint32_t inode = kps_socket_link_inode((struct kps_sv){target, (size_t)n}, SV("socket"));
    if (inode && kps_inode_set_found(worker->walk->wanted, inode)) {
        *kps_vec_push(&worker->hits) = (struct hit){inode, pid};
    }
    return true;
}

/* Inspect the descriptors of a piece of the directory. */
static void inspect_piece(struct worker *worker, int dir_fd, const char *piece, size_t n,
                          struct visited_process *process)
{
    struct entry_head head;
    for (size_t at = 0; at + NAME_OFFSET < n; at += head.bytes) {
        memcpy(&head, piece + at, NAME_OFFSET);
        if (head.bytes <= NAME_OFFSET || head.bytes > n - at) {
            break;
        }
        const char *name = piece + at + NAME_OFFSET;
        if (kps_is_digit(name[0]) && !inspect_descriptor(worker, dir_fd, name, process->pid)) {
            process->was_denied = true;
        }
        process->position = head.next;
    }
}

/* Go on with a process, for as many descriptors as the budget allows. */
static enum visit visit_process(struct worker *worker, struct visited_process *process)
{
    char path[32];
    char buf[BUFFER_BYTES];
    (void)snprintf(path, sizeof(path), "proc/%u/fd", process->pid);
    int fd KPS_CLEANUP(kps_close_fd) =
        openat(worker->walk->sys->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (process->position > 0 && lseek(fd, process->position, SEEK_SET) < 0)) {
        return visit_of(errno);
    }
    uint64_t left = (uint64_t)worker->budget * ENTRY_BYTES;
    while (left >= ENTRY_BYTES) {
        size_t size = left > MOST_ENTRY_BYTES ? (size_t)left : MOST_ENTRY_BYTES;
        size = size < sizeof(buf) ? size : sizeof(buf);
        long n = syscall(SYS_getdents64, fd, buf, size);
        if (n < 0) {
            return visit_of(errno);
        }
        if (n == 0) {
            return process->was_denied ? VISIT_DENIED : VISIT_DONE;
        }
        inspect_piece(worker, fd, buf, (size_t)n, process);
        left -= (uint64_t)n < left ? (uint64_t)n : left;
    }
    return VISIT_OPEN;
}

static void *run_worker(void *data)
{
    struct worker *worker = data;
    struct walk *walk = worker->walk;
    if (worker->is_extra) {
        /*
         * A table of descriptors of its own: threads with a shared table wait for each other at
         * every open and close.
         */
        (void)unshare(CLONE_FILES);
    }
    while (atomic_load_explicit(&walk->wanted->open, memory_order_relaxed) > 0) {
        uint32_t index = atomic_fetch_add_explicit(worker->next, 1, memory_order_relaxed);
        if (index >= worker->to) {
            break;
        }
        struct visited_process *process = &walk->processes.v[index];
        if (process->visit == VISIT_OPEN) {
            process->visit = (uint8_t)visit_process(worker, process);
        }
    }
    return NULL;
}

static void move_hits(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->hits.n; i++) {
        *kps_vec_push(&worker->walk->hits) = worker->hits.v[i];
    }
    kps_vec_free(&worker->hits);
}

static uint32_t threads_for(const struct walk *walk, uint32_t from, uint32_t to, uint32_t budget)
{
    uint64_t descriptors = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t n = walk->processes.v[i].n_fds ? walk->processes.v[i].n_fds : USUAL_DESCRIPTORS;
        if (walk->processes.v[i].visit == VISIT_OPEN) {
            descriptors += n < budget ? n : budget;
        }
    }
    cpu_set_t cpus;
    int cores = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    uint64_t wanted = 1 + descriptors / DESCRIPTORS_PER_THREAD;
    uint64_t most = cores > MAX_THREADS ? MAX_THREADS : (uint64_t)cores;
    return (uint32_t)(wanted < most ? wanted : most);
}

static void run_round(struct walk *walk, uint32_t from, uint32_t to, uint32_t budget)
{
    struct worker workers[MAX_THREADS] = {0};
    pthread_t threads[MAX_THREADS];
    atomic_uint next = from;
    uint32_t n = threads_for(walk, from, to, budget);
    uint32_t started = 0;
    for (uint32_t i = 0; i < n; i++) {
        workers[i] = (struct worker){
            .walk = walk, .next = &next, .to = to, .budget = budget, .is_extra = i > 0};
    }
    while (started + 1 < n &&
           pthread_create(&threads[started], NULL, run_worker, &workers[started + 1]) == 0) {
        started++;
    }
    (void)run_worker(&workers[0]);
    for (uint32_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        move_hits(&workers[i]);
    }
}

static void run_walk(struct walk *walk, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < KPS_COUNT(ROUNDS) && walk->wanted->open > 0 && from < to; i++) {
        run_round(walk, from, to, ROUNDS[i]);
    }
}

static void finish_process(struct walk *walk, uint32_t index)
{
    struct worker worker = {.walk = walk, .budget = UINT32_MAX};
    walk->processes.v[index].visit = (uint8_t)visit_process(&worker, &walk->processes.v[index]);
    move_hits(&worker);
}

/* In which order processes are visited. */
enum rank {
    RANK_CGROUP, /* of the cgroup the socket was made in */
    RANK_USER,   /* of its namespace and its user */
    RANK_ROOT,   /* of its namespace, root's */
    RANK_SAME,   /* of its namespace */
    RANK_HIDDEN, /* of a namespace that may not be seen: its descriptors may mostly not either */
    RANK_OTHER,  /* of another namespace */
};

struct search {
    struct kps_processes *processes;
    const struct kps_socket *sockets;
    size_t n;
    struct kps_socket_owner *owners;
    struct walk walk;
    /* How many of walk.hits (by inode and pid) and of walk.processes (by pid) are sorted, when the
     * search is over; what comes behind them is from single visits. */
    uint32_t n_sorted, n_processes;
};

static void fill_wanted(struct search *search)
{
    search->walk.wanted = kps_inode_set_new(search->processes->arena, search->n);
    for (size_t i = 0; i < search->n; i++) {
        if (search->sockets[i].inode) {
            kps_inode_set_add(search->walk.wanted, search->sockets[i].inode);
        }
    }
}

static int by_inode(const void *left, const void *right)
{
    const struct kps_cgroup_place *a = left;
    const struct kps_cgroup_place *b = right;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

/* List the cgroups of the sockets' creators, each once. The root (1) is left out. */
static size_t list_cgroups(const struct search *search, struct kps_cgroup_place *places)
{
    size_t n = 0;
    for (size_t i = 0; i < search->n; i++) {
        uint64_t cgroup = search->sockets[i].cgroup;
        if (cgroup > 1 && (n == 0 || places[n - 1].inode != cgroup)) {
            places[n++].inode = cgroup;
        }
    }
    if (n == 0) {
        return 0;
    }
    qsort(places, n, sizeof(places[0]), by_inode);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        if (places[i].inode != places[kept - 1].inode) {
            places[kept++].inode = places[i].inode;
        }
    }
    return kept;
}

/* Notes the cgroup's path of every socket and visits the processes that are in these cgroups now.
 */
static void search_cgroups(struct search *search)
{
    struct kps_arena *arena = search->processes->arena;
    struct kps_cgroup_place *places = KPS_NEW_N(arena, struct kps_cgroup_place, search->n);
    size_t n = list_cgroups(search, places);
    kps_cgroup_find_paths(search->processes->sys, arena, places, n);
    for (size_t i = 0; i < search->n && n > 0; i++) {
        struct kps_cgroup_place key = {.inode = search->sockets[i].cgroup};
        const struct kps_cgroup_place *place =
            bsearch(&key, places, n, sizeof(places[0]), by_inode);
        search->owners[i].cgroup = place ? place->path : (struct kps_sv){0};
    }
    struct kps_pids pids = {0};
    for (size_t i = 0; i < n; i++) {
        if (places[i].path.n) {
            kps_cgroup_add_pids(search->processes->sys, places[i].path, &pids);
        }
    }
    for (uint32_t i = 0; i < pids.list.n; i++) {
        *kps_vec_push(&search->walk.processes) =
            (struct visited_process){.pid = pids.list.v[i], .rank = RANK_CGROUP};
    }
    kps_vec_free(&pids.list);
    run_walk(&search->walk, 0, search->walk.processes.n);
}

static bool has_user(const struct search *search, uint32_t uid)
{
    /* Sockets of the same owner lie together; a handful of users is the rule. */
    enum { LOOK_AT = 64 };
    for (size_t i = 0; i < search->n && i < LOOK_AT; i++) {
        if (search->sockets[i].uid == uid) {
            return true;
        }
    }
    return false;
}

static struct visited_process rank_process(const struct search *search, int proc_fd, uint32_t pid)
{
    struct visited_process process = {.pid = pid, .rank = RANK_HIDDEN};
    char path[32];
    char target[64];
    struct kps_sv link;
    struct stat st;
    uint32_t wanted_netns = search->sockets[0].netns;
    (void)snprintf(path, sizeof(path), "%u/ns/net", pid);
    if (kps_os_link(proc_fd, path, target, sizeof(target), &link) == 0) {
        uint32_t netns = kps_socket_link_inode(link, SV("net"));
        process.rank = wanted_netns == 0 || netns == wanted_netns ? RANK_SAME : RANK_OTHER;
    }
    (void)snprintf(path, sizeof(path), "%u", pid);
    if (process.rank == RANK_SAME && fstatat(proc_fd, path, &st, 0) == 0) {
        process.rank = st.st_uid == 0 ? RANK_ROOT : RANK_SAME;
        process.rank = has_user(search, st.st_uid) ? RANK_USER : process.rank;
    }
    (void)snprintf(path, sizeof(path), "%u/fd", pid);
    if (fstatat(proc_fd, path, &st, 0) == 0 && st.st_size > 0 && st.st_size < UINT32_MAX) {
        process.n_fds = (uint32_t)st.st_size;
    }
    return process;
}

static int by_rank(const void *left, const void *right)
{
    const struct visited_process *a = left;
    const struct visited_process *b = right;
    if (a->rank != b->rank) {
        return a->rank - b->rank;
    }
    int by = (a->n_fds > b->n_fds) - (a->n_fds < b->n_fds);
    return by ? by : (a->pid > b->pid) - (a->pid < b->pid);
}

static int by_pid(const void *left, const void *right)
{
    const struct visited_process *a = left;
    const struct visited_process *b = right;
    return (a->pid > b->pid) - (a->pid < b->pid);
}

static void sort_processes(struct search *search, uint32_t from,
                           int (*order)(const void *, const void *))
{
    if (search->walk.processes.n > from) {
        qsort(search->walk.processes.v + from, search->walk.processes.n - from,
              sizeof(search->walk.processes.v[0]), order);
    }
}

/* Visit all processes that were not visited. Return: 0 or an errno when /proc cannot be read. */
static int search_all(struct search *search)
{
    uint32_t visited = search->walk.processes.n;
    DIR *dir KPS_CLEANUP(kps_close_dir) =
        kps_os_open_folder(search->processes->sys->root_fd, "proc");
    if (!dir) {
        return errno;
    }
    sort_processes(search, 0, by_pid);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        int64_t pid = kps_sv_number(kps_sv_of(entry->d_name), INT32_MAX);
        if (pid <= 0) {
            continue;
        }
        struct visited_process key = {.pid = (uint32_t)pid};
        if (visited == 0 ||
            !bsearch(&key, search->walk.processes.v, visited, sizeof(key), by_pid)) {
            *kps_vec_push(&search->walk.processes) =
                rank_process(search, dirfd(dir), (uint32_t)pid);
        }
    }
    sort_processes(search, visited, by_rank);
    uint32_t others = visited;
    while (others < search->walk.processes.n &&
           search->walk.processes.v[others].rank < RANK_OTHER) {
        others++;
    }
    run_walk(&search->walk, visited, others);
    run_walk(&search->walk, others, search->walk.processes.n);
    return 0;
}

/* Report if a thread shares the descriptors of its process: then it has nothing more. */
static bool shares_descriptors(const struct kps_sys *sys, uint32_t pid, uint32_t thread)
{
    return !sys->is_fake && syscall(SYS_kcmp, pid, thread, KCMP_FILES, 0, 0) == 0;
}

/* Visit the threads of a process that have descriptors of their own. */
static void search_threads_of(struct search *search, uint32_t pid, uint32_t *budget)
{
    char path[32];
    struct stat st;
    const struct kps_sys *sys = search->walk.sys;
    struct worker worker = {.walk = &search->walk, .budget = UINT32_MAX};
    (void)snprintf(path, sizeof(path), "proc/%u/task", pid);
    if (fstatat(sys->root_fd, path, &st, 0) != 0 || st.st_nlink <= 3) {
        return; /* a single thread */
    }
    DIR *dir KPS_CLEANUP(kps_close_dir) = kps_os_open_folder(sys->root_fd, path);
    const struct dirent *entry;
    while (dir && *budget > 0 && (entry = readdir(dir))) {
        int64_t number = kps_sv_number(kps_sv_of(entry->d_name), INT32_MAX);
        struct visited_process thread = {.pid = (uint32_t)number};
        if (number > 0 && thread.pid != pid && !shares_descriptors(sys, pid, thread.pid)) {
            (*budget)--;
            (void)visit_process(&worker, &thread); /* /proc/TID is there, though not listed */
        }
    }
    for (uint32_t i = 0; i < worker.hits.n; i++) {
        worker.hits.v[i].pid = pid;
    }
    move_hits(&worker);
}

/*
 * Look for the rest among threads with descriptors of their own (unshare(CLONE_FILES)), and of
 * processes whose main thread has ended.
 */
static void search_threads(struct search *search)
{
    uint32_t budget = 1024; /* visits; where kcmp(2) is forbidden, every thread is one */
    for (uint32_t i = 0; i < search->walk.processes.n && search->walk.wanted->open > 0; i++) {
        if (search->walk.processes.v[i].visit == VISIT_DONE) {
            search_threads_of(search, search->walk.processes.v[i].pid, &budget);
        }
    }
}

static int by_hit(const void *left, const void *right)
{
    const struct hit *a = left;
    const struct hit *b = right;
    int by = (a->inode > b->inode) - (a->inode < b->inode);
    return by ? by : (a->pid > b->pid) - (a->pid < b->pid);
}

/* Find the first of the sorted hits at or behind (inode, pid). */
static uint32_t first_hit(const struct search *search, uint32_t inode, uint32_t pid)
{
    const struct hit key = {inode, pid};
    uint32_t low = 0;
    uint32_t high = search->n_sorted;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (by_hit(&search->walk.hits.v[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_hit(const struct search *search, uint32_t inode, uint32_t pid)
{
    const struct hit key = {inode, pid};
    uint32_t at = first_hit(search, inode, pid);
    if (at < search->n_sorted && by_hit(&search->walk.hits.v[at], &key) == 0) {
        return true;
    }
    for (at = search->n_sorted; at < search->walk.hits.n; at++) {
        if (by_hit(&search->walk.hits.v[at], &key) == 0) {
            return true;
        }
    }
    return false;
}

/* Report if a process has the socket; an unvisited process is visited. */
static bool has_socket(struct search *search, uint32_t inode, uint32_t pid)
{
    struct walk *walk = &search->walk;
    if (is_hit(search, inode, pid)) {
        return true;
    }
    const struct visited_process key = {.pid = pid};
    struct visited_process *process = walk->processes.v;
    process = bsearch(&key, process, search->n_processes, sizeof(key), by_pid);
    for (uint32_t i = search->n_processes; !process && i < walk->processes.n; i++) {
        process = walk->processes.v[i].pid == pid ? &walk->processes.v[i] : NULL;
    }
    if (!process) {
        process = kps_vec_push(&walk->processes);
        process->pid = pid;
    }
    if (process->visit != VISIT_OPEN) {
        return false;
    }
    finish_process(walk, (uint32_t)(process - walk->processes.v));
    return is_hit(search, inode, pid);
}

static bool is_called(struct search *search, uint32_t pid, struct kps_sv name)
{
    return kps_sv_eq(kps_processes_get(search->processes, pid)->facts.name, name);
}

/* systemd keeps the sockets of socket units. In a container process 1 is something else. */
static bool is_systemd(struct search *search, uint32_t pid)
{
    return pid == 1 && is_called(search, pid, SV("systemd"));
}

/*
 * Choose the holder to name: a docker-proxy (dockerd may have opened the socket for it); else the
 * process whose parent does not hold the socket, the master of its workers; systemd only as the
 * last one.
 */
static uint32_t choose_holder(struct search *search, uint32_t inode)
{
    uint32_t at = first_hit(search, inode, 0);
    if (at == search->n_sorted || search->walk.hits.v[at].inode != inode) {
        /* a single visit found it, for another socket: behind the sorted ones */
        for (at = search->n_sorted; search->walk.hits.v[at].inode != inode; at++) {
        }
    }
    uint32_t pid = search->walk.hits.v[at].pid;
    for (uint32_t i = at; i < search->n_sorted && search->walk.hits.v[i].inode == inode; i++) {
        if (is_called(search, search->walk.hits.v[i].pid, SV("docker-proxy"))) {
            return search->walk.hits.v[i].pid;
        }
        pid = is_systemd(search, pid) ? search->walk.hits.v[i].pid : pid;
    }
    /* A chain of parents is no longer than the list of processes; a loop in it must end. */
    for (uint32_t steps = 0; steps < search->walk.processes.n; steps++) {
        uint32_t parent = kps_processes_get(search->processes, pid)->parent;
        if (parent == 0 || is_systemd(search, parent) || !has_socket(search, inode, parent)) {
            break;
        }
        pid = parent;
    }
    return pid;
}

/* Add the children of a process, which its threads have; none where the kernel does not list them.
 */
static void add_children(struct search *search, uint32_t pid, struct kps_pids *ret)
{
    enum { MOST_THREADS = 64, MOST_CHILDREN = 256, CHILDREN_BYTES = 2048 };
    char path[64];
    char buf[CHILDREN_BYTES];
    (void)snprintf(path, sizeof(path), "proc/%u/task", pid);
    DIR *dir KPS_CLEANUP(kps_close_dir) = kps_os_open_folder(search->processes->sys->root_fd, path);
    uint32_t threads = 0;
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry && threads < MOST_THREADS;
         entry = readdir(dir)) {
        struct kps_sv text;
        struct kps_sv word;
        (void)snprintf(path, sizeof(path), "%.20s/children", entry->d_name);
        if (entry->d_name[0] == '.' || kps_os_read(dirfd(dir), path, buf, sizeof(buf), &text)) {
            continue;
        }
        threads++;
        while (kps_sv_next(&text, ' ', &word) && ret->list.n < MOST_CHILDREN) {
            int64_t child = kps_sv_number(word, INT32_MAX);
            if (child > 0) {
                *kps_vec_push(&ret->list) = (uint32_t)child;
            }
        }
    }
}

/* Return the session of a process; 0: unknown. */
static uint32_t find_session(const struct search *search, uint32_t pid)
{
    char path[32];
    char buf[1024];
    struct kps_sv text;
    struct kps_proc_stat stat;
    (void)snprintf(path, sizeof(path), "proc/%u/stat", pid);
    bool is_read = kps_os_read(search->processes->sys->root_fd, path, buf, sizeof(buf), &text) == 0;
    return is_read && kps_proc_stat_read(text, &stat) ? stat.session : 0;
}

/* Find the processes that got the socket by a fork, from the holder or with it. */
static void find_sharers(struct search *search, uint32_t inode, struct kps_socket_owner *owner)
{
    enum { MOST_SHARERS = 31 };
    const struct kps_process_record *holder = kps_processes_get(search->processes, owner->pid);
    uint32_t *sharers = KPS_NEW_N(search->processes->arena, uint32_t, MOST_SHARERS);
    struct kps_pids family = {0};
    uint32_t n = 0;
    add_children(search, owner->pid, &family);
    for (uint32_t i = 0; i < family.list.n && n < MOST_SHARERS; i++) {
        if (has_socket(search, inode, family.list.v[i])) {
            sharers[n++] = family.list.v[i];
            add_children(search, family.list.v[i], &family);
        }
    }
    uint32_t below = n;
    family.list.n = 0;
    if (holder->session != owner->pid) { /* else the others of its session are below it */
        add_children(search, holder->parent, &family);
    }
    for (uint32_t i = 0; i < family.list.n && n < MOST_SHARERS; i++) {
        uint32_t pid = family.list.v[i];
        if (pid != owner->pid && find_session(search, pid) == holder->session &&
            has_socket(search, inode, pid)) {
            sharers[n++] = pid;
        }
    }
    kps_vec_free(&family.list);
    owner->sharers = sharers;
    owner->n_sharers = n;
    owner->is_master = n == below;
}

static bool serves_socket(const struct kps_proxy_args *args, const struct kps_socket *socket)
{
    bool any6_unsure =
        socket->flags & KPS_SOCKET_V6ONLY_UNKNOWN && args->host.kind == KPS_ADDR_ANY6;
    return args->protocol == socket->protocol && args->host_port == socket->port &&
           (any6_unsure || kps_addr_eq(&args->host, &socket->addr));
}

/* Look for docker-proxies among the processes that are closed to us: their command lines are not.
 */
static void guess_proxies(struct search *search)
{
    for (uint32_t i = 0; i < search->walk.processes.n; i++) {
        char path[32];
        char buf[1024];
        struct kps_sv cmdline;
        struct kps_proxy_args args;
        const struct visited_process *process = &search->walk.processes.v[i];
        (void)snprintf(path, sizeof(path), "proc/%u/cmdline", process->pid);
        if (process->visit != VISIT_DENIED ||
            kps_os_read(search->processes->sys->root_fd, path, buf, sizeof(buf), &cmdline) != 0 ||
            !kps_proxy_args_read(cmdline, &args)) {
            continue;
        }
        for (size_t k = 0; k < search->n; k++) {
            struct kps_socket_owner *owner = &search->owners[k];
            if (owner->pid == 0 && owner->hidden == KPS_HIDDEN_PERMISSION &&
                serves_socket(&args, &search->sockets[k])) {
                *owner = (struct kps_socket_owner){
                    .pid = process->pid, .cgroup = owner->cgroup, .is_guess = true};
            }
        }
    }
}

static void count_visits(const struct search *search, struct kps_owner_search *ret)
{
    struct stat st;
    for (uint32_t i = 0; i < search->walk.processes.n; i++) {
        uint8_t visit = search->walk.processes.v[i].visit;
        bool is_elsewhere = search->walk.processes.v[i].rank == RANK_OTHER;
        ret->visited += visit == VISIT_DONE;
        ret->denied += visit == VISIT_DENIED && !is_elsewhere;
        ret->vanished += visit == VISIT_VANISHED;
    }
    /*
     * Every pid namespace has a process 1: when it is not listed, other processes are hidden too.
     */
    ret->processes_hidden = fstatat(search->processes->sys->root_fd, "proc/1", &st, 0) != 0;
}

/* A longer list, which gives no advice, names one holder of each. */
enum { MOST_SHARED_SOCKETS = 16 };

static void name_owners(struct search *search, const struct kps_owner_search *seen)
{
    if (search->walk.hits.n > 1) {
        qsort(search->walk.hits.v, search->walk.hits.n, sizeof(search->walk.hits.v[0]), by_hit);
    }
    search->n_sorted = search->walk.hits.n;
    sort_processes(search, 0, by_pid);
    search->n_processes = search->walk.processes.n;
    bool some_hidden = false;
    for (size_t i = 0; i < search->n; i++) {
        uint32_t inode = search->sockets[i].inode;
        struct kps_socket_owner *owner = &search->owners[i];
        if (inode && kps_inode_set_has_owner(search->walk.wanted, inode)) {
            owner->pid = choose_holder(search, inode);
            if (search->n <= MOST_SHARED_SOCKETS && !is_systemd(search, owner->pid)) {
                find_sharers(search, inode, owner);
            }
        } else if (inode && (seen->denied > 0 || seen->processes_hidden)) {
            owner->hidden = KPS_HIDDEN_PERMISSION;
            some_hidden = true;
        } else {
            owner->hidden = KPS_HIDDEN_NO_PROCESS;
        }
    }
    if (some_hidden) {
        guess_proxies(search);
    }
}

int kps_sys_find_owners(struct kps_processes *processes, const struct kps_socket *sockets, size_t n,
                        struct kps_socket_owner *ret, struct kps_owner_search *ret_search)
{
    struct search search = {.processes = processes, .sockets = sockets, .n = n, .owners = ret};
    search.walk.sys = processes->sys;
    *ret_search = (struct kps_owner_search){0};
    for (size_t i = 0; i < n; i++) {
        ret[i] = (struct kps_socket_owner){0};
    }
    fill_wanted(&search);
    search_cgroups(&search);
    int failed = search.walk.wanted->open > 0 ? search_all(&search) : 0;
    if (search.walk.wanted->open > 0) {
        search_threads(&search);
    }
    count_visits(&search, ret_search);
    ret_search->processes_hidden |= failed;
    name_owners(&search, ret_search);
    free_walk(&search.walk);
    return failed;
}
