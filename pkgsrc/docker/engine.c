#include "docker/engine.h"

#include <stdlib.h>
#include <sys/utsname.h>

#include "base/limits.h"
#include "docker/engine_asking.h"
#include "docker/engine_settings.h"

enum {
    /* The newest version of the API that this program was tried with (engine 26.1); later ones may
     * rename what it reads. */
    API_MINOR = 45,
    /* Up to here nothing was renamed of what it reads in the lists of containers and services (the
     * API's version history): those are good in whatever version the engine gives them. */
    LISTS_MINOR = 54,
};

#define CONTAINERS_PATH "/containers/json?all=1"
#define SERVICES_PATH "/services"

const char *kps_engine_status_name(enum kps_engine_status status)
{
    static const char *const names[] = {
        [KPS_ENGINE_OK] = "ok",         [KPS_ENGINE_ABSENT] = "absent",
        [KPS_ENGINE_DENIED] = "denied", [KPS_ENGINE_UNREACHABLE] = "unreachable",
        [KPS_ENGINE_BAD] = "bad",
    };
    return names[status];
}

static enum kps_engine_status status_of(enum kps_http_result result)
{
    switch (result) {
    case KPS_HTTP_ANSWERED:
        return KPS_ENGINE_OK;
    case KPS_HTTP_ABSENT:
        return KPS_ENGINE_ABSENT;
    case KPS_HTTP_DENIED:
        return KPS_ENGINE_DENIED;
    case KPS_HTTP_REFUSED:
    case KPS_HTTP_TIMEOUT:
    case KPS_HTTP_UNTRUSTED:
    case KPS_HTTP_UNAVAILABLE:
        return KPS_ENGINE_UNREACHABLE;
    case KPS_HTTP_BROKEN:
    case KPS_HTTP_TOO_LARGE:
        break;
    }
    return KPS_ENGINE_BAD;
}

void kps_asking_gap(struct kps_asking *a, struct kps_sv words)
{
    *kps_vec_push(&a->answer->gaps) = words;
}

static struct kps_sv keep(const struct kps_asking *a, struct kps_sv text)
{
    return text.n ? kps_sv_copy(a->arena, text) : (struct kps_sv){"", 0};
}

struct kps_sv kps_asking_refused(const struct kps_asking *a, struct kps_arena *scratch,
                                 const struct kps_http_reply *reply)
{
    struct kps_sv message = kps_engine_read_text(scratch, reply->body, "message");
    bool is_page = kps_sv_starts(kps_http_header(reply, SV("Content-Type")), SV("text/html"));
    if (!message.n && !is_page) {
        message = kps_sv_slice(reply->body, 0, kps_sv_find(reply->body, '\n'));
    }
    message = kps_sv_trim(kps_sv_slice(message, 0, 200));
    return message.n ? kps_fmt(a->arena, "it answered %u: %.*s", reply->status, SV_ARG(message))
                     : kps_fmt(a->arena, "it answered %u", reply->status);
}

static struct kps_sv advice_for(const struct kps_asking *a, enum kps_http_result result)
{
    if (result == KPS_HTTP_DENIED && kps_sv_ends(a->endpoint->socket, SV("docker.sock"))) {
        return SV("run it with sudo, or as a member of the group docker (sudo usermod -aG docker "
                  "$USER, then log in "
                  "again)");
    }
    if (result == KPS_HTTP_DENIED) {
        return SV("run it with sudo");
    }
    if (result == KPS_HTTP_UNTRUSTED) {
        return SV("DOCKER_CERT_PATH names the folder with ca.pem, cert.pem and key.pem");
    }
    if (result == KPS_HTTP_UNAVAILABLE) {
        return SV(
            "install libcurl (Debian: libcurl4), or use the engine's own socket: --docker-host "
            "unix:///var/run/docker.sock");
    }
    if (result == KPS_HTTP_TIMEOUT) {
        return SV("--timeout SECONDS gives it longer");
    }
    return (struct kps_sv){"", 0};
}

/* Ends the asking: the engine cannot be used. */
static void fail(struct kps_asking *a, enum kps_engine_status status, struct kps_sv why)
{
    a->answer->status = status;
    a->answer->words = kps_fmt(a->arena, "cannot ask the engine at '%.*s': %.*s",
                               SV_ARG(a->endpoint->url), SV_ARG(why));
}

struct kps_http_reply kps_asking_get(struct kps_asking *a, struct kps_arena *scratch,
                                     const char *path, size_t max_bytes)
{
    struct kps_sv whole = kps_fmt(scratch, "%.*s%s", SV_ARG(a->prefix), path);
    struct kps_http_reply reply = kps_http_get(a->http, scratch, whole, max_bytes);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 400 && a->prefix.n) {
        /* "client version … is too old": an engine of the future, which has dropped what we speak
         */
        a->prefix = SV("");
        reply = kps_http_get(a->http, scratch, kps_sv_of(path), max_bytes);
    }
    return reply;
}

/* 41 from "1.41"; 0 for what cannot be read. */
static unsigned minor_of(struct kps_sv api_version)
{
    unsigned long long minor = 0;
    bool is_read = kps_sv_starts(api_version, SV("1.")) &&
                   kps_sv_u64(kps_sv_from(api_version, 2), 9999, &minor);
    return is_read ? (unsigned)minor : 0;
}

/* "Docker/20.10.24+dfsg1 (linux)", "Libpod/4.3.1 (linux)" */
static void read_server(struct kps_asking *a, const struct kps_http_reply *ping)
{
    struct kps_sv server = kps_http_header(ping, SV("Server"));
    size_t slash = kps_sv_find(server, '/');
    struct kps_sv product = kps_sv_slice(server, 0, slash);
    struct kps_sv version = kps_sv_from(server, slash + 1);
    a->answer->podman =
        kps_sv_eq(product, SV("Libpod")) || kps_http_header(ping, SV("Libpod-Api-Version")).n > 0;
    if (kps_sv_eq(product, SV("Docker")) || kps_sv_eq(product, SV("Libpod"))) {
        a->answer->version = keep(a, kps_sv_slice(version, 0, kps_sv_find(version, ' ')));
    }
}

/* Something between here and the engine took the header that names its version. */
static void ask_version(struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply = kps_asking_get(a, scratch, "/version", KPS_LIMIT_ENGINE_CONFIG);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 200) {
        a->answer->version = kps_engine_read_text(a->arena, reply.body, "Version");
    }
}

static enum swarm swarm_of(const struct kps_asking *a, struct kps_sv header)
{
    if (a->answer->podman) {
        return SWARM_NONE;
    }
    if (kps_sv_starts(header, SV("active"))) {
        return kps_sv_ends(header, SV("/manager")) ? SWARM_MANAGER : SWARM_WORKER;
    }
    return header.n ? SWARM_NONE : SWARM_UNKNOWN;
}

/* Return: false when this is no engine that can be asked; why is in the answer. */
static bool ping(struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply =
        kps_http_get(a->http, scratch, SV("/_ping"), KPS_LIMIT_ENGINE_CONFIG);
    if (reply.result != KPS_HTTP_ANSWERED) {
        fail(a, status_of(reply.result), reply.words);
        a->answer->advice = advice_for(a, reply.result);
        return false;
    }
    struct kps_sv api = kps_http_header(&reply, SV("Api-Version"));
    if (reply.status != 200) {
        bool denied = reply.status == 401 || reply.status == 403;
        fail(a, denied ? KPS_ENGINE_DENIED : KPS_ENGINE_BAD,
             kps_asking_refused(a, scratch, &reply));
        return false;
    }
    if (!api.n && !kps_sv_eq(kps_sv_trim(reply.body), SV("OK"))) {
        fail(a, KPS_ENGINE_BAD, SV("what answers there is no container engine"));
        return false;
    }
    a->answer->api_version = keep(a, api);
    unsigned minor = minor_of(api);
    a->prefix = minor ? kps_fmt(a->arena, "/v1.%u", minor < API_MINOR ? minor : API_MINOR) : SV("");
    a->has_lists = a->is_engine && minor > 0 && minor <= LISTS_MINOR;
    read_server(a, &reply);
    a->swarm = swarm_of(a, kps_http_header(&reply, SV("Swarm")));
    return true;
}

static int by_name(const void *left, const void *right)
{
    const struct kps_engine_container *a = left;
    const struct kps_engine_container *b = right;
    int order = kps_sv_cmp(a->name, b->name);
    return order ? order : kps_sv_cmp(a->id, b->id);
}

/* Whether who listens on the socket is an engine, or the init system that starts one. */
static bool is_engine_process(const struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    static const struct kps_sv names[] = {SV_LIT("dockerd\n"), SV_LIT("systemd\n"),
                                          SV_LIT("podman\n")};
    uint32_t pid = kps_http_peer(a->http);
    struct kps_sv path = kps_fmt(scratch, "/proc/%u/comm", pid);
    const struct kps_fs *fs = a->question->fs;
    struct kps_sv name = {0};
    if (!pid || fs->read(fs, scratch, path.p, KPS_LIMIT_ENGINE_CONFIG, &name) != 0) {
        return false;
    }
    bool found = false;
    for (size_t i = 0; i < KPS_COUNT(names); i++) {
        found = found || kps_sv_eq(name, names[i]);
    }
    return found;
}

/*
 * Who is known to be an engine is asked for its version and its lists in one go: waking it up costs
 * as much as what it answers. That it has no swarm it says at once; before 23.0 it would have to be
 * asked anyway.
 */
static void ask_ahead(struct kps_asking *a)
{
    static const struct kps_sv paths[] = {SV_LIT("/_ping"), SV_LIT(CONTAINERS_PATH),
                                          SV_LIT(SERVICES_PATH)};
    a->is_engine = !a->answer->elsewhere && is_engine_process(a);
    if (a->is_engine) {
        kps_http_ahead(a->http, paths, KPS_COUNT(paths));
    }
}

/* The list that is on its way, unless the engine insists on a version. */
static struct kps_http_reply get_containers(struct kps_asking *a, struct kps_arena *scratch)
{
    if (a->has_lists) {
        struct kps_http_reply reply =
            kps_http_get(a->http, scratch, SV(CONTAINERS_PATH), KPS_LIMIT_ENGINE_ANSWER);
        if (reply.result != KPS_HTTP_ANSWERED || reply.status == 200) {
            return reply;
        }
        a->has_lists = false;
    }
    return kps_asking_get(a, scratch, CONTAINERS_PATH, KPS_LIMIT_ENGINE_ANSWER);
}

/* Return: false when there is no list; a list that breaks off is kept as far as it came. */
static bool list_containers(struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply = get_containers(a, scratch);
    if (reply.result != KPS_HTTP_ANSWERED) {
        fail(a, status_of(reply.result), reply.words);
        a->answer->advice = advice_for(a, reply.result);
        return false;
    }
    if (reply.status != 200) {
        bool denied = reply.status == 401 || reply.status == 403;
        fail(a, denied ? KPS_ENGINE_DENIED : KPS_ENGINE_BAD,
             kps_asking_refused(a, scratch, &reply));
        return false;
    }
    struct kps_sv why = {0};
    bool whole = kps_engine_read_containers(a->arena, reply.body, &a->answer->containers, &why);
    if (!whole) {
        fail(a, KPS_ENGINE_BAD, kps_fmt(a->arena, "its list of containers %.*s", SV_ARG(why)));
    }
    if (a->answer->containers.list.n) {
        qsort(a->answer->containers.list.v, a->answer->containers.list.n,
              sizeof(a->answer->containers.list.v[0]), by_name);
    }
    return whole;
}

/* A worker, and an engine without swarm, answer 503 (before 1.24: 406; Podman: 404): no services,
 * and nothing missing.
 */
static void read_services(struct kps_asking *a, const struct kps_http_reply *reply)
{
    struct kps_sv why = {0};
    if (reply->status == 200) {
        a->swarm = SWARM_MANAGER;
        if (!kps_engine_read_services(a->arena, reply->body, &a->answer->services, &why)) {
            kps_asking_gap(a,
                           kps_fmt(a->arena, "the list of the swarm's services %.*s", SV_ARG(why)));
        }
    }
}

/*
 * The services that are on their way. A manager without a quorum takes its time over them: what
 * comes after them is then asked for on another connection, and they at the end. Return: whether
 * they came.
 */
static bool take_services(struct kps_asking *a)
{
    enum { PATIENCE_MS = 100 };
    if (!a->has_lists) {
        return false;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    kps_http_hurry(a->http, PATIENCE_MS);
    struct kps_http_reply reply =
        kps_http_get(a->http, scratch, SV(SERVICES_PATH), KPS_LIMIT_ENGINE_ANSWER);
    kps_http_hurry(a->http, 0);
    if (reply.result == KPS_HTTP_ANSWERED) {
        read_services(a, &reply);
    }
    return reply.result == KPS_HTTP_ANSWERED;
}

static void list_services(struct kps_asking *a)
{
    if (a->swarm != SWARM_MANAGER && a->swarm != SWARM_UNKNOWN) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply =
        kps_asking_get(a, scratch, SERVICES_PATH, KPS_LIMIT_ENGINE_ANSWER);
    if (reply.result == KPS_HTTP_ANSWERED) {
        read_services(a, &reply);
    } else {
        kps_asking_gap(
            a, kps_fmt(a->arena, "cannot list the swarm's services: %.*s", SV_ARG(reply.words)));
    }
}

/* Ports of a container in an overlay network are published through another network, which no
 * container lists. */
static void ask_gateway(struct kps_asking *a)
{
    bool in_swarm = a->swarm == SWARM_MANAGER || a->swarm == SWARM_WORKER;
    bool publishes = false;
    for (uint32_t i = 0; i < a->answer->containers.list.n; i++) {
        const struct kps_engine_container *container = &a->answer->containers.list.v[i];
        in_swarm = in_swarm || container->swarm_service.n > 0;
        publishes = publishes || (kps_engine_is_bound(container) && container->ports.n > 0);
    }
    if (!in_swarm || !publishes) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply =
        kps_asking_get(a, scratch, "/networks/docker_gwbridge", KPS_LIMIT_ENGINE_ITEM);
    struct kps_sv why = {0};
    if (reply.result != KPS_HTTP_ANSWERED) {
        kps_asking_gap(a, kps_fmt(a->arena, "cannot look at the network docker_gwbridge: %.*s",
                                  SV_ARG(reply.words)));
    } else if (reply.status == 200 &&
               !kps_engine_read_gateway(a->arena, reply.body, &a->answer->containers, &why)) {
        kps_asking_gap(a, kps_fmt(a->arena, "the network docker_gwbridge %.*s", SV_ARG(why)));
    }
}

/*
 * A tunnel or a helper of a virtual machine leads elsewhere from an address or a socket of this
 * machine, and in a container the socket is that of the machine around it. An engine that names
 * another host or another kernel is not here; one that does not say counts as what it looks like.
 * Asking takes an engine 10 ms, so it is asked only when what listens is not known to be one.
 */
static void find_out_where(struct kps_asking *a)
{
    if (a->answer->elsewhere || a->is_engine) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_http_reply reply = kps_asking_get(a, scratch, "/info", KPS_LIMIT_ENGINE_CONFIG);
    struct utsname here;
    if (reply.result != KPS_HTTP_ANSWERED || reply.status != 200 || uname(&here) != 0) {
        return;
    }
    struct kps_sv name = kps_engine_read_text(scratch, reply.body, "Name");
    struct kps_sv kernel = kps_engine_read_text(scratch, reply.body, "KernelVersion");
    a->answer->elsewhere = (name.n && !kps_sv_eq(name, kps_sv_of(here.nodename))) ||
                           (kernel.n && !kps_sv_eq(kernel, kps_sv_of(here.release)));
}

static void find_settings(struct kps_asking *a)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    a->answer->no_proxy = !a->answer->elsewhere && !a->answer->podman && a->question->fs &&
                          kps_engine_has_no_proxy(scratch, a->question->fs, kps_http_peer(a->http));
}

struct kps_engine_answer kps_engine_ask(struct kps_arena *arena,
                                        const struct kps_endpoint *endpoint,
                                        const struct kps_engine_question *question)
{
    struct kps_engine_answer answer = {.elsewhere = endpoint->elsewhere};
    struct kps_http *http KPS_CLEANUP(kps_http_cleanup) =
        kps_http_open(arena, endpoint, question->timeout_ms);
    struct kps_asking a = {.arena = arena,
                           .endpoint = endpoint,
                           .question = question,
                           .answer = &answer,
                           .http = http,
                           .prefix = SV("")};
    ask_ahead(&a);
    if (!ping(&a) || !list_containers(&a)) {
        return answer;
    }
    bool has_services = take_services(&a);
    if (!answer.version.n) {
        ask_version(&a);
    }
    find_out_where(&a);
    if (question->settings) {
        find_settings(&a);
    }
    if (kps_asking_inspect(&a)) {
        if (!has_services) {
            list_services(&a);
        }
        ask_gateway(&a);
        kps_asking_look_at_images(&a);
    }
    return answer;
}

void kps_engine_answer_free(struct kps_engine_answer *answer)
{
    kps_engine_containers_free(&answer->containers);
    kps_engine_containers_free(&answer->images);
    kps_engine_networks_free(&answer->networks);
    kps_engine_services_free(&answer->services);
    kps_vec_free(&answer->gaps);
}
