#include "core/together.h"

#include "core/detect.h"
#include "model/ports.h"

/* Return: does a file below a folder, or of the machine itself, request the claim? */
static bool takes_part(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, claim->netns);
    return claim->basis == KPS_REQUESTED && netns->kind == KPS_NETNS_HOST &&
           (netns->is_apart || netns->name.n == 0);
}

/*
 * Copy the ledger as if the projects below a folder shared one machine: the claims of all of them
 * in the namespace `machine`, and every other claim without copies. The lists other than the claims
 * stay those of the ledger.
 */
static struct kps_ledger join_machines(const struct kps_ledger *ledger, struct kps_arena *arena,
                                       kps_netns_id machine)
{
    struct kps_ledger joined = *ledger;
    joined.claims.v = KPS_NEW_N(arena, struct kps_claim, (size_t)ledger->claims.n + 1);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_claim *claim = &joined.claims.v[i];
        *claim = ledger->claims.v[i];
        if (takes_part(ledger, claim)) {
            claim->netns = machine;
        } else {
            claim->copies = 0;
        }
    }
    return joined;
}

/* Return: do claims of several namespaces and projects clash? */
static bool is_between_projects(const struct kps_ledger *ledger,
                                const struct kps_conflict *conflict)
{
    bool is_apart = false;
    kps_netns_id first = kps_ledger_get_claim(ledger, conflict->claims[0])->netns;
    for (uint32_t i = 1; i < conflict->n_claims; i++) {
        is_apart = is_apart || kps_ledger_get_claim(ledger, conflict->claims[i])->netns != first;
    }
    return conflict->kind == KPS_CONFLICT_OWNERS && is_apart &&
           !kps_detect_has_one_group(ledger, conflict);
}

/* Return: the path of the project that makes the claim. */
static struct kps_sv project_of(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    kps_file_id file = owner->ties->group_file
                           ? owner->ties->group_file
                           : kps_origins_span(&ledger->diag->origins, claim->origin).file;
    return file ? kps_files_get(&ledger->diag->files, file)->path : kps_owner_name(owner);
}

bool kps_together_find(const struct kps_ledger *ledger, struct kps_arena *arena,
                       struct kps_together *ret)
{
    kps_netns_id machine = 0;
    for (kps_netns_id id = ledger->netns.n; id > 0; id--) {
        machine = kps_ledger_get_netns(ledger, id)->is_apart ? id : machine;
    }
    if (!machine) {
        return false;
    }
    struct kps_ledger joined = join_machines(ledger, arena, machine);
    struct kps_conflicts conflicts = kps_detect(&joined, arena);
    const struct kps_conflict *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < conflicts.n; i++) {
        if (is_between_projects(ledger, &conflicts.v[i])) {
            first = first ? first : &conflicts.v[i];
            n++;
        }
    }
    if (!first) {
        return false;
    }
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, first->claims[0]);
    const struct kps_claim *other = claim;
    for (uint32_t i = 1; i < first->n_claims && other->netns == claim->netns; i++) {
        other = kps_ledger_get_claim(ledger, first->claims[i]);
    }
    *ret = (struct kps_together){
        .project = project_of(ledger, other),
        .other = project_of(ledger, claim),
        .ports = kps_ports_words(arena, first->first, first->last, first->protocol),
        .n_more = n - 1};
    return true;
}
