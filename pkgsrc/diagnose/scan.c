#include "diagnose/scan.h"

#include "diagnose/dump.h"
#include "diagnose/match.h"
#include "diagnose/prefix.h"
#include "diagnose/rules.h"

/*
 * How this works. Every line is put into small letters once; most have none of the words below and are done with. For
 * the others the rules are tried in their order, each only where the line has the longest word of its pattern. What a
 * rule catches becomes a symptom, or adds to one: the same port again is a repeat, another address of it joins the
 * list, an error that names no port takes it from the lines beside it ("Is another postmaster already running on port
 * 5432?"), and one that names none next to one that does is that one's echo.
 */
enum {
    ECHO_LINES = 12, /* so many lines after an error, one without a port says it again: Python's and Java's traces */
    HINT_LINES = 8,  /* so far from an error may the line be that names its port */
    MATCHES_A_LINE = 8,
};

/* A line without any of these has nothing to say about ports. */
static const struct kps_sv SIGNS[] = {
    SV_LIT("in use"),     SV_LIT("addrinuse"),   SV_LIT("allocated"),     SV_LIT("already"),   SV_LIT("eacces"),
    SV_LIT("denied"),     SV_LIT("assign req"),  SV_LIT("eaddrnotavail"), SV_LIT("available"), SV_LIT("forbidden by"),
    SV_LIT("only one "),  SV_LIT("free ports"),  SV_LIT("failed"),        SV_LIT("port"),      SV_LIT("winerror"),
    SV_LIT("being used"), SV_LIT("addrnotavai"), SV_LIT("cannot bind"),   SV_LIT("server at"), SV_LIT("multiple serv"),
};

/* The longest piece of a pattern without tokens and blanks. */
static struct kps_sv longest_word(const char *pattern)
{
    struct kps_sv best = {"", 0};
    struct kps_sv rest = kps_sv_of(pattern);
    while (rest.n) {
        size_t n = 0;
        while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '%') {
            n++;
        }
        best = n > best.n ? kps_sv_slice(rest, 0, n) : best;
        rest = kps_sv_from(rest, n + (n < rest.n && rest.p[n] == '%' ? 2 : 1));
    }
    return best;
}

void kps_scan_begin(struct kps_scan *scan, struct kps_arena *arena)
{
    *scan = (struct kps_scan){.arena = arena};
    size_t n = 0;
    while (kps_scan_rules[n].pattern) {
        n++;
    }
    struct kps_sv *needles = KPS_NEW_N(arena, struct kps_sv, n);
    for (size_t i = 0; i < n; i++) {
        struct kps_sv word = longest_word(kps_scan_rules[i].pattern);
        char *small = kps_alloc(arena, word.n + 1);
        for (size_t k = 0; k < word.n; k++) {
            small[k] = kps_lower(word.p[k]);
        }
        needles[i] = (struct kps_sv){small, word.n};
    }
    scan->needles = needles;
    scan->small = kps_alloc(arena, KPS_SCAN_LINE_BYTES);
}

void kps_scan_free(struct kps_scan *scan)
{
    kps_vec_free(&scan->symptoms);
}

/* One line on its way through the rules. */
struct line {
    struct kps_sv text, small;
    uint32_t number;
    size_t off; /* of the text in the whole */
    struct kps_prefix prefix;
    unsigned n_found;
    bool is_dump; /* it is part of an object dump */
};

static bool is_bind_failure(enum kps_symptom_kind kind)
{
    return kind == KPS_SYMPTOM_IN_USE || kind == KPS_SYMPTOM_MOVED || kind == KPS_SYMPTOM_ENGINE_IN_USE ||
           kind == KPS_SYMPTOM_UNAVAILABLE || kind == KPS_SYMPTOM_ALLOCATED || kind == KPS_SYMPTOM_SOCKET_FILE;
}

/* Whether two messages are about one failure, as far as their kinds go. */
static bool is_kin(const struct kps_symptom *a, const struct kps_symptom *b)
{
    return a->kind == b->kind || (is_bind_failure(a->kind) && is_bind_failure(b->kind));
}

static bool has_place(const struct kps_symptom *symptom)
{
    return symptom->first != 0 || symptom->path.n != 0;
}

static bool is_near(const struct kps_symptom *a, const struct kps_symptom *b, uint32_t lines)
{
    uint32_t apart = a->line > b->line ? a->line - b->line : b->line - a->line;
    return apart <= lines && kps_sv_eq(a->name, b->name);
}

static bool is_one_protocol(const struct kps_symptom *a, const struct kps_symptom *b)
{
    return a->protocol == b->protocol || a->protocol == KPS_PROTO_NONE || b->protocol == KPS_PROTO_NONE;
}

static void join_addresses(struct kps_symptom *into, const struct kps_symptom *from)
{
    for (uint32_t i = 0; i < from->n_addrs; i++) {
        bool is_known = false;
        for (uint32_t k = 0; k < into->n_addrs; k++) {
            is_known = is_known || kps_addr_contains(&into->addrs[k], &from->addrs[i]);
        }
        if (!is_known && into->n_addrs < KPS_SYMPTOM_ADDRS) {
            into->addrs[into->n_addrs++] = from->addrs[i];
        }
    }
}

/* Fills what `into` does not know from a message about the same failure. */
static void complete(struct kps_symptom *into, const struct kps_symptom *from)
{
    if (!has_place(into)) {
        into->first = from->first;
        into->last = from->last;
        into->path = from->path;
        into->kind = from->path.n ? from->kind : into->kind;
        into->speaker = from->speaker ? from->speaker : into->speaker;
    }
    if (into->n_addrs == 0) {
        join_addresses(into, from);
    }
    into->protocol = into->protocol == KPS_PROTO_NONE ? from->protocol : into->protocol;
    into->speaker = into->speaker ? into->speaker : from->speaker;
    into->moved_to = into->moved_to ? into->moved_to : from->moved_to;
    if (into->named == KPS_SYMPTOM_NAMELESS) {
        into->named = from->named;
        into->name = from->name;
    }
}

/* The symptom that says what `symptom` says; NULL: it is new. */
static struct kps_symptom *find_same(struct kps_scan *scan, const struct kps_symptom *symptom)
{
    for (uint32_t i = scan->symptoms.n; i > 0; i--) {
        struct kps_symptom *other = &scan->symptoms.v[i - 1];
        if (!is_kin(other, symptom)) {
            continue;
        }
        if (!has_place(symptom) && is_near(other, symptom, ECHO_LINES)) {
            return other;
        }
        if (!has_place(other) && has_place(symptom) && i > scan->n_settled && is_near(other, symptom, HINT_LINES)) {
            return other;
        }
        bool is_same_place = has_place(symptom) && other->first == symptom->first && other->last == symptom->last &&
                             kps_sv_eq(other->path, symptom->path) && is_one_protocol(other, symptom);
        if (is_same_place) {
            return other;
        }
        bool both_nowhere = !has_place(symptom) && !has_place(other) && other->kind == symptom->kind;
        if (both_nowhere && kps_sv_eq(other->name, symptom->name)) {
            return other;
        }
    }
    return NULL;
}

static void add(struct kps_scan *scan, const struct kps_symptom *symptom)
{
    struct kps_symptom *same = find_same(scan, symptom);
    if (same) {
        bool is_settled = same < scan->symptoms.v + scan->n_settled;
        same->repeats++;
        if (same->first == symptom->first || !has_place(symptom)) {
            join_addresses(same, symptom);
        }
        if (!is_settled) {
            complete(same, symptom);
        }
        return;
    }
    if (scan->symptoms.n == KPS_SCAN_SYMPTOMS) {
        scan->overflowed = true;
        return;
    }
    struct kps_symptom *new = kps_vec_push(&scan->symptoms);
    *new = *symptom;
    new->path = kps_sv_copy(scan->arena, symptom->path);
    new->name = kps_sv_copy(scan->arena, symptom->name);
    new->holder = kps_sv_copy(scan->arena, symptom->holder);
    if (!has_place(new) && scan->hint.line && is_near(new, &scan->hint, HINT_LINES)) {
        complete(new, &scan->hint);
    }
}

/* A line that names the port of the error above it, or of one to come. */
static void take_hint(struct kps_scan *scan, const struct kps_symptom *hint)
{
    scan->hint = *hint;
    scan->hint.path = kps_sv_copy(scan->arena, hint->path);
    scan->hint.name = kps_sv_copy(scan->arena, hint->name);
    for (uint32_t i = scan->symptoms.n; i > scan->n_settled; i--) {
        struct kps_symptom *symptom = &scan->symptoms.v[i - 1];
        if (!has_place(symptom) && is_near(symptom, hint, HINT_LINES)) {
            struct kps_symptom whole = *symptom;
            complete(&whole, hint);
            scan->symptoms.n--; /* and in again: it may be a repeat now */
            for (uint32_t k = i - 1; k < scan->symptoms.n; k++) {
                scan->symptoms.v[k] = scan->symptoms.v[k + 1];
            }
            add(scan, &whole);
            return;
        }
    }
}

static void set_name(struct kps_scan *scan, struct kps_symptom *symptom, const struct kps_scan_rule *rule,
                     const struct kps_catch *caught, const struct kps_prefix *prefix)
{
    if (rule->named != KPS_SYMPTOM_NAMELESS && caught->name.n) {
        symptom->named = rule->named;
        symptom->name = caught->name;
        return;
    }
    symptom->named = prefix->named;
    symptom->name = prefix->name;
    if (prefix->namespace.n) {
        symptom->name = kps_fmt(scan->arena, "%.*s/%.*s", SV_ARG(prefix->namespace), SV_ARG(prefix->name));
    }
}

static enum kps_symptom_kind kind_of(const struct kps_scan_rule *rule, const struct kps_catch *caught)
{
    switch (caught->reason) {
    case KPS_REASON_NONE:
    case KPS_REASON_IN_USE:
        return caught->path.n && rule->kind == KPS_SYMPTOM_IN_USE ? KPS_SYMPTOM_SOCKET_FILE : rule->kind;
    case KPS_REASON_DENIED:
        return KPS_SYMPTOM_PRIVILEGED;
    case KPS_REASON_NO_ADDRESS:
        return KPS_SYMPTOM_NO_ADDRESS;
    case KPS_REASON_FORBIDDEN:
        return KPS_SYMPTOM_FORBIDDEN;
    }
    return rule->kind;
}

static struct kps_symptom symptom_of(struct kps_scan *scan, const struct line *line, const struct kps_scan_rule *rule,
                                     const struct kps_catch *caught)
{
    struct kps_symptom symptom = {
        .kind = kind_of(rule, caught),
        .protocol = caught->protocol,
        .first = caught->first,
        .last = caught->last,
        .path = caught->path,
        .speaker = rule->speaker,
        .holder = caught->holder,
        .moved_to = caught->moved_to,
        .line = line->number,
        .off = (uint32_t)(line->off + caught->from),
        .len = (uint32_t)(caught->to - caught->from),
    };
    if (caught->has_addr) {
        bool is_dual = (rule->flags & KPS_SCAN_DUAL) && !caught->one_family && caught->addr.kind == KPS_ADDR_ANY6;
        symptom.addrs[0] = is_dual ? (struct kps_addr){.kind = KPS_ADDR_EVERY} : caught->addr;
        symptom.n_addrs = 1;
    }
    if (symptom.protocol == KPS_PROTO_NONE && symptom.path.n == 0 && !(rule->flags & KPS_SCAN_ANY_PROTOCOL)) {
        symptom.protocol = rule->flags & KPS_SCAN_UDP ? KPS_UDP : KPS_TCP;
    }
    set_name(scan, &symptom, rule, caught, &line->prefix);
    return symptom;
}

static void take(struct kps_scan *scan, struct line *line, const struct kps_scan_rule *rule,
                 const struct kps_catch *caught)
{
    struct kps_symptom symptom = symptom_of(scan, line, rule, caught);
    bool is_about_files = symptom.path.n && symptom.kind != KPS_SYMPTOM_SOCKET_FILE;
    bool is_echo = !has_place(&symptom) && (line->n_found || line->is_dump);
    if (is_about_files || is_echo || (rule->flags & KPS_SCAN_NOTHING)) {
        return;
    }
    if (rule->flags & KPS_SCAN_HINT) {
        take_hint(scan, &symptom);
        return;
    }
    line->n_found++;
    add(scan, &symptom);
}

/* The first rule that matches the line from `from` on. */
static const struct kps_scan_rule *find_rule(const struct kps_scan *scan, struct kps_match *match,
                                             const struct line *line, size_t from, struct kps_catch *ret)
{
    struct kps_sv small = kps_sv_from(line->small, from);
    for (size_t i = 0; kps_scan_rules[i].pattern && match->fuel; i++) {
        const struct kps_scan_rule *rule = &kps_scan_rules[i];
        struct kps_sv needle = scan->needles[i];
        if (needle.n && kps_sv_search(small, needle) == small.n) {
            continue;
        }
        if (!kps_match_find(match, rule->pattern, from, ret)) {
            continue;
        }
        /* "could not bind: permission denied" is about files as often as not */
        bool needs_port = (rule->flags & KPS_SCAN_NEEDS_PORT) || ret->reason == KPS_REASON_DENIED ||
                          ret->reason == KPS_REASON_NO_ADDRESS;
        if (!needs_port || ret->first || ret->path.n || ret->has_addr) {
            return rule;
        }
    }
    return NULL;
}

static bool has_sign(const struct line *line)
{
    for (size_t i = 0; i < KPS_COUNT(SIGNS); i++) {
        if (kps_sv_search(line->small, SIGNS[i]) < line->small.n) {
            return true;
        }
    }
    return false;
}

static void close_dump(struct kps_scan *scan)
{
    struct kps_scan_dump *dump = &scan->dump;
    if (dump->line && kps_dump_is_symptom(dump)) {
        bool is_file = dump->symptom.path.n != 0;
        dump->symptom.kind = is_file && dump->kind == KPS_SYMPTOM_IN_USE ? KPS_SYMPTOM_SOCKET_FILE : dump->kind;
        dump->symptom.protocol = is_file ? KPS_PROTO_NONE : dump->symptom.protocol;
        dump->symptom.speaker = "Node.js";
        if (!is_file || dump->symptom.kind == KPS_SYMPTOM_SOCKET_FILE) {
            add(scan, &dump->symptom);
        }
    }
    *dump = (struct kps_scan_dump){.line = 0};
}

/* Return: whether the line is part of a dump. */
static bool take_dump(struct kps_scan *scan, const struct line *line)
{
    struct kps_scan_dump *dump = &scan->dump;
    struct kps_symptom before = dump->symptom;
    if (kps_dump_take(dump, scan->arena, line->text) == 0) {
        close_dump(scan);
        return false;
    }
    if (dump->line == 0 && !dump->has_code) {
        *dump = (struct kps_scan_dump){.line = 0}; /* "port: 3000" of some configuration */
        return false;
    }
    if (before.line == 0) {
        dump->symptom.line = line->number;
        dump->symptom.off = (uint32_t)line->off;
        dump->symptom.len = (uint32_t)line->text.n;
        dump->symptom.named = line->prefix.named;
        dump->symptom.name = kps_sv_copy(scan->arena, line->prefix.name);
    }
    dump->line = line->number;
    return true;
}

static void scan_line(struct kps_scan *scan, struct kps_sv text, size_t off)
{
    struct line line = {.number = ++scan->lines, .off = off};
    text = kps_sv_slice(text, 0, KPS_SCAN_LINE_BYTES);
    line.prefix = kps_prefix_of(text);
    line.text = kps_sv_from(text, line.prefix.n);
    line.off += line.prefix.n;
    for (size_t i = 0; i < line.text.n; i++) {
        scan->small[i] = kps_lower(line.text.p[i]);
    }
    line.small = (struct kps_sv){scan->small, line.text.n};
    line.is_dump = take_dump(scan, &line);
    if (!has_sign(&line)) {
        return;
    }
    struct kps_match match = {.line = line.text, .fuel = KPS_MATCH_FUEL};
    size_t from = 0;
    for (unsigned i = 0; i < MATCHES_A_LINE; i++) {
        struct kps_catch caught = {.from = 0};
        const struct kps_scan_rule *rule = find_rule(scan, &match, &line, from, &caught);
        if (!rule) {
            break;
        }
        take(scan, &line, rule, &caught);
        from = caught.to;
    }
}

void kps_scan_settle(struct kps_scan *scan)
{
    close_dump(scan);
    scan->n_settled = scan->symptoms.n;
    scan->hint.line = 0;
}

void kps_scan_text(struct kps_scan *scan, struct kps_sv text, bool at_end)
{
    while (scan->done < text.n) {
        struct kps_sv rest = kps_sv_from(text, scan->done);
        size_t feed = kps_sv_find(rest, '\n');
        if (feed == rest.n && !at_end) {
            return;
        }
        size_t n = kps_sv_find(kps_sv_slice(rest, 0, feed), '\r');
        bool is_pair = n + 1 == feed && feed < rest.n;
        scan_line(scan, kps_sv_slice(rest, 0, n), scan->done);
        scan->done += n + (is_pair ? 2 : n < rest.n ? 1 : 0);
    }
    if (at_end) {
        kps_scan_settle(scan);
    }
}
