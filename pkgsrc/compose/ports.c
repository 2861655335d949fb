#include "compose/ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/order.h"
#include "base/vec.h"
#include "compose/merge.h"
#include "compose/project.h"
#include "model/ports.h"

/*
 * Compose's rule for duplicates (spec compose §1.4): entries with the same (host IP or 0.0.0.0,
 * published, target, protocol) are a single entry, and the later replaces the earlier. A pairwise
 * range counts as its pairs, but is kept as a single entry; only ranges that overlap with the same
 * offset are cut.
 */

/* Beyond this many ports the layers of a stack are not merged by port: no real service comes near.
 */
enum { KPS_STACK_MOST_MERGED = 2000 };

/* Beyond this many comparisons the ranges of a service stay uncut: no real file comes near. */
enum { MOST_COMPARISONS = 4 * 1000 * 1000 };

static struct kps_sv any_when_empty(struct kps_sv host_ip)
{
    return host_ip.n ? host_ip : SV("0.0.0.0");
}

/* Return the text of `published` where it is another key to Compose than the plain number. */
static struct kps_sv text_of_published(const struct kps_service_port *entry)
{
    return kps_compose_project_extra(entry)->published;
}

static struct kps_sv text_of_protocol(const struct kps_service_port *entry)
{
    struct kps_sv odd = kps_compose_project_extra(entry)->protocol;
    return odd.n ? odd : kps_sv_of(kps_protocol_name(entry->port.protocol));
}

/*
 * Order entries by their identity to Compose, which compares published ports as text: numbers
 * decide unless a number is written oddly. A pairwise range is here an entry with its own
 * identity.
 */
static int compare_entries(const struct kps_service_port *a, const struct kps_service_port *b)
{
    int order = kps_order_compare(a->port.first, b->port.first);
    order = order ? order : kps_order_compare(a->port.last, b->port.last);
    order = order ? order : kps_order_compare(a->port.take, b->port.take);
    order = order ? order : kps_order_compare(a->port.target_first, b->port.target_first);
    order = order ? order : kps_order_compare(a->port.target_last, b->port.target_last);
    order = order ? order : kps_order_compare(a->published_is_int, b->published_is_int);
    order = order ? order : kps_sv_cmp(text_of_published(a), text_of_published(b));
    order = order ? order : kps_sv_cmp(text_of_protocol(a), text_of_protocol(b));
    return order ? order
                 : kps_sv_cmp(any_when_empty(a->port.host_ip), any_when_empty(b->port.host_ip));
}

static int by_identity(const void *left, const void *right, void *entries)
{
    const struct kps_service_port *all = entries;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    int order = compare_entries(&all[a], &all[b]);
    return order ? order : kps_order_compare(a, b);
}

/* Note a duplicate of the entry. */
static void set_same(struct kps_arena *arena, struct kps_service_port *entry,
                     const struct kps_service_port *same)
{
    struct kps_port_extra *extra = KPS_NEW(arena, struct kps_port_extra);
    *extra = *kps_compose_project_extra(entry);
    extra->same = same;
    entry->extra = extra;
}

/* Drop all but the last entry of each identity, in the place of the first. */
static void drop_same_entries(struct kps_arena *arena, struct kps_service_port *entries,
                              uint32_t *n)
{
    uint32_t n_rising = 1; /* people write most lists in their order, and these have no duplicate */
    while (n_rising < *n && compare_entries(&entries[n_rising - 1], &entries[n_rising]) < 0) {
        n_rising++;
    }
    if (n_rising == *n) {
        return;
    }
    KPS_VEC(uint32_t) order = {0};
    for (uint32_t i = 0; i < *n; i++) {
        *kps_vec_push(&order) = i;
    }
    qsort_r(order.v, order.n, sizeof(order.v[0]), by_identity, entries);
    bool dropped = false;
    for (uint32_t i = 0; i < order.n;) {
        uint32_t first = order.v[i];
        uint32_t last = i;
        while (last + 1 < order.n &&
               !compare_entries(&entries[first], &entries[order.v[last + 1]])) {
            last++;
        }
        for (uint32_t k = i; k < last; k++) {
            struct kps_service_port *same = KPS_NEW(arena, struct kps_service_port);
            *same = entries[order.v[k]];
            set_same(arena, &entries[order.v[k + 1]], same);
            dropped = true;
        }
        entries[first] = entries[order.v[last]];
        for (uint32_t k = i + 1; k <= last; k++) {
            entries[order.v[k]].origin = 0; /* replaced */
        }
        i = last + 1;
    }
    kps_vec_free(&order);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *n && dropped; i++) {
        if (entries[i].origin) {
            entries[kept++] = entries[i];
        }
    }
    *n = dropped ? kept : *n;
}

static bool is_pairwise(const struct kps_service_port *entry)
{
    const struct kps_port *port = &entry->port;
    bool is_in_one_form =
        !entry->is_long || (!entry->published_is_int && !text_of_published(entry).n);
    return port->last && is_in_one_form && port->take == (uint32_t)port->last - port->first + 1;
}

static bool is_range(const struct kps_service_port *entry)
{
    return is_pairwise(entry) && entry->port.last > entry->port.first;
}

/* Return: do the pairs of both have the same key wherever their published ports are equal? */
static bool is_same_series(const struct kps_service_port *a, const struct kps_service_port *b)
{
    return is_pairwise(a) && is_pairwise(b) &&
           kps_sv_eq(text_of_protocol(a), text_of_protocol(b)) &&
           kps_sv_eq(any_when_empty(a->port.host_ip), any_when_empty(b->port.host_ip)) &&
           a->port.first - a->port.target_first == b->port.first - b->port.target_first;
}

static bool ranges_overlap(const struct kps_service_port *a, const struct kps_service_port *b)
{
    return a->port.first <= b->port.last && b->port.first <= a->port.last;
}

/* The part of `entry` from `first` to `last`. */
static struct kps_service_port part_of(const struct kps_service_port *entry, uint16_t first,
                                       uint16_t last)
{
    struct kps_service_port part = *entry;
    int offset = entry->port.target_first - entry->port.first;
    part.port.first = first;
    part.port.last = last;
    part.port.take = (uint32_t)last - first + 1;
    part.port.target_first = (uint16_t)(first + offset);
    part.port.target_last = (uint16_t)(last + offset);
    part.published = (struct kps_span){0, 0, 0};
    part.is_part = true;
    return part;
}

static void cut_ranges(struct kps_arena *arena, struct kps_service_port **ports, uint32_t *n)
{
    uint64_t n_ranges = 0;
    for (uint32_t i = 0; i < *n; i++) {
        n_ranges += is_range(&(*ports)[i]);
    }
    if (n_ranges == 0 || *n == 1 || n_ranges * *n > MOST_COMPARISONS) {
        return;
    }
    KPS_VEC(struct kps_service_port) kept = {0};
    for (uint32_t i = 0; i < *n; i++) {
        struct kps_service_port later = (*ports)[i];
        uint32_t before = kept.n;
        for (uint32_t k = 0; k < before; k++) {
            struct kps_service_port old = kept.v[k];
            if (!(is_range(&later) || is_range(&old) || old.is_part) ||
                !is_same_series(&old, &later) || !ranges_overlap(&old, &later)) {
                continue;
            }
            bool has_front = old.port.first < later.port.first;
            bool has_back = old.port.last > later.port.last;
            if (has_front) {
                kept.v[k] = part_of(&old, old.port.first, (uint16_t)(later.port.first - 1));
            }
            if (has_back) {
                struct kps_service_port back =
                    part_of(&old, (uint16_t)(later.port.last + 1), old.port.last);
                if (has_front) {
                    *kps_vec_push(&kept) = back;
                } else {
                    kept.v[k] = back;
                }
            }
            if (!has_front && !has_back) {
                kept.v[k].port.take = 0; /* replaced as a whole */
            }
            struct kps_service_port *covered = KPS_NEW(arena, struct kps_service_port);
            *covered = old;
            set_same(arena, covered, kps_compose_project_extra(&later)->same);
            set_same(arena, &later, covered);
        }
        *kps_vec_push(&kept) = later;
    }
    struct kps_service_port *result = KPS_NEW_N(arena, struct kps_service_port, kept.n);
    uint32_t n_result = 0;
    for (uint32_t i = 0; i < kept.n; i++) {
        if (kept.v[i].port.last == 0 || kept.v[i].port.take) {
            result[n_result++] = kept.v[i];
        }
    }
    *ports = result;
    *n = n_result;
    kps_vec_free(&kept);
}

/*
 * Drop the ports of a stack that a later file publishes again: `docker stack deploy -c a -c b`
 * merges by the published port. Two such ports of one file stay, and clash.
 */
static void drop_replaced(struct kps_service_port *ports, uint32_t *n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *n; i++) {
        bool is_replaced = false;
        for (uint32_t k = i + 1; k < *n && *n <= KPS_STACK_MOST_MERGED && !is_replaced; k++) {
            is_replaced = ports[i].span.file != ports[k].span.file && ports[i].port.last &&
                          ports[i].port.first == ports[k].port.first &&
                          ports[i].port.last == ports[k].port.last;
        }
        if (!is_replaced) {
            ports[kept++] = ports[i];
        }
    }
    *n = kept;
}

static void drop_duplicates(struct kps_arena *arena, struct kps_service_port **ports, uint32_t *n)
{
    if (*n > 1) {
        drop_same_entries(arena, *ports, n);
        cut_ranges(arena, ports, n);
    }
}

/*
 * How this works. Every entry of `ports` is parsed by its syntax into a struct kps_service_port; a
 * fault is reported at its bytes, and the next entry is read. Compose's rule for duplicates comes
 * last.
 */

/* The edges passed on the way to a value, the innermost first; an ALIAS step for every alias. */
struct trail {
    kps_origin_id steps[8];
    uint32_t n;
};

struct reading {
    struct kps_project *project;
    struct kps_loader *loader;
    struct kps_service *service;
    struct trail trail;             /* steps from the service down to the list */
    uint32_t index;                 /* of the entry in the list */
    struct kps_text_room room;      /* of the text at hand */
    struct kps_port_extra extra;    /* of the entry at hand */
    struct kps_sv path;             /* "services.NAME.ports[]" */
    bool is_stack;                  /* the rules of `docker stack deploy` (stack.h) */
    struct kps_service_port *found; /* room for the whole list */
    uint32_t n_found;
};

static void push_step(struct trail *trail, kps_origin_id step)
{
    if (step == 0) {
        return;
    }
    if (trail->n == KPS_COUNT(trail->steps)) {
        trail->n--;
    }
    memmove(trail->steps + 1, trail->steps, trail->n * sizeof(trail->steps[0]));
    trail->steps[0] = step;
    trail->n++;
}

static void push_alias(struct kps_loader *loader, struct trail *trail, const struct kps_ynode *node)
{
    if (node->kind == KPS_Y_ALIAS) {
        struct kps_sv name =
            kps_sv_slice(kps_files_get(&loader->diag->files, node->span.file)->bytes,
                         node->span.off, node->span.off + node->span.len);
        push_step(trail,
                  kps_origins_add(&loader->diag->origins,
                                  &(struct kps_origin){
                                      .step = KPS_STEP_ALIAS, .span = node->span, .what = name}));
    }
}

/*
 * Return an origin for a port: `span`, then the steps of the trail, then the VARIABLE step of the
 * text (0: none). `field` of the entry (".target", or empty) gives the path in the tree of the
 * file, where the file alone put the port there; a merged list counts otherwise.
 */
static kps_origin_id make_origin(const struct reading *r, struct kps_span span,
                                 const struct trail *trail, kps_origin_id variable,
                                 const char *field)
{
    struct kps_loader *loader = r->loader;
    kps_origin_id up = 0;
    for (uint32_t i = 0; i < trail->n; i++) {
        up = kps_compose_merge_chain(loader->diag, up, trail->steps[i]);
    }
    if (variable) {
        up = up ? kps_compose_merge_chain(loader->diag, variable, up) : variable;
    }
    struct kps_origin origin = {.step = KPS_STEP_HERE, .span = span, .up = up};
    if (trail->n == 0) {
        origin.index = r->index + 1;
        origin.what = r->path;
        if (*field) {
            origin.what = kps_fmt(loader->arena, "%.*s%s", SV_ARG(r->path), field);
        }
    }
    return kps_origins_add(&loader->diag->origins, &origin);
}

/* A KP109 error at a place. */
static struct kps_finding *report_port(struct reading *r, struct kps_span span,
                                       const char *up_error, const char *fmt, ...) KPS_PRINTF(4, 5);
static struct kps_finding *report_port(struct reading *r, struct kps_span span,
                                       const char *up_error, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_finding *finding = kps_diag_vadd_here(r->loader->diag, KPS_RULE_COMPOSE_PORT_INVALID,
                                                     KPS_ERROR, span, fmt, args);
    va_end(args);
    finding->up_error = kps_sv_of(up_error);
    finding->parties[0].label =
        kps_fmt(r->loader->arena, "in the ports of '%.*s'", SV_ARG(r->service->name));
    if (!r->service->selected) {
        kps_finding_note(finding, "%s, and Compose refuses the project all the same",
                         r->service->is_replaced ? "a later file changes these ports"
                                                 : "this service is not started");
    }
    return finding;
}

/*
 * Note an unset variable in a port. For a service that is not started, a port without effect is no
 * news, and only a refusal of the project is.
 */
static void note_unset(const struct reading *r, const struct kps_ynode *scalar, bool is_judged,
                       const char *consequence)
{
    if (r->service->selected || !is_judged) {
        kps_compose_loader_note_unset(r->loader, scalar, is_judged || !r->service->selected,
                                      consequence);
    }
}

/* Return the place of a text in the file. */
static struct kps_span whole_span(const struct kps_text *text, const struct kps_ynode *node)
{
    return kps_text_span(text, node->span, 0, (uint32_t)text->s.n);
}

static void report_port_error(struct reading *r, const struct kps_ynode *scalar,
                              const struct kps_text *text, const struct kps_port_error *error)
{
    if (error->fault == KPS_PORT_FAILS && !r->service->selected) {
        return;
    }
    struct kps_span span = kps_text_span(text, scalar->span, error->len ? error->off : 0,
                                         error->len ? error->len : (uint32_t)text->s.n);
    struct kps_finding *finding =
        report_port(r, span, error->up_error.p, "%.*s", SV_ARG(error->message));
    if (error->fault == KPS_PORT_FAILS) {
        kps_finding_note(finding,
                         "'docker compose config' accepts it, the Engine refuses it at 'up'");
    }
    if (error->allowed.n) {
        kps_finding_help(finding, "write %.*s", SV_ARG(error->allowed));
    }
}

/* Return: is a scalar's text usable? A fault is reported. */
static bool is_usable(struct reading *r, const struct kps_ynode *scalar)
{
    struct kps_value *value = kps_compose_loader_value(scalar);
    if (!value || value->status == KPS_INTERPOLATED) {
        return true;
    }
    if (!r->service->selected) { /* the project reports the value (KP905) */
        return false;
    }
    if (value->status == KPS_INTERPOLATION_INVALID) {
        struct kps_finding *finding = report_port(r, value->problem, "invalid interpolation format",
                                                  "this is no valid variable reference");
        kps_finding_help(finding, "write ${NAME} or ${NAME:-default}; a plain dollar sign is $$");
    } else if (value->status == KPS_INTERPOLATION_TOO_BIG) {
        kps_compose_loader_report_too_big(r->loader, value->problem);
    } else {
        note_unset(r, scalar, false, "the port is unknown, and Compose refuses the project");
    }
    value->told = true;
    return false;
}

/* A scalar without its quotes. */
static struct kps_span content_span(const struct kps_ynode *scalar)
{
    struct kps_span span = scalar->span;
    bool is_quoted = scalar->style == KPS_Y_SINGLE_QUOTED || scalar->style == KPS_Y_DOUBLE_QUOTED;
    return is_quoted && span.len > 2 ? (struct kps_span){span.file, span.off + 1, span.len - 2}
                                     : span;
}

static bool is_name_byte(char c)
{
    return c == '_' || kps_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Return: NAME where the span is the default in "${NAME:-…}" or "${NAME-…}"; else empty. */
static struct kps_sv name_default(const struct kps_diag *diag, struct kps_span span)
{
    struct kps_sv bytes = kps_files_get(&diag->files, span.file)->bytes;
    size_t end = span.off;
    if (end == 0 || span.off + span.len >= bytes.n || bytes.p[span.off + span.len] != '}' ||
        bytes.p[end - 1] != '-') {
        return (struct kps_sv){"", 0};
    }
    end -= end > 1 && bytes.p[end - 2] == ':' ? 2 : 1;
    size_t start = end;
    while (start > 0 && is_name_byte(bytes.p[start - 1])) {
        start--;
    }
    bool is_reference = start >= 2 && start < end && bytes.p[start - 1] == '{' &&
                        bytes.p[start - 2] == '$' && (start < 3 || bytes.p[start - 3] != '$');
    return is_reference ? kps_sv_slice(bytes, start, end) : (struct kps_sv){"", 0};
}

/* Return: the variable whose value, or default, is exactly these bytes of the text; else empty. */
static struct kps_sv name_variable(const struct kps_diag *diag, const struct kps_text *text,
                                   struct kps_span whole, uint32_t off, uint32_t len)
{
    for (uint32_t i = 0; i < text->n && len; i++) {
        const struct kps_seg *seg = &text->seg[i];
        if (seg->via && seg->out == off && seg->len == len) {
            return kps_origins_get(&diag->origins, seg->via).what;
        }
    }
    struct kps_span span = kps_text_span(text, whole, off, len);
    return len && span.file && span.len == len ? name_default(diag, span) : (struct kps_sv){"", 0};
}

/* Keep the rare facts of the entry at hand, if there are any. */
static void keep_extra(struct reading *r, struct kps_service_port *entry,
                       struct kps_sv target_variable)
{
    if (kps_sv_eq(r->extra.variable, target_variable)) {
        r->extra.variable = (struct kps_sv){"", 0};
    }
    if (r->extra.variable.n || r->extra.target_variable || r->extra.published.n ||
        r->extra.protocol.n) {
        struct kps_port_extra *extra = KPS_NEW(r->loader->arena, struct kps_port_extra);
        *extra = r->extra;
        entry->extra = extra;
    }
}

static void add_short(struct reading *r, const struct kps_ynode *scalar, const struct trail *trail,
                      const struct kps_text *text)
{
    struct kps_service_port entry = {.is_long = false};
    r->extra = (struct kps_port_extra){.target_variable = 0};
    struct kps_port_places at = {0};
    struct kps_port_error error = {0};
    const struct kps_value *value = kps_compose_loader_value(scalar);
    bool has_unset = value && value->n_unset;
    if (kps_port_spec_short(r->loader->arena, text->s, &entry.port, &at, &error) != KPS_PORT_OK) {
        if (has_unset) {
            note_unset(r, scalar, false, "the port is unknown, and Compose refuses the project");
        } else {
            report_port_error(r, scalar, text, &error);
        }
        return;
    }
    if (r->is_stack) { /* the manager ignores the address, and publishes each port of a range */
        entry.port.addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        entry.port.take =
            entry.port.last ? (uint32_t)entry.port.last - entry.port.first + 1 : entry.port.take;
    }
    const struct kps_port *port = &entry.port;
    note_unset(r, scalar, true,
               port->last ? "the port may be another one than meant"
                          : "the port is unknown; Compose publishes a random one");
    uint32_t from = at.host_ip_len ? at.host_ip_off : at.published_off;
    uint32_t len = at.published_len ? at.published_off + at.published_len - from : 0;
    bool has_bracket = from > 0 && text->s.p[from - 1] == '[';
    entry.span = len == 0
                     ? content_span(scalar)
                     : kps_text_span(text, scalar->span, from - has_bracket, len + has_bracket);
    struct kps_span published =
        kps_text_span(text, scalar->span, at.published_off, at.published_len);
    if (at.published_len && !port->last) {
        r->extra.published = SV("0");
    }
    kps_origin_id variable = 0;
    struct kps_sv target_variable = {"", 0};
    if (value) { /* only an interpolated text has variables */
        const struct kps_diag *diag = r->loader->diag;
        variable = kps_text_variable(text, at.published_off, at.published_len);
        r->extra.target_variable = kps_text_variable(text, at.target_off, at.target_len);
        r->extra.variable =
            name_variable(diag, text, scalar->span, at.published_off, at.published_len);
        target_variable = name_variable(diag, text, scalar->span, at.target_off, at.target_len);
    }
    bool is_exact = variable == 0 && published.len == at.published_len;
    entry.published = is_exact ? published : (struct kps_span){0, 0, 0};
    keep_extra(r, &entry, target_variable);
    entry.origin = make_origin(r, entry.span, trail, variable, "");
    r->found[r->n_found++] = entry;
}

static void report_field(struct reading *r, const struct kps_ynode *node, struct kps_sv field,
                         bool allow_int)
{
    (void)report_port(r, node->span, "", "'%.*s' of a port must be %s, this is %s", SV_ARG(field),
                      allow_int ? "a string or an integer" : "a string",
                      kps_ynode_type_name(kps_ynode_type(node)));
}

/*
 * Read a scalar field of the long syntax as text. Return: false for another type (reported) and
 * for an unusable text.
 */
static bool read_field(struct reading *r, const struct kps_ynode *node, const char *field,
                       bool allow_int, const struct kps_text **ret)
{
    enum kps_ytype type = kps_ynode_type(node);
    if (type != KPS_T_STR && !(allow_int && type == KPS_T_INT)) {
        report_field(r, node, kps_sv_of(field), allow_int);
        return false;
    }
    *ret = kps_text_in(&r->room, node);
    return is_usable(r, node);
}

/* Read the target: an integer, or an integer as a string (cast after interpolation). */
static bool read_target(struct reading *r, const struct kps_ynode *map,
                        const struct kps_ynode *node, struct kps_service_port *entry,
                        struct kps_sv *ret_variable)
{
    if (!node || kps_ynode_type(node) == KPS_T_NULL) {
        (void)report_port(r, map->span, "is missing a target port", "this port has no 'target'");
        return false;
    }
    const struct kps_text *text = NULL;
    int64_t number = -1;
    if (!read_field(r, node, "target", true, &text)) {
        return false;
    }
    const struct kps_value *value = kps_compose_loader_value(node);
    if (value && value->n_unset) {
        kps_compose_loader_note_unset(
            r->loader, node, false,
            "the container port is unknown, and Compose refuses the project");
        return false;
    }
    if (kps_ynode_type(node) != KPS_T_INT) {
        number = kps_sv_number(text->s, UINT32_MAX);
    } else if (!kps_ynode_int(node, &number)) {
        number = -1;
    }
    if (number < 0) {
        struct kps_finding *finding =
            report_port(r, node->span, "failed to cast to expected type",
                        "container port '%.*s' is no port number", SV_ARG(text->s));
        kps_finding_help(finding, "write one number from 1 to 65535");
        return false;
    }
    if (number > UINT16_MAX && r->service->selected) {
        (void)report_port(r, node->span, "invalid port", "container port '%.*s' is above 65535",
                          SV_ARG(text->s));
        return false;
    }
    entry->port.target_first = entry->port.target_last = (uint16_t)number;
    r->extra.target_variable = kps_text_variable(text, 0, (uint32_t)text->s.n);
    *ret_variable = name_variable(r->loader->diag, text, node->span, 0, (uint32_t)text->s.n);
    return true;
}

/* Return the text of a published port unless it is the plain number: "08080", "0", "". */
static struct kps_sv odd_published(struct kps_arena *arena, const struct kps_port *port,
                                   struct kps_sv text)
{
    struct kps_sv plain = kps_ports_digits(arena, port->first, port->last);
    if (text.n == 0) {
        return SV("empty");
    }
    return kps_sv_eq(plain, text) && port->last ? (struct kps_sv){"", 0} : text;
}

static bool read_published(struct reading *r, const struct kps_ynode *node,
                           struct kps_service_port *entry)
{
    const struct kps_text *text = NULL;
    struct kps_port_error error = {0};
    if (!read_field(r, node, "published", true, &text)) {
        return false;
    }
    int64_t number = 0;
    struct kps_sv digits = text->s;
    entry->published_is_int = kps_ynode_type(node) == KPS_T_INT;
    if (r->is_stack && !entry->published_is_int && !kps_compose_loader_value(node)) {
        struct kps_finding *finding =
            report_port(r, node->span, "published must be a integer",
                        "'published' of a stack's port must be an integer, this is a string");
        kps_finding_help(finding, "write it without quotes");
        return false;
    }
    if (entry->published_is_int && kps_ynode_int(node, &number)) {
        digits = kps_fmt(r->loader->arena, "%lld", (long long)number);
    }
    note_unset(r, node, true,
               digits.n ? "the port may be another one than meant"
                        : "the port is unknown; Compose publishes a random one");
    if (kps_port_spec_published(r->loader->arena, digits, &entry->port, &error) != KPS_PORT_OK) {
        report_port_error(r, node, text, &error);
        return false;
    }
    r->extra.published = odd_published(r->loader->arena, &entry->port, digits);
    entry->span = whole_span(text, node);
    if (entry->span.len == text->s.n && kps_text_variable(text, 0, (uint32_t)text->s.n) == 0) {
        entry->published = entry->span;
    }
    r->extra.variable = name_variable(r->loader->diag, text, node->span, 0, (uint32_t)text->s.n);
    return true;
}

static const char HOST_IP_HELP[] = "write a literal without brackets, such as 127.0.0.1 or ::1";

static void read_host_ip(struct reading *r, const struct kps_ynode *node,
                         struct kps_service_port *entry)
{
    const struct kps_text *text = NULL;
    if (!read_field(r, node, "host_ip", false, &text)) {
        return;
    }
    bool is_refused = r->loader->version >= KPS_COMPOSE_2_40 && !r->service->is_replaced;
    const struct kps_value *value = kps_compose_loader_value(node);
    bool is_unset = text->s.n == 0 && value && value->n_unset;
    if (is_refused || r->service->selected) {
        kps_compose_loader_note_unset(r->loader, node, true,
                                      is_refused
                                          ? "the host IP is empty, and Compose refuses the project"
                                          : "the port is published on every address");
    }
    entry->port.host_ip = text->s;
    if ((text->s.n == 0 && (is_unset || !is_refused)) ||
        kps_addr_parse(text->s, &entry->port.addr)) {
        return;
    }
    struct kps_span span = whole_span(text, node);
    if (is_refused) {
        struct kps_finding *refusal = report_port(
            r, span, kps_fmt(r->loader->arena, "invalid ip address: %.*s", SV_ARG(text->s)).p,
            "host IP '%.*s' is no IP address", SV_ARG(text->s));
        kps_finding_note(
            refusal, "Compose before 2.40 accepts it, and the Engine then publishes the port on "
                     "every address, without a warning");
        kps_finding_help(refusal, "%s", HOST_IP_HELP);
        entry->port.bad_host_ip = text->s.n > 0;
        return;
    }
    entry->port.bad_host_ip = true;
    if (!r->service->selected) {
        return;
    }
    struct kps_finding *finding = report_port(
        r, span, "", "host IP '%.*s' is no IP address: the port is published on every address",
        SV_ARG(text->s));
    kps_finding_note(finding,
                     "Compose 2.26 passes it on and the Engine drops it without a warning, so the "
                     "port is open to "
                     "everyone who reaches this machine; newer Compose refuses the file");
    kps_finding_help(finding, "%s", HOST_IP_HELP);
}

static bool read_protocol(struct reading *r, const struct kps_ynode *node,
                          struct kps_service_port *entry)
{
    const struct kps_text *text = NULL;
    if (!read_field(r, node, "protocol", false, &text)) {
        return false;
    }
    note_unset(r, node, true, "tcp is taken");
    r->extra.protocol = text->s;
    enum kps_protocol protocol = kps_protocol_or_tcp(text->s);
    entry->port.protocol = protocol ? protocol : KPS_TCP;
    if (protocol || !r->service->selected) {
        return true;
    }
    struct kps_finding *finding = report_port(
        r, whole_span(text, node),
        kps_fmt(r->loader->arena, "invalid transport protocol: %.*s", SV_ARG(text->s)).p,
        "protocol '%.*s' has no ports to publish", SV_ARG(text->s));
    kps_finding_help(finding, "write tcp, udp or sctp");
    return false;
}

/* Keys the schema does not know make Compose refuse the file, for a reason other than the port. */
static bool check_long_keys(struct reading *r, const struct kps_ynode *map)
{
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_ynode *key = map->edges[i].key;
        struct kps_sv text = kps_ynode_text(key);
        if (kps_ynode_type(key) != KPS_T_STR) {
            struct kps_finding *finding = report_port(
                r, map->span, "Non-string key",
                "a port is written as a string, this is a mapping from '%.*s'", SV_ARG(text));
            kps_finding_help(finding, "write \"8080:80\" without a blank behind the colon");
            return false;
        }
        bool is_known = kps_sv_is_one_of(text, "target published protocol mode") ||
                        (!r->is_stack && (kps_sv_is_one_of(text, "host_ip name app_protocol") ||
                                          kps_sv_has_head(text, "x-")));
        enum kps_ytype type = kps_ynode_type(map->edges[i].val);
        if (type != KPS_T_STR && kps_sv_is_one_of(text, "mode name app_protocol")) {
            report_field(r, map->edges[i].val, text, false);
        }
        if (!is_known) {
            struct kps_finding *finding = kps_diag_add_here(
                r->loader->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, key->span,
                "'%.*s' is no key of a port%s", SV_ARG(text), r->is_stack ? " of a stack" : "");
            finding->up_error =
                kps_fmt(r->loader->arena, "Additional property %.*s is not allowed", SV_ARG(text));
        }
    }
    return true;
}

static void add_long(struct reading *r, const struct kps_ynode *map, const struct trail *trail)
{
    struct kps_service_port entry = {.is_long = true};
    r->extra = (struct kps_port_extra){.target_variable = 0};
    if (!check_long_keys(r, map)) {
        return;
    }
    const struct kps_ynode *target = kps_ynode_field(map, "target");
    const struct kps_ynode *published = kps_ynode_field(map, "published");
    const struct kps_ynode *host_ip = kps_ynode_field(map, "host_ip");
    const struct kps_ynode *protocol = kps_ynode_field(map, "protocol");
    entry.port.protocol = KPS_TCP;
    entry.span = target ? target->span : map->span;
    struct kps_sv target_variable = {"", 0};
    bool good = read_target(r, map, target, &entry, &target_variable);
    good = (!protocol || read_protocol(r, protocol, &entry)) && good;
    const struct kps_ynode *mode = kps_ynode_field(map, "mode");
    entry.is_host_mode = r->is_stack && kps_sv_is(kps_ynode_text(mode), "host");
    if (host_ip && !r->is_stack) {
        read_host_ip(r, host_ip, &entry);
    }
    good = (!published || read_published(r, published, &entry)) && good;
    if (!good) {
        return;
    }
    struct kps_sv plain = kps_sv_of(kps_protocol_name(entry.port.protocol));
    if (kps_sv_eq(r->extra.protocol, plain)) {
        r->extra.protocol = (struct kps_sv){"", 0};
    }
    keep_extra(r, &entry, target_variable);
    kps_origin_id variable = 0;
    if (published) {
        const struct kps_text *text = kps_text_in(&r->room, published);
        variable = kps_text_variable(text, 0, (uint32_t)text->s.n);
    }
    entry.origin =
        make_origin(r, entry.span, trail, variable, published ? ".published" : ".target");
    r->found[r->n_found++] = entry;
}

static void add_entry(struct reading *r, const struct kps_yedge *edge)
{
    struct trail trail = r->trail;
    push_step(&trail, edge->via);
    push_alias(r->loader, &trail, edge->val);
    const struct kps_ynode *node = kps_ynode_resolve(edge->val);
    int64_t number = 0;
    switch (kps_ynode_type(node)) {
    case KPS_T_STR:
        if (is_usable(r, node)) {
            add_short(r, node, &trail, kps_text_in(&r->room, node));
        }
        break;
    case KPS_T_INT:
        if (kps_ynode_int(node, &number)) {
            /* YAML's integer, written out: 0x50 means 80, 0100 means 64 (spec compose §1.1). */
            struct kps_text text = {.s = kps_fmt(r->loader->arena, "%lld", (long long)number)};
            struct kps_seg *seg = KPS_NEW(r->loader->arena, struct kps_seg);
            *seg = (struct kps_seg){.len = (uint32_t)text.s.n, .span = node->span};
            text.seg = seg;
            text.n = 1;
            add_short(r, node, &trail, &text);
        }
        break;
    case KPS_T_MAP:
        add_long(r, node, &trail);
        break;
    case KPS_T_NULL:
    case KPS_T_BOOL:
    case KPS_T_FLOAT:
    case KPS_T_SEQ:
        (void)report_port(r, node->span, "invalid type for port",
                          "a port must be a string, an integer or a mapping, this is %s",
                          kps_ynode_type_name(kps_ynode_type(node)));
        break;
    }
}

void kps_compose_ports_read(struct kps_project *project, struct kps_service *service,
                            kps_origin_id services_via)
{
    struct reading r = {.project = project, .loader = project->loader, .service = service};
    r.is_stack = project->is_stack;
    const struct kps_yedge *edge = kps_compose_project_edge(service, SV("ports"));
    if (!edge) {
        return;
    }
    const struct kps_ynode *list = kps_ynode_resolve(edge->val);
    r.path = KPS_CONCAT(r.loader->arena, SV("services."), service->name, SV(".ports[]"));
    push_step(&r.trail, services_via);
    push_step(&r.trail, service->via);
    push_step(&r.trail, edge->via);
    push_alias(r.loader, &r.trail, edge->val);
    if (list->kind != KPS_Y_SEQ) {
        struct kps_span span = list->span.len ? list->span : edge->key->span;
        (void)report_port(&r, span, "ports must be a list", "'ports' must be a list, this is %s",
                          kps_ynode_type_name(kps_ynode_type(list)));
        return;
    }
    if (project->too_many_ports || list->n > KPS_LIMIT_PROJECT_PORTS - project->n_ports) {
        if (!project->too_many_ports && service->selected) {
            (void)kps_compose_loader_report_invalid(r.loader, list->span,
                                                    "the project has more than %d ports",
                                                    KPS_LIMIT_PROJECT_PORTS);
        }
        project->too_many_ports |= service->selected;
        return;
    }
    project->n_ports += service->selected ? list->n : 0;
    r.found = KPS_NEW_N(r.loader->arena, struct kps_service_port, list->n);
    for (r.index = 0; r.index < list->n; r.index++) {
        add_entry(&r, &list->edges[r.index]);
    }
    if (!service->selected) {
        return;
    }
    if (r.is_stack) {
        drop_replaced(r.found, &r.n_found);
    } else {
        drop_duplicates(r.loader->arena, &r.found, &r.n_found);
    }
    service->ports = r.found;
    service->n_ports = r.n_found;
}
