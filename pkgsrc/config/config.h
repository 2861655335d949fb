#ifndef KPS_CONFIG_CONFIG_H
#define KPS_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/env.h"
#include "base/fs.h"
#include "diag/finding.h"
#include "model/claim.h"

/*
 * .kportscan.yaml: one mapping of the keys in kps_config_keys, all of them optional. This library
 * finds and reads the file and keeps the place of each value. The meaning of a value (severity,
 * format, range) is read where the same value of the command line is read.
 *
 * Precedence, decided by the caller: command line, then KPORTSCAN_* environment, then this file,
 * then the default. The nearer source replaces the farther one, lists too. Rules are no list but a
 * table: see KPS_CONFIG_RULES.
 */

enum kps_config_key {
    KPS_CONFIG_RULES, /* rule (id, beginning of ids, name) -> off, on, or the severity it has here;
                         where several mean the same rule, the longest beginning counts, an id or
                         name most */
    KPS_CONFIG_FAIL_ON,   /* as --fail-on */
    KPS_CONFIG_SEVERITY,  /* as --severity */
    KPS_CONFIG_FORMAT,    /* as --format, without "=FILE": a repository must not choose a file to
                             overwrite */
    KPS_CONFIG_SORT,      /* as --sort */
    KPS_CONFIG_COLOR,     /* as --color; NO_COLOR and the like go first */
    KPS_CONFIG_BASELINE,  /* as --baseline */
    KPS_CONFIG_EXCLUDE,   /* as --exclude, below directories that are given */
    KPS_CONFIG_PROFILES,  /* as --profile */
    KPS_CONFIG_ENV_FILES, /* as --env-file */
    KPS_CONFIG_NODES,     /* as --nodes */
    KPS_CONFIG_NODE_PORT_RANGE,     /* as --node-port-range */
    KPS_CONFIG_KUBERNETES_VERSION,  /* as --kubernetes-version */
    KPS_CONFIG_COMPOSE_VERSION,     /* as --compose-version */
    KPS_CONFIG_NAMESPACE,           /* as --namespace */
    KPS_CONFIG_NODE_RESERVED_PORTS, /* host ports in use on every node (KP209) */
    KPS_CONFIG_SIDECARS,            /* containers injected into pods (KP210) */
    KPS_CONFIG_MACHINES,            /* which projects run where */
    KPS_CONFIG_KEYS,
};

/* The value of a key. */
enum kps_config_type {
    KPS_CONFIG_WORD,  /* one scalar */
    KPS_CONFIG_FILE,  /* the same, a path relative to the file's folder */
    KPS_CONFIG_WORDS, /* a list of scalars, or one scalar */
    KPS_CONFIG_FILES,
    KPS_CONFIG_TABLE, /* a structure of its own, see struct kps_config */
};

/* A key; kportscan.yaml(5) says what each is for. */
struct kps_config_key_info {
    const char *name; /* as written in the file */
    enum kps_config_type type;
};

/* By key. */
extern const struct kps_config_key_info kps_config_keys[KPS_CONFIG_KEYS];

/*
 * A scalar as written, and its place. Paths are resolved: absolute, or relative to the working
 * directory.
 */
struct kps_config_value {
    struct kps_sv text;
    struct kps_span at;
};

struct kps_config_values {
    const struct kps_config_value *v;
    size_t n;
};

/* The settings of a rule. */
struct kps_config_rule {
    bool is_off;
    bool has_severity; /* else the rule keeps its own severity */
    enum kps_severity severity;
};

/* A port or range in use. */
struct kps_config_port {
    uint16_t first, last; /* inclusive, 1 .. 65535 */
    uint8_t protocol;     /* enum kps_protocol */
    struct kps_sv who;    /* "node-exporter"; empty: not told */
};

/*
 * `name` is a container injected into every pod, or into pods with the label or annotation `key`:
 * `value`.
 */
struct kps_config_sidecar {
    struct kps_sv name;
    struct kps_sv key, value; /* key empty: every pod; value empty: any value */
    const struct kps_config_port *ports;
    size_t n_ports;
};

/* A machine: the projects in or below `inputs` run on it. */
struct kps_config_machine {
    struct kps_sv name;
    const struct kps_config_value *inputs; /* files and folders, resolved as paths are */
    size_t n_inputs;
    struct kps_config_value context; /* the docker context of its engine; empty: not asked */
};

enum { KPS_CONFIG_MOST_SIDECARS = 64 }; /* so that a pod's are one word of bits */

struct kps_config {
    kps_file_id file;
    struct kps_config_values
        values[KPS_CONFIG_KEYS];   /* n == 0: not given; of a KPS_CONFIG_WORD or _FILE at most 1 */
    struct kps_config_rule *rules; /* by the rule's number, 1000 of them */
    const struct kps_config_port *reserved;
    const struct kps_config_sidecar *sidecars;
    const struct kps_config_machine *machines;
    size_t n_reserved, n_sidecars, n_machines;
};

/*
 * Find the file for `cwd` (absolute, clean): .kportscan.yaml or .kportscan.yml in `cwd` or the
 * nearest folder above, up to and with the folder of .git (the root of the repository) or else "/";
 * then kportscan/config.yaml below $XDG_CONFIG_HOME, or below ~/.config where the variable holds no
 * absolute path. Return: true with the absolute path in *ret; false when there is no file.
 */
KPS_MUST_USE bool kps_config_find(struct kps_arena *arena, const struct kps_fs *fs,
                                  struct kps_sv cwd, const struct kps_env *env, struct kps_sv *ret);

/*
 * Read the file. Its relative paths start at `folder`. Strings live in diag->arena, views also in
 * the file. An unknown key is a KP902 warning ("did you mean") and skipped, unless the key begins
 * with "x-", which is free for any use; every other mistake is a KP902 error with its place.
 * Return: false after an error: *ret then holds the readable rest.
 */
KPS_MUST_USE bool kps_config_read(struct kps_diag *diag, kps_file_id file, struct kps_sv folder,
                                  struct kps_config *ret);

/*
 * Find the file that a run reads: *path where the user named one, made absolute; else
 * kps_config_find. Return: false without a file, and for a file that another user may have put
 * there, which is a KP907 finding.
 */
KPS_MUST_USE bool kps_config_locate(struct kps_diag *diag, const struct kps_fs *fs,
                                    struct kps_sv cwd, const struct kps_env *env,
                                    struct kps_sv *path);

#endif
