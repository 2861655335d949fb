#include "diagnose/endpoint.h"

enum { MOST_HOST = 255 };

static bool is_host_char(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c) || c == '-' || c == '.' || c == '_';
}

static bool is_address_char(char c)
{
    return kps_is_digit(c) || (kps_lower(c) >= 'a' && kps_lower(c) <= 'f') || c == ':' || c == '.';
}

static bool has_prefix_nocase(struct kps_sv s, struct kps_sv prefix)
{
    return s.n >= prefix.n && kps_sv_eq_nocase(kps_sv_slice(s, 0, prefix.n), prefix);
}

static size_t read_number(struct kps_sv s, uint16_t *ret)
{
    size_t n = 0;
    while (n < s.n && kps_is_digit(s.p[n])) {
        n++;
    }
    unsigned long long value = 0;
    if (n > 5 || !kps_sv_u64(kps_sv_slice(s, 0, n), UINT16_MAX, &value) || value == 0) {
        return 0;
    }
    *ret = (uint16_t)value;
    return n;
}

size_t kps_endpoint_port(struct kps_sv s, uint16_t *ret_first, uint16_t *ret_last)
{
    uint16_t first = 0;
    uint16_t last = 0;
    size_t n = read_number(s, &first);
    if (n == 0) {
        return 0;
    }
    if (n < s.n && (kps_is_alpha(s.p[n]) || s.p[n] == '_')) {
        return 0;
    }
    size_t more = n + 1 < s.n && s.p[n] == '-' ? read_number(kps_sv_from(s, n + 1), &last) : 0;
    bool is_range = more > 0 && last >= first;
    *ret_first = first;
    *ret_last = is_range ? last : first;
    return is_range ? n + 1 + more : n;
}

/* An IPv4 or IPv6 literal; a full stop or a colon behind it belongs to the sentence. */
static size_t read_literal(struct kps_sv s, struct kps_addr *ret)
{
    size_t n = 0;
    while (n < s.n && n < MOST_HOST && (kps_is_digit(s.p[n]) || s.p[n] == '.')) {
        n++;
    }
    while (n > 0 && s.p[n - 1] == '.') {
        n--;
    }
    bool ends_here = n == s.n || (!kps_is_alpha(s.p[n]) && s.p[n] != '_' && s.p[n] != '-');
    if (ends_here && kps_addr_parse(kps_sv_slice(s, 0, n), ret)) {
        return n;
    }
    for (n = 0; n < s.n && n < MOST_HOST && is_address_char(s.p[n]);) {
        n++;
    }
    while (n > 0 && s.p[n - 1] == '.') {
        n--;
    }
    bool has_colon_behind = n > 2 && s.p[n - 1] == ':' && s.p[n - 2] != ':';
    n -= has_colon_behind ? 1 : 0;
    return kps_addr_parse(kps_sv_slice(s, 0, n), ret) ? n : 0;
}

size_t kps_endpoint_address(struct kps_sv s, struct kps_addr *ret)
{
    static const struct kps_addr loopback = {.kind = KPS_ADDR_ONE4, .bytes = {127, 0, 0, 1}};
    if (s.n && s.p[0] == '*') {
        *ret = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        return 1;
    }
    if (has_prefix_nocase(s, SV("localhost")) && (s.n == 9 || !is_host_char(s.p[9]))) {
        *ret = loopback;
        return 9;
    }
    if (s.n && s.p[0] == '[') {
        size_t close = kps_sv_find(s, ']');
        struct kps_sv inside = kps_sv_slice(s, 1, close);
        inside = kps_sv_slice(inside, 0, kps_sv_find(inside, '%')); /* a zone */
        return close < s.n && kps_addr_parse(inside, ret) ? close + 1 : 0;
    }
    return read_literal(s, ret);
}

/* ":80", ":[9200-9300]", with "/tcp" behind it. */
static size_t read_port_part(struct kps_sv s, struct kps_endpoint *ret)
{
    if (s.n < 2 || s.p[0] != ':') {
        return 0;
    }
    bool in_brackets = s.p[1] == '[';
    size_t at = in_brackets ? 2 : 1;
    size_t n = kps_endpoint_port(kps_sv_from(s, at), &ret->first, &ret->last);
    at += n;
    if (n == 0 || (in_brackets && (at >= s.n || s.p[at] != ']'))) {
        return 0;
    }
    at += in_brackets ? 1 : 0;
    struct kps_sv rest = kps_sv_from(s, at);
    if (rest.n >= 4 && rest.p[0] == '/' &&
        kps_protocol_parse(kps_sv_slice(rest, 1, 4), &ret->protocol)) {
        return at + 4;
    }
    return at;
}

/* "::1:3000", ":::3000": the address is everything before the last colon. */
static size_t read_bare_v6(struct kps_sv s, struct kps_endpoint *ret)
{
    size_t n = 0;
    while (n < s.n && n < MOST_HOST && is_address_char(s.p[n])) {
        n++;
    }
    size_t colon = kps_sv_rfind(kps_sv_slice(s, 0, n), ':');
    struct kps_sv host = kps_sv_slice(s, 0, colon);
    if (colon == n || kps_sv_find(host, ':') == host.n || !kps_addr_parse(host, &ret->addr)) {
        return 0;
    }
    ret->has_addr = true;
    size_t port = read_port_part(kps_sv_from(s, colon), ret);
    return port ? colon + port : 0;
}

/* "('127.0.0.1', 8000)", as Python prints it. */
static size_t read_tuple(struct kps_sv s, struct kps_endpoint *ret)
{
    if (s.n < 2 || s.p[0] != '(' || (s.p[1] != '\'' && s.p[1] != '"')) {
        return 0;
    }
    struct kps_sv rest = kps_sv_from(s, 2);
    size_t quote = kps_sv_find(rest, s.p[1]);
    struct kps_sv host = kps_sv_slice(rest, 0, quote);
    ret->has_addr = host.n > 0 && kps_endpoint_address(host, &ret->addr) == host.n;
    if (host.n == 0) {
        ret->has_addr = true;
        ret->addr = (struct kps_addr){.kind = KPS_ADDR_ANY4};
    }
    rest = kps_sv_from(rest, quote + 1);
    if (rest.n < 3 || rest.p[0] != ',' || rest.p[1] != ' ') {
        return 0;
    }
    size_t port = kps_endpoint_port(kps_sv_from(rest, 2), &ret->first, &ret->last);
    size_t close = kps_sv_find(rest, ')');
    return port && close < rest.n ? s.n - rest.n + close + 1 : 0;
}

static size_t read_host_port(struct kps_sv s, bool any_host, struct kps_endpoint *ret)
{
    size_t host = s.n && s.p[0] == ':' ? 0 : kps_endpoint_address(s, &ret->addr);
    ret->has_addr = host > 0;
    if (host == 0 && s.n && s.p[0] == ':') {
        ret->has_addr = true;
        ret->addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    }
    size_t port = read_port_part(kps_sv_from(s, host), ret);
    if (port && (host || s.p[0] == ':')) {
        return host + port;
    }
    size_t bare = read_bare_v6(s, ret);
    if (bare || !any_host) {
        return bare;
    }
    while (host < s.n && host < MOST_HOST && is_host_char(s.p[host])) {
        host++;
    }
    ret->has_addr = false;
    port = host ? read_port_part(kps_sv_from(s, host), ret) : 0;
    return port ? host + port : 0;
}

/* What may stand before the address: a scheme, or the name that Java writes before it. Return: its
 * bytes. */
static size_t read_preamble(struct kps_sv s)
{
    static const struct kps_sv schemes[] = {SV_LIT("http://"), SV_LIT("https://"), SV_LIT("tcp://"),
                                            SV_LIT("udp://")};
    for (size_t i = 0; i < KPS_COUNT(schemes); i++) {
        if (has_prefix_nocase(s, schemes[i])) {
            return schemes[i].n;
        }
    }
    size_t n = 0;
    while (n < s.n && n < MOST_HOST && is_host_char(s.p[n])) {
        n++;
    }
    struct kps_addr addr;
    return n < s.n && s.p[n] == '/' && kps_endpoint_address(kps_sv_from(s, n + 1), &addr) ? n + 1
                                                                                          : 0;
}

size_t kps_endpoint_path(struct kps_sv s, struct kps_sv *ret)
{
    size_t n = 0;
    if (s.n < 2 || (s.p[0] != '/' && s.p[0] != '@')) {
        return 0;
    }
    while (n < s.n && !kps_is_blank(s.p[n]) && s.p[n] != '"') {
        n++;
    }
    struct kps_sv punctuation = SV(":.;,')]}");
    while (n > 1 && kps_sv_find(punctuation, s.p[n - 1]) < punctuation.n) {
        n--;
    }
    if (n < 2 || (s.p[0] == '/' && s.p[1] == '/')) {
        return 0;
    }
    *ret = kps_sv_slice(s, 0, n);
    return n;
}

size_t kps_endpoint_read(struct kps_sv s, bool any_host, struct kps_endpoint *ret)
{
    struct kps_endpoint endpoint = {.has_addr = false};
    size_t before = read_preamble(s);
    struct kps_sv rest = kps_sv_from(s, before);
    size_t n = read_tuple(rest, &endpoint);
    n = n ? n : read_host_port(rest, any_host, &endpoint);
    if (n) {
        *ret = endpoint;
        return before + n;
    }
    before = has_prefix_nocase(s, SV("unix://")) ? 7 : has_prefix_nocase(s, SV("unix:")) ? 5 : 0;
    endpoint = (struct kps_endpoint){.has_addr = false};
    n = kps_endpoint_path(kps_sv_from(s, before), &endpoint.path);
    if (n) {
        *ret = endpoint;
    }
    return n ? before + n : 0;
}
