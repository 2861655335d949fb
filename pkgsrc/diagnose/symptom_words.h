#ifndef KPS_DIAGNOSE_SYMPTOM_WORDS_H
#define KPS_DIAGNOSE_SYMPTOM_WORDS_H

#include "diagnose/symptom.h"
#include "model/ledger.h"

/*
 * The meaning of an error message about a port, and the commands that follow from the message
 * alone. Names of the message are raw in the texts; renderers escape.
 */

/* "port 3000/tcp", "ports 9200-9300/tcp", "a port": in the arena. */
struct kps_sv kps_symptom_port(struct kps_arena *arena, const struct kps_symptom *symptom);

/* The rule that stands for this class of problems; KPS_RULE_NONE where none does. */
enum kps_rule kps_symptom_rule(const struct kps_symptom *symptom);

enum kps_severity kps_symptom_severity(const struct kps_symptom *symptom);

/* The state of a message's port on this machine now. */
enum kps_symptom_now {
    KPS_SYMPTOM_AS_SAID,   /* there are holders, or nobody looked */
    KPS_SYMPTOM_LET_GO,    /* all that could have the port was asked, and nothing has it */
    KPS_SYMPTOM_NO_ENGINE, /* the message is about containers, and no engine could be asked */
};

/* The header sentence of the finding. */
struct kps_sv kps_symptom_message(struct kps_arena *arena, const struct kps_symptom *symptom,
                                  enum kps_symptom_now now);

/* Return whether the holder of the port on this machine matters. */
bool kps_symptom_asks_who(const struct kps_symptom *symptom);

/*
 * Return whether the text comes from inside a container, with ports of its own unless the container
 * uses the network of the host.
 */
bool kps_symptom_is_inside(const struct kps_symptom *symptom);

/*
 * Add the meaning, and the commands that help with any holder. `has_own_ports`: the program runs in
 * a container or pod without the network of the host, as far as known.
 */
void kps_symptom_explain(struct kps_diag *diag, struct kps_finding *finding,
                         const struct kps_symptom *symptom, enum kps_symptom_now now,
                         bool has_own_ports);

/* Return whether the failure is a port in use or an existing socket file. */
bool kps_symptom_is_in_use(const struct kps_symptom *symptom);

/*
 * Explain whose port in use a message from inside an unknown container or pod means. `is_missing`:
 * the engine has no such container.
 */
void kps_symptom_explain_inside(struct kps_diag *diag, struct kps_finding *finding,
                                const struct kps_symptom *symptom, bool is_missing);

#endif
