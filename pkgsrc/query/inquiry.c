#include "query/inquiry.h"

#include "advice/owner_words.h"

bool kps_inquiry_offers_nearby(const struct kps_inquiry *inquiry)
{
    const struct kps_question *question = inquiry->query.questions;
    bool is_one = inquiry->query.n_questions == 1 && question->ports.first == question->ports.last;
    return is_one && inquiry->machine->n_engines == 0 && question->ports.first < UINT16_MAX &&
           !inquiry->is_brief;
}

/*
 * Collect the claims above the requested port, without owners: the advice then leaves used ports
 * out. Only when the port has a holder.
 */
static void collect_nearby(struct kps_inquiry *inquiry)
{
    if (!kps_inquiry_offers_nearby(inquiry) || !inquiry->machine->asked_sockets ||
        inquiry->machine->sockets.n_claims == 0) {
        return;
    }
    const struct kps_question *question = inquiry->query.questions;
    uint16_t last = question->ports.first > UINT16_MAX - KPS_INQUIRY_NEARBY_RANGE
                        ? UINT16_MAX
                        : (uint16_t)(question->ports.first + KPS_INQUIRY_NEARBY_RANGE);
    struct kps_port_range range = {(uint16_t)(question->ports.first + 1), last};
    struct kps_sys_options options = {.ports = &range,
                                      .n_ports = 1,
                                      .connections = true,
                                      .without_owners = true,
                                      .remote = inquiry->machine->remote};
    (void)kps_sys_collect(inquiry->ledger, &options);
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

bool kps_inquiry_asks_for_sctp(const struct kps_inquiry *inquiry)
{
    const struct kps_query *query = &inquiry->query;
    bool asks = false;
    for (size_t i = 0; i < query->n_questions; i++) {
        asks |= query->questions[i].ports.protocol == KPS_SCTP;
    }
    return asks && query->scope != KPS_QUERY_ENGINE && !inquiry->no_host;
}

/* Name the part of the question that no list of sockets answers. */
static void report_sctp(struct kps_diag *diag)
{
    struct kps_finding *finding = kps_diag_add_gap(
        diag, KPS_NOTE, "sockets of sctp were not looked at: only an engine tells about sctp here");
    kps_finding_command(finding, SV("ss --sctp -a"), "lists the sockets of sctp");
}

struct kps_machine_question kps_inquiry_question(const struct kps_inquiry *inquiry)
{
    size_t n = inquiry->query.n_questions;
    bool is_engine_list = inquiry->query.scope == KPS_QUERY_ENGINE && n == 0;
    struct kps_ports *ports = KPS_NEW_N(inquiry->ledger->diag->arena, struct kps_ports, n + 1);
    for (size_t i = 0; i < n; i++) {
        ports[i] = inquiry->query.questions[i].ports;
        ports[i].addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    }
    return (struct kps_machine_question){
        .engine = true,
        .sockets = !is_engine_list,
        .ports = ports,
        .n_ports = n,
        .connections = n > 0,
        .addresses = names_address(inquiry),
    };
}

void kps_inquiry_complete(struct kps_inquiry *inquiry)
{
    inquiry->query.asked_engine = kps_machine_knows_engine(inquiry->machine);
    inquiry->query.asked_sockets = kps_machine_knows_sockets(inquiry->machine);
    if (kps_inquiry_asks_for_sctp(inquiry)) {
        report_sctp(inquiry->ledger->diag);
    }
    collect_nearby(inquiry);
}

bool kps_inquiry_is_named(const struct kps_inquiry *inquiry, kps_owner_id tenant)
{
    const struct kps_query *query = &inquiry->query;
    bool is_named = query->n_names == 0;
    for (size_t i = 0; i < query->n_names && !is_named; i++) {
        is_named = kps_owner_words_match(inquiry->ledger, tenant, query->names[i]);
    }
    return is_named;
}

bool kps_inquiry_is_any_asked(const struct kps_query *query, const struct kps_port_use *use)
{
    bool is_asked = query->n_questions == 0;
    for (size_t i = 0; i < query->n_questions && !is_asked; i++) {
        is_asked = kps_question_meets(&query->questions[i], use);
    }
    return is_asked;
}

void kps_inquiry_report_names(const struct kps_inquiry *inquiry)
{
    static const char *const unknown[] = {
        [KPS_QUERY_ALL] = "no container, project, process or unit with a port",
        [KPS_QUERY_ENGINE] = "no container and no Compose project",
        [KPS_QUERY_SOCKETS] = "no process, user or unit with a socket",
        [KPS_QUERY_CLUSTER] = "no pod, workload, Service or namespace with a port",
    };
    const struct kps_query *query = &inquiry->query;
    const struct kps_ledger *ledger = inquiry->ledger;
    const struct kps_log *log = ledger->diag->log;
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
            kps_log_notice(log, "'%.*s' publishes no port", SV_ARG(query->names[i]));
        } else if (!is_listed) {
            kps_log_notice(log, "%s is called '%.*s'", unknown[query->scope],
                           SV_ARG(query->names[i]));
        }
    }
}
