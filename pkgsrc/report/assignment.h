#ifndef KPS_REPORT_ASSIGNMENT_H
#define KPS_REPORT_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/sv.h"

/* The answer of --assign: numbers for the published ports of one project. Texts are raw. */

/* A number, or a range, for a variable or for one port without a variable. */
struct kps_assigned {
    struct kps_sv variable;       /* of the environment; empty: the override file has the number */
    struct kps_sv service;        /* the first one that publishes it */
    uint16_t first, last;         /* the number to use; both 0: the range has none left */
    uint16_t old_first, old_last; /* the number that the project publishes now */
    bool stays;                   /* both are the same, and nobody else has it */
    struct kps_sv holder;         /* of the old number: "container shop-web-1 of ../shop"; or "" */
    bool is_in_shell; /* the shell sets the variable: a line of a file would have no effect */
};

/* All ports of a service that needs the override file, as `ports` lists them. */
struct kps_assigned_service {
    struct kps_sv name;
    const struct kps_sv *ports; /* "127.0.0.1:34433:5432", "${WEB_PORT:-34081}:80/udp" */
    size_t n_ports;
};

struct kps_port_plan {
    const struct kps_assigned *v;
    size_t n;
    const struct kps_assigned_service *services;
    size_t n_services;
    const struct kps_sv *notes; /* a sentence each: "compose.yaml:7 names localhost:8080" */
    size_t n_notes;
    bool only_checks; /* --check: clashes of the numbers that are in use now */
};

/* First line of every file that --assign writes, and may write again. */
extern const char kps_assignment_mark[];

/*
 * Return: the reason against writing a file: the file exists, and not by --assign. Empty: none. In
 * the arena.
 */
struct kps_sv kps_assignment_file_fault(struct kps_arena *arena, struct kps_sv path);

/*
 * End the last line of standard output before the first one of the answer: `>>.env` finds files
 * without a line break at their end.
 */
void kps_assignment_end_last_line(FILE *out);

#endif
