#include "advice/parts.h"
#include "base/shell.h"

static const struct kps_sv NONE = {"", 0};

/*
 * What is told to a manager that starts a process again when it ends: killing the process would
 * only have it come back. `words` gets the manager's pid and the process's.
 */
struct manager_advice {
    struct kps_sv manager;
    const char *words, *command;
};

static const struct manager_advice MANAGERS[] = {
    {SV_LIT("pm2"), "find its name in the list, then 'pm2 stop NAME'", "pm2 list"},
    {SV_LIT("supervisord"), "find its name in the list, then 'supervisorctl stop NAME'",
     "supervisorctl status"},
    {SV_LIT("circus"), "find its name in the list, then 'circusctl stop NAME'", "circusctl status"},
    {SV_LIT("monit"), "find its name in the list, then 'monit stop NAME'", "monit summary"},
    {SV_LIT("forever"), "find its number in the list, then 'forever stop NUMBER'", "forever list"},
    {SV_LIT("openrc"), "find its name in the list, then 'rc-service NAME stop'", "rc-status"},
    {SV_LIT("overmind"), "find its name in the list, then 'overmind stop NAME'", "overmind status"},
};

static void advise_systemd(struct kps_arena *arena, const struct kps_process_facts *facts,
                           struct kps_advice *advice)
{
    const char *user = facts->unit_of_user ? " --user" : "";
    struct kps_sv socket = facts->socket_unit;
    bool has_service = facts->unit.n && !kps_sv_ends(facts->unit, SV(".scope")) &&
                       !kps_sv_eq(facts->unit, socket) && !kps_sv_eq(facts->unit, SV("init.scope"));
    if (kps_sv_ends(facts->unit, SV(".socket")) && !socket.n) {
        socket = facts->unit;
        has_service = false;
    }
    if (!socket.n && !has_service) {
        return;
    }
    struct kps_sv first = kps_shell_quote(arena, socket.n ? socket : facts->unit);
    struct kps_sv second = socket.n && has_service ? kps_shell_quote(arena, facts->unit) : NONE;
    kps_advice_add(advice,
                   socket.n ? SV("stop the socket unit, which systemd listens for; the service "
                                 "alone would be started "
                                 "again")
                            : SV("stop its unit, not the process: systemd may start that again"),
                   kps_fmt(arena, "systemctl%s stop %.*s%s%.*s", user, SV_ARG(first),
                           second.n ? " " : "", SV_ARG(second)));
}

static bool is_one_of(struct kps_sv manager, const struct kps_sv *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(manager, names[i])) {
            return true;
        }
    }
    return false;
}

const char *kps_manager_does(struct kps_sv manager)
{
    /* "app crashed - waiting for file changes": what they run may end, and stays down until then */
    static const struct kps_sv watchers[] = {
        SV_LIT("nodemon"),     SV_LIT("node --watch"), SV_LIT("tsx watch"), SV_LIT("node-dev"),
        SV_LIT("ts-node-dev"), SV_LIT("air"),          SV_LIT("watchexec"), SV_LIT("entr"),
        SV_LIT("cargo-watch"), SV_LIT("watchmedo"),    SV_LIT("reflex"),
    };
    /* they end the others, or nothing, when one ends */
    static const struct kps_sv groups[] = {
        SV_LIT("foreman"), SV_LIT("honcho"),       SV_LIT("overmind"), SV_LIT("hivemind"),
        SV_LIT("goreman"), SV_LIT("concurrently"), SV_LIT("mprocs"),   SV_LIT("turbo"),
    };
    if (is_one_of(manager, watchers, KPS_COUNT(watchers))) {
        return "starts it again when a file changes";
    }
    return is_one_of(manager, groups, KPS_COUNT(groups)) ? "runs it together with others"
                                                         : "starts it again when it ends";
}

static void advise_manager(struct kps_arena *arena, const struct kps_process_facts *facts,
                           struct kps_advice *advice)
{
    for (size_t i = 0; i < KPS_COUNT(MANAGERS); i++) {
        if (kps_sv_eq(facts->manager, MANAGERS[i].manager)) {
            kps_advice_add(advice,
                           kps_fmt(arena, "stop it through %.*s, which %s (here it is pid %u): %s",
                                   SV_ARG(facts->manager), kps_manager_does(facts->manager),
                                   facts->pid, MANAGERS[i].words),
                           kps_sv_of(MANAGERS[i].command));
            return;
        }
    }
    struct kps_sv where = facts->terminal.n ? kps_fmt(arena, ", or press Ctrl-C in terminal %.*s",
                                                      SV_ARG(facts->terminal))
                                            : NONE;
    kps_advice_add(advice,
                   kps_fmt(arena, "end %.*s, which %s%.*s", SV_ARG(facts->manager),
                           kps_manager_does(facts->manager), SV_ARG(where)),
                   kps_fmt(arena, "kill %u", facts->manager_pid));
}

static void advise_pid(struct kps_arena *arena, const struct kps_process_facts *facts,
                       struct kps_advice *advice)
{
    struct kps_sv where =
        facts->terminal.n
            ? kps_fmt(arena, "press Ctrl-C in terminal %.*s, or end", SV_ARG(facts->terminal))
            : SV("end");
    kps_advice_add(
        advice,
        kps_fmt(arena, "%.*s the process; a plain kill lets it clean up%s", SV_ARG(where),
                facts->is_guess ? " (which process it is was concluded from its command line)"
                                : ""),
        kps_fmt(arena, "kill %u", facts->pid));
}

void kps_advise_process(struct kps_arena *arena, const struct kps_process_facts *facts,
                        uint16_t port, struct kps_advice *advice)
{
    if (kps_sv_eq(facts->manager, SV("systemd")) || (facts->socket_unit.n && !facts->manager_pid)) {
        advise_systemd(arena, facts, advice);
    } else if (facts->manager.n && facts->manager_pid) {
        advise_manager(arena, facts, advice);
    }
    if (advice->n) {
        return;
    }
    if (facts->pid) {
        advise_pid(arena, facts, advice);
    } else if (facts->hidden == KPS_HIDDEN_PERMISSION) {
        kps_advice_add(advice, SV("see which process it is"),
                       port ? kps_fmt(arena, "sudo kportscan %u", port)
                            : SV("sudo kportscan --host"));
    }
}
