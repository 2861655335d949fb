#include <string.h>

#include "core/interval.h"

/*
 * How this works. Claims that meet no other are dropped first; in a sound project all claims. For
 * the rest the ports are cut into segments at each first and last port, so inside a segment the set
 * of claims is the same. In each segment the meeting claims form groups by address. A group inside
 * a conflict of the port before continues the conflict, a group that includes such a conflict takes
 * over, any other group opens a new conflict.
 *
 * A staircase of n ranges, each overlapping the next n / 2, would have n / 2 claims in each of n
 * segments. So where more than CROWD claims are active, the segments are not looked at alone: as
 * long as the crowd lasts, claims with a shared port and address, directly or through further
 * claims, are a single growing conflict, which names each claim once. This bounds work and result
 * by CROWD * n.
 */
enum { CROWD = 24 };

/* A conflict that may still grow: the claims are lists[start .. start + n). */
struct open {
    uint32_t start, n;
    uint16_t first, last;
    uint32_t zone;       /* its last zone */
    uint32_t seen;       /* how many of its claims are in the group being looked at … */
    uint32_t group_mark; /* … which is this one */
    uint8_t certainty;
    bool taken_over;
};

/* A group of the zone: members order[from .. to). */
struct group {
    uint32_t from, to;
    uint16_t first, last;
    uint8_t certainty;
};

/* Arrays for the largest question, made for the first conflict. */
struct kps_sweep_room {
    uint32_t *by_last;
    uint32_t *active, *active_pos; /* indexes into v, and where each stands in active */
    uint32_t *open_of;             /* the last conflict (index + 1) of each of v */
    struct kps_interval *zone;     /* copies of v, cut to the zone; index of each in v */
    uint32_t *zone_of;
    struct kps_interval
        *sure; /* the members of the zone that are sure enough; index of each in zone */
    uint32_t *sure_of;
    struct group *groups;
    uint32_t *order; /* the zone sorted by group */
};

struct sweep {
    struct kps_detection *d;
    struct kps_sweep_room *room;
    const struct kps_interval *v;
    uint32_t n;
    /* The present segment: v[arrived_from .. started) start here. */
    uint32_t started, ended, arrived_from, n_active;
    uint16_t first, last;
    /* The present zone: a segment, or several crowded segments in a row. */
    uint32_t n_zone, zone_number, groups_seen;
    KPS_VEC(struct open) opens;
    KPS_VEC(kps_claim_id) lists;
};

/* Go to the next segment with a claim. Return: false when there is none. */
static bool next_segment(struct sweep *s)
{
    struct kps_sweep_room *room = s->room;
    while (s->ended < s->n && s->v[room->by_last[s->ended]].last <= s->last) {
        uint32_t gone = room->active_pos[room->by_last[s->ended++]];
        room->active[gone] = room->active[--s->n_active];
        room->active_pos[room->active[gone]] = gone;
    }
    if (s->n_active == 0 && s->started == s->n) {
        return false;
    }
    s->first = s->n_active ? (uint16_t)(s->last + 1) : s->v[s->started].first;
    s->arrived_from = s->started;
    for (; s->started < s->n && s->v[s->started].first == s->first; s->started++) {
        room->active_pos[s->started] = s->n_active;
        room->active[s->n_active++] = s->started;
    }
    s->last = s->v[room->by_last[s->ended]].last;
    if (s->started < s->n && s->v[s->started].first <= s->last) {
        s->last = (uint16_t)(s->v[s->started].first - 1);
    }
    return true;
}

static void add_to_zone(struct sweep *s, uint32_t i, uint16_t first)
{
    struct kps_interval *copy = &s->room->zone[s->n_zone];
    *copy = s->v[i];
    copy->first = copy->first < first ? first : copy->first;
    s->room->zone_of[s->n_zone++] = i;
}

/*
 * Take the present segment, and all further segments of a crowd, as the zone. Return: is a segment
 * left?
 */
static bool take_zone(struct sweep *s)
{
    uint16_t first = s->first;
    uint16_t last = s->last;
    bool crowded = s->n_active > CROWD;
    s->zone_number++;
    s->n_zone = 0;
    for (uint32_t i = 0; i < s->n_active; i++) {
        add_to_zone(s, s->room->active[i], first);
    }
    bool more = next_segment(s);
    while (crowded && more && s->n_active > CROWD && s->first == last + 1) {
        last = s->last;
        for (uint32_t i = s->arrived_from; i < s->started; i++) {
            add_to_zone(s, i, first);
        }
        more = next_segment(s);
    }
    for (uint32_t i = 0; i < s->n_zone; i++) {
        struct kps_interval *c = &s->room->zone[i];
        c->last = c->last > last ? last : c->last;
    }
    return more;
}

/* Mark the zone and keep the members that meet. Return: are all of them certain? */
static bool keep_met(struct sweep *s)
{
    struct kps_interval *zone = s->room->zone;
    kps_interval_mark(s->d, zone, s->n_zone);
    bool all_certain = true;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->n_zone; i++) {
        if (zone[i].marks & KPS_MARK_MET) {
            all_certain &= zone[i].certainty == KPS_CERTAIN;
            s->room->zone_of[kept] = s->room->zone_of[i];
            zone[kept++] = zone[i];
        }
    }
    s->n_zone = kept;
    return all_certain;
}

/* Raise the certainty of groups with two meeting members at least this sure. */
static void raise_certainty(struct sweep *s, const uint32_t *group_of, enum kps_certainty level)
{
    struct kps_sweep_room *room = s->room;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_zone; i++) {
        if (room->zone[i].certainty >= level) {
            room->sure_of[n] = i;
            room->sure[n++] = room->zone[i];
        }
    }
    kps_interval_mark(s->d, room->sure, n);
    for (uint32_t i = 0; i < n; i++) {
        struct group *group = &room->groups[group_of[room->sure_of[i]]];
        if ((room->sure[i].marks & KPS_MARK_MET) && group->certainty < level) {
            group->certainty = (uint8_t)level;
        }
    }
}

/* Sort the zone by group into `order` and fill the facts of each group. */
static void fill_groups(struct sweep *s, const uint32_t *group_of, uint32_t n_groups,
                        bool all_certain)
{
    struct group *groups = s->room->groups;
    memset(groups, 0, n_groups * sizeof(groups[0]));
    for (uint32_t i = 0; i < s->n_zone; i++) {
        groups[group_of[i]].to++;
    }
    for (uint32_t g = 0, from = 0; g < n_groups; g++) {
        uint32_t size = groups[g].to;
        groups[g] =
            (struct group){from, from, UINT16_MAX, 0, all_certain ? KPS_CERTAIN : KPS_POSSIBLE};
        from += size;
    }
    for (uint32_t i = 0; i < s->n_zone; i++) {
        struct group *group = &groups[group_of[i]];
        const struct kps_interval *c = &s->room->zone[i];
        s->room->order[group->to++] = i;
        if ((c->marks & KPS_MARK_AT_FIRST) && c->first < group->first) {
            group->first = c->first;
        }
        if ((c->marks & KPS_MARK_AT_LAST) && c->last > group->last) {
            group->last = c->last;
        }
    }
    if (!all_certain) {
        raise_certainty(s, group_of, KPS_LIKELY);
        raise_certainty(s, group_of, KPS_CERTAIN);
    }
}

static bool is_continuation(const struct sweep *s, const struct open *open,
                            const struct group *group)
{
    return open->zone == s->zone_number ||
           (open->zone + 1 == s->zone_number && open->last + 1 == group->first);
}

/*
 * Count the group's claims in each open conflict. Return: the conflict with all of them, or NULL.
 */
static struct open *count_in_opens(struct sweep *s, const struct group *group)
{
    s->groups_seen++;
    for (uint32_t k = group->from; k < group->to; k++) {
        uint32_t id = s->room->open_of[s->room->zone_of[s->room->order[k]]];
        if (id == 0 || !is_continuation(s, &s->opens.v[id - 1], group)) {
            continue;
        }
        struct open *open = &s->opens.v[id - 1];
        open->seen = open->group_mark == s->groups_seen ? open->seen + 1 : 1;
        open->group_mark = s->groups_seen;
        if (open->seen == group->to - group->from) {
            return open;
        }
    }
    return NULL;
}

/* Open a conflict for the group, in place of the conflicts inside. */
static void open_conflict(struct sweep *s, const struct group *group)
{
    struct open fresh = {.start = s->lists.n,
                         .n = group->to - group->from,
                         .first = group->first,
                         .last = group->last,
                         .zone = s->zone_number,
                         .certainty = group->certainty};
    for (uint32_t k = group->from; k < group->to; k++) {
        uint32_t i = s->room->zone_of[s->room->order[k]];
        uint32_t *open_of = &s->room->open_of[i];
        struct open *older = *open_of ? &s->opens.v[*open_of - 1] : NULL;
        if (older && older->group_mark == s->groups_seen && older->seen == older->n) {
            older->taken_over = true;
            fresh.first = older->first < fresh.first ? older->first : fresh.first;
            fresh.certainty =
                older->certainty > fresh.certainty ? older->certainty : fresh.certainty;
        }
        *open_of = s->opens.n + 1;
        *kps_vec_push(&s->lists) = s->v[i].claim;
    }
    *kps_vec_push(&s->opens) = fresh;
}

static void judge_zone(struct sweep *s)
{
    bool all_certain = keep_met(s);
    uint32_t n_groups = 0;
    const uint32_t *group_of = kps_interval_group(s->d, s->room->zone, s->n_zone, &n_groups);
    fill_groups(s, group_of, n_groups, all_certain);
    for (uint32_t g = 0; g < n_groups; g++) {
        const struct group *group = &s->room->groups[g];
        struct open *open = count_in_opens(s, group);
        if (open) {
            open->zone = s->zone_number;
            open->last = group->last;
            open->certainty =
                group->certainty > open->certainty ? group->certainty : open->certainty;
        } else {
            open_conflict(s, group);
        }
    }
}

static void make_room(struct kps_detection *d)
{
    struct kps_sweep_room *room = KPS_NEW(d->scratch, struct kps_sweep_room);
    room->by_last = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->active = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->active_pos = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->open_of = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->zone = KPS_NEW_N(d->scratch, struct kps_interval, d->n_most);
    room->zone_of = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->sure = KPS_NEW_N(d->scratch, struct kps_interval, d->n_most);
    room->sure_of = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    room->groups = KPS_NEW_N(d->scratch, struct group, d->n_most);
    room->order = KPS_NEW_N(d->scratch, uint32_t, d->n_most);
    d->sweep_room = room;
}

void kps_interval_sweep(struct kps_detection *d, struct kps_interval *v, uint32_t n,
                        struct kps_conflict scope)
{
    kps_interval_mark(d, v, n);
    uint32_t met = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].marks & KPS_MARK_MET) {
            v[met++] = v[i];
        }
    }
    if (met == 0) {
        return;
    }
    if (!d->sweep_room) {
        make_room(d);
    }
    struct sweep s = {.d = d, .room = d->sweep_room, .v = v, .n = met};
    memcpy(s.room->by_last, kps_interval_sort_by_last(d, v, met), met * sizeof(uint32_t));
    memset(s.room->open_of, 0, met * sizeof(uint32_t));
    for (bool more = next_segment(&s); more;) {
        more = take_zone(&s);
        judge_zone(&s);
    }
    for (uint32_t i = 0; i < s.opens.n; i++) {
        const struct open *open = &s.opens.v[i];
        if (!open->taken_over) {
            scope.first = open->first;
            scope.last = open->last;
            scope.certainty = (enum kps_certainty)open->certainty;
            kps_detection_add(d, scope, &s.lists.v[open->start], open->n, 0);
        }
    }
    kps_vec_free(&s.opens);
    kps_vec_free(&s.lists);
}
