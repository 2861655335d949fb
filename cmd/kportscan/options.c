#include "options.h"

#include <getopt.h>
#include <string.h>

#include "base/nearest.h"
#include "option_table.h"
#include "options_machine.h"
#include "options_value.h"
#include "port_argument.h"

enum { MOST_OPTIONS = 64 };
_Static_assert((int)KPS_OPTION_END < (int)KPS_MOST_CODES, "every option has its place in `given`");

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

static bool add(struct parsing *p, struct kps_list *list, const char *value)
{
    if (!list->v) {
        list->v = KPS_NEW_N(p->arena, struct kps_sv, p->most);
    }
    list->v[list->n++] = kps_sv_of(value);
    return true;
}

static struct kps_sv suggestion(struct parsing *p, const struct kps_nearest *nearest,
                                const char *before)
{
    if (!nearest->best.n) {
        return SV("");
    }
    return kps_fmt(p->arena, "; did you mean '%s%.*s'?", before, SV_ARG(nearest->best));
}

/* The options whose values may also come from elsewhere. */
static bool take_value(struct parsing *p, int code, struct kps_sv text)
{
    const struct kps_option_info *info = kps_option_table;
    while (info->code != code) {
        info++;
    }
    struct kps_option_setting setting = {.arena = p->arena,
                                         .options = p->options,
                                         .name = kps_fmt(p->arena, "--%s", info->name).p,
                                         .most_outputs = p->most};
    bool done = kps_option_set(&setting, code, text);
    p->error = setting.error;
    return done;
}

/* The options that take no argument. */
static bool take_switch(struct parsing *p, int code)
{
    struct kps_options *options = p->options;
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
    case KPS_OPTION_DIFF:
        options->makes_diff = true;
        break;
    case KPS_OPTION_EXIT_ZERO:
        options->never_fails = true;
        break;
    case KPS_OPTION_LIST_RULES:
        options->mode = KPS_MODE_LIST_RULES;
        break;
    case KPS_OPTION_DIAGNOSE:
        options->mode = KPS_MODE_DIAGNOSE;
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
    case KPS_OPTION_NO_CONFIG:
        options->no_config = true;
        break;
    case KPS_OPTION_DOCKER:
        options->asks_docker = true;
        break;
    case KPS_OPTION_HOST:
        options->asks_host = true;
        break;
    case KPS_OPTION_NO_DOCKER:
        options->no_docker = true;
        break;
    case KPS_OPTION_NO_PROBE:
        options->no_probe = true;
        break;
    default: /* KPS_OPTION_NO_HOST */
        options->no_host = true;
        break;
    }
    return true;
}

static bool take(struct parsing *p, int code, const char *argument)
{
    struct kps_options *options = p->options;
    struct kps_sv text = argument ? kps_sv_of(argument) : (struct kps_sv){"", 0};
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
    case KPS_OPTION_EXPLAIN:
        options->mode = KPS_MODE_EXPLAIN;
        options->explained = text;
        return true;
    case KPS_OPTION_COMPLETIONS:
        options->mode = KPS_MODE_COMPLETIONS;
        options->shell = text;
        return true;
    case KPS_OPTION_EXCLUDE:
        return add(p, &options->excludes, argument);
    case 'H':
        options->docker_host = text;
        return text.n > 0 || fail(p, "--docker-host wants a URL, like unix:///var/run/docker.sock");
    case KPS_OPTION_CONTEXT:
        options->docker_context = text;
        return text.n > 0 || fail(p, "--context wants a name (docker context ls)");
    case KPS_OPTION_TIMEOUT:
        return kps_options_seconds(text, &options->timeout_ms) ||
               fail(p, "--timeout '%.*s' is not a number of seconds, up to 3600", SV_ARG(text));
    case KPS_OPTION_FREE:
    case 'n':
        p->error = kps_options_take_free(p->arena, options, code, text);
        return p->error.n == 0;
    case KPS_OPTION_WATCH:
        options->watches = true;
        return !argument || kps_options_seconds(text, &options->watch_ms) ||
               fail(p, "--watch '%.*s' is not a number of seconds, up to 3600", SV_ARG(text));
    case KPS_OPTION_STDIN_FILENAME:
        options->stdin_name = text;
        return true;
    case KPS_OPTION_CONFIG:
        options->config = text;
        return text.n > 0 || fail(p, "--config wants a file");
    case KPS_OPTION_BASELINE:
        options->baseline = text;
        return text.n > 0 || fail(p, "--baseline wants a file");
    case KPS_OPTION_WRITE_BASELINE:
        options->new_baseline = text;
        return text.n > 0 || fail(p, "--write-baseline wants a file");
    default:
        return kps_option_has_value(code) ? take_value(p, code, text) : take_switch(p, code);
    }
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
    return fail(p, "there is no option '--%.*s'%.*s", SV_ARG(word),
                SV_ARG(suggestion(p, &nearest, "--")));
}

static int argument_of(const struct kps_option_info *info)
{
    if (!info->argument) {
        return no_argument;
    }
    return info->argument[0] == '[' ? optional_argument : required_argument;
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
        longs[n_longs++] = (struct option){info->name, argument_of(info), NULL, info->code};
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
        p->options->given[code] = true;
        if (!take(p, code, optarg)) {
            return false;
        }
    }
}

static bool add_question(struct parsing *p, struct kps_sv argument)
{
    struct kps_options *options = p->options;
    if (!options->questions) {
        options->questions = KPS_NEW_N(p->arena, struct kps_question, p->most);
    }
    return kps_port_argument_parse(p->arena, argument, &options->questions[options->n_questions++],
                                   &p->error);
}

static bool take_inputs(struct parsing *p, int argc, char **argv)
{
    size_t n_stdin = 0;
    for (int i = optind; i < argc; i++) {
        if (kps_port_argument_is(kps_sv_of(argv[i]))) {
            if (!add_question(p, kps_sv_of(argv[i]))) {
                return false;
            }
            continue;
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

/* --diagnose: one log, whatever its name looks like. */
static bool take_log(struct parsing *p, int argc, char **argv)
{
    const struct kps_options *options = p->options;
    if (argc - optind > 1) {
        return fail(p, "--diagnose reads one log, and '%s' is another", argv[optind + 1]);
    }
    if (options->asks_docker || options->asks_host || options->files.n) {
        return fail(p, "--diagnose reads a log: it goes with no %s",
                    options->files.n ? "--file" : "--docker or --host");
    }
    for (size_t i = 0; i < options->n_outputs; i++) {
        if (!options->outputs[i].format->for_queries) {
            return fail(p, "format '%s' is for checks; a log is answered as text, short or json",
                        options->outputs[i].format->name);
        }
    }
    if (optind < argc && argv[optind][0] == '\0') {
        return fail(p, "an empty word is no file");
    }
    return optind == argc || add(p, &p->options->inputs, argv[optind]);
}

/* Options that say opposite things. */
static bool check_pairs(struct parsing *p)
{
    if (p->options->no_config && p->options->config.n) {
        return fail(p, "--config and --no-config exclude each other");
    }
    p->error = kps_options_settle_machine(p->arena, p->options);
    return p->error.n == 0;
}

bool kps_options_parse(struct kps_arena *arena, int argc, char **argv, struct kps_options *ret,
                       struct kps_sv *ret_error)
{
    struct parsing p = {.arena = arena, .options = ret, .most = argc > 0 ? (size_t)argc : 1};
    *ret = (struct kps_options){.fail_on = KPS_ERROR, .least_severity = KPS_NOTE};
    kps_options_join_watch(arena, &argc, argv);
    if (!parse_options(&p, argc, argv)) {
        *ret_error = p.error;
        return false;
    }
    if (ret->mode == KPS_MODE_HELP || ret->mode == KPS_MODE_VERSION) {
        return true; /* whatever else was being typed */
    }
    if (((ret->mode == KPS_MODE_CHECK || ret->mode == KPS_MODE_FREE) &&
         !take_inputs(&p, argc, argv)) ||
        (ret->mode == KPS_MODE_DIAGNOSE && !take_log(&p, argc, argv)) || !check_pairs(&p)) {
        *ret_error = p.error;
        return false;
    }
    return true;
}
