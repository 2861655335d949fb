#include "assign/worktrees.h"

#include "base/path.h"

enum { MOST_WORKTREES = 1000, MOST_LINE = 8192 };

static bool is_kind(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv path,
                    enum kps_fs_kind wanted)
{
    return fs->kind(fs, kps_cstr(arena, path)) == wanted;
}

/* Read the path in a file of git's, relative to `base`. Return: empty without a path. */
static struct kps_sv read_path(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv file,
                               struct kps_sv base)
{
    static const struct kps_sv label = SV_LIT("gitdir: ");
    struct kps_sv text = {"", 0};
    if (fs->read(fs, arena, kps_cstr(arena, file), MOST_LINE, &text) != 0) {
        return (struct kps_sv){"", 0};
    }
    text = kps_sv_trim(kps_sv_before(text, '\n'));
    text = kps_sv_starts(text, label) ? kps_sv_from(text, label.n) : text;
    return text.n ? kps_path_join(arena, base, text) : text;
}

/* Find the folder with .git, at or above `folder`. Return: empty outside of a repository. */
static struct kps_sv find_top(struct kps_arena *arena, const struct kps_fs *fs,
                              struct kps_sv folder)
{
    for (;; folder = kps_path_dir(arena, folder)) {
        struct kps_sv git = kps_path_join(arena, folder, SV(".git"));
        if (is_kind(arena, fs, git, KPS_FS_DIR) || is_kind(arena, fs, git, KPS_FS_FILE)) {
            return folder;
        }
        if (folder.n <= 1) {
            return (struct kps_sv){"", 0};
        }
    }
}

/* Return: the repository's own folder, shared by its worktrees; empty for a submodule. */
static struct kps_sv find_common(struct kps_arena *arena, const struct kps_fs *fs,
                                 struct kps_sv top)
{
    struct kps_sv git = kps_path_join(arena, top, SV(".git"));
    if (is_kind(arena, fs, git, KPS_FS_DIR)) {
        return git;
    }
    struct kps_sv own = read_path(arena, fs, git, top);
    return own.n ? read_path(arena, fs, kps_path_join(arena, own, SV("commondir")), own) : own;
}

size_t kps_worktrees_find(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv folder,
                          struct kps_sv **ret)
{
    struct kps_sv top = find_top(arena, fs, folder);
    struct kps_sv common = top.n ? find_common(arena, fs, top) : top;
    struct kps_sv *names = NULL;
    size_t n_names = 0;
    size_t n = 0;
    if (common.n == 0) {
        return 0;
    }
    struct kps_sv list = kps_path_join(arena, common, SV("worktrees"));
    if (fs->list(fs, arena, kps_cstr(arena, list), &names, &n_names) != 0) {
        n_names = 0;
    }
    n_names = n_names < MOST_WORKTREES ? n_names : MOST_WORKTREES;
    struct kps_sv inside = kps_path_relative(arena, top, folder);
    *ret = KPS_NEW_N(arena, struct kps_sv, n_names + 1);
    for (size_t i = 0; i <= n_names; i++) {
        struct kps_sv git = common; /* at last: the main worktree's */
        if (i < n_names) {
            struct kps_sv own = kps_path_join(arena, list, names[i]);
            git = read_path(arena, fs, kps_path_join(arena, own, SV("gitdir")), own);
        }
        struct kps_sv worktree = git.n ? kps_path_dir(arena, git) : git;
        bool is_other =
            worktree.n && !kps_sv_eq(worktree, top) && kps_sv_is(kps_path_base(git), ".git");
        struct kps_sv there = is_other ? kps_path_join(arena, worktree, inside) : worktree;
        if (is_other && is_kind(arena, fs, there, KPS_FS_DIR)) {
            (*ret)[n++] = there;
        }
    }
    return n;
}
