#include "diagnose/scan.h"

#include "diagnose/dump.h"
#include "diagnose/match.h"
#include "diagnose/merge.h"
#include "diagnose/prefix.h"
#include "diagnose/rules.h"

/*
 * How this works. Every line is put into small letters once; most have none of the words below and
 * are done with. For the others the rules are tried in their order, each only where the line has
 * the longest word of its pattern. What a rule catches becomes a symptom, or adds to one (merge.h).
 */
enum {
    MATCHES_A_LINE = 8,
    BIND_LINES =
        2, /* between the call and its error: the marks that newer Pythons put below a call */
    SHORTEST_BYTES = 8, /* no message is shorter; lines of a dump are */
    QUOTED_BYTES = 64,  /* of a longer match, only what begins with its endpoint is quoted */
};

/* A line without any of these has nothing to say about ports. */
static const struct kps_sv SIGNS[] = {
    SV_LIT("in use"),          SV_LIT("addrinuse"),     SV_LIT("allocated"),
    SV_LIT("already"),         SV_LIT("eacces"),        SV_LIT("denied"),
    SV_LIT("assign req"),      SV_LIT("eaddrnotavail"), SV_LIT("available"),
    SV_LIT("forbidden by"),    SV_LIT("only one "),     SV_LIT("free ports"),
    SV_LIT("failed to bind"),  SV_LIT("failed listen"), SV_LIT("failed to init"),
    SV_LIT("predicate"),       SV_LIT("on port"),       SV_LIT("winerror"),
    SV_LIT("to port"),         SV_LIT("port:"),         SV_LIT("{port,"),
    SV_LIT("occupied"),        SV_LIT("privileged p"),  SV_LIT("socket created"),
    SV_LIT("protocolhandler"), SV_LIT("being used"),    SV_LIT("addrnotavai"),
    SV_LIT("cannot bind"),     SV_LIT("server at"),     SV_LIT("multiple serv"),
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

static void set_name(struct kps_scan *scan, struct kps_symptom *symptom,
                     const struct kps_scan_rule *rule, const struct kps_catch *caught,
                     const struct kps_prefix *prefix)
{
    if (rule->named != KPS_SYMPTOM_NAMELESS && caught->name.n) {
        symptom->named = rule->named;
        symptom->name = caught->name;
        return;
    }
    symptom->named = prefix->named;
    symptom->name = prefix->name;
    if (prefix->namespace.n) {
        symptom->name =
            kps_fmt(scan->arena, "%.*s/%.*s", SV_ARG(prefix->namespace), SV_ARG(prefix->name));
    }
}

static enum kps_symptom_kind kind_of(const struct kps_scan_rule *rule,
                                     const struct kps_catch *caught)
{
    switch (caught->reason) {
    case KPS_REASON_NONE:
    case KPS_REASON_IN_USE:
        return caught->path.n && rule->kind == KPS_SYMPTOM_IN_USE ? KPS_SYMPTOM_SOCKET_FILE
                                                                  : rule->kind;
    case KPS_REASON_DENIED:
        return KPS_SYMPTOM_PRIVILEGED;
    case KPS_REASON_NO_ADDRESS:
        return KPS_SYMPTOM_NO_ADDRESS;
    case KPS_REASON_FORBIDDEN:
        return KPS_SYMPTOM_FORBIDDEN;
    }
    return rule->kind;
}

static struct kps_symptom symptom_of(struct kps_scan *scan, const struct line *line,
                                     const struct kps_scan_rule *rule,
                                     const struct kps_catch *caught)
{
    bool is_long = caught->to - caught->from > QUOTED_BYTES;
    size_t from = is_long ? caught->place : caught->from;
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
        .off = (uint32_t)(line->off + from),
        .len = (uint32_t)(caught->to - from),
    };
    if (caught->has_addr) {
        bool is_dual = (rule->flags & KPS_SCAN_DUAL) && !caught->one_family &&
                       caught->addr.kind == KPS_ADDR_ANY6;
        symptom.addrs[0] = is_dual ? (struct kps_addr){.kind = KPS_ADDR_EVERY} : caught->addr;
        symptom.n_addrs = 1;
    }
    if (symptom.protocol == KPS_PROTO_NONE && symptom.path.n == 0 &&
        !(rule->flags & KPS_SCAN_ANY_PROTOCOL)) {
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
    bool is_echo = !kps_symptom_has_place(&symptom) && (line->n_found || line->is_dump);
    if (is_about_files || is_echo || (rule->flags & KPS_SCAN_NOTHING)) {
        return;
    }
    if (rule->flags & KPS_SCAN_HINT) {
        kps_symptom_hint(scan, &symptom);
        return;
    }
    line->n_found++;
    kps_symptom_add(scan, &symptom);
}

static bool is_below_bind(const struct kps_scan *scan, const struct line *line)
{
    return scan->bind_line && line->number - scan->bind_line <= BIND_LINES;
}

/* The first rule that matches the line from `from` on. */
static const struct kps_scan_rule *find_rule(const struct kps_scan *scan, struct kps_match *match,
                                             const struct line *line, size_t from,
                                             struct kps_catch *ret)
{
    struct kps_sv small = kps_sv_from(line->small, from);
    for (size_t i = 0; kps_scan_rules[i].pattern && match->fuel; i++) {
        const struct kps_scan_rule *rule = &kps_scan_rules[i];
        struct kps_sv needle = scan->needles[i];
        bool is_off = (rule->flags & KPS_SCAN_BELOW_BIND) && !is_below_bind(scan, line);
        if (is_off || (needle.n && kps_sv_search(small, needle) == small.n)) {
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
        dump->symptom.kind =
            is_file && dump->kind == KPS_SYMPTOM_IN_USE ? KPS_SYMPTOM_SOCKET_FILE : dump->kind;
        dump->symptom.protocol = is_file ? KPS_PROTO_NONE : dump->symptom.protocol;
        dump->symptom.speaker = "Node.js";
        if (!is_file || dump->symptom.kind == KPS_SYMPTOM_SOCKET_FILE) {
            kps_symptom_add(scan, &dump->symptom);
        }
    }
    *dump = (struct kps_scan_dump){.line = 0};
}

/* Return: whether the line is part of a dump. */
static bool take_dump(struct kps_scan *scan, const struct line *line)
{
    struct kps_scan_dump *dump = &scan->dump;
    struct kps_symptom before = dump->symptom;
    bool may_begin = dump->line || kps_sv_search(line->text, SV("code")) < line->text.n ||
                     kps_sv_search(line->text, SV("errno")) < line->text.n;
    if (!may_begin) {
        return false;
    }
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
    if (text.n < SHORTEST_BYTES && scan->dump.line == 0) {
        return;
    }
    line.prefix = kps_prefix_of(text);
    line.text = kps_sv_from(text, line.prefix.n);
    line.off += line.prefix.n;
    for (size_t i = 0; i < line.text.n; i++) {
        scan->small[i] = kps_lower(line.text.p[i]);
    }
    line.small = (struct kps_sv){scan->small, line.text.n};
    line.is_dump = take_dump(scan, &line);
    scan->bind_line =
        kps_sv_search(line.text, SV(".bind(")) < line.text.n ? line.number : scan->bind_line;
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
