#include "model/claim.h"

const char *kps_protocol_name(enum kps_protocol protocol)
{
    static const char *const names[] = {
        [KPS_PROTO_NONE] = "", [KPS_TCP] = "tcp", [KPS_UDP] = "udp", [KPS_SCTP] = "sctp"};
    return names[protocol];
}

bool kps_protocol_parse(struct kps_sv name, enum kps_protocol *ret)
{
    static const enum kps_protocol all[] = {KPS_TCP, KPS_UDP, KPS_SCTP};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq_nocase(name, kps_sv_of(kps_protocol_name(all[i])))) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

const char *kps_basis_name(enum kps_basis basis)
{
    static const char *const names[] = {
        [KPS_REQUESTED] = "wish", [KPS_PENDING] = "plan", [KPS_BOUND] = "held"};
    return names[basis];
}

uint32_t kps_claim_width(const struct kps_claim *claim)
{
    return claim->last ? (uint32_t)claim->last - claim->first + 1 : 0;
}

bool kps_claim_is_live(const struct kps_claim *claim)
{
    return claim->last != 0 && claim->copies != 0 && !(claim->flags & KPS_CLAIM_DISCARDED);
}
