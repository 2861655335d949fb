#ifndef QUERY_H
#define QUERY_H

#include "query/inquiry.h"
#include "session.h"

/*
 * The query modes: --docker, --host and PORT ask this machine; --cluster, or --against without
 * inputs, asks a live cluster or a dump of one. A list of everything in a cluster reports pods that
 * wait for a port (KP404) as well, and these decide its exit code.
 */
struct kps_asked {
    struct kps_session session;
    struct kps_inquiry inquiry; /* lives as long as the session */
};

/* Return: whether the options ask about a cluster. */
bool kps_query_is_of_cluster(const struct kps_options *options);

/*
 * Ask the question of the options; of a cluster through an open connection or (NULL) a connection
 * for this question. Failures are findings in the session's sink. Everything lives in `arena`; end
 * it with kps_session_close.
 */
void kps_query_ask(struct kps_asked *ret, struct kps_arena *arena,
                   const struct kps_options *options, const struct kps_env *env,
                   const struct kps_cluster_connection *connection);

/* Return: the report of the answer, for a renderer. */
struct kps_report kps_query_report(const struct kps_asked *asked);

/*
 * Return: the exit code (contract/cli): 0 somebody has a port asked for, or a list was made; 1
 * nobody has, or a pod waits for a port (list of a cluster); 2 the cluster or the dump cannot be
 * used; 3 a source could not be asked.
 */
int kps_query_exit_code(const struct kps_asked *asked);

/* Answer a query mode. Lines about the run go to stderr. Return: the exit code. */
int kps_query(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
