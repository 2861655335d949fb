#ifndef KPS_DIAG_RULES_H
#define KPS_DIAG_RULES_H

#include <stdbool.h>

#include "base/sv.h"

/* A rule's value is its number: KPS_RULE_COMPOSE_HOST_PORT_CLASH == 101. */
enum kps_rule {
    KPS_RULE_NONE = 0,
#define RULE(number, identifier, name, title) KPS_RULE_##identifier = (number),
#include "diag/rules.def"
#undef RULE
};

struct kps_rule_info {
    enum kps_rule rule : 16;
    char id[6];       /* "KP101" */
    const char *name; /* "compose-host-port-clash" */
};

/* All rules in order of their numbers; the list ends with rule == KPS_RULE_NONE. */
extern const struct kps_rule_info kps_rules[];

/* Return: the row of a rule; NULL for KPS_RULE_NONE or a number without a rule. */
const struct kps_rule_info *kps_rule_info(enum kps_rule rule);

/* A rule by its id ("KP101", any case) or name; KPS_RULE_NONE when there is none such. */
enum kps_rule kps_rule_by_name(struct kps_sv id_or_name);

/*
 * Return: does `word` mean the rule, as users write rules: by id ("KP101", any case), by the
 * beginning of an id ("KP1", at least two characters), or by name?
 */
bool kps_rule_is(const struct kps_rule_info *info, struct kps_sv word);

/* Return: does `word` mean any rule? */
bool kps_rule_exists(struct kps_sv word);

/* Return: the name of the rule nearest to a misspelt word; empty when none is near. */
struct kps_sv kps_rule_nearest(struct kps_sv word);

/* Some rules, by number. */
struct kps_rule_set {
    bool has[1000];
};

/* Put the rules of `word` into the set. Return: false when there are none. */
bool kps_rule_set_add(struct kps_rule_set *set, struct kps_sv word);

/* Put the rules of words separated by commas into the set. Return: the first word without rules;
 * empty: every word had some. */
struct kps_sv kps_rule_set_add_list(struct kps_rule_set *set, struct kps_sv list);

enum { KPS_RULES_MOST = 100 };

/*
 * Find the rules of a word, an id or name, or else the beginning of some; all for an empty word.
 * Return: how many are in `ret`, in the order of the list.
 */
size_t kps_rules_like(struct kps_sv word, enum kps_rule ret[KPS_RULES_MOST]);

#endif
