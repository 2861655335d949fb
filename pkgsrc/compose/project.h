#ifndef KPS_COMPOSE_PROJECT_H
#define KPS_COMPOSE_PROJECT_H

#include "compose/loader.h"
#include "compose/port_spec.h"

/*
 * The merged tree, read for its bearing on ports: the services `up` starts, how often, in which
 * network namespace, and their published ports.
 */
enum kps_network_mode {
    KPS_NET_BRIDGE, /* default, bridge, a named network: ports are published */
    KPS_NET_HOST, /* the host's own namespace: `ports` are discarded, the process binds on the host
                   */
    KPS_NET_NONE, /* `ports` are ignored */
    KPS_NET_SERVICE,   /* shares another service's namespace: `ports` and `expose` are forbidden */
    KPS_NET_CONTAINER, /* shares some container's namespace: the same */
    KPS_NET_INTERNAL,  /* only networks with `internal: true`: no port is published */
};

struct kps_service_port;

/* Facts that few entries of `ports` have: apart, as a project may have 80,000 entries. */
struct kps_port_extra {
    /* Texts of the long syntax that are another key to Compose than the plain number and protocol;
     * empty: they are plain. */
    struct kps_sv published, protocol;
    /* The variable whose value, or default, is the published port and nothing else; empty: none, or
     * the container port comes from the same one. */
    struct kps_sv variable;
    kps_origin_id target_variable; /* the variable of the container port; 0: none */
    const struct kps_service_port
        *same; /* a duplicate dropped by Compose, or a range cut for this entry; NULL: none */
};

/* An entry of `ports` after Compose's rules, and its place. */
struct kps_service_port {
    struct kps_port port;
    struct kps_span
        span; /* [IP:]HOST of the short syntax, the published scalar of the long syntax */
    struct kps_span
        published; /* exactly the bytes of the published port, for an edit; len 0 when not exact */
    kps_origin_id origin; /* `span`, and the steps to its place */
    bool is_long;
    bool published_is_int; /* long syntax with an int: another key to Compose (spec §1.4) */
    bool is_part;          /* of a range that another entry cut */
    bool is_host_mode;     /* of a stack: `mode: host`, a port of the node and not of the swarm */
    const struct kps_port_extra *extra; /* NULL: none; see kps_compose_project_extra */
};

struct kps_service {
    struct kps_sv name;
    const struct kps_ynode
        *node;         /* the merged mapping; read through kps_compose_project_edge and _given */
    uint64_t key_bits; /* which keys it may have */
    const struct kps_ynode *key; /* the name, where written */
    kps_origin_id via; /* how the service came into the project; 0 = written in its file */
    enum kps_network_mode mode;
    struct kps_sv mode_text;           /* network_mode as given; empty when not */
    const struct kps_ynode *mode_node; /* its scalar, or NULL */
    uint32_t shares; /* KPS_NET_SERVICE: index of the other service; UINT32_MAX = there is none */
    struct kps_sv container;    /* KPS_NET_CONTAINER: the container's name */
    struct kps_sv bind_address; /* host_binding_ipv4 of its network; empty = none */
    /* The external networks through which alone the service publishes: the engine knows their kind.
     * None: the files decide. */
    const struct kps_sv *external_networks;
    size_t n_external_networks;
    bool may_have_ipv6; /* a network of the service has, or is external and may have, IPv6 */
    bool is_routed4, is_routed6; /* all its networks route the family: no host port of it */
    struct kps_sv image;
    uint32_t replicas;
    const struct kps_ynode *replicas_node; /* where the number is written; NULL = 1 by default */
    const struct kps_ynode
        *refused_replicas;      /* the number, where Compose refuses the number; else NULL */
    bool has_distinct_replicas; /* `scale` and `deploy.replicas` differ */
    bool is_scaled;             /* --scale gave the number, whatever the file says */
    bool is_provided;           /* by a `provider`: no container is started */
    const struct kps_service_port *ports;
    uint32_t n_ports;
    const uint32_t *depends_on; /* indexes of services to start before */
    uint32_t n_depends_on;
    bool enabled;     /* by its profiles */
    bool selected;    /* enabled and to be started by `up` */
    bool is_replaced; /* as it stands below a later layer (replaced.h) */
};

/* A number of replicas given to a service on the command line (`up --scale web=3`). */
struct kps_compose_scale {
    struct kps_sv service;
    uint32_t replicas;
};

struct kps_project {
    struct kps_loader *loader;
    struct kps_sv name;
    bool is_name_of_folder;  /* nobody gave it one */
    struct kps_sv directory; /* absolute */
    bool is_stack;           /* for `docker stack deploy` (stack.h) */
    const struct kps_ynode *root;
    struct kps_service *services;
    uint32_t n_services;
    uint32_t n_ports;    /* entries of `ports` read so far, of all services */
    bool too_many_ports; /* KPS_LIMIT_PROJECT_PORTS was met, and reported */
    struct kps_map by_name;
};

/* Return the rare facts of a port; all are empty where there are none. */
const struct kps_port_extra *kps_compose_project_extra(const struct kps_service_port *entry);

/* Return: is the value true, or a text that Compose casts to true (spec compose §2.1)? */
bool kps_compose_is_true(const struct kps_ynode *node);

/* Return the edge of a key of the service; NULL for a missing key. */
const struct kps_yedge *kps_compose_project_edge(const struct kps_service *service,
                                                 struct kps_sv key);
/* Return the value of a key, resolved; NULL for a missing or null value. */
const struct kps_ynode *kps_compose_project_given(const struct kps_service *service,
                                                  const char *key);
/* The same of any mapping; NULL for NULL too. */
const struct kps_ynode *kps_compose_given(const struct kps_ynode *map, const char *key);

/*
 * Call `add` for each service that links, volumes_from or a shared namespace make a dependency
 * (compose-go loader/normalize.go); `at`: where it is written.
 */
typedef void kps_compose_project_dependency(void *context, const struct kps_ynode *at,
                                            struct kps_sv name);
void kps_compose_project_each_implied(const struct kps_service *service,
                                      kps_compose_project_dependency *add, void *context);

/* Fill services from root: mode, replicas, profiles, depends_on. Ports are left to
 * kps_compose_ports_read. */
void kps_compose_project_read(struct kps_project *project);

/* Give services the replicas of `up --scale`, after reading. Unknown services are reported. */
void kps_compose_project_scale(struct kps_project *project, const struct kps_compose_scale *scales,
                               size_t n);

/*
 * Choose the services `up` starts (spec compose §3.5): services enabled by `profiles` ("*": all);
 * with `targets`, the named services (with their profiles) and their dependencies. Unknown targets
 * are reported.
 */
void kps_compose_project_select(struct kps_project *project, const struct kps_sv *profiles,
                                size_t n_profiles, const struct kps_sv *targets, size_t n_targets);

#endif
