#ifndef KPS_CORE_SETTINGS_H
#define KPS_CORE_SETTINGS_H

#include <stddef.h>

#include "model/ledger.h"

/* Ports, both ends included. */
struct kps_span_of_ports {
    uint16_t first, last;
};

/* What a machine's settings mean for ports that are asked for there, whether anybody has them or
 * not. */
struct kps_settings {
    /* From these the kernel takes ports for outgoing connections, but for the reserved ones. last
     * 0: not known */
    struct kps_span_of_ports ephemeral;
    const struct kps_span_of_ports *reserved;
    size_t n_reserved;
    /* Whoever will bind them may not bind ports below this one. 0: it may bind all */
    uint16_t privileged_below;
};

/*
 * KP304 and KP305 for what owners that ask want on the HOST: fixed ports, each owner's group (a
 * project) one finding a rule. For a linked ledger.
 */
void kps_judge_settings(struct kps_ledger *ledger, const struct kps_settings *settings);

#endif
