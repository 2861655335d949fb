#ifndef KPS_CORE_KERNEL_SETTINGS_H
#define KPS_CORE_KERNEL_SETTINGS_H

#include <stddef.h>

#include "model/ledger.h"
#include "model/local_addrs.h"
#include "model/ports.h"

/* The consequences of a machine's settings for requested ports, in use or not. */
struct kps_kernel_settings {
    /* The kernel takes the ports of outgoing connections from here, except the reserved ones. last
     * 0: unknown */
    struct kps_port_range ephemeral;
    const struct kps_port_range *reserved;
    size_t n_reserved;
    /* the later binder may not bind ports below. 0: all ports are allowed */
    uint16_t privileged_below;
    /* The addresses of the machine; NULL: not known, or the engine runs elsewhere. */
    const struct kps_local_addrs *addresses;
};

/*
 * Report KP304, KP305 and KP308 for ports that files request on the HOST: of fixed ports one
 * finding for each owner's group (a project) and rule, of addresses one finding for each group and
 * address. For a linked ledger.
 */
void kps_kernel_settings_judge(struct kps_ledger *ledger,
                               const struct kps_kernel_settings *settings);

/* Add the command that lets every program use the ports from this one on. */
void kps_kernel_settings_advise_unprivileged(struct kps_finding *finding, uint16_t port);

#endif
