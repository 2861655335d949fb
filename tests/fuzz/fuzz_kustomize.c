#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "kube/kustomize.h"
#include "support/cluster_judge.h"

/*
 * The input is a folder: files behind each other, each behind a line "=== PATH". Whatever the
 * kustomization and its patches say, the build ends, and what is found points into the files.
 */

enum { MOST_FILES = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cut the input into files below /w. Return: how many there are. */
static size_t cut_files(struct kps_arena *arena, struct kps_sv input, struct kps_fs_mem_file *ret)
{
    size_t n = 0;
    while (input.n && n < MOST_FILES) {
        size_t line = kps_sv_find(input, '\n');
        bool has_path = kps_sv_starts(input, SV("=== "));
        struct kps_sv path = has_path ? kps_sv_slice(input, 4, line) : SV("kustomization.yaml");
        input = has_path ? kps_sv_from(input, line + 1) : input;
        size_t end = kps_sv_search(input, SV("\n=== "));
        ret[n++] = (struct kps_fs_mem_file){kps_fmt(arena, "/w/%.*s", SV_ARG(path)),
                                            kps_sv_copy(arena, kps_sv_slice(input, 0, end + 1))};
        input = kps_sv_from(input, end + 1);
    }
    return n;
}

static void check_places(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        for (uint32_t p = 0; p < finding->n_parties; p++) {
            struct kps_span span = {0, 0, 0};
            if (finding->parties[p].at) {
                span = kps_origins_get(&diag->origins, finding->parties[p].at)->span;
            }
            size_t n = span.file ? kps_files_get(&diag->files, span.file)->bytes.n : 0;
            KPS_ASSERT(span.file == 0 || (span.off <= n && span.len <= n - span.off));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_fs_mem_file files[MOST_FILES];
    struct kps_sv input = {(const char *)data, size};
    const struct kps_fs_mem world = {files, cut_files(arena, input, files)};
    struct kps_fs fs = kps_fs_memory(&world);
    struct kps_kustomize *k = kps_kustomize_open(&diag, &fs, SV("/w"), SV("/w"), SV("."));
    struct kps_kube_options options = {.node_port_last = 0};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    if (kps_kustomize_add(k, SV("/w"))) {
        kps_kustomize_link(k);
        (void)kps_kustomize_build(k, kube, SV("/w"), KPS_WARNING);
        kps_kustomize_report(k);
    }
    judge_cluster(&ledger, kube);
    check_places(&diag);
    kps_kube_close(kube);
    kps_kustomize_close(k);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
