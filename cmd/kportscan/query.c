#include "query.h"

#include <stdio.h>
#include <time.h>

#include "base/utf8.h"
#include "check.h"
#include "core/suggest.h"
#include "machine.h"
#include "output.h"

enum { NEAR_PORTS = 3, NEAR_RANGE = 64 };

struct run {
    struct kps_arena *arena;
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_machine machine;
    struct kps_query query;
};

static enum kps_query_scope scope_of(const struct kps_options *options)
{
    if (options->asks_docker == options->asks_host) {
        return KPS_QUERY_ALL;
    }
    return options->asks_docker ? KPS_QUERY_ENGINE : KPS_QUERY_SOCKETS;
}

static const char *mode_of(enum kps_query_scope scope)
{
    static const char *const modes[] = {
        [KPS_QUERY_ALL] = "ports", [KPS_QUERY_ENGINE] = "docker", [KPS_QUERY_SOCKETS] = "host"};
    return modes[scope];
}

/* Whether free ports near are told: for the people who asked for one port at a terminal or in its format. */
static bool tells_near(const struct kps_options *options)
{
    bool is_one = options->n_questions == 1 && options->questions[0].first == options->questions[0].last;
    return is_one && options->questions[0].first < UINT16_MAX && options->quiet == 0;
}

/*
 * What holds the ports above the one that was asked for, without looking for who: it keeps taken ports out of the
 * advice. Only when there is something to advise about.
 */
static void collect_near(struct run *run)
{
    if (!tells_near(run->options) || !run->machine.asked_sockets || run->machine.sockets.n_claims == 0) {
        return;
    }
    const struct kps_question *question = &run->options->questions[0];
    uint16_t last = question->first > UINT16_MAX - NEAR_RANGE ? UINT16_MAX : (uint16_t)(question->first + NEAR_RANGE);
    struct kps_port_range range = {(uint16_t)(question->first + 1), last};
    struct kps_sys_options options = {.ports = &range, .n_ports = 1, .without_owners = true};
    (void)kps_sys_collect(&run->ledger, &options);
}

static void collect(struct run *run)
{
    const struct kps_options *options = run->options;
    bool is_engine_list = run->query.scope == KPS_QUERY_ENGINE && options->n_questions == 0;
    struct kps_port_filter *ports = KPS_NEW_N(run->arena, struct kps_port_filter, options->n_questions + 1);
    for (size_t i = 0; i < options->n_questions; i++) {
        const struct kps_question *question = &options->questions[i];
        ports[i] = (struct kps_port_filter){question->first, question->last, question->protocol};
    }
    struct kps_machine_question question = {
        .engine = !options->no_docker,
        .sockets = !options->no_host && !is_engine_list,
        .ports = ports,
        .n_ports = options->n_questions,
        .connections = options->n_questions > 0,
    };
    run->machine = kps_machine_collect(&run->ledger, options, run->env, &question);
    collect_near(run);
    if (options->verbose) {
        kps_machine_chat(&run->machine, run->arena);
    }
    kps_ledger_link(&run->ledger);
}

static bool is_asked(const struct kps_question *question, const struct kps_holding *holding)
{
    if (holding->last < question->first || holding->first > question->last ||
        (question->protocol != KPS_PROTO_NONE && question->protocol != holding->protocol)) {
        return false;
    }
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        if (kps_addr_overlap(&holding->addrs[i], &question->addr)) {
            return true;
        }
    }
    return false;
}

static bool is_any_asked(const struct run *run, const struct kps_holding *holding)
{
    for (size_t i = 0; i < run->options->n_questions; i++) {
        if (is_asked(&run->options->questions[i], holding)) {
            return true;
        }
    }
    return run->options->n_questions == 0;
}

/* Whether it is the engine's, or that of something the engine runs. */
static bool is_of_engine(const struct run *run, const struct kps_holding *holding)
{
    enum kps_owner_kind kind = kps_ledger_get_owner(&run->ledger, holding->tenant)->kind;
    return kind == KPS_OWNER_CONTAINER || kind == KPS_OWNER_SWARM_SERVICE;
}

/* A listener's question is not answered by who would listen later. */
static bool is_in_scope(const struct run *run, const struct kps_holding *holding)
{
    switch (run->query.scope) {
    case KPS_QUERY_ENGINE:
        return is_of_engine(run, holding);
    case KPS_QUERY_SOCKETS:
        return holding->basis == KPS_HELD && (run->options->n_questions || !holding->is_remnant);
    case KPS_QUERY_ALL:
        break;
    }
    return run->options->n_questions || !holding->is_remnant;
}

static void answer(struct run *run)
{
    struct kps_holdings all = kps_holdings_of(&run->ledger, run->arena);
    struct kps_holding *holdings = KPS_NEW_N(run->arena, struct kps_holding, all.n + 1);
    struct kps_holding *strangers = KPS_NEW_N(run->arena, struct kps_holding, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        if (!is_any_asked(run, &all.v[i])) {
            continue;
        }
        if (is_in_scope(run, &all.v[i])) {
            holdings[run->query.n_holdings++] = all.v[i];
        } else if (run->query.scope == KPS_QUERY_ENGINE && run->options->n_questions) {
            strangers[run->query.n_strangers++] = all.v[i];
        }
    }
    run->query.holdings = holdings;
    run->query.strangers = strangers;
}

static void find_near(struct run *run)
{
    if (!tells_near(run->options) || run->query.n_holdings + run->query.n_strangers == 0) {
        return;
    }
    const struct kps_question *question = &run->options->questions[0];
    const struct kps_holding *holding = run->query.n_holdings ? run->query.holdings : run->query.strangers;
    struct kps_suggest *suggest = kps_suggest_new(&run->ledger, run->arena);
    uint16_t *near = KPS_NEW_N(run->arena, uint16_t, NEAR_PORTS);
    for (size_t i = 0; i < NEAR_PORTS; i++) {
        uint16_t port =
            kps_suggest_port(suggest, holding->netns, (enum kps_protocol)holding->protocol, question->first);
        if (port > question->first && port - question->first <= NEAR_RANGE) {
            near[run->query.n_near++] = port;
        }
    }
    run->query.near = near;
}

static int verdict(const struct run *run)
{
    if (run->query.n_holdings) {
        return 0;
    }
    /* Who listens is told by the sockets alone, what is published by the engine alone. */
    bool needs_engine = run->query.scope != KPS_QUERY_SOCKETS;
    struct kps_machine asked = run->machine;
    asked.asked_engine = asked.asked_engine && needs_engine;
    asked.asked_sockets = asked.asked_sockets && run->query.scope != KPS_QUERY_ENGINE;
    if (kps_machine_failed(&asked)) {
        return KPS_EXIT_NOT_ASKED;
    }
    return run->options->n_questions ? 1 : 0;
}

static int write_answer(struct run *run, int code)
{
    struct kps_report report = {.ledger = &run->ledger,
                                .version = KPS_VERSION,
                                .mode = mode_of(run->query.scope),
                                .engine = kps_machine_engine(&run->machine, run->arena),
                                .query = &run->query,
                                .is_brief = run->options->quiet > 0};
    struct kps_sv error = {"", 0};
    if (kps_output_write(&report, run->options, run->env, &error)) {
        return code;
    }
    (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(run->arena, error)));
    return KPS_EXIT_INPUT;
}

/* An explicit question about the engine deserves to hear that there is none. */
static void say_absent(const struct run *run)
{
    const struct kps_docker_result *engine = &run->machine.engine;
    if (run->options->asks_docker && run->machine.asked_engine && engine->status == KPS_ENGINE_ABSENT &&
        !run->options->verbose && run->options->quiet < 2) {
        (void)fprintf(stderr, "kportscan: %.*s\n", SV_ARG(kps_utf8_escape(run->arena, engine->words)));
    }
}

int kps_query(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct run run = {.arena = arena, .options = options, .env = env, .diag = {.arena = arena}};
    run.ledger.diag = &run.diag;
    run.query = (struct kps_query){.scope = scope_of(options),
                                   .questions = options->questions,
                                   .n_questions = options->n_questions,
                                   .now = (int64_t)time(NULL)};
    collect(&run);
    run.query.asked_engine = run.machine.asked_engine && run.machine.engine.status == KPS_ENGINE_OK;
    run.query.asked_sockets = run.machine.asked_sockets && run.machine.sockets.error == 0;
    answer(&run);
    find_near(&run);
    kps_diag_sort(&run.diag);
    say_absent(&run);
    int code = write_answer(&run, verdict(&run));
    kps_ledger_free(&run.ledger);
    kps_diag_free(&run.diag);
    return code;
}
