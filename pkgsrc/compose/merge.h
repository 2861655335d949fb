#ifndef KPS_COMPOSE_MERGE_H
#define KPS_COMPOSE_MERGE_H

#include "base/vec.h"
#include "yaml/node.h"

/*
 * Merging of Compose trees (spec compose §3.2; compose-go override/merge.go). New collections are
 * built, old nodes are shared. Only what bears on ports is merged by its own rule; of everything
 * else the later value stands.
 */

/* Build a collection edge by edge. Start zeroed; the result lives in the given arena. */
struct kps_edges {
    KPS_VEC(struct kps_yedge) list;
};
/* Append a copy of an edge. Return: the copy, valid until the next call. */
struct kps_yedge *kps_compose_merge_add_edge(struct kps_edges *edges, const struct kps_yedge *edge);
/* The finished collection, with the kind, span and flags of `like`; empties `edges`. */
const struct kps_ynode *kps_compose_merge_finish(struct kps_arena *arena, struct kps_edges *edges,
                                                 const struct kps_ynode *like);
/* Return the mapping with `val` in its edge `old`, or without the edge where `val` is NULL. */
const struct kps_ynode *kps_compose_merge_replace(struct kps_arena *arena,
                                                  const struct kps_ynode *map,
                                                  const struct kps_yedge *old,
                                                  const struct kps_ynode *val);

/*
 * Merge a whole file onto the layers below. `over_via` (0: none) is the step stamped on every edge
 * from `over`.
 */
const struct kps_ynode *kps_compose_merge_roots(struct kps_diag *diag, const struct kps_ynode *base,
                                                const struct kps_ynode *over,
                                                kps_origin_id over_via);

/*
 * Merge a service onto its base in `extends`. `base_via` is the step stamped on every edge from
 * the base.
 */
const struct kps_ynode *kps_compose_merge_services(struct kps_diag *diag,
                                                   const struct kps_ynode *base,
                                                   const struct kps_ynode *over,
                                                   kps_origin_id base_via);

/*
 * Merge a service or other resource onto an earlier definition: `resource` is the mapping of the
 * model for both, `base_via` the step stamped on every edge from the base.
 */
const struct kps_ynode *kps_compose_merge_definitions(struct kps_diag *diag, struct kps_sv resource,
                                                      const struct kps_ynode *base,
                                                      const struct kps_ynode *over,
                                                      kps_origin_id base_via);

/*
 * Return the edges of `map` with `via` behind the steps of each edge: the mark of an include or a
 * layer.
 */
const struct kps_ynode *kps_compose_merge_stamp(struct kps_diag *diag, const struct kps_ynode *map,
                                                kps_origin_id via);

/* `via` put at the end of the chain `first` (either may be 0). */
kps_origin_id kps_compose_merge_chain(struct kps_diag *diag, kps_origin_id first,
                                      kps_origin_id via);

#endif
