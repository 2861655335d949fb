#ifndef KPS_ARGUMENTS_PORT_ARGUMENT_H
#define KPS_ARGUMENTS_PORT_ARGUMENT_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/vec.h"
#include "report/report.h"

/*
 * A PORT of the command line, in two kinds of forms:
 *
 *   plain:  3000  3000/udp  3000-3010  127.0.0.1:3000  [::1]:3000/tcp
 *   pasted: :3000  *:3000  localhost:3000  tcp/3000  3000:80 (a mapping: the host side)
 *           127.0.0.1:3000:80  http://localhost:3000/path  tcp://127.0.0.1:3000
 *           0.0.0.0:3000->80/tcp (from 'docker ps')  127.0.0.53%lo:53 (from 'ss')
 *
 * A pasted form and a list ("3000,5432") are ports only where no file has that name.
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

/* Ports of several arguments; end with kps_vec_free on the list. */
struct kps_port_arguments {
    KPS_VEC(struct kps_question) list;
};

/* Return: whether a word of the command line is a PORT, or a list of them. */
bool kps_port_argument_is(struct kps_arena *arena, struct kps_sv argument);

/* Parse a PORT or a list of them. Return: true; false with *ret_error. */
KPS_MUST_USE bool kps_port_argument_add(struct kps_arena *arena, struct kps_sv argument,
                                        struct kps_port_arguments *ret, struct kps_sv *ret_error);

#endif
