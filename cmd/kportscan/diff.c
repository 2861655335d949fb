#include "diff.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/path.h"
#include "core/repair.h"
#include "inputs.h"
#include "log.h"
#include "report/diff.h"

enum { NODE_PORT_FIRST = 30000, NODE_PORT_LAST = 32767 };

/* Return: the resolved path of a regular file; empty: standard input, a pipe, a deleted file.
 */
static struct kps_sv real_path(struct kps_arena *arena, struct kps_sv path)
{
    struct stat st;
    char *buffer = kps_alloc(arena, PATH_MAX);
    const char *real = realpath(kps_cstr(arena, path), buffer);
    return real && stat(real, &st) == 0 && S_ISREG(st.st_mode) ? kps_sv_of(real) : SV("");
}

/* Fill in why a file cannot be changed, and its name in the diff. */
static void find_files(const struct kps_ledger *ledger, struct kps_sv cwd,
                       struct kps_repair_file *files, struct kps_sv *paths)
{
    struct kps_arena *arena = ledger->diag->arena;
    struct kps_map seen = {0};
    char *buffer = kps_alloc(arena, PATH_MAX);
    struct kps_sv here = kps_sv_of(realpath(kps_cstr(arena, cwd), buffer));
    for (kps_file_id id = 1; id <= ledger->diag->files.list.n; id++) {
        struct kps_sv path =
            kps_path_join(arena, cwd, kps_files_get(&ledger->diag->files, id)->path);
        struct kps_sv real = real_path(arena, path);
        struct kps_sv below = kps_path_relative(arena, here, real);
        files[id - 1].same_as = real.n ? *kps_map_put(&seen, arena, real, id, NULL) : id;
        paths[id - 1] = below;
        if (real.n == 0) {
            files[id - 1].why = SV("is no file that can be changed");
        } else if (below.n && below.p[0] == '/') {
            files[id - 1].why = SV("is not below the working directory");
        } else if (!kps_sv_eq(kps_path_relative(arena, cwd, path), below)) {
            files[id - 1].why = SV("is reached through a symbolic link");
        }
    }
}

/* Say on stderr which findings no edit removes, and why. */
static void report_left(const struct kps_session *session, const struct kps_repair *repair)
{
    for (size_t i = 0; i < repair->n_left; i++) {
        const struct kps_unrepaired *left = &repair->left[i];
        struct kps_diag *diag = session->ledger.diag;
        struct kps_sv place =
            kps_report_place(session->arena, diag, kps_finding_span(diag, left->finding));
        const struct kps_rule_info *rule = kps_rule_info(left->finding->rule);
        kps_log_notice(session->options, "%.*s%s%.*s [%s]: not in the diff: %.*s", SV_ARG(place),
                       place.n ? ": " : "", SV_ARG(left->finding->message), rule ? rule->id : "-",
                       SV_ARG(left->why));
    }
}

void kps_diff(const struct kps_session *session)
{
    struct kps_arena *arena = session->arena;
    const struct kps_options *options = session->options;
    const struct kps_files *sources = &session->diag.files;
    size_t n = sources->list.n;
    struct kps_repair_file *files = KPS_NEW_N(arena, struct kps_repair_file, n + 1);
    struct kps_sv *paths = KPS_NEW_N(arena, struct kps_sv, n + 1);
    find_files(&session->ledger, kps_inputs_cwd(arena, session->env), files, paths);
    bool has_range = options->cluster.node_port_last != 0;
    struct kps_repair_scope scope = {
        .files = files,
        .busy = session->machine.bound_ports,
        .node_port_first = has_range ? options->cluster.node_port_first : NODE_PORT_FIRST,
        .node_port_last = has_range ? options->cluster.node_port_last : NODE_PORT_LAST};
    struct kps_repair repair = kps_repair_plan(&session->ledger, &scope);
    if (options->quiet < 2) {
        kps_report_diff(arena, sources, paths, repair.edits, repair.n_edits, stdout);
        report_left(session, &repair);
    }
}
