#ifndef KPS_DOCKER_ENGINE_ASKING_H
#define KPS_DOCKER_ENGINE_ASKING_H

#include "docker/engine.h"
#include "docker/http.h"

/* Between engine.c, which asks for lists, and engine_inspect.c, which looks at things one by one.
 */

/* What is known of the swarm that the engine may be part of. Before 23.0 it does not say when it is
 * pinged. */
enum swarm { SWARM_UNKNOWN, SWARM_NONE, SWARM_WORKER, SWARM_MANAGER };

struct kps_asking {
    struct kps_arena *arena;
    const struct kps_endpoint *endpoint;
    const struct kps_engine_question *question;
    struct kps_engine_answer *answer;
    struct kps_http *http;
    struct kps_sv prefix; /* "/v1.41", or "" */
    enum swarm swarm;
    bool is_engine;    /* what listens is known to be one, and nothing between here and it */
    bool has_lists;    /* its lists are on their way, in a version that can be read */
    bool has_networks; /* the list of networks is on its way */
};

/* GETs a path below the API version's ("/services"), without it where the engine refuses that
 * version. */
struct kps_http_reply kps_asking_get(struct kps_asking *a, struct kps_arena *scratch,
                                     const char *path, size_t max_bytes);

/* The words of an answer other than 200: the engine's own message, or the beginning of what came
 * instead. */
struct kps_sv kps_asking_refused(const struct kps_asking *a, struct kps_arena *scratch,
                                 const struct kps_http_reply *reply);

/* Notes what could not be learnt although the engine answers. */
void kps_asking_gap(struct kps_asking *a, struct kps_sv words);

/* Looks at the containers of which more is to be known, and at the networks where that depends on
 * them. Return: false when the engine does not answer any more. */
bool kps_asking_inspect(struct kps_asking *a);

/* Looks at the images of those of whom nothing else tells where they listen. */
void kps_asking_look_at_images(struct kps_asking *a);

#endif
