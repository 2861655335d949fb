#include <stddef.h>
#include <stdint.h>

#include "arguments/port_argument.h"
#include "base/compiler.h"
#include "core/suggest.h"
#include "docker/claims.h"
#include "fuzz/formats.h"
#include "fuzz/parts.h"
#include "sys/collect.h"

/*
 * A question about ports, the answers of an engine and the tables of sockets, separated by form
 * feeds. The answer is rendered as a table and in blocks, in every format of a query, with each
 * scope. No holder is lost between the ledger and the answer.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_QUESTIONS = 4 };

static size_t read_questions(struct kps_arena *arena, struct kps_sv words,
                             struct kps_question ret[MOST_QUESTIONS])
{
    size_t n = 0;
    while (words.n && n < MOST_QUESTIONS) {
        struct kps_sv word = kps_sv_slice(words, 0, kps_sv_find(words, ','));
        struct kps_sv error = {"", 0};
        words = kps_sv_from(words, word.n + 1);
        if (kps_port_argument_form(word) == KPS_PORT_FORM_NONE) {
            continue;
        }
        if (kps_port_argument_parse(arena, word, &ret[n], &error)) {
            KPS_ASSERT(ret[n].ports.first >= 1 && ret[n].ports.first <= ret[n].ports.last);
            n++;
        } else {
            KPS_ASSERT(error.n > 0);
        }
    }
    return n;
}

/* Every live claim is in a use of its port. */
static void check_uses(const struct kps_ledger *ledger, const struct kps_port_uses *uses)
{
    uint64_t seen[UINT16_MAX / 64 + 1] = {0};
    for (size_t i = 0; i < uses->n; i++) {
        const struct kps_port_use *use = &uses->v[i];
        KPS_ASSERT(use->tenant && use->tenant <= ledger->owners.n && use->first <= use->last);
        KPS_ASSERT(i == 0 || uses->v[i - 1].first <= use->first);
        for (uint32_t port = use->first; port <= use->last; port++) {
            seen[port / 64] |= UINT64_C(1) << port % 64;
        }
    }
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        KPS_ASSERT(!kps_claim_is_live(claim) || seen[claim->first / 64] >> claim->first % 64 & 1U);
    }
}

static void answer(const struct kps_ledger *ledger, struct kps_query *query)
{
    static const char *const modes[] = {"ports", "docker", "host"};
    static const enum kps_query_scope scopes[] = {KPS_QUERY_ALL, KPS_QUERY_ENGINE,
                                                  KPS_QUERY_SOCKETS};
    size_t at = query->n_holdings % KPS_COUNT(scopes);
    query->scope = scopes[at];
    const struct kps_report report = {
        .ledger = ledger, .version = "0", .mode = modes[at], .query = query};
    formats_check(&report, FORMATS_FOR_QUERIES);
}

static void judge(struct kps_ledger *ledger, struct kps_query *query)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_port_uses uses = kps_port_uses_of(ledger, arena);
    uint16_t near[1] = {0};
    check_uses(ledger, &uses);
    query->holdings = uses.v;
    query->n_holdings = uses.n;
    if (uses.n && query->n_questions == 1) {
        near[0] = kps_suggest_port(kps_suggest_new(ledger, arena), uses.v[0].netns,
                                   (enum kps_protocol)uses.v[0].protocol, uses.v[0].first);
        query->free_nearby = near;
        query->n_free_nearby = near[0] != 0;
    }
    answer(ledger, query);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_engine_answer engine = {0};
    struct kps_question questions[MOST_QUESTIONS];
    struct kps_sv rest = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    struct kps_query query = {.questions = questions, .asked_engine = true, .now = 1700000000};
    query.n_questions = read_questions(arena, parts_next(&rest), questions);
    parts_engine(arena, &rest, &engine);
    const struct kps_engine_world world = {
        .netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, (struct kps_sv){"", 0}),
        .sockets_known = true};
    kps_docker_add_claims(&ledger, &world, &engine);
    const struct kps_sys_remote remote = {
        .tables = rest, .host = SV("nas"), .login = SV("nas"), .netns = world.netns};
    const struct kps_sys_options options = {.remote = &remote, .connections = true};
    query.asked_sockets = kps_sys_collect(&ledger, &options).error == 0;
    kps_ledger_link(&ledger);
    judge(&ledger, &query);
    kps_engine_answer_free(&engine);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
