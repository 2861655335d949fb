#ifndef KPS_KUBE_LIVE_JSON_H
#define KPS_KUBE_LIVE_JSON_H

#include "base/arena.h"
#include "yaml/node.h"

/*
 * Read one JSON value as a tree without positions, for objects of a live cluster, which the readers
 * of manifests take as well. All of it lives in the arena. Return: NULL when the text is no JSON.
 */
const struct kps_ynode *kps_live_json_read(struct kps_arena *arena, struct kps_sv text);

#endif
