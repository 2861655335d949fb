#include "kube/hostip.h"

bool kps_hostip_is_wildcard(struct kps_sv text)
{
    return text.n == 0 || kps_sv_is(text, "0.0.0.0");
}

/* Copy an IPv4 literal without the leading zeros of its numbers. Return: its length, 0 when it
 * does not fit. */
static size_t without_zeros(struct kps_sv text, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool starts = i == 0 || text.p[i - 1] == '.';
        while (starts && text.p[i] == '0' && i + 1 < text.n && kps_is_digit(text.p[i + 1])) {
            i++;
        }
        if (n == room) {
            return 0;
        }
        out[n++] = text.p[i];
    }
    return n;
}

bool kps_hostip_parse(struct kps_sv text, struct kps_addr *ret)
{
    if (text.n == 0) {
        *ret = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        return true;
    }
    if (kps_addr_parse(text, ret)) {
        return true;
    }
    char clean[16];
    size_t n = without_zeros(text, clean, sizeof(clean));
    return n > 0 && kps_addr_parse((struct kps_sv){clean, n}, ret);
}

enum kps_hostip_match kps_hostip_match(struct kps_sv a, struct kps_sv b)
{
    if (kps_hostip_is_wildcard(a) || kps_hostip_is_wildcard(b) || kps_sv_eq(a, b)) {
        return KPS_HOSTIP_CLASH;
    }
    struct kps_addr left;
    struct kps_addr right;
    if (kps_hostip_parse(a, &left) && kps_hostip_parse(b, &right) &&
        kps_addr_overlap(&left, &right)) {
        return KPS_HOSTIP_UNNOTICED;
    }
    return KPS_HOSTIP_APART;
}
