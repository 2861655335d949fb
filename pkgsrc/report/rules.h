#ifndef KPS_REPORT_RULES_H
#define KPS_REPORT_RULES_H

#include <stddef.h>
#include <stdio.h>

#include "report/style.h"
#include "rules/text.h"

/*
 * The texts of the rules, for --explain and --list-rules. `rules` are `n` known rules. As with
 * reports, the stream keeps write errors for the caller.
 */

/*
 * Print a rule for people: its text, wrapped to the style's width. A quoted message or a line of an
 * example may be wider.
 */
void kps_report_rule(enum kps_rule rule, const struct kps_style *style, FILE *out);

/* Print a line for each rule: id, usual severity, name, title. */
void kps_report_rule_list(const enum kps_rule *rules, size_t n, const struct kps_style *style,
                          FILE *out);

/*
 * One JSON object: {"format": "kportscan-rules", "format_version": 1, "tool": …, "rules": [{"id",
 * "name", "severity", "title", "summary", "what", "why", "example", "error", "fix", "ignore"}, …]};
 * the sections are Markdown.
 */
void kps_report_rules_json(const enum kps_rule *rules, size_t n, const char *version, FILE *out);

#endif
