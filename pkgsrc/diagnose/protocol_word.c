#include "diagnose/protocol_word.h"

struct kps_protocol_word kps_protocol_word_read(struct kps_sv small, size_t at)
{
    static const struct {
        struct kps_sv word;
        enum kps_protocol protocol;
    } words[] = {
        {SV_LIT("tcp"), KPS_TCP},   {SV_LIT("udp"), KPS_UDP},      {SV_LIT("sctp"), KPS_SCTP},
        {SV_LIT("dgram"), KPS_UDP}, {SV_LIT("datagram"), KPS_UDP}, {SV_LIT("quic"), KPS_UDP},
    };
    struct kps_sv rest = kps_sv_from(small, at);
    for (size_t i = 0; i < KPS_COUNT(words); i++) {
        size_t n = words[i].word.n;
        if (!kps_sv_starts(rest, words[i].word)) {
            continue;
        }
        n += n < rest.n && rest.p[n] == 'v' ? 1 : 0;
        bool has_family = n < rest.n && (rest.p[n] == '4' || rest.p[n] == '6');
        n += has_family ? 1 : 0;
        bool is_in_name = kps_sv_has_head(kps_sv_from(rest, n), "-") &&
                          !kps_sv_starts_with_any(kps_sv_from(rest, n), "-port -socket");
        if (!is_in_name && (n == rest.n || !kps_is_alpha(rest.p[n]))) {
            return (struct kps_protocol_word){words[i].protocol, has_family, n};
        }
    }
    return (struct kps_protocol_word){KPS_PROTO_NONE, false, 0};
}

bool kps_protocol_word_is_udp(uint16_t port)
{
    static const uint16_t ports[] = {53,   67,   68,   69,   123,   137,   138,   161,   162,
                                     500,  514,  520,  1194, 1434,  1645,  1646,  1701,  1812,
                                     1813, 1900, 2456, 3478, 4500,  4789,  5060,  5351,  5353,
                                     5683, 6081, 8472, 9987, 19132, 19133, 34197, 41641, 51820};
    for (size_t i = 0; i < KPS_COUNT(ports); i++) {
        if (port == ports[i]) {
            return true;
        }
    }
    return false;
}
