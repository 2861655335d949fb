#include "option_rules.h"

#include "arguments/command_words.h"
#include "arguments/port_argument.h"
#include "base/fs.h"
#include "base/shell.h"
#include "option_table.h"

static const char *free_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_FREE) {
        return options->free_count ? "-n belongs to --free" : NULL;
    }
    if (options->only_files && !options->inputs.dumps.n) {
        return "--lint looks at files only, and --free tries a port of this machine";
    }
    if (options->n_questions) {
        return kps_fmt(arena,
                       "--free looks for one port at a time; a file called '%.*s' is './%.*s'",
                       SV_ARG(options->questions[0].words), SV_ARG(options->questions[0].words))
            .p;
    }
    return NULL;
}

/* Return: the fault of the options of --assign; NULL: none. */
static const char *assign_fault(const struct kps_options *options)
{
    if (options->mode != KPS_MODE_ASSIGN) {
        return options->only_checks || options->assign_range.last
                   ? "--check and --range belong to --assign"
                   : NULL;
    }
    if (options->n_questions || options->inputs.named.n > 1) {
        return "--assign is for one project: 'kportscan --assign [FILE or FOLDER]'";
    }
    return NULL;
}

/* Return: the fault of a query; NULL: none. */
static const char *query_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv hint =
        options->inputs.named.n && !kps_fs_exists(kps_cstr(arena, options->inputs.named.v[0]))
            ? kps_command_words_hint(arena, options->inputs.named.v[0])
            : SV("");
    if (hint.n) {
        return kps_fmt(arena, "there is no file '%.*s'; %.*s", SV_ARG(options->inputs.named.v[0]),
                       SV_ARG(hint))
            .p;
    }
    if (options->n_questions && (options->inputs.named.n || options->inputs.files.n)) {
        struct kps_sv input =
            options->inputs.named.n ? options->inputs.named.v[0] : options->inputs.files.v[0];
        return kps_fmt(arena,
                       "'%.*s' asks about a port and '%.*s' is a file to check: one at a time",
                       SV_ARG(options->questions[0].words), SV_ARG(input))
            .p;
    }
    if (options->names.n &&
        (options->inputs.named.n || options->inputs.files.n || options->n_questions)) {
        return kps_fmt(arena, "'%.*s' is a name: ask about it without files and ports",
                       SV_ARG(options->names.v[0]))
            .p;
    }
    if (options->only_files && !options->inputs.dumps.n) {
        return "--lint looks at files only; a question about ports is about this machine";
    }
    if ((options->asks_docker && options->machine.no_docker) ||
        (options->asks_host && options->machine.no_host) ||
        (options->machine.no_docker && options->machine.no_host)) {
        return "--no-docker and --no-host leave nothing to ask";
    }
    return NULL;
}

/* Return: the fault of an option for files beside a question; NULL: none. */
static const char *check_option_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv name;
    for (struct kps_sv rest = SV("diff files write-baseline systemd service scale");
         kps_sv_next(&rest, ' ', &name);) {
        if (kps_option_is_given(options, kps_cstr(arena, name))) {
            return kps_fmt(arena, "--%.*s is about files that are checked, not about ports",
                           SV_ARG(name))
                .p;
        }
    }
    return NULL;
}

/* Return: the fault of the options of --map; NULL: none. */
static const char *map_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_CHECK || options->only_lists_files || options->makes_diff ||
        options->verdict.new_baseline.n || options->watches) {
        return "--map lists the host ports that files want, and does nothing else";
    }
    if (options->asks_docker || options->asks_host || options->inputs.asks_cluster ||
        options->inputs.dumps.n) {
        return "--map lists what files want; --docker, --host and --cluster list what is in "
               "use: one of them";
    }
    if (options->n_questions) {
        return kps_fmt(arena, "--map lists all ports of the files: leave '%.*s' out",
                       SV_ARG(options->questions[0].words))
            .p;
    }
    return NULL;
}

/* Return: the fault of the options about lists; NULL: none. */
static const char *list_fault(const struct kps_options *options)
{
    if (options->mode == KPS_MODE_QUERY || options->makes_map) {
        return NULL;
    }
    return options->sort != KPS_SORT_USUAL
               ? "--sort orders lists: --docker, --host, --cluster and --map"
               : NULL;
}

/* Return: the fault of the formats of the mode that is settled; NULL: none. */
static const char *format_fault(struct kps_arena *arena, const struct kps_options *options)
{
    const char *fault = NULL;
    unsigned use = kps_option_format_use(options);
    if (options->only_lists_files && options->output.n) {
        return "--files lists files, one a line, and has no other format";
    }
    for (size_t i = 0; i < options->output.n && use && !fault; i++) {
        fault = kps_format_fault(arena, options->output.v[i].format, use);
    }
    return fault;
}

/* Return: the fault of a --diff, a check that prints the patch; NULL: none. */
static const char *diff_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_CHECK || options->only_lists_files) {
        return "--diff is about files that are checked, and prints nothing else";
    }
    for (size_t i = 0; i < options->output.n; i++) {
        if (options->output.v[i].file.n == 0) {
            return kps_fmt(arena,
                           "--diff prints the patch; write the report to a file: --format %s=FILE",
                           options->output.v[i].format->name)
                .p;
        }
    }
    return NULL;
}

/* Return: the fault of a question about a live cluster; NULL: none. */
static const char *cluster_question_fault(struct kps_arena *arena,
                                          const struct kps_options *options)
{
    if (options->asks_docker || options->asks_host) {
        return "--cluster, --docker and --host ask different things about ports: one of them";
    }
    if (options->inputs.dumps.n && options->watches) {
        return "a dump does not change: --watch wants --cluster";
    }
    if (options->mode == KPS_MODE_FREE && (options->inputs.named.n || options->inputs.files.n)) {
        struct kps_sv input =
            options->inputs.named.n ? options->inputs.named.v[0] : options->inputs.files.v[0];
        return kps_fmt(arena, "--free looks at the cluster alone: leave '%.*s' out", SV_ARG(input))
            .p;
    }
    return NULL;
}

/* Return: the fault of the options about a live cluster; NULL: none. */
static const char *cluster_fault(struct kps_arena *arena, const struct kps_options *options)
{
    bool is_free = options->mode == KPS_MODE_FREE;
    bool is_question =
        options->n_questions || is_free || !(options->inputs.named.n || options->inputs.files.n);
    if (!options->inputs.asks_cluster &&
        (options->inputs.live.context.n || options->inputs.live.kubeconfig.n)) {
        return "--kube-context and --kubeconfig go with --cluster";
    }
    if (options->inputs.dumps.n && options->inputs.asks_cluster) {
        return "--cluster and --against both say which cluster: one of them";
    }
    if (kps_list_count(&options->inputs.dumps, SV("-")) &&
        kps_list_count(&options->inputs.named, SV("-"))) {
        return "standard input is the dump or the manifests, not both";
    }
    if (options->inputs.asks_cluster && options->only_files) {
        return "--lint looks at files only, and --cluster asks a cluster";
    }
    if ((options->inputs.asks_cluster || options->inputs.dumps.n) && is_question) {
        return cluster_question_fault(arena, options);
    }
    return NULL;
}

/* Return: the fault of a project name that is a port, as 'docker run -p' takes one; a bare number
 * is a name, too. */
static const char *project_name_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv name = options->inputs.project_name;
    bool is_bare = kps_sv_find(name, ':') == name.n && kps_sv_find(name, '/') == name.n;
    if (is_bare || kps_port_argument_form(name) == KPS_PORT_FORM_NONE) {
        return NULL;
    }
    return kps_fmt(arena,
                   "-p is the name of the project here, and '%.*s' is a port; type: kportscan %s",
                   SV_ARG(name), kps_shell_quote(arena, name).p)
        .p;
}

static bool has_several_contexts(const struct kps_options *options)
{
    return options->machine.asks_all_contexts || options->machine.contexts.n > 1;
}

static bool has_contexts(const struct kps_options *options)
{
    return options->machine.asks_all_contexts || options->machine.contexts.n > 0;
}

/*
 * Turn a check into a query when ports were requested, or --docker or --host without inputs.
 * Return: the fault of the options about this machine; empty: none.
 */
static const char *settle_mode(struct kps_arena *arena, struct kps_options *options)
{
    if (options->machine.docker_host.n && has_contexts(options)) {
        return "--docker-host and --context both say which engine: one of them";
    }
    const char *fault = project_name_fault(arena, options);
    fault = fault ? fault : free_fault(arena, options);
    fault = fault ? fault : assign_fault(options);
    fault = fault ? fault : cluster_fault(arena, options);
    if (fault) {
        return fault;
    }
    fault = options->makes_map ? map_fault(arena, options) : fault;
    if (fault) {
        return fault;
    }
    bool has_inputs = options->inputs.named.n || options->inputs.files.n;
    bool asks_cluster = options->inputs.asks_cluster || options->inputs.dumps.n;
    bool is_query = options->n_questions || (options->names.n && !options->makes_map) ||
                    ((options->asks_docker || options->asks_host || asks_cluster) && !has_inputs);
    if (is_query) {
        fault = check_option_fault(arena, options);
    } else if (options->makes_diff) {
        fault = diff_fault(arena, options);
    }
    if (fault) {
        return fault;
    }
    if (has_several_contexts(options) && !is_query && options->mode != KPS_MODE_FREE) {
        return "several contexts are for questions: --docker, PORT and --free; a check is about "
               "one engine, or one for each of the 'machines' in .kportscan.yaml";
    }
    if (options->mode != KPS_MODE_CHECK || !is_query) {
        return options->watches ? "--watch is for ports and lists: 'kportscan 3000 --watch', "
                                  "'kportscan --docker --watch'"
                                : NULL;
    }
    options->mode = KPS_MODE_QUERY;
    return query_fault(arena, options);
}

const char *kps_option_rules_settle(struct kps_arena *arena, struct kps_options *options)
{
    if (options->no_config && options->config.n) {
        return "--config and --no-config exclude each other";
    }
    if (kps_sv_is(options->verdict.new_baseline, "-")) {
        return "--write-baseline wants a file, which a later run reads, not '-'";
    }
    const char *fault = settle_mode(arena, options);
    fault = fault ? fault : list_fault(options);
    fault = fault ? fault : format_fault(arena, options);
    options->only_files |= options->makes_map;
    return fault;
}
