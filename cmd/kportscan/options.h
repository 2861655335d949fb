#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "diag/log.h"
#include "inputs/options.h"
#include "machine/machine.h"
#include "options/option.h"
#include "report/output.h"
#include "verdict/filter.h"

/*
 * The command line as a value, read by the table of option_table.h. Parsing prints nothing, and
 * reads only its arguments and the names of files.
 */
enum kps_mode {
    KPS_MODE_CHECK,
    KPS_MODE_QUERY,
    KPS_MODE_DIAGNOSE,
    KPS_MODE_FREE,
    KPS_MODE_ASSIGN,
    KPS_MODE_EXPLAIN,
    KPS_MODE_LIST_RULES,
    KPS_MODE_HELP,
    KPS_MODE_VERSION,
};

struct kps_options {
    struct kps_option_state state;
    enum kps_mode mode;
    struct kps_sv explained; /* --explain: the word */

    struct kps_inputs_options inputs;
    struct kps_machine_options machine;
    struct kps_verdict_options verdict;
    struct kps_output_options output;
    struct kps_log log; /* -q, -v */

    bool asks_docker, asks_host; /* --docker, --host: alone a query, beside inputs the machine is a
                                    part of the check */
    struct kps_list ports;       /* --port */
    struct kps_question *questions; /* requested ports: --port, then the positional ones */
    size_t n_questions;
    struct kps_list names;         /* --name, NAME: only what is called so is listed */
    struct kps_question free_from; /* --free: where to look; one port: from there up */
    uint32_t free_count;           /* 0: one */
    struct kps_ports assign_range; /* --range; last == 0: the default */
    bool only_checks;              /* --assign --check */
    bool watches;                  /* --watch */
    uint32_t watch_ms;             /* 0: the default */

    bool only_lists_files;
    bool only_files; /* --lint: neither engine nor sockets */
    bool lists_claims;
    enum kps_sort sort; /* of lists */
    bool makes_map;     /* --map: the ports that the inputs want, as a list */
    bool makes_diff;    /* --diff: instead of a report on standard output */

    /* --config; empty: to be looked for, unless no_config. settings.h completes the path. */
    struct kps_sv config;
    bool no_config;
};

#endif
