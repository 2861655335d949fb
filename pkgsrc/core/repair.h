#ifndef KPS_CORE_REPAIR_H
#define KPS_CORE_REPAIR_H

#include "core/suggest.h"
#include "model/ledger.h"

/*
 * Which published ports to change so that nothing clashes any more: the edits behind --diff.
 *
 * Claims whose ports are written at one place (a variable, an anchor, a base of `extends`) are one
 * unit: they move together, tcp and udp alike. Per finding, units are asked in this order, and one
 * that clashes with another that was asked before it moves:
 *   1. what cannot move: it is bound already, or no exact bytes of an editable file hold its port;
 *   2. who publishes the port under which it listens itself (5432:5432), the port's own public
 * meaning;
 *   3. the one written first.
 * So of n parties on one port n - 1 move. A range keeps its width. A new port is one that no claim
 * of the ledger has in any namespace but private ones, no socket of `busy`, that browsers do not
 * refuse, that no other unit gets, and that is 1024 or above; for a node port one of the cluster's
 * range.
 */

/* What there is to know of an input file, by its id - 1. */
struct kps_repair_file {
    kps_file_id same_as; /* the first file that is the same one on disk: itself, mostly */
    struct kps_sv
        why; /* it cannot be edited: "is not below the working directory"; empty: it can */
};

struct kps_repair_scope {
    const struct kps_repair_file *files;      /* as many as ledger->diag->files */
    const struct kps_bound_ports *busy;       /* NULL: sockets were not looked at */
    uint16_t node_port_first, node_port_last; /* of the cluster */
};

/* A finding that stays, and why no number removes it: a clause, "'web' has its port from the
 * environment". */
struct kps_unrepaired {
    const struct kps_finding *finding;
    struct kps_sv why;
};

/* In the ledger's arena. */
struct kps_repair {
    const struct kps_edit *edits; /* by file, then offset; they do not overlap */
    size_t n_edits;
    const struct kps_unrepaired
        *left; /* in the order of the findings; suppressed ones and notes are not among them */
    size_t n_left;
};

/* The findings in ledger->diag are those to be repaired. */
struct kps_repair kps_repair_plan(const struct kps_ledger *ledger,
                                  const struct kps_repair_scope *scope);

#endif
