#include "diagnose/scan.h"

#include <string.h>

#include "diagnose/dump.h"
#include "diagnose/endpoint.h"
#include "diagnose/kin.h"
#include "diagnose/line.h"
#include "diagnose/phrase.h"
#include "diagnose/prefix.h"
#include "diagnose/protocol_word.h"
#include "diagnose/wrap.h"

/*
 * How a line is read: its passages take their places (line.h); the meaning of a phrase and the
 * place become a symptom, or add to an earlier symptom.
 */
enum {
    BIND_LINES = 2,     /* between a call of bind() and its error: newer Pythons mark the call */
    SHORTEST_BYTES = 8, /* no message is shorter; lines of a dump are */
    FRAME_BYTES = 192,  /* of a line, in which a frame of a trace begins */
    QUOTED_BYTES = 64,  /* of a longer passage only the place and the text behind are quoted */
    AHEAD_BYTES = 448,  /* of a piece before its own hits: a place, and an earlier wording */
    AFTER_BYTES = 192,  /* … and behind them */
};

void kps_scan_begin(struct kps_scan *scan, struct kps_arena *arena)
{
    *scan = (struct kps_scan){.arena = arena, .found = {.arena = arena}, .messages = 1};
    scan->phrases = kps_phrase_index_new(arena);
    scan->small = kps_alloc(arena, KPS_SCAN_LINE_BYTES);
    scan->joined = kps_alloc(arena, KPS_WRAP_BYTES);
    scan->lists = KPS_NEW(arena, struct kps_line_lists);
}

void kps_scan_free(struct kps_scan *scan)
{
    kps_vec_free(&scan->found.all);
}

static enum kps_symptom_kind kind_of(const struct kps_line *line, const struct kps_phrase *phrase,
                                     const struct kps_endpoint *place)
{
    unsigned meaning = phrase->meaning;
    switch (meaning) {
    case KPS_PHRASE_DENIED:
        return KPS_SYMPTOM_PRIVILEGED;
    case KPS_PHRASE_NO_ADDRESS:
        return KPS_SYMPTOM_NO_ADDRESS;
    case KPS_PHRASE_FORBIDDEN:
        return KPS_SYMPTOM_FORBIDDEN;
    case KPS_PHRASE_MESSAGE:
        return phrase->kind;
    default:
        break;
    }
    if (line->context) {
        return line->context->kind;
    }
    return place && place->path.n ? KPS_SYMPTOM_SOCKET_FILE : KPS_SYMPTOM_IN_USE;
}

/* Name the program that requested the port of a line, by its phrases or its prefix. */
static void name_line(struct kps_scan *scan, struct kps_line *line)
{
    for (size_t i = 0; i < line->n_hits; i++) {
        unsigned flags = line->hits[i].phrase->flags;
        enum kps_symptom_name named = KPS_SYMPTOM_NAMELESS;
        named = flags & KPS_PHRASE_NAMES_CONTAINER ? KPS_SYMPTOM_CONTAINER : named;
        named = flags & KPS_PHRASE_NAMES_SERVICE ? KPS_SYMPTOM_SERVICE : named;
        named = flags & KPS_PHRASE_NAMES_POD ? KPS_SYMPTOM_POD : named;
        named = flags & KPS_PHRASE_NAMES_UNIT ? KPS_SYMPTOM_UNIT : named;
        if (named == KPS_SYMPTOM_NAMELESS) {
            continue;
        }
        struct kps_sv name = named == KPS_SYMPTOM_UNIT
                                 ? kps_prefix_unit_before(line->text, line->hits[i].from)
                                 : kps_prefix_name_behind(line->text, line->hits[i].to);
        if (name.n) {
            line->named = named;
            line->name = name;
            return;
        }
    }
    line->named = line->prefix.named;
    line->name = line->prefix.name;
    if (line->prefix.namespace.n) {
        line->name = kps_fmt(scan->arena, "%.*s/%.*s", SV_ARG(line->prefix.namespace),
                             SV_ARG(line->prefix.name));
    }
}

static void set_place(const struct kps_line *line, const struct kps_passage *passage,
                      const struct kps_endpoint *place, struct kps_symptom *symptom)
{
    struct kps_protocol_word protocol = kps_line_find_protocol(line, place, passage);
    bool is_udp = passage->phrase->flags & KPS_PHRASE_UDP;
    if (place) {
        symptom->first = place->first;
        symptom->last = place->last;
        symptom->path = place->path;
        symptom->protocol = place->protocol;
    }
    if (place && place->has_addr) {
        bool is_one_family = protocol.is_one_family || (line->flags & KPS_PHRASE_ONE_FAMILY);
        bool is_dual = place->addr.kind == KPS_ADDR_ANY6 && !is_one_family;
        symptom->addrs[0] = is_dual ? (struct kps_addr){.kind = KPS_ADDR_EVERY} : place->addr;
        symptom->n_addrs = 1;
    }
    if (symptom->path.n || symptom->protocol != KPS_PROTO_NONE) {
        return;
    }
    symptom->protocol = protocol.protocol;
    bool is_open = (line->flags & KPS_PHRASE_OPEN) && !(is_udp && symptom->first);
    if (symptom->protocol != KPS_PROTO_NONE || symptom->first == 0 || is_open) {
        return;
    }
    if (is_udp && !place->has_no_host) {
        symptom->protocol = KPS_UDP;
    } else if (!kps_protocol_word_is_udp(symptom->first)) {
        symptom->protocol = KPS_TCP;
    }
}

/* Quote the passage with its place; of a long passage only the place and the text behind. */
static void set_quote(const struct kps_line *line, const struct kps_passage *passage,
                      const struct kps_endpoint *place, struct kps_symptom *symptom)
{
    size_t from = passage->from;
    size_t to = passage->to;
    if (place) {
        from = place->from < from ? place->from : from;
        to = place->to > to ? place->to : to;
    }
    if (place && to - from > QUOTED_BYTES) {
        from = place->place;
        to = place->to;
    }
    if (line->seam) { /* of two lines the first */
        from = from < line->seam ? from : passage->from;
        to = to < line->seam ? to : line->seam;
    }
    symptom->off = (uint32_t)(line->off + from);
    symptom->len = (uint32_t)(to - from);
}

/* Read the port used instead: the number of the phrase ("trying 3001"), or directly behind it. */
static uint16_t read_move(const struct kps_line *line, const struct kps_phrase_hit *hit)
{
    struct kps_sv small = line->small;
    uint16_t port = 0;
    uint16_t last = 0;
    size_t at = hit->to;
    while (kps_is_digit(small.p[at - 1])) {
        at--;
    }
    bool is_vague = kps_sv_ends_with_any(kps_sv_head(small, at), "another next different");
    while (at < small.n && memchr(" :#'\"=", small.p[at], 6)) {
        is_vague &= small.p[at] != ':';
        at++;
        if (kps_sv_has_head(kps_sv_from(small, at), "port")) {
            is_vague = false;
            at += 4;
        }
    }
    if (is_vague) {
        return 0;
    }
    (void)kps_endpoint_port(kps_sv_from(small, at), &port, &last);
    for (size_t i = 0; i < line->n_places && port == 0; i++) {
        const struct kps_endpoint *place = &line->places[i];
        bool is_here = place->from >= hit->from && place->from <= at && place->to > at;
        port = is_here ? place->first : 0;
    }
    return port;
}

/* Find the port used instead, behind the passage. */
static void set_move(const struct kps_line *line, const struct kps_passage *passage,
                     struct kps_symptom *symptom)
{
    for (size_t i = 0; i < line->n_hits && line->has_move; i++) {
        const struct kps_phrase_hit *hit = &line->hits[i];
        if (hit->phrase->meaning != KPS_PHRASE_MOVE || hit->from < passage->to) {
            continue;
        }
        if (kps_sv_has_any(line->small, "instead?")) {
            return;
        }
        symptom->kind = KPS_SYMPTOM_MOVED;
        symptom->moved_to = read_move(line, hit);
        return;
    }
}

static struct kps_symptom symptom_of(const struct kps_line *line, const struct kps_passage *passage,
                                     const struct kps_endpoint *place)
{
    const struct kps_phrase *phrase = passage->phrase;
    struct kps_symptom symptom = {
        .kind = kind_of(line, phrase, place),
        .rule = phrase->rule,
        .is_warning = phrase->flags & KPS_PHRASE_WARNS,
        .is_of_engine = line->context && line->context->kind == KPS_SYMPTOM_ENGINE_IN_USE,
        .is_guess = phrase->meaning == KPS_PHRASE_FAILED || (phrase->flags & KPS_PHRASE_GUESS),
        .speaker = line->speaker,
        .is_unexplained = phrase->meaning == KPS_PHRASE_CONTEXT,
        .line = line->number,
        .message = line->message,
        .named = line->named,
        .name = line->name,
    };
    bool is_message = phrase->meaning == KPS_PHRASE_MESSAGE && phrase->speaker;
    symptom.speaker = is_message ? phrase->speaker : symptom.speaker;
    set_place(line, passage, place, &symptom);
    set_quote(line, passage, place, &symptom);
    if (symptom.kind == KPS_SYMPTOM_IN_USE) {
        set_move(line, passage, &symptom);
    }
    if (phrase->flags & KPS_PHRASE_NAMES_HOLDER) {
        symptom.holder = kps_prefix_name_behind(line->text, passage->to);
    }
    return symptom;
}

/* Add the symptom of a passage and a place. */
static void add_symptom(struct kps_scan *scan, struct kps_line *line,
                        const struct kps_passage *passage, const struct kps_endpoint *place)
{
    struct kps_symptom symptom = symptom_of(line, passage, place);
    bool is_about_file = symptom.path.n && symptom.kind != KPS_SYMPTOM_SOCKET_FILE;
    bool is_echo = !kps_kin_has_place(&symptom) && (line->n_found || line->is_dump);
    if (is_about_file || is_echo) {
        return;
    }
    if (passage->phrase->meaning == KPS_PHRASE_HINT) {
        kps_symptom_list_add_hint(&scan->found, &symptom);
        return;
    }
    if (passage->phrase->meaning == KPS_PHRASE_START) {
        kps_symptom_list_add_start(&scan->found, &symptom);
        return;
    }
    line->n_found++;
    line->n_known += symptom.is_guess ? 0 : 1;
    kps_symptom_list_add(&scan->found, &symptom);
}

/*
 * Use a reason without a place, which does not count alone: for a failure above, or for the place
 * that a hint names. Return: is it used up?
 */
static bool use_reason(struct kps_scan *scan, struct kps_line *line,
                       const struct kps_passage *passage, bool is_counted)
{
    struct kps_symptom symptom = symptom_of(line, passage, NULL);
    bool is_below_call = scan->bind_message && line->message - scan->bind_message <= BIND_LINES;
    if (kps_symptom_list_explain(&scan->found, &symptom)) {
        line->n_known++;
        return true;
    }
    if (!is_counted && (is_below_call || kps_sv_has_any(line->small, "bind listen"))) {
        kps_symptom_list_add_pending(&scan->found, &symptom);
    }
    return false;
}

/* Keep "failed to bind" without a place: the reason may stand below, the port before it. */
static void note_failure(struct kps_scan *scan, const struct kps_line *line, size_t number)
{
    const struct kps_endpoint *place = kps_line_place_before(line, number);
    scan->bind_message = line->message;
    if (place) {
        struct kps_symptom hint = symptom_of(line, &line->passages[number], place);
        kps_symptom_list_add_hint(&scan->found, &hint);
    }
}

static void read_passage(struct kps_scan *scan, struct kps_line *line, size_t number)
{
    const struct kps_passage *passage = &line->passages[number];
    const struct kps_endpoint *place = NULL;
    bool is_counted = kps_line_choose_place(line, number, &place);
    unsigned meaning = passage->phrase->meaning;
    if (meaning == KPS_PHRASE_FAILED && !is_counted) {
        note_failure(scan, line, number);
    }
    bool is_reason_alone = !place && kps_line_is_reason(meaning) && meaning != KPS_PHRASE_IN_USE;
    bool is_used = is_reason_alone && use_reason(scan, line, passage, is_counted);
    if (is_used || !is_counted) {
        return;
    }
    if (!place) {
        add_symptom(scan, line, passage, NULL);
        return;
    }
    const struct kps_endpoint *end = line->places + line->n_places;
    while (place > line->places && place->is_next) {
        place--; /* "ports 80 and 443": each of them */
    }
    do {
        add_symptom(scan, line, passage, place++);
    } while (place < end && place->is_next);
}

static void close_dump(struct kps_scan *scan)
{
    struct kps_scan_dump *dump = &scan->dump;
    if (dump->line && kps_dump_is_symptom(dump)) {
        bool is_file = dump->symptom.path.n != 0;
        bool is_busy = dump->kind == KPS_SYMPTOM_IN_USE;
        dump->symptom.kind = is_file && is_busy ? KPS_SYMPTOM_SOCKET_FILE : dump->kind;
        dump->symptom.protocol = is_file ? KPS_PROTO_NONE : dump->symptom.protocol;
        dump->symptom.speaker = "Node.js";
        if (!is_file || dump->symptom.kind == KPS_SYMPTOM_SOCKET_FILE) {
            kps_symptom_list_add(&scan->found, &dump->symptom);
        }
    }
    *dump = (struct kps_scan_dump){.line = 0};
}

/* Return: is the line only a field that an error object may begin with? */
static bool is_field_line(struct kps_sv text)
{
    text = kps_sv_trim(text);
    return kps_sv_has_head(text, "address: ") || kps_sv_has_head(text, "port: ");
}

/*
 * Read the fields of an error object in the line. Return: is the line part of an object known as an
 * error of the system?
 */
static bool read_dump(struct kps_scan *scan, const struct kps_line *line)
{
    struct kps_scan_dump *dump = &scan->dump;
    struct kps_symptom before = dump->symptom;
    bool may_begin =
        dump->line || kps_sv_has_any(line->text, "code errno syscall") || is_field_line(line->text);
    if (!may_begin) {
        return false;
    }
    if (kps_dump_take(dump, scan->arena, line->text) == 0) {
        close_dump(scan);
        return false;
    }
    if (before.line == 0) {
        dump->symptom.line = line->number;
        dump->symptom.message = line->message;
        dump->symptom.off = (uint32_t)line->off;
        dump->symptom.len = (uint32_t)line->text.n;
        dump->symptom.named = line->prefix.named;
        dump->symptom.name = kps_sv_copy(scan->arena, line->prefix.name);
    }
    dump->line = line->number;
    return dump->has_code;
}

/* Find the phrases of a line, in small letters. */
static void find_phrases(struct kps_scan *scan, struct kps_line *line)
{
    for (size_t i = 0; i < line->text.n; i++) {
        scan->small[i] = kps_lower(line->text.p[i]);
    }
    line->small = (struct kps_sv){scan->small, line->text.n};
    line->n_hits = kps_phrase_find_all(scan->phrases, line->small, line->hits);
}

/* Return: does the place of a known reason stand behind the seam of two lines? */
static bool is_place_across(const struct kps_line *line, size_t number)
{
    const struct kps_endpoint *place = NULL;
    return line->is_told && kps_line_choose_place(line, number, &place) && place &&
           place->from >= line->seam;
}

/* Return: does a phrase go on behind the seam of two lines, or follow the last words before it? */
static bool is_across(const struct kps_line *line, const struct kps_phrase *phrase, size_t from,
                      size_t to)
{
    static const struct kps_sv filler = SV_LIT(" already ");
    bool is_behind =
        phrase->meaning == KPS_PHRASE_BEHIND && from >= line->seam && from <= line->seam + filler.n;
    return is_behind ||
           (kps_phrase_can_wrap(phrase->meaning) && from < line->seam && to > line->seam);
}

/* Read the passages of a line; of two lines, those across the seam. */
static void read_passages(struct kps_scan *scan, struct kps_line *line)
{
    kps_line_survey(line, scan->bind_line && line->number - scan->bind_line <= BIND_LINES);
    if (line->has_other && line->n_passages == 0) {
        struct kps_symptom other = {.message = line->message, .name = line->prefix.name};
        kps_symptom_list_drop_guess(&scan->found, &other);
    }
    if (line->n_passages && !line->is_client) {
        name_line(scan, line);
    }
    for (size_t i = 0; i < line->n_passages && !line->is_client; i++) {
        const struct kps_passage *passage = &line->passages[i];
        if (!line->seam || is_across(line, passage->phrase, passage->from, passage->to) ||
            is_place_across(line, i)) {
            read_passage(scan, line, i);
        }
    }
}

/*
 * Find the symptoms of a line, or of a piece of one, whose own hits are in [from, to). Return: the
 * end of the hits that were read: `to`, or less in a crowded piece.
 */
static size_t scan_piece(struct kps_scan *scan, struct kps_line *line, size_t from, size_t to)
{
    find_phrases(scan, line);
    line->is_dump = from == 0 && !line->seam && read_dump(scan, line);
    if (kps_sv_has_any(line->text, ".bind(")) {
        scan->bind_line = line->number;
        scan->bind_message = line->message;
    }
    size_t end = kps_line_drop_hits(line, from, kps_line_covered(line, from, to));
    if (line->n_hits == 0) {
        return end;
    }
    kps_line_read_places(line);
    size_t covered = kps_line_covered(line, from, end);
    end = covered < end ? kps_line_drop_hits(line, from, covered) : end;
    read_passages(scan, line);
    return end;
}

/* Return: does a frame of a trace begin behind the first indent of the line that has one there? */
static bool is_frame(struct kps_scan *scan, struct kps_sv line)
{
    for (size_t at = 1; at < line.n && at < FRAME_BYTES; at++) {
        char before = line.p[at - 1];
        if ((before != ' ' && before != '\t' && before != 't') || kps_is_blank(line.p[at])) {
            continue; /* most bytes */
        }
        char second = at > 1 ? line.p[at - 2] : ' ';
        bool is_indented = before == '\t' || (before == ' ' && kps_is_blank(second)) ||
                           (before == 't' && second == '\\'); /* in a text of JSON */
        if (!is_indented) {
            continue;
        }
        struct kps_sv words = kps_sv_from(line, at);
        scan->is_below_frame = kps_sv_has_head(words, "File \"") ||
                               kps_sv_has_head(words, "File \\\""); /* in a text of JSON */
        if (scan->is_below_frame || kps_sv_starts_with_any(words, "at from ...")) {
            return true;
        }
    }
    return false;
}

/*
 * Return: is the message blank, or a frame of a trace, behind any prefix? Python's frames have two
 * lines.
 */
static bool is_trace_line(struct kps_scan *scan, struct kps_sv line, size_t prefix)
{
    bool is_source = scan->is_below_frame;
    scan->is_below_frame = false;
    return is_frame(scan, line) || is_source || kps_sv_trim(kps_sv_from(line, prefix)).n == 0;
}

static void begin_line(const struct kps_scan *scan, const struct kps_prefix *prefix,
                       struct kps_line *line)
{
    *line = (struct kps_line){.number = scan->lines,
                              .message = scan->messages,
                              .prefix = *prefix,
                              .hits = scan->lists->hits,
                              .places = scan->lists->places,
                              .passages = scan->lists->passages};
}

/* Scan the end of a wrapped line together with the next, which has no answer by itself. */
static void scan_wrap(struct kps_scan *scan, struct kps_scan_line before, struct kps_sv text,
                      struct kps_sv next)
{
    struct kps_prefix prefix = kps_prefix_of(kps_sv_head(text, KPS_SCAN_LINE_BYTES));
    struct kps_wrap wrap;
    bool is_done = false;
    for (size_t n = KPS_WRAP_BLANKS; n-- > 0 && !is_done;) {
        if (!kps_wrap_join(text, prefix.n, next, n, scan->joined, &wrap)) {
            return;
        }
        if (before.is_told && wrap.text.p[wrap.seam + n] != ',') {
            return;
        }
        struct kps_line line;
        begin_line(scan, &prefix, &line);
        line.is_told = before.is_told;
        line.text = wrap.text;
        line.off = before.off + wrap.from;
        line.number--;
        line.seam = wrap.seam;
        (void)scan_piece(scan, &line, 0, SIZE_MAX); /* its phrases across the seam */
        is_done = line.n_known > 0;
    }
}

/* Return: is the last symptom of this line, and without a place? */
static bool lacks_last_place(const struct kps_scan *scan)
{
    const struct kps_symptom_list *list = &scan->found;
    const struct kps_symptom *last = list->all.n ? &list->all.v[list->all.n - 1] : NULL;
    return last && last->line == scan->lines && !kps_kin_has_place(last);
}

/*
 * Scan a line, a long one in overlapping pieces. Each piece has hits of its own, with the text
 * before and behind in which their places may stand. Return: does the line tell a reason?
 */
static bool scan_line(struct kps_scan *scan, struct kps_sv text, size_t off)
{
    scan->lines++;
    struct kps_sv start = kps_sv_head(text, KPS_SCAN_LINE_BYTES);
    struct kps_prefix prefix = kps_prefix_of(start);
    scan->messages += is_trace_line(scan, start, prefix.n) ? 0 : 1;
    scan->wrapped.n = 0;
    if (text.n < SHORTEST_BYTES && scan->dump.line == 0) {
        return false;
    }
    unsigned n_known = 0;
    struct kps_sv end_of_line = {scan->small, 0};
    size_t done = prefix.n; /* hits before are read */
    for (bool has_more = true; has_more;) {
        size_t at = done > prefix.n + AHEAD_BYTES ? done - AHEAD_BYTES : prefix.n;
        bool is_last = at + KPS_SCAN_LINE_BYTES >= text.n;
        size_t to = is_last ? SIZE_MAX : KPS_SCAN_LINE_BYTES - AFTER_BYTES;
        struct kps_line line;
        begin_line(scan, &prefix, &line);
        line.text = kps_sv_slice(text, at, at + KPS_SCAN_LINE_BYTES);
        line.off = off + at;
        size_t end = scan_piece(scan, &line, done - at, to);
        has_more = end != SIZE_MAX;
        done = at + end;
        n_known += line.n_known;
        end_of_line.n = line.text.n;
    }
    bool lacks_place = n_known && lacks_last_place(scan);
    if (text.n >= KPS_WRAP_LEAST &&
        (lacks_place || (n_known == 0 && kps_phrase_is_cut(scan->phrases, end_of_line)))) {
        scan->wrapped = (struct kps_scan_line){off, text.n, lacks_place};
    }
    return n_known > 0;
}

void kps_scan_settle(struct kps_scan *scan)
{
    close_dump(scan);
    kps_symptom_list_settle(&scan->found);
}

/*
 * Find the end of the line that begins at scan->done, from scan->searched on. Return: is the end
 * known?
 */
static bool find_line_end(struct kps_scan *scan, struct kps_sv text, bool at_end)
{
    while (scan->searched < text.n) {
        char c = text.p[scan->searched];
        bool is_last = scan->searched + 1 == text.n;
        if (c == '\n' || (c == '\r' && !is_last)) {
            return true;
        }
        if (c == '\r') {
            return at_end; /* a line feed may follow */
        }
        scan->searched++;
    }
    return at_end;
}

void kps_scan_text(struct kps_scan *scan, struct kps_sv text, bool at_end)
{
    while (scan->done < text.n && find_line_end(scan, text, at_end)) {
        size_t end = scan->searched;
        struct kps_scan_line wrapped = scan->wrapped;
        struct kps_sv line = kps_sv_slice(text, scan->done, end);
        bool is_known = scan_line(scan, line, scan->done);
        if (wrapped.n && !is_known) {
            scan_wrap(scan, wrapped, kps_sv_slice(text, wrapped.off, wrapped.off + wrapped.n),
                      line);
        }
        bool is_pair = end + 1 < text.n && text.p[end] == '\r' && text.p[end + 1] == '\n';
        end += is_pair ? 2 : 1;
        scan->done = end < text.n ? end : text.n;
        scan->searched = scan->done;
    }
    if (at_end) {
        kps_scan_settle(scan);
    }
}

bool kps_scan_has_symptom(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_scan scan;
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, text, true);
    bool has_symptom = scan.found.all.n > 0;
    kps_scan_free(&scan);
    return has_symptom;
}
