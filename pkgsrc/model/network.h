#ifndef KPS_MODEL_NETWORK_H
#define KPS_MODEL_NETWORK_H

#include <stdbool.h>

#include "base/sv.h"

/* Options of a bridge network, in files and on an engine. */
#define KPS_NETWORK_HOST_BINDING "com.docker.network.bridge.host_binding_ipv4"
#define KPS_NETWORK_GATEWAY_MODE4 "com.docker.network.bridge.gateway_mode_ipv4"
#define KPS_NETWORK_GATEWAY_MODE6 "com.docker.network.bridge.gateway_mode_ipv6"

/* A network of an engine, as far as it decides on published ports. */
struct kps_network {
    struct kps_sv name;
    struct kps_sv host_binding; /* the address of ports published without one; empty: every one */
    bool publishes;             /* not internal, macvlan or ipvlan (spec compose §4) */
    bool routes4, routes6;      /* engines from 27 on publish no host port of the family */
};

#endif
