#include "sys/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/sockets.h"

enum {
    MAX_THREADS = 4,
    /* Below that a thread's start and its copy of the descriptor table cost more than it saves. */
    DESCRIPTORS_PER_THREAD = 5 * 1000,
    /* What a process is taken to have where the kernel does not say. */
    USUAL_DESCRIPTORS = 32,
    LINK_BYTES = 32,  /* "socket:[4294967295]" has 19 */
    ENTRY_BYTES = 24, /* a directory entry with a number of up to four digits */
    MOST_ENTRY_BYTES =
        288, /* one with the longest name there can be; less room than an entry needs is an error */
    BUFFER_BYTES = 16 * 1024,
};

/* How many descriptors of a process are looked at in each round. */
static const uint32_t ROUNDS[] = {32, 512, UINT32_MAX};

/* What getdents64(2) fills in; C libraries hide it behind readdir(3), which reads 32 KiB whether
 * one wants them or not.
 */
struct entry_head {
    uint64_t inode;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
};
enum { NAME_OFFSET = 19 }; /* the name starts where the head ends without its padding */

struct worker {
    struct kps_walk *walk;
    atomic_uint *next; /* index of the next process, shared */
    uint32_t to;
    uint32_t budget; /* descriptors of each process to look at */
    bool is_extra;   /* a thread of its own */
    KPS_VEC(struct kps_hit) hits;
};

void kps_walk_free(struct kps_walk *walk)
{
    kps_vec_free(&walk->processes);
    kps_vec_free(&walk->hits);
}

/* What an error about a process or its descriptors means. */
static enum kps_visit visit_of(int error)
{
    return error == ENOENT || error == ESRCH ? KPS_VISIT_VANISHED : KPS_VISIT_DENIED;
}

/* Looks at one descriptor by its name. Return: false when it may not be seen. */
static bool look_at(struct worker *worker, int dir_fd, const char *name, uint32_t pid)
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
    uint32_t inode = kps_link_inode((struct kps_sv){target, (size_t)n}, SV("socket"));
    if (inode && kps_inode_set_found(worker->walk->wanted, inode)) {
        *kps_vec_push(&worker->hits) = (struct kps_hit){inode, pid};
    }
    return true;
}

/* Looks at the descriptors of one piece of the directory. */
static void look_at_all(struct worker *worker, int dir_fd, const char *piece, size_t n,
                        struct kps_visit_process *process)
{
    struct entry_head head;
    for (size_t at = 0; at + NAME_OFFSET < n; at += head.bytes) {
        memcpy(&head, piece + at, NAME_OFFSET);
        if (head.bytes <= NAME_OFFSET || head.bytes > n - at) {
            break;
        }
        const char *name = piece + at + NAME_OFFSET;
        if (kps_is_digit(name[0]) && !look_at(worker, dir_fd, name, process->pid)) {
            process->was_denied = true;
        }
        process->position = head.next;
    }
}

/* Goes on with a process, for as many descriptors as the budget allows. */
static enum kps_visit visit_process(struct worker *worker, struct kps_visit_process *process)
{
    char path[32];
    char buf[BUFFER_BYTES];
    (void)snprintf(path, sizeof(path), "proc/%u/fd", process->pid);
    int fd KPS_CLEANUP(kps_fd_cleanup) =
        openat(worker->walk->sys->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || (process->position > 0 && lseek(fd, process->position, SEEK_SET) < 0)) {
        return visit_of(errno);
    }
    uint64_t left = (uint64_t)worker->budget * ENTRY_BYTES;
    while (left >= ENTRY_BYTES) {
        size_t size = left > sizeof(buf)        ? sizeof(buf)
                      : left > MOST_ENTRY_BYTES ? (size_t)left
                                                : MOST_ENTRY_BYTES;
        long n = syscall(SYS_getdents64, fd, buf, size);
        if (n < 0) {
            return visit_of(errno);
        }
        if (n == 0) {
            return process->was_denied ? KPS_VISIT_DENIED : KPS_VISIT_DONE;
        }
        look_at_all(worker, fd, buf, (size_t)n, process);
        left -= (uint64_t)n < left ? (uint64_t)n : left;
    }
    return KPS_VISIT_OPEN;
}

static void *work(void *data)
{
    struct worker *worker = data;
    struct kps_walk *walk = worker->walk;
    if (worker->is_extra) {
        /* A table of descriptors of its own: threads that share one wait for each other at every
         * open and close. */
        (void)unshare(CLONE_FILES);
    }
    while (atomic_load_explicit(&walk->wanted->open, memory_order_relaxed) > 0) {
        uint32_t index = atomic_fetch_add_explicit(worker->next, 1, memory_order_relaxed);
        if (index >= worker->to) {
            break;
        }
        struct kps_visit_process *process = &walk->processes.v[index];
        if (process->visit == KPS_VISIT_OPEN) {
            process->visit = (uint8_t)visit_process(worker, process);
        }
    }
    return NULL;
}

static void take_hits(struct worker *worker)
{
    for (uint32_t i = 0; i < worker->hits.n; i++) {
        *kps_vec_push(&worker->walk->hits) = worker->hits.v[i];
    }
    kps_vec_free(&worker->hits);
}

static uint32_t threads_for(const struct kps_walk *walk, uint32_t from, uint32_t to,
                            uint32_t budget)
{
    uint64_t descriptors = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t n = walk->processes.v[i].n_fds ? walk->processes.v[i].n_fds : USUAL_DESCRIPTORS;
        if (walk->processes.v[i].visit == KPS_VISIT_OPEN) {
            descriptors += n < budget ? n : budget;
        }
    }
    cpu_set_t cpus;
    int cores = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    uint64_t wanted = 1 + descriptors / DESCRIPTORS_PER_THREAD;
    uint64_t most = cores > MAX_THREADS ? MAX_THREADS : (uint64_t)cores;
    return (uint32_t)(wanted < most ? wanted : most);
}

static void run_round(struct kps_walk *walk, uint32_t from, uint32_t to, uint32_t budget)
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
           pthread_create(&threads[started], NULL, work, &workers[started + 1]) == 0) {
        started++;
    }
    (void)work(&workers[0]);
    for (uint32_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        take_hits(&workers[i]);
    }
}

void kps_walk_run(struct kps_walk *walk, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < KPS_COUNT(ROUNDS) && walk->wanted->open > 0 && from < to; i++) {
        run_round(walk, from, to, ROUNDS[i]);
    }
}

void kps_walk_one(struct kps_walk *walk, uint32_t index)
{
    struct worker worker = {.walk = walk, .budget = UINT32_MAX};
    walk->processes.v[index].visit = (uint8_t)visit_process(&worker, &walk->processes.v[index]);
    take_hits(&worker);
}
