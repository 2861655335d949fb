#include "model/input.h"

const char *kps_input_kind_name(enum kps_input_kind kind)
{
    static const char *const kinds[] = {[KPS_INPUT_COMPOSE] = "compose",
                                        [KPS_INPUT_KUBERNETES] = "kubernetes",
                                        [KPS_INPUT_LOG] = "log",
                                        [KPS_INPUT_QUADLET] = "quadlet",
                                        [KPS_INPUT_SOCKET_UNIT] = "systemd-socket",
                                        [KPS_INPUT_KIND] = "kind",
                                        [KPS_INPUT_K3D] = "k3d",
                                        [KPS_INPUT_KUBE_PLAY] = "kube-play",
                                        [KPS_INPUT_STACK] = "swarm-stack"};
    return kinds[kind];
}
