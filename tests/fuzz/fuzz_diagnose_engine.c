#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "core/fingerprint.h"
#include "diagnose/clean.h"
#include "diagnose/scan.h"
#include "diagnose/symptom_finding.h"
#include "docker/claims.h"
#include "fuzz/formats.h"
#include "fuzz/parts.h"

/*
 * The answers of an engine and a log, separated by form feeds: each symptom becomes a finding with
 * a message and a place in the log, and the answer is rendered in every format of a query.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_finding(const struct kps_ledger *ledger, const struct kps_finding *finding,
                          kps_file_id file)
{
    KPS_ASSERT(finding && finding->message.n > 0 && finding->first <= finding->last);
    struct kps_span span = kps_finding_span(ledger->diag, finding);
    size_t n = kps_files_get(&ledger->diag->files, file)->bytes.n;
    KPS_ASSERT(span.file == file && span.off <= n && span.len <= n - span.off);
}

static void render(struct kps_ledger *ledger, const struct kps_diagnosis *diagnosis)
{
    const struct kps_input input = {.path = SV("log"), .kind = KPS_INPUT_LOG};
    kps_fingerprint_all(ledger);
    kps_diag_sort(ledger->diag);
    const struct kps_report report = {.ledger = ledger,
                                      .version = "0",
                                      .mode = "diagnose",
                                      .inputs = &input,
                                      .n_inputs = 1,
                                      .lists_claims = true,
                                      .holdings = diagnosis->holdings.v,
                                      .n_holdings = diagnosis->holdings.n,
                                      .is_diagnosis = true,
                                      .is_brief = true};
    formats_check(&report, FORMATS_FOR_QUERIES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_engine_answer engine = {0};
    struct kps_sv rest = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    parts_engine(arena, &rest, &engine);
    char *bytes = kps_alloc(arena, rest.n + 1);
    memcpy(bytes, rest.p, rest.n);
    unsigned state = 0;
    struct kps_sv log = {bytes, kps_clean_text(bytes, rest.n, &state)};
    struct kps_diagnosis diagnosis = {.ledger = &ledger,
                                      .file = kps_files_add(&diag.files, SV("log"), log),
                                      .cwd = SV("/p"),
                                      .looked = true,
                                      .knows_engine = size % 4 != 0,
                                      .engine_failed = size % 4 == 0,
                                      .knows_sockets = size % 2 == 0};
    const struct kps_engine_world world = {
        .netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, (struct kps_sv){"", 0}),
        .sockets_known = diagnosis.knows_sockets};
    kps_docker_add_claims(&ledger, &world, &engine);
    struct kps_scan scan;
    kps_scan_begin(&scan, arena);
    kps_scan_text(&scan, log, true);
    uint32_t n = scan.found.all.n;
    struct kps_finding **findings = KPS_NEW_N(arena, struct kps_finding *, n + 1);
    kps_diagnosis_run(&diagnosis, scan.found.all.v, n, findings);
    for (uint32_t i = 0; i < n; i++) {
        check_finding(&ledger, findings[i], diagnosis.file);
    }
    render(&ledger, &diagnosis);
    kps_scan_free(&scan);
    kps_engine_answer_free(&engine);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
