#ifndef REPLAY_H
#define REPLAY_H

#include "base/arena.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

/*
 * The machine's files, where a file that was looked into beforehand is handed out again instead of being read twice:
 * standard input and pipes can be read once only.
 */
struct kps_replay_file {
    struct kps_sv bytes;
    int error;
};

struct kps_replay {
    struct kps_arena *arena; /* of everything that is kept */
    struct kps_map index;
    KPS_VEC(struct kps_replay_file) kept;
};

/* Reads `path` and keeps it for a later read through kps_replay_fs. Return: 0 or an errno. */
int kps_replay_peek(struct kps_replay *replay, struct kps_sv path, struct kps_sv *ret);

/* Lives as long as `replay`. */
struct kps_fs kps_replay_fs(const struct kps_replay *replay);

void kps_replay_free(struct kps_replay *replay);

#endif
