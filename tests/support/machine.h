#ifndef KPS_SUPPORT_MACHINE_H
#define KPS_SUPPORT_MACHINE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* A machine made by hand: a folder with proc/, sys/ and etc/ in it, for tests of the sys folder. */
struct machine {
    struct kps_arena *arena;
    char root[64];
};

static inline void machine_begin(struct machine *machine)
{
    *machine = (struct machine){.arena = kps_arena_new(), .root = "/tmp/kps-machine-XXXXXX"};
    if (!mkdtemp(machine->root)) {
        abort();
    }
}

static inline int machine_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline void machine_end(struct machine *machine)
{
    (void)nftw(machine->root, machine_remove, 16, FTW_DEPTH | FTW_PHYS);
    kps_arena_free(machine->arena);
}

/* The path of a name below the root, with the folders above it made. */
static inline const char *machine_path(struct machine *machine, const char *name)
{
    char *path = KPS_NEW_N(machine->arena, char, strlen(machine->root) + strlen(name) + 2);
    (void)sprintf(path, "%s/%s", machine->root, name);
    for (char *slash = strchr(path + strlen(machine->root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
    return path;
}

static inline void machine_folder(struct machine *machine, const char *name)
{
    (void)mkdir(machine_path(machine, name), 0777);
}

static inline void machine_file(struct machine *machine, const char *name, struct kps_sv content)
{
    FILE *file = fopen(machine_path(machine, name), "we");
    if (!file || fwrite(content.p, 1, content.n, file) != content.n || fclose(file) != 0) {
        abort();
    }
}

static inline void machine_link(struct machine *machine, const char *name, const char *target)
{
    if (symlink(target, machine_path(machine, name)) != 0) {
        abort();
    }
}

struct machine_process {
    unsigned pid, parent, uid;
    const char *comm;
    struct kps_sv cmdline; /* arguments ended by NUL */
    const char *cgroup;    /* text of the file; NULL: the root */
    unsigned netns;        /* inode number; 0: 1, the machine's own */
    unsigned terminal;     /* device number */
    unsigned session;      /* 0: its own */
    const char *status;    /* further lines of the file; NULL: none */
};

static inline const char *machine_name(struct machine *machine, unsigned pid, const char *file)
{
    return kps_fmt(machine->arena, "proc/%u/%s", pid, file).p;
}

static inline void machine_add(struct machine *machine, struct machine_process process)
{
    struct kps_arena *arena = machine->arena;
    unsigned pid = process.pid;
    machine_folder(machine, machine_name(machine, pid, "fd"));
    machine_link(machine, machine_name(machine, pid, "ns/net"),
                 kps_fmt(arena, "net:[%u]", process.netns ? process.netns : 1).p);
    machine_file(machine, machine_name(machine, pid, "stat"),
                 kps_fmt(arena, "%u (%s) S %u %u %u %u -1 0 1 2 3 4 5 6 7 8 20 0 1 0 500 1 1", pid,
                         process.comm, process.parent, pid, process.session ? process.session : pid,
                         process.terminal));
    machine_file(machine, machine_name(machine, pid, "status"),
                 kps_fmt(arena, "Name:\t%s\nUid:\t%u\t%u\t%u\t%u\n%s", process.comm, process.uid,
                         process.uid, process.uid, process.uid,
                         process.status ? process.status : ""));
    machine_file(machine, machine_name(machine, pid, "cmdline"),
                 process.cmdline.n ? process.cmdline : kps_sv_of(process.comm));
    machine_file(machine, machine_name(machine, pid, "cgroup"),
                 kps_sv_of(process.cgroup ? process.cgroup : "0::/\n"));
}

static inline void machine_fd(struct machine *machine, unsigned pid, unsigned fd,
                              const char *target)
{
    machine_link(machine, machine_name(machine, pid, kps_fmt(machine->arena, "fd/%u", fd).p),
                 target);
}

#endif
