#include "sys/kernel.h"

enum {
    NUMBER_BYTES = 64,
    /* The kernel takes a list of any length; one with every second port is 190 KiB. */
    LIST_BYTES = 256 * 1024,
};

static bool read_port(struct kps_sv text, uint16_t *ret)
{
    int64_t port = kps_sv_number(kps_sv_trim(text), UINT16_MAX);
    if (port >= 0) {
        *ret = (uint16_t)port;
    }
    return port >= 0;
}

/* Without the line break at its end. */
static struct kps_sv first_line(struct kps_sv text)
{
    return kps_sv_before(text, '\n');
}

size_t kps_kernel_read_ports(struct kps_arena *arena, struct kps_sv text,
                             const struct kps_port_range **ret)
{
    size_t room = 1;
    size_t n = 0;
    text = first_line(text);
    for (size_t i = 0; i < text.n; i++) {
        room += text.p[i] == ',';
    }
    struct kps_port_range *ranges = KPS_NEW_N(arena, struct kps_port_range, room);
    struct kps_sv range;
    while (kps_sv_next(&text, ',', &range)) {
        n += kps_port_range_parse(range, '-', &ranges[n]);
    }
    *ret = ranges;
    return n;
}

struct kps_kernel kps_kernel_read(const struct kps_sys *sys, struct kps_arena *arena)
{
    struct kps_kernel kernel = {.ephemeral = {32768, 60999}, .unprivileged_start = 1024};
    char number[NUMBER_BYTES];
    struct kps_sv text;
    uint16_t value = 0;
    if (kps_os_read(sys->root_fd, "proc/sys/net/ipv4/ip_local_port_range", number, sizeof(number),
                    &text) == 0) {
        kernel.known = kps_port_range_parse(first_line(text), '\t', &kernel.ephemeral);
    }
    if (kps_os_read(sys->root_fd, "proc/sys/net/ipv4/ip_unprivileged_port_start", number,
                    sizeof(number), &text) == 0) {
        (void)read_port(first_line(text), &kernel.unprivileged_start);
    }
    if (kps_os_read(sys->root_fd, "proc/sys/net/ipv6/bindv6only", number, sizeof(number), &text) ==
        0) {
        kernel.has_ipv6 = true;
        kernel.bindv6only = read_port(first_line(text), &value) && value != 0;
    }
    if (kps_os_slurp(sys, arena, "proc/sys/net/ipv4/ip_local_reserved_ports", LIST_BYTES, &text) ==
        0) {
        kernel.n_reserved = kps_kernel_read_ports(arena, text, &kernel.reserved);
    }
    return kernel;
}

bool kps_kernel_is_ephemeral(const struct kps_kernel *kernel, uint16_t port)
{
    return kps_port_range_holds(&kernel->ephemeral, 1, port) &&
           !kps_port_range_holds(kernel->reserved, kernel->n_reserved, port);
}
