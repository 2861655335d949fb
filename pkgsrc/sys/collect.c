#include "sys/collect.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/order.h"
#include "sys/addresses.h"
#include "sys/holder.h"
#include "sys/owners.h"
#include "sys/socket_option.h"

/* A socket with its owner. */
struct entry {
    const struct kps_socket *socket;
    kps_owner_id owner;
};

struct collection {
    struct kps_ledger *ledger;
    const struct kps_sys_options *options;
    struct kps_socket_query query;
    struct kps_sys sys;
    struct kps_processes processes;
    struct kps_sockets sockets;
    struct kps_socket_owner *owners; /* of sockets.rows; NULL: not looked for */
    struct kps_sys_result *result;
    uint32_t n_questions; /* to sockets of connections */
};

static bool is_connection(const struct kps_socket *socket)
{
    return socket->state != KPS_SOCKET_LISTEN && socket->state != KPS_SOCKET_BOUND;
}

static bool is_same_port(const struct kps_socket *a, const struct kps_socket *b)
{
    return a->protocol == b->protocol && a->port == b->port;
}

/* Report if the socket takes part of the range of these wildcards (bits of enum kps_addr_kind). */
static bool is_covered(const struct kps_socket *socket, unsigned wildcards)
{
    bool is_v4 = socket->addr.kind == KPS_ADDR_ANY4 || socket->addr.kind == KPS_ADDR_ONE4;
    unsigned by = 1U << KPS_ADDR_EVERY | 1U << (is_v4 ? KPS_ADDR_ANY4 : KPS_ADDR_ANY6);
    return wildcards & by;
}

/*
 * Drop connections that a listener of the port accounts for, from rows[start..end) of the same
 * port: the listener is on a wildcard or on the connection's address (rows are sorted by address).
 * Return: the number of rows up to the end of the kept ones, moved to `to`.
 */
static uint32_t filter_port(struct kps_socket *rows, uint32_t start, uint32_t end, uint32_t to)
{
    unsigned wildcards = 0;
    for (uint32_t i = start; i < end; i++) {
        wildcards |= rows[i].state == KPS_SOCKET_LISTEN ? 1U << rows[i].addr.kind : 0;
    }
    for (uint32_t i = start, next = start; i < end; i = next) {
        bool has_listener = false;
        for (next = i; next < end && kps_addr_eq(&rows[next].addr, &rows[i].addr); next++) {
            has_listener |= rows[next].state == KPS_SOCKET_LISTEN;
        }
        bool drops = has_listener || is_covered(&rows[i], wildcards);
        for (uint32_t k = i; k < next; k++) {
            if (!drops || !is_connection(&rows[k])) {
                rows[to++] = rows[k];
            }
        }
    }
    return to;
}

static void drop_accepted(struct kps_sockets *sockets)
{
    struct kps_socket *rows = sockets->rows.v;
    uint32_t kept = 0;
    for (uint32_t start = 0, end = 0; start < sockets->rows.n; start = end) {
        for (end = start; end < sockets->rows.n && is_same_port(&rows[start], &rows[end]); end++) {
        }
        kept = filter_port(rows, start, end, kept);
    }
    sockets->rows.n = kept;
}

static struct kps_socket_query query_of(const struct kps_sys_options *options)
{
    return (struct kps_socket_query){
        .ports = options->ports,
        .n_ports = options->n_ports,
        .no_tcp = options->no_tcp,
        .no_udp = options->no_udp,
        .connections = options->connections,
        .source = options->source,
        .netns_pid = options->netns_pid,
    };
}

/* Report if the socket looks short-lived: programs try a port by such a bind (sys/probe.h). */
static bool is_short_lived(const struct kps_socket *socket)
{
    bool is_wildcard = socket->addr.kind == KPS_ADDR_ANY4 || socket->addr.kind == KPS_ADDR_ANY6;
    return socket->state == KPS_SOCKET_BOUND && is_wildcard;
}

/*
 * Report if a socket needs a second look: its owner ended meanwhile, or passed the socket on
 * before its end.
 */
static bool is_in_doubt(struct collection *collection, uint32_t row,
                        const struct kps_owner_search *search)
{
    const struct kps_socket_owner *owner = &collection->owners[row];
    const struct kps_socket *socket = &collection->sockets.rows.v[row];
    if (owner->pid) {
        return !kps_processes_get(&collection->processes, owner->pid)->is_there;
    }
    /* A container engine hands the sockets of a starting container from process to process. */
    bool is_handed_on = collection->options->engine_known && socket->state == KPS_SOCKET_LISTEN;
    bool may_have_ended =
        owner->hidden == KPS_HIDDEN_NO_PROCESS && (search->vanished > 0 || is_handed_on);
    /* A process that is ending shows its descriptors not even to root. */
    may_have_ended = may_have_ended || (owner->hidden == KPS_HIDDEN_PERMISSION && geteuid() == 0);
    return socket->inode && (may_have_ended || is_short_lived(socket));
}

static bool is_still_there(const struct kps_sockets *now, const struct kps_socket *socket)
{
    for (uint32_t i = 0; i < now->rows.n; i++) {
        if (now->rows.v[i].inode == socket->inode && is_same_port(&now->rows.v[i], socket)) {
            return true;
        }
    }
    return false;
}

/* List the sockets on the port again. Return: false when the socket is no longer among them. */
static bool is_listed_still(struct collection *collection, const struct kps_socket *socket)
{
    struct kps_port_range port = {socket->port, socket->port};
    struct kps_socket_query query = collection->query;
    query.ports = &port;
    query.n_ports = 1;
    struct kps_sockets now = {0};
    bool is_known = kps_sys_sockets(&collection->sys, &query, &now) == 0 &&
                    (!now.incomplete || collection->sockets.incomplete);
    bool is_there = !is_known || is_still_there(&now, socket);
    kps_sockets_free(&now);
    return is_there;
}

/*
 * Look at a socket a second time. Return: false when the socket was closed meanwhile, also during
 * the second search for its owner: the end of a process closes its sockets. An owner that ended and
 * left the socket open is reported as gone.
 */
static bool look_again(struct collection *collection, const struct kps_sockets *now, uint32_t row)
{
    const struct kps_socket *socket = &collection->sockets.rows.v[row];
    struct kps_owner_search search;
    if (!is_still_there(now, socket)) {
        return false;
    }
    struct kps_socket_owner *owner = &collection->owners[row];
    (void)kps_sys_find_owners(&collection->processes, socket, 1, owner, &search);
    if (owner->pid && !kps_processes_get(&collection->processes, owner->pid)->is_there) {
        owner->pid = 0;
        owner->hidden = KPS_HIDDEN_GONE;
    }
    bool is_closed_to_user = owner->hidden == KPS_HIDDEN_PERMISSION && geteuid() != 0;
    return owner->pid || is_closed_to_user || is_listed_still(collection, socket);
}

/*
 * List the sockets again. Return: false when that fails, or a part is missing that was there: no
 * socket counts as closed then.
 */
static bool list_again(struct collection *collection, struct kps_sockets *ret)
{
    int failed = kps_sys_sockets(&collection->sys, &collection->query, ret);
    if (failed || (ret->incomplete && !collection->sockets.incomplete)) {
        collection->sockets.incomplete = true;
        collection->sockets.error = failed ? failed : ret->error;
        collection->sockets.source = ret->source;
        return false;
    }
    return true;
}

/* Settle changes during the search. Closed sockets are removed. */
static void settle_changes(struct collection *collection, const struct kps_owner_search *search)
{
    enum {
        SECOND_LOOKS = 16
    }; /* on a machine where more changes at once, a third look would find the same again */
    struct kps_sockets now = {0};
    struct kps_sockets *sockets = &collection->sockets;
    bool has_asked = false;
    bool is_known = false;
    uint32_t looks = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sockets->rows.n; i++) {
        bool stays = true;
        if (is_in_doubt(collection, i, search)) {
            is_known = has_asked ? is_known : list_again(collection, &now);
            has_asked = true;
            stays =
                !is_known || (looks++ < SECOND_LOOKS ? look_again(collection, &now, i)
                                                     : is_still_there(&now, &sockets->rows.v[i]));
        }
        if (stays) {
            collection->owners[kept] = collection->owners[i];
            sockets->rows.v[kept++] = sockets->rows.v[i];
        } else {
            collection->result->gone++;
        }
    }
    sockets->rows.n = kept;
    kps_sockets_free(&now);
}

static void find_owners(struct collection *collection)
{
    struct kps_owner_search search;
    uint32_t n = collection->sockets.rows.n;
    collection->owners = KPS_NEW_N(collection->ledger->diag->arena, struct kps_socket_owner, n);
    if (n == 0) {
        return;
    }
    (void)kps_sys_find_owners(&collection->processes, collection->sockets.rows.v, n,
                              collection->owners, &search);
    settle_changes(collection, &search);
    collection->result->processes_hidden = search.processes_hidden;
    for (uint32_t i = 0; i < collection->sockets.rows.n; i++) {
        collection->result->hidden += collection->owners[i].hidden == KPS_HIDDEN_PERMISSION;
    }
}

/*
 * Ask a socket for an option. A question looks through the descriptors of a process, which can be
 * thousands, as can be connections: after many of these the answer is KPS_SOCKET_OPTION_UNKNOWN.
 */
static enum kps_socket_option ask_socket(struct collection *collection,
                                         const struct kps_socket *socket, int level, int name)
{
    enum { MOST_CONNECTIONS = 64 };
    uint32_t pid =
        collection->owners ? collection->owners[socket - collection->sockets.rows.v].pid : 0;
    bool is_asked = pid && (!is_connection(socket) || collection->n_questions++ < MOST_CONNECTIONS);
    return is_asked ? kps_socket_option_read(&collection->sys, pid, socket->inode, level, name)
                    : KPS_SOCKET_OPTION_UNKNOWN;
}

/* Ask for SO_REUSEADDR where it decides whether an engine, which sets it, gets past the socket. */
static enum kps_socket_option ask_for_reuse(struct collection *collection,
                                            const struct kps_socket *socket)
{
    const struct kps_sys_options *options = collection->options;
    bool decides = socket->state != KPS_SOCKET_LISTEN &&
                   (socket->protocol == KPS_UDP ? options->shares_udp : options->looks_for_reuse);
    return decides ? ask_socket(collection, socket, SOL_SOCKET, SO_REUSEADDR)
                   : KPS_SOCKET_OPTION_UNKNOWN;
}

static enum kps_certainty certainty_of(const struct collection *collection,
                                       const struct kps_socket *socket,
                                       enum kps_socket_option reuse)
{
    bool is_bound = socket->state == KPS_SOCKET_BOUND;
    if (socket->flags & KPS_SOCKET_V6ONLY_UNKNOWN && socket->addr.kind == KPS_ADDR_EVERY) {
        return KPS_LIKELY;
    }
    if (socket->state == KPS_SOCKET_LISTEN || reuse == KPS_SOCKET_OPTION_OFF) {
        return KPS_CERTAIN;
    }
    if (socket->protocol == KPS_UDP && reuse == KPS_SOCKET_OPTION_UNKNOWN) {
        /* A UDP socket blocks in every state, and is shared with Engine 28 alone. */
        return collection->options->shares_udp ? KPS_LIKELY : KPS_CERTAIN;
    }
    bool is_client = kps_kernel_is_ephemeral(&collection->result->kernel, socket->port);
    return reuse == KPS_SOCKET_OPTION_UNKNOWN && (is_bound || is_client) ? KPS_LIKELY
                                                                         : KPS_POSSIBLE;
}

/*
 * Claim 0.0.0.0, too, for a connection of IPv6 whose socket takes IPv4 as well: bind() to a single
 * IPv6 address sets IPV6_V6ONLY, the way to the address by connect() or accept() does not.
 */
static bool claim_any4(struct collection *collection, const struct kps_socket *socket,
                       struct kps_claim claim)
{
    enum kps_socket_option v6only = socket->flags & KPS_SOCKET_SHADOWS_ANY4
                                        ? ask_socket(collection, socket, IPPROTO_IPV6, IPV6_V6ONLY)
                                        : KPS_SOCKET_OPTION_ON;
    if (v6only == KPS_SOCKET_OPTION_ON) {
        return false;
    }
    if (v6only == KPS_SOCKET_OPTION_UNKNOWN && claim.certainty == KPS_CERTAIN) {
        claim.certainty = KPS_LIKELY;
    }
    claim.addr = (struct kps_addr){.kind = KPS_ADDR_ONE4};
    (void)kps_ledger_claim(collection->ledger, &claim);
    return true;
}

static int by_place(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    /*
     * Sockets lie in the order of their places; sockets of the same place are brought together by
     * owner.
     */
    if (!is_same_port(a->socket, b->socket) || !kps_addr_eq(&a->socket->addr, &b->socket->addr)) {
        return a->socket < b->socket ? -1 : 1;
    }
    /* The strongest state stands for all: listening, then bound. */
    int order = kps_order_compare(a->owner, b->owner);
    order = order ? order : kps_order_compare(is_connection(a->socket), is_connection(b->socket));
    return order ? order : (a->socket > b->socket) - (a->socket < b->socket);
}

static bool is_same_claim(const struct entry *a, const struct entry *b)
{
    return a->owner == b->owner && is_same_port(a->socket, b->socket) &&
           kps_addr_eq(&a->socket->addr, &b->socket->addr);
}

static void make_claims(struct collection *collection, struct kps_holders *holders,
                        kps_netns_id netns)
{
    struct kps_arena *arena = collection->ledger->diag->arena;
    uint32_t n = collection->sockets.rows.n;
    struct entry *entries = KPS_NEW_N(arena, struct entry, n);
    uint32_t room = n;
    struct kps_sys_result *result = collection->result;
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_socket *socket = &collection->sockets.rows.v[i];
        room += (socket->flags & KPS_SOCKET_SHADOWS_ANY4) != 0;
        entries[i].socket = socket;
        entries[i].owner =
            kps_holder_of(holders, socket, collection->owners ? &collection->owners[i] : NULL);
    }
    struct kps_socket *sockets = KPS_NEW_N(arena, struct kps_socket, room);
    kps_holders_finish(holders);
    qsort(entries, n, sizeof(entries[0]), by_place);
    for (uint32_t i = 0; i < n; i++) {
        const struct kps_socket *socket = entries[i].socket;
        if (i > 0 && is_same_claim(&entries[i - 1], &entries[i])) {
            continue;
        }
        /* Inside a container an unknown holder may be the service that asks: no claim. */
        const struct kps_owner *owner = kps_ledger_get_owner(collection->ledger, entries[i].owner);
        if (collection->options->netns_pid && owner->kind == KPS_OWNER_UNKNOWN) {
            continue;
        }
        enum kps_socket_option reuse = ask_for_reuse(collection, socket);
        /* an engine gets past a connection with the option as past a bound socket (KP301) */
        bool is_passed = reuse == KPS_SOCKET_OPTION_ON && !owner->ties->stands_for.n;
        struct kps_claim claim = {
            .netns = netns,
            .owner = entries[i].owner,
            .origin = holders->origin,
            .addr = socket->addr,
            .first = socket->port,
            .last = socket->port,
            .take = 1,
            .protocol = socket->protocol,
            .basis = KPS_BOUND,
            .certainty = (uint8_t)certainty_of(collection, socket, reuse),
            .flags = (uint8_t)((is_connection(socket) && !is_passed ? KPS_CLAIM_REMNANT : 0) |
                               (kps_holder_relays(owner) ? KPS_CLAIM_RELAYED : 0)),
            .copies = 1,
        };
        kps_claim_id id = kps_ledger_claim(collection->ledger, &claim);
        result->first_claim = result->first_claim ? result->first_claim : id;
        sockets[result->n_claims++] = *socket;
        if (claim_any4(collection, socket, claim)) {
            sockets[result->n_claims] = *socket;
            sockets[result->n_claims++].addr = (struct kps_addr){.kind = KPS_ADDR_ONE4};
        }
    }
    result->claim_sockets = sockets;
}

static void report_incomplete(struct collection *collection)
{
    struct kps_diag *diag = collection->ledger->diag;
    const struct kps_sys_remote *remote = collection->options->remote;
    struct kps_finding *finding =
        kps_diag_add_gap(diag, KPS_WARNING, "the list of the sockets of %.*s may be incomplete",
                         SV_ARG(remote ? remote->host : SV("this machine")));
    kps_finding_note(finding, "%s: %s", collection->sockets.source,
                     strerror(collection->sockets.error));
    collection->result->is_incomplete = true;
}

/* Report the sockets that only netlink lists, where the kernel refuses netlink. */
static void report_unlisted(struct collection *collection)
{
    struct kps_finding *finding = kps_diag_add_gap(
        collection->ledger->diag, KPS_NOTE,
        "tcp sockets that are bound and do not listen were not looked at: /proc/net lists none");
    kps_finding_note(finding, "%s: %s", collection->sockets.source,
                     strerror(collection->sockets.error));
    collection->result->is_incomplete = true;
}

static void report_hidden(struct collection *collection)
{
    struct kps_diag *diag = collection->ledger->diag;
    uint32_t n = collection->result->hidden;
    bool is_root = geteuid() == 0;
    const char *where = collection->options->netns_pid ? " in a container's network" : "";
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_SCAN_INCOMPLETE, KPS_NOTE, 0,
                     n == 1 ? "the process that holds %u socket%s is hidden %s"
                            : "the processes that hold %u sockets%s are hidden %s",
                     n, where, is_root ? "even from root" : "from this user");
    if (collection->result->processes_hidden) {
        kps_finding_note(finding,
                         is_root ? "/proc does not list the processes of another pid namespace"
                                 : "/proc does not list the processes of other users (hidepid)");
    } else if (is_root) {
        kps_finding_note(finding, "some process does not show its descriptors, not even to root");
    }
    if (is_root) {
        return;
    }
    kps_finding_help(finding, "run kportscan as root to see them");
}

static void report_unreadable(struct collection *collection, int error)
{
    struct kps_diag *diag = collection->ledger->diag;
    bool is_container = collection->options->netns_pid;
    if (is_container && (error == ENOENT || error == ESRCH)) {
        return; /* the process ended meanwhile, and its listeners with it */
    }
    struct kps_finding *finding =
        kps_diag_add_gap(diag, KPS_WARNING, "the sockets %s cannot be read",
                         is_container ? "in a container's network" : "of this machine");
    kps_finding_note(finding, "neither netlink (sock_diag) nor /proc/net answers: %s",
                     strerror(error));
    collection->result->error = error;
}

static void collect_sockets(struct collection *collection)
{
    const struct kps_sys_options *options = collection->options;
    struct kps_ledger *ledger = collection->ledger;
    struct kps_sys_result *result = collection->result;
    result->kernel = kps_kernel_read(&collection->sys, ledger->diag->arena);
    if (options->addresses) {
        result->addresses = kps_addresses_read(&collection->sys, ledger->diag->arena);
    }
    int failed = options->prefetch
                     ? kps_prefetch_take(options->prefetch, &collection->sockets)
                     : kps_sys_sockets(&collection->sys, &collection->query, &collection->sockets);
    if (failed) {
        report_unreadable(collection, failed);
        return;
    }
    result->used_netlink = collection->sockets.used_netlink;
    result->used_proc = collection->sockets.used_proc;
    result->sockets = collection->sockets.rows.n;
    drop_accepted(&collection->sockets);
    if (!options->without_owners) {
        find_owners(collection);
    }
    struct kps_sv source = result->used_netlink ? SV("sock_diag") : SV("/proc/net");
    struct kps_holders holders = {
        .ledger = ledger,
        .processes = &collection->processes,
        .engine_known = options->engine_known,
        .engine_pid = options->engine_pid,
        .origin = kps_origins_add(&ledger->diag->origins,
                                  &(struct kps_origin){.step = KPS_STEP_KERNEL, .what = source}),
    };
    enum kps_netns_kind kind = options->netns_pid ? KPS_NETNS_PRIVATE : KPS_NETNS_HOST;
    kps_netns_id netns = kps_ledger_netns(ledger, kind, options->netns_name);
    holders.site = kps_ledger_get_netns(ledger, netns)->site;
    make_claims(collection, &holders, netns);
    if (collection->sockets.incomplete) {
        report_incomplete(collection);
    } else if (result->used_proc && collection->sockets.error && !options->no_tcp &&
               !options->netns_pid && !options->without_owners) {
        report_unlisted(collection);
    }
    if (result->hidden) {
        report_hidden(collection);
    }
}

/* Make the claims of another machine's sockets. */
static void collect_remote(struct collection *collection)
{
    const struct kps_sys_remote *remote = collection->options->remote;
    struct kps_ledger *ledger = collection->ledger;
    collection->result->error =
        kps_sys_sockets_parse(remote->tables, &collection->query, &collection->sockets);
    collection->result->used_proc = true;
    collection->result->sockets = collection->sockets.rows.n;
    drop_accepted(&collection->sockets);
    struct kps_sv source = kps_fmt(ledger->diag->arena, "/proc/net of %.*s", SV_ARG(remote->host));
    struct kps_holders holders = {
        .ledger = ledger,
        .remote = remote,
        .origin = kps_origins_add(&ledger->diag->origins,
                                  &(struct kps_origin){.step = KPS_STEP_KERNEL, .what = source}),
    };
    make_claims(collection, &holders, remote->netns);
    if (collection->sockets.incomplete) {
        report_incomplete(collection);
    }
}

struct kps_prefetch *kps_sys_prefetch(struct kps_arena *arena,
                                      const struct kps_sys_options *options)
{
    struct kps_socket_query query = query_of(options);
    return kps_prefetch_start(arena, options->root, &query);
}

struct kps_sys_result kps_sys_collect(struct kps_ledger *ledger,
                                      const struct kps_sys_options *options)
{
    struct kps_sys_result result = {0};
    struct collection collection = {
        .ledger = ledger, .options = options, .query = query_of(options), .result = &result};
    if (options->remote) {
        collect_remote(&collection);
        kps_sockets_free(&collection.sockets);
        return result;
    }
    int failed = kps_sys_open(options->root, &collection.sys);
    if (failed) {
        if (options->prefetch) {
            (void)kps_prefetch_take(options->prefetch, &collection.sockets);
            kps_sockets_free(&collection.sockets);
        }
        report_unreadable(&collection, failed);
        return result;
    }
    kps_processes_start(&collection.processes, &collection.sys, ledger->diag->arena);
    collection.processes.full_cmdline = options->full_cmdline;
    collect_sockets(&collection);
    kps_processes_free(&collection.processes);
    kps_sockets_free(&collection.sockets);
    kps_sys_close(&collection.sys);
    return result;
}

const struct kps_socket *kps_sys_socket_of(const struct kps_sys_result *result, kps_claim_id claim)
{
    if (claim < result->first_claim || claim - result->first_claim >= result->n_claims) {
        return NULL;
    }
    return &result->claim_sockets[claim - result->first_claim];
}
