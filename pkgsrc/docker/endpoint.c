#include "docker/endpoint.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "docker/json_field.h"
#include "model/addr.h"

/* TLS settings of an engine behind tcp://. */
struct endpoint_tls {
    bool on, verify;
    struct kps_sv ca, cert, key; /* NUL-terminated; empty = none */
};

/*
 * Sockets of engines in a virtual machine; their ports are bound there or by a helper of the
 * desktop.
 */
static const char vm_marks[] = "/.docker/desktop/ /.colima/ /colima/ /.lima/ /.rd/ /.orbstack/ "
                               "/podman/machine/";

static bool set_fault(struct kps_sv *ret_fault, struct kps_sv fault, struct kps_sv *ret_advice,
                      struct kps_sv advice)
{
    *ret_fault = fault;
    *ret_advice = advice;
    return false;
}

static bool parse_unix(struct kps_arena *arena, struct kps_sv path, struct kps_engine_endpoint *ret)
{
    ret->transport = KPS_VIA_UNIX;
    ret->socket = path.n ? kps_sv_copy(arena, path) : SV("/var/run/docker.sock");
    ret->url = kps_fmt(arena, "unix://%.*s", SV_ARG(ret->socket));
    ret->elsewhere = ret->elsewhere || kps_sv_has_any(ret->socket, vm_marks);
    ret->rootless =
        kps_sv_has_head(ret->socket, "/run/user/") || kps_sv_has_any(ret->socket, "/.docker/run/");
    return true;
}

static bool is_loopback(struct kps_sv host)
{
    struct kps_addr addr;
    struct kps_sv literal = kps_sv_has_head(host, "[") ? kps_sv_slice(host, 1, host.n - 1) : host;
    if (!kps_addr_parse(literal, &addr)) {
        return kps_sv_is_one_of_nocase(host, "localhost");
    }
    if (addr.kind == KPS_ADDR_ONE4) {
        return addr.bytes[0] == 127;
    }
    struct kps_addr one;
    return kps_addr_parse(SV("::1"), &one) && kps_addr_eq(&addr, &one);
}

static bool parse_tcp(struct kps_arena *arena, struct kps_sv rest, const struct endpoint_tls *tls,
                      struct kps_engine_endpoint *ret)
{
    struct kps_sv authority = kps_sv_before(rest, '/');
    struct kps_sv path = kps_sv_from(rest, authority.n);
    while (kps_sv_has_tail(path, "/")) {
        path.n--;
    }
    struct kps_sv host = {0};
    struct kps_sv port = {0};
    if (!kps_ssh_split_host(authority, &host, &port) || (host.n < authority.n && !port.n) ||
        /* the text becomes part of a URL */ !kps_sv_is_plain(host, ".-_:[]") ||
        !kps_sv_is_plain(path, "/.-_~%")) {
        return false;
    }
    int usual = tls->on ? 2376 : 2375;
    int number = port.n ? (int)kps_sv_number(port, UINT16_MAX) : usual;
    if (number <= 0) {
        return false;
    }
    if (host.n == 0) {
        host = SV("localhost"); /* as docker: tcp://:2375 */
    }
    ret->transport = tls->on ? KPS_VIA_HTTPS : KPS_VIA_HTTP;
    ret->base = kps_fmt(arena, "%s://%.*s:%d%.*s", tls->on ? "https" : "http", SV_ARG(host), number,
                        SV_ARG(path));
    ret->url = kps_fmt(arena, "tcp://%.*s:%d%.*s", SV_ARG(host), number, SV_ARG(path));
    ret->loopback = is_loopback(host);
    ret->elsewhere = !ret->loopback;
    if (tls->on) {
        ret->ca = tls->ca;
        ret->cert = tls->cert;
        ret->key = tls->key;
        ret->verify = tls->verify;
    }
    return true;
}

/* Refuse transports that docker knows and kportscan does not speak. */
static bool refuse_other_transports(struct kps_arena *arena, struct kps_sv address,
                                    struct kps_sv *ret_fault, struct kps_sv *ret_advice)
{
    if (kps_sv_has_head(address, "npipe://")) {
        return set_fault(
            ret_fault,
            kps_fmt(arena, "'%.*s' is not supported: it is a pipe of Windows", SV_ARG(address)),
            ret_advice,
            SV("run kportscan inside WSL 2 and name the engine's socket there, with --docker-host "
               "unix:///var/run/docker.sock"));
    }
    if (kps_sv_has_head(address, "fd://")) {
        return set_fault(ret_fault,
                         kps_fmt(arena, "'%.*s' is for the engine's own side", SV_ARG(address)),
                         ret_advice, SV("name its socket: unix:///var/run/docker.sock"));
    }
    if (kps_sv_has_head(address, "/")) {
        return set_fault(
            ret_fault,
            kps_fmt(arena,
                    "'%.*s' names no transport; docker takes it for a path on tcp://localhost:2375",
                    SV_ARG(address)),
            ret_advice, kps_fmt(arena, "write unix://%.*s", SV_ARG(address)));
    }
    return true;
}

static bool parse_ssh(struct kps_arena *arena, struct kps_sv address,
                      struct kps_engine_endpoint *ret, struct kps_sv *ret_fault)
{
    struct kps_sv why;
    if (!kps_ssh_parse(arena, kps_sv_from(address, 6), &ret->ssh, &why)) {
        /* a password stays out of the message */
        struct kps_sv shown = kps_utf8_escape(arena, kps_secret_mask(arena, address));
        *ret_fault = kps_fmt(arena, "'%.*s': %.*s", SV_ARG(shown), SV_ARG(why));
        return false;
    }
    ret->transport = KPS_VIA_CHILD;
    ret->url = kps_sv_copy(arena, address);
    ret->elsewhere = true;
    ret->rootless = kps_sv_has_head(ret->ssh.path, "/run/user/");
    return true;
}

static bool parse_endpoint(struct kps_arena *arena, struct kps_sv address,
                           const struct endpoint_tls *tls, struct kps_engine_endpoint *ret,
                           struct kps_sv *ret_fault, struct kps_sv *ret_advice)
{
    struct kps_engine_endpoint endpoint = {0};
    struct endpoint_tls plain = *tls;
    struct endpoint_tls safe = *tls;
    plain.on = false;
    safe.verify |= !safe.on; /* https:// without TLS settings verifies the server, as browsers do */
    safe.on = true;
    if (!refuse_other_transports(arena, address, ret_fault, ret_advice)) {
        return false;
    }
    bool good;
    if (kps_sv_has_head(address, "ssh://")) {
        return parse_ssh(arena, address, ret, ret_fault);
    }
    if (kps_sv_has_head(address, "unix://")) {
        good = parse_unix(arena, kps_sv_from(address, 7), &endpoint);
    } else if (kps_sv_has_head(address, "tcp://")) {
        good = parse_tcp(arena, kps_sv_from(address, 6), tls, &endpoint);
    } else if (kps_sv_has_head(address, "http://")) {
        good = parse_tcp(arena, kps_sv_from(address, 7), &plain, &endpoint);
    } else if (kps_sv_has_head(address, "https://")) {
        good = parse_tcp(arena, kps_sv_from(address, 8), &safe, &endpoint);
    } else {
        good = !kps_sv_has_any(address, "://") && parse_tcp(arena, address, tls, &endpoint);
    }
    if (!good) {
        struct kps_sv masked = kps_secret_mask(arena, address);
        return set_fault(ret_fault,
                         kps_fmt(arena, "'%.*s' is no address of an engine", SV_ARG(masked)),
                         ret_advice, SV("write unix:///path/to/socket or tcp://host:port"));
    }
    *ret = endpoint;
    return true;
}

struct search {
    struct kps_arena *arena;
    const struct kps_fs *fs;
    const struct kps_env *env;
    struct kps_sv home;   /* "" when unknown */
    struct kps_sv config; /* docker's folder: $DOCKER_CONFIG or ~/.docker; "" when unknown */
    struct kps_engine_endpoints result;
};

static void free_json(json_t **json)
{
    json_decref(*json);
}

/* Read a small JSON file. Return: 0, or an errno; EINVAL for what is no JSON object. */
static int read_object(const struct search *f, struct kps_sv path, json_t **ret)
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

static struct kps_sv describe_error(int failed)
{
    return failed == EINVAL ? SV("it is not the JSON that docker writes")
                            : kps_sv_of(strerror(failed));
}

static struct kps_sv join_path(const struct search *f, struct kps_sv dir, const char *name)
{
    return kps_fmt(f->arena, "%.*s/%s", SV_ARG(dir), name);
}

static bool is_file(const struct search *f, struct kps_sv path)
{
    enum kps_fs_kind kind = f->fs->kind(f->fs, path.p);
    return kind != KPS_FS_NONE && kind != KPS_FS_DIR;
}

/* Find the PEM files of a folder. Return: if any exists. */
static bool find_pems(const struct search *f, struct kps_sv dir, struct endpoint_tls *tls)
{
    const struct {
        const char *name;
        struct kps_sv *ret;
    } files[] = {{"ca.pem", &tls->ca}, {"cert.pem", &tls->cert}, {"key.pem", &tls->key}};
    bool any = false;
    for (size_t i = 0; i < KPS_COUNT(files); i++) {
        struct kps_sv path = join_path(f, dir, files[i].name);
        if (is_file(f, path)) {
            *files[i].ret = path;
            any = true;
        }
    }
    return any;
}

/*
 * Read the TLS settings for a host from the command line or DOCKER_HOST, as docker does:
 * DOCKER_TLS_VERIFY (any value, even "0") or DOCKER_TLS (without verification) switch TLS on; the
 * files are in DOCKER_CERT_PATH or docker's own folder.
 */
static struct endpoint_tls read_tls_environment(const struct search *f)
{
    struct endpoint_tls tls = {.verify = kps_env_or_empty(f->env, "DOCKER_TLS_VERIFY").n > 0};
    tls.on = tls.verify || kps_env_or_empty(f->env, "DOCKER_TLS").n > 0;
    struct kps_sv dir = kps_env_or_empty(f->env, "DOCKER_CERT_PATH");
    dir = dir.n ? dir : f->config;
    if (dir.n) {
        (void)find_pems(f, dir, &tls);
    }
    return tls;
}

/* The sockets of a user's own engines lie in XDG_RUNTIME_DIR, at any path. */
static bool is_in_runtime_folder(const struct search *f, struct kps_sv socket)
{
    struct kps_sv runtime = kps_env_or_empty(f->env, "XDG_RUNTIME_DIR");
    return runtime.n > 1 && socket.n > runtime.n && kps_sv_starts(socket, runtime) &&
           (socket.p[runtime.n] == '/' || kps_sv_has_tail(runtime, "/"));
}

static void add_configured(struct search *f, struct kps_sv address, const struct endpoint_tls *tls,
                           struct kps_sv found_by)
{
    struct kps_engine_endpoint *endpoint = KPS_NEW(f->arena, struct kps_engine_endpoint);
    struct kps_sv fault = {0};
    if (!parse_endpoint(f->arena, address, tls, endpoint, &fault, &f->result.advice)) {
        f->result.fault = kps_fmt(f->arena, "%.*s: %.*s", SV_ARG(found_by), SV_ARG(fault));
        f->result.is_invalid = f->result.elsewhere = kps_sv_has_head(address, "ssh://");
        return;
    }
    endpoint->found_by = found_by;
    endpoint->rootless = endpoint->rootless || is_in_runtime_folder(f, endpoint->socket);
    endpoint->configured = true;
    f->result.v = endpoint;
    f->result.n = 1;
}

static void fail_context(struct search *f, struct kps_sv name, struct kps_sv how,
                         struct kps_sv path, int failed)
{
    if (failed == ENOENT) {
        f->result.fault = kps_fmt(f->arena, "the context '%.*s' (%.*s) does not exist",
                                  SV_ARG(name), SV_ARG(how));
        f->result.advice = SV("`docker context ls` shows those that do");
        return;
    }
    const char *why = describe_error(failed).p;
    f->result.fault = kps_fmt(f->arena, "cannot read the context '%.*s' (%.*s) from '%.*s': %s",
                              SV_ARG(name), SV_ARG(how), SV_ARG(path), why);
}

/*
 * Read the metadata of a context. Docker names the folder contexts/meta/FOLDER after a hash of the
 * context's name; the name itself stands in the file, so the folders are searched.
 *
 * Return: 0 with *ret_folder; ENOENT: no such context; another errno with *ret_path, a file that
 * may be the context's and cannot be read.
 */
static int find_context(const struct search *f, struct kps_sv name, json_t **ret,
                        struct kps_sv *ret_folder, struct kps_sv *ret_path)
{
    struct kps_sv *folders = NULL;
    size_t n = 0;
    int failed = 0;
    *ret_path = kps_fmt(f->arena, "%.*s/contexts/meta", SV_ARG(f->config));
    int listed = f->fs->list(f->fs, f->arena, ret_path->p, &folders, &n);
    if (listed) {
        return listed == ENOTDIR ? ENOENT : listed;
    }
    for (size_t i = 0; i < n; i++) {
        struct kps_sv path = kps_fmt(f->arena, "%.*s/contexts/meta/%.*s/meta.json",
                                     SV_ARG(f->config), SV_ARG(folders[i]));
        json_t *meta = NULL;
        int unread = read_object(f, path, &meta);
        if (!unread && kps_sv_eq(kps_json_field_text(f->arena, meta, "Name"), name)) {
            *ret = meta;
            *ret_folder = folders[i];
            *ret_path = path;
            return 0;
        }
        json_decref(meta);
        if (unread && unread != ENOENT && unread != ENOTDIR) {
            failed = unread;
            *ret_path = path;
        }
    }
    return failed ? failed : ENOENT;
}

/* Add the endpoint of a context (spec compose §7.7). `how`: the place that names the context. */
static void add_context(struct search *f, struct kps_sv name, struct kps_sv how)
{
    if (!f->config.n) {
        f->result.fault = kps_fmt(f->arena,
                                  "the context '%.*s' (%.*s) cannot be looked up: neither HOME nor "
                                  "DOCKER_CONFIG is set",
                                  SV_ARG(name), SV_ARG(how));
        return;
    }
    struct kps_sv folder = {0};
    struct kps_sv path = {0};
    json_t *meta KPS_CLEANUP(free_json) = NULL;
    int failed = find_context(f, name, &meta, &folder, &path);
    const json_t *docker = json_object_get(json_object_get(meta, "Endpoints"), "docker");
    if (!failed && !json_is_object(docker)) {
        failed = EINVAL;
    }
    if (failed) {
        fail_context(f, name, how, path, failed);
        return;
    }
    bool skip = json_is_true(json_object_get(docker, "SkipTLSVerify"));
    struct endpoint_tls tls = {.verify = !skip};
    struct kps_sv pems =
        kps_fmt(f->arena, "%.*s/contexts/tls/%.*s/docker", SV_ARG(f->config), SV_ARG(folder));
    tls.on = find_pems(f, pems, &tls) || skip;
    struct kps_sv host = kps_json_field_text(f->arena, docker, "Host");
    add_configured(f, host.n ? host : SV("unix://"), &tls,
                   kps_fmt(f->arena, "context '%.*s'", SV_ARG(name)));
}

/* The current context of docker's config.json; empty when there is none. */
static struct kps_sv read_current_context(struct search *f)
{
    if (!f->config.n) {
        return (struct kps_sv){"", 0};
    }
    struct kps_sv path = join_path(f, f->config, "config.json");
    json_t *config KPS_CLEANUP(free_json) = NULL;
    int failed = read_object(f, path, &config);
    if (failed && failed != ENOENT && failed != ENOTDIR) {
        const char *why = describe_error(failed).p;
        f->result.passed = kps_fmt(f->arena, "cannot read '%.*s': %s; no context is taken from it",
                                   SV_ARG(path), why);
    }
    return kps_json_field_text(f->arena, config, "currentContext");
}

static bool is_context(struct kps_sv name)
{
    return name.n && !kps_sv_is(name, "default");
}

/* Add the socket `dir`/`name` if the file exists. */
static void add_socket(struct search *f, struct kps_engine_endpoint *list, struct kps_sv dir,
                       const char *name)
{
    static const struct endpoint_tls no_tls = {0};
    if (!dir.n) {
        return;
    }
    struct kps_sv path = join_path(f, dir, name);
    struct kps_sv unused = {0};
    if (is_file(f, path) && parse_endpoint(f->arena, kps_fmt(f->arena, "unix://%.*s", SV_ARG(path)),
                                           &no_tls, &list[f->result.n], &unused, &unused)) {
        struct kps_engine_endpoint *endpoint = &list[f->result.n++];
        endpoint->rootless = endpoint->rootless || is_in_runtime_folder(f, endpoint->socket);
    }
}

static void add_usual_places(struct search *f, uint32_t uid)
{
    static const char *const of_home[] = {
        ".docker/run/docker.sock",       ".docker/desktop/docker.sock",
        ".colima/default/docker.sock",   ".rd/docker.sock",
        ".orbstack/run/docker.sock",     ".lima/default/sock/docker.sock",
        ".lima/docker/sock/docker.sock", NULL};
    enum { MOST = KPS_COUNT(of_home) + 8 };
    struct kps_engine_endpoint *list = KPS_NEW_N(f->arena, struct kps_engine_endpoint, MOST);
    f->result.v = list;
    add_socket(f, list, SV("/var/run"), "docker.sock");
    if (!f->result.n) {
        add_socket(f, list, SV("/run"), "docker.sock"); /* mostly the same file */
    }
    struct kps_sv runtime = kps_env_or_empty(f->env, "XDG_RUNTIME_DIR");
    runtime = runtime.n ? runtime : kps_fmt(f->arena, "/run/user/%u", uid);
    add_socket(f, list, runtime, "docker.sock");
    for (size_t i = 0; of_home[i]; i++) {
        add_socket(f, list, f->home, of_home[i]);
    }
    add_socket(f, list, SV("/run/podman"), "podman.sock");
    add_socket(f, list, runtime, "podman/podman.sock");
    add_socket(f, list, f->home, ".local/share/containers/podman/machine/podman.sock");
    /* Under sudo the user's own engine still counts when the machine has none. */
    int64_t caller = kps_sv_number(kps_env_or_empty(f->env, "SUDO_UID"), UINT32_MAX);
    if (caller >= 0 && caller != uid) {
        struct kps_sv of_caller = kps_fmt(f->arena, "/run/user/%u", (unsigned)caller);
        add_socket(f, list, of_caller, "docker.sock");
        add_socket(f, list, of_caller, "podman/podman.sock");
    }
    KPS_ASSERT(f->result.n <= MOST);
}

static struct search start_search(struct kps_arena *arena, const struct kps_fs *fs,
                                  const struct kps_env *env)
{
    struct search f = {.arena = arena, .fs = fs, .env = env, .home = kps_env_or_empty(env, "HOME")};
    f.config = kps_env_or_empty(env, "DOCKER_CONFIG");
    if (!f.config.n && f.home.n) {
        f.config = join_path(&f, f.home, ".docker");
    }
    return f;
}

static int compare_texts(const void *a, const void *b)
{
    return kps_sv_cmp(*(const struct kps_sv *)a, *(const struct kps_sv *)b);
}

struct kps_engine_contexts kps_endpoints_contexts(struct kps_arena *arena, const struct kps_fs *fs,
                                                  const struct kps_env *env)
{
    struct search f = start_search(arena, fs, env);
    struct kps_engine_contexts contexts = {.n = 0};
    struct kps_sv *folders = NULL;
    size_t n = 0;
    struct kps_sv path = join_path(&f, f.config, "contexts/meta");
    int failed = f.config.n ? fs->list(fs, arena, path.p, &folders, &n) : 0;
    if (!f.config.n) {
        contexts.fault = SV("neither HOME nor DOCKER_CONFIG is set");
    } else if (failed && failed != ENOENT && failed != ENOTDIR) {
        contexts.fault = kps_fmt(arena, "cannot read '%.*s': %s", SV_ARG(path), strerror(failed));
    }
    n = failed ? 0 : n;
    contexts.v = KPS_NEW_N(arena, struct kps_sv, n + 1);
    contexts.v[contexts.n++] = SV("default");
    for (size_t i = 0; i < n; i++) {
        json_t *meta KPS_CLEANUP(free_json) = NULL;
        struct kps_sv file =
            kps_fmt(arena, "%.*s/%.*s/meta.json", SV_ARG(path), SV_ARG(folders[i]));
        int unread = read_object(&f, file, &meta);
        struct kps_sv name = kps_json_field_text(arena, meta, "Name");
        if (is_context(name)) {
            contexts.v[contexts.n++] = name;
        } else if (unread && unread != ENOENT && unread != ENOTDIR) {
            contexts.fault =
                kps_fmt(arena, "cannot read '%.*s': %s", SV_ARG(file), describe_error(unread).p);
        }
    }
    qsort(contexts.v + 1, contexts.n - 1, sizeof(contexts.v[0]), compare_texts);
    return contexts;
}

struct kps_engine_endpoints kps_endpoints_find(struct kps_arena *arena, const struct kps_fs *fs,
                                               const struct kps_env *env,
                                               const struct kps_engine_endpoint_choice *choice)
{
    struct search f = start_search(arena, fs, env);
    struct kps_sv from_env = kps_env_or_empty(env, "DOCKER_HOST");
    if (choice->host.n) {
        struct endpoint_tls tls = read_tls_environment(&f);
        add_configured(&f, choice->host, &tls, SV("--docker-host"));
        return f.result;
    }
    if (is_context(choice->context)) {
        add_context(&f, choice->context, SV("--context"));
        return f.result;
    }
    if (from_env.n) { /* also with --context default, which is docker's name for "as if there were
                         no contexts" */
        struct endpoint_tls tls = read_tls_environment(&f);
        add_configured(&f, from_env, &tls, SV("DOCKER_HOST"));
        return f.result;
    }
    struct kps_sv by_env = kps_env_or_empty(env, "DOCKER_CONTEXT");
    struct kps_sv name = choice->context.n ? choice->context : by_env;
    if (!name.n) {
        name = read_current_context(&f);
    }
    if (is_context(name)) {
        add_context(&f, name, by_env.n ? SV("DOCKER_CONTEXT") : SV("the current one"));
        return f.result;
    }
    add_usual_places(&f, choice->uid);
    return f.result;
}

/* Return: "default, lab and 3 more". */
static struct kps_sv list_names(struct kps_arena *arena, const struct kps_engine_contexts *contexts)
{
    enum { MOST = 20 };
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < contexts->n && i < MOST; i++) {
        kps_buf_fmt(out, "%s%.*s", i ? ", " : "", SV_ARG(contexts->v[i]));
    }
    if (contexts->n > MOST) {
        kps_buf_fmt(out, " and %zu more", contexts->n - MOST);
    }
    return kps_buf_sv(out);
}

struct kps_sv kps_endpoints_context_fault(struct kps_arena *arena,
                                          const struct kps_engine_contexts *contexts,
                                          struct kps_sv name)
{
    struct kps_nearest nearest = {.word = name};
    for (size_t i = 0; i < contexts->n; i++) {
        if (kps_sv_eq(contexts->v[i], name)) {
            return SV("");
        }
        kps_nearest_offer(&nearest, contexts->v[i]);
    }
    if (contexts->fault.n) {
        return SV("");
    }
    return kps_fmt(arena, "there is no docker context '%.*s', there are: %s%s", SV_ARG(name),
                   list_names(arena, contexts).p, kps_nearest_words(arena, nearest.best, "").p);
}
