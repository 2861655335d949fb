#ifndef KPS_CONFIG_READ_H
#define KPS_CONFIG_READ_H

#include "config/config.h"
#include "yaml/node.h"

/* What the files of this folder share; nobody else includes it. */

struct kps_config_reading {
    struct kps_diag *diag;
    struct kps_config *config;
    struct kps_sv folder;
    bool failed;
};

/* An error at a place; notes that reading failed. Return: false. */
bool kps_config_fail(struct kps_config_reading *r, struct kps_span at, const char *fmt, ...)
    KPS_PRINTF(3, 4);

/* A warning about a key that is none of `names`, unless it begins with "x-". */
void kps_config_warn_key(struct kps_config_reading *r, const struct kps_ynode *key,
                         const struct kps_sv *names, size_t n_names);

/* The text of a scalar, kept; a collection or null is an error. `what` is the key, for messages. */
bool kps_config_scalar(struct kps_config_reading *r, const struct kps_ynode *node,
                       struct kps_sv what, struct kps_config_value *ret);

/* Lists of read_ports.c. */
void kps_config_read_reserved(struct kps_config_reading *r, const struct kps_ynode *node);
void kps_config_read_sidecars(struct kps_config_reading *r, const struct kps_ynode *node);

#endif
