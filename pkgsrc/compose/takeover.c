#include "advice/owner.h"
#include "compose/claims.h"
#include "compose/collect.h"

struct looking {
    struct kps_ledger *ledger;
    bool (*is_same)(struct kps_sv a, struct kps_sv b);
    const struct kps_project **told; /* the projects that have their finding, and which it is */
    struct kps_finding **findings;
    uint32_t n_told;
};

static struct kps_finding *finding_of(struct looking *l, kps_owner_id service, const struct kps_service_facts *facts,
                                      const struct kps_container_facts *container)
{
    for (uint32_t i = 0; i < l->n_told; i++) {
        if (l->told[i] == facts->project) {
            return l->findings[i];
        }
    }
    struct kps_diag *diag = l->ledger->diag;
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_CONTAINER_PORT_TAKEN, KPS_WARNING, kps_diag_here(diag, facts->service->key->span),
                     "project '%.*s' is there already, made in '%.*s': 'up' takes over its containers",
                     SV_ARG(facts->project->name), SV_ARG(container->compose_working_dir));
    finding->certainty = KPS_LIKELY;
    finding->parties[0].owner = service;
    finding->parties[0].label = SV("'up' of this project");
    kps_finding_note(
        diag, finding,
        "Compose knows a project by its name alone: a container whose settings differ is replaced, without a "
        "word");
    kps_finding_help(
        diag, finding, (struct kps_sv){"", 0},
        "if these are two projects, give this one a name of its own: a line 'name: …' at the top, or -p NAME");
    l->told[l->n_told] = facts->project;
    l->findings[l->n_told++] = finding;
    return finding;
}

void kps_compose_note_takeover(struct kps_ledger *ledger, bool (*is_same)(struct kps_sv a, struct kps_sv b))
{
    struct kps_arena *arena = ledger->diag->arena;
    uint32_t n = ledger->owners.n;
    struct looking l = {.ledger = ledger,
                        .is_same = is_same,
                        .told = KPS_NEW_N(arena, const struct kps_project *, (size_t)n + 1),
                        .findings = KPS_NEW_N(arena, struct kps_finding *, (size_t)n + 1)};
    for (kps_owner_id id = 1; id <= n; id++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
        const struct kps_container_facts *container = owner->kind == KPS_OWNER_CONTAINER ? owner->facts : NULL;
        const struct kps_service_facts *facts =
            container ? kps_compose_facts(kps_ledger_get_owner(ledger, owner->tenant)) : NULL;
        if (!facts || container->compose_working_dir.n == 0 ||
            kps_sv_eq(container->compose_working_dir, facts->project->directory) ||
            is_same(container->compose_working_dir, facts->project->directory)) {
            continue;
        }
        struct kps_finding *finding = finding_of(&l, owner->tenant, facts, container);
        (void)kps_finding_party(
            ledger->diag, finding,
            (struct kps_party){.role = KPS_ROLE_HOLDER, .owner = id, .label = kps_owner_words(arena, ledger, id)});
    }
}
