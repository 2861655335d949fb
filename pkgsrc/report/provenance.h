#ifndef KPS_REPORT_PROVENANCE_H
#define KPS_REPORT_PROVENANCE_H

#include "model/ledger.h"

/*
 * Word the way of a party's value to its place: "'admin' has it from PORT in .env:3, through
 * `extends` of service base at compose.yaml:14:16". Empty for a value simply written there.
 * Escaped.
 */
struct kps_sv kps_provenance_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   const struct kps_party *party);

#endif
