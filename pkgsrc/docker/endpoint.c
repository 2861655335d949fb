#include "docker/endpoint.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/vec.h"
#include "docker/endpoint_url.h"
#include "docker/sha256.h"

struct finding_out {
    struct kps_arena *arena;
    const struct kps_fs *fs;
    const struct kps_env *env;
    struct kps_sv home;   /* "" when unknown */
    struct kps_sv config; /* docker's folder: $DOCKER_CONFIG or ~/.docker; "" when unknown */
    struct kps_endpoints result;
};

static void close_json(json_t **json)
{
    json_decref(*json);
}

/* The text of a member; empty when it is not there or no text. In the arena. */
static struct kps_sv text_of(struct kps_arena *arena, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    struct kps_sv text = {json_string_value(value), json_string_length(value)};
    return text.n ? kps_sv_copy(arena, text) : (struct kps_sv){"", 0};
}

/* Reads a small JSON file. Return: 0, or an errno; EINVAL for what is no JSON object. */
static int read_object(const struct finding_out *f, struct kps_sv path, json_t **ret)
{
    struct kps_sv bytes = {0};
    int failed = f->fs->read(f->fs, f->arena, path.p, KPS_LIMIT_ENGINE_CONFIG, &bytes);
    if (failed) {
        return failed;
    }
    json_t *json = json_loadb(bytes.p, bytes.n, 0, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return EINVAL;
    }
    *ret = json;
    return 0;
}

static struct kps_sv reason(int failed)
{
    return failed == EINVAL ? SV("it is not the JSON that docker writes")
                            : kps_sv_of(strerror(failed));
}

static struct kps_sv below(const struct finding_out *f, struct kps_sv dir, const char *name)
{
    return kps_fmt(f->arena, "%.*s/%s", SV_ARG(dir), name);
}

static bool exists(const struct finding_out *f, struct kps_sv path)
{
    enum kps_fs_kind kind;
    return f->fs->stat(f->fs, path.p, &kind) == 0 && kind != KPS_FS_DIR;
}

/* The PEM files of a folder, those that are there. Return: whether any is. */
static bool find_pems(const struct finding_out *f, struct kps_sv dir, struct kps_endpoint_tls *tls)
{
    const struct {
        const char *name;
        struct kps_sv *ret;
    } files[] = {{"ca.pem", &tls->ca}, {"cert.pem", &tls->cert}, {"key.pem", &tls->key}};
    bool any = false;
    for (size_t i = 0; i < KPS_COUNT(files); i++) {
        struct kps_sv path = below(f, dir, files[i].name);
        if (exists(f, path)) {
            *files[i].ret = path;
            any = true;
        }
    }
    return any;
}

/*
 * TLS as docker has it for a host from the command line or DOCKER_HOST: switched on by
 * DOCKER_TLS_VERIFY (any value, even "0") or DOCKER_TLS (not verified); the files are those of
 * DOCKER_CERT_PATH or docker's own folder.
 */
static struct kps_endpoint_tls tls_of_environment(const struct finding_out *f)
{
    struct kps_endpoint_tls tls = {.verify =
                                       kps_env_or_empty(f->env, SV("DOCKER_TLS_VERIFY")).n > 0};
    tls.on = tls.verify || kps_env_or_empty(f->env, SV("DOCKER_TLS")).n > 0;
    struct kps_sv dir = kps_env_or_empty(f->env, SV("DOCKER_CERT_PATH"));
    dir = dir.n ? dir : f->config;
    if (dir.n) {
        (void)find_pems(f, dir, &tls);
    }
    return tls;
}

/* The sockets of a user's own engines lie in XDG_RUNTIME_DIR, wherever that is. */
static bool is_in_runtime_folder(const struct finding_out *f, struct kps_sv socket)
{
    struct kps_sv runtime = kps_env_or_empty(f->env, SV("XDG_RUNTIME_DIR"));
    return runtime.n > 1 && socket.n > runtime.n && kps_sv_starts(socket, runtime) &&
           (socket.p[runtime.n] == '/' || kps_sv_ends(runtime, SV("/")));
}

static void add_configured(struct finding_out *f, struct kps_sv address,
                           const struct kps_endpoint_tls *tls, struct kps_sv found_by)
{
    struct kps_endpoint *endpoint = KPS_NEW(f->arena, struct kps_endpoint);
    struct kps_sv fault = {0};
    if (!kps_endpoint_parse(f->arena, address, tls, endpoint, &fault, &f->result.advice)) {
        f->result.fault = kps_fmt(f->arena, "%.*s: %.*s", SV_ARG(found_by), SV_ARG(fault));
        return;
    }
    endpoint->found_by = found_by;
    endpoint->rootless = endpoint->rootless || is_in_runtime_folder(f, endpoint->socket);
    endpoint->configured = true;
    f->result.v = endpoint;
    f->result.n = 1;
}

static void fail_context(struct finding_out *f, struct kps_sv name, struct kps_sv how,
                         struct kps_sv path, int failed)
{
    if (failed == ENOENT) {
        f->result.fault = kps_fmt(f->arena, "the context '%.*s' (%.*s) does not exist",
                                  SV_ARG(name), SV_ARG(how));
        f->result.advice = SV("`docker context ls` shows those that do");
        return;
    }
    struct kps_sv why = reason(failed);
    f->result.fault = kps_fmt(f->arena, "cannot read the context '%.*s' (%.*s) from '%.*s': %.*s",
                              SV_ARG(name), SV_ARG(how), SV_ARG(path), SV_ARG(why));
}

/* An endpoint from contexts/meta/<sha256 of the name>/meta.json (spec compose §7.7). */
static void add_context(struct finding_out *f, struct kps_sv name, struct kps_sv how)
{
    char hash[KPS_SHA256_HEX + 1];
    kps_sha256_hex(name, hash);
    if (!f->config.n) {
        f->result.fault = kps_fmt(f->arena,
                                  "the context '%.*s' (%.*s) cannot be looked up: neither HOME nor "
                                  "DOCKER_CONFIG is set",
                                  SV_ARG(name), SV_ARG(how));
        return;
    }
    struct kps_sv path =
        kps_fmt(f->arena, "%.*s/contexts/meta/%s/meta.json", SV_ARG(f->config), hash);
    json_t *meta KPS_CLEANUP(close_json) = NULL;
    int failed = read_object(f, path, &meta);
    const json_t *docker = json_object_get(json_object_get(meta, "Endpoints"), "docker");
    if (!failed && !json_is_object(docker)) {
        failed = EINVAL;
    }
    if (failed) {
        fail_context(f, name, how, path, failed);
        return;
    }
    bool skip = json_is_true(json_object_get(docker, "SkipTLSVerify"));
    struct kps_endpoint_tls tls = {.verify = !skip};
    tls.on = find_pems(f, kps_fmt(f->arena, "%.*s/contexts/tls/%s/docker", SV_ARG(f->config), hash),
                       &tls) ||
             skip;
    struct kps_sv host = text_of(f->arena, docker, "Host");
    add_configured(f, host.n ? host : SV("unix://"), &tls,
                   kps_fmt(f->arena, "context '%.*s'", SV_ARG(name)));
}

/* The current context of docker's config.json; empty when there is none. */
static struct kps_sv current_context(struct finding_out *f)
{
    if (!f->config.n) {
        return (struct kps_sv){"", 0};
    }
    struct kps_sv path = below(f, f->config, "config.json");
    json_t *config KPS_CLEANUP(close_json) = NULL;
    int failed = read_object(f, path, &config);
    if (failed && failed != ENOENT && failed != ENOTDIR) {
        struct kps_sv why = reason(failed);
        f->result.passed =
            kps_fmt(f->arena, "cannot read '%.*s': %.*s; no context is taken from it", SV_ARG(path),
                    SV_ARG(why));
    }
    return text_of(f->arena, config, "currentContext");
}

static bool is_context(struct kps_sv name)
{
    return name.n && !kps_sv_eq(name, SV("default"));
}

/* Adds the socket `dir`/`name` when it is there. */
static void probe(struct finding_out *f, struct kps_endpoint *list, struct kps_sv dir,
                  const char *name)
{
    static const struct kps_endpoint_tls no_tls = {0};
    if (!dir.n) {
        return;
    }
    struct kps_sv path = below(f, dir, name);
    struct kps_sv unused = {0};
    if (exists(f, path) &&
        kps_endpoint_parse(f->arena, kps_fmt(f->arena, "unix://%.*s", SV_ARG(path)), &no_tls,
                           &list[f->result.n], &unused, &unused)) {
        struct kps_endpoint *endpoint = &list[f->result.n++];
        endpoint->rootless = endpoint->rootless || is_in_runtime_folder(f, endpoint->socket);
    }
}

static void probe_usual_places(struct finding_out *f, uint32_t uid)
{
    static const char *const of_home[] = {
        ".docker/run/docker.sock",       ".docker/desktop/docker.sock",
        ".colima/default/docker.sock",   ".rd/docker.sock",
        ".orbstack/run/docker.sock",     ".lima/default/sock/docker.sock",
        ".lima/docker/sock/docker.sock", NULL};
    enum { MOST = KPS_COUNT(of_home) + 8 };
    struct kps_endpoint *list = KPS_NEW_N(f->arena, struct kps_endpoint, MOST);
    f->result.v = list;
    probe(f, list, SV("/var/run"), "docker.sock");
    if (!f->result.n) {
        probe(f, list, SV("/run"), "docker.sock"); /* mostly the same file */
    }
    struct kps_sv runtime = kps_env_or_empty(f->env, SV("XDG_RUNTIME_DIR"));
    runtime = runtime.n ? runtime : kps_fmt(f->arena, "/run/user/%u", uid);
    probe(f, list, runtime, "docker.sock");
    for (size_t i = 0; of_home[i]; i++) {
        probe(f, list, f->home, of_home[i]);
    }
    probe(f, list, SV("/run/podman"), "podman.sock");
    probe(f, list, runtime, "podman/podman.sock");
    probe(f, list, f->home, ".local/share/containers/podman/machine/podman.sock");
    /* Under sudo the user's own engine is still the one that was meant, when the machine has none.
     */
    unsigned long long caller = 0;
    if (kps_sv_u64(kps_env_or_empty(f->env, SV("SUDO_UID")), UINT32_MAX, &caller) &&
        caller != uid) {
        struct kps_sv of_caller = kps_fmt(f->arena, "/run/user/%llu", caller);
        probe(f, list, of_caller, "docker.sock");
        probe(f, list, of_caller, "podman/podman.sock");
    }
    KPS_ASSERT(f->result.n <= MOST);
}

struct kps_endpoints kps_endpoints_find(struct kps_arena *arena, const struct kps_fs *fs,
                                        const struct kps_env *env,
                                        const struct kps_endpoint_choice *choice)
{
    struct finding_out f = {
        .arena = arena, .fs = fs, .env = env, .home = kps_env_or_empty(env, SV("HOME"))};
    f.config = kps_env_or_empty(env, SV("DOCKER_CONFIG"));
    if (!f.config.n && f.home.n) {
        f.config = below(&f, f.home, ".docker");
    }
    struct kps_sv from_env = kps_env_or_empty(env, SV("DOCKER_HOST"));
    if (choice->host.n) {
        struct kps_endpoint_tls tls = tls_of_environment(&f);
        add_configured(&f, choice->host, &tls, SV("--docker-host"));
        return f.result;
    }
    if (is_context(choice->context)) {
        add_context(&f, choice->context, SV("--context"));
        return f.result;
    }
    if (from_env.n) { /* also with --context default, which is docker's name for "as if there were
                         no contexts" */
        struct kps_endpoint_tls tls = tls_of_environment(&f);
        add_configured(&f, from_env, &tls, SV("DOCKER_HOST"));
        return f.result;
    }
    struct kps_sv by_env = kps_env_or_empty(env, SV("DOCKER_CONTEXT"));
    struct kps_sv name = choice->context.n ? choice->context
                         : by_env.n        ? by_env
                                           : current_context(&f);
    if (is_context(name)) {
        add_context(&f, name, by_env.n ? SV("DOCKER_CONTEXT") : SV("the current one"));
        return f.result;
    }
    probe_usual_places(&f, choice->uid);
    return f.result;
}
