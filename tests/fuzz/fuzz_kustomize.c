#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "fuzz/parts.h"
#include "kube/kustomize.h"
#include "support/cluster_judge.h"

/*
 * The input is a folder: files behind each other, each behind a line "=== PATH". Whatever the
 * kustomization and its patches say, the build ends, and what is found points into the files.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_places(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        for (uint32_t p = 0; p < finding->n_parties; p++) {
            struct kps_span span = {0, 0, 0};
            if (finding->parties[p].at) {
                span = kps_origins_span(&diag->origins, finding->parties[p].at);
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
    struct kps_sv input = {(const char *)data, size};
    struct parts_world world;
    struct kps_fs fs = parts_files(arena, input, "/w", SV("kustomization.yaml"), &world);
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
