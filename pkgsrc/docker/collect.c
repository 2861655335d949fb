#include "docker/collect.h"

#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/shell.h"
#include "docker/claims.h"

/* One endpoint that was asked. */
struct trial {
    const struct kps_engine_endpoint *endpoint;
    struct kps_engine_answer answer;
};

/*
 * One engine of the question. The endpoints are asked in a thread of their own, which touches only
 * this struct and reads the rest; `arena` is its own until then.
 */
struct collecting {
    struct kps_ledger *ledger;
    struct kps_diag *diag;
    const struct kps_docker_options *options;
    const struct kps_fs *fs;
    struct kps_arena *arena;
    struct kps_engine_endpoints endpoints;
    KPS_VEC(struct trial) trials;
    /* The open questions of files that are for this engine. */
    struct kps_shared_netns *shared_netns;
    struct kps_image_ports_pending *image_ports_pending;
    size_t n_shared_netns, n_image_ports_pending;
    pthread_t thread;
    bool has_thread;
    struct kps_docker_result result;
};

/* Return: a clause about the engine; with its name where there are several. */
static struct kps_sv name_engine(struct collecting *c, struct kps_sv words)
{
    struct kps_sv site = kps_ledger_site_name(c->ledger, c->options->site);
    return site.n ? kps_fmt(c->diag->arena, "%.*s: %.*s", SV_ARG(site), SV_ARG(words)) : words;
}

static void add_gap_finding(struct collecting *c, struct kps_sv words, struct kps_sv advice)
{
    enum kps_severity severity = c->result.is_invalid ? KPS_ERROR : KPS_NOTE;
    struct kps_sv whole = name_engine(c, words);
    struct kps_finding *finding = kps_diag_add_gap(c->diag, severity, "%.*s", SV_ARG(whole));
    if (advice.n) {
        kps_finding_help(finding, "%.*s", SV_ARG(advice));
    }
}

/*
 * Return the namespace of an engine's published ports. Behind ssh a question to one engine is
 * about that machine: it has the place of this one.
 */
static kps_netns_id ports_netns(const struct collecting *c,
                                const struct kps_engine_endpoint *endpoint, bool elsewhere)
{
    bool is_only = endpoint->transport == KPS_VIA_CHILD && !c->options->site;
    bool here = !elsewhere || c->options->for_files || is_only;
    return kps_ledger_netns(c->ledger, here ? KPS_NETNS_HOST : KPS_NETNS_PRIVATE,
                            here ? c->options->world : endpoint->url);
}

/* Store the failure of the first engine, unless another answered or the socket was just absent. */
static void note_failure(struct collecting *c, const struct kps_engine_endpoint *endpoint,
                         const struct kps_engine_answer *answer)
{
    if (c->result.status != KPS_ENGINE_ABSENT || answer->status == KPS_ENGINE_ABSENT) {
        return;
    }
    c->result.status = answer->status;
    c->result.words = answer->words;
    c->result.why = answer->why;
    c->result.endpoint = endpoint->url;
    c->result.found_by = endpoint->found_by;
    c->result.elsewhere = endpoint->elsewhere;
    c->result.netns = ports_netns(c, endpoint, endpoint->elsewhere);
}

/*
 * Return the words that reach the engine from the user's shell. DOCKER_HOST, DOCKER_CONTEXT and
 * docker's configuration apply there too; an option of kportscan, or a place that docker does not
 * search, must be repeated.
 */
static struct kps_sv cli_for(struct collecting *c, const struct kps_engine_endpoint *endpoint,
                             bool podman)
{
    bool by_option = kps_sv_has_head(endpoint->found_by, "--");
    bool is_default = kps_sv_is(endpoint->url, "unix:///var/run/docker.sock");
    if (podman && !endpoint->elsewhere) {
        return SV("podman");
    }
    if (c->options->context.n && !c->options->host.n && (endpoint->configured || is_default)) {
        return kps_fmt(c->diag->arena, "docker --context %s",
                       kps_shell_quote(c->diag->arena, c->options->context).p);
    }
    if (by_option || (!endpoint->configured && !is_default)) {
        return kps_fmt(c->diag->arena, "docker -H %s",
                       kps_shell_quote(c->diag->arena, endpoint->url).p);
    }
    return SV("docker");
}

/* Report if this program runs in a container, by the files that Docker and Podman put there. */
static bool is_in_container(const struct kps_fs *fs)
{
    return fs->kind(fs, "/.dockerenv") != KPS_FS_NONE ||
           fs->kind(fs, "/run/.containerenv") != KPS_FS_NONE;
}

/*
 * Report if this program runs in a container with a network of its own: settings of the kernel's
 * devices are listed for the first network namespace alone.
 */
static bool is_in_own_network(const struct kps_fs *fs)
{
    return is_in_container(fs) && fs->kind(fs, "/proc/sys/net/core/somaxconn") != KPS_FS_NONE &&
           fs->kind(fs, "/proc/sys/net/core/dev_weight") == KPS_FS_NONE && errno == ENOENT;
}

static void add_unseen_host(struct collecting *c)
{
    add_gap_finding(c,
                    SV("the sockets of the machine outside this container cannot be seen: programs "
                       "there may hold ports too"),
                    SV("run it on the machine itself, or with --network host --pid host"));
    c->result.has_gaps = true;
}

/*
 * In a container with networks of its own, a mounted engine socket is that of the machine outside:
 * the engine has another name, and the sockets here are not those that its ports meet.
 */
static void report_unseen_host(struct collecting *c, const struct kps_engine_endpoint *endpoint,
                               const struct kps_engine_answer *answer)
{
    if (answer->elsewhere && !endpoint->elsewhere && endpoint->transport == KPS_VIA_UNIX &&
        c->options->sockets_known && is_in_container(c->fs)) {
        add_unseen_host(c);
    }
}

/* Name the half of the truth that is missing when ssh brings an engine without sockets: a key that
 * is restricted to docker, a machine without /proc. */
static void report_unseen_remote(struct collecting *c, const struct kps_engine_endpoint *endpoint,
                                 const struct kps_engine_answer *answer)
{
    if (endpoint->transport == KPS_VIA_CHILD && c->options->sockets_known &&
        !answer->host_tables.n) {
        add_gap_finding(c,
                        kps_fmt(c->diag->arena,
                                "the sockets of %.*s cannot be seen: programs there may hold ports "
                                "too",
                                SV_ARG(endpoint->ssh.host)),
                        SV("ssh must be allowed to run `cat /proc/net/tcp` there; --no-host asks "
                           "the engine alone"));
        c->result.has_gaps = true;
    }
}

static void copy_networks(struct collecting *c, const struct kps_engine_answer *answer)
{
    size_t n = answer->networks.list.n;
    struct kps_network *networks = KPS_NEW_N(c->diag->arena, struct kps_network, n);
    for (size_t i = 0; i < n; i++) {
        networks[i] = answer->networks.list.v[i];
    }
    c->result.networks = networks;
    c->result.n_networks = n;
}

static void use_answer(struct collecting *c, const struct kps_engine_endpoint *endpoint,
                       const struct kps_engine_answer *answer)
{
    struct kps_engine_world world = {
        .netns = ports_netns(c, endpoint, answer->elsewhere),
        .sockets_known = c->options->sockets_known && (!answer->elsewhere || answer->host_tables.n),
        .is_remote = answer->host_tables.n > 0,
        .rootless = endpoint->rootless,
        .cli = cli_for(c, endpoint, answer->podman),
        .site = c->options->site,
    };
    if (world.site && c->options->world.n == 0) {
        c->ledger->sites.v[world.site - 1].is_here = !answer->elsewhere;
    }
    kps_docker_add_claims(c->ledger, &world, answer);
    if (!answer->podman && c->options->world.n) {
        c->ledger->sites.v[world.site - 1].engine = kps_engine_traits_parse(answer->version);
    } else if (!answer->podman) {
        c->ledger->engine = kps_engine_traits_parse(answer->version);
    }
    c->result.endpoint = endpoint->url;
    c->result.found_by = endpoint->found_by;
    c->result.version = answer->version;
    c->result.api_version = answer->api_version;
    c->result.podman = answer->podman;
    c->result.pid = answer->podman ? 0 : answer->pid;
    c->result.elsewhere = answer->elsewhere;
    c->result.rootless = endpoint->rootless;
    c->result.settings = answer->settings;
    c->result.is_manager = answer->is_manager;
    c->result.netns = world.netns;
    c->result.n_containers = answer->containers.list.n;
    c->result.status = answer->status;
    c->result.words = answer->words;
    c->result.why = answer->why;
    c->result.has_gaps = answer->gaps.n > 0;
    for (uint32_t i = 0; i < answer->gaps.n; i++) {
        add_gap_finding(c, answer->gaps.v[i], (struct kps_sv){"", 0});
    }
    copy_networks(c, answer);
    report_unseen_host(c, endpoint, answer);
    report_unseen_remote(c, endpoint, answer);
}

static bool is_usable(const struct kps_engine_answer *answer)
{
    return answer->status == KPS_ENGINE_OK || answer->containers.list.n > 0;
}

/* Ask the endpoints of an engine until one answers. The body of a thread. */
static void *ask_endpoints(void *data)
{
    struct collecting *c = data;
    uint32_t timeout_ms = c->options->timeout_ms ? c->options->timeout_ms : KPS_DOCKER_TIMEOUT_MS;
    struct kps_engine_question question = {
        .ports = c->options->ports,
        .n_ports = c->options->n_ports,
        .shared_netns = c->shared_netns,
        .n_shared_netns = c->n_shared_netns,
        .image_ports_pending = c->image_ports_pending,
        .n_image_ports_pending = c->n_image_ports_pending,
        .settings = c->options->for_files,
        .speakers = c->options->speakers,
        .n_speakers = c->options->n_speakers,
        .networks = c->options->networks,
        .fs = c->fs,
        .host_tables = c->options->sockets_known,
        .may_prompt = c->options->may_prompt,
    };
    bool found = false;
    uint64_t start = kps_clock_ms();
    for (size_t i = 0; i < c->endpoints.n && !found; i++) {
        const struct kps_engine_endpoint *endpoint = &c->endpoints.v[i];
        uint64_t spent = kps_clock_ms() - start;
        question.timeout_ms = spent < timeout_ms ? timeout_ms - (uint32_t)spent : 0;
        question.sockets_known = c->options->sockets_known && !endpoint->elsewhere;
        struct trial *trial = kps_vec_push(&c->trials);
        *trial = (struct trial){endpoint, kps_engine_ask(c->arena, endpoint, &question)};
        found = is_usable(&trial->answer);
    }
    return NULL;
}

/* Turn the answer of an endpoint into claims and findings. */
static void settle_trial(struct collecting *c, struct trial *trial, bool is_last)
{
    const struct kps_engine_endpoint *endpoint = trial->endpoint;
    struct kps_engine_answer *answer = &trial->answer;
    c->result.is_remote = endpoint->transport == KPS_VIA_CHILD;
    c->result.host = endpoint->ssh.host;
    if (endpoint->transport == KPS_VIA_HTTP || endpoint->transport == KPS_VIA_HTTPS) {
        c->result.library = kps_sv_of(kps_engine_library() ? kps_engine_library() : "");
    }
    c->result.host_tables = answer->host_tables;
    if (c->result.is_remote) {
        c->result.login = kps_ssh_login(c->diag->arena, &endpoint->ssh);
    }
    if (!c->options->site) {
        c->ledger->host_name = endpoint->ssh.host;
    }
    if (answer->status == KPS_ENGINE_ABSENT && endpoint->configured && !is_usable(answer)) {
        answer->status = KPS_ENGINE_UNREACHABLE;
    }
    /* A socket without a listener deserves a note only when no other engine answers. */
    bool is_stale = answer->status == KPS_ENGINE_UNREACHABLE && !endpoint->configured && !is_last;
    if (answer->status != KPS_ENGINE_OK && answer->status != KPS_ENGINE_ABSENT && !is_stale) {
        add_gap_finding(c, answer->words, answer->advice);
    }
    if (is_usable(answer)) {
        use_answer(c, endpoint, answer);
    } else {
        note_failure(c, endpoint, answer);
    }
}

/* Find the endpoints of an engine, and report what is wrong with the configuration. */
static void find_endpoints(struct collecting *c, const struct kps_env *env)
{
    struct kps_engine_endpoint_choice choice = {c->options->host, c->options->context,
                                                c->options->uid};
    c->endpoints = kps_endpoints_find(c->diag->arena, c->fs, env, &choice);
    if (c->endpoints.passed.n) {
        (void)kps_diag_add(c->diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0, "%.*s",
                           SV_ARG(c->endpoints.passed));
    }
    if (c->endpoints.fault.n) {
        c->result.status = KPS_ENGINE_UNREACHABLE;
        c->result.elsewhere = c->endpoints.elsewhere;
        c->result.is_invalid = c->result.is_remote = c->endpoints.is_invalid;
        c->result.why = c->endpoints.fault;
        c->result.words =
            kps_fmt(c->diag->arena, "cannot ask the engine: %.*s", SV_ARG(c->endpoints.fault));
        add_gap_finding(c, c->result.words, c->endpoints.advice);
    }
}

static void list_open_questions(struct collecting *c)
{
    const struct kps_ledger *ledger = c->ledger;
    c->shared_netns = KPS_NEW_N(c->diag->arena, struct kps_shared_netns, ledger->shared_netns.n);
    c->image_ports_pending =
        KPS_NEW_N(c->diag->arena, struct kps_image_ports_pending, ledger->image_ports_pending.n);
    for (uint32_t i = 0; i < ledger->shared_netns.n; i++) {
        if (ledger->shared_netns.v[i].site == c->options->site) {
            c->shared_netns[c->n_shared_netns++] = ledger->shared_netns.v[i];
        }
    }
    for (uint32_t i = 0; i < ledger->image_ports_pending.n; i++) {
        if (ledger->image_ports_pending.v[i].site == c->options->site) {
            c->image_ports_pending[c->n_image_ports_pending++] = ledger->image_ports_pending.v[i];
        }
    }
}

static void start_asking(struct collecting *c)
{
    enum { STACK_BYTES = 1024 * 1024 }; /* musl's usual 128 KiB are little for nested JSON */
    pthread_attr_t attributes;
    c->arena = kps_arena_new();
    if (pthread_attr_init(&attributes) == 0) {
        c->has_thread = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                        pthread_create(&c->thread, &attributes, ask_endpoints, c) == 0;
        (void)pthread_attr_destroy(&attributes);
    }
}

static void finish_asking(struct collecting *c)
{
    if (c->has_thread) {
        (void)pthread_join(c->thread, NULL);
    } else {
        (void)ask_endpoints(c); /* no thread could be made: one after the other */
    }
    kps_arena_adopt(c->diag->arena, c->arena);
    c->arena = NULL;
}

/*
 * Return: the site of an earlier engine with the same answer: the ids of containers are random, so
 * an engine that has one of them is the same one. 0: none.
 */
static uint32_t find_same(const struct collecting *c, struct kps_map *ids)
{
    uint32_t same = 0;
    for (uint32_t t = 0; t < c->trials.n; t++) {
        const struct kps_engine_containers *containers = &c->trials.v[t].answer.containers;
        for (uint32_t i = 0; i < containers->list.n && !same; i++) {
            same = kps_map_get(ids, containers->list.v[i].id, 0);
        }
        for (uint32_t i = 0; i < containers->list.n && !same; i++) {
            (void)kps_map_put(ids, c->diag->arena, containers->list.v[i].id, c->options->site);
        }
    }
    return same;
}

static void settle_engine(struct collecting *c, struct kps_map *ids)
{
    c->result.same_as = c->options->site && c->options->world.n == 0 ? find_same(c, ids) : 0;
    for (uint32_t t = 0; t < c->trials.n; t++) {
        struct trial *trial = &c->trials.v[t];
        if (!c->result.same_as) {
            settle_trial(c, trial, t + 1 == c->endpoints.n);
        } else if (is_usable(&trial->answer)) {
            c->result.status = KPS_ENGINE_OK;
            c->result.endpoint = trial->endpoint->url;
            c->result.found_by = trial->endpoint->found_by;
            c->result.version = trial->answer.version;
            c->result.api_version = trial->answer.api_version;
            c->result.elsewhere = trial->answer.elsewhere;
        }
        kps_engine_answer_free(&trial->answer);
    }
    kps_vec_free(&c->trials);
}

void kps_docker_collect_all(struct kps_ledger *ledger, const struct kps_fs *fs,
                            const struct kps_env *env, const struct kps_docker_options *options,
                            size_t n, struct kps_docker_result *ret)
{
    static const struct kps_sv no_engine = SV_LIT(
        "there is no container engine: no socket at /var/run/docker.sock or another usual place, "
        "and none is configured");
    struct kps_arena *arena = ledger->diag->arena;
    struct collecting *all = KPS_NEW_N(arena, struct collecting, n);
    struct kps_map ids = {0}; /* container -> site */
    for (size_t i = 0; i < n; i++) {
        all[i] = (struct collecting){.ledger = ledger,
                                     .diag = ledger->diag,
                                     .options = &options[i],
                                     .fs = fs,
                                     .arena = arena,
                                     .result = {.status = KPS_ENGINE_ABSENT,
                                                .site = options[i].site,
                                                .words = no_engine,
                                                .why = no_engine}};
        find_endpoints(&all[i], env);
        list_open_questions(&all[i]);
    }
    for (size_t i = 0; i < n && n > 1; i++) {
        start_asking(&all[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (n > 1) {
            finish_asking(&all[i]);
        } else {
            (void)ask_endpoints(&all[i]);
        }
    }
    for (size_t i = 0; i < n; i++) {
        settle_engine(&all[i], &ids);
        bool is_alone = n == 1 && all[i].result.status == KPS_ENGINE_ABSENT;
        if (is_alone && options[i].sockets_known && is_in_own_network(fs)) {
            add_unseen_host(&all[i]); /* the engine of the machine outside is not seen either */
        }
        ret[i] = all[i].result;
    }
}

struct kps_docker_result kps_docker_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                            const struct kps_env *env,
                                            const struct kps_docker_options *options)
{
    struct kps_docker_result result;
    kps_docker_collect_all(ledger, fs, env, options, 1, &result);
    return result;
}
