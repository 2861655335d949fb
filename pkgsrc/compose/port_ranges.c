#include <string.h>

#include "compose/project.h"

/* Beyond this many comparisons the ranges of a service stay as they are: no real file comes near. */
enum { MOST_COMPARISONS = 4 * 1000 * 1000 };

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
    struct kps_sv any = SV("0.0.0.0");
    struct kps_sv ip_of_a = a->port.host_ip.n ? a->port.host_ip : any;
    struct kps_sv ip_of_b = b->port.host_ip.n ? b->port.host_ip : any;
    return is_pairwise(a) && is_pairwise(b) && a->port.protocol == b->port.protocol && kps_sv_eq(ip_of_a, ip_of_b) &&
           a->port.first - a->port.target_first == b->port.first - b->port.target_first;
}

static bool overlaps(const struct kps_service_port *a, const struct kps_service_port *b)
{
    return a->port.first <= b->port.last && b->port.first <= a->port.last;
}

/* The part of `entry` from `first` to `last`. */
static struct kps_service_port part_of(const struct kps_service_port *entry, uint16_t first, uint16_t last)
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

void kps_compose_cut_ranges(struct kps_arena *arena, struct kps_service_port **ports, uint32_t *n)
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
            if (!(is_range(&later) || is_range(&old)) || !is_same_series(&old, &later) || !overlaps(&old, &later)) {
                continue;
            }
            bool has_front = old.port.first < later.port.first;
            bool has_back = old.port.last > later.port.last;
            if (has_front) {
                kept.v[k] = part_of(&old, old.port.first, (uint16_t)(later.port.first - 1));
            }
            if (has_back) {
                struct kps_service_port back = part_of(&old, (uint16_t)(later.port.last + 1), old.port.last);
                if (has_front) {
                    *kps_vec_push(&kept) = back;
                } else {
                    kept.v[k] = back;
                }
            }
            if (!has_front && !has_back) {
                kept.v[k].port.take = 0; /* replaced as a whole */
            }
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
