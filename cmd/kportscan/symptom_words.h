#ifndef SYMPTOM_WORDS_H
#define SYMPTOM_WORDS_H

#include "diagnose/symptom.h"
#include "model/ledger.h"

/*
 * What an error message about a port means, and what to type, as far as that follows from the
 * message alone. The texts are this program's; names out of the message are raw in them, renderers
 * escape.
 */

/* "port 3000/tcp", "ports 9200-9300/tcp", "a port": in the arena. */
struct kps_sv kps_symptom_port(struct kps_arena *arena, const struct kps_symptom *symptom);

/* The rule that stands for this class of problems; KPS_RULE_NONE where none does. */
enum kps_rule kps_symptom_rule(const struct kps_symptom *symptom);

enum kps_severity kps_symptom_severity(const struct kps_symptom *symptom);

/* The header sentence of the finding. */
struct kps_sv kps_symptom_message(struct kps_arena *arena, const struct kps_symptom *symptom);

/* Whether it matters who holds the port on this machine. */
bool kps_symptom_asks_who(const struct kps_symptom *symptom);

/* Whether the text comes from inside a container, whose ports are its own unless it uses the host's
 * network. */
bool kps_symptom_is_inside(const struct kps_symptom *symptom);

/* Add the meaning, and the commands that help whoever holds the port. */
void kps_symptom_explain(struct kps_diag *diag, struct kps_finding *finding,
                         const struct kps_symptom *symptom);

/* Tell whose ports a message from inside a container or pod means, where nothing is known of it.
 * `is_missing`: the engine was asked, and has no such container. */
void kps_symptom_explain_inside(struct kps_diag *diag, struct kps_finding *finding,
                                const struct kps_symptom *symptom, bool is_missing);

#endif
