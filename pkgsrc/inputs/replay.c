#include "inputs/replay.h"

#include <errno.h>

#include "base/limits.h"
#include "base/utf16.h"

static struct kps_replay_file *find_file(const struct kps_replay *replay, struct kps_sv path)
{
    uint32_t at = kps_map_get(&replay->index, path, UINT32_MAX);
    return at == UINT32_MAX ? NULL : &replay->kept.v[at];
}

static void keep_file(struct kps_replay *replay, struct kps_sv path, struct kps_sv bytes, int error)
{
    if (kps_map_add(&replay->index, replay->arena, kps_sv_copy(replay->arena, path),
                    replay->kept.n)) {
        *kps_vec_push(&replay->kept) = (struct kps_replay_file){bytes, error, false};
    }
}

/* Read a file; text in UTF-16 becomes UTF-8, which positions are counted in. */
static int read_text(struct kps_arena *arena, const char *path, size_t limit, struct kps_sv *ret)
{
    int error = kps_fs_os.read(&kps_fs_os, arena, path, limit, ret);
    if (error == 0) {
        (void)kps_utf16_decode(arena, ret);
    }
    return error;
}

static int replay_read(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                       size_t limit, struct kps_sv *ret)
{
    struct kps_replay *replay = *(struct kps_replay *const *)fs->world;
    struct kps_replay_file *file = find_file(replay, kps_sv_of(path));
    if (file) {
        file->was_read = true;
        *ret = file->error == 0 ? file->bytes : *ret;
        return file->error == 0 && file->bytes.n > limit ? EFBIG : file->error;
    }
    int error = kps_fs_os.read(&kps_fs_os, arena, path, limit, ret);
    if (error == 0 && kps_utf16_decode(arena, ret)) {
        (void)kps_map_put(&replay->decoded, replay->arena,
                          kps_sv_copy(replay->arena, kps_sv_of(path)), 1);
    }
    if (arena == replay->arena && error == 0) {
        keep_file(replay, kps_sv_of(path), *ret, 0);
    }
    return error;
}

static bool replay_is_utf16(const struct kps_fs *fs, const char *path)
{
    const struct kps_replay *replay = *(struct kps_replay *const *)fs->world;
    return kps_map_get(&replay->decoded, kps_sv_of(path), 0) != 0;
}

static int replay_list(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                       struct kps_sv **ret, size_t *ret_n)
{
    (void)fs;
    return kps_fs_os.list(&kps_fs_os, arena, path, ret, ret_n);
}

/* Return: does a text begin as kubectl's lists in JSON and those of the API server do? */
static bool begins_list(struct kps_sv text)
{
    enum { LOOK_AT = 64 * 1024 };
    text = kps_sv_trim(kps_sv_head(text, LOOK_AT));
    return kps_sv_has_head(text, "{") && kps_sv_has_any(text, "\"apiVersion\"") &&
           kps_sv_has_any(text, "\"items\"");
}

/* Map a list that is too large to be read. `head`: what was read of a pipe. */
static int map_list(const char *name, struct kps_sv head, struct kps_sv *ret)
{
    if (head.n && !begins_list(head)) {
        kps_fs_unmap(head);
        return EFBIG;
    }
    int error = kps_fs_map_named(name, head, (size_t)KPS_LIMIT_LIST_MIB << 20, ret);
    if (head.n) {
        kps_fs_unmap(head);
    }
    if (error == 0 && !begins_list(*ret)) {
        kps_fs_unmap(*ret);
        error = EFBIG;
    }
    return error;
}

int kps_replay_peek(struct kps_replay *replay, struct kps_sv path, struct kps_sv *ret)
{
    if (!find_file(replay, path)) {
        struct kps_sv bytes = {"", 0};
        const char *name = kps_cstr(replay->arena, path);
        int error = kps_fs_read_named(replay->arena, name, KPS_LIMIT_FILE_BYTES, &bytes);
        if (error == EFBIG) {
            struct kps_sv head = bytes;
            error = map_list(name, head, &bytes);
        }
        if (error == 0) {
            (void)kps_utf16_decode(replay->arena, &bytes);
        }
        keep_file(replay, path, bytes, error);
    }
    return kps_replay_look(replay, replay->arena, path, ret);
}

int kps_replay_look(const struct kps_replay *replay, struct kps_arena *scratch, struct kps_sv path,
                    struct kps_sv *ret)
{
    const struct kps_replay_file *file = find_file(replay, path);
    if (!file) {
        return read_text(scratch, kps_cstr(scratch, path), KPS_LIMIT_FILE_BYTES, ret);
    }
    *ret = file->error == 0 ? file->bytes : *ret;
    return file->error;
}

void kps_replay_keep(struct kps_replay *replay, struct kps_sv path, struct kps_sv bytes)
{
    if (!find_file(replay, path)) {
        keep_file(replay, path, kps_sv_copy(replay->arena, bytes), 0);
    }
}

bool kps_replay_was_read(const struct kps_replay *replay, struct kps_sv path)
{
    const struct kps_replay_file *file = find_file(replay, path);
    return file && file->was_read;
}

struct kps_fs kps_replay_fs(struct kps_replay *replay)
{
    replay->self = replay;
    return (struct kps_fs){.read = replay_read,
                           .kind = kps_fs_os.kind,
                           .list = replay_list,
                           .leaves = kps_fs_os.leaves,
                           .is_utf16 = replay_is_utf16,
                           .world = &replay->self};
}

void kps_replay_free(struct kps_replay *replay)
{
    kps_vec_free(&replay->kept);
}
