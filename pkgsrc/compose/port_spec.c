#include "compose/port_spec.h"

#include "compose/port_fault.h"

struct range {
    uint32_t first, last;
};

/* Reads "N" or "N-M"; a third dash part is ignored, as Compose's parser does (spec compose §1.2).
 */
static bool read_range(struct kps_sv s, struct range *ret)
{
    size_t dash = kps_sv_find(s, '-');
    struct kps_sv rest = kps_sv_from(s, dash + 1);
    struct kps_sv end = dash == s.n ? s : kps_sv_slice(rest, 0, kps_sv_find(rest, '-'));
    unsigned long long first = 0;
    unsigned long long last = 0;
    if (!kps_sv_u64(kps_sv_slice(s, 0, dash), UINT16_MAX, &first) ||
        !kps_sv_u64(end, UINT16_MAX, &last) || last < first) {
        return false;
    }
    *ret = (struct range){(uint32_t)first, (uint32_t)last};
    return true;
}

static uint32_t width(struct range range)
{
    return range.last - range.first + 1;
}

/*
 * Splits "CONTAINER[/PROTO]": what stands behind a second slash is ignored, and without a port
 * there is no protocol either.
 */
static void split_protocol(struct kps_port_part whole, struct kps_port_part *ret_port,
                           struct kps_port_part *ret_protocol)
{
    size_t slash = kps_sv_find(whole.s, '/');
    *ret_port = kps_port_slice(whole, 0, slash);
    *ret_protocol = kps_port_slice(whole, slash < whole.s.n ? slash + 1 : slash, whole.s.n);
    *ret_protocol = kps_port_slice(*ret_protocol, 0, kps_sv_find(ret_protocol->s, '/'));
}

/* Splits at the last two colons: all before them is the IP. */
static void split(struct kps_port_parse *p)
{
    struct kps_port_part whole = {p->text, 0};
    size_t last = kps_sv_rfind(p->text, ':');
    bool has_host = last < p->text.n;
    split_protocol(kps_port_slice(whole, has_host ? last + 1 : 0, p->text.n), &p->container,
                   &p->protocol);
    if (!has_host) {
        return;
    }
    size_t before = kps_sv_rfind(kps_sv_slice(p->text, 0, last), ':');
    bool has_ip = before < last;
    p->host = kps_port_slice(whole, has_ip ? before + 1 : 0, last);
    p->ip = kps_port_slice(whole, 0, has_ip ? before : 0);
}

/*
 * What Go's net.SplitHostPort does to the IP part with a colon behind it, which is how Compose 2.26
 * takes the brackets off. Return: NULL with the address in *ret, else Go's reason against it.
 */
static const char *strip_brackets(struct kps_port_part ip, struct kps_port_part *ret)
{
    *ret = ip;
    if (ip.s.p[0] == '[') {
        size_t close = kps_sv_find(ip.s, ']');
        if (close == ip.s.n) {
            return "missing ']' in address";
        }
        if (close + 1 < ip.s.n) {
            return ip.s.p[close + 1] == ':' ? "too many colons in address"
                                            : "missing port in address";
        }
        *ret = kps_port_slice(ip, 1, close);
    } else if (kps_sv_find(ip.s, ':') < ip.s.n) {
        return "too many colons in address";
    }
    if (kps_sv_find(ret->s, '[') < ret->s.n) {
        return "unexpected '[' in address";
    }
    return kps_sv_find(ret->s, ']') < ret->s.n ? "unexpected ']' in address" : NULL;
}

static enum kps_port_fault read_ip(struct kps_port_parse *p, struct kps_port *port)
{
    if (p->ip.s.n == 0) {
        return KPS_PORT_OK;
    }
    struct kps_port_part literal;
    const char *go_reason = strip_brackets(p->ip, &literal);
    if (go_reason) {
        return kps_port_bad_brackets(p, go_reason);
    }
    if (literal.s.n && !kps_addr_parse(literal.s, &port->addr)) {
        return kps_port_bad_ip(p, literal);
    }
    port->host_ip = literal.s;
    port->host_ip_off = literal.off;
    port->host_ip_len = (uint32_t)literal.s.n;
    return KPS_PORT_OK;
}

/* Fills the numbers of a port whose ranges fit together (see struct kps_port about host port 0). */
static void publish(struct kps_port *port, struct range host, struct range target)
{
    bool is_pairwise = width(host) == width(target);
    if (host.first == 0 && is_pairwise && host.last > 0) {
        host.first++;
        target.first++;
    }
    bool is_any = host.first == 0;
    port->first = is_any ? 0 : (uint16_t)host.first;
    port->last = is_any ? 0 : (uint16_t)host.last;
    port->take = width(target);
    port->target_first = (uint16_t)target.first;
    port->target_last = (uint16_t)target.last;
}

enum kps_port_fault kps_port_short(struct kps_arena *arena, struct kps_sv text,
                                   struct kps_port *ret, struct kps_port_error *error)
{
    struct kps_port_parse p = {.arena = arena, .text = text, .error = error};
    struct kps_port port = {.protocol = KPS_TCP};
    struct range host = {0, 0};
    struct range target = {0, 0};
    split(&p);
    enum kps_port_fault fault = read_ip(&p, &port);
    if (fault != KPS_PORT_OK) {
        return fault;
    }
    if (p.container.s.n == 0) {
        return kps_port_no_container(&p);
    }
    if (!read_range(p.container.s, &target)) {
        return kps_port_bad_container(&p);
    }
    if (p.host.s.n && !read_range(p.host.s, &host)) {
        return kps_port_bad_host(&p);
    }
    if (p.host.s.n && width(host) != width(target) && width(target) > 1) {
        return kps_port_unequal(&p, width(host), width(target));
    }
    if (p.protocol.s.n && !kps_protocol_parse(p.protocol.s, &port.protocol)) {
        return kps_port_bad_protocol(&p);
    }
    if (target.first == 0) {
        return kps_port_container_zero(&p);
    }
    publish(&port, host, target);
    port.published_off = p.host.off;
    port.published_len = (uint32_t)p.host.s.n;
    port.target_off = p.container.off;
    port.target_len = (uint32_t)p.container.s.n;
    *ret = port;
    return KPS_PORT_OK;
}

enum kps_port_fault kps_port_published(struct kps_arena *arena, struct kps_sv text,
                                       struct kps_port *ret, struct kps_port_error *error)
{
    struct kps_port_parse p = {.arena = arena, .text = text, .error = error};
    struct range host = {0, 0};
    /* The Engine splits a protocol off here too, and forgets it. */
    split_protocol((struct kps_port_part){text, 0}, &p.host, &p.protocol);
    if (p.host.s.n && !read_range(p.host.s, &host)) {
        return kps_port_bad_published(&p);
    }
    bool is_any = host.first == 0;
    ret->first = is_any ? 0 : (uint16_t)host.first;
    ret->last = is_any ? 0 : (uint16_t)host.last;
    ret->take = 1;
    return KPS_PORT_OK;
}

bool kps_port_expose(struct kps_sv text, uint16_t *ret_first, uint16_t *ret_last,
                     enum kps_protocol *ret_protocol)
{
    struct kps_port_part port;
    struct kps_port_part protocol;
    struct range range;
    enum kps_protocol parsed = KPS_TCP;
    split_protocol((struct kps_port_part){text, 0}, &port, &protocol);
    if (!read_range(port.s, &range) || range.first == 0 ||
        (protocol.s.n && !kps_protocol_parse(protocol.s, &parsed))) {
        return false;
    }
    *ret_first = (uint16_t)range.first;
    *ret_last = (uint16_t)range.last;
    *ret_protocol = parsed;
    return true;
}
