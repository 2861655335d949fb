#ifndef KPS_ASSIGN_ASSIGN_PLAN_H
#define KPS_ASSIGN_ASSIGN_PLAN_H

#include "assign/port_registry.h"
#include "compose/claims.h"
#include "report/assignment.h"
#include "sys/kernel.h"

/* Units of one project, so that comparing all of them takes at most some seconds. */
enum { KPS_ASSIGN_MOST = 20000 };

/* A port of another checkout of the repository. */
struct kps_sibling_port {
    struct kps_ports ports;
    struct kps_sv service;
    struct kps_sv folder;
};

/* The collected facts for a plan. */
struct kps_assign_input {
    struct kps_ledger *ledger; /* linked, with its claims of this machine */
    const struct kps_env *env;
    struct kps_sv cwd;               /* paths are shown relative to it */
    const struct kps_kernel *kernel; /* the settings of this machine */
    bool probes; /* a trial bind tells more than the sockets: the engine is on this machine */
    /* Return: whether two paths lead to the same folder, through symbolic links too. */
    bool (*is_same_folder)(struct kps_sv a, struct kps_sv b);
    const struct kps_project *project; /* to assign ports for */
    const struct kps_sibling_port *siblings;
    size_t n_siblings;
    const struct kps_port_registry *registry;
    uint16_t range_first, range_last;
    bool is_default_range; /* then the ports of outgoing connections are left out */
    bool only_checks;
};

/*
 * Plan the numbers of the project.
 *
 * A unit is a variable with all its ports, or a port without a variable; a unit gets a number, or a
 * range of the same width. A unit stays where the environment (for a port without a variable: an
 * override file of --assign) gives the number, and the number has no other holder: no socket, no
 * container of another folder, no other given project, no sibling. Every other unit gets a new
 * number: from the registry, else the first free number behind a hash of folder and unit. A free
 * number has none of these holders, belongs to no other unit and no other folder of the registry,
 * is 1024 or above, and passes a trial bind; the kernel does not reserve the number and browsers do
 * not refuse it.
 *
 * Texts live in the arena of the ledger's sink. `ret_entries` gets room for one registry entry for
 * each unit. Return: the answer (only `n` where n is above KPS_ASSIGN_MOST); v[i].last == 0 where
 * the range has no number left.
 */
struct kps_port_plan kps_assign_plan(const struct kps_assign_input *input,
                                     struct kps_port_registry_entry **ret_entries,
                                     size_t *ret_n_entries);

#endif
