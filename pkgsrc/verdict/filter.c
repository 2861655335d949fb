#include "verdict/filter.h"

#include "rules/text.h"

/* Return the cluster of an owner; empty: the only one, or no cluster. */
static struct kps_sv scope_of(const struct kps_ledger *ledger, kps_owner_id id)
{
    struct kps_object_facts facts = {.group = NULL};
    if (id) {
        kps_object_facts_of(kps_ledger_get_owner(ledger, id), &facts);
    }
    return facts.group ? facts.group->scope : (struct kps_sv){"", 0};
}

/* The same place in two builds of it, or the same owner. */
static bool is_same_party(const struct kps_ledger *ledger, const struct kps_party *a,
                          const struct kps_party *b)
{
    if (a->owner == b->owner) {
        return kps_sv_eq(a->label, b->label);
    }
    struct kps_span at =
        a->at ? kps_origins_span(&ledger->diag->origins, a->at) : (struct kps_span){0, 0, 0};
    struct kps_span bt =
        b->at ? kps_origins_span(&ledger->diag->origins, b->at) : (struct kps_span){0, 0, 0};
    return at.file && at.file == bt.file && at.off == bt.off &&
           !kps_sv_eq(scope_of(ledger, a->owner), scope_of(ledger, b->owner));
}

static bool is_same(const struct kps_ledger *ledger, const struct kps_finding *a,
                    const struct kps_finding *b)
{
    struct kps_span at = kps_finding_span(ledger->diag, a);
    bool is_alike = at.file != 0 && a->first == b->first && a->protocol == b->protocol &&
                    a->n_parties == b->n_parties;
    for (uint32_t i = 0; is_alike && i < a->n_parties; i++) {
        is_alike = is_same_party(ledger, &a->parties[i], &b->parties[i]);
    }
    /* builds give an object other names, and a message has the name */
    bool is_one_cluster = a->n_parties == 0 || kps_sv_eq(scope_of(ledger, a->parties[0].owner),
                                                         scope_of(ledger, b->parties[0].owner));
    return is_alike && (!is_one_cluster || kps_sv_eq(a->message, b->message));
}

static bool is_same_place(const struct kps_diag *diag, const struct kps_finding *a,
                          const struct kps_finding *b)
{
    struct kps_span at = kps_finding_span(diag, a);
    struct kps_span bt = kps_finding_span(diag, b);
    return a->rule == b->rule && at.file == bt.file && at.off == bt.off && at.len == bt.len;
}

/* Return the kept finding that `finding` repeats; UINT32_MAX: none. Findings of a place are
 * neighbours. */
static uint32_t find_same(const struct kps_ledger *ledger, uint32_t kept,
                          const struct kps_finding *finding)
{
    enum { MOST_LOOKS = 64 };
    struct kps_finding *const *list = ledger->diag->findings.v;
    for (uint32_t i = kept; i > 0 && kept - i < MOST_LOOKS; i--) {
        if (!is_same_place(ledger->diag, list[i - 1], finding)) {
            break;
        }
        if (is_same(ledger, list[i - 1], finding)) {
            return i - 1;
        }
    }
    return UINT32_MAX;
}

void kps_filter_distinct(const struct kps_ledger *ledger)
{
    struct kps_diag *diag = ledger->diag;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        uint32_t same = find_same(ledger, kept, finding);
        if (same == UINT32_MAX) {
            diag->findings.v[kept++] = finding;
        } else if (finding->severity > diag->findings.v[same]->severity) {
            diag->findings.v[same] = finding;
        }
    }
    diag->findings.n = kept;
}

bool kps_filter_is_selected(const struct kps_verdict_options *options, enum kps_rule rule)
{
    if (options->ignored.has[rule]) {
        return false;
    }
    return options->selects ? options->selected.has[rule]
                            : !options->levels || !options->levels[rule].is_off;
}

size_t kps_filter_read_rules(struct kps_diag *diag, const struct kps_verdict_options *options)
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

#ifndef NDEBUG
/* Stop a build for tests at a severity that --list-rules does not list for the rule. */
static void check_listed(const struct kps_diag *diag)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_sv name = kps_sv_of(kps_severity_name(finding->severity));
        struct kps_rule_text text;
        bool is_listed =
            kps_rule_text(scratch, finding->rule, &text) && kps_sv_contains(text.severity, name);
        if (!is_listed) {
            kps_log_error(diag->log, "a finding of rule %u is listed without %.*s",
                          (unsigned)finding->rule, SV_ARG(name));
        }
        KPS_ASSERT(is_listed);
    }
}
#endif

void kps_filter_apply_levels(struct kps_diag *diag, const struct kps_verdict_options *options)
{
#ifndef NDEBUG
    check_listed(diag);
#endif
    for (uint32_t i = 0; options->levels && i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        const struct kps_config_rule *level = &options->levels[finding->rule];
        finding->severity = level->has_severity ? level->severity : finding->severity;
    }
}

bool kps_filter_fails(const struct kps_diag *diag, const struct kps_verdict_options *options)
{
    for (uint32_t i = 0; i < diag->findings.n && !options->never_fails; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (!finding->suppressed.p && finding->severity >= options->fail_on) {
            return true;
        }
    }
    return false;
}

size_t kps_filter_severe(struct kps_diag *diag, const struct kps_verdict_options *options)
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
