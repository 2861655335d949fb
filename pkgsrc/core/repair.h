#ifndef KPS_CORE_REPAIR_H
#define KPS_CORE_REPAIR_H

#include "core/suggest.h"
#include "model/ledger.h"

/*
 * Which published ports to change so that nothing clashes any more: the edits behind --diff.
 *
 * Claims whose ports are written at the same place (a variable, an anchor, a base of `extends`) are
 * a unit: they move together, tcp and udp alike. In a finding, units are asked in this order, and a
 * unit that clashes with an earlier unit moves:
 *   1. what cannot move: it is bound already, or no exact bytes of an editable file hold its port;
 *   2. who publishes the port under which it listens itself (5432:5432), the port's own public
 * meaning;
 *   3. the one written first.
 * So of n parties on a port n - 1 move. A range keeps its width. A text that refers to a variable
 * (Q=${P}) gives way to a number: the claim's new one, or where only the variable moves, its
 * present one. A place of which a finding's advice has an edit gets the port of that edit. A new
 * port has no claim of the ledger in any namespace but private ones and no socket of `busy`, is not
 * refused by browsers, not given to another unit, and 1024 or above; for a node port in the
 * cluster's range.
 */

/* The facts of an input file, by its id - 1. */
struct kps_repair_file {
    kps_file_id same_as; /* the first of the same files on disk: itself, mostly */
    struct kps_sv why;   /* the reason against an edit: "is not below the working directory"; empty:
                            can be edited */
};

struct kps_repair_scope {
    const struct kps_repair_file *files;      /* as many as ledger->diag->files */
    const struct kps_bound_ports *busy;       /* NULL: sockets were not looked at */
    uint16_t node_port_first, node_port_last; /* of the cluster */
};

/* A finding that stays, and the reason: a clause, "'web' has its port from the environment". */
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

/* Plan the repair of the findings in ledger->diag. */
struct kps_repair kps_repair_plan(const struct kps_ledger *ledger,
                                  const struct kps_repair_scope *scope);

#endif
