#ifndef HELP_H
#define HELP_H

#include <stdio.h>

/* Print the text of --help, from the table of option_table.h. */
void kps_help_print(FILE *out);

#endif
