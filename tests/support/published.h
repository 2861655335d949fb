#ifndef KPS_TESTS_SUPPORT_PUBLISHED_H
#define KPS_TESTS_SUPPORT_PUBLISHED_H

#include "base/buf.h"
#include "compose/port_spec.h"

/*
 * A short-syntax text as what Compose makes of it: "127.0.0.1|3000>80/tcp 127.0.0.1|3001>81/tcp",
 * pairs in order of the container ports; "3000-3005>80/tcp" for a range to one port, ">80/tcp" for
 * any port; "! …" with Compose's own words when it refuses.
 */
static inline struct kps_sv published_by(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_buf out = KPS_BUF(arena);
    struct kps_port port = {0};
    struct kps_port_places places = {0};
    struct kps_port_error error = {0};
    if (kps_port_spec_short(arena, text, &port, &places, &error) != KPS_PORT_OK) {
        return kps_fmt(arena, "! %.*s", SV_ARG(error.up_error));
    }
    bool is_pool = port.last > port.first && port.take == 1;
    for (uint32_t i = 0; i <= (uint32_t)port.target_last - port.target_first; i++) {
        kps_buf_fmt(&out, "%s%.*s%s", i ? " " : "", SV_ARG(port.host_ip),
                    port.host_ip.n ? "|" : "");
        if (is_pool) {
            kps_buf_fmt(&out, "%u-%u", port.first, port.last);
        } else if (port.first) {
            kps_buf_fmt(&out, "%u", port.first + i);
        }
        kps_buf_fmt(&out, ">%u/%s", port.target_first + i, kps_protocol_name(port.protocol));
    }
    return kps_buf_sv(&out);
}

#endif
