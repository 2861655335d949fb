#ifndef KPS_COMPOSE_PROJECT_NAME_REUSE_H
#define KPS_COMPOSE_PROJECT_NAME_REUSE_H

#include "model/ledger.h"

/*
 * Says where containers of a project that is checked were made from another folder: Compose knows a
 * project by its name alone, so `up` takes them over (spec compose §9). One finding KP302 a
 * project. `is_same` tells whether two paths are one folder. For a linked ledger.
 */
void kps_compose_project_name_reuse_note_containers(struct kps_ledger *ledger,
                                                    bool (*is_same)(struct kps_sv a,
                                                                    struct kps_sv b));

/*
 * Says where two projects that were given apart have one name and a service in common that wants
 * one port in both: no clash, as Compose knows a project by its name alone and `up` of the second
 * recreates what the first made (spec compose §9). One note KP108 a project. For a linked ledger.
 */
void kps_compose_project_name_reuse_note_files(struct kps_ledger *ledger);

#endif
