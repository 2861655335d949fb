#include "compose/project_name_reuse.h"

#include "advice/owner_words.h"
#include "compose/claims.h"
#include "model/ports.h"

/* A project with a finding. */
struct told {
    const struct kps_project *project;
    struct kps_finding *finding;
};

struct looking {
    struct kps_ledger *ledger;
    bool (*is_same)(struct kps_sv a, struct kps_sv b);
    KPS_VEC(struct told) told;
};

static struct kps_finding *finding_of(struct looking *l, kps_owner_id service,
                                      const struct kps_service_facts *facts,
                                      const struct kps_container_facts *container)
{
    for (uint32_t i = 0; i < l->told.n; i++) {
        if (l->told.v[i].project == facts->project) {
            return l->told.v[i].finding;
        }
    }
    struct kps_diag *diag = l->ledger->diag;
    struct kps_finding *finding = kps_diag_add_here(
        diag, KPS_RULE_CONTAINER_PORT_TAKEN, KPS_WARNING, facts->service->key->span,
        "project '%.*s' is there already, made in '%.*s': 'up' takes over its containers",
        SV_ARG(facts->project->name), SV_ARG(container->compose_working_dir));
    finding->certainty = KPS_LIKELY;
    finding->parties[0].owner = service;
    finding->parties[0].label = SV("'up' of this project");
    kps_finding_note(finding,
                     "Compose knows a project by its name alone: a container whose settings differ "
                     "is replaced, without a "
                     "word");
    kps_finding_help(finding,
                     "write 'name: …' at the top, or type -p NAME, if these are two projects");
    *kps_vec_push(&l->told) = (struct told){facts->project, finding};
    return finding;
}

void kps_compose_project_name_reuse_note_containers(struct kps_ledger *ledger,
                                                    bool (*is_same)(struct kps_sv a,
                                                                    struct kps_sv b))
{
    struct kps_arena *arena = ledger->diag->arena;
    struct looking l = {.ledger = ledger, .is_same = is_same};
    for (kps_owner_id id = 1; id <= ledger->owners.n; id++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
        const struct kps_container_facts *container =
            owner->kind == KPS_OWNER_CONTAINER ? owner->facts : NULL;
        const struct kps_service_facts *facts =
            container ? kps_compose_claims_facts(kps_ledger_get_owner(ledger, owner->tenant))
                      : NULL;
        bool is_here = owner->site == 0 || ledger->sites.v[owner->site - 1].is_here;
        if (!facts || !is_here || container->compose_working_dir.n == 0 ||
            kps_sv_eq(container->compose_working_dir, facts->project->directory) ||
            is_same(container->compose_working_dir, facts->project->directory)) {
            continue;
        }
        struct kps_finding *finding = finding_of(&l, owner->tenant, facts, container);
        kps_finding_party(finding, KPS_ROLE_HOLDER, id)->label = kps_owner_words(arena, ledger, id);
    }
    kps_vec_free(&l.told);
}

/* The stretch of the ledger with the claims of an owner; claims of a service follow each other. */
struct stretch {
    uint32_t from, to;
};

/* Return: the stretch of every owner, by id. */
static struct stretch *find_stretches(const struct kps_ledger *ledger, struct kps_arena *scratch)
{
    struct stretch *of = KPS_NEW_N(scratch, struct stretch, (size_t)ledger->owners.n + 1);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct stretch *stretch = &of[ledger->claims.v[i].owner];
        stretch->from = stretch->to ? stretch->from : i;
        stretch->to = i + 1;
    }
    return of;
}

/*
 * Return a claim of another file's service that Compose takes for the same service, where both
 * want the same port; 0: none.
 */
static kps_claim_id same_port(const struct kps_ledger *ledger, const struct kps_claim *claim,
                              kps_owner_id tenant, struct stretch stretch)
{
    for (uint32_t i = stretch.from; i < stretch.to; i++) {
        const struct kps_claim *other = &ledger->claims.v[i];
        if (other->owner == tenant && other->netns == claim->netns && kps_claim_is_live(other) &&
            kps_ports_of_claims_meet(claim, other)) {
            return i + 1;
        }
    }
    return 0;
}

static void say_same_service(struct kps_ledger *ledger, kps_claim_id here, kps_claim_id there)
{
    struct kps_diag *diag = ledger->diag;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, here);
    const struct kps_claim *other = kps_ledger_get_claim(ledger, there);
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    kps_file_id file = kps_ledger_get_owner(ledger, other->owner)->ties->group_file;
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_COMPOSE_PROJECT_CLASH, KPS_NOTE, claim->origin,
                     "both files are project '%.*s' and have a service '%.*s' on this port: "
                     "the second 'up' replaces the first one's "
                     "container",
                     SV_ARG(owner->ties->group), SV_ARG(owner->ties->name));
    finding->first = claim->first > other->first ? claim->first : other->first;
    finding->last = claim->last < other->last ? claim->last : other->last;
    finding->protocol = claim->protocol;
    finding->parties[0].owner = claim->owner;
    finding->parties[0].claim = here;
    struct kps_sv path = kps_files_get(&diag->files, file)->path;
    struct kps_sv label =
        kps_fmt(diag->arena, "'%.*s' of %.*s", SV_ARG(owner->ties->name), SV_ARG(path));
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, other->owner);
    party->claim = there;
    party->at = other->origin;
    party->label = label;
    kps_finding_help(finding, "write 'name: …' at the top of one, if these are two projects");
    kps_finding_help(finding, "type -f FILE -f FILE in order, if these are layers of one project");
}

void kps_compose_project_name_reuse_note_files(struct kps_ledger *ledger)
{
    uint32_t told = 0; /* the file of the last reported project: its services follow each other */
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const struct stretch *stretches = NULL; /* made for the first service of two files */
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
        const struct kps_owner *tenant = kps_ledger_get_owner(ledger, owner->tenant);
        if (owner->kind != KPS_OWNER_COMPOSE_SERVICE || tenant->kind != KPS_OWNER_COMPOSE_SERVICE ||
            owner->tenant == claim->owner || owner->ties->group_file == told ||
            !kps_claim_is_live(claim)) {
            continue;
        }
        stretches = stretches ? stretches : find_stretches(ledger, scratch);
        kps_claim_id other = same_port(ledger, claim, owner->tenant, stretches[owner->tenant]);
        if (other) {
            told = owner->ties->group_file;
            say_same_service(ledger, i + 1, other);
        }
    }
}
