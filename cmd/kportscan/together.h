#ifndef TOGETHER_H
#define TOGETHER_H

#include "session.h"

/*
 * Name, on stderr, two projects below a folder whose ports would meet if all of them ran on one
 * machine (--together). Projects below a folder are judged apart otherwise. For a linked ledger.
 */
void kps_together_hint(struct kps_session *session);

#endif
