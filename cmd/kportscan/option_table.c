#include "option_table.h"

#include <string.h>

#include "arguments/port_argument.h"
#include "base/nearest.h"

enum { MOST_NODES = 1000 * 1000 };

/* The words of the rows are in the order of the enum, or (severities) in its reverse. */

static bool set_severity(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned at = 0;
    bool is_set = kps_option_word(s, text, &at);
    s->options->verdict.least_severity =
        is_set ? (enum kps_severity)(KPS_ERROR - at) : s->options->verdict.least_severity;
    return is_set;
}

static bool set_fail_on(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned at = 0;
    bool is_set = kps_option_word(s, text, &at);
    s->options->verdict.never_fails = is_set && at > KPS_ERROR;
    s->options->verdict.fail_on =
        is_set && at <= KPS_ERROR ? (enum kps_severity)(KPS_ERROR - at) : KPS_ERROR;
    return is_set;
}

static bool set_colour(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned at = 0;
    bool is_set = kps_option_word(s, text, &at);
    s->options->output.colour = (enum kps_colour)at;
    return is_set;
}

static bool set_sort(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned at = 0;
    bool is_set = kps_option_word(s, text, &at);
    s->options->sort = (enum kps_sort)(KPS_SORT_PORT + at);
    return is_set;
}

unsigned kps_option_format_use(const struct kps_options *options)
{
    switch (options->mode) {
    case KPS_MODE_CHECK:
        return options->makes_map ? KPS_FORMAT_MAP : KPS_FORMAT_CHECK;
    case KPS_MODE_QUERY:
        return KPS_FORMAT_LIST;
    case KPS_MODE_FREE:
        return KPS_FORMAT_FREE;
    case KPS_MODE_ASSIGN:
        return KPS_FORMAT_ASSIGN;
    case KPS_MODE_DIAGNOSE:
        return KPS_FORMAT_DIAGNOSE;
    case KPS_MODE_EXPLAIN:
    case KPS_MODE_LIST_RULES:
    case KPS_MODE_COMPLETIONS:
    case KPS_MODE_HELP:
    case KPS_MODE_VERSION:
        break;
    }
    return 0;
}

static bool add_format(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_output_options *outputs = &s->options->output;
    struct kps_output output;
    if (kps_sv_find(text, '=') < text.n && s->source == KPS_SOURCE_CONFIG) {
        return kps_option_refuse(
            s, "format: a file to write to can only be named in the command line or in "
               "KPORTSCAN_FORMAT");
    }
    struct kps_sv fault = kps_output_parse(s->arena, text, s->name, &output);
    if (!fault.n && s->source != KPS_SOURCE_COMMAND_LINE) {
        if (!(output.format->uses & kps_option_format_use(s->options))) {
            return true; /* a format for checks leaves questions alone */
        }
        outputs->v = NULL;
        outputs->n = 0;
    }
    if (!outputs->v) {
        outputs->v = KPS_NEW_N(s->arena, struct kps_output, s->options->state.most_values + 1);
    }
    fault = fault.n ? fault : kps_output_add(outputs, output);
    return fault.n == 0 || kps_option_refuse(s, "%.*s", SV_ARG(fault));
}

static bool add_rules(struct kps_option_setting *s, struct kps_sv list, struct kps_rule_set *set)
{
    struct kps_sv word = kps_rule_set_add_list(set, list);
    return word.n == 0 ||
           kps_option_refuse(s, "there is no rule '%.*s'%.*s (kportscan --list-rules)",
                             SV_ARG(word),
                             SV_ARG(kps_nearest_words(s->arena, kps_rule_nearest(word), "")));
}

static bool add_selected(struct kps_option_setting *s, struct kps_sv text)
{
    s->options->verdict.selects = true;
    return add_rules(s, text, &s->options->verdict.selected);
}

static bool add_ignored(struct kps_option_setting *s, struct kps_sv text)
{
    return add_rules(s, text, &s->options->verdict.ignored);
}

static bool set_nodes(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned long long nodes = 0;
    if (!kps_sv_u64(text, MOST_NODES, &nodes) || nodes == 0) {
        return kps_option_refuse(s, "%s '%.*s' is not a number of nodes", s->name, SV_ARG(text));
    }
    s->options->inputs.cluster.nodes = (uint32_t)nodes;
    return true;
}

static bool set_node_port_range(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_kube_range_parse(text, &s->options->inputs.cluster) ||
           kps_option_refuse(s, "%s '%.*s' is not like 30000-32767", s->name, SV_ARG(text));
}

static bool set_kubernetes_version(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_kube_version_parse(text, &s->options->inputs.cluster) ||
           kps_option_refuse(s, "%s '%.*s' is not like 1.30", s->name, SV_ARG(text));
}

static bool set_compose_version(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_compose_versions_parse(text, &s->options->inputs.compose_version) ||
           kps_option_refuse(s, "%s '%.*s' is not like 2.40", s->name, SV_ARG(text));
}

static bool set_explained(struct kps_option_setting *s, struct kps_sv text)
{
    s->options->mode = KPS_MODE_EXPLAIN;
    s->options->explained = text;
    return true;
}

static bool set_shell(struct kps_option_setting *s, struct kps_sv text)
{
    s->options->mode = KPS_MODE_COMPLETIONS;
    s->options->shell = text;
    return true;
}

static bool set_free(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_sv error = SV("");
    s->options->mode = KPS_MODE_FREE;
    if (kps_port_argument_form(text) == KPS_PORT_FORM_NONE) {
        return kps_option_refuse(
            s, "--free '%.*s' is no port, like 3000, 3000-3010/udp or 127.0.0.1:3000",
            SV_ARG(text));
    }
    return kps_port_argument_parse(s->arena, text, &s->options->free_from, &error) ||
           kps_option_refuse(s, "--free %.*s", SV_ARG(error));
}

static bool set_range(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_question range;
    struct kps_sv error = SV("");
    bool is_range = kps_port_argument_form(text) == KPS_PORT_FORM_PLAIN &&
                    kps_sv_find(text, '-') < text.n &&
                    kps_port_argument_parse(s->arena, text, &range, &error) &&
                    range.ports.addr.kind == KPS_ADDR_EVERY;
    if (!is_range) {
        return kps_option_refuse(s, "%s '%.*s' is not like 20000-29999", s->name, SV_ARG(text));
    }
    s->options->assign_range = range.ports;
    return true;
}

static bool set_free_count(struct kps_option_setting *s, struct kps_sv text)
{
    unsigned long long count = 0;
    if (!kps_sv_u64(text, UINT16_MAX, &count) || count == 0) {
        return kps_option_refuse(s, "-n '%.*s' is not a number of ports, 1 to 65535", SV_ARG(text));
    }
    s->options->free_count = (uint32_t)count;
    return true;
}

static bool set_seconds(struct kps_option_setting *s, struct kps_sv text, uint32_t *ret_ms)
{
    return kps_option_seconds(text, ret_ms) ||
           kps_option_refuse(s, "%s '%.*s' is not a number of seconds, up to 3600", s->name,
                             SV_ARG(text));
}

static bool add_scale(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_options *options = s->options;
    size_t equals = kps_sv_find(text, '=');
    unsigned long long n = 0;
    if (equals == 0 || !kps_sv_u64(kps_sv_from(text, equals + 1), UINT32_MAX, &n)) {
        return kps_option_refuse(s, "--scale '%.*s' is not like web=3", SV_ARG(text));
    }
    if (!options->inputs.scales) {
        options->inputs.scales =
            KPS_NEW_N(s->arena, struct kps_compose_scale, options->state.most_values + 1);
    }
    options->inputs.scales[options->inputs.n_scales++] =
        (struct kps_compose_scale){kps_sv_slice(text, 0, equals), (uint32_t)n};
    return true;
}

static bool add_context(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_list *contexts = &s->options->machine.contexts;
    if (text.n == 0) {
        return kps_option_refuse(s, "%s wants a name (docker context ls)", s->name);
    }
    if (kps_sv_is(text, "*")) {
        s->options->machine.asks_all_contexts = true;
        return true;
    }
    for (size_t i = 0; i < contexts->n; i++) {
        if (kps_sv_eq(contexts->v[i], text)) {
            return true;
        }
    }
    kps_option_append(s->arena, s->options, contexts, text);
    return true;
}

static bool set_timeout(struct kps_option_setting *s, struct kps_sv text)
{
    bool is_set = set_seconds(s, text, &s->options->machine.timeout_ms);
    s->options->inputs.live.timeout_ms = s->options->machine.timeout_ms;
    return is_set;
}

static bool set_watch(struct kps_option_setting *s, struct kps_sv text)
{
    s->options->watches = true;
    s->options->machine.never_prompts = true; /* nobody waits for the next question */
    return !s->has_text || set_seconds(s, text, &s->options->watch_ms);
}

/* Start of a row's own fields: kind and target. */
#define AT(member) .target = offsetof(struct kps_options, member)
#define SWITCH(member) .kind = KPS_OPTION_SWITCH, AT(member)
#define COUNT(member) .kind = KPS_OPTION_COUNT, AT(member)
#define TEXT(member) .kind = KPS_OPTION_TEXT, AT(member)
#define LIST(member) .kind = KPS_OPTION_LIST, AT(member)
#define MODE(value) .kind = KPS_OPTION_CONSTANT, AT(mode), .constant = (unsigned)(value)
#define BY(handler) .kind = KPS_OPTION_HANDLED, .set = (handler)
#define ALIAS(of, value) .kind = KPS_OPTION_ALIAS, .alias = (of), .alias_value = (value)

const struct kps_option_info kps_option_table[] = {
    {"file", 'f', "FILE", KPS_GROUP_PROJECT,
     "Compose file; repeat it to layer files of one project", LIST(inputs.files),
     .offer = KPS_OFFER_FILES},
    {"project-name", 'p', "NAME", KPS_GROUP_PROJECT, "name of the project",
     TEXT(inputs.project_name)},
    {"project-directory", '\0', "DIR", KPS_GROUP_PROJECT, "where relative paths and .env start",
     TEXT(inputs.project_directory), .offer = KPS_OFFER_FOLDERS},
    {"profile", '\0', "NAME", KPS_GROUP_PROJECT, "enable a profile (repeatable; '*' for all)",
     LIST(inputs.profiles), .setting = "profiles", .outranked_by = "COMPOSE_PROFILES"},
    {"env-file", '\0', "FILE", KPS_GROUP_PROJECT, "variables instead of .env (repeatable)",
     LIST(inputs.env_files), .setting = "env-files", .outranked_by = "COMPOSE_ENV_FILES",
     .offer = KPS_OFFER_FILES},
    {"service", '\0', "NAME", KPS_GROUP_PROJECT,
     "only what 'docker compose up NAME' starts (repeatable)", LIST(inputs.services)},
    {"compose-version", '\0', "X.Y", KPS_GROUP_PROJECT,
     "read projects as that Docker Compose does; default: the newest known",
     BY(set_compose_version), .setting = "compose-version"},
    {"scale", '\0', "SERVICE=N", KPS_GROUP_PROJECT,
     "replicas, as with 'docker compose up --scale' (repeatable)", BY(add_scale)},
    {"kube-play", '\0', NULL, KPS_GROUP_PROJECT,
     "manifests are for 'podman kube play': host ports of this machine",
     SWITCH(inputs.is_kube_play)},
    {"swarm", '\0', NULL, KPS_GROUP_PROJECT,
     "Compose files are for 'docker stack deploy'; *stack*.yml are without it",
     SWITCH(inputs.is_swarm)},

    {"cluster", '\0', NULL, KPS_GROUP_CLUSTER,
     "judge what applying the inputs to the live cluster does; alone or with PORT: who has its "
     "ports",
     SWITCH(inputs.asks_cluster)},
    {"kube-context", '\0', "NAME", KPS_GROUP_CLUSTER,
     "which cluster; default: kubectl's current one", TEXT(inputs.live.context),
     .wants = "a name (kubectl config get-contexts -o name)"},
    {"kubeconfig", '\0', "FILE", KPS_GROUP_CLUSTER, "kubectl's configuration; default: KUBECONFIG",
     TEXT(inputs.live.kubeconfig), .wants = "a file", .offer = KPS_OFFER_FILES},
    {"against", '\0', "DUMP", KPS_GROUP_CLUSTER,
     "the same for the cluster that is in this dump of kubectl", LIST(inputs.dumps),
     .offer = KPS_OFFER_FILES},
    {"nodes", '\0', "N", KPS_GROUP_CLUSTER, "how many nodes the cluster has", BY(set_nodes),
     .setting = "nodes"},
    {"node-port-range", '\0', "RANGE", KPS_GROUP_CLUSTER, "its node ports; default 30000-32767",
     BY(set_node_port_range), .setting = "node-port-range"},
    {"kubernetes-version", '\0', "X.Y", KPS_GROUP_CLUSTER,
     "where rules differ by version; default: the newest", BY(set_kubernetes_version),
     .setting = "kubernetes-version"},
    {"namespace", '\0', "NAME", KPS_GROUP_CLUSTER, "of objects that name none; default 'default'",
     TEXT(inputs.cluster.default_namespace), .wants = "a name", .setting = "namespace"},

    {"docker", '\0', NULL, KPS_GROUP_MACHINE,
     "what the container engine publishes, or who published PORT", SWITCH(asks_docker)},
    {"host", '\0', NULL, KPS_GROUP_MACHINE, "what listens on this machine, or who listens on PORT",
     SWITCH(asks_host)},
    {"systemd", '\0', NULL, KPS_GROUP_MACHINE,
     "check the socket units and Quadlets of this machine", SWITCH(inputs.asks_systemd)},
    {"port", '\0', "PORT", KPS_GROUP_MACHINE, "the same as the argument PORT (repeatable)",
     LIST(ports)},
    {"free", '\0', "PORT[-PORT]", KPS_GROUP_MACHINE,
     "print the first free host port from there on, or in the range; with --cluster, of all nodes",
     BY(set_free)},
    {"count", 'n', "N", KPS_GROUP_MACHINE, "how many free ports; default 1", BY(set_free_count)},
    {"assign", '\0', NULL, KPS_GROUP_MACHINE,
     "print lines for .env that give the project's ports numbers nobody else has",
     MODE(KPS_MODE_ASSIGN)},
    {"check", '\0', NULL, KPS_GROUP_MACHINE, "with --assign: only say which ports clash now",
     SWITCH(only_checks)},
    {"range", '\0', "PORT-PORT", KPS_GROUP_MACHINE,
     "with --assign: where to look for numbers; default 20000-29999", BY(set_range)},
    {"diagnose", '\0', NULL, KPS_GROUP_MACHINE,
     "read an error message or a log (a file, or standard input) and answer each port error in it",
     MODE(KPS_MODE_DIAGNOSE)},
    {"watch", '\0', "[=SECONDS]", KPS_GROUP_MACHINE,
     "ask for PORT or a list again and again, report what changes; default 1", BY(set_watch)},
    {"docker-host", 'H', "URL", KPS_GROUP_MACHINE, "the engine to ask, instead of DOCKER_HOST",
     TEXT(machine.docker_host), .wants = "a URL, like unix:///var/run/docker.sock"},
    {"context", '\0', "NAME", KPS_GROUP_MACHINE,
     "the engine of a docker context; for questions repeatable, and '*' for every context",
     BY(add_context), .offer = KPS_OFFER_CONTEXTS},
    {"timeout", '\0', "SECONDS", KPS_GROUP_MACHINE, "for everything asked of an engine; default 5",
     BY(set_timeout)},
    {"no-docker", '\0', NULL, KPS_GROUP_MACHINE, "do not ask the container engine",
     SWITCH(machine.no_docker)},
    {"no-host", '\0', NULL, KPS_GROUP_MACHINE, "do not look at this machine's sockets",
     SWITCH(machine.no_host)},

    {"full-cmdline", '\0', NULL, KPS_GROUP_MACHINE,
     "show arguments of processes that look like a password or token",
     SWITCH(machine.full_cmdline)},

    {"exclude", '\0', "GLOB", KPS_GROUP_INPUT, "leave out files and folders below a directory",
     LIST(inputs.excludes), .setting = "exclude", .offer = KPS_OFFER_FILES},
    {"no-ignore", '\0', NULL, KPS_GROUP_INPUT,
     "read what .gitignore, vendor and testdata leave out below a directory",
     SWITCH(inputs.no_ignore)},
    {"together", '\0', NULL, KPS_GROUP_INPUT,
     "all projects below a directory run on one machine: judge them against each other",
     SWITCH(inputs.together)},
    {"map", '\0', NULL, KPS_GROUP_INPUT,
     "list the host ports that the inputs want, instead of judging them", SWITCH(makes_map)},
    {"files", '\0', NULL, KPS_GROUP_INPUT, "only list the files that are read",
     SWITCH(only_lists_files)},
    {"stdin-filename", '\0', "NAME", KPS_GROUP_INPUT, "read '-' as the file of that name",
     TEXT(inputs.stdin_name)},
    {"lint", '\0', NULL, KPS_GROUP_INPUT, "files only: the same result on every machine (for CI)",
     SWITCH(only_files)},
    {"static", '\0', NULL, KPS_GROUP_HIDDEN, NULL, ALIAS("lint", "")},

    {"format", 'o', "FMT[=FILE]", KPS_GROUP_REPORT,
     "text (default on a terminal), short (default on a pipe), json, sarif, github, gitlab, junit, "
     "rdjson, markdown, mermaid, html; of lists also table (the text) and csv; repeatable with "
     "files",
     BY(add_format), .environment = "KPORTSCAN_FORMAT", .setting = "format",
     .offer = KPS_OFFER_FORMATS},
    {"json", '\0', NULL, KPS_GROUP_REPORT, "the same as --format json", ALIAS("format", "json")},
    {"name", '\0', "NAME", KPS_GROUP_REPORT,
     "list only this container, service, project, process, pid, user, unit or workload; with * "
     "and ? (repeatable)",
     LIST(names), .wants = "a name"},
    {"sort", '\0', "KEY", KPS_GROUP_REPORT,
     "order of a list: port, owner or state (trouble first); default: by port", BY(set_sort),
     .environment = "KPORTSCAN_SORT", .setting = "sort", .offer = KPS_OFFER_WORDS,
     .words = "port owner state"},
    {"diff", '\0', NULL, KPS_GROUP_REPORT,
     "instead of findings a patch that gives clashing parties free ports", SWITCH(makes_diff)},
    {"claims", '\0', NULL, KPS_GROUP_REPORT, "json: list all published ports too",
     SWITCH(lists_claims)},
    {"color", '\0', "WHEN", KPS_GROUP_REPORT, "auto, always or never", BY(set_colour),
     .environment = "KPORTSCAN_COLOR", .setting = "color",
     .outranked_by = "NO_COLOR CLICOLOR_FORCE FORCE_COLOR", .offer = KPS_OFFER_WORDS,
     .words = "auto always never"},
    {"no-color", '\0', NULL, KPS_GROUP_REPORT, "the same as --color never",
     ALIAS("color", "never")},
    {"quiet", 'q', NULL, KPS_GROUP_REPORT, "findings only; -qq: exit code only", COUNT(log.quiet)},
    {"verbose", 'v', NULL, KPS_GROUP_REPORT, "say on stderr what was read", SWITCH(log.verbose)},

    {"severity", 'S', "LEVEL", KPS_GROUP_VERDICT,
     "least severity shown: note (default), warning, error", BY(set_severity),
     .environment = "KPORTSCAN_SEVERITY", .setting = "severity", .offer = KPS_OFFER_WORDS,
     .words = "error warning note"},
    {"select", '\0', "RULES", KPS_GROUP_VERDICT, "only these: ids (KP101), prefixes (KP1), names",
     BY(add_selected), .environment = "KPORTSCAN_SELECT", .offer = KPS_OFFER_RULES},
    {"ignore", '\0', "RULES", KPS_GROUP_VERDICT, "all but these", BY(add_ignored),
     .environment = "KPORTSCAN_IGNORE", .offer = KPS_OFFER_RULES},
    {"fail-on", '\0', "LEVEL", KPS_GROUP_VERDICT,
     "exit 1 at this severity: error (default), warning, note, never", BY(set_fail_on),
     .environment = "KPORTSCAN_FAIL_ON", .setting = "fail-on", .offer = KPS_OFFER_WORDS,
     .words = "error warning note never"},
    {"exit-zero", '\0', NULL, KPS_GROUP_VERDICT, "the same as --fail-on never",
     ALIAS("fail-on", "never")},
    {"baseline", '\0', "FILE", KPS_GROUP_VERDICT, "findings that are known already do not count",
     TEXT(verdict.baseline), .wants = "a file", .environment = "KPORTSCAN_BASELINE",
     .setting = "baseline", .offer = KPS_OFFER_FILES},
    {"write-baseline", '\0', "FILE", KPS_GROUP_VERDICT,
     "write the findings there: they are known from now on", TEXT(verdict.new_baseline),
     .wants = "a file", .offer = KPS_OFFER_FILES},
    {"config", '\0', "FILE", KPS_GROUP_VERDICT,
     "settings; default: .kportscan.yaml here or above, up to the repository's root", TEXT(config),
     .wants = "a file", .environment = "KPORTSCAN_CONFIG", .offer = KPS_OFFER_FILES},
    {"no-config", '\0', NULL, KPS_GROUP_VERDICT, "look for no settings", SWITCH(no_config)},

    {"explain", '\0', "RULE", KPS_GROUP_OTHER, "what a rule finds, why, and how to fix it",
     BY(set_explained), .offer = KPS_OFFER_RULE},
    {"list-rules", '\0', NULL, KPS_GROUP_OTHER, "list the rules; -o json: with their texts",
     MODE(KPS_MODE_LIST_RULES)},
    {"help", 'h', NULL, KPS_GROUP_OTHER, "this text", MODE(KPS_MODE_HELP)},
    {"version", 'V', NULL, KPS_GROUP_OTHER, "name and version; -v: of the libraries, too",
     MODE(KPS_MODE_VERSION)},

    /* for packages and installers */
    {"completions", '\0', "SHELL", KPS_GROUP_HIDDEN, NULL, BY(set_shell)},
    {.name = NULL},
};

_Static_assert(KPS_COUNT(kps_option_table) <= KPS_OPTION_MOST, "`given` has room for every row");
_Static_assert(sizeof(enum kps_mode) == sizeof(unsigned), "MODE sets it");
_Static_assert(offsetof(struct kps_options, state) == 0, "the library finds it there");
