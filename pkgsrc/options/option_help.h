#ifndef KPS_OPTIONS_OPTION_HELP_H
#define KPS_OPTIONS_OPTION_HELP_H

#include <stdbool.h>

#include "base/arena.h"

/* The words about an option in the text of --help. */
struct kps_option_help {
    struct kps_sv name;  /* "file" */
    struct kps_sv words; /* one line */
};

/*
 * Take the next option off *rest, a text of --help: the names are at the left, the words from
 * column 31 on. Return: false when there is none.
 */
bool kps_option_help_next(struct kps_arena *arena, struct kps_sv *rest,
                          struct kps_option_help *ret);

#endif
