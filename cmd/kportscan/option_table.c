#include "option_table.h"

#include <string.h>

#include "arguments/port_argument.h"
#include "base/nearest.h"

enum { MOST_NODES = 1000 * 1000 };

/* The words of the rows are in the order of the enum, or (severities) in its reverse. */

static bool set_severity(struct kps_option_setting *s, struct kps_sv text)
{
    int at = kps_option_word(s, text);
    if (at >= 0) {
        s->options->verdict.least_severity = (enum kps_severity)(KPS_ERROR - at);
    }
    return at >= 0;
}

static bool set_fail_on(struct kps_option_setting *s, struct kps_sv text)
{
    int at = kps_option_word(s, text);
    s->options->verdict.never_fails = at > KPS_ERROR;
    if (at >= 0 && at <= KPS_ERROR) {
        s->options->verdict.fail_on = (enum kps_severity)(KPS_ERROR - at);
    }
    return at >= 0;
}

static bool set_colour(struct kps_option_setting *s, struct kps_sv text)
{
    int at = kps_option_word(s, text);
    s->options->output.colour = at >= 0 ? (enum kps_colour)at : KPS_COLOUR_AUTO;
    return at >= 0;
}

static bool set_sort(struct kps_option_setting *s, struct kps_sv text)
{
    int at = kps_option_word(s, text);
    s->options->sort = (enum kps_sort)(KPS_SORT_PORT + at);
    return at >= 0;
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
        s->error = SV("format: a file to write to can only be named in the command line or in "
                      "KPORTSCAN_FORMAT");
        return false;
    }
    struct kps_sv fault = kps_output_parse(s->arena, text, s->name, &output);
    if (!fault.n && s->source != KPS_SOURCE_COMMAND_LINE) {
        unsigned use = kps_option_format_use(s->options);
        bool is_for_shells = use == KPS_FORMAT_FREE || use == KPS_FORMAT_ASSIGN;
        if (is_for_shells || !(output.format->uses & use)) {
            return true; /* PORT=$(kportscan --free 8080), and a format for checks */
        }
        outputs->v = NULL;
        outputs->n = 0;
    }
    if (!outputs->v) {
        outputs->v = KPS_NEW_N(s->arena, struct kps_output, s->options->state.most_values + 1);
    }
    s->error = fault.n ? fault : kps_output_add(outputs, output);
    return s->error.n == 0;
}

static bool add_rules(struct kps_option_setting *s, struct kps_sv list, struct kps_rule_set *set)
{
    size_t n_separators = 0;
    while (n_separators < list.n && strchr(", ", list.p[n_separators])) {
        n_separators++;
    }
    if (n_separators == list.n) {
        return kps_option_refuse(s, list, "names no rule");
    }
    struct kps_sv word = kps_rule_set_add_list(set, list);
    return word.n == 0 ||
           kps_option_refuse_line(
               s->arena, &s->error, "there is no rule '%.*s'%s (kportscan --list-rules)",
               SV_ARG(word), kps_nearest_words(s->arena, kps_rule_nearest(word), "").p);
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
        return kps_option_refuse(s, text, "is not a number of nodes");
    }
    s->options->inputs.cluster.nodes = (uint32_t)nodes;
    return true;
}

static bool set_node_port_range(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_kube_range_parse(text, &s->options->inputs.cluster) ||
           kps_option_refuse(s, text, "is not like 30000-32767");
}

static bool set_kubernetes_version(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_kube_version_parse(text, &s->options->inputs.cluster) ||
           kps_option_refuse(s, text, "is not like 1.30");
}

static bool set_compose_version(struct kps_option_setting *s, struct kps_sv text)
{
    return kps_compose_versions_parse(text, &s->options->inputs.compose_version) ||
           kps_option_refuse(s, text, "is not like 2.40");
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
        return kps_option_refuse_line(
            s->arena, &s->error,
            "--free '%.*s' is no port, like 3000, 3000-3010/udp or 127.0.0.1:3000", SV_ARG(text));
    }
    return kps_port_argument_parse(s->arena, text, &s->options->free_from, &error) ||
           kps_option_refuse_line(s->arena, &s->error, "--free %.*s", SV_ARG(error));
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
        return kps_option_refuse(s, text, "is not like 20000-29999");
    }
    s->options->assign_range = range.ports;
    return true;
}

static bool set_free_count(struct kps_option_setting *s, struct kps_sv text)
{
    int64_t count = kps_sv_number(text, UINT16_MAX);
    if (count <= 0) {
        return kps_option_refuse_line(
            s->arena, &s->error, "-n '%.*s' is not a number of ports, 1 to 65535", SV_ARG(text));
    }
    s->options->free_count = (uint32_t)count;
    return true;
}

static bool set_seconds(struct kps_option_setting *s, struct kps_sv text, uint32_t *ret_ms)
{
    return kps_option_seconds(text, ret_ms) ||
           kps_option_refuse(s, text, "is not a number of seconds, up to 3600");
}

static bool add_scale(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_options *options = s->options;
    size_t equals = kps_sv_find(text, '=');
    int64_t n = kps_sv_number(kps_sv_from(text, equals + 1), UINT32_MAX);
    if (equals == 0 || n < 0) {
        return kps_option_refuse_line(s->arena, &s->error, "--scale '%.*s' is not like web=3",
                                      SV_ARG(text));
    }
    if (!options->inputs.scales) {
        options->inputs.scales =
            KPS_NEW_N(s->arena, struct kps_compose_scale, options->state.most_values + 1);
    }
    options->inputs.scales[options->inputs.n_scales++] =
        (struct kps_compose_scale){kps_sv_head(text, equals), (uint32_t)n};
    return true;
}

static bool add_context(struct kps_option_setting *s, struct kps_sv text)
{
    struct kps_list *contexts = &s->options->machine.contexts;
    if (text.n == 0) {
        return kps_option_refuse_line(s->arena, &s->error, "%s wants a name (docker context ls)",
                                      s->name);
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
#define ALIAS(option) .kind = KPS_OPTION_ALIAS, .alias = (option)

const struct kps_option_info kps_option_table[] = {
    {"file", "FILE", LIST(inputs.files), .offer = KPS_OFFER_FILES, .letter = 'f'},
    {"project-name", "NAME", TEXT(inputs.project_name), .letter = 'p'},
    {"project-directory", "DIR", TEXT(inputs.project_directory), .offer = KPS_OFFER_FOLDERS},
    {"profile", "NAME", LIST(inputs.profiles), .setting = KPS_CONFIG_PROFILES,
     .outranked_by = "COMPOSE_PROFILES"},
    {"env-file", "FILE", LIST(inputs.env_files), .setting = KPS_CONFIG_ENV_FILES,
     .outranked_by = "COMPOSE_ENV_FILES", .offer = KPS_OFFER_FILES},
    {"service", "NAME", LIST(inputs.services)},
    {"compose-version", "X.Y", BY(set_compose_version), .setting = KPS_CONFIG_COMPOSE_VERSION},
    {"scale", "SERVICE=N", BY(add_scale)},
    {"kube-play", NULL, SWITCH(inputs.is_kube_play)},
    {"swarm", NULL, SWITCH(inputs.is_swarm)},

    {"cluster", NULL, SWITCH(inputs.asks_cluster)},
    {"kube-context", "NAME", TEXT(inputs.live.context),
     .wants = "a name (kubectl config get-contexts -o name)"},
    {"kubeconfig", "FILE", TEXT(inputs.live.kubeconfig), .wants = "a file",
     .offer = KPS_OFFER_FILES},
    {"against", "DUMP", LIST(inputs.dumps), .offer = KPS_OFFER_FILES},
    {"nodes", "N", BY(set_nodes), .setting = KPS_CONFIG_NODES},
    {"node-port-range", "RANGE", BY(set_node_port_range), .setting = KPS_CONFIG_NODE_PORT_RANGE},
    {"kubernetes-version", "X.Y", BY(set_kubernetes_version),
     .setting = KPS_CONFIG_KUBERNETES_VERSION},
    {"namespace", "NAME", TEXT(inputs.cluster.default_namespace), .wants = "a name",
     .setting = KPS_CONFIG_NAMESPACE},

    {"docker", NULL, SWITCH(asks_docker)},
    {"host", NULL, SWITCH(asks_host)},
    {"systemd", NULL, SWITCH(inputs.asks_systemd)},
    {"port", "PORT", LIST(ports)},
    {"free", "PORT[-PORT]", BY(set_free)},
    {"count", "N", BY(set_free_count), .letter = 'n'},
    {"assign", NULL, MODE(KPS_MODE_ASSIGN)},
    {"check", NULL, SWITCH(only_checks)},
    {"range", "PORT-PORT", BY(set_range)},
    {"diagnose", NULL, MODE(KPS_MODE_DIAGNOSE)},
    {"watch", "[=SECONDS]", BY(set_watch)},
    {"docker-host", "URL", TEXT(machine.docker_host),
     .wants = "a URL, like unix:///var/run/docker.sock", .letter = 'H'},
    {"context", "NAME", BY(add_context), .offer = KPS_OFFER_CONTEXTS},
    {"timeout", "SECONDS", BY(set_timeout)},
    {"no-docker", NULL, SWITCH(machine.no_docker)},
    {"no-host", NULL, SWITCH(machine.no_host)},

    {"full-cmdline", NULL, SWITCH(machine.full_cmdline)},

    {"exclude", "GLOB", LIST(inputs.excludes), .setting = KPS_CONFIG_EXCLUDE,
     .offer = KPS_OFFER_FILES},
    {"no-ignore", NULL, SWITCH(inputs.no_ignore)},
    {"together", NULL, SWITCH(inputs.together)},
    {"map", NULL, SWITCH(makes_map)},
    {"files", NULL, SWITCH(only_lists_files)},
    {"stdin-filename", "NAME", TEXT(inputs.stdin_name)},
    {"lint", NULL, SWITCH(only_files)},
    {"static", NULL, ALIAS("lint=")},

    {"format", "FMT[=FILE]", BY(add_format), .has_variable = true, .setting = KPS_CONFIG_FORMAT,
     .offer = KPS_OFFER_FORMATS, .letter = 'o'},
    {"json", NULL, ALIAS("format=json")},
    {"name", "NAME", LIST(names), .wants = "a name"},
    {"sort", "KEY", BY(set_sort), .has_variable = true, .setting = KPS_CONFIG_SORT,
     .offer = KPS_OFFER_WORDS, .wants = "port owner state"},
    {"diff", NULL, SWITCH(makes_diff)},
    {"claims", NULL, SWITCH(lists_claims)},
    {"color", "WHEN", BY(set_colour), .has_variable = true, .setting = KPS_CONFIG_COLOR,
     .outranked_by = "NO_COLOR CLICOLOR_FORCE FORCE_COLOR", .offer = KPS_OFFER_WORDS,
     .wants = "auto always never"},
    {"no-color", NULL, ALIAS("color=never")},
    {"quiet", NULL, COUNT(log.quiet), .letter = 'q'},
    {"verbose", NULL, SWITCH(log.verbose), .letter = 'v'},

    {"severity", "LEVEL", BY(set_severity), .has_variable = true, .setting = KPS_CONFIG_SEVERITY,
     .offer = KPS_OFFER_WORDS, .wants = "error warning note", .letter = 'S'},
    {"select", "RULES", BY(add_selected), .has_variable = true, .offer = KPS_OFFER_RULES},
    {"ignore", "RULES", BY(add_ignored), .has_variable = true, .offer = KPS_OFFER_RULES},
    {"fail-on", "LEVEL", BY(set_fail_on), .has_variable = true, .setting = KPS_CONFIG_FAIL_ON,
     .offer = KPS_OFFER_WORDS, .wants = "error warning note never"},
    {"exit-zero", NULL, ALIAS("fail-on=never")},
    {"baseline", "FILE", TEXT(verdict.baseline), .wants = "a file", .has_variable = true,
     .setting = KPS_CONFIG_BASELINE, .offer = KPS_OFFER_FILES},
    {"write-baseline", "FILE", TEXT(verdict.new_baseline), .wants = "a file",
     .offer = KPS_OFFER_FILES},
    {"config", "FILE", TEXT(config), .wants = "a file", .has_variable = true,
     .offer = KPS_OFFER_FILES},
    {"no-config", NULL, SWITCH(no_config)},

    {"explain", "RULE", BY(set_explained), .offer = KPS_OFFER_RULE},
    {"list-rules", NULL, MODE(KPS_MODE_LIST_RULES)},
    {"help", NULL, MODE(KPS_MODE_HELP), .letter = 'h'},
    {"version", NULL, MODE(KPS_MODE_VERSION), .letter = 'V'},
    {.name = NULL},
};

_Static_assert(KPS_COUNT(kps_option_table) <= KPS_OPTION_MOST, "`given` has room for every row");
_Static_assert(sizeof(enum kps_mode) == sizeof(unsigned), "MODE sets it");
_Static_assert(offsetof(struct kps_options, state) == 0, "the library finds it there");
