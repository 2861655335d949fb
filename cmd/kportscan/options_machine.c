#include "options_machine.h"

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

/* Says what is wrong with a query; empty: nothing. */
static struct kps_sv query_fault(struct kps_arena *arena, const struct kps_options *options)
{
    if (options->n_questions && (options->inputs.n || options->files.n)) {
        struct kps_sv input = options->inputs.n ? options->inputs.v[0] : options->files.v[0];
        return kps_fmt(arena, "'%.*s' asks about a port and '%.*s' is a file to check: one at a time",
                       SV_ARG(options->questions[0].words), SV_ARG(input));
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
            return kps_fmt(arena, "format '%s' is for checks; who holds a port is told as text, short or json",
                           options->outputs[i].format->name);
        }
    }
    return (struct kps_sv){"", 0};
}

struct kps_sv kps_options_settle_machine(struct kps_arena *arena, struct kps_options *options)
{
    if (options->docker_host.n && options->docker_context.n) {
        return SV("--docker-host and --context both say which engine: one of them");
    }
    bool has_inputs = options->inputs.n || options->files.n;
    bool is_query = options->n_questions || ((options->asks_docker || options->asks_host) && !has_inputs);
    if (options->mode != KPS_MODE_CHECK || !is_query) {
        return (struct kps_sv){"", 0};
    }
    options->mode = KPS_MODE_QUERY;
    return query_fault(arena, options);
}
