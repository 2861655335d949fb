#include "docker/engine_settings.h"

#include <jansson.h>

#include "base/limits.h"
#include "docker/engine_json.h"
#include "docker/json_field.h"

static struct kps_sv read_file(struct kps_arena *scratch, const struct kps_fs *fs, const char *path)
{
    struct kps_sv text = {"", 0};
    return fs->read(fs, scratch, path, KPS_LIMIT_ENGINE_CONFIG, &text) == 0
               ? text
               : (struct kps_sv){"", 0};
}

static struct kps_sv read_proc(struct kps_arena *scratch, const struct kps_fs *fs, uint32_t pid,
                               const char *name)
{
    return pid ? read_file(scratch, fs, kps_fmt(scratch, "/proc/%u/%s", pid, name).p)
               : (struct kps_sv){"", 0};
}

uint32_t kps_engine_settings_find_dockerd(struct kps_arena *scratch, const struct kps_fs *fs,
                                          uint32_t peer)
{
    int64_t pid = peer;
    if (!kps_sv_is(read_proc(scratch, fs, peer, "comm"), "dockerd\n")) {
        struct kps_sv text = read_file(scratch, fs, "/var/run/docker.pid");
        pid = kps_sv_number(kps_sv_before(text, '\n'), UINT32_MAX);
        if (pid < 0 || !kps_sv_is(read_proc(scratch, fs, (uint32_t)pid, "comm"), "dockerd\n")) {
            return 0;
        }
    }
    return (uint32_t)pid;
}

/* The argument after `flag`, or behind its "="; empty when the flag is not there. */
static struct kps_sv find_flag(struct kps_sv cmdline, struct kps_sv flag)
{
    struct kps_sv word;
    while (kps_sv_next(&cmdline, '\0', &word)) {
        if (kps_sv_eq(word, flag)) {
            return kps_sv_before(cmdline, '\0');
        }
        if (kps_sv_starts(word, flag) && word.p[flag.n] == '=') {
            return kps_sv_from(word, flag.n + 1);
        }
    }
    return (struct kps_sv){"", 0};
}

static bool is_false(struct kps_sv value)
{
    return kps_sv_is_one_of_nocase(value, "false f 0");
}

static struct kps_engine_settings read_config(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_sv why = {0};
    struct json_t *root = text.n ? kps_json_field_parse(arena, text, &why) : NULL;
    const json_t *networks = json_object_get(root, "default-network-opts");
    struct kps_engine_settings settings = {
        .no_proxy = json_is_false(json_object_get(root, "userland-proxy")),
        .host_binding = kps_json_field_text(arena, json_object_get(networks, "bridge"),
                                            KPS_NETWORK_HOST_BINDING)};
    json_decref(root);
    return settings;
}

struct kps_engine_settings kps_engine_settings_read(struct kps_arena *arena,
                                                    const struct kps_fs *fs, uint32_t peer)
{
    struct kps_sv cmdline =
        read_proc(arena, fs, kps_engine_settings_find_dockerd(arena, fs, peer), "cmdline");
    struct kps_sv path = find_flag(cmdline, SV("--config-file"));
    struct kps_engine_settings settings = read_config(
        arena, read_file(arena, fs, path.n ? kps_cstr(arena, path) : "/etc/docker/daemon.json"));
    /* A boolean flag has its value behind "=" only: the next word is another argument. */
    settings.no_proxy = settings.no_proxy || is_false(find_flag(cmdline, SV("--userland-proxy")));
    return settings;
}
