#ifndef ASSIGN_PLAN_H
#define ASSIGN_PLAN_H

#include "compose/claims.h"
#include "port_registry.h"
#include "report/assignment.h"
#include "session.h"

/* A port that another checkout of the repository will publish. */
struct kps_sibling_port {
    struct kps_ports ports;
    struct kps_sv service;
    struct kps_sv folder;
};

/* Everything that a plan needs, collected before. */
struct kps_assign_input {
    struct kps_session *session;       /* linked */
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
 * A unit is a variable with the ports that it sets, or a port without a variable; a unit gets one
 * number, or one range of the same width. A unit stays where the environment (for a port without a
 * variable: an override file of --assign) gives its number and nobody else has it: no socket, no
 * container of another folder, no other given project, no sibling. Every other unit gets a new
 * number: the registry's, else the first free one from a hash of folder and unit on. Free is a
 * number that none of these has, no other unit, no other folder of the registry, that the kernel
 * does not reserve, that browsers do not refuse, that is 1024 or above and that a trial bind gets.
 *
 * Texts live in the session's arena. `ret_entries` gets room for one registry entry for each unit.
 * Return: what to report; v[i].last == 0 where the range has no number left.
 */
struct kps_port_plan kps_assign_plan(const struct kps_assign_input *input,
                                     struct kps_port_registry_entry **ret_entries,
                                     size_t *ret_n_entries);

#endif
