#include "diagnose/merge.h"

enum {
    ECHO_LINES = 12, /* so many lines after an error, one without a port says it again: Python's and
                        Java's traces */
    HINT_LINES = 8,  /* so far from an error may the line be that names its port */
};

static bool is_bind_failure(enum kps_symptom_kind kind)
{
    return kind == KPS_SYMPTOM_IN_USE || kind == KPS_SYMPTOM_MOVED ||
           kind == KPS_SYMPTOM_ENGINE_IN_USE || kind == KPS_SYMPTOM_UNAVAILABLE ||
           kind == KPS_SYMPTOM_ALLOCATED || kind == KPS_SYMPTOM_SOCKET_FILE;
}

/* Whether two messages are about one failure, as far as their kinds go. */
static bool is_kin(const struct kps_symptom *a, const struct kps_symptom *b)
{
    return a->kind == b->kind || (is_bind_failure(a->kind) && is_bind_failure(b->kind));
}

bool kps_symptom_has_place(const struct kps_symptom *symptom)
{
    return symptom->first != 0 || symptom->path.n != 0;
}

static bool is_near(const struct kps_symptom *a, const struct kps_symptom *b, uint32_t lines)
{
    uint32_t apart = a->line > b->line ? a->line - b->line : b->line - a->line;
    return apart <= lines && kps_sv_eq(a->name, b->name);
}

/*
 * Whether two messages can be of one program. What names only a language may be the trace below a
 * framework's own words.
 */
static bool is_one_speaker(const struct kps_symptom *a, const struct kps_symptom *b)
{
    static const struct {
        struct kps_sv language, framework;
    } families[] = {
        {SV_LIT("a Java program"), SV_LIT("Spring Boot")},
        {SV_LIT("a Java program"), SV_LIT("Tomcat")},
        {SV_LIT("a Java program"), SV_LIT("Elasticsearch")},
        {SV_LIT("a Python program"), SV_LIT("Django")},
        {SV_LIT("a Python program"), SV_LIT("gunicorn")},
    };
    struct kps_sv one = kps_sv_of(a->speaker);
    struct kps_sv other = kps_sv_of(b->speaker);
    if (one.n == 0 || other.n == 0 || kps_sv_eq(one, other)) {
        return true;
    }
    for (size_t i = 0; i < KPS_COUNT(families); i++) {
        if ((kps_sv_eq(one, families[i].language) && kps_sv_eq(other, families[i].framework)) ||
            (kps_sv_eq(other, families[i].language) && kps_sv_eq(one, families[i].framework))) {
            return true;
        }
    }
    return false;
}

static bool is_one_protocol(const struct kps_symptom *a, const struct kps_symptom *b)
{
    return a->protocol == b->protocol || a->protocol == KPS_PROTO_NONE ||
           b->protocol == KPS_PROTO_NONE;
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
    if (!kps_symptom_has_place(into)) {
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
        bool may_be_one = is_one_speaker(other, symptom);
        if (may_be_one && !kps_symptom_has_place(symptom) && is_near(other, symptom, ECHO_LINES)) {
            return other;
        }
        if (may_be_one && !kps_symptom_has_place(other) && kps_symptom_has_place(symptom) &&
            i > scan->n_settled && is_near(other, symptom, HINT_LINES)) {
            return other;
        }
        bool is_same_place = kps_symptom_has_place(symptom) && other->first == symptom->first &&
                             other->last == symptom->last &&
                             kps_sv_eq(other->path, symptom->path) &&
                             is_one_protocol(other, symptom);
        if (is_same_place) {
            return other;
        }
        bool both_nowhere = !kps_symptom_has_place(symptom) && !kps_symptom_has_place(other) &&
                            other->kind == symptom->kind;
        if (both_nowhere && may_be_one && kps_sv_eq(other->name, symptom->name)) {
            return other;
        }
    }
    return NULL;
}

void kps_symptom_add(struct kps_scan *scan, const struct kps_symptom *symptom)
{
    struct kps_symptom *same = find_same(scan, symptom);
    if (same) {
        bool is_settled = same < scan->symptoms.v + scan->n_settled;
        same->repeats++;
        if (same->first == symptom->first || !kps_symptom_has_place(symptom)) {
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
    if (!kps_symptom_has_place(new) && scan->hint.line && is_near(new, &scan->hint, HINT_LINES) &&
        is_one_speaker(new, &scan->hint)) {
        complete(new, &scan->hint);
    }
}

void kps_symptom_hint(struct kps_scan *scan, const struct kps_symptom *hint)
{
    scan->hint = *hint;
    scan->hint.path = kps_sv_copy(scan->arena, hint->path);
    scan->hint.name = kps_sv_copy(scan->arena, hint->name);
    for (uint32_t i = scan->symptoms.n; i > scan->n_settled; i--) {
        struct kps_symptom *symptom = &scan->symptoms.v[i - 1];
        if (!kps_symptom_has_place(symptom) && is_near(symptom, hint, HINT_LINES) &&
            is_one_speaker(symptom, hint)) {
            struct kps_symptom whole = *symptom;
            complete(&whole, hint);
            scan->symptoms.n--; /* and in again: it may be a repeat now */
            for (uint32_t k = i - 1; k < scan->symptoms.n; k++) {
                scan->symptoms.v[k] = scan->symptoms.v[k + 1];
            }
            kps_symptom_add(scan, &whole);
            return;
        }
    }
}
