#ifndef SYMPTOM_ANSWER_H
#define SYMPTOM_ANSWER_H

#include "diagnose/symptom.h"
#include "session.h"

/*
 * Answer the symptoms of a log, `file` among the session's files: ask the machine about all of
 * their ports at once, and add a finding for each to the session's sink. To be called once for a
 * session. Return: the port uses of the machine, without the requests of the log.
 */
struct kps_port_uses kps_symptom_answer(struct kps_session *session, kps_file_id file,
                                        struct kps_symptom *symptoms, uint32_t n);

#endif
