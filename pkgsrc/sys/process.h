#ifndef KPS_SYS_PROCESS_H
#define KPS_SYS_PROCESS_H

#include "base/arena.h"
#include "base/map.h"
#include "model/owner.h"
#include "sys/os.h"
#include "sys/proxy_args.h"

/*
 * Facts of processes, each read once. A process is believed about itself, up to 4 KiB of the
 * command line and 12 ancestors. A process that ends underway leaves partial facts.
 */
struct kps_processes {
    const struct kps_sys *sys;
    struct kps_arena *arena; /* facts live here */
    struct kps_map by_pid;   /* of the records made so far */
    KPS_VEC(struct kps_process_record *) records;
    struct kps_sv passwd; /* /etc/passwd */
    int64_t boot_time;    /* of the machine, seconds since 1970; 0: not known */
    bool is_ready;        /* passwd and boot_time are read */
    bool full_cmdline;  /* for the caller to set: leave secrets in command lines (base/secret.h) */
    bool has_last_user; /* the last user looked up, mostly the next one too */
    uint32_t last_uid;
    struct kps_sv last_user;
};

/* The facts of a process alone, without its ancestors. */
struct kps_process_record {
    struct kps_process_facts facts; /* manager, parents: only after kps_processes_facts */
    struct kps_sv cmdline;          /* arguments ended by NUL */
    struct kps_sv cgroup;           /* text of /proc/PID/cgroup */
    uint32_t parent, session;
    bool is_job;       /* of an interactive shell, which its unit may run (an editor's terminal) */
    bool is_there;     /* its stat could be read */
    bool has_ancestry; /* facts.parents and facts.manager are filled */
};

void kps_processes_start(struct kps_processes *processes, const struct kps_sys *sys,
                         struct kps_arena *arena);
void kps_processes_free(struct kps_processes *processes);

/* The record of a process; never NULL: with is_there false when there is no such process. */
KPS_RETURNS_NONNULL const struct kps_process_record *
kps_processes_get(struct kps_processes *processes, uint32_t pid);

/* The complete facts of a process: what the record has, its ancestors, its manager. */
KPS_RETURNS_NONNULL const struct kps_process_facts *
kps_processes_facts(struct kps_processes *processes, uint32_t pid);

/* Return the name of a user; empty when /etc/passwd does not list the user. */
struct kps_sv kps_processes_user(struct kps_processes *processes, uint32_t uid);

#endif
