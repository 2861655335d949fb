#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "compose/collect.h"
#include "core/detect.h"
#include "core/judge.h"
#include "core/repair.h"
#include "fuzz/parts.h"
#include "report/diff.h"

/*
 * A Compose project: its findings are repaired as --diff does it. The edits lie in their files, in
 * order, and a patch of a plan with edits has hunks. The project with the edits has no clash again
 * at a port that was given.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each edit is inside its file and behind the edit before. */
static void check_edits(const struct kps_diag *diag, const struct kps_repair *repair)
{
    for (size_t i = 0; i < repair->n_edits; i++) {
        struct kps_span span = repair->edits[i].span;
        size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
        KPS_ASSERT(span.off <= n && span.len <= n - span.off && repair->edits[i].text.n > 0);
        if (i && repair->edits[i - 1].span.file == span.file) {
            struct kps_span before = repair->edits[i - 1].span;
            KPS_ASSERT(before.off + before.len <= span.off);
        }
        KPS_ASSERT(i == 0 || repair->edits[i - 1].span.file <= span.file);
    }
}

static void write_patch(const struct kps_diag *diag, const struct kps_sv *paths,
                        const struct kps_repair *repair)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    KPS_ASSERT(out);
    kps_report_diff(diag->arena, &diag->files, paths, repair->edits, repair->n_edits, out);
    KPS_ASSERT(fclose(out) == 0);
    struct kps_sv patch = {text, n};
    KPS_ASSERT((repair->n_edits > 0) == (kps_sv_search(patch, SV("\n@@ -")) < n));
    KPS_ASSERT(n == 0 || kps_sv_starts(patch, SV("--- ")));
    free(text);
}

/* The number of different ports at which services clash. */
static size_t judge(struct kps_ledger *ledger, const struct kps_fs *fs)
{
    struct kps_env env = {0};
    const struct kps_compose_request request = {.cwd = SV("/p")};
    (void)kps_compose_collect(ledger, fs, &env, &request);
    kps_ledger_link(ledger);
    kps_judge(ledger, kps_detect(ledger, ledger->diag->arena), NULL);
    kps_diag_sort(ledger->diag);
    size_t n = 0;
    for (uint32_t i = 0; i < ledger->diag->findings.n; i++) {
        n += ledger->diag->findings.v[i]->rule == KPS_RULE_COMPOSE_HOST_PORT_CLASH;
    }
    return n;
}

/* Copy the world with the edits put in. */
static void apply(const struct kps_diag *diag, const struct kps_repair *repair,
                  struct parts_world *world)
{
    for (size_t f = 0; f < world->world.n; f++) {
        struct kps_fs_mem_file *file = &world->files[f];
        struct kps_buf out = KPS_BUF(diag->arena);
        size_t done = 0;
        for (size_t i = 0; i < repair->n_edits; i++) {
            const struct kps_edit *edit = &repair->edits[i];
            struct kps_sv path = kps_files_get(&diag->files, edit->span.file)->path;
            if (kps_sv_eq(kps_sv_from(file->path, 3), path)) {
                kps_buf_add(&out, kps_sv_slice(file->content, done, edit->span.off));
                kps_buf_add(&out, edit->text);
                done = edit->span.off + edit->span.len;
            }
        }
        kps_buf_add(&out, kps_sv_from(file->content, done));
        file->content = kps_buf_sv(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv input = {(const char *)data, size};
    struct parts_world world;
    struct kps_fs fs = parts_files(arena, input, "/p", SV("compose.yaml"), &world);
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    size_t clashes = judge(&ledger, &fs);
    uint32_t n = diag.files.list.n;
    struct kps_repair_file *files = KPS_NEW_N(arena, struct kps_repair_file, n + 1);
    struct kps_sv *paths = KPS_NEW_N(arena, struct kps_sv, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        files[i].same_as = i + 1;
        paths[i] = kps_files_get(&diag.files, i + 1)->path;
    }
    const struct kps_repair_scope scope = {.files = files};
    struct kps_repair repair = kps_repair_plan(&ledger, &scope);
    check_edits(&diag, &repair);
    write_patch(&diag, paths, &repair);
    if (repair.n_edits && repair.n_left == 0) {
        struct kps_diag again = {.arena = arena};
        struct kps_ledger repaired = {.diag = &again};
        apply(&diag, &repair, &world);
        KPS_ASSERT(clashes == 0 || judge(&repaired, &fs) == 0);
        kps_ledger_free(&repaired);
        kps_diag_free(&again);
    }
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
