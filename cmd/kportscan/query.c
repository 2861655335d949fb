#include "query.h"

#include <stdio.h>
#include <time.h>

#include "base/utf8.h"
#include "check.h"
#include "core/suggest.h"
#include "output.h"
#include "query_notes.h"

enum { NEAR_PORTS = 3, NEAR_RANGE = 64 };

enum kps_query_scope kps_query_scope_of(const struct kps_options *options)
{
    if (options->asks_docker == options->asks_host) {
        return KPS_QUERY_ALL;
    }
    return options->asks_docker ? KPS_QUERY_ENGINE : KPS_QUERY_SOCKETS;
}

bool kps_query_may_try(const struct kps_options *options)
{
    return options->mode == KPS_MODE_QUERY && !options->watches && !options->no_probe;
}

/* Whether free ports near are told: to who asked for one port. */
static bool tells_near(const struct kps_inquiry *inquiry)
{
    const struct kps_question *question = inquiry->query.questions;
    bool is_one = inquiry->query.n_questions == 1 && question->first == question->last;
    return is_one && question->first < UINT16_MAX && inquiry->options->quiet == 0;
}

/*
 * What holds the ports above the one that was asked for, without looking for who: it keeps taken
 * ports out of the advice. Only when there is something to advise about.
 */
static void collect_near(struct kps_inquiry *inquiry)
{
    if (!tells_near(inquiry) || !inquiry->machine.asked_sockets ||
        inquiry->machine.sockets.n_claims == 0) {
        return;
    }
    const struct kps_question *question = inquiry->query.questions;
    uint16_t last = question->first > UINT16_MAX - NEAR_RANGE
                        ? UINT16_MAX
                        : (uint16_t)(question->first + NEAR_RANGE);
    struct kps_port_range range = {(uint16_t)(question->first + 1), last};
    struct kps_sys_options options = {.ports = &range, .n_ports = 1, .without_owners = true};
    (void)kps_sys_collect(&inquiry->ledger, &options);
}

static void collect(struct kps_inquiry *inquiry, const struct kps_env *env)
{
    const struct kps_options *options = inquiry->options;
    size_t n = inquiry->query.n_questions;
    bool is_engine_list = inquiry->query.scope == KPS_QUERY_ENGINE && n == 0;
    struct kps_port_filter *ports = KPS_NEW_N(inquiry->arena, struct kps_port_filter, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct kps_question *question = &inquiry->query.questions[i];
        ports[i] = (struct kps_port_filter){question->first, question->last, question->protocol};
    }
    struct kps_machine_question question = {
        .engine = !options->no_docker,
        .sockets = !options->no_host && !is_engine_list,
        .ports = ports,
        .n_ports = n,
        .connections = n > 0,
        .probes = kps_query_may_try(options),
    };
    inquiry->machine = kps_machine_collect(&inquiry->ledger, options, env, &question);
    inquiry->query.asked_engine =
        inquiry->machine.asked_engine && inquiry->machine.engine.status == KPS_ENGINE_OK;
    inquiry->query.asked_sockets =
        inquiry->machine.asked_sockets && inquiry->machine.sockets.error == 0;
    collect_near(inquiry);
    kps_ledger_link(&inquiry->ledger);
}

static bool is_any_asked(const struct kps_query *query, const struct kps_port_use *holding)
{
    for (size_t i = 0; i < query->n_questions; i++) {
        if (kps_question_meets(&query->questions[i], holding)) {
            return true;
        }
    }
    return query->n_questions == 0;
}

static bool is_in_scope(const struct kps_inquiry *inquiry, const struct kps_port_use *holding)
{
    enum kps_owner_kind kind = kps_ledger_get_owner(&inquiry->ledger, holding->tenant)->kind;
    bool is_listed = inquiry->query.n_questions || !holding->is_remnant;
    switch (inquiry->query.scope) {
    case KPS_QUERY_ENGINE:
        return kind == KPS_OWNER_CONTAINER || kind == KPS_OWNER_SWARM_SERVICE;
    case KPS_QUERY_SOCKETS: /* is not about who would listen later */
        return holding->basis == KPS_BOUND && is_listed;
    case KPS_QUERY_ALL:
        break;
    }
    return is_listed;
}

static void answer(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    struct kps_port_uses all = kps_port_uses_of(&inquiry->ledger, inquiry->arena);
    struct kps_port_use *holdings = KPS_NEW_N(inquiry->arena, struct kps_port_use, all.n + 1);
    struct kps_port_use *outside_holders =
        KPS_NEW_N(inquiry->arena, struct kps_port_use, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        if (!is_any_asked(query, &all.v[i])) {
            continue;
        }
        if (is_in_scope(inquiry, &all.v[i])) {
            holdings[query->n_holdings++] = all.v[i];
        } else if (query->scope == KPS_QUERY_ENGINE && query->n_questions) {
            outside_holders[query->n_strangers++] = all.v[i];
        }
    }
    query->holdings = holdings;
    query->outside_holders = outside_holders;
}

static void find_near(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    if (!tells_near(inquiry) || query->n_holdings + query->n_strangers == 0) {
        return;
    }
    const struct kps_question *question = query->questions;
    const struct kps_port_use *holding =
        query->n_holdings ? query->holdings : query->outside_holders;
    struct kps_suggest *suggest = kps_suggest_new(&inquiry->ledger, inquiry->arena);
    uint16_t *near = KPS_NEW_N(inquiry->arena, uint16_t, NEAR_PORTS);
    for (size_t i = 0; i < NEAR_PORTS; i++) {
        uint16_t port = kps_suggest_port(suggest, holding->netns,
                                         (enum kps_protocol)holding->protocol, question->first);
        if (port > question->first && port - question->first <= NEAR_RANGE) {
            near[query->n_near++] = port;
        }
    }
    query->near = near;
}

void kps_inquire(struct kps_inquiry *ret, struct kps_arena *arena,
                 const struct kps_options *options, const struct kps_env *env,
                 enum kps_query_scope scope, const struct kps_question *questions,
                 size_t n_questions)
{
    *ret = (struct kps_inquiry){.arena = arena,
                                .options = options,
                                .diag = {.arena = arena},
                                .query = {.scope = scope,
                                          .questions = questions,
                                          .n_questions = n_questions,
                                          .now = (int64_t)time(NULL)}};
    ret->ledger.diag = &ret->diag;
    collect(ret, env);
    answer(ret);
    find_near(ret);
    kps_query_take_notes(ret);
    kps_diag_sort(&ret->diag);
}

void kps_inquiry_free(struct kps_inquiry *inquiry)
{
    kps_ledger_free(&inquiry->ledger);
    kps_diag_free(&inquiry->diag);
}

struct kps_report kps_inquiry_report(const struct kps_inquiry *inquiry)
{
    static const char *const modes[] = {
        [KPS_QUERY_ALL] = "ports", [KPS_QUERY_ENGINE] = "docker", [KPS_QUERY_SOCKETS] = "host"};
    return (struct kps_report){.ledger = &inquiry->ledger,
                               .version = KPS_VERSION,
                               .mode = modes[inquiry->query.scope],
                               .engine = kps_machine_engine(&inquiry->machine, inquiry->arena),
                               .query = &inquiry->query,
                               .is_brief = inquiry->options->quiet > 0};
}

/* Sockets of SCTP are in none of the lists. */
static bool asks_for_sctp_sockets(const struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    bool asks = false;
    for (size_t i = 0; i < query->n_questions; i++) {
        asks = asks || query->questions[i].protocol == KPS_SCTP;
    }
    return asks && query->scope != KPS_QUERY_ENGINE && !inquiry->options->no_host;
}

int kps_inquiry_verdict(const struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    if (query->n_holdings) {
        return KPS_EXIT_CLEAN;
    }
    /* Who listens is told by the sockets alone, what is published by the engine alone. */
    struct kps_machine asked = inquiry->machine;
    asked.asked_engine = asked.asked_engine && query->scope != KPS_QUERY_SOCKETS;
    asked.asked_sockets = asked.asked_sockets && query->scope != KPS_QUERY_ENGINE;
    if (kps_machine_failed(&asked) || asks_for_sctp_sockets(inquiry)) {
        return KPS_EXIT_NOT_ASKED;
    }
    return query->n_questions ? KPS_EXIT_FINDINGS : KPS_EXIT_CLEAN;
}

/* An explicit question about the engine deserves to hear that there is none. */
static void say_absent(const struct kps_inquiry *inquiry)
{
    const struct kps_docker_result *engine = &inquiry->machine.engine;
    const struct kps_options *options = inquiry->options;
    if (options->asks_docker && inquiry->machine.asked_engine &&
        engine->status == KPS_ENGINE_ABSENT && !options->verbose && options->quiet < 2) {
        (void)fprintf(stderr, "kportscan: %.*s\n",
                      SV_ARG(kps_utf8_escape(inquiry->arena, engine->words)));
    }
}

int kps_query(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct kps_inquiry inquiry;
    kps_inquire(&inquiry, arena, options, env, kps_query_scope_of(options), options->questions,
                options->n_questions);
    if (options->verbose) {
        kps_machine_log_verbose(&inquiry.machine, arena);
    }
    say_absent(&inquiry);
    struct kps_report report = kps_inquiry_report(&inquiry);
    int code = kps_inquiry_verdict(&inquiry);
    struct kps_sv error = {"", 0};
    if (!kps_output_write(&report, options, env, &error)) {
        (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(arena, error)));
        code = KPS_EXIT_INPUT;
    }
    kps_inquiry_free(&inquiry);
    return code;
}
