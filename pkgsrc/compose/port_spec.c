#include "compose/port_spec.h"

#include "compose/wording.h"

/*
 * A run of a parser. The parts are views of the text, without their separators; a missing part is
 * empty.
 */
struct port_parse {
    struct kps_arena *arena;
    struct kps_sv text;
    struct kps_sv ip, host, container, protocol;
    struct kps_port_error *error;
};

/* A kind of port, in our words and in Compose's. */
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

/* Return the offset of a part in the text; 0 for a missing part. */
static uint32_t offset_of(const struct port_parse *p, struct kps_sv part)
{
    return part.p ? (uint32_t)(part.p - p->text.p) : 0;
}

static const char *clip_text(const struct port_parse *p, struct kps_sv s)
{
    return kps_compose_wording_clip(p->arena, s);
}

static enum kps_port_fault set_error(struct port_parse *p, struct kps_sv where, const char *message,
                                     const char *up_error, const char *allowed)
{
    *p->error = (struct kps_port_error){.fault = KPS_PORT_REFUSED,
                                        .message = kps_sv_of(message),
                                        .allowed = kps_sv_of(allowed),
                                        .up_error = kps_sv_of(up_error),
                                        .off = offset_of(p, where),
                                        .len = (uint32_t)where.n};
    return KPS_PORT_REFUSED;
}

/* Compose's "Invalid hostPort: 65536" and its like. */
static const char *compose_says(const struct port_parse *p, const char *refusal, struct kps_sv s)
{
    return kps_fmt(p->arena, "%s: %s", refusal, clip_text(p, s)).p;
}

/* Return the fault of a number of a port or range; NULL for a good number. */
static const char *number_fault(const struct port_parse *p, const struct side *side,
                                struct kps_sv number)
{
    const char *shown = clip_text(p, number);
    if (kps_sv_number(number, UINT16_MAX) >= 0) {
        return NULL;
    }
    if (kps_sv_is_digits(number)) {
        return kps_fmt(p->arena, "%s '%s' is above 65535", side->port, shown).p;
    }
    if (kps_sv_is_digits(kps_sv_trim(number))) {
        return kps_fmt(p->arena, "%s '%s' has a blank beside it", side->port, shown).p;
    }
    if (kps_sv_has_head(number, "+") && kps_sv_is_digits(kps_sv_from(number, 1))) {
        return kps_fmt(p->arena, "%s '%s' has a sign", side->port, shown).p;
    }
    return kps_fmt(p->arena, "%s '%s' is not a number", side->port, shown).p;
}

/* Return the words for an unreadable port or range, and its offending part. */
static const char *range_fault(const struct port_parse *p, const struct side *side,
                               struct kps_sv part, struct kps_sv *ret_at)
{
    const char *shown = clip_text(p, part);
    size_t dash = kps_sv_find(part, '-');
    struct kps_sv first = kps_sv_head(part, dash);
    struct kps_sv last = kps_sv_before(kps_sv_from(part, dash + 1), '-');
    *ret_at = part;
    if (part.n == 0) {
        return kps_fmt(p->arena, "%s is missing", side->port).p;
    }
    if (dash < part.n && (first.n == 0 || last.n == 0)) {
        return kps_fmt(p->arena, "%s '%s' has no %s", side->range, shown, first.n ? "end" : "start")
            .p;
    }
    const char *fault = number_fault(p, side, first);
    *ret_at = first;
    if (!fault && dash < part.n) {
        fault = number_fault(p, side, last);
        *ret_at = last;
    }
    if (!fault) {
        fault = kps_fmt(p->arena, "%s '%s' ends before it starts", side->range, shown).p;
        *ret_at = part;
    }
    return fault;
}

/* Report an address without the host port behind it. */
static enum kps_port_fault address_only(struct port_parse *p, struct kps_sv address,
                                        struct kps_sv to, const char *up_error)
{
    const char *shown = clip_text(p, address);
    const char *target = clip_text(p, to);
    const char *allowed = kps_fmt(p->arena, "%s:8080:%s, or %s::%s for any free host port", shown,
                                  target, shown, target)
                              .p;
    return set_error(p, address,
                     kps_fmt(p->arena, "address '%s' has no host port behind it", shown).p,
                     up_error, allowed);
}

static enum kps_port_fault refuse_no_container(struct port_parse *p)
{
    const char *up_error =
        kps_fmt(p->arena, "No port specified: %s<empty>", clip_text(p, p->text)).p;
    const char *message =
        p->text.n ? kps_fmt(p->arena, "'%s' names no container port", clip_text(p, p->text)).p
                  : "this port is empty";
    return set_error(p, p->text, message, up_error, CONTAINER.allowed);
}

static enum kps_port_fault refuse_container(struct port_parse *p)
{
    struct kps_sv at;
    const char *message = range_fault(p, &CONTAINER, p->container, &at);
    return set_error(p, at, message, compose_says(p, "Invalid containerPort", p->container),
                     CONTAINER.allowed);
}

static enum kps_port_fault refuse_container_zero(struct port_parse *p)
{
    return set_error(p, p->container, "container port 0 is none", "is missing a target port",
                     CONTAINER.allowed);
}

static enum kps_port_fault refuse_host(struct port_parse *p)
{
    struct kps_addr ignored;
    const char *up_error = compose_says(p, "Invalid hostPort", p->host);
    if (kps_addr_parse(p->host, &ignored)) {
        return address_only(p, p->host, kps_sv_from(p->text, offset_of(p, p->container)), up_error);
    }
    size_t slash = kps_sv_find(p->host, '/');
    if (slash < p->host.n) {
        return set_error(p, kps_sv_from(p->host, slash),
                         kps_fmt(p->arena, "the protocol in '%s' belongs behind the container port",
                                 clip_text(p, p->host))
                             .p,
                         up_error, "a protocol at the end only, as in 53:53/udp");
    }
    struct kps_sv at;
    const char *message = range_fault(p, &HOST, p->host, &at);
    return set_error(p, at, message, up_error, HOST.allowed);
}

static enum kps_port_fault refuse_protocol(struct port_parse *p)
{
    const char *shown = clip_text(p, p->protocol);
    return set_error(p, p->protocol,
                     kps_fmt(p->arena, "protocol '%s' has no ports that can be published", shown).p,
                     compose_says(p, "Invalid proto", p->protocol), "tcp, udp or sctp");
}

static enum kps_port_fault refuse_published(struct port_parse *p)
{
    struct kps_sv at = p->host;
    const char *shown = clip_text(p, p->text);
    bool has_address = kps_sv_find(p->text, ':') < p->text.n;
    const char *message =
        has_address
            ? kps_fmt(p->arena,
                      "published port '%s' holds a colon: an address belongs into 'host_ip'", shown)
                  .p
            : range_fault(p, &PUBLISHED, p->host, &at);
    struct kps_sv quoted = kps_compose_wording_go_quote(p->arena, p->text);
    (void)set_error(p, at, message, kps_fmt(p->arena, "invalid port specification: %s", quoted.p).p,
                    PUBLISHED.allowed);
    p->error->fault = KPS_PORT_FAILS;
    return KPS_PORT_FAILS;
}

static enum kps_port_fault refuse_unequal_ranges(struct port_parse *p, uint32_t n_host,
                                                 uint32_t n_container)
{
    const char *host = clip_text(p, p->host);
    const char *container = clip_text(p, p->container);
    return set_error(
        p, p->host,
        kps_fmt(p->arena, "'%s' is %u host port%s for the %u container ports of '%s'", host, n_host,
                n_host == 1 ? "" : "s", n_container, container)
            .p,
        kps_fmt(p->arena, "Invalid ranges specified for container and host Ports: %s and %s",
                container, host)
            .p,
        "as many host ports as container ports, or a host range for one container port");
}

static enum kps_port_fault refuse_brackets(struct port_parse *p, const char *go_reason)
{
    struct kps_addr ignored;
    const char *shown = clip_text(p, p->ip);
    const char *up_error =
        kps_fmt(p->arena, "Invalid ip address %s: address %s:: %s", shown, shown, go_reason).p;
    if (kps_addr_parse(p->ip, &ignored)) {
        const char *rest = clip_text(p, kps_sv_from(p->text, p->ip.n));
        return set_error(
            p, p->ip,
            kps_fmt(p->arena,
                    "IPv6 address '%s' has no brackets, which Compose 2.26 refuses and newer "
                    "ones accept",
                    shown)
                .p,
            up_error, kps_fmt(p->arena, "[%s]%s in every version", shown, rest).p);
    }
    /* "[::1]:80" falls apart at its first colons, so the whole text has to be looked at. */
    size_t close = kps_sv_find(p->text, ']');
    struct kps_sv behind = kps_sv_from(p->text, close + 1);
    if (p->text.p[0] == '[' && kps_sv_has_head(behind, ":") && kps_sv_rfind(behind, ':') == 0) {
        return address_only(p, kps_sv_head(p->text, close + 1), kps_sv_from(behind, 1), up_error);
    }
    bool is_open = p->text.p[0] == '[' && close == p->text.n;
    return set_error(p, p->ip,
                     is_open ? kps_fmt(p->arena, "'%s' has no closing bracket", shown).p
                             : kps_fmt(p->arena, "'%s' is not an IP address", shown).p,
                     up_error, ADDRESSES);
}

static enum kps_port_fault refuse_ip(struct port_parse *p, struct kps_sv literal)
{
    struct kps_addr ignored;
    const char *shown = clip_text(p, literal);
    struct kps_sv without_zone = kps_sv_before(literal, '%');
    const char *message;
    if (literal.n && (kps_is_alpha(literal.p[0]) || literal.p[0] == '_') &&
        kps_sv_find(literal, ':') == literal.n) {
        message =
            kps_fmt(p->arena, "'%s' is not an IP address, and names are not looked up", shown).p;
    } else if (without_zone.n < literal.n && kps_addr_parse(without_zone, &ignored)) {
        message =
            kps_fmt(p->arena, "address '%s' has a zone, which cannot be published on", shown).p;
    } else {
        message = kps_fmt(p->arena, "'%s' is not an IP address", shown).p;
    }
    return set_error(p, literal, message, compose_says(p, "Invalid ip address", literal),
                     ADDRESSES);
}

struct range {
    uint32_t first, last;
};

/* Read the digits from *at on as a port, and move behind them. Return: false for no port. */
static bool read_number(struct kps_sv s, size_t *at, uint32_t *ret)
{
    size_t start = *at;
    *ret = 0;
    while (*at < s.n && kps_is_digit(s.p[*at]) && *ret <= UINT16_MAX) {
        *ret = *ret * 10 + (uint32_t)(s.p[(*at)++] - '0');
    }
    return *at > start && *ret <= UINT16_MAX;
}

/* Read "N" or "N-M"; a third dash part is ignored, as Compose's parser does (spec compose §1.2).
 */
static bool read_range(struct kps_sv s, struct range *ret)
{
    size_t at = 0;
    struct range range;
    if (!read_number(s, &at, &range.first)) {
        return false;
    }
    range.last = range.first;
    if (at < s.n && s.p[at] == '-') {
        at++;
        if (!read_number(s, &at, &range.last) || range.last < range.first) {
            return false;
        }
        at = at < s.n && s.p[at] == '-' ? s.n : at;
    }
    *ret = range;
    return at == s.n;
}

static uint32_t range_width(struct range range)
{
    return range.last - range.first + 1;
}

/*
 * Split "CONTAINER[/PROTO]": text behind a second slash is ignored, and without a port there is no
 * protocol.
 */
static void split_protocol(struct kps_sv whole, struct kps_sv *ret_port,
                           struct kps_sv *ret_protocol)
{
    size_t slash = kps_sv_find(whole, '/');
    *ret_port = kps_sv_head(whole, slash);
    *ret_protocol = kps_sv_before(kps_sv_from(whole, slash + 1), '/');
}

/* Splits at the last two colons: all before them is the IP. */
static void split_parts(struct port_parse *p)
{
    struct kps_sv whole = p->text;
    size_t last = kps_sv_rfind(whole, ':');
    bool has_host = last < whole.n;
    split_protocol(kps_sv_from(whole, has_host ? last + 1 : 0), &p->container, &p->protocol);
    if (!has_host) {
        return;
    }
    size_t before = kps_sv_rfind(kps_sv_head(whole, last), ':');
    bool has_ip = before < last;
    p->host = kps_sv_slice(whole, has_ip ? before + 1 : 0, last);
    p->ip = kps_sv_head(whole, has_ip ? before : 0);
}

/*
 * Take the brackets off the IP part as Compose 2.26 does, by Go's net.SplitHostPort with a colon
 * behind the part. Return: NULL with the address in *ret, else Go's reason against the part.
 */
static const char *strip_brackets(struct kps_sv ip, struct kps_sv *ret)
{
    *ret = ip;
    size_t plain = 0;
    while (plain < ip.n && (kps_is_digit(ip.p[plain]) || ip.p[plain] == '.')) {
        plain++;
    }
    if (plain == ip.n) {
        return NULL;
    }
    if (ip.p[0] == '[') {
        size_t close = kps_sv_find(ip, ']');
        if (close == ip.n) {
            return "missing ']' in address";
        }
        if (close + 1 < ip.n) {
            return ip.p[close + 1] == ':' ? "too many colons in address"
                                          : "missing port in address";
        }
        *ret = kps_sv_slice(ip, 1, close);
    } else if (kps_sv_find(ip, ':') < ip.n) {
        return "too many colons in address";
    }
    if (kps_sv_find(*ret, '[') < ret->n) {
        return "unexpected '[' in address";
    }
    return kps_sv_find(*ret, ']') < ret->n ? "unexpected ']' in address" : NULL;
}

static enum kps_port_fault read_ip(struct port_parse *p, struct kps_port *port)
{
    if (p->ip.n == 0) {
        return KPS_PORT_OK;
    }
    struct kps_sv literal;
    const char *go_reason = strip_brackets(p->ip, &literal);
    if (go_reason) {
        return refuse_brackets(p, go_reason);
    }
    if (literal.n && !kps_addr_parse(literal, &port->addr)) {
        return refuse_ip(p, literal);
    }
    port->host_ip = literal;
    return KPS_PORT_OK;
}

/* Fill the numbers of a port with matching ranges (see struct kps_port about host port 0). */
static void fill_numbers(struct kps_port *port, struct range host, struct range target)
{
    bool is_pairwise = range_width(host) == range_width(target);
    if (host.first == 0 && is_pairwise && host.last > 0) {
        host.first++;
        target.first++;
    }
    bool is_any = host.first == 0;
    port->first = is_any ? 0 : (uint16_t)host.first;
    port->last = is_any ? 0 : (uint16_t)host.last;
    port->take = range_width(target);
    port->target_first = (uint16_t)target.first;
    port->target_last = (uint16_t)target.last;
}

enum kps_port_fault kps_port_spec_short(struct kps_arena *arena, struct kps_sv text,
                                        struct kps_port *ret, struct kps_port_places *places,
                                        struct kps_port_error *error)
{
    struct port_parse p = {.arena = arena, .text = text, .error = error};
    struct kps_port port = {.protocol = KPS_TCP};
    struct range host = {0, 0};
    struct range target = {0, 0};
    split_parts(&p);
    enum kps_port_fault fault = read_ip(&p, &port);
    if (fault != KPS_PORT_OK) {
        return fault;
    }
    if (p.container.n == 0) {
        return refuse_no_container(&p);
    }
    if (!read_range(p.container, &target)) {
        return refuse_container(&p);
    }
    if (p.host.n && !read_range(p.host, &host)) {
        return refuse_host(&p);
    }
    if (p.host.n && range_width(host) != range_width(target) && range_width(target) > 1) {
        return refuse_unequal_ranges(&p, range_width(host), range_width(target));
    }
    port.protocol = kps_protocol_or_tcp(p.protocol);
    if (!port.protocol) {
        return refuse_protocol(&p);
    }
    if (target.first == 0) {
        return refuse_container_zero(&p);
    }
    fill_numbers(&port, host, target);
    *places = (struct kps_port_places){.host_ip_off = offset_of(&p, port.host_ip),
                                       .host_ip_len = (uint32_t)port.host_ip.n,
                                       .published_off = offset_of(&p, p.host),
                                       .published_len = (uint32_t)p.host.n,
                                       .target_off = offset_of(&p, p.container),
                                       .target_len = (uint32_t)p.container.n};
    *ret = port;
    return KPS_PORT_OK;
}

enum kps_port_fault kps_port_spec_published(struct kps_arena *arena, struct kps_sv text,
                                            struct kps_port *ret, struct kps_port_error *error)
{
    struct port_parse p = {.arena = arena, .text = text, .error = error};
    struct range host = {0, 0};
    /* The Engine splits a protocol off here too, and ignores the protocol. */
    split_protocol(text, &p.host, &p.protocol);
    if (p.host.n && !read_range(p.host, &host)) {
        return refuse_published(&p);
    }
    bool is_any = host.first == 0;
    ret->first = is_any ? 0 : (uint16_t)host.first;
    ret->last = is_any ? 0 : (uint16_t)host.last;
    ret->take = 1;
    return KPS_PORT_OK;
}

bool kps_port_spec_expose(struct kps_sv text, uint16_t *ret_first, uint16_t *ret_last,
                          enum kps_protocol *ret_protocol)
{
    struct kps_sv port;
    struct kps_sv protocol;
    struct range range;
    split_protocol(text, &port, &protocol);
    enum kps_protocol parsed = kps_protocol_or_tcp(protocol);
    if (!read_range(port, &range) || range.first == 0 || !parsed) {
        return false;
    }
    *ret_first = (uint16_t)range.first;
    *ret_last = (uint16_t)range.last;
    *ret_protocol = parsed;
    return true;
}
