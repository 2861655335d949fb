#ifndef KPS_REPORT_PORT_LIST_H
#define KPS_REPORT_PORT_LIST_H

#include "report/report.h"
#include "report/table.h"

/*
 * The list of ports behind every table: of an engine, several engines, this machine, a cluster, or
 * the files of a project (--map). One row a port block (kps_port_uses_join).
 */
enum kps_port_column {
    KPS_PORT_CONTEXT, /* the engine of several; the node of a cluster; the place of a map's port */
    KPS_PORT_FIRST,   /* numbers, in CSV alone */
    KPS_PORT_LAST,
    KPS_PORT_TARGET_FIRST,
    KPS_PORT_TARGET_LAST,
    KPS_PORT_TAKE,
    KPS_PORT_NUMBER, /* "8080", "8000-8099" */
    KPS_PORT_INSIDE, /* "→ 80" */
    KPS_PORT_PROTOCOL,
    KPS_PORT_ADDRESS,
    KPS_PORT_OWNER,
    KPS_PORT_WHERE, /* its project, image, unit, controller */
    KPS_PORT_BASIS, /* "held", "plan", "wish", in CSV alone */
    KPS_PORT_STATE, /* "up", "exited !", "error KP101" */
    KPS_PORT_CLASH, /* "yes" or a rule, in CSV alone */
    KPS_PORT_PLACE, /* of a map: "compose.yaml:6" */
    KPS_PORT_COLUMNS,
};

struct kps_port_row {
    struct kps_port_use use;
    struct kps_sv cells[KPS_PORT_COLUMNS]; /* escaped; empty: unknown or not of this list */
    enum kps_paint paint;                  /* of the state */
    uint32_t order;                        /* its number before --sort */
    char mark;                             /* before the row; '\0': none. For the caller to set */
};

struct kps_port_list {
    const struct kps_report *report;
    struct kps_port_row *rows;
    size_t n;
    size_t n_ports, n_plans, n_contended, n_node_ports; /* ports of the rows: a block has several */
};

/* Make the list of a report in its order (report->sort), in the arena. */
struct kps_port_list kps_port_list_of(struct kps_arena *arena, const struct kps_report *report);

/*
 * Print the list with its engines that gave no ports, its totals, and the values that all rows have
 * in common: a column of several rows that are all the same is left out and said once.
 */
void kps_port_list_text(const struct kps_port_list *list, const struct kps_style *style, FILE *out);

/* Print the list of a report as Markdown. */
void kps_port_list_markdown(const struct kps_report *report, FILE *out);

#endif
