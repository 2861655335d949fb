#ifndef PORT_ARGUMENT_H
#define PORT_ARGUMENT_H

#include "base/arena.h"
#include "report/report.h"

/* A PORT of the command line: "3000", "3000/udp", "127.0.0.1:3000", "[::1]:3000/tcp", "3000-3010".
 */

/* Whether an argument is meant as one, and not as an input: well-formed, also when its numbers are
 * no ports. */
bool kps_port_argument_is(struct kps_sv argument);

/*
 * Reads an argument that kps_port_argument_is. Return: true; false with *ret_error for a number
 * outside 1-65535 and a range that ends before it begins.
 */
bool kps_port_argument_parse(struct kps_arena *arena, struct kps_sv argument,
                             struct kps_question *ret, struct kps_sv *ret_error);

#endif
