#include "base/path.h"

#include "base/buf.h"

/* Return: whether the path surely is clean: no element is empty or begins with a dot. */
static bool is_clean(struct kps_sv path)
{
    char before = '/';
    for (size_t i = path.n && path.p[0] == '/'; i < path.n; i++) {
        if (before == '/' && (path.p[i] == '/' || path.p[i] == '.')) {
            return false;
        }
        before = path.p[i];
    }
    return before != '/';
}

struct kps_sv kps_path_clean(struct kps_arena *arena, struct kps_sv path)
{
    if (is_clean(path)) {
        return kps_sv_copy(arena, path);
    }
    bool rooted = path.n && path.p[0] == '/';
    struct kps_buf out = KPS_BUF(arena);
    size_t kept_dotdot = 0; /* bytes at the front of `out`, safe from any ".." */
    if (rooted) {
        kps_buf_char(&out, '/');
    }
    kept_dotdot = out.n;
    for (size_t at = 0; at < path.n;) {
        struct kps_sv rest = kps_sv_from(path, at);
        struct kps_sv element = kps_sv_before(rest, '/');
        at += element.n + 1;
        if (element.n == 0 || kps_sv_is(element, ".")) {
            continue;
        }
        if (kps_sv_is(element, "..") && out.n > kept_dotdot) {
            size_t slash = kps_sv_rfind((struct kps_sv){out.p, out.n}, '/');
            out.n = slash == out.n || slash < kept_dotdot ? kept_dotdot : slash;
            continue;
        }
        if (kps_sv_is(element, "..") && rooted) {
            continue;
        }
        if (out.n > (rooted ? 1U : 0U)) {
            kps_buf_char(&out, '/');
        }
        kps_buf_add(&out, element);
        if (kps_sv_is(element, "..")) {
            kept_dotdot = out.n;
        }
    }
    if (out.n == 0) {
        kps_buf_char(&out, '.');
    }
    return kps_buf_sv(&out);
}

struct kps_sv kps_path_join(struct kps_arena *arena, struct kps_sv dir, struct kps_sv path)
{
    if ((path.n && path.p[0] == '/') || dir.n == 0) {
        return kps_path_clean(arena, path);
    }
    return kps_path_clean(arena, KPS_CONCAT(arena, dir, SV("/"), path));
}

struct kps_sv kps_path_dir(struct kps_arena *arena, struct kps_sv path)
{
    size_t slash = kps_sv_rfind(path, '/');
    if (slash == path.n) {
        return SV(".");
    }
    return kps_path_clean(arena, kps_sv_head(path, slash ? slash : 1));
}

struct kps_sv kps_path_base(struct kps_sv path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/') {
        path.n--;
    }
    size_t slash = kps_sv_rfind(path, '/');
    return slash == path.n || path.n == 1 ? path : kps_sv_from(path, slash + 1);
}

struct kps_sv kps_path_relative(struct kps_arena *arena, struct kps_sv cwd, struct kps_sv path)
{
    if (kps_sv_eq(cwd, path)) {
        return SV(".");
    }
    if (kps_sv_is(cwd, "/")) {
        return path.n > 1 && path.p[0] == '/' ? kps_sv_copy(arena, kps_sv_from(path, 1)) : path;
    }
    if (kps_sv_starts(path, cwd) && path.n > cwd.n && path.p[cwd.n] == '/') {
        return kps_sv_copy(arena, kps_sv_from(path, cwd.n + 1));
    }
    return path;
}

struct kps_sv kps_path_climb(struct kps_arena *arena, struct kps_sv cwd, struct kps_sv path)
{
    struct kps_buf out = KPS_BUF(arena);
    for (struct kps_sv dir = cwd; dir.n > 1; dir = kps_path_dir(arena, dir)) {
        struct kps_sv below = kps_path_relative(arena, dir, path);
        if (below.n && below.p[0] != '/') {
            kps_buf_add(&out, below);
            return kps_buf_sv(&out);
        }
        kps_buf_text(&out, "../");
    }
    return kps_path_relative(arena, cwd, path);
}
