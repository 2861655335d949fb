#include "advice/owner.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/shell.h"

static const struct kps_sv NONE = {"", 0};

/* Append a help; entries beyond KPS_ADVICE_MOST are dropped. */
static void add_help(struct kps_advice *advice, struct kps_sv text, struct kps_sv command)
{
    if (advice->n < KPS_ADVICE_MOST) {
        advice->v[advice->n++] = (struct kps_help){text, command};
    }
}

/*
 * Advice for a manager that starts a process again when the process ends: a killed process would
 * come back. `list` prints the names that `stop` takes.
 */
struct manager_advice {
    const char *manager, *stop, *list;
    bool is_of_user; /* each user has a manager, who knows the user's programs alone */
};

static const struct manager_advice MANAGERS[] = {
    {"pm2", "pm2 stop NAME", "pm2 list", true},
    {"supervisord", "supervisorctl stop NAME", "supervisorctl status", false},
    {"circus", "circusctl stop NAME", "circusctl status", false},
    {"monit", "monit stop NAME", "monit summary", false},
    {"forever", "forever stop NUMBER", "forever list", true},
    {"openrc", "rc-service NAME stop", "rc-status", false},
    {"overmind", "overmind stop NAME", "overmind status", true},
    {"god", "god stop NAME", "god status", false},
};

/* Managers of a single service, which another process starts again: the folder names the service.
 */
static const struct {
    const char *manager, *stop;
} SUPERVISORS[] = {
    {"runit", "sv down"},
    {"s6", "s6-svc -d"},
    {"daemontools", "svc -d"},
};

/* Return "sudo " where the process, or its manager, is another user's, and this user is not root.
 */
static const char *sudo_for(const struct kps_process_facts *facts, uint32_t pid)
{
    uint32_t uid = pid == facts->pid ? facts->uid : facts->manager_uid;
    return facts->has_uid && uid != geteuid() ? kps_shell_sudo() : "";
}

/* Return the other processes with the socket, each behind a blank. */
static struct kps_sv list_sharers(struct kps_arena *arena, const struct kps_process_facts *facts)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (uint32_t i = 0; i < facts->n_sharers; i++) {
        kps_buf_fmt(out, " %u", facts->sharers[i]);
    }
    return kps_buf_sv(out);
}

/* Return the command that ends `pid`: the process, with its equals, or the manager of its job. */
static struct kps_sv format_kill(struct kps_arena *arena, const struct kps_process_facts *facts,
                                 uint32_t pid)
{
    const char *sudo = sudo_for(facts, pid);
    struct kps_sv sharers = list_sharers(arena, facts);
    bool is_manager = pid != facts->pid;
    struct kps_sv kill =
        kps_fmt(arena, "%skill %s%u%.*s", sudo, facts->ignores_term && !is_manager ? "-KILL " : "",
                pid, SV_ARG(is_manager || facts->is_master ? NONE : sharers));
    struct kps_sv process = is_manager ? kps_fmt(arena, " %u", facts->pid) : NONE;
    return facts->is_stopped && (is_manager || !facts->ignores_term)
               ? kps_fmt(arena, "%.*s && %skill -CONT %u%.*s%.*s", SV_ARG(kill), sudo, pid,
                         SV_ARG(process), SV_ARG(sharers))
               : kill;
}

/* Begin the text of a command that the process's user has to type. */
static struct kps_sv begin_as_user(struct kps_arena *arena, const struct kps_process_facts *facts)
{
    return facts->user.n ? kps_fmt(arena, "as user '%.*s': ", SV_ARG(facts->user)) : NONE;
}

static void advise_systemd(struct kps_arena *arena, const struct kps_process_facts *facts,
                           struct kps_advice *advice)
{
    bool is_foreign = facts->has_uid && facts->uid != geteuid();
    struct kps_sv user = facts->unit_of_user ? SV(" --user") : NONE;
    if (facts->unit_of_user && is_foreign && facts->user.n) { /* this user has another manager */
        user = kps_fmt(arena, " --user -M %s@", kps_shell_quote(arena, facts->user).p);
    }
    struct kps_sv socket = facts->socket_unit;
    bool has_service = facts->unit.n && !kps_sv_has_tail(facts->unit, ".scope") &&
                       !kps_sv_eq(facts->unit, socket) && !kps_sv_is(facts->unit, "init.scope");
    if (kps_sv_has_tail(facts->unit, ".socket") && !socket.n) {
        socket = facts->unit;
        has_service = false;
    }
    if (!socket.n && !has_service) {
        return;
    }
    const char *first = kps_shell_quote(arena, socket.n ? socket : facts->unit).p;
    struct kps_sv second = socket.n && has_service ? kps_shell_quote(arena, facts->unit) : NONE;
    const char *socket_text = second.n
                                  ? "stops the socket, too: the service alone would start again"
                                  : "stops the socket: systemd listens for it";
    add_help(advice,
             socket.n ? kps_sv_of(socket_text)
                      : SV("stops its unit: systemd may start a killed process again"),
             kps_fmt(arena, "%ssystemctl%.*s stop %s%s%.*s",
                     facts->unit_of_user && !is_foreign ? "" : kps_shell_sudo(), SV_ARG(user),
                     first, second.n ? " " : "", SV_ARG(second)));
}

/* Names of programs have blanks: commas separate them. */
static bool is_among(struct kps_sv program, const char *names)
{
    struct kps_sv name;
    for (struct kps_sv rest = kps_sv_of(names); kps_sv_next(&rest, ',', &name);) {
        if (kps_sv_eq(program, name)) {
            return true;
        }
    }
    return false;
}

static const char *describe_manager(struct kps_sv manager)
{
    /* "app crashed - waiting for file changes": their program may end, and stays down until then */
    static const char watchers[] =
        "nodemon,node --watch,tsx watch,node-dev,ts-node-dev,air,watchexec,"
        "entr,cargo-watch,watchmedo,reflex";
    /* these end all programs, or none, when a program ends */
    static const char groups[] =
        "foreman,honcho,overmind,hivemind,goreman,concurrently,mprocs,turbo";
    if (is_among(manager, watchers)) {
        return "starts it again when a file changes";
    }
    return is_among(manager, groups) ? "runs it together with others"
                                     : "starts it again when it ends";
}

/*
 * Return: the reason for SIGCONT, or the other way to end the job in front in a terminal; empty:
 * another job gets the keys.
 */
static const char *word_job(struct kps_arena *arena, const struct kps_process_facts *facts)
{
    if (facts->is_stopped) {
        return "; it is stopped (Ctrl-Z; 'fg' continues it) and must go on to end";
    }
    return facts->terminal.n && facts->is_foreground
               ? kps_fmt(arena, "; or press Ctrl-C in terminal %.*s", SV_ARG(facts->terminal)).p
               : "";
}

/* Begin the text of a command of a manager; empty: this user may type the command. */
static struct kps_sv begin_as_manager(struct kps_arena *arena,
                                      const struct kps_process_facts *facts, bool is_of_user)
{
    if (!facts->has_uid || facts->uid == geteuid()) {
        return NONE;
    }
    if (is_of_user) {
        return begin_as_user(arena, facts);
    }
    return *kps_shell_sudo() ? SV("as root: ") : NONE;
}

/* Programs that must not be ended for a port: ending them harms more than the port. */
struct guarded_program {
    const char *names; /* comm, each at most 15 bytes */
    const char *units; /* their units up to the first '.' or '@' */
    const char *reason;
};

static const char SSH_REASON[] = "without it nobody can log in to this machine from elsewhere";
static const char FORWARD_REASON[] =
    "a port forwarding (ssh -R) of a login has the port: end it at the client";
static const char RESOLVER_REASON[] = "this machine resolves names by it";
static const char SYSTEM_REASON[] = "the services of this machine depend on it";

static const struct guarded_program GUARDED[] = {
    {"sshd dropbear", "ssh sshd dropbear", SSH_REASON},
    {"sshd-session", "", FORWARD_REASON},
    {"mosh-server", "", "a login from elsewhere ends with it"},
    {"qemu-kvm VBoxHeadless VirtualBoxVM lxc-start", "",
     "a virtual machine or a container ends with it"},
    {"kubelet kubelite k3s k3s-server k3s-agent rke2 k0s crio cri-dockerd",
     "kubelet k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker crio cri-docker",
     "it runs the pods of this node"},
    {"kube-apiserver kube-controller kube-scheduler",
     "kube-apiserver kube-controller-manager kube-scheduler",
     "the cluster of this machine depends on it"},
    {"kube-proxy", "kube-proxy", "it leads to the Services of the cluster"},
    {"etcd", "etcd", "a cluster keeps its state in it"},
    {"dockerd containerd", "docker containerd", "all containers of this machine depend on it"},
    {"containerd-shim", "containerd-shim", "it is the parent of a container"},
    {"com.docker.back vpnkit vpnkit-bridge", "",
     "it carries the published ports of all containers"},
    {"aardvark-dns netavark", "netavark-dhcp-proxy",
     "the networks of Podman's containers depend on it"},
    {"gvproxy", "", "it carries the network of Podman's machine"},
    {"passt passt.avx2", "", "it carries the network of a virtual machine or a container"},
    {"libvirtd lxd incusd", "libvirtd lxd incus", "it runs the virtual machines of this machine"},
    {"tailscaled NetworkManager systemd-network dhclient dhcpcd openvpn",
     "tailscaled NetworkManager systemd-networkd dhcpcd openvpn openvpn-client openvpn-server",
     "it keeps this machine on the network"},
    {"systemd-resolve", "systemd-resolved", RESOLVER_REASON},
    {"systemd init dbus-daemon dbus-broker", "dbus dbus-broker", SYSTEM_REASON},
};

/* Find the guarded programs with this name or this unit; either may be empty. */
static const struct guarded_program *find_guarded(struct kps_sv name, struct kps_sv unit)
{
    size_t end = kps_sv_find(unit, '.') < kps_sv_find(unit, '@') ? kps_sv_find(unit, '.')
                                                                 : kps_sv_find(unit, '@');
    struct kps_sv stem = kps_sv_head(unit, end);
    name = kps_sv_has_head(name, "qemu-system-") ? SV("qemu-kvm") : name;
    for (size_t i = 0; i < KPS_COUNT(GUARDED); i++) {
        if (kps_sv_is_one_of(name, GUARDED[i].names) || kps_sv_is_one_of(stem, GUARDED[i].units)) {
            return &GUARDED[i];
        }
    }
    return NULL;
}

/* Advise for a supervisor of a single service. Return: false for any other manager. */
static bool advise_supervisor(struct kps_arena *arena, const struct kps_process_facts *facts,
                              struct kps_advice *advice)
{
    struct kps_sv folder = facts->manager_folder;
    for (size_t i = 0; i < KPS_COUNT(SUPERVISORS); i++) {
        const char *stop = SUPERVISORS[i].stop;
        if (!kps_sv_is(facts->manager, SUPERVISORS[i].manager)) {
            continue;
        }
        if (kps_sv_has_head(folder, "/")) {
            add_help(advice,
                     kps_fmt(arena, "stops its service: %.*s %s", SV_ARG(facts->manager),
                             describe_manager(facts->manager)),
                     kps_fmt(arena, "%s%s %s", sudo_for(facts, facts->manager_pid), stop,
                             kps_shell_quote(arena, folder).p));
        } else {
            add_help(advice,
                     kps_fmt(arena,
                             "names the folder of its service, then type '%s FOLDER': %.*s %s",
                             stop, SV_ARG(facts->manager), describe_manager(facts->manager)),
                     kps_fmt(arena, "%sreadlink /proc/%u/cwd", sudo_for(facts, facts->manager_pid),
                             facts->manager_pid));
        }
        return true;
    }
    return false;
}

static void advise_manager(struct kps_arena *arena, const struct kps_process_facts *facts,
                           struct kps_advice *advice)
{
    for (size_t i = 0; i < KPS_COUNT(MANAGERS); i++) {
        if (kps_sv_is(facts->manager, MANAGERS[i].manager)) {
            struct kps_sv as_whom = begin_as_manager(arena, facts, MANAGERS[i].is_of_user);
            add_help(advice,
                     kps_fmt(arena, "%.*slook for pid %u, then type '%s': %.*s %s", SV_ARG(as_whom),
                             facts->pid, MANAGERS[i].stop, SV_ARG(facts->manager),
                             describe_manager(facts->manager)),
                     kps_sv_of(MANAGERS[i].list));
            return;
        }
    }
    if (advise_supervisor(arena, facts, advice)) {
        return;
    }
    if (facts->is_of_unit && !find_guarded(NONE, facts->unit)) {
        advise_systemd(arena, facts, advice); /* starts a killed manager again */
        return;
    }
    add_help(advice,
             kps_fmt(arena, "ends %.*s, which %s%s", SV_ARG(facts->manager),
                     describe_manager(facts->manager), word_job(arena, facts)),
             format_kill(arena, facts, facts->manager_pid));
}

static void advise_pid(struct kps_arena *arena, const struct kps_process_facts *facts,
                       struct kps_advice *advice)
{
    struct kps_sv text;
    if (facts->ignores_term) {
        text = SV("ends the process, which ignores a plain kill: it cannot clean up, and loses "
                  "unsaved data");
    } else if (facts->n_sharers && !facts->is_master) {
        text = kps_fmt(arena, "ends the %u processes that share the socket: each has the port%s",
                       facts->n_sharers + 1, word_job(arena, facts));
    } else {
        text =
            kps_fmt(arena, "ends the process, which can clean up first%s", word_job(arena, facts));
    }
    add_help(advice, text, format_kill(arena, facts, facts->pid));
    if (facts->n_sharers && facts->is_master) {
        add_help(
            advice,
            kps_fmt(arena, "then ends the others with its socket, should they stay: %u of them",
                    facts->n_sharers),
            kps_fmt(arena, "%skill%s", sudo_for(facts, facts->pid), list_sharers(arena, facts).p));
    }
}

/* Return the word behind a flag in a command line joined by blanks; empty: the flag is absent. */
static struct kps_sv find_argument(struct kps_sv cmdline, struct kps_sv flag)
{
    while (cmdline.n) {
        struct kps_sv word = kps_sv_before(cmdline, ' ');
        cmdline = kps_sv_from(cmdline, word.n + 1);
        if (kps_sv_eq(word, flag)) {
            return kps_sv_before(cmdline, ' ');
        }
    }
    return NONE;
}

/* Advise to look for the holder in the list of an engine's containers. */
static void advise_listing(struct kps_arena *arena, struct kps_sv as_user, const char *holder,
                           const char *cli, struct kps_advice *advice)
{
    add_help(advice,
             kps_fmt(arena, "%.*snames the %s that has it, then type '%s stop NAME'",
                     SV_ARG(as_user), holder, cli),
             kps_fmt(arena, "%s ps", cli));
}

/* Advise for the helper of a container whose engine did not name the container. */
static bool advise_helper(struct kps_arena *arena, const struct kps_ledger *ledger,
                          const struct kps_owner *owner, const struct kps_process_facts *facts,
                          uint16_t port, struct kps_advice *advice)
{
    static const char rootless[] = "rootlessport,rootlessport-c,pasta,pasta.avx2,slirp4netns";
    const struct kps_sv proxy = SV("docker-proxy:");
    struct kps_sv as_user = kps_sv_is(facts->user, "root") ? NONE : begin_as_user(arena, facts);
    if (kps_sv_is(facts->name, "conmon")) {
        struct kps_sv name = find_argument(facts->cmdline, SV("-n"));
        if (kps_shell_is_name(name)) {
            add_help(
                advice,
                kps_fmt(arena, "%.*sstops the container of Podman that has it", SV_ARG(as_user)),
                kps_fmt(arena, "podman stop %.*s", SV_ARG(name)));
        } else {
            advise_listing(arena, as_user, "container of Podman", "podman", advice);
        }
        return true;
    }
    if (is_among(facts->name, rootless)) {
        advise_listing(arena, as_user, "rootless container", "podman", advice);
        return true;
    }
    if (kps_sv_is(facts->name, "rootlesskit")) {
        advise_listing(arena, as_user, "rootless container", "docker", advice);
        return true;
    }
    if (!kps_sv_starts(owner->ties->stands_for, proxy) && !kps_sv_is(facts->name, "docker-proxy")) {
        return false;
    }
    /* without its arguments a docker-proxy stands for an address of the host */
    struct kps_sv where = kps_sv_starts(owner->ties->stands_for, proxy)
                              ? kps_sv_after(owner->ties->stands_for, '/')
                              : NONE;
    where = kps_sv_before(where, '@');
    struct kps_sv container =
        where.n ? kps_fmt(arena, "container %.*s", SV_ARG(where)) : SV("a container");
    if (facts->engine_pid) {
        struct kps_sv url = facts->engine_socket;
        bool is_known = url.n && port;
        add_help(advice,
                 kps_fmt(arena, "%s%s%.*s of another engine: dockerd, pid %u%s%.*s",
                         is_known ? "names the container to stop" : "stop the container",
                         where.n ? ", " : "", SV_ARG(where), facts->engine_pid,
                         url.n ? ", at " : "", SV_ARG(url)),
                 is_known ? kps_fmt(arena, "docker -H %s ps --filter publish=%u",
                                    kps_shell_quote(arena, url).p, port)
                          : NONE);
    } else if (owner->cls->when_alone == KPS_RULE_STALE_PUBLICATION) {
        add_help(advice,
                 SV("publish another port until the engine or the machine starts again: the "
                    "docker-proxy outlived its engine"),
                 NONE);
    } else if (!ledger->engine_asked) {
        add_help(advice,
                 kps_fmt(arena, "asks the engine: %.*s has it, and no engine was asked",
                         SV_ARG(container)),
                 port ? kps_fmt(arena, "kportscan %u", port) : SV("kportscan --docker"));
    } else if (geteuid() == 0 || (facts->pid && !facts->is_guess)) { /* root sees no more */
        add_help(advice,
                 kps_fmt(arena,
                         "name its engine with -H or DOCKER_HOST: %.*s has it, and no engine "
                         "answers for it",
                         SV_ARG(container)),
                 NONE);
    } else {
        add_help(
            advice,
            kps_fmt(arena, "asks as root: %.*s has it, and no engine named it", SV_ARG(container)),
            port ? kps_fmt(arena, "sudo kportscan %u", port) : SV("sudo kportscan --host"));
    }
    return true;
}

/*
 * Return: a socket of the owner on `port` (0: any port), or NULL: a connection or its remnant, or
 * any other socket.
 */
static const struct kps_claim *find_socket(const struct kps_ledger *ledger, kps_owner_id id,
                                           uint16_t port, bool is_remnant)
{
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_claim *claim = &ledger->claims.v[i];
        bool is_there = claim->owner == id && claim->basis == KPS_BOUND &&
                        (port == 0 || (claim->first <= port && port <= claim->last));
        if (is_there && is_remnant == ((claim->flags & KPS_CLAIM_REMNANT) != 0)) {
            return claim;
        }
    }
    return NULL;
}

/* Return whether the claim is on an address of the resolver's stub: 127.0.0.53 or 127.0.0.54. */
static bool is_at_stub(const struct kps_claim *claim)
{
    static const uint8_t stub[] = {127, 0, 0};
    const uint8_t *bytes = claim->addr.bytes;
    return claim->addr.kind == KPS_ADDR_ONE4 && memcmp(bytes, stub, sizeof(stub)) == 0 &&
           (bytes[3] == 53 || bytes[3] == 54);
}

/* Advise for a port of systemd-resolved, by the setting that opens it (resolved.conf(5)). */
static bool advise_resolver(struct kps_arena *arena, const struct kps_claim *claim, uint16_t port,
                            struct kps_advice *advice)
{
    enum { DNS = 53, MDNS = 5353, LLMNR = 5355 };
    if (port == MDNS || port == LLMNR) {
        add_help(advice,
                 kps_fmt(arena,
                         "publish another port, or set %s=no in /etc/systemd/resolved.conf and "
                         "restart systemd-resolved",
                         port == MDNS ? "MulticastDNS" : "LLMNR"),
                 NONE);
        return true;
    }
    if (port != DNS || !claim || !is_at_stub(claim)) {
        return false;
    }
    add_help(advice,
             SV("lists the addresses of this machine: publish on one of them, as in "
                "\"192.168.1.5:53:53/udp\"; systemd-resolved has only loopback ones"),
             SV("ip -brief address"));
    add_help(advice,
             SV("or set DNSStubListener=no in /etc/systemd/resolved.conf, let /etc/resolv.conf "
                "lead to /run/systemd/resolve/resolv.conf, and restart systemd-resolved"),
             NONE);
    return true;
}

/* Return whether the unit of the process is a guarded program's: it works for that program. */
static bool is_helper_of_unit(const struct kps_process_facts *facts,
                              const struct guarded_program **ret)
{
    *ret = find_guarded(NONE, facts->unit);
    /* A program started from a login without a session of its own is in the unit of sshd. */
    return *ret && (*ret)->reason != SSH_REASON;
}

/* Advise for a program that must keep running. Return: false for any other program. */
static bool advise_guarded(struct kps_arena *arena, const struct kps_process_facts *facts,
                           const struct kps_claim *claim, uint16_t port, struct kps_advice *advice)
{
    /* systemd listens for its socket units, which can be stopped */
    bool is_unit = facts->socket_unit.n && kps_sv_is(facts->name, "systemd");
    const struct guarded_program *guarded =
        find_guarded(is_unit ? NONE : facts->name, facts->socket_unit);
    const struct guarded_program *of_unit = NULL;
    const char *reason = guarded ? guarded->reason : NULL;
    bool is_session =
        kps_sv_has_head(facts->cmdline, "sshd: ") && !kps_sv_has_head(facts->cmdline, "sshd: /");
    if (guarded && guarded->reason == SSH_REASON && is_session) {
        reason = FORWARD_REASON;
    } else if (!guarded && is_helper_of_unit(facts, &of_unit)) {
        reason = of_unit->reason;
    } else if (!guarded && facts->pid == 1 && !facts->socket_unit.n) {
        reason = SYSTEM_REASON;
    }
    if (guarded && guarded->reason == RESOLVER_REASON &&
        advise_resolver(arena, claim, port, advice)) {
        return true;
    }
    if (reason) {
        add_help(advice, kps_fmt(arena, "use another port, and leave this process: %s", reason),
                 NONE);
    }
    return reason != NULL;
}

static void advise_process(struct kps_arena *arena, const struct kps_ledger *ledger,
                           const struct kps_owner *owner, const struct kps_claim *claim,
                           uint16_t port, struct kps_advice *advice)
{
    const struct kps_process_facts *facts = owner->facts;
    if (advise_helper(arena, ledger, owner, facts, port, advice) ||
        advise_guarded(arena, facts, claim, port, advice)) {
        return;
    }
    bool is_guest = find_guarded(NONE, facts->unit) != NULL;
    if (!is_guest &&
        (kps_sv_is(facts->manager, "systemd") || (facts->socket_unit.n && !facts->manager_pid))) {
        advise_systemd(arena, facts, advice);
    } else if (facts->manager.n && facts->manager_pid) {
        advise_manager(arena, facts, advice);
    }
    if (advice->n) {
        return;
    }
    if (facts->pid) {
        advise_pid(arena, facts, advice);
    } else if (facts->login.n) {
        struct kps_sv filter = port ? kps_fmt(arena, " sport = :%u", port) : NONE;
        add_help(
            advice, SV("names the process"),
            kps_fmt(arena, "ssh %.*s sudo ss -lptun%.*s", SV_ARG(facts->login), SV_ARG(filter)));
    } else if (facts->hidden == KPS_HIDDEN_PERMISSION && !facts->is_hidden_from_root) {
        add_help(advice, SV("names the process"),
                 port ? kps_fmt(arena, "sudo kportscan %u", port) : SV("sudo kportscan --host"));
    }
}

static bool has_key(const struct kps_owner *owner, struct kps_sv key)
{
    bool found = kps_sv_eq(owner->ties->key, key);
    for (uint32_t i = 0; i < owner->ties->n_aliases && !found; i++) {
        found = kps_sv_eq(owner->ties->aliases[i], key);
    }
    return found;
}

kps_owner_id kps_owner_container(const struct kps_ledger *ledger, kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    if (owner->kind == KPS_OWNER_CONTAINER) {
        return id;
    }
    if (owner->tenant == id || owner->ties->stands_for.n == 0) {
        return 0;
    }
    for (uint32_t i = 0; i < ledger->owners.n; i++) {
        const struct kps_owner *other = &ledger->owners.v[i];
        if (other->kind == KPS_OWNER_CONTAINER && other->tenant == owner->tenant &&
            has_key(other, owner->ties->stands_for)) {
            return i + 1;
        }
    }
    return 0;
}

/*
 * Return: the container for a command: its name, or its id where the name is not a word of a shell.
 */
static struct kps_sv name_container(struct kps_arena *arena, const struct kps_owner *owner,
                                    const struct kps_container_facts *facts)
{
    enum { SHORT_ID = 12 };
    bool is_name = kps_shell_is_name(owner->ties->name);
    return kps_shell_quote(arena, is_name ? owner->ties->name : kps_sv_head(facts->id, SHORT_ID));
}

static struct kps_sv get_cli(struct kps_sv cli)
{
    return cli.n ? cli : SV("docker");
}

/*
 * Return: `docker compose -p shop stop web` for a container of Compose (`up` starts it again as the
 * file says), else `docker stop NAME`; the same with `rm`.
 */
static struct kps_sv format_command(struct kps_arena *arena, const struct kps_owner *owner,
                                    const char *verb, bool is_of_compose)
{
    const struct kps_container_facts *facts = owner->facts;
    struct kps_sv cli = get_cli(facts->cli);
    struct kps_sv word = name_container(arena, owner, facts);
    return is_of_compose
               ? kps_fmt(arena, "%.*s compose -p %.*s %s %.*s", SV_ARG(cli),
                         SV_ARG(facts->compose_project), verb, SV_ARG(facts->compose_service))
               : kps_fmt(arena, "%.*s %s %.*s", SV_ARG(cli), verb, SV_ARG(word));
}

static bool is_up(const struct kps_container_facts *facts)
{
    return kps_sv_is_one_of(facts->state, "running paused restarting");
}

static void advise_container(struct kps_arena *arena, const struct kps_owner *owner,
                             struct kps_advice *advice)
{
    const struct kps_container_facts *facts = owner->facts;
    struct kps_sv word = name_container(arena, owner, facts);
    struct kps_sv cli = get_cli(facts->cli);
    bool runs = is_up(facts);
    bool comes_back = kps_sv_is(facts->restart_policy, "always") ||
                      (!runs && kps_sv_is(facts->restart_policy, "unless-stopped"));
    bool is_of_compose = !facts->compose_oneoff && kps_shell_is_name(facts->compose_project) &&
                         kps_shell_is_name(facts->compose_service);
    if (runs) {
        add_help(advice,
                 is_of_compose
                     ? kps_fmt(arena, "stops service '%.*s' of project '%.*s'",
                               SV_ARG(facts->compose_service), SV_ARG(facts->compose_project))
                     : SV("stops the container"),
                 format_command(arena, owner, "stop", is_of_compose));
    } else {
        add_help(advice, SV("leave it stopped, or give it another port"), NONE);
    }
    /*
     * Podman's update knows no --restart before 5.1, and no Podman starts a stopped or removed
     * container by itself.
     */
    if (comes_back && !kps_sv_has_head(cli, "podman")) {
        add_help(advice, SV("keeps it from coming back by itself"),
                 kps_fmt(arena, "%.*s update --restart=no %.*s", SV_ARG(cli), SV_ARG(word)));
    }
    if (!runs) {
        add_help(advice,
                 is_of_compose
                     ? kps_fmt(arena,
                               "removes the stopped containers of service '%.*s', with everything "
                               "written inside: only if nobody needs them",
                               SV_ARG(facts->compose_service))
                     : SV("removes it, with everything written inside: only if nobody needs it"),
                 format_command(arena, owner, "rm", is_of_compose));
    }
}

/*
 * Advise for a task whose service is not listed. `docker stop` would cut the time that the service
 * gives its tasks to end, and a service that another manager knows starts the task again.
 */
static void advise_task(const struct kps_container_facts *facts, struct kps_advice *advice)
{
    add_help(advice,
             facts->is_manager
                 ? SV("wait until the swarm has ended this task, whose service was removed")
                 : SV("change its service on a manager of the swarm: a task that is stopped is "
                      "started again"),
             NONE);
}

/* Return: the claim of the service, or of its task, on `port`; NULL when there is none. */
static const struct kps_claim *find_claim(const struct kps_ledger *ledger, kps_owner_id service,
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
 * Advise for a swarm service. A stopped task is started again: only the service gives the port
 * back. `claim` is the task's or the service's own. --publish-rm goes by the port inside, and
 * finds a port in host mode, or of udp, only with these words.
 */
static void advise_swarm(struct kps_arena *arena, const struct kps_owner *service,
                         const struct kps_claim *claim, uint16_t port, struct kps_advice *advice)
{
    if (!kps_shell_is_name(service->ties->name)) {
        return;
    }
    const struct kps_swarm_facts *facts = service->facts;
    struct kps_sv cli = get_cli(facts->cli);
    if (claim) {
        bool ingress = claim->basis == KPS_BOUND && !(claim->flags & KPS_CLAIM_PUBLISHED);
        const char *udp = ingress ? "/udp" : ",protocol=udp";
        add_help(
            advice, SV("takes the port from the service, and starts its tasks again"),
            kps_fmt(arena, "%.*s service update --publish-rm %s%u%s %.*s", SV_ARG(cli),
                    ingress ? "" : "mode=host,target=", claim->target_first + (port - claim->first),
                    claim->protocol == KPS_UDP ? udp : "", SV_ARG(service->ties->name)));
    }
    add_help(advice, SV("removes the service from every node of the swarm"),
             kps_fmt(arena, "%.*s service rm %.*s", SV_ARG(cli), SV_ARG(service->ties->name)));
}

struct kps_advice kps_owner_advice(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id, uint16_t port)
{
    struct kps_advice advice = {.n = 0};
    kps_owner_id container = kps_owner_container(ledger, id);
    kps_owner_id tenant = kps_ledger_get_owner(ledger, id)->tenant;
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    const struct kps_claim *listener = facts ? find_socket(ledger, id, port, false) : NULL;
    /* a TIME_WAIT has no process, and its own words */
    bool is_connection =
        facts && !facts->what.n && !listener && find_socket(ledger, id, port, true) != NULL;
    const struct kps_owner *whose = tenant ? kps_ledger_get_owner(ledger, tenant) : owner;
    if (whose->kind == KPS_OWNER_SWARM_SERVICE) {
        advise_swarm(arena, whose, find_claim(ledger, tenant ? tenant : id, port), port, &advice);
    } else if (is_connection) {
        add_help(&advice,
                 SV("wait until the connection closes, or use another port: nobody listens"), NONE);
    } else if (container &&
               kps_container_facts_of(kps_ledger_get_owner(ledger, container))->is_task) {
        advise_task(kps_container_facts_of(kps_ledger_get_owner(ledger, container)), &advice);
    } else if (container) {
        advise_container(arena, kps_ledger_get_owner(ledger, container), &advice);
    } else if (facts) {
        advise_process(arena, ledger, owner, listener, port, &advice);
    }
    return advice;
}

static struct kps_sv describe_restart(struct kps_arena *arena,
                                      const struct kps_container_facts *facts)
{
    if (kps_sv_is(facts->restart_policy, "always")) {
        return is_up(facts)
                   ? SV("restart policy 'always': once stopped by hand it stays down until the "
                        "engine or "
                        "the machine starts again")
                   : SV("restart policy 'always': it starts with the engine or the machine");
    }
    if (kps_sv_is(facts->restart_policy, "unless-stopped")) {
        return is_up(facts) ? SV("restart policy 'unless-stopped': once stopped by hand it stays "
                                 "down, also after a reboot")
                            : SV("restart policy 'unless-stopped': it starts with the engine, "
                                 "unless it was stopped by hand");
    }
    if (kps_sv_is(facts->state, "restarting")) {
        return kps_fmt(arena, "it ends, and its restart policy '%.*s' starts it again",
                       SV_ARG(facts->restart_policy));
    }
    return NONE;
}

static struct kps_sv describe_release(struct kps_arena *arena,
                                      const struct kps_process_facts *facts)
{
    if (facts->frees_in_s) {
        return kps_fmt(arena, "the kernel frees the port in %u s by itself", facts->frees_in_s);
    }
    if (facts->manager.n && facts->manager_pid) {
        return kps_fmt(arena, "'%.*s' (pid %u) %s", SV_ARG(facts->manager), facts->manager_pid,
                       describe_manager(facts->manager));
    }
    return NONE;
}

struct kps_sv kps_owner_comes_back(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   kps_owner_id id)
{
    const struct kps_owner *owner = kps_ledger_get_owner(ledger, id);
    kps_owner_id container = kps_owner_container(ledger, id);
    if (container) {
        return describe_restart(arena, kps_ledger_get_owner(ledger, container)->facts);
    }
    const struct kps_process_facts *facts = kps_process_facts_of(owner);
    return facts ? describe_release(arena, facts) : NONE;
}

void kps_owner_advise(const struct kps_ledger *ledger, struct kps_finding *finding, kps_owner_id id,
                      uint16_t port)
{
    struct kps_advice advice = kps_owner_advice(ledger->diag->arena, ledger, id, port);
    for (uint32_t i = 0; i < advice.n; i++) {
        kps_finding_add_help(finding, &advice.v[i]);
    }
}
