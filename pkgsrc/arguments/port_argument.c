#include "arguments/port_argument.h"

#include "base/fs.h"
#include "base/secret.h"

/* The parts of an argument, before its numbers are checked. */
struct parts {
    enum kps_port_form form;
    struct kps_sv host;        /* without brackets */
    struct kps_sv first, last; /* digits; `last` is empty for a single port */
    enum kps_protocol protocol;
};

/* Schemes of URLs, and their default ports. */
static const char SCHEMES[] =
    "http:80 https:443 ws:80 wss:443 tcp: udp: postgres:5432 postgresql:5432 mysql:3306 "
    "redis:6379 mongodb:27017 amqp:5672";

static bool is_digits(struct kps_sv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

/* Split "3000" or "3000-3010". Return: false for anything else. */
static bool split_range(struct kps_sv text, struct parts *parts)
{
    size_t dash = kps_sv_find(text, '-');
    parts->first = kps_sv_head(text, dash);
    parts->last = kps_sv_from(text, dash + 1);
    return is_digits(parts->first) && (dash == text.n || is_digits(parts->last));
}

/* Return: a host without brackets and without the device of a socket, as ss prints it:
 * "127.0.0.53%lo", "[fe80::1]%eth0". Sockets are compared by address. */
static struct kps_sv plain_host(struct kps_sv host)
{
    struct kps_sv plain = kps_sv_before(host, '%');
    if (!kps_sv_has_head(plain, "[") ||
        !(kps_sv_has_tail(plain, "]") || kps_sv_has_tail(host, "]"))) {
        return plain;
    }
    return kps_sv_before(kps_sv_from(plain, 1), ']');
}

static bool is_address(struct kps_sv host)
{
    struct kps_addr addr;
    return kps_addr_parse(host, &addr);
}

static bool is_local_name(struct kps_sv host)
{
    return host.n == 0 || kps_sv_is(host, "*") || kps_sv_eq_nocase(host, SV("localhost"));
}

/* Cut "/udp" off the end, or "udp/" off the beginning, which only pasted forms have. */
static bool split_protocol(struct kps_sv *text, struct parts *parts)
{
    size_t slash = kps_sv_rfind(*text, '/');
    if (slash == text->n) {
        return true;
    }
    enum kps_protocol behind = kps_protocol_of(kps_sv_from(*text, slash + 1));
    enum kps_protocol before = kps_protocol_of(kps_sv_head(*text, slash));
    if (behind) {
        parts->protocol = behind;
        *text = kps_sv_head(*text, slash);
        return true;
    }
    if (before) {
        parts->protocol = before;
        *text = kps_sv_from(*text, slash + 1);
        parts->form = KPS_PORT_FORM_PASTED;
        return true;
    }
    return false;
}

/* Split "0.0.0.0:3000->80/tcp", as a list of containers shows a published port: the part behind the
 * arrow is the container's, and its protocol is the port's. */
static bool split_arrow(struct kps_sv *text, struct parts *parts)
{
    size_t arrow = kps_sv_search(*text, SV("->"));
    if (arrow == text->n) {
        return split_protocol(text, parts);
    }
    struct kps_sv inside = kps_sv_from(*text, arrow + 2);
    struct parts target = {.form = KPS_PORT_FORM_NONE};
    if (!split_protocol(&inside, &target) || !split_range(inside, &target)) {
        return false;
    }
    parts->form = KPS_PORT_FORM_PASTED;
    parts->protocol = target.protocol;
    *text = kps_sv_head(*text, arrow);
    return true;
}

/* Split "[HOST:]PORT" and the mapping "[HOST:]PORT:PORT". */
static bool split_place(struct kps_sv text, struct parts *parts)
{
    size_t colon = kps_sv_rfind(text, ':');
    if (colon == text.n) {
        return split_range(text, parts);
    }
    struct kps_sv before = kps_sv_head(text, colon);
    struct kps_sv host = plain_host(before);
    bool is_local = is_local_name(host);
    if (is_address(host) || is_local) {
        bool has_device = kps_sv_find(before, '%') < before.n;
        parts->form = is_local || has_device ? KPS_PORT_FORM_PASTED : parts->form;
        parts->host = host;
        return split_range(kps_sv_from(text, colon + 1), parts);
    }
    /* "127.0.0.1:3000:80": the last number is the container's. */
    struct parts inside = {.form = KPS_PORT_FORM_NONE};
    parts->form = KPS_PORT_FORM_PASTED;
    if (!split_range(kps_sv_from(text, colon + 1), &inside)) {
        return false;
    }
    size_t other = kps_sv_rfind(before, ':');
    if (other == before.n) {
        return split_range(before, parts);
    }
    parts->host = plain_host(kps_sv_head(before, other));
    return (is_address(parts->host) || is_local_name(parts->host)) &&
           split_range(kps_sv_from(before, other + 1), parts);
}

/* Split "SCHEME://[USER@]HOST[:PORT][/…]". */
static bool split_url(struct kps_sv text, size_t scheme_length, struct parts *parts)
{
    struct kps_sv name = kps_sv_head(text, scheme_length);
    struct kps_sv rest = kps_sv_from(text, scheme_length + 3);
    for (size_t i = 0; i < rest.n; i++) {
        if (rest.p[i] == '/' || rest.p[i] == '?' || rest.p[i] == '#') {
            rest.n = i;
        }
    }
    size_t at = kps_sv_rfind(rest, '@');
    rest = at < rest.n ? kps_sv_from(rest, at + 1) : rest;
    size_t colon = kps_sv_rfind(rest, ':');
    bool has_port = colon < rest.n && rest.p[rest.n - 1] != ']';
    parts->form = KPS_PORT_FORM_PASTED;
    parts->host = plain_host(kps_sv_head(rest, has_port ? colon : rest.n));
    struct kps_sv port = kps_sv_from(rest, has_port ? colon + 1 : rest.n);
    struct kps_sv scheme;
    for (struct kps_sv all = kps_sv_of(SCHEMES); kps_sv_next(&all, ' ', &scheme);) {
        if (kps_sv_eq_nocase(name, kps_sv_before(scheme, ':'))) {
            parts->protocol = kps_sv_is(scheme, "udp:") ? KPS_UDP : KPS_TCP;
            port = has_port ? port : kps_sv_after(scheme, ':');
        }
    }
    return split_range(port, parts);
}

static struct parts split_argument(struct kps_sv argument)
{
    struct parts parts = {.form = KPS_PORT_FORM_PLAIN};
    struct kps_sv text = argument;
    size_t scheme = kps_sv_search(argument, SV("://"));
    bool is_split = scheme < argument.n ? split_url(argument, scheme, &parts)
                                        : split_arrow(&text, &parts) && split_place(text, &parts);
    parts.form = is_split ? parts.form : KPS_PORT_FORM_NONE;
    return parts;
}

enum kps_port_form kps_port_argument_form(struct kps_sv argument)
{
    return split_argument(argument).form;
}

/* Return: the port, or 0 when it is none. */
static uint16_t read_port(struct kps_sv digits)
{
    int64_t port = kps_sv_number(digits, UINT16_MAX);
    return port > 0 ? (uint16_t)port : 0;
}

/* Set the address of the question. Return: false for another host. */
static bool set_host(struct kps_question *question, struct kps_sv host)
{
    question->ports.addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
    if (kps_sv_eq_nocase(host, SV("localhost"))) {
        question->is_localhost = true;
        (void)kps_addr_parse(SV("127.0.0.1"), &question->ports.addr);
        return true;
    }
    return is_local_name(host) || kps_addr_parse(host, &question->ports.addr);
}

bool kps_port_argument_parse(struct kps_arena *arena, struct kps_sv argument,
                             struct kps_question *ret, struct kps_sv *ret_error)
{
    struct parts parts = split_argument(argument);
    *ret = (struct kps_question){.words = kps_secret_mask(arena, argument),
                                 .is_range = parts.last.n > 0};
    ret->ports.protocol = (uint8_t)parts.protocol;
    ret->ports.first = read_port(parts.first);
    ret->ports.last = parts.last.n ? read_port(parts.last) : ret->ports.first;
    if (!set_host(ret, parts.host)) {
        *ret_error = kps_fmt(arena,
                             "'%.*s' is a place on host '%.*s', not this machine; type: "
                             "kportscan %.*s",
                             SV_ARG(argument), SV_ARG(parts.host), SV_ARG(parts.first));
        return false;
    }
    if (ret->ports.first == 0 || ret->ports.last == 0) {
        *ret_error = kps_fmt(
            arena, "'%.*s%s%.*s' is not in 1-65535 (a file of that name is './%.*s')",
            SV_ARG(parts.first), parts.last.n ? "-" : "", SV_ARG(parts.last), SV_ARG(argument));
        return false;
    }
    if (ret->ports.first > ret->ports.last) {
        *ret_error = kps_fmt(arena, "port range '%.*s' ends before it begins", SV_ARG(argument));
        return false;
    }
    return true;
}

bool kps_port_argument_is(struct kps_arena *arena, struct kps_sv argument)
{
    bool is_pasted = kps_sv_find(argument, ',') < argument.n;
    struct kps_sv rest = argument;
    do {
        struct kps_sv port = kps_sv_before(rest, ',');
        enum kps_port_form form = kps_port_argument_form(port);
        if (form == KPS_PORT_FORM_NONE) {
            return false;
        }
        is_pasted |= form == KPS_PORT_FORM_PASTED;
        rest = kps_sv_from(rest, port.n + 1);
    } while (rest.n);
    return !is_pasted || !kps_fs_exists(kps_cstr(arena, argument));
}

bool kps_port_argument_add(struct kps_arena *arena, struct kps_sv argument,
                           struct kps_port_arguments *ret, struct kps_sv *ret_error)
{
    struct kps_sv rest = argument;
    do {
        struct kps_sv port = kps_sv_before(rest, ',');
        rest = kps_sv_from(rest, port.n + 1);
        if (!kps_port_argument_parse(arena, port, kps_vec_push(&ret->list), ret_error)) {
            return false;
        }
    } while (rest.n);
    return true;
}
