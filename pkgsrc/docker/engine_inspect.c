#include <string.h>

#include "base/limits.h"
#include "docker/engine_asking.h"

#define NETWORKS_PATH "/networks"

static bool is_mode(const struct kps_engine_container *container, const char *mode)
{
    return kps_sv_eq(container->network_mode, kps_sv_of(mode));
}

bool kps_engine_publishes(const struct kps_engine_container *container,
                          const struct kps_port_filter *ports, size_t n)
{
    for (uint32_t i = 0; i < container->ports.n; i++) {
        const struct kps_engine_port *port = &container->ports.v[i];
        for (size_t k = 0; k < n; k++) {
            if ((ports[k].protocol == KPS_PROTO_NONE || ports[k].protocol == port->protocol) &&
                port->published <= ports[k].last &&
                port->published + port->width - 1 >= ports[k].first) {
                return true;
            }
        }
    }
    return false;
}

bool kps_engine_shares_netns(const struct kps_engine_container *container,
                             const struct kps_shared_netns *shared_netns)
{
    enum { SHORT_ID = 12 };
    const struct kps_sv compose = SV("compose:");
    struct kps_sv name = shared_netns->container;
    if (!kps_sv_starts(name, compose)) {
        return kps_sv_eq(container->name, name) ||
               (name.n >= SHORT_ID && kps_sv_starts(container->id, name));
    }
    struct kps_sv service = kps_sv_from(name, compose.n + container->project.n);
    return container->number <= 1 && !container->oneoff && container->service.n &&
           kps_sv_starts(kps_sv_from(name, compose.n), container->project) &&
           kps_sv_starts(service, SV("/")) &&
           kps_sv_eq(kps_sv_from(service, 1), container->service);
}

static bool is_joined_by_any(const struct kps_engine_question *question,
                             const struct kps_engine_container *container)
{
    for (size_t i = 0; i < question->n_shared_netns; i++) {
        if (kps_engine_shares_netns(container, &question->shared_netns[i])) {
            return true;
        }
    }
    return false;
}

static bool needs_inspection(const struct kps_asking *a,
                             const struct kps_engine_container *container)
{
    if (kps_sv_eq(container->state, SV("removing")) || kps_sv_eq(container->state, SV("dead"))) {
        return false; /* neither can be started again */
    }
    if (!kps_engine_is_bound(container)) {
        return true;
    }
    /* Whoever asks for ports wants to know what restarts their holder, and that may be one on the
     * host's network. */
    bool may_hold = a->question->n_ports || a->answer->elsewhere || !a->question->sockets_known;
    /* Podman's list does not say the network mode, and not all ports (§7.6; 4.3 was tried). */
    return a->answer->podman || (is_mode(container, "host") && may_hold) ||
           kps_engine_publishes(container, a->question->ports, a->question->n_ports) ||
           is_joined_by_any(a->question, container);
}

static struct kps_sv inspection_path(struct kps_arena *arena,
                                     const struct kps_engine_container *container)
{
    return kps_fmt(arena, "/containers/%.*s/json", SV_ARG(container->id));
}

/* Whether the container's ports, once it starts, depend on what kind of network it is in. */
static bool is_in_own_network(const struct kps_engine_container *container)
{
    return !kps_engine_is_bound(container) && !is_mode(container, "default") &&
           !is_mode(container, "bridge") && !is_mode(container, "host") &&
           !is_mode(container, "none") && !kps_sv_starts(container->network_mode, SV("container:"));
}

/* Asks for the next inspections, from this container on, together, and behind the last for the
 * networks, if some may depend on them. Return: for how many inspections. */
static size_t ask_ahead(struct kps_asking *a, uint32_t first)
{
    struct kps_sv *paths = KPS_NEW_N(a->arena, struct kps_sv, KPS_HTTP_MOST_AHEAD);
    size_t n = 0;
    bool asks = false;
    for (uint32_t i = first; i < a->answer->containers.list.n; i++) {
        const struct kps_engine_container *container = &a->answer->containers.list.v[i];
        if (needs_inspection(a, container)) {
            if (n == KPS_HTTP_MOST_AHEAD) {
                asks = false;
                break;
            }
            paths[n++] = kps_fmt(a->arena, "%.*s%s", SV_ARG(a->prefix),
                                 inspection_path(a->arena, container).p);
            asks = asks || is_in_own_network(container);
        }
    }
    a->has_networks = asks && !a->answer->podman && n < KPS_HTTP_MOST_AHEAD;
    if (a->has_networks) {
        paths[n] = kps_fmt(a->arena, "%.*s" NETWORKS_PATH, SV_ARG(a->prefix));
    }
    kps_http_ahead(a->http, paths, n + a->has_networks);
    return n;
}

/* Return: false when the engine does not answer any more. */
static bool inspect(struct kps_asking *a, struct kps_engine_container *container)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv path = inspection_path(scratch, container);
    struct kps_http_reply reply = kps_asking_get(a, scratch, path.p, KPS_LIMIT_ENGINE_ITEM);
    struct kps_sv why = {0};
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 404) {
        container->state = SV("removing"); /* it went between the two requests */
        return true;
    }
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 200 &&
        kps_engine_read_inspection(a->arena, reply.body, container, &why)) {
        return true;
    }
    if (reply.result == KPS_HTTP_ANSWERED) {
        why = reply.status == 200 ? kps_fmt(a->arena, "its answer %.*s", SV_ARG(why))
                                  : kps_asking_refused(a, scratch, &reply);
        kps_asking_gap(a, kps_fmt(a->arena, "cannot look at the container '%.*s': %.*s",
                                  SV_ARG(container->name), SV_ARG(why)));
        return true;
    }
    kps_asking_gap(a,
                   kps_fmt(a->arena, "cannot look at the container '%.*s' and those after it: %.*s",
                           SV_ARG(container->name), SV_ARG(reply.words)));
    return false;
}

static void list_networks(struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply =
        kps_asking_get(a, scratch, NETWORKS_PATH, KPS_LIMIT_ENGINE_ANSWER);
    struct kps_sv why = {0};
    if (reply.result != KPS_HTTP_ANSWERED) {
        kps_asking_gap(a, kps_fmt(a->arena, "cannot list the networks: %.*s", SV_ARG(reply.words)));
    } else if (reply.status != 200) {
        why = kps_asking_refused(a, scratch, &reply);
        kps_asking_gap(a, kps_fmt(a->arena, "cannot list the networks: %.*s", SV_ARG(why)));
    } else if (!kps_engine_read_networks(a->arena, reply.body, &a->answer->networks, &why)) {
        kps_asking_gap(a, kps_fmt(a->arena, "the list of networks %.*s", SV_ARG(why)));
    }
}

bool kps_asking_inspect(struct kps_asking *a)
{
    bool asks = false;
    size_t ahead = 0;
    for (uint32_t i = 0; i < a->answer->containers.list.n; i++) {
        struct kps_engine_container *container = &a->answer->containers.list.v[i];
        if (needs_inspection(a, container)) {
            ahead = ahead > 0 || !a->is_engine ? ahead : ask_ahead(a, i);
            ahead -= ahead > 0;
            if (!inspect(a, container)) {
                return false;
            }
        }
        asks = asks || (container->bindings.n && is_in_own_network(container));
    }
    if (a->has_networks || (asks && !a->answer->podman)) {
        list_networks(a);
    }
    return true;
}

/* Whether it can stand in a path as it is; a name that an engine has can. */
static bool is_image_name(struct kps_sv name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = kps_lower(name.p[i]);
        if (!kps_is_digit(c) && !(c >= 'a' && c <= 'z') && !memchr("./-_:@", c, 6)) {
            return false;
        }
    }
    return kps_sv_search(name, SV("..")) == name.n;
}

/* An image that the engine does not have yet tells nothing. */
static void look_at_image(struct kps_asking *a, struct kps_sv name,
                          struct kps_engine_container *image)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv path = kps_fmt(scratch, "/images/%.*s/json", SV_ARG(name));
    struct kps_http_reply reply = kps_asking_get(a, scratch, path.p, KPS_LIMIT_ENGINE_ITEM);
    struct kps_sv why = reply.words;
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 404) {
        return;
    }
    bool is_read = reply.result == KPS_HTTP_ANSWERED && reply.status == 200 &&
                   kps_engine_read_image(a->arena, reply.body, image, &why);
    if (!is_read) {
        why = reply.result == KPS_HTTP_ANSWERED && reply.status != 200
                  ? kps_asking_refused(a, scratch, &reply)
                  : why;
        kps_asking_gap(a, kps_fmt(a->arena, "cannot look at the image '%.*s': %.*s", SV_ARG(name),
                                  SV_ARG(why)));
    }
}

void kps_asking_look_at_images(struct kps_asking *a)
{
    for (size_t i = 0; i < a->question->n_untold; i++) {
        struct kps_engine_container *image = kps_vec_push(&a->answer->images.list);
        *image = (struct kps_engine_container){.image = a->question->image_ports_pending[i].image};
        if (is_image_name(image->image)) {
            look_at_image(a, image->image, image);
        }
    }
}
