#include "compose/describe.h"

/* The digits of a claim as they would be written in a file. */
static struct kps_sv digits_of(struct kps_arena *arena, const struct kps_claim *claim)
{
    return claim->first == claim->last ? kps_fmt(arena, "%u", claim->first)
                                       : kps_fmt(arena, "%u-%u", claim->first, claim->last);
}

/* The definition of the variable, or of the one that its value consists of, that is nothing but the
 * port. */
static bool find_definition(const struct kps_diag *diag, kps_origin_id at, struct kps_sv digits,
                            struct kps_span *ret, struct kps_sv *ret_variable)
{
    for (; at; at = kps_origins_get(&diag->origins, at)->up) {
        const struct kps_origin *origin = kps_origins_get(&diag->origins, at);
        if (origin->step != KPS_STEP_VARIABLE) {
            continue;
        }
        *ret_variable = ret_variable->n ? *ret_variable : origin->what;
        if (origin->span.file == 0) {
            return false; /* the environment */
        }
        struct kps_sv bytes = kps_files_get(&diag->files, origin->span.file)->bytes;
        if (kps_sv_eq(
                kps_sv_slice(bytes, origin->span.off, (size_t)origin->span.off + origin->span.len),
                digits)) {
            *ret = origin->span;
            return true;
        }
    }
    return false;
}

/* Where the variable of an origin has its value, in a file. */
static void add_kept(const struct kps_diag *diag, kps_origin_id at, struct source_span *ret)
{
    for (; at; at = kps_origins_get(&diag->origins, at)->up) {
        const struct kps_origin *origin = kps_origins_get(&diag->origins, at);
        if (origin->step == KPS_STEP_VARIABLE && origin->span.file &&
            ret->n_kept < KPS_COUNT(ret->kept)) {
            ret->kept[ret->n_kept++] = origin->span;
        }
    }
}

struct kps_sv kps_compose_written(const struct kps_ledger *ledger, const struct kps_claim *claim,
                                  struct source_span *ret)
{
    const struct kps_diag *diag = ledger->diag;
    struct kps_sv name = kps_ledger_get_owner(ledger, claim->owner)->name;
    struct kps_sv digits = digits_of(diag->arena, claim);
    const struct kps_service_port *entry = kps_compose_port_of(ledger, claim);
    if (!entry || claim->last == 0) {
        return kps_fmt(diag->arena, "'%.*s' asks for no host port of its own", SV_ARG(name));
    }
    const struct kps_service_port *head = entry;
    struct kps_sv why = {"", 0};
    if (entry->target_variable) {
        add_kept(diag, entry->target_variable, ret);
    }
    for (; entry && ret->n_ports < KPS_WRITTEN_MOST && ret->n_kept < KPS_WRITTEN_MOST;
         entry = entry->same) {
        struct kps_span place = entry->published;
        struct kps_sv variable = {"", 0};
        if (entry->port.first != head->port.first || entry->port.last != head->port.last) {
            add_kept(diag, entry->origin, ret);
            why = kps_fmt(diag->arena, "'%.*s' lists the port at a second place, in part",
                          SV_ARG(name));
            continue;
        }
        if (place.len == 0 && !find_definition(diag, entry->origin, digits, &place, &variable)) {
            why = variable.n
                      ? kps_fmt(diag->arena,
                                "'%.*s' has its port from the variable %.*s, and no file says "
                                "%.*s=%.*s: set it "
                                "where it is set now",
                                SV_ARG(name), SV_ARG(variable), SV_ARG(variable), SV_ARG(digits))
                      : kps_fmt(diag->arena, "the port of '%.*s' is not written as one number",
                                SV_ARG(name));
            continue;
        }
        ret->ports[ret->n_ports++] = place;
    }
    return entry ? kps_fmt(diag->arena, "'%.*s' lists the port at too many places", SV_ARG(name))
                 : why;
}
