#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "docker/collect.h"

/*
 * usage: engine_claims [PORT...]
 * What kps_docker_collect learns of the engine that the environment names, as JSON: for the
 * end-to-end tests, which hold it against what docker itself says. Containers that publish a PORT
 * (tcp) are looked at closely.
 */

static json_t *text(struct kps_sv text)
{
    return text.n ? json_stringn(text.p, text.n) : json_null();
}

static json_t *claim_json(struct kps_arena *arena, const struct kps_ledger *ledger,
                          const struct kps_claim *claim)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
    const struct kps_netns *netns = kps_ledger_get_netns(ledger, claim->netns);
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:o, s:i, s:i, s:i, s:i, s:i, s:s, s:b, s:b}", "owner",
        text(kps_owner_name(owner)), "noun", owner->cls->noun, "basis",
        kps_basis_name((enum kps_basis)claim->basis), "certainty",
        kps_certainty_name((enum kps_certainty)claim->certainty), "address",
        text(kps_addr_format(arena, &claim->addr)), "first", claim->first, "last", claim->last,
        "take", (int)claim->take, "target_first", claim->target_first, "target_last",
        claim->target_last, "protocol", kps_protocol_name(claim->protocol), "derived",
        (claim->flags & KPS_CLAIM_DERIVED) != 0, "host", netns->kind == KPS_NETNS_HOST);
}

static json_t *owner_json(const struct kps_owner *owner)
{
    json_t *aliases = json_array();
    for (uint32_t i = 0; i < owner->ties->n_aliases; i++) {
        (void)json_array_append_new(aliases, text(owner->ties->aliases[i]));
    }
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", text(kps_owner_name(owner)),
                             "group", text(kps_owner_group(owner)), "key", text(owner->ties->key),
                             "stands_for", text(owner->ties->stands_for), "aliases", aliases);
    const struct kps_container_facts *facts =
        owner->kind == KPS_OWNER_CONTAINER ? owner->facts : NULL;
    if (facts) {
        json_t *more = json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:i, s:b}", "id",
            text(facts->id), "image", text(facts->image), "state", text(facts->state),
            "restart_policy", text(facts->restart_policy), "health", text(facts->health), "since",
            text(facts->since), "network_mode", text(facts->network_mode), "pid", (int)facts->pid,
            "project", text(facts->compose_project), "service", text(facts->compose_service),
            "working_dir", text(facts->compose_working_dir), "config_files",
            text(facts->compose_config_files), "number", (int)facts->compose_number, "oneoff",
            facts->compose_oneoff);
        (void)json_object_update(json, more);
        json_decref(more);
    }
    return json;
}

static json_t *lists(struct kps_arena *arena, const struct kps_ledger *ledger)
{
    json_t *claims = json_array();
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        (void)json_array_append_new(claims, claim_json(arena, ledger, &ledger->claims.v[i]));
    }
    json_t *owners = json_array();
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        (void)json_array_append_new(owners, owner_json(&ledger->owners.v[i]));
    }
    json_t *findings = json_array();
    for (uint32_t i = 0; i < ledger->diag->findings.n; i++) {
        (void)json_array_append_new(findings, text(ledger->diag->findings.v[i]->message));
    }
    return json_pack("{s:o, s:o, s:o}", "claims", claims, "owners", owners, "findings", findings);
}

int main(int argc, char **argv)
{
    enum { MOST_PORTS = 16 };
    struct kps_ports ports[MOST_PORTS];
    size_t n_ports = 0;
    for (int i = 1; i < argc && n_ports < MOST_PORTS; i++, n_ports++) {
        uint16_t port = (uint16_t)strtoul(argv[i], NULL, 10);
        ports[n_ports] = (struct kps_ports){.first = port, .last = port, .protocol = KPS_TCP};
    }
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_env env = kps_env_of(arena, environ);
    struct kps_docker_options options = {
        .timeout_ms = 20000, .uid = (uint32_t)getuid(), .ports = ports, .n_ports = n_ports};
    struct kps_docker_result result = kps_docker_collect(&ledger, &kps_fs_os, &env, &options);
    json_t *json = lists(arena, &ledger);
    json_t *engine =
        json_pack("{s:s, s:o, s:o, s:o, s:b}", "status", kps_engine_status_name(result.status),
                  "endpoint", text(result.endpoint), "version", text(result.version), "api_version",
                  text(result.api_version), "elsewhere", result.elsewhere);
    (void)json_object_set_new(json, "engine", engine);
    (void)json_dumpf(json, stdout, JSON_INDENT(1));
    (void)putchar('\n');
    json_decref(json);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
    return 0;
}
