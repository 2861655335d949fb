#ifndef KPS_REPORT_ANSWER_H
#define KPS_REPORT_ANSWER_H

#include "report/report.h"

/*
 * The query modes on a terminal and in a pipe; report->query is not NULL.
 */

/* A list of everything: one row a holding. */
kps_render kps_answer_table;

/* One block for each port that was asked for: who, since when, from where, what restarts it, how to
 * free it. */
kps_render kps_answer_blocks;

/* One line a holding: "3000/tcp * held container shop-web-1 (shop/web)". */
kps_render kps_answer_lines;

/* Free ports, one a line and nothing else: for scripts. */
kps_render kps_answer_free;

#endif
