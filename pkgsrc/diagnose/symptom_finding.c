#include "diagnose/symptom_finding.h"

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/shell.h"
#include "diagnose/symptom_home.h"
#include "diagnose/symptom_words.h"
#include "model/ports.h"

enum { MOST_HOLDERS = 4 };

/* A program in a log. The detection ignores its requests, so no rule belongs to the class. */
static const struct kps_owner_class LOG_CLASS = {.noun = "program"};
static const struct kps_process_facts NO_PROCESS;
static const struct kps_container_facts NO_CONTAINER;

/* The request of a speaker: its owner, and the first of its claims; 0: the message does not
 * tell enough for one. */
struct request {
    kps_owner_id owner;
    kps_claim_id claim;
};

static kps_origin_id place_of(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom)
{
    struct kps_span span = {diagnosis->file, symptom->off, symptom->len};
    return kps_diag_here(diagnosis->ledger->diag, span);
}

static struct request request_of(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom)
{
    bool is_container = symptom->named == KPS_SYMPTOM_CONTAINER;
    struct kps_new_owner owner = {.cls = &LOG_CLASS,
                                  .kind = is_container ? KPS_OWNER_CONTAINER : KPS_OWNER_UNKNOWN,
                                  .name = symptom->name,
                                  .origin = place_of(diagnosis, symptom)};
    owner.facts = is_container ? (const void *)&NO_CONTAINER : &NO_PROCESS;
    struct request request = {.owner = kps_ledger_owner(diagnosis->ledger, &owner)};
    bool is_of_cluster =
        symptom->kind == KPS_SYMPTOM_NODE_PORT || symptom->kind == KPS_SYMPTOM_NODE_PORT_RANGE;
    if (symptom->first == 0 || symptom->protocol == KPS_PROTO_NONE || is_of_cluster) {
        return request;
    }
    static const struct kps_addr every = {.kind = KPS_ADDR_EVERY};
    for (uint32_t i = 0; i < symptom->n_addrs || i == 0; i++) {
        struct kps_claim claim = {.netns = diagnosis->host,
                                  .owner = request.owner,
                                  .origin = owner.origin,
                                  .addr = symptom->n_addrs ? symptom->addrs[i] : every,
                                  .first = symptom->first,
                                  .last = symptom->last,
                                  .take = 1,
                                  .protocol = (uint8_t)symptom->protocol,
                                  .basis = KPS_REQUESTED,
                                  .certainty = symptom->n_addrs ? KPS_CERTAIN : KPS_LIKELY,
                                  .copies = 1};
        kps_claim_id id = kps_ledger_claim(diagnosis->ledger, &claim);
        request.claim = request.claim ? request.claim : id;
    }
    return request;
}

/* Return whether a port use is in the way of the symptom. */
static bool is_in_the_way(const struct kps_symptom *symptom, const struct kps_port_use *holding)
{
    if (holding->last < symptom->first || holding->first > symptom->last || holding->last == 0 ||
        (symptom->protocol != KPS_PROTO_NONE && symptom->protocol != holding->protocol)) {
        return false;
    }
    for (uint32_t i = 0; i < holding->n_addrs; i++) {
        for (uint32_t k = 0; k < symptom->n_addrs; k++) {
            if (kps_addr_overlap(&holding->addrs[i], &symptom->addrs[k])) {
                return true;
            }
        }
    }
    return symptom->n_addrs == 0;
}

/* Return whether the holder is the complaining container itself, stopped now. */
static bool is_itself(const struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom,
                      const struct kps_port_use *holding)
{
    const struct kps_owner *owner = kps_ledger_get_owner(diagnosis->ledger, holding->tenant);
    return holding->basis == KPS_PENDING && symptom->name.n &&
           kps_sv_eq(kps_owner_name(owner), symptom->name);
}

/* Tell that the file of the project is to be edited: both are its services. */
static void add_edit(const struct kps_ledger *ledger, struct kps_finding *finding,
                     kps_owner_id holder)
{
    const struct kps_container_facts *facts =
        kps_container_facts_of(kps_ledger_get_owner(ledger, holder));
    struct kps_sv files = facts->compose_config_files;
    struct kps_sv first = kps_sv_before(files, ',');
    struct kps_buf *command = kps_buf_new(ledger->diag->arena);
    kps_buf_add(command, SV("kportscan --diff"));
    struct kps_sv file;
    while (kps_sv_next(&files, ',', &file)) {
        kps_buf_fmt(command, " -f %s", kps_shell_quote(ledger->diag->arena, file).p);
    }
    kps_finding_command(finding, kps_buf_sv(command),
                        "prints the edit, if the file still has the clash: both are services of "
                        "project '%.*s', and one needs another host port in %.*s",
                        SV_ARG(facts->compose_project), SV_ARG(first.n ? first : SV("its file")));
}

static void add_holder(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom,
                       const struct kps_symptom_home *home, struct kps_finding *finding,
                       const struct kps_port_use *holding)
{
    struct kps_diag *diag = diagnosis->ledger->diag;
    struct kps_sv words = kps_owner_words(diag->arena, diagnosis->ledger, holding->tenant);
    struct kps_sv places = kps_port_use_places(diag->arena, holding);
    const char *condition =
        kps_symptom_is_inside(symptom) && home->network == KPS_SYMPTOM_NETWORK_UNKNOWN
            ? ", which matters only if it uses the host's network"
            : "";
    const struct kps_owner *owner = kps_ledger_get_owner(diagnosis->ledger, holding->tenant);
    if (finding->rule == KPS_RULE_HOST_PORT_TAKEN && !*condition &&
        owner->cls->when_held == KPS_RULE_CONTAINER_PORT_TAKEN) {
        finding->rule = KPS_RULE_CONTAINER_PORT_TAKEN; /* as a check says it */
    }
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_HOLDER, holding->tenant);
    party->claim = holding->claim;
    party->label =
        kps_fmt(diag->arena, "%.*s (on %.*s)%s", SV_ARG(words), SV_ARG(places), condition);
    struct kps_sv comes_back =
        kps_owner_comes_back(diag->arena, diagnosis->ledger, holding->tenant);
    const struct kps_process_facts *process = kps_process_facts_of(owner);
    if (comes_back.n) {
        kps_finding_note(finding, "by itself: %.*s", SV_ARG(comes_back));
    } else if (kps_owner_container(diagnosis->ledger, holding->tenant) ||
               (process && process->pid)) {
        kps_finding_note(finding, "by itself: nothing seems to start it again");
    }
    kps_owner_id container = kps_owner_container(diagnosis->ledger, holding->tenant);
    if (kps_symptom_home_is_one_project(diagnosis->ledger, home->container, container)) {
        add_edit(diagnosis->ledger, finding, container);
        return;
    }
    kps_owner_advise(diagnosis->ledger, finding, holding->tenant,
                     holding->first == holding->last ? holding->first : 0);
}

/* Tell why a container is not up, in the words of the engine. */
static void add_start_error(struct kps_diagnosis *diagnosis, struct kps_finding *finding,
                            kps_owner_id container)
{
    const struct kps_owner *owner =
        container ? kps_ledger_get_owner(diagnosis->ledger, container) : NULL;
    const struct kps_container_facts *facts = owner ? kps_container_facts_of(owner) : NULL;
    if (facts && facts->start_error.n) {
        struct kps_sv name = kps_owner_name(owner);
        kps_finding_note(finding,
                         "container '%.*s' is not up; the engine said of its last start: %.*s",
                         SV_ARG(name), SV_ARG(facts->start_error));
    }
}

static void add_plan(struct kps_diagnosis *diagnosis, struct kps_finding *finding,
                     const struct kps_port_use *holding)
{
    struct kps_diag *diag = diagnosis->ledger->diag;
    struct kps_sv words = kps_owner_words(diag->arena, diagnosis->ledger, holding->tenant);
    kps_finding_note(finding, "it does not run now, but will want the port when it starts: %.*s",
                     SV_ARG(words));
    add_start_error(diagnosis, finding, kps_owner_container(diagnosis->ledger, holding->tenant));
}

/* Return: the port as an argument of kportscan: "3000", "53/udp". */
static struct kps_sv format_question(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    const char *udp = symptom->protocol == KPS_UDP ? "/udp" : "";
    return symptom->first == symptom->last
               ? kps_fmt(arena, "%u%s", symptom->first, udp)
               : kps_fmt(arena, "%u-%u%s", symptom->first, symptom->last, udp);
}

/* Return whether somebody is in the way of the symptom now. */
static bool has_holder(const struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom)
{
    for (size_t i = 0; i < diagnosis->holdings.n; i++) {
        const struct kps_port_use *holding = &diagnosis->holdings.v[i];
        if (holding->basis == KPS_BOUND && is_in_the_way(symptom, holding)) {
            return true;
        }
    }
    return false;
}

/* Return: the state of the symptom's port on this machine, as far as the machine was asked. */
static enum kps_symptom_now look_now(const struct kps_diagnosis *diagnosis,
                                     const struct kps_symptom *symptom)
{
    bool is_bind = symptom->kind == KPS_SYMPTOM_IN_USE || symptom->kind == KPS_SYMPTOM_MOVED ||
                   symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE;
    bool is_of_books = symptom->kind == KPS_SYMPTOM_ALLOCATED;
    if (!diagnosis->looked || symptom->first == 0 || kps_symptom_is_inside(symptom) ||
        (!is_bind && !is_of_books) || has_holder(diagnosis, symptom)) {
        return KPS_SYMPTOM_AS_SAID;
    }
    if (is_of_books) {
        return diagnosis->knows_engine ? KPS_SYMPTOM_LET_GO : KPS_SYMPTOM_NO_ENGINE;
    }
    bool is_sure = diagnosis->knows_sockets && !diagnosis->engine_failed &&
                   symptom->protocol != KPS_SCTP && !diagnosis->ledger->diag->incomplete;
    return is_sure ? KPS_SYMPTOM_LET_GO : KPS_SYMPTOM_AS_SAID;
}

/* Explain the absence of a holder. */
static void add_absence(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom,
                        struct kps_finding *finding)
{
    struct kps_diag *diag = diagnosis->ledger->diag;
    struct kps_sv port = kps_symptom_port(diag->arena, symptom);
    if (symptom->kind == KPS_SYMPTOM_ALLOCATED) {
        if (diagnosis->knows_engine) {
            kps_finding_note(finding,
                             "no container has %.*s now: it was stopped meanwhile, the one that "
                             "complains publishes it twice, "
                             "or the engine's books kept the port of one that is gone",
                             SV_ARG(port));
        }
        return;
    }
    if (diagnosis->knows_sockets) {
        bool is_engine = symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE;
        kps_finding_note(finding, "nothing on this machine has %.*s now: %s, %s", SV_ARG(port),
                         symptom->is_guess ? "it was never in use" : "it was let go meanwhile",
                         is_engine ? "or the message is from another machine"
                                   : "the message is from another machine or from inside a "
                                     "container, or the program itself listens twice");
    }
}

/* Add what helps when the failure comes back although nothing has the port. */
static void add_repeat_help(const struct kps_symptom *symptom, struct kps_finding *finding)
{
    if (symptom->kind == KPS_SYMPTOM_ALLOCATED) {
        kps_finding_command(finding, SV("docker ps -a"), "lists all containers, stopped ones too");
        kps_finding_help(
            finding,
            "publish another port if it fails each time. Only a restart of the engine clears its "
            "books; that stops all containers, and those without a restart policy stay stopped");
    } else if (symptom->kind == KPS_SYMPTOM_IN_USE && symptom->named != KPS_SYMPTOM_CONTAINER) {
        kps_finding_help(finding,
                         "put 'strace -f -e trace=bind,listen' before its command if it fails each "
                         "time: a second call on the port shows");
    }
}

static void add_holders(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom,
                        const struct kps_symptom_home *home, struct kps_finding *finding)
{
    uint32_t n = 0;
    for (size_t i = 0; i < diagnosis->holdings.n; i++) {
        const struct kps_port_use *holding = &diagnosis->holdings.v[i];
        if (!is_in_the_way(symptom, holding) || is_itself(diagnosis, symptom, holding)) {
            continue;
        }
        if (holding->basis == KPS_BOUND && n < MOST_HOLDERS) {
            add_holder(diagnosis, symptom, home, finding, holding);
            n++;
        } else if (holding->basis == KPS_PENDING) {
            add_plan(diagnosis, finding, holding);
        }
    }
    if (n == 0) {
        add_absence(diagnosis, symptom, finding);
    }
}

/* Return whether another port would help the speaker. */
static bool could_move(const struct kps_symptom *symptom)
{
    bool is_moving =
        symptom->kind == KPS_SYMPTOM_IN_USE || symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE ||
        symptom->kind == KPS_SYMPTOM_ALLOCATED || symptom->kind == KPS_SYMPTOM_UNAVAILABLE ||
        symptom->kind == KPS_SYMPTOM_SWARM_INGRESS;
    return is_moving && symptom->first != 0 && symptom->first == symptom->last &&
           !kps_symptom_is_inside(symptom);
}

static void add_questions(struct kps_diagnosis *diagnosis, const struct kps_symptom *symptom,
                          struct kps_finding *finding, enum kps_symptom_now now)
{
    struct kps_diag *diag = diagnosis->ledger->diag;
    if (symptom->first == 0) {
        bool is_bind =
            symptom->kind == KPS_SYMPTOM_IN_USE || symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE;
        if (is_bind) {
            kps_finding_command(
                finding, SV("kportscan --host"),
                "lists the ports in use: look for the one that the program is set up for");
        }
        return;
    }
    if (kps_symptom_asks_who(symptom) && !diagnosis->looked) {
        kps_finding_command(
            finding, kps_fmt(diag->arena, "kportscan %s", format_question(diag->arena, symptom).p),
            "names the holder, on the machine where this happened");
    }
    if (could_move(symptom)) {
        const char *text = "prints the next free port, to take instead";
        if (now == KPS_SYMPTOM_LET_GO) {
            kps_finding_help(finding, "start it again: nothing has the port now");
            text = "prints another port, if it fails again";
        }
        kps_finding_command(
            finding,
            kps_fmt(diag->arena, "kportscan --free %s", format_question(diag->arena, symptom).p),
            "%s", text);
    }
}

/* Return whether a protocol belongs to the port: not to the node ports of a cluster. */
static bool is_of_machine(const struct kps_symptom *symptom)
{
    return symptom->kind != KPS_SYMPTOM_NODE_PORT && symptom->kind != KPS_SYMPTOM_NODE_PORT_RANGE &&
           symptom->kind != KPS_SYMPTOM_REFUSED;
}

static struct kps_finding *add_finding(struct kps_diagnosis *diagnosis,
                                       const struct kps_symptom *symptom, struct request request)
{
    struct kps_ledger *ledger = diagnosis->ledger;
    struct kps_diag *diag = ledger->diag;
    struct kps_symptom_home home = kps_symptom_home_find(ledger, diagnosis->cwd, symptom);
    bool is_inside = kps_symptom_is_inside(symptom);
    bool has_own_ports = is_inside && home.network == KPS_SYMPTOM_NETWORK_OWN;
    enum kps_symptom_now now = has_own_ports ? KPS_SYMPTOM_AS_SAID : look_now(diagnosis, symptom);
    struct kps_sv message = kps_symptom_message(diag->arena, symptom, now);
    struct kps_finding *finding =
        kps_diag_add(diag, kps_symptom_rule(symptom), kps_symptom_severity(symptom),
                     place_of(diagnosis, symptom), "%.*s", SV_ARG(message));
    finding->first = symptom->first;
    finding->last = symptom->last;
    finding->protocol = (uint8_t)symptom->protocol;
    finding->parties[0].owner = request.owner;
    finding->parties[0].claim = request.claim;
    bool is_of_host = home.network == KPS_SYMPTOM_NETWORK_HOST;
    kps_symptom_explain(diag, finding, symptom, now, is_inside && !is_of_host);
    if (!is_inside) {
        add_start_error(diagnosis, finding, home.container);
    }
    bool has_whose = is_inside && (is_of_host || kps_symptom_is_in_use(symptom));
    if (has_whose && home.network != KPS_SYMPTOM_NETWORK_UNKNOWN) {
        kps_symptom_home_explain(ledger, finding, symptom, &home);
    } else if (has_whose) {
        kps_symptom_explain_inside(diag, finding, symptom, diagnosis->knows_engine);
    }
    if (diagnosis->looked && kps_symptom_asks_who(symptom) && !has_own_ports) {
        add_holders(diagnosis, symptom, &home, finding);
    }
    if (!has_own_ports) {
        add_questions(diagnosis, symptom, finding, now);
    }
    if (now == KPS_SYMPTOM_LET_GO) {
        add_repeat_help(symptom, finding);
    }
    if (symptom->first != 0 && symptom->protocol == KPS_PROTO_NONE && is_of_machine(symptom)) {
        kps_finding_note(finding, "the message does not tell whether it is about tcp or udp");
    }
    return finding;
}

/* Return: the port uses without the requests of the log itself. */
static struct kps_port_uses holdings_of(const struct kps_ledger *ledger, struct kps_arena *arena)
{
    struct kps_port_uses all = kps_port_uses_of(ledger, arena);
    struct kps_port_use *kept = KPS_NEW_N(arena, struct kps_port_use, all.n);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++) {
        if (all.v[i].basis != KPS_REQUESTED) {
            kept[n++] = all.v[i];
        }
    }
    return (struct kps_port_uses){kept, n};
}

static bool is_on_machine(const struct kps_ledger *ledger, const struct kps_symptom *symptom,
                          enum kps_protocol protocol)
{
    struct kps_ports ports = {
        {.kind = KPS_ADDR_EVERY}, symptom->first, symptom->last, (uint8_t)protocol};
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        struct kps_ports held = kps_ports_of(&ledger->claims.v[i]);
        if (kps_ports_meet(&ports, &held)) {
            return true;
        }
    }
    return false;
}

/* Settle an open protocol by the machine, if just tcp or just udp has the port. */
static void settle_protocol(const struct kps_diagnosis *diagnosis, struct kps_symptom *symptom)
{
    const struct kps_ledger *ledger = diagnosis->ledger;
    if (symptom->protocol != KPS_PROTO_NONE || symptom->first == 0) {
        return;
    }
    bool has_tcp = is_on_machine(ledger, symptom, KPS_TCP);
    bool has_udp = is_on_machine(ledger, symptom, KPS_UDP);
    if (has_tcp != has_udp) {
        symptom->protocol = has_udp ? KPS_UDP : KPS_TCP;
    }
}

void kps_diagnosis_run(struct kps_diagnosis *diagnosis, struct kps_symptom *symptoms, uint32_t n,
                       struct kps_finding **ret)
{
    struct kps_ledger *ledger = diagnosis->ledger;
    struct kps_arena *arena = ledger->diag->arena;
    struct request *requests = KPS_NEW_N(arena, struct request, n);
    diagnosis->host = kps_ledger_netns(ledger, KPS_NETNS_HOST, (struct kps_sv){"", 0});
    for (uint32_t i = 0; i < n; i++) {
        settle_protocol(diagnosis, &symptoms[i]);
    }
    for (uint32_t i = 0; i < n; i++) {
        requests[i] = request_of(diagnosis, &symptoms[i]);
    }
    kps_ledger_link(ledger);
    diagnosis->holdings = holdings_of(ledger, arena);
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = add_finding(diagnosis, &symptoms[i], requests[i]);
    }
}
