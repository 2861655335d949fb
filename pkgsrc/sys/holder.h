#ifndef KPS_SYS_HOLDER_H
#define KPS_SYS_HOLDER_H

#include "model/ledger.h"
#include "sys/owners.h"

/* Make owners in the ledger for sockets, each tenant once (collect.h says which owners there are).
 */
struct kps_holders {
    struct kps_ledger *ledger;
    struct kps_processes *processes;     /* NULL with `remote` */
    const struct kps_sys_remote *remote; /* another machine; NULL: this machine */
    kps_origin_id origin;
    uint32_t site;          /* of the owners */
    uint32_t engine_pid;    /* see struct kps_sys_options */
    bool engine_known;      /* see struct kps_sys_options */
    struct kps_map by_key;  /* owners of processes, and of single sockets of helpers */
    struct kps_map aliases; /* of the owners from before the sockets; filled when first needed */
    bool has_aliases;
    /*
     * The last owner made for sockets without a file, and its place: such sockets of the same port
     * and address share an owner.
     */
    kps_owner_id remnant;
    struct kps_process_facts *remnant_facts;
    const struct kps_socket *remnant_socket;
    uint32_t remnant_count;
};

/*
 * Return the owner of a socket. Sockets of the same protocol, port and address must come in a row.
 * `found` NULL: processes were skipped.
 */
kps_owner_id kps_holder_of(struct kps_holders *holders, const struct kps_socket *socket,
                           const struct kps_socket_owner *found);

/* Report if an owner's sockets are a container's published ports: claims with KPS_CLAIM_RELAYED. */
bool kps_holder_relays(const struct kps_owner *owner);

/* Completes the last owner's facts. */
void kps_holders_finish(struct kps_holders *holders);

#endif
