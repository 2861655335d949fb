#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "suppress/baseline.h"
#include "suppress/suppress.h"
#include "yaml/comments.h"

/*
 * The input is a configuration, a baseline, and a file with suppressions, one after the other.
 * Whatever it holds: places lie in the file, comments are comments, and what was read can be
 * applied to findings anywhere in it.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct kps_diag *diag, struct kps_span span)
{
    KPS_ASSERT(span.file == 1);
    size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
    KPS_ASSERT(span.off <= n && span.len <= n - span.off);
}

static void check_findings(const struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        KPS_ASSERT(finding->message.n > 0 && finding->n_parties == 1);
        check_span(diag, kps_finding_span(diag, finding));
    }
}

static bool has_error(const struct kps_diag *diag)
{
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        if (diag->findings.v[i]->severity == KPS_ERROR) {
            return true;
        }
    }
    return false;
}

static void read_config(struct kps_diag *diag)
{
    struct kps_config config;
    bool is_good = kps_config_read(diag, 1, SV("up"), &config);
    KPS_ASSERT(is_good != has_error(diag));
    for (size_t key = 0; key < KPS_CONFIG_KEYS; key++) {
        for (size_t i = 0; i < config.values[key].n; i++) {
            KPS_ASSERT(config.values[key].v[i].text.n > 0);
            check_span(diag, config.values[key].v[i].at);
        }
    }
    for (size_t i = 0; i < config.n_reserved; i++) {
        KPS_ASSERT(config.reserved[i].first > 0 &&
                   config.reserved[i].first <= config.reserved[i].last);
    }
    KPS_ASSERT(config.n_sidecars <= KPS_CONFIG_MOST_SIDECARS);
}

static void read_baseline(struct kps_diag *diag)
{
    struct kps_baseline baseline;
    bool is_good = kps_baseline_read(diag, 1, &baseline);
    KPS_ASSERT(is_good != has_error(diag));
    for (uint32_t i = 0; i < baseline.n; i++) {
        const struct kps_baseline_entry *entry = &baseline.entries[i];
        check_span(diag, (struct kps_span){1, entry->off, entry->len});
        KPS_ASSERT(kps_map_get(&baseline.index, entry->fingerprint, UINT32_MAX) == i);
    }
}

static void check_comments(const struct kps_diag *diag)
{
    struct kps_yaml_comments comments = {0};
    kps_yaml_comments_find(diag, 1, SV("k"), &comments);
    struct kps_sv bytes = kps_files_get(&diag->files, 1)->bytes;
    uint32_t behind = 0;
    for (uint32_t i = 0; i < comments.list.n; i++) {
        struct kps_span span = comments.list.v[i];
        check_span(diag, span);
        struct kps_sv text = kps_sv_slice(bytes, span.off, span.off + span.len);
        KPS_ASSERT(span.off >= behind && text.n && text.p[0] == '#');
        KPS_ASSERT(kps_sv_find(text, '\n') == text.n && kps_sv_find(text, 'k') < text.n);
        behind = span.off + span.len;
    }
    kps_vec_free(&comments.list);
}

/* A finding at every so-many-th byte, and those that reading made. */
static void apply(struct kps_diag *diag, struct kps_suppress *suppress)
{
    static const uint32_t projects[] = {0, 1};
    struct kps_rule_set judged = {{false}};
    (void)kps_rule_set_add(&judged, SV("KP"));
    struct kps_suppress_run run = {.projects = projects, .judged = &judged};
    struct kps_ledger ledger = {.diag = diag};
    uint32_t n = (uint32_t)kps_files_get(&diag->files, 1)->bytes.n;
    for (uint32_t off = 0; off < n; off += n / 64 + 1) {
        struct kps_finding *finding = kps_diag_add_here(
            diag, off % 2 ? KPS_RULE_COMPOSE_HOST_PORT_CLASH : KPS_RULE_COMPOSE_SELF_CLASH,
            KPS_ERROR, (struct kps_span){1, off, 1}, "a clash");
        kps_finding_party(finding, KPS_ROLE_OTHER, 0)->at =
            kps_diag_here(diag, (struct kps_span){1, n - off - 1, 1});
    }
    kps_suppress_apply(suppress, &ledger, &run);
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (finding->suppressed.p) {
            check_span(diag, finding->suppressed_at);
            KPS_ASSERT(kps_finding_is_acceptable(finding));
        }
    }
}

static void read_suppressions(struct kps_diag *diag, bool manifests)
{
    struct kps_suppress suppress = {.diag = diag};
    kps_suppress_read(&suppress, 1, manifests);
    KPS_ASSERT(suppress.failed == has_error(diag) && suppress.entries.n <= KPS_SUPPRESS_MOST);
    check_findings(diag);
    for (uint32_t i = 0; i < suppress.entries.n; i++) {
        KPS_ASSERT(kps_rule_exists(suppress.entries.v[i].rule));
        check_span(diag, suppress.entries.v[i].at);
        check_span(diag, suppress.entries.v[i].covers);
    }
    check_comments(diag);
    apply(diag, &suppress);
    kps_suppress_free(&suppress);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned what = 0; what < 4; what++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_sv bytes = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
        (void)kps_files_add(&diag.files, SV("in.yaml"), bytes);
        if (what < 2) {
            (what == 0 ? read_config : read_baseline)(&diag);
        } else {
            read_suppressions(&diag, what == 3);
        }
        kps_diag_sort(&diag);
        kps_diag_free(&diag);
    }
    return 0;
}
