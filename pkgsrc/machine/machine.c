#include "machine/machine.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/child.h"
#include "base/order.h"
#include "core/double_entries.h"
#include "diag/wait.h"
#include "sys/prefetch.h"

/* More ranges than this are asked for as all ports: one pass over them is dearer than the sockets
 * they keep out. */
enum { MOST_RANGES = 1000, MOST_OSRELEASE_BYTES = 256 };

static int by_port(const void *left, const void *right)
{
    const struct kps_ports *a = left;
    const struct kps_ports *b = right;
    int order = kps_order_compare(a->protocol, b->protocol);
    order = order ? order : kps_order_compare(a->first, b->first);
    return order ? order : kps_order_compare(a->last, b->last);
}

static bool is_wanted_here(enum kps_netns_kind kind, bool of_nodes)
{
    bool is_node = kind == KPS_NETNS_NODE || kind == KPS_NETNS_CLUSTER;
    return kind == KPS_NETNS_HOST || (of_nodes && is_node);
}

/* Report if a port, whichever the engine picks, is to be bound at one address. */
static bool names_address(const struct kps_claim *claim)
{
    return (claim->addr.kind == KPS_ADDR_ONE4 || claim->addr.kind == KPS_ADDR_ONE6) &&
           claim->copies && !(claim->flags & (KPS_CLAIM_DISCARDED | KPS_CLAIM_ASIDE));
}

size_t kps_machine_wanted(struct kps_ledger *ledger, uint32_t site, bool of_nodes,
                          const struct kps_ports **ret)
{
    struct kps_ports *ports = KPS_NEW_N(ledger->diag->arena, struct kps_ports, ledger->claims.n);
    size_t n = 0;
    size_t kept = 0;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_netns *netns = kps_ledger_get_netns(ledger, claim->netns);
        bool is_here = netns->site == site && is_wanted_here(netns->kind, of_nodes);
        if (is_here && (kps_claim_is_live(claim) || names_address(claim))) {
            ports[n++] = (struct kps_ports){
                .first = claim->first, .last = claim->last, .protocol = claim->protocol};
        }
    }
    qsort(ports, n, sizeof(ports[0]), by_port);
    for (size_t i = 0; i < n; i++) {
        struct kps_ports *before = kept ? &ports[kept - 1] : NULL;
        if (before && before->protocol == ports[i].protocol && ports[i].first <= before->last) {
            before->last = before->last > ports[i].last ? before->last : ports[i].last;
        } else {
            ports[kept++] = ports[i];
        }
    }
    *ret = ports;
    return kept;
}

/* The same ports as the sockets are asked for: without protocols. */
static void ask_for_ports(struct kps_arena *arena, const struct kps_machine_question *question,
                          struct kps_sys_options *options)
{
    if (question->n_ports == 0) {
        return;
    }
    struct kps_port_range *ranges = KPS_NEW_N(arena, struct kps_port_range, question->n_ports);
    options->no_tcp = true;
    options->no_udp = true;
    for (size_t i = 0; i < question->n_ports; i++) {
        const struct kps_ports *port = &question->ports[i];
        ranges[i] = (struct kps_port_range){port->first, port->last};
        options->no_tcp =
            options->no_tcp && port->protocol != KPS_TCP && port->protocol != KPS_PROTO_NONE;
        options->no_udp =
            options->no_udp && port->protocol != KPS_UDP && port->protocol != KPS_PROTO_NONE;
    }
    if (question->n_ports <= MOST_RANGES) {
        options->ports = ranges;
        options->n_ports = question->n_ports;
    }
}

bool kps_machine_needs_engine(const struct kps_ledger *ledger, uint32_t site)
{
    for (uint32_t i = 0; i < ledger->image_ports_pending.n; i++) {
        if (ledger->image_ports_pending.v[i].site == site) {
            return true;
        }
    }
    for (uint32_t i = 0; i < ledger->shared_netns.n; i++) {
        const struct kps_shared_netns *joined = &ledger->shared_netns.v[i];
        if (joined->site == site && !kps_sv_has_head(joined->container, "compose:")) {
            return true;
        }
    }
    return kps_double_entries_need_engine(ledger, site);
}

/* Set of_machines, or is_refused for an engine that is named for several of them. */
static void set_machines(struct kps_ledger *ledger, const struct kps_machine_options *options,
                         struct kps_machine_question *question)
{
    struct kps_buf *names = kps_buf_new(ledger->diag->arena);
    const struct kps_ports *ports = NULL;
    size_t n = 0;
    for (uint32_t site = 1; site <= ledger->sites.n; site++) {
        if (ledger->sites.v[site - 1].netns && kps_machine_wanted(ledger, site, false, &ports)) {
            struct kps_sv name = kps_ledger_site_name(ledger, site);
            kps_buf_fmt(names, "%s%.*s", n++ ? ", " : "", SV_ARG(name));
        }
    }
    question->is_refused = n > 1 && (options->docker_host.n || options->contexts.n);
    question->of_machines = n > 0 && !question->is_refused;
    if (question->is_refused) {
        (void)kps_diag_add(ledger->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0,
                           "the command line names one engine, and the inputs run on several "
                           "machines: %s",
                           kps_buf_sv(names).p);
    }
}

struct kps_machine_question kps_machine_question_of_files(struct kps_ledger *ledger,
                                                          const struct kps_machine_options *options,
                                                          bool asks_docker, bool asks_host)
{
    struct kps_machine_question question = {.for_files = true,
                                            .connections = true,
                                            .addresses = true,
                                            .bound_ports = true,
                                            .of_nodes = asks_docker || asks_host,
                                            .networks = !options->no_host};
    bool has_projects = kps_machine_wanted(ledger, 0, false, &question.ports) > 0;
    question.n_ports = kps_machine_wanted(ledger, 0, question.of_nodes, &question.ports);
    question.engine = !options->no_docker && ((question.n_ports && (has_projects || asks_docker)) ||
                                              kps_machine_needs_engine(ledger, 0));
    question.learns = question.engine && ledger->image_ports_pending.n;
    question.sockets =
        !options->no_host && ((question.n_ports && (has_projects || asks_host)) || question.learns);
    set_machines(ledger, options, &question);
    return question;
}

/* Collect the sockets in the network of a container, on the ports of the files' claims. */
static void inspect_netns(struct kps_ledger *ledger, const struct kps_shared_netns *shared_netns)
{
    struct kps_port_range *ranges =
        KPS_NEW_N(ledger->diag->arena, struct kps_port_range, ledger->claims.n);
    struct kps_sys_options sys = {.ports = ranges,
                                  .netns_pid = shared_netns->pid,
                                  .netns_name =
                                      kps_ledger_get_netns(ledger, shared_netns->netns)->name,
                                  .engine_known = true};
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        if (claim->netns == shared_netns->netns && claim->last) {
            ranges[sys.n_ports++] = (struct kps_port_range){claim->first, claim->last};
        }
    }
    if (sys.n_ports) {
        (void)kps_sys_collect(ledger, &sys);
    }
}

static void drop_prefetch(struct kps_prefetch *prefetch)
{
    struct kps_sockets sockets = {0};
    (void)kps_prefetch_take(prefetch, &sockets);
    kps_sockets_free(&sockets);
}

/* Return: what several engines come to. */
static struct kps_docker_result sum_engines(const struct kps_docker_result *engines, size_t n)
{
    struct kps_docker_result sum = {.status = KPS_ENGINE_ABSENT};
    bool is_elsewhere = true;
    bool has_gaps = false;
    for (size_t i = 0; i < n; i++) {
        const struct kps_docker_result *engine = &engines[i];
        bool is_first = sum.words.n == 0 && sum.status != KPS_ENGINE_OK;
        bool is_better = sum.status != KPS_ENGINE_OK && engine->status == KPS_ENGINE_OK;
        bool is_absent = engine->status == KPS_ENGINE_ABSENT;
        if (is_first || is_better || (sum.status == KPS_ENGINE_ABSENT && !is_absent)) {
            sum = *engine;
        }
        is_elsewhere = is_elsewhere && (engine->elsewhere || is_absent);
        has_gaps |= engine->has_gaps || (!is_absent && engine->status != KPS_ENGINE_OK);
    }
    sum.elsewhere = is_elsewhere;
    sum.is_remote = is_elsewhere; /* the question is not about this machine */
    sum.is_invalid = false;       /* and hides no other engine */
    sum.has_gaps = has_gaps;
    sum.found_by = SV("--context");
    return sum;
}

/* Report contexts that may exist and could not be read. */
static void report_unread(struct kps_machine *machine, struct kps_ledger *ledger,
                          struct kps_sv unread)
{
    if (unread.n) {
        (void)kps_diag_add_gap(ledger->diag, KPS_NOTE, "not every docker context was asked: %.*s",
                               SV_ARG(unread));
        machine->engine.has_gaps = true;
    }
}

/* The engines of a run: the one of this machine or of each context, then those of machines. */
struct asking {
    struct kps_ledger *ledger;
    const struct kps_machine_options *options;
    const struct kps_env *env;
    const struct kps_machine_question *question;
    struct kps_docker_options *engines;
    size_t n, n_usual; /* n_usual: before those of machines */
};

/* Add the engines of the options. */
static void add_usual_engines(struct asking *asking, const struct kps_docker_options *common)
{
    const struct kps_list *contexts = &asking->options->contexts;
    bool is_several = asking->options->asks_all_contexts || contexts->n > 1;
    for (size_t i = 0; i < contexts->n || i == 0; i++) {
        struct kps_docker_options *engine = &asking->engines[asking->n++];
        *engine = *common;
        engine->host = asking->options->docker_host;
        engine->context = contexts->n ? contexts->v[i] : (struct kps_sv){"", 0};
        if (is_several) {
            engine->site =
                kps_ledger_site(asking->ledger, (struct kps_site){.name = engine->context,
                                                                  .context = engine->context});
        }
    }
}

/* Add the engines of machines with projects in this run. -H or --context stands for the engine of
 * the only one. */
static void add_engines_of_machines(struct asking *asking, const struct kps_docker_options *common)
{
    const struct kps_machine_options *options = asking->options;
    for (uint32_t site = 1; site <= asking->ledger->sites.n; site++) {
        const struct kps_site *machine = &asking->ledger->sites.v[site - 1];
        if (!machine->netns) {
            continue; /* of a context */
        }
        struct kps_docker_options engine = *common;
        engine.site = site;
        engine.world = kps_ledger_get_netns(asking->ledger, machine->netns)->name;
        engine.host = options->docker_host;
        engine.context = options->contexts.n ? options->contexts.v[0] : machine->context;
        engine.n_ports = kps_machine_wanted(asking->ledger, site, false, &engine.ports);
        bool has_question = engine.n_ports || kps_machine_needs_engine(asking->ledger, site);
        if (has_question && (engine.host.n || engine.context.n)) {
            asking->engines[asking->n++] = engine;
        }
    }
}

static void list_engines(struct asking *asking)
{
    const struct kps_machine_options *options = asking->options;
    const struct kps_machine_question *question = asking->question;
    const struct kps_docker_options common = {
        .timeout_ms = options->timeout_ms,
        .uid = (uint32_t)getuid(),
        .ports = question->ports,
        .n_ports = question->without_owners ? 0 : question->n_ports,
        .sockets_known = question->sockets || (question->of_machines && !options->no_host),
        .for_files = question->for_files,
        .networks = question->engine_networks,
        .speakers = question->speakers,
        .n_speakers = question->n_speakers,
    };
    asking->engines = KPS_NEW_N(asking->ledger->diag->arena, struct kps_docker_options,
                                options->contexts.n + asking->ledger->sites.n + 1);
    if (question->engine) {
        add_usual_engines(asking, &common);
    }
    asking->n_usual = asking->n;
    if (question->of_machines && !options->no_docker) {
        add_engines_of_machines(asking, &common);
    }
    if (asking->n == 1) { /* several would ask the same person at the same time */
        asking->engines[0].may_prompt = !options->never_prompts && kps_child_may_ask();
    }
}

/* Find the endpoints of the engine that the command line names. */
static struct kps_engine_endpoints find_endpoints(struct kps_arena *arena,
                                                  const struct kps_machine_options *options,
                                                  const struct kps_env *env)
{
    struct kps_engine_endpoint_choice choice = {
        .host = options->docker_host,
        .context = options->contexts.n ? options->contexts.v[0] : (struct kps_sv){"", 0},
        .uid = (uint32_t)getuid()};
    return kps_endpoints_find(arena, &kps_fs_os, env, &choice);
}

struct kps_sv kps_machine_address_fault(struct kps_arena *arena,
                                        const struct kps_machine_options *options,
                                        const struct kps_env *env)
{
    bool is_asked = !options->no_docker && !options->asks_all_contexts && options->contexts.n <= 1;
    if (!is_asked) {
        return (struct kps_sv){"", 0};
    }
    struct kps_engine_endpoints endpoints = find_endpoints(arena, options, env);
    return endpoints.is_invalid ? endpoints.fault : (struct kps_sv){"", 0};
}

/* The words of struct kps_wait, whose context is a struct asking. */
static struct kps_sv word_awaited(struct kps_arena *arena, const void *context)
{
    const struct asking *asking = context;
    if (asking->n != 1) {
        return asking->n ? kps_fmt(arena, "%zu engines", asking->n) : (struct kps_sv){"", 0};
    }
    const struct kps_docker_options *options = &asking->engines[0];
    struct kps_engine_endpoint_choice choice = {
        .host = options->host, .context = options->context, .uid = options->uid};
    struct kps_engine_endpoints found = kps_endpoints_find(arena, &kps_fs_os, asking->env, &choice);
    if (found.n == 0 || (options->may_prompt && found.v[0].transport == KPS_VIA_CHILD)) {
        return (struct kps_sv){"", 0}; /* ssh may be asking for a password in this very row */
    }
    return kps_fmt(arena, "the engine at %.*s", SV_ARG(found.v[0].url));
}

static void ask_engines(struct kps_machine *machine, struct kps_ledger *ledger,
                        const struct kps_machine_options *options, const struct kps_env *env,
                        const struct kps_machine_question *question)
{
    struct asking asking = {.ledger = ledger, .options = options, .env = env, .question = question};
    struct kps_wait wait = {.words = word_awaited, .context = &asking};
    list_engines(&asking);
    size_t n = asking.n;
    size_t n_usual = asking.n_usual;
    struct kps_docker_result *results = KPS_NEW_N(ledger->diag->arena, struct kps_docker_result, n);
    kps_wait_begin(&wait, ledger->diag->log);
    kps_docker_collect_all(ledger, &kps_fs_os, env, asking.engines, n, results);
    kps_wait_end(&wait);
    for (size_t i = 0; i < n_usual; i++) {
        machine->has_own_engine |= results[i].status == KPS_ENGINE_OK && !results[i].elsewhere;
    }
    bool is_several = options->asks_all_contexts || n_usual > 1;
    machine->asked_engine = n_usual > 0;
    ledger->engine_asked = n > 0;
    machine->engines = is_several ? results : results + n_usual;
    machine->n_engines = is_several ? n : n - n_usual;
    machine->of_machines = question->of_machines;
    if (n_usual) {
        machine->engine = is_several ? sum_engines(results, n_usual) : results[0];
        report_unread(machine, ledger, options->unread_contexts);
    }
}

/* Return: the sockets behind ssh; NULL without ssh, or when none came. */
static const struct kps_sys_remote *find_remote(struct kps_arena *arena,
                                                const struct kps_docker_result *engine)
{
    if (!engine->host_tables.n) {
        return NULL;
    }
    struct kps_sys_remote *remote = KPS_NEW(arena, struct kps_sys_remote);
    *remote = (struct kps_sys_remote){engine->host_tables, engine->host, engine->login,
                                      engine->netns, engine->site};
    return remote;
}

/* Collect the sockets for the projects of machines that are this one, or behind ssh. */
static void collect_sockets_of_machines(struct kps_machine *machine, struct kps_ledger *ledger,
                                        const struct kps_machine_options *options,
                                        const struct kps_machine_question *question)
{
    for (size_t i = 0; i < machine->n_engines && question->of_machines; i++) {
        const struct kps_docker_result *engine = &machine->engines[i];
        struct kps_site *site = &ledger->sites.v[engine->site - 1];
        struct kps_machine_question own = *question;
        bool is_known = engine->endpoint.n || engine->status == KPS_ENGINE_ABSENT;
        site->is_here = is_known && !engine->elsewhere && !engine->is_remote;
        own.n_ports = kps_machine_wanted(ledger, engine->site, false, &own.ports);
        const struct kps_sys_remote *remote = find_remote(ledger->diag->arena, engine);
        if (!(site->is_here || remote) || options->no_host || own.n_ports == 0) {
            continue;
        }
        struct kps_sys_options sys = {.connections = question->connections,
                                      .addresses = question->addresses && !machine->asked_sockets,
                                      .full_cmdline = options->full_cmdline,
                                      .engine_known = engine->status == KPS_ENGINE_OK,
                                      .remote = remote,
                                      .netns_name =
                                          kps_ledger_get_netns(ledger, site->netns)->name};
        ask_for_ports(ledger->diag->arena, &own, &sys);
        if (sys.no_tcp && sys.no_udp) {
            continue;
        }
        struct kps_sys_result sockets = kps_sys_collect(ledger, &sys);
        if (remote) {
            continue; /* they tell nothing about this machine */
        }
        if (!machine->asked_sockets || sockets.error || sockets.is_incomplete) {
            machine->sockets = sockets;
        }
        machine->asked_sockets = true;
    }
}

/* Return: are the sockets of this machine those of the site? */
static bool is_site_here(const struct kps_ledger *ledger, uint32_t site, bool is_usual_here)
{
    return site ? ledger->sites.v[site - 1].is_here : is_usual_here;
}

/* List sockets of this machine, or of another machine. Return: 0 or an errno. */
static int list_sockets(const struct kps_sys_remote *remote, const struct kps_socket_query *query,
                        struct kps_sockets *ret)
{
    struct kps_sys sys;
    if (remote) {
        return kps_sys_sockets_parse(remote->tables, query, ret);
    }
    int failed = kps_sys_open(NULL, &sys);
    if (!failed) {
        failed = kps_sys_sockets(&sys, query, ret);
        kps_sys_close(&sys);
    }
    return failed;
}

/* Collect the sockets of each of several machines behind ssh. */
static void collect_remotes(struct kps_machine *machine, struct kps_ledger *ledger,
                            struct kps_sys_options options)
{
    options.prefetch = NULL;
    for (size_t i = 0; i < machine->n_engines; i++) {
        options.remote = find_remote(ledger->diag->arena, &machine->engines[i]);
        if (options.remote) {
            (void)kps_sys_collect(ledger, &options);
        }
    }
}

/*
 * List all bound ports of a machine, also of connections, which may block a bind for a minute, in
 * the arena. Return: NULL when the list failed.
 */
static const struct kps_bound_ports *list_bound_ports(struct kps_arena *arena,
                                                      const struct kps_sys_remote *remote)
{
    static const struct kps_socket_query everything = {.connections = true};
    struct kps_sockets sockets = {.error = 0};
    struct kps_bound_ports *bound = NULL;
    if (list_sockets(remote, &everything, &sockets) == 0) {
        struct kps_bound_port *ports = KPS_NEW_N(arena, struct kps_bound_port, sockets.rows.n);
        for (uint32_t i = 0; i < sockets.rows.n; i++) {
            ports[i] = (struct kps_bound_port){sockets.rows.v[i].port, sockets.rows.v[i].protocol};
        }
        bound = KPS_NEW(arena, struct kps_bound_ports);
        *bound = (struct kps_bound_ports){ports, sockets.rows.n};
    }
    kps_sockets_free(&sockets);
    return bound;
}

/* Return: whether this is Linux below Windows (WSL), by the kernel's release. */
static bool read_is_wsl(struct kps_arena *arena)
{
    struct kps_sv release = {"", 0};
    return kps_fs_os.read(&kps_fs_os, arena, "/proc/sys/kernel/osrelease", MOST_OSRELEASE_BYTES,
                          &release) == 0 &&
           kps_sv_has_any(release, "icrosoft");
}

struct kps_machine kps_machine_collect(struct kps_ledger *ledger,
                                       const struct kps_machine_options *options,
                                       const struct kps_env *env,
                                       const struct kps_machine_question *question)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_machine machine = {0};
    struct kps_sys_options sys = {.connections = question->connections,
                                  .addresses = question->addresses,
                                  .without_owners = question->without_owners,
                                  .full_cmdline = options->full_cmdline};
    ask_for_ports(arena, question, &sys);
    bool wants_sockets = question->sockets && !(sys.no_tcp && sys.no_udp);
    if (wants_sockets && question->engine &&
        !question->learns) { /* there is something to wait for meanwhile */
        sys.prefetch = kps_sys_prefetch(arena, &sys);
    }
    if (question->engine || question->of_machines) {
        ask_engines(&machine, ledger, options, env, question);
    }
    if (question->learns) {
        struct kps_machine_question more = *question;
        more.n_ports = kps_machine_wanted(ledger, 0, question->of_nodes, &more.ports);
        ask_for_ports(arena, &more, &sys);
        wants_sockets = question->sockets && more.n_ports > 0;
    }
    bool is_here = !machine.engine.is_remote && !(question->for_files && machine.engine.elsewhere);
    if (sys.prefetch && !is_here) {
        drop_prefetch(sys.prefetch);
        sys.prefetch = NULL;
    }
    if (wants_sockets && !question->of_machines) {
        collect_remotes(&machine, ledger, sys);
    }
    if (!machine.engine.site) {
        machine.remote = sys.remote = find_remote(arena, &machine.engine);
    }
    if (wants_sockets && (is_here || sys.remote)) {
        machine.asked_sockets = true;
        sys.engine_known = machine.has_own_engine;
        sys.looks_for_reuse = question->for_files;
        sys.shares_udp = question->for_files && kps_engine_traits_share_udp(&ledger->engine);
        sys.engine_pid = sys.engine_known && !machine.n_engines ? machine.engine.pid : 0;
        machine.sockets = kps_sys_collect(ledger, &sys);
        machine.is_wsl = is_here && read_is_wsl(arena);
    }
    collect_sockets_of_machines(&machine, ledger, options, question);
    if (machine.asked_sockets && question->bound_ports && !machine.sockets.error) {
        machine.bound_ports = list_bound_ports(arena, sys.remote);
    }
    for (uint32_t i = 0; question->networks && i < ledger->shared_netns.n; i++) {
        const struct kps_shared_netns *joined = &ledger->shared_netns.v[i];
        if (joined->pid && is_site_here(ledger, joined->site, is_here)) {
            inspect_netns(ledger, joined);
        }
    }
    return machine;
}

/* Return: whether an engine that is there, or the machine that it would be on, was not read. */
static bool is_unread(const struct kps_docker_result *engine)
{
    bool failed = engine->status != KPS_ENGINE_ABSENT && engine->status != KPS_ENGINE_OK;
    return failed || engine->has_gaps;
}

bool kps_machine_failed(const struct kps_machine *machine)
{
    for (size_t i = 0; i < machine->n_engines; i++) {
        if (is_unread(&machine->engines[i])) {
            return true;
        }
    }
    return (machine->asked_engine && is_unread(&machine->engine)) ||
           (machine->asked_sockets && (machine->sockets.error || machine->sockets.is_incomplete));
}

static struct kps_report_engine make_engine(const struct kps_docker_result *engine)
{
    return (struct kps_report_engine){.endpoint = engine->endpoint,
                                      .version = engine->version,
                                      .api_version = engine->api_version,
                                      .status = kps_sv_of(kps_engine_status_name(engine->status)),
                                      .elsewhere = engine->elsewhere};
}

const struct kps_report_engine *kps_machine_engine(const struct kps_machine *machine,
                                                   struct kps_arena *arena)
{
    const struct kps_docker_result *engine = &machine->engine;
    bool is_several = machine->n_engines && machine->engines[0].site && !machine->of_machines;
    if (!machine->asked_engine || engine->status == KPS_ENGINE_ABSENT || engine->endpoint.n == 0 ||
        is_several) {
        return NULL;
    }
    struct kps_report_engine *said = KPS_NEW(arena, struct kps_report_engine);
    *said = make_engine(engine);
    return said;
}

const struct kps_report_engine *kps_machine_engines(const struct kps_machine *machine,
                                                    struct kps_ledger *ledger)
{
    struct kps_report_engine *engines =
        machine->n_engines
            ? KPS_NEW_N(ledger->diag->arena, struct kps_report_engine, machine->n_engines)
            : NULL;
    for (size_t i = 0; i < machine->n_engines; i++) {
        const struct kps_docker_result *engine = &machine->engines[i];
        engines[i] = make_engine(engine);
        engines[i].site = engine->site;
        const struct kps_site *site = &ledger->sites.v[engine->site - 1];
        engines[i].context = site->context;
        engines[i].machine = site->netns ? site->name : (struct kps_sv){"", 0};
        engines[i].same_as = kps_ledger_site_name(ledger, engine->same_as);
        engines[i].is_absent = engine->status == KPS_ENGINE_ABSENT;
        engines[i].error = engine->status == KPS_ENGINE_OK ? (struct kps_sv){"", 0} : engine->why;
    }
    return engines;
}

static void log_engine(const struct kps_docker_result *engine, const struct kps_log *log)
{
    if (engine->library.n) {
        kps_log_verbose(log, "libcurl: %.*s", SV_ARG(engine->library));
    }
    if (engine->status != KPS_ENGINE_OK) {
        kps_log_verbose(log, "engine: %.*s", SV_ARG(engine->words));
        return;
    }
    struct kps_sv by = engine->found_by;
    kps_log_verbose(log, "engine: %s %.*s at %.*s%s%.*s%s, %u container%s%s",
                    engine->podman ? "Podman" : "Docker", SV_ARG(engine->version),
                    SV_ARG(engine->endpoint), by.n ? " (from " : "", SV_ARG(by), by.n ? ")" : "",
                    engine->n_containers, engine->n_containers == 1 ? "" : "s",
                    engine->elsewhere ? "; not on this machine, whose sockets are left out" : "");
}

void kps_machine_log_verbose(const struct kps_machine *machine, const struct kps_log *log)
{
    for (size_t i = 0; i < machine->n_engines; i++) {
        log_engine(&machine->engines[i], log);
    }
    if (machine->asked_engine && (machine->of_machines || !machine->n_engines)) {
        log_engine(&machine->engine, log);
    }
    if (machine->asked_sockets) {
        const struct kps_sys_result *sockets = &machine->sockets;
        const char *source = sockets->used_netlink ? "sock_diag" : "/proc/net";
        source = machine->remote ? "/proc/net there: ports only, no process names" : source;
        kps_log_verbose(log, "sockets: %u looked at (%s)", sockets->sockets, source);
    }
}

bool kps_machine_knows_engine(const struct kps_machine *machine)
{
    return machine->asked_engine && machine->engine.status == KPS_ENGINE_OK;
}

bool kps_machine_knows_sockets(const struct kps_machine *machine)
{
    return machine->asked_sockets && machine->sockets.error == 0;
}

/* Return: does a user run the engine whose ports are those of this machine? */
static bool is_engine_of_user(const struct kps_machine *machine)
{
    if (machine->asked_engine) {
        return machine->engine.status == KPS_ENGINE_OK && machine->engine.rootless;
    }
    for (size_t i = 0; i < machine->n_engines; i++) {
        const struct kps_docker_result *engine = &machine->engines[i];
        if (engine->status == KPS_ENGINE_OK && engine->rootless && !engine->elsewhere) {
            return true;
        }
    }
    return false;
}

struct kps_kernel_settings kps_machine_settings(const struct kps_machine *machine)
{
    const struct kps_kernel *kernel = &machine->sockets.kernel;
    struct kps_kernel_settings settings = {.n_reserved = 0};
    if (!machine->asked_sockets || machine->sockets.error || !kernel->known) {
        return settings;
    }
    settings.ephemeral = kernel->ephemeral;
    settings.reserved = kernel->reserved;
    settings.addresses = &machine->sockets.addresses;
    settings.n_reserved = kernel->n_reserved;
    settings.privileged_below = is_engine_of_user(machine) ? kernel->unprivileged_start : 0;
    return settings;
}

static bool identify_folder(struct kps_sv path, struct stat *ret)
{
    char text[PATH_MAX];
    if (path.n == 0 || path.n >= sizeof(text)) {
        return false;
    }
    memcpy(text, path.p, path.n);
    text[path.n] = '\0';
    return stat(text, ret) == 0;
}

bool kps_machine_is_same_folder(struct kps_sv a, struct kps_sv b)
{
    struct stat of_a;
    struct stat of_b;
    return identify_folder(a, &of_a) && identify_folder(b, &of_b) && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

bool kps_machine_listen(const struct kps_machine *machine,
                        const struct kps_machine_options *options, const struct kps_env *env,
                        struct kps_arena *arena, struct kps_engine_events *ret)
{
    struct kps_engine_endpoints found = find_endpoints(arena, options, env);
    uint32_t timeout_ms = options->timeout_ms ? options->timeout_ms : KPS_DOCKER_TIMEOUT_MS;
    bool is_open = false;
    for (size_t i = 0; i < found.n && !is_open; i++) {
        is_open = kps_sv_eq(found.v[i].url, machine->engine.endpoint) &&
                  kps_engine_events_open(ret, arena, &found.v[i], timeout_ms);
    }
    return is_open;
}
