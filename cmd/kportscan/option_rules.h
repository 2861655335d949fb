#ifndef OPTION_RULES_H
#define OPTION_RULES_H

#include "options.h"

/*
 * Which options go together. Settle the mode of parsed options: a check becomes a query when ports
 * were requested, or --docker, --host or --cluster without inputs. Return: the first fault, a line
 * for the user in the arena; NULL: none.
 */
const char *kps_option_rules_settle(struct kps_arena *arena, struct kps_options *options);

#endif
