#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "docker/endpoint.h"
#include "fuzz/parts.h"

/*
 * The addresses of an engine: --docker-host, --context and DOCKER_HOST, each on a line, then the
 * files below docker's folder (config.json, contexts/meta/X/meta.json) behind lines "=== PATH".
 * Either there are endpoints, or a fault has a reason; and no address has a part that ssh would
 * take for an option.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kps_sv next_line(struct kps_sv *rest)
{
    struct kps_sv line = kps_sv_slice(*rest, 0, kps_sv_find(*rest, '\n'));
    *rest = kps_sv_from(*rest, line.n + 1);
    return line;
}

static void check_ssh(struct kps_arena *arena, const struct kps_ssh_address *address)
{
    const struct kps_sv parts[] = {address->user, address->host};
    KPS_ASSERT(address->host.n > 0 && kps_ssh_login(arena, address).n > 0);
    for (size_t i = 0; i < KPS_COUNT(parts); i++) {
        KPS_ASSERT(!kps_sv_starts(parts[i], SV("-")));
        for (size_t at = 0; at < parts[i].n; at++) {
            KPS_ASSERT((unsigned char)parts[i].p[at] > ' ');
        }
    }
}

static void check_endpoint(struct kps_arena *arena, const struct kps_engine_endpoint *endpoint)
{
    KPS_ASSERT(endpoint->url.n > 0);
    switch (endpoint->transport) {
    case KPS_VIA_UNIX:
        KPS_ASSERT(endpoint->socket.n > 0 && endpoint->socket.p[endpoint->socket.n] == '\0');
        break;
    case KPS_VIA_CHILD:
        check_ssh(arena, &endpoint->ssh);
        break;
    case KPS_VIA_HTTP:
    case KPS_VIA_HTTPS:
        KPS_ASSERT(kps_sv_starts(endpoint->base, SV("http")) &&
                   !kps_sv_ends(endpoint->base, SV("/")));
        break;
    }
}

static void find(struct kps_arena *arena, const struct kps_fs *fs, const struct kps_env *env,
                 const struct kps_engine_endpoint_choice *choice)
{
    struct kps_engine_endpoints found = kps_endpoints_find(arena, fs, env, choice);
    KPS_ASSERT(found.fault.n == 0 || found.n == 0);
    KPS_ASSERT(found.n <= 1 || !found.v[0].configured);
    for (size_t i = 0; i < found.n; i++) {
        check_endpoint(arena, &found.v[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv rest = {(const char *)data, size};
    struct kps_engine_endpoint_choice choice = {.uid = 1000};
    choice.host = next_line(&rest);
    choice.context = next_line(&rest);
    struct kps_sv host = next_line(&rest);
    char home[] = "HOME=/h";
    char config[] = "DOCKER_CONFIG=/h/.docker";
    struct kps_sv setting = kps_fmt(arena, "DOCKER_HOST=%.*s", SV_ARG(host));
    char *from_environment = kps_alloc(arena, setting.n + 1);
    memcpy(from_environment, setting.p, setting.n);
    char *const with_host[] = {home, config, from_environment, NULL};
    char *const without[] = {home, NULL};
    struct kps_env env = kps_env_of(arena, with_host);
    struct kps_env bare = kps_env_of(arena, without);
    struct parts_world world;
    struct kps_fs fs = parts_files(arena, rest, "/h/.docker", SV("config.json"), &world);
    const struct kps_engine_endpoint_choice none = {.uid = 1000};
    const struct kps_engine_endpoint_choice context = {.context = choice.context, .uid = 1000};
    find(arena, &fs, &env, &choice);
    find(arena, &fs, &env, &none);
    find(arena, &fs, &bare, &context);
    find(arena, &fs, &bare, &none);
    struct kps_engine_contexts contexts = kps_endpoints_contexts(arena, &fs, &bare);
    KPS_ASSERT(contexts.n >= 1 && kps_sv_eq(contexts.v[0], SV("default")));
    for (size_t i = 0; i < contexts.n; i++) {
        const struct kps_engine_endpoint_choice each = {.context = contexts.v[i], .uid = 1000};
        find(arena, &fs, &bare, &each);
    }
    return 0;
}
