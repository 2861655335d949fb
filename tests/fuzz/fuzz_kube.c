#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "kube/collect.h"
#include "support/cluster_judge.h"

/* The input is a file of Kubernetes manifests. Whatever it holds, findings point into it and claims
 * are whole. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_finding(struct kps_ledger *ledger, const struct kps_finding *finding)
{
    struct kps_diag *diag = ledger->diag;
    KPS_ASSERT(finding->message.n > 0 && finding->first <= finding->last);
    KPS_ASSERT(kps_rule_info(finding->rule) != NULL);
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        KPS_ASSERT(party->owner <= ledger->owners.n && party->claim <= ledger->claims.n);
        if (party->owner) {
            struct kps_object_facts facts;
            kps_object_facts_of(kps_ledger_get_owner(ledger, party->owner), &facts);
            KPS_ASSERT(facts.group && facts.group->kind.n > 0);
        }
        if (party->at) {
            struct kps_span span = kps_origins_span(&diag->origins, party->at);
            size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
            KPS_ASSERT(span.off <= n && span.len <= n - span.off);
            (void)kps_files_pos(&diag->files, span.file, span.off);
        }
    }
}

/* Reads the input once. Return: how many findings there are. */
static uint32_t judge(struct kps_sv input, const struct kps_kube_options *options)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_kube *kube = kps_kube_open(&ledger, options);
    struct kps_sv bytes = kps_sv_copy(arena, input);
    struct kps_kube_result result =
        kps_kube_add_file(kube, kps_files_add(&diag.files, SV("in.yaml"), bytes));
    KPS_ASSERT((result.status == KPS_KUBE_OK) == (result.error.n == 0));
    KPS_ASSERT(result.status != KPS_KUBE_FAILED || result.objects == 0);
    judge_cluster(&ledger, kube);
    for (uint32_t i = 0; i < diag.findings.n; i++) {
        check_finding(&ledger, diag.findings.v[i]);
    }
    kps_diag_sort(&diag);
    uint32_t n = diag.findings.n;
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_sv input = {(const char *)data, size};
    const struct kps_kube_options newest = {0};
    const struct kps_kube_options small = {.nodes = 2, .version_major = 1, .version_minor = 27};
    (void)kps_kube_looks_like(input);
    KPS_ASSERT(judge(input, &newest) == judge(input, &newest));
    (void)judge(input, &small);
    return 0;
}
