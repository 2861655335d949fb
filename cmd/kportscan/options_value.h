#ifndef OPTIONS_VALUE_H
#define OPTIONS_VALUE_H

#include "options.h"

/*
 * What the value of an option means, whoever gives it: the command line, the environment, the
 * configuration. One reader of a value for all three, so that they accept the same words.
 */
struct kps_option_setting {
    struct kps_arena *arena;
    struct kps_options *options;
    const char *name;    /* what the user calls it: "--fail-on", "KPORTSCAN_FAIL_ON", "fail-on" */
    size_t most_outputs; /* that --format can be given: room for that many is made with the first */
    struct kps_sv error; /* one line for the user, when a value was refused */
};

/* Whether kps_option_set reads values of this option (enum kps_option, or its letter). */
bool kps_option_has_value(int code);

/* Sets the option. Return: true; false with setting->error saying what is wrong. */
bool kps_option_set(struct kps_option_setting *setting, int code, struct kps_sv text);

/* Adds the rules that `list` names, separated by commas: ids, beginnings of ids ("KP1"), names.
 * Return: as above. */
bool kps_option_add_rules(struct kps_option_setting *setting, struct kps_sv list,
                          struct kps_rule_set *set);

#endif
