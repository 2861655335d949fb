#ifndef SYMPTOM_ANSWER_H
#define SYMPTOM_ANSWER_H

#include "diagnose/symptom.h"
#include "session.h"

/*
 * Turn symptoms into findings: the meaning of the message, the holder of the port on this machine,
 * the commands to type, and whether the holder comes back.
 */
struct kps_diagnosis {
    struct kps_session *session;
    kps_file_id file;     /* the log, among the session's files */
    bool looked_at_files; /* socket files may be looked at */
    /* filled by kps_symptom_answer_all */
    kps_netns_id host;
    struct kps_sv cwd;
    bool looked; /* at the machine; else the answers follow from the messages alone */
    struct kps_port_uses holdings; /* if looked; without the requests of the log itself */
};

/*
 * Answer the symptoms: ask the machine about all of their ports at once, settle open protocols,
 * link the ledger and add a finding for each symptom to the session's sink. To be called once for a
 * session.
 */
void kps_symptom_answer_all(struct kps_diagnosis *diagnosis, struct kps_symptom *symptoms,
                            uint32_t n);

#endif
