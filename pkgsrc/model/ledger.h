#ifndef KPS_MODEL_LEDGER_H
#define KPS_MODEL_LEDGER_H

#include "base/vec.h"
#include "diag/finding.h"
#include "model/claim.h"
#include "model/engine_traits.h"
#include "model/owner.h"

/* The port space of a claim. */
enum kps_netns_kind {
    KPS_NETNS_HOST,    /* this machine */
    KPS_NETNS_PRIVATE, /* a container or pod, or services with a shared namespace */
    KPS_NETNS_NODE,    /* some node of a cluster */
    KPS_NETNS_CLUSTER, /* the nodePorts of a cluster */
};

struct kps_netns {
    enum kps_netns_kind kind;
    uint32_t places;    /* NODE: how many nodes there are; 0: unknown */
    struct kps_sv name; /* JSON scope "netns:<name>" for PRIVATE, empty: each owner with claims here
                           has a namespace of its own; of a HOST: empty for this machine, else what
                           keeps the claims of unrelated projects apart */
    uint32_t site;      /* HOST: of a machine with a name; 0: none, mostly this machine */
    bool is_apart; /* HOST: of a project below a folder, which --together puts on this machine */
    bool is_node;  /* NODE: the node called `name`, not some node */
    struct kps_sv
        kept_off; /* … why pods without tolerations are kept off it; empty: they are not */
};

/*
 * A machine with a name, for runs that look at several: the engine of a docker context, or a
 * machine of the settings. Owners of two sites are never joined as one tenant.
 */
struct kps_site {
    struct kps_sv name;              /* "lab" */
    struct kps_sv context;           /* the docker context of its engine; empty: none */
    kps_netns_id netns;              /* a machine: its HOST namespace; 0: of a context */
    bool is_here;                    /* its sockets are those of this machine */
    struct kps_engine_traits engine; /* a machine: of its engine */
};

/* A PRIVATE namespace of a container: can be inspected as soon as the container runs. */
struct kps_shared_netns {
    kps_netns_id netns;
    uint32_t site;           /* of the machine that the files are for */
    struct kps_sv container; /* its name or id, or the key of its Compose service */
    uint32_t pid;            /* a process inside, as reported by an engine; 0: none */
    kps_owner_id joiner;     /* needs the container to run before; 0: its project may start it */
    kps_origin_id at;        /* where the joiner names the container */
};

/*
 * An owner that listens in a namespace on unknown ports, unless an engine has its image and the
 * image names ports.
 */
struct kps_image_ports_pending {
    kps_netns_id netns;
    uint32_t site; /* of the machine that the files are for */
    kps_owner_id owner;
    uint32_t copies;
    struct kps_sv image; /* "site/api:3" */
    struct kps_span at;  /* where the file names it */
};

/*
 * The one model between all producers and consumers: network namespaces, owners, claims.
 * Inputs are added while they are collected, and the last one can be taken back;
 * kps_ledger_link fills the tenants; after that nothing changes it. Start with zeros and a diag;
 * end with kps_ledger_free (names and facts belong to the diag's arena).
 */
struct kps_ledger {
    struct kps_diag *diag;
    KPS_VEC(struct kps_netns) netns;
    KPS_VEC(struct kps_site) sites; /* by number, from 1 */
    KPS_VEC(struct kps_owner) owners;
    KPS_VEC(struct kps_claim) claims;
    KPS_VEC(struct kps_shared_netns) shared_netns;
    KPS_VEC(struct kps_image_ports_pending) image_ports_pending;
    bool host_is_node; /* the user says that this machine is a node: claims in namespaces of kind
                        * NODE and CLUSTER meet sockets of the HOST */
    bool engine_asked; /* some engine was, also one that is not there */
    struct kps_engine_traits engine; /* of the engine that files are for, see kps_ledger_engine */
    struct kps_sv host_name;         /* the machine that the files are for; empty: this machine */
};

/* Return: where the ports of the files are published, for a sentence: "this machine", or a name. */
struct kps_sv kps_ledger_host_name(const struct kps_ledger *ledger);

void kps_ledger_free(struct kps_ledger *ledger);

/* Return: the id of the namespace of this kind and name, made when new. Linear: keep the id. */
kps_netns_id kps_ledger_netns(struct kps_ledger *ledger, enum kps_netns_kind kind,
                              struct kps_sv name);
/* Make a namespace that is known to be new (a node of many): constant time. */
kps_netns_id kps_ledger_new_netns(struct kps_ledger *ledger, enum kps_netns_kind kind,
                                  struct kps_sv name);
/* Add an owner, which the ledger keeps copies of. */
kps_owner_id kps_ledger_owner(struct kps_ledger *ledger, const struct kps_new_owner *owner);
/*
 * Add a copy of a claim. Assert that the ids exist, first <= last, and 1 <= take <= width (take 0
 * with an any-port claim).
 */
kps_claim_id kps_ledger_claim(struct kps_ledger *ledger, const struct kps_claim *claim);

/* Add a site. Return: its number. */
uint32_t kps_ledger_site(struct kps_ledger *ledger, struct kps_site site);
/* Return: are the ports of the HOST namespace those of this machine, as far as files tell? */
bool kps_ledger_is_here(const struct kps_ledger *ledger, kps_netns_id id);
/* Return: the traits of the engine that has the ports of a namespace. */
const struct kps_engine_traits *kps_ledger_engine(const struct kps_ledger *ledger, kps_netns_id id);
/* Return: the name of a site; empty for 0, which is this machine in a run that looks at no other.
 */
struct kps_sv kps_ledger_site_name(const struct kps_ledger *ledger, uint32_t site);

/* Return: the name of the namespace of a claim of this owner. */
struct kps_sv kps_ledger_netns_name(const struct kps_ledger *ledger, kps_netns_id id,
                                    kps_owner_id owner);

/* Return: a copy of the ties of an owner, which is the owner's from now on and may be changed until
 * kps_ledger_link. In the diag's arena. */
struct kps_owner_ties *kps_ledger_change_ties(struct kps_ledger *ledger, kps_owner_id id);

/* By id (not 0); valid until the next addition of the same sort. */
const struct kps_netns *kps_ledger_get_netns(const struct kps_ledger *ledger, kps_netns_id id);
const struct kps_owner *kps_ledger_get_owner(const struct kps_ledger *ledger, kps_owner_id id);
const struct kps_claim *kps_ledger_get_claim(const struct kps_ledger *ledger, kps_claim_id id);

/* Return: the origin of a claim, made now and kept if the class of its owner has it made only when
 * it is asked for; 0: the claim has no place. */
kps_origin_id kps_ledger_origin(const struct kps_ledger *ledger, kps_claim_id id);

/* How far the lists of a ledger and its findings went before an input. */
struct kps_ledger_mark {
    uint32_t findings, owners, claims, shared_netns, image_ports_pending;
    bool incomplete, has_unknown;
};

struct kps_ledger_mark kps_ledger_mark(const struct kps_ledger *ledger);
/*
 * Take back all that was added since the mark, as if the input had not been read: it turned out to
 * be none. Namespaces and origins stay, which nothing refers to then. Before kps_ledger_link only.
 */
void kps_ledger_take_back(struct kps_ledger *ledger, const struct kps_ledger_mark *mark);

/*
 * Join the owners of a tenant, beside those that an adapter has joined: follow stands_for to the
 * owner of the same site with the key or alias, and so on; a key without an owner, or a cycle, ends
 * the chain. Call once, after collecting.
 */
void kps_ledger_link(struct kps_ledger *ledger);

#endif
