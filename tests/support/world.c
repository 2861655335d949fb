#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kps_owner_class service_class = {.noun = "service"};

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof(*world));
    KPS_ASSERT(world != NULL);
    world->arena = kps_arena_new();
    world->diag.arena = world->arena;
    world->ledger.diag = &world->diag;
    return world;
}

void world_free(struct world *world)
{
    kps_ledger_free(&world->ledger);
    kps_diag_free(&world->diag);
    kps_arena_free(world->arena);
    free(world);
}

kps_file_id world_file_bytes(struct world *world, const char *path, struct kps_sv bytes)
{
    return kps_files_add(&world->diag.files, kps_sv_copy(world->arena, kps_sv_of(path)),
                         kps_sv_copy(world->arena, bytes));
}

kps_file_id world_file(struct world *world, const char *path, const char *bytes)
{
    return world_file_bytes(world, path, kps_sv_of(bytes));
}

struct kps_span world_span(struct world *world, kps_file_id file, const char *words,
                           unsigned nth_line)
{
    struct kps_sv bytes = kps_files_get(&world->diag.files, file)->bytes;
    size_t from = 0;
    for (unsigned i = 0; i < nth_line; i++) {
        from += kps_sv_find(kps_sv_from(bytes, from), '\n') + 1;
    }
    size_t at = kps_sv_search(kps_sv_from(bytes, from), kps_sv_of(words));
    KPS_ASSERT(from + at < bytes.n || strlen(words) == 0);
    return (struct kps_span){file, (uint32_t)(from + at), (uint32_t)strlen(words)};
}

kps_origin_id world_chain(struct world *world, const struct kps_origin *steps, size_t n)
{
    kps_origin_id up = 0;
    for (size_t i = n; i-- > 0;) {
        struct kps_origin step = steps[i];
        step.up = up;
        up = kps_origins_add(&world->diag.origins, &step);
    }
    return up;
}

kps_owner_id world_service(struct world *world, const char *project, const char *name)
{
    return kps_ledger_owner(&world->ledger,
                            &(struct kps_new_owner){.cls = &service_class,
                                                    .kind = KPS_OWNER_COMPOSE_SERVICE,
                                                    .name = kps_sv_of(name),
                                                    .group = kps_sv_of(project)});
}

kps_claim_id world_wish(struct world *world, kps_owner_id owner, kps_origin_id at,
                        const char *address, uint16_t port, uint16_t target)
{
    struct kps_claim claim = {.netns = kps_ledger_netns(&world->ledger, KPS_NETNS_HOST, SV("")),
                              .owner = owner,
                              .origin = at,
                              .first = port,
                              .last = port,
                              .take = 1,
                              .target_first = target,
                              .target_last = target,
                              .protocol = KPS_TCP,
                              .basis = KPS_REQUESTED,
                              .certainty = KPS_CERTAIN,
                              .copies = 1};
    KPS_ASSERT(!address || kps_addr_parse(kps_sv_of(address), &claim.addr));
    return kps_ledger_claim(&world->ledger, &claim);
}

char *world_render(struct world *world, kps_render *render, const struct kps_style *style,
                   const struct kps_input *inputs, size_t n_inputs)
{
    static const struct kps_style plain = {.colour = false, .width = KPS_WIDTH_DEFAULT};
    struct kps_report report = {.ledger = &world->ledger,
                                .version = "0.0.0",
                                .mode = "check",
                                .inputs = inputs,
                                .n_inputs = n_inputs,
                                .lists_claims = true};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    KPS_ASSERT(out != NULL);
    render(&report, style ? style : &plain, out);
    KPS_ASSERT(fclose(out) == 0);
    return text;
}

struct kps_finding *world_clash(struct world *world)
{
    static const char yaml[] = "name: shop\n"
                               "services:\n"
                               "  web:\n"
                               "    ports:\n"
                               "      - \"8080:80\"\n"
                               "      - \"8443:443\"\n"
                               "  db:\n"
                               "    image: postgres\n"
                               "\n"
                               "  admin:\n"
                               "    ports:\n"
                               "      - \"127.0.0.1:8080:3000\"\n";
    kps_file_id file = world_file(world, "compose.yaml", yaml);
    kps_origin_id web_at = kps_diag_here(&world->diag, world_span(world, file, "8080", 4));
    kps_origin_id admin_at =
        kps_diag_here(&world->diag, world_span(world, file, "127.0.0.1:8080", 11));
    kps_owner_id web = world_service(world, "shop", "web");
    kps_owner_id admin = world_service(world, "shop", "admin");
    kps_claim_id web_claim = world_wish(world, web, web_at, NULL, 8080, 80);
    kps_claim_id admin_claim = world_wish(world, admin, admin_at, "127.0.0.1", 8080, 3000);
    struct kps_finding *finding =
        kps_diag_add(&world->diag, KPS_RULE_COMPOSE_HOST_PORT_CLASH, KPS_ERROR, admin_at,
                     "host port 8080/tcp is published by two services");
    finding->first = finding->last = 8080;
    finding->protocol = KPS_TCP;
    finding->fingerprint = 0x6b0f4f2a91c7d8e3;
    finding->parties[0].owner = admin;
    finding->parties[0].claim = admin_claim;
    finding->parties[0].label = SV("'admin' needs the same port here");
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, web);
    party->claim = web_claim;
    party->at = web_at;
    party->label = SV("'web' publishes it first, on every address");
    kps_finding_note(finding,
                     "127.0.0.1 is part of \"every address\"; the service that starts second "
                     "fails, and what was "
                     "started before it stays up");
    finding->up_error = SV("listen tcp4 127.0.0.1:8080: bind: address already in use");
    kps_finding_help(finding, "write \"127.0.0.1:8081:3000\" (8081 is not used in this project)");
    kps_finding_command(finding, SV("docker compose -p shop stop web"),
                        "stops the service that holds it");
    kps_finding_fix(finding, SV("publish 8081 instead"),
                    (struct kps_edit){world_span(world, file, "8080", 11), SV("8081")});
    return finding;
}
