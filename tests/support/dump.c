#include "support/dump.h"

#include "base/buf.h"

static void dump_ports(struct kps_buf *out, uint16_t first, uint16_t last)
{
    kps_buf_fmt(out, last ? "%u" : "any", first);
    if (last > first) {
        kps_buf_fmt(out, "-%u", last);
    }
}

static void dump_claim(struct kps_buf *out, const struct kps_ledger *ledger,
                       const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, claim->netns);
    struct kps_sv address = kps_addr_format(out->arena, &claim->addr);
    bool six = claim->addr.kind == KPS_ADDR_ANY6 || claim->addr.kind == KPS_ADDR_ONE6;
    kps_buf_fmt(out, "%s %.*s %s %s ", owner->cls->noun, SV_ARG(kps_owner_name(owner)),
                kps_basis_name((enum kps_basis)claim->basis),
                kps_certainty_name((enum kps_certainty)claim->certainty));
    kps_buf_fmt(out, six ? "[%.*s]:" : "%.*s:", SV_ARG(address.n ? address : SV("*")));
    dump_ports(out, claim->first, claim->last);
    if (claim->take != kps_claim_width(claim)) {
        kps_buf_fmt(out, "(%u)", claim->take);
    }
    kps_buf_add(out, SV("->"));
    dump_ports(out, claim->target_first, claim->target_last);
    kps_buf_fmt(out, "/%s", kps_protocol_name(claim->protocol));
    if (claim->flags & KPS_CLAIM_DERIVED) {
        kps_buf_add(out, SV(" guess"));
    }
    if (claim->flags & KPS_CLAIM_DISCARDED) {
        kps_buf_add(out, SV(" discarded"));
    }
    if (netns->kind != KPS_NETNS_HOST) {
        kps_buf_fmt(out, " in %.*s", SV_ARG(netns->name));
    }
    kps_buf_char(out, '\n');
}

struct kps_sv dump_claims(struct kps_arena *arena, const struct kps_ledger *ledger)
{
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        dump_claim(&out, ledger, &ledger->claims.v[i]);
    }
    return kps_buf_sv(&out);
}
