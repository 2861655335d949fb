#include "watch/watch_port.h"

#include <stdio.h>
#include <string.h>

#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "report/words.h"

enum {
    MS = 1000,
    MOST_HOLDERS = 4, /* named in a line */
    RELAY_LOOKS = 3
};

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

/* "every address", "every address of node w1". */
static struct kps_sv places_of(const struct kps_inquiry *inquiry,
                               const struct kps_port_use *holding)
{
    struct kps_arena *arena = inquiry->ledger->diag->arena;
    struct kps_sv node = kps_words_node(arena, inquiry->ledger, holding);
    struct kps_sv places = kps_port_use_places(arena, holding);
    bool is_node = kps_ledger_get_netns(inquiry->ledger, holding->netns)->is_node;
    if (node.n == 0) {
        return places;
    }
    return kps_fmt(arena, "%.*s of %s%.*s", SV_ARG(places), is_node ? "node " : "", SV_ARG(node));
}

static struct kps_watch_snapshot take_snapshot(const struct kps_inquiry *inquiry,
                                               struct kps_sv unknown)
{
    struct kps_arena *arena = inquiry->ledger->diag->arena;
    const struct kps_ledger *ledger = inquiry->ledger;
    struct kps_buf *who = kps_buf_new(arena);
    struct kps_buf *identity = kps_buf_new(arena);
    struct kps_watch_snapshot now = {.is_relay = true};
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
            kps_buf_fmt(who, "%s%.*s on %.*s", who->n ? ", " : "", SV_ARG(tenant), SV_ARG(place));
        } else {
            struct kps_sv name = kps_owner_name(owner);
            kps_buf_fmt(identity, "%.*s %.*s ", SV_ARG(name), SV_ARG(place));
        }
        if (container) {
            kps_buf_add(identity, container->since);
            now.container = container->id;
            now.policy = container->restart_policy;
            now.restarts = container->restart_count;
        }
        now.is_relay = now.is_relay && is_relay(owner);
        struct kps_sv starter = starter_of(arena, owner);
        now.starter = now.starter.n ? now.starter : kps_utf8_escape(arena, starter);
    }
    if (n_named > MOST_HOLDERS) {
        kps_buf_fmt(who, " and %zu more", n_named - MOST_HOLDERS);
    }
    now.who = kps_buf_sv(who);
    now.identity = kps_buf_sv(identity);
    now.is_relay = now.is_relay && now.who.n;
    now.unknown = now.who.n ? (struct kps_sv){"", 0} : unknown;
    return now;
}

/* Return: ", started by nodemon (pid 4690)"; for a container only with a restart count as proof. */
static struct kps_sv started_by(const struct kps_watch_port *w, struct kps_arena *arena,
                                const struct kps_watch_snapshot *now)
{
    bool is_same = now->container.n && kps_sv_eq(now->container, kps_sv_of(w->seen_container));
    if (is_same && now->restarts > w->seen_restarts && now->policy.n) {
        return kps_fmt(arena, ", started by its restart policy '%s'",
                       kps_words_shown(arena, now->policy));
    }
    if (now->container.n || now->starter.n == 0) {
        return (struct kps_sv){"", 0};
    }
    return kps_fmt(arena, ", started by %.*s", SV_ARG(now->starter));
}

/* Return: the change since the last look as a line; empty: no change. */
static struct kps_sv change_words(const struct kps_watch_port *w, struct kps_arena *arena,
                                  const struct kps_watch_snapshot *now, bool is_first)
{
    const struct kps_watch_snapshot *last = &w->last;
    struct kps_sv by = started_by(w, arena, now);
    if (now->unknown.n) {
        return last->unknown.n && !is_first ? (struct kps_sv){"", 0}
                                            : kps_fmt(arena, "unknown: %.*s", SV_ARG(now->unknown));
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
        double gap = (double)(kps_clock_ms() - w->free_since_ms) / MS;
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

static void keep_snapshot(struct kps_watch_port *w, const struct kps_watch_snapshot *now)
{
    bool was_held = w->last.who.n > 0;
    struct kps_arena *kept = kps_arena_new();
    w->last = (struct kps_watch_snapshot){.who = kps_sv_copy(kept, now->who),
                                          .identity = kps_sv_copy(kept, now->identity),
                                          .unknown = kps_sv_copy(kept, now->unknown),
                                          .is_relay = now->is_relay};
    kps_watch_port_free(w);
    w->kept = kept;
    if (now->unknown.n) {
        w->free_since_ms = 0;
    } else if (now->who.n == 0 && was_held) {
        w->free_since_ms = kps_clock_ms();
    }
}

/* Keep the restart count of the container that holds the ports, for the next look. */
static void keep_container(struct kps_watch_port *w, const struct kps_watch_snapshot *now)
{
    if (now->container.n) {
        (void)snprintf(w->seen_container, sizeof(w->seen_container), "%.*s",
                       SV_ARG(now->container));
        w->seen_restarts = now->restarts;
    }
}

/* Return: whether a look saw a docker-proxy alone, which comes and goes a moment beside its
 * container. Some looks in a row are left out; after that it is a holder. */
static bool is_deferred(struct kps_watch_port *w, const struct kps_watch_snapshot *now)
{
    bool is_news = now->is_relay && !kps_sv_eq(now->who, w->last.who);
    w->n_deferred = is_news ? w->n_deferred + 1 : 0;
    return is_news && w->n_deferred <= RELAY_LOOKS;
}

struct kps_sv kps_watch_port_compare(struct kps_watch_port *w, const struct kps_inquiry *inquiry,
                                     struct kps_sv unknown)
{
    struct kps_watch_snapshot now = take_snapshot(inquiry, unknown);
    bool is_first = w->kept == NULL;
    bool is_left_out = !is_first && is_deferred(w, &now);
    struct kps_sv words = is_left_out
                              ? (struct kps_sv){"", 0}
                              : change_words(w, inquiry->ledger->diag->arena, &now, is_first);
    if (words.n) {
        keep_snapshot(w, &now);
    }
    keep_container(w, &now);
    return words;
}

void kps_watch_port_free(struct kps_watch_port *w)
{
    if (w->kept) {
        kps_arena_free(w->kept);
        w->kept = NULL;
    }
}
