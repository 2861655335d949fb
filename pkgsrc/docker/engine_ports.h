#ifndef KPS_DOCKER_ENGINE_PORTS_H
#define KPS_DOCKER_ENGINE_PORTS_H

#include "docker/engine_json.h"

/* Between the readers of an engine's answers: ports as engines write them. */

/* A host address; "" is every one of both families. Return: false when it is none (*ret is every
 * one then, too). */
bool kps_engine_parse_address(struct kps_sv text, struct kps_addr *ret);

/* "80/tcp", "80", "53/UDP": a port with its protocol. Return: false when it is none (or port 0). */
bool kps_engine_parse_port(struct kps_sv text, uint16_t *ret_port, uint8_t *ret_protocol);

/*
 * Sorts a container's ports, drops what was said twice, joins neighbours (3000->80 and 3001->81 are
 * one entry of width 2) and the two wildcards (0.0.0.0 and :: with the same ports are what was
 * published without an address).
 */
void kps_engine_settle_ports(struct kps_engine_container *container);

#endif
