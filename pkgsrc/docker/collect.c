#include "docker/collect.h"

#include <time.h>

#include "base/shell.h"
#include "docker/claims.h"

struct collecting {
    struct kps_ledger *ledger;
    struct kps_diag *diag;
    const struct kps_docker_options *options;
    const struct kps_fs *fs;
    uint32_t left_ms; /* of the time for all engines together */
    struct kps_docker_result result;
};

static uint64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void report(struct collecting *c, struct kps_sv words, struct kps_sv advice)
{
    struct kps_finding *finding =
        kps_diag_add(c->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0, "%.*s", SV_ARG(words));
    if (advice.n) {
        kps_finding_help(c->diag, finding, (struct kps_sv){"", 0}, "%.*s", SV_ARG(advice));
    }
    c->diag->incomplete = true;
}

/* Keeps how the first engine failed, unless one answered already or this one was only gone. */
static void note_failure(struct collecting *c, const struct kps_endpoint *endpoint,
                         enum kps_engine_status status, struct kps_sv words)
{
    if (c->result.status != KPS_ENGINE_ABSENT || status == KPS_ENGINE_ABSENT) {
        return;
    }
    c->result.status = status;
    c->result.words = words;
    c->result.endpoint = endpoint->url;
    c->result.found_by = endpoint->found_by;
    c->result.elsewhere = endpoint->elsewhere;
}

/*
 * How the user's own commands reach the engine. What DOCKER_HOST, DOCKER_CONTEXT or docker's
 * configuration say holds for them too; an option of ours, or a place that docker does not look at,
 * has to be said again.
 */
static struct kps_sv cli_for(struct collecting *c, const struct kps_endpoint *endpoint, bool podman)
{
    bool by_option = kps_sv_starts(endpoint->found_by, SV("--"));
    bool is_default = kps_sv_eq(endpoint->url, SV("unix:///var/run/docker.sock"));
    if (podman && !endpoint->elsewhere) {
        return SV("podman");
    }
    if (by_option && c->options->context.n) {
        return kps_fmt(c->diag->arena, "docker --context %.*s",
                       SV_ARG(kps_shell_quote(c->diag->arena, c->options->context)));
    }
    if (by_option || (!endpoint->configured && !is_default)) {
        return kps_fmt(c->diag->arena, "docker -H %.*s",
                       SV_ARG(kps_shell_quote(c->diag->arena, endpoint->url)));
    }
    return SV("docker");
}

static void take(struct collecting *c, const struct kps_endpoint *endpoint,
                 const struct kps_engine_answer *answer)
{
    bool here = !answer->elsewhere || c->options->for_files;
    struct kps_engine_world world = {
        .netns = kps_ledger_netns(c->ledger, here ? KPS_NETNS_HOST : KPS_NETNS_PRIVATE,
                                  here ? (struct kps_sv){"", 0} : endpoint->url),
        .sockets_known = c->options->sockets_known && !answer->elsewhere,
        .rootless = endpoint->rootless,
        .cli = cli_for(c, endpoint, answer->podman),
    };
    kps_docker_add_claims(c->ledger, &world, answer);
    c->result.endpoint = endpoint->url;
    c->result.found_by = endpoint->found_by;
    c->result.version = answer->version;
    c->result.api_version = answer->api_version;
    c->result.podman = answer->podman;
    c->result.elsewhere = answer->elsewhere;
    c->result.rootless = endpoint->rootless;
    c->result.no_proxy = answer->no_proxy;
    c->result.netns = world.netns;
    c->result.n_containers = answer->containers.list.n;
    c->result.status = answer->status;
    c->result.words = answer->words;
    c->result.has_gaps = answer->gaps.n > 0;
    for (uint32_t i = 0; i < answer->gaps.n; i++) {
        report(c, answer->gaps.v[i], (struct kps_sv){"", 0});
    }
}

/* Return: whether this engine is the one. */
static bool try_endpoint(struct collecting *c, const struct kps_endpoint *endpoint, bool is_last)
{
    struct kps_engine_question question = {
        .timeout_ms = c->left_ms,
        .ports = c->options->ports,
        .n_ports = c->options->n_ports,
        .sockets_known = c->options->sockets_known && !endpoint->elsewhere,
        .shared_netns = c->ledger->shared_netns.v,
        .n_shared_netns = c->ledger->shared_netns.n,
        .image_ports_pending = c->ledger->image_ports_pending.v,
        .n_untold = c->ledger->image_ports_pending.n,
        .settings = c->options->for_files,
        .fs = c->fs,
    };
    struct kps_engine_answer answer = kps_engine_ask(c->diag->arena, endpoint, &question);
    bool usable = answer.status == KPS_ENGINE_OK || answer.containers.list.n > 0;
    enum kps_engine_status status = answer.status;
    if (status == KPS_ENGINE_ABSENT && endpoint->configured) {
        status = answer.status = KPS_ENGINE_UNREACHABLE;
    }
    /* A socket that nobody serves any more is worth a word only when no other engine answers. */
    bool is_stale = status == KPS_ENGINE_UNREACHABLE && !endpoint->configured && !is_last;
    if (status != KPS_ENGINE_OK && status != KPS_ENGINE_ABSENT && !is_stale) {
        report(c, answer.words, answer.advice);
    }
    if (usable) {
        take(c, endpoint, &answer);
    } else {
        note_failure(c, endpoint, status, answer.words);
    }
    kps_engine_answer_free(&answer);
    return usable;
}

struct kps_docker_result kps_docker_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                            const struct kps_env *env,
                                            const struct kps_docker_options *options)
{
    uint32_t timeout_ms = options->timeout_ms ? options->timeout_ms : KPS_DOCKER_TIMEOUT_MS;
    struct collecting c = {
        .ledger = ledger,
        .diag = ledger->diag,
        .options = options,
        .fs = fs,
        .left_ms = timeout_ms,
        .result = {.status = KPS_ENGINE_ABSENT,
                   .words = SV("there is no container engine: no socket at /var/run/docker.sock or "
                               "another usual place, and none is configured")}};
    struct kps_endpoint_choice choice = {options->host, options->context, options->uid};
    struct kps_endpoints endpoints = kps_endpoints_find(ledger->diag->arena, fs, env, &choice);
    if (endpoints.passed.n) {
        (void)kps_diag_add(ledger->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0, "%.*s",
                           SV_ARG(endpoints.passed));
    }
    if (endpoints.fault.n) {
        c.result.status = KPS_ENGINE_UNREACHABLE;
        c.result.words =
            kps_fmt(ledger->diag->arena, "cannot ask the engine: %.*s", SV_ARG(endpoints.fault));
        report(&c, c.result.words, endpoints.advice);
        return c.result;
    }
    bool found = false;
    uint64_t start = now_ms();
    for (size_t i = 0; i < endpoints.n && !found; i++) {
        found = try_endpoint(&c, &endpoints.v[i], i + 1 == endpoints.n);
        uint64_t spent = now_ms() - start;
        c.left_ms = spent < timeout_ms ? timeout_ms - (uint32_t)spent : 0;
    }
    return c.result;
}
