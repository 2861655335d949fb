#ifndef KPS_DIAG_FILES_H
#define KPS_DIAG_FILES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"
#include "base/vec.h"

/* Ids are index + 1; 0 means "none". The same holds for every kps_*_id of the project. */
typedef uint32_t kps_file_id;

/* Bytes of one input file, as they lie on disk (a BOM counts). file == 0: no place in a file. */
struct kps_span {
    kps_file_id file;
    uint32_t off, len;
};

/* A place as people and the JSON report name it: both 1-based, col in Unicode code points (a BOM
 * does not count). */
struct kps_pos {
    uint32_t line, col;
};

/* Where a line begins: its number from 0, and its offset. */
struct kps_line_start {
    uint32_t line, off;
};

/* An input file. The bytes belong to the arena of the read. */
struct kps_file {
    struct kps_sv path;                 /* as the user would write it: shown in every location */
    struct kps_sv bytes;                /* the whole file, NUL-terminated behind the view */
    struct kps_line_start *line_starts; /* of some lines, made for the first position */
    uint32_t
        *stops; /* offset of every so-many-th code point, made for files with very long lines */
    uint32_t n_starts, n_lines, n_stops;
};

struct kps_files {
    KPS_VEC(struct kps_file) list;
};

void kps_files_free(struct kps_files *files);

/* Return: are the bytes mapped (kps_fs_map_named)? Only files above the bound of others are. */
bool kps_files_is_mapped(const struct kps_file *file);

/* Registers a file. `path` and `bytes` must outlive the registry. */
kps_file_id kps_files_add(struct kps_files *files, struct kps_sv path, struct kps_sv bytes);

/* Return: the file of an id, not 0; valid until the next kps_files_add. */
const struct kps_file *kps_files_get(const struct kps_files *files, kps_file_id id);

/*
 * Line and column of a byte offset (cut to the end of the file). Lines end at LF, CR LF or CR, as
 * editors show them. The first call for a file reads it once to find its lines (hence not const);
 * later calls do not cost more for a larger file, even for a single long line.
 */
struct kps_pos kps_files_pos(struct kps_files *files, kps_file_id id, uint32_t off);

/*
 * The text of a 1-based line without its line break and without a BOM; empty beyond the last line.
 */
struct kps_sv kps_files_line(struct kps_files *files, kps_file_id id, uint32_t line);

#endif
