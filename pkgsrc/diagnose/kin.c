#include "diagnose/kin.h"

static bool is_bind_failure(enum kps_symptom_kind kind)
{
    return kind == KPS_SYMPTOM_IN_USE || kind == KPS_SYMPTOM_MOVED ||
           kind == KPS_SYMPTOM_ENGINE_IN_USE || kind == KPS_SYMPTOM_UNAVAILABLE ||
           kind == KPS_SYMPTOM_ALLOCATED || kind == KPS_SYMPTOM_SOCKET_FILE;
}

static bool is_socket_failure(enum kps_symptom_kind kind)
{
    return is_bind_failure(kind) || kind == KPS_SYMPTOM_PRIVILEGED ||
           kind == KPS_SYMPTOM_FORBIDDEN || kind == KPS_SYMPTOM_NO_ADDRESS;
}

bool kps_kin_is_related(const struct kps_symptom *a, const struct kps_symptom *b)
{
    bool is_open = a->is_guess || b->is_guess;
    /* Windows refuses the port, and the program calls it in use */
    bool is_refused = (a->kind == KPS_SYMPTOM_FORBIDDEN && b->kind == KPS_SYMPTOM_IN_USE) ||
                      (b->kind == KPS_SYMPTOM_FORBIDDEN && a->kind == KPS_SYMPTOM_IN_USE);
    return a->kind == b->kind || is_refused ||
           (is_bind_failure(a->kind) && is_bind_failure(b->kind)) ||
           (is_open && is_socket_failure(a->kind) && is_socket_failure(b->kind));
}

bool kps_kin_has_place(const struct kps_symptom *symptom)
{
    return symptom->first != 0 || symptom->path.n != 0;
}

bool kps_kin_is_near(const struct kps_symptom *a, const struct kps_symptom *b, uint32_t lines)
{
    uint32_t apart = a->message > b->message ? a->message - b->message : b->message - a->message;
    bool is_unit = (a->named == KPS_SYMPTOM_UNIT && b->named == KPS_SYMPTOM_NAMELESS) ||
                   (b->named == KPS_SYMPTOM_UNIT && a->named == KPS_SYMPTOM_NAMELESS);
    return apart <= lines && (is_unit || kps_sv_eq(a->name, b->name));
}

bool kps_kin_is_one_speaker(const struct kps_symptom *a, const struct kps_symptom *b)
{
    static const struct {
        const char *language, *framework;
    } families[] = {
        {"a Java program", "Spring Boot"},   {"a Java program", "Tomcat"},
        {"a Java program", "Elasticsearch"}, {"a Python program", "Django"},
        {"a Python program", "gunicorn"},    {"a Ruby program", "Logstash"},
        {"a Java program", "Logstash"},
    };
    struct kps_sv one = kps_sv_of(a->speaker);
    struct kps_sv other = kps_sv_of(b->speaker);
    if (one.n == 0 || other.n == 0 || kps_sv_eq(one, other)) {
        return true;
    }
    for (size_t i = 0; i < KPS_COUNT(families); i++) {
        if ((kps_sv_is(one, families[i].language) && kps_sv_is(other, families[i].framework)) ||
            (kps_sv_is(other, families[i].language) && kps_sv_is(one, families[i].framework))) {
            return true;
        }
    }
    return false;
}

bool kps_kin_may_complete(const struct kps_symptom *symptom, const struct kps_symptom *hint)
{
    bool is_file = symptom->kind == KPS_SYMPTOM_SOCKET_FILE;
    return kps_kin_is_one_speaker(symptom, hint) && (!is_file || hint->path.n);
}

bool kps_kin_is_one_protocol(const struct kps_symptom *a, const struct kps_symptom *b)
{
    return a->protocol == b->protocol || a->protocol == KPS_PROTO_NONE ||
           b->protocol == KPS_PROTO_NONE;
}

void kps_kin_join_addresses(struct kps_symptom *into, const struct kps_symptom *from)
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

bool kps_kin_explain(struct kps_symptom *open, const struct kps_symptom *reason)
{
    bool lacks_reason = open->is_guess || open->is_unexplained;
    if (!lacks_reason || reason->is_guess || !is_socket_failure(reason->kind)) {
        return false;
    }
    /* "in use" leaves an engine's failure one of the engine */
    open->kind = reason->kind == KPS_SYMPTOM_IN_USE ? open->kind : reason->kind;
    open->speaker = open->speaker ? open->speaker : reason->speaker;
    open->is_guess = false;
    open->is_unexplained = false;
    return true;
}

void kps_kin_complete(struct kps_symptom *into, const struct kps_symptom *from)
{
    if (!kps_kin_has_place(into)) {
        into->first = from->first;
        into->last = from->last;
        into->path = from->path;
        into->kind = from->path.n ? from->kind : into->kind;
        into->speaker = from->speaker ? from->speaker : into->speaker;
    }
    if (into->n_addrs == 0) {
        kps_kin_join_addresses(into, from);
    }
    into->protocol = into->protocol == KPS_PROTO_NONE ? from->protocol : into->protocol;
    into->speaker = into->speaker ? into->speaker : from->speaker;
    into->moved_to = into->moved_to ? into->moved_to : from->moved_to;
    if (into->named == KPS_SYMPTOM_NAMELESS) {
        into->named = from->named;
        into->name = from->name;
    }
}
