#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "docker/collect.h"

/*
 * The input is what an engine answers, parts separated by form feeds: the list of containers, the
 * inspection of each, the networks, the services, an image. All of it becomes a ledger, which is
 * linked.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kps_sv next_part(struct kps_sv *rest)
{
    size_t end = kps_sv_find(*rest, '\f');
    struct kps_sv part = kps_sv_slice(*rest, 0, end);
    *rest = kps_sv_from(*rest, end + 1);
    return part;
}

/* A fault is told in words that are none of ours to bound but by the parser's own. */
static void check_words(bool good, struct kps_sv why)
{
    KPS_ASSERT(good || (why.n > 0 && why.n < 1024));
}

static void check_container(const struct kps_engine_container *container)
{
    KPS_ASSERT(container->id.n == 64);
    KPS_ASSERT(container->name.n > 0);
    for (uint32_t i = 0; i < container->ports.n; i++) {
        const struct kps_engine_port *port = &container->ports.v[i];
        KPS_ASSERT(port->published && port->target && port->width);
        KPS_ASSERT(port->published + port->width - 1 <= UINT16_MAX &&
                   port->target + port->width - 1 <= UINT16_MAX);
        KPS_ASSERT(port->protocol != KPS_PROTO_NONE);
    }
    for (uint32_t i = 0; i < container->bindings.n; i++) {
        const struct kps_engine_binding *binding = &container->bindings.v[i];
        KPS_ASSERT(binding->target && binding->first <= binding->last &&
                   (binding->first || !binding->last));
    }
}

static void read_answer(struct kps_arena *arena, struct kps_sv rest,
                        struct kps_engine_answer *answer)
{
    struct kps_sv why = {0};
    check_words(kps_engine_read_containers(arena, next_part(&rest), &answer->containers, &why),
                why);
    struct kps_sv inspection = next_part(&rest);
    for (uint32_t i = 0; i < answer->containers.list.n; i++) {
        struct kps_engine_container *container = &answer->containers.list.v[i];
        if (i < 16) {
            check_words(kps_engine_read_inspection(arena, inspection, container, &why), why);
        }
        check_container(container);
    }
    check_words(kps_engine_read_networks(arena, next_part(&rest), &answer->networks, &why), why);
    check_words(kps_engine_read_services(arena, next_part(&rest), &answer->services, &why), why);
    struct kps_engine_container *image = kps_vec_push(&answer->images.list);
    *image = (struct kps_engine_container){0};
    check_words(kps_engine_read_image(arena, next_part(&rest), image, &why), why);
    (void)kps_engine_read_text(arena, rest, "message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_engine_answer answer = {0};
    read_answer(arena, kps_sv_copy(arena, (struct kps_sv){(const char *)data, size}), &answer);
    struct kps_engine_world world = {
        .netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, (struct kps_sv){"", 0}),
        .sockets_known = size % 2 == 0};
    static const struct kps_owner_class asking = {.noun = "service"};
    *kps_vec_push(&ledger.image_ports_pending) =
        (struct kps_untold){.netns = world.netns,
                            .owner = kps_ledger_owner(&ledger, (struct kps_owner){.cls = &asking}),
                            .copies = 1};
    kps_docker_add_claims(&ledger, &world, &answer);
    KPS_ASSERT(ledger.owners.n == 1 + answer.containers.list.n + answer.services.list.n);
    kps_ledger_link(&ledger);
    kps_engine_answer_free(&answer);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
