#include "compose/port_fault.h"

#include "compose/wording.h"

/* A kind of port, in our words and in those of Compose. */
struct side {
    const char *port, *range; /* "host port", "host range" */
    const char *allowed;
};

static const struct side HOST = {
    "host port", "host range",
    "a port from 1 to 65535, a range like 3000-3005, or nothing for any free port"};
static const struct side CONTAINER = {
    "container port", "container range",
    "a port from 1 to 65535 or a range like 80-82, with /udp or /sctp behind it"};
static const struct side PUBLISHED = {
    "published port", "published range",
    "a port from 1 to 65535, a range like 3000-3005, or 0 for any free port"};

static const char ADDRESSES[] =
    "an IPv4 address or an IPv6 address in brackets: 127.0.0.1:8080:80 or [::1]:8080:80";

struct kps_port_part kps_port_slice(struct kps_port_part part, size_t from, size_t to)
{
    return (struct kps_port_part){kps_sv_slice(part.s, from, to), part.off + (uint32_t)from};
}

static struct kps_sv clip(const struct kps_port_parse *p, struct kps_sv s)
{
    return kps_compose_clip(p->arena, s);
}

static enum kps_port_fault refuse(struct kps_port_parse *p, struct kps_port_part where,
                                  struct kps_sv message, struct kps_sv up_error,
                                  struct kps_sv allowed)
{
    *p->error = (struct kps_port_error){.fault = KPS_PORT_REFUSED,
                                        .message = message,
                                        .allowed = allowed,
                                        .up_error = up_error,
                                        .off = where.off,
                                        .len = (uint32_t)where.s.n};
    return KPS_PORT_REFUSED;
}

/* Compose's "Invalid hostPort: 65536" and its like. */
static struct kps_sv compose_says(const struct kps_port_parse *p, const char *refusal,
                                  struct kps_sv s)
{
    return kps_fmt(p->arena, "%s: %.*s", refusal, SV_ARG(clip(p, s)));
}

static bool is_digits(struct kps_sv s)
{
    size_t i = 0;
    while (i < s.n && kps_is_digit(s.p[i])) {
        i++;
    }
    return s.n > 0 && i == s.n;
}

/* Why one number of a port or range is none; an empty view when it is fine. */
static struct kps_sv number_fault(const struct kps_port_parse *p, const struct side *side,
                                  struct kps_sv number)
{
    unsigned long long ignored = 0;
    struct kps_sv shown = clip(p, number);
    if (kps_sv_u64(number, UINT16_MAX, &ignored)) {
        return (struct kps_sv){"", 0};
    }
    if (is_digits(number)) {
        return kps_fmt(p->arena, "%s '%.*s' is above 65535", side->port, SV_ARG(shown));
    }
    if (is_digits(kps_sv_trim(number))) {
        return kps_fmt(p->arena, "%s '%.*s' has a blank beside it", side->port, SV_ARG(shown));
    }
    if (kps_sv_starts(number, SV("+")) && is_digits(kps_sv_from(number, 1))) {
        return kps_fmt(p->arena, "%s '%.*s' has a sign", side->port, SV_ARG(shown));
    }
    return kps_fmt(p->arena, "%s '%.*s' is not a number", side->port, SV_ARG(shown));
}

/* The words for a port or range that could not be read, and its offending part. */
static struct kps_sv range_fault(const struct kps_port_parse *p, const struct side *side,
                                 struct kps_port_part part, struct kps_port_part *ret_at)
{
    struct kps_sv shown = clip(p, part.s);
    size_t dash = kps_sv_find(part.s, '-');
    struct kps_port_part first = kps_port_slice(part, 0, dash);
    struct kps_port_part last = kps_port_slice(part, dash + 1, part.s.n);
    last = kps_port_slice(last, 0, kps_sv_find(last.s, '-'));
    *ret_at = part;
    if (part.s.n == 0) {
        return kps_fmt(p->arena, "%s is missing", side->port);
    }
    if (dash < part.s.n && (first.s.n == 0 || last.s.n == 0)) {
        return kps_fmt(p->arena, "%s '%.*s' has no %s", side->range, SV_ARG(shown),
                       first.s.n ? "end" : "start");
    }
    struct kps_sv fault = number_fault(p, side, first.s);
    *ret_at = first;
    if (fault.n == 0 && dash < part.s.n) {
        fault = number_fault(p, side, last.s);
        *ret_at = last;
    }
    if (fault.n == 0) {
        fault = kps_fmt(p->arena, "%s '%.*s' ends before it starts", side->range, SV_ARG(shown));
        *ret_at = part;
    }
    return fault;
}

/* An address without the host port that belongs behind it. */
static enum kps_port_fault address_only(struct kps_port_parse *p, struct kps_port_part address,
                                        struct kps_sv to, struct kps_sv up_error)
{
    struct kps_sv shown = clip(p, address.s);
    to = clip(p, to);
    struct kps_sv allowed =
        kps_fmt(p->arena, "%.*s:8080:%.*s, or %.*s::%.*s for any free host port", SV_ARG(shown),
                SV_ARG(to), SV_ARG(shown), SV_ARG(to));
    return refuse(p, address,
                  kps_fmt(p->arena, "address '%.*s' has no host port behind it", SV_ARG(shown)),
                  up_error, allowed);
}

enum kps_port_fault kps_port_no_container(struct kps_port_parse *p)
{
    struct kps_sv up_error =
        kps_fmt(p->arena, "No port specified: %.*s<empty>", SV_ARG(clip(p, p->text)));
    struct kps_sv message =
        p->text.n ? kps_fmt(p->arena, "'%.*s' names no container port", SV_ARG(clip(p, p->text)))
                  : SV("this port is empty");
    return refuse(p, (struct kps_port_part){p->text, 0}, message, up_error,
                  kps_sv_of(CONTAINER.allowed));
}

enum kps_port_fault kps_port_bad_container(struct kps_port_parse *p)
{
    struct kps_port_part at;
    struct kps_sv message = range_fault(p, &CONTAINER, p->container, &at);
    return refuse(p, at, message, compose_says(p, "Invalid containerPort", p->container.s),
                  kps_sv_of(CONTAINER.allowed));
}

enum kps_port_fault kps_port_container_zero(struct kps_port_parse *p)
{
    return refuse(p, p->container, SV("container port 0 is none"), SV("is missing a target port"),
                  kps_sv_of(CONTAINER.allowed));
}

enum kps_port_fault kps_port_bad_host(struct kps_port_parse *p)
{
    struct kps_addr ignored;
    struct kps_sv up_error = compose_says(p, "Invalid hostPort", p->host.s);
    if (kps_addr_parse(p->host.s, &ignored)) {
        return address_only(p, p->host, kps_sv_from(p->text, p->container.off), up_error);
    }
    size_t slash = kps_sv_find(p->host.s, '/');
    if (slash < p->host.s.n) {
        return refuse(p, kps_port_slice(p->host, slash, p->host.s.n),
                      kps_fmt(p->arena, "the protocol in '%.*s' belongs behind the container port",
                              SV_ARG(clip(p, p->host.s))),
                      up_error, SV("a protocol at the end only, as in 53:53/udp"));
    }
    struct kps_port_part at;
    struct kps_sv message = range_fault(p, &HOST, p->host, &at);
    return refuse(p, at, message, up_error, kps_sv_of(HOST.allowed));
}

enum kps_port_fault kps_port_bad_protocol(struct kps_port_parse *p)
{
    struct kps_sv shown = clip(p, p->protocol.s);
    return refuse(
        p, p->protocol,
        kps_fmt(p->arena, "protocol '%.*s' has no ports that can be published", SV_ARG(shown)),
        compose_says(p, "Invalid proto", p->protocol.s), SV("tcp, udp or sctp"));
}

enum kps_port_fault kps_port_bad_published(struct kps_port_parse *p)
{
    struct kps_port_part at = p->host;
    struct kps_sv shown = clip(p, p->text);
    bool has_address = kps_sv_find(p->text, ':') < p->text.n;
    struct kps_sv message =
        has_address
            ? kps_fmt(p->arena,
                      "published port '%.*s' holds a colon: an address belongs into 'host_ip'",
                      SV_ARG(shown))
            : range_fault(p, &PUBLISHED, p->host, &at);
    struct kps_sv quoted = kps_compose_go_quote(p->arena, p->text);
    (void)refuse(p, at, message,
                 kps_fmt(p->arena, "invalid port specification: %.*s", SV_ARG(quoted)),
                 kps_sv_of(PUBLISHED.allowed));
    p->error->fault = KPS_PORT_FAILS;
    return KPS_PORT_FAILS;
}

enum kps_port_fault kps_port_unequal(struct kps_port_parse *p, uint32_t n_host,
                                     uint32_t n_container)
{
    struct kps_sv host = clip(p, p->host.s);
    struct kps_sv container = clip(p, p->container.s);
    return refuse(
        p, p->host,
        kps_fmt(p->arena, "'%.*s' is %u host port%s for the %u container ports of '%.*s'",
                SV_ARG(host), n_host, n_host == 1 ? "" : "s", n_container, SV_ARG(container)),
        kps_fmt(p->arena, "Invalid ranges specified for container and host Ports: %.*s and %.*s",
                SV_ARG(container), SV_ARG(host)),
        SV("as many host ports as container ports, or a host range for one container port"));
}

enum kps_port_fault kps_port_bad_brackets(struct kps_port_parse *p, const char *go_reason)
{
    struct kps_addr ignored;
    struct kps_sv shown = clip(p, p->ip.s);
    struct kps_sv up_error = kps_fmt(p->arena, "Invalid ip address %.*s: address %.*s:: %s",
                                     SV_ARG(shown), SV_ARG(shown), go_reason);
    if (kps_addr_parse(p->ip.s, &ignored)) {
        struct kps_sv rest = clip(p, kps_sv_from(p->text, p->ip.s.n));
        return refuse(
            p, p->ip,
            kps_fmt(p->arena,
                    "IPv6 address '%.*s' has no brackets, which Compose 2.26 refuses and newer "
                    "ones accept",
                    SV_ARG(shown)),
            up_error,
            kps_fmt(p->arena, "[%.*s]%.*s in every version", SV_ARG(shown), SV_ARG(rest)));
    }
    /* "[::1]:80" falls apart at its first colons, so the whole text has to be looked at. */
    size_t close = kps_sv_find(p->text, ']');
    struct kps_sv behind = kps_sv_from(p->text, close + 1);
    if (p->text.p[0] == '[' && kps_sv_starts(behind, SV(":")) && kps_sv_rfind(behind, ':') == 0) {
        return address_only(p, (struct kps_port_part){kps_sv_slice(p->text, 0, close + 1), 0},
                            kps_sv_from(behind, 1), up_error);
    }
    bool is_open = p->text.p[0] == '[' && close == p->text.n;
    return refuse(p, p->ip,
                  is_open ? kps_fmt(p->arena, "'%.*s' has no closing bracket", SV_ARG(shown))
                          : kps_fmt(p->arena, "'%.*s' is not an IP address", SV_ARG(shown)),
                  up_error, kps_sv_of(ADDRESSES));
}

enum kps_port_fault kps_port_bad_ip(struct kps_port_parse *p, struct kps_port_part literal)
{
    struct kps_addr ignored;
    struct kps_sv shown = clip(p, literal.s);
    struct kps_sv without_zone = kps_sv_slice(literal.s, 0, kps_sv_find(literal.s, '%'));
    struct kps_sv message;
    if (literal.s.n && (kps_is_alpha(literal.s.p[0]) || literal.s.p[0] == '_') &&
        kps_sv_find(literal.s, ':') == literal.s.n) {
        message = kps_fmt(p->arena, "'%.*s' is not an IP address, and names are not looked up",
                          SV_ARG(shown));
    } else if (without_zone.n < literal.s.n && kps_addr_parse(without_zone, &ignored)) {
        message = kps_fmt(p->arena, "address '%.*s' has a zone, which cannot be published on",
                          SV_ARG(shown));
    } else {
        message = kps_fmt(p->arena, "'%.*s' is not an IP address", SV_ARG(shown));
    }
    return refuse(p, literal, message, compose_says(p, "Invalid ip address", literal.s),
                  kps_sv_of(ADDRESSES));
}
