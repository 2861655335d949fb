#include "kube/kube.h"

struct kps_sv kps_kube_source_span(const struct kps_ledger *ledger, const struct kps_claim *claim,
                                   struct kps_source_span *ret)
{
    const struct kps_diag *diag = ledger->diag;
    struct kps_sv name = kps_owner_name(kps_ledger_get_owner(ledger, claim->owner));
    struct kps_span at = {0, 0, 0};
    for (kps_origin_id id = claim->origin; id; id = kps_origins_up(&diag->origins, id)) {
        at = at.file ? at : kps_origins_span(&diag->origins, id);
        if (kps_origins_step(&diag->origins, id) == KPS_STEP_TEMPLATE) {
            return kps_fmt(diag->arena,
                           "'%.*s' is rendered from a template, and the number is in its values",
                           SV_ARG(name));
        }
    }
    if (at.file == 0) {
        return kps_fmt(diag->arena, "no file has the port of '%.*s'", SV_ARG(name));
    }
    if (claim->flags & KPS_CLAIM_TIED) {
        ret->kept[ret->n_kept++] = at;
        return kps_fmt(diag->arena,
                       "'%.*s' itself listens on the port: its own configuration decides which",
                       SV_ARG(name));
    }
    ret->ports[ret->n_ports++] = at;
    return (struct kps_sv){"", 0};
}
