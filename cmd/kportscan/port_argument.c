#include "port_argument.h"

static bool is_digits(struct kps_sv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

/* Cuts the protocol and the address off an argument, as far as they are well-formed. What is left
 * is the port. */
static bool split(struct kps_sv argument, struct kps_question *question, struct kps_sv *ret_port)
{
    struct kps_sv port = kps_sv_slice(argument, 0, kps_sv_rfind(argument, '/'));
    enum kps_protocol protocol = KPS_PROTO_NONE;
    if (port.n < argument.n && !kps_protocol_parse(kps_sv_from(argument, port.n + 1), &protocol)) {
        return false;
    }
    question->protocol = (uint8_t)protocol;
    size_t colon = kps_sv_rfind(port, ':');
    if (colon < port.n) {
        struct kps_sv host = kps_sv_slice(port, 0, colon);
        bool in_brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
        if (!kps_addr_parse(in_brackets ? kps_sv_slice(host, 1, host.n - 1) : host,
                            &question->addr)) {
            return false;
        }
        port = kps_sv_from(port, colon + 1);
    }
    *ret_port = port;
    return true;
}

bool kps_port_argument_is(struct kps_sv argument)
{
    struct kps_question question = {0};
    struct kps_sv port = {"", 0};
    if (!split(argument, &question, &port)) {
        return false;
    }
    size_t dash = kps_sv_find(port, '-');
    return is_digits(kps_sv_slice(port, 0, dash)) &&
           (dash == port.n || is_digits(kps_sv_from(port, dash + 1)));
}

/* Return: the port, or 0 when it is none. */
static uint16_t port_of(struct kps_sv digits)
{
    unsigned long long port = 0;
    return kps_sv_u64(digits, UINT16_MAX, &port) ? (uint16_t)port : 0;
}

bool kps_port_argument_parse(struct kps_arena *arena, struct kps_sv argument,
                             struct kps_question *ret, struct kps_sv *ret_error)
{
    struct kps_sv port = {"", 0};
    *ret = (struct kps_question){.words = argument, .addr = {.kind = KPS_ADDR_EVERY}};
    (void)split(argument, ret, &port);
    size_t dash = kps_sv_find(port, '-');
    ret->first = port_of(kps_sv_slice(port, 0, dash));
    ret->last = dash < port.n ? port_of(kps_sv_from(port, dash + 1)) : ret->first;
    if (ret->first == 0 || ret->last == 0) {
        *ret_error = kps_fmt(arena, "'%.*s' is not in 1-65535 (a file of that name is './%.*s')",
                             SV_ARG(port), SV_ARG(argument));
        return false;
    }
    if (ret->first > ret->last) {
        *ret_error = kps_fmt(arena, "port range '%.*s' ends before it begins", SV_ARG(argument));
        return false;
    }
    return true;
}
