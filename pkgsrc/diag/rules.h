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
    enum kps_rule rule;
    const char *id;    /* "KP101" */
    const char *name;  /* "compose-host-port-clash" */
    const char *title; /* what it finds */
};

/* All rules in order of their numbers; the list ends with rule == KPS_RULE_NONE. */
extern const struct kps_rule_info kps_rules[];

/* What is known of a rule; NULL for KPS_RULE_NONE or a number that is no rule. */
const struct kps_rule_info *kps_rule_info(enum kps_rule rule);

/* A rule by its id ("KP101", any case) or name; KPS_RULE_NONE when there is none such. */
enum kps_rule kps_rule_by_name(struct kps_sv id_or_name);

/*
 * Whether `word` means the rule as users write rules: by id ("KP101", any case), by the beginning
 * of an id ("KP1", at least two characters), or by name.
 */
bool kps_rule_is(const struct kps_rule_info *info, struct kps_sv word);

/* Whether `word` means any rule at all. */
bool kps_rule_exists(struct kps_sv word);

/* The rule's name that a misspelt word is nearest to; empty when none is near. */
struct kps_sv kps_rule_nearest(struct kps_sv word);

/* Some rules, by number. */
struct kps_rule_set {
    bool has[1000];
};

/* Puts the rules that `word` means into the set. Return: whether there is any. */
bool kps_rule_set_add(struct kps_rule_set *set, struct kps_sv word);

#endif
