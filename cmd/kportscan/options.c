#include "options.h"

#include <getopt.h>
#include <string.h>

#include "model/addr.h"
#include "nearest.h"
#include "option_table.h"

enum { MOST_OPTIONS = 64 };

struct parsing {
    struct kps_arena *arena;
    struct kps_options *options;
    size_t most; /* values that one list can get: the arguments */
    struct kps_sv error;
};

static bool fail(struct parsing *p, const char *fmt, ...) KPS_PRINTF(2, 3);

static bool fail(struct parsing *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    p->error = kps_vfmt(p->arena, fmt, args);
    va_end(args);
    return false;
}

/* The one place that says what this version does not have. */
static bool fail_unavailable(struct parsing *p, const char *what)
{
    return fail(p, "%s is not available in this version", what);
}

static bool add(struct parsing *p, struct kps_list *list, const char *value)
{
    if (!list->v) {
        list->v = KPS_NEW_N(p->arena, struct kps_sv, p->most);
    }
    list->v[list->n++] = kps_sv_of(value);
    return true;
}

static struct kps_sv suggestion(struct parsing *p, const struct kps_nearest *nearest, const char *before)
{
    if (!nearest->best.n) {
        return SV("");
    }
    return kps_fmt(p->arena, "; did you mean '%s%.*s'?", before, SV_ARG(nearest->best));
}

static bool parse_severity(struct parsing *p, const char *option, struct kps_sv text, enum kps_severity *ret)
{
    static const enum kps_severity all[] = {KPS_NOTE, KPS_WARNING, KPS_ERROR};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq(text, kps_sv_of(kps_severity_name(all[i])))) {
            *ret = all[i];
            return true;
        }
    }
    return fail(p, "%s '%.*s' is none of error, warning, note%s", option, SV_ARG(text),
                strcmp(option, "--fail-on") == 0 ? ", never" : "");
}

static bool parse_fail_on(struct parsing *p, struct kps_sv text)
{
    p->options->never_fails = kps_sv_eq(text, SV("never"));
    return p->options->never_fails || parse_severity(p, "--fail-on", text, &p->options->fail_on);
}

static bool parse_colour(struct parsing *p, struct kps_sv text)
{
    static const struct {
        struct kps_sv name;
        enum kps_colour colour;
    } all[] = {
        {SV_LIT("auto"), KPS_COLOUR_AUTO}, {SV_LIT("always"), KPS_COLOUR_ALWAYS}, {SV_LIT("never"), KPS_COLOUR_NEVER}};
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_eq(text, all[i].name)) {
            p->options->colour = all[i].colour;
            return true;
        }
    }
    return fail(p, "--color '%.*s' is none of auto, always, never", SV_ARG(text));
}

static bool parse_format(struct parsing *p, struct kps_sv text)
{
    static const struct kps_sv later[] = {SV_LIT("sarif"), SV_LIT("github"),   SV_LIT("gitlab"),
                                          SV_LIT("junit"), SV_LIT("markdown"), SV_LIT("mermaid")};
    size_t equals = kps_sv_find(text, '=');
    struct kps_sv name = kps_sv_slice(text, 0, equals);
    struct kps_output output = {kps_format_by_name(name), kps_sv_from(text, equals + 1)};
    for (size_t i = 0; i < KPS_COUNT(later) && !output.format; i++) {
        if (kps_sv_eq(name, later[i])) {
            return fail_unavailable(p, kps_fmt(p->arena, "format '%.*s'", SV_ARG(name)).p);
        }
    }
    if (!output.format) {
        struct kps_nearest nearest = {.word = name};
        for (const struct kps_format *format = kps_formats; format->name; format++) {
            kps_nearest_offer(&nearest, kps_sv_of(format->name));
        }
        return fail(p, "there is no format '%.*s'%.*s", SV_ARG(name), SV_ARG(suggestion(p, &nearest, "")));
    }
    if (equals < text.n && output.file.n == 0) {
        return fail(p, "--format '%.*s' names no file", SV_ARG(text));
    }
    for (size_t i = 0; i < p->options->n_outputs; i++) {
        if (kps_sv_eq(p->options->outputs[i].file, output.file)) {
            return fail(p, "two reports go to %s; write --format FMT=FILE for one of them",
                        output.file.n ? "one file" : "standard output");
        }
    }
    if (!p->options->outputs) {
        p->options->outputs = KPS_NEW_N(p->arena, struct kps_output, p->most);
    }
    p->options->outputs[p->options->n_outputs++] = output;
    return true;
}

/* Return: whether `text` names a rule, or is the beginning of the ids of some ("KP1"). */
static bool add_rules(struct kps_rule_set *set, struct kps_sv text)
{
    enum kps_rule one = kps_rule_by_name(text);
    bool found = false;
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        struct kps_sv beginning = kps_sv_slice(kps_sv_of(info->id), 0, text.n);
        bool is_meant = one != KPS_RULE_NONE ? info->rule == one : text.n >= 2 && kps_sv_eq_nocase(beginning, text);
        if (is_meant) {
            KPS_ASSERT(info->rule < KPS_COUNT(set->has));
            set->has[info->rule] = true;
            found = true;
        }
    }
    return found;
}

static bool parse_rules(struct parsing *p, struct kps_sv list, struct kps_rule_set *set)
{
    while (list.n) {
        size_t comma = kps_sv_find(list, ',');
        struct kps_sv name = kps_sv_trim(kps_sv_slice(list, 0, comma));
        list = kps_sv_from(list, comma + 1);
        if (name.n == 0 || add_rules(set, name)) {
            continue;
        }
        struct kps_nearest nearest = {.word = name};
        for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
            kps_nearest_offer(&nearest, kps_sv_of(info->name));
        }
        return fail(p, "there is no rule '%.*s'%.*s (kportscan --list-rules)", SV_ARG(name),
                    SV_ARG(suggestion(p, &nearest, "")));
    }
    return true;
}

/* What is said of the cluster. */
static bool take_cluster(struct parsing *p, int code, struct kps_sv text)
{
    struct kps_kube_options *cluster = &p->options->cluster;
    unsigned long long nodes = 0;
    switch (code) {
    case KPS_OPTION_NODES:
        if (!kps_sv_u64(text, 1000 * 1000, &nodes) || nodes == 0) {
            return fail(p, "--nodes '%.*s' is not a number of nodes", SV_ARG(text));
        }
        cluster->nodes = (uint32_t)nodes;
        return true;
    case KPS_OPTION_NODE_PORT_RANGE:
        return kps_kube_range_parse(text, cluster) ||
               fail(p, "--node-port-range '%.*s' is not like 30000-32767", SV_ARG(text));
    case KPS_OPTION_KUBERNETES_VERSION:
        return kps_kube_version_parse(text, cluster) ||
               fail(p, "--kubernetes-version '%.*s' is not like 1.30", SV_ARG(text));
    default: /* KPS_OPTION_NAMESPACE */
        cluster->default_namespace = text;
        return text.n > 0 || fail(p, "--namespace wants a name");
    }
}

/* The options that take no argument. */
static void take_switch(struct kps_options *options, int code)
{
    switch (code) {
    case KPS_OPTION_FILES:
        options->only_lists_files = true;
        break;
    case KPS_OPTION_LINT:
        options->only_files = true;
        break;
    case KPS_OPTION_CLAIMS:
        options->lists_claims = true;
        break;
    case KPS_OPTION_EXIT_ZERO:
        options->never_fails = true;
        break;
    case KPS_OPTION_LIST_RULES:
        options->mode = KPS_MODE_LIST_RULES;
        break;
    case 'q':
        options->quiet++;
        break;
    case 'v':
        options->verbose = true;
        break;
    case 'h':
        options->mode = KPS_MODE_HELP;
        break;
    case 'V':
        options->mode = KPS_MODE_VERSION;
        break;
    default: /* KPS_OPTION_NO_DOCKER, _NO_HOST, _NO_CONFIG: what they switch off is not there */
        break;
    }
}

static bool take(struct parsing *p, int code, const char *argument)
{
    struct kps_options *options = p->options;
    struct kps_sv text = kps_sv_of(argument);
    switch (code) {
    case 'f':
        return add(p, &options->files, argument);
    case 'p':
        options->project_name = text;
        return true;
    case KPS_OPTION_PROJECT_DIRECTORY:
        options->project_directory = text;
        return true;
    case KPS_OPTION_PROFILE:
        return add(p, &options->profiles, argument);
    case KPS_OPTION_ENV_FILE:
        return add(p, &options->env_files, argument);
    case KPS_OPTION_SERVICE:
        return add(p, &options->services, argument);
    case KPS_OPTION_EXCLUDE:
        return add(p, &options->excludes, argument);
    case KPS_OPTION_NODES:
    case KPS_OPTION_NODE_PORT_RANGE:
    case KPS_OPTION_KUBERNETES_VERSION:
    case KPS_OPTION_NAMESPACE:
        return take_cluster(p, code, text);
    case KPS_OPTION_STDIN_FILENAME:
        options->stdin_name = text;
        return true;
    case 'o':
        return parse_format(p, text);
    case KPS_OPTION_COLOR:
        return parse_colour(p, text);
    case 'S':
        return parse_severity(p, "--severity", text, &options->least_severity);
    case KPS_OPTION_SELECT:
        options->selects = true;
        return parse_rules(p, text, &options->selected);
    case KPS_OPTION_IGNORE:
        return parse_rules(p, text, &options->ignored);
    case KPS_OPTION_FAIL_ON:
        return parse_fail_on(p, text);
    default:
        take_switch(options, code);
        return true;
    }
}

static bool is_later(int code)
{
    return code == KPS_OPTION_LATER || code == 'n' || code == 'H';
}

/* `argument` is what getopt could not make sense of. */
static bool fail_unknown(struct parsing *p, const char *argument, int letter)
{
    if (letter && letter < KPS_OPTION_CLAIMS && strncmp(argument, "--", 2) != 0) {
        return fail(p, "there is no option '-%c'", letter);
    }
    struct kps_sv word = kps_sv_from(kps_sv_of(argument), 2);
    word = kps_sv_slice(word, 0, kps_sv_find(word, '='));
    if (letter) {
        return fail(p, "option '--%.*s' takes no value", SV_ARG(word));
    }
    struct kps_nearest nearest = {.word = word};
    size_t beginning_like = 0;
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        kps_nearest_offer(&nearest, kps_sv_of(info->name));
        beginning_like += kps_sv_starts(kps_sv_of(info->name), word);
    }
    if (beginning_like > 1) {
        return fail(p, "'--%.*s' is short for more than one option", SV_ARG(word));
    }
    return fail(p, "there is no option '--%.*s'%.*s", SV_ARG(word), SV_ARG(suggestion(p, &nearest, "--")));
}

/* What getopt wants to know: "+f:p:…" and the long options. */
static void describe_options(char *letters, struct option *longs)
{
    size_t n = 0;
    size_t n_longs = 0;
    letters[n++] = ':';
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        if (info->code < KPS_OPTION_CLAIMS) {
            letters[n++] = (char)info->code;
            letters[n] = ':';
            n += info->argument ? 1 : 0;
        }
        longs[n_longs++] =
            (struct option){info->name, info->argument ? required_argument : no_argument, NULL, info->code};
    }
    letters[n] = '\0';
    longs[n_longs] = (struct option){NULL, 0, NULL, 0};
    KPS_ASSERT(n_longs < MOST_OPTIONS);
}

static bool parse_options(struct parsing *p, int argc, char **argv)
{
    char letters[2 * MOST_OPTIONS + 2];
    struct option longs[MOST_OPTIONS];
    describe_options(letters, longs);
    opterr = 0;
    optind = 0; /* glibc and musl: start afresh */
    for (;;) {
        int which = -1;
        int before = optind ? optind : 1;
        int code = getopt_long(argc, argv, letters, longs, &which);
        if (code == -1) {
            return true;
        }
        const char *word = optind > before && optind >= 1 ? argv[optind - 1] : argv[before];
        if (code == '?') {
            return fail_unknown(p, word, optopt);
        }
        if (code == ':' && optopt < KPS_OPTION_CLAIMS && strncmp(word, "--", 2) != 0) {
            return fail(p, "option '-%c' wants a value", optopt);
        }
        if (code == ':') {
            return fail(p, "option '%s' wants a value", word);
        }
        if (is_later(code)) {
            return fail_unavailable(p, which >= 0 ? kps_fmt(p->arena, "'--%s'", longs[which].name).p
                                                  : kps_fmt(p->arena, "'-%c'", code).p);
        }
        if (!take(p, code, optarg)) {
            return false;
        }
    }
}

static bool is_digits(struct kps_sv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

bool kps_options_is_port(struct kps_sv argument)
{
    struct kps_sv port = kps_sv_slice(argument, 0, kps_sv_rfind(argument, '/'));
    enum kps_protocol protocol = KPS_PROTO_NONE;
    if (port.n < argument.n && !kps_protocol_parse(kps_sv_from(argument, port.n + 1), &protocol)) {
        return false;
    }
    size_t colon = kps_sv_rfind(port, ':');
    if (colon < port.n) {
        struct kps_sv host = kps_sv_slice(port, 0, colon);
        bool in_brackets = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
        struct kps_addr addr;
        if (!kps_addr_parse(in_brackets ? kps_sv_slice(host, 1, host.n - 1) : host, &addr)) {
            return false;
        }
        port = kps_sv_from(port, colon + 1);
    }
    size_t dash = kps_sv_find(port, '-');
    return is_digits(kps_sv_slice(port, 0, dash)) && (dash == port.n || is_digits(kps_sv_from(port, dash + 1)));
}

static bool take_inputs(struct parsing *p, int argc, char **argv)
{
    size_t n_stdin = 0;
    for (int i = optind; i < argc; i++) {
        if (kps_options_is_port(kps_sv_of(argv[i]))) {
            return fail_unavailable(
                p, kps_fmt(p->arena, "asking for port '%s' (a file of that name is './%s')", argv[i], argv[i]).p);
        }
        if (argv[i][0] == '\0') {
            return fail(p, "an empty word is no input");
        }
        n_stdin += strcmp(argv[i], "-") == 0;
        (void)add(p, &p->options->inputs, argv[i]);
    }
    for (size_t i = 0; i < p->options->files.n; i++) {
        n_stdin += kps_sv_eq(p->options->files.v[i], SV("-"));
    }
    return n_stdin < 2 || fail(p, "standard input can be read once only");
}

bool kps_options_parse(struct kps_arena *arena, int argc, char **argv, struct kps_options *ret,
                       struct kps_sv *ret_error)
{
    struct parsing p = {.arena = arena, .options = ret, .most = argc > 0 ? (size_t)argc : 1};
    *ret = (struct kps_options){.fail_on = KPS_ERROR, .least_severity = KPS_NOTE};
    if (!parse_options(&p, argc, argv) || (ret->mode == KPS_MODE_CHECK && !take_inputs(&p, argc, argv))) {
        *ret_error = p.error;
        return false;
    }
    return true;
}
