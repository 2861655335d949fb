#ifndef KPS_INPUTS_PLACEMENT_H
#define KPS_INPUTS_PLACEMENT_H

#include "inputs/jobs.h"

/*
 * The machines of the settings (`machines:`): which project runs where. Each machine is a site of
 * the ledger with a HOST namespace of its own, so that the detection compares the projects of one
 * machine with each other and with its engine, and with nothing else.
 */

/* Add the machines as the first sites of the ledger, in the order of the settings. */
void kps_placement_add_sites(struct kps_ledger *ledger, const struct kps_inputs_options *options);

/*
 * Put each job on the machine that has its file or folder, by the longest input. An alternative
 * beside a project of a folder (see struct kps_job) is put there only where it is named itself.
 */
void kps_placement_put(struct kps_jobs *jobs, const struct kps_ledger *ledger);

/* Name the machine in each finding of its projects. */
void kps_placement_name_machines(struct kps_ledger *ledger);

/* Warn about inputs of machines that do not exist: the projects that were meant stay unrelated. */
void kps_placement_check_inputs(struct kps_diag *diag, const struct kps_config_machine *machine);

#endif
