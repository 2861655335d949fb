#include "sys/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/close.h"
#include "base/secret.h"
#include "sys/cgroup.h"
#include "sys/manager.h"
#include "sys/proc_text.h"

enum {
    CMDLINE_BYTES = 4096,
    CGROUP_BYTES = 8192, /* a dozen hierarchies with nested paths */
    STAT_BYTES = 1024,
    STATUS_BYTES = 4096,            /* the signals stand behind the groups of the user */
    PASSWD_BYTES = 1024 * 1024,     /* some ten thousand users */
    MACHINE_STAT_BYTES = 64 * 1024, /* "btime" comes behind a line a core, and before the long line
                                       of interrupts is cut */
    ANCESTORS = 12,
};

void kps_processes_start(struct kps_processes *processes, const struct kps_sys *sys,
                         struct kps_arena *arena)
{
    *processes = (struct kps_processes){.sys = sys, .arena = arena};
}

void kps_processes_free(struct kps_processes *processes)
{
    kps_vec_free(&processes->records);
}

/* Read the facts of the machine, with the first process. */
static void make_ready(struct kps_processes *processes)
{
    if (processes->is_ready) {
        return;
    }
    processes->is_ready = true;
    struct kps_sv text;
    (void)kps_os_slurp(processes->sys, processes->arena, "etc/passwd", PASSWD_BYTES,
                       &processes->passwd);
    if (kps_os_slurp(processes->sys, processes->arena, "proc/stat", MACHINE_STAT_BYTES, &text) ==
        0) {
        int64_t btime = kps_proc_number(text, SV("btime "));
        processes->boot_time = btime > 0 ? btime : 0;
    }
}

struct kps_sv kps_processes_user(struct kps_processes *processes, uint32_t uid)
{
    make_ready(processes);
    if (!processes->has_last_user || processes->last_uid != uid) {
        processes->has_last_user = true;
        processes->last_uid = uid;
        processes->last_user = kps_proc_text_user(processes->passwd, uid);
    }
    return processes->last_user;
}

/*
 * Return: the arguments as a line. Programs with a title of their own leave NULs or blanks behind
 * the title.
 */
static struct kps_sv join_arguments(const struct kps_processes *processes, struct kps_sv cmdline)
{
    while (cmdline.n && (cmdline.p[cmdline.n - 1] == '\0' || cmdline.p[cmdline.n - 1] == ' ')) {
        cmdline.n--;
    }
    return kps_secret_join(processes->arena, cmdline, !processes->full_cmdline);
}

/*
 * Read the effective user, and the signals without effect. The owner of /proc/PID is the effective
 * user, except for a process that may not be dumped (after a change of user, say): root owns its
 * folder.
 */
static void read_status(struct kps_processes *processes, int dir_fd,
                        struct kps_process_facts *facts)
{
    struct stat st;
    char buf[STATUS_BYTES];
    struct kps_sv text;
    if (fstat(dir_fd, &st) != 0) {
        return;
    }
    facts->uid = st.st_uid;
    facts->has_uid = true;
    if (kps_os_read(dir_fd, "status", buf, sizeof(buf), &text) == 0) {
        (void)kps_proc_status_uid(text, &facts->uid);
        facts->ignores_term = kps_proc_status_ignores(text, SIGTERM);
        facts->is_foreground = facts->is_foreground && !kps_proc_status_ignores(text, SIGINT);
    }
    facts->user = kps_processes_user(processes, facts->uid);
}

/* Return: the name of the program. A dockerd beside others has its version in the name, and Nix
 * wraps it. */
static struct kps_sv name_program(struct kps_arena *arena, struct kps_sv comm)
{
    const struct kps_sv dockerd = SV("dockerd-");
    bool has_version =
        kps_sv_starts(comm, dockerd) && comm.n > dockerd.n && kps_is_digit(comm.p[dockerd.n]);
    return has_version || kps_sv_is(comm, ".dockerd-wrappe") ? SV("dockerd")
                                                             : kps_sv_copy(arena, comm);
}

static void read_stat(struct kps_processes *processes, int dir_fd,
                      struct kps_process_record *record)
{
    char buf[STAT_BYTES];
    struct kps_sv text;
    struct kps_proc_stat stat;
    if (kps_os_read(dir_fd, "stat", buf, sizeof(buf), &text) != 0 ||
        !kps_proc_stat_read(text, &stat)) {
        return;
    }
    long ticks = sysconf(_SC_CLK_TCK);
    record->is_there = true;
    record->parent = stat.parent;
    record->session = stat.session;
    record->facts.name = name_program(processes->arena, stat.comm);
    record->is_job = stat.is_job;
    record->facts.is_stopped = stat.is_stopped;
    record->facts.is_foreground = stat.is_foreground;
    record->facts.terminal = kps_proc_text_terminal(processes->arena, stat.terminal);
    if (processes->boot_time && ticks > 0 && stat.start_ticks / (uint64_t)ticks <= UINT32_MAX) {
        record->facts.started =
            processes->boot_time + (int64_t)(stat.start_ticks / (uint64_t)ticks);
    }
}

static void read_texts(struct kps_processes *processes, int dir_fd,
                       struct kps_process_record *record)
{
    char buf[CGROUP_BYTES];
    struct kps_sv text;
    if (kps_os_read(dir_fd, "cmdline", buf, CMDLINE_BYTES, &text) == 0) {
        struct kps_proxy_args args;
        record->cmdline = kps_sv_copy(processes->arena, text);
        if (kps_proxy_args_read(text, &args)) {
            record->facts.name = SV("docker-proxy");
        }
        record->facts.cmdline = join_arguments(processes, text);
    }
    if (kps_os_read(dir_fd, "cgroup", buf, sizeof(buf), &text) == 0) {
        record->cgroup = kps_sv_copy(processes->arena, text);
        struct kps_cgroup cgroup = kps_cgroup_of_text(record->cgroup);
        record->facts.container = cgroup.container;
        record->facts.unit = cgroup.unit;
        record->facts.unit_of_user = cgroup.unit_of_user;
    }
    if (kps_os_link(dir_fd, "cwd", buf, sizeof(buf), &text) == 0) {
        record->facts.cwd = kps_sv_copy(processes->arena, text);
    }
}

static void read_process(struct kps_processes *processes, struct kps_process_record *record)
{
    char path[32];
    (void)snprintf(path, sizeof(path), "proc/%u", record->facts.pid);
    int dir_fd KPS_CLEANUP(kps_close_fd) =
        openat(processes->sys->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return;
    }
    make_ready(processes);
    read_stat(processes, dir_fd, record);
    read_texts(processes, dir_fd, record);
    read_status(processes, dir_fd, &record->facts);
}

static struct kps_process_record *get_record(struct kps_processes *processes, uint32_t pid)
{
    struct kps_sv key = kps_fmt(processes->arena, "%u", pid);
    uint32_t index = *kps_map_put(&processes->by_pid, processes->arena, key, processes->records.n);
    if (index == processes->records.n) {
        struct kps_process_record *record = KPS_NEW(processes->arena, struct kps_process_record);
        record->facts.pid = pid;
        *kps_vec_push(&processes->records) = record;
        read_process(processes, record);
    }
    return processes->records.v[index];
}

const struct kps_process_record *kps_processes_get(struct kps_processes *processes, uint32_t pid)
{
    return get_record(processes, pid);
}

/*
 * Report if the walk upwards ends here: at init, and at the shell of a terminal or login, which
 * are not stopped for a port.
 */
static bool is_top(const struct kps_process_record *record)
{
    return (record->session == record->facts.pid &&
            kps_sv_is_one_of(record->facts.name, "bash zsh fish sh dash ksh ash tcsh")) ||
           record->parent <= 1 || record->parent == record->facts.pid;
}

static void fill_ancestry(struct kps_processes *processes, struct kps_process_record *record)
{
    struct kps_manager_candidate chain[ANCESTORS + 1];
    struct kps_ancestor *parents = KPS_NEW_N(processes->arena, struct kps_ancestor, ANCESTORS);
    const struct kps_process_record *at = record;
    uint32_t n = 0;
    chain[0] =
        (struct kps_manager_candidate){record->facts.pid, record->facts.name, record->cmdline};
    while (n < ANCESTORS && at->is_there && !is_top(at)) {
        at = get_record(processes, at->parent);
        if (!at->is_there) {
            break;
        }
        parents[n] = (struct kps_ancestor){at->facts.pid, at->facts.name};
        n++;
        chain[n] = (struct kps_manager_candidate){at->facts.pid, at->facts.name, at->cmdline};
    }
    struct kps_sv unit = record->is_job ? (struct kps_sv){0} : record->facts.unit;
    struct kps_manager manager = kps_manager_find(chain, n + 1, unit, record->facts.unit_of_user);
    record->facts.parents = parents;
    record->facts.n_parents = n;
    record->facts.manager = manager.name;
    record->facts.manager_pid = manager.pid;
    if (manager.pid) { /* is a record of the chain */
        const struct kps_process_facts *facts = &get_record(processes, manager.pid)->facts;
        record->facts.manager_uid = facts->uid;
        record->facts.manager_folder = facts->cwd.n ? facts->cwd : manager.argument;
    }
    record->facts.is_of_unit = manager.has_unit;
    record->has_ancestry = true;
}

const struct kps_process_facts *kps_processes_facts(struct kps_processes *processes, uint32_t pid)
{
    struct kps_process_record *record = get_record(processes, pid);
    if (!record->has_ancestry) {
        fill_ancestry(processes, record);
    }
    return &record->facts;
}
