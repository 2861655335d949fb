#ifndef CLUSTER_QUESTION_H
#define CLUSTER_QUESTION_H

#include "inquiry.h"

/*
 * Questions about a live cluster or a dump of one (--cluster, --against without inputs): which host
 * ports its pods have on which node, and which node ports its Services have. The answer has the
 * form of the questions about this machine (query.h). A list of everything reports pods that wait
 * for a port (KP404) as well, and these decide its exit code.
 */

/* Return: whether the options ask about a cluster. */
bool kps_cluster_question_is_asked(const struct kps_options *options);

/* Ask, with an open connection or (NULL) a connection for this question. Everything lives in
 * `arena`; end it with kps_query_close. */
void kps_cluster_question_ask(struct kps_inquiry *ret, struct kps_arena *arena,
                              const struct kps_options *options, const struct kps_env *env,
                              const struct kps_cluster_connection *connection);

/* Return: the exit code: 0 somebody has a port asked for, or a list was made; 1 nobody has, or a
 * pod waits for a port (list); 2 the cluster or the dump cannot be used; 3 a list is missing. */
int kps_cluster_question_exit_code(const struct kps_inquiry *inquiry);

/* Print the answer. Return: the exit code. */
int kps_cluster_question(struct kps_arena *arena, const struct kps_options *options,
                         const struct kps_env *env);

/*
 * Return: a user of the port that is in no list of a cluster (a component of the nodes, the
 * settings), so that --free passes the port over; empty: none.
 */
struct kps_sv kps_cluster_question_object(const struct kps_options *options, uint16_t port,
                                          enum kps_protocol protocol);

/* Return: whether the port is among the cluster's node ports. */
bool kps_cluster_question_is_node_port(const struct kps_options *options, uint16_t port);

#endif
