#ifndef KPS_REPORT_ANSWER_H
#define KPS_REPORT_ANSWER_H

#include "report/report.h"

/*
 * The query modes on a terminal and in a pipe; report->query is not NULL.
 */

/*
 * A block for each requested port: its holder, age, origin, restart and the way to free the port.
 */
kps_render kps_answer_blocks;

/* A line for each row of a list (report/port_list.h): "3000/tcp * held container shop-web-1
 * (shop/web)". */
kps_render kps_answer_lines;

/* The blocks of a question about a cluster (answer_cluster.c): the nodes on which a port is held
 * and by which workload, and those on which it is free. */
kps_render kps_answer_cluster;

/* Print a line "    label         text", wrapped; no line without a text. `text` is escaped. */
void kps_answer_fact(const struct kps_style *style, FILE *out, const char *label,
                     struct kps_sv text);

/* Print the notes of an answer, and the free ports near the one asked for. */
void kps_answer_remarks(const struct kps_report *report, const struct kps_style *style, FILE *out);

/* Free ports, each on a line, without any other text: for scripts. */
kps_render kps_answer_free;

#endif
