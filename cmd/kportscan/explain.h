#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "options.h"

/*
 * --explain RULE and --list-rules: what is known of the rules, to standard output. RULE is an id, a
 * name, or the beginning of some: one is explained, several are listed. Return: the exit code;
 * KPS_EXIT_INPUT, and said why on standard error, for no rule or a format that is no use here.
 */
int kps_explain(const struct kps_options *options, const struct kps_env *env);

#endif
