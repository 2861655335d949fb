#include "filter.h"

static bool is_same(const struct kps_diag *diag, const struct kps_finding *a,
                    const struct kps_finding *b)
{
    struct kps_span at = kps_finding_span(diag, a);
    struct kps_span bt = kps_finding_span(diag, b);
    bool is_alike = a->rule == b->rule && at.file == bt.file && at.off == bt.off &&
                    at.len == bt.len && kps_sv_eq(a->message, b->message) &&
                    a->n_parties == b->n_parties && at.file != 0;
    for (uint32_t i = 0; is_alike && i < a->n_parties; i++) {
        is_alike = kps_sv_eq(a->parties[i].label, b->parties[i].label) &&
                   a->parties[i].owner == b->parties[i].owner;
    }
    return is_alike;
}

void kps_filter_distinct(struct kps_diag *diag)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (kept == 0 || !is_same(diag, diag->findings.v[kept - 1], finding)) {
            diag->findings.v[kept++] = finding;
        }
    }
    diag->findings.n = kept;
}

bool kps_filter_is_selected(const struct kps_options *options, enum kps_rule rule)
{
    if (options->ignored.has[rule]) {
        return false;
    }
    return options->selects ? options->selected.has[rule]
                            : !options->levels || !options->levels[rule].is_off;
}

size_t kps_filter_read_rules(struct kps_diag *diag, const struct kps_options *options)
{
    uint32_t kept = 0;
    uint32_t before = diag->findings.n;
    for (uint32_t i = 0; i < before; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (kps_filter_is_selected(options, finding->rule)) {
            diag->findings.v[kept++] = finding;
        }
    }
    diag->findings.n = kept;
    return before - kept;
}

void kps_filter_apply_levels(struct kps_diag *diag, const struct kps_options *options)
{
    for (uint32_t i = 0; options->levels && i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        const struct kps_config_rule *level = &options->levels[finding->rule];
        finding->severity = level->has_severity ? level->severity : finding->severity;
    }
}

bool kps_filter_fails(const struct kps_diag *diag, const struct kps_options *options)
{
    for (uint32_t i = 0; i < diag->findings.n && !options->never_fails; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (!finding->suppressed.p && finding->severity >= options->fail_on) {
            return true;
        }
    }
    return false;
}

size_t kps_filter_severe(struct kps_diag *diag, const struct kps_options *options)
{
    uint32_t kept = 0;
    uint32_t before = diag->findings.n;
    for (uint32_t i = 0; i < before; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (finding->severity >= options->least_severity) {
            diag->findings.v[kept++] = finding;
        }
    }
    diag->findings.n = kept;
    return before - kept;
}
