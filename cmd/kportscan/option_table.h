#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include <stddef.h>

/*
 * Every option there is: what getopt is told, what --help says. Options of the contract that this
 * version does not have are in it too, so that they are refused by name and not as typing errors.
 */
enum kps_option {
    /* options without a letter start above the letters */
    KPS_OPTION_CLAIMS = 256,
    KPS_OPTION_BASELINE,
    KPS_OPTION_COLOR,
    KPS_OPTION_COMPLETIONS,
    KPS_OPTION_CONFIG,
    KPS_OPTION_CONTEXT,
    KPS_OPTION_DIAGNOSE,
    KPS_OPTION_DOCKER,
    KPS_OPTION_ENV_FILE,
    KPS_OPTION_EXCLUDE,
    KPS_OPTION_EXIT_ZERO,
    KPS_OPTION_EXPLAIN,
    KPS_OPTION_FAIL_ON,
    KPS_OPTION_FILES,
    KPS_OPTION_FREE,
    KPS_OPTION_HOST,
    KPS_OPTION_IGNORE,
    KPS_OPTION_KUBERNETES_VERSION,
    KPS_OPTION_LINT,
    KPS_OPTION_LIST_RULES,
    KPS_OPTION_NAMESPACE,
    KPS_OPTION_NO_CONFIG,
    KPS_OPTION_NO_DOCKER,
    KPS_OPTION_NO_HOST,
    KPS_OPTION_NO_PROBE,
    KPS_OPTION_NODES,
    KPS_OPTION_NODE_PORT_RANGE,
    KPS_OPTION_PROFILE,
    KPS_OPTION_PROJECT_DIRECTORY,
    KPS_OPTION_SELECT,
    KPS_OPTION_SERVICE,
    KPS_OPTION_STDIN_FILENAME,
    KPS_OPTION_TIMEOUT,
    KPS_OPTION_WATCH,
    KPS_OPTION_WRITE_BASELINE,
    KPS_OPTION_DIFF,
    KPS_OPTION_END, /* above all others */
};

enum kps_option_group {
    KPS_GROUP_PROJECT,
    KPS_GROUP_CLUSTER,
    KPS_GROUP_MACHINE,
    KPS_GROUP_INPUT,
    KPS_GROUP_REPORT,
    KPS_GROUP_VERDICT,
    KPS_GROUP_OTHER,
    KPS_GROUP_HIDDEN, /* not in --help */
    KPS_GROUPS,
};

struct kps_option_info {
    int code;             /* a letter, or enum kps_option */
    const char *name;     /* long, without dashes */
    const char *argument; /* what --help calls it; NULL: takes none; "[=X]": may be left away */
    enum kps_option_group group;
    const char *help;
};

/* Ends with name == NULL. Two entries may have one code: the second is another name for it. */
extern const struct kps_option_info kps_option_table[];

#endif
