#include "report/ci.h"

#include <stdlib.h>

#include "base/order.h"
#include "base/path.h"
#include "base/utf8.h"

struct ranked {
    const struct kps_finding *finding;
    size_t place;
};

static int by_severity(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    int order = kps_order_compare(b->finding->severity, a->finding->severity);
    return order ? order : kps_order_compare(a->place, b->place);
}

struct kps_ci_findings kps_ci_sorted(struct kps_arena *arena, const struct kps_report *report,
                                     bool with_suppressed)
{
    const struct kps_diag *diag = report->ledger->diag;
    struct ranked *ranked = KPS_NEW_N(arena, struct ranked, (size_t)diag->findings.n + 1);
    struct kps_ci_findings ret = {
        KPS_NEW_N(arena, const struct kps_finding *, (size_t)diag->findings.n + 1), 0};
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        if (with_suppressed || !diag->findings.v[i]->suppressed.p) {
            ranked[ret.n] = (struct ranked){diag->findings.v[i], ret.n};
            ret.n++;
        }
    }
    qsort(ranked, ret.n, sizeof(ranked[0]), by_severity);
    for (size_t i = 0; i < ret.n; i++) {
        ret.v[i] = ranked[i].finding;
    }
    return ret;
}

const uint32_t *kps_ci_clashes(struct kps_arena *arena, const struct kps_report *report,
                               const struct kps_ci_findings *findings)
{
    uint32_t *clashes = KPS_NEW_N(arena, uint32_t, (size_t)report->ledger->claims.n + 1);
    for (size_t i = 0; i < findings->n; i++) {
        const struct kps_finding *finding = findings->v[i];
        for (uint32_t k = 0; k < finding->n_parties && finding->severity != KPS_NOTE; k++) {
            uint32_t *mark = &clashes[finding->parties[k].claim];
            *mark = *mark ? *mark : (uint32_t)i + 1;
        }
    }
    clashes[0] = 0;
    return clashes;
}

struct kps_sv kps_ci_path(struct kps_arena *arena, const struct kps_report *report,
                          struct kps_sv path)
{
    if (report->cwd.n == 0) {
        return path;
    }
    struct kps_sv absolute = kps_path_join(arena, report->cwd, path);
    return kps_path_relative(arena, report->root.n ? report->root : report->cwd, absolute);
}

struct kps_sv kps_ci_path_of(struct kps_arena *arena, const struct kps_report *report,
                             kps_file_id file)
{
    if (file) {
        return kps_ci_path(arena, report, kps_files_get(&report->ledger->diag->files, file)->path);
    }
    return report->n_inputs ? kps_ci_path(arena, report, report->inputs[0].path) : SV(".");
}

struct kps_sv kps_ci_rule(struct kps_arena *arena, const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    return rule ? kps_fmt(arena, "%s %s", rule->id, rule->name) : SV("KP");
}

struct kps_sv kps_ci_fingerprint(struct kps_arena *arena, const struct kps_finding *finding)
{
    return kps_fmt(arena, "%016llx", (unsigned long long)finding->fingerprint);
}
