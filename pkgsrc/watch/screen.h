#ifndef KPS_WATCH_SCREEN_H
#define KPS_WATCH_SCREEN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

#include "base/sv.h"

/*
 * The whole terminal as a screen of the program, for --watch: drawn over, not scrolled, with the
 * keys read one by one. What stood there before is there again at the end. Signals that end the
 * program are taken in by kps_screen_wait, so that the end is the caller's in every case; Ctrl-Z
 * stops it there, and `fg` draws the screen again.
 */
struct kps_screen {
    FILE *out;       /* NULL: nothing is written */
    bool is_unread;  /* nobody reads `out` any more */
    bool has_screen; /* `out` is a terminal that is drawn on */
    bool
        has_keys; /* standard input is a terminal in the mode for single keys, not yet at its end */
    bool has_modes; /* `before` is to be set again */
    struct termios before;
    int signals; /* SIGINT, SIGTERM, SIGHUP, SIGWINCH and, with a screen, SIGTSTP; -1: none */
};

enum kps_screen_wake {
    KPS_SCREEN_TIME,    /* the time is over */
    KPS_SCREEN_NEWS,    /* `fd` is readable */
    KPS_SCREEN_RESIZED, /* the terminal has another size */
    KPS_SCREEN_END,     /* a signal, the key q, or `out` is_unread */
};

/* Begin; with `draws` the terminal at `out` becomes a screen. Signals wait for kps_screen_wait from
 * now on. */
void kps_screen_open(struct kps_screen *screen, FILE *out, bool draws);

/* Give the terminal back, and the signals. */
void kps_screen_close(struct kps_screen *screen);

/* Draw lines ("\n" behind each) from the top, and `foot` below them. Where both do not fit, the end
 * of `text` is left out, and the last line says how much. */
void kps_screen_draw(const struct kps_screen *screen, struct kps_sv text, struct kps_sv foot);

/* Wait for `ms` milliseconds, a signal, a key, or `fd` to be readable (-1: no fd). */
enum kps_screen_wake kps_screen_wait(struct kps_screen *screen, int fd, uint32_t ms);

#endif
