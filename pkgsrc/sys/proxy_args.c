#include "sys/proxy_args.h"

#include <stddef.h>

#include "base/path.h"

/*
 * Move behind the program's name. Wrappers have few arguments before the name. A program of another
 * name ("docker-proxy-26.1") counts for the argument `-proto`; *ret_is_named is then false.
 */
static bool find_program(struct kps_sv *cmdline, bool *ret_is_named)
{
    enum { WRAPPER_ARGUMENTS = 8 };
    struct kps_sv argument;
    struct kps_sv rest = *cmdline;
    for (int i = 0; i < WRAPPER_ARGUMENTS && kps_sv_next(&rest, '\0', &argument); i++) {
        struct kps_sv program = kps_path_base(argument);
        *ret_is_named = kps_sv_is_one_of(program, "docker-proxy rootlesskit-docker-proxy");
        if (*ret_is_named || (i > 0 && kps_sv_is(argument, "-proto"))) {
            *cmdline = *ret_is_named ? rest : *cmdline;
            return true;
        }
        *cmdline = rest;
    }
    return false;
}

/* Return the port; 0 for none. */
static uint16_t read_port(struct kps_sv text)
{
    int64_t port = kps_sv_number(text, UINT16_MAX);
    return port > 0 ? (uint16_t)port : 0;
}

static void read_flag(struct kps_sv flag, struct kps_sv value, struct kps_proxy_args *args)
{
    if (kps_sv_is(flag, "proto")) {
        args->protocol = kps_protocol_of(value);
    } else if (kps_sv_is(flag, "host-ip")) {
        (void)kps_addr_parse(value, &args->host);
    } else if (kps_sv_is(flag, "host-port")) {
        args->host_port = read_port(value);
    } else if (kps_sv_is(flag, "container-ip")) {
        (void)kps_addr_parse(value, &args->container);
    } else if (kps_sv_is(flag, "container-port")) {
        args->container_port = read_port(value);
    }
}

bool kps_proxy_args_read(struct kps_sv cmdline, struct kps_proxy_args *ret)
{
    /* The program's own defaults: tcp, on every address; the wildcards mark what was not given. */
    struct kps_proxy_args args = {.protocol = KPS_TCP, .container = {.kind = KPS_ADDR_EVERY}};
    struct kps_sv argument;
    bool is_named;
    if (!find_program(&cmdline, &is_named)) {
        return false;
    }
    while (kps_sv_next(&cmdline, '\0', &argument)) {
        if (!kps_sv_has_head(argument, "-")) {
            continue;
        }
        size_t dashes = kps_sv_has_head(argument, "--") ? 2 : 1;
        struct kps_sv flag = kps_sv_from(argument, dashes);
        size_t equals = kps_sv_find(flag, '=');
        struct kps_sv value = kps_sv_from(flag, equals + 1);
        struct kps_sv rest = cmdline;
        if (equals == flag.n && kps_sv_next(&rest, '\0', &argument) &&
            !kps_sv_has_head(argument, "-")) {
            value = argument; /* a flag without a value (-use-listen-fd) is followed by another flag
                                 or by nothing */
            cmdline = rest;
        }
        read_flag(kps_sv_head(flag, equals), value, &args);
    }
    if (args.protocol == KPS_PROTO_NONE || args.host_port == 0 || args.container_port == 0 ||
        (args.container.kind != KPS_ADDR_ONE4 && args.container.kind != KPS_ADDR_ONE6) ||
        (!is_named && args.host.kind == KPS_ADDR_EVERY)) {
        return false;
    }
    *ret = args;
    return true;
}
