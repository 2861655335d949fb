#include "core/repair_unit.h"
#include "model/ports.h"

#include <stdlib.h>

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int by_span(const void *left, const void *right)
{
    const struct kps_repair_place *a = left;
    const struct kps_repair_place *b = right;
    int order = compare_numbers(a->span.file, b->span.file);
    order = order ? order : compare_numbers(a->span.off, b->span.off);
    order = order ? order : compare_numbers(a->span.len, b->span.len);
    return order ? order : compare_numbers(a->claim, b->claim);
}

kps_claim_id kps_repair_unit(const struct kps_repair_units *units, kps_claim_id claim)
{
    while (units->root[claim] != claim) {
        units->root[claim] = units->root[units->root[claim]];
        claim = units->root[claim];
    }
    return claim;
}

/* The unit is known by the claim that was written first; what keeps one of it keeps all. */
static void join(struct kps_repair_units *units, kps_claim_id a, kps_claim_id b)
{
    a = kps_repair_unit(units, a);
    b = kps_repair_unit(units, b);
    kps_claim_id first = a < b ? a : b;
    kps_claim_id other = a < b ? b : a;
    units->root[other] = first;
    units->why[first] = units->why[first].n ? units->why[first] : units->why[other];
}

static void block(struct kps_repair_units *units, kps_claim_id claim, struct kps_sv why)
{
    kps_claim_id unit = kps_repair_unit(units, claim);
    units->why[unit] = units->why[unit].n ? units->why[unit] : why;
}

static struct kps_sv name_of(const struct kps_ledger *ledger, kps_claim_id id)
{
    return kps_ledger_get_owner(ledger, kps_ledger_get_claim(ledger, id)->owner)->name;
}

/* Whether the bytes are the claim's port and nothing else: only then may a number take their place.
 */
static bool is_exact(const struct kps_ledger *ledger, const struct kps_claim *claim,
                     struct kps_span span)
{
    struct kps_sv bytes = kps_files_get(&ledger->diag->files, span.file)->bytes;
    struct kps_sv expected = kps_ports_digits(ledger->diag->arena, claim->first, claim->last);
    return kps_sv_eq(kps_sv_slice(bytes, span.off, (size_t)span.off + span.len), expected);
}

struct finding_places {
    struct kps_repair_units *units;
    const struct kps_repair_scope *scope;
    KPS_VEC(struct kps_repair_place) places;
};

static void add_place(struct finding_places *f, kps_claim_id id, struct kps_span span, bool is_kept)
{
    const struct kps_repair_file *file = &f->scope->files[span.file - 1];
    const struct kps_ledger *ledger = f->units->ledger;
    if (!is_kept && file->why.n) {
        struct kps_sv path = kps_files_get(&ledger->diag->files, span.file)->path;
        block(f->units, id,
              kps_fmt(f->units->arena, "'%.*s' %.*s", SV_ARG(path), SV_ARG(file->why)));
    } else if (!is_kept && !is_exact(ledger, kps_ledger_get_claim(ledger, id), span)) {
        block(f->units, id,
              kps_fmt(f->units->arena, "the port of '%.*s' is not written as a plain number",
                      SV_ARG(name_of(ledger, id))));
    }
    span.file = file->same_as;
    *kps_vec_push(&f->places) = (struct kps_repair_place){span, id, is_kept};
}

static void look_at(struct finding_places *f, kps_claim_id id)
{
    const struct kps_ledger *ledger = f->units->ledger;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, id);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    struct source_span written = {.n_ports = 0};
    if (claim->basis != KPS_REQUESTED || claim->flags & (KPS_CLAIM_DERIVED | KPS_CLAIM_ASIDE) ||
        !owner->cls->written) {
        block(
            f->units, id,
            claim->basis == KPS_REQUESTED
                ? kps_fmt(f->units->arena, "no number in a file moves '%.*s'", SV_ARG(owner->name))
                : SV("no file asks for what is there"));
        return;
    }
    struct kps_sv why = owner->cls->written(ledger, claim, &written);
    if (why.n) {
        block(f->units, id, why);
    }
    for (uint32_t i = 0; i < written.n_ports; i++) {
        add_place(f, id, written.ports[i], false);
    }
    for (uint32_t i = 0; i < written.n_kept; i++) {
        add_place(f, id, written.kept[i], true);
    }
}

/* Claims that have a place in common are one unit. What overlaps otherwise is left alone. */
static void join_neighbours(struct kps_repair_units *units)
{
    for (size_t i = 1; i < units->n_places; i++) {
        const struct kps_repair_place *a = &units->places[i - 1];
        const struct kps_repair_place *b = &units->places[i];
        bool is_same = a->span.file == b->span.file && a->span.off == b->span.off &&
                       a->span.len == b->span.len;
        bool meets = a->span.file == b->span.file && a->span.off + a->span.len > b->span.off;
        if (is_same) {
            join(units, a->claim, b->claim);
        } else if (meets) {
            block(units, a->claim, SV("its port is written inside another's"));
            block(units, b->claim, SV("its port is written around another's"));
        }
    }
    for (size_t i = 0; i < units->n_places; i++) {
        kps_claim_id id = units->places[i].claim;
        bool is_shared =
            i > 0 && by_span(&(struct kps_repair_place){units->places[i - 1].span, id, false},
                             &(struct kps_repair_place){units->places[i].span, id, false}) == 0;
        is_shared = is_shared ||
                    (i + 1 < units->n_places &&
                     by_span(&(struct kps_repair_place){units->places[i + 1].span, id, false},
                             &(struct kps_repair_place){units->places[i].span, id, false}) == 0);
        if (units->places[i].is_kept && is_shared) {
            block(units, id,
                  kps_fmt(units->arena,
                          "a number that '%.*s' uses for something else would change as well",
                          SV_ARG(name_of(units->ledger, id))));
        }
    }
}

struct kps_repair_units kps_repair_find_units(const struct kps_ledger *ledger,
                                              const struct kps_repair_scope *scope)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_repair_units units = {.ledger = ledger, .arena = arena};
    struct finding_places f = {.units = &units, .scope = scope};
    units.root = KPS_NEW_N(arena, kps_claim_id, (size_t)ledger->claims.n + 1);
    units.why = KPS_NEW_N(arena, struct kps_sv, (size_t)ledger->claims.n + 1);
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        units.root[id] = id;
    }
    for (kps_claim_id id = 1; id <= ledger->claims.n; id++) {
        look_at(&f, id);
    }
    units.places = KPS_NEW_N(arena, struct kps_repair_place, (size_t)f.places.n + 1);
    units.n_places = f.places.n;
    if (f.places.n) {
        memcpy(units.places, f.places.v, f.places.n * sizeof(units.places[0]));
        qsort(units.places, units.n_places, sizeof(units.places[0]), by_span);
    }
    kps_vec_free(&f.places);
    join_neighbours(&units);
    return units;
}
