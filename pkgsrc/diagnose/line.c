#include "diagnose/line.h"

#include <string.h>

enum {
    BEFORE_BYTES = 400,  /* how far before a reason its place may stand */
    BEHIND_BYTES = 120,  /* how far behind */
    CLOSE_BYTES = 24,    /* how far an address alone or a path may stand */
    VERB_BYTES = 32,     /* between the begin of "binding to" and a place */
    FILLER_BYTES = 64,   /* between a port and "in use" */
    PROTOCOL_BYTES = 80, /* how far before a place its protocol may stand */
    LEAST_BYTES = 256,   /* the least progress of a crowded piece, which bounds the time */
    SUBJECT_BYTES = 40,  /* between a place and the failure of its server */
    SAME_PORTS = 8,      /* places before and behind that may give the protocol of a port */
};

bool kps_line_is_reason(enum kps_phrase_meaning meaning)
{
    return meaning == KPS_PHRASE_IN_USE || meaning == KPS_PHRASE_DENIED ||
           meaning == KPS_PHRASE_NO_ADDRESS || meaning == KPS_PHRASE_FORBIDDEN;
}

/* Add a phrase to the passages of its line; a second wording of a reason widens the first. */
static void add_passage(struct kps_line *line, const struct kps_phrase_hit *hit)
{
    struct kps_passage *last = line->n_passages ? &line->passages[line->n_passages - 1] : NULL;
    bool is_again = last && kps_line_is_reason(hit->phrase->meaning) &&
                    last->phrase->meaning == hit->phrase->meaning &&
                    hit->from - last->to <= KPS_LINE_JOINED_BYTES;
    for (size_t i = 0; is_again && i < line->n_places; i++) {
        bool is_between = line->places[i].from >= last->to && line->places[i].to <= hit->from;
        is_again = !is_between;
    }
    if (is_again) {
        last->phrase = hit->phrase->flags & KPS_PHRASE_ALONE ? hit->phrase : last->phrase;
        last->to = hit->to;
        return;
    }
    line->passages[line->n_passages++] = (struct kps_passage){hit->phrase, hit->from, hit->to};
}

/*
 * Drop vague passages beside others, and "failed to bind" and "listening on" from a line with a
 * reason.
 */
static void drop_failures(struct kps_line *line)
{
    size_t kept = 0;
    bool has_other = false;
    for (size_t i = 0; i < line->n_passages; i++) {
        const struct kps_phrase *phrase = line->passages[i].phrase;
        has_other |= !(phrase->flags & KPS_PHRASE_VAGUE || phrase->meaning == KPS_PHRASE_CONTEXT);
    }
    for (size_t i = 0; i < line->n_passages; i++) {
        const struct kps_phrase *phrase = line->passages[i].phrase;
        bool is_failure =
            phrase->meaning == KPS_PHRASE_FAILED || phrase->meaning == KPS_PHRASE_START;
        bool is_vague = phrase->flags & KPS_PHRASE_VAGUE;
        if (!(is_failure && line->has_reason) && !(is_vague && has_other)) {
            line->passages[kept++] = line->passages[i];
        }
    }
    line->n_passages = kept;
}

/*
 * Return: is "permission denied" said of a file? Its path stands directly before, as in "open /a:
 * permission denied", or behind.
 */
static bool is_of_file(const struct kps_line *line, const struct kps_phrase_hit *hit)
{
    struct kps_sv small = line->small;
    size_t at = hit->from;
    while (at > 0 && memchr(" :'\"`", small.p[at - 1], 5)) {
        at--;
    }
    bool has_colon = kps_sv_find(kps_sv_slice(small, at, hit->from), ':') < hit->from - at;
    while (at > 0 && !kps_is_blank(small.p[at - 1]) && small.p[at - 1] != '"') {
        at--;
    }
    struct kps_sv before = kps_sv_slice(small, at, hit->from);
    struct kps_sv behind = kps_sv_from(small, hit->to);
    return (has_colon && kps_sv_has_head(before, "/")) || kps_sv_has_head(behind, ": /") ||
           kps_sv_has_head(behind, ": '/");
}

/* Return: is a number of an error the port of a place? "listening on port 10048" */
static bool is_in_place(const struct kps_line *line, const struct kps_phrase_hit *hit)
{
    bool is_inside = false;
    for (size_t i = 0; i < line->n_places && !is_inside; i++) {
        is_inside = line->places[i].place <= hit->from && hit->to <= line->places[i].to;
    }
    return is_inside;
}

/* Add the ports that the phrases themselves have. */
static void add_phrase_places(struct kps_line *line)
{
    for (size_t i = 0; i < line->n_hits && line->n_places + 1 < KPS_ENDPOINTS_A_LINE; i++) {
        const struct kps_phrase_hit *hit = &line->hits[i];
        size_t to = hit->to;
        if (!(hit->phrase->flags & KPS_PHRASE_HAS_PORT)) {
            continue;
        }
        while (!kps_is_digit(line->small.p[to - 1])) {
            to--;
        }
        size_t from = to;
        while (from > hit->from && kps_is_digit(line->small.p[from - 1])) {
            from--;
        }
        struct kps_endpoint place = {
            .form = KPS_ENDPOINT_WORD, .from = from, .to = to, .whole_to = to, .place = from};
        struct kps_sv number = kps_sv_slice(line->small, from, to);
        if (kps_endpoint_port(number, &place.first, &place.last)) {
            line->places[line->n_places++] = place;
        }
    }
}

/* Return: does the text between a reason and the place behind lead to another place? */
static bool leads_away(struct kps_sv between)
{
    return kps_sv_has_any(between, "try instead connect") ||
           kps_sv_contains(between, SV("using ")) || kps_sv_contains(between, SV(" -> "));
}

/* Return: the distance of the place from the passage; SIZE_MAX: no relation. */
static size_t distance_of(const struct kps_line *line, const struct kps_passage *passage,
                          const struct kps_endpoint *place)
{
    bool is_near_only = place->form == KPS_ENDPOINT_ADDRESS || place->form == KPS_ENDPOINT_PATH;
    if (place->place < passage->from) {
        size_t apart = place->to < passage->from ? passage->from - place->to : 0;
        size_t most = is_near_only ? 2 * CLOSE_BYTES : BEFORE_BYTES;
        return apart <= most ? apart : SIZE_MAX;
    }
    size_t apart = place->from > passage->to ? place->from - passage->to : 0;
    struct kps_sv between = kps_sv_slice(line->small, passage->to, place->from);
    size_t most = is_near_only ? CLOSE_BYTES : BEHIND_BYTES;
    return apart <= most && !leads_away(between) ? apart : SIZE_MAX;
}

/* The larger, the better a form tells where. */
static unsigned rank_of(const struct kps_endpoint *place)
{
    switch (place->form) {
    case KPS_ENDPOINT_PAIR:
    case KPS_ENDPOINT_WORD:
    case KPS_ENDPOINT_NUMBER:
    case KPS_ENDPOINT_PATH:
    case KPS_ENDPOINT_ANY:
        return 2;
    case KPS_ENDPOINT_OPTION:
        return 1;
    case KPS_ENDPOINT_ADDRESS:
        break;
    }
    return 0;
}

/* Find the place of the passage between the bounds. Return: NULL if there is none, or port 0. */
static const struct kps_endpoint *find_place(const struct kps_line *line, size_t number)
{
    const struct kps_passage *passage = &line->passages[number];
    size_t from = number ? line->passages[number - 1].to : 0;
    from = passage->phrase->meaning == KPS_PHRASE_FAILED ? passage->from : from;
    bool has_next = number + 1 < line->n_passages;
    size_t to = has_next ? line->passages[number + 1].from : line->small.n;
    const struct kps_endpoint *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = line->n_places; (passage->phrase->flags & KPS_PHRASE_HAS_PORT) && i > 0; i--) {
        const struct kps_endpoint *place = &line->places[i - 1]; /* its own is behind the others */
        if (place->place >= passage->from && place->place < passage->to) {
            return place;
        }
    }
    for (size_t i = 0; i < line->n_places; i++) {
        const struct kps_endpoint *place = &line->places[i];
        if (place->place < from || place->place > to) {
            continue;
        }
        size_t distance = distance_of(line, passage, place);
        if (distance == SIZE_MAX) {
            continue;
        }
        bool is_better = !best || rank_of(place) > rank_of(best) ||
                         (rank_of(place) == rank_of(best) && distance < best_distance);
        if (is_better) {
            best = place;
            best_distance = distance;
        }
    }
    return best && best->form != KPS_ENDPOINT_ANY ? best : NULL;
}

/* Return: do only words like "is already" stand between a port and its message? */
static bool is_filler(struct kps_sv between)
{
    static const char words[] =
        "is was are already http https failed tcp udp seems to be may currently port still has "
        "been might appears unavailable required by tomcat server at localhost but it that "
        /* in other languages, up to a letter that is not of ASCII: "já está" */
        "ist je bereits schon wird est d gi ya j jest ju al portu zaten er allerede on jo r redan";
    return kps_endpoint_is_filler(between, FILLER_BYTES, words, ".;");
}

/* Return: does a form of "bind" or "listen" lead to the place? */
static bool follows_bind(const struct kps_line *line, const struct kps_endpoint *place)
{
    size_t from = place->from > PROTOCOL_BYTES ? place->from - PROTOCOL_BYTES : 0;
    struct kps_sv before = kps_sv_slice(line->small, from, place->from);
    struct kps_sv near = kps_sv_from(before, before.n > VERB_BYTES ? before.n - VERB_BYTES : 0);
    bool listens = kps_sv_has_any(near, "listen") && !kps_sv_has_any(near, "listener");
    return (listens || kps_sv_has_any(near, "bind")) && !kps_sv_has_any(before, "connect");
}

/* Return: is "in use" or the like said of this place? */
static bool is_said_of(const struct kps_line *line, const struct kps_passage *passage,
                       const struct kps_endpoint *place)
{
    if (!place || place->form == KPS_ENDPOINT_ADDRESS) {
        return false;
    }
    bool is_behind = place->place < passage->from;
    if (passage->phrase->meaning == KPS_PHRASE_BEFORE) {
        return !is_behind && is_filler(kps_sv_slice(line->small, passage->to, place->from));
    }
    bool fits_form = passage->phrase->meaning == KPS_PHRASE_BEHIND
                         ? place->form == KPS_ENDPOINT_WORD || place->form == KPS_ENDPOINT_PAIR
                         : place->form == KPS_ENDPOINT_WORD;
    bool is_whole_before = place->whole_to > place->to && place->whole_to <= passage->from;
    size_t end = is_whole_before ? place->whole_to : place->to;
    bool lacks_bind =
        (passage->phrase->flags & KPS_PHRASE_NEEDS_BIND) && !follows_bind(line, place);
    return is_behind && !lacks_bind && fits_form &&
           is_filler(kps_sv_slice(line->small, end, passage->from));
}

/* Return: does the line speak of a server, and not of a connection? */
static bool is_server(const struct kps_line *line)
{
    bool listens = line->has_failure || kps_sv_has_any(line->small, "listen");
    return listens && !kps_sv_has_any(line->small, "connecting connect: connect(") &&
           !kps_sv_contains(line->small, SV("connect "));
}

/* Return: does a passage without a place say enough? */
static bool is_enough_alone(const struct kps_line *line, const struct kps_passage *passage)
{
    const struct kps_phrase *phrase = passage->phrase;
    unsigned meaning = phrase->meaning;
    switch (meaning) {
    case KPS_PHRASE_IN_USE:
        /* a container's address, which the engine gives out */
        return !(line->flags & KPS_PHRASE_ENGINE) || (line->flags & KPS_PHRASE_LISTENS);
    case KPS_PHRASE_PORT:
        return !(phrase->flags & KPS_PHRASE_GUESS) &&
               (passage->to == line->small.n || line->small.p[passage->to] != '?');
    case KPS_PHRASE_FORBIDDEN:
    case KPS_PHRASE_MESSAGE:
        return true;
    case KPS_PHRASE_DENIED:
    case KPS_PHRASE_NO_ADDRESS:
        return (phrase->flags & KPS_PHRASE_ALONE) || line->named == KPS_SYMPTOM_UNIT ||
               (meaning == KPS_PHRASE_NO_ADDRESS && is_server(line));
    default:
        return false;
    }
}

void kps_line_read_places(struct kps_line *line)
{
    size_t from = SIZE_MAX;
    size_t to = 0;
    for (size_t i = 0; i < line->n_hits; i++) {
        const struct kps_phrase_hit *hit = &line->hits[i];
        if (hit->phrase->meaning == KPS_PHRASE_NAME) {
            continue;
        }
        size_t begin = hit->from > BEFORE_BYTES ? hit->from - BEFORE_BYTES : 0;
        from = begin < from ? begin : from;
        to = hit->to + BEHIND_BYTES > to ? hit->to + BEHIND_BYTES : to;
    }
    to = to < line->small.n ? to : line->small.n;
    if (from < to) {
        line->n_places = kps_endpoint_find_all(line->text, line->small, from, to, line->places);
    }
}

size_t kps_line_drop_hits(struct kps_line *line, size_t from, size_t to)
{
    size_t kept = 0;
    size_t end = 0;
    for (size_t i = 0; i < line->n_hits; i++) {
        const struct kps_phrase_hit *hit = &line->hits[i];
        bool is_joined = kept && hit->from <= end + KPS_LINE_JOINED_BYTES &&
                         hit->from < to + KPS_LINE_JOINED_BYTES;
        if (hit->from >= from && (hit->from < to || is_joined)) {
            end = hit->to;
            line->hits[kept++] = *hit;
        }
    }
    line->n_hits = kept;
    return end > to ? end : to;
}

size_t kps_line_covered(const struct kps_line *line, size_t from, size_t to)
{
    size_t covered = to;
    if (line->n_hits == KPS_PHRASES_A_LINE) {
        covered = line->hits[line->n_hits - 1].from;
    }
    if (line->n_places == KPS_ENDPOINTS_A_LINE) {
        size_t end = line->places[line->n_places - 1].to;
        size_t last = end > BEHIND_BYTES ? end - BEHIND_BYTES : 0;
        covered = last < covered ? last : covered;
    }
    return covered >= from + LEAST_BYTES && covered < to ? covered : to;
}

/* Drop "in use" and the like that are said of no place: they would part a reason from its place. */
static void drop_unsaid(struct kps_line *line)
{
    for (size_t i = line->n_passages; i-- > 0;) {
        const struct kps_endpoint *place = NULL;
        unsigned meaning = line->passages[i].phrase->meaning;
        bool needs_place = meaning == KPS_PHRASE_BEHIND || meaning == KPS_PHRASE_BEHIND_WORD ||
                           meaning == KPS_PHRASE_BEFORE;
        if (needs_place && !kps_line_choose_place(line, i, &place)) {
            line->n_passages--;
            memmove(line->passages + i, line->passages + i + 1,
                    (line->n_passages - i) * sizeof(line->passages[0]));
        }
    }
}

void kps_line_survey(struct kps_line *line, bool is_below_bind)
{
    add_phrase_places(line);
    for (size_t i = 0; i < line->n_hits; i++) {
        const struct kps_phrase *phrase = line->hits[i].phrase;
        line->flags |= phrase->flags;
        line->is_client |= phrase->meaning == KPS_PHRASE_CLIENT;
        line->has_move |= phrase->meaning == KPS_PHRASE_MOVE;
        line->has_other |= phrase->meaning == KPS_PHRASE_OTHER;
        line->has_failure |= phrase->meaning == KPS_PHRASE_FAILED;
        if (phrase->meaning == KPS_PHRASE_CONTEXT && !line->context) {
            line->context = phrase;
        }
        line->speaker = line->speaker ? line->speaker : phrase->speaker;
    }
    line->speaker = line->context ? line->context->speaker : line->speaker;
    for (size_t i = 0; i < line->n_hits; i++) {
        const struct kps_phrase *phrase = line->hits[i].phrase;
        bool is_idle = phrase->meaning == KPS_PHRASE_NAME || phrase->meaning == KPS_PHRASE_MOVE ||
                       phrase->meaning == KPS_PHRASE_CLIENT || phrase->meaning == KPS_PHRASE_OTHER;
        bool lacks_verb =
            (phrase->flags & KPS_PHRASE_NEEDS_VERB) && !(line->flags & KPS_PHRASE_LISTENS);
        bool lacks_call = (phrase->flags & KPS_PHRASE_BELOW_BIND) && !is_below_bind;
        bool is_elsewhere =
            (phrase->meaning == KPS_PHRASE_DENIED && is_of_file(line, &line->hits[i])) ||
            ((phrase->flags & KPS_PHRASE_NEEDS_VERB) && is_in_place(line, &line->hits[i]));
        if (!is_idle && !lacks_verb && !lacks_call && !is_elsewhere) {
            add_passage(line, &line->hits[i]);
            line->has_reason = line->has_reason || kps_line_is_reason(phrase->meaning);
        }
    }
    line->has_reason |= line->has_other;
    drop_failures(line);
    if (line->has_reason) {
        drop_unsaid(line);
    }
}

bool kps_line_choose_place(const struct kps_line *line, size_t number,
                           const struct kps_endpoint **ret)
{
    const struct kps_passage *passage = &line->passages[number];
    const struct kps_phrase *phrase = passage->phrase;
    *ret = phrase->flags & KPS_PHRASE_NO_PLACE ? NULL : find_place(line, number);
    const struct kps_endpoint *place = *ret;
    unsigned meaning = phrase->meaning;
    switch (meaning) {
    case KPS_PHRASE_BEHIND:
    case KPS_PHRASE_BEHIND_WORD:
    case KPS_PHRASE_BEFORE:
        return is_said_of(line, passage, place);
    case KPS_PHRASE_FAILED:
        return place && place->first != 0 && place->place >= passage->from;
    case KPS_PHRASE_CONTEXT:
        return (phrase->flags & KPS_PHRASE_ALONE) && !line->has_reason && place && place->first;
    case KPS_PHRASE_HINT:
        return place && place->place >= passage->from &&
               (place->first || place->form != KPS_ENDPOINT_NUMBER);
    case KPS_PHRASE_START:
        return place && place->first && place->place >= passage->from &&
               place->place <= passage->to;
    case KPS_PHRASE_DENIED:
    case KPS_PHRASE_NO_ADDRESS: {
        bool has_port = place && (place->first || place->form == KPS_ENDPOINT_ADDRESS);
        return has_port ? (line->flags & KPS_PHRASE_LISTENS) != 0
                        : !place && is_enough_alone(line, passage);
    }
    case KPS_PHRASE_IN_USE:
        return (place && place->form != KPS_ENDPOINT_ADDRESS) || is_enough_alone(line, passage);
    default:
        return place || is_enough_alone(line, passage);
    }
}

struct kps_protocol_word kps_line_find_protocol(const struct kps_line *line,
                                                const struct kps_endpoint *place,
                                                const struct kps_passage *passage)
{
    struct kps_protocol_word found = {KPS_PROTO_NONE, false, 0};
    size_t end = place ? place->place : passage->from;
    size_t from = end > PROTOCOL_BYTES ? end - PROTOCOL_BYTES : 0;
    for (size_t at = end; at > from && !found.n; at--) {
        char before = at > 1 ? line->small.p[at - 2] : ' ';
        bool is_start = !kps_is_alpha(before) && before != '-'; /* "turn-udp" is a name */
        if (is_start && memchr("tusdq", line->small.p[at - 1], 5)) {
            found = kps_protocol_word_read(line->small, at - 1);
        }
    }
    for (size_t at = place ? place->to : end; !found.n && at < end + CLOSE_BYTES; at++) {
        bool is_mark = at < line->small.n &&
                       (kps_is_blank(line->small.p[at]) || memchr("(/[]", line->small.p[at], 4));
        if (!is_mark) {
            found = kps_protocol_word_read(line->small, at);
            break;
        }
    }
    size_t number = place ? (size_t)(place - line->places) : line->n_places;
    size_t last = number + SAME_PORTS < line->n_places ? number + SAME_PORTS : line->n_places;
    for (size_t i = number > SAME_PORTS ? number - SAME_PORTS : 0;
         place && found.protocol == KPS_PROTO_NONE && i < last; i++) {
        const struct kps_endpoint *other = &line->places[i];
        found.protocol = other->first == place->first ? other->protocol : found.protocol;
    }
    return found;
}

const struct kps_endpoint *kps_line_place_before(const struct kps_line *line, size_t number)
{
    const struct kps_passage *passage = &line->passages[number];
    for (size_t i = line->n_places; i-- > 0;) {
        const struct kps_endpoint *place = &line->places[i];
        bool has_port =
            place->first && (place->form == KPS_ENDPOINT_PAIR || place->form == KPS_ENDPOINT_WORD);
        if (place->to <= passage->from) {
            return has_port && passage->from - place->to <= SUBJECT_BYTES ? place : NULL;
        }
    }
    return NULL;
}
