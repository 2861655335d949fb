#ifndef KPS_ASSIGN_WORKTREES_H
#define KPS_ASSIGN_WORKTREES_H

#include "base/fs.h"

/*
 * Find the other worktrees of the git repository around `folder` (absolute, clean), and the main
 * worktree, by git's own files (gitrepository-layout: .git, commondir, worktrees/NAME/gitdir),
 * without starting git. In *ret: the path of `folder` inside each worktree, where such a folder
 * exists. Return: how many; 0 outside of a repository.
 */
size_t kps_worktrees_find(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv folder,
                          struct kps_sv **ret);

#endif
