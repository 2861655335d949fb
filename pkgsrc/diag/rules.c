#include "diag/rules.h"

#include <stddef.h>

const struct kps_rule_info kps_rules[] = {
#define RULE(number, identifier, name, title) {KPS_RULE_##identifier, "KP" #number, name, title},
#include "diag/rules.def"
#undef RULE
    {KPS_RULE_NONE, NULL, NULL, NULL},
};

const struct kps_rule_info *kps_rule_info(enum kps_rule rule)
{
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (info->rule == rule) {
            return info;
        }
    }
    return NULL;
}

enum kps_rule kps_rule_by_name(struct kps_sv id_or_name)
{
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_sv_eq_nocase(id_or_name, kps_sv_of(info->id)) || kps_sv_eq(id_or_name, kps_sv_of(info->name))) {
            return info->rule;
        }
    }
    return KPS_RULE_NONE;
}
