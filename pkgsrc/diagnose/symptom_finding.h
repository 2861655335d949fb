#ifndef KPS_DIAGNOSE_SYMPTOM_FINDING_H
#define KPS_DIAGNOSE_SYMPTOM_FINDING_H

#include "core/port_use.h"
#include "diagnose/symptom.h"

/*
 * Turn symptoms into findings: the meaning of the message, the holder of the port on this machine,
 * the commands to type, and whether the holder comes back. The caller has collected the machine.
 */
struct kps_diagnosis {
    struct kps_ledger *ledger; /* with the claims of the machine, not linked */
    kps_file_id file;          /* the log, among the files of the ledger's sink */
    struct kps_sv cwd;
    bool looked;        /* the machine was asked; else the answers follow from the messages alone */
    bool knows_engine;  /* the engine answered in full */
    bool engine_failed; /* there is an engine that did not */
    bool knows_sockets; /* all sockets were read */
    /* filled by kps_diagnosis_run */
    kps_netns_id host;
    struct kps_port_uses holdings; /* without the requests of the log itself */
};

/*
 * Settle open protocols by the machine, link the ledger and add a finding for each symptom to its
 * sink. To be called once for a ledger. `ret` has room for `n` findings. The caller adds the state
 * of socket files.
 */
void kps_diagnosis_run(struct kps_diagnosis *diagnosis, struct kps_symptom *symptoms, uint32_t n,
                       struct kps_finding **ret);

#endif
