#include "diagnose/erlang.h"

enum { GROUPS_4 = 4, GROUPS_6 = 8, MOST_DIGITS = 5, MOST_4 = 0xff, MOST_6 = 0xffff };

/* Read "{1,2,3}". Return: its bytes, and how many numbers there are; 0: something else. */
static size_t read_tuple(struct kps_sv s, unsigned ret[GROUPS_6], unsigned *ret_n)
{
    size_t at = 1;
    for (unsigned n = 0; s.n && s.p[0] == '{' && n < GROUPS_6;) {
        while (at < s.n && kps_is_blank(s.p[at])) {
            at++;
        }
        size_t from = at;
        while (at < s.n && at < from + MOST_DIGITS && kps_is_digit(s.p[at])) {
            at++;
        }
        int64_t value = kps_sv_number(kps_sv_slice(s, from, at), MOST_6);
        if (value < 0 || at >= s.n) {
            return 0;
        }
        ret[n++] = (unsigned)value;
        if (s.p[at] != ',') {
            *ret_n = n;
            return s.p[at] == '}' ? at + 1 : 0;
        }
        at++;
    }
    return 0;
}

size_t kps_erlang_address(struct kps_sv s, struct kps_addr *ret)
{
    unsigned groups[GROUPS_6];
    unsigned n_groups = 0;
    size_t n = read_tuple(s, groups, &n_groups);
    bool is_v4 = n_groups == GROUPS_4;
    if (n == 0 || (!is_v4 && n_groups != GROUPS_6)) {
        return 0;
    }
    struct kps_addr addr = {.kind = is_v4 ? KPS_ADDR_ANY4 : KPS_ADDR_ANY6};
    for (unsigned i = 0; i < n_groups; i++) {
        if (is_v4 && groups[i] > MOST_4) {
            return 0;
        }
        if (groups[i]) {
            addr.kind = is_v4 ? KPS_ADDR_ONE4 : KPS_ADDR_ONE6;
        }
        if (is_v4) {
            addr.bytes[i] = (uint8_t)groups[i];
        } else {
            addr.bytes[2 * i] = (uint8_t)(groups[i] >> 8);
            addr.bytes[2 * i + 1] = (uint8_t)groups[i];
        }
    }
    *ret = addr;
    return n;
}
