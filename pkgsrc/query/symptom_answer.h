#ifndef KPS_QUERY_SYMPTOM_ANSWER_H
#define KPS_QUERY_SYMPTOM_ANSWER_H

#include "diagnose/symptom_finding.h"
#include "machine/machine.h"

/* Answers for the symptoms of a log: the question to the machine, then a finding for each. */

/* Make the question about all ports and containers of the symptoms at once, in the arena. */
void kps_symptom_answer_ask(struct kps_arena *arena, const struct kps_symptom *symptoms, uint32_t n,
                            struct kps_machine_question *ret);

/*
 * Add a finding for each symptom to the ledger's sink. `diagnosis` has its ledger, file, working
 * directory and `looked` set; its port uses are those of the machine, without the requests of the
 * log. `looks_at_files`: the state of a socket file is looked at. To be called once for a ledger.
 */
void kps_symptom_answer_find(struct kps_diagnosis *diagnosis, const struct kps_machine *machine,
                             bool looks_at_files, struct kps_symptom *symptoms, uint32_t n);

#endif
