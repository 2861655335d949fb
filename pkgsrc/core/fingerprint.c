#include "core/fingerprint.h"
#include "base/order.h"

#include <stdlib.h>

/* FNV-1a; each part ends with a byte outside UTF-8, so "ab" + "c" differs from "a" + "bc". */
static const uint64_t FNV_OFFSET = 0xcbf29ce484222325ULL;
static const uint64_t FNV_PRIME = 0x100000001b3ULL;

static uint64_t add_bytes(uint64_t hash, struct kps_sv bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        hash = (hash ^ (uint8_t)bytes.p[i]) * FNV_PRIME;
    }
    return (hash ^ 0xff) * FNV_PRIME;
}

static uint64_t add_number(uint64_t hash, uint32_t number)
{
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        hash = (hash ^ ((number >> shift) & 0xff)) * FNV_PRIME;
    }
    return hash;
}

/* The hashes of the distinct owners in ascending order. Return: how many. */
static uint32_t hash_owners(const struct kps_ledger *ledger, const struct kps_finding *finding,
                            uint64_t *hashes)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        if (finding->parties[i].owner == 0) {
            continue;
        }
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, finding->parties[i].owner);
        uint64_t hash = add_bytes(FNV_OFFSET, kps_sv_of(kps_owner_kind_name(owner->kind)));
        struct kps_sv group =
            owner->ties->is_group_a_folder ? (struct kps_sv){"", 0} : kps_owner_group(owner);
        hashes[n++] = add_bytes(add_bytes(hash, group), kps_owner_name(owner));
    }
    if (n > 1) {
        qsort(hashes, n, sizeof(hashes[0]), kps_order_u64);
    }
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || hashes[i] != hashes[i - 1]) {
            hashes[distinct++] = hashes[i];
        }
    }
    return distinct;
}

uint64_t kps_fingerprint(const struct kps_ledger *ledger, const struct kps_finding *finding)
{
    uint64_t *hashes = KPS_NEW_N(ledger->diag->arena, uint64_t, finding->n_parties);
    uint32_t n = hash_owners(ledger, finding, hashes);
    uint64_t hash = add_number(FNV_OFFSET, finding->rule);
    for (uint32_t i = 0; i < n; i++) {
        hash = add_number(add_number(hash, (uint32_t)hashes[i]), (uint32_t)(hashes[i] >> 32));
    }
    hash = add_number(hash, (uint32_t)finding->first << 16 | finding->last);
    hash = add_number(hash, finding->protocol);
    return finding->last ? hash : add_bytes(hash, finding->message);
}

void kps_fingerprint_all(struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->diag->findings.n; i++) {
        struct kps_finding *finding = ledger->diag->findings.v[i];
        finding->fingerprint = kps_fingerprint(ledger, finding);
    }
}
