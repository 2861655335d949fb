#ifndef SYMPTOM_ANSWER_H
#define SYMPTOM_ANSWER_H

#include "diagnose/symptom.h"
#include "machine.h"

/*
 * From a symptom to a finding: what the message means, who holds the port now on this machine, what
 * to type, and whether it will come back.
 */
struct kps_clinic {
    struct kps_ledger *ledger;
    kps_file_id file; /* the log, in the ledger's files */
    kps_netns_id host;
    bool looked;          /* at the machine; else the answer follows from the message alone */
    bool looked_at_files; /* --no-host was not given: socket files may be looked at */
    const struct kps_machine *machine; /* if looked */
    struct kps_port_uses holdings;     /* if looked; without the wishes of the log itself */
};

/* What somebody in the log wanted: the owner and a claim for each address, before the ledger is
 * linked. */
struct kps_wish {
    kps_owner_id owner;
    kps_claim_id claim; /* the first; 0: none can be made, the message does not say enough */
};
struct kps_wish kps_symptom_wish(struct kps_clinic *diagnosis, const struct kps_symptom *symptom);

/* The finding, once the ledger is linked and the holdings are there. */
void kps_symptom_answer(struct kps_clinic *diagnosis, const struct kps_symptom *symptom,
                        struct kps_wish wish);

#endif
