#ifndef SESSION_H
#define SESSION_H

#include "inputs/gather.h"
#include "machine/machine.h"
#include "options.h"
#include "query/symptom_answer.h"

/* Exit codes (contract/cli). */
enum { KPS_EXIT_CLEAN, KPS_EXIT_FINDINGS, KPS_EXIT_INPUT, KPS_EXIT_NOT_ASKED };

/*
 * One run of a mode, with all collected facts. Each mode takes the same steps: open, collect
 * (inputs with kps_session_gather, the machine with kps_session_ask), link, find the answer,
 * report, close. No facts are collected after linking. A session keeps its address until closed.
 */
struct kps_session {
    struct kps_arena *arena;
    const struct kps_options *options;
    const struct kps_env *env;
    struct kps_diag diag;
    struct kps_ledger ledger; /* reports to `diag` */
    struct kps_gathering gathering;
    struct kps_machine machine;
    const struct kps_report_engine *engines; /* kps_machine_engines */
};

void kps_session_open(struct kps_session *session, struct kps_arena *arena,
                      const struct kps_options *options, const struct kps_env *env);
void kps_session_close(struct kps_session *session);

/* Find and read the inputs of the options, or the project here. */
void kps_session_gather(struct kps_session *session);

/*
 * Collect the machine into the ledger, but for the parts that --no-docker, --no-host and --lint
 * leave out; with -v report the sources on stderr. Return: was the engine or a socket asked for?
 */
bool kps_session_ask(struct kps_session *session, const struct kps_machine_question *question);

/*
 * Read the cluster of --cluster or --against as a question, through an open connection or (NULL)
 * one of its own. Return: how many objects there were.
 */
struct kps_kube_live_counts
kps_session_ask_cluster(struct kps_session *session,
                        const struct kps_cluster_connection *connection);

/*
 * Answer the symptoms of a log, `file` among the session's files, with one question to the machine.
 * To be called once for a session. Return: the port uses of the machine, without the requests of
 * the log.
 */
struct kps_port_uses kps_session_diagnose(struct kps_session *session, kps_file_id file,
                                          struct kps_symptom *symptoms, uint32_t n);

/* Return: a report of the session, for a mode to complete: ledger, inputs, engine, folders. */
struct kps_report kps_session_report(const struct kps_session *session, const char *mode);

/* Print a finding as a line of the log: its place and its message. */
void kps_session_log_finding(const struct kps_session *session, const struct kps_finding *finding);

/* Report on stderr the findings about the run itself, where standard output has no place for them.
 */
void kps_session_report_faults(const struct kps_session *session);

/*
 * Write a report where the options say; `spares_stdout`: to files alone. Return: false with the
 * reason on stderr.
 */
bool kps_session_deliver(const struct kps_report *report, const struct kps_options *options,
                         const struct kps_env *env, bool spares_stdout);

/* Write the report; the faults of a list without findings go to stderr. Return: `code`, or
 * KPS_EXIT_INPUT with the reason on stderr. */
int kps_session_write(const struct kps_session *session, const struct kps_report *report, int code);

#endif
