#ifndef WORKTREES_H
#define WORKTREES_H

#include "base/fs.h"

/*
 * Find the other worktrees of the git repository around `folder` (absolute, clean), and the main
 * one, by the files that git keeps (gitrepository-layout: .git, commondir, worktrees/NAME/gitdir);
 * git itself is not started. In *ret: `folder` as it is called inside each of them, where it
 * exists. Return: how many; 0 outside of a repository.
 */
size_t kps_worktrees_find(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv folder,
                          struct kps_sv **ret);

#endif
