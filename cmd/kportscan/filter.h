#ifndef FILTER_H
#define FILTER_H

#include "model/ledger.h"
#include "options.h"

/*
 * Which of the findings are reported, and what they mean for the exit code. The steps in their
 * order: repeats go, rules that were not asked for go, rules get the severity that the
 * configuration gives them, the verdict is given by all that is left, and only then goes what is
 * too mild to be shown: `--severity error --fail-on warning` fails for a warning that nobody sees.
 */

/*
 * Keep one finding of each cause: a value that is aliased nine times has one fault, and a base that
 * three kustomizations build has one too. The findings must be sorted.
 */
void kps_filter_distinct(const struct kps_ledger *ledger);

/* Keeps the findings of the rules that were asked for. Return: how many went. */
size_t kps_filter_read_rules(struct kps_diag *diag, const struct kps_options *options);

/* Whether findings of the rule are wanted: see settings.h for who decides. */
bool kps_filter_is_selected(const struct kps_options *options, enum kps_rule rule);

/* Gives findings the severity that the configuration has for their rule. */
void kps_filter_apply_levels(struct kps_diag *diag, const struct kps_options *options);

/* Whether a finding that nobody suppressed is at or above --fail-on. */
bool kps_filter_fails(const struct kps_diag *diag, const struct kps_options *options);

/* Keeps the findings that are at or above --severity. Return: how many went. */
size_t kps_filter_severe(struct kps_diag *diag, const struct kps_options *options);

#endif
