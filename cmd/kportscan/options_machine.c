#include "options_machine.h"

#include <string.h>

#include "port_argument.h"

enum { MOST_SECONDS = 3600, MS = 1000 };

bool kps_options_seconds(struct kps_sv text, uint32_t *ret_ms)
{
    unsigned long long whole = 0;
    unsigned long long part = 0;
    size_t dot = kps_sv_find(text, '.');
    struct kps_sv fraction = kps_sv_from(text, dot + 1);
    if (!kps_sv_u64(kps_sv_slice(text, 0, dot), MOST_SECONDS, &whole) ||
        (dot < text.n && (fraction.n > 3 || !kps_sv_u64(fraction, MS - 1, &part)))) {
        return false;
    }
    for (size_t i = fraction.n; i < 3; i++) {
        part *= 10;
    }
    *ret_ms = (uint32_t)(whole * MS + part);
    return *ret_ms > 0;
}

void kps_options_join_watch(struct kps_arena *arena, int *argc, char **argv)
{
    bool has_port = false;
    for (int i = 1; i + 1 < *argc; i++) {
        uint32_t ms = 0;
        if (!has_port || strcmp(argv[i], "--watch") != 0 ||
            !kps_options_seconds(kps_sv_of(argv[i + 1]), &ms)) {
            has_port = has_port || kps_port_argument_is(kps_sv_of(argv[i]));
            continue;
        }
        struct kps_sv joined = kps_fmt(arena, "--watch=%s", argv[i + 1]);
        argv[i] = memcpy(kps_alloc(arena, joined.n + 1), joined.p, joined.n + 1);
        memmove(&argv[i + 1], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof(argv[0]));
        (*argc)--;
        return;
    }
}

struct kps_sv kps_options_take_free(struct kps_arena *arena, struct kps_options *options, int code,
                                    struct kps_sv text)
{
    unsigned long long count = 0;
    struct kps_sv error = {"", 0};
    if (code == 'n') {
        if (!kps_sv_u64(text, UINT16_MAX, &count) || count == 0) {
            return kps_fmt(arena, "-n '%.*s' is not a number of ports, 1 to 65535", SV_ARG(text));
        }
        options->free_count = (uint32_t)count;
        return error;
    }
    options->mode = KPS_MODE_FREE;
    if (!kps_port_argument_is(text)) {
        return kps_fmt(arena,
                       "--free '%.*s' is no port, like 3000, 3000-3010/udp or 127.0.0.1:3000",
                       SV_ARG(text));
    }
    if (!kps_port_argument_parse(arena, text, &options->free_from, &error)) {
        return kps_fmt(arena, "--free %.*s", SV_ARG(error));
    }
    return error;
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
    for (size_t i = 0; i < options->n_outputs; i++) {
        if (!options->outputs[i].format->for_queries) {
            return kps_fmt(arena,
                           "format '%s' is for checks; free ports are told as text, short or json",
                           options->outputs[i].format->name);
        }
    }
    return SV("");
}

/* Says what is wrong with a query; empty: nothing. */
static struct kps_sv query_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->n_questions && (options->inputs.n || options->files.n)) {
        struct kps_sv input = options->inputs.n ? options->inputs.v[0] : options->files.v[0];
        return kps_fmt(arena,
                       "'%.*s' asks about a port and '%.*s' is a file to check: one at a time",
                       SV_ARG(options->questions[0].words), SV_ARG(input));
    }
    if (options->watches && options->n_questions == 0 && options->n_outputs == 0) {
        return SV("--watch wants a port, like 'kportscan 3000 --watch', or a format for the list: "
                  "'-o json'");
    }
    if (options->only_files) {
        return SV("--lint looks at files only; a question about ports is about this machine");
    }
    if ((options->asks_docker && options->no_docker) || (options->asks_host && options->no_host) ||
        (options->no_docker && options->no_host)) {
        return SV("--no-docker and --no-host leave nothing to ask");
    }
    for (size_t i = 0; i < options->n_outputs; i++) {
        if (!options->outputs[i].format->for_queries) {
            return kps_fmt(
                arena, "format '%s' is for checks; who holds a port is told as text, short or json",
                options->outputs[i].format->name);
        }
    }
    return (struct kps_sv){"", 0};
}

/* --diff is a check whose standard output is the patch. */
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

struct kps_sv kps_options_settle_machine(struct kps_arena *arena, struct kps_options *options)
{
    if (options->docker_host.n && options->docker_context.n) {
        return SV("--docker-host and --context both say which engine: one of them");
    }
    struct kps_sv fault = free_fault(arena, options);
    if (fault.n) {
        return fault;
    }
    bool has_inputs = options->inputs.n || options->files.n;
    bool is_query =
        options->n_questions || ((options->asks_docker || options->asks_host) && !has_inputs);
    if (options->makes_diff && is_query) {
        return SV("--diff is about files that are checked, not about ports");
    }
    fault = options->makes_diff ? diff_fault(arena, options) : fault;
    if (fault.n) {
        return fault;
    }
    if (options->no_probe && !is_query && options->mode != KPS_MODE_FREE) {
        return SV("--no-probe is about ports: --free, or 'kportscan 3000'");
    }
    if (options->mode != KPS_MODE_CHECK || !is_query) {
        return options->watches ? SV("--watch is for ports, like 'kportscan 3000 --watch'")
                                : (struct kps_sv){"", 0};
    }
    options->mode = KPS_MODE_QUERY;
    return query_fault(arena, options);
}
