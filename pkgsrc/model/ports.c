#include "model/ports.h"

bool kps_port_range_parse(struct kps_sv text, char between, struct kps_port_range *ret)
{
    size_t at = kps_sv_find(text, between);
    struct kps_sv end = at < text.n ? kps_sv_from(text, at + 1) : text;
    int64_t first = kps_sv_number(kps_sv_head(text, at), UINT16_MAX);
    int64_t last = kps_sv_number(end, UINT16_MAX);
    if (first < 0 || first > last) {
        return false;
    }
    *ret = (struct kps_port_range){(uint16_t)first, (uint16_t)last};
    return true;
}

bool kps_port_range_holds(const struct kps_port_range *ranges, size_t n, uint16_t port)
{
    for (size_t i = 0; i < n; i++) {
        if (ranges[i].first <= port && port <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

bool kps_ports_meet(const struct kps_ports *a, const struct kps_ports *b)
{
    bool shares_protocol = a->protocol == b->protocol || a->protocol == KPS_PROTO_NONE ||
                           b->protocol == KPS_PROTO_NONE;
    return shares_protocol && a->last != 0 && b->last != 0 && a->first <= b->last &&
           b->first <= a->last && kps_addr_overlap(&a->addr, &b->addr);
}

struct kps_ports kps_ports_of(const struct kps_claim *claim)
{
    return (struct kps_ports){claim->addr, claim->first, claim->last, claim->protocol};
}

bool kps_ports_of_claims_meet(const struct kps_claim *a, const struct kps_claim *b)
{
    struct kps_ports left = kps_ports_of(a);
    struct kps_ports right = kps_ports_of(b);
    return kps_ports_meet(&left, &right);
}

struct kps_sv kps_ports_digits(struct kps_arena *arena, uint16_t first, uint16_t last)
{
    return first == last ? kps_fmt(arena, "%u", first) : kps_fmt(arena, "%u-%u", first, last);
}

struct kps_sv kps_ports_words(struct kps_arena *arena, uint16_t first, uint16_t last,
                              enum kps_protocol protocol)
{
    return kps_fmt(arena, "%s%s%s", kps_ports_digits(arena, first, last).p,
                   protocol != KPS_PROTO_NONE ? "/" : "", kps_protocol_name(protocol));
}

struct kps_sv kps_ports_of_conflict(struct kps_arena *arena, const struct kps_conflict *conflict)
{
    return kps_ports_words(arena, conflict->first, conflict->last, conflict->protocol);
}
