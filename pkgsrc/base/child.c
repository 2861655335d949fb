#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
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
    is_open = is_open && (!(flags & KPS_CHILD_PIPE_IN) || pipe2(p->in, O_CLOEXEC) == 0);
    return is_open && (!(flags & KPS_CHILD_PIPE_OUT) || pipe2(p->out, O_CLOEXEC) == 0);
}

/* Put `fd` (or /dev/null for -1) at `target`. */
static bool redirect_end(int fd, int target, int mode)
{
    int from = fd >= 0 ? fd : open("/dev/null", mode | O_CLOEXEC);
    return from >= 0 && dup2(from, target) == target;
}

/* Become the program. Only calls that are safe behind a fork are made here. */
KPS_NORETURN static void run_program(const char *const *argv, const struct pipes *p, pid_t parent)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)sigaction(SIGPIPE, &plain, NULL);
    (void)setpgid(0, 0);
    bool is_ready = prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent &&
                    redirect_end(p->in[0], STDIN_FILENO, O_RDONLY) &&
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
        run_program(argv, &p, parent);
    }
    int error = pid < 0 ? errno : 0;
    if (pid > 0) {
        (void)setpgid(pid, pid); /* also here: the group must exist before it is signalled */
        close_end(&p.failure[1]);
        int failed = 0;
        ssize_t got;
        KPS_RETRY(got, read(p.failure[0], &failed, sizeof(failed)));
        error = got == (ssize_t)sizeof(failed) ? failed : 0;
        if (error) {
            pid_t waited;
            KPS_RETRY(waited, waitpid(pid, NULL, 0));
            (void)waited;
        } else {
            *ret = (struct kps_child){.pid = pid, .in = p.in[1], .out = p.out[0], .err = p.err[0]};
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
    pid_t waited;
    KPS_RETRY(waited, waitpid(child->pid, &child->status, WNOHANG));
    if (waited == 0) {
        return false;
    }
    child->pid = 0;
    return true;
}

struct kps_sv kps_child_last_line(struct kps_arena *arena, struct kps_child *child)
{
    char *text = kps_alloc(arena, KPS_CHILD_MOST_WORDS);
    size_t n = 0;
    ssize_t got = 1;
    while (got > 0 && n < KPS_CHILD_MOST_WORDS && child->err >= 0) {
        KPS_RETRY(got, read(child->err, text + n, KPS_CHILD_MOST_WORDS - n));
        n += got > 0 ? (size_t)got : 0;
    }
    struct kps_sv all = {text, n};
    while (all.n) {
        size_t from = kps_sv_rfind(all, '\n');
        struct kps_sv line = kps_sv_trim(from < all.n ? kps_sv_from(all, from + 1) : all);
        if (line.n && line.p[line.n - 1] == '\r') {
            line.n--;
        }
        if (line.n) {
            return line;
        }
        all = kps_sv_slice(all, 0, from < all.n ? from : 0);
    }
    return all;
}

/* Wait up to `ms` for the end of the child. */
static bool wait_for_end(struct kps_child *child, int ms)
{
    for (int waited = 0; !kps_child_has_ended(child); waited += 5) {
        if (waited >= ms) {
            return false;
        }
        (void)poll(NULL, 0, 5);
    }
    return true;
}

void kps_child_end(struct kps_child *child)
{
    pid_t group = child->pid;
    close_end(&child->in);
    if (group) {
        (void)kill(-group, SIGTERM);
        bool has_ended = wait_for_end(child, 200);
        (void)kill(-group, SIGKILL);
        if (!has_ended) {
            pid_t waited;
            KPS_RETRY(waited, waitpid(group, &child->status, 0));
            (void)waited;
            child->pid = 0;
        }
    }
    close_end(&child->out);
    close_end(&child->err);
}
