#include "query/notes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "advice/owner_words.h"
#include "base/utf8.h"

enum { MOST_NOTES = 16 };

struct taking {
    struct kps_inquiry *inquiry;
    const struct kps_question *question;
    struct kps_arena *arena;
    struct kps_sv *notes;
    size_t n;
};

static void add_note(struct taking *t, const char *format, ...) KPS_PRINTF(2, 3);

static void add_note(struct taking *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (t->n < MOST_NOTES) {
        t->notes[t->n++] = kps_vfmt(t->arena, format, args);
    }
    va_end(args);
}

static bool is_bound(const struct kps_port_use *holding)
{
    return holding->basis == KPS_BOUND && !holding->is_remnant;
}

/* Return: the next holding of the question behind `at`, or NULL. */
static const struct kps_port_use *next_holding(const struct taking *t, size_t *at)
{
    const struct kps_query *query = &t->inquiry->query;
    while (*at < query->n_holdings) {
        const struct kps_port_use *holding = &query->holdings[(*at)++];
        if (kps_question_meets(t->question, holding)) {
            return holding;
        }
    }
    return NULL;
}

static bool is_held(const struct taking *t)
{
    size_t at = 0;
    const struct kps_port_use *holding;
    while ((holding = next_holding(t, &at))) {
        if (is_bound(holding)) {
            return true;
        }
    }
    return false;
}

/* Say the kernel's settings for a port without a listener. */
static void say_settings(struct taking *t)
{
    const struct kps_kernel *kernel = &t->inquiry->machine->sockets.kernel;
    uint16_t port = t->question->ports.first;
    if (!t->inquiry->query.asked_sockets || is_held(t)) {
        return;
    }
    if (port < kernel->unprivileged_start && geteuid() != 0) {
        add_note(t,
                 "below %u only root, or a program with CAP_NET_BIND_SERVICE, may bind "
                 "(net.ipv4.ip_unprivileged_port_start)",
                 kernel->unprivileged_start);
    }
    if (kernel->known && kps_kernel_is_ephemeral(kernel, port)) {
        add_note(t,
                 "the kernel may give it to an outgoing connection at any time "
                 "(net.ipv4.ip_local_port_range is %u-%u); "
                 "net.ipv4.ip_local_reserved_ports keeps it out",
                 kernel->ephemeral.first, kernel->ephemeral.last);
    }
}

static struct kps_sv name_holder(const struct taking *t, const struct kps_port_use *holding)
{
    return kps_utf8_escape(t->arena,
                           kps_owner_words_short(t->arena, t->inquiry->ledger, holding->tenant));
}

static bool covers_address(const struct kps_port_use *holding, const char *literal)
{
    struct kps_addr addr;
    (void)kps_addr_parse(kps_sv_of(literal), &addr);
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        if (kps_addr_contains(&holding->addrs[i], &addr)) {
            return true;
        }
    }
    return false;
}

static bool has_exactly(const struct kps_port_use *holding, const struct kps_addr *addr)
{
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        if (kps_addr_eq(&holding->addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

static bool share_an_address(const struct kps_port_use *a, const struct kps_port_use *b)
{
    for (uint32_t i = 0; i < a->n_addrs; i++) {
        if (has_exactly(b, &a->addrs[i])) {
            return true;
        }
    }
    return false;
}

/* Say which of two tenants of a port is reached: the kernel allowed both. */
static void say_pair(struct taking *t, const struct kps_port_use *a, const struct kps_port_use *b)
{
    struct kps_sv first = name_holder(t, a);
    struct kps_sv second = name_holder(t, b);
    if (share_an_address(a, b)) {
        add_note(
            t,
            "%.*s and %.*s share the address (SO_REUSEPORT): the kernel spreads what comes in over "
            "them",
            SV_ARG(first), SV_ARG(second));
        return;
    }
    bool a4 = covers_address(a, "127.0.0.1");
    bool a6 = covers_address(a, "::1");
    bool b4 = covers_address(b, "127.0.0.1");
    bool b6 = covers_address(b, "::1");
    if (a4 && b6 && !(a6 && b4)) {
        add_note(t, "'localhost' is both: 127.0.0.1:%u reaches %.*s, [::1]:%u reaches %.*s",
                 t->question->ports.first, SV_ARG(first), t->question->ports.first, SV_ARG(second));
    } else if (a6 && b4 && !(a4 && b6)) {
        add_note(t, "'localhost' is both: 127.0.0.1:%u reaches %.*s, [::1]:%u reaches %.*s",
                 t->question->ports.first, SV_ARG(second), t->question->ports.first, SV_ARG(first));
    } else {
        add_note(t, "%.*s and %.*s are on different addresses: the nearest match is reached",
                 SV_ARG(first), SV_ARG(second));
    }
}

static void say_pairs(struct taking *t)
{
    const struct kps_port_use *first = NULL;
    const struct kps_port_use *holding;
    size_t at = 0;
    while ((holding = next_holding(t, &at))) {
        if (!is_bound(holding)) {
            continue;
        }
        if (first && first->protocol == holding->protocol && first->netns == holding->netns) {
            say_pair(t, first, holding);
        }
        first = first ? first : holding;
    }
}

/* The engine's word against the sockets'. */
static void say_disagreement(struct taking *t, const struct kps_port_use *holding)
{
    const struct kps_owner *owner = kps_ledger_get_owner(t->inquiry->ledger, holding->tenant);
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    bool is_proxy = process && kps_sv_is(process->name, "docker-proxy");
    if (is_proxy && process->engine_pid) {
        add_note(t, "docker-proxy works for another engine (dockerd, pid %u)%s%.*s",
                 process->engine_pid, process->engine_socket.n ? " at " : "",
                 SV_ARG(process->engine_socket));
    } else if (is_proxy && owner->cls->when_alone == KPS_RULE_STALE_PUBLICATION) {
        add_note(t, "docker-proxy works for a container that the engine does not have: a leftover, "
                    "which goes when the engine or the machine starts again");
    }
    if (owner->kind == KPS_OWNER_CONTAINER && is_bound(holding) && holding->n_helpers == 0 &&
        t->inquiry->query.asked_sockets && t->inquiry->machine->has_own_engine) {
        add_note(t, "no socket of this network namespace holds the port: the engine forwards it by "
                    "packet rules, or lives in "
                    "another namespace");
    }
}

static void say_disagreements(struct taking *t)
{
    const struct kps_port_use *holding;
    size_t at = 0;
    while ((holding = next_holding(t, &at))) {
        say_disagreement(t, holding);
    }
}

/* Name an address of elsewhere: a bind there fails without any holder. */
static void say_foreign(struct taking *t)
{
    if (!is_held(t) && kps_local_addrs_find(&t->inquiry->machine->sockets.addresses,
                                            &t->question->ports.addr) == KPS_LOCALITY_ABSENT) {
        t->inquiry->query.is_elsewhere = true;
        add_note(t, "%s is no address of this machine: nothing can listen on it here",
                 kps_addr_format(t->arena, &t->question->ports.addr).p);
    }
}

/* Say when a closed connection is no holder. */
static void say_closed(struct taking *t)
{
    size_t at = 0;
    const struct kps_port_use *holding;
    while ((holding = next_holding(t, &at))) {
        if (holding->is_remnant && holding->protocol == KPS_TCP &&
            kps_ledger_get_owner(t->inquiry->ledger, holding->tenant)->kind == KPS_OWNER_KERNEL) {
            add_note(t, "a server that sets SO_REUSEADDR may have the port now, if the closed "
                        "socket set it as well; most do");
            return;
        }
    }
}

/* Name Windows, which shares its ports with Linux and is in no list here. */
static void say_wsl(struct taking *t)
{
    if (t->inquiry->machine->is_wsl && !is_held(t)) {
        add_note(
            t,
            "this is WSL2: the Windows side may have the port; there, 'netstat -ano | findstr :%u' "
            "shows it",
            t->question->ports.first);
    }
}

/* Say the limit of an answer about another machine. */
static void say_remote(struct taking *t)
{
    const struct kps_sys_remote *remote = t->inquiry->machine->remote;
    if (remote && t->inquiry->query.asked_sockets) {
        add_note(t, "the sockets of %.*s were read through ssh: ports only, no process names",
                 SV_ARG(remote->host));
    }
}

void kps_notes_add(struct kps_inquiry *inquiry)
{
    struct taking t = {.inquiry = inquiry, .arena = inquiry->ledger->diag->arena};
    t.notes = KPS_NEW_N(t.arena, struct kps_sv, MOST_NOTES);
    for (size_t i = 0; i < inquiry->query.n_questions; i++) {
        t.question = &inquiry->query.questions[i];
        if (t.question->ports.first == t.question->ports.last) {
            say_settings(&t);
            say_pairs(&t);
            say_disagreements(&t);
            say_foreign(&t);
            say_closed(&t);
            say_wsl(&t);
        }
    }
    say_remote(&t);
    inquiry->query.notes = t.notes;
    inquiry->query.n_notes = t.n;
}
