#ifndef KPS_ASSIGN_PORT_REGISTRY_H
#define KPS_ASSIGN_PORT_REGISTRY_H

#include "base/compiler.h"
#include "base/env.h"
#include "base/vec.h"

/*
 * The numbers of --assign for the checkouts of this user, kept until the next boot in
 * $XDG_RUNTIME_DIR/kportscan-ports (else /run/user/UID, else /tmp/kportscan-UID). A run locks the
 * file while choosing, so two runs at once never choose the same number; and a checkout gets its
 * numbers again even when they were only printed. Without such a folder there is no lock and no
 * memory.
 */
struct kps_port_registry_entry {
    uint16_t first, last;
    struct kps_sv key;    /* of a variable or a port, without blanks */
    struct kps_sv folder; /* absolute: the checkout */
};

struct kps_port_registry {
    struct kps_arena *arena;
    int fd; /* -1: none */
    KPS_VEC(struct kps_port_registry_entry) entries;
};

/*
 * Lock the file, waiting for other runs up to some seconds, and read the entries of existing
 * folders. Return: 0, or an errno and no registry for this run; release with
 * kps_port_registry_close in both cases.
 */
KPS_MUST_USE int kps_port_registry_open(struct kps_port_registry *ret, struct kps_arena *arena,
                                        const struct kps_env *env);

/* Return: the entry of a folder's key, or NULL. */
const struct kps_port_registry_entry *
kps_port_registry_find(const struct kps_port_registry *registry, struct kps_sv folder,
                       struct kps_sv key);

/* Replace the entries of `folder` by these, and write the file. Return: 0 or an errno. */
KPS_MUST_USE int kps_port_registry_save(struct kps_port_registry *registry, struct kps_sv folder,
                                        const struct kps_port_registry_entry *entries, size_t n);

/* Unlock. */
void kps_port_registry_close(struct kps_port_registry *registry);

#endif
