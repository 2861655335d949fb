#include "report/port_list.h"

#include <stdlib.h>

#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/count.h"
#include "base/order.h"
#include "base/utf8.h"
#include "report/ci.h"
#include "report/words.h"

/* The kinds of lists, which have other titles. */
enum { OF_MACHINES, OF_CLUSTER, OF_FILES };

static const struct kps_table_column columns[KPS_PORT_COLUMNS] = {
    [KPS_PORT_CONTEXT] = {.title = "CONTEXT", .key = "context", .may_shrink = true},
    [KPS_PORT_NUMBER] = {.title = "PORT", .is_right = true, .paint = KPS_PAINT_TITLE},
    [KPS_PORT_INSIDE] = {.title = "→ IN", .is_tight = true, .leaves = 3},
    [KPS_PORT_PROTOCOL] = {.title = "PROTO", .key = "protocol"},
    [KPS_PORT_ADDRESS] = {.title = "ADDRESS", .key = "address", .may_shrink = true, .leaves = 2},
    [KPS_PORT_OWNER] = {.title = "OWNER", .key = "owner", .may_shrink = true},
    [KPS_PORT_WHERE] = {.title = "WHERE", .key = "where", .may_shrink = true, .leaves = 1},
    [KPS_PORT_STATE] = {.title = "STATE", .key = "state", .is_state = true},
    [KPS_PORT_PLACE] = {.title = "PLACE", .key = "place", .may_shrink = true},
    [KPS_PORT_FIRST] = {.key = "first"},
    [KPS_PORT_LAST] = {.key = "last"},
    [KPS_PORT_TARGET_FIRST] = {.key = "target_first"},
    [KPS_PORT_TARGET_LAST] = {.key = "target_last"},
    [KPS_PORT_TAKE] = {.key = "take"},
    [KPS_PORT_BASIS] = {.key = "basis"},
    [KPS_PORT_CLASH] = {.key = "clash"},
};

static const struct {
    enum kps_port_column column;
    const char *titles[3]; /* of OF_MACHINES, OF_CLUSTER, OF_FILES */
} other_titles[] = {{KPS_PORT_CONTEXT, {"CONTEXT", "NODE", "ON"}},
                    {KPS_PORT_OWNER, {"OWNER", "HOLDER", "OWNER"}},
                    {KPS_PORT_WHERE, {"WHERE", "WORKLOAD", "WHERE"}},
                    {KPS_PORT_STATE, {"STATE", "STATE", "FINDING"}}};

static int kind_of(const struct kps_report *report)
{
    if (!report->query) {
        return OF_FILES;
    }
    return report->query->scope == KPS_QUERY_CLUSTER ? OF_CLUSTER : OF_MACHINES;
}

/* --- cells --- */

static struct kps_sv word_number(struct kps_arena *arena, uint16_t number)
{
    return number ? kps_fmt(arena, "%u", number) : (struct kps_sv){"", 0};
}

/* "8080", "8000-8099", "1 of 8000-8099", "any" */
static struct kps_sv word_port(struct kps_arena *arena, const struct kps_port_use *use)
{
    if (use->last == 0) {
        return SV("any");
    }
    bool is_one_of = use->first < use->last && use->take == 1;
    return kps_fmt(arena, "%s%s", is_one_of ? "1 of " : "",
                   kps_ports_digits(arena, use->first, use->last).p);
}

/* Word the context of an engine, the node of a cluster, or the place of a port that a file wants.
 */
static struct kps_sv word_context(struct kps_arena *arena, const struct kps_report *report,
                                  const struct kps_port_use *use)
{
    const struct kps_ledger *ledger = report->ledger;
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, use->netns);
    uint32_t site = kps_ledger_get_owner(ledger, use->tenant)->site;
    if (kind_of(report) == OF_CLUSTER) {
        return kps_words_node(arena, ledger, use);
    }
    if (kind_of(report) == OF_FILES) {
        site = netns->site;
    }
    if (site) {
        return kps_utf8_escape(arena, kps_ledger_site_name(ledger, site));
    }
    if (netns->kind == KPS_NETNS_PRIVATE) {
        return kps_utf8_escape(arena, kps_ledger_netns_name(ledger, use->netns, use->tenant));
    }
    static const char *const words[] = {
        [KPS_NETNS_HOST] = "host", [KPS_NETNS_NODE] = "a node", [KPS_NETNS_CLUSTER] = "every node"};
    return kps_sv_of(kind_of(report) == OF_FILES ? words[netns->kind] : "");
}

static struct kps_sv word_owner(struct kps_arena *arena, const struct kps_ledger *ledger,
                                const struct kps_port_use *use)
{
    const struct kps_process_facts *process =
        kps_process_facts_of(kps_ledger_get_owner(ledger, use->tenant));
    bool is_hidden = process && process->pid == 0 && process->hidden == KPS_HIDDEN_PERMISSION;
    return is_hidden ? SV("(hidden)")
                     : kps_utf8_escape(arena, kps_owner_words_name(arena, ledger, use->tenant));
}

/* "shop/web" of a project, "nginx.service", "Deployment web" of a pod, "Deployment shop/web". */
static struct kps_sv word_home(struct kps_arena *arena, const struct kps_ledger *ledger,
                               const struct kps_port_use *use)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, use->tenant);
    struct kps_object_facts object;
    kps_object_facts_of(owner, &object);
    struct kps_sv home = kps_owner_words_home(arena, ledger, use->tenant);
    if (object.container.n) {
        struct kps_sv workload = kps_owner_group(owner);
        home = kps_fmt(arena, "%.*s %.*s", SV_ARG(object.group->kind), SV_ARG(workload));
    } else if (object.group && home.n == 0) {
        home = object.group->kind;
    }
    return kps_utf8_escape(arena, home);
}

/* Fill the cells that every list has. */
static void fill_row(struct kps_arena *arena, const struct kps_report *report,
                     struct kps_port_row *row)
{
    const struct kps_port_use *use = &row->use;
    const struct kps_ledger *ledger = report->ledger;
    row->cells[KPS_PORT_CONTEXT] = word_context(arena, report, use);
    row->cells[KPS_PORT_NUMBER] = word_port(arena, use);
    row->cells[KPS_PORT_PROTOCOL] = kps_sv_of(kps_protocol_name(use->protocol));
    row->cells[KPS_PORT_ADDRESS] = kps_port_use_addresses(arena, use);
    row->cells[KPS_PORT_OWNER] = word_owner(arena, ledger, use);
    row->cells[KPS_PORT_WHERE] = word_home(arena, ledger, use);
    row->cells[KPS_PORT_BASIS] = kps_sv_of(kps_basis_name((enum kps_basis)use->basis));
    row->cells[KPS_PORT_FIRST] = word_number(arena, use->first);
    row->cells[KPS_PORT_LAST] = word_number(arena, use->last);
    row->cells[KPS_PORT_TARGET_FIRST] = word_number(arena, use->target_first);
    row->cells[KPS_PORT_TARGET_LAST] = word_number(arena, use->target_last);
    row->cells[KPS_PORT_TAKE] = kps_fmt(arena, "%u", use->take);
    if (use->target_first) {
        row->cells[KPS_PORT_INSIDE] =
            kps_fmt(arena, "→ %s", kps_ports_digits(arena, use->target_first, use->target_last).p);
    }
}

/* Fill the state of a port in use. */
static void fill_state(struct kps_arena *arena, const struct kps_report *report,
                       struct kps_port_row *row)
{
    bool is_plan = row->use.basis == KPS_PENDING;
    row->paint = is_plan ? KPS_PAINT_WARNING : KPS_PAINT_PLAIN;
    if (kind_of(report) == OF_CLUSTER) {
        return; /* the node says it */
    }
    struct kps_sv state = kps_words_state(arena, report->ledger, &row->use);
    row->cells[KPS_PORT_STATE] = state;
    if (row->use.is_contended) {
        row->cells[KPS_PORT_STATE] = kps_fmt(arena, "%.*s%s!", SV_ARG(state), state.n ? " " : "");
        row->cells[KPS_PORT_CLASH] = SV("yes");
        row->paint = KPS_PAINT_ERROR;
    }
}

/* Fill the finding and the place of a port that a file wants. */
static void fill_claim(struct kps_arena *arena, const struct kps_report *report,
                       const struct kps_finding *finding, struct kps_port_row *row)
{
    struct kps_diag *diag = report->ledger->diag;
    struct kps_span span = kps_report_span(
        diag, &(struct kps_party){.at = kps_ledger_origin(report->ledger, row->use.claim)});
    if (span.file) {
        struct kps_sv path = kps_files_get(&diag->files, span.file)->path;
        row->cells[KPS_PORT_PLACE] = kps_fmt(arena, "%s:%u", kps_words_shown(arena, path),
                                             kps_files_pos(&diag->files, span.file, span.off).line);
    }
    const struct kps_rule_info *rule = finding ? kps_rule_info(finding->rule) : NULL;
    if (rule) {
        row->cells[KPS_PORT_STATE] =
            kps_fmt(arena, "%s %s", kps_severity_name(finding->severity), rule->id);
        row->cells[KPS_PORT_CLASH] = kps_sv_of(rule->id);
        row->paint = kps_paint_of(finding->severity);
    }
}

/* --- rows --- */

static int by_port(const void *left, const void *right)
{
    const struct kps_port_row *a = left;
    const struct kps_port_row *b = right;
    int by = kps_order_compare(a->use.first, b->use.first);
    by = by ? by : kps_order_compare(a->use.last, b->use.last);
    by = by ? by : kps_order_compare(a->use.protocol, b->use.protocol);
    return by ? by : kps_order_compare(a->order, b->order);
}

static int by_owner(const void *left, const void *right)
{
    const struct kps_port_row *a = left;
    const struct kps_port_row *b = right;
    int by = kps_sv_cmp(a->cells[KPS_PORT_OWNER], b->cells[KPS_PORT_OWNER]);
    return by ? by : by_port(left, right);
}

/* The ports in trouble first, then the plans, then by state. */
static int by_state(const void *left, const void *right)
{
    const struct kps_port_row *a = left;
    const struct kps_port_row *b = right;
    int by = kps_order_compare(b->cells[KPS_PORT_CLASH].n > 0, a->cells[KPS_PORT_CLASH].n > 0);
    by = by ? by : kps_order_compare(b->use.basis == KPS_PENDING, a->use.basis == KPS_PENDING);
    by = by ? by : kps_sv_cmp(a->cells[KPS_PORT_STATE], b->cells[KPS_PORT_STATE]);
    return by ? by : by_port(left, right);
}

static void sort_rows(struct kps_port_list *list)
{
    static int (*const orders[])(const void *, const void *) = {
        [KPS_SORT_PORT] = by_port, [KPS_SORT_OWNER] = by_owner, [KPS_SORT_STATE] = by_state};
    enum kps_sort sort = list->report->sort;
    sort = sort == KPS_SORT_USUAL && !list->report->query ? KPS_SORT_PORT : sort;
    if (sort != KPS_SORT_USUAL) {
        qsort(list->rows, list->n, sizeof(list->rows[0]), orders[sort]);
    }
}

/* Return: the ports that files want, and those of findings, a port use a claim. */
static struct kps_port_uses collect_claims(struct kps_arena *arena, const struct kps_report *report,
                                           const uint32_t *clashes)
{
    const struct kps_ledger *ledger = report->ledger;
    struct kps_port_use *uses = KPS_NEW_N(arena, struct kps_port_use, (size_t)ledger->claims.n + 1);
    size_t n = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        bool is_listed = kps_report_lists(claim) || (clashes[i + 1] && !report->is_map);
        if (!is_listed || claim->flags & KPS_CLAIM_DISCARDED) {
            continue;
        }
        uses[n++] = (struct kps_port_use){.tenant = claim->owner,
                                          .claim = i + 1,
                                          .netns = claim->netns,
                                          .protocol = claim->protocol,
                                          .basis = claim->basis,
                                          .certainty = claim->certainty,
                                          .is_contended = clashes[i + 1] > 0,
                                          .first = claim->first,
                                          .last = claim->last,
                                          .target_first = claim->target_first,
                                          .target_last = claim->target_last,
                                          .take = claim->take,
                                          .addrs = &claim->addr,
                                          .n_addrs = 1};
    }
    return (struct kps_port_uses){uses, n};
}

static void count_ports(struct kps_port_list *list, const struct kps_port_use *use)
{
    const struct kps_netns *netns = kps_ledger_get_netns(list->report->ledger, use->netns);
    size_t n = use->take ? use->take : 1; /* any free port: one */
    list->n_ports += n;
    list->n_plans += use->basis == KPS_PENDING ? n : 0;
    list->n_contended += use->is_contended ? n : 0;
    list->n_node_ports += netns->kind == KPS_NETNS_CLUSTER ? n : 0;
}

struct kps_port_list kps_port_list_of(struct kps_arena *arena, const struct kps_report *report)
{
    const struct kps_query *query = report->query;
    struct kps_ci_findings findings = kps_ci_sorted(arena, report, false);
    const uint32_t *clashes = query ? NULL : kps_ci_clashes(arena, report, &findings);
    struct kps_port_uses uses = query ? (struct kps_port_uses){query->holdings, query->n_holdings}
                                      : collect_claims(arena, report, clashes);
    uses = kps_port_uses_join(uses, arena);
    struct kps_port_list list = {
        .report = report, .rows = KPS_NEW_N(arena, struct kps_port_row, uses.n + 1), .n = uses.n};
    for (size_t i = 0; i < uses.n; i++) {
        struct kps_port_row *row = &list.rows[i];
        row->use = uses.v[i];
        row->order = (uint32_t)i;
        count_ports(&list, &row->use);
        fill_row(arena, report, row);
        if (query) {
            fill_state(arena, report, row);
        } else {
            uint32_t number = clashes[row->use.claim];
            fill_claim(arena, report, number ? findings.v[number - 1] : NULL, row);
        }
    }
    sort_rows(&list);
    return list;
}

/* --- the table --- */

/* A list as a table, without the columns that say nothing. */
struct view {
    struct kps_table table;
    struct kps_table_column columns[KPS_PORT_COLUMNS];
    struct kps_buf *common; /* ", all tcp, on every address": the values of all rows */
};

static bool is_same_in_all(const struct kps_port_list *list, enum kps_port_column column)
{
    for (size_t i = 1; i < list->n; i++) {
        if (!kps_sv_eq(list->rows[0].cells[column], list->rows[i].cells[column])) {
            return false;
        }
    }
    return list->n > 0;
}

/* Say the value that all rows have in a column. */
static void add_common(struct view *view, const struct kps_report *report,
                       enum kps_port_column column, struct kps_sv value)
{
    const char *before = "";
    if (column == KPS_PORT_ADDRESS) {
        before = "on ";
        value = kps_sv_is(value, "*") ? SV("every address") : value;
    } else if (column == KPS_PORT_WHERE && kind_of(report) == OF_FILES) {
        before = "of ";
    }
    kps_buf_fmt(view->common, "%s%s%.*s", view->common->n ? ", " : "; all ", before, SV_ARG(value));
}

/* Leave out the columns that are empty, or say once for all rows what they say. */
static void hide_columns(struct view *view, const struct kps_port_list *list)
{
    const struct kps_report *report = list->report;
    bool has_contexts = report->n_engines || kind_of(report) == OF_CLUSTER;
    for (enum kps_port_column c = 0; c <= KPS_PORT_PLACE; c++) {
        bool is_name = c == KPS_PORT_NUMBER || c == KPS_PORT_OWNER;
        if (is_name || (c == KPS_PORT_CONTEXT && has_contexts) || !is_same_in_all(list, c)) {
            continue;
        }
        struct kps_sv value = list->rows[0].cells[c];
        bool is_told = list->n > 1 && value.n && !report->is_brief &&
                       (c == KPS_PORT_PROTOCOL || c == KPS_PORT_ADDRESS ||
                        (c == KPS_PORT_STATE && !list->n_contended) ||
                        (c == KPS_PORT_WHERE && kind_of(report) != OF_CLUSTER));
        bool is_usual = c == KPS_PORT_PROTOCOL && kps_sv_is(value, "tcp");
        if (is_told) {
            add_common(view, report, c, value);
        }
        if (is_told || is_usual || value.n == 0 || c == KPS_PORT_CONTEXT) {
            view->table.hidden |= 1U << c;
        }
    }
}

/* Add a sentence for each of several engines that gave no ports: it could not be asked, or is the
 * same as another. */
static void add_engines(struct kps_arena *arena, const struct kps_report *report,
                        struct kps_table_row *rows, size_t *n)
{
    for (size_t i = 0; i < report->n_engines && report->query; i++) {
        const struct kps_report_engine *engine = &report->engines[i];
        struct kps_sv words = kps_words_engine(arena, engine);
        if (words.n) {
            struct kps_sv *cells = KPS_NEW_N(arena, struct kps_sv, KPS_PORT_COLUMNS);
            cells[KPS_PORT_CONTEXT] = kps_utf8_escape(arena, engine->context);
            rows[(*n)++] = (struct kps_table_row){.cells = cells,
                                                  .paint = engine->error.n ? KPS_PAINT_WARNING
                                                                           : KPS_PAINT_PLAIN,
                                                  .sentence = kps_utf8_escape(arena, words)};
        }
    }
}

static void make_view(struct kps_arena *arena, const struct kps_port_list *list, struct view *ret)
{
    const struct kps_report *report = list->report;
    struct kps_table_row *rows =
        KPS_NEW_N(arena, struct kps_table_row, list->n + report->n_engines + 1);
    for (size_t i = 0; i < list->n; i++) {
        const struct kps_port_row *row = &list->rows[i];
        rows[i] =
            (struct kps_table_row){.cells = row->cells, .paint = row->paint, .mark = row->mark};
    }
    *ret = (struct view){.common = kps_buf_new(arena)};
    for (size_t c = 0; c < KPS_PORT_COLUMNS; c++) {
        ret->columns[c] = columns[c];
    }
    for (size_t i = 0; i < KPS_COUNT(other_titles); i++) {
        ret->columns[other_titles[i].column].title = other_titles[i].titles[kind_of(report)];
    }
    ret->table = (struct kps_table){.columns = ret->columns,
                                    .n_columns = KPS_PORT_COLUMNS,
                                    .rows = rows,
                                    .n = list->n,
                                    .has_no_head = report->is_brief || list->n == 0};
    hide_columns(ret, list);
    add_engines(arena, report, rows, &ret->table.n);
}

/* "3 host ports held on 4 nodes, 2 nodePorts, 1 wanted by Pending pods (12 pods, 5 Services)" */
static void add_cluster_totals(struct kps_buf *out, const struct kps_port_list *list,
                               struct kps_sv common)
{
    const struct kps_query *query = list->report->query;
    const struct kps_ledger *ledger = list->report->ledger;
    size_t n_nodes = 0;
    for (uint32_t i = 0; i < ledger->netns.n; i++) {
        n_nodes += ledger->netns.v[i].is_node;
    }
    size_t held = list->n_ports - list->n_plans - list->n_node_ports;
    kps_buf_fmt(out, "%s held on %s, %s", kps_count_of(out->arena, held, "host port").p,
                kps_count_of(out->arena, n_nodes, "node").p,
                kps_count_of(out->arena, list->n_node_ports, "nodePort").p);
    if (list->n_plans) {
        kps_buf_fmt(out, ", %zu wanted by Pending pods", list->n_plans);
    }
    kps_buf_fmt(out, "%.*s (%s, %s)", SV_ARG(common),
                kps_count_of(out->arena, query->n_pods, "pod").p,
                kps_count_of(out->arena, query->n_services, "Service").p);
}

static void add_machine_totals(struct kps_buf *out, const struct kps_port_list *list,
                               struct kps_sv common)
{
    const struct kps_report *report = list->report;
    size_t held = list->n_ports - list->n_plans;
    bool is_engine = report->query->scope == KPS_QUERY_ENGINE;
    kps_buf_fmt(out, "%s%s",
                kps_count_of(out->arena, held, is_engine ? "published port" : "port").p,
                is_engine ? "" : " held");
    if (is_engine && report->n_engines) {
        kps_buf_fmt(out, " of %s", kps_count_of(out->arena, report->n_engines, "engine").p);
    }
    if (list->n_plans) {
        kps_buf_fmt(out, ", %zu more wanted by stopped containers", list->n_plans);
    }
    kps_buf_add(out, common);
}

/* Return: the line below a list: how many ports there are, and the values of all rows. */
static struct kps_sv word_totals(struct kps_arena *arena, const struct kps_port_list *list,
                                 struct kps_sv common)
{
    const struct kps_report *report = list->report;
    struct kps_buf *out = kps_buf_new(arena);
    if (!kps_report_summary(report).complete) {
        kps_buf_text(out, "incomplete: not everything could be looked at");
        if (list->n_ports == 0) {
            return kps_buf_sv(out);
        }
        kps_buf_text(out, "; ");
    }
    switch (kind_of(report)) {
    case OF_CLUSTER:
        add_cluster_totals(out, list, common);
        break;
    case OF_FILES:
        kps_buf_fmt(out, "%s wanted%.*s", kps_count_of(arena, list->n_ports, "host port").p,
                    SV_ARG(common));
        break;
    default:
        add_machine_totals(out, list, common);
    }
    return kps_buf_sv(out);
}

/* Return: the line that explains the marks of a list, with the command that tells more; empty:
 * there are none. */
static struct kps_sv word_marks(struct kps_arena *arena, const struct kps_port_list *list)
{
    const struct kps_port_row *row = list->rows;
    if (list->n_contended == 0) {
        return (struct kps_sv){"", 0};
    }
    if (!list->report->query) {
        return kps_fmt(arena, "leave --map out to see why %zu %s marked, and how to fix it",
                       list->n_contended, list->n_contended == 1 ? "is" : "are");
    }
    while (!row->use.is_contended) {
        row++;
    }
    return kps_fmt(arena, "! cannot start: 'kportscan %u' names the holder of its port",
                   row->use.first);
}

/* Print a line below the table, no wider than the table may be. */
static void put_wrapped(const struct kps_style *style, FILE *out, struct kps_sv text)
{
    while (text.n) {
        struct kps_sv line = kps_style_wrap(&text, style->columns ? style->columns : SIZE_MAX);
        (void)fprintf(out, "%.*s\n", SV_ARG(line));
    }
}

/* Return: the columns that found no room, in words; empty: none. */
static struct kps_sv word_left_out(struct kps_arena *arena, const struct view *view, uint32_t left)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t c = 0; c < KPS_PORT_COLUMNS; c++) {
        if (left >> c & 1) {
            kps_buf_fmt(out, "%s%s", out->n ? ", " : "-o csv has also ", view->columns[c].title);
        }
    }
    kps_buf_text(out, left ? ": no room here" : "");
    return kps_buf_sv(out);
}

void kps_port_list_text(const struct kps_port_list *list, const struct kps_style *style, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct view view;
    make_view(arena, list, &view);
    uint32_t left = kps_table_text(&view.table, style, out);
    if (!list->report->is_brief) {
        put_wrapped(style, out, word_totals(arena, list, kps_buf_sv(view.common)));
        put_wrapped(style, out, word_marks(arena, list));
        put_wrapped(style, out, word_left_out(arena, &view, left));
    }
}

void kps_report_csv(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_port_list list = kps_port_list_of(arena, report);
    struct view view;
    make_view(arena, &list, &view);
    kps_table_csv(&view.table, out);
}

void kps_port_list_markdown(const struct kps_report *report, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_port_list list = kps_port_list_of(arena, report);
    struct view view;
    make_view(arena, &list, &view);
    if (view.table.n) {
        kps_table_markdown(&view.table, out);
        (void)fputc('\n', out);
    }
    struct kps_sv common = kps_table_markdown_cell(arena, kps_buf_sv(view.common));
    (void)fprintf(out, "%s\n", word_totals(arena, &list, common).p);
}
