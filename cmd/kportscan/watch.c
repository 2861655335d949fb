#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "docker/events.h"
#include "query.h"
#include "report/words.h"
#include "standard_output.h"
#include "stderr_log.h"
#include "watch/changes.h"
#include "watch/screen.h"
#include "watch/watch_list.h"
#include "watch/watch_port.h"

enum {
    MS = 1000,
    DEFAULT_MS = 1000,
    DEFAULT_CLUSTER_MS = 5000,
    REFRESH_MS = 30 * 1000, /* beside events, for what no event tells */
    SETTLE_MS = 100,        /* the events of one change come close together */
    LAG_MS = 1000,          /* a busy engine tells an event before its lists change */
};

/* A look that is on the screen. */
struct look {
    struct kps_arena *arena; /* NULL: none */
    struct kps_asked *asked;
    const struct kps_port_list *list; /* NULL: of asked ports */
};

struct watching {
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_screen screen;
    struct kps_cluster_options cluster;        /* a question about a cluster: how it is reached */
    struct kps_cluster_connection *connection; /* to it; NULL: to be made with the next look */
    struct kps_arena *connected;               /* of `connection` */
    struct kps_engine_events events;           /* of the engine */
    struct kps_arena *listening;               /* of `events`; NULL: closed */
    bool is_deaf;                              /* the engine that answers gives no events */
    uint32_t refresh_ms;                       /* until the next look without an event */
    struct kps_watch_port port;
    struct kps_watch_list list;
    bool is_unknown;   /* of a list: the last look could not ask */
    struct look shown; /* on a terminal */
    struct kps_changes changes;
};

/* "3000 53/udp" */
static const char *question_words(const struct watching *w, struct kps_arena *arena)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < w->options->n_questions; i++) {
        kps_buf_fmt(out, "%s%.*s", i ? " " : "", SV_ARG(w->options->questions[i].words));
    }
    return kps_words_shown(arena, kps_buf_sv(out));
}

/* Return: the reason why the question has no answer, escaped; empty: answered. */
static struct kps_sv unknown_reason(const struct kps_asked *asked)
{
    const struct kps_diag *diag = &asked->session.diag;
    int code = kps_query_exit_code(asked);
    if (code != KPS_EXIT_NOT_ASKED && code != KPS_EXIT_INPUT) {
        return (struct kps_sv){"", 0};
    }
    return diag->findings.n ? kps_utf8_escape(diag->arena, diag->findings.v[0]->message)
                            : SV("neither engine nor sockets");
}

static bool is_of_list(const struct watching *w)
{
    return w->options->n_questions == 0;
}

static void end_connection(struct watching *w)
{
    if (w->connection) {
        kps_cluster_disconnect(w->connection);
        kps_arena_free(w->connected);
        w->connection = NULL;
    }
}

/* Ask once. A connection to a cluster serves many looks, and is made again after a failure. */
static void ask_once(struct watching *w, struct kps_arena *arena, struct kps_asked *ret)
{
    if (w->options->inputs.asks_cluster && !w->connection) {
        w->cluster = kps_manifests_options_of(&w->options->inputs, true);
        w->connected = kps_arena_new();
        w->connection = kps_cluster_connect(w->connected, w->env, &w->cluster);
    }
    kps_query_ask(ret, arena, w->options, w->env, w->connection);
    if (ret->session.gathering.manifests.is_lost) {
        end_connection(w);
    }
}

static void end_look(struct look *look)
{
    if (look->arena) {
        kps_session_close(&look->asked->session);
        kps_arena_free(look->arena);
        look->arena = NULL;
    }
}

/* --- the screen --- */

/* Return: what the answer waits for, and how it ends. */
static void add_footer(const struct watching *w, uint32_t pause, struct kps_buf *out)
{
    if (w->listening) {
        kps_buf_text(out, "q ends it; watching the engine's events\n");
    } else {
        kps_buf_fmt(out, "q ends it; asking every %g s\n", (double)pause / MS);
    }
}

/* Draw the terminal: the answer, and the last changes below. */
static void draw_screen(const struct watching *w, uint32_t pause)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct look *look = &w->shown;
    struct kps_report report = kps_query_report(look->asked);
    struct kps_style style = kps_output_style(w->options->output.colour, w->env, stdout);
    struct kps_buf *text = kps_buf_new(arena);
    FILE *out = kps_buf_open(text);
    if (look->list) {
        kps_port_list_text(look->list, &style, out);
    } else {
        kps_report_text(&report, &style, out);
    }
    (void)fclose(out);
    struct kps_buf *foot = kps_buf_new(arena);
    kps_buf_char(foot, '\n');
    kps_changes_show(&w->changes, foot, style.columns);
    add_footer(w, pause, foot);
    kps_screen_draw(&w->screen, kps_buf_sv(text), kps_buf_sv(foot));
}

/* --- a look --- */

/* Compare the list with that of the look before. Return: the changes as lines. */
static struct kps_watch_lines compare_list(struct watching *w, struct look *look)
{
    struct kps_report report = kps_query_report(look->asked);
    struct kps_report *kept = KPS_NEW(look->arena, struct kps_report);
    struct kps_port_list *list = KPS_NEW(look->arena, struct kps_port_list);
    *kept = report;
    *list = kps_port_list_of(look->arena, kept);
    look->list = list;
    struct kps_sv unknown = unknown_reason(look->asked);
    bool was_unknown = w->is_unknown;
    w->is_unknown = unknown.n > 0;
    if (!unknown.n) {
        return kps_watch_list_compare(&w->list, look->arena, list);
    }
    struct kps_watch_lines lines = {.v = KPS_NEW(look->arena, struct kps_sv)};
    if (!was_unknown) {
        lines.v[lines.n++] = kps_fmt(look->arena, "unknown: %.*s", SV_ARG(unknown));
    }
    return lines;
}

/* Compare the asked ports with those of the look before. Return: no line or one. */
static struct kps_watch_lines compare_ports(struct watching *w, const struct look *look)
{
    struct kps_watch_lines lines = {.v = KPS_NEW(look->arena, struct kps_sv)};
    struct kps_sv words =
        kps_watch_port_compare(&w->port, &look->asked->inquiry, unknown_reason(look->asked));
    if (words.n) {
        lines.v[lines.n++] =
            kps_fmt(look->arena, "%s  %.*s", question_words(w, look->arena), SV_ARG(words));
    }
    return lines;
}

/* Report what has changed. Return: false when it could not be written. */
static bool report_changes(struct watching *w, const struct look *look, bool is_first,
                           const struct kps_watch_lines *lines)
{
    if (w->options->output.n && lines->n) {
        struct kps_report report = kps_query_report(look->asked);
        report.is_line = true;
        return kps_session_write(&look->asked->session, &report, KPS_EXIT_CLEAN) == KPS_EXIT_CLEAN;
    }
    bool is_silent = w->options->output.n || !w->screen.out;
    struct kps_sv clock = kps_changes_clock(look->arena);
    for (size_t i = 0; i < lines->n && !is_silent; i++) {
        struct kps_sv line = kps_fmt(look->arena, "%.*s  %.*s", SV_ARG(clock), SV_ARG(lines->v[i]));
        if (!w->screen.has_screen) {
            (void)fprintf(stdout, "%.*s\n", SV_ARG(line));
        } else if (!is_first || !is_of_list(w) || w->is_unknown) {
            kps_changes_add(&w->changes, line);
        }
    }
    return true;
}

/* Look once. Return: false when a report could not be written. */
static bool look_once(struct watching *w, bool is_first, uint32_t pause)
{
    struct look look = {.arena = kps_arena_new()};
    look.asked = KPS_NEW(look.arena, struct kps_asked);
    ask_once(w, look.arena, look.asked);
    struct kps_watch_lines lines = is_of_list(w) ? compare_list(w, &look) : compare_ports(w, &look);
    bool is_written = report_changes(w, &look, is_first, &lines);
    end_look(&w->shown);
    w->shown = look;
    if (w->screen.has_screen) {
        draw_screen(w, pause);
    }
    if (is_written && fflush(stdout) != 0) {
        if (errno == EPIPE) {
            kps_standard_output_end_by_pipe();
        }
        kps_log_error(&kps_stderr_log, "cannot write to standard output: %s", strerror(errno));
        is_written = false;
    }
    return is_written;
}

/* --- the engine's events --- */

static void stop_listening(struct watching *w)
{
    if (w->listening) {
        kps_engine_events_close(&w->events);
        kps_arena_free(w->listening);
        w->listening = NULL;
    }
}

/* Return: whether events can take the place of asking again and again: the answer is that of one
 * engine alone. */
static bool wants_events(const struct watching *w)
{
    const struct kps_machine *machine = &w->shown.asked->session.machine;
    bool is_engine_alone =
        w->options->machine.no_host || w->shown.asked->inquiry.query.scope == KPS_QUERY_ENGINE;
    return !w->options->inputs.asks_cluster && is_engine_alone && machine->n_engines == 0 &&
           machine->asked_engine && machine->engine.status == KPS_ENGINE_OK;
}

/* Listen to the engine that answered the last look. Return: whether that is new: what happened in
 * between is not known. */
static bool start_listening(struct watching *w)
{
    const struct kps_options *options = w->options;
    if (!wants_events(w)) {
        w->is_deaf = false;
        stop_listening(w);
        return false;
    }
    if (w->listening || w->is_deaf) {
        return false;
    }
    w->listening = kps_arena_new();
    bool is_open = kps_machine_listen(&w->shown.asked->session.machine, &options->machine, w->env,
                                      w->listening, &w->events);
    w->is_deaf = !is_open;
    if (!is_open) {
        stop_listening(w);
    }
    return is_open;
}

/* Take in what the engine told, until it says no more. Return: false when the watch is to end. */
static bool hear_out(struct watching *w)
{
    w->refresh_ms = LAG_MS;
    enum kps_screen_wake wake = kps_screen_wait(&w->screen, -1, SETTLE_MS);
    if (!kps_engine_events_drain(&w->events)) {
        stop_listening(w);
    }
    return wake != KPS_SCREEN_END;
}

/* Wait for the next look. Return: false when the watch is to end. */
static bool wait_for_turn(struct watching *w, uint32_t pause)
{
    if (start_listening(w)) {
        return true;
    }
    for (;;) {
        int fd = w->listening ? w->events.fd : -1;
        switch (kps_screen_wait(&w->screen, fd, w->listening ? w->refresh_ms : pause)) {
        case KPS_SCREEN_END:
            return false;
        case KPS_SCREEN_NEWS:
            return hear_out(w);
        case KPS_SCREEN_TIME:
            w->refresh_ms = w->refresh_ms < REFRESH_MS / 2 ? 2 * w->refresh_ms : REFRESH_MS;
            return true;
        case KPS_SCREEN_RESIZED:
            if (w->screen.has_screen) {
                draw_screen(w, pause);
                (void)fflush(stdout);
            }
        }
    }
}

/* Return: whether changes or reports go to standard output. */
static bool writes_standard_output(const struct kps_options *options)
{
    bool is_used = options->output.n == 0;
    for (size_t i = 0; i < options->output.n; i++) {
        is_used |= options->output.v[i].file.n == 0;
    }
    return is_used && options->log.quiet < 2;
}

int kps_watch(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct watching *w = KPS_NEW(arena, struct watching);
    *w = (struct watching){
        .options = options, .env = env, .events = {.fd = -1}, .refresh_ms = REFRESH_MS};
    bool draws = isatty(STDOUT_FILENO) && options->log.quiet == 0 && options->output.n == 0 &&
                 !options->log.verbose && kps_style_takes_escapes(env);
    uint32_t pause = options->inputs.asks_cluster ? DEFAULT_CLUSTER_MS : DEFAULT_MS;
    pause = options->watch_ms ? options->watch_ms : pause;
    kps_screen_open(&w->screen, writes_standard_output(options) ? stdout : NULL, draws);
    bool is_first = true;
    bool is_written;
    do {
        is_written = look_once(w, is_first, pause);
        is_first = false;
    } while (is_written && wait_for_turn(w, pause));
    struct kps_buf *changes = kps_buf_new(arena);
    kps_changes_show(&w->changes, changes, 0); /* they stay in the terminal when the screen goes */
    bool is_unread = w->screen.is_unread;
    kps_screen_close(&w->screen);
    (void)fputs(kps_buf_sv(changes).p, stdout);
    stop_listening(w);
    end_connection(w);
    end_look(&w->shown);
    kps_watch_port_free(&w->port);
    kps_watch_list_free(&w->list);
    if (is_unread) {
        kps_standard_output_end_by_pipe();
    }
    return is_written ? KPS_EXIT_CLEAN : KPS_EXIT_INPUT;
}
