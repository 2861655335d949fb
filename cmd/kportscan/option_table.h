#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options.h"

/* The options of the command: a row each, see options/option.h. They end with name == NULL. */
extern const struct kps_option_info kps_option_table[];

/* Return: the use of formats in the mode of the options, a KPS_FORMAT_* bit; 0: formats do not
 * count. */
unsigned kps_option_format_use(const struct kps_options *options);

#endif
