#include "command_line.h"

#include <getopt.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/nearest.h"
#include "base/shell.h"
#include "base/vec.h"
#include "command_words.h"
#include "option_table.h"
#include "query/port_argument.h"

/* getopt's code of a row: its letter, or this and the row's number. */
enum { FIRST_CODE = 256 };

struct parsing {
    struct kps_arena *arena;
    struct kps_options *options;
    KPS_VEC(struct kps_question) questions; /* until all are known */
    struct kps_sv error;
};

static bool refuse_line(struct parsing *p, const char *fmt, ...) KPS_PRINTF(2, 3);

static bool refuse_line(struct parsing *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    p->error = kps_vfmt(p->arena, fmt, args);
    va_end(args);
    return false;
}

static void append_input(struct parsing *p, struct kps_list *list, const char *value)
{
    if (!list->v) {
        list->v = KPS_NEW_N(p->arena, struct kps_sv, p->options->most_values + 1);
    }
    list->v[list->n++] = kps_sv_of(value);
}

static struct kps_sv suggest_name(struct parsing *p, const struct kps_nearest *nearest,
                                  const char *before)
{
    if (!nearest->best.n) {
        return SV("");
    }
    return kps_fmt(p->arena, "; did you mean '%s%.*s'?", before, SV_ARG(nearest->best));
}

static bool set_option(struct parsing *p, const struct kps_option_info *info, const char *text)
{
    struct kps_option_setting setting = {.arena = p->arena,
                                         .options = p->options,
                                         .name = kps_fmt(p->arena, "--%s", info->name).p,
                                         .source = KPS_SOURCE_COMMAND_LINE,
                                         .has_text = text != NULL};
    bool is_set = kps_option_set(&setting, info, text ? kps_sv_of(text) : (struct kps_sv){"", 0});
    kps_option_mark_given(p->options, info);
    p->error = setting.error;
    return is_set;
}

/* Report an argument unknown to getopt. */
static bool fail_unknown(struct parsing *p, const char *argument, int letter)
{
    if (letter && letter < FIRST_CODE && strncmp(argument, "--", 2) != 0) {
        return refuse_line(p, "there is no option '-%c'", letter);
    }
    struct kps_sv word = kps_sv_from(kps_sv_of(argument), 2);
    word = kps_sv_slice(word, 0, kps_sv_find(word, '='));
    if (letter) {
        return refuse_line(p, "option '--%.*s' takes no value", SV_ARG(word));
    }
    struct kps_nearest nearest = {.word = word};
    size_t beginning_like = 0;
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        kps_nearest_offer(&nearest, kps_sv_of(info->name));
        beginning_like += kps_sv_starts(kps_sv_of(info->name), word);
    }
    if (beginning_like > 1) {
        return refuse_line(p, "'--%.*s' is short for more than one option", SV_ARG(word));
    }
    return refuse_line(p, "there is no option '--%.*s'%.*s", SV_ARG(word),
                       SV_ARG(suggest_name(p, &nearest, "--")));
}

static int argument_of(const struct kps_option_info *info)
{
    if (!info->argument) {
        return no_argument;
    }
    return info->argument[0] == '[' ? optional_argument : required_argument;
}

static int code_of(const struct kps_option_info *info)
{
    return info->letter ? info->letter : FIRST_CODE + (int)(info - kps_option_table);
}

static const struct kps_option_info *info_of(int code)
{
    const struct kps_option_info *info = kps_option_table;
    while (code_of(info) != code) {
        info++;
    }
    return info;
}

/* Write getopt's form of the table: ":f:p:…" and the long options. */
static void describe_options(char *letters, struct option *longs)
{
    size_t n = 0;
    size_t n_longs = 0;
    letters[n++] = ':';
    for (const struct kps_option_info *info = kps_option_table; info->name; info++) {
        if (info->letter) {
            letters[n++] = info->letter;
            letters[n] = ':';
            n += info->argument ? 1 : 0;
        }
        longs[n_longs++] = (struct option){info->name, argument_of(info), NULL, code_of(info)};
    }
    letters[n] = '\0';
    longs[n_longs] = (struct option){NULL, 0, NULL, 0};
}

static bool parse_options(struct parsing *p, int argc, char **argv)
{
    char letters[2 * KPS_MOST_OPTIONS + 2];
    struct option longs[KPS_MOST_OPTIONS];
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
        if (code == ':' && optopt < FIRST_CODE && strncmp(word, "--", 2) != 0) {
            return refuse_line(p, "option '-%c' wants %s", optopt, info_of(optopt)->argument);
        }
        if (code == ':') {
            return refuse_line(p, "option '%s' wants %s", word, info_of(optopt)->argument);
        }
        if (!set_option(p, info_of(code), optarg)) {
            return false;
        }
    }
}

static bool file_exists(const char *path)
{
    enum kps_fs_kind kind;
    return kps_fs_os.stat(&kps_fs_os, path, &kind) == 0;
}

/* Return: whether the argument is a PORT, or a list of them. */
static bool is_port_argument(struct parsing *p, struct kps_sv argument)
{
    bool is_pasted = kps_sv_find(argument, ',') < argument.n;
    struct kps_sv rest = argument;
    do {
        struct kps_sv port = kps_sv_slice(rest, 0, kps_sv_find(rest, ','));
        enum kps_port_form form = kps_port_argument_form(port);
        if (form == KPS_PORT_FORM_NONE) {
            return false;
        }
        is_pasted = is_pasted || form == KPS_PORT_FORM_PASTED;
        rest = kps_sv_from(rest, port.n + 1);
    } while (rest.n);
    return !is_pasted || !file_exists(kps_cstr(p->arena, argument));
}

/* Add the ports of an argument like "3000" or "3000,5432". */
static bool add_questions(struct parsing *p, struct kps_sv argument)
{
    struct kps_options *options = p->options;
    struct kps_sv rest = argument;
    do {
        struct kps_sv port = kps_sv_slice(rest, 0, kps_sv_find(rest, ','));
        rest = kps_sv_from(rest, port.n + 1);
        if (!kps_port_argument_parse(p->arena, port, kps_vec_push(&p->questions), &p->error)) {
            return false;
        }
    } while (rest.n);
    options->n_questions = p->questions.n;
    return true;
}

/* Copy the questions to where the options keep them. */
static void copy_questions(struct parsing *p)
{
    size_t n = p->questions.n;
    p->options->questions = KPS_NEW_N(p->arena, struct kps_question, n + 1);
    if (n) {
        memcpy(p->options->questions, p->questions.v, n * sizeof(p->questions.v[0]));
    }
}

/* Add the values of --port to the requested ports. */
static bool add_named_ports(struct parsing *p)
{
    for (size_t i = 0; i < p->options->ports.n; i++) {
        struct kps_sv port = p->options->ports.v[i];
        if (!is_port_argument(p, port)) {
            return refuse_line(p, "--port '%.*s' is no port, like 3000, 3000/udp or 127.0.0.1:3000",
                               SV_ARG(port));
        }
        if (!add_questions(p, port)) {
            return false;
        }
    }
    return true;
}

/* Return: whether a word may be a NAME of a list. */
static bool takes_names(const struct kps_options *options)
{
    return options->asks_docker || options->asks_host || options->asks_cluster ||
           options->dumps.n > 0;
}

/*
 * Return: whether the argument is a NAME: beside --docker, --host, --cluster or --against, no file,
 * and a name as engines and clusters give them, perhaps with wildcards.
 */
static bool is_name_argument(const struct parsing *p, const char *argument)
{
    struct kps_sv name = kps_sv_of(argument);
    struct kps_buf plain = KPS_BUF(p->arena);
    for (size_t i = 0; i < name.n; i++) {
        bool is_wildcard = name.p[i] == '*' || name.p[i] == '?';
        kps_buf_char(&plain, is_wildcard ? 'x' : name.p[i]);
    }
    return takes_names(p->options) && kps_shell_is_name(kps_buf_sv(&plain)) &&
           !kps_sv_ends(name, SV(".yaml")) && !kps_sv_ends(name, SV(".yml")) &&
           !kps_sv_ends(name, SV(".json")) && !file_exists(argument);
}

/* Return: whether the arguments are the words of a message: three and more, and none is a file. */
static bool is_message(struct parsing *p, int argc, char **argv)
{
    enum { LEAST_WORDS = 3 };
    int n_words = 0;
    for (int i = optind; i < argc; i++) {
        if (strcmp(argv[i], "-") == 0 || file_exists(argv[i])) {
            return false;
        }
        n_words += !is_port_argument(p, kps_sv_of(argv[i]));
    }
    return n_words >= LEAST_WORDS && !takes_names(p->options);
}

/* Refuse a message that was pasted without quotes. */
static bool refuse_message(struct parsing *p, int argc, char **argv)
{
    struct kps_buf words = KPS_BUF(p->arena);
    struct kps_sv first = kps_sv_of(argv[optind]);
    struct kps_sv second = kps_sv_of(argv[optind + 1]);
    if (kps_sv_eq(first, SV("docker")) && kps_sv_eq(second, SV("compose"))) {
        return refuse_line(p, "kportscan takes the options of 'docker compose' but not its "
                              "commands: leave 'docker compose' and the command out");
    }
    for (int i = optind; i < argc; i++) {
        kps_buf_fmt(&words, "%s%s", i > optind ? " " : "", argv[i]);
    }
    return refuse_line(p,
                       "none of these words is a file; an error message is read by: kportscan "
                       "--diagnose %.*s",
                       SV_ARG(kps_shell_quote(p->arena, kps_buf_sv(&words))));
}

static bool parse_inputs(struct parsing *p, int argc, char **argv)
{
    size_t n_stdin = 0;
    if (is_message(p, argc, argv)) {
        return refuse_message(p, argc, argv);
    }
    for (int i = optind; i < argc; i++) {
        if (argv[i][0] == '\0') {
            return refuse_line(p, "an empty word is no input");
        }
        if (is_port_argument(p, kps_sv_of(argv[i]))) {
            if (!add_questions(p, kps_sv_of(argv[i]))) {
                return false;
            }
        } else if (is_name_argument(p, argv[i])) {
            append_input(p, &p->options->names, argv[i]);
        } else {
            n_stdin += strcmp(argv[i], "-") == 0;
            append_input(p, &p->options->inputs, argv[i]);
        }
    }
    for (size_t i = 0; i < p->options->files.n; i++) {
        n_stdin += kps_sv_eq(p->options->files.v[i], SV("-"));
    }
    copy_questions(p);
    return n_stdin < 2 || refuse_line(p, "standard input can be read once only");
}

/* Parse the argument of --diagnose: one log, also when its name looks like a port. */
static bool parse_log(struct parsing *p, int argc, char **argv)
{
    const struct kps_options *options = p->options;
    if (argc - optind > 1) {
        return refuse_line(
            p,
            "--diagnose reads one log, and '%s' is another; a message goes in quotes: "
            "kportscan --diagnose \"Bind for 0.0.0.0:3000 failed\"",
            argv[optind + 1]);
    }
    if (options->asks_docker || options->asks_host || options->files.n) {
        return refuse_line(p, "--diagnose reads a log: it goes with no %s",
                           options->files.n ? "--file" : "--docker or --host");
    }
    if (optind < argc && argv[optind][0] == '\0') {
        return refuse_line(p, "an empty word is no file");
    }
    if (optind < argc) {
        append_input(p, &p->options->inputs, argv[optind]);
    }
    return true;
}

/*
 * Join "--watch" and a following number to "--watch=NUMBER" behind a port: "3000 --watch 2". The
 * argument list gets shorter.
 */
static void join_watch(struct kps_arena *arena, int *argc, char **argv)
{
    bool has_port = false;
    for (int i = 1; i + 1 < *argc; i++) {
        uint32_t ms = 0;
        if (!has_port || strcmp(argv[i], "--watch") != 0 ||
            !kps_option_seconds(kps_sv_of(argv[i + 1]), &ms)) {
            has_port = has_port || kps_port_argument_form(kps_sv_of(argv[i]));
            continue;
        }
        struct kps_sv joined = kps_fmt(arena, "--watch=%s", argv[i + 1]);
        argv[i] = memcpy(kps_alloc(arena, joined.n + 1), joined.p, joined.n + 1);
        memmove(&argv[i + 1], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof(argv[0]));
        (*argc)--;
        return;
    }
}

static struct kps_sv free_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_FREE) {
        return options->free_count ? SV("-n belongs to --free") : SV("");
    }
    if (options->n_questions) {
        return kps_fmt(arena,
                       "--free looks for one port at a time; a file called '%.*s' is './%.*s'",
                       SV_ARG(options->questions[0].words), SV_ARG(options->questions[0].words));
    }
    return SV("");
}

/* Return: the fault of the options of --assign; empty: none. */
static struct kps_sv assign_fault(const struct kps_options *options)
{
    if (options->mode != KPS_MODE_ASSIGN) {
        return options->only_checks || options->assign_range.last
                   ? SV("--check and --range belong to --assign")
                   : SV("");
    }
    if (options->n_questions || options->inputs.n > 1) {
        return SV("--assign is for one project: 'kportscan --assign [FILE or FOLDER]'");
    }
    return SV("");
}

/* Return: the fault of a query; empty: none. */
static struct kps_sv query_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv hint = options->inputs.n && !file_exists(kps_cstr(arena, options->inputs.v[0]))
                             ? kps_command_words_hint(arena, options->inputs.v[0])
                             : SV("");
    if (hint.n) {
        return kps_fmt(arena, "there is no file '%.*s'; %.*s", SV_ARG(options->inputs.v[0]),
                       SV_ARG(hint));
    }
    if (options->n_questions && (options->inputs.n || options->files.n)) {
        struct kps_sv input = options->inputs.n ? options->inputs.v[0] : options->files.v[0];
        return kps_fmt(arena,
                       "'%.*s' asks about a port and '%.*s' is a file to check: one at a time",
                       SV_ARG(options->questions[0].words), SV_ARG(input));
    }
    if (options->names.n && (options->inputs.n || options->files.n || options->n_questions)) {
        return kps_fmt(arena, "'%.*s' is a name: ask about it without files and ports",
                       SV_ARG(options->names.v[0]));
    }
    if (options->only_files && !options->dumps.n) {
        return SV("--lint looks at files only; a question about ports is about this machine");
    }
    if ((options->asks_docker && options->no_docker) || (options->asks_host && options->no_host) ||
        (options->no_docker && options->no_host)) {
        return SV("--no-docker and --no-host leave nothing to ask");
    }
    return (struct kps_sv){"", 0};
}

/* Return: the fault of the options of --map; empty: none. */
static struct kps_sv map_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_CHECK || options->only_lists_files || options->makes_diff ||
        options->new_baseline.n || options->watches) {
        return SV("--map lists the host ports that files want, and does nothing else");
    }
    if (options->asks_docker || options->asks_host || options->asks_cluster || options->dumps.n) {
        return SV("--map lists what files want; --docker, --host and --cluster list what is in "
                  "use: one of them");
    }
    if (options->n_questions) {
        return kps_fmt(arena, "--map lists all ports of the files: leave '%.*s' out",
                       SV_ARG(options->questions[0].words));
    }
    return (struct kps_sv){"", 0};
}

/* Return: the fault of the options about lists; empty: none. */
static struct kps_sv list_fault(const struct kps_options *options)
{
    if (options->mode == KPS_MODE_QUERY || options->makes_map) {
        return (struct kps_sv){"", 0};
    }
    return options->sort != KPS_SORT_USUAL
               ? SV("--sort orders lists: --docker, --host, --cluster and --map")
               : (struct kps_sv){"", 0};
}

/* Return: the fault of the formats of the mode that is settled; empty: none. */
static struct kps_sv format_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv fault = {"", 0};
    unsigned use = kps_option_format_use(options);
    for (size_t i = 0; i < options->n_outputs && use && !fault.n; i++) {
        fault = kps_format_fault(arena, options->outputs[i].format, use);
    }
    return fault;
}

/* Return: the fault of a --diff, a check that prints the patch; empty: none. */
static struct kps_sv diff_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->mode != KPS_MODE_CHECK || options->only_lists_files) {
        return SV("--diff is about files that are checked, and prints nothing else");
    }
    for (size_t i = 0; i < options->n_outputs; i++) {
        if (options->outputs[i].file.n == 0) {
            return kps_fmt(arena,
                           "--diff prints the patch; write the report to a file: --format %s=FILE",
                           options->outputs[i].format->name);
        }
    }
    return SV("");
}

static bool has_stdin(const struct kps_list *names)
{
    bool found = false;
    for (size_t i = 0; i < names->n; i++) {
        found = found || kps_sv_eq(names->v[i], SV("-"));
    }
    return found;
}

/* Return: the fault of a question about a live cluster; empty: none. */
static struct kps_sv cluster_question_fault(struct kps_arena *arena,
                                            const struct kps_options *options)
{
    if (options->asks_docker || options->asks_host) {
        return SV("--cluster, --docker and --host ask different things about ports: one of them");
    }
    if (options->dumps.n && options->watches) {
        return SV("a dump does not change: --watch wants --cluster");
    }
    if (options->mode == KPS_MODE_FREE && (options->inputs.n || options->files.n)) {
        struct kps_sv input = options->inputs.n ? options->inputs.v[0] : options->files.v[0];
        return kps_fmt(arena, "--free looks at the cluster alone: leave '%.*s' out", SV_ARG(input));
    }
    return (struct kps_sv){"", 0};
}

/* Return: the fault of the options about a live cluster; empty: none. */
static struct kps_sv cluster_fault(struct kps_arena *arena, const struct kps_options *options)
{
    bool is_free = options->mode == KPS_MODE_FREE;
    bool is_question = options->n_questions || is_free || !(options->inputs.n || options->files.n);
    if (!options->asks_cluster && (options->kube_context.n || options->kubeconfig.n)) {
        return SV("--kube-context and --kubeconfig go with --cluster");
    }
    if (options->dumps.n && options->asks_cluster) {
        return SV("--cluster and --against both say which cluster: one of them");
    }
    if (has_stdin(&options->dumps) && has_stdin(&options->inputs)) {
        return SV("standard input is the dump or the manifests, not both");
    }
    if (options->asks_cluster && options->only_files) {
        return SV("--lint looks at files only, and --cluster asks a cluster");
    }
    if ((options->asks_cluster || options->dumps.n) && is_question) {
        return cluster_question_fault(arena, options);
    }
    return (struct kps_sv){"", 0};
}

/* Return: the fault of a project name that is a port, as 'docker run -p' takes one; a bare number
 * is a name, too. */
static struct kps_sv project_name_fault(struct kps_arena *arena, const struct kps_options *options)
{
    struct kps_sv name = options->project_name;
    bool is_bare = kps_sv_find(name, ':') == name.n && kps_sv_find(name, '/') == name.n;
    if (is_bare || kps_port_argument_form(name) == KPS_PORT_FORM_NONE) {
        return (struct kps_sv){"", 0};
    }
    return kps_fmt(arena,
                   "-p is the name of the project here, and '%.*s' is a port; a port is asked "
                   "about by: kportscan %.*s",
                   SV_ARG(name), SV_ARG(kps_shell_quote(arena, name)));
}

static bool has_several_contexts(const struct kps_options *options)
{
    return options->asks_all_contexts || options->contexts.n > 1;
}

static bool has_contexts(const struct kps_options *options)
{
    return options->asks_all_contexts || options->contexts.n > 0;
}

/*
 * Turn a check into a query when ports were requested, or --docker or --host without inputs.
 * Return: the fault of the options about this machine; empty: none.
 */
static struct kps_sv settle_mode(struct kps_arena *arena, struct kps_options *options)
{
    if (options->docker_host.n && has_contexts(options)) {
        return SV("--docker-host and --context both say which engine: one of them");
    }
    struct kps_sv fault = project_name_fault(arena, options);
    fault = fault.n ? fault : free_fault(arena, options);
    fault = fault.n ? fault : assign_fault(options);
    fault = fault.n ? fault : cluster_fault(arena, options);
    if (fault.n) {
        return fault;
    }
    fault = options->makes_map ? map_fault(arena, options) : fault;
    if (fault.n) {
        return fault;
    }
    bool has_inputs = options->inputs.n || options->files.n;
    bool asks_cluster = options->asks_cluster || options->dumps.n;
    bool is_query = options->n_questions || (options->names.n && !options->makes_map) ||
                    ((options->asks_docker || options->asks_host || asks_cluster) && !has_inputs);
    if (options->makes_diff && is_query) {
        return SV("--diff is about files that are checked, not about ports");
    }
    fault = options->makes_diff ? diff_fault(arena, options) : fault;
    if (fault.n) {
        return fault;
    }
    if (has_several_contexts(options) && !is_query && options->mode != KPS_MODE_FREE) {
        return SV("several contexts are for questions: --docker, PORT and --free; a check is about "
                  "one engine, or one for each of the 'machines' in .kportscan.yaml");
    }
    if (options->mode != KPS_MODE_CHECK || !is_query) {
        return options->watches ? SV("--watch is for ports and lists: 'kportscan 3000 --watch', "
                                     "'kportscan --docker --watch'")
                                : (struct kps_sv){"", 0};
    }
    options->mode = KPS_MODE_QUERY;
    return query_fault(arena, options);
}

/* Refuse options that exclude each other. */
static bool check_pairs(struct parsing *p)
{
    if (p->options->no_config && p->options->config.n) {
        return refuse_line(p, "--config and --no-config exclude each other");
    }
    p->error = settle_mode(p->arena, p->options);
    p->error = p->error.n ? p->error : list_fault(p->options);
    p->error = p->error.n ? p->error : format_fault(p->arena, p->options);
    p->options->only_files = p->options->only_files || p->options->makes_map;
    return p->error.n == 0;
}

static bool parse_arguments(struct parsing *p, int argc, char **argv)
{
    switch (p->options->mode) {
    case KPS_MODE_CHECK:
    case KPS_MODE_FREE:
    case KPS_MODE_ASSIGN:
        return add_named_ports(p) && parse_inputs(p, argc, argv) && check_pairs(p);
    case KPS_MODE_DIAGNOSE:
        return parse_log(p, argc, argv) && check_pairs(p);
    case KPS_MODE_QUERY:
    case KPS_MODE_EXPLAIN:
    case KPS_MODE_LIST_RULES:
    case KPS_MODE_COMPLETIONS:
        return check_pairs(p);
    case KPS_MODE_HELP:
    case KPS_MODE_VERSION: /* help for a command line that is still being typed */
        break;
    }
    return true;
}

bool kps_command_line_parse(struct kps_arena *arena, int argc, char **argv, struct kps_options *ret,
                            struct kps_sv *ret_error)
{
    struct parsing p = {.arena = arena, .options = ret};
    *ret = (struct kps_options){.fail_on = KPS_ERROR,
                                .least_severity = KPS_NOTE,
                                .most_values = argc > 0 ? (size_t)argc : 1};
    join_watch(arena, &argc, argv);
    bool is_parsed = parse_options(&p, argc, argv) && parse_arguments(&p, argc, argv);
    kps_vec_free(&p.questions);
    *ret_error = is_parsed ? *ret_error : p.error;
    return is_parsed;
}
