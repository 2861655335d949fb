#include "docker/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/limits.h"
#include "docker/engine_settings.h"
#include "http/http.h"

#define NETWORKS_PATH "/networks"

/* Swarm membership. Before 23.0 the engine's ping does not report it. */
enum swarm { SWARM_UNKNOWN, SWARM_NONE, SWARM_WORKER, SWARM_MANAGER };

/* One conversation with one engine. */
struct dialogue {
    struct kps_arena *arena, *scratch; /* scratch: of a request and its answer */
    const struct kps_engine_endpoint *endpoint;
    const struct kps_engine_question *question;
    struct kps_engine_answer *answer;
    struct kps_http *http;
    struct kps_ssh *ssh;  /* NULL: the engine is reached without ssh */
    struct kps_sv prefix; /* "/v1.41", or "" */
    enum swarm swarm;
    bool is_engine;    /* the listener is an engine's process, with no proxy in between */
    bool has_lists;    /* the lists are pipelined, in a readable version of the API */
    bool has_networks; /* the list of networks is pipelined */
};

enum {
    /*
     * The newest version of the API that was tried (engine 26.1); later versions may rename
     * members.
     */
    API_MINOR = 45,
    /*
     * Up to here no member of the lists of containers and services was renamed (the API's version
     * history), so the lists are readable in any version.
     */
    LISTS_MINOR = 54,
};

#define CONTAINERS_PATH "/containers/json?all=1"
#define SERVICES_PATH "/services"

const char *kps_engine_library(void)
{
    return kps_http_library();
}

const char *kps_engine_status_name(enum kps_engine_status status)
{
    static const char names[][12] = {
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

static void add_gap(struct dialogue *a, struct kps_sv words)
{
    kps_vec_add_text(&a->answer->gaps.any, words);
}

static struct kps_sv copy_text(const struct dialogue *a, struct kps_sv text)
{
    return text.n ? kps_sv_copy(a->arena, text) : (struct kps_sv){"", 0};
}

static struct kps_sv describe_refusal(const struct dialogue *a, const struct kps_http_reply *reply)
{
    struct kps_sv message = kps_engine_read_text(a->scratch, reply->body, "message");
    bool is_page = kps_sv_has_head(kps_http_header(reply, "Content-Type"), "text/html");
    if (!message.n && !is_page) {
        message = kps_sv_before(reply->body, '\n');
    }
    message = kps_sv_trim(kps_sv_head(message, 200));
    return message.n ? kps_fmt(a->arena, "it answered %u: %.*s", reply->status, SV_ARG(message))
                     : kps_fmt(a->arena, "it answered %u", reply->status);
}

static struct kps_sv advise_on(const struct dialogue *a, enum kps_http_result result)
{
    if (result == KPS_HTTP_DENIED && geteuid() == 0) {
        return SV("root may not ask it either: a security module (SELinux, AppArmor) or a missing "
                  "capability is in the way");
    }
    if (result == KPS_HTTP_DENIED && kps_sv_has_tail(a->endpoint->socket, "docker.sock")) {
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

/* Return the reason for having no answer of status 200; empty: there is one. */
static struct kps_sv describe_failure(const struct dialogue *a, const struct kps_http_reply *reply)
{
    if (reply->result != KPS_HTTP_ANSWERED) {
        return reply->words;
    }
    return reply->status == 200 ? (struct kps_sv){"", 0} : describe_refusal(a, reply);
}

/* End the asking: the engine cannot be used. */
static void end_dialogue(struct dialogue *a, enum kps_engine_status status, struct kps_sv why)
{
    a->answer->status = status;
    a->answer->why = copy_text(a, why);
    a->answer->words = kps_fmt(a->arena, "cannot ask the engine at '%.*s': %.*s",
                               SV_ARG(a->endpoint->url), SV_ARG(why));
}

/* End the asking for want of an answer. */
static void end_unanswered(struct dialogue *a, const struct kps_http_reply *reply)
{
    if (a->ssh && (reply->result == KPS_HTTP_BROKEN || reply->result == KPS_HTTP_TIMEOUT)) {
        struct kps_http_reply why = kps_ssh_explain(a->arena, a->ssh, reply, &a->answer->advice);
        end_dialogue(a, status_of(why.result), why.words);
        return;
    }
    end_dialogue(a, status_of(reply->result), reply->words);
    a->answer->advice = advise_on(a, reply->result);
}

static struct kps_http_reply get_path(struct dialogue *a, const char *path, size_t max_bytes)
{
    struct kps_sv whole = kps_fmt(a->scratch, "%.*s%s", SV_ARG(a->prefix), path);
    struct kps_http_reply reply = kps_http_get(a->http, a->scratch, whole, max_bytes);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 400 && a->prefix.n) {
        /* "client version … is too old": an engine of the future, which has dropped what we speak
         */
        a->prefix = SV("");
        reply = kps_http_get(a->http, a->scratch, kps_sv_of(path), max_bytes);
    }
    return reply;
}

/* Parse 41 from "1.41"; 0 for other texts. */
static unsigned parse_minor(struct kps_sv api_version)
{
    bool is_version = kps_sv_has_head(api_version, "1.");
    int64_t minor = is_version ? kps_sv_number(kps_sv_from(api_version, 2), 9999) : 0;
    return minor > 0 ? (unsigned)minor : 0;
}

/* "Docker/20.10.24+dfsg1 (linux)", "Libpod/4.3.1 (linux)" */
static void read_server(struct dialogue *a, const struct kps_http_reply *ping)
{
    struct kps_sv server = kps_http_header(ping, "Server");
    struct kps_sv product = kps_sv_before(server, '/');
    struct kps_sv version = kps_sv_after(server, '/');
    a->answer->podman =
        kps_sv_is(product, "Libpod") || kps_http_header(ping, "Libpod-Api-Version").n > 0;
    if (kps_sv_is_one_of(product, "Docker Libpod")) {
        a->answer->version = copy_text(a, kps_sv_before(version, ' '));
    }
}

/* A proxy on the way removed the header with the engine's version. */
static void ask_version(struct dialogue *a)
{
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_path(a, "/version", KPS_LIMIT_ENGINE_CONFIG);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 200) {
        a->answer->version = kps_engine_read_text(a->arena, reply.body, "Version");
    }
}

static enum swarm parse_swarm(const struct dialogue *a, struct kps_sv header)
{
    if (a->answer->podman) {
        return SWARM_NONE;
    }
    if (kps_sv_has_head(header, "active")) {
        return kps_sv_has_tail(header, "/manager") ? SWARM_MANAGER : SWARM_WORKER;
    }
    return header.n ? SWARM_NONE : SWARM_UNKNOWN;
}

/* End the dialogue with an engine that answers a request with another status than 200. */
static void end_refused(struct dialogue *a, const struct kps_http_reply *reply)
{
    bool denied = reply->status == 401 || reply->status == 403;
    end_dialogue(a, denied ? KPS_ENGINE_DENIED : KPS_ENGINE_BAD, describe_refusal(a, reply));
}

/* Return: false when this is no engine that can be asked; why is in the answer. */
static bool ping_engine(struct dialogue *a)
{
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = {.result = KPS_HTTP_BROKEN};
    if (!a->ssh || !a->ssh->is_noisy) {
        reply = kps_http_get(a->http, a->scratch, SV("/_ping"), KPS_LIMIT_ENGINE_CONFIG);
    }
    if (reply.result != KPS_HTTP_ANSWERED) {
        end_unanswered(a, &reply);
        return false;
    }
    struct kps_sv api = kps_http_header(&reply, "Api-Version");
    if (reply.status != 200) {
        end_refused(a, &reply);
        return false;
    }
    if (!api.n && !kps_sv_is(kps_sv_trim(reply.body), "OK")) {
        end_dialogue(a, KPS_ENGINE_BAD, SV("the server there is no container engine"));
        return false;
    }
    a->answer->api_version = copy_text(a, api);
    unsigned minor = parse_minor(api);
    if (minor) {
        a->prefix = kps_fmt(a->arena, "/v1.%u", minor < API_MINOR ? minor : API_MINOR);
    }
    a->has_lists = a->is_engine && minor > 0 && minor <= LISTS_MINOR;
    read_server(a, &reply);
    a->swarm = parse_swarm(a, kps_http_header(&reply, "Swarm"));
    return true;
}

static int compare_names(const void *left, const void *right)
{
    const struct kps_engine_container *a = left;
    const struct kps_engine_container *b = right;
    int order = kps_sv_cmp(a->name, b->name);
    return order ? order : kps_sv_cmp(a->id, b->id);
}

/* Report if the listener on the socket is an engine, or the init system that starts one. */
static bool is_engine_process(struct dialogue *a)
{
    kps_arena_reset(a->scratch);
    uint32_t pid = kps_http_peer(a->http);
    struct kps_sv path = kps_fmt(a->scratch, "/proc/%u/comm", pid);
    const struct kps_fs *fs = a->question->fs;
    struct kps_sv name = {0};
    if (!pid || fs->read(fs, a->scratch, path.p, KPS_LIMIT_ENGINE_CONFIG, &name) != 0) {
        return false;
    }
    bool found = kps_sv_is_one_of(kps_sv_before(name, '\n'), "dockerd systemd podman");
    a->answer->pid = found ? kps_engine_settings_find_dockerd(a->scratch, fs, pid) : 0;
    return found;
}

/*
 * Pipeline version and lists to a known engine: waking the engine up costs as much as its answer.
 * An engine without a swarm refuses the services at once; before 23.0 that request is needed
 * anyway.
 */
static void pipeline_lists(struct dialogue *a)
{
    static const struct kps_sv paths[] = {SV_LIT("/_ping"), SV_LIT(CONTAINERS_PATH),
                                          SV_LIT(SERVICES_PATH)};
    a->is_engine = a->ssh || (!a->answer->elsewhere && is_engine_process(a));
    if (a->is_engine) {
        /* Through ssh there is no other connection for what comes behind a late answer. */
        kps_http_ahead(a->http, paths, KPS_COUNT(paths) - (a->ssh != NULL));
    }
}

/* The list that is on its way, unless the engine insists on a version. */
static struct kps_http_reply get_list(struct dialogue *a)
{
    if (a->has_lists) {
        struct kps_http_reply reply =
            kps_http_get(a->http, a->scratch, SV(CONTAINERS_PATH), KPS_LIMIT_ENGINE_ANSWER);
        if (reply.result != KPS_HTTP_ANSWERED || reply.status == 200) {
            return reply;
        }
        a->has_lists = false;
    }
    return get_path(a, CONTAINERS_PATH, KPS_LIMIT_ENGINE_ANSWER);
}

/* Return: false when there is no list; a truncated list is kept as far as its items are whole. */
static bool list_containers(struct dialogue *a)
{
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_list(a);
    if (reply.result != KPS_HTTP_ANSWERED) {
        end_unanswered(a, &reply);
        return false;
    }
    if (reply.status != 200) {
        end_refused(a, &reply);
        return false;
    }
    struct kps_sv why = {0};
    bool whole = kps_engine_read_containers(a->arena, reply.body, &a->answer->containers, &why);
    if (!whole) {
        end_dialogue(a, KPS_ENGINE_BAD,
                     kps_fmt(a->arena, "its list of containers %.*s", SV_ARG(why)));
    }
    if (a->answer->containers.list.n) {
        qsort(a->answer->containers.list.v, a->answer->containers.list.n,
              sizeof(a->answer->containers.list.v[0]), compare_names);
    }
    return whole;
}

/*
 * Read the answer about the swarm's services. A worker, and an engine without a swarm, answer 503
 * (before 1.24: 406; Podman: 404): no services, and nothing missing. Any other answer, such as 500
 * of a manager without a leader, leaves the services unknown.
 */
static void read_services(struct dialogue *a, const struct kps_http_reply *reply)
{
    struct kps_sv why = {0};
    if (reply->status == 200) {
        a->swarm = SWARM_MANAGER;
        a->answer->is_manager = true;
        if (!kps_engine_read_services(a->arena, reply->body, &a->answer->services, &why)) {
            add_gap(a, kps_fmt(a->arena, "the list of the swarm's services %.*s", SV_ARG(why)));
        }
        return;
    }
    struct kps_sv message = kps_engine_read_text(a->scratch, reply->body, "message");
    bool lacks_leader = kps_sv_contains(message, SV("does not have a leader"));
    bool is_none = reply->status == 503 || reply->status == 406 || reply->status == 404;
    if (lacks_leader || !is_none) {
        why = describe_refusal(a, reply);
        add_gap(a, kps_fmt(a->arena, "cannot list the swarm's services: %.*s", SV_ARG(why)));
    }
}

/*
 * Read the pipelined services. A manager without a quorum answers late: later requests then use
 * another connection, and the services are asked for at the end. Return: if the services came.
 */
static bool read_pipelined_services(struct dialogue *a)
{
    enum { PATIENCE_MS = 100 };
    if (!a->has_lists || a->ssh) {
        return false;
    }
    kps_arena_reset(a->scratch);
    kps_http_hurry(a->http, PATIENCE_MS);
    struct kps_http_reply reply =
        kps_http_get(a->http, a->scratch, SV(SERVICES_PATH), KPS_LIMIT_ENGINE_ANSWER);
    kps_http_hurry(a->http, 0);
    if (reply.result == KPS_HTTP_ANSWERED) {
        read_services(a, &reply);
    }
    return reply.result == KPS_HTTP_ANSWERED;
}

static void list_services(struct dialogue *a)
{
    if (a->swarm != SWARM_MANAGER && a->swarm != SWARM_UNKNOWN) {
        return;
    }
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_path(a, SERVICES_PATH, KPS_LIMIT_ENGINE_ANSWER);
    if (reply.result == KPS_HTTP_ANSWERED) {
        read_services(a, &reply);
    } else {
        add_gap(a,
                kps_fmt(a->arena, "cannot list the swarm's services: %.*s", SV_ARG(reply.words)));
    }
}

/* Ports of a container in an overlay network are published through another network, which no
 * container lists. */
static void ask_gateway(struct dialogue *a)
{
    bool in_swarm = a->swarm == SWARM_MANAGER || a->swarm == SWARM_WORKER;
    bool publishes = false;
    for (uint32_t i = 0; i < a->answer->containers.list.n; i++) {
        const struct kps_engine_container *container = &a->answer->containers.list.v[i];
        in_swarm |= container->swarm_service.n > 0;
        publishes = publishes || (kps_engine_is_bound(container) && container->ports.n > 0);
    }
    if (!in_swarm || !publishes) {
        return;
    }
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_path(a, "/networks/docker_gwbridge", KPS_LIMIT_ENGINE_ITEM);
    struct kps_sv why = {0};
    if (reply.result != KPS_HTTP_ANSWERED) {
        add_gap(a, kps_fmt(a->arena, "cannot look at the network docker_gwbridge: %.*s",
                           SV_ARG(reply.words)));
    } else if (reply.status == 200 &&
               !kps_engine_read_gateway(a->arena, reply.body, &a->answer->containers, &why)) {
        add_gap(a, kps_fmt(a->arena, "the network docker_gwbridge %.*s", SV_ARG(why)));
    }
}

/*
 * Decide if the engine runs on this machine. A tunnel or a helper of a virtual machine leads
 * elsewhere from a local address or socket, and in a container the socket is that of the machine
 * outside. An engine with another host name or another kernel runs elsewhere; a silent engine
 * keeps the look of its endpoint. The request takes an engine 10 ms, so only unknown listeners get
 * it.
 */
static void locate_engine(struct dialogue *a)
{
    if (a->answer->elsewhere || a->is_engine) {
        return;
    }
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_path(a, "/info", KPS_LIMIT_ENGINE_CONFIG);
    struct utsname here;
    if (reply.result != KPS_HTTP_ANSWERED || reply.status != 200 || uname(&here) != 0) {
        return;
    }
    struct kps_sv name = kps_engine_read_text(a->scratch, reply.body, "Name");
    struct kps_sv kernel = kps_engine_read_text(a->scratch, reply.body, "KernelVersion");
    a->answer->elsewhere = (name.n && !kps_sv_is(name, here.nodename)) ||
                           (kernel.n && !kps_sv_is(kernel, here.release));
}

static bool publishes_any(const struct kps_engine_container *container,
                          const struct kps_ports *ports, size_t n)
{
    for (uint32_t i = 0; i < container->ports.n; i++) {
        const struct kps_engine_port *port = &container->ports.v[i];
        struct kps_ports published = {.first = (uint16_t)port->published,
                                      .last = (uint16_t)(port->published + port->width - 1),
                                      .protocol = (uint8_t)port->protocol};
        for (size_t k = 0; k < n; k++) {
            if (kps_ports_meet(&published, &ports[k])) {
                return true;
            }
        }
    }
    return false;
}

bool kps_engine_shares_netns(const struct kps_engine_container *container,
                             const struct kps_shared_netns *shared_netns)
{
    enum { SHORT_ID = 12 };
    const struct kps_sv compose = SV("compose:");
    struct kps_sv name = shared_netns->container;
    if (!kps_sv_starts(name, compose)) {
        return kps_sv_eq(container->name, name) ||
               (name.n >= SHORT_ID && kps_sv_starts(container->id, name));
    }
    struct kps_sv service = kps_sv_from(name, compose.n + container->project.n);
    return container->number <= 1 && !container->oneoff && container->service.n &&
           kps_sv_starts(kps_sv_from(name, compose.n), container->project) &&
           kps_sv_has_head(service, "/") && kps_sv_eq(kps_sv_from(service, 1), container->service);
}

static bool is_joined_by_any(const struct kps_engine_question *question,
                             const struct kps_engine_container *container)
{
    for (size_t i = 0; i < question->n_shared_netns; i++) {
        if (kps_engine_shares_netns(container, &question->shared_netns[i])) {
            return true;
        }
    }
    return false;
}

static bool needs_inspection(const struct dialogue *a, const struct kps_engine_container *container)
{
    if (kps_sv_is_one_of(container->state, "removing dead")) {
        return false; /* neither can be started again */
    }
    if (!kps_engine_is_bound(container)) {
        return true;
    }
    /*
     * A question about ports needs the restart policy of their holder, which may be on the host's
     * network.
     */
    bool may_hold = a->question->n_ports || a->answer->elsewhere || !a->question->sockets_known;
    /* Podman's list does not say the network mode, and not all ports (§7.6; 4.3 was tried). */
    return a->answer->podman || (kps_sv_is(container->network_mode, "host") && may_hold) ||
           publishes_any(container, a->question->ports, a->question->n_ports) ||
           is_joined_by_any(a->question, container);
}

static struct kps_sv inspection_path(struct kps_arena *arena,
                                     const struct kps_engine_container *container)
{
    return kps_fmt(arena, "/containers/%.*s/json", SV_ARG(container->id));
}

/* Report if the ports of the container's next start depend on the kind of its network. */
static bool is_in_own_network(const struct kps_engine_container *container)
{
    return !kps_engine_is_bound(container) &&
           !kps_sv_is_one_of(container->network_mode, "default bridge host none") &&
           !kps_sv_has_head(container->network_mode, "container:");
}

/* Ask for the next inspections, from this container on, together, and behind the last for the
 * networks, if some may depend on them. Return: for how many inspections. */
static size_t pipeline_inspections(struct dialogue *a, uint32_t first)
{
    struct kps_sv *paths = KPS_NEW_N(a->arena, struct kps_sv, KPS_HTTP_MOST_AHEAD);
    size_t n = 0;
    bool asks = false;
    for (uint32_t i = first; i < a->answer->containers.list.n; i++) {
        const struct kps_engine_container *container = &a->answer->containers.list.v[i];
        if (needs_inspection(a, container)) {
            if (n == KPS_HTTP_MOST_AHEAD) {
                asks = false;
                break;
            }
            paths[n++] = kps_fmt(a->arena, "%.*s%s", SV_ARG(a->prefix),
                                 inspection_path(a->arena, container).p);
            asks = asks || is_in_own_network(container);
        }
    }
    a->has_networks = asks && !a->answer->podman && n < KPS_HTTP_MOST_AHEAD;
    if (a->has_networks) {
        paths[n] = kps_fmt(a->arena, "%.*s" NETWORKS_PATH, SV_ARG(a->prefix));
    }
    kps_http_ahead(a->http, paths, n + a->has_networks);
    return n;
}

/* Return: false when the engine does not answer any more. */
static bool inspect_container(struct dialogue *a, struct kps_engine_container *container)
{
    kps_arena_reset(a->scratch);
    struct kps_sv path = inspection_path(a->scratch, container);
    struct kps_http_reply reply = get_path(a, path.p, KPS_LIMIT_ENGINE_ITEM);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 404) {
        container->state = SV("removing"); /* the container went between the two requests */
        return true;
    }
    struct kps_sv why = describe_failure(a, &reply);
    if (why.n == 0 && kps_engine_read_inspection(a->arena, reply.body, container, &why)) {
        return true;
    }
    bool is_answered = reply.result == KPS_HTTP_ANSWERED;
    add_gap(a, kps_fmt(a->arena, "cannot look at the container '%.*s'%s: %s%.*s",
                       SV_ARG(container->name), is_answered ? "" : " and those after it",
                       is_answered && reply.status == 200 ? "its answer " : "", SV_ARG(why)));
    return is_answered;
}

static void list_networks(struct dialogue *a)
{
    kps_arena_reset(a->scratch);
    struct kps_http_reply reply = get_path(a, NETWORKS_PATH, KPS_LIMIT_ENGINE_ANSWER);
    struct kps_sv why = describe_failure(a, &reply);
    if (why.n) {
        add_gap(a, kps_fmt(a->arena, "cannot list the networks: %.*s", SV_ARG(why)));
    } else if (!kps_engine_read_networks(a->arena, reply.body, &a->answer->networks, &why)) {
        add_gap(a, kps_fmt(a->arena, "the list of networks %.*s", SV_ARG(why)));
    }
}

static bool inspect_containers(struct dialogue *a)
{
    bool asks = false;
    size_t ahead = 0;
    for (uint32_t i = 0; i < a->answer->containers.list.n; i++) {
        struct kps_engine_container *container = &a->answer->containers.list.v[i];
        if (needs_inspection(a, container)) {
            ahead = ahead > 0 || !a->is_engine ? ahead : pipeline_inspections(a, i);
            ahead -= ahead > 0;
            if (!inspect_container(a, container)) {
                return false;
            }
        }
        asks = asks || (container->bindings.n && is_in_own_network(container));
    }
    if (a->has_networks || a->question->networks || (asks && !a->answer->podman)) {
        list_networks(a);
    }
    return true;
}

bool kps_engine_is_called(const struct kps_engine_container *container, struct kps_sv name)
{
    struct kps_sv service = container->service;
    struct kps_sv rest = kps_sv_from(name, service.n);
    bool has_mark = rest.n > 1 && (rest.p[0] == '-' || rest.p[0] == '_');
    return kps_sv_eq(container->name, name) ||
           (!container->oneoff && service.n && kps_sv_starts(name, service) && has_mark &&
            kps_sv_number(kps_sv_from(rest, 1), UINT32_MAX) == container->number);
}

/* Return: the id of the container whose network this container has. */
static struct kps_sv network_owner(const struct kps_engine_container *container)
{
    const struct kps_sv prefix = SV("container:");
    return kps_sv_starts(container->network_mode, prefix)
               ? kps_sv_from(container->network_mode, prefix.n)
               : container->id;
}

/* Report if the container has the network of a container that a log line comes from. */
static bool is_near_speaker(const struct dialogue *a, const struct kps_engine_container *container)
{
    struct kps_sv network = network_owner(container);
    for (uint32_t i = 0; i < a->answer->containers.list.n; i++) {
        const struct kps_engine_container *other = &a->answer->containers.list.v[i];
        if (!kps_sv_eq(network_owner(other), network)) {
            continue;
        }
        for (size_t k = 0; k < a->question->n_speakers; k++) {
            if (kps_engine_is_called(other, a->question->speakers[k])) {
                return true;
            }
        }
    }
    return false;
}

/* List the processes of the running containers in the networks of the speakers. */
static void list_processes(struct dialogue *a)
{
    enum { MOST = 16 };
    uint32_t n = 0;
    for (uint32_t i = 0; a->question->n_speakers && i < a->answer->containers.list.n; i++) {
        struct kps_engine_container *container = &a->answer->containers.list.v[i];
        if (!kps_engine_is_bound(container) || n == MOST || !is_near_speaker(a, container)) {
            continue;
        }
        n++;
        kps_arena_reset(a->scratch);
        struct kps_sv path = kps_fmt(a->scratch, "/containers/%.*s/top", SV_ARG(container->id));
        struct kps_http_reply reply = get_path(a, path.p, KPS_LIMIT_ENGINE_ITEM);
        struct kps_sv unused = {0};
        if (reply.result != KPS_HTTP_ANSWERED) {
            return;
        }
        if (reply.status == 200) { /* else it ended meanwhile, or its engine has no ps */
            (void)kps_engine_read_top(a->arena, reply.body, container, &unused);
        }
    }
}

/* Report if the name can stand in a path unescaped; the name of any existing image can. */
static bool is_image_name(struct kps_sv name)
{
    return kps_sv_is_plain(name, "./-_:@") && !kps_sv_has_any(name, "..");
}

/* An image that the engine does not have yet exposes no known port. */
static void inspect_image(struct dialogue *a, struct kps_sv name,
                          struct kps_engine_container *image)
{
    kps_arena_reset(a->scratch);
    struct kps_sv path = kps_fmt(a->scratch, "/images/%.*s/json", SV_ARG(name));
    struct kps_http_reply reply = get_path(a, path.p, KPS_LIMIT_ENGINE_ITEM);
    if (reply.result == KPS_HTTP_ANSWERED && reply.status == 404) {
        return;
    }
    struct kps_sv why = describe_failure(a, &reply);
    if (why.n || !kps_engine_read_image(a->arena, reply.body, image, &why)) {
        add_gap(a, kps_fmt(a->arena, "cannot look at the image '%.*s': %.*s", SV_ARG(name),
                           SV_ARG(why)));
    }
}

static void inspect_images(struct dialogue *a)
{
    for (size_t i = 0; i < a->question->n_image_ports_pending; i++) {
        struct kps_engine_container *image = kps_vec_push(&a->answer->images.list);
        *image = (struct kps_engine_container){.image = a->question->image_ports_pending[i].image};
        if (is_image_name(image->image)) {
            inspect_image(a, image->image, image);
        }
    }
}

static void read_settings(struct dialogue *a)
{
    if (!a->answer->elsewhere && !a->answer->podman && a->question->fs) {
        a->answer->settings =
            kps_engine_settings_read(a->arena, a->question->fs, kps_http_peer(a->http));
    }
}

/* Ask over an open connection. */
static void run_dialogue(struct dialogue *a)
{
    pipeline_lists(a);
    if (a->ssh) {
        kps_ssh_skip_preface(a->arena, a->ssh, a->http);
        a->answer->host_tables = a->ssh->tables;
    }
    if (!ping_engine(a) || !list_containers(a)) {
        return;
    }
    bool has_services = read_pipelined_services(a);
    if (!a->answer->version.n) {
        ask_version(a);
    }
    locate_engine(a);
    if (a->question->settings) {
        read_settings(a);
    }
    if (inspect_containers(a)) {
        if (!has_services) {
            list_services(a);
        }
        ask_gateway(a);
        inspect_images(a);
        list_processes(a);
    }
}

/* Report text before the answers: docker itself cannot use the engine then. */
static void report_noise(struct dialogue *a)
{
    if (a->answer->status == KPS_ENGINE_OK && a->ssh->noise.n) {
        add_gap(a, kps_fmt(a->arena,
                           "the shell of '%.*s' prints '%.*s' before the engine's answer, and "
                           "docker fails there: its start-up file must be silent for commands",
                           SV_ARG(a->endpoint->ssh.host), SV_ARG(a->ssh->noise)));
    }
}

/* Ask through ssh, which ends with the dialogue. */
static void ask_by_ssh(struct dialogue *a, struct kps_http_target *target)
{
    const struct kps_ssh_options options = {.timeout_ms = a->question->timeout_ms,
                                            .tables = a->question->host_tables,
                                            .may_prompt = a->question->may_prompt};
    struct kps_ssh ssh;
    int failed = kps_ssh_start(a->arena, &a->endpoint->ssh, &options, &ssh);
    if (failed) {
        bool is_absent = failed == ENOENT;
        end_dialogue(a, KPS_ENGINE_UNREACHABLE,
                     is_absent ? SV("ssh is not installed")
                               : kps_fmt(a->arena, "cannot start ssh: %s", strerror(failed)));
        a->answer->advice = is_absent ? SV("install OpenSSH's client") : SV("");
    } else {
        target->child = &ssh.child;
        a->ssh = &ssh;
        a->http = kps_http_open(a->arena, target, a->question->timeout_ms);
        run_dialogue(a);
        report_noise(a);
        kps_http_close(a->http);
    }
    kps_ssh_end(&ssh);
    target->child = NULL;
    a->ssh = NULL;
}

struct kps_engine_answer kps_engine_ask(struct kps_arena *arena,
                                        const struct kps_engine_endpoint *endpoint,
                                        const struct kps_engine_question *question)
{
    struct kps_engine_answer answer = {.elsewhere = endpoint->elsewhere};
    struct kps_http_target target = {.transport = endpoint->transport,
                                     .socket = endpoint->socket,
                                     .host = SV("docker"),
                                     .base = endpoint->base,
                                     .ca = endpoint->ca,
                                     .cert = endpoint->cert,
                                     .key = endpoint->key,
                                     .verify = endpoint->verify};
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct dialogue a = {.arena = arena,
                         .scratch = scratch,
                         .endpoint = endpoint,
                         .question = question,
                         .answer = &answer,
                         .prefix = SV("")};
    if (endpoint->transport == KPS_VIA_CHILD) {
        ask_by_ssh(&a, &target);
    } else {
        a.http = kps_http_open(arena, &target, question->timeout_ms);
        run_dialogue(&a);
        kps_http_close(a.http);
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
