#include "base/nearest.h"

enum { LONGEST = 40 }; /* longer words are not compared */

static unsigned get_least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Count the edits (insert, delete, replace, swap of neighbours) from a to b. */
static unsigned edit_distance(struct kps_sv a, struct kps_sv b)
{
    unsigned rows[3][LONGEST + 1];
    unsigned *two_back = rows[0];
    unsigned *back = rows[1];
    unsigned *row = rows[2];
    for (unsigned j = 0; j <= b.n; j++) {
        two_back[j] = back[j] = j;
    }
    for (unsigned i = 1; i <= a.n; i++) {
        row[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            unsigned cost = kps_lower(a.p[i - 1]) != kps_lower(b.p[j - 1]);
            row[j] = get_least(get_least(back[j] + 1, row[j - 1] + 1), back[j - 1] + cost);
            bool swapped = i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1];
            row[j] = swapped ? get_least(row[j], two_back[j - 2] + 1) : row[j];
        }
        unsigned *spare = two_back;
        two_back = back;
        back = row;
        row = spare;
    }
    return back[b.n];
}

void kps_nearest_offer(struct kps_nearest *nearest, struct kps_sv candidate)
{
    if (nearest->word.n > LONGEST || candidate.n > LONGEST || nearest->word.n < 2) {
        return;
    }
    unsigned distance = edit_distance(nearest->word, candidate);
    unsigned allowed = nearest->word.n > 5 ? 2 : 1;
    if (distance <= allowed && (nearest->best.n == 0 || distance < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}

struct kps_sv kps_nearest_words(struct kps_arena *arena, struct kps_sv best, const char *prefix)
{
    return best.n ? kps_fmt(arena, "; did you mean '%s%.*s'?", prefix, SV_ARG(best)) : SV("");
}
