#include <stddef.h>
#include <stdint.h>

#include "compose/collect.h"
#include "core/detect.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "fuzz/formats.h"
#include "fuzz/parts.h"

/*
 * The input is a whole project: files of a world in memory, each headed by a line "=== NAME". The
 * project is collected, linked, searched for conflicts and rendered in every format, as a check
 * does it. A text that begins with "# stack" is one for `docker stack deploy`.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct kps_diag *diag, struct kps_span span)
{
    if (span.file) {
        size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
        KPS_ASSERT(span.off <= n && span.len <= n - span.off);
    }
}

static void check_chain(const struct kps_diag *diag, kps_origin_id id)
{
    for (unsigned steps = 0; id; steps++) {
        const struct kps_origin origin = kps_origins_get(&diag->origins, id);
        check_span(diag, origin.span);
        KPS_ASSERT(steps < 4096);
        id = origin.up;
    }
}

static void check_findings(const struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        KPS_ASSERT(finding->message.n && kps_rule_info(finding->rule));
        KPS_ASSERT(finding->first <= finding->last);
        for (uint32_t k = 0; k < finding->n_parties; k++) {
            check_chain(diag, finding->parties[k].at);
        }
        for (uint32_t k = 0; k < finding->n_fixes; k++) {
            check_span(diag, finding->fixes[k].edit.span);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv text = {(const char *)data, size};
    struct parts_world world;
    struct kps_fs fs = parts_files(arena, text, "/p", SV("compose.yaml"), &world);
    struct kps_env env = {0};
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_sv all = SV("*");
    struct kps_compose_request request = {.cwd = SV("/p"),
                                          .profiles = &all,
                                          .n_profiles = 1,
                                          .is_stack = kps_sv_starts(text, SV("# stack"))};
    (void)kps_compose_collect(&ledger, &fs, &env, &request);
    for (uint32_t i = 0; i < ledger.claims.n; i++) {
        check_chain(&diag, ledger.claims.v[i].origin);
    }
    kps_ledger_link(&ledger);
    kps_judge(&ledger, kps_detect(&ledger, arena), NULL);
    kps_fingerprint_all(&ledger);
    kps_diag_sort(&diag);
    check_findings(&diag);
    const struct kps_report report = {
        .ledger = &ledger, .version = "0", .mode = "check", .lists_claims = true};
    formats_check(&report, FORMATS_FOR_CHECKS);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
