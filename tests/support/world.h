#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

#include "report/report.h"

/*
 * A ledger made by hand: files in memory, services, claims, findings. For tests of what comes after
 * the adapters. Strings are copied; everything goes with world_free.
 */
struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
};

struct world *world_new(void);
void world_free(struct world *world);

kps_file_id world_file(struct world *world, const char *path, const char *bytes);
/* For files with NUL bytes. */
kps_file_id world_file_bytes(struct world *world, const char *path, struct kps_sv bytes);

/* The first occurrence of `words` behind the `nth` (from 0) line break. Ends the test when there is
 * none. */
struct kps_span world_span(struct world *world, kps_file_id file, const char *words,
                           unsigned nth_line);

/* An origin chain of `n` steps, the head first. */
kps_origin_id world_chain(struct world *world, const struct kps_origin *steps, size_t n);

/* A Compose service. */
kps_owner_id world_service(struct world *world, const char *project, const char *name);

/* A wish for one tcp port of this machine: `address` may be NULL. */
kps_claim_id world_wish(struct world *world, kps_owner_id owner, kps_origin_id at,
                        const char *address, uint16_t port, uint16_t target);

/* The report of `world` as `render` writes it, NUL-terminated; release with free. Width 80, no
 * colour, unless `style` is given. `inputs` may be NULL. */
char *world_render(struct world *world, kps_render *render, const struct kps_style *style,
                   const struct kps_input *inputs, size_t n_inputs);

/*
 * The story of the mock-up: compose.yaml with two services, 'web' in line 5 and 'admin' in line 12,
 * on host port 8080, as one finding with labels, notes and help.
 */
struct kps_finding *world_clash(struct world *world);

#endif
