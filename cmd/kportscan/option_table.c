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
    int64_t nodes = kps_sv_number(text, MOST_NODES);
    if (nodes <= 0) {
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
    int64_t count = kps_sv_number(text, UINT16_MAX);
    if (count <= 0) {
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
    int64_t n = kps_sv_number(kps_sv_from(text, equals + 1), UINT32_MAX);
    if (equals == 0 || n < 0) {
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
    {"file", "FILE", "Compose file; repeat it to layer files of one project", KPS_GROUP_PROJECT,
     LIST(inputs.files), .offer = KPS_OFFER_FILES, .letter = 'f'},
    {"project-name", "NAME", "name of the project", KPS_GROUP_PROJECT, TEXT(inputs.project_name),
     .letter = 'p'},
    {"project-directory", "DIR", "where relative paths and .env start", KPS_GROUP_PROJECT,
     TEXT(inputs.project_directory), .offer = KPS_OFFER_FOLDERS},
    {"profile", "NAME", "enable a profile (repeatable; '*' for all)", KPS_GROUP_PROJECT,
     LIST(inputs.profiles), .setting = "profiles", .outranked_by = "COMPOSE_PROFILES"},
    {"env-file", "FILE", "variables instead of .env (repeatable)", KPS_GROUP_PROJECT,
     LIST(inputs.env_files), .setting = "env-files", .outranked_by = "COMPOSE_ENV_FILES",
     .offer = KPS_OFFER_FILES},
    {"service", "NAME", "only what 'docker compose up NAME' starts (repeatable)", KPS_GROUP_PROJECT,
     LIST(inputs.services)},
    {"compose-version", "X.Y",
     "read projects as that Docker Compose does; default: the newest known", KPS_GROUP_PROJECT,
     BY(set_compose_version), .setting = "compose-version"},
    {"scale", "SERVICE=N", "replicas, as with 'docker compose up --scale' (repeatable)",
     KPS_GROUP_PROJECT, BY(add_scale)},
    {"kube-play", NULL, "manifests are for 'podman kube play': host ports of this machine",
     KPS_GROUP_PROJECT, SWITCH(inputs.is_kube_play)},
    {"swarm", NULL, "Compose files are for 'docker stack deploy'; *stack*.yml are without it",
     KPS_GROUP_PROJECT, SWITCH(inputs.is_swarm)},

    {"cluster", NULL,
     "judge what applying the inputs to the live cluster does; alone or with PORT: who has its "
     "ports",
     KPS_GROUP_CLUSTER, SWITCH(inputs.asks_cluster)},
    {"kube-context", "NAME", "which cluster; default: kubectl's current one", KPS_GROUP_CLUSTER,
     TEXT(inputs.live.context), .wants = "a name (kubectl config get-contexts -o name)"},
    {"kubeconfig", "FILE", "kubectl's configuration; default: KUBECONFIG", KPS_GROUP_CLUSTER,
     TEXT(inputs.live.kubeconfig), .wants = "a file", .offer = KPS_OFFER_FILES},
    {"against", "DUMP", "the same for the cluster that is in this dump of kubectl",
     KPS_GROUP_CLUSTER, LIST(inputs.dumps), .offer = KPS_OFFER_FILES},
    {"nodes", "N", "how many nodes the cluster has", KPS_GROUP_CLUSTER, BY(set_nodes),
     .setting = "nodes"},
    {"node-port-range", "RANGE", "its node ports; default 30000-32767", KPS_GROUP_CLUSTER,
     BY(set_node_port_range), .setting = "node-port-range"},
    {"kubernetes-version", "X.Y", "where rules differ by version; default: the newest",
     KPS_GROUP_CLUSTER, BY(set_kubernetes_version), .setting = "kubernetes-version"},
    {"namespace", "NAME", "of objects that name none; default 'default'", KPS_GROUP_CLUSTER,
     TEXT(inputs.cluster.default_namespace), .wants = "a name", .setting = "namespace"},

    {"docker", NULL, "what the container engine publishes, or who published PORT",
     KPS_GROUP_MACHINE, SWITCH(asks_docker)},
    {"host", NULL, "what listens on this machine, or who listens on PORT", KPS_GROUP_MACHINE,
     SWITCH(asks_host)},
    {"systemd", NULL, "check the socket units and Quadlets of this machine", KPS_GROUP_MACHINE,
     SWITCH(inputs.asks_systemd)},
    {"port", "PORT", "the same as the argument PORT (repeatable)", KPS_GROUP_MACHINE, LIST(ports)},
    {"free", "PORT[-PORT]",
     "print the first free host port from there on, or in the range; with --cluster, of all nodes",
     KPS_GROUP_MACHINE, BY(set_free)},
    {"count", "N", "how many free ports; default 1", KPS_GROUP_MACHINE, BY(set_free_count),
     .letter = 'n'},
    {"assign", NULL, "print lines for .env that give the project's ports numbers nobody else has",
     KPS_GROUP_MACHINE, MODE(KPS_MODE_ASSIGN)},
    {"check", NULL, "with --assign: only say which ports clash now", KPS_GROUP_MACHINE,
     SWITCH(only_checks)},
    {"range", "PORT-PORT", "with --assign: where to look for numbers; default 20000-29999",
     KPS_GROUP_MACHINE, BY(set_range)},
    {"diagnose", NULL,
     "read an error message or a log (a file, or standard input) and answer each port error in it",
     KPS_GROUP_MACHINE, MODE(KPS_MODE_DIAGNOSE)},
    {"watch", "[=SECONDS]",
     "ask for PORT or a list again and again, report what changes; default 1", KPS_GROUP_MACHINE,
     BY(set_watch)},
    {"docker-host", "URL", "the engine to ask, instead of DOCKER_HOST", KPS_GROUP_MACHINE,
     TEXT(machine.docker_host), .wants = "a URL, like unix:///var/run/docker.sock", .letter = 'H'},
    {"context", "NAME",
     "the engine of a docker context; for questions repeatable, and '*' for every context",
     KPS_GROUP_MACHINE, BY(add_context), .offer = KPS_OFFER_CONTEXTS},
    {"timeout", "SECONDS", "for everything asked of an engine; default 5", KPS_GROUP_MACHINE,
     BY(set_timeout)},
    {"no-docker", NULL, "do not ask the container engine", KPS_GROUP_MACHINE,
     SWITCH(machine.no_docker)},
    {"no-host", NULL, "do not look at this machine's sockets", KPS_GROUP_MACHINE,
     SWITCH(machine.no_host)},

    {"full-cmdline", NULL, "show arguments of processes that look like a password or token",
     KPS_GROUP_MACHINE, SWITCH(machine.full_cmdline)},

    {"exclude", "GLOB", "leave out files and folders below a directory", KPS_GROUP_INPUT,
     LIST(inputs.excludes), .setting = "exclude", .offer = KPS_OFFER_FILES},
    {"no-ignore", NULL, "read what .gitignore, vendor and testdata leave out below a directory",
     KPS_GROUP_INPUT, SWITCH(inputs.no_ignore)},
    {"together", NULL,
     "all projects below a directory run on one machine: judge them against each other",
     KPS_GROUP_INPUT, SWITCH(inputs.together)},
    {"map", NULL, "list the host ports that the inputs want, instead of judging them",
     KPS_GROUP_INPUT, SWITCH(makes_map)},
    {"files", NULL, "only list the files that are read", KPS_GROUP_INPUT, SWITCH(only_lists_files)},
    {"stdin-filename", "NAME", "read '-' as the file of that name", KPS_GROUP_INPUT,
     TEXT(inputs.stdin_name)},
    {"lint", NULL, "files only: the same result on every machine (for CI)", KPS_GROUP_INPUT,
     SWITCH(only_files)},
    {"static", NULL, NULL, KPS_GROUP_HIDDEN, ALIAS("lint", "")},

    {"format", "FMT[=FILE]",
     "text (default on a terminal), short (default on a pipe), json, sarif, github, gitlab, junit, "
     "rdjson, markdown, mermaid, html; of lists also table (the text) and csv; repeatable with "
     "files",
     KPS_GROUP_REPORT, BY(add_format), .environment = "KPORTSCAN_FORMAT", .setting = "format",
     .offer = KPS_OFFER_FORMATS, .letter = 'o'},
    {"json", NULL, "the same as --format json", KPS_GROUP_REPORT, ALIAS("format", "json")},
    {"name", "NAME",
     "list only this container, service, project, process, pid, user, unit or workload; with * "
     "and ? (repeatable)",
     KPS_GROUP_REPORT, LIST(names), .wants = "a name"},
    {"sort", "KEY", "order of a list: port, owner or state (trouble first); default: by port",
     KPS_GROUP_REPORT, BY(set_sort), .environment = "KPORTSCAN_SORT", .setting = "sort",
     .offer = KPS_OFFER_WORDS, .words = "port owner state"},
    {"diff", NULL, "instead of findings a patch that gives clashing parties free ports",
     KPS_GROUP_REPORT, SWITCH(makes_diff)},
    {"claims", NULL, "json: list all published ports too", KPS_GROUP_REPORT, SWITCH(lists_claims)},
    {"color", "WHEN", "auto, always or never", KPS_GROUP_REPORT, BY(set_colour),
     .environment = "KPORTSCAN_COLOR", .setting = "color",
     .outranked_by = "NO_COLOR CLICOLOR_FORCE FORCE_COLOR", .offer = KPS_OFFER_WORDS,
     .words = "auto always never"},
    {"no-color", NULL, "the same as --color never", KPS_GROUP_REPORT, ALIAS("color", "never")},
    {"quiet", NULL, "findings only; -qq: exit code only", KPS_GROUP_REPORT, COUNT(log.quiet),
     .letter = 'q'},
    {"verbose", NULL, "say on stderr what was read", KPS_GROUP_REPORT, SWITCH(log.verbose),
     .letter = 'v'},

    {"severity", "LEVEL", "least severity shown: note (default), warning, error", KPS_GROUP_VERDICT,
     BY(set_severity), .environment = "KPORTSCAN_SEVERITY", .setting = "severity",
     .offer = KPS_OFFER_WORDS, .words = "error warning note", .letter = 'S'},
    {"select", "RULES", "only these: ids (KP101), prefixes (KP1), names", KPS_GROUP_VERDICT,
     BY(add_selected), .environment = "KPORTSCAN_SELECT", .offer = KPS_OFFER_RULES},
    {"ignore", "RULES", "all but these", KPS_GROUP_VERDICT, BY(add_ignored),
     .environment = "KPORTSCAN_IGNORE", .offer = KPS_OFFER_RULES},
    {"fail-on", "LEVEL", "exit 1 at this severity: error (default), warning, note, never",
     KPS_GROUP_VERDICT, BY(set_fail_on), .environment = "KPORTSCAN_FAIL_ON", .setting = "fail-on",
     .offer = KPS_OFFER_WORDS, .words = "error warning note never"},
    {"exit-zero", NULL, "the same as --fail-on never", KPS_GROUP_VERDICT,
     ALIAS("fail-on", "never")},
    {"baseline", "FILE", "findings that are known already do not count", KPS_GROUP_VERDICT,
     TEXT(verdict.baseline), .wants = "a file", .environment = "KPORTSCAN_BASELINE",
     .setting = "baseline", .offer = KPS_OFFER_FILES},
    {"write-baseline", "FILE", "write the findings there: they are known from now on",
     KPS_GROUP_VERDICT, TEXT(verdict.new_baseline), .wants = "a file", .offer = KPS_OFFER_FILES},
    {"config", "FILE",
     "settings; default: .kportscan.yaml here or above, up to the repository's root",
     KPS_GROUP_VERDICT, TEXT(config), .wants = "a file", .environment = "KPORTSCAN_CONFIG",
     .offer = KPS_OFFER_FILES},
    {"no-config", NULL, "look for no settings", KPS_GROUP_VERDICT, SWITCH(no_config)},

    {"explain", "RULE", "what a rule finds, why, and how to fix it", KPS_GROUP_OTHER,
     BY(set_explained), .offer = KPS_OFFER_RULE},
    {"list-rules", NULL, "list the rules; -o json: with their texts", KPS_GROUP_OTHER,
     MODE(KPS_MODE_LIST_RULES)},
    {"help", NULL, "this text", KPS_GROUP_OTHER, MODE(KPS_MODE_HELP), .letter = 'h'},
    {"version", NULL, "name and version; -v: of the libraries, too", KPS_GROUP_OTHER,
     MODE(KPS_MODE_VERSION), .letter = 'V'},
    {.name = NULL},
};

_Static_assert(KPS_COUNT(kps_option_table) <= KPS_OPTION_MOST, "`given` has room for every row");
_Static_assert(sizeof(enum kps_mode) == sizeof(unsigned), "MODE sets it");
_Static_assert(offsetof(struct kps_options, state) == 0, "the library finds it there");
