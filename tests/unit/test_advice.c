#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "advice/owner.h"
#include "advice/owner_words.h"
#include "base/buf.h"
#include "base/shell.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_shell_words(void **unused)
{
    static const struct {
        const char *word, *quoted;
    } rows[] = {
        {"web", "web"},
        {"postgresql@16-main.service", "postgresql@16-main.service"},
        {"", "''"},
        {"-rf", "'-rf'"},
        {"~root", "'~root'"},
        {"a b", "'a b'"},
        {"$(reboot)", "'$(reboot)'"},
        {"it's", "'it'\\''s'"},
        {"dev-disk-by\\x2duuid.mount", "'dev-disk-by\\x2duuid.mount'"},
    };
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        assert_string_equal(kps_shell_quote(arena, kps_sv_of(rows[i].word)).p, rows[i].quoted);
    }
    assert_true(kps_shell_is_name(SV("old-grafana_1.2")));
    assert_false(kps_shell_is_name(SV("-f")));
    assert_false(kps_shell_is_name(SV("")));
    assert_false(kps_shell_is_name(SV("a b")));
    kps_arena_free(arena);
}

struct row {
    const char *why;
    enum kps_owner_kind kind;
    struct kps_container_facts container;
    struct kps_process_facts process;
    const char *name, *words, *comes_back, *commands;
};

static const struct row rows[] = {
    {"a container that somebody started by hand",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .image = SV_LIT("grafana/grafana:10"),
      .state = SV_LIT("running"),
      .status = SV_LIT("Up 3 days"),
      .restart_policy = SV_LIT("unless-stopped")},
     {0},
     "old-grafana",
     "container 'old-grafana' (grafana/grafana:10, up 3 days)",
     "restart policy 'unless-stopped': once stopped by hand it stays down, also after a reboot",
     "docker stop old-grafana"},
    {"one that comes back with the engine",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID), .state = SV_LIT("running"), .restart_policy = SV_LIT("always")},
     {0},
     "db",
     "container 'db' (running)",
     "restart policy 'always': once stopped by hand it stays down until the engine or the "
     "machine starts again",
     "docker stop db; docker update --restart=no db"},
    {"one that Compose made",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("running"),
      .status = SV_LIT("Up 2 hours (healthy)"),
      .compose_project = SV_LIT("shop"),
      .compose_service = SV_LIT("web"),
      .compose_working_dir = SV_LIT("/srv/shop")},
     {0},
     "shop-web-1",
     "container 'shop-web-1' (up 2 hours (healthy)), service 'web' of project 'shop' in /srv/shop",
     "",
     "docker compose -p shop stop web"},
    {"one of 'docker compose run', which 'stop' of the service leaves alone",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("running"),
      .compose_project = SV_LIT("shop"),
      .compose_service = SV_LIT("web"),
      .compose_oneoff = true},
     {0},
     "shop-web-run-1",
     "container 'shop-web-run-1' (running), made by 'run' for service 'web' of project 'shop'",
     "",
     "docker stop shop-web-run-1"},
    {"a stopped one, at an engine that is not docker's default",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("exited"),
      .restart_policy = SV_LIT("unless-stopped"),
      .cli = SV_LIT("docker -H unix:///x.sock")},
     {0},
     "old",
     "container 'old' (exited)",
     "restart policy 'unless-stopped': it starts with the engine, unless it was stopped by "
     "hand",
     "; docker -H unix:///x.sock update --restart=no old; docker -H unix:///x.sock rm old"},
    {"a stopped one of Podman, whose update may know no --restart",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("created"),
      .restart_policy = SV_LIT("always"),
      .cli = SV_LIT("podman")},
     {0},
     "pidle",
     "container 'pidle' (created)",
     "restart policy 'always': it starts with the engine or the machine",
     "; podman rm pidle"},
    {"a stopped one of a project",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("created"),
      .compose_project = SV_LIT("shop"),
      .compose_service = SV_LIT("web")},
     {0},
     "shop-web-1",
     "container 'shop-web-1' (created), service 'web' of project 'shop'",
     "",
     "; docker compose -p shop rm web"},
    {"names that an engine made up to harm",
     KPS_OWNER_CONTAINER,
     {.id = SV_LIT(ID),
      .state = SV_LIT("running"),
      .compose_project = SV_LIT("x; reboot"),
      .compose_service = SV_LIT("web")},
     {0},
     "-f; reboot",
     "container '-f; reboot' (running), service 'web' of project 'x; reboot'",
     "",
     "docker stop 0123456789ab"},
    {"a process at a terminal",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 4242,
      .name = SV_LIT("python3"),
      .cmdline = SV_LIT("python3 -m http.server 8080"),
      .user = SV_LIT("ann"),
      .has_uid = true,
      .uid = 1000,
      .terminal = SV_LIT("pts/3")},
     "python3",
     "process 4242 (python3) of user 'ann', on terminal pts/3: python3 -m http.server 8080",
     "",
     "sudo kill 4242"},
    {"a unit of the system",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 77,
      .name = SV_LIT("postgres"),
      .user = SV_LIT("postgres"),
      .unit = SV_LIT("postgresql@16-main.service"),
      .manager = SV_LIT("systemd")},
     "postgres",
     "process 77 (postgres) of user 'postgres', unit postgresql@16-main.service",
     "",
     "sudo systemctl stop postgresql@16-main.service"},
    {"a unit of a user",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 78,
      .name = SV_LIT("syncthing"),
      .unit = SV_LIT("syncthing.service"),
      .unit_of_user = true,
      .manager = SV_LIT("systemd")},
     "syncthing",
     "process 78 (syncthing), unit syncthing.service",
     "",
     "systemctl --user stop syncthing.service"},
    {"a unit of another user, whom this user's manager does not know",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 78,
      .name = SV_LIT("syncthing"),
      .user = SV_LIT("ann"),
      .has_uid = true,
      .uid = 4711,
      .unit = SV_LIT("syncthing.service"),
      .unit_of_user = true,
      .manager = SV_LIT("systemd")},
     "syncthing",
     "process 78 (syncthing) of user 'ann', unit syncthing.service",
     "",
     "sudo systemctl --user -M ann@ stop syncthing.service"},
    {"a service of runit: runsvdir starts a killed runsv again",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("web"),
      .has_uid = true,
      .uid = 65534, /* root's runsv runs it as this user */
      .manager = SV_LIT("runit"),
      .manager_folder = SV_LIT("/etc/sv/my web"),
      .manager_pid = 13},
     "web",
     "process 81 (web) of user 65534",
     "'runit' (pid 13) starts it again when it ends",
     "sudo sv down '/etc/sv/my web'"},
    {"a service of s6",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("web"),
      .manager = SV_LIT("s6"),
      .manager_folder = SV_LIT("/run/service/web"),
      .manager_pid = 13},
     "web",
     "process 81 (web)",
     "'s6' (pid 13) starts it again when it ends",
     "s6-svc -d /run/service/web"},
    {"a service of daemontools, whose folder may not be seen",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("web"),
      .has_uid = true,
      .uid = 65534,
      .manager = SV_LIT("daemontools"),
      .manager_folder = SV_LIT("web"),
      .manager_pid = 13},
     "web",
     "process 81 (web) of user 65534",
     "'daemontools' (pid 13) starts it again when it ends",
     "sudo readlink /proc/13/cwd"},
    {"a watcher that systemd starts again",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("node"),
      .unit = SV_LIT("shop.service"),
      .is_of_unit = true,
      .manager = SV_LIT("nodemon"),
      .manager_pid = 13},
     "node",
     "process 81 (node), unit shop.service",
     "'nodemon' (pid 13) starts it again when a file changes",
     "sudo systemctl stop shop.service"},
    {"a watcher in the unit of sshd, started from a login",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("node"),
      .unit = SV_LIT("ssh.service"),
      .is_of_unit = true,
      .manager = SV_LIT("nodemon"),
      .manager_pid = 13},
     "node",
     "process 81 (node), unit ssh.service",
     "'nodemon' (pid 13) starts it again when a file changes",
     "kill 13"},
    {"socket activation: the socket first",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 1,
      .name = SV_LIT("systemd"),
      .unit = SV_LIT("init.scope"),
      .socket_unit = SV_LIT("git.socket"),
      .manager = SV_LIT("systemd")},
     "systemd",
     "process 1 (systemd), unit git.socket",
     "",
     "sudo systemctl stop git.socket"},
    {"the service that systemd gave the socket to",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 79,
      .name = SV_LIT("cupsd"),
      .unit = SV_LIT("cups.service"),
      .socket_unit = SV_LIT("cups.socket"),
      .manager = SV_LIT("systemd")},
     "cupsd",
     "process 79 (cupsd), unit cups.socket",
     "",
     "sudo systemctl stop cups.socket cups.service"},
    {"a manager that would start it again",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 80, .name = SV_LIT("node"), .manager = SV_LIT("pm2"), .manager_pid = 12},
     "node",
     "process 80 (node)",
     "'pm2' (pid 12) starts it again when it ends",
     "pm2 list"},
    {"a watcher in a terminal",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 81,
      .name = SV_LIT("node"),
      .manager = SV_LIT("nodemon"),
      .manager_pid = 13,
      .terminal = SV_LIT("pts/1")},
     "node",
     "process 81 (node), on terminal pts/1",
     "'nodemon' (pid 13) starts it again when a file changes",
     "kill 13"},
    {"one of several that were started together",
     KPS_OWNER_PROCESS,
     {.id = SV_LIT("")},
     {.pid = 82, .name = SV_LIT("ruby"), .manager = SV_LIT("foreman"), .manager_pid = 14},
     "ruby",
     "process 82 (ruby)",
     "'foreman' (pid 14) runs it together with others",
     "kill 14"},
    {"hidden",
     KPS_OWNER_UNKNOWN,
     {.id = SV_LIT("")},
     {.hidden = KPS_HIDDEN_PERMISSION, .user = SV_LIT("root"), .has_uid = true},
     "",
     "a process that is hidden from this user, of user 'root'",
     "",
     "sudo kportscan 8080"},
    {"hidden from root", /* a user without root */
     KPS_OWNER_UNKNOWN,
     {.id = SV_LIT("")},
     {.hidden = KPS_HIDDEN_PERMISSION,
      .is_hidden_from_root = true,
      .user = SV_LIT("root"),
      .has_uid = true},
     "",
     "a process that is hidden even from root, of user 'root'",
     "",
     ""},
    {"what nobody can end",
     KPS_OWNER_KERNEL,
     {.id = SV_LIT("")},
     {.hidden = KPS_HIDDEN_NO_PROCESS,
      .what = SV_LIT("TIME_WAIT of 3 closed connections"),
      .frees_in_s = 43},
     "kernel",
     "TIME_WAIT of 3 closed connections",
     "the kernel frees the port in 43 s by itself",
     ""},
};

static const char *commands_of(struct kps_arena *arena, const struct kps_advice *advice)
{
    struct kps_buf out = KPS_BUF(arena);
    for (uint32_t i = 0; i < advice->n; i++) {
        assert_true(advice->v[i].text.n > 0);
        kps_buf_fmt(&out, "%s%.*s", i ? "; " : "", SV_ARG(advice->v[i].command));
    }
    return kps_buf_sv(&out).p;
}

static void test_words_and_commands(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "owner"};
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        const void *facts = row->kind == KPS_OWNER_CONTAINER ? (const void *)&row->container
                                                             : (const void *)&row->process;
        struct kps_new_owner owner = {
            .cls = &cls, .kind = row->kind, .name = kps_sv_of(row->name), .facts = facts};
        kps_owner_id id = kps_ledger_owner(&ledger, &owner);
        kps_ledger_link(&ledger);
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
        struct kps_sv words = kps_owner_words(arena, &ledger, id);
        struct kps_sv comes_back = kps_owner_comes_back(arena, &ledger, id);
        if (strcmp(commands_of(arena, &advice), row->commands) != 0 ||
            !kps_sv_eq(words, kps_sv_of(row->words)) ||
            !kps_sv_eq(comes_back, kps_sv_of(row->comes_back))) {
            fail_msg("%s:\n  %.*s\n  %.*s\n  %s", row->why, SV_ARG(words), SV_ARG(comes_back),
                     commands_of(arena, &advice));
        }
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* A process that works for a container is freed by stopping that, also when the container stands
 * for a service. */
static void test_helpers(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "owner"};
    static const struct kps_sv alias = SV_LIT("docker-proxy:tcp/172.18.0.2:80");
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_container_facts container = {.id = SV(ID), .state = SV("running")};
    struct kps_process_facts process = {
        .pid = 5, .name = SV("docker-proxy"), .hidden = KPS_HIDDEN_NOTHING};
    const struct kps_owner_ties container_ties = {.key = SV("container:1"),
                                                  .aliases = &alias,
                                                  .n_aliases = 1,
                                                  .stands_for = SV("compose:shop/web")};
    const struct kps_owner_ties service_ties = {.key = SV("compose:shop/web")};
    kps_owner_id proxy = kps_ledger_owner(
        &ledger, &(struct kps_new_owner){.cls = &cls,
                                         .kind = KPS_OWNER_PROCESS,
                                         .ties = &(struct kps_owner_ties){.stands_for = alias},
                                         .facts = &process});
    (void)kps_ledger_owner(&ledger, &(struct kps_new_owner){.cls = &cls,
                                                            .kind = KPS_OWNER_CONTAINER,
                                                            .name = SV("web"),
                                                            .ties = &container_ties,
                                                            .facts = &container});
    (void)kps_ledger_owner(&ledger, &(struct kps_new_owner){.cls = &cls,
                                                            .kind = KPS_OWNER_COMPOSE_SERVICE,
                                                            .ties = &service_ties});
    kps_ledger_link(&ledger);
    struct kps_advice advice = kps_owner_advice(arena, &ledger, proxy, 8080);
    assert_int_equal(kps_owner_container(&ledger, proxy), 2);
    assert_string_equal(commands_of(arena, &advice), "docker stop web");
    assert_string_equal(kps_owner_words(arena, &ledger, proxy).p,
                        "container 'web' (running), as process 5 (docker-proxy)");
    assert_int_equal(kps_owner_container(&ledger, 3), 0);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* Programs whose end would harm more than the port: no command stops them. */
static void test_no_harm(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    static const struct {
        const char *name, *unit, *socket_unit, *cmdline, *stands_for, *words, *command;
    } guarded[] = {
        {"docker-proxy", "docker.service", "", "docker-proxy -proto tcp",
         "docker-proxy:tcp/172.20.0.5:80", "172.20.0.5:80 has it, and no engine answers", ""},
        {"conmon", "", "", "/usr/bin/conmon --api-version 1 -c 12ab -n web -b /x",
         "docker-port:tcp/0.0.0.0:8080", "as user 'anna': stops the container of Podman",
         "podman stop web"},
        {"conmon", "", "", "/usr/bin/conmon -n $(reboot)", "", "names the container of Podman",
         "podman ps"},
        {"rootlessport", "", "", "rootlessport", "", "'podman stop NAME'", "podman ps"},
        {"pasta.avx2", "", "", "pasta -t 8080-8080:80-80", "", "rootless container", "podman ps"},
        {"rootlesskit", "docker.service", "", "rootlesskit", "", "'docker stop NAME'", "docker ps"},
        {"sshd", "ssh.service", "", "sshd: /usr/sbin/sshd -D", "", "nobody can log in", ""},
        {"systemd", "init.scope", "ssh.socket", "/sbin/init", "", "nobody can log in", ""},
        {"kubelet", "kubelet.service", "", "kubelet", "", "the pods of this node", ""},
        {"k3s-server", "k3s.service", "", "k3s server", "", "the pods of this node", ""},
        {"dockerd", "docker.service", "", "dockerd", "", "all containers", ""},
        {"containerd-shim", "containerd.service", "", "shim", "", "parent of a container", ""},
        {"NetworkManager", "NetworkManager.service", "", "NetworkManager", "", "the network", ""},
        {"systemd-resolve", "systemd-resolved.service", "", "systemd-resolved", "",
         "resolves names", ""},
        {"sshd-session", "session-3.scope", "", "sshd-session: ann", "", "end it at the client",
         ""},
        {"sshd", "session-3.scope", "", "sshd: ann@pts/2", "", "end it at the client", ""},
        {"passt", "", "", "passt", "", "a virtual machine", ""},
        {"kube-apiserver", "", "", "kube-apiserver", "", "the cluster", ""},
        {"etcd", "", "", "etcd", "", "its state", ""},
        {"kube-proxy", "", "", "kube-proxy", "", "Services", ""},
        {"kube-scheduler", "", "", "kube-scheduler", "", "the cluster", ""},
        {"kube-controller", "", "", "kube-controller-manager", "", "the cluster", ""},
        {"crio", "crio.service", "", "crio", "", "the pods of this node", ""},
        {"rke2", "rke2-server.service", "", "rke2 server", "", "the pods of this node", ""},
        {"k0s", "k0scontroller.service", "", "k0s", "", "the pods of this node", ""},
        {"aardvark-dns", "", "", "aardvark-dns", "", "Podman's containers", ""},
        {"netavark", "", "", "netavark", "", "Podman's containers", ""},
        {"gvproxy", "", "", "gvproxy", "", "Podman's machine", ""},
        {"com.docker.back", "", "", "com.docker.backend", "", "all containers", ""},
        {"libvirtd", "libvirtd.service", "", "libvirtd", "", "virtual machines", ""},
        {"dnsmasq", "libvirtd.service", "", "dnsmasq", "", "virtual machines", ""},
        {"lxd", "", "", "lxd forkproxy", "", "virtual machines", ""},
        {"tailscaled", "tailscaled.service", "", "tailscaled", "", "on the network", ""},
        {"systemd", "init.scope", "", "/sbin/init", "", "services of this machine", ""},
        {"dbus-daemon", "dbus.service", "", "dbus-daemon", "", "services of this machine", ""},
        {"dropbear", "dropbear.service", "", "dropbear -F", "", "nobody can log in", ""},
        {"systemd", "init.scope", "dropbear.socket", "/sbin/init", "", "nobody can log in", ""},
        {"mosh-server", "", "", "mosh-server new", "", "a login from elsewhere", ""},
        {"qemu-system-x86", "", "", "qemu-system-x86_64 -m 2G", "", "a virtual machine", ""},
        {"qemu-system-aar", "vm.service", "", "qemu-system-aarch64", "", "a virtual machine", ""},
        {"VBoxHeadless", "", "", "VBoxHeadless -s dev", "", "a virtual machine", ""},
        {"lxc-start", "lxc@web.service", "", "[lxc monitor] /var/lib/lxc web", "", "container", ""},
        {"openvpn", "openvpn-client@office.service", "", "openvpn", "", "on the network", ""},
        {"node", "dropbear.service", "", "node server.js", "", "clean up", "kill 5"},
        {"node", "ssh.service", "", "node server.js", "", "clean up", "kill 5"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(guarded); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag, .engine_asked = true};
        struct kps_process_facts facts = {.pid = 5,
                                          .name = kps_sv_of(guarded[i].name),
                                          .unit = kps_sv_of(guarded[i].unit),
                                          .socket_unit = kps_sv_of(guarded[i].socket_unit),
                                          .manager = SV("systemd"),
                                          .user = SV("anna"),
                                          .cmdline = kps_sv_of(guarded[i].cmdline)};
        kps_owner_id id = kps_ledger_owner(
            &ledger,
            &(struct kps_new_owner){
                .cls = &cls,
                .kind = KPS_OWNER_PROCESS,
                .name = facts.name,
                .ties = &(struct kps_owner_ties){.stands_for = kps_sv_of(guarded[i].stands_for)},
                .facts = &facts});
        kps_ledger_link(&ledger);
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
        assert_true(advice.n > 0);
        struct kps_sv text = advice.v[0].text;
        bool has_words = kps_sv_search(text, kps_sv_of(guarded[i].words)) < text.n;
        if (!has_words || !kps_sv_eq(advice.v[0].command, kps_sv_of(guarded[i].command))) {
            fail_msg("%s (%s): %.*s [%.*s]", guarded[i].name, guarded[i].unit, SV_ARG(text),
                     SV_ARG(advice.v[0].command));
        }
        for (uint32_t k = 0; k < advice.n; k++) {
            struct kps_sv command = advice.v[k].command;
            bool kills = kps_sv_search(command, SV("kill ")) < command.n;
            assert_true(kps_sv_search(command, SV("systemctl")) == command.n);
            assert_true(!kills || guarded[i].name[0] == 'n');
        }
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* The advice for a socket depends on its port, its address and its state. */
static void test_sockets(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    static const struct {
        const char *name, *addr;
        uint16_t port;
        uint8_t flags;
        bool is_guess;
        const char *stands_for, *words, *command;
    } sockets[] = {
        {"systemd-resolve", "127.0.0.53", 53, 0, false, "", "192.168.1.5:53:53/udp",
         "ip -brief address"},
        {"systemd-resolve", "127.0.0.54", 53, 0, false, "", "only loopback", "ip -brief address"},
        {"systemd-resolve", "192.168.1.5", 53, 0, false, "", "use another port", ""},
        {"systemd-resolve", "0.0.0.0", 5355, 0, false, "", "LLMNR=no", ""},
        {"systemd-resolve", "0.0.0.0", 5353, 0, false, "", "MulticastDNS=no", ""},
        {"firefox", "10.0.0.2", 40000, KPS_CLAIM_REMNANT, false, "", "connection closes", ""},
        {"node", "0.0.0.0", 3000, 0, false, "", "clean up", "kill 5"},
        {"docker-proxy", "0.0.0.0", 80, 0, false, "docker-proxy:tcp/172.20.0.5:80", "DOCKER_HOST",
         ""},
        {"docker-proxy", "0.0.0.0", 80, 0, false, "docker-port:tcp/0.0.0.0:80",
         "DOCKER_HOST: a container has it", ""},
        {"docker-proxy", "0.0.0.0", 80, 0, true, "docker-proxy:tcp/172.20.0.5:80", "172.20.0.5",
         "sudo kportscan 80"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(sockets); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag, .engine_asked = true};
        struct kps_process_facts facts = {
            .pid = 5, .name = kps_sv_of(sockets[i].name), .is_guess = sockets[i].is_guess};
        kps_owner_id id = kps_ledger_owner(
            &ledger,
            &(struct kps_new_owner){
                .cls = &cls,
                .kind = KPS_OWNER_PROCESS,
                .ties = &(struct kps_owner_ties){.stands_for = kps_sv_of(sockets[i].stands_for)},
                .facts = &facts});
        struct kps_claim claim = {.netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, SV("")),
                                  .protocol = KPS_TCP,
                                  .owner = id,
                                  .first = sockets[i].port,
                                  .last = sockets[i].port,
                                  .take = 1,
                                  .copies = 1,
                                  .basis = KPS_BOUND,
                                  .flags = sockets[i].flags};
        assert_true(kps_addr_parse(kps_sv_of(sockets[i].addr), &claim.addr));
        (void)kps_ledger_claim(&ledger, &claim);
        kps_ledger_link(&ledger);
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, sockets[i].port);
        assert_true(advice.n > 0);
        struct kps_sv text = advice.v[0].text;
        bool has_words = kps_sv_search(text, kps_sv_of(sockets[i].words)) < text.n;
        if (!has_words || !kps_sv_eq(advice.v[0].command, kps_sv_of(sockets[i].command))) {
            fail_msg("%s %u: %.*s [%.*s]", sockets[i].name, sockets[i].port, SV_ARG(text),
                     SV_ARG(advice.v[0].command));
        }
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* Another user's process needs root's rights; root is not told to become root. */
static void test_rights(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_process_facts facts = {.pid = 5, .name = SV("node"), .has_uid = true, .uid = 4711};
    kps_owner_id id = kps_ledger_owner(
        &ledger, &(struct kps_new_owner){.cls = &cls, .kind = KPS_OWNER_PROCESS, .facts = &facts});
    uid_t user = geteuid();
    (void)unused;
    assert_string_equal(kps_owner_advice(arena, &ledger, id, 0).v[0].command.p,
                        user == 0 ? "kill 5" : "sudo kill 5");
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
        assert_string_equal(kps_owner_advice(arena, &ledger, id, 0).v[0].command.p, "kill 5");
        facts.uid = 0;
        facts.unit = SV("web.service");
        facts.manager = SV("systemd");
        assert_string_equal(kps_owner_advice(arena, &ledger, id, 0).v[0].command.p,
                            "systemctl stop web.service");
        assert_int_equal(seteuid(user), 0);
    }
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* A container of another engine is asked for where that engine listens. */
static void test_other_engine(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    struct kps_arena *arena = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_process_facts facts = {.pid = 5,
                                      .name = SV("docker-proxy"),
                                      .engine_pid = 77,
                                      .engine_socket = SV("unix:///run/snap/docker.sock")};
    kps_owner_id id = kps_ledger_owner(
        &ledger,
        &(struct kps_new_owner){
            .cls = &cls,
            .kind = KPS_OWNER_PROCESS,
            .ties = &(struct kps_owner_ties){.stands_for = SV("docker-proxy:tcp/172.20.0.5:80@77")},
            .facts = &facts});
    (void)unused;
    struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
    assert_int_equal(advice.n, 1);
    assert_string_equal(advice.v[0].command.p,
                        "docker -H unix:///run/snap/docker.sock ps --filter publish=8080");
    assert_string_equal(
        advice.v[0].text.p,
        "names the container to stop, 172.20.0.5:80 of another engine: dockerd, pid "
        "77, at unix:///run/snap/docker.sock");
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    kps_arena_free(arena);
}

/* A service is addressed through the engine that named it. */
static void test_swarm(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "swarm service"};
    static const struct {
        uint8_t protocol, basis;
        const char *update;
    } rows_of_swarm[] = {
        {KPS_TCP, KPS_BOUND, "80"},
        {KPS_UDP, KPS_BOUND, "80/udp"},
        {KPS_TCP, KPS_PENDING, "mode=host,target=80"},
        {KPS_UDP, KPS_PENDING, "mode=host,target=80,protocol=udp"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows_of_swarm); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        struct kps_swarm_facts facts = {.cli = SV("docker --context prod")};
        kps_owner_id id = kps_ledger_owner(
            &ledger,
            &(struct kps_new_owner){
                .cls = &cls, .kind = KPS_OWNER_SWARM_SERVICE, .name = SV("web"), .facts = &facts});
        struct kps_claim claim = {.netns = kps_ledger_netns(&ledger, KPS_NETNS_HOST, SV("")),
                                  .protocol = rows_of_swarm[i].protocol,
                                  .owner = id,
                                  .addr = {.kind = KPS_ADDR_EVERY},
                                  .first = 8080,
                                  .last = 8080,
                                  .take = 1,
                                  .target_first = 80,
                                  .target_last = 80,
                                  .copies = 1,
                                  .basis = rows_of_swarm[i].basis};
        (void)kps_ledger_claim(&ledger, &claim);
        kps_ledger_link(&ledger);
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
        assert_string_equal(commands_of(arena, &advice),
                            kps_fmt(arena,
                                    "docker --context prod service update --publish-rm %s web; "
                                    "docker --context prod service rm web",
                                    rows_of_swarm[i].update)
                                .p);
        assert_string_equal(advice.v[1].text.p, "removes the service from every node of the swarm");
        struct kps_finding *finding =
            kps_diag_add(&diag, KPS_RULE_CONTAINER_PORT_TAKEN, KPS_ERROR, 0, "held");
        kps_owner_advise(&ledger, finding, id, 8080);
        kps_owner_advise(&ledger, finding, id, 8080); /* the second holder of a port is the same */
        assert_int_equal(finding->n_helps, advice.n);
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* A task whose service is not listed is ended by the swarm, or started again. */
static void test_task(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "container"};
    (void)unused;
    for (int is_manager = 0; is_manager < 2; is_manager++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        struct kps_container_facts facts = {
            .id = SV("0123456789abcdef"), .state = SV("running"), .is_task = true};
        facts.is_manager = is_manager != 0;
        kps_owner_id id = kps_ledger_owner(
            &ledger,
            &(struct kps_new_owner){
                .cls = &cls, .kind = KPS_OWNER_CONTAINER, .name = SV("web.1.x"), .facts = &facts});
        kps_ledger_link(&ledger);
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
        assert_int_equal(advice.n, 1);
        assert_int_equal(advice.v[0].command.n, 0);
        assert_true(kps_sv_has_any(advice.v[0].text, is_manager ? "wait" : "manager"));
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

static const uint32_t CHILDREN[] = {6, 7};

/* The state of a process decides which signals and keys end it. */
static void test_signals(void **unused)
{
    static const struct kps_owner_class cls = {.noun = "process"};
    static const struct {
        const char *why;
        struct kps_process_facts facts;
        const char *commands, *words, *no_words; /* of the first text */
    } states[] = {
        {"the job in front gets the keys of the terminal",
         {.terminal = SV_LIT("pts/3"), .is_foreground = true},
         "kill 5",
         "Ctrl-C in terminal pts/3",
         "stopped"},
        {"Ctrl-C would end another job",
         {.terminal = SV_LIT("pts/3")},
         "kill 5",
         "can clean up first",
         "Ctrl-C"},
        {"SIGTERM waits until a stopped job goes on",
         {.terminal = SV_LIT("pts/3"), .is_stopped = true},
         "kill 5 && kill -CONT 5",
         "it is stopped (Ctrl-Z; 'fg' continues it)",
         "press"},
        {"a stopped watcher, whose child is stopped too",
         {.manager = SV_LIT("nodemon"), .manager_pid = 4, .is_stopped = true},
         "kill 4 && kill -CONT 4 5",
         "it is stopped",
         "press"},
        {"workers mostly end with their master, and a child with an inherited socket may stay",
         {.sharers = CHILDREN, .n_sharers = 2, .is_master = true},
         "kill 5; kill 6 7",
         "can clean up first",
         "share"},
        {"workers whose master is gone",
         {.sharers = CHILDREN, .n_sharers = 2},
         "kill 5 6 7",
         "ends the 3 processes that share the socket",
         "clean up"},
        {"a stopped job with its workers",
         {.sharers = CHILDREN, .n_sharers = 1, .is_master = true, .is_stopped = true},
         "kill 5 && kill -CONT 5 6; kill 6",
         "it is stopped",
         "share"},
        {"workers that ignore SIGTERM",
         {.sharers = CHILDREN, .n_sharers = 2, .ignores_term = true},
         "kill -KILL 5 6 7",
         "loses unsaved data",
         "can clean up"},
        {"workers of a watcher end with it",
         {.sharers = CHILDREN, .n_sharers = 2, .manager = SV_LIT("nodemon"), .manager_pid = 4},
         "kill 4",
         "ends nodemon",
         "share"},
        {"SIGTERM without effect, also on a stopped one",
         {.ignores_term = true, .is_stopped = true},
         "kill -KILL 5",
         "loses unsaved data",
         "can clean up"},
        {"another user's stopped job",
         {.has_uid = true, .uid = 4711, .is_stopped = true},
         "sudo kill 5 && sudo kill -CONT 5",
         "it is stopped",
         "press"},
    };
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(states); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_diag diag = {.arena = arena};
        struct kps_ledger ledger = {.diag = &diag};
        struct kps_process_facts facts = states[i].facts;
        facts.pid = 5;
        kps_owner_id id = kps_ledger_owner(
            &ledger,
            &(struct kps_new_owner){.cls = &cls, .kind = KPS_OWNER_PROCESS, .facts = &facts});
        struct kps_advice advice = kps_owner_advice(arena, &ledger, id, 8080);
        struct kps_sv text = advice.v[0].text;
        if (strcmp(commands_of(arena, &advice), states[i].commands) != 0 ||
            kps_sv_search(text, kps_sv_of(states[i].words)) == text.n ||
            kps_sv_search(text, kps_sv_of(states[i].no_words)) < text.n) {
            fail_msg("%s: %.*s [%s]", states[i].why, SV_ARG(text), commands_of(arena, &advice));
        }
        kps_ledger_free(&ledger);
        kps_diag_free(&diag);
        kps_arena_free(arena);
    }
}

/* The tables have the advice for users other than root. */
static int drop_rights(void **unused)
{
    enum { NOBODY = 65534 };
    (void)unused;
    return geteuid() == 0 ? seteuid(NOBODY) : 0;
}

/* The leak check needs its own rights. */
static int regain_rights(void **unused)
{
    (void)unused;
    return getuid() == 0 ? seteuid(0) : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),      cmocka_unit_test(test_other_engine),
        cmocka_unit_test(test_swarm),       cmocka_unit_test(test_task),
        cmocka_unit_test(test_signals),     cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_shell_words), cmocka_unit_test(test_words_and_commands),
        cmocka_unit_test(test_helpers),     cmocka_unit_test(test_no_harm),
    };
    return cmocka_run_group_tests(tests, drop_rights, regain_rights);
}
