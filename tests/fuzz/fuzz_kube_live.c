#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cluster/list_page.h"
#include "kube/live_items.h"
#include "support/cluster_judge.h"

/*
 * The input is a file of manifests, a form feed, and a list of the live cluster that they are
 * applied to. Findings point into the manifests, and two readings give the same ones.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_item(void *context, struct kps_sv json)
{
    (void)kps_kube_add_live(context, json);
}

static void check_places(struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        KPS_ASSERT(finding->message.n > 0 && finding->first <= finding->last);
        for (uint32_t k = 0; k < finding->n_parties; k++) {
            if (finding->parties[k].at) {
                struct kps_span span = kps_origins_span(&diag->origins, finding->parties[k].at);
                size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
                KPS_ASSERT(span.off <= n && span.len <= n - span.off);
            }
        }
    }
}

static uint32_t judge_apply(struct kps_sv manifests, struct kps_sv list)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_kube_options options = {.is_live = true};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    struct kps_list_page page;
    const struct kps_list_reader how = {.arena = arena, .item = add_item, .context = kube};
    (void)kps_kube_add_file(
        kube, kps_files_add(&diag.files, SV("in.yaml"), kps_sv_copy(arena, manifests)));
    kps_kube_begin_live(kube);
    bool is_whole = kps_list_page_read(&how, list, &page);
    (void)is_whole; /* items before a fault count too */
    judge_cluster(&ledger, kube);
    check_places(&diag);
    uint32_t n = diag.findings.n;
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_sv input = {(const char *)data, size};
    size_t end = kps_sv_find(input, '\f');
    struct kps_sv manifests = kps_sv_slice(input, 0, end);
    struct kps_sv list = kps_sv_from(input, end + 1);
    KPS_ASSERT(judge_apply(manifests, list) == judge_apply(manifests, list));
    return 0;
}
