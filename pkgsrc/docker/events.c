#include "docker/events.h"

#include <errno.h>
#include <sys/socket.h>

/* {"type":["container","service"],"event":["create","start","die","destroy","rename","update",
 * "remove"]}: health checks alone would be an event every few seconds. */
static const struct kps_sv path =
    SV_LIT("/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22service%22%5D%2C%22event%22%3A"
           "%5B%22create%22%2C%22start%22%2C%22die%22%2C%22destroy%22%2C%22rename%22%2C"
           "%22update%22%2C%22remove%22%5D%7D");

bool kps_engine_events_open(struct kps_engine_events *ret, struct kps_arena *arena,
                            const struct kps_engine_endpoint *endpoint, uint32_t timeout_ms)
{
    *ret = (struct kps_engine_events){.target = {.transport = endpoint->transport,
                                                 .socket = endpoint->socket,
                                                 .host = SV("docker")},
                                      .fd = -1};
    if (endpoint->transport != KPS_VIA_UNIX) {
        return false;
    }
    ret->http = kps_http_open(arena, &ret->target, timeout_ms);
    ret->fd = kps_http_stream(ret->http, arena, path);
    return ret->fd >= 0;
}

bool kps_engine_events_drain(const struct kps_engine_events *events)
{
    char bytes[4096];
    ssize_t got;
    do {
        got = recv(events->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    } while (got > 0 || (got < 0 && errno == EINTR));
    return got < 0 && errno == EAGAIN;
}

void kps_engine_events_close(struct kps_engine_events *events)
{
    kps_http_close(events->http);
    *events = (struct kps_engine_events){.fd = -1};
}
