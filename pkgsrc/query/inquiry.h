#ifndef KPS_QUERY_INQUIRY_H
#define KPS_QUERY_INQUIRY_H

#include "kube/collect.h"
#include "machine/machine.h"
#include "report/report.h"

/*
 * A question about the ports of this machine or of a cluster, answered from a ledger as port uses.
 * For this machine the program asks kps_inquiry_question, completes the facts, links the ledger and
 * takes the answer of machine_answer.h; for a cluster, the answer of cluster_answer.h. The answer
 * lives in the ledger's arena.
 */
enum {
    KPS_INQUIRY_NEARBY_PORTS = 3,  /* free ports that an answer names */
    KPS_INQUIRY_NEARBY_RANGE = 64, /* … at most so far above the port of the question */
};

struct kps_inquiry {
    struct kps_ledger *ledger;
    const struct kps_machine *machine;      /* of this machine's questions */
    const struct kps_kube_options *cluster; /* of a cluster's questions: its facts */
    bool no_host;                           /* sockets are left out */
    bool is_brief;                          /* no free ports nearby */
    bool has_failed;                        /* an input or the cluster cannot be used */
    struct kps_query query;                 /* with scope, questions and names: the answer */
};

/* Return: the question to the machine, in the arena. */
struct kps_machine_question kps_inquiry_question(const struct kps_inquiry *inquiry);

/* Add what the answer needs beside the answers of engine and sockets, before the ledger is linked:
 * the ports above a port that is held, and the part of the question that no list answers. */
void kps_inquiry_complete(struct kps_inquiry *inquiry);

/* Return: whether the answer names free ports nearby: for one port, and the ports of one engine. */
bool kps_inquiry_offers_nearby(const struct kps_inquiry *inquiry);

/* Return: whether a question is about the port use, or everything is asked for. */
bool kps_inquiry_is_any_asked(const struct kps_query *query, const struct kps_port_use *use);

/* Return: whether a question is about sockets of SCTP, which no list has. */
bool kps_inquiry_asks_for_sctp(const struct kps_inquiry *inquiry);

/* Return: has the question no names, or is the tenant called by one? */
bool kps_inquiry_is_named(const struct kps_inquiry *inquiry, kps_owner_id tenant);

/* Report in the log the names of the question that nobody in the answer has. */
void kps_inquiry_report_names(const struct kps_inquiry *inquiry);

#endif
