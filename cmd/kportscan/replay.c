#include "replay.h"

#include "base/limits.h"

static int replay_read(const struct kps_fs *fs, struct kps_arena *arena, const char *path, size_t limit,
                       struct kps_sv *ret)
{
    const struct kps_replay *replay = fs->world;
    uint32_t at = kps_map_get(&replay->index, kps_sv_of(path), UINT32_MAX);
    if (at == UINT32_MAX) {
        return kps_fs_os.read(&kps_fs_os, arena, path, limit, ret);
    }
    const struct kps_replay_file *file = &replay->kept.v[at];
    if (file->error == 0) {
        *ret = file->bytes;
    }
    return file->error;
}

static int replay_stat(const struct kps_fs *fs, const char *path, enum kps_fs_kind *ret)
{
    (void)fs;
    return kps_fs_os.stat(&kps_fs_os, path, ret);
}

static int replay_list(const struct kps_fs *fs, struct kps_arena *arena, const char *path, struct kps_sv **ret,
                       size_t *ret_n)
{
    (void)fs;
    return kps_fs_os.list(&kps_fs_os, arena, path, ret, ret_n);
}

int kps_replay_peek(struct kps_replay *replay, struct kps_sv path, struct kps_sv *ret)
{
    bool is_new = false;
    struct kps_sv key = kps_sv_copy(replay->arena, path);
    uint32_t at = *kps_map_put(&replay->index, replay->arena, key, replay->kept.n, &is_new);
    if (is_new) {
        struct kps_replay_file *file = kps_vec_push(&replay->kept);
        file->error = kps_fs_os.read(&kps_fs_os, replay->arena, key.p, KPS_LIMIT_FILE_BYTES, &file->bytes);
    }
    if (replay->kept.v[at].error == 0) {
        *ret = replay->kept.v[at].bytes;
    }
    return replay->kept.v[at].error;
}

struct kps_fs kps_replay_fs(const struct kps_replay *replay)
{
    return (struct kps_fs){.read = replay_read, .stat = replay_stat, .list = replay_list, .world = replay};
}

void kps_replay_free(struct kps_replay *replay)
{
    kps_vec_free(&replay->kept);
}
