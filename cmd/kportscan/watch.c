#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "cluster.h"
#include "cluster_question.h"
#include "log.h"
#include "output.h"
#include "query.h"
#include "report/words.h"

enum {
    SHOWN_CHANGES = 8,
    MS = 1000,
    DEFAULT_MS = 1000,
    DEFAULT_CLUSTER_MS = 5000,
    MOST_HOLDERS = 4, /* named in a line */
    LINE_BYTES = 512,
    ID_BYTES = 64,
    RELAY_LOOKS = 3
};

/* The holders of the ports at one moment. */
struct snapshot {
    struct kps_sv who;       /* in words; empty: nobody */
    struct kps_sv identity;  /* differs between two holders of one name */
    struct kps_sv starter;   /* the program that started the holder, where known */
    struct kps_sv unknown;   /* the reason why the question has no answer; empty: answered */
    struct kps_sv container; /* the id of the holder's container; empty: none */
    struct kps_sv policy;    /* its restart policy */
    uint32_t restarts;       /* of the container, by its policy */
    bool is_relay;           /* only helpers like docker-proxy, whose container is not seen */
};

struct watching {
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_style style;
    bool is_terminal;
    sigset_t ends;
    struct kps_cluster_options cluster;        /* a question about a cluster: how it is reached */
    struct kps_cluster_connection *connection; /* to it; NULL: to be made with the next look */
    struct kps_arena *connected;               /* of `connection` */
    struct kps_arena *kept;                    /* of `last` */
    struct snapshot last;
    char seen_container[ID_BYTES + 1]; /* the last container that held the ports */
    uint32_t seen_restarts;
    unsigned n_deferred;                     /* looks in a row that saw only a relay */
    uint64_t free_since_ms;                  /* the first look that saw no holder */
    char changes[SHOWN_CHANGES][LINE_BYTES]; /* the newest last, in turns */
    size_t n_changes;
};

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * MS + (uint64_t)now.tv_nsec / ((uint64_t)MS * MS);
}

/* "nodemon (pid 4690)"; empty when it is not known. */
static struct kps_sv starter_of(struct kps_arena *arena, const struct kps_owner *owner)
{
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    if (process && process->manager.n && process->manager_pid) {
        return kps_fmt(arena, "%.*s (pid %u)", SV_ARG(process->manager), process->manager_pid);
    }
    if (process && process->manager.n) {
        struct kps_sv unit = process->socket_unit.n ? process->socket_unit : process->unit;
        return kps_fmt(arena, "%.*s%s%.*s", SV_ARG(process->manager), unit.n ? " unit " : "",
                       SV_ARG(unit));
    }
    if (process && process->n_parents) {
        return kps_fmt(arena, "%.*s (pid %u)", SV_ARG(process->parents[0].name),
                       process->parents[0].pid);
    }
    return (struct kps_sv){"", 0};
}

/* Return whether the owner is a helper of an engine that keeps a published port open. Its container
 * is the holder, and may be listed a moment later or earlier. */
static bool is_relay(const struct kps_owner *owner)
{
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    return process &&
           kps_sv_is_one_of(process->name, "docker-proxy rootlessport rootlesskit conmon");
}

/* Return: the reason why the question has no answer; empty: answered. */
static struct kps_sv unknown_reason(const struct kps_inquiry *inquiry)
{
    const struct kps_diag *diag = &inquiry->session.diag;
    int code = inquiry->query.scope == KPS_QUERY_CLUSTER ? kps_cluster_question_exit_code(inquiry)
                                                         : kps_query_exit_code(inquiry);
    if (code != KPS_EXIT_NOT_ASKED && code != KPS_EXIT_INPUT) {
        return (struct kps_sv){"", 0};
    }
    return diag->findings.n ? diag->findings.v[0]->message : SV("neither engine nor sockets");
}

/* "every address", "every address of node w1". */
static struct kps_sv places_of(const struct kps_inquiry *inquiry,
                               const struct kps_port_use *holding)
{
    struct kps_arena *arena = inquiry->session.arena;
    struct kps_sv node = kps_words_node(arena, &inquiry->session.ledger, holding);
    struct kps_sv places = kps_port_use_places(arena, holding);
    bool is_node = kps_ledger_get_netns(&inquiry->session.ledger, holding->netns)->is_node;
    if (node.n == 0) {
        return places;
    }
    return kps_fmt(arena, "%.*s of %s%.*s", SV_ARG(places), is_node ? "node " : "", SV_ARG(node));
}

static struct snapshot take_snapshot(const struct kps_inquiry *inquiry)
{
    struct kps_arena *arena = inquiry->session.arena;
    const struct kps_ledger *ledger = &inquiry->session.ledger;
    struct kps_buf who = KPS_BUF(arena);
    struct kps_buf identity = KPS_BUF(arena);
    struct snapshot now = {.is_relay = true};
    size_t n_named = 0;
    for (size_t i = 0; i < inquiry->query.n_holdings; i++) {
        const struct kps_port_use *holding = &inquiry->query.holdings[i];
        if (holding->basis != KPS_BOUND || holding->is_remnant) {
            continue;
        }
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, holding->tenant);
        const struct kps_container_facts *container = kps_container_facts_of(owner);
        struct kps_sv place = places_of(inquiry, holding);
        struct kps_sv tenant =
            kps_utf8_escape(arena, kps_owner_words_short(arena, ledger, holding->tenant));
        if (inquiry->query.scope != KPS_QUERY_CLUSTER || n_named++ < MOST_HOLDERS) {
            kps_buf_fmt(&who, "%s%.*s on %.*s", who.n ? ", " : "", SV_ARG(tenant), SV_ARG(place));
        } else {
            kps_buf_fmt(&identity, "%.*s %.*s ", SV_ARG(owner->name), SV_ARG(place));
        }
        if (container) {
            kps_buf_add(&identity, container->since);
            now.container = container->id;
            now.policy = container->restart_policy;
            now.restarts = container->restart_count;
        }
        now.is_relay = now.is_relay && is_relay(owner);
        struct kps_sv starter = starter_of(arena, owner);
        now.starter = now.starter.n ? now.starter : kps_utf8_escape(arena, starter);
    }
    if (n_named > MOST_HOLDERS) {
        kps_buf_fmt(&who, " and %zu more", n_named - MOST_HOLDERS);
    }
    now.who = kps_buf_sv(&who);
    now.identity = kps_buf_sv(&identity);
    now.is_relay = now.is_relay && now.who.n;
    now.unknown = now.who.n ? (struct kps_sv){"", 0} : unknown_reason(inquiry);
    return now;
}

/* Return: ", started by nodemon (pid 4690)"; for a container only with a restart count as proof. */
static struct kps_sv started_by(const struct watching *w, struct kps_arena *arena,
                                const struct snapshot *now)
{
    bool is_same = now->container.n && kps_sv_eq(now->container, kps_sv_of(w->seen_container));
    if (is_same && now->restarts > w->seen_restarts && now->policy.n) {
        return kps_fmt(arena, ", started by its restart policy '%.*s'",
                       SV_ARG(kps_utf8_escape(arena, now->policy)));
    }
    if (now->container.n || now->starter.n == 0) {
        return (struct kps_sv){"", 0};
    }
    return kps_fmt(arena, ", started by %.*s", SV_ARG(now->starter));
}

static struct kps_sv clock_words(struct kps_arena *arena)
{
    time_t now = time(NULL);
    struct tm at;
    char text[sizeof("00:00:00")];
    if (!localtime_r(&now, &at) || strftime(text, sizeof(text), "%H:%M:%S", &at) == 0) {
        return (struct kps_sv){"", 0};
    }
    return kps_fmt(arena, "%s", text);
}

/* "3000 53/udp" */
static struct kps_sv question_words(const struct watching *w, struct kps_arena *arena)
{
    struct kps_buf out = KPS_BUF(arena);
    for (size_t i = 0; i < w->options->n_questions; i++) {
        kps_buf_fmt(&out, "%s%.*s", i ? " " : "", SV_ARG(w->options->questions[i].words));
    }
    return kps_utf8_escape(arena, kps_buf_sv(&out));
}

/* Return: the change since the last look as a line; empty: no change. */
static struct kps_sv change_words(const struct watching *w, struct kps_arena *arena,
                                  const struct snapshot *now, bool is_first)
{
    const struct snapshot *last = &w->last;
    struct kps_sv by = started_by(w, arena, now);
    if (now->unknown.n) {
        return last->unknown.n && !is_first
                   ? (struct kps_sv){"", 0}
                   : kps_fmt(arena, "cannot ask: %.*s", SV_ARG(now->unknown));
    }
    if (is_first || last->unknown.n) {
        return now->who.n ? kps_fmt(arena, "held: %.*s", SV_ARG(now->who)) : SV("free");
    }
    if (kps_sv_eq(now->who, last->who) && kps_sv_eq(now->identity, last->identity)) {
        return (struct kps_sv){"", 0};
    }
    if (now->who.n == 0) {
        return kps_fmt(arena, "free: %.*s let go", SV_ARG(last->who));
    }
    if (last->who.n == 0 && w->free_since_ms) {
        double gap = (double)(now_ms() - w->free_since_ms) / MS;
        return kps_fmt(arena, "came back after %.1f s: %.*s%.*s", gap, SV_ARG(now->who),
                       SV_ARG(by));
    }
    if (last->who.n == 0) {
        return kps_fmt(arena, "taken: %.*s%.*s", SV_ARG(now->who), SV_ARG(by));
    }
    if (kps_sv_eq(now->who, last->who)) {
        return kps_fmt(arena, "started again: %.*s%.*s", SV_ARG(now->who), SV_ARG(by));
    }
    if (last->is_relay && !now->is_relay) {
        return kps_fmt(arena, "held: %.*s", SV_ARG(now->who)); /* the same, by its name */
    }
    return kps_fmt(arena, "went from %.*s to %.*s%.*s", SV_ARG(last->who), SV_ARG(now->who),
                   SV_ARG(by));
}

static void keep_snapshot(struct watching *w, const struct snapshot *now)
{
    bool was_held = w->last.who.n > 0;
    struct kps_arena *kept = kps_arena_new();
    w->last = (struct snapshot){.who = kps_sv_copy(kept, now->who),
                                .identity = kps_sv_copy(kept, now->identity),
                                .unknown = kps_sv_copy(kept, now->unknown),
                                .is_relay = now->is_relay};
    kps_arena_free(w->kept);
    w->kept = kept;
    if (now->unknown.n) {
        w->free_since_ms = 0;
    } else if (now->who.n == 0 && was_held) {
        w->free_since_ms = now_ms();
    }
}

/* Keep the restart count of the container that holds the ports, for the next look. */
static void keep_container(struct watching *w, const struct snapshot *now)
{
    if (now->container.n) {
        (void)snprintf(w->seen_container, sizeof(w->seen_container), "%.*s",
                       SV_ARG(now->container));
        w->seen_restarts = now->restarts;
    }
}

/* Return: whether a look saw a docker-proxy alone, which comes and goes a moment beside its
 * container. Some looks in a row are left out; after that it is a holder. */
static bool is_deferred(struct watching *w, const struct snapshot *now)
{
    bool is_news = now->is_relay && !kps_sv_eq(now->who, w->last.who);
    w->n_deferred = is_news ? w->n_deferred + 1 : 0;
    return is_news && w->n_deferred <= RELAY_LOOKS;
}

static void add_change(struct watching *w, struct kps_sv line)
{
    (void)snprintf(w->changes[w->n_changes++ % SHOWN_CHANGES], LINE_BYTES, "%.*s", SV_ARG(line));
}

/* Draw the terminal: the answer, and the last changes below. */
static void draw_screen(const struct watching *w, const struct kps_inquiry *inquiry)
{
    struct kps_report report = kps_query_report(inquiry);
    (void)fputs("\x1b[H\x1b[2J", stdout);
    kps_report_text(&report, &w->style, stdout);
    size_t from = w->n_changes > SHOWN_CHANGES ? w->n_changes - SHOWN_CHANGES : 0;
    (void)fputc('\n', stdout);
    for (size_t i = from; i < w->n_changes; i++) {
        (void)printf("%s\n", w->changes[i % SHOWN_CHANGES]);
    }
    (void)fputs("watching; Ctrl-C ends it\n", stdout);
}

/* Return: false when a report could not be written. */
static bool report_change(struct watching *w, const struct kps_inquiry *inquiry,
                          struct kps_sv words)
{
    struct kps_sv line = kps_fmt(inquiry->session.arena, "%.*s  %.*s  %.*s",
                                 SV_ARG(clock_words(inquiry->session.arena)),
                                 SV_ARG(question_words(w, inquiry->session.arena)), SV_ARG(words));
    if (w->options->n_outputs) {
        struct kps_report report = kps_query_report(inquiry);
        report.is_line = true;
        return kps_session_write(&inquiry->session, &report, KPS_EXIT_CLEAN) == KPS_EXIT_CLEAN;
    }
    add_change(w, line);
    if (w->is_terminal) {
        draw_screen(w, inquiry);
    } else {
        (void)printf("%.*s\n", SV_ARG(line));
    }
    if (fflush(stdout) != 0) {
        kps_log_error("cannot write to standard output: %s", strerror(errno));
        return false;
    }
    return true;
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
static void ask_once(struct watching *w, struct kps_arena *arena, struct kps_inquiry *ret)
{
    if (!w->options->asks_cluster) {
        kps_query_ask(ret, arena, w->options, w->env, kps_query_scope_of(w->options),
                      w->options->questions, w->options->n_questions);
        return;
    }
    if (!w->connection) {
        w->cluster = kps_cluster_options_of(w->options, true);
        w->connected = kps_arena_new();
        w->connection = kps_cluster_connect(w->connected, w->env, &w->cluster);
    }
    kps_cluster_question_ask(ret, arena, w->options, w->env, w->connection);
    if (ret->session.gathering.cluster.is_lost) {
        end_connection(w);
    }
}

/* Look once. Return: false when a report could not be written. */
static bool look_once(struct watching *w, bool is_first)
{
    bool is_written = true;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_inquiry inquiry;
    ask_once(w, arena, &inquiry);
    struct snapshot now = take_snapshot(&inquiry);
    bool is_left_out = !is_first && is_deferred(w, &now);
    struct kps_sv words =
        is_left_out ? (struct kps_sv){"", 0} : change_words(w, arena, &now, is_first);
    if (words.n) {
        is_written = report_change(w, &inquiry, words);
        keep_snapshot(w, &now);
    }
    keep_container(w, &now);
    kps_query_close(&inquiry);
    return is_written;
}

/* Waits for the next look. Return: false when it is to end. */
static bool wait_for_turn(const struct watching *w, uint32_t ms)
{
    struct timespec left = {(time_t)(ms / MS), (long)(ms % MS) * MS * MS};
    int got = sigtimedwait(&w->ends, NULL, &left);
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

int kps_watch(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct watching *w = KPS_NEW(arena, struct watching);
    *w = (struct watching){.options = options, .env = env, .kept = kps_arena_new()};
    w->is_terminal = isatty(STDOUT_FILENO) && options->quiet == 0 && options->n_outputs == 0;
    w->style = kps_output_style(options, env, stdout);
    (void)sigemptyset(&w->ends);
    (void)sigaddset(&w->ends, SIGINT);
    (void)sigaddset(&w->ends, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &w->ends, NULL);
    bool is_written = true;
    bool is_first = true;
    uint32_t pause = options->asks_cluster ? DEFAULT_CLUSTER_MS : DEFAULT_MS;
    pause = options->watch_ms ? options->watch_ms : pause;
    do {
        is_written = look_once(w, is_first);
        is_first = false;
    } while (is_written && wait_for_turn(w, pause));
    end_connection(w);
    if (w->is_terminal) {
        (void)fputc('\n', stdout);
    }
    kps_arena_free(w->kept);
    return is_written ? KPS_EXIT_CLEAN : KPS_EXIT_INPUT;
}
