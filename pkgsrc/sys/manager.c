#include "sys/manager.h"

#include <stdbool.h>

#include "base/compiler.h"
#include "base/path.h"

/* Managers with the names of their programs, ".js", ".py" and ".mjs" taken off. */
static const char PROGRAMS[] =
    "supervisord monit god forever nodemon node-dev ts-node-dev watchexec entr air reflex "
    "cargo-watch watchmedo foreman honcho overmind hivemind goreman concurrently mprocs turbo";

/* Managers whose programs have other names. */
static const struct {
    char program[17], manager[12];
} RENAMED[] = {{"circusd", "circus"},          {"runsv", "runit"},
               {"s6-supervise", "s6"},         {"supervise", "daemontools"},
               {"supervise-daemon", "openrc"}, {"pm2-runtime", "pm2"},
               {"tsnd", "ts-node-dev"}};

/* The `index`th argument; empty when there are fewer. */
static struct kps_sv argument_at(struct kps_sv cmdline, unsigned index)
{
    for (; index > 0; index--) {
        cmdline = kps_sv_after(cmdline, '\0');
    }
    return kps_sv_before(cmdline, '\0');
}

/* "/usr/lib/node_modules/nodemon/bin/nodemon.js" is "nodemon". */
static struct kps_sv program_name(struct kps_sv path)
{
    static const char endings[] = ".js .mjs .cjs .py .rb";
    struct kps_sv name = kps_path_base(path);
    return kps_sv_ends_with_any(name, endings) ? kps_sv_head(name, kps_sv_rfind(name, '.')) : name;
}

static struct kps_sv manager_called(struct kps_sv name)
{
    for (size_t i = 0; i < KPS_COUNT(RENAMED); i++) {
        if (kps_sv_is(name, RENAMED[i].program)) {
            return kps_sv_of(RENAMED[i].manager);
        }
    }
    return kps_sv_is_one_of(name, PROGRAMS) ? name : (struct kps_sv){0};
}

/* Programs that run a script: the first argument without a dash. */
static bool is_interpreter(struct kps_sv name)
{
    return kps_sv_is_one_of(name, "node nodejs bun deno ruby sh bash perl") ||
           kps_sv_has_head(name, "python"); /* python3, python3.11 */
}

/* Return the manager of an interpreter's script, or node's own --watch. */
static struct kps_sv manager_of_script(struct kps_sv interpreter, struct kps_sv cmdline)
{
    enum { FLAGS = 6 };
    bool is_node = kps_sv_has_head(interpreter, "node") || kps_sv_is(interpreter, "bun");
    for (unsigned i = 1; i <= FLAGS; i++) {
        struct kps_sv argument = argument_at(cmdline, i);
        if (is_node &&
            (kps_sv_is(argument, "--watch") || kps_sv_has_head(argument, "--watch-path"))) {
            return SV("node --watch");
        }
        if (!kps_sv_has_head(argument, "-")) {
            struct kps_sv script = program_name(argument);
            bool is_tsx =
                kps_sv_is(script, "tsx") || kps_sv_has_tail(argument, "/tsx/dist/cli.mjs");
            if (is_tsx && kps_sv_is(argument_at(cmdline, i + 1), "watch")) {
                return SV("tsx watch");
            }
            return manager_called(script);
        }
    }
    return (struct kps_sv){0};
}

static struct kps_sv manager_of(const struct kps_manager_candidate *process)
{
    /* pm2's daemon sets its title: "PM2 v5.3.0: God Daemon (/root/.pm2)" */
    if (kps_sv_has_head(process->comm, "PM2 v")) {
        return SV("pm2");
    }
    struct kps_sv program = program_name(argument_at(process->cmdline, 0));
    struct kps_sv manager = manager_called(program);
    if (manager.n == 0) {
        manager = manager_called(process->comm);
    }
    if (manager.n == 0 && is_interpreter(program)) {
        manager = manager_of_script(program, process->cmdline);
    }
    return manager;
}

/*
 * Report if the unit runs programs of others, which systemd does not start again: jobs of cron and
 * of CI, logins, and programs that the user started from an application.
 */
static bool is_host_of_jobs(struct kps_sv unit, bool unit_of_user, struct kps_sv comm)
{
    static const char hosts[] =
        "cron. crond. cronie. anacron. fcron. atd. getty@ serial-getty@ console-getty. autovt@ "
        "user@ actions.runner. vsts.agent. gitlab-runner. buildkite-agent.";
    struct kps_sv host;
    for (struct kps_sv rest = kps_sv_of(hosts); kps_sv_next(&rest, ' ', &host);) {
        if (kps_sv_starts(unit, host)) {
            return comm.n == 0 || !kps_sv_starts(unit, comm);
        }
    }
    return unit_of_user && kps_sv_has_head(unit, "app-"); /* an application of the desktop */
}

struct kps_manager kps_manager_find(const struct kps_manager_candidate *chain, size_t n,
                                    struct kps_sv unit, bool unit_of_user)
{
    bool by_systemd = kps_sv_ends_with_any(unit, ".service .socket") &&
                      !is_host_of_jobs(unit, unit_of_user, n ? chain[0].comm : (struct kps_sv){0});
    /* From 1: a manager that listens itself (supervisord's web page) is not started again by
     * itself. */
    for (size_t i = 1; i < n; i++) {
        struct kps_sv manager = manager_of(&chain[i]);
        if (manager.n) {
            return (struct kps_manager){manager, chain[i].pid, argument_at(chain[i].cmdline, 1),
                                        by_systemd};
        }
    }
    return (struct kps_manager){
        by_systemd ? SV("systemd") : (struct kps_sv){0}, 0, {0}, by_systemd};
}
