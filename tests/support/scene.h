#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include "core/detect.h"
#include "model/ledger.h"

/*
 * A ledger from a line of text, so that tables of tests can be read. Claims are separated by ";",
 * words by blanks:
 *
 *     OWNER [ADDRESS@]FIRST[-LAST][/PROTOCOL] WORD...
 *
 * OWNER     "web", "shop/web" (group shop), "c1>web" (stands for web), "web#2" (started after
 * "…#1"; without a number the order is not known). The same text is the same owner. ADDRESS   a
 * literal; none is every address. PROTOCOL: tcp when there is none. WORD      pick (take 1), pickN,
 * xN (N copies), toN (container port N), plan, held, derived, discarded, remnant, published,
 * relayed, likely, possible, in:NAME (a private namespace), node (some node); vN: the engine has
 * version N, otherwise the newest.
 */
struct scene {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
};

/* Fails the test when the text cannot be read. The owners have the class `cls`; NULL takes
 * scene_class. */
void scene_open(struct scene *scene, const char *text, const struct kps_owner_class *cls);
void scene_close(struct scene *scene);

/* Knows no rules; starts_before by "#N". */
extern const struct kps_owner_class scene_class;

/*
 * Conflicts as text: "KIND PORTS: OWNERS", joined by "; ", in the order of kps_detect; the owners
 * as they were written, in the order of the conflict's claims. KIND is owners, within, copies or
 * pool with "?" behind it when it is POSSIBLE and "~" when LIKELY; pool and copies have "
 * WANTED/AVAILABLE" behind the ports; other protocols than tcp and other namespaces than the host
 * are named. In the scene's arena.
 */
const char *scene_show(struct scene *scene, struct kps_conflicts conflicts);

/* scene_show of what kps_detect finds. */
const char *scene_detect(struct scene *scene);

/* A row of a table: the claims, what scene_detect has to say of them, and why. */
struct scene_row {
    const char *why, *claims, *expected;
};

/* Fails the test, after printing all rows that are not as they should be. */
void scene_check(const struct scene_row *rows, size_t n);

#endif
