#include "diag/rules.h"

#include <stddef.h>

#include "base/compiler.h"
#include "base/nearest.h"

const struct kps_rule_info kps_rules[] = {
#define RULE(number, identifier, name, title) {KPS_RULE_##identifier, "KP" #number, name},
#include "diag/rules.def"
#undef RULE
    {KPS_RULE_NONE, "", NULL},
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
        if (kps_sv_eq_nocase(id_or_name, kps_sv_of(info->id)) ||
            kps_sv_eq(id_or_name, kps_sv_of(info->name))) {
            return info->rule;
        }
    }
    return KPS_RULE_NONE;
}

bool kps_rule_is(const struct kps_rule_info *info, struct kps_sv word)
{
    struct kps_sv beginning = kps_sv_head(kps_sv_of(info->id), word.n);
    return (word.n >= 2 && kps_sv_eq_nocase(beginning, word)) ||
           kps_sv_eq(word, kps_sv_of(info->name));
}

bool kps_rule_exists(struct kps_sv word)
{
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_rule_is(info, word)) {
            return true;
        }
    }
    return false;
}

struct kps_sv kps_rule_nearest(struct kps_sv word)
{
    struct kps_nearest nearest = {.word = word};
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        kps_nearest_offer(&nearest, kps_sv_of(info->name));
    }
    return nearest.best;
}

bool kps_rule_set_add(struct kps_rule_set *set, struct kps_sv word)
{
    bool found = false;
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_rule_is(info, word)) {
            KPS_ASSERT(info->rule < KPS_COUNT(set->has));
            set->has[info->rule] = true;
            found = true;
        }
    }
    return found;
}

size_t kps_rules_like(struct kps_sv word, enum kps_rule ret[KPS_RULES_MOST])
{
    size_t n = 0;
    ret[0] = kps_rule_by_name(word);
    if (ret[0] != KPS_RULE_NONE) {
        return 1;
    }
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (kps_rule_is(info, word) || kps_sv_starts(kps_sv_of(info->name), word)) {
            KPS_ASSERT(n < KPS_RULES_MOST);
            ret[n++] = info->rule;
        }
    }
    return n;
}

struct kps_sv kps_rule_set_add_list(struct kps_rule_set *set, struct kps_sv list)
{
    while (list.n) {
        size_t comma = kps_sv_find(list, ',');
        struct kps_sv word = kps_sv_trim(kps_sv_head(list, comma));
        list = kps_sv_from(list, comma + 1);
        if (word.n && !kps_rule_set_add(set, word)) {
            return word;
        }
    }
    return SV("");
}
