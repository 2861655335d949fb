#include "cluster/account.h"

#include "base/fs.h"

enum { MOST_BYTES = 64 * 1024 };

/* Read the first line of a file. Return: false when it cannot be read, or is empty. */
static bool read_line(struct kps_arena *arena, struct kps_sv folder, const char *name,
                      struct kps_sv *ret)
{
    struct kps_sv bytes = {"", 0};
    const char *path = kps_fmt(arena, "%.*s/%s", SV_ARG(folder), name).p;
    if (kps_fs_os.read(&kps_fs_os, arena, path, MOST_BYTES, &bytes)) {
        return false;
    }
    struct kps_sv line = kps_sv_before(bytes, '\n');
    *ret = kps_sv_copy(arena, kps_sv_trim(line));
    return ret->n > 0;
}

bool kps_cluster_account_find(struct kps_arena *arena, const struct kps_env *env,
                              struct kps_sv folder, struct kps_http_target *ret)
{
    struct kps_sv host = kps_env_or_empty(env, "KUBERNETES_SERVICE_HOST");
    struct kps_sv port = kps_env_or_empty(env, "KUBERNETES_SERVICE_PORT");
    struct kps_sv token;
    if (!host.n || !port.n || !read_line(arena, folder, "token", &token)) {
        return false;
    }
    bool is_v6 = kps_sv_find(host, ':') < host.n;
    *ret = (struct kps_http_target){
        .transport = KPS_VIA_HTTPS,
        .base = kps_fmt(arena, is_v6 ? "https://[%.*s]:%.*s" : "https://%.*s:%.*s", SV_ARG(host),
                        SV_ARG(port)),
        .ca = kps_fmt(arena, "%.*s/ca.crt", SV_ARG(folder)),
        .bearer = token,
        .verify = true};
    return true;
}

struct kps_sv kps_cluster_account_namespace(struct kps_arena *arena, struct kps_sv folder)
{
    struct kps_sv name = {"", 0};
    (void)read_line(arena, folder, "namespace", &name);
    return name;
}
