#ifndef QUERY_H
#define QUERY_H

#include "inquiry.h"

/*
 * Ask about `questions` (none: everything), as far as the options allow. Failures are findings in
 * the session's sink. Everything lives in `arena`; end it with kps_query_close.
 */
void kps_query_ask(struct kps_inquiry *ret, struct kps_arena *arena,
                   const struct kps_options *options, const struct kps_env *env,
                   enum kps_query_scope scope, const struct kps_question *questions,
                   size_t n_questions);
void kps_query_close(struct kps_inquiry *inquiry);

/* Return: the report of the answer, for a renderer. */
struct kps_report kps_query_report(const struct kps_inquiry *inquiry);

/* Return: the exit code (contract/cli): 0 a port is held, or a list was made; 1 none is held; 3
 * could not ask. */
int kps_query_exit_code(const struct kps_inquiry *inquiry);

/* Return: has the question no names, or is the tenant called by one? */
bool kps_query_names(const struct kps_inquiry *inquiry, kps_owner_id tenant);

/* Report on stderr the names of the question that nobody in the list has. */
void kps_query_report_names(const struct kps_inquiry *inquiry);

/* Return: the scope of the options. */
enum kps_query_scope kps_query_scope_of(const struct kps_options *options);

/* Answer the query modes: --docker, --host, PORT. Lines about the run go to stderr. Return: the
 * exit code. */
int kps_query(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
