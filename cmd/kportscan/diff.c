#include "diff.h"

#include "core/repair.h"
#include "report/diff.h"

/* Say on stderr which findings no edit removes, and why. A fault of an input needs no reason. */
static void report_left(const struct kps_session *session, const struct kps_repair *repair)
{
    for (size_t i = 0; i < repair->n_left; i++) {
        const struct kps_unrepaired *left = &repair->left[i];
        struct kps_diag *diag = session->ledger.diag;
        struct kps_sv place =
            kps_report_place(session->arena, diag, kps_finding_span(diag, left->finding));
        const struct kps_rule_info *rule = kps_rule_info(left->finding->rule);
        bool is_input = left->finding->rule >= KPS_RULE_INPUT_UNREADABLE;
        kps_log_notice(&session->options->log, "%.*s%s%.*s [%s]%s%.*s", SV_ARG(place),
                       place.n ? ": " : "", SV_ARG(left->finding->message), rule->id,
                       is_input ? "" : ": not in the diff: ", is_input ? 0 : (int)left->why.n,
                       left->why.p);
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
    kps_report_diff_files(&session->ledger, options->inputs.cwd, files, paths);
    struct kps_repair_scope scope = {.files = files,
                                     .busy = session->machine.bound_ports,
                                     .node_port_first = options->inputs.cluster.node_port_first,
                                     .node_port_last = options->inputs.cluster.node_port_last};
    struct kps_repair repair = kps_repair_plan(&session->ledger, &scope);
    if (options->log.quiet < 2) {
        kps_report_diff(arena, sources, paths, repair.edits, repair.n_edits, stdout);
        report_left(session, &repair);
    }
}
