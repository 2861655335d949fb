#ifndef KPS_REPORT_ANSWER_H
#define KPS_REPORT_ANSWER_H

#include "report/report.h"

/*
 * The query modes on a terminal and in a pipe; report->query is not NULL.
 */

/* A list of everything: a row for each port in use. */
kps_render kps_answer_table;

/*
 * A block for each requested port: its holder, age, origin, restart and the way to free the port.
 */
kps_render kps_answer_blocks;

/* A line for each port in use: "3000/tcp * held container shop-web-1 (shop/web)". */
kps_render kps_answer_lines;

/* Free ports, each on a line, without any other text: for scripts. */
kps_render kps_answer_free;

#endif
