#ifndef KPS_SYS_PROC_TEXT_H
#define KPS_SYS_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/* Parse the texts below /proc/PID. No file is opened here. */

/* Of /proc/PID/stat. */
struct kps_proc_stat {
    struct kps_sv comm; /* a view into the text; any bytes, also blanks and parentheses */
    uint32_t parent, session;
    uint32_t terminal;  /* device number; 0: none */
    bool is_job;        /* an interactive shell of the terminal started it: in a group of its own */
    bool is_stopped;    /* by Ctrl-Z or SIGSTOP, not by a debugger */
    bool is_foreground; /* of the terminal: its keys send signals to the process's group */
    uint64_t start_ticks; /* clock ticks after the machine's start */
};

/* Return: false (*ret untouched) for a malformed text. */
KPS_MUST_USE bool kps_proc_stat_read(struct kps_sv text, struct kps_proc_stat *ret);

/* "pts/3", "tty1", "ttyS0" for a device number of /proc/PID/stat; empty for 0 and for other
 * devices. */
struct kps_sv kps_proc_text_terminal(struct kps_arena *arena, uint32_t device);

/* The effective user of /proc/PID/status ("Uid:\t1000\t1000\t1000\t1000"). Return: false when it is
 * not in there. */
bool kps_proc_status_uid(struct kps_sv text, uint32_t *ret);

/*
 * Report if a signal has no effect on the process of this /proc/PID/status: it is ignored (SigIgn),
 * or the process is the first of its own pid namespace and does not catch it (NSpid, SigCgt).
 */
bool kps_proc_status_ignores(struct kps_sv text, unsigned signal);

/* The name of a user in the text of /etc/passwd; empty when it is not in there. A view into the
 * text. */
struct kps_sv kps_proc_text_user(struct kps_sv text, uint32_t uid);

/* The number behind a word at the start of a line, as "btime 1700000000" in /proc/stat. Return:
 * -1: none. */
int64_t kps_proc_number(struct kps_sv text, struct kps_sv word);

#endif
