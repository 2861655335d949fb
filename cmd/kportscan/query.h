#ifndef QUERY_H
#define QUERY_H

#include "machine.h"
#include "options.h"

/*
 * Who holds or will want ports on this machine: asked of the engine and the sockets, answered as
 * holdings. For the query modes, and for whoever else wants to know while it does something else
 * (--watch, --diagnose).
 */
struct kps_inquiry {
    struct kps_arena *arena;
    const struct kps_options *options;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_machine machine;
    struct kps_query query; /* the answer; holds with the inquiry */
};

/*
 * Asks about `questions` (none: everything), as far as the options allow. What could not be asked
 * is in the diag. Everything lives in `arena`; end it with kps_inquiry_free. The inquiry must stay
 * where it is.
 */
void kps_inquire(struct kps_inquiry *ret, struct kps_arena *arena,
                 const struct kps_options *options, const struct kps_env *env,
                 enum kps_query_scope scope, const struct kps_question *questions,
                 size_t n_questions);
void kps_inquiry_free(struct kps_inquiry *inquiry);

/* The report of it, for a renderer. */
struct kps_report kps_inquiry_report(const struct kps_inquiry *inquiry);

/* Exit code (contract/cli): 0 somebody does, or a list was made; 1 nobody does; 3 could not ask. */
int kps_inquiry_verdict(const struct kps_inquiry *inquiry);

/* Whether ports may be tried by a bind (sys/probe.h): not where something is waited for that may be
 * about to bind, with
 * --watch, and with --diagnose, whose log is perhaps being written. */
bool kps_query_may_try(const struct kps_options *options);

/* What the options ask about. */
enum kps_query_scope kps_query_scope_of(const struct kps_options *options);

/* The query modes: --docker, --host, PORT. Writes the answer; what concerns the run goes to stderr.
 * Return: exit code.
 */
int kps_query(struct kps_arena *arena, const struct kps_options *options,
              const struct kps_env *env);

#endif
