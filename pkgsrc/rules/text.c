#include "rules/text.h"

#include <stddef.h>

#include "base/compiler.h"
#include "rules/table.inc"

const struct kps_rule_text *kps_rule_text(enum kps_rule rule)
{
    for (size_t i = 0; i < KPS_COUNT(texts); i++) {
        if (texts[i].rule == rule) {
            return &texts[i];
        }
    }
    return NULL;
}
