#ifndef KPS_BASE_PATH_H
#define KPS_BASE_PATH_H

#include "base/arena.h"
#include "base/sv.h"

/*
 * Paths as text, by the rules of Go's path/filepath (which Compose resolves its paths with): no
 * file system is asked. Results are NUL-terminated and live in the arena.
 */

/* Shortest equal path: no "//", "." or inner ".."; "" becomes ".". */
struct kps_sv kps_path_clean(struct kps_arena *arena, struct kps_sv path);
/* `path` below `dir`, cleaned; an absolute `path` stands alone. */
struct kps_sv kps_path_join(struct kps_arena *arena, struct kps_sv dir, struct kps_sv path);
/* Everything before the last element, cleaned ("." when there is no slash). */
struct kps_sv kps_path_dir(struct kps_arena *arena, struct kps_sv path);
/* The last element, trailing slashes removed ("" for ""). A view into `path`. */
struct kps_sv kps_path_base(struct kps_sv path);
/*
 * `path` (absolute, clean) as a user in `cwd` (absolute, clean) would write the path: relative when
 * below `cwd`, else unchanged.
 */
struct kps_sv kps_path_relative(struct kps_arena *arena, struct kps_sv cwd, struct kps_sv path);
/*
 * The same, but with ".." where both have a folder in common besides the root:
 * "../shop/compose.yaml".
 */
struct kps_sv kps_path_climb(struct kps_arena *arena, struct kps_sv cwd, struct kps_sv path);

#endif
