#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "compose/collect.h"
#include "core/detect.h"
#include "core/fingerprint.h"
#include "core/judge.h"
#include "report/report.h"

/*
 * The input is a whole project: files of a world in memory, each headed by a line "=== NAME". The
 * project is collected, linked, searched for conflicts and rendered in every format, as a check
 * does it. A text that begins with "# stack" is one for `docker stack deploy`.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_FILES = 8 };

static const struct kps_sv MARK = SV_LIT("=== ");

static size_t split_files(struct kps_arena *arena, struct kps_sv input,
                          struct kps_fs_mem_file files[MOST_FILES])
{
    size_t n = 0;
    struct kps_sv name = SV("compose.yaml");
    while (n < MOST_FILES) {
        size_t end = kps_sv_starts(input, MARK) ? 0 : kps_sv_search(input, SV("\n=== "));
        bool is_last = end == input.n;
        files[n++] = (struct kps_fs_mem_file){kps_fmt(arena, "/p/%.*s", SV_ARG(name)),
                                              kps_sv_slice(input, 0, end)};
        if (is_last) {
            break;
        }
        input = kps_sv_from(input, end + (end ? 1 : 0) + MARK.n);
        size_t line = kps_sv_find(input, '\n');
        name = kps_sv_slice(input, 0, line < 64 ? line : 64);
        input = kps_sv_from(input, line + 1);
    }
    return n;
}

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
        const struct kps_origin *origin = kps_origins_get(&diag->origins, id);
        check_span(diag, origin->span);
        KPS_ASSERT(steps < 4096);
        id = origin->up;
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

static void render(struct kps_ledger *ledger)
{
    FILE *nowhere = fopen("/dev/null", "we");
    KPS_ASSERT(nowhere);
    struct kps_report report = {
        .ledger = ledger, .version = "0", .mode = "check", .lists_claims = true};
    struct kps_style style = {.width = 80};
    for (const struct kps_format *format = kps_formats; format->name; format++) {
        format->render(&report, &style, nowhere);
    }
    KPS_ASSERT(!ferror(nowhere));
    (void)fclose(nowhere);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_fs_mem_file files[MOST_FILES];
    struct kps_fs_mem world = {.files = files};
    world.n =
        split_files(arena, kps_sv_copy(arena, (struct kps_sv){(const char *)data, size}), files);
    struct kps_fs fs = kps_fs_memory(&world);
    struct kps_env env = {0};
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_sv all = SV("*");
    struct kps_sv text = {(const char *)data, size};
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
    render(&ledger);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
