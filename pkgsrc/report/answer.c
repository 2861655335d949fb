#include "report/answer.h"

#include <time.h>

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/utf8.h"
#include "report/port_list.h"
#include "report/style.h"
#include "report/words.h"

enum { INDENT = 2, LABEL_COLUMNS = 14, TEXT_COLUMN = 2 * INDENT + LABEL_COLUMNS };

struct sheet {
    const struct kps_report *report;
    const struct kps_ledger *ledger;
    const struct kps_style *style;
    FILE *out;
    struct kps_arena *scratch;
    struct kps_map first_uses; /* of a question, by counterpart_key(), from 1 */
    uint32_t *next;            /* use with the same key; 0: none */
};

/* Return: "container shop-web-1", "node (pid 4711)"; escaped. */
static const char *word_tenant(struct kps_arena *arena, const struct kps_ledger *ledger,
                               kps_owner_id tenant)
{
    return kps_words_shown(arena, kps_owner_words_short(arena, ledger, tenant));
}

/* Print the text behind a label, wrapped. */
static void put_rest(const struct sheet *sheet, struct kps_sv text)
{
    struct kps_sv rest = text;
    for (bool first = true; rest.n; first = false) {
        kps_style_blanks(sheet->out, first ? 0 : TEXT_COLUMN);
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_PLAIN,
                      kps_style_wrap(&rest, sheet->style->width - TEXT_COLUMN));
        (void)fputc('\n', sheet->out);
    }
}

/* Print " compose project shop, service web"; no line without a text. `text` is escaped. */
static void put_fact(const struct sheet *sheet, const char *label, struct kps_sv text)
{
    if (text.n) {
        struct kps_sv word =
            kps_fmt(sheet->scratch, "%*s%-*s", 2 * INDENT, "", LABEL_COLUMNS, label);
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_GUTTER, word);
        put_rest(sheet, text);
    }
}

void kps_answer_fact(const struct kps_style *style, FILE *out, const char *label,
                     struct kps_sv text)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct sheet sheet = {.style = style, .out = out, .scratch = scratch};
    put_fact(&sheet, label, text);
}

static void put_raw_fact(const struct sheet *sheet, const char *label, struct kps_sv text)
{
    put_fact(sheet, label, kps_utf8_escape(sheet->scratch, text));
}

/* Return: does the container listen on the host's network, without ports of its own? */
static bool is_on_host_network(const struct kps_container_facts *facts)
{
    return facts && kps_sv_is(facts->network_mode, "host");
}

/* Word the helpers with the sockets: "docker-proxy (pid 13861, 13868)". */
static struct kps_sv helper_words(const struct sheet *sheet, const struct kps_port_use *holding)
{
    enum { MOST = 4 };
    struct kps_buf *pids = kps_buf_new(sheet->scratch);
    struct kps_sv name = {"", 0};
    uint32_t n = 0;
    for (uint32_t i = 0; i < holding->n_helpers; i++) {
        const struct kps_process_facts *facts =
            kps_process_facts_of(kps_ledger_get_owner(sheet->ledger, holding->helpers[i]));
        if (!facts || facts->pid == 0 || (name.n && !kps_sv_eq(name, facts->name))) {
            continue;
        }
        name = facts->name;
        if (n < MOST) {
            kps_buf_fmt(pids, "%s%u", n ? ", " : "", facts->pid);
        }
        n++;
    }
    if (n > MOST) {
        kps_buf_fmt(pids, " and %u more", n - MOST);
    }
    return n ? kps_fmt(sheet->scratch, "%s (pid %s)", kps_words_shown(sheet->scratch, name),
                       kps_buf_sv(pids).p)
             : (struct kps_sv){"", 0};
}

static void put_helpers(const struct sheet *sheet, const struct kps_port_use *holding)
{
    struct kps_sv words = helper_words(sheet, holding);
    if (words.n) {
        put_fact(sheet, "socket",
                 kps_fmt(sheet->scratch, "%.*s, which is what ss shows", SV_ARG(words)));
    }
}

static struct kps_sv target_words(const struct sheet *sheet, const struct kps_port_use *holding)
{
    if (holding->target_first == 0) {
        return (struct kps_sv){"", 0};
    }
    if (holding->target_first == holding->target_last) {
        return kps_fmt(sheet->scratch, ", to port %u inside", holding->target_first);
    }
    return kps_fmt(sheet->scratch, ", to ports %u-%u inside", holding->target_first,
                   holding->target_last);
}

/* The notes on restarts, and on the end of a closed connection. */
static void put_comes_back(const struct sheet *sheet, const struct kps_port_use *holding)
{
    bool is_closed = kps_ledger_get_owner(sheet->ledger, holding->tenant)->kind == KPS_OWNER_KERNEL;
    put_raw_fact(sheet, is_closed ? "ends" : "restarts",
                 kps_owner_comes_back(sheet->scratch, sheet->ledger, holding->tenant));
}

static void put_compose(const struct sheet *sheet, const struct kps_container_facts *facts)
{
    if (facts->compose_project.n) {
        put_fact(sheet, "compose",
                 kps_fmt(sheet->scratch, "project %s, service %s%s",
                         kps_words_shown(sheet->scratch, facts->compose_project),
                         kps_words_shown(sheet->scratch, facts->compose_service),
                         facts->compose_oneoff ? " (docker compose run)" : ""));
    }
    put_raw_fact(sheet, "file", facts->compose_config_files);
    if (facts->compose_config_files.n == 0) {
        put_raw_fact(sheet, "folder", facts->compose_working_dir);
    }
}

/*
 * Return: whether both are one use of a port to its reader: the same tenant holds the same ports
 * with another protocol.
 */
static bool is_counterpart(const struct kps_port_use *a, const struct kps_port_use *b)
{
    return a->tenant == b->tenant && a->netns == b->netns && a->protocol != b->protocol &&
           a->first == b->first && a->last == b->last && a->target_first == b->target_first &&
           a->basis == b->basis && a->is_remnant == b->is_remnant;
}

/* Return: what a use and its counterpart have in common, but for the protocol. */
static struct kps_sv counterpart_key(const struct sheet *sheet, const struct kps_port_use *use)
{
    return kps_fmt(sheet->scratch, "%u %u %u %u", use->tenant, use->netns, use->first, use->last);
}

/* Link the uses of a question that may be counterparts, in their order. */
static void link_counterparts(struct sheet *sheet, const struct kps_question *question)
{
    const struct kps_query *query = sheet->report->query;
    sheet->next = KPS_NEW_N(sheet->scratch, uint32_t, query->n_holdings + 1);
    for (size_t i = query->n_holdings; i > 0; i--) {
        const struct kps_port_use *use = &query->holdings[i - 1];
        if (kps_question_meets(question, use)) {
            uint32_t *first =
                kps_map_put(&sheet->first_uses, sheet->scratch, counterpart_key(sheet, use), 0);
            sheet->next[i] = *first;
            *first = (uint32_t)i;
        }
    }
}

/* Return: the use of the other protocol that one block shows together with `holding`, or NULL. */
static const struct kps_port_use *find_counterpart(const struct sheet *sheet,
                                                   const struct kps_port_use *holding)
{
    uint32_t i = kps_map_get(&sheet->first_uses, counterpart_key(sheet, holding), 0);
    while (i && !is_counterpart(holding, &sheet->report->query->holdings[i - 1])) {
        i = sheet->next[i];
    }
    return i ? &sheet->report->query->holdings[i - 1] : NULL;
}

/* Return: the places of a use and its counterpart (or NULL): "127.0.0.53:53 (tcp and udp)". */
static struct kps_sv places_words(const struct sheet *sheet, const struct kps_port_use *holding,
                                  const struct kps_port_use *counterpart)
{
    struct kps_sv places = kps_port_use_places(sheet->scratch, holding);
    if (!counterpart) {
        return places;
    }
    const char *protocol = kps_protocol_name(holding->protocol);
    const char *other_protocol = kps_protocol_name(counterpart->protocol);
    struct kps_sv others = kps_port_use_places(sheet->scratch, counterpart);
    if (kps_sv_eq(places, others)) {
        return kps_fmt(sheet->scratch, "%.*s (%s and %s)", SV_ARG(places), protocol,
                       other_protocol);
    }
    return kps_fmt(sheet->scratch, "%.*s (%s), %.*s (%s)", SV_ARG(places), protocol, SV_ARG(others),
                   other_protocol);
}

static void put_container(const struct sheet *sheet, const struct kps_port_use *holding,
                          const struct kps_port_use *counterpart,
                          const struct kps_container_facts *facts)
{
    bool is_held = holding->basis == KPS_BOUND;
    bool is_on_host = is_on_host_network(facts);
    const char *places = places_words(sheet, holding, counterpart).p;
    struct kps_sv target = target_words(sheet, holding);
    if (is_on_host) {
        put_fact(sheet, is_held ? "listens on" : "may listen on",
                 kps_fmt(sheet->scratch, "%s, on the host's own network", places));
        put_fact(sheet, "process", helper_words(sheet, holding));
    } else {
        put_fact(sheet, is_held ? "publishes" : "will publish",
                 kps_fmt(sheet->scratch, "%s%.*s", places, SV_ARG(target)));
    }
    put_raw_fact(sheet, "image", facts->image);
    put_compose(sheet, facts);
    put_raw_fact(sheet, "not up", facts->start_error);
    put_comes_back(sheet, holding);
    if (!is_on_host) {
        put_helpers(sheet, holding);
    }
}

/* "npm run dev (4700) < bash (4501) on pts/3" */
static struct kps_sv word_ancestry(const struct sheet *sheet, const struct kps_process_facts *facts)
{
    enum { MOST = 5 };
    struct kps_buf *out = kps_buf_new(sheet->scratch);
    for (uint32_t i = 0; i < facts->n_parents && i < MOST; i++) {
        kps_buf_fmt(out, "%s%s (%u)", i ? " < " : "",
                    kps_words_shown(sheet->scratch, facts->parents[i].name), facts->parents[i].pid);
    }
    if (facts->terminal.n) {
        kps_buf_fmt(out, "%sterminal %s", out->n ? ", " : "",
                    kps_words_shown(sheet->scratch, facts->terminal));
    }
    return kps_buf_sv(out);
}

static struct kps_sv unit_words(const struct sheet *sheet, const struct kps_process_facts *facts)
{
    struct kps_sv unit = kps_utf8_escape(sheet->scratch, facts->unit);
    struct kps_sv socket = kps_utf8_escape(sheet->scratch, facts->socket_unit);
    const char *user = facts->unit_of_user && unit.n + socket.n ? " (of the user)" : "";
    if (unit.n && socket.n && !kps_sv_eq(unit, socket)) {
        return kps_fmt(sheet->scratch, "%.*s, started by %.*s%s", SV_ARG(unit), SV_ARG(socket),
                       user);
    }
    return kps_fmt(sheet->scratch, "%.*s%s", SV_ARG(unit.n ? unit : socket), user);
}

/* Return: "2 hours, since 2026-11-29 14:03"; empty: unknown. */
static struct kps_sv word_age(const struct sheet *sheet, const struct kps_process_facts *facts)
{
    struct kps_sv age = kps_words_age(sheet->scratch, facts->started, sheet->report->query->now);
    time_t started = (time_t)facts->started;
    struct tm at;
    char text[sizeof("-2147483648-01-01 00:00")];
    if (age.n && localtime_r(&started, &at) && strftime(text, sizeof(text), "%F %R", &at)) {
        return kps_fmt(sheet->scratch, "%.*s, since %s", SV_ARG(age), text);
    }
    return age;
}

static void put_process(const struct sheet *sheet, const struct kps_port_use *holding,
                        const struct kps_port_use *counterpart,
                        const struct kps_process_facts *facts)
{
    struct kps_sv state = kps_words_state(sheet->scratch, sheet->ledger, holding);
    const char *limit = "";
    if (kps_sv_is(state, "bound")) {
        limit = ", bound without listening";
    } else if (facts->pid && kps_sv_is(state, "connection")) {
        limit = ", for a connection; it does not listen";
    }
    put_fact(sheet, kps_sv_is(state, "listens") ? "listens on" : "holds",
             kps_fmt(sheet->scratch, "%s%s", places_words(sheet, holding, counterpart).p, limit));
    put_raw_fact(sheet, "command", facts->cmdline);
    put_raw_fact(sheet, "folder", facts->cwd);
    put_raw_fact(sheet, "user", facts->user);
    put_fact(sheet, "running for", word_age(sheet, facts));
    put_fact(sheet, "unit", unit_words(sheet, facts));
    put_fact(sheet, "started by", word_ancestry(sheet, facts));
    put_comes_back(sheet, holding);
    if (facts->hidden == KPS_HIDDEN_PERMISSION) {
        put_fact(sheet, "hidden",
                 facts->is_hidden_from_root
                     ? SV("no process shows it, not even to root: the process runs in another pid "
                          "namespace, or CAP_SYS_PTRACE is missing here")
                     : SV("the process is another user's: run as root to see it"));
    }
    if (kps_ledger_get_claim(sheet->ledger, holding->claim)->owner == holding->tenant) {
        put_helpers(sheet, holding);
    }
}

/* Return: "53/tcp", or "53/tcp and 53/udp" with a counterpart. */
static struct kps_sv port_words(const struct sheet *sheet, const struct kps_port_use *holding,
                                const struct kps_port_use *counterpart)
{
    struct kps_sv port = kps_port_use_words(sheet->scratch, holding);
    return counterpart ? kps_fmt(sheet->scratch, "%.*s and %s", SV_ARG(port),
                                 kps_port_use_words(sheet->scratch, counterpart).p)
                       : port;
}

static void put_holding(const struct sheet *sheet, const struct kps_port_use *holding,
                        const struct kps_port_use *counterpart, bool names_port)
{
    const struct kps_owner *owner = kps_ledger_get_owner(sheet->ledger, holding->tenant);
    const struct kps_container_facts *container = kps_container_facts_of(owner);
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    struct kps_sv name = kps_utf8_escape(
        sheet->scratch, kps_owner_words_name(sheet->scratch, sheet->ledger, holding->tenant));
    kps_style_blanks(sheet->out, INDENT);
    if (names_port) {
        (void)fprintf(sheet->out, "%s  ", port_words(sheet, holding, counterpart).p);
    }
    kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE, name);
    if (container) {
        struct kps_sv status = container->status.n ? container->status : container->state;
        (void)fputs("  ", sheet->out);
        kps_style_put(sheet->out, sheet->style,
                      holding->basis == KPS_PENDING ? KPS_PAINT_WARNING : KPS_PAINT_PLAIN,
                      kps_utf8_escape(sheet->scratch, status));
    }
    (void)fputc('\n', sheet->out);
    if (container) {
        put_container(sheet, holding, counterpart, container);
    } else if (process) {
        put_process(sheet, holding, counterpart, process);
    } else {
        put_fact(sheet, "publishes", places_words(sheet, holding, counterpart));
        put_helpers(sheet, holding);
    }
}

/* "3000/tcp", or "3000" when both protocols were meant. */
static struct kps_sv question_words(const struct sheet *sheet, const struct kps_question *question)
{
    return kps_sv_of(kps_words_shown(sheet->scratch, question->words));
}

/* Name the holders that are none of the engine's. Return: whether there are any. */
static bool put_outside_holders(const struct sheet *sheet, const struct kps_question *question)
{
    const struct kps_query *query = sheet->report->query;
    bool any = false;
    for (size_t i = 0; i < query->n_outside_holders; i++) {
        const struct kps_port_use *holding = &query->outside_holders[i];
        if (!kps_question_meets(question, holding)) {
            continue;
        }
        any = true;
        (void)fprintf(sheet->out, "%s is not the engine's: %s has it on %s\n",
                      kps_port_use_words(sheet->scratch, holding).p,
                      word_tenant(sheet->scratch, sheet->ledger, holding->tenant),
                      kps_port_use_places(sheet->scratch, holding).p);
        (void)fprintf(sheet->out, "  kportscan %s tells more\n", question_words(sheet, question).p);
    }
    return any;
}

/* Return: the engines' part of the answer for a port that is not in use, in words. */
static struct kps_sv word_engines(const struct sheet *sheet)
{
    const struct kps_report *report = sheet->report;
    size_t n_failed = 0;
    for (size_t i = 0; i < report->n_engines; i++) {
        n_failed += report->engines[i].error.n && !report->engines[i].is_absent;
    }
    if (n_failed) {
        return kps_fmt(sheet->scratch,
                       "%zu of %zu engines could not be asked, no other publishes it", n_failed,
                       report->n_engines);
    }
    return kps_fmt(sheet->scratch, "none of %zu engines publishes it", report->n_engines);
}

/* Return: the owners of the engine's ports that the question is about. */
static struct kps_sv word_owners(const struct sheet *sheet, const struct kps_question *question,
                                 const struct kps_report_engine *engine)
{
    const struct kps_query *query = sheet->report->query;
    struct kps_buf *out = kps_buf_new(sheet->scratch);
    kps_owner_id before = 0;
    for (size_t i = 0; i < query->n_holdings; i++) {
        const struct kps_port_use *use = &query->holdings[i];
        bool is_its = kps_ledger_get_owner(sheet->ledger, use->tenant)->site == engine->site;
        if (is_its && use->tenant != before && kps_question_meets(question, use)) {
            before = use->tenant;
            kps_buf_text(out, out->n ? ", " : "");
            kps_buf_add(out, kps_owner_words_name(sheet->scratch, sheet->ledger, use->tenant));
            kps_buf_text(out, use->basis == KPS_PENDING ? " will want it" : "");
        }
    }
    return kps_buf_sv(out);
}

/* Return: the answer of one of several engines in words; the reason where it has none. */
static struct kps_sv word_answer(const struct sheet *sheet, const struct kps_question *question,
                                 const struct kps_report_engine *engine)
{
    struct kps_sv words = kps_words_engine(sheet->scratch, engine);
    words = words.n ? words : word_owners(sheet, question, engine);
    return words.n ? words : SV("no container publishes it");
}

/* Print a line for each of several engines: its answer to the question. */
static void put_engines(const struct sheet *sheet, const struct kps_question *question)
{
    for (size_t i = 0; i < sheet->report->n_engines; i++) {
        const struct kps_report_engine *engine = &sheet->report->engines[i];
        struct kps_sv name = kps_utf8_escape(sheet->scratch, engine->context);
        (void)fprintf(sheet->out, "%*s%-*.*s ", INDENT, "", LABEL_COLUMNS + INDENT - 1,
                      SV_ARG(name));
        put_rest(sheet, kps_utf8_escape(sheet->scratch, word_answer(sheet, question, engine)));
    }
}

/* Print that the port is free, as far as this run looked. */
static void put_free(const struct sheet *sheet, const struct kps_question *question)
{
    const struct kps_query *query = sheet->report->query;
    bool is_several = sheet->report->n_engines > 0;
    bool engine_failed = (sheet->report->engine || is_several) && !query->asked_engine;
    const char *sockets =
        query->asked_sockets ? "nothing listens on it" : "sockets were not looked at";
    const char *engine = "there is no engine to ask";
    if (is_several) {
        engine = word_engines(sheet).p;
    } else if (query->asked_engine) {
        engine = "no container publishes it";
    } else if (engine_failed) {
        engine = "the engine could not be asked";
    }
    kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE, question_words(sheet, question));
    if (query->scope == KPS_QUERY_ENGINE) {
        (void)fprintf(sheet->out, "%s: %s, %s\n", engine_failed ? "" : " is not published", engine,
                      sockets);
        return;
    }
    bool is_sure = query->asked_sockets && !engine_failed && !sheet->ledger->diag->incomplete;
    const char *verdict = is_sure && !query->is_elsewhere ? " is free" : "";
    if (query->asked_engine || engine_failed) {
        (void)fprintf(sheet->out, "%s: %s and %s\n", verdict, engine, sockets);
    } else {
        (void)fprintf(sheet->out, "%s: %s\n", verdict, sockets);
    }
}

/* The header of a block: "3000/tcp is published by container shop-web-1". */
static void put_title(const struct sheet *sheet, const struct kps_question *question, size_t held,
                      size_t planned, const struct kps_port_use *first)
{
    if (question->ports.first != question->ports.last) {
        kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE, question_words(sheet, question));
        if (held) {
            (void)fprintf(sheet->out, ": %zu held%s", held, planned ? "," : "");
        }
        if (planned) {
            (void)fprintf(sheet->out, "%s %zu wanted by stopped containers", held ? "" : ":",
                          planned);
        }
        (void)fputs("\n\n", sheet->out);
        return;
    }
    const struct kps_port_use *counterpart = find_counterpart(sheet, first);
    kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE, port_words(sheet, first, counterpart));
    const char *is = counterpart ? "are" : "is";
    const char *who = word_tenant(sheet->scratch, sheet->ledger, first->tenant);
    const struct kps_container_facts *container =
        kps_container_facts_of(kps_ledger_get_owner(sheet->ledger, first->tenant));
    bool is_published = container && !is_on_host_network(container);
    if (held == 0) {
        (void)fprintf(sheet->out, " %s free now, but %s will want it", is, who);
    } else if (held + planned == 1 || held == 1) {
        (void)fprintf(sheet->out, " %s %s by %s", is, is_published ? "published" : "held", who);
    } else {
        (void)fprintf(sheet->out, " %s %zu holders", counterpart ? "have" : "has", held);
    }
    if (held && planned) {
        (void)fprintf(sheet->out, "; %zu stopped container%s want%s it too", planned,
                      planned == 1 ? "" : "s", planned == 1 ? "s" : "");
    }
    (void)fputs("\n\n", sheet->out);
}

/* Print a label and the blanks up to the text; only the label is painted. */
static void put_label(const struct sheet *sheet, enum kps_paint paint, size_t indent,
                      const char *label)
{
    struct kps_sv word = kps_sv_of(label);
    kps_style_blanks(sheet->out, indent);
    kps_style_put(sheet->out, sheet->style, paint, word);
    kps_style_blanks(sheet->out, TEXT_COLUMN - indent - word.n);
}

/* How to free the port: the means for each holder, the best first. */
static void put_advice(const struct sheet *sheet, const struct kps_port_use *holding)
{
    uint16_t port = holding->first == holding->last ? holding->first : 0;
    struct kps_advice advice =
        kps_owner_advice(sheet->scratch, sheet->ledger, holding->tenant, port);
    for (uint32_t i = 0; i < advice.n; i++) {
        put_label(sheet, KPS_PAINT_HELP, 2 * INDENT, i ? "" : "to free it");
        if (advice.v[i].command.n) {
            kps_style_put(sheet->out, sheet->style, KPS_PAINT_TITLE,
                          kps_utf8_escape(sheet->scratch, advice.v[i].command));
            (void)fputc('\n', sheet->out);
            kps_style_blanks(sheet->out, TEXT_COLUMN);
        }
        put_rest(sheet, kps_utf8_escape(sheet->scratch, advice.v[i].text));
    }
}

static void put_notes(const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->report->query->n_notes; i++) {
        put_label(sheet, KPS_PAINT_WORD, INDENT, "note");
        put_rest(sheet, kps_utf8_escape(sheet->scratch, sheet->report->query->notes[i]));
    }
}

static void put_free_nearby(const struct sheet *sheet)
{
    const struct kps_query *query = sheet->report->query;
    if (query->n_free_nearby == 0) {
        return;
    }
    struct kps_buf *ports = kps_buf_new(sheet->scratch);
    for (size_t i = 0; i < query->n_free_nearby; i++) {
        kps_buf_fmt(ports, "%s%u", i ? " " : "", query->free_nearby[i]);
    }
    put_label(sheet, KPS_PAINT_HELP, INDENT, "free near");
    (void)fprintf(sheet->out, "%s\n", kps_buf_sv(ports).p);
}

static void put_question(const struct sheet *sheet, const struct kps_question *question)
{
    const struct kps_query *query = sheet->report->query;
    const struct kps_port_use *first = NULL;
    const struct kps_port_use **blocks =
        KPS_NEW_N(sheet->scratch, const struct kps_port_use *, query->n_holdings + 1);
    size_t n_blocks = 0;
    size_t held = 0;
    size_t planned = 0;
    for (size_t i = 0; i < query->n_holdings; i++) {
        const struct kps_port_use *holding = &query->holdings[i];
        if (!kps_question_meets(question, holding)) {
            continue;
        }
        const struct kps_port_use *counterpart = find_counterpart(sheet, holding);
        if (counterpart && counterpart < holding) {
            continue; /* the counterpart's block shows both */
        }
        bool is_better = !first || (first->basis == KPS_PENDING && holding->basis == KPS_BOUND);
        first = is_better ? holding : first;
        held += holding->basis == KPS_BOUND;
        planned += holding->basis != KPS_BOUND;
        blocks[n_blocks++] = holding;
    }
    if (!first) {
        if (!put_outside_holders(sheet, question)) {
            put_free(sheet, question);
        }
        put_engines(sheet, question);
        return;
    }
    put_title(sheet, question, held, planned, first);
    for (size_t i = 0; i < n_blocks; i++) {
        put_holding(sheet, blocks[i], find_counterpart(sheet, blocks[i]),
                    question->ports.first != question->ports.last);
        put_advice(sheet, blocks[i]);
        (void)fputc('\n', sheet->out);
    }
    put_engines(sheet, question);
}

void kps_answer_blocks(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    for (size_t i = 0; i < report->query->n_questions; i++) {
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct sheet sheet = {.report = report,
                              .ledger = report->ledger,
                              .style = style,
                              .out = out,
                              .scratch = scratch};
        link_counterparts(&sheet, &report->query->questions[i]);
        put_question(&sheet, &report->query->questions[i]);
    }
    kps_answer_remarks(report, style, out);
}

void kps_answer_remarks(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct sheet sheet = {
        .report = report, .ledger = report->ledger, .style = style, .out = out, .scratch = scratch};
    put_notes(&sheet);
    put_free_nearby(&sheet);
}

/* "up"; of a cluster's port "on node w1" or "on every node"; empty for a pod that waits. */
static struct kps_sv state_words(struct kps_arena *arena, const struct kps_report *report,
                                 const struct kps_port_use *holding)
{
    if (report->query->scope != KPS_QUERY_CLUSTER) {
        return kps_words_state(arena, report->ledger, holding);
    }
    struct kps_sv node = kps_words_node(arena, report->ledger, holding);
    if (holding->basis == KPS_PENDING) {
        return SV("Pending");
    }
    bool is_node = kps_ledger_get_netns(report->ledger, holding->netns)->is_node;
    return kps_fmt(arena, "on %s%.*s", is_node ? "node " : "", SV_ARG(node));
}

/* The state of a port in use; the place and the finding of a port that a file wants. */
static struct kps_sv row_state(struct kps_arena *arena, const struct kps_report *report,
                               const struct kps_port_row *row)
{
    if (report->query) {
        return state_words(arena, report, &row->use);
    }
    struct kps_sv finding = row->cells[KPS_PORT_STATE];
    return kps_fmt(arena, "%.*s%s%.*s", SV_ARG(row->cells[KPS_PORT_PLACE]), finding.n ? " " : "",
                   SV_ARG(finding));
}

void kps_answer_lines(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_port_list list = kps_port_list_of(arena, report);
    for (size_t i = 0; i < list.n; i++) {
        const struct kps_port_use *use = &list.rows[i].use;
        struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv where =
            kps_utf8_escape(scratch, kps_owner_words_home(scratch, report->ledger, use->tenant));
        kps_style_put(out, style, KPS_PAINT_TITLE, kps_port_use_words(scratch, use));
        (void)fprintf(out, " %s %s %s", kps_port_use_addresses(scratch, use).p,
                      kps_basis_name((enum kps_basis)use->basis),
                      word_tenant(scratch, report->ledger, use->tenant));
        if (where.n) {
            (void)fprintf(out, " (%.*s)", SV_ARG(where));
        }
        struct kps_sv state = row_state(scratch, report, &list.rows[i]);
        (void)fprintf(out, "%s%.*s%s\n", state.n ? " " : "", SV_ARG(state),
                      report->query && use->is_contended ? " !" : "");
    }
}

void kps_answer_free(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    for (size_t i = 0; i < report->n_free_ports; i++) {
        (void)fprintf(out, "%u\n", report->free_ports[i]);
    }
}
