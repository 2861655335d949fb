#include "model/ledger.h"

#include "base/map.h"

struct kps_sv kps_ledger_host_name(const struct kps_ledger *ledger)
{
    return ledger->host_name.n ? ledger->host_name : SV("this machine");
}

void kps_ledger_free(struct kps_ledger *ledger)
{
    kps_vec_free(&ledger->netns);
    kps_vec_free(&ledger->sites);
    kps_vec_free(&ledger->owners);
    kps_vec_free(&ledger->claims);
    kps_vec_free(&ledger->shared_netns);
    kps_vec_free(&ledger->image_ports_pending);
}

kps_netns_id kps_ledger_netns(struct kps_ledger *ledger, enum kps_netns_kind kind,
                              struct kps_sv name)
{
    for (uint32_t i = ledger->netns.n; i > 0; i--) { /* mostly one of the newest is meant */
        if (ledger->netns.v[i - 1].kind == kind && kps_sv_eq(ledger->netns.v[i - 1].name, name)) {
            return i;
        }
    }
    return kps_ledger_new_netns(ledger, kind, name);
}

kps_netns_id kps_ledger_new_netns(struct kps_ledger *ledger, enum kps_netns_kind kind,
                                  struct kps_sv name)
{
    *kps_vec_push(&ledger->netns) = (struct kps_netns){.kind = kind, .name = name};
    return ledger->netns.n;
}

/* Return: the ties of an owner with its names, in the arena; of a class that calls it mostly none.
 */
static const struct kps_owner_ties *keep_ties(struct kps_ledger *ledger,
                                              const struct kps_new_owner *owner)
{
    static const struct kps_owner_ties none;
    if (!owner->ties && owner->cls->called) {
        return &none;
    }
    struct kps_owner_ties *ties = KPS_NEW(ledger->diag->arena, struct kps_owner_ties);
    if (owner->ties) {
        *ties = *owner->ties;
    }
    ties->name = owner->name;
    ties->group = owner->group;
    return ties;
}

kps_owner_id kps_ledger_owner(struct kps_ledger *ledger, const struct kps_new_owner *owner)
{
    KPS_ASSERT(owner->cls != NULL);
    struct kps_owner *own = kps_vec_push(&ledger->owners);
    own->cls = owner->cls;
    own->facts = owner->facts;
    own->ties = keep_ties(ledger, owner);
    own->kind = owner->kind;
    own->site = owner->site;
    own->tenant = ledger->owners.n;
    own->origin = owner->origin;
    return ledger->owners.n;
}

struct kps_owner_ties *kps_ledger_change_ties(struct kps_ledger *ledger, kps_owner_id id)
{
    struct kps_owner *owner = &ledger->owners.v[id - 1];
    struct kps_owner_ties *own = KPS_NEW(ledger->diag->arena, struct kps_owner_ties);
    *own = *owner->ties;
    owner->ties = own;
    return own;
}

kps_claim_id kps_ledger_claim(struct kps_ledger *ledger, const struct kps_claim *claim)
{
    KPS_ASSERT(claim->netns > 0 && claim->netns <= ledger->netns.n);
    KPS_ASSERT(claim->owner > 0 && claim->owner <= ledger->owners.n);
    KPS_ASSERT(claim->first <= claim->last);
    KPS_ASSERT(claim->last ? claim->take >= 1 && claim->take <= kps_claim_width(claim)
                           : claim->take == 0);
    kps_vec_append(&ledger->claims, *claim);
    return ledger->claims.n;
}

const struct kps_netns *kps_ledger_get_netns(const struct kps_ledger *ledger, kps_netns_id id)
{
    KPS_ASSERT(id > 0 && id <= ledger->netns.n);
    return &ledger->netns.v[id - 1];
}

const struct kps_owner *kps_ledger_get_owner(const struct kps_ledger *ledger, kps_owner_id id)
{
    KPS_ASSERT(id > 0 && id <= ledger->owners.n);
    return &ledger->owners.v[id - 1];
}

const struct kps_claim *kps_ledger_get_claim(const struct kps_ledger *ledger, kps_claim_id id)
{
    KPS_ASSERT(id > 0 && id <= ledger->claims.n);
    return &ledger->claims.v[id - 1];
}

kps_origin_id kps_ledger_origin(const struct kps_ledger *ledger, kps_claim_id id)
{
    struct kps_claim *claim = &ledger->claims.v[id - 1];
    const struct kps_owner_class *cls = kps_ledger_get_owner(ledger, claim->owner)->cls;
    if (!claim->origin && cls->locate) {
        claim->origin = cls->locate(ledger, id);
    }
    return claim->origin;
}

uint32_t kps_ledger_site(struct kps_ledger *ledger, struct kps_site site)
{
    *kps_vec_push(&ledger->sites) = site;
    return ledger->sites.n;
}

bool kps_ledger_is_here(const struct kps_ledger *ledger, kps_netns_id id)
{
    uint32_t site = kps_ledger_get_netns(ledger, id)->site;
    return site == 0 || ledger->sites.v[site - 1].is_here;
}

const struct kps_engine_traits *kps_ledger_engine(const struct kps_ledger *ledger, kps_netns_id id)
{
    uint32_t site = id ? kps_ledger_get_netns(ledger, id)->site : 0;
    return site ? &ledger->sites.v[site - 1].engine : &ledger->engine;
}

struct kps_sv kps_ledger_site_name(const struct kps_ledger *ledger, uint32_t site)
{
    return site ? ledger->sites.v[site - 1].name : (struct kps_sv){"", 0};
}

/* Return: a key of the owner among the owners of all sites. */
static struct kps_sv make_key(const struct kps_ledger *ledger, const struct kps_owner *owner,
                              struct kps_sv key)
{
    const struct kps_site *site = owner->site ? &ledger->sites.v[owner->site - 1] : NULL;
    bool is_joined = !site || (site->is_here && !site->netns);
    return is_joined || key.n == 0
               ? key
               : kps_fmt(ledger->diag->arena, "%u %.*s", owner->site, SV_ARG(key));
}

struct kps_sv kps_ledger_netns_name(const struct kps_ledger *ledger, kps_netns_id id,
                                    kps_owner_id owner)
{
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, id);
    const struct kps_owner *of = kps_ledger_get_owner(ledger, owner);
    bool is_own = netns->kind == KPS_NETNS_PRIVATE && netns->name.n == 0 && of->cls->own_netns;
    return is_own ? of->cls->own_netns(of) : netns->name;
}

struct kps_ledger_mark kps_ledger_mark(const struct kps_ledger *ledger)
{
    return (struct kps_ledger_mark){.findings = ledger->diag->findings.n,
                                    .owners = ledger->owners.n,
                                    .claims = ledger->claims.n,
                                    .shared_netns = ledger->shared_netns.n,
                                    .image_ports_pending = ledger->image_ports_pending.n,
                                    .incomplete = ledger->diag->incomplete,
                                    .has_unknown = ledger->diag->has_unknown};
}

void kps_ledger_take_back(struct kps_ledger *ledger, const struct kps_ledger_mark *mark)
{
    ledger->diag->findings.n = mark->findings;
    ledger->diag->incomplete = mark->incomplete;
    ledger->diag->has_unknown = mark->has_unknown;
    ledger->owners.n = mark->owners;
    ledger->claims.n = mark->claims;
    ledger->shared_netns.n = mark->shared_netns;
    ledger->image_ports_pending.n = mark->image_ports_pending;
}

void kps_ledger_link(struct kps_ledger *ledger)
{
    struct kps_map by_key = {0};
    bool any_stands = false;
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        any_stands |= ledger->owners.v[i].ties->stands_for.n > 0;
    }
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        struct kps_owner *owner = &ledger->owners.v[i];
        if (owner->ties->key.n) {
            /* Owners with the same key are one tenant: the first. */
            owner->tenant = *kps_map_put(&by_key, ledger->diag->arena,
                                         make_key(ledger, owner, owner->ties->key), i + 1);
        }
    }
    for (uint32_t i = 0; any_stands && i < ledger->owners.n; i++) {
        const struct kps_owner *owner = &ledger->owners.v[i];
        for (uint32_t k = 0; k < owner->ties->n_aliases; k++) {
            (void)kps_map_put(&by_key, ledger->diag->arena,
                              make_key(ledger, owner, owner->ties->aliases[k]), owner->tenant);
        }
    }
    for (uint32_t i = 0; any_stands && i < ledger->owners.n; i++) {
        uint32_t at = ledger->owners.v[i].tenant - 1;
        for (uint32_t steps = 0;
             steps < ledger->owners.n && ledger->owners.v[at].ties->stands_for.n; steps++) {
            const struct kps_owner *stand_in = &ledger->owners.v[at];
            uint32_t next =
                kps_map_get(&by_key, make_key(ledger, stand_in, stand_in->ties->stands_for), 0);
            if (next == 0) {
                break;
            }
            at = next - 1;
        }
        ledger->owners.v[i].tenant = at + 1;
    }
}
