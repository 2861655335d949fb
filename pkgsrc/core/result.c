#include <stdlib.h>
#include <string.h>

#include "core/interval.h"

static int compare_ids(const void *left, const void *right)
{
    kps_claim_id a = *(const kps_claim_id *)left;
    kps_claim_id b = *(const kps_claim_id *)right;
    return a < b ? -1 : a > b;
}

static bool picks(const struct kps_claim *claim)
{
    return claim->take < kps_claim_width(claim);
}

/* Whether the user would rather edit claim `a` than `b`, which was written before it; see
 * kps_conflict.claims. */
static bool is_edited_first(const struct kps_claim *a, const struct kps_claim *b,
                            enum kps_conflict_kind kind)
{
    if (kind == KPS_CONFLICT_POOL && picks(a) != picks(b)) {
        return picks(a);
    }
    if (a->basis != b->basis) {
        return a->basis < b->basis;
    }
    bool a_derived = a->flags & KPS_CLAIM_DERIVED;
    bool b_derived = b->flags & KPS_CLAIM_DERIVED;
    if (a_derived != b_derived) {
        return b_derived;
    }
    return a->certainty >= b->certainty;
}

void kps_detection_add(struct kps_detection *d, struct kps_conflict conflict,
                       const kps_claim_id *claims, uint32_t n, uint32_t n_edited)
{
    kps_claim_id *own = KPS_NEW_N(d->arena, kps_claim_id, n);
    kps_claim_id best = claims[0];
    for (uint32_t i = 1; i < (n_edited ? n_edited : n); i++) {
        /* compared in the order they were written, so that of two alike the later one is edited */
        kps_claim_id older = claims[i] < best ? claims[i] : best;
        kps_claim_id newer = claims[i] < best ? best : claims[i];
        best = is_edited_first(kps_ledger_get_claim(d->ledger, newer),
                               kps_ledger_get_claim(d->ledger, older), conflict.kind)
                   ? newer
                   : older;
    }
    memcpy(own, claims, n * sizeof(own[0]));
    qsort(own, n, sizeof(own[0]), compare_ids);
    uint32_t at = 0;
    while (own[at] != best) {
        at++;
    }
    memmove(own + 1, own, at * sizeof(own[0]));
    own[0] = best;
    conflict.claims = own;
    conflict.n_claims = n;
    *kps_vec_push(&d->found) = conflict;
}
