#ifndef KPS_SYS_WALK_H
#define KPS_SYS_WALK_H

#include "base/vec.h"
#include "sys/inode_set.h"
#include "sys/os.h"

/* How looking through the descriptors of a process went. */
enum kps_visit {
    KPS_VISIT_OPEN,     /* not finished: none, or only the lower descriptors were looked at */
    KPS_VISIT_DONE,     /* all of them were seen */
    KPS_VISIT_DENIED,   /* they, or some of them, may not be seen */
    KPS_VISIT_VANISHED, /* it ended underway */
};

struct kps_visit_process {
    uint32_t pid;
    uint32_t n_fds;   /* how many descriptors it has; 0: the kernel does not say (before 6.2) */
    int64_t position; /* in its directory of descriptors: where to go on */
    uint8_t rank;     /* lower ones are visited first */
    uint8_t visit;    /* enum kps_visit */
    bool was_denied;  /* of some descriptor so far */
};

/* A process that has a wanted socket. */
struct kps_hit {
    uint32_t inode, pid;
};

struct kps_walk {
    const struct kps_sys *sys;
    struct kps_inode_set *wanted;
    KPS_VEC(struct kps_visit_process) processes;
    KPS_VEC(struct kps_hit) hits;
};

void kps_walk_free(struct kps_walk *walk);

/*
 * Looks through the descriptors of processes[from..to) until every wanted inode is found or all are
 * seen. Servers listen before they open anything else, so that their sockets have low numbers: the
 * first few descriptors of every process are looked at before any of the rest. Only what is looked
 * at costs the kernel anything.
 *
 * Processes are taken in their order; with many descriptors to look at, up to four threads share
 * them, and hits come in no certain order.
 */
void kps_walk_run(struct kps_walk *walk, uint32_t from, uint32_t to);

/* Looks through what is left of processes[index], whether anything is still looked for or not. */
void kps_walk_one(struct kps_walk *walk, uint32_t index);

#endif
