#include "base/order.h"
#include "report/report.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "report/assignment.h"
#include "report/json.h"
#include "report/json_element.h"

/*
 * The frame of the report is written here; jansson builds a single element at a time, released at
 * once: the memory of a report does not grow with the number of findings, nor with the parties of a
 * finding.
 */
struct writer {
    const struct kps_report *report;
    FILE *out;
    struct kps_json json;
    bool first; /* in the present list */
};

/* Print the text between values; a report on a single line goes without the breaks. */
static void print_text(const struct writer *writer, const char *text)
{
    for (; *text; text++) {
        if (*text != '\n' || !writer->report->is_line) {
            (void)fputc(*text, writer->out);
        }
    }
}

static void begin_list(struct writer *writer, const char *key)
{
    (void)fprintf(writer->out, "  \"%s\": [", key);
    writer->first = true;
}

static void end_list(const struct writer *writer)
{
    print_text(writer, writer->first ? "],\n" : "\n  ],\n");
}

/* Begin the next element of a list. */
static void next_in_list(struct writer *writer)
{
    print_text(writer, writer->first ? "\n    " : ",\n    ");
    writer->first = false;
}

static void put_item(struct writer *writer, json_t *element)
{
    next_in_list(writer);
    kps_json_print(&writer->json, element, writer->out);
}

static void put_texts(struct writer *writer, const char *key, const struct kps_sv *texts, size_t n)
{
    begin_list(writer, key);
    for (size_t i = 0; i < n; i++) {
        put_item(writer, kps_json_text(&writer->json, texts[i]));
    }
    end_list(writer);
}

static json_t *make_tool(const char *version)
{
    json_t *object = json_object();
    kps_json_set_word(object, "name", "kportscan");
    kps_json_set_word(object, "version", version);
    return object;
}

static json_t *input_of(struct kps_json *json, const struct kps_input *input)
{
    static const char *const statuses[] = {
        [KPS_INPUT_OK] = "ok", [KPS_INPUT_PARTIAL] = "partial", [KPS_INPUT_FAILED] = "failed"};
    json_t *object = json_object();
    json_t *files = json_array();
    for (size_t i = 0; i < input->n_files; i++) {
        kps_json_push(files, kps_json_text(json, input->files[i]));
    }
    kps_json_set_text(json, object, "path", input->path);
    kps_json_set_word(object, "kind", kps_input_kind_name(input->kind));
    kps_json_set_known(json, object, "project", input->project);
    if (input->machine.n) {
        kps_json_set_text(json, object, "machine", input->machine);
    }
    kps_json_set_word(object, "status", statuses[input->status]);
    if (input->status != KPS_INPUT_OK) {
        kps_json_set_known(json, object, "error", input->error);
    }
    kps_json_set(object, "files", files);
    return object;
}

static json_t *summary_of(const struct kps_summary *summary)
{
    json_t *object = json_object();
    kps_json_set_number(object, "errors", summary->errors);
    kps_json_set_number(object, "warnings", summary->warnings);
    kps_json_set_number(object, "notes", summary->notes);
    kps_json_set_number(object, "suppressed", summary->suppressed);
    kps_json_set_number(object, "inputs", summary->inputs);
    kps_json_set_number(object, "inputs_failed", summary->inputs_failed);
    kps_json_set_number(object, "claims", summary->claims);
    kps_json_set_flag(object, "complete", summary->complete);
    return object;
}

static void put_head(struct writer *writer)
{
    print_text(writer,
               "{\n  \"format\": \"kportscan-report\", \"format_version\": 1,\n  \"tool\": ");
    kps_json_print(&writer->json, make_tool(writer->report->version), writer->out);
    print_text(writer, ",\n  \"mode\": \"");
    print_text(writer, writer->report->mode);
    print_text(writer, "\",\n");
}

static void put_inputs(struct writer *writer)
{
    begin_list(writer, "inputs");
    for (size_t i = 0; i < writer->report->n_inputs; i++) {
        put_item(writer, input_of(&writer->json, &writer->report->inputs[i]));
    }
    end_list(writer);
}

static json_t *make_engine(struct kps_json *json, const struct kps_report_engine *engine)
{
    json_t *object = json_object();
    kps_json_set_known(json, object, "endpoint", engine->endpoint);
    kps_json_set_known(json, object, "version", engine->version);
    kps_json_set_known(json, object, "api_version", engine->api_version);
    kps_json_set_text(json, object, "status", engine->status);
    kps_json_set_flag(object, "elsewhere", engine->elsewhere);
    return object;
}

/* The engine; with several contexts null, and the list of their engines behind. */
static void put_engine(struct writer *writer)
{
    const struct kps_report *report = writer->report;
    if (report->engine) {
        print_text(writer, "  \"engine\": ");
        kps_json_print(&writer->json, make_engine(&writer->json, report->engine), writer->out);
        print_text(writer, ",\n");
    } else {
        print_text(writer, "  \"engine\": null,\n");
    }
    if (!report->n_engines) {
        return;
    }
    begin_list(writer, "engines");
    for (size_t i = 0; i < report->n_engines; i++) {
        const struct kps_report_engine *engine = &report->engines[i];
        json_t *object = make_engine(&writer->json, engine);
        kps_json_set_known(&writer->json, object, "context", engine->context);
        if (engine->machine.n) {
            kps_json_set_text(&writer->json, object, "machine", engine->machine);
        }
        kps_json_set_known(&writer->json, object, "same_as", engine->same_as);
        kps_json_set_known(&writer->json, object, "error", engine->error);
        put_item(writer, object);
    }
    end_list(writer);
}

static int by_place(const void *left, const void *right, void *context)
{
    const struct kps_ledger *ledger = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    struct kps_span at =
        kps_report_span(ledger->diag, &(struct kps_party){.at = ledger->claims.v[a].origin});
    struct kps_span bt =
        kps_report_span(ledger->diag, &(struct kps_party){.at = ledger->claims.v[b].origin});
    if (at.file != bt.file) {
        if (at.file == 0 || bt.file == 0) {
            return at.file == 0 ? -1 : 1;
        }
        const struct kps_files *files = &ledger->diag->files;
        int order =
            kps_sv_cmp(kps_files_get(files, at.file)->path, kps_files_get(files, bt.file)->path);
        if (order) {
            return order;
        }
    }
    int order = kps_order_compare(at.off, bt.off);
    return order ? order : kps_order_compare(a, b);
}

/* A claim for each address of a holding, of the tenant and not of its helpers. */
static void put_holdings(struct writer *writer, const struct kps_port_use *holdings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < holdings[i].n_addrs; k++) {
            put_item(writer,
                     kps_json_element_port_use(&writer->json, &holdings[i], &holdings[i].addrs[k]));
        }
    }
}

/*
 * Return: is the claim listed? In a diagnosis the ports in use are listed instead of BOUND claims.
 */
static bool is_listed(const struct kps_report *report, const struct kps_claim *claim)
{
    bool is_told_otherwise = report->is_diagnosis && claim->basis != KPS_REQUESTED;
    return report->lists_claims && kps_report_lists(claim) && !is_told_otherwise;
}

static void put_claims(struct writer *writer)
{
    struct kps_ledger ledger = *writer->report->ledger;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t *order = KPS_NEW_N(arena, uint32_t, ledger.claims.n ? ledger.claims.n : 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < ledger.claims.n; i++) {
        if (is_listed(writer->report, &ledger.claims.v[i])) {
            (void)kps_ledger_origin(&ledger, i + 1);
            order[n++] = i;
        }
    }
    qsort_r(order, n, sizeof(order[0]), by_place, &ledger);
    begin_list(writer, "claims");
    put_holdings(writer, writer->report->holdings, writer->report->n_holdings);
    for (uint32_t i = 0; i < n; i++) {
        put_item(writer, kps_json_element_claim(&writer->json, &ledger.claims.v[order[i]]));
    }
    end_list(writer);
}

/* The answer to a query. */
static void put_answer(struct writer *writer)
{
    begin_list(writer, "claims");
    put_holdings(writer, writer->report->query->holdings, writer->report->query->n_holdings);
    end_list(writer);
}

/* The uses of a query by network, and those of the whole cluster. */
struct uses_by_netns {
    const struct kps_query *query;
    uint32_t *first;     /* by network: a use, from 1; 0: none */
    uint32_t *next;      /* of the same network */
    bool *is_of_cluster; /* by question: a use is open on every node */
};

static struct uses_by_netns sort_uses(struct kps_arena *arena, const struct kps_ledger *ledger,
                                      const struct kps_query *query)
{
    struct uses_by_netns uses = {.query = query,
                                 .first = KPS_NEW_N(arena, uint32_t, (size_t)ledger->netns.n + 1),
                                 .next = KPS_NEW_N(arena, uint32_t, query->n_holdings + 1),
                                 .is_of_cluster = KPS_NEW_N(arena, bool, query->n_questions + 1)};
    for (size_t i = 0; i < query->n_holdings; i++) {
        const struct kps_port_use *use = &query->holdings[i];
        uses.next[i + 1] = uses.first[use->netns];
        uses.first[use->netns] = (uint32_t)i + 1;
        bool is_of_cluster = kps_ledger_get_netns(ledger, use->netns)->kind == KPS_NETNS_CLUSTER;
        for (size_t k = 0; k < query->n_questions && is_of_cluster; k++) {
            uses.is_of_cluster[k] =
                uses.is_of_cluster[k] || kps_question_meets(&query->questions[k], use);
        }
    }
    return uses;
}

/* Return: the words of the questions of whose ports nobody has one on the node. */
static json_t *make_free_questions(struct kps_json *json, const struct uses_by_netns *uses,
                                   kps_netns_id node)
{
    const struct kps_query *query = uses->query;
    json_t *list = json_array();
    for (size_t i = 0; i < query->n_questions; i++) {
        bool is_free = !(query->is_of_node && query->is_of_node[i]) && !uses->is_of_cluster[i];
        for (uint32_t k = uses->first[node]; k && is_free; k = uses->next[k]) {
            is_free = !kps_question_meets(&query->questions[i], &query->holdings[k - 1]);
        }
        if (is_free) {
            kps_json_push(list, kps_json_text(json, query->questions[i].words));
        }
    }
    return list;
}

/* The nodes of the cluster that was asked. */
static void put_nodes(struct writer *writer)
{
    const struct kps_ledger *ledger = writer->report->ledger;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct uses_by_netns uses = sort_uses(arena, ledger, writer->report->query);
    begin_list(writer, "nodes");
    for (uint32_t i = 0; i < ledger->netns.n; i++) {
        if (!ledger->netns.v[i].is_node) {
            continue;
        }
        json_t *object = json_object();
        kps_json_set_known(&writer->json, object, "name", ledger->netns.v[i].name);
        kps_json_set_known(&writer->json, object, "kept_off", ledger->netns.v[i].kept_off);
        kps_json_set(object, "free",
                     ledger->diag->incomplete ? json_null()
                                              : make_free_questions(&writer->json, &uses, i + 1));
        put_item(writer, object);
    }
    end_list(writer);
}

static int append_bytes(const char *bytes, size_t n, void *data)
{
    kps_buf_add(data, (struct kps_sv){bytes, n});
    return 0;
}

/* Print a finding with very many parties: the text before, each party alone, the text behind. */
static void put_large(struct writer *writer, const struct kps_finding *finding)
{
    static const struct kps_sv empty = SV_LIT("\"parties\": []"); /* no text holds a bare quote */
    struct kps_json *json = &writer->json;
    struct kps_finding frame = *finding;
    frame.n_parties = 0;
    json_t *element = kps_json_element_finding(json, &frame);
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_buf *text = kps_buf_new(arena);
    (void)json_dump_callback(element, append_bytes, text, kps_json_flags(json));
    json_decref(element);
    struct kps_sv whole = kps_buf_sv(text);
    size_t split = kps_sv_search(whole, empty) + empty.n - 1;
    (void)fwrite(whole.p, 1, split, writer->out);
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_arena_reset(json->scratch);
        json_t *party = kps_json_element_party(json, finding, &finding->parties[i]);
        (void)fputs(i ? ", " : "", writer->out);
        (void)json_dumpf(party, writer->out, kps_json_flags(json));
        json_decref(party);
    }
    (void)fwrite(whole.p + split, 1, whole.n - split, writer->out);
    kps_arena_reset(json->scratch);
    json->unsafe = false;
}

static void put_some_findings(struct writer *writer, bool with_place)
{
    const struct kps_diag *diag = writer->report->ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if ((kps_finding_span(diag, finding).file != 0) != with_place) {
            continue;
        }
        next_in_list(writer);
        if (finding->n_parties > KPS_JSON_ELEMENT_PARTIES) {
            put_large(writer, finding);
        } else {
            kps_json_print(&writer->json, kps_json_element_finding(&writer->json, finding),
                           writer->out);
        }
    }
}

/* No place sorts before every place, as null does in jq; people read those findings last. */
static void put_findings(struct writer *writer)
{
    begin_list(writer, "findings");
    put_some_findings(writer, false);
    put_some_findings(writer, true);
    end_list(writer);
}

static json_t *make_assigned(struct kps_json *json, const struct kps_assigned *assigned,
                             bool only_checks)
{
    json_t *object = json_object();
    kps_json_set_known(json, object, "variable", assigned->variable);
    kps_json_set_known(json, object, "service", assigned->service);
    kps_json_set(object, "old", kps_json_element_range(assigned->old_first, assigned->old_last));
    if (!only_checks) {
        kps_json_set(object, "new",
                     assigned->last ? kps_json_element_range(assigned->first, assigned->last)
                                    : json_null());
        kps_json_set_flag(object, "stays", assigned->stays);
    }
    kps_json_set_known(json, object, "holder", assigned->holder);
    kps_json_set_flag(object, "in_shell", assigned->is_in_shell);
    return object;
}

/* The answer of --assign: the numbers, and the services of the override file. */
static void put_assignment(struct writer *writer)
{
    const struct kps_port_plan *assignment = writer->report->assignment;
    begin_list(writer, "assigned");
    for (size_t i = 0; i < assignment->n; i++) {
        put_item(writer, make_assigned(&writer->json, &assignment->v[i], assignment->only_checks));
    }
    end_list(writer);
    begin_list(writer, "overrides");
    for (size_t i = 0; i < assignment->n_services; i++) {
        const struct kps_assigned_service *service = &assignment->services[i];
        json_t *object = json_object();
        kps_json_set_text(&writer->json, object, "service", service->name);
        json_t *ports = kps_json_set_array(object, "ports");
        for (size_t k = 0; k < service->n_ports; k++) {
            kps_json_push(ports, kps_json_text(&writer->json, service->ports[k]));
        }
        put_item(writer, object);
    }
    end_list(writer);
    put_texts(writer, "notes", assignment->notes, assignment->n_notes);
}

void kps_report_json(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct writer writer = {.report = report, .out = out, .json = kps_json_begin(report->ledger)};
    put_head(&writer);
    put_inputs(&writer);
    put_engine(&writer);
    for (size_t i = 0; i < report->n_free_ports; i++) {
        (void)fprintf(out, "%s%u%s", i ? ", " : "  \"free_ports\": [", report->free_ports[i],
                      i + 1 == report->n_free_ports ? "],\n" : "");
    }
    if (report->free_ports && report->n_free_ports == 0) {
        (void)fputs("  \"free_ports\": [],\n", out);
    }
    if (report->assignment) {
        put_assignment(&writer);
    }
    if (report->query) {
        put_answer(&writer);
        if (report->query->scope == KPS_QUERY_CLUSTER) {
            put_nodes(&writer);
        }
        put_texts(&writer, "notes", report->query->notes, report->query->n_notes);
    } else {
        put_claims(&writer);
    }
    put_findings(&writer);
    struct kps_summary summary = kps_report_summary(report);
    (void)fputs("  \"summary\": ", out);
    kps_json_print(&writer.json, summary_of(&summary), out);
    print_text(&writer, "\n}");
    (void)fputc('\n', out);
    kps_json_end(&writer.json);
}
