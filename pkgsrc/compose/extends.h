#ifndef KPS_COMPOSE_EXTENDS_H
#define KPS_COMPOSE_EXTENDS_H

#include "compose/reset.h"

/*
 * Replaces every service of a document that has `extends` by its merge onto its base (spec compose
 * §3.3). A base in another file is loaded through the loader, its own bases relative to that file.
 * Missing bases and cycles are reported (KP902, error); the service then stands as it is written.
 *
 * `resets` are the document's !reset paths, which hold for what comes from a base too.
 */
const struct kps_ynode *kps_compose_extends_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root,
                                                  const struct kps_resets *resets);

#endif
