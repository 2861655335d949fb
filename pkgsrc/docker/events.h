#ifndef KPS_DOCKER_EVENTS_H
#define KPS_DOCKER_EVENTS_H

#include "docker/endpoint.h"

/*
 * The engine's own word that containers or services changed: GET /events, with a filter for what
 * publishes ports or gives them back. The events are not read: whoever waits asks for everything
 * again, so that there is one reader of the engine's answers. Only for an engine behind a socket of
 * this machine.
 */
struct kps_engine_events {
    struct kps_http_target target;
    struct kps_http *http;
    int fd; /* readable when something happened; -1: no events */
};

/*
 * Connect and wait for the engine to take the request. What happens from then on makes `fd`
 * readable. `ret` stays where it is until kps_engine_events_close, which must be called in every
 * case. Return: false when there is no such stream: refused, or not a socket of this machine.
 */
bool kps_engine_events_open(struct kps_engine_events *ret, struct kps_arena *arena,
                            const struct kps_engine_endpoint *endpoint, uint32_t timeout_ms);

/* Take in what happened. Return: false when the stream is over. */
bool kps_engine_events_drain(const struct kps_engine_events *events);

void kps_engine_events_close(struct kps_engine_events *events);

#endif
