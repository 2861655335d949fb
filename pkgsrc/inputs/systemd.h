#ifndef KPS_INPUTS_SYSTEMD_H
#define KPS_INPUTS_SYSTEMD_H

#include "inputs/jobs.h"

/*
 * --systemd: add the socket units and Quadlets of this machine, with their drop-ins,
 * from the search path of systemd's system manager (systemd.unit(5)) and of Podman's generator
 * (podman-systemd.unit(5)). SYSTEMD_UNIT_PATH and QUADLET_UNIT_DIRS replace them as they do there.
 * The first of two files with one name counts, a link to /dev/null and an empty file mask a unit,
 * a link to another unit is an alias. A unit is enabled when a `.wants`, `.requires` or `.upholds`
 * folder has it, a Quadlet when its [Install] section names a unit.
 */
void kps_inputs_add_systemd(struct kps_jobs *jobs);

#endif
