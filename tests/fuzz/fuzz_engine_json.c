#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "docker/claims.h"
#include "fuzz/parts.h"

/*
 * The input is what an engine answers, parts separated by form feeds: the list of containers, the
 * inspection of each, the networks, the services, an image. All of it becomes a ledger, which is
 * linked.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_engine_answer answer = {0};
    struct kps_sv rest = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    parts_engine(arena, &rest, &answer);
    (void)kps_engine_read_text(arena, rest, "message");
    struct kps_engine_world world = {
        .netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, (struct kps_sv){"", 0}),
        .sockets_known = size % 2 == 0};
    static const struct kps_owner_class asking = {.noun = "service"};
    *kps_vec_push(&ledger.image_ports_pending) = (struct kps_image_ports_pending){
        .netns = world.netns,
        .owner = kps_ledger_owner(&ledger, &(struct kps_new_owner){.cls = &asking}),
        .copies = 1};
    kps_docker_add_claims(&ledger, &world, &answer);
    KPS_ASSERT(ledger.owners.n == 1 + answer.containers.list.n + answer.services.list.n);
    kps_ledger_link(&ledger);
    kps_engine_answer_free(&answer);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
