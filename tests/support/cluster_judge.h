#ifndef KPS_TEST_SUPPORT_CLUSTER_JUDGE_H
#define KPS_TEST_SUPPORT_CLUSTER_JUDGE_H

#include "core/detect.h"
#include "core/judge.h"
#include "kube/collect.h"

/* Take the road of a check behind the last manifest: link, detect, judge. */
static inline void judge_cluster(struct kps_ledger *ledger, struct kps_kube *kube)
{
    kps_kube_finish(kube);
    kps_ledger_link(ledger);
    kps_judge(ledger, kps_detect(ledger, ledger->diag->arena), NULL);
    kps_kube_judge(kube);
}

#endif
