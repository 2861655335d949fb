#ifndef KPS_COMPOSE_EXTENDS_H
#define KPS_COMPOSE_EXTENDS_H

#include "compose/loader.h"
#include "compose/reset.h"

/*
 * Replace every service with `extends` by its merge onto its base (spec compose §3.3). A base in
 * another file is loaded through the loader, its own bases relative to its file. Missing bases and
 * cycles are reported (KP902, error); the service then stays as written.
 *
 * `resets` are the document's !reset paths; they hold for inherited values as well.
 */
const struct kps_ynode *kps_compose_extends_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root,
                                                  const struct kps_resets *resets);

#endif
