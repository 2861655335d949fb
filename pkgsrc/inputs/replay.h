#ifndef KPS_INPUTS_REPLAY_H
#define KPS_INPUTS_REPLAY_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/vec.h"

/*
 * The machine's files, each read once: a file inspected for its kind, or read by an earlier project
 * (a .env, a shared file), is handed out again. Standard input and pipes can be read once only; a
 * file that changes meanwhile stays the same file in a run.
 */
struct kps_replay_file {
    struct kps_sv bytes;
    int error;
    bool was_read; /* through kps_replay_fs */
};

struct kps_replay {
    struct kps_arena *arena; /* of all kept files; reads into another arena are not kept */
    struct kps_replay *self; /* for kps_replay_fs */
    struct kps_map index;
    struct kps_map decoded; /* the paths whose text was UTF-16 */
    KPS_VEC(struct kps_replay_file) kept;
};

/* Read a file named by the user, also a FIFO, and keep the bytes for a later read through
 * kps_replay_fs. A list in JSON above KPS_LIMIT_FILE_BYTES is mapped: kps_files_free unmaps it once
 * it is registered. Return: 0 or an errno. */
int kps_replay_peek(struct kps_replay *replay, struct kps_sv path, struct kps_sv *ret);

/*
 * Read without keeping: the bytes live in `scratch`, unless kept before. Hand inputs to
 * kps_replay_keep.
 */
KPS_MUST_USE int kps_replay_look(const struct kps_replay *replay, struct kps_arena *scratch,
                                 struct kps_sv path, struct kps_sv *ret);
/* Keep a copy of the bytes of kps_replay_look. */
void kps_replay_keep(struct kps_replay *replay, struct kps_sv path, struct kps_sv bytes);

/* Return: has a project read a kept file, as its own or through include or extends? */
bool kps_replay_was_read(const struct kps_replay *replay, struct kps_sv path);

/* Lives as long as `replay`, and keeps reads into its arena. */
struct kps_fs kps_replay_fs(struct kps_replay *replay);

void kps_replay_free(struct kps_replay *replay);

#endif
