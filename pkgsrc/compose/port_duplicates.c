#include <stdlib.h>

#include "compose/project.h"

/*
 * Compose's rule for duplicates (spec compose §1.4): entries with one (host IP or 0.0.0.0,
 * published, target, protocol) are one, and the later replaces the earlier. A pairwise range counts
 * as its pairs, but is kept as one entry; only where ranges overlap with the same offset are they
 * cut.
 */

/* Beyond this many comparisons the ranges of a service stay as they are: no real file comes near.
 */
enum { MOST_COMPARISONS = 4 * 1000 * 1000 };

static struct kps_sv any_when_empty(struct kps_sv host_ip)
{
    return host_ip.n ? host_ip : SV("0.0.0.0");
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

/*
 * Orders entries by their identity to Compose, which compares published ports as text: numbers
 * decide unless one is written oddly. A pairwise range is here one entry with its own identity.
 */
static int compare_entries(const struct kps_service_port *a, const struct kps_service_port *b)
{
    int order = compare_numbers(a->port.first, b->port.first);
    order = order ? order : compare_numbers(a->port.last, b->port.last);
    order = order ? order : compare_numbers(a->port.take, b->port.take);
    order = order ? order : compare_numbers(a->port.target_first, b->port.target_first);
    order = order ? order : compare_numbers(a->port.target_last, b->port.target_last);
    order = order ? order : compare_numbers(a->published_is_int, b->published_is_int);
    order = order ? order : kps_sv_cmp(a->odd_published, b->odd_published);
    order = order ? order : kps_sv_cmp(a->protocol_text, b->protocol_text);
    return order ? order
                 : kps_sv_cmp(any_when_empty(a->port.host_ip), any_when_empty(b->port.host_ip));
}

static int by_identity(const void *left, const void *right, void *entries)
{
    const struct kps_service_port *all = entries;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    int order = compare_entries(&all[a], &all[b]);
    return order ? order : compare_numbers(a, b);
}

/* Drops all but the last entry of each identity, in the place of the first. */
static void drop_same_entries(struct kps_arena *arena, struct kps_service_port *entries,
                              uint32_t *n)
{
    KPS_VEC(uint32_t) order = {0};
    for (uint32_t i = 0; i < *n; i++) {
        *kps_vec_push(&order) = i;
    }
    qsort_r(order.v, order.n, sizeof(order.v[0]), by_identity, entries);
    bool dropped = false;
    for (uint32_t i = 0; i < order.n;) {
        uint32_t first = order.v[i];
        uint32_t last = i;
        while (last + 1 < order.n &&
               !compare_entries(&entries[first], &entries[order.v[last + 1]])) {
            last++;
        }
        for (uint32_t k = i; k < last; k++) {
            struct kps_service_port *same = KPS_NEW(arena, struct kps_service_port);
            *same = entries[order.v[k]];
            entries[order.v[k + 1]].same = same;
            dropped = true;
        }
        entries[first] = entries[order.v[last]];
        for (uint32_t k = i + 1; k <= last; k++) {
            entries[order.v[k]].origin = 0; /* replaced */
        }
        i = last + 1;
    }
    kps_vec_free(&order);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *n && dropped; i++) {
        if (entries[i].origin) {
            entries[kept++] = entries[i];
        }
    }
    *n = dropped ? kept : *n;
}

static bool is_pairwise(const struct kps_service_port *entry)
{
    const struct kps_port *port = &entry->port;
    return port->last && !entry->is_long && port->take == (uint32_t)port->last - port->first + 1;
}

static bool is_range(const struct kps_service_port *entry)
{
    return is_pairwise(entry) && entry->port.last > entry->port.first;
}

/* Whether the pairs of both have one key as soon as their published ports are equal. */
static bool is_same_series(const struct kps_service_port *a, const struct kps_service_port *b)
{
    return is_pairwise(a) && is_pairwise(b) && a->port.protocol == b->port.protocol &&
           kps_sv_eq(any_when_empty(a->port.host_ip), any_when_empty(b->port.host_ip)) &&
           a->port.first - a->port.target_first == b->port.first - b->port.target_first;
}

static bool overlaps(const struct kps_service_port *a, const struct kps_service_port *b)
{
    return a->port.first <= b->port.last && b->port.first <= a->port.last;
}

/* The part of `entry` from `first` to `last`. */
static struct kps_service_port part_of(const struct kps_service_port *entry, uint16_t first,
                                       uint16_t last)
{
    struct kps_service_port part = *entry;
    int offset = entry->port.target_first - entry->port.first;
    part.port.first = first;
    part.port.last = last;
    part.port.take = (uint32_t)last - first + 1;
    part.port.target_first = (uint16_t)(first + offset);
    part.port.target_last = (uint16_t)(last + offset);
    part.published = (struct kps_span){0, 0, 0};
    return part;
}

static void cut_ranges(struct kps_arena *arena, struct kps_service_port **ports, uint32_t *n)
{
    uint64_t n_ranges = 0;
    for (uint32_t i = 0; i < *n; i++) {
        n_ranges += is_range(&(*ports)[i]);
    }
    if (n_ranges == 0 || *n == 1 || n_ranges * *n > MOST_COMPARISONS) {
        return;
    }
    KPS_VEC(struct kps_service_port) kept = {0};
    for (uint32_t i = 0; i < *n; i++) {
        struct kps_service_port later = (*ports)[i];
        uint32_t before = kept.n;
        for (uint32_t k = 0; k < before; k++) {
            struct kps_service_port old = kept.v[k];
            if (!(is_range(&later) || is_range(&old)) || !is_same_series(&old, &later) ||
                !overlaps(&old, &later)) {
                continue;
            }
            bool has_front = old.port.first < later.port.first;
            bool has_back = old.port.last > later.port.last;
            if (has_front) {
                kept.v[k] = part_of(&old, old.port.first, (uint16_t)(later.port.first - 1));
            }
            if (has_back) {
                struct kps_service_port back =
                    part_of(&old, (uint16_t)(later.port.last + 1), old.port.last);
                if (has_front) {
                    *kps_vec_push(&kept) = back;
                } else {
                    kept.v[k] = back;
                }
            }
            if (!has_front && !has_back) {
                kept.v[k].port.take = 0; /* replaced as a whole */
            }
            struct kps_service_port *covered = KPS_NEW(arena, struct kps_service_port);
            *covered = old;
            covered->same = later.same;
            later.same = covered;
        }
        *kps_vec_push(&kept) = later;
    }
    struct kps_service_port *result = KPS_NEW_N(arena, struct kps_service_port, kept.n);
    uint32_t n_result = 0;
    for (uint32_t i = 0; i < kept.n; i++) {
        if (kept.v[i].port.last == 0 || kept.v[i].port.take) {
            result[n_result++] = kept.v[i];
        }
    }
    *ports = result;
    *n = n_result;
    kps_vec_free(&kept);
}

void kps_compose_drop_duplicates(struct kps_arena *arena, struct kps_service_port **ports,
                                 uint32_t *n)
{
    if (*n > 1) {
        drop_same_entries(arena, *ports, n);
        cut_ranges(arena, ports, n);
    }
}
