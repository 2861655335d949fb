#ifndef KPS_BASE_LIMITS_H
#define KPS_BASE_LIMITS_H

/*
 * Every bound on input, each with its reason. Going over one is an input error that names the bound, never a crash and
 * never silence.
 */
enum {
    /* Largest input file. The biggest of 4,170 real Compose files is far below 1 MiB; a rendered chart or a dump of a
     * cluster may have tens of MiB. libyaml reads about 30 MB/s, so this keeps a run under a few seconds. */
    KPS_LIMIT_FILE_BYTES = 64 * 1024 * 1024,
    /* Nesting of YAML collections. libyaml keeps no limit and its flow mode is quadratic in the depth (100,000 brackets
     * take minutes); Compose's deepest path has under 10 levels, kubectl's reader stops at 10,000. */
    KPS_LIMIT_YAML_DEPTH = 512,
    /* Nodes walked through aliases and merge keys in one file. The nine-level alias bomb of 306 bytes has 10^9. */
    KPS_LIMIT_ALIAS_NODES = 1000 * 1000,
    /* Documents in one file: 25 million empty ones fit into 100 MB. */
    KPS_LIMIT_YAML_DOCUMENTS = 100 * 1000,
    /* Bytes that variables may bring into one scalar or .env value: B=$A$A, C=$B$B … doubles with every line. */
    KPS_LIMIT_EXPANSION_BYTES = 1024 * 1024,
    /* The same for all scalars of a run: a file of 64 MiB has room for nine million "- $BIG". */
    KPS_LIMIT_EXPANSION_TOTAL = 256 * 1024 * 1024,
    /* Nesting of ${A:-${B:-…}}; each level is a call. */
    KPS_LIMIT_EXPANSION_DEPTH = 64,
    /* Files of one project through include, extends and env files. */
    KPS_LIMIT_PROJECT_FILES = 4096,
    /* Chain of include or extends. */
    KPS_LIMIT_CHAIN = 256,
    /* Folders below each other that a directory input is searched through. */
    KPS_LIMIT_DIRECTORY_DEPTH = 64,
};

#endif
