#ifndef KPS_QUERY_MACHINE_ANSWER_H
#define KPS_QUERY_MACHINE_ANSWER_H

#include "query/inquiry.h"

/* Answer from the linked ledger of this machine: the holders, free ports nearby, notes. */
void kps_machine_answer_find(struct kps_inquiry *inquiry);

#endif
