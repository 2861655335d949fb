#include <string.h>

#include "base/limits.h"
#include "yaml/build.h"

/*
 * How this works. The pairs of a mapping that ends lie on the builder's stack. They are moved down
 * over those that go away (a key given again, `<<`), then what the merge keys bring is pushed on
 * top, unless its key is there. So "own keys win" and "the first merge wins" are one rule: a key
 * that is there stays.
 */

enum { LINEAR_UP_TO = 24 };

/* Which keys the mapping has so far. Most answers are no, and most of those come from 64 bits. */
struct key_set {
    struct kps_yaml_build *build;
    uint32_t first; /* the kept pairs are edges.v[first .. first + n) */
    uint32_t n;
    uint64_t filter;
    struct kps_map map; /* only when there are many */
    struct kps_arena *arena;
};

static uint64_t filter_bit(struct kps_sv key)
{
    unsigned mixed = (unsigned)key.n;
    if (key.n) {
        mixed += (unsigned char)key.p[0] * 5U + (unsigned char)key.p[key.n / 2] * 3U +
                 (unsigned char)key.p[key.n - 1] * 7U;
    }
    return 1ULL << (mixed & 63);
}

static struct kps_sv key_text(const struct kps_yedge *edge)
{
    return (struct kps_sv){edge->key->text, edge->key->n};
}

/* Position on the stack of the pair with this key; UINT32_MAX: none. */
static uint32_t find_key(const struct key_set *set, struct kps_sv key)
{
    if ((set->filter & filter_bit(key)) == 0) {
        return UINT32_MAX;
    }
    if (set->arena) {
        return kps_map_get(&set->map, key, UINT32_MAX);
    }
    for (uint32_t i = set->first; i < set->first + set->n; i++) {
        if (kps_sv_eq(key_text(&set->build->edges.v[i]), key)) {
            return i;
        }
    }
    return UINT32_MAX;
}

/* The pair at the end of the kept ones is new. */
static void add_key(struct key_set *set)
{
    const struct kps_yedge *edges = set->build->edges.v;
    bool is_new = false;
    set->n++;
    set->filter |= filter_bit(key_text(&edges[set->first + set->n - 1]));
    if (set->n <= LINEAR_UP_TO) {
        return;
    }
    uint32_t from = set->arena ? set->n - 1 : 0;
    set->arena = set->arena ? set->arena : kps_arena_new();
    for (uint32_t i = set->first + from; i < set->first + set->n; i++) {
        (void)kps_map_put(&set->map, set->arena, key_text(&edges[i]), i, &is_new);
    }
}

static void report_duplicate(struct kps_yaml_build *build, const struct kps_ynode *earlier,
                             const struct kps_ynode *later)
{
    struct kps_arena *arena = build->diag->arena;
    struct kps_sv shown = kps_yaml_clip(arena, (struct kps_sv){later->text, later->n});
    struct kps_finding *finding = kps_yaml_problem(
        build, later->span, "the key '%.*s' is given twice in one mapping", SV_ARG(shown));
    if (!finding) {
        return;
    }
    struct kps_party party = {.role = KPS_ROLE_OTHER,
                              .at = kps_diag_here(build->diag, earlier->span),
                              .label = SV("the first one is here")};
    (void)kps_finding_party(build->diag, finding, party);
    finding->up_error = kps_fmt(
        arena, "line %u: mapping key \"%.*s\" already defined at line %u",
        kps_files_pos(&build->diag->files, later->span.file, later->span.off).line, SV_ARG(shown),
        kps_files_pos(&build->diag->files, earlier->span.file, earlier->span.off).line);
}

static bool is_merge(const struct kps_yaml_frame *frame, const struct kps_ynode *key)
{
    return frame->has_merge && key->n == 2 && key->style == KPS_Y_PLAIN &&
           key->tag == KPS_Y_UNTAGGED && memcmp(key->text, "<<", 2) == 0;
}

/* Moves the mapping's own pairs together, each key once; what stands behind `<<` goes to
 * build->merges. */
static void keep_own(struct key_set *set, const struct kps_yaml_frame *frame)
{
    struct kps_yaml_build *build = set->build;
    const struct kps_ynode *merge = NULL;
    for (uint32_t i = frame->first; i < build->edges.n; i++) {
        struct kps_yedge edge = build->edges.v[i];
        if (is_merge(frame, edge.key)) {
            if (merge && !build->last_key_wins) {
                report_duplicate(build, merge, edge.key);
                build->merges.n = 0;
            }
            merge = edge.key;
            *kps_vec_push(&build->merges) = edge.val;
            continue;
        }
        uint32_t at = find_key(set, key_text(&edge));
        if (at == UINT32_MAX) {
            build->edges.v[set->first + set->n] = edge;
            add_key(set);
            continue;
        }
        if (!build->last_key_wins) {
            report_duplicate(build, build->edges.v[at].key, edge.key);
        }
        build->edges.v[at] = edge;
    }
    build->edges.n = set->first + set->n;
}

/*
 * The merge step put behind the steps that brought the edge to where it was merged from. Every step
 * copied counts as walked, so a chain of N cost N * N / 2 to get there and stays short.
 */
static kps_origin_id behind(struct kps_yaml_build *build, kps_origin_id via, kps_origin_id merge)
{
    if (via == 0) {
        return merge;
    }
    struct kps_origin step = *kps_origins_get(&build->diag->origins, via);
    build->walked++;
    step.up = behind(build, step.up, merge);
    return kps_origins_add(&build->diag->origins, step);
}

static bool over_budget(const struct kps_yaml_build *build, struct kps_span span)
{
    if (build->walked <= KPS_LIMIT_ALIAS_NODES) {
        return false;
    }
    (void)kps_diag_add(
        build->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, kps_diag_here(build->diag, span),
        "the merge keys of the file bring in more than %d values", KPS_LIMIT_ALIAS_NODES);
    return true;
}

/* Brings in the keys of one mapping. Return: false over the budget. */
static bool merge_mapping(struct key_set *set, const struct kps_ynode *value)
{
    struct kps_yaml_build *build = set->build;
    const struct kps_ynode *from = kps_ynode_resolve(value);
    if (from->kind != KPS_Y_MAP) {
        if (!(from->flags & KPS_Y_BROKEN)) {
            (void)kps_yaml_problem(build, value->span,
                                   "'<<' needs a mapping or a list of mappings, this is %s",
                                   kps_ytype_name(kps_ynode_type(from)));
        }
        return true;
    }
    kps_origin_id merge = 0;
    kps_origin_id seen = 0;
    kps_origin_id chained = 0;
    build->walked += 1;
    for (uint32_t i = 0; i < from->n; i++) {
        struct kps_yedge edge = from->edges[i];
        build->walked++;
        if (over_budget(build, value->span)) {
            return false;
        }
        if (find_key(set, key_text(&edge)) != UINT32_MAX) {
            continue;
        }
        if (!merge) {
            struct kps_origin step = {.step = KPS_STEP_MERGE_KEY, .span = value->span};
            merge = kps_origins_add(&build->diag->origins, step);
        }
        if (!chained || edge.via != seen) {
            seen = edge.via;
            chained = behind(build, seen, merge);
        }
        edge.via = chained;
        *kps_vec_push(&build->edges) = edge;
        add_key(set);
    }
    return !over_budget(build, value->span);
}

static bool merge_all(struct key_set *set)
{
    struct kps_yaml_build *build = set->build;
    for (uint32_t i = 0; i < build->merges.n; i++) {
        const struct kps_ynode *value = build->merges.v[i];
        if (value->kind != KPS_Y_SEQ) {
            if (!merge_mapping(set, value)) {
                return false;
            }
            continue;
        }
        for (uint32_t k = 0; k < value->n; k++) {
            if (!merge_mapping(set, value->edges[k].val)) {
                return false;
            }
        }
    }
    return true;
}

bool kps_yaml_finish_mapping(struct kps_yaml_build *build, struct kps_yaml_frame *frame)
{
    struct key_set set = {.build = build, .first = frame->first};
    build->merges.n = 0;
    keep_own(&set, frame);
    bool good = merge_all(&set);
    kps_arena_free(set.arena);
    return good;
}
