#ifndef KPS_COMPOSE_PROJECT_H
#define KPS_COMPOSE_PROJECT_H

#include "compose/loader.h"
#include "compose/port_spec.h"

/*
 * The merged tree, read for what bears on ports: which services `up` starts, how often, in which
 * network namespace, and what they publish.
 */
enum kps_network_mode {
    KPS_NET_BRIDGE, /* default, bridge, a named network: ports are published */
    KPS_NET_HOST, /* the host's own namespace: `ports` are discarded, the process binds on the host
                   */
    KPS_NET_NONE, /* `ports` are ignored */
    KPS_NET_SERVICE,   /* shares another service's namespace: `ports` and `expose` are forbidden */
    KPS_NET_CONTAINER, /* shares some container's namespace: the same */
    KPS_NET_INTERNAL,  /* only networks with `internal: true`: nothing is published */
};

/* One entry of `ports` after Compose's rules, and where it stands. */
struct kps_service_port {
    struct kps_port port;
    struct kps_span span; /* [IP:]HOST of the short syntax, the published scalar of the long one */
    struct kps_span
        published; /* exactly the bytes of the published port, for an edit; len 0 when not exact */
    kps_origin_id origin; /* `span` and how it came there */
    bool is_long;
    bool published_is_int; /* long syntax with an int: another key to Compose (spec §1.4) */
    struct kps_sv
        odd_published; /* the text of `published` where it is not just the number; else empty */
    struct kps_sv protocol_text;
    kps_origin_id target_variable; /* that the container port comes from; 0: none */
    const struct kps_service_port
        *same; /* a duplicate that Compose dropped, or a range that it cut for this; NULL: none */
};

struct kps_service {
    struct kps_sv name;
    const struct kps_ynode
        *node;         /* the merged mapping; read it through kps_service_edge and _given */
    uint64_t key_bits; /* which keys it may have */
    const struct kps_ynode *key; /* the name where it is written */
    kps_origin_id via; /* how the service came into the project; 0 = written in its file */
    enum kps_network_mode mode;
    struct kps_sv mode_text;           /* network_mode as given; empty when not */
    const struct kps_ynode *mode_node; /* its scalar, or NULL */
    uint32_t shares; /* KPS_NET_SERVICE: index of the other service; UINT32_MAX = there is none */
    struct kps_sv container;    /* KPS_NET_CONTAINER: the container's name */
    struct kps_sv bind_address; /* host_binding_ipv4 of its network; empty = none */
    bool may_have_ipv6;         /* one of its networks has, or is external and may have, IPv6 */
    struct kps_sv image;
    uint32_t replicas;
    const struct kps_ynode *replicas_node; /* where the number is written; NULL = 1 by default */
    const struct kps_service_port *ports;
    uint32_t n_ports;
    const uint32_t *depends_on; /* indexes of services that are started before */
    uint32_t n_depends_on;
    bool enabled;  /* by its profiles */
    bool selected; /* enabled and among what `up` would start */
};

struct kps_project {
    struct kps_loader *loader;
    struct kps_sv name;
    bool is_name_of_folder;  /* nobody gave it one */
    struct kps_sv directory; /* absolute */
    const struct kps_ynode *root;
    struct kps_service *services;
    uint32_t n_services;
    uint32_t n_ports;    /* entries of `ports` read so far, of all services */
    bool too_many_ports; /* KPS_LIMIT_PROJECT_PORTS was met, and reported */
    struct kps_map by_name;
};

/* The edge of a key of the service; NULL when it is not there. */
const struct kps_yedge *kps_service_edge(const struct kps_service *service, struct kps_sv key);
/* The value of a key, resolved; NULL when it is not there or null. */
const struct kps_ynode *kps_service_given(const struct kps_service *service, struct kps_sv key);

/* Fills services from root: mode, replicas, profiles, depends_on. Ports are left to
 * kps_compose_read_ports. */
void kps_compose_read_project(struct kps_project *project);

/*
 * Chooses what `up` starts (spec compose §3.5): services enabled by `profiles` ("*": all); when
 * `targets` are named, those (with their profiles) and what they depend on. Unknown targets are
 * reported.
 */
void kps_compose_select(struct kps_project *project, const struct kps_sv *profiles,
                        size_t n_profiles, const struct kps_sv *targets, size_t n_targets);

/* Reads `ports` of one service: parses, reports (KP109, KP904), removes what Compose removes as
 * duplicates (§1.4). */
void kps_compose_read_ports(struct kps_project *project, struct kps_service *service,
                            kps_origin_id services_via);

/*
 * Applies Compose's rule for duplicates to the entries of one service, in the order they were
 * written. *ports is changed in place, or replaced by a new list in the arena when a range had to
 * be cut.
 */
void kps_compose_drop_duplicates(struct kps_arena *arena, struct kps_service_port **ports,
                                 uint32_t *n);

/*
 * Turns the selected services into owners and claims in the ledger; and into its `joined` and
 * `image_ports_pending` what only an engine and a kernel can tell (model/ledger.h).
 */
void kps_compose_make_claims(struct kps_project *project, struct kps_sv world);

/*
 * Notes what Compose refuses for reasons that have nothing to do with ports (KP905): of the project
 * as a whole, and of each service with the result. A service is best checked when it has just been
 * read: its nodes are at hand.
 */
struct kps_compose_checks;
struct kps_compose_checks *kps_compose_check_project(struct kps_project *project);
void kps_compose_check_service(struct kps_compose_checks *checks,
                               const struct kps_service *service);

/* The part of it about services that depend on each other in a circle. */
void kps_compose_check_cycles(struct kps_project *project);

/*
 * Notes ports whose variable newer Compose would take from the .env of the working directory
 * (KP908). For projects that use the default .env and lie elsewhere.
 */
void kps_compose_note_newer_env(struct kps_project *project);

/* An unset variable in a value that bears on ports: KP904, once per value. */
void kps_compose_note_unset(struct kps_loader *loader, const struct kps_ynode *scalar,
                            const char *consequence);

/*
 * An origin for a place in the model: `span`, then the steps of the edges passed on the way (the
 * innermost first), an ALIAS step for every alias, and the VARIABLE step of the text, if any.
 * `path`: its way in the tree of its file
 * ("services.web.ports[0]"); empty: not known.
 */
struct kps_trail {
    kps_origin_id steps[8]; /* innermost first */
    uint32_t n;
};
kps_origin_id kps_compose_origin(struct kps_loader *loader, struct kps_span span,
                                 const struct kps_trail *trail, kps_origin_id variable,
                                 struct kps_sv path);

#endif
