#ifndef KPS_CORE_FINGERPRINT_H
#define KPS_CORE_FINGERPRINT_H

#include "model/ledger.h"

/*
 * The fingerprint recognises a finding in the next run: rule, parties (kind, group, name; in any
 * order, each once), port and protocol. Not lines, not the order of files, not a group with the
 * name of its folder, which differs between checkouts. A finding without a port adds its message,
 * else all faults of an owner would look alike. FNV-1a, 64 bits; the same on every machine.
 */
uint64_t kps_fingerprint(const struct kps_ledger *ledger, const struct kps_finding *finding);

/* Fill the fingerprint of every finding in the ledger's sink. */
void kps_fingerprint_all(struct kps_ledger *ledger);

#endif
