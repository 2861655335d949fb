#ifndef KPS_TESTS_UNIT_KUBE_ROWS_H
#define KPS_TESTS_UNIT_KUBE_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "kube/collect.h"
#include "support/cluster_judge.h"

/*
 * Rows of verdicts: each is one stream of objects and every finding about it, with near misses
 * beside. Reasons stand in spec kubernetes; the sets of faults have the same kinds.
 */

#define WORKLOAD(kind, name, copies, pod)                                                          \
    "---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: " name                             \
    "}\nspec:\n  replicas: " copies "\n  template:\n    metadata: {labels: {app: " name            \
    "}}\n    spec:\n" pod
#define DEPLOYMENT(name, copies, pod) WORKLOAD("Deployment", name, copies, pod)
#define HOST_NET "      hostNetwork: true\n"
#define CONTAINERS "      containers:\n"
#define LISTENS(name, option, more)                                                                \
    "      - {name: " name ", image: x, args: [\"" option "\"]" more "}\n"
#define DECLARES(name, ports) "      - {name: " name ", image: x, ports: [" ports "]}\n"
#define APART(key, selector)                                                                       \
    "      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "          \
    "[{topologyKey: " key ", labelSelector: " selector "}]}}\n"

struct row {
    const char *why, *text;
    struct kps_kube_options options;
    const char *findings; /* "KP203!80 KP216": '!' an error, '?' a note; then the port */
};

struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_kube *kube;
};

static void open_world(struct world *world, const struct kps_kube_options *options)
{
    *world = (struct world){.arena = kps_arena_new()};
    world->diag.arena = world->arena;
    world->ledger.diag = &world->diag;
    world->kube = kps_kube_open(&world->ledger, options);
}

static void close_world(struct world *world)
{
    kps_kube_close(world->kube);
    kps_ledger_free(&world->ledger);
    kps_diag_free(&world->diag);
    kps_arena_free(world->arena);
}

static void add_finding_text(struct kps_buf *buf, const struct kps_finding *finding, const char *id)
{
    static const char *const marks[] = {[KPS_NOTE] = "?", [KPS_WARNING] = "", [KPS_ERROR] = "!"};
    kps_buf_fmt(buf, "%s%s%s", buf->n ? " " : "", id, marks[finding->severity]);
    if (finding->first) {
        kps_buf_fmt(buf, "%s%u", finding->severity == KPS_WARNING ? " " : "", finding->first);
    }
}

/* List the findings by rule and, within a rule, as they were made. */
static struct kps_sv list_findings(struct world *world)
{
    struct kps_buf buf = KPS_BUF(world->arena);
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        for (uint32_t i = 0; i < world->diag.findings.n; i++) {
            if (world->diag.findings.v[i]->rule == info->rule) {
                add_finding_text(&buf, world->diag.findings.v[i], info->id);
            }
        }
    }
    return kps_buf_sv(&buf);
}

static unsigned count_wrong(const struct row *rows, size_t n)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct world world;
        open_world(&world, &rows[i].options);
        (void)kps_kube_add_file(world.kube, kps_files_add(&world.diag.files, kps_sv_of("in.yaml"),
                                                          kps_sv_of(rows[i].text)));
        judge_cluster(&world.ledger, world.kube);
        struct kps_sv found = list_findings(&world);
        if (!kps_sv_eq(found, kps_sv_of(rows[i].findings))) {
            print_message("%s: '%.*s', not '%s'\n", rows[i].why, SV_ARG(found), rows[i].findings);
            wrong++;
        }
        close_world(&world);
    }
    return wrong;
}

#endif
