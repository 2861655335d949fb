#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

#include "options.h"

/*
 * Parse the command line, by the table of option_table.h. *ret lives in `arena` or in argv (which
 * getopt reorders). Return: true; false with the reason in *ret_error, a line for the user.
 */
KPS_MUST_USE bool kps_command_line_parse(struct kps_arena *arena, int argc, char **argv,
                                         struct kps_options *ret, struct kps_sv *ret_error);

#endif
