#ifndef KPS_COMPOSE_COLLECT_H
#define KPS_COMPOSE_COLLECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/env.h"
#include "base/fs.h"
#include "compose/project.h"
#include "model/ledger.h"

/*
 * The Compose adapter's only door: a Compose project, read as `docker compose` reads it, becomes
 * owners and claims in the ledger. A reason of Compose to refuse the project, or a port published
 * otherwise than written, becomes a finding in the sink.
 */

/*
 * The command line's words about a project. Views must live as long as the ledger. Zero means "not
 * given".
 */
struct kps_compose_request {
    const struct kps_sv
        *files; /* as given, in the order of -f; "-" is standard input. None: discover */
    size_t n_files;
    struct kps_sv cwd; /* the working directory, absolute and clean: relative paths start here */
    struct kps_sv directory; /* where discovery starts; empty = cwd */
    bool no_parents;         /* discovery looks in `directory` only, not in its parents */
    bool with_override; /* a single file with a standard name brings the override file beside it, as
                           if discovered in its folder */
    bool is_stack; /* for `docker stack deploy` (stack.h): no .env, no override file, no profiles */
    bool ignore_compose_file;        /* COMPOSE_FILE does not count: the input was named */
    struct kps_sv project_name;      /* -p */
    struct kps_sv project_directory; /* --project-directory */
    const struct kps_sv *profiles;   /* --profile; "*" enables all */
    size_t n_profiles;
    const struct kps_sv *env_files; /* --env-file */
    size_t n_env_files;
    const struct kps_sv *services; /* the services of `up NAME…`; none = all */
    size_t n_services;
    const struct kps_compose_scale *scales; /* --scale; the last for a service counts */
    size_t n_scales;
    struct kps_sv stdin_name; /* name of "-" in locations, and the file as which it is read: its
                               * folder gives .env, override file and relative paths; empty: the
                               * working directory does, and the name is "<stdin>" */
    enum kps_compose_version version; /* reads as this Compose does */
    struct kps_sv world; /* owner of the host ports: empty = this machine; else a name, so that
                            projects of different worlds never clash */
};

enum kps_compose_status {
    KPS_COMPOSE_OK,
    KPS_COMPOSE_PARTIAL, /* a part of the project is unreadable; the rest was judged; errors are in
                            the sink */
    KPS_COMPOSE_FAILED,  /* no part of the project could be judged; errors are in the sink */
    KPS_COMPOSE_NOT_FOUND, /* discovery found no Compose file; the sink got no finding */
};

struct kps_compose_result {
    enum kps_compose_status status;
    struct kps_sv project;      /* the project's name; empty when unknown */
    const struct kps_sv *files; /* the files read as layers, as shown in locations */
    size_t n_files;
    struct kps_sv error; /* PARTIAL, FAILED: the first error, in one line */
    /*
     * The input is YAML but empty, or without a sign of a Compose file; status is FAILED, `error`
     * has the reason and the sink no finding: the caller knows whether a user named the file.
     */
    bool not_compose;
    kps_origin_id origin; /* not_compose: the start of the file */
    uint32_t n_inactive;  /* services without an enabled profile */
};

struct kps_compose_result kps_compose_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                              const struct kps_env *env,
                                              const struct kps_compose_request *request);

#endif
