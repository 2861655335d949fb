#ifndef KPS_ADVICE_PARTS_H
#define KPS_ADVICE_PARTS_H

#include "advice/owner.h"

/* Inside this folder. */

/* Appends one help; what goes beyond KPS_ADVICE_MOST is dropped. */
void kps_advice_add(struct kps_advice *advice, struct kps_sv text, struct kps_sv command);

/* process.c: "starts it again when it ends", or what else a manager does with what it runs. A
 * constant. */
const char *kps_manager_does(struct kps_sv manager);

/* process.c: the same for a process, or a socket without one. `port` is for "sudo kportscan PORT".
 */
void kps_advise_process(struct kps_arena *arena, const struct kps_process_facts *facts,
                        uint16_t port, struct kps_advice *advice);

#endif
