#include "core/double_entries.h"

#include "base/map.h"

/* The facts that two entries must have in common. Without padding: the bytes are compared. */
struct entry_key {
    uint32_t owner;
    uint16_t target, first, last;
    uint8_t protocol, addr_kind;
    uint8_t addr[16];
};

struct search {
    struct kps_detection *d;
    struct kps_map seen; /* struct entry_key -> the first such claim */
    uint32_t n_keys;     /* stored, then looked up */
};

enum { MOST_KEYS = 65536 };

static struct entry_key key_of(const struct kps_claim *claim, uint16_t target,
                               enum kps_addr_kind kind)
{
    struct entry_key key = {.owner = claim->owner,
                            .target = target,
                            .first = claim->first,
                            .last = claim->last,
                            .protocol = claim->protocol,
                            .addr_kind = (uint8_t)kind};
    for (size_t i = 0; i < sizeof(key.addr) && kind == claim->addr.kind; i++) {
        key.addr[i] = claim->addr.bytes[i];
    }
    return key;
}

/* Report if the engine chooses the port of the claim, and a port of another entry with it. */
static bool is_chosen(const struct kps_ledger *ledger, const struct kps_claim *claim)
{
    const struct kps_engine_traits *engine = kps_ledger_engine(ledger, claim->netns);
    bool is_open = claim->last == 0 || claim->take < kps_claim_width(claim);
    bool is_udp_apart = !kps_engine_traits_share_udp(engine) && (engine->major || !claim->last);
    return is_open && claim->basis == KPS_REQUESTED && claim->certainty == KPS_CERTAIN &&
           claim->copies && claim->target_first && !(claim->flags & KPS_CLAIM_DISCARDED) &&
           kps_ledger_get_owner(ledger, claim->owner)->kind == KPS_OWNER_COMPOSE_SERVICE &&
           kps_engine_traits_retries(engine) &&
           (claim->protocol == KPS_TCP || (claim->protocol == KPS_UDP && is_udp_apart));
}

static void add_double(struct kps_detection *d, uint32_t earlier, uint32_t later)
{
    const struct kps_claim *claim = kps_ledger_get_claim(d->ledger, later);
    bool is_sure = claim->last || kps_ledger_engine(d->ledger, claim->netns)->major;
    struct kps_conflict conflict = {.kind = KPS_CONFLICT_WITHIN,
                                    .certainty = is_sure ? KPS_CERTAIN : KPS_POSSIBLE,
                                    .netns = claim->netns,
                                    .protocol = claim->protocol,
                                    .first = claim->first,
                                    .last = claim->last};
    kps_detection_add(d, conflict, (kps_claim_id[]){earlier, later}, 2, 0);
}

/* Store the entry by each of its container ports; report an entry on the same address. */
static void store_entry(struct search *search, kps_claim_id id)
{
    const struct kps_claim *claim = kps_ledger_get_claim(search->d->ledger, id);
    kps_claim_id reported = 0;
    for (uint32_t target = claim->target_first;
         target <= claim->target_last && search->n_keys < MOST_KEYS; target++, search->n_keys++) {
        struct entry_key *key = KPS_NEW(search->d->scratch, struct entry_key);
        *key = key_of(claim, (uint16_t)target, claim->addr.kind);
        kps_claim_id first = *kps_map_put(&search->seen, search->d->scratch, SV_BYTES(*key), id);
        if (first != id && first != reported) {
            add_double(search->d, first, id);
            reported = first;
        }
    }
}

/* Report the entries on the wildcards that contain the address of the claim. */
static void report_wildcards(struct search *search, kps_claim_id id)
{
    const struct kps_claim *claim = kps_ledger_get_claim(search->d->ledger, id);
    static const enum kps_addr_kind wildcards[] = {KPS_ADDR_EVERY, KPS_ADDR_ANY4, KPS_ADDR_ANY6};
    for (size_t i = 0; i < KPS_COUNT(wildcards); i++) {
        struct kps_addr wildcard = {.kind = (uint8_t)wildcards[i]};
        bool is_around =
            wildcards[i] != claim->addr.kind && kps_addr_contains(&wildcard, &claim->addr);
        kps_claim_id reported = 0;
        for (uint32_t target = claim->target_first;
             is_around && target <= claim->target_last && search->n_keys < MOST_KEYS;
             target++, search->n_keys++) {
            struct entry_key key = key_of(claim, (uint16_t)target, wildcards[i]);
            kps_claim_id other = kps_map_get(&search->seen, SV_BYTES(key), 0);
            if (other && other != reported) {
                add_double(search->d, other, id);
                reported = other;
            }
        }
    }
}

void kps_double_entries_detect(struct kps_detection *detection)
{
    const struct kps_ledger *ledger = detection->ledger;
    struct search search = {.d = detection};
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        if (is_chosen(ledger, &ledger->claims.v[i])) {
            store_entry(&search, i + 1);
        }
    }
    search.n_keys = 0;
    for (uint32_t i = 0; i < ledger->claims.n && search.seen.n; i++) {
        if (is_chosen(ledger, &ledger->claims.v[i])) {
            report_wildcards(&search, i + 1);
        }
    }
}

bool kps_double_entries_need_engine(const struct kps_ledger *ledger, uint32_t site)
{
    KPS_CLEANUP(kps_arena_cleanup) struct kps_arena *arena = kps_arena_new();
    struct kps_detection d = {.ledger = ledger, .arena = arena, .scratch = arena};
    bool is_needed = false;
    kps_double_entries_detect(&d);
    for (uint32_t i = 0; i < d.found.n; i++) {
        is_needed = is_needed || kps_ledger_get_netns(ledger, d.found.v[i].netns)->site == site;
    }
    kps_vec_free(&d.found);
    return is_needed;
}
