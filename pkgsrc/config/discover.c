#include "base/path.h"
#include "config/config.h"

static bool exists(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv path)
{
    enum kps_fs_kind kind = KPS_FS_OTHER;
    return fs->stat(fs, kps_cstr(arena, path), &kind) == 0;
}

static bool find_above(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv cwd,
                       struct kps_sv *ret)
{
    static const struct kps_sv names[] = {SV_LIT(".kportscan.yaml"), SV_LIT(".kportscan.yml")};
    for (struct kps_sv folder = cwd;; folder = kps_path_dir(arena, folder)) {
        for (size_t i = 0; i < KPS_COUNT(names); i++) {
            struct kps_sv path = kps_path_join(arena, folder, names[i]);
            if (exists(arena, fs, path)) {
                *ret = path;
                return true;
            }
        }
        bool is_root = folder.n <= 1 || exists(arena, fs, kps_path_join(arena, folder, SV(".git")));
        if (is_root) {
            return false;
        }
    }
}

bool kps_config_find(struct kps_arena *arena, const struct kps_fs *fs, struct kps_sv cwd,
                     const struct kps_env *env, struct kps_sv *ret)
{
    if (find_above(arena, fs, cwd, ret)) {
        return true;
    }
    struct kps_sv home = kps_env_or_empty(env, SV("HOME"));
    struct kps_sv base = kps_env_or_empty(env, SV("XDG_CONFIG_HOME"));
    if (!kps_sv_starts(base, SV("/"))) { /* the specification: a relative one is to be ignored */
        base = kps_sv_starts(home, SV("/")) ? kps_path_join(arena, home, SV(".config")) : SV("");
    }
    if (base.n == 0) {
        return false;
    }
    struct kps_sv path = kps_path_join(arena, base, SV("kportscan/config.yaml"));
    if (!exists(arena, fs, path)) {
        return false;
    }
    *ret = path;
    return true;
}
