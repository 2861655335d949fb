#ifndef KPS_CORE_FINGERPRINT_H
#define KPS_CORE_FINGERPRINT_H

#include "model/ledger.h"

/*
 * What makes a finding the same one in the next run: rule, parties (kind, group, name; in any
 * order, each once), port and protocol. Not lines, not the order of files, not a group that is
 * called like the folder where somebody happened to check it out. A finding that means no port adds
 * its message, else all faults of one owner would look alike. FNV-1a, 64 bits; the same on every
 * machine.
 */
uint64_t kps_fingerprint(const struct kps_ledger *ledger, const struct kps_finding *finding);

/* Fills the fingerprint of every finding in the ledger's sink. */
void kps_fingerprint_all(struct kps_ledger *ledger);

#endif
