#include "sys/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/close.h"
#include "sys/os.h"

/* IPPROTO_SCTP sockets bind by the same call; a kernel without SCTP says EPROTONOSUPPORT. */
static int open_socket(int family, enum kps_protocol protocol)
{
    int type = protocol == KPS_UDP ? SOCK_DGRAM : SOCK_STREAM;
    return socket(family, type | SOCK_CLOEXEC, protocol == KPS_SCTP ? IPPROTO_SCTP : 0);
}

/*
 * Flags count with their current value: from here on a program that sets SO_REUSEADDR can bind the
 * port.
 */
static int bind_to(int fd, const struct sockaddr *at, socklen_t n)
{
    const int yes = 1;
    if (bind(fd, at, n) != 0) {
        return errno;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    return 0;
}

static int bind_v4(enum kps_protocol protocol, const struct kps_addr *addr, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd KPS_CLEANUP(kps_close_fd) = open_socket(AF_INET, protocol);
    if (addr->kind == KPS_ADDR_ONE4) {
        memcpy(&at.sin_addr, addr->bytes, sizeof(at.sin_addr));
    }
    return fd < 0 ? errno : bind_to(fd, (const struct sockaddr *)&at, sizeof(at));
}

static int bind_v6(enum kps_protocol protocol, const struct kps_addr *addr, uint16_t port)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const int only = 1;
    int fd KPS_CLEANUP(kps_close_fd) = open_socket(AF_INET6, protocol);
    if (addr->kind == KPS_ADDR_ONE6) {
        memcpy(&at.sin6_addr, addr->bytes, sizeof(at.sin6_addr));
    }
    if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0) {
        return errno;
    }
    return bind_to(fd, (const struct sockaddr *)&at, sizeof(at));
}

int kps_probe_bind(enum kps_protocol protocol, const struct kps_addr *addr, uint16_t port)
{
    bool is_v6 = addr->kind == KPS_ADDR_ANY6 || addr->kind == KPS_ADDR_ONE6;
    int failed = is_v6 ? bind_v6(protocol, addr, port) : bind_v4(protocol, addr, port);
    if (failed || addr->kind != KPS_ADDR_EVERY) {
        return failed;
    }
    failed = bind_v6(protocol, addr, port);
    bool has_none = failed == EAFNOSUPPORT || failed == EADDRNOTAVAIL;
    return has_none ? 0 : failed;
}
