#include <string.h>

#include "units/units.h"

/*
 * Socket units, as systemd 252 reads them (systemd.socket(5), src/core/socket.c): a bare port
 * listens on [::] for both families unless BindIPv6Only= says otherwise, an empty Listen…= resets
 * all of them, an address that cannot be parsed is ignored with a warning.
 */
struct socket_unit {
    struct kps_units *units;
    kps_owner_id owner;
    bool is_v6_only; /* BindIPv6Only=ipv6-only */
    bool is_sctp;    /* SocketProtocol=sctp */
};

/* The kinds of lines that listen, and their protocol on an Internet address. */
static const struct {
    const char *key;
    enum kps_protocol protocol;
} LISTENERS[] = {{"ListenStream", KPS_TCP},
                 {"ListenDatagram", KPS_UDP},
                 {"ListenSequentialPacket", KPS_SCTP},
                 {"ListenFIFO", KPS_PROTO_NONE},
                 {"ListenSpecial", KPS_PROTO_NONE},
                 {"ListenNetlink", KPS_PROTO_NONE},
                 {"ListenMessageQueue", KPS_PROTO_NONE},
                 {"ListenUSBFunction", KPS_PROTO_NONE}};

/* Return the protocol of a Listen…= line; false for any other key. */
static bool find_listener(struct kps_sv key, enum kps_protocol *ret)
{
    for (size_t i = 0; i < KPS_COUNT(LISTENERS); i++) {
        if (kps_sv_is(key, LISTENERS[i].key)) {
            *ret = LISTENERS[i].protocol;
            return true;
        }
    }
    return false;
}

/* Return: does the text name no port? A path may begin with a specifier for a folder ("%t/x"). */
static bool is_local(struct kps_sv text)
{
    bool is_folder = text.n > 2 && text.p[0] == '%' && strchr("CdDEhLStTVyY", text.p[1]);
    return is_folder || text.n == 0 || text.p[0] == '/' || text.p[0] == '@' ||
           kps_sv_has_head(text, "vsock");
}

/*
 * Parse a port as systemd's safe_atou16 does: decimal or 0x…, a '+' in front, no leading zero.
 * Return: false for 0 and anything else.
 */
static bool parse_port(struct kps_sv text, uint16_t *ret)
{
    int64_t port = 0;
    if (text.n > 1 && text.p[0] == '+') {
        text = kps_sv_from(text, 1);
    }
    if (text.n > 2 && text.n <= 6 && text.p[0] == '0' && kps_lower(text.p[1]) == 'x') {
        for (size_t i = 2; i < text.n; i++) {
            unsigned digit = kps_sv_digit_value(text.p[i]);
            if (digit >= 16) {
                return false;
            }
            port = port * 16 + digit;
        }
    } else if (text.n == 0 || text.p[0] != '0') {
        port = kps_sv_number(text, UINT16_MAX);
    }
    *ret = (uint16_t)port;
    return port > 0;
}

/* Parse "PORT", "IPV4:PORT" or "[IPV6]:PORT" (a zone behind '%' is dropped). */
static bool parse_listen(const struct socket_unit *s, struct kps_sv text, struct kps_publish *ret)
{
    size_t colon = kps_sv_rfind(text, ':');
    struct kps_sv number = colon < text.n ? kps_sv_from(text, colon + 1) : text;
    ret->addr = (struct kps_addr){.kind = s->is_v6_only ? KPS_ADDR_ANY6 : KPS_ADDR_EVERY};
    if (colon < text.n) {
        struct kps_sv literal = kps_sv_head(text, colon);
        bool is_v6 = literal.n > 1 && literal.p[0] == '[' && literal.p[literal.n - 1] == ']';
        if (is_v6) {
            literal = kps_sv_slice(literal, 1, literal.n - 1);
            literal = kps_sv_before(literal, '%');
        }
        bool is_v4 = kps_sv_find(literal, ':') == literal.n;
        if (is_v6 == is_v4 || !kps_addr_parse(literal, &ret->addr)) {
            return false;
        }
        if (ret->addr.kind == KPS_ADDR_ANY6 && !s->is_v6_only) {
            ret->addr.kind = KPS_ADDR_EVERY;
        }
    }
    if (!parse_port(number, &ret->first)) {
        return false;
    }
    ret->last = ret->first;
    return true;
}

static void add_listener(struct socket_unit *s, const struct kps_unit_line *line,
                         enum kps_protocol protocol)
{
    struct kps_units *units = s->units;
    struct kps_sv text;
    if (protocol == KPS_PROTO_NONE || is_local(line->value)) {
        return;
    }
    if (!kps_unit_expand(&units->unit, line->value, &text)) {
        kps_units_leave_open(units, line);
        return;
    }
    struct kps_publish port = {.protocol = s->is_sctp ? KPS_SCTP : protocol};
    if (!parse_listen(s, text, &port)) {
        struct kps_finding *finding = kps_units_refuse(
            units, line->at, "'%.*s' is no address to listen on; systemd ignores the line",
            SV_ARG(text));
        kps_finding_help(finding,
                         "write a port from 1 to 65535, 127.0.0.1:PORT, [::1]:PORT or a path");
        return;
    }
    if (protocol == KPS_SCTP) {
        /* SOCK_SEQPACKET exists for local sockets only: systemd 252 says "Address family not
         * supported, ignoring". */
        (void)kps_units_refuse(units, line->at,
                               "%.*s takes a path; systemd ignores an Internet address",
                               SV_ARG(line->key));
        return;
    }
    port.target_first = port.target_last = port.first;
    /* systemd sets SO_REUSEADDR: on UDP two sockets that both do share the port. */
    enum kps_certainty certainty = port.protocol == KPS_UDP ? KPS_LIKELY : KPS_CERTAIN;
    kps_units_add_claim(units, s->owner, &port, line->at, certainty, KPS_CLAIM_TIED);
}

static bool is_in_socket(const struct kps_unit_line *line)
{
    return kps_sv_is(line->section, "Socket");
}

/* Return the index of the first line behind the last empty Listen…=. */
static uint32_t find_reset(const struct kps_unit_file *unit)
{
    enum kps_protocol protocol;
    for (uint32_t i = unit->lines.n; i-- > 0;) {
        const struct kps_unit_line *line = &unit->lines.v[i];
        if (is_in_socket(line) && line->value.n == 0 && find_listener(line->key, &protocol)) {
            return i + 1;
        }
    }
    return 0;
}

/*
 * Units with ReusePort=yes may share a port, so they count as a single tenant: a common owner
 * stands behind them.
 */
static struct kps_sv share_port(struct kps_units *units)
{
    static const struct kps_sv key = SV_LIT("systemd:ReusePort=yes");
    for (uint32_t i = 0; i < units->ledger->owners.n; i++) {
        if (kps_sv_eq(units->ledger->owners.v[i].ties->key, key)) {
            return key;
        }
    }
    kps_owner_id id =
        kps_units_add_owner(units, KPS_OWNER_SOCKET_UNIT, SV("units with ReusePort=yes"),
                            (struct kps_sv){"", 0}, (struct kps_sv){"", 0});
    kps_ledger_change_ties(units->ledger, id)->key = key;
    return key;
}

int kps_units_read_socket(struct kps_units *units)
{
    const struct kps_units_request *request = units->request;
    struct kps_unit_file *unit = &units->unit;
    int error = kps_units_read_unit(units);
    if (error) {
        return error;
    }
    struct socket_unit s = {.units = units};
    const struct kps_unit_line *only = kps_unit_file_last(unit, "Socket", "BindIPv6Only");
    const struct kps_unit_line *protocol = kps_unit_file_last(unit, "Socket", "SocketProtocol");
    const struct kps_unit_line *reuse = kps_unit_file_last(unit, "Socket", "ReusePort");
    s.is_v6_only = only && kps_sv_is(only->value, "ipv6-only");
    s.is_sctp = protocol && kps_sv_is(protocol->value, "sctp");
    s.owner =
        kps_units_add_owner(units, KPS_OWNER_SOCKET_UNIT, unit->name, request->shown, unit->name);
    if (reuse && kps_unit_is_true(reuse->value)) {
        struct kps_sv shared = share_port(units);
        kps_ledger_change_ties(units->ledger, s.owner)->stands_for = shared;
    }
    for (uint32_t i = find_reset(unit); i < unit->lines.n; i++) {
        enum kps_protocol listens;
        if (is_in_socket(&unit->lines.v[i]) && find_listener(unit->lines.v[i].key, &listens)) {
            add_listener(&s, &unit->lines.v[i], listens);
        }
    }
    return 0;
}
