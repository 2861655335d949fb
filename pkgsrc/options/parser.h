#ifndef KPS_OPTIONS_PARSER_H
#define KPS_OPTIONS_PARSER_H

#include "options/option.h"

/*
 * Set the options of a command line by the table of options->state. Abbreviated long names and
 * options behind arguments are read as getopt_long reads them, which reorders argv: the positional
 * arguments begin at *ret_first. Values live in argv. Return: true; false with the reason in
 * *ret_error, a line for the user.
 */
KPS_MUST_USE bool kps_parser_run(struct kps_arena *arena, struct kps_options *options, int argc,
                                 char **argv, int *ret_first, struct kps_sv *ret_error);

#endif
