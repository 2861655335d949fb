#include "report/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "report/assignment.h"
#include "report/report.h"

static const struct kps_sv REPLACEMENT = SV_LIT("\xef\xbf\xbd"); /* U+FFFD */

void kps_json_use_allocator(void)
{
    json_set_alloc_funcs(kps_heap_alloc, kps_heap_free);
}

static json_t *assert_made(json_t *value)
{
    if (!value) {
        kps_out_of_memory();
    }
    return value;
}

void kps_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, assert_made(value)) != 0) {
        kps_out_of_memory();
    }
}

void kps_json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, assert_made(value)) != 0) {
        kps_out_of_memory();
    }
}

/* Return: `text` with every byte outside UTF-8 replaced. */
static struct kps_sv repair_text(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_buf out = KPS_BUF(arena);
    for (size_t at = 0; at < text.n;) {
        struct kps_sv rest = kps_sv_from(text, at);
        size_t valid = kps_utf8_check(rest);
        kps_buf_add(&out, kps_sv_slice(rest, 0, valid));
        if (valid < rest.n) {
            kps_buf_add(&out, REPLACEMENT);
        }
        at += valid + 1;
    }
    return kps_buf_sv(&out);
}

const char *kps_json_version(void)
{
    return jansson_version_str();
}

json_t *kps_json_text(struct kps_json *json, struct kps_sv text)
{
    struct kps_sv valid = kps_utf8_check(text) == text.n ? text : repair_text(json->scratch, text);
    for (size_t at = 0; at < valid.n && !json->unsafe;) {
        int32_t c = kps_utf8_next(valid, &at);
        json->unsafe =
            c > 0x7f && kps_utf8_is_unsafe(c); /* below that JSON itself asks for escapes */
    }
    return assert_made(json_stringn(valid.n ? valid.p : "", valid.n));
}

json_t *kps_json_known(struct kps_json *json, struct kps_sv text)
{
    return text.n ? kps_json_text(json, text) : assert_made(json_null());
}

static void set_text(struct kps_json *json, json_t *object, const char *key, struct kps_sv text)
{
    kps_json_set(object, key, kps_json_text(json, text));
}

static void set_place(struct kps_json *json, json_t *object, struct kps_span span)
{
    struct kps_files *files = &json->ledger->diag->files;
    struct kps_pos from = kps_files_pos(files, span.file, span.off);
    struct kps_pos to = kps_files_pos(files, span.file, span.off + span.len);
    set_text(json, object, "path", kps_files_get(files, span.file)->path);
    kps_json_set(object, "line", json_integer(from.line));
    kps_json_set(object, "column", json_integer(from.col));
    kps_json_set(object, "end_line", json_integer(to.line));
    kps_json_set(object, "end_column", json_integer(to.col));
}

static void set_known(struct kps_json *json, json_t *object, const char *key, struct kps_sv text)
{
    kps_json_set(object, key, kps_json_known(json, text));
}

/* Object, container and port name of a Kubernetes owner. */
static void set_object(struct kps_json *json, json_t *object, const struct kps_object_facts *facts)
{
    json_t *ref = json_object();
    kps_json_set(object, "object", ref);
    set_known(json, ref, "api_version", facts->group->api_version);
    set_known(json, ref, "kind", facts->group->kind);
    set_known(json, ref, "namespace", facts->group->namespace);
    set_known(json, ref, "name", facts->name);
    set_known(json, object, "container", facts->container);
    set_known(json, object, "port_name", facts->port_name);
    if (facts->controller.n) {
        json_t *controller = json_object();
        kps_json_set(object, "controller", controller);
        set_known(json, controller, "kind", facts->controller_kind);
        set_known(json, controller, "name", facts->controller);
    }
}

static void set_container(struct kps_json *json, json_t *object,
                          const struct kps_container_facts *facts)
{
    set_known(json, object, "id", facts->id);
    set_known(json, object, "image", facts->image);
    set_known(json, object, "state", facts->state);
    set_known(json, object, "health", facts->health);
    set_known(json, object, "since", facts->since);
    set_known(json, object, "restart_policy", facts->restart_policy);
    set_known(json, object, "network_mode", facts->network_mode);
    if (facts->start_error.n) {
        set_known(json, object, "start_error", facts->start_error);
    }
    if (facts->compose_project.n == 0) {
        kps_json_set(object, "compose", json_null());
        return;
    }
    json_t *compose = json_object();
    kps_json_set(object, "compose", compose);
    set_known(json, compose, "project", facts->compose_project);
    set_known(json, compose, "service", facts->compose_service);
    set_known(json, compose, "working_dir", facts->compose_working_dir);
    set_known(json, compose, "config_files", facts->compose_config_files);
}

static json_t *parents_of(struct kps_json *json, const struct kps_process_facts *facts)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < facts->n_parents; i++) {
        json_t *parent = json_object();
        kps_json_set(parent, "pid", json_integer(facts->parents[i].pid));
        set_known(json, parent, "name", facts->parents[i].name);
        kps_json_push(list, parent);
    }
    return list;
}

/* Format a time as RFC 3339 in UTC, like an engine. */
static struct kps_sv set_snapshot(struct kps_arena *arena, int64_t seconds)
{
    struct tm at;
    time_t when = (time_t)seconds;
    char text[sizeof("-2147483648-01-01T00:00:00Z")];
    if (seconds <= 0 || !gmtime_r(&when, &at)) {
        return (struct kps_sv){"", 0};
    }
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &at);
    return kps_sv_copy(arena, (struct kps_sv){text, n});
}

/* Set the facts of a socket's holder; also for a socket without a process. */
static void set_process(struct kps_json *json, json_t *object,
                        const struct kps_process_facts *facts)
{
    const char *hidden = kps_hidden_name(facts->hidden);
    kps_json_set(object, "pid", facts->pid ? json_integer(facts->pid) : json_null());
    set_known(json, object, "cmdline", facts->cmdline);
    set_known(json, object, "user", facts->user);
    kps_json_set(object, "uid", facts->has_uid ? json_integer(facts->uid) : json_null());
    set_known(json, object, "unit", facts->unit);
    set_known(json, object, "socket_unit", facts->socket_unit);
    set_known(json, object, "container", facts->container);
    set_known(json, object, "manager", facts->manager);
    set_known(json, object, "terminal", facts->terminal);
    set_known(json, object, "cwd", facts->cwd);
    set_known(json, object, "since", set_snapshot(json->scratch, facts->started));
    kps_json_set(object, "parents", parents_of(json, facts));
    kps_json_set(object, "hidden", hidden ? json_string(hidden) : json_null());
    set_known(json, object, "what", facts->what);
}

/* Return: the key of the name of a site. */
static const char *site_key(const struct kps_ledger *ledger, uint32_t site)
{
    return ledger->sites.v[site - 1].netns ? "machine" : "context";
}

static void set_owner(struct kps_json *json, json_t *object, kps_owner_id id)
{
    const struct kps_owner *owner = id ? kps_ledger_get_owner(json->ledger, id) : NULL;
    enum kps_owner_kind kind = owner ? owner->kind : KPS_OWNER_UNKNOWN;
    /* A hidden process is still known to be a process. */
    const struct kps_process_facts *facts =
        kind == KPS_OWNER_UNKNOWN && owner ? kps_process_facts_of(owner) : NULL;
    bool is_hidden = facts && facts->hidden == KPS_HIDDEN_PERMISSION;
    kps_json_set(object, "kind",
                 json_string(kps_owner_kind_name(is_hidden ? KPS_OWNER_PROCESS : kind)));
    if (!owner) {
        return;
    }
    if (kind == KPS_OWNER_COMPOSE_SERVICE) {
        set_known(json, object, "project", owner->group);
    }
    set_known(json, object, "name", owner->name);
    if (owner->site) {
        set_known(json, object, site_key(json->ledger, owner->site),
                  kps_ledger_site_name(json->ledger, owner->site));
    }
    switch (kind) {
    case KPS_OWNER_COMPOSE_SERVICE:
    case KPS_OWNER_QUADLET:
    case KPS_OWNER_SOCKET_UNIT:
        break;
    case KPS_OWNER_KIND_NODE:
    case KPS_OWNER_K3D_NODE:
    case KPS_OWNER_PODMAN_POD:
        set_known(json, object, "cluster", owner->group);
        break;
    case KPS_OWNER_CONTAINER:
        set_container(json, object, owner->facts);
        break;
    case KPS_OWNER_PROCESS:
    case KPS_OWNER_KERNEL:
    case KPS_OWNER_UNKNOWN:
        set_process(json, object, owner->facts);
        break;
    case KPS_OWNER_K8S_CONTAINER:
    case KPS_OWNER_K8S_WORKLOAD:
    case KPS_OWNER_K8S_SERVICE:
        set_object(json, object, owner->facts);
        break;
    case KPS_OWNER_SWARM_SERVICE:
        set_known(json, object, "stack", owner->group);
        break;
    }
}

/*
 * Return: null when the origin is in no file. `what` of a place is its path in the YAML tree; for
 * derived claims a phrase.
 */
static json_t *make_location(struct kps_json *json, kps_origin_id at, bool is_derived)
{
    const struct kps_origin *origin = at ? kps_origins_get(&json->ledger->diag->origins, at) : NULL;
    if (!origin || origin->span.file == 0) {
        return json_null();
    }
    json_t *object = assert_made(json_object());
    set_place(json, object, origin->span);
    if (origin->step == KPS_STEP_HERE && origin->what.n && !is_derived) {
        set_text(json, object, "yaml_path", kps_origin_what(json->scratch, origin));
    }
    return object;
}

/* Return: the steps of a value to its place; NULL when simply written there. */
static json_t *make_provenance(struct kps_json *json, kps_origin_id at)
{
    struct kps_diag *diag = json->ledger->diag;
    kps_origin_id up = at ? kps_origins_get(&diag->origins, at)->up : 0;
    if (!up) {
        return NULL;
    }
    json_t *list = assert_made(json_array());
    while (up) {
        const struct kps_origin *origin = kps_origins_get(&diag->origins, up);
        json_t *step = assert_made(json_object());
        kps_json_set(step, "step", json_string(kps_step_name(origin->step)));
        kps_json_set(step, "what", kps_json_known(json, kps_origin_what(json->scratch, origin)));
        if (origin->span.file) {
            set_text(json, step, "path", kps_files_get(&diag->files, origin->span.file)->path);
            uint32_t line = kps_files_pos(&diag->files, origin->span.file, origin->span.off).line;
            kps_json_set(step, "line", json_integer(line));
        }
        kps_json_push(list, step);
        up = origin->up;
    }
    return list;
}

static json_t *make_address(struct kps_json *json, const struct kps_claim *claim)
{
    return kps_json_known(json, kps_addr_format(json->scratch, &claim->addr));
}

static json_t *port_range(uint32_t first, uint32_t last)
{
    json_t *object = assert_made(json_object());
    kps_json_set(object, "first", json_integer(first));
    kps_json_set(object, "last", json_integer(last));
    return object;
}

static json_t *make_scope(struct kps_json *json, const struct kps_netns *netns)
{
    switch (netns->kind) {
    case KPS_NETNS_HOST:
        return json_string("host");
    case KPS_NETNS_PRIVATE:
        return kps_json_text(json, kps_fmt(json->scratch, "netns:%.*s", SV_ARG(netns->name)));
    case KPS_NETNS_NODE:
        return json_string("node");
    case KPS_NETNS_CLUSTER:
        return json_string("cluster");
    }
    return json_null();
}

static json_t *make_claim(struct kps_json *json, const struct kps_claim *claim)
{
    json_t *object = assert_made(json_object());
    const struct kps_netns *netns = kps_ledger_get_netns(json->ledger, claim->netns);
    kps_json_set(object, "scope", make_scope(json, netns));
    if (netns->is_node) {
        set_text(json, object, "node", netns->name);
    }
    kps_json_set(object, "protocol", json_string(kps_protocol_name(claim->protocol)));
    kps_json_set(object, "address", make_address(json, claim));
    kps_json_set(object, "first", claim->last ? json_integer(claim->first) : json_null());
    kps_json_set(object, "last", claim->last ? json_integer(claim->last) : json_null());
    kps_json_set(object, "take", json_integer(claim->last ? claim->take : 1));
    kps_json_set(object, "copies", json_integer(claim->copies));
    kps_json_set(object, "basis", json_string(kps_basis_name(claim->basis)));
    kps_json_set(object, "target",
                 claim->target_first ? port_range(claim->target_first, claim->target_last)
                                     : json_null());
    uint32_t site = kps_ledger_get_owner(json->ledger, claim->owner)->site;
    if (site) {
        kps_json_set(object, site_key(json->ledger, site),
                     kps_json_text(json, kps_ledger_site_name(json->ledger, site)));
    }
    json_t *owner = assert_made(json_object());
    set_owner(json, owner, claim->owner);
    kps_json_set(object, "owner", owner);
    kps_json_set(object, "location",
                 make_location(json, claim->origin, claim->flags & KPS_CLAIM_DERIVED));
    if (claim->flags & KPS_CLAIM_DISCARDED) {
        kps_json_set(object, "discarded", json_true());
    }
    return object;
}

static json_t *make_port_use(struct kps_json *json, const struct kps_port_use *holding,
                             const struct kps_addr *addr)
{
    struct kps_claim claim = *kps_ledger_get_claim(json->ledger, holding->claim);
    json_t *helpers = assert_made(json_array());
    claim.owner = holding->tenant;
    claim.addr = *addr;
    json_t *object = make_claim(json, &claim);
    for (uint32_t i = 0; i < holding->n_helpers; i++) {
        json_t *helper = assert_made(json_object());
        set_owner(json, helper, holding->helpers[i]);
        kps_json_push(helpers, helper);
    }
    kps_json_set(object, "sockets", helpers);
    kps_json_set(object, "certainty",
                 json_string(kps_certainty_name((enum kps_certainty)holding->certainty)));
    kps_json_set(object, "contended", json_boolean(holding->is_contended));
    return object;
}

/* Return: the port inside for the finding's first port; 0 when there is not exactly one. */
static uint32_t target_of(const struct kps_claim *claim, const struct kps_finding *finding)
{
    bool is_pairwise = claim->last - claim->first == claim->target_last - claim->target_first;
    if (claim->target_first == claim->target_last) {
        return claim->target_first;
    }
    if (!is_pairwise || finding->first < claim->first || finding->first > claim->last) {
        return 0;
    }
    return (uint32_t)claim->target_first + finding->first - claim->first;
}

static const char *role_name(enum kps_role role)
{
    static const char *const names[] = {
        [KPS_ROLE_PRIMARY] = "primary", [KPS_ROLE_OTHER] = "other", [KPS_ROLE_HOLDER] = "holder"};
    return names[role];
}

static json_t *make_party(struct kps_json *json, const struct kps_finding *finding,
                          const struct kps_party *party)
{
    const struct kps_claim *claim =
        party->claim ? kps_ledger_get_claim(json->ledger, party->claim) : NULL;
    json_t *object = assert_made(json_object());
    kps_json_set(object, "role", json_string(role_name(party->role)));
    set_owner(json, object, party->owner);
    if (claim) {
        uint32_t target = target_of(claim, finding);
        kps_json_set(object, "address", make_address(json, claim));
        kps_json_set(object, "target", target ? json_integer(target) : json_null());
    }
    kps_json_set(object, "location",
                 make_location(json, party->at, claim && (claim->flags & KPS_CLAIM_DERIVED)));
    json_t *via = make_provenance(json, party->at);
    if (via) {
        kps_json_set(object, "via", via);
    }
    if (party->label.n) {
        set_text(json, object, "label", party->label);
    }
    return object;
}

static json_t *port_of(const struct kps_finding *finding)
{
    if (finding->last == 0) {
        return json_null();
    }
    json_t *object = assert_made(json_object());
    bool has_protocol = finding->protocol != KPS_PROTO_NONE;
    kps_json_set(object, "protocol",
                 has_protocol ? json_string(kps_protocol_name(finding->protocol)) : json_null());
    kps_json_set(object, "first", json_integer(finding->first));
    kps_json_set(object, "last", json_integer(finding->last));
    return object;
}

static json_t *help_of(struct kps_json *json, const struct kps_help *help)
{
    json_t *object = assert_made(json_object());
    set_text(json, object, "text", help->text);
    if (help->command.n) {
        set_text(json, object, "command", help->command);
    }
    return object;
}

static json_t *fix_of(struct kps_json *json, const struct kps_fix *fix)
{
    json_t *edit = assert_made(json_object());
    set_place(json, edit, fix->edit.span);
    set_text(json, edit, "text", fix->edit.text);
    json_t *edits = assert_made(json_array());
    kps_json_push(edits, edit);
    json_t *object = assert_made(json_object());
    set_text(json, object, "title", fix->title);
    kps_json_set(object, "edits", edits);
    return object;
}

static void set_lists(struct kps_json *json, json_t *object, const struct kps_finding *finding)
{
    json_t *parties = assert_made(json_array());
    json_t *notes = assert_made(json_array());
    json_t *helps = assert_made(json_array());
    json_t *fixes = assert_made(json_array());
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_json_push(parties, make_party(json, finding, &finding->parties[i]));
    }
    for (uint32_t i = 0; i < finding->n_notes; i++) {
        kps_json_push(notes, kps_json_text(json, finding->notes[i]));
    }
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        kps_json_push(helps, help_of(json, &finding->helps[i]));
    }
    for (uint32_t i = 0; i < finding->n_fixes; i++) {
        kps_json_push(fixes, fix_of(json, &finding->fixes[i]));
    }
    kps_json_set(object, "parties", parties);
    kps_json_set(object, "notes", notes);
    kps_json_set(object, "help", helps);
    kps_json_set(object, "fixes", fixes);
}

static json_t *suppression_of(struct kps_json *json, const struct kps_finding *finding)
{
    if (!finding->suppressed.p) {
        return json_null();
    }
    json_t *place = assert_made(finding->suppressed_at.file ? json_object() : json_null());
    if (finding->suppressed_at.file) {
        set_place(json, place, finding->suppressed_at);
    }
    json_t *object = assert_made(json_object());
    kps_json_set(object, "kind", json_string(kps_suppression_name(finding->suppressed_by)));
    kps_json_set(object, "reason", kps_json_known(json, finding->suppressed));
    kps_json_set(object, "location", place);
    return object;
}

static json_t *make_finding(struct kps_json *json, const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    json_t *object = assert_made(json_object());
    kps_json_set(object, "rule", rule ? json_string(rule->id) : json_null());
    kps_json_set(object, "name", rule ? json_string(rule->name) : json_null());
    kps_json_set(object, "severity", json_string(kps_severity_name(finding->severity)));
    kps_json_set(object, "certainty", json_string(kps_certainty_name(finding->certainty)));
    set_text(json, object, "message", finding->message);
    kps_json_set(object, "port", port_of(finding));
    kps_owner_id owner = finding->n_parties ? finding->parties[0].owner : 0;
    uint32_t site = owner ? kps_ledger_get_owner(json->ledger, owner)->site : 0;
    if (site) {
        set_text(json, object, site_key(json->ledger, site),
                 kps_ledger_site_name(json->ledger, site));
    }
    set_lists(json, object, finding);
    if (finding->up_error.n) {
        set_text(json, object, "up_error", finding->up_error);
    }
    set_text(json, object, "fingerprint",
             kps_fmt(json->scratch, "v1:%016llx", (unsigned long long)finding->fingerprint));
    kps_json_set(object, "suppressed", suppression_of(json, finding));
    return object;
}

/*
 * The frame of the report is written here; jansson builds a single element at a time, released at
 * once: the memory of a report does not grow with the number of findings, nor with the parties of a
 * finding.
 */
enum { KPS_JSON_PARTIES = 256 }; /* of more than this each is an element */

struct writer {
    const struct kps_report *report;
    FILE *out;
    bool first; /* in the present list */
};

/* Print the text between values; a report on a single line goes without the breaks. */
static void print_text(const struct writer *writer, const char *text)
{
    for (; *text; text++) {
        if (*text != '\n' || !writer->report->is_line) {
            (void)fputc(*text, writer->out);
        }
    }
}

static void begin_list(struct writer *writer, const char *key)
{
    (void)fprintf(writer->out, "  \"%s\": [", key);
    writer->first = true;
}

static void end_list(const struct writer *writer)
{
    print_text(writer, writer->first ? "],\n" : "\n  ],\n");
}

static struct kps_json begin_element(const struct writer *writer)
{
    return (struct kps_json){.ledger = writer->report->ledger, .scratch = kps_arena_new()};
}

static size_t flags_of(const struct kps_json *json)
{
    return JSON_ENCODE_ANY | (json->unsafe ? JSON_ENSURE_ASCII : 0);
}

/* Print the element and release all of its memory. */
static void end_element(const struct writer *writer, struct kps_json *json, json_t *element)
{
    (void)json_dumpf(element, writer->out, flags_of(json)); /* the stream's error flag tells */
    json_decref(element);
    kps_arena_free(json->scratch);
}

static void next_in_list(struct writer *writer)
{
    print_text(writer, writer->first ? "\n    " : ",\n    ");
    writer->first = false;
}

static json_t *make_tool(struct kps_json *json, const char *version)
{
    json_t *object = json_object();
    kps_json_set(object, "name", kps_json_text(json, SV("kportscan")));
    kps_json_set(object, "version", kps_json_text(json, kps_sv_of(version)));
    return object;
}

static json_t *input_of(struct kps_json *json, const struct kps_input *input)
{
    static const char *const statuses[] = {
        [KPS_INPUT_OK] = "ok", [KPS_INPUT_PARTIAL] = "partial", [KPS_INPUT_FAILED] = "failed"};
    json_t *object = json_object();
    json_t *files = json_array();
    for (size_t i = 0; i < input->n_files; i++) {
        kps_json_push(files, kps_json_text(json, input->files[i]));
    }
    kps_json_set(object, "path", kps_json_text(json, input->path));
    kps_json_set(object, "kind", json_string(kps_input_kind_name(input->kind)));
    kps_json_set(object, "project", kps_json_known(json, input->project));
    if (input->machine.n) {
        kps_json_set(object, "machine", kps_json_text(json, input->machine));
    }
    kps_json_set(object, "status", json_string(statuses[input->status]));
    if (input->status != KPS_INPUT_OK) {
        kps_json_set(object, "error", kps_json_known(json, input->error));
    }
    kps_json_set(object, "files", files);
    return object;
}

static json_t *summary_of(const struct kps_summary *summary)
{
    json_t *object = json_object();
    kps_json_set(object, "errors", json_integer((json_int_t)summary->errors));
    kps_json_set(object, "warnings", json_integer((json_int_t)summary->warnings));
    kps_json_set(object, "notes", json_integer((json_int_t)summary->notes));
    kps_json_set(object, "suppressed", json_integer((json_int_t)summary->suppressed));
    kps_json_set(object, "inputs", json_integer((json_int_t)summary->inputs));
    kps_json_set(object, "inputs_failed", json_integer((json_int_t)summary->inputs_failed));
    kps_json_set(object, "claims", json_integer((json_int_t)summary->claims));
    kps_json_set(object, "complete", json_boolean(summary->complete));
    return object;
}

static void put_head(const struct writer *writer)
{
    print_text(writer,
               "{\n  \"format\": \"kportscan-report\", \"format_version\": 1,\n  \"tool\": ");
    struct kps_json json = begin_element(writer);
    end_element(writer, &json, make_tool(&json, writer->report->version));
    print_text(writer, ",\n  \"mode\": \"");
    print_text(writer, writer->report->mode);
    print_text(writer, "\",\n");
}

static void put_inputs(struct writer *writer)
{
    begin_list(writer, "inputs");
    for (size_t i = 0; i < writer->report->n_inputs; i++) {
        struct kps_json json = begin_element(writer);
        next_in_list(writer);
        end_element(writer, &json, input_of(&json, &writer->report->inputs[i]));
    }
    end_list(writer);
}

static json_t *make_engine(struct kps_json *json, const struct kps_report_engine *engine)
{
    json_t *object = json_object();
    kps_json_set(object, "endpoint", kps_json_known(json, engine->endpoint));
    kps_json_set(object, "version", kps_json_known(json, engine->version));
    kps_json_set(object, "api_version", kps_json_known(json, engine->api_version));
    kps_json_set(object, "status", kps_json_text(json, engine->status));
    kps_json_set(object, "elsewhere", json_boolean(engine->elsewhere));
    return object;
}

/* The engine; with several contexts null, and the list of their engines behind. */
static void put_engine(struct writer *writer)
{
    const struct kps_report *report = writer->report;
    if (report->engine) {
        print_text(writer, "  \"engine\": ");
        struct kps_json json = begin_element(writer);
        end_element(writer, &json, make_engine(&json, report->engine));
        print_text(writer, ",\n");
    } else {
        print_text(writer, "  \"engine\": null,\n");
    }
    if (!report->n_engines) {
        return;
    }
    begin_list(writer, "engines");
    for (size_t i = 0; i < report->n_engines; i++) {
        const struct kps_report_engine *engine = &report->engines[i];
        struct kps_json json = begin_element(writer);
        json_t *object = make_engine(&json, engine);
        kps_json_set(object, "context", kps_json_known(&json, engine->context));
        if (engine->machine.n) {
            kps_json_set(object, "machine", kps_json_text(&json, engine->machine));
        }
        kps_json_set(object, "same_as", kps_json_known(&json, engine->same_as));
        kps_json_set(object, "error", kps_json_known(&json, engine->error));
        next_in_list(writer);
        end_element(writer, &json, object);
    }
    end_list(writer);
}

static int by_place(const void *left, const void *right, void *context)
{
    const struct kps_ledger *ledger = context;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    struct kps_span at =
        kps_report_span(ledger->diag, &(struct kps_party){.at = ledger->claims.v[a].origin});
    struct kps_span bt =
        kps_report_span(ledger->diag, &(struct kps_party){.at = ledger->claims.v[b].origin});
    if (at.file != bt.file) {
        if (at.file == 0 || bt.file == 0) {
            return at.file == 0 ? -1 : 1;
        }
        const struct kps_files *files = &ledger->diag->files;
        int order =
            kps_sv_cmp(kps_files_get(files, at.file)->path, kps_files_get(files, bt.file)->path);
        if (order) {
            return order;
        }
    }
    if (at.off != bt.off) {
        return at.off < bt.off ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

/* A claim for each address of a holding, of the tenant and not of its helpers. */
static void put_holdings(struct writer *writer, const struct kps_port_use *holdings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < holdings[i].n_addrs; k++) {
            struct kps_json json = begin_element(writer);
            next_in_list(writer);
            end_element(writer, &json, make_port_use(&json, &holdings[i], &holdings[i].addrs[k]));
        }
    }
}

/*
 * Return: is the claim listed? In a diagnosis the ports in use are listed instead of BOUND claims.
 */
static bool is_listed(const struct kps_report *report, const struct kps_claim *claim)
{
    bool is_told_otherwise = report->is_diagnosis && claim->basis != KPS_REQUESTED;
    return report->lists_claims && kps_report_lists(claim) && !is_told_otherwise;
}

static void put_claims(struct writer *writer)
{
    struct kps_ledger ledger = *writer->report->ledger;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint32_t *order = KPS_NEW_N(arena, uint32_t, ledger.claims.n ? ledger.claims.n : 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < ledger.claims.n; i++) {
        if (is_listed(writer->report, &ledger.claims.v[i])) {
            order[n++] = i;
        }
    }
    qsort_r(order, n, sizeof(order[0]), by_place, &ledger);
    begin_list(writer, "claims");
    put_holdings(writer, writer->report->holdings, writer->report->n_holdings);
    for (uint32_t i = 0; i < n; i++) {
        struct kps_json json = begin_element(writer);
        next_in_list(writer);
        end_element(writer, &json, make_claim(&json, &ledger.claims.v[order[i]]));
    }
    end_list(writer);
}

/* The answer to a query. */
static void put_answer(struct writer *writer)
{
    begin_list(writer, "claims");
    put_holdings(writer, writer->report->query->holdings, writer->report->query->n_holdings);
    end_list(writer);
}

/* Return: the words of the questions of whose ports nobody has one on the node. */
static json_t *make_free_questions(struct kps_json *json, const struct kps_query *query,
                                   kps_netns_id node)
{
    json_t *list = assert_made(json_array());
    for (size_t i = 0; i < query->n_questions; i++) {
        bool is_free = !query->is_of_node || !query->is_of_node[i];
        for (size_t k = 0; k < query->n_holdings && is_free; k++) {
            const struct kps_port_use *use = &query->holdings[k];
            enum kps_netns_kind kind = kps_ledger_get_netns(json->ledger, use->netns)->kind;
            is_free = (use->netns != node && kind != KPS_NETNS_CLUSTER) ||
                      !kps_question_meets(&query->questions[i], use);
        }
        if (is_free) {
            kps_json_push(list, kps_json_text(json, query->questions[i].words));
        }
    }
    return list;
}

/* The nodes of the cluster that was asked. */
static void put_nodes(struct writer *writer)
{
    const struct kps_ledger *ledger = writer->report->ledger;
    begin_list(writer, "nodes");
    for (uint32_t i = 0; i < ledger->netns.n; i++) {
        if (!ledger->netns.v[i].is_node) {
            continue;
        }
        struct kps_json json = begin_element(writer);
        json_t *object = json_object();
        kps_json_set(object, "name", kps_json_known(&json, ledger->netns.v[i].name));
        kps_json_set(object, "kept_off", kps_json_known(&json, ledger->netns.v[i].kept_off));
        kps_json_set(object, "free",
                     ledger->diag->incomplete
                         ? json_null()
                         : make_free_questions(&json, writer->report->query, i + 1));
        next_in_list(writer);
        end_element(writer, &json, object);
    }
    end_list(writer);
}

static void put_notes(struct writer *writer)
{
    begin_list(writer, "notes");
    for (size_t i = 0; i < writer->report->query->n_notes; i++) {
        struct kps_json json = begin_element(writer);
        next_in_list(writer);
        end_element(writer, &json, kps_json_text(&json, writer->report->query->notes[i]));
    }
    end_list(writer);
}

static int append_bytes(const char *bytes, size_t n, void *data)
{
    kps_buf_add(data, (struct kps_sv){bytes, n});
    return 0;
}

/* Print a finding with very many parties: the text before, each party alone, the text behind. */
static void put_large(const struct writer *writer, const struct kps_finding *finding)
{
    static const struct kps_sv empty = SV_LIT("\"parties\": []"); /* no text holds a bare quote */
    struct kps_json json = begin_element(writer);
    struct kps_finding frame = *finding;
    frame.n_parties = 0;
    json_t *element = make_finding(&json, &frame);
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_buf text = KPS_BUF(arena);
    (void)json_dump_callback(element, append_bytes, &text, flags_of(&json));
    json_decref(element);
    struct kps_sv whole = kps_buf_sv(&text);
    size_t split = kps_sv_search(whole, empty) + empty.n - 1;
    (void)fwrite(whole.p, 1, split, writer->out);
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_arena_reset(json.scratch);
        json_t *party = make_party(&json, finding, &finding->parties[i]);
        (void)fputs(i ? ", " : "", writer->out);
        (void)json_dumpf(party, writer->out, flags_of(&json));
        json_decref(party);
    }
    (void)fwrite(whole.p + split, 1, whole.n - split, writer->out);
    kps_arena_free(json.scratch);
}

static void put_some_findings(struct writer *writer, bool with_place)
{
    const struct kps_diag *diag = writer->report->ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if ((kps_finding_span(diag, finding).file != 0) != with_place) {
            continue;
        }
        next_in_list(writer);
        if (finding->n_parties > KPS_JSON_PARTIES) {
            put_large(writer, finding);
            continue;
        }
        struct kps_json json = begin_element(writer);
        end_element(writer, &json, make_finding(&json, finding));
    }
}

/* No place sorts before every place, as null does in jq; people read those findings last. */
static void put_findings(struct writer *writer)
{
    begin_list(writer, "findings");
    put_some_findings(writer, false);
    put_some_findings(writer, true);
    end_list(writer);
}

static json_t *make_number(uint16_t first, uint16_t last)
{
    return json_pack("{s:i, s:i}", "first", first, "last", last);
}

static json_t *make_assigned(struct kps_json *json, const struct kps_assigned *assigned,
                             bool only_checks)
{
    json_t *object = json_object();
    kps_json_set(object, "variable", kps_json_known(json, assigned->variable));
    kps_json_set(object, "service", kps_json_known(json, assigned->service));
    kps_json_set(object, "old", make_number(assigned->old_first, assigned->old_last));
    if (!only_checks) {
        kps_json_set(object, "new",
                     assigned->last ? make_number(assigned->first, assigned->last) : json_null());
        kps_json_set(object, "stays", json_boolean(assigned->stays));
    }
    kps_json_set(object, "holder", kps_json_known(json, assigned->holder));
    kps_json_set(object, "in_shell", json_boolean(assigned->is_in_shell));
    return object;
}

/* The answer of --assign: the numbers, and the services of the override file. */
static void put_assignment(struct writer *writer)
{
    const struct kps_port_plan *assignment = writer->report->assignment;
    begin_list(writer, "assigned");
    for (size_t i = 0; i < assignment->n; i++) {
        struct kps_json json = begin_element(writer);
        next_in_list(writer);
        end_element(writer, &json,
                    make_assigned(&json, &assignment->v[i], assignment->only_checks));
    }
    end_list(writer);
    begin_list(writer, "overrides");
    for (size_t i = 0; i < assignment->n_services; i++) {
        const struct kps_assigned_service *service = &assignment->services[i];
        struct kps_json json = begin_element(writer);
        json_t *object = json_object();
        json_t *ports = json_array();
        for (size_t k = 0; k < service->n_ports; k++) {
            kps_json_push(ports, kps_json_text(&json, service->ports[k]));
        }
        kps_json_set(object, "service", kps_json_text(&json, service->name));
        kps_json_set(object, "ports", ports);
        next_in_list(writer);
        end_element(writer, &json, object);
    }
    end_list(writer);
    begin_list(writer, "notes");
    for (size_t i = 0; i < assignment->n_notes; i++) {
        struct kps_json json = begin_element(writer);
        next_in_list(writer);
        end_element(writer, &json, kps_json_text(&json, assignment->notes[i]));
    }
    end_list(writer);
}

void kps_report_json(const struct kps_report *report, const struct kps_style *style, FILE *out)
{
    (void)style;
    struct writer writer = {.report = report, .out = out};
    put_head(&writer);
    put_inputs(&writer);
    put_engine(&writer);
    for (size_t i = 0; i < report->n_free_ports; i++) {
        (void)fprintf(out, "%s%u%s", i ? ", " : "  \"free_ports\": [", report->free_ports[i],
                      i + 1 == report->n_free_ports ? "],\n" : "");
    }
    if (report->free_ports && report->n_free_ports == 0) {
        (void)fputs("  \"free_ports\": [],\n", out);
    }
    if (report->assignment) {
        put_assignment(&writer);
    }
    if (report->query) {
        put_answer(&writer);
        if (report->query->scope == KPS_QUERY_CLUSTER) {
            put_nodes(&writer);
        }
        put_notes(&writer);
    } else {
        put_claims(&writer);
    }
    put_findings(&writer);
    struct kps_summary summary = kps_report_summary(report);
    struct kps_json json = begin_element(&writer);
    (void)fputs("  \"summary\": ", out);
    end_element(&writer, &json, summary_of(&summary));
    print_text(&writer, "\n}");
    (void)fputc('\n', out);
}
