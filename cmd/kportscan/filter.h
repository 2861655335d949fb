#ifndef FILTER_H
#define FILTER_H

#include "model/ledger.h"
#include "options.h"

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
size_t kps_filter_read_rules(struct kps_diag *diag, const struct kps_options *options);

/* Return: whether findings of the rule are requested (settings.h has the order of sources). */
bool kps_filter_is_selected(const struct kps_options *options, enum kps_rule rule);

/* Give findings the severity of the configuration for their rule. */
void kps_filter_apply_levels(struct kps_diag *diag, const struct kps_options *options);

/* Return: whether a finding without suppression is at or above --fail-on. */
bool kps_filter_fails(const struct kps_diag *diag, const struct kps_options *options);

/* Keep the findings at or above --severity. Return: how many were dropped. */
size_t kps_filter_severe(struct kps_diag *diag, const struct kps_options *options);

#endif
