#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "units/collect.h"

/*
 * The first byte of the input chooses the kind of file, the rest is the file. Claims are whole and
 * findings lie in the file, whatever the input holds.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    enum kps_units_kind kind;
    struct kps_sv path;
} KINDS[] = {
    {KPS_UNITS_QUADLET, SV_LIT("/u/a@1.container")}, {KPS_UNITS_QUADLET, SV_LIT("/u/a.pod")},
    {KPS_UNITS_QUADLET, SV_LIT("/u/a.kube")},        {KPS_UNITS_SOCKET, SV_LIT("/u/a-b@.socket")},
    {KPS_UNITS_KIND, SV_LIT("/u/kind.yaml")},        {KPS_UNITS_K3D, SV_LIT("/u/k3d.yaml")},
    {KPS_UNITS_KUBE_PLAY, SV_LIT("/u/pod.yaml")}};

static void check_findings(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_span span = kps_finding_span(diag, diag->findings.v[i]);
        KPS_ASSERT(diag->findings.v[i]->message.n > 0);
        if (span.file) {
            size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
            KPS_ASSERT(span.off <= n && span.len <= n - span.off);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t at = data[0] % KPS_COUNT(KINDS);
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_fs_mem_file file = {KINDS[at].path, {(const char *)data + 1, size - 1}};
    struct kps_fs_mem world = {&file, 1};
    struct kps_fs fs = kps_fs_memory(&world);
    const struct kps_units_request request = {
        .kind = KINDS[at].kind, .absolute = KINDS[at].path, .shown = SV("in")};
    struct kps_units_result result = kps_units_collect(&ledger, &fs, &request);
    KPS_ASSERT((result.status == KPS_UNITS_OK) == (result.error.n == 0));
    check_findings(&diag);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
