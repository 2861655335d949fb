#ifndef KPS_VERDICT_FILTER_H
#define KPS_VERDICT_FILTER_H

#include "config/config.h"
#include "model/ledger.h"
#include "suppress/baseline.h"

/* Which findings are shown, and which decide the exit code. */
struct kps_verdict_options {
    bool never_fails;
    enum kps_severity fail_on;        /* unless never_fails */
    enum kps_severity least_severity; /* shown */
    bool selects;                     /* --select was given */
    struct kps_rule_set selected, ignored;
    const struct kps_config_rule *levels; /* the configuration, by the number of the rule; NULL:
                                             none */
    struct kps_sv baseline;               /* known findings; empty: none */
    struct kps_baseline *known;           /* the content of the file; NULL: none */
    struct kps_sv new_baseline;           /* where to write the findings as the next baseline;
                                             empty: nowhere */
};

/*
 * Filter the findings and decide the exit code. The steps in their order: drop repeats; drop the
 * rules outside of --select and --ignore; give rules the severity of the configuration; decide the
 * exit code by all findings left; drop findings below --severity. So `--severity error --fail-on
 * warning` fails for a hidden warning.
 */

/*
 * Drop repeats: a value with nine aliases has a single fault, and so has a base built by three
 * kustomizations. The findings must be sorted.
 */
void kps_filter_distinct(const struct kps_ledger *ledger);

/* Keep the findings of the requested rules. Return: how many were dropped. */
size_t kps_filter_read_rules(struct kps_diag *diag, const struct kps_verdict_options *options);

/* Return: whether findings of the rule are requested (the settings of the command have the order of
 * sources). */
bool kps_filter_is_selected(const struct kps_verdict_options *options, enum kps_rule rule);

/* Give findings the severity of the configuration for their rule. */
void kps_filter_apply_levels(struct kps_diag *diag, const struct kps_verdict_options *options);

/* Return: whether a finding without suppression is at or above --fail-on. */
bool kps_filter_fails(const struct kps_diag *diag, const struct kps_verdict_options *options);

/* Keep the findings at or above --severity. Return: how many were dropped. */
size_t kps_filter_severe(struct kps_diag *diag, const struct kps_verdict_options *options);

#endif
