#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/compiler.h"
#include "compose/collect.h"
#include "compose/versions.h"
#include "config/config.h"
#include "kube/collect.h"
#include "report/report.h"
#include "suppress/baseline.h"

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
    KPS_MODE_COMPLETIONS,
    KPS_MODE_HELP,
    KPS_MODE_VERSION,
};

/* The values of a repeatable option, in their order. */
struct kps_list {
    struct kps_sv *v;
    size_t n;
};

/* One --format: `file` is empty for standard output. */
struct kps_output {
    const struct kps_format *format;
    struct kps_sv file;
};

enum { KPS_MOST_OPTIONS = 96 }; /* rows of kps_option_table */

struct kps_options {
    enum kps_mode mode;
    struct kps_sv explained;      /* --explain: the word */
    struct kps_sv shell;          /* --completions */
    bool given[KPS_MOST_OPTIONS]; /* by row of the table: a stronger source than the configuration
                                     set the option */
    size_t most_values;           /* of one list: the number of arguments */
    struct kps_list inputs;       /* positional */

    /* the project, as `docker compose` has these options */
    struct kps_list files;
    struct kps_sv project_name, project_directory;
    struct kps_list profiles, env_files, services;
    bool is_kube_play; /* --kube-play: manifests are for `podman kube play` */
    bool is_swarm;     /* --swarm: Compose files are for `docker stack deploy` */
    enum kps_compose_version compose_version;

    struct kps_list dumps;           /* --against: kubectl's dumps of a live cluster */
    bool asks_cluster;               /* --cluster: the live cluster itself */
    struct kps_sv kube_context;      /* empty: kubectl's current one */
    struct kps_sv kubeconfig;        /* empty: KUBECONFIG, ~/.kube/config */
    struct kps_kube_options cluster; /* facts about the manifests' cluster */

    /* this machine */
    bool asks_systemd;           /* --systemd: the units of this machine are inputs */
    bool asks_docker, asks_host; /* --docker, --host: alone a query, beside inputs the machine is a
                                    part of the check */
    bool no_docker, no_host;
    bool full_cmdline;             /* do not mask secrets in command lines */
    struct kps_question free_from; /* --free: where to look; one port: from there up */
    uint32_t free_count;           /* 0: one */
    struct kps_ports assign_range; /* --range; last == 0: the default */
    bool only_checks;              /* --assign --check */
    bool watches;                  /* --watch */
    uint32_t watch_ms;             /* 0: the default */
    struct kps_sv docker_host;
    /* --context: of which engines; settings.h checks the names. Several only in questions. */
    struct kps_list contexts;
    const struct kps_config_machine *machines; /* the configuration: which project runs where */
    size_t n_machines;
    bool asks_all_contexts;         /* --context '*' */
    struct kps_sv unread_contexts;  /* … and some may be missing, and why; empty: none */
    uint32_t timeout_ms;            /* 0: the default */
    bool never_prompts;             /* no person answers questions of ssh */
    struct kps_list ports;          /* --port */
    struct kps_question *questions; /* requested ports: --port, then the positional ones */
    size_t n_questions;
    struct kps_list names;            /* --name, NAME: only what is called so is listed */
    struct kps_compose_scale *scales; /* --scale */
    size_t n_scales;

    struct kps_sv stdin_name;
    struct kps_list excludes;
    bool together;  /* --together: the projects below a folder run on one machine */
    bool no_ignore; /* --no-ignore: a walk reads what .gitignore and the like leave out */
    bool only_lists_files;
    bool only_files; /* --lint: neither engine nor sockets */

    struct kps_output *outputs; /* none given: a report in the format of the terminal */
    size_t n_outputs;
    bool lists_claims;
    enum kps_sort sort; /* of lists */
    bool makes_map;     /* --map: the ports that the inputs want, as a list */
    bool makes_diff;    /* --diff: instead of a report on standard output */
    enum kps_colour colour;
    unsigned quiet; /* 1: findings only, 2: exit code only */
    bool verbose;

    /* --config; empty: to be looked for, unless no_config. settings.h completes the path. */
    struct kps_sv config;
    bool no_config;
    struct kps_sv baseline;     /* known findings; empty: none */
    struct kps_baseline *known; /* the content of the file, read by settings.h; NULL: none */
    struct kps_sv
        new_baseline; /* where to write the findings as the next baseline; empty: nowhere */

    bool never_fails;
    enum kps_severity fail_on;        /* unless never_fails */
    enum kps_severity least_severity; /* shown */
    bool selects;                     /* --select was given */
    struct kps_rule_set selected, ignored;
    const struct kps_config_rule
        *levels; /* the configuration, by the number of the rule; NULL: none */
};

#endif
