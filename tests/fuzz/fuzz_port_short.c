#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "compose/port_spec.h"

/* Short and long port texts. What is accepted must make sense and survive being written down and
 * read again. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_range(uint32_t first, uint32_t last)
{
    KPS_ASSERT(first >= 1 && first <= last && last <= UINT16_MAX);
}

static void check_error(struct kps_sv text, enum kps_port_fault fault,
                        const struct kps_port_error *error)
{
    KPS_ASSERT(error->fault == fault);
    KPS_ASSERT(error->message.n && error->allowed.n && error->up_error.n);
    KPS_ASSERT(error->off <= text.n && error->len <= text.n - error->off);
}

static void check_part(struct kps_sv text, uint32_t off, uint32_t len)
{
    KPS_ASSERT(off <= text.n && len <= text.n - off);
}

static void check_port(struct kps_sv text, const struct kps_port *port,
                       const struct kps_port_places *places)
{
    uint32_t targets = (uint32_t)port->target_last - port->target_first + 1;
    check_range(port->target_first, port->target_last);
    if (port->first == 0) {
        KPS_ASSERT(port->last == 0 && port->take == targets);
    } else {
        uint32_t width = (uint32_t)port->last - port->first + 1;
        check_range(port->first, port->last);
        KPS_ASSERT(port->take >= 1 && port->take <= width && port->take == targets);
        KPS_ASSERT(targets == 1 || targets == width);
    }
    check_part(text, places->host_ip_off, places->host_ip_len);
    check_part(text, places->published_off, places->published_len);
    check_part(text, places->target_off, places->target_len);
    KPS_ASSERT(kps_sv_eq(port->host_ip, kps_sv_slice(text, places->host_ip_off,
                                                     places->host_ip_off + places->host_ip_len)));
    KPS_ASSERT((port->host_ip.n == 0) == (port->addr.kind == KPS_ADDR_EVERY));
}

/* The port in the plainest words, read again, is the same port. */
static void check_round_trip(struct kps_arena *arena, const struct kps_port *port)
{
    struct kps_sv text =
        kps_fmt(arena, "[%.*s]:%u-%u:%u-%u/%s", SV_ARG(port->host_ip), port->first, port->last,
                port->target_first, port->target_last, kps_protocol_name(port->protocol));
    if (port->first == 0) {
        text = kps_fmt(arena, "[%.*s]::%u-%u/%s", SV_ARG(port->host_ip), port->target_first,
                       port->target_last, kps_protocol_name(port->protocol));
    }
    struct kps_port again = {0};
    struct kps_port_places places = {0};
    struct kps_port_error error = {0};
    KPS_ASSERT(kps_port_spec_short(arena, text, &again, &places, &error) == KPS_PORT_OK);
    KPS_ASSERT(again.first == port->first && again.last == port->last && again.take == port->take);
    KPS_ASSERT(again.target_first == port->target_first && again.target_last == port->target_last);
    KPS_ASSERT(again.protocol == port->protocol && kps_addr_eq(&again.addr, &port->addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv text = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    struct kps_port port = {0};
    struct kps_port_places places = {0};
    struct kps_port_error error = {0};
    enum kps_port_fault fault = kps_port_spec_short(arena, text, &port, &places, &error);
    KPS_ASSERT(fault == KPS_PORT_OK || fault == KPS_PORT_REFUSED);
    if (fault == KPS_PORT_OK) {
        check_port(text, &port, &places);
        check_round_trip(arena, &port);
    } else {
        check_error(text, fault, &error);
    }

    fault = kps_port_spec_published(arena, text, &port, &error);
    KPS_ASSERT(fault == KPS_PORT_OK || fault == KPS_PORT_FAILS);
    if (fault == KPS_PORT_OK) {
        KPS_ASSERT(port.take == 1 && port.first <= port.last && (port.first || !port.last));
    } else {
        check_error(text, fault, &error);
    }

    enum kps_protocol protocol = KPS_PROTO_NONE;
    if (kps_port_spec_expose(text, &port.first, &port.last, &protocol)) {
        check_range(port.first, port.last);
        KPS_ASSERT(protocol != KPS_PROTO_NONE);
    }
    return 0;
}
