#include "watch/screen.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/count.h"

enum { MS = 1000, ROWS_DEFAULT = 24 };

/* The alternate screen without a cursor and without wrapping, and back. */
static const char ENTER[] = "\x1b[?1049h\x1b[?25l\x1b[?7l";
static const char LEAVE[] = "\x1b[?7h\x1b[?25h\x1b[?1049l";

static sigset_t taken_signals(bool draws)
{
    sigset_t set;
    (void)sigemptyset(&set);
    if (draws) {
        (void)sigaddset(&set, SIGTSTP);
    }
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGWINCH);
    return set;
}

/* Set the mode for single keys: no echo, no line to complete. Ctrl-C and Ctrl-Z stay signals. */
static void take_keys(struct kps_screen *screen)
{
    screen->has_modes = tcgetattr(STDIN_FILENO, &screen->before) == 0;
    screen->has_keys = screen->has_modes;
    if (screen->has_modes) {
        struct termios keys = screen->before;
        keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        keys.c_cc[VMIN] = 1;
        keys.c_cc[VTIME] = 0;
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    }
}

static void enter_screen(struct kps_screen *screen)
{
    take_keys(screen);
    (void)fputs(ENTER, screen->out);
    (void)fflush(screen->out);
}

static void leave_screen(const struct kps_screen *screen)
{
    (void)fputs(LEAVE, screen->out);
    (void)fflush(screen->out);
    if (screen->has_modes) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &screen->before);
    }
}

/* Stop as the shell expects after Ctrl-Z, with its terminal as it was, until `fg`. */
static void suspend_program(struct kps_screen *screen)
{
    sigset_t stop;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTSTP);
    leave_screen(screen);
    (void)raise(SIGTSTP);
    (void)pthread_sigmask(SIG_UNBLOCK, &stop, NULL); /* the program stops here */
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    enter_screen(screen);
}

void kps_screen_open(struct kps_screen *screen, FILE *out, bool draws)
{
    *screen = (struct kps_screen){.out = out, .has_screen = draws, .signals = -1};
    sigset_t set = taken_signals(draws);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    screen->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (draws) {
        enter_screen(screen);
    }
}

void kps_screen_close(struct kps_screen *screen)
{
    if (screen->has_screen) {
        leave_screen(screen);
    }
    if (screen->signals >= 0) {
        (void)close(screen->signals);
    }
    *screen = (struct kps_screen){.signals = -1};
}

static unsigned count_rows(const struct kps_screen *screen)
{
    struct winsize size = {0};
    bool is_known = ioctl(fileno(screen->out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0;
    return is_known ? size.ws_row : ROWS_DEFAULT;
}

static unsigned count_lines(struct kps_sv text)
{
    unsigned n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    return n;
}

/* Draw as many lines as there is room for, and clear the rest of each row. */
static void draw_lines(const struct kps_screen *screen, struct kps_sv text, unsigned room)
{
    for (unsigned row = 0; row < room && text.n; row++) {
        size_t end = kps_sv_find(text, '\n');
        (void)fprintf(screen->out, "\x1b[K%.*s\n", (int)end, text.p);
        text = kps_sv_from(text, end + 1);
    }
}

void kps_screen_draw(const struct kps_screen *screen, struct kps_sv text, struct kps_sv foot)
{
    unsigned rows = count_rows(screen) - 1; /* the cursor stands in the last */
    unsigned n_text = count_lines(text);
    unsigned n_foot = count_lines(foot);
    unsigned room = rows > n_foot ? rows - n_foot : 0;
    bool is_cut = n_text > room;
    (void)fputs("\x1b[H", screen->out);
    draw_lines(screen, text, is_cut && room ? room - 1 : room);
    if (is_cut && room) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        (void)fprintf(screen->out, "\x1b[Ka taller terminal shows %s\n",
                      kps_count_of(scratch, n_text - room + 1, "more line").p);
    }
    draw_lines(screen, foot, rows);
    (void)fputs("\x1b[J", screen->out);
}

/* Read the keys that were typed. Return: true when q is among them. */
static bool read_keys(struct kps_screen *screen)
{
    char keys[64];
    ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));
    if (got <= 0) {
        screen->has_keys = got < 0 && errno == EINTR;
        return false;
    }
    return memchr(keys, 'q', (size_t)got) != NULL;
}

/* Read the signals that came. Return: TIME when none did. */
static enum kps_screen_wake read_signals(struct kps_screen *screen)
{
    struct signalfd_siginfo info;
    enum kps_screen_wake wake = KPS_SCREEN_TIME;
    while (screen->signals >= 0 && read(screen->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGTSTP) {
            suspend_program(screen);
        } else if (info.ssi_signo != SIGWINCH) {
            return KPS_SCREEN_END;
        }
        wake = KPS_SCREEN_RESIZED;
    }
    return wake;
}

enum kps_screen_wake kps_screen_wait(struct kps_screen *screen, int fd, uint32_t ms)
{
    uint64_t end = kps_clock_ms() + ms;
    for (;;) {
        struct pollfd waiting[] = {{.fd = screen->signals, .events = POLLIN},
                                   {.fd = screen->has_keys ? STDIN_FILENO : -1, .events = POLLIN},
                                   {.fd = fd, .events = POLLIN},
                                   {.fd = screen->out ? fileno(screen->out) : -1}};
        uint64_t now = kps_clock_ms();
        int ready = poll(waiting, KPS_COUNT(waiting), now < end ? (int)(end - now) : 0);
        if (ready <= 0) {
            return KPS_SCREEN_TIME;
        }
        enum kps_screen_wake wake = waiting[0].revents ? read_signals(screen) : KPS_SCREEN_TIME;
        if (wake != KPS_SCREEN_TIME) {
            return wake;
        }
        screen->is_unread = waiting[3].revents != 0; /* a pipe, socket or terminal without reader */
        if (screen->is_unread || (waiting[1].revents && read_keys(screen))) {
            return KPS_SCREEN_END;
        }
        if (waiting[2].revents) {
            return KPS_SCREEN_NEWS;
        }
    }
}
