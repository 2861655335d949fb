#include "inputs/options.h"

static const struct kps_kube_taken *ports_of(struct kps_arena *arena,
                                             const struct kps_config_port *ports, size_t n)
{
    struct kps_kube_taken *taken = KPS_NEW_N(arena, struct kps_kube_taken, n);
    for (size_t i = 0; i < n; i++) {
        taken[i] =
            (struct kps_kube_taken){ports[i].first, ports[i].last, ports[i].protocol, ports[i].who};
    }
    return taken;
}

_Static_assert((int)KPS_CONFIG_MOST_SIDECARS <= (int)KPS_KUBE_MOST_INJECTED,
               "every sidecar has its bit");

/* Copy the facts of the cluster, from the file alone. */
static void copy_cluster(struct kps_arena *arena, const struct kps_config *config,
                         struct kps_kube_options *cluster)
{
    struct kps_kube_injected *injected =
        KPS_NEW_N(arena, struct kps_kube_injected, config->n_sidecars);
    for (size_t i = 0; i < config->n_sidecars; i++) {
        const struct kps_config_sidecar *sidecar = &config->sidecars[i];
        injected[i] =
            (struct kps_kube_injected){.name = sidecar->name,
                                       .key = sidecar->key,
                                       .value = sidecar->value,
                                       .ports = ports_of(arena, sidecar->ports, sidecar->n_ports),
                                       .n_ports = sidecar->n_ports};
    }
    cluster->injected = injected;
    cluster->n_injected = config->n_sidecars;
    cluster->reserved = ports_of(arena, config->reserved, config->n_reserved);
    cluster->n_reserved = config->n_reserved;
}

void kps_inputs_configure(struct kps_inputs_options *options, struct kps_arena *arena,
                          const struct kps_config *config)
{
    options->machines = config->machines;
    options->n_machines = config->n_machines;
    copy_cluster(arena, config, &options->cluster);
}
