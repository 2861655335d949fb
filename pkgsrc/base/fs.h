#ifndef KPS_BASE_FS_H
#define KPS_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"

/*
 * The source of files. All input files are read through a struct kps_fs, so tests and fuzz targets
 * can hand in files in memory.
 */
enum kps_fs_kind { KPS_FS_NONE, KPS_FS_FILE, KPS_FS_DIR, KPS_FS_OTHER };

struct kps_fs {
    /*
     * Read a whole file into the arena (followed by a NUL outside *ret). "-" is standard input.
     * Return: 0; EFBIG above `limit` bytes; EISDIR, ENOENT, EACCES … as errno has them; EINVAL for
     * a device, a socket or a FIFO; /dev/null is empty.
     */
    int (*read)(const struct kps_fs *fs, struct kps_arena *arena, const char *path, size_t limit,
                struct kps_sv *ret);
    /* Return: the kind, behind symbolic links; KPS_FS_NONE with an errno where they lead nowhere.
     */
    enum kps_fs_kind (*kind)(const struct kps_fs *fs, const char *path);
    /* Return: does the path lie outside of the folder once links are followed? NULL: no links. */
    bool (*leaves)(const struct kps_fs *fs, const char *folder, const char *path);
    /*
     * The names in a directory, sorted by bytes, without "." and "..". Return: 0 or an errno.
     */
    int (*list)(const struct kps_fs *fs, struct kps_arena *arena, const char *path,
                struct kps_sv **ret, size_t *ret_n);
    /* Return: did `read` turn the text of the file from UTF-16 into UTF-8? NULL: it never does. */
    bool (*is_utf16)(const struct kps_fs *fs, const char *path);
    const void *world; /* for the implementation */
};

/* The machine's own files. */
extern const struct kps_fs kps_fs_os;

/*
 * Read a file named by the user, as kps_fs_os.read does; a FIFO is read too, for `kportscan <(helm
 * template x)`. A FIFO named by a file (include, env_file) is refused: a silent writer would keep
 * the program waiting. With EFBIG *ret has what was read of a FIFO or
 * standard input, until kps_fs_unmap.
 */
KPS_MUST_USE int kps_fs_read_named(struct kps_arena *arena, const char *path, size_t limit,
                                   struct kps_sv *ret);

/*
 * Open such a file for a reader that takes it piece by piece; "-" is standard input. Return: 0, or
 * an errno as above; *ret_fd is to be closed in every case (KPS_CLEANUP(kps_close_fd); -1: none).
 */
KPS_MUST_USE int kps_fs_open_named(const char *path, int *ret_fd);

/*
 * Map a file that is too large to be read, so that its pages come and go (kps_fs_drop). `head`:
 * bytes of a pipe or standard input that were read already; they and the rest go to a file without
 * a name in /tmp or /var/tmp first. Return: 0, EFBIG above `limit`, or an errno. kps_fs_unmap ends
 * it; until then the file must not get shorter.
 */
KPS_MUST_USE int kps_fs_map_named(const char *path, struct kps_sv head, size_t limit,
                                  struct kps_sv *ret);
void kps_fs_unmap(struct kps_sv mapped);
/* Give back the memory of whole pages inside a part of a mapped file; reading them again is fine.
 */
void kps_fs_drop(struct kps_sv part);

/* Files in memory, for tests and fuzzing; a directory exists when a file lies below. */
struct kps_fs_mem_file {
    struct kps_sv path, content;
};
struct kps_fs_mem {
    const struct kps_fs_mem_file *files;
    size_t n;
};
struct kps_fs kps_fs_memory(const struct kps_fs_mem *world);

/* Return the kind of a path of this machine, as `kind` of struct kps_fs does. */
enum kps_fs_kind kps_fs_kind_of(const char *path);
/* Return: whether there is a file, a folder or anything else of the name. */
bool kps_fs_exists(const char *path);

/* Return: the folder with .git, at or above `folder` (absolute); empty: none. In the arena. */
struct kps_sv kps_fs_repository(struct kps_arena *arena, struct kps_sv folder);

#endif
