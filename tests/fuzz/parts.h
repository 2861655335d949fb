#ifndef FUZZ_PARTS_H
#define FUZZ_PARTS_H

#include "base/fs.h"
#include "docker/engine.h"

/* Inputs of fuzz targets that are made of several texts. */

/* Cut off the text before the next form feed. */
struct kps_sv parts_next(struct kps_sv *rest);

enum { PARTS_MOST_FILES = 16 };

/* A world in memory. */
struct parts_world {
    struct kps_fs_mem_file files[PARTS_MOST_FILES];
    struct kps_fs_mem world;
};

/*
 * Cut the input into files of `folder`, each behind a line "=== PATH"; text before the first such
 * line is the file `first`. `ret` keeps its address while the result is in use.
 */
struct kps_fs parts_files(struct kps_arena *arena, struct kps_sv input, const char *folder,
                          struct kps_sv first, struct parts_world *ret);

/*
 * Read the answers of an engine, separated by form feeds: the list of containers, the inspection of
 * each, the networks, the services, an image. Each reading is good or has a reason.
 */
void parts_engine(struct kps_arena *arena, struct kps_sv *rest, struct kps_engine_answer *ret);

#endif
