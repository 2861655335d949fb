#include "diagnose/symptom_home.h"

#include "base/buf.h"
#include "base/shell.h"
#include "diagnose/symptom_words.h"

static bool is_number(struct kps_sv text, uint32_t number)
{
    return kps_sv_number(text, UINT32_MAX) == number;
}

/* Return whether a name is the container's, or the prefix that Compose gives its lines. */
static bool is_called(const struct kps_owner *owner, const struct kps_container_facts *facts,
                      struct kps_sv name)
{
    if (kps_sv_eq(owner->ties->name, name)) {
        return true;
    }
    struct kps_sv service = facts->compose_service;
    struct kps_sv rest = kps_sv_from(name, service.n);
    bool has_mark = rest.n > 1 && (rest.p[0] == '-' || rest.p[0] == '_');
    return !facts->compose_oneoff && service.n && kps_sv_starts(name, service) && has_mark &&
           is_number(kps_sv_from(rest, 1), facts->compose_number);
}

/* Find the container of a name. Return: 0 for no container, or several. */
static kps_owner_id find_container(const struct kps_ledger *ledger, struct kps_sv cwd,
                                   struct kps_sv name)
{
    kps_owner_id found = 0;
    unsigned n_found = 0;
    for (kps_owner_id id = 1; name.n && id <= ledger->owners.n; id++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
        const struct kps_container_facts *facts = kps_container_facts_of(owner);
        if (!facts || facts->id.n == 0 || !is_called(owner, facts, name)) {
            continue;
        }
        bool is_here = kps_sv_eq(facts->compose_working_dir, cwd);
        if (kps_sv_eq(owner->ties->name, name) || is_here) {
            return id;
        }
        found = id;
        n_found++;
    }
    return n_found == 1 ? found : 0;
}

/* Return: the id of the container that owns the network. */
static struct kps_sv network_id(const struct kps_container_facts *facts)
{
    static const struct kps_sv prefix = SV_LIT("container:");
    bool is_shared = kps_sv_starts(facts->network_mode, prefix);
    return is_shared ? kps_sv_from(facts->network_mode, prefix.n) : facts->id;
}

struct kps_symptom_home kps_symptom_home_find(const struct kps_ledger *ledger, struct kps_sv cwd,
                                              const struct kps_symptom *symptom)
{
    struct kps_symptom_home home = {.network = KPS_SYMPTOM_NETWORK_UNKNOWN};
    if (symptom->named != KPS_SYMPTOM_CONTAINER) {
        return home;
    }
    home.container = find_container(ledger, cwd, symptom->name);
    if (home.container == 0) {
        return home;
    }
    const struct kps_container_facts *facts =
        kps_container_facts_of(kps_ledger_get_owner(ledger, home.container));
    if (kps_sv_is(facts->network_mode, "host")) {
        home.network = KPS_SYMPTOM_NETWORK_HOST;
        return home;
    }
    home.network = facts->network_mode.n ? KPS_SYMPTOM_NETWORK_OWN : KPS_SYMPTOM_NETWORK_UNKNOWN;
    struct kps_sv network = network_id(facts);
    for (kps_owner_id id = 1; id <= ledger->owners.n; id++) {
        const struct kps_container_facts *other =
            kps_container_facts_of(kps_ledger_get_owner(ledger, id));
        bool is_sibling =
            other && other->id.n && id != home.container && kps_sv_eq(network_id(other), network);
        if (is_sibling && home.n_siblings < KPS_SYMPTOM_SIBLINGS) {
            home.siblings[home.n_siblings++] = id;
        }
    }
    return home;
}

bool kps_symptom_home_is_one_project(const struct kps_ledger *ledger, kps_owner_id a,
                                     kps_owner_id b)
{
    const struct kps_container_facts *one =
        a ? kps_container_facts_of(kps_ledger_get_owner(ledger, a)) : NULL;
    const struct kps_container_facts *other =
        b ? kps_container_facts_of(kps_ledger_get_owner(ledger, b)) : NULL;
    return one && other && one->compose_project.n &&
           kps_sv_eq(one->compose_project, other->compose_project);
}

static bool is_running(const struct kps_container_facts *facts)
{
    return kps_sv_is(facts->state, "running");
}

/* Add "docker VERB NAME" for a container. */
static void add_command(const struct kps_ledger *ledger, struct kps_finding *finding,
                        kps_owner_id id, const char *text, const char *verb)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_container_facts *facts = kps_container_facts_of(owner);
    struct kps_sv cli = facts->cli.n ? facts->cli : SV("docker");
    if (kps_shell_is_name(owner->ties->name)) {
        kps_finding_command(finding,
                            kps_fmt(ledger->diag->arena, "%.*s %s %.*s", SV_ARG(cli), verb,
                                    SV_ARG(owner->ties->name)),
                            "%s", text);
    }
}

static void add_processes(struct kps_finding *finding, const struct kps_owner *container)
{
    struct kps_sv processes = kps_container_facts_of(container)->processes;
    if (processes.n) {
        kps_finding_note(finding, "in '%.*s' there run now: %.*s", SV_ARG(container->ties->name),
                         SV_ARG(processes));
    }
}

/* Tell of the siblings. Return: how many of them run. */
static unsigned add_siblings(const struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_symptom_home *home)
{
    struct kps_buf *names = kps_buf_new(ledger->diag->arena);
    unsigned n_running = 0;
    for (uint32_t i = 0; i < home->n_siblings; i++) {
        const struct kps_owner *owner = kps_ledger_get_owner(ledger, home->siblings[i]);
        bool runs = is_running(kps_container_facts_of(owner));
        n_running += runs;
        kps_buf_fmt(names, "%s'%.*s'%s", i ? ", " : "", SV_ARG(owner->ties->name),
                    runs ? "" : " (stopped)");
    }
    if (home->n_siblings) {
        kps_finding_note(finding, "containers that share its network: %s", kps_buf_sv(names).p);
    }
    return n_running;
}

void kps_symptom_home_explain(const struct kps_ledger *ledger, struct kps_finding *finding,
                              const struct kps_symptom *symptom,
                              const struct kps_symptom_home *home)
{
    struct kps_diag *diag = ledger->diag;
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, home->container);
    const struct kps_container_facts *facts = kps_container_facts_of(owner);
    bool runs = is_running(facts);
    if (home->network == KPS_SYMPTOM_NETWORK_HOST) {
        kps_finding_note(finding,
                         "container '%.*s' has the host's network: its ports are "
                         "those of the host",
                         SV_ARG(owner->ties->name));
        add_command(ledger, finding, home->container, "prints what it did before the message",
                    "logs --tail 50");
        return;
    }
    bool is_shared = kps_sv_has_head(facts->network_mode, "container:");
    struct kps_sv network =
        is_shared ? SV("the network of another container")
                  : kps_fmt(diag->arena, "network '%.*s'", SV_ARG(facts->network_mode));
    add_processes(finding, owner);
    kps_finding_note(
        finding,
        "container '%.*s' (%.*s, %.*s) has ports of its own: no process of the host is "
        "in the way",
        SV_ARG(owner->ties->name), SV_ARG(network), SV_ARG(facts->state));
    unsigned n_running = add_siblings(ledger, finding, home);
    for (uint32_t i = 0; i < home->n_siblings; i++) {
        const struct kps_owner *sibling = kps_ledger_get_owner(ledger, home->siblings[i]);
        add_processes(finding, sibling);
        if (is_running(kps_container_facts_of(sibling))) {
            add_command(ledger, finding, home->siblings[i],
                        "lists what runs in the container that shares its network", "top");
        }
    }
    if (runs) {
        add_command(ledger, finding, home->container, "lists the processes in it", "top");
    }
    if (n_running == 0) {
        kps_finding_note(finding,
                         "no other container runs in its network: the program listened on %s "
                         "twice, or one of its own processes has the port (workers, a reloader, a "
                         "second listen())",
                         kps_symptom_port(diag->arena, symptom).p);
    }
    add_command(ledger, finding, home->container,
                "prints what it did before the message: the first listen() is there",
                "logs --tail 50");
}
