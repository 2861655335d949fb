#ifndef KPS_PLUGIN_HOOK_ANSWER_H
#define KPS_PLUGIN_HOOK_ANSWER_H

#include "base/buf.h"
#include "model/ledger.h"
#include "plugin/docker_command.h"

/*
 * The lines that the hook answers: for each of the first ports with an error its holder and what to
 * do or to type, then a line that points to the rest. Plain text, escaped.
 */
enum {
    KPS_HOOK_PORTS = 3, /* the CLI shows nothing of 12 lines */
    KPS_HOOK_LINE_BYTES = 120,
};

struct kps_hook_answer {
    struct kps_arena *arena;
    const struct kps_docker_command *command; /* that failed */
    struct kps_buf *text;
    unsigned n_lines, n_ports;
    struct kps_sv first_port;  /* of the first finding, for a question */
    struct kps_sv plugin_call; /* "docker kportscan", with the flags that name the engine */
};

/* Return: an empty answer to the command. */
struct kps_hook_answer kps_hook_answer_of(struct kps_arena *arena,
                                          const struct kps_docker_command *command);

/* Drop the findings that are not about ports. */
void kps_hook_answer_drop_others(struct kps_diag *diag);

/* Add the lines of the ledger's errors; `needs_holder`: of those with a holder alone. */
void kps_hook_answer_add(struct kps_hook_answer *answer, const struct kps_ledger *ledger,
                         bool needs_holder);

#endif
