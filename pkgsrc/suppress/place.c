#include "suppress/place.h"
#include "base/order.h"

#include <stdlib.h>

static const struct kps_suppress_entry *entry_at(const struct kps_suppress_places *places,
                                                 uint32_t i)
{
    return &places->suppress->entries.v[places->order[i]];
}

static int by_place(const void *left, const void *right, void *context)
{
    const struct kps_suppress *suppress = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    struct kps_span at = suppress->entries.v[a].covers;
    struct kps_span bt = suppress->entries.v[b].covers;
    int order = kps_order_compare(at.file, bt.file);
    order = order ? order : kps_order_compare(at.off, bt.off);
    return order ? order : kps_order_compare(a, b);
}

static bool covers_file(const struct kps_suppress *suppress, const struct kps_suppress_entry *entry)
{
    size_t n = kps_files_get(&suppress->diag->files, entry->covers.file)->bytes.n;
    return entry->covers.off == 0 && entry->covers.len == n;
}

static void start_chains(struct kps_arena *arena, struct kps_suppress_places *places,
                         const uint32_t *projects)
{
    uint32_t n_files = places->suppress->diag->files.list.n;
    uint32_t last = 0;
    for (uint32_t i = 1; i <= n_files; i++) {
        last = projects[i] > last ? projects[i] : last;
    }
    places->of_file = KPS_NEW_N(arena, uint32_t, (size_t)n_files + 1);
    places->of_project = KPS_NEW_N(arena, uint32_t, (size_t)last + 1);
    places->before = KPS_NEW_N(arena, uint32_t, (size_t)places->suppress->entries.n + 1);
}

/* Put an entry in front of its chain. Return: is it one for a part of a file, too? */
static bool chain_entry(struct kps_arena *arena, struct kps_suppress_places *places,
                        const uint32_t *projects, uint32_t i)
{
    const struct kps_suppress_entry *entry = &places->suppress->entries.v[i];
    kps_file_id file = entry->covers.file;
    uint32_t *head = &places->of_project[projects[file]];
    bool is_part = !covers_file(places->suppress, entry);
    if (projects[file] == 0 || !entry->covers_project) {
        if (!is_part) {
            head = &places->of_file[file];
        } else if (projects[file] && entry->service.n) {
            head = kps_map_put(&places->of_service, arena, entry->service, 0);
        } else {
            return is_part;
        }
    }
    places->before[i] = *head;
    *head = i + 1;
    return is_part && !entry->covers_project;
}

struct kps_suppress_places kps_suppress_index(struct kps_arena *arena,
                                              const struct kps_suppress *suppress,
                                              const uint32_t *projects)
{
    uint32_t n = suppress->entries.n;
    struct kps_suppress_places places = {.suppress = suppress};
    places.order = KPS_NEW_N(arena, uint32_t, n ? n : 1);
    places.reach = KPS_NEW_N(arena, uint32_t, n ? n : 1);
    start_chains(arena, &places, projects);
    for (uint32_t i = 0; i < n; i++) {
        if (chain_entry(arena, &places, projects, i)) {
            places.order[places.n++] = i;
        }
    }
    if (places.n > 1) {
        struct kps_suppress copy = *suppress; /* qsort_r wants no const */
        qsort_r(places.order, places.n, sizeof(places.order[0]), by_place, &copy);
    }
    for (uint32_t i = 0; i < places.n; i++) {
        struct kps_span covers = entry_at(&places, i)->covers;
        bool is_first = i == 0 || entry_at(&places, i - 1)->covers.file != covers.file;
        uint32_t end = covers.off + covers.len;
        places.reach[i] = is_first || places.reach[i - 1] < end ? end : places.reach[i - 1];
    }
    return places;
}

struct kps_suppress_hits kps_suppress_at(const struct kps_suppress_places *places,
                                         struct kps_span at)
{
    uint32_t low = 0;
    uint32_t high = places->n;
    while (low < high) { /* the first entry with a later beginning */
        uint32_t middle = low + (high - low) / 2;
        struct kps_span covers = entry_at(places, middle)->covers;
        bool is_behind = covers.file != at.file ? covers.file > at.file : covers.off > at.off;
        low = is_behind ? low : middle + 1;
        high = is_behind ? middle : high;
    }
    return (struct kps_suppress_hits){low, at};
}

uint32_t kps_suppress_next(const struct kps_suppress_places *places, struct kps_suppress_hits *hits)
{
    while (hits->next > 0) {
        uint32_t i = --hits->next;
        struct kps_span covers = entry_at(places, i)->covers;
        if (covers.file != hits->at.file || places->reach[i] <= hits->at.off) {
            hits->next = 0;
        } else if (kps_suppress_covers(covers, hits->at)) {
            return places->order[i];
        }
    }
    return UINT32_MAX;
}

bool kps_suppress_covers(struct kps_span covers, struct kps_span at)
{
    return covers.file == at.file && covers.off <= at.off && at.off - covers.off < covers.len;
}
