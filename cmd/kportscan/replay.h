#ifndef REPLAY_H
#define REPLAY_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

/*
 * The machine's files, each read once: what was looked into to find out what it is, and what a
 * project before has read (a .env, a shared file), is handed out again. Standard input and pipes
 * can be read once only; and a file that changes meanwhile is still one file to the run.
 */
struct kps_replay_file {
    struct kps_sv bytes;
    int error;
};

struct kps_replay {
    struct kps_arena *arena; /* of everything that is kept: what is read into another is not kept */
    struct kps_replay *self; /* for kps_replay_fs, whose users see the files only */
    struct kps_map index;
    KPS_VEC(struct kps_replay_file) kept;
};

/* Read a file that the user named, also a FIFO, and keep it for a later read through kps_replay_fs.
 * Return: 0 or an errno. */
int kps_replay_peek(struct kps_replay *replay, struct kps_sv path, struct kps_sv *ret);

/*
 * The same without keeping it: the bytes live in `scratch`, unless they were kept before. What
 * turns out to be an input is handed to kps_replay_keep.
 */
KPS_MUST_USE int kps_replay_look(const struct kps_replay *replay, struct kps_arena *scratch,
                                 struct kps_sv path, struct kps_sv *ret);
/* Keeps a copy of what kps_replay_look gave. */
void kps_replay_keep(struct kps_replay *replay, struct kps_sv path, struct kps_sv bytes);

/* Lives as long as `replay`, and keeps what is read into its arena. */
struct kps_fs kps_replay_fs(struct kps_replay *replay);

void kps_replay_free(struct kps_replay *replay);

#endif
