#include "query.h"

#include <stdio.h>
#include <time.h>

#include "advice/owner_words.h"
#include "core/suggest.h"
#include "log.h"
#include "query_notes.h"

enum { NEARBY_PORTS = 3, NEARBY_RANGE = 64 };

enum kps_query_scope kps_query_scope_of(const struct kps_options *options)
{
    if (options->asks_docker == options->asks_host) {
        return KPS_QUERY_ALL;
    }
    return options->asks_docker ? KPS_QUERY_ENGINE : KPS_QUERY_SOCKETS;
}

/* Return: whether the answer names free ports nearby: for one port, and the ports of one engine. */
static bool offers_free_nearby(const struct kps_inquiry *inquiry)
{
    const struct kps_question *question = inquiry->query.questions;
    bool is_one = inquiry->query.n_questions == 1 && question->ports.first == question->ports.last;
    return is_one && inquiry->session.machine.n_engines == 0 &&
           question->ports.first < UINT16_MAX && inquiry->session.options->quiet == 0;
}

/*
 * Collect the claims above the requested port, without owners: the advice then leaves used ports
 * out. Only when the port has a holder.
 */
static void collect_nearby(struct kps_inquiry *inquiry)
{
    if (!offers_free_nearby(inquiry) || !inquiry->session.machine.asked_sockets ||
        inquiry->session.machine.sockets.n_claims == 0) {
        return;
    }
    const struct kps_question *question = inquiry->query.questions;
    uint16_t last = question->ports.first > UINT16_MAX - NEARBY_RANGE
                        ? UINT16_MAX
                        : (uint16_t)(question->ports.first + NEARBY_RANGE);
    struct kps_port_range range = {(uint16_t)(question->ports.first + 1), last};
    struct kps_sys_options options = {.ports = &range,
                                      .n_ports = 1,
                                      .without_owners = true,
                                      .remote = inquiry->session.machine.remote};
    (void)kps_sys_collect(&inquiry->session.ledger, &options);
}

/* Report if a question is about one address, which this machine may not have. */
static bool names_address(const struct kps_inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->query.n_questions; i++) {
        enum kps_addr_kind kind = inquiry->query.questions[i].ports.addr.kind;
        if (kind == KPS_ADDR_ONE4 || kind == KPS_ADDR_ONE6) {
            return true;
        }
    }
    return false;
}

/* Return: whether a question is about sockets of SCTP, which no list has. */
static bool asks_for_sctp_sockets(const struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    bool asks = false;
    for (size_t i = 0; i < query->n_questions; i++) {
        asks = asks || query->questions[i].ports.protocol == KPS_SCTP;
    }
    return asks && query->scope != KPS_QUERY_ENGINE && !inquiry->session.options->no_host;
}

/* Name the part of the question that no list of sockets answers. */
static void report_sctp(struct kps_diag *diag)
{
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0,
                     "sockets of sctp were not looked at: only an engine tells about sctp here");
    kps_finding_help(diag, finding, SV("ss --sctp -a"), "see the sockets of sctp");
    diag->incomplete = true;
}

static void collect_claims(struct kps_inquiry *inquiry)
{
    size_t n = inquiry->query.n_questions;
    bool is_engine_list = inquiry->query.scope == KPS_QUERY_ENGINE && n == 0;
    struct kps_ports *ports = KPS_NEW_N(inquiry->session.arena, struct kps_ports, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct kps_question *question = &inquiry->query.questions[i];
        ports[i] = question->ports;
        ports[i].addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    }
    struct kps_machine_question question = {
        .engine = true,
        .sockets = !is_engine_list,
        .ports = ports,
        .n_ports = n,
        .connections = n > 0,
        .addresses = names_address(inquiry),
    };
    (void)kps_session_ask(&inquiry->session, &question);
    inquiry->query.asked_engine = kps_machine_knows_engine(&inquiry->session.machine);
    inquiry->query.asked_sockets = kps_machine_knows_sockets(&inquiry->session.machine);
    if (asks_for_sctp_sockets(inquiry)) {
        report_sctp(&inquiry->session.diag);
    }
    collect_nearby(inquiry);
    kps_ledger_link(&inquiry->session.ledger);
}

bool kps_query_names(const struct kps_inquiry *inquiry, kps_owner_id tenant)
{
    const struct kps_query *query = &inquiry->query;
    bool is_named = query->n_names == 0;
    for (size_t i = 0; i < query->n_names && !is_named; i++) {
        is_named = kps_owner_words_match(&inquiry->session.ledger, tenant, query->names[i]);
    }
    return is_named;
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
    enum kps_owner_kind kind =
        kps_ledger_get_owner(&inquiry->session.ledger, holding->tenant)->kind;
    bool is_listed = inquiry->query.n_questions || !holding->is_remnant;
    switch (inquiry->query.scope) {
    case KPS_QUERY_ENGINE:
        return kind == KPS_OWNER_CONTAINER || kind == KPS_OWNER_SWARM_SERVICE;
    case KPS_QUERY_SOCKETS: /* leaves out later listeners */
        return holding->basis == KPS_BOUND && is_listed;
    case KPS_QUERY_CLUSTER:
    case KPS_QUERY_ALL:
        break;
    }
    return is_listed;
}

static void find_holdings(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    struct kps_port_uses all = kps_port_uses_of(&inquiry->session.ledger, inquiry->session.arena);
    struct kps_port_use *holdings =
        KPS_NEW_N(inquiry->session.arena, struct kps_port_use, all.n + 1);
    struct kps_port_use *outside_holders =
        KPS_NEW_N(inquiry->session.arena, struct kps_port_use, all.n + 1);
    for (size_t i = 0; i < all.n; i++) {
        if (!is_any_asked(query, &all.v[i]) || !kps_query_names(inquiry, all.v[i].tenant)) {
            continue;
        }
        if (is_in_scope(inquiry, &all.v[i])) {
            holdings[query->n_holdings++] = all.v[i];
        } else if (query->scope == KPS_QUERY_ENGINE && query->n_questions) {
            outside_holders[query->n_outside_holders++] = all.v[i];
        }
    }
    query->holdings = holdings;
    query->outside_holders = outside_holders;
}

static void find_free_nearby(struct kps_inquiry *inquiry)
{
    struct kps_query *query = &inquiry->query;
    if (!offers_free_nearby(inquiry) || query->n_holdings + query->n_outside_holders == 0) {
        return;
    }
    const struct kps_question *question = query->questions;
    const struct kps_port_use *holding =
        query->n_holdings ? query->holdings : query->outside_holders;
    struct kps_suggest *suggest = kps_suggest_new(&inquiry->session.ledger, inquiry->session.arena);
    uint16_t *ports = KPS_NEW_N(inquiry->session.arena, uint16_t, NEARBY_PORTS);
    for (size_t i = 0; i < NEARBY_PORTS; i++) {
        uint16_t port = kps_suggest_port(
            suggest, holding->netns, (enum kps_protocol)holding->protocol, question->ports.first);
        if (port > question->ports.first && port - question->ports.first <= NEARBY_RANGE) {
            ports[query->n_free_nearby++] = port;
        }
    }
    query->free_nearby = ports;
}

void kps_query_ask(struct kps_inquiry *ret, struct kps_arena *arena,
                   const struct kps_options *options, const struct kps_env *env,
                   enum kps_query_scope scope, const struct kps_question *questions,
                   size_t n_questions)
{
    kps_session_open(&ret->session, arena, options, env);
    ret->query = (struct kps_query){.scope = scope,
                                    .questions = questions,
                                    .n_questions = n_questions,
                                    .names = options->names.v,
                                    .n_names = options->names.n,
                                    .now = (int64_t)time(NULL)};
    collect_claims(ret);
    find_holdings(ret);
    find_free_nearby(ret);
    kps_query_notes_add(ret);
    kps_diag_sort(&ret->session.diag);
}

void kps_query_close(struct kps_inquiry *inquiry)
{
    kps_session_close(&inquiry->session);
}

struct kps_report kps_query_report(const struct kps_inquiry *inquiry)
{
    static const char *const modes[] = {[KPS_QUERY_ALL] = "ports",
                                        [KPS_QUERY_ENGINE] = "docker",
                                        [KPS_QUERY_SOCKETS] = "host",
                                        [KPS_QUERY_CLUSTER] = "cluster"};
    struct kps_report report = kps_session_report(&inquiry->session, modes[inquiry->query.scope]);
    report.query = &inquiry->query;
    return report;
}

int kps_query_exit_code(const struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    if (inquiry->session.gathering.has_failed) {
        return KPS_EXIT_INPUT;
    }
    if (query->n_holdings) {
        return KPS_EXIT_CLEAN;
    }
    /* Only sockets show listeners, only the engine shows publications; behind ssh it shows both. */
    struct kps_machine asked = inquiry->session.machine;
    asked.asked_engine =
        asked.asked_engine && (query->scope != KPS_QUERY_SOCKETS || asked.engine.is_remote);
    asked.asked_sockets = asked.asked_sockets && query->scope != KPS_QUERY_ENGINE;
    if (kps_machine_failed(&asked) || asks_for_sctp_sockets(inquiry)) {
        return KPS_EXIT_NOT_ASKED;
    }
    return query->n_questions || query->n_names ? KPS_EXIT_FINDINGS : KPS_EXIT_CLEAN;
}

/* Name a missing engine where the question is about the engine. */
static void report_absent(const struct kps_session *session)
{
    const struct kps_docker_result *engine = &session->machine.engine;
    if (session->options->asks_docker && session->machine.asked_engine &&
        engine->status == KPS_ENGINE_ABSENT && !session->options->verbose) {
        kps_log_notice(session->options, "%.*s", SV_ARG(engine->words));
    }
}

void kps_query_report_names(const struct kps_inquiry *inquiry)
{
    static const char *const unknown[] = {
        [KPS_QUERY_ALL] = "no container, project, process or unit with a port",
        [KPS_QUERY_ENGINE] = "no container and no Compose project",
        [KPS_QUERY_SOCKETS] = "no process and no unit with a socket",
        [KPS_QUERY_CLUSTER] = "no pod, workload, Service or namespace with a port",
    };
    const struct kps_query *query = &inquiry->query;
    const struct kps_ledger *ledger = &inquiry->session.ledger;
    bool was_asked =
        query->asked_engine || query->asked_sockets || query->scope == KPS_QUERY_CLUSTER;
    for (size_t i = 0; i < query->n_names && was_asked; i++) {
        bool is_known = false;
        bool is_listed = false;
        for (uint32_t k = 0; k < ledger->owners.n && query->scope != KPS_QUERY_CLUSTER; k++) {
            is_known = is_known || kps_owner_words_match(ledger, k + 1, query->names[i]);
        }
        for (size_t k = 0; k < query->n_holdings; k++) {
            is_listed = is_listed ||
                        kps_owner_words_match(ledger, query->holdings[k].tenant, query->names[i]);
        }
        if (!is_listed && is_known) {
            kps_log_notice(inquiry->session.options, "'%.*s' publishes no port",
                           SV_ARG(query->names[i]));
        } else if (!is_listed) {
            kps_log_notice(inquiry->session.options, "%s is called '%.*s'", unknown[query->scope],
                           SV_ARG(query->names[i]));
        }
    }
}

int kps_query(struct kps_arena *arena, const struct kps_options *options, const struct kps_env *env)
{
    struct kps_inquiry inquiry;
    kps_query_ask(&inquiry, arena, options, env, kps_query_scope_of(options), options->questions,
                  options->n_questions);
    report_absent(&inquiry.session);
    kps_query_report_names(&inquiry);
    struct kps_report report = kps_query_report(&inquiry);
    int code = kps_session_write(&inquiry.session, &report, kps_query_exit_code(&inquiry));
    kps_query_close(&inquiry);
    return code;
}
