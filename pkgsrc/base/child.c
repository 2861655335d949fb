#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/retry.h"

/* The ends of a child's pipes: [0] to read, [1] to write. */
struct pipes {
    int in[2], out[2], err[2];
    int failure[2]; /* carries the errno of a failed exec */
};

static void close_end(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static void close_pipes(struct pipes *p)
{
    int *const ends[] = {p->in, p->out, p->err, p->failure};
    for (size_t i = 0; i < KPS_COUNT(ends); i++) {
        close_end(&ends[i][0]);
        close_end(&ends[i][1]);
    }
}

static bool open_pipes(struct pipes *p, unsigned flags)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    bool is_open = pipe2(p->err, O_CLOEXEC) == 0 && pipe2(p->failure, O_CLOEXEC) == 0;
    if (is_open && flags & KPS_CHILD_SOCKET) {
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->out) == 0;
    }
    is_open = is_open && (!(flags & KPS_CHILD_PIPE_IN) || pipe2(p->in, O_CLOEXEC) == 0);
    return is_open && (!(flags & KPS_CHILD_PIPE_OUT) || pipe2(p->out, O_CLOEXEC) == 0);
}

/* Bring a process group into the foreground of the terminal, from the background too. */
static void take_terminal(pid_t group)
{
    sigset_t stop;
    sigset_t before;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &stop, &before);
    (void)tcsetpgrp(STDIN_FILENO, group);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Wait for a child; `flags` are those of waitpid(2). Return: 0 for one that still runs. */
static pid_t wait_child(pid_t pid, int *ret_status, int flags)
{
    pid_t waited;
    KPS_RETRY(waited, waitpid(pid, ret_status, flags));
    return waited;
}

bool kps_child_may_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Put `fd` (or /dev/null for -1) at `target`. */
static bool redirect_end(int fd, int target, int mode)
{
    int from = fd >= 0 ? fd : open("/dev/null", mode | O_CLOEXEC);
    return from >= 0 && dup2(from, target) == target;
}

/* Become the program. Only calls that are safe behind a fork are made here. */
KPS_NORETURN static void run_program(const char *const *argv, unsigned flags, const struct pipes *p,
                                     pid_t parent)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    (void)sigaction(SIGPIPE, &plain, NULL);
    if (flags & KPS_CHILD_TERMINAL) {
        (void)setpgid(0, 0);
        take_terminal(getpid());
    } else {
        (void)setsid();
    }
    int in = flags & KPS_CHILD_SOCKET ? p->out[1] : p->in[0];
    bool is_ready = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent &&
                    redirect_end(in, STDIN_FILENO, O_RDONLY) &&
                    redirect_end(p->out[1], STDOUT_FILENO, O_WRONLY) &&
                    redirect_end(p->err[1], STDERR_FILENO, O_WRONLY);
    if (is_ready) {
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    int error = errno;
    ssize_t written;
    KPS_RETRY(written, write(p->failure[1], &error, sizeof(error)));
    (void)written;
    _exit(127);
}

int kps_child_start(const char *const *argv, unsigned flags, struct kps_child *ret)
{
    struct pipes p;
    *ret = (struct kps_child){.in = -1, .out = -1, .err = -1};
    pid_t parent = getpid();
    pid_t pid = open_pipes(&p, flags) ? fork() : -1;
    if (pid == 0) {
        run_program(argv, flags, &p, parent);
    }
    int error = pid < 0 ? errno : 0;
    if (pid > 0) {
        close_end(&p.failure[1]);
        int failed = 0;
        /* The end of this pipe is the program's start: its process group exists from then on. */
        ssize_t got = kps_retry_read(p.failure[0], &failed, sizeof(failed));
        error = got == (ssize_t)sizeof(failed) ? failed : 0;
        if (error) {
            (void)wait_child(pid, NULL, 0);
        } else {
            *ret = (struct kps_child){.pid = pid, .in = p.in[1], .out = p.out[0], .err = p.err[0]};
            ret->has_terminal = flags & KPS_CHILD_TERMINAL;
            (void)fcntl(ret->err, F_SETFL, O_NONBLOCK);
            p.in[1] = p.out[0] = p.err[0] = -1;
        }
    }
    close_pipes(&p);
    return error;
}

bool kps_child_has_ended(struct kps_child *child)
{
    if (child->pid == 0) {
        return true;
    }
    if (wait_child(child->pid, &child->status, WNOHANG) == 0) {
        return false;
    }
    child->pid = 0;
    return true;
}

bool kps_child_wait(struct kps_child *child, int ms)
{
    for (int waited = 0; !kps_child_has_ended(child); waited += 5) {
        if (waited >= ms) {
            return false;
        }
        kps_child_listen(child);
        (void)poll(NULL, 0, 5);
    }
    return true;
}

void kps_child_listen(struct kps_child *child)
{
    enum { HALF = KPS_CHILD_MOST_WORDS / 2, MOST_READS = 32 };
    ssize_t got = 1;
    for (int i = 0; i < MOST_READS && got > 0 && child->err >= 0; i++) {
        if (child->n_words == sizeof(child->words)) {
            memmove(child->words, child->words + HALF, HALF);
            child->n_words = HALF;
        }
        got = kps_retry_read(child->err, child->words + child->n_words,
                             sizeof(child->words) - child->n_words);
        child->n_words += got > 0 ? (size_t)got : 0;
    }
    if (got == 0) {
        close_end(&child->err);
    }
}

struct kps_sv kps_child_last_line(struct kps_arena *arena, struct kps_child *child,
                                  struct kps_sv part)
{
    kps_child_listen(child);
    struct kps_sv all = {child->words, child->n_words};
    while (all.n) {
        size_t from = kps_sv_rfind(all, '\n');
        struct kps_sv line = kps_sv_trim(from < all.n ? kps_sv_from(all, from + 1) : all);
        if (line.n && line.p[line.n - 1] == '\r') {
            line.n--;
        }
        if (line.n && kps_sv_contains(line, part)) {
            return kps_sv_copy(arena, line);
        }
        all = kps_sv_head(all, from < all.n ? from : 0);
    }
    return (struct kps_sv){"", 0};
}

void kps_child_end(struct kps_child *child)
{
    pid_t group = child->pid;
    close_end(&child->in);
    if (group) {
        (void)kill(-group, SIGTERM);
        bool has_ended = kps_child_wait(child, 200);
        (void)kill(-group, SIGKILL);
        if (!has_ended) {
            (void)wait_child(group, &child->status, 0);
            child->pid = 0;
        }
    }
    if (child->has_terminal) {
        take_terminal(getpgrp());
        child->has_terminal = false;
    }
    close_end(&child->out);
    close_end(&child->err);
}
