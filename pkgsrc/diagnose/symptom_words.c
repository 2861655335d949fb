#include "diagnose/symptom_words.h"

#include "base/buf.h"
#include "base/shell.h"
#include "core/kernel_settings.h"
#include "rules/text.h"
#include "texts/text.h"

enum { FIRST_UNPRIVILEGED = 1024 };

struct kps_sv kps_symptom_port(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    const char *slash = symptom->protocol == KPS_PROTO_NONE ? "" : "/";
    const char *protocol = kps_protocol_name(symptom->protocol);
    if (symptom->first == 0) {
        return SV("a port");
    }
    if (symptom->first == symptom->last) {
        return kps_fmt(arena, "port %u%s%s", symptom->first, slash, protocol);
    }
    return kps_fmt(arena, "ports %u-%u%s%s", symptom->first, symptom->last, slash, protocol);
}

enum kps_rule kps_symptom_rule(const struct kps_symptom *symptom)
{
    if (symptom->is_guess) {
        return KPS_RULE_NONE;
    }
    switch (symptom->kind) {
    case KPS_SYMPTOM_IN_USE:
    case KPS_SYMPTOM_MOVED:
    case KPS_SYMPTOM_ENGINE_IN_USE:
    case KPS_SYMPTOM_UNAVAILABLE:
        return KPS_RULE_HOST_PORT_TAKEN;
    case KPS_SYMPTOM_ALLOCATED:
    case KPS_SYMPTOM_SWARM_INGRESS:
    case KPS_SYMPTOM_SWARM_NODE:
        return KPS_RULE_CONTAINER_PORT_TAKEN;
    case KPS_SYMPTOM_EXHAUSTED:
        return KPS_RULE_COMPOSE_RANGE_POOL;
    case KPS_SYMPTOM_POD_PENDING:
    case KPS_SYMPTOM_POD_REFUSED:
        return KPS_RULE_HOST_PORT_CLASH;
    case KPS_SYMPTOM_NODE_PORT:
        return KPS_RULE_NODE_PORT_DUPLICATE;
    case KPS_SYMPTOM_NODE_PORT_RANGE:
        return KPS_RULE_NODE_PORT_RANGE;
    case KPS_SYMPTOM_PRIVILEGED:
        return KPS_RULE_PRIVILEGED_PORT;
    case KPS_SYMPTOM_REFUSED:
        return symptom->rule;
    case KPS_SYMPTOM_FORBIDDEN:
    case KPS_SYMPTOM_NO_ADDRESS:
    case KPS_SYMPTOM_SOCKET_FILE:
        break;
    }
    return KPS_RULE_NONE;
}

enum kps_severity kps_symptom_severity(const struct kps_symptom *symptom)
{
    bool goes_on = symptom->kind == KPS_SYMPTOM_MOVED || symptom->is_warning;
    return goes_on ? KPS_WARNING : KPS_ERROR;
}

bool kps_symptom_is_inside(const struct kps_symptom *symptom)
{
    bool is_engine = symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE ||
                     symptom->kind == KPS_SYMPTOM_ALLOCATED ||
                     symptom->kind == KPS_SYMPTOM_EXHAUSTED || symptom->is_of_engine;
    bool is_by_name = symptom->named == KPS_SYMPTOM_CONTAINER || symptom->named == KPS_SYMPTOM_POD;
    bool is_bind = symptom->kind == KPS_SYMPTOM_IN_USE || symptom->kind == KPS_SYMPTOM_MOVED ||
                   symptom->kind == KPS_SYMPTOM_SOCKET_FILE ||
                   symptom->kind == KPS_SYMPTOM_PRIVILEGED ||
                   symptom->kind == KPS_SYMPTOM_NO_ADDRESS;
    return !is_engine && is_by_name && is_bind;
}

bool kps_symptom_is_in_use(const struct kps_symptom *symptom)
{
    return symptom->kind == KPS_SYMPTOM_IN_USE || symptom->kind == KPS_SYMPTOM_MOVED ||
           symptom->kind == KPS_SYMPTOM_SOCKET_FILE;
}

bool kps_symptom_asks_who(const struct kps_symptom *symptom)
{
    switch (symptom->kind) {
    case KPS_SYMPTOM_IN_USE:
    case KPS_SYMPTOM_MOVED:
    case KPS_SYMPTOM_ENGINE_IN_USE:
    case KPS_SYMPTOM_ALLOCATED:
    case KPS_SYMPTOM_EXHAUSTED:
    case KPS_SYMPTOM_UNAVAILABLE:
    case KPS_SYMPTOM_SWARM_INGRESS:
        return symptom->first != 0;
    case KPS_SYMPTOM_SWARM_NODE:
    case KPS_SYMPTOM_POD_PENDING:
    case KPS_SYMPTOM_POD_REFUSED:
    case KPS_SYMPTOM_NODE_PORT:
    case KPS_SYMPTOM_NODE_PORT_RANGE:
    case KPS_SYMPTOM_PRIVILEGED:
    case KPS_SYMPTOM_FORBIDDEN:
    case KPS_SYMPTOM_NO_ADDRESS:
    case KPS_SYMPTOM_SOCKET_FILE:
    case KPS_SYMPTOM_REFUSED:
        break;
    }
    return false;
}

/* "127.0.0.1", "every address", "0.0.0.0 and ::"; empty when the message does not say. */
static struct kps_sv format_addresses(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (uint32_t i = 0; i < symptom->n_addrs; i++) {
        struct kps_sv text = kps_addr_format(arena, &symptom->addrs[i]);
        if (i) {
            kps_buf_text(out, i + 1 == symptom->n_addrs ? " and " : ", ");
        }
        kps_buf_add(out, text.n ? text : SV("every address"));
    }
    return kps_buf_sv(out);
}

/* " for 'shop-web-1'"; empty when the message does not say. */
static struct kps_sv for_whom(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    return symptom->name.n ? kps_fmt(arena, " for '%.*s'", SV_ARG(symptom->name))
                           : (struct kps_sv){"", 0};
}

/* "Node.js in 'web-1'", "a program" */
static struct kps_sv speaker_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    const char *speaker = symptom->speaker ? symptom->speaker : "a program";
    if (symptom->named == KPS_SYMPTOM_UNIT) {
        return kps_fmt(arena, "%s, for %.*s,", speaker, SV_ARG(symptom->name));
    }
    if (kps_symptom_is_inside(symptom)) {
        return kps_fmt(arena, "%s in '%.*s'", speaker, SV_ARG(symptom->name));
    }
    return kps_sv_of(speaker);
}

/* Word a failure whose reason the message does not tell. */
static struct kps_sv guess_words(struct kps_arena *arena, const struct kps_symptom *symptom,
                                 const char *now)
{
    struct kps_sv where = format_addresses(arena, symptom);
    return kps_fmt(arena, "%s could not listen on %s%s%.*s, and does not say why%s",
                   speaker_words(arena, symptom).p, kps_symptom_port(arena, symptom).p,
                   where.n ? ", " : "", SV_ARG(where), now);
}

static struct kps_sv in_use_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_sv port = kps_symptom_port(arena, symptom);
    struct kps_sv where = format_addresses(arena, symptom);
    const char *name = speaker_words(arena, symptom).p;
    const char *state = symptom->first != symptom->last ? "are" : "is";
    if (symptom->first == 0) {
        return where.n
                   ? kps_fmt(
                         arena,
                         "a port on %.*s is in use: %s could not listen, and does not say which",
                         SV_ARG(where), name)
                   : kps_fmt(arena, "a port is in use: %s could not listen, and does not say where",
                             name);
    }
    if (symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE) {
        return kps_fmt(arena, "%.*s %s in use: %s could not publish it on %.*s%s", SV_ARG(port),
                       state, name, SV_ARG(where.n ? where : SV("the host")),
                       for_whom(arena, symptom).p);
    }
    return kps_fmt(arena, "%.*s %s in use: %s could not listen on %.*s", SV_ARG(port), state, name,
                   SV_ARG(where.n ? where : SV("it")));
}

static struct kps_sv moved_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_sv port = kps_symptom_port(arena, symptom);
    if (symptom->moved_to) {
        return kps_fmt(arena, "%.*s is in use: %s took port %u instead", SV_ARG(port),
                       speaker_words(arena, symptom).p, symptom->moved_to);
    }
    return kps_fmt(arena, "%.*s is in use: %s takes another port instead", SV_ARG(port),
                   speaker_words(arena, symptom).p);
}

static struct kps_sv privileged_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    const char *port = kps_symptom_port(arena, symptom).p;
    struct kps_sv where = format_addresses(arena, symptom);
    if (symptom->first >= FIRST_UNPRIVILEGED) {
        return kps_fmt(arena, "permission to listen on %s was denied to %s", port,
                       speaker_words(arena, symptom).p);
    }
    return kps_fmt(arena, "%s is privileged: %s may not listen on %.*s", port,
                   speaker_words(arena, symptom).p, SV_ARG(where.n ? where : SV("it")));
}

static struct kps_sv no_address_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_sv where = format_addresses(arena, symptom);
    const char *whose = "machine";
    if (kps_symptom_is_inside(symptom)) {
        whose = symptom->named == KPS_SYMPTOM_POD ? "pod" : "container";
    }
    return kps_fmt(arena, "%.*s is no address of the %s: %s could not listen on %s there",
                   SV_ARG(where.n ? where : SV("what was asked for")), whose,
                   speaker_words(arena, symptom).p, kps_symptom_port(arena, symptom).p);
}

static struct kps_sv pod_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_sv name =
        symptom->name.n ? kps_fmt(arena, "pod '%.*s'", SV_ARG(symptom->name)) : SV("a pod");
    return symptom->kind == KPS_SYMPTOM_POD_PENDING
               ? kps_fmt(arena, "%.*s stays pending: on no suitable node are its host ports free",
                         SV_ARG(name))
               : kps_fmt(arena,
                         "%.*s was refused by the kubelet: its host ports are taken on the node",
                         SV_ARG(name));
}

static struct kps_sv allocated_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    struct kps_sv where = format_addresses(arena, symptom);
    return kps_fmt(arena,
                   "%s is published by another container: the engine could not publish it%s%.*s%s",
                   kps_symptom_port(arena, symptom).p, where.n ? " on " : "", SV_ARG(where),
                   for_whom(arena, symptom).p);
}

static struct kps_sv refused_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    const char *port = kps_symptom_port(arena, symptom).p;
    const char *speaker = symptom->speaker ? symptom->speaker : "the program";
    const char *refuses = symptom->is_warning ? "warns of" : "refuses";
    if (symptom->rule == KPS_RULE_NONE) {
        return kps_fmt(arena, "%s refuses the configuration: it maps %s twice", speaker, port);
    }
    struct kps_sv which = symptom->first ? kps_fmt(arena, " (%s)", port) : SV("");
    struct kps_rule_text text = {0};
    (void)kps_rule_text(arena, symptom->rule, &text);
    return kps_fmt(arena, "%s %s %.*s%.*s%s", speaker, refuses, SV_ARG(text.title), SV_ARG(which),
                   for_whom(arena, symptom).p);
}

/* Word a failure whose port has no holder any more. */
static struct kps_sv let_go_words(struct kps_arena *arena, const struct kps_symptom *symptom)
{
    bool is_one = symptom->first == symptom->last;
    struct kps_sv port = kps_symptom_port(arena, symptom);
    const char *name = speaker_words(arena, symptom).p;
    if (symptom->kind == KPS_SYMPTOM_ALLOCATED) {
        return kps_fmt(arena,
                       "%.*s %s published already; no container has %s now (the "
                       "engine could not publish it%s)",
                       SV_ARG(port), is_one ? "was" : "were", is_one ? "it" : "them",
                       for_whom(arena, symptom).p);
    }
    struct kps_sv said = kps_fmt(arena, "%s could not listen", name);
    if (symptom->kind == KPS_SYMPTOM_ENGINE_IN_USE) {
        said = kps_fmt(arena, "%s could not publish it%s", name, for_whom(arena, symptom).p);
    } else if (symptom->kind == KPS_SYMPTOM_MOVED && symptom->moved_to) {
        said = kps_fmt(arena, "%s took port %u instead", name, symptom->moved_to);
    } else if (symptom->kind == KPS_SYMPTOM_MOVED) {
        said = kps_fmt(arena, "%s takes another port instead", name);
    }
    return kps_fmt(arena, "%.*s %s in use; nothing here has %s now (%.*s)", SV_ARG(port),
                   is_one ? "was" : "were", is_one ? "it" : "them", SV_ARG(said));
}

struct kps_sv kps_symptom_message(struct kps_arena *arena, const struct kps_symptom *symptom,
                                  enum kps_symptom_now now)
{
    if (symptom->is_guess) {
        return guess_words(arena, symptom,
                           now == KPS_SYMPTOM_LET_GO ? "; nothing here has it now" : "");
    }
    if (now == KPS_SYMPTOM_LET_GO) {
        return let_go_words(arena, symptom);
    }
    if (now == KPS_SYMPTOM_NO_ENGINE) {
        return kps_fmt(arena,
                       "%s was published already%s; no engine could be asked here by "
                       "which container",
                       kps_symptom_port(arena, symptom).p, for_whom(arena, symptom).p);
    }
    struct kps_sv port = kps_symptom_port(arena, symptom);
    struct kps_sv whom = for_whom(arena, symptom);
    switch (symptom->kind) {
    case KPS_SYMPTOM_IN_USE:
    case KPS_SYMPTOM_ENGINE_IN_USE:
        return in_use_words(arena, symptom);
    case KPS_SYMPTOM_MOVED:
        return moved_words(arena, symptom);
    case KPS_SYMPTOM_ALLOCATED:
        return allocated_words(arena, symptom);
    case KPS_SYMPTOM_EXHAUSTED:
        return kps_fmt(arena, "no port is left in the published range%.*s", SV_ARG(whom));
    case KPS_SYMPTOM_UNAVAILABLE:
        return kps_fmt(arena, "%.*s is in use outside Docker Desktop's virtual machine",
                       SV_ARG(port));
    case KPS_SYMPTOM_SWARM_INGRESS:
        return kps_fmt(arena, "%.*s is published by the swarm service '%.*s'", SV_ARG(port),
                       SV_ARG(symptom->holder));
    case KPS_SYMPTOM_SWARM_NODE:
        return SV("no node of the swarm is left where the host-mode port is free");
    case KPS_SYMPTOM_POD_PENDING:
    case KPS_SYMPTOM_POD_REFUSED:
        return pod_words(arena, symptom);
    case KPS_SYMPTOM_NODE_PORT:
        return kps_fmt(arena, "node %.*s is given away in the cluster already%.*s%.*s",
                       SV_ARG(port), SV_ARG(whom.n ? SV(": it cannot be had") : SV("")),
                       SV_ARG(whom));
    case KPS_SYMPTOM_NODE_PORT_RANGE:
        return kps_fmt(arena, "node %.*s is outside the cluster's range of node ports%.*s",
                       SV_ARG(port), SV_ARG(whom));
    case KPS_SYMPTOM_PRIVILEGED:
        return privileged_words(arena, symptom);
    case KPS_SYMPTOM_FORBIDDEN:
        return kps_fmt(
            arena, "Windows refuses %.*s: it is reserved, or another program has it exclusively",
            SV_ARG(port));
    case KPS_SYMPTOM_NO_ADDRESS:
        return no_address_words(arena, symptom);
    case KPS_SYMPTOM_REFUSED:
        return refused_words(arena, symptom);
    case KPS_SYMPTOM_SOCKET_FILE:
        break;
    }
    return kps_fmt(arena, "%s socket file%s%.*s%s is there already: %s could not listen on it",
                   symptom->path.n ? "the" : "a", symptom->path.n ? " '" : "",
                   SV_ARG(symptom->path), symptom->path.n ? "'" : "",
                   speaker_words(arena, symptom).p);
}

/* Return: the row of symptoms.txt for the message. */
static const char *name_meaning(const struct kps_symptom *symptom, enum kps_symptom_now now)
{
    if (symptom->is_guess) {
        return "guess";
    }
    if (symptom->kind == KPS_SYMPTOM_ALLOCATED && now != KPS_SYMPTOM_AS_SAID) {
        return "allocated-before";
    }
    if (symptom->kind == KPS_SYMPTOM_PRIVILEGED && symptom->first >= FIRST_UNPRIVILEGED) {
        return "unprivileged";
    }
    return kps_symptom_kind_name(symptom->kind);
}

static void add_help(struct kps_finding *finding, const char *text, struct kps_sv command)
{
    kps_finding_command(finding, command, "%s", text);
}

void kps_symptom_explain_inside(struct kps_diag *diag, struct kps_finding *finding,
                                const struct kps_symptom *symptom, bool is_missing)
{
    bool is_container = symptom->named == KPS_SYMPTOM_CONTAINER;
    kps_finding_note(
        finding,
        "'%.*s' has ports of its own: another process in it, or in a container that shares "
        "its network, %s in the way; only with the host's network is it a port of the host",
        SV_ARG(symptom->name),
        symptom->is_guess || symptom->kind == KPS_SYMPTOM_SOCKET_FILE ? "may be" : "is");
    if (is_container && is_missing) {
        kps_finding_note(finding,
                         "the engine here has no container of that name, or more than one");
    } else if (is_container && kps_shell_is_name(symptom->name)) {
        add_help(finding, "lists the processes in it",
                 kps_fmt(diag->arena, "docker top %.*s", SV_ARG(symptom->name)));
    }
}

static void add_privileged_help(struct kps_finding *finding, const struct kps_symptom *symptom,
                                bool has_own_ports)
{
    if (symptom->first == 0 || symptom->first >= FIRST_UNPRIVILEGED) {
        return;
    }
    add_help(finding, "take a port from 1024 on, and publish or forward the low one to it", SV(""));
    if (!has_own_ports) {
        kps_kernel_settings_advise_unprivileged(finding, symptom->first);
        return;
    }
    kps_finding_help(finding, "or set net.ipv4.ip_unprivileged_port_start=0 inside: %s",
                     symptom->named == KPS_SYMPTOM_POD
                         ? "'securityContext: sysctls:' of the pod"
                         : "'docker run --sysctl', or 'sysctls:' in the Compose file (Docker does "
                           "so by itself since 20.10)");
}

static void add_pod_help(struct kps_diag *diag, struct kps_finding *finding,
                         const struct kps_symptom *symptom)
{
    struct kps_sv name = symptom->name;
    size_t slash = kps_sv_find(name, '/');
    bool has_namespace = slash < name.n;
    struct kps_sv pod_name = has_namespace ? kps_sv_from(name, slash + 1) : name;
    struct kps_sv namespace = kps_sv_head(name, has_namespace ? slash : 0);
    if (pod_name.n && kps_shell_is_name(pod_name) &&
        (!has_namespace || kps_shell_is_name(namespace))) {
        add_help(finding, "lists the host ports that it wants",
                 kps_fmt(diag->arena, "kubectl %s%.*s%sdescribe pod %.*s",
                         has_namespace ? "-n " : "", SV_ARG(namespace), has_namespace ? " " : "",
                         SV_ARG(pod_name)));
    }
    add_help(finding, "names the pods with the same ones",
             SV("kubectl get pods -A -o yaml | kportscan -"));
}

static void add_node_port_help(struct kps_diag *diag, struct kps_finding *finding,
                               const struct kps_symptom *symptom)
{
    if (symptom->kind == KPS_SYMPTOM_NODE_PORT && symptom->first) {
        add_help(finding, "names the Service that has it, if one does",
                 kps_fmt(diag->arena, "kubectl get services -A | grep -w %u", symptom->first));
    }
    add_help(finding, "leave nodePort out: the cluster chooses a free one", SV(""));
}

static void add_netstat(struct kps_diag *diag, struct kps_finding *finding, uint16_t port)
{
    add_help(finding, "on Windows: prints the pid of the holder",
             kps_fmt(diag->arena, "netstat -ano | findstr :%u", port));
}

static void add_unavailable_help(struct kps_diag *diag, struct kps_finding *finding,
                                 const struct kps_symptom *symptom)
{
    if (symptom->first == 5000 || symptom->first == 7000) {
        add_help(
            finding,
            "switch off the AirPlay Receiver, which has it on macOS: System Settings, General, "
            "AirDrop & Handoff",
            SV(""));
    }
    if (symptom->first) {
        add_help(finding, "on macOS: names the holder; with sudo also programs of other users",
                 kps_fmt(diag->arena, "lsof -nP -iTCP:%u -sTCP:LISTEN", symptom->first));
        add_netstat(diag, finding, symptom->first);
    }
}

static void add_forbidden_help(struct kps_diag *diag, struct kps_finding *finding,
                               const struct kps_symptom *symptom)
{
    if (symptom->first) {
        add_netstat(diag, finding, symptom->first);
        add_help(finding, "if that is pid 4 (http.sys): names the programs behind it",
                 SV("netsh http show servicestate"));
    }
    add_help(finding, "on Windows: lists the reserved ranges",
             kps_fmt(diag->arena, "netsh interface ipv4 show excludedportrange protocol=%s",
                     symptom->protocol == KPS_UDP ? "udp" : "tcp"));
    add_help(finding, "as administrator, if one has the port: lets Windows choose them again",
             SV("net stop winnat && net start winnat"));
}

static void add_swarm_help(struct kps_diag *diag, struct kps_finding *finding,
                           const struct kps_symptom *symptom)
{
    if (symptom->holder.n && kps_shell_is_name(symptom->holder)) {
        add_help(
            finding, "shows the service that has it",
            kps_fmt(diag->arena, "docker service inspect --pretty %.*s", SV_ARG(symptom->holder)));
    }
    add_help(finding, "lists what every service publishes", SV("docker service ls"));
}

static void add_refused_help(struct kps_diag *diag, struct kps_finding *finding,
                             const struct kps_symptom *symptom)
{
    if (symptom->rule != KPS_RULE_NONE) {
        add_help(finding, "explains the rule and its fix",
                 kps_fmt(diag->arena, "kportscan --explain %s", kps_rule_info(symptom->rule)->id));
    }
}

void kps_symptom_explain(struct kps_diag *diag, struct kps_finding *finding,
                         const struct kps_symptom *symptom, enum kps_symptom_now now,
                         bool has_own_ports)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv meaning = kps_text_row(kps_text_unpack(scratch, KPS_TEXT_SYMPTOMS),
                                         kps_sv_of(name_meaning(symptom, now)));
    kps_finding_note(finding, "%.*s", SV_ARG(meaning));
    switch (symptom->kind) {
    case KPS_SYMPTOM_PRIVILEGED:
        add_privileged_help(finding, symptom, has_own_ports);
        break;
    case KPS_SYMPTOM_POD_PENDING:
    case KPS_SYMPTOM_POD_REFUSED:
        add_pod_help(diag, finding, symptom);
        break;
    case KPS_SYMPTOM_NODE_PORT:
    case KPS_SYMPTOM_NODE_PORT_RANGE:
        add_node_port_help(diag, finding, symptom);
        break;
    case KPS_SYMPTOM_UNAVAILABLE:
        add_unavailable_help(diag, finding, symptom);
        break;
    case KPS_SYMPTOM_FORBIDDEN:
        add_forbidden_help(diag, finding, symptom);
        break;
    case KPS_SYMPTOM_SWARM_INGRESS:
    case KPS_SYMPTOM_SWARM_NODE:
        add_swarm_help(diag, finding, symptom);
        break;
    case KPS_SYMPTOM_NO_ADDRESS:
        if (has_own_ports) {
            kps_finding_help(finding, "listen on 0.0.0.0 in it; the published port can have an "
                                      "address of the host");
        } else {
            add_help(finding, "lists the addresses of this machine", SV("ip -brief address"));
        }
        break;
    case KPS_SYMPTOM_EXHAUSTED:
        add_help(finding, "publish a wider range, or start fewer replicas", SV(""));
        add_help(finding, "lists which container has which port", SV("kportscan --docker"));
        break;
    case KPS_SYMPTOM_IN_USE:
    case KPS_SYMPTOM_MOVED:
    case KPS_SYMPTOM_ENGINE_IN_USE:
    case KPS_SYMPTOM_ALLOCATED:
    case KPS_SYMPTOM_SOCKET_FILE:
        break;
    case KPS_SYMPTOM_REFUSED:
        add_refused_help(diag, finding, symptom);
        break;
    }
}
