#ifndef KPS_COMPOSE_PROJECT_NAME_REUSE_H
#define KPS_COMPOSE_PROJECT_NAME_REUSE_H

#include "model/ledger.h"

/*
 * Note containers of a checked project that were made from another folder: Compose knows a project
 * by its name alone, so `up` takes them over (spec compose §9). A finding KP302 a project.
 * `is_same` compares two folders. For a linked ledger.
 */
void kps_compose_project_name_reuse_note_containers(struct kps_ledger *ledger,
                                                    bool (*is_same)(struct kps_sv a,
                                                                    struct kps_sv b));

/*
 * Note two projects given apart with the same name and a service on the same port in both: no
 * clash, as Compose knows a project by its name alone and `up` of the second recreates the
 * containers of the first (spec compose §9). A note KP108 a project. For a linked ledger.
 */
void kps_compose_project_name_reuse_note_files(struct kps_ledger *ledger);

#endif
