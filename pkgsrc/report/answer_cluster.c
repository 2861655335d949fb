#include "base/buf.h"
#include "base/count.h"
#include "base/map.h"
#include "base/utf8.h"
#include "report/answer.h"
#include "report/words.h"

/* The answer to a question about the ports of a cluster: by workload, then the free nodes. */

enum { MOST_NAMED = 8 };

/* A question, and the uses of its ports. */
struct cluster_sheet {
    const struct kps_report *report;
    const struct kps_question *question;
    bool is_of_node; /* a component of the nodes listens there */
    const struct kps_style *style;
    FILE *out;
    struct kps_arena *scratch;
    const struct kps_port_use **uses;
    size_t *next;   /* use of the same workload and port; 0: none */
    bool *is_first; /* of its workload */
    bool *is_held;  /* by network: a use is there */
    size_t n;
    size_t n_nodes, n_held_nodes; /* of the cluster; of these: with a holder */
    size_t n_node_ports, n_waiting;
};

static const struct kps_netns *netns_of(const struct cluster_sheet *sheet,
                                        const struct kps_port_use *use)
{
    return kps_ledger_get_netns(sheet->report->ledger, use->netns);
}

static bool is_single(const struct kps_question *question)
{
    return question->ports.first == question->ports.last;
}

/* A list of names for one line: "a, b, c and 9 more". */
struct names {
    struct kps_buf *text;
    size_t n;
};

static struct names *new_names(struct kps_arena *arena)
{
    struct names *names = KPS_NEW(arena, struct names);
    names->text = kps_buf_new(arena);
    return names;
}

static void add_name(struct names *names, struct kps_sv name)
{
    if (names->n++ < MOST_NAMED) {
        kps_buf_fmt(names->text, "%s%.*s", names->n > 1 ? ", " : "", SV_ARG(name));
    }
}

static struct kps_sv end_names(struct names *names)
{
    if (names->n > MOST_NAMED) {
        kps_buf_fmt(names->text, " and %zu more", names->n - MOST_NAMED);
    }
    return kps_buf_sv(names->text);
}

/* Return: the key of the uses that share a block: the same port, and pods of the same controller.
 */
static struct kps_sv block_key(const struct cluster_sheet *sheet, const struct kps_port_use *use)
{
    const struct kps_owner *owner = kps_ledger_get_owner(sheet->report->ledger, use->tenant);
    struct kps_object_facts object;
    kps_object_facts_of(owner, &object);
    const struct kps_object_controller *made_by = object.controller;
    if (!made_by) {
        return kps_fmt(sheet->scratch, "%u %u %u", use->first, use->protocol, use->tenant);
    }
    return kps_fmt(sheet->scratch, "%u %u %zu %zu %.*s%.*s%.*s", use->first, use->protocol,
                   made_by->kind.n, made_by->name.n, SV_ARG(made_by->kind), SV_ARG(made_by->name),
                   SV_ARG(object.group->namespace));
}

/* "Deployment shop/web", "Pod shop/one", "Service shop/web" */
static struct kps_sv workload_words(const struct cluster_sheet *sheet,
                                    const struct kps_port_use *use)
{
    const struct kps_owner *owner = kps_ledger_get_owner(sheet->report->ledger, use->tenant);
    struct kps_object_facts object;
    kps_object_facts_of(owner, &object);
    const struct kps_object_controller *made_by = object.controller;
    struct kps_sv words = kps_fmt(
        sheet->scratch, "%.*s %.*s/%.*s", SV_ARG(made_by ? made_by->kind : object.group->kind),
        SV_ARG(object.group->namespace), SV_ARG(made_by ? made_by->name : object.name));
    return kps_utf8_escape(sheet->scratch, words);
}

/* "w1 (web-7f9c, 10.0.0.5 only)"; the pod is named where its workload stands for several. */
static struct kps_sv holder_words(const struct cluster_sheet *sheet, const struct kps_port_use *use)
{
    const struct kps_owner *owner = kps_ledger_get_owner(sheet->report->ledger, use->tenant);
    struct kps_object_facts object;
    kps_object_facts_of(owner, &object);
    struct kps_sv pod =
        object.controller ? kps_utf8_escape(sheet->scratch, kps_owner_name(owner)) : SV("");
    struct kps_sv addresses = kps_port_use_addresses(sheet->scratch, use);
    bool is_everywhere = kps_sv_is(addresses, "*");
    struct kps_buf *words = kps_buf_new(sheet->scratch);
    kps_buf_add(words, kps_words_node(sheet->scratch, sheet->report->ledger, use));
    if (pod.n || !is_everywhere) {
        kps_buf_fmt(words, " (%.*s%s", SV_ARG(pod), pod.n && !is_everywhere ? ", " : "");
        if (!is_everywhere) {
            kps_buf_fmt(words, "%.*s only", SV_ARG(addresses));
        }
        kps_buf_char(words, ')');
    }
    return kps_buf_sv(words);
}

static void put_workload(const struct cluster_sheet *sheet, size_t first)
{
    const struct kps_port_use *use = sheet->uses[first];
    struct names *held = new_names(sheet->scratch);
    struct names *waiting = new_names(sheet->scratch);
    size_t i = first;
    do {
        const struct kps_port_use *other = sheet->uses[i];
        if (other->basis == KPS_PENDING) {
            const struct kps_owner *pod =
                kps_ledger_get_owner(sheet->report->ledger, other->tenant);
            add_name(waiting, kps_utf8_escape(sheet->scratch, kps_owner_name(pod)));
        } else if (netns_of(sheet, other)->is_node) {
            add_name(held, holder_words(sheet, other));
        }
        i = sheet->next[i];
    } while (i);
    kps_style_blanks(sheet->out, 2);
    kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE, workload_words(sheet, use));
    if (!is_single(sheet->question) || !sheet->question->ports.protocol) {
        (void)fprintf(sheet->out, "  %s", kps_port_use_words(sheet->scratch, use).p);
    }
    (void)fputc('\n', sheet->out);
    if (netns_of(sheet, use)->kind == KPS_NETNS_CLUSTER) {
        struct kps_sv target = use->target_first
                                   ? kps_fmt(sheet->scratch, ", to its port %u", use->target_first)
                                   : SV(", for health checks");
        kps_answer_fact(sheet->style, sheet->out, "nodePort",
                        kps_fmt(sheet->scratch, "on every node%.*s", SV_ARG(target)));
    }
    kps_answer_fact(sheet->style, sheet->out, "holds it on", end_names(held));
    kps_answer_fact(sheet->style, sheet->out, "waits for it", end_names(waiting));
}

/* Name the nodes without a holder; nodes with taints separately, with their taints. */
static void put_free_nodes(const struct cluster_sheet *sheet)
{
    const struct kps_ledger *ledger = sheet->report->ledger;
    struct names *free_nodes = new_names(sheet->scratch);
    struct names *kept_off = new_names(sheet->scratch);
    for (uint32_t i = 0; i < ledger->netns.n && !sheet->n_node_ports; i++) {
        const struct kps_netns *node = &ledger->netns.v[i];
        if (!node->is_node || sheet->is_held[i + 1]) {
            continue;
        }
        struct kps_sv name = kps_utf8_escape(sheet->scratch, node->name);
        if (node->kept_off.n) {
            add_name(kept_off, kps_fmt(sheet->scratch, "%.*s (%s)", SV_ARG(name),
                                       kps_words_shown(sheet->scratch, node->kept_off)));
        } else {
            add_name(free_nodes, name);
        }
    }
    if (sheet->n_held_nodes && !free_nodes->n && !kept_off->n) {
        add_name(free_nodes, SV("no node"));
    }
    if (free_nodes->n || kept_off->n) {
        (void)fputc('\n', sheet->out);
    }
    kps_answer_fact(sheet->style, sheet->out, "free on", end_names(free_nodes));
    kps_answer_fact(sheet->style, sheet->out, "free, but", end_names(kept_off));
}

static void put_title(const struct cluster_sheet *sheet)
{
    const char *is_far = sheet->report->ledger->diag->incomplete ? ", as far as seen" : "";
    FILE *out = sheet->out;
    kps_style_put(out, sheet->style, KPS_PAINT_TITLE,
                  kps_utf8_escape(sheet->scratch, sheet->question->words));
    if (sheet->n == 0 && is_far[0]) {
        (void)fputs(": nobody seems to have it, but not all could be read\n", out);
        return;
    }
    if (sheet->n == 0) {
        if (sheet->n_nodes && !sheet->is_of_node) {
            (void)fprintf(out,
                          sheet->n_nodes == 1 ? " is free on the only node"
                                              : " is free on all %zu nodes",
                          sheet->n_nodes);
        }
        (void)fputs(": no pod has it as hostPort, no Service as nodePort\n", out);
        return;
    }
    bool is_range = !is_single(sheet->question);
    (void)fputs(is_range ? ": " : " is ", out);
    if (sheet->n_node_ports && is_range) {
        (void)fputs(kps_count_of(sheet->scratch, sheet->n_node_ports, "nodePort").p, out);
    } else if (sheet->n_node_ports) {
        (void)fputs("a nodePort, open on every node", out);
    }
    if (sheet->n_held_nodes || !sheet->n_node_ports) {
        (void)fprintf(out, "%sheld on %zu of %s", sheet->n_node_ports ? "; " : "",
                      sheet->n_held_nodes, kps_count_of(sheet->scratch, sheet->n_nodes, "node").p);
    }
    if (sheet->n_waiting) {
        (void)fprintf(out, "; %zu pod%s", sheet->n_waiting,
                      sheet->n_waiting == 1 ? " waits" : "s wait");
    }
    (void)fprintf(out, "%s\n", is_far);
}

static void count_uses(struct cluster_sheet *sheet)
{
    const struct kps_ledger *ledger = sheet->report->ledger;
    const struct kps_query *query = sheet->report->query;
    sheet->uses = KPS_NEW_N(sheet->scratch, const struct kps_port_use *, query->n_holdings + 1);
    sheet->is_held = KPS_NEW_N(sheet->scratch, bool, (size_t)ledger->netns.n + 1);
    kps_netns_id last = 0; /* uses of one node are neighbours */
    for (size_t i = 0; i < query->n_holdings; i++) {
        const struct kps_port_use *use = &query->holdings[i];
        if (!kps_question_meets(sheet->question, use)) {
            continue;
        }
        sheet->uses[sheet->n++] = use;
        sheet->is_held[use->netns] = true;
        const struct kps_netns *netns = netns_of(sheet, use);
        sheet->n_node_ports += netns->kind == KPS_NETNS_CLUSTER;
        sheet->n_waiting += use->basis == KPS_PENDING;
        sheet->n_held_nodes += netns->is_node && use->netns != last;
        last = use->netns;
    }
    for (uint32_t i = 0; i < ledger->netns.n; i++) {
        sheet->n_nodes += ledger->netns.v[i].is_node;
    }
}

/* Link the uses of each workload. */
static void link_workloads(struct cluster_sheet *sheet)
{
    struct kps_map last_uses = {0};
    sheet->next = KPS_NEW_N(sheet->scratch, size_t, sheet->n + 1);
    sheet->is_first = KPS_NEW_N(sheet->scratch, bool, sheet->n + 1);
    for (size_t i = 0; i < sheet->n; i++) {
        uint32_t *last =
            kps_map_put(&last_uses, sheet->scratch, block_key(sheet, sheet->uses[i]), (uint32_t)i);
        sheet->is_first[i] = *last == i;
        if (!sheet->is_first[i]) {
            sheet->next[*last] = i;
            *last = (uint32_t)i;
        }
    }
}

void kps_answer_cluster(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    for (size_t i = 0; i < report->query->n_questions; i++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct cluster_sheet sheet = {.report = report,
                                      .question = &report->query->questions[i],
                                      .is_of_node =
                                          report->query->is_of_node && report->query->is_of_node[i],
                                      .style = style,
                                      .out = out,
                                      .scratch = scratch};
        count_uses(&sheet);
        link_workloads(&sheet);
        put_title(&sheet);
        (void)fputc('\n', out);
        for (size_t k = 0; k < sheet.n; k++) {
            if (sheet.is_first[k]) {
                put_workload(&sheet, k);
            }
        }
        if (sheet.n) {
            put_free_nodes(&sheet);
            (void)fputc('\n', out);
        }
    }
    kps_answer_remarks(report, style, out);
}
