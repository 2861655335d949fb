#include "units/publish.h"

/* Parse "8080" or "8080-8090". `what`: "host" or "container". Return: an error, or empty. */
static struct kps_sv parse_ports(struct kps_arena *arena, struct kps_sv text, const char *what,
                                 uint16_t *ret_first, uint16_t *ret_last)
{
    size_t dash = kps_sv_find(text, '-');
    int64_t first = kps_sv_number(kps_sv_head(text, dash), UINT32_MAX);
    int64_t last = dash < text.n ? kps_sv_number(kps_sv_from(text, dash + 1), UINT32_MAX) : first;
    if (first < 0 || last < 0) {
        return kps_fmt(arena,
                       "'%.*s' is no %s port: a number or a range like 8000-8010 is expected",
                       SV_ARG(text), what);
    }
    if (first == 0 || last > UINT16_MAX || first > UINT16_MAX) {
        return kps_fmt(arena, "%s port '%.*s' is not between 1 and 65535", what, SV_ARG(text));
    }
    if (last < first) {
        return kps_fmt(arena, "the range of %s ports '%.*s' ends before it begins", what,
                       SV_ARG(text));
    }
    *ret_first = (uint16_t)first;
    *ret_last = (uint16_t)last;
    return (struct kps_sv){"", 0};
}

/* Split at the colons outside of brackets. Return: how many parts; 4 stands for more than three. */
static uint32_t split_colons(struct kps_sv text, struct kps_sv ret[3])
{
    uint32_t n = 0;
    size_t from = 0;
    bool in_brackets = false;
    for (size_t i = 0; i <= text.n; i++) {
        bool is_end = i == text.n || (text.p[i] == ':' && !in_brackets);
        if (i < text.n && (text.p[i] == '[' || text.p[i] == ']')) {
            in_brackets = text.p[i] == '[';
        }
        if (is_end) {
            if (n == 3) {
                return 4;
            }
            ret[n++] = kps_sv_slice(text, from, i);
            from = i + 1;
        }
    }
    return n;
}

static struct kps_sv parse_address(struct kps_arena *arena, struct kps_sv text,
                                   struct kps_addr *ret)
{
    struct kps_sv literal = text;
    if (text.n > 1 && text.p[0] == '[' && text.p[text.n - 1] == ']') {
        literal = kps_sv_slice(text, 1, text.n - 1);
    }
    if (literal.n == 0) {
        return SV("the address before the first ':' is empty");
    }
    if (!kps_addr_parse(literal, ret)) {
        return kps_fmt(arena, "'%.*s' is no IP address", SV_ARG(literal));
    }
    return (struct kps_sv){"", 0};
}

/* Take the protocol off the end of *text. Return: an error, or empty. */
static struct kps_sv cut_protocol(struct kps_arena *arena, struct kps_sv *text,
                                  enum kps_protocol *ret)
{
    size_t slash = kps_sv_rfind(*text, '/');
    struct kps_sv name = kps_sv_from(*text, slash + 1);
    *ret = slash < text->n ? kps_protocol_of(name) : KPS_TCP;
    if (!*ret) {
        return kps_fmt(arena, "protocol '%.*s' is none of tcp, udp, sctp", SV_ARG(name));
    }
    *text = kps_sv_head(*text, slash);
    return (struct kps_sv){"", 0};
}

static struct kps_sv parse_all(struct kps_arena *arena, struct kps_sv text, struct kps_publish *p)
{
    struct kps_sv parts[3];
    struct kps_sv error = cut_protocol(arena, &text, &p->protocol);
    if (error.n) {
        return error;
    }
    uint32_t n = split_colons(text, parts);
    if (n > 3) {
        return SV("more than two ':' where [[IP:][HOST]:]CONTAINER is expected; an IPv6 address "
                  "needs brackets");
    }
    if (n == 3) {
        error = parse_address(arena, parts[0], &p->addr);
    }
    if (error.n == 0) {
        error = parse_ports(arena, parts[n - 1], "container", &p->target_first, &p->target_last);
    }
    if (error.n || n == 1 || parts[n - 2].n == 0) {
        return error;
    }
    error = parse_ports(arena, parts[n - 2], "host", &p->first, &p->last);
    if (error.n == 0 && p->last - p->first != p->target_last - p->target_first) {
        return SV("the ranges of host and container ports differ in length");
    }
    return error;
}

struct kps_publish kps_publish_parse(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_publish ret = {.addr = {.kind = KPS_ADDR_ANY4}, .protocol = KPS_TCP};
    ret.error = parse_all(arena, text, &ret);
    return ret;
}

static struct kps_sv parse_docker(struct kps_arena *arena, struct kps_sv text,
                                  struct kps_publish *p)
{
    struct kps_sv error = cut_protocol(arena, &text, &p->protocol);
    if (error.n) {
        return error;
    }
    size_t colon = kps_sv_rfind(text, ':');
    struct kps_sv target = colon < text.n ? kps_sv_from(text, colon + 1) : text;
    struct kps_sv rest = colon < text.n ? kps_sv_head(text, colon) : SV("");
    size_t before = kps_sv_rfind(rest, ':');
    struct kps_sv host = before < rest.n ? kps_sv_from(rest, before + 1) : rest;
    struct kps_sv address = before < rest.n ? kps_sv_head(rest, before) : SV("");
    if (address.n) {
        error = parse_address(arena, address, &p->addr);
    }
    if (error.n == 0) {
        error = parse_ports(arena, target, "container", &p->target_first, &p->target_last);
    }
    if (error.n || host.n == 0 || kps_sv_is(host, "0")) {
        return error;
    }
    error = parse_ports(arena, host, "host", &p->first, &p->last);
    bool is_pair = p->last - p->first == p->target_last - p->target_first;
    if (error.n == 0 && !is_pair && p->target_first != p->target_last) {
        return SV("the ranges of host and container ports differ in length");
    }
    p->take = is_pair ? 0 : 1;
    return error;
}

struct kps_publish kps_publish_parse_docker(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_publish ret = {.addr = {.kind = KPS_ADDR_EVERY}, .protocol = KPS_TCP};
    ret.error = parse_docker(arena, text, &ret);
    return ret;
}
