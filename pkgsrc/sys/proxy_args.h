#ifndef KPS_SYS_PROXY_ARGS_H
#define KPS_SYS_PROXY_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "model/addr.h"
#include "model/claim.h"

/* Which published port a docker-proxy process serves; the Docker Engine starts one for each port
 * and address family. */
struct kps_proxy_args {
    enum kps_protocol protocol;
    struct kps_addr
        host; /* address of the listener; ANY6 for "::", which the Engine binds with IPV6_V6ONLY */
    uint16_t host_port;
    struct kps_addr container; /* ONE4 or ONE6; an IPv4 address also behind an IPv6 listener */
    uint16_t container_port;
};

/*
 * Parse the command line of a process: `cmdline` in the form of /proc/PID/cmdline, arguments ended
 * by NUL. The program may stand behind a wrapper (`nsenter -n… -F -- docker-proxy …`, rootless
 * Engine 28). Flags are found by name, with a dash or two, with the value in the next argument or
 * behind "=" (spec compose §8). A program of another name (dockerd --userland-proxy-path) counts
 * when its arguments are all those that the Engine gives, with -proto first. Return: false (*ret
 * untouched) for other programs, and for a docker-proxy without a port.
 */
KPS_MUST_USE bool kps_proxy_args_read(struct kps_sv cmdline, struct kps_proxy_args *ret);

#endif
