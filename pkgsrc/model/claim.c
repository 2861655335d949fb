#include "model/claim.h"

const char *kps_protocol_name(enum kps_protocol protocol)
{
    static const char *const names[] = {
        [KPS_PROTO_NONE] = "", [KPS_TCP] = "tcp", [KPS_UDP] = "udp", [KPS_SCTP] = "sctp"};
    return names[protocol];
}

enum kps_protocol kps_protocol_of(struct kps_sv name)
{
    enum kps_protocol protocol = KPS_SCTP;
    while (protocol && !kps_sv_eq_nocase(name, kps_sv_of(kps_protocol_name(protocol)))) {
        protocol--;
    }
    return protocol;
}

enum kps_protocol kps_protocol_or_tcp(struct kps_sv name)
{
    return name.n ? kps_protocol_of(name) : KPS_TCP;
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
