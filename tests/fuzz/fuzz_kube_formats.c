#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "core/fingerprint.h"
#include "fuzz/formats.h"
#include "kube/collect.h"
#include "support/cluster_judge.h"

/* A file of manifests, judged and rendered in every format of a check. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_kube_options options = {.nodes = size % 4};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    struct kps_sv bytes = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    static const struct kps_sv path = SV_LIT("k8s/in.yaml");
    struct kps_kube_result result =
        kps_kube_add_file(kube, kps_files_add(&diag.files, path, bytes));
    judge_cluster(&ledger, kube);
    kps_fingerprint_all(&ledger);
    kps_diag_sort(&diag);
    const struct kps_input input = {.path = path,
                                    .kind = KPS_INPUT_KUBERNETES,
                                    .status = result.error.n ? KPS_INPUT_PARTIAL : KPS_INPUT_OK,
                                    .error = result.error,
                                    .files = &path,
                                    .n_files = 1};
    const struct kps_report report = {.ledger = &ledger,
                                      .version = "0",
                                      .mode = "check",
                                      .inputs = &input,
                                      .n_inputs = 1,
                                      .lists_claims = true};
    formats_check(&report, FORMATS_FOR_CHECKS);
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
