#ifndef KPS_QUERY_PORT_ARGUMENT_H
#define KPS_QUERY_PORT_ARGUMENT_H

#include "base/arena.h"
#include "base/compiler.h"
#include "report/report.h"

/*
 * A PORT of the command line, in two kinds of forms:
 *
 *   plain:  3000  3000/udp  3000-3010  127.0.0.1:3000  [::1]:3000/tcp
 *   pasted: :3000  *:3000  localhost:3000  tcp/3000  3000:80 (a mapping: the host side)
 *           127.0.0.1:3000:80  http://localhost:3000/path  tcp://127.0.0.1:3000
 *           0.0.0.0:3000->80/tcp (from 'docker ps')
 *
 * A pasted form is a port only where no file has that name. Lists ("3000,5432") are split by the
 * caller.
 */
enum kps_port_form { KPS_PORT_FORM_NONE, KPS_PORT_FORM_PLAIN, KPS_PORT_FORM_PASTED };

/* Return: the form of an argument; also with numbers out of range. */
enum kps_port_form kps_port_argument_form(struct kps_sv argument);

/*
 * Parse an argument with a form. Return: true; false with *ret_error for a number outside
 * 1-65535, a range with its end before its start, and a URL of another host.
 */
KPS_MUST_USE bool kps_port_argument_parse(struct kps_arena *arena, struct kps_sv argument,
                                          struct kps_question *ret, struct kps_sv *ret_error);

#endif
