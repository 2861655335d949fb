#ifndef KPS_OPTIONS_OPTION_HELP_H
#define KPS_OPTIONS_OPTION_HELP_H

#include <stdio.h>

#include "options/option.h"

/* Print the options of a group as --help shows them: names at the left, words at column 31, lines
 * of at most 80 columns. */
void kps_option_help_print(const struct kps_option_info *table, unsigned group, FILE *out);

#endif
