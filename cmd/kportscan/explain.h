#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "options.h"

/*
 * --explain RULE and --list-rules: print rules on standard output. RULE is an id, a name, or a
 * beginning: a single rule is explained, several are listed. Return: the exit code; KPS_EXIT_INPUT,
 * with the reason on stderr, for an unknown rule or an unsuitable format.
 */
int kps_explain(const struct kps_options *options, const struct kps_env *env);

#endif
