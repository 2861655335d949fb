#include "compose/advice.h"

#include "compose/wording.h"
#include "model/ports.h"

/* Return the first variable on the way of a port to its place; 0 for none. */
static kps_origin_id find_variable(const struct kps_origins *origins, kps_origin_id at)
{
    while (at && kps_origins_step(origins, at) != KPS_STEP_VARIABLE) {
        at = kps_origins_up(origins, at);
    }
    return at;
}

/*
 * Return: may a number take the place of a variable's text? It may where the text is the port, or
 * refers to other variables (Q=${P}) and the port is the whole value.
 */
static bool holds_port(const struct kps_diag *diag, const struct kps_service_port *entry,
                       const struct kps_origin *variable)
{
    if (variable->span.file == 0) {
        return false; /* the environment */
    }
    const struct kps_file *file = kps_files_get(&diag->files, variable->span.file);
    struct kps_sv text = kps_sv_slice(file->bytes, variable->span.off,
                                      (size_t)variable->span.off + variable->span.len);
    bool refers = kps_sv_find(text, '$') < text.n;
    return refers ? kps_sv_eq(kps_compose_project_extra(entry)->variable, variable->what)
                  : kps_sv_eq(text,
                              kps_ports_digits(diag->arena, entry->port.first, entry->port.last));
}

/* List the places in files of the variables from an origin on. */
static void add_variable_spans(const struct kps_diag *diag, kps_origin_id at, size_t most,
                               struct kps_span *spans, uint32_t *n)
{
    for (; at; at = kps_origins_up(&diag->origins, at)) {
        struct kps_span span = kps_origins_span(&diag->origins, at);
        if (kps_origins_step(&diag->origins, at) == KPS_STEP_VARIABLE && span.file && *n < most) {
            spans[(*n)++] = span;
        }
    }
}

static void keep_variable_spans(const struct kps_diag *diag, kps_origin_id at,
                                struct kps_source_span *ret)
{
    add_variable_spans(diag, at, KPS_COUNT(ret->kept), ret->kept, &ret->n_kept);
}

struct kps_sv kps_compose_advice_source_spans(const struct kps_ledger *ledger,
                                              const struct kps_claim *claim,
                                              struct kps_source_span *ret)
{
    const struct kps_diag *diag = ledger->diag;
    struct kps_sv name = kps_ledger_get_owner(ledger, claim->owner)->ties->name;
    const char *digits = kps_ports_digits(diag->arena, claim->first, claim->last).p;
    const struct kps_service_port *entry = kps_compose_claims_port_of(ledger, claim);
    if (!entry || claim->last == 0) {
        return kps_fmt(diag->arena, "'%.*s' asks for no host port of its own", SV_ARG(name));
    }
    const struct kps_service_port *head = entry;
    struct kps_sv why = {"", 0};
    kps_origin_id target_variable = kps_compose_project_extra(entry)->target_variable;
    if (target_variable) {
        keep_variable_spans(diag, target_variable, ret);
    }
    for (; entry && ret->n_ports < KPS_WRITTEN_MOST && ret->n_kept < KPS_WRITTEN_MOST;
         entry = kps_compose_project_extra(entry)->same) {
        struct kps_span place = entry->published;
        kps_origin_id at = find_variable(&diag->origins, entry->origin);
        struct kps_origin variable = {.up = 0};
        if (at) {
            variable = kps_origins_get(&diag->origins, at);
        }
        if (entry->port.first != head->port.first || entry->port.last != head->port.last) {
            keep_variable_spans(diag, entry->origin, ret);
            why = kps_fmt(diag->arena, "'%.*s' lists the port at a second place, in part",
                          SV_ARG(name));
            continue;
        }
        if (place.len == 0 && at) {
            add_variable_spans(diag, variable.up, KPS_COUNT(ret->followed), ret->followed,
                               &ret->n_followed);
        }
        if (place.len == 0 && at && holds_port(diag, entry, &variable)) {
            place = variable.span;
        }
        if (place.len == 0) {
            why = at ? kps_fmt(diag->arena,
                               "'%.*s' has its port from the variable %.*s, and no file says "
                               "%.*s=%s: set it "
                               "where it is set now",
                               SV_ARG(name), SV_ARG(variable.what), SV_ARG(variable.what), digits)
                     : kps_fmt(diag->arena, "the port of '%.*s' is not written as one number",
                               SV_ARG(name));
            continue;
        }
        ret->ports[ret->n_ports++] = place;
    }
    return entry ? kps_fmt(diag->arena, "'%.*s' lists the port at too many places", SV_ARG(name))
                 : why;
}

/* Return the entry with another port, as a file would hold it: "127.0.0.1:8081:3000". */
static struct kps_sv rewrite_entry(struct kps_arena *arena, const struct kps_service_port *entry,
                                   uint16_t port)
{
    const struct kps_port *p = &entry->port;
    bool is_v6 = kps_sv_find(p->host_ip, ':') < p->host_ip.n;
    struct kps_sv ip = {"", 0};
    if (p->host_ip.n) {
        ip = kps_fmt(arena, is_v6 ? "[%.*s]:" : "%.*s:", SV_ARG(p->host_ip));
    }
    const char *protocol = p->protocol == KPS_TCP ? "" : kps_protocol_name(p->protocol);
    return kps_fmt(arena, "%.*s%u:%u%s%s", SV_ARG(ip), port, p->target_first, *protocol ? "/" : "",
                   protocol);
}

static bool is_same_place(const struct kps_origins *origins, kps_origin_id a, kps_origin_id b)
{
    struct kps_span left = kps_origins_span(origins, a);
    struct kps_span right = kps_origins_span(origins, b);
    return left.file == right.file && left.off == right.off;
}

static bool is_same_variable(const struct kps_origins *origins, kps_origin_id a, kps_origin_id b)
{
    return a && b && is_same_place(origins, a, b) &&
           kps_sv_eq(kps_origins_get(origins, a).what, kps_origins_get(origins, b).what);
}

/*
 * Find out whether another party of the finding stands at the primary's very place (through an
 * alias or `extends`), or takes its port from the same variable: a change there moves both, and
 * they clash again.
 */
static void find_shared(const struct kps_ledger *ledger, const struct kps_finding *finding,
                        const struct kps_claim *primary, bool *ret_place, bool *ret_variable)
{
    const struct kps_origins *origins = &ledger->diag->origins;
    kps_origin_id variable = find_variable(origins, primary->origin);
    for (uint32_t i = 1; i < finding->n_parties; i++) {
        if (finding->parties[i].claim) {
            const struct kps_claim *other = kps_ledger_get_claim(ledger, finding->parties[i].claim);
            *ret_place = *ret_place || is_same_place(origins, primary->origin, other->origin);
            kps_origin_id others = find_variable(origins, other->origin);
            *ret_variable = *ret_variable || is_same_variable(origins, variable, others);
        }
    }
}

/*
 * Return: did `extends` bring the claim? A list of the service's own is then only added to the
 * inherited list.
 */
static bool is_inherited(const struct kps_origins *origins, const struct kps_claim *claim)
{
    for (kps_origin_id at = claim->origin; at; at = kps_origins_up(origins, at)) {
        if (kps_origins_step(origins, at) == KPS_STEP_EXTENDS) {
            return true;
        }
    }
    return false;
}

static void advise_variable(struct kps_diag *diag, struct kps_finding *finding,
                            const struct kps_service_port *entry, struct kps_origin variable,
                            uint16_t port, struct kps_sv free)
{
    struct kps_sv where = SV("the environment");
    if (variable.span.file) {
        struct kps_pos pos = kps_files_pos(&diag->files, variable.span.file, variable.span.off);
        struct kps_sv path = kps_files_get(&diag->files, variable.span.file)->path;
        where = kps_fmt(diag->arena, "%.*s:%u", SV_ARG(path), pos.line);
    }
    if (holds_port(diag, entry, &variable)) {
        kps_finding_fix(finding,
                        kps_fmt(diag->arena, "set %.*s to %u", SV_ARG(variable.what), port),
                        (struct kps_edit){variable.span, kps_fmt(diag->arena, "%u", port)});
    }
    kps_finding_help(finding, "set %.*s=%u in %.*s (%.*s)", SV_ARG(variable.what), port,
                     SV_ARG(where), SV_ARG(free));
}

void kps_compose_advice_port(struct kps_ledger *ledger, struct kps_finding *finding,
                             const struct kps_conflict *conflict)
{
    uint16_t port = conflict->free_port;
    struct kps_sv host = kps_ledger_host_name(ledger);
    struct kps_sv free =
        conflict->is_free_here
            ? kps_fmt(ledger->diag->arena, "%u is free on %.*s", port, SV_ARG(host))
            : kps_fmt(ledger->diag->arena, "%u is not used in this project", port);
    struct kps_diag *diag = ledger->diag;
    const struct kps_claim *claim = kps_ledger_get_claim(ledger, conflict->claims[0]);
    const struct kps_service_port *entry = kps_compose_claims_port_of(ledger, claim);
    if (!entry || port == 0 || entry->port.first != entry->port.last) {
        return;
    }
    struct kps_sv name = kps_ledger_get_owner(ledger, claim->owner)->ties->name;
    kps_origin_id variable = find_variable(&diag->origins, claim->origin);
    bool shares_place = false;
    bool shares_variable = false;
    find_shared(ledger, finding, claim, &shares_place, &shares_variable);
    if (shares_place) {
        kps_finding_help(finding,
                         "write ports: %s[\"%s\"] in '%.*s': this line serves them all (%.*s)",
                         is_inherited(&diag->origins, claim) ? "!override " : "",
                         rewrite_entry(diag->arena, entry, port).p, SV_ARG(name), SV_ARG(free));
        return;
    }
    bool has_more = conflict->n_claims > 2; /* then the number may be meant for any of them */
    struct kps_sv whom = {"", 0};
    if (has_more) {
        whom = kps_fmt(diag->arena, " for '%.*s'", SV_ARG(name));
    }
    if (variable && !shares_variable) {
        advise_variable(diag, finding, entry, kps_origins_get(&diag->origins, variable), port,
                        free);
    } else if (entry->is_long) {
        const struct kps_service_facts *facts =
            kps_compose_claims_facts(kps_ledger_get_owner(ledger, claim->owner));
        const char *quote = facts->project->is_stack ? "" : "\"";
        kps_finding_help(finding, "write published: %s%u%s%.*s (%.*s)", quote, port, quote,
                         SV_ARG(whom), SV_ARG(free));
    } else {
        kps_finding_help(finding, "write \"%s\"%.*s (%.*s)",
                         rewrite_entry(diag->arena, entry, port).p, SV_ARG(whom), SV_ARG(free));
    }
    if (has_more && finding->rule == KPS_RULE_COMPOSE_HOST_PORT_CLASH) {
        kps_finding_help(finding, "add --diff to see a patch that moves the others, too");
    }
    if (entry->published.len) {
        kps_finding_fix(finding, kps_fmt(diag->arena, "publish %u instead", port),
                        (struct kps_edit){entry->published, kps_fmt(diag->arena, "%u", port)});
    }
}

void kps_compose_advice_listeners(struct kps_finding *finding)
{
    kps_finding_help(finding, "let one of them listen on another port, by its own configuration");
}

void kps_compose_advice_shared_network(struct kps_finding *finding)
{
    kps_finding_note(
        finding, "containers that share a network share its ports; the second to listen exits with "
                 "\"address already in use\", and 'up' does not say so");
    kps_compose_advice_listeners(finding);
}
