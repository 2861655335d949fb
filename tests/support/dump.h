#ifndef SUPPORT_DUMP_H
#define SUPPORT_DUMP_H

#include "model/ledger.h"

/*
 * The claims of a ledger as text, one a line in ledger order, to be compared or read by a script:
 *   container web held certain *:8080->80/tcp
 *   container db plan possible 127.0.0.1:8000-8010(1)->80/tcp
 * "*" is every address, "any" a port that is not fixed, (1) how many of a range are needed when not
 * all, "guess" behind a claim that is only concluded, "in <name>" behind one in a namespace other
 * than the host's.
 */
struct kps_sv dump_claims(struct kps_arena *arena, const struct kps_ledger *ledger);

#endif
