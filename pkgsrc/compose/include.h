#ifndef KPS_COMPOSE_INCLUDE_H
#define KPS_COMPOSE_INCLUDE_H

#include "compose/loader.h"

/*
 * Loads what a document's `include` names, each as a project of its own with its own variables, and
 * puts its services and networks into the document (spec compose §3.4). A name that both have is
 * refused by Compose 2.26 (KP905); the document's own stands. Missing files, cycles and remote
 * sources are reported; the rest is loaded.
 */
const struct kps_ynode *kps_compose_include_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root);

#endif
