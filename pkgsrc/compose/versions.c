#include "compose/versions.h"

bool kps_compose_versions_parse(struct kps_sv text, enum kps_compose_version *ret)
{
    struct kps_sv rest = kps_sv_has_head(text, "v") ? kps_sv_from(text, 1) : text;
    int64_t numbers[3] = {0, 0, 0};
    size_t n = 0;
    while (n < KPS_COUNT(numbers) && rest.n) {
        size_t dot = kps_sv_find(rest, '.');
        numbers[n] = kps_sv_number(kps_sv_head(rest, dot), UINT16_MAX);
        if (numbers[n++] < 0 || dot + 1 == rest.n) {
            return false;
        }
        rest = kps_sv_from(rest, dot + 1);
    }
    if (n == 0 || rest.n || numbers[0] < 2) {
        return false;
    }
    if (numbers[0] >= 5) {
        *ret = KPS_COMPOSE_NEWEST;
    } else if (numbers[0] > 2 || numbers[1] >= 40) {
        *ret = KPS_COMPOSE_2_40;
    } else {
        *ret = KPS_COMPOSE_2_26;
    }
    return true;
}

void kps_compose_versions_note_unused(struct kps_diag *diag, const struct kps_interpolated *result)
{
    if (result->status != KPS_INTERPOLATED || result->unused_problem.len == 0) {
        return;
    }
    (void)kps_diag_add_here(
        diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, result->unused_problem,
        "Compose before 5 refuses this reference, although its value is not needed");
}
