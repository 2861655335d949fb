#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "assign/assign_plan.h"
#include "base/compiler.h"
#include "compose/collect.h"
#include "fuzz/formats.h"
#include "fuzz/parts.h"

/*
 * The file of remembered numbers, a form feed, and a Compose project: numbers are planned as
 * --assign does it, remembered, and read again.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RANGE_FIRST = 20000, RANGE_LAST = 20031 };

static char folder[] = "/tmp/kps-fuzz-assign-XXXXXX";
static char variable[sizeof(folder) + 16];

static void remove_folder(void)
{
    char path[sizeof(folder) + 16];
    (void)snprintf(path, sizeof(path), "%s/kportscan-ports", folder);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    if (variable[0] == '\0') {
        KPS_ASSERT(mkdtemp(folder));
        (void)snprintf(variable, sizeof(variable), "XDG_RUNTIME_DIR=%s", folder);
        KPS_ASSERT(atexit(remove_folder) == 0);
    }
}

static void write_memory(struct kps_sv text)
{
    char path[sizeof(folder) + 16];
    (void)snprintf(path, sizeof(path), "%s/kportscan-ports", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    KPS_ASSERT(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
    (void)close(fd);
}

static bool is_same_folder(struct kps_sv a, struct kps_sv b)
{
    return kps_sv_eq(a, b);
}

static const struct kps_project *find_project(const struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        const struct kps_service_facts *facts = kps_compose_claims_facts(&ledger->owners.v[i]);
        if (facts) {
            return facts->project;
        }
    }
    return NULL;
}

/* A new number is in the range, and no other unit's. */
static void check_plan(const struct kps_port_plan *plan)
{
    uint8_t given[RANGE_LAST - RANGE_FIRST + 1] = {0};
    for (size_t i = 0; i < plan->n; i++) {
        const struct kps_assigned *unit = &plan->v[i];
        KPS_ASSERT(unit->first <= unit->last && (unit->first || !unit->last));
        for (uint32_t port = unit->first; unit->last && !unit->stays && port <= unit->last;
             port++) {
            KPS_ASSERT(port >= RANGE_FIRST && port <= RANGE_LAST && !given[port - RANGE_FIRST]);
            given[port - RANGE_FIRST] = 1;
        }
        KPS_ASSERT(unit->last == 0 || unit->last - unit->first == unit->old_last - unit->old_first);
    }
}

static void assign(struct kps_assign_input *input, struct kps_port_registry *registry)
{
    struct kps_port_registry_entry *entries = NULL;
    size_t n = 0;
    struct kps_port_plan plan = kps_assign_plan(input, &entries, &n);
    if (plan.n == 0 || plan.n > KPS_ASSIGN_MOST) {
        return;
    }
    check_plan(&plan);
    const struct kps_report report = {
        .ledger = input->ledger, .version = "0", .mode = "assign", .assignment = &plan};
    formats_check(&report, FORMATS_FOR_ASSIGN);
    KPS_ASSERT(kps_port_registry_save(registry, input->project->directory, entries, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    make_folder();
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    char *const list[] = {variable, NULL};
    struct kps_env env = kps_env_of(arena, list);
    struct kps_sv rest = {(const char *)data, size};
    write_memory(parts_next(&rest));
    struct kps_port_registry registry;
    KPS_ASSERT(kps_port_registry_open(&registry, arena, &env) == 0);
    struct parts_world world;
    struct kps_fs fs = parts_files(arena, rest, "/tmp", SV("compose.yaml"), &world);
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_compose_request request = {.cwd = SV("/tmp")};
    (void)kps_compose_collect(&ledger, &fs, &env, &request);
    kps_ledger_link(&ledger);
    const struct kps_kernel kernel = {
        .ephemeral = {32768, 60999}, .unprivileged_start = 1024, .known = true};
    struct kps_assign_input input = {.ledger = &ledger,
                                     .env = &env,
                                     .cwd = SV("/tmp"),
                                     .kernel = &kernel,
                                     .is_same_folder = is_same_folder,
                                     .project = find_project(&ledger),
                                     .registry = &registry,
                                     .range_first = RANGE_FIRST,
                                     .range_last = RANGE_LAST,
                                     .only_checks = size % 8 == 0};
    if (input.project) {
        assign(&input, &registry);
    }
    kps_port_registry_close(&registry);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
