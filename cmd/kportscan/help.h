#ifndef HELP_H
#define HELP_H

#include <stdbool.h>
#include <stdio.h>

/* Print the text of --help, rules/help.txt. */
void kps_help_print(FILE *out);

/* Print name and version; of the libraries, too, where wanted. No library is loaded for it. */
void kps_help_print_version(FILE *out, bool with_libraries);

#endif
