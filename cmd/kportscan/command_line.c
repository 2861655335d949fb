#include "command_line.h"

#include <string.h>

#include "arguments/command_words.h"
#include "arguments/port_argument.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/shell.h"
#include "base/vec.h"
#include "option_rules.h"
#include "option_table.h"
#include "options/parser.h"
#include "query.h"
#include "stderr_log.h"

struct parsing {
    struct kps_arena *arena;
    struct kps_options *options;
    struct kps_port_arguments ports; /* until all are known */
    int first;                       /* the first positional argument */
    struct kps_sv error;
};

static bool add_ports(struct parsing *p, struct kps_sv argument)
{
    return kps_port_argument_add(p->arena, argument, &p->ports, &p->error);
}

/* Copy the ports to where the options keep them. */
static void copy_ports(struct parsing *p)
{
    size_t n = p->ports.list.n;
    p->options->n_questions = n;
    p->options->questions = KPS_NEW_N(p->arena, struct kps_question, n + 1);
    if (n) {
        memcpy(p->options->questions, p->ports.list.v, n * sizeof(p->ports.list.v[0]));
    }
}

/* Add the values of --port to the requested ports. */
static bool add_named_ports(struct parsing *p)
{
    for (size_t i = 0; i < p->options->ports.n; i++) {
        struct kps_sv port = p->options->ports.v[i];
        if (!kps_port_argument_is(p->arena, port)) {
            return kps_option_refuse_line(
                p->arena, &p->error,
                "--port '%.*s' is no port, like 3000, 3000/udp or 127.0.0.1:3000", SV_ARG(port));
        }
        if (!add_ports(p, port)) {
            return false;
        }
    }
    return true;
}

/* Return: whether a word may be a NAME of a list. */
static bool takes_names(const struct kps_options *options)
{
    return options->asks_docker || options->asks_host || kps_query_is_of_cluster(options);
}

/*
 * Return: whether the argument is a NAME: beside --docker, --host, --cluster or --against, no file,
 * and a name as engines and clusters give them, perhaps with wildcards.
 */
static bool is_name_argument(const struct parsing *p, const char *argument)
{
    struct kps_sv name = kps_sv_of(argument);
    struct kps_buf *plain = kps_buf_new(p->arena);
    for (size_t i = 0; i < name.n; i++) {
        bool is_wildcard = strchr("*?[]!^", name.p[i]) != NULL;
        kps_buf_char(plain, is_wildcard ? 'x' : name.p[i]);
    }
    return takes_names(p->options) && kps_shell_is_name(kps_buf_sv(plain)) &&
           !kps_sv_has_tail(name, ".yaml") && !kps_sv_has_tail(name, ".yml") &&
           !kps_sv_has_tail(name, ".json") && !kps_fs_exists(argument);
}

static bool parse_inputs(struct parsing *p, int argc, char **argv)
{
    if (!takes_names(p->options) && p->first < argc) {
        p->error = kps_command_words_message(p->arena, argv + p->first, (size_t)(argc - p->first));
    }
    if (p->error.n) {
        return false;
    }
    for (int i = p->first; i < argc; i++) {
        if (argv[i][0] == '\0') {
            return kps_option_refuse_line(p->arena, &p->error, "an empty word is no input");
        }
        if (kps_port_argument_is(p->arena, kps_sv_of(argv[i]))) {
            if (!add_ports(p, kps_sv_of(argv[i]))) {
                return false;
            }
        } else if (is_name_argument(p, argv[i])) {
            kps_option_append(p->arena, p->options, &p->options->names, kps_sv_of(argv[i]));
        } else if (strstr(argv[i], "://") && !kps_fs_exists(argv[i])) {
            return kps_option_refuse_line(p->arena, &p->error,
                                          "'%s' is no URL with a port to ask about, and no file",
                                          argv[i]);
        } else {
            kps_option_append(p->arena, p->options, &p->options->inputs.named, kps_sv_of(argv[i]));
        }
    }
    copy_ports(p);
    size_t n_stdin = kps_list_count(&p->options->inputs.named, SV("-")) +
                     kps_list_count(&p->options->inputs.files, SV("-"));
    return n_stdin < 2 ||
           kps_option_refuse_line(p->arena, &p->error, "standard input can be read once only");
}

/* Parse the argument of --diagnose: one log, also when its name looks like a port. */
static bool parse_log(struct parsing *p, int argc, char **argv)
{
    const struct kps_options *options = p->options;
    if (argc - p->first > 1) {
        return kps_option_refuse_line(
            p->arena, &p->error,
            "--diagnose reads one log, and '%s' is another; a message goes in quotes: "
            "kportscan --diagnose \"Bind for 0.0.0.0:3000 failed\"",
            argv[p->first + 1]);
    }
    if (options->asks_docker || options->asks_host || options->inputs.files.n) {
        return kps_option_refuse_line(p->arena, &p->error,
                                      "--diagnose reads a log: it goes with no %s",
                                      options->inputs.files.n ? "--file" : "--docker or --host");
    }
    if (p->first < argc && argv[p->first][0] == '\0') {
        return kps_option_refuse_line(p->arena, &p->error, "an empty word is no file");
    }
    if (p->first < argc) {
        kps_option_append(p->arena, p->options, &p->options->inputs.named,
                          kps_sv_of(argv[p->first]));
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

/* Refuse options that exclude each other. */
static bool check_pairs(struct parsing *p)
{
    const char *fault = kps_option_rules_settle(p->arena, p->options);
    p->error = kps_sv_of(fault);
    return !fault;
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
    case KPS_MODE_EXPLAIN:
    case KPS_MODE_LIST_RULES:
        if (p->first < argc) {
            return kps_option_refuse_line(p->arena, &p->error, "'%s' is one word too many",
                                          argv[p->first]);
        }
        return check_pairs(p);
    case KPS_MODE_QUERY:
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
    *ret = (struct kps_options){.verdict = {.fail_on = KPS_ERROR, .least_severity = KPS_NOTE},
                                .inputs.cluster = {.node_port_first = KPS_KUBE_NODE_PORT_FIRST,
                                                   .node_port_last = KPS_KUBE_NODE_PORT_LAST},
                                .log = kps_stderr_log,
                                .state = {.table = kps_option_table,
                                          .size = sizeof(*ret),
                                          .most_values = argc > 0 ? (size_t)argc : 1}};
    join_watch(arena, &argc, argv);
    bool is_parsed = kps_parser_run(arena, ret, argc, argv, &p.first, &p.error) &&
                     parse_arguments(&p, argc, argv);
    ret->inputs.places_projects = ret->mode == KPS_MODE_CHECK;
    ret->inputs.is_one_project = ret->mode == KPS_MODE_ASSIGN;
    kps_vec_free(&p.ports.list);
    *ret_error = is_parsed ? *ret_error : p.error;
    return is_parsed;
}
