#include "diagnose/symptom.h"

const char *kps_symptom_kind_name(enum kps_symptom_kind kind)
{
    static const char names[][16] = {
        [KPS_SYMPTOM_IN_USE] = "in-use",
        [KPS_SYMPTOM_MOVED] = "moved",
        [KPS_SYMPTOM_ENGINE_IN_USE] = "engine-in-use",
        [KPS_SYMPTOM_ALLOCATED] = "allocated",
        [KPS_SYMPTOM_EXHAUSTED] = "exhausted",
        [KPS_SYMPTOM_UNAVAILABLE] = "unavailable",
        [KPS_SYMPTOM_SWARM_INGRESS] = "swarm-ingress",
        [KPS_SYMPTOM_SWARM_NODE] = "swarm-node",
        [KPS_SYMPTOM_POD_PENDING] = "pod-pending",
        [KPS_SYMPTOM_POD_REFUSED] = "pod-refused",
        [KPS_SYMPTOM_NODE_PORT] = "node-port",
        [KPS_SYMPTOM_NODE_PORT_RANGE] = "node-port-range",
        [KPS_SYMPTOM_PRIVILEGED] = "privileged",
        [KPS_SYMPTOM_FORBIDDEN] = "forbidden",
        [KPS_SYMPTOM_NO_ADDRESS] = "no-address",
        [KPS_SYMPTOM_SOCKET_FILE] = "socket-file",
        [KPS_SYMPTOM_REFUSED] = "refused",
    };
    return names[kind];
}
