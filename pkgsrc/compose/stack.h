#ifndef KPS_COMPOSE_STACK_H
#define KPS_COMPOSE_STACK_H

#include "compose/project.h"
#include "model/conflict.h"
#include "model/ledger.h"

/*
 * Files for `docker stack deploy`. A published port is one of two kinds: an ingress port belongs to
 * one service of the whole swarm, however many replicas the service has; with `mode: host` each
 * task takes the port of its own node. The host IP of a port is ignored. The rules and the words
 * were seen with managers 20.10.24 and 28.5.2 and with `docker stack config` 28.5.
 */

/* Return: is the owner a service of a stack file? */
bool kps_compose_stack_is(const struct kps_owner *owner);

/* Report keys that make `docker stack deploy` refuse the file (KP909), and the ports of a service
 * with `endpoint_mode: dnsrr` (KP106). */
void kps_compose_stack_check(const struct kps_project *project);

/*
 * Describe a conflict whose first claim is of a stack. Sets the severity and certainty too, as
 * these depend on the modes of the ports.
 */
void kps_compose_stack_describe(struct kps_ledger *ledger, const struct kps_conflict *conflict,
                                struct kps_finding *finding);

/*
 * Join the stacks with the swarm, after the engine was asked and before the ledger is linked. With
 * a manager each service of a file stands for the swarm's service of its name: that of the stack
 * `name` (-p), or without a name that of the only stack with such a service on the same port.
 * Without a manager here the stacks are for another machine, and their claims leave this one; those
 * of a machine of the settings (`site`) stay.
 */
void kps_compose_stack_settle(struct kps_ledger *ledger, uint32_t site, bool is_manager,
                              struct kps_sv name);

#endif
