#ifndef KPS_INPUTS_IGNORE_H
#define KPS_INPUTS_IGNORE_H

#include "base/fs.h"
#include "base/vec.h"

/*
 * The files that git leaves out of a work tree: .gitignore of each folder from the repository's
 * root on, and .git/info/exclude (gitignore(5)). Git's index is not read: a file that is tracked
 * although a pattern meets it counts as ignored. Start it zeroed with an arena.
 */
struct kps_ignore_rule {
    struct kps_sv pattern; /* without '!', without slashes at its ends */
    struct kps_sv folder;  /* absolute: where the pattern holds */
    bool is_negated, only_folders, is_anchored;
};

struct kps_ignore {
    struct kps_arena *arena;
    KPS_VEC(struct kps_ignore_rule) rules;
    struct kps_sv root; /* of the work tree, absolute; empty: there is none */
};

/* Find the work tree that `folder` (absolute, clean) lies in, and read its patterns down to there,
 * without those of `folder` itself. */
void kps_ignore_open(struct kps_ignore *ignore, struct kps_sv folder);
/* Read the patterns of one folder more. Return the mark to hand to kps_ignore_leave. */
uint32_t kps_ignore_enter(struct kps_ignore *ignore, struct kps_sv folder);
/* Forget the patterns that were read since the mark. */
void kps_ignore_leave(struct kps_ignore *ignore, uint32_t mark);
/* Return true when git ignores the path (absolute, clean), whose folders it does not ignore. */
bool kps_ignore_meets(const struct kps_ignore *ignore, struct kps_sv path, bool is_folder);
void kps_ignore_free(struct kps_ignore *ignore);

/* Compare a path with a pattern: '*' and '?' stop at a slash, "**" does not. Return false too when
 * the pattern needs more steps than any real one. */
bool kps_ignore_match(struct kps_sv pattern, struct kps_sv path);

#endif
