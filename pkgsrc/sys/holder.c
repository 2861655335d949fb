#include "sys/holder.h"

#include <unistd.h>

#include "base/count.h"
#include "base/path.h"
#include "sys/cgroup.h"
#include "sys/manager.h"
#include "sys/unix_file.h"

static const struct kps_owner_class PROCESS_CLASS = {.noun = "process",
                                                     .when_held = KPS_RULE_HOST_PORT_TAKEN,
                                                     .when_planned = KPS_RULE_HOST_PORT_TAKEN,
                                                     .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                     .when_alone = KPS_RULE_HOST_PORT_TAKEN};
static const struct kps_owner_class KERNEL_CLASS = {.noun = "kernel",
                                                    .when_held = KPS_RULE_HOST_PORT_TAKEN,
                                                    .when_planned = KPS_RULE_HOST_PORT_TAKEN,
                                                    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                    .when_alone = KPS_RULE_HOST_PORT_TAKEN};
/* A process inside a container of the engine, on the host's network. */
static const struct kps_owner_class INMATE_CLASS = {.noun = "process",
                                                    .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                    .when_planned = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                    .when_alone = KPS_RULE_HOST_PORT_TAKEN};
/*
 * docker-proxy whose engine ended, while the engine here does not have the container; and
 * docker-proxy of an engine that could not be asked, or of another one.
 */
static const struct kps_owner_class STALE_PROXY_CLASS = {
    .noun = "process",
    .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
    .when_planned = KPS_RULE_CONTAINER_PORT_TAKEN,
    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
    .when_alone = KPS_RULE_STALE_PUBLICATION};
static const struct kps_owner_class PROXY_CLASS = {.noun = "process",
                                                   .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                   .when_planned = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                   .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                   .when_alone = KPS_RULE_CONTAINER_PORT_TAKEN,
                                                   .is_unsure_alone = true};
/* docker-proxy of another running engine than the one that was asked: surely a foreign container.
 */
static const struct kps_owner_class OTHER_PROXY_CLASS = {
    .noun = "process",
    .when_held = KPS_RULE_CONTAINER_PORT_TAKEN,
    .when_planned = KPS_RULE_CONTAINER_PORT_TAKEN,
    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
    .when_alone = KPS_RULE_CONTAINER_PORT_TAKEN};
/* The engine itself, or another helper of it, where its containers are not known. */
static const struct kps_owner_class HELPER_CLASS = {.noun = "process",
                                                    .when_held = KPS_RULE_HOST_PORT_TAKEN,
                                                    .when_planned = KPS_RULE_HOST_PORT_TAKEN,
                                                    .when_remnant = KPS_RULE_CONNECTION_REMNANT,
                                                    .when_alone = KPS_RULE_HOST_PORT_TAKEN,
                                                    .is_unsure_alone = true};

/*
 * Programs that hold a published port's socket for a container engine: the engine itself
 * (--userland-proxy=false, ingress ports of a swarm), the port drivers of rootless engines, Docker
 * Desktop's and Podman's. Names as comm has them, cut at 15 bytes.
 */
static bool is_engine_helper(struct kps_sv comm)
{
    return kps_sv_is_one_of(comm, "docker-proxy dockerd rootlesskit rootlessport slirp4netns pasta "
                                  "pasta.avx2 conmon vpnkit vpnkit-bridge com.docker.back");
}

/* "tcp/0.0.0.0:8080"; a socket on both families goes by its IPv4 side. */
static struct kps_sv place_of(struct kps_arena *arena, const struct kps_socket *socket)
{
    struct kps_sv address =
        socket->addr.kind == KPS_ADDR_EVERY ? SV("0.0.0.0") : kps_addr_format(arena, &socket->addr);
    return kps_fmt(arena, "%s/%.*s:%u", kps_protocol_name(socket->protocol), SV_ARG(address),
                   socket->port);
}

static struct kps_sv container_key(struct kps_arena *arena, struct kps_sv id)
{
    return id.n ? kps_fmt(arena, "container:%.*s", SV_ARG(id)) : (struct kps_sv){0};
}

static struct kps_sv docker_proxy_key(struct kps_arena *arena, const struct kps_proxy_args *args)
{
    const char *address = kps_addr_format(arena, &args->container).p;
    return kps_fmt(arena, "docker-proxy:%s/%s:%u", kps_protocol_name(args->protocol), address,
                   args->container_port);
}

/* The owner with this key, made by the caller when the id is 0. */
static uint32_t *slot_of(struct kps_holders *holders, struct kps_sv key)
{
    return kps_map_put(&holders->by_key, holders->ledger->diag->arena, key, 0);
}

/* Return the facts of a process, with those of its socket: the other holders, the socket unit. */
static const struct kps_process_facts *facts_of(struct kps_holders *holders,
                                                const struct kps_socket_owner *found)
{
    struct kps_arena *arena = holders->ledger->diag->arena;
    const struct kps_process_facts *known = kps_processes_facts(holders->processes, found->pid);
    struct kps_cgroup made_in = kps_cgroup_of_path(found->cgroup);
    bool by_socket_unit = kps_sv_has_tail(made_in.unit, ".socket");
    if (!found->is_guess && !by_socket_unit && !found->n_sharers) {
        return known;
    }
    struct kps_process_facts *facts = KPS_NEW(arena, struct kps_process_facts);
    *facts = *known;
    facts->is_guess = found->is_guess;
    facts->sharers = found->sharers;
    facts->n_sharers = found->n_sharers;
    facts->is_master = found->is_master;
    if (by_socket_unit) {
        facts->socket_unit = made_in.unit;
        facts->unit_of_user = made_in.unit_of_user;
        facts->manager = SV("systemd");
        facts->manager_pid = 0;
    }
    return facts;
}

/*
 * Return the key of the Quadlet or socket unit that a file describes and systemd runs this process
 * for; empty when no file does.
 */
static struct kps_sv find_unit_key(const struct kps_ledger *ledger,
                                   const struct kps_process_facts *facts)
{
    static const struct kps_sv scheme = SV_LIT("unit:");
    struct kps_sv unit = facts->socket_unit.n ? facts->socket_unit : facts->unit;
    for (uint32_t i = 0; unit.n && i < ledger->owners.n; i++) {
        struct kps_sv key = ledger->owners.v[i].ties->key;
        if (kps_sv_starts(key, scheme) && kps_sv_eq(kps_sv_from(key, scheme.n), unit)) {
            return key;
        }
    }
    return (struct kps_sv){"", 0};
}

/*
 * Return the pid of the running engine that started the docker-proxy; 0: the proxy outlived its
 * engine, and belongs to init.
 */
static uint32_t find_engine(const struct kps_holders *holders,
                            const struct kps_process_facts *facts)
{
    for (uint32_t i = 0; i < facts->n_parents; i++) {
        if (facts->parents[i].pid == holders->engine_pid ||
            kps_sv_is(facts->parents[i].name, "dockerd")) {
            return facts->parents[i].pid;
        }
    }
    return 0;
}

/* Return the facts of a docker-proxy, with the other engine that started the proxy. */
static const struct kps_process_facts *
add_engine(struct kps_holders *holders, const struct kps_process_facts *known, uint32_t engine)
{
    struct kps_arena *arena = holders->ledger->diag->arena;
    struct kps_process_facts *facts = KPS_NEW(arena, struct kps_process_facts);
    struct kps_sv path = kps_unix_file_of_engine(holders->processes->sys, arena, engine);
    *facts = *known;
    facts->engine_pid = engine;
    facts->engine_socket = path.n ? kps_fmt(arena, "unix://%.*s", SV_ARG(path)) : path;
    return facts;
}

/*
 * Report if an owner of the ledger, such as a container of the engine, has the key as an alias; for
 * another machine an owner of its site.
 */
static bool is_known_key(struct kps_holders *holders, struct kps_sv key)
{
    const struct kps_ledger *ledger = holders->ledger;
    for (uint32_t i = 0; i < ledger->owners.n && !holders->has_aliases; i++) {
        const struct kps_owner *owner = &ledger->owners.v[i];
        bool is_there = !holders->remote || owner->site == holders->remote->site;
        for (uint32_t k = 0; is_there && k < owner->ties->n_aliases; k++) {
            (void)kps_map_put(&holders->aliases, ledger->diag->arena, owner->ties->aliases[k], 1);
        }
    }
    holders->has_aliases = true;
    return kps_map_get(&holders->aliases, key, 0);
}

static kps_owner_id process_of(struct kps_holders *holders, const struct kps_socket *socket,
                               const struct kps_socket_owner *found)
{
    struct kps_arena *arena = holders->ledger->diag->arena;
    const struct kps_process_record *record = kps_processes_get(holders->processes, found->pid);
    struct kps_sv comm = record->facts.name;
    struct kps_proxy_args args;
    bool is_proxy = kps_proxy_args_read(record->cmdline, &args);
    bool is_systemd = found->pid == 1 && kps_sv_is(comm, "systemd");
    bool is_single = is_systemd || (!is_proxy && is_engine_helper(comm));
    struct kps_sv key = kps_fmt(arena, "process:%u", found->pid);
    struct kps_sv place = is_single ? place_of(arena, socket) : (struct kps_sv){0};
    uint32_t *slot =
        slot_of(holders, is_single ? kps_fmt(arena, "%.*s %.*s", SV_ARG(key), SV_ARG(place)) : key);
    if (*slot) {
        return *slot;
    }
    const struct kps_process_facts *facts = facts_of(holders, found);
    struct kps_owner_ties ties = {.stands_for = {"", 0}};
    struct kps_new_owner owner = {.cls = &PROCESS_CLASS,
                                  .kind = KPS_OWNER_PROCESS,
                                  .name = comm,
                                  .ties = &ties,
                                  .origin = holders->origin,
                                  .facts = facts};
    if (is_proxy) {
        uint32_t engine = find_engine(holders, facts);
        bool is_other = engine && holders->engine_pid && engine != holders->engine_pid;
        owner.cls = holders->engine_known && !engine ? &STALE_PROXY_CLASS : &PROXY_CLASS;
        ties.stands_for = docker_proxy_key(arena, &args);
        if (is_other) { /* addresses of its containers are no container's of the engine here */
            owner.cls = &OTHER_PROXY_CLASS;
            owner.facts = add_engine(holders, facts, engine);
            ties.stands_for = kps_fmt(arena, "%.*s@%u", SV_ARG(ties.stands_for), engine);
        } else if (!is_known_key(holders, ties.stands_for)) {
            /* The container's address changes with each start; the published port stays. */
            struct kps_sv published = kps_fmt(arena, "docker-port:%s", place_of(arena, socket).p);
            ties.stands_for = is_known_key(holders, published) ? published : ties.stands_for;
        }
    } else if (is_engine_helper(comm)) {
        owner.cls = holders->engine_known ? &PROCESS_CLASS : &HELPER_CLASS;
        ties.stands_for = kps_fmt(arena, "docker-port:%.*s", SV_ARG(place));
    } else if (facts->container.n) {
        owner.cls = &INMATE_CLASS;
        ties.stands_for = container_key(arena, facts->container);
    } else {
        ties.stands_for = find_unit_key(holders->ledger, facts);
    }
    owner.site = holders->site;
    ties.key = is_single ? (struct kps_sv){0} : key;
    *slot = kps_ledger_owner(holders->ledger, &owner);
    return *slot;
}

/* Describe a socket without a known process. */
static struct kps_sv words_of(struct kps_arena *arena, const struct kps_socket *socket,
                              uint32_t count)
{
    const char *state = kps_socket_state_name((enum kps_socket_state)socket->state);
    if (socket->inode == 0) {
        if (socket->left_ms == 0) {
            return kps_fmt(arena, "%s (%s) that no program has accepted",
                           kps_count_of(arena, count, "connection").p, state);
        }
        return kps_fmt(arena, "%s of %s", state, kps_count_of(arena, count, "closed connection").p);
    }
    if (socket->protocol == KPS_UDP && socket->state == KPS_SOCKET_BOUND) {
        return SV("a UDP socket of the kernel (VXLAN, WireGuard …), or of a process that is not to "
                  "be seen from here");
    }
    return kps_fmt(arena,
                   "a socket (%s) on its way between two processes, or of one that is not to be "
                   "seen from here",
                   state);
}

/* Make the facts of a socket without a known process. */
static struct kps_process_facts *bare_facts(struct kps_holders *holders,
                                            const struct kps_socket *socket,
                                            const struct kps_socket_owner *found)
{
    struct kps_process_facts *facts =
        KPS_NEW(holders->ledger->diag->arena, struct kps_process_facts);
    facts->hidden = found ? found->hidden : KPS_HIDDEN_NOTHING;
    facts->is_hidden_from_root = facts->hidden == KPS_HIDDEN_PERMISSION && geteuid() == 0;
    if (socket->inode) {
        facts->has_uid = true;
        facts->uid = socket->uid;
        facts->user = kps_processes_user(holders->processes, socket->uid);
    }
    if (found) {
        struct kps_cgroup made_in = kps_cgroup_of_path(found->cgroup);
        facts->container = made_in.container;
        facts->unit = made_in.unit;
        facts->unit_of_user = made_in.unit_of_user;
        facts->manager = kps_sv_has_tail(made_in.unit, ".service")
                             ? kps_manager_find(NULL, 0, made_in.unit, made_in.unit_of_user).name
                             : (struct kps_sv){0};
    }
    if (facts->hidden == KPS_HIDDEN_NO_PROCESS) {
        facts->what = words_of(holders->ledger->diag->arena, socket, 1);
        facts->frees_in_s = socket->left_ms / 1000 + (socket->left_ms % 1000 > 0);
    }
    return facts;
}

static bool is_same_place(const struct kps_socket *a, const struct kps_socket *b)
{
    return a->protocol == b->protocol && a->port == b->port && kps_addr_eq(&a->addr, &b->addr);
}

/* Count another connection for the last owner. */
static kps_owner_id one_more(struct kps_holders *holders, const struct kps_socket *socket)
{
    struct kps_process_facts *facts = holders->remnant_facts;
    uint32_t seconds = socket->left_ms / 1000 + (socket->left_ms % 1000 > 0);
    holders->remnant_count++;
    facts->frees_in_s = seconds > facts->frees_in_s ? seconds : facts->frees_in_s;
    return holders->remnant;
}

/*
 * Return the key of the container behind a socket without a known process: its cgroup names the
 * container, or the engine publishes the port at this very address and may not be looked into.
 */
static struct kps_sv find_container_key(struct kps_holders *holders,
                                        const struct kps_socket *socket,
                                        const struct kps_process_facts *facts)
{
    struct kps_arena *arena = holders->ledger->diag->arena;
    if (facts->hidden != KPS_HIDDEN_PERMISSION || facts->container.n) {
        return container_key(arena, facts->container);
    }
    struct kps_sv published = kps_fmt(arena, "docker-port:%s", place_of(arena, socket).p);
    return is_known_key(holders, published) ? published : (struct kps_sv){"", 0};
}

static kps_owner_id nobody_of(struct kps_holders *holders, const struct kps_socket *socket,
                              const struct kps_socket_owner *found)
{
    bool is_remnant = found && socket->inode == 0;
    if (is_remnant && holders->remnant && is_same_place(holders->remnant_socket, socket)) {
        return one_more(holders, socket);
    }
    struct kps_process_facts *facts = bare_facts(holders, socket, found);
    bool is_kernel = facts->hidden == KPS_HIDDEN_NO_PROCESS;
    const struct kps_owner_class *process = facts->container.n ? &INMATE_CLASS : &PROCESS_CLASS;
    const struct kps_owner_ties ties = {.stands_for = find_container_key(holders, socket, facts)};
    struct kps_new_owner owner = {.cls = is_kernel ? &KERNEL_CLASS : process,
                                  .kind = is_kernel ? KPS_OWNER_KERNEL : KPS_OWNER_UNKNOWN,
                                  .name = is_kernel ? SV("kernel") : (struct kps_sv){0},
                                  .origin = holders->origin,
                                  .site = holders->site,
                                  .ties = &ties,
                                  .facts = facts};
    kps_owner_id id = kps_ledger_owner(holders->ledger, &owner);
    if (is_remnant) {
        kps_holders_finish(holders);
        holders->remnant = id;
        holders->remnant_facts = facts;
        holders->remnant_socket = socket;
        holders->remnant_count = 1;
    }
    return id;
}

/*
 * Return the owner of a socket of another machine: the container that publishes the port, else a
 * process without a name. Sockets of one user on one port are taken for the same process.
 */
static kps_owner_id remote_of(struct kps_holders *holders, const struct kps_socket *socket)
{
    struct kps_arena *arena = holders->ledger->diag->arena;
    struct kps_sv published = kps_fmt(arena, "docker-port:%s", place_of(arena, socket).p);
    bool is_published = socket->inode && is_known_key(holders, published);
    const char *sort = socket->inode ? "process" : "connection";
    struct kps_sv key =
        kps_fmt(arena, "%s %u %u %u", sort, socket->protocol, socket->port, socket->uid);
    uint32_t *slot = slot_of(holders, is_published ? published : key);
    if (!*slot) {
        struct kps_process_facts *facts = KPS_NEW(arena, struct kps_process_facts);
        facts->login = holders->remote->login;
        facts->has_uid = socket->inode > 0;
        facts->uid = socket->uid;
        facts->what = kps_fmt(arena, "a %s on %.*s", sort, SV_ARG(holders->remote->host));
        const struct kps_owner_ties ties = {.stands_for = is_published ? published : SV("")};
        *slot =
            kps_ledger_owner(holders->ledger, &(struct kps_new_owner){.cls = &PROCESS_CLASS,
                                                                      .kind = KPS_OWNER_UNKNOWN,
                                                                      .site = holders->remote->site,
                                                                      .origin = holders->origin,
                                                                      .ties = &ties,
                                                                      .facts = facts});
    }
    return *slot;
}

bool kps_holder_relays(const struct kps_owner *owner)
{
    return kps_sv_starts_with_any(owner->ties->stands_for, "docker-proxy: docker-port:");
}

void kps_holders_finish(struct kps_holders *holders)
{
    if (holders->remnant_count > 1) {
        holders->remnant_facts->what =
            words_of(holders->ledger->diag->arena, holders->remnant_socket, holders->remnant_count);
    }
}

kps_owner_id kps_holder_of(struct kps_holders *holders, const struct kps_socket *socket,
                           const struct kps_socket_owner *found)
{
    if (holders->remote) {
        return remote_of(holders, socket);
    }
    return found && found->pid ? process_of(holders, socket, found)
                               : nobody_of(holders, socket, found);
}
