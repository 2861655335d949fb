#include "advice/owner.h"

#include "advice/parts.h"
#include "base/shell.h"

static const struct kps_sv NONE = {"", 0};

void kps_advice_add(struct kps_advice *advice, struct kps_sv text, struct kps_sv command)
{
    if (advice->n < KPS_ADVICE_MOST) {
        advice->v[advice->n++] = (struct kps_help){text, command};
    }
}

static bool answers_to(const struct kps_owner *owner, struct kps_sv key)
{
    bool found = kps_sv_eq(owner->key, key);
    for (uint32_t i = 0; i < owner->n_aliases && !found; i++) {
        found = kps_sv_eq(owner->aliases[i], key);
    }
    return found;
}

kps_owner_id kps_owner_container(const struct kps_ledger *ledger, kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    if (owner->kind == KPS_OWNER_CONTAINER) {
        return id;
    }
    if (owner->tenant == id || owner->stands_for.n == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        const struct kps_owner *other = &ledger->owners.v[i];
        if (other->kind == KPS_OWNER_CONTAINER && other->tenant == owner->tenant &&
            answers_to(other, owner->stands_for)) {
            return i + 1;
        }
    }
    return 0;
}

/* The container in a command: by its name, or by its id where that is no name. */
static struct kps_sv container_word(struct kps_arena *arena, const struct kps_owner *owner,
                                    const struct kps_container_facts *facts)
{
    enum { SHORT_ID = 12 };
    bool is_name = kps_shell_is_name(owner->name);
    return kps_shell_quote(arena, is_name ? owner->name : kps_sv_slice(facts->id, 0, SHORT_ID));
}

static struct kps_sv cli_of(const struct kps_container_facts *facts)
{
    return facts->cli.n ? facts->cli : SV("docker");
}

/* `docker compose -p shop stop web` for what Compose made; `up` would start it again as the file
 * says. */
static bool advise_compose(struct kps_arena *arena, const struct kps_container_facts *facts,
                           bool is_up, struct kps_advice *advice)
{
    if (facts->compose_oneoff || !kps_shell_is_name(facts->compose_project) ||
        !kps_shell_is_name(facts->compose_service)) {
        return false;
    }
    struct kps_sv cli = cli_of(facts);
    kps_advice_add(
        advice,
        kps_fmt(arena,
                is_up ? "stop service '%.*s' of project '%.*s'"
                      : "remove the stopped service '%.*s' of project '%.*s'",
                SV_ARG(facts->compose_service), SV_ARG(facts->compose_project)),
        kps_fmt(arena, is_up ? "%.*s compose -p %.*s stop %.*s" : "%.*s compose -p %.*s rm %.*s",
                SV_ARG(cli), SV_ARG(facts->compose_project), SV_ARG(facts->compose_service)));
    return true;
}

static bool is_up(const struct kps_container_facts *facts)
{
    return kps_sv_eq(facts->state, SV("running")) || kps_sv_eq(facts->state, SV("paused")) ||
           kps_sv_eq(facts->state, SV("restarting"));
}

static void advise_container(struct kps_arena *arena, const struct kps_owner *owner,
                             struct kps_advice *advice)
{
    const struct kps_container_facts *facts = owner->facts;
    struct kps_sv word = container_word(arena, owner, facts);
    struct kps_sv cli = cli_of(facts);
    bool runs = is_up(facts);
    bool comes_back = kps_sv_eq(facts->restart_policy, SV("always")) ||
                      (!runs && kps_sv_eq(facts->restart_policy, SV("unless-stopped")));
    if (!advise_compose(arena, facts, runs, advice)) {
        kps_advice_add(
            advice, runs ? SV("stop it") : SV("remove it, if it is not needed any more"),
            kps_fmt(arena, runs ? "%.*s stop %.*s" : "%.*s rm %.*s", SV_ARG(cli), SV_ARG(word)));
    }
    /* Podman's update knows no --restart before 5.1, and no Podman starts by itself what is stopped
     * or removed. */
    if (comes_back && !kps_sv_starts(cli, SV("podman"))) {
        kps_advice_add(advice, SV("keep it from coming back by itself"),
                       kps_fmt(arena, "%.*s update --restart=no %.*s", SV_ARG(cli), SV_ARG(word)));
    }
}

/* The claim by which the service, or a task of it, has `port`; NULL when there is none. */
static const struct kps_claim *claim_on(const struct kps_ledger *ledger, kps_owner_id service,
                                        uint16_t port)
{
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, claim->owner);
        bool is_its = claim->owner == service ||
                      (owner->kind == KPS_OWNER_CONTAINER && owner->tenant == service);
        if (is_its && claim->first <= port && port <= claim->last && claim->target_first) {
            return claim;
        }
    }
    return NULL;
}

/*
 * A task that is stopped is started anew: it is the service that gives the port back. `claim` is
 * the task's or the service's own. --publish-rm goes by the port inside, and finds one in host
 * mode, or of udp, only when told so.
 */
static void advise_swarm(struct kps_arena *arena, const struct kps_owner *service,
                         const struct kps_claim *claim, uint16_t port, struct kps_advice *advice)
{
    if (!kps_shell_is_name(service->name)) {
        return;
    }
    if (claim) {
        bool ingress = claim->basis == KPS_BOUND && !(claim->flags & KPS_CLAIM_PUBLISHED);
        kps_advice_add(
            advice, SV("take the port from the service (its tasks are started anew)"),
            kps_fmt(arena, "docker service update --publish-rm %s%u%s %.*s",
                    ingress ? "" : "mode=host,target=", claim->target_first + (port - claim->first),
                    claim->protocol != KPS_UDP ? ""
                    : ingress                  ? "/udp"
                                               : ",protocol=udp",
                    SV_ARG(service->name)));
    }
    kps_advice_add(advice, SV("remove the service"),
                   kps_fmt(arena, "docker service rm %.*s", SV_ARG(service->name)));
}

struct kps_advice kps_owner_advice(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id, uint16_t port)
{
    struct kps_advice advice = {.n = 0};
    kps_owner_id container = kps_owner_container(ledger, id);
    kps_owner_id tenant = kps_ledger_get_owner(ledger, id)->tenant;
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_owner *whose = tenant ? kps_ledger_get_owner(ledger, tenant) : owner;
    if (whose->kind == KPS_OWNER_SWARM_SERVICE) {
        advise_swarm(arena, whose, claim_on(ledger, tenant ? tenant : id, port), port, &advice);
    } else if (container) {
        advise_container(arena, kps_ledger_get_owner(ledger, container), &advice);
    } else if (kps_process_facts_of(owner)) {
        kps_advise_process(arena, owner->facts, port, &advice);
    }
    return advice;
}

static struct kps_sv container_comes_back(struct kps_arena *arena,
                                          const struct kps_container_facts *facts)
{
    if (kps_sv_eq(facts->restart_policy, SV("always"))) {
        return is_up(facts)
                   ? SV("its restart policy is 'always': stopped by hand it stays down until the "
                        "engine or "
                        "the machine starts anew")
                   : SV("its restart policy is 'always': it starts with the engine or the machine");
    }
    if (kps_sv_eq(facts->restart_policy, SV("unless-stopped"))) {
        return is_up(facts) ? SV("its restart policy is 'unless-stopped': stopped by hand it stays "
                                 "down, also after a "
                                 "reboot")
                            : SV("its restart policy is 'unless-stopped': it starts with the "
                                 "engine unless it was "
                                 "stopped by hand");
    }
    if (kps_sv_eq(facts->state, SV("restarting"))) {
        return kps_fmt(arena, "it ends and is started again by its restart policy '%.*s'",
                       SV_ARG(facts->restart_policy));
    }
    return NONE;
}

static struct kps_sv process_comes_back(struct kps_arena *arena,
                                        const struct kps_process_facts *facts)
{
    if (facts->frees_in_s) {
        return kps_fmt(arena, "the kernel frees the port in %u s by itself", facts->frees_in_s);
    }
    if (facts->manager.n && facts->manager_pid) {
        return kps_fmt(arena, "'%.*s' (pid %u) %s", SV_ARG(facts->manager), facts->manager_pid,
                       kps_manager_does(facts->manager));
    }
    return NONE;
}

struct kps_sv kps_owner_comes_back(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    kps_owner_id container = kps_owner_container(ledger, id);
    if (container) {
        return container_comes_back(arena, kps_ledger_get_owner(ledger, container)->facts);
    }
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    return facts ? process_comes_back(arena, facts) : NONE;
}
