#ifndef KPS_UNITS_UNITS_H
#define KPS_UNITS_UNITS_H

#include "base/compiler.h"
#include "base/fs.h"
#include "model/ledger.h"
#include "units/publish.h"
#include "units/request.h"
#include "units/unit_file.h"
#include "yaml/node.h"

/* The state of one kps_units_collect call, shared by the files of this folder. */
struct kps_units {
    struct kps_ledger *ledger;
    struct kps_diag *diag;
    struct kps_arena *arena; /* of `diag` */
    const struct kps_fs *fs;
    const struct kps_units_request *request;
    kps_netns_id host;
    bool is_off;               /* nothing starts the unit at boot (--systemd) */
    bool has_failed;           /* a value was refused */
    struct kps_sv error;       /* … the first one, in one line */
    struct kps_unit_file unit; /* Quadlets and socket units */
};

/* The `facts` of every owner of this adapter. */
struct kps_unit_facts {
    enum kps_units_kind kind;
    struct kps_sv service; /* the systemd unit that starts the owner: "web.service"; or empty */
    bool is_off;           /* of --systemd: neither enabled nor wanted by another unit */
};

/* Read the unit of the request with its drop-ins into `unit`. Return: 0 or an errno. */
KPS_MUST_USE int kps_units_read_unit(struct kps_units *units);

/* Read one kind of file: quadlet.c, socket_unit.c, kind.c, k3d.c. Return: 0 or an errno. */
KPS_MUST_USE int kps_units_read_quadlet(struct kps_units *units);
KPS_MUST_USE int kps_units_read_socket(struct kps_units *units);
void kps_units_read_kind(struct kps_units *units, const struct kps_ynode *root);
void kps_units_read_k3d(struct kps_units *units, const struct kps_ynode *root);

/* The owner of the host ports of manifests for `podman kube play` (kube_play.c). */
struct kps_pod_owner {
    kps_owner_id id;                    /* the .kube unit; 0: each pod is an owner of its own */
    const struct kps_publish *replaced; /* PublishPort= of the unit: these stand for host ports */
    uint32_t n_replaced;
    enum kps_certainty certainty;
    uint8_t flags; /* KPS_CLAIM_* */
};
/* Claim the host ports of the pods of one document. */
void kps_units_read_manifest(struct kps_units *units, const struct kps_ynode *root,
                             const struct kps_pod_owner *owner);

/* Add a KP902 finding at a place; marks the file as partly read. Return: the finding. */
struct kps_finding *kps_units_refuse(struct kps_units *units, struct kps_span at, const char *fmt,
                                     ...) KPS_PRINTF(3, 4);
/*
 * Read a whole number from `least` to `most`. Return: false when it is missing or null, and for a
 * refused value (KP902).
 */
bool kps_units_read_number(struct kps_units *units, const struct kps_ynode *map, const char *key,
                           int64_t least, int64_t most, int64_t *ret);
/* Read an IP address; *ret stays for a missing or empty text. Return: false for a refused value. */
bool kps_units_read_address(struct kps_units *units, const struct kps_ynode *value,
                            struct kps_addr *ret);
/* The same for a protocol, in letters of either case. */
bool kps_units_read_protocol(struct kps_units *units, const struct kps_ynode *value,
                             enum kps_protocol *ret);
/* Add the note that a value is known only when the unit starts (KP904). */
void kps_units_leave_open(struct kps_units *units, const struct kps_unit_line *line);

/* Add an owner named after the file. `key` may be empty. */
kps_owner_id kps_units_add_owner(struct kps_units *units, enum kps_owner_kind kind,
                                 struct kps_sv name, struct kps_sv group, struct kps_sv service);

/* Add the claim of a published port, copies 1. `flags`: KPS_CLAIM_*. */
void kps_units_add_claim(struct kps_units *units, kps_owner_id owner,
                         const struct kps_publish *port, struct kps_span at,
                         enum kps_certainty certainty, uint8_t flags);

/* Add one port of `PublishPort=` or `ports:` when Podman would take its text, else KP902. */
void kps_units_add_published(struct kps_units *units, kps_owner_id owner, struct kps_sv text,
                             struct kps_span at, enum kps_certainty certainty, uint8_t flags);

/* The words with which kind refuses two mappings of a node. */
extern const char kps_units_same_mapping[];

/* The owner class of this adapter (describe.c). */
extern const struct kps_owner_class kps_units_class;

#endif
