#ifndef KPS_COMPOSE_INCLUDE_H
#define KPS_COMPOSE_INCLUDE_H

#include "compose/loader.h"
#include "compose/reset.h"

/*
 * Loads what a document's `include` names, each as a project of its own with its own variables, and
 * puts its services and networks into the document (spec compose §3.4). Where both define a
 * name, Compose from 5 on merges the document's definition onto the included one, after the
 * document's `resets`; older Compose refuses unless both are the same (KP908, KP905). Missing
 * files, cycles and remote sources are reported; the rest is loaded.
 */
const struct kps_ynode *kps_compose_include_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root,
                                                  const struct kps_resets *resets);

#endif
