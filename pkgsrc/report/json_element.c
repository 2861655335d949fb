#include "report/json_element.h"

#include <jansson.h>
#include <time.h>

#include "base/buf.h"
#include "report/json.h"

static void set_place(struct kps_json *json, json_t *object, struct kps_span span)
{
    struct kps_files *files = &json->ledger->diag->files;
    struct kps_pos from = kps_files_pos(files, span.file, span.off);
    struct kps_pos to = kps_files_pos(files, span.file, span.off + span.len);
    kps_json_set_text(json, object, "path", kps_files_get(files, span.file)->path);
    kps_json_set_number(object, "line", from.line);
    kps_json_set_number(object, "column", from.col);
    kps_json_set_number(object, "end_line", to.line);
    kps_json_set_number(object, "end_column", to.col);
}

/* Object, container and port name of a Kubernetes owner. */
static void set_object(struct kps_json *json, json_t *object, const struct kps_owner *owner)
{
    struct kps_object_facts facts;
    kps_object_facts_of(owner, &facts);
    json_t *ref = kps_json_set_object(object, "object");
    kps_json_set_known(json, ref, "api_version", facts.group->api_version);
    kps_json_set_known(json, ref, "kind", facts.group->kind);
    kps_json_set_known(json, ref, "namespace", facts.group->namespace);
    kps_json_set_known(json, ref, "name", facts.name);
    kps_json_set_known(json, object, "container", facts.container);
    kps_json_set_known(json, object, "port_name", facts.port_name);
    if (facts.controller) {
        json_t *controller = kps_json_set_object(object, "controller");
        kps_json_set_known(json, controller, "kind", facts.controller->kind);
        kps_json_set_known(json, controller, "name", facts.controller->name);
    }
}

static void set_container(struct kps_json *json, json_t *object,
                          const struct kps_container_facts *facts)
{
    kps_json_set_known(json, object, "id", facts->id);
    kps_json_set_known(json, object, "image", facts->image);
    kps_json_set_known(json, object, "state", facts->state);
    kps_json_set_known(json, object, "health", facts->health);
    kps_json_set_known(json, object, "since", facts->since);
    kps_json_set_known(json, object, "restart_policy", facts->restart_policy);
    kps_json_set_known(json, object, "network_mode", facts->network_mode);
    if (facts->start_error.n) {
        kps_json_set_known(json, object, "start_error", facts->start_error);
    }
    if (facts->compose_project.n == 0) {
        kps_json_set(object, "compose", json_null());
        return;
    }
    json_t *compose = kps_json_set_object(object, "compose");
    kps_json_set_known(json, compose, "project", facts->compose_project);
    kps_json_set_known(json, compose, "service", facts->compose_service);
    kps_json_set_known(json, compose, "working_dir", facts->compose_working_dir);
    kps_json_set_known(json, compose, "config_files", facts->compose_config_files);
}

static void add_parents(struct kps_json *json, json_t *list, const struct kps_process_facts *facts)
{
    for (uint32_t i = 0; i < facts->n_parents; i++) {
        json_t *parent = json_object();
        kps_json_set_number(parent, "pid", facts->parents[i].pid);
        kps_json_set_known(json, parent, "name", facts->parents[i].name);
        kps_json_push(list, parent);
    }
}

/* Format a time as RFC 3339 in UTC, like an engine. */
static struct kps_sv format_time(struct kps_arena *arena, int64_t seconds)
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
    kps_json_set_known(json, object, "cmdline", facts->cmdline);
    kps_json_set_known(json, object, "user", facts->user);
    kps_json_set(object, "uid", facts->has_uid ? json_integer(facts->uid) : json_null());
    kps_json_set_known(json, object, "unit", facts->unit);
    kps_json_set_known(json, object, "socket_unit", facts->socket_unit);
    kps_json_set_known(json, object, "container", facts->container);
    kps_json_set_known(json, object, "manager", facts->manager);
    kps_json_set_known(json, object, "terminal", facts->terminal);
    kps_json_set_known(json, object, "cwd", facts->cwd);
    kps_json_set_known(json, object, "since", format_time(json->scratch, facts->started));
    add_parents(json, kps_json_set_array(object, "parents"), facts);
    if (facts->n_sharers) {
        json_t *sharers = kps_json_set_array(object, "sharers");
        for (uint32_t i = 0; i < facts->n_sharers; i++) {
            kps_json_push(sharers, json_integer(facts->sharers[i]));
        }
    }
    kps_json_set_word(object, "hidden", hidden);
    kps_json_set_known(json, object, "what", facts->what);
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
    kps_json_set_word(object, "kind", kps_owner_kind_name(is_hidden ? KPS_OWNER_PROCESS : kind));
    if (!owner) {
        return;
    }
    if (kind == KPS_OWNER_COMPOSE_SERVICE) {
        kps_json_set_known(json, object, "project", kps_owner_group(owner));
    }
    kps_json_set_known(json, object, "name", kps_owner_name(owner));
    if (owner->site) {
        kps_json_set_known(json, object, site_key(json->ledger, owner->site),
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
        kps_json_set_known(json, object, "cluster", kps_owner_group(owner));
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
        set_object(json, object, owner);
        break;
    case KPS_OWNER_SWARM_SERVICE:
        kps_json_set_known(json, object, "stack", kps_owner_group(owner));
        break;
    }
}

/*
 * Return: null when the origin is in no file. `what` of a place is its path in the YAML tree; for
 * derived claims a phrase.
 */
static json_t *make_location(struct kps_json *json, kps_origin_id at, bool is_derived)
{
    if (at == 0) {
        return json_null();
    }
    struct kps_origin origin = kps_origins_get(&json->ledger->diag->origins, at);
    if (origin.span.file == 0) {
        return json_null();
    }
    json_t *object = json_object();
    set_place(json, object, origin.span);
    if (origin.step == KPS_STEP_HERE && origin.what.n && !is_derived) {
        kps_json_set_text(json, object, "yaml_path", kps_origin_what(json->scratch, &origin));
    }
    return object;
}

/* Return: the steps of a value to its place; NULL when simply written there. */
static json_t *make_provenance(struct kps_json *json, kps_origin_id at)
{
    struct kps_diag *diag = json->ledger->diag;
    kps_origin_id up = at ? kps_origins_up(&diag->origins, at) : 0;
    if (!up) {
        return NULL;
    }
    json_t *list = json_array();
    while (up) {
        const struct kps_origin origin = kps_origins_get(&diag->origins, up);
        json_t *step = json_object();
        kps_json_set_word(step, "step", kps_step_name(origin.step));
        kps_json_set_known(json, step, "what", kps_origin_what(json->scratch, &origin));
        if (origin.span.file) {
            kps_json_set_text(json, step, "path",
                              kps_files_get(&diag->files, origin.span.file)->path);
            uint32_t line = kps_files_pos(&diag->files, origin.span.file, origin.span.off).line;
            kps_json_set_number(step, "line", line);
        }
        kps_json_push(list, step);
        up = origin.up;
    }
    return list;
}

static json_t *make_address(struct kps_json *json, const struct kps_claim *claim)
{
    return kps_json_known(json, kps_addr_format(json->scratch, &claim->addr));
}

json_t *kps_json_element_range(uint32_t first, uint32_t last)
{
    json_t *object = json_object();
    kps_json_set_number(object, "first", first);
    kps_json_set_number(object, "last", last);
    return object;
}

static json_t *make_scope(struct kps_json *json, const struct kps_claim *claim)
{
    struct kps_sv name = kps_ledger_netns_name(json->ledger, claim->netns, claim->owner);
    switch (kps_ledger_get_netns(json->ledger, claim->netns)->kind) {
    case KPS_NETNS_HOST:
        return json_string("host");
    case KPS_NETNS_PRIVATE:
        return kps_json_text(json, kps_fmt(json->scratch, "netns:%.*s", SV_ARG(name)));
    case KPS_NETNS_NODE:
        return json_string("node");
    case KPS_NETNS_CLUSTER:
        return json_string("cluster");
    }
    return json_null();
}

json_t *kps_json_element_claim(struct kps_json *json, const struct kps_claim *claim)
{
    json_t *object = json_object();
    const struct kps_netns *netns = kps_ledger_get_netns(json->ledger, claim->netns);
    kps_json_set(object, "scope", make_scope(json, claim));
    if (netns->is_node) {
        kps_json_set_text(json, object, "node", netns->name);
    }
    kps_json_set_word(object, "protocol", kps_protocol_name(claim->protocol));
    kps_json_set(object, "address", make_address(json, claim));
    kps_json_set(object, "first", claim->last ? json_integer(claim->first) : json_null());
    kps_json_set(object, "last", claim->last ? json_integer(claim->last) : json_null());
    kps_json_set_number(object, "take", claim->last ? claim->take : 1);
    kps_json_set_number(object, "copies", claim->copies);
    kps_json_set_word(object, "basis", kps_basis_name(claim->basis));
    kps_json_set(object, "target",
                 claim->target_first
                     ? kps_json_element_range(claim->target_first, claim->target_last)
                     : json_null());
    uint32_t site = kps_ledger_get_owner(json->ledger, claim->owner)->site;
    if (site) {
        kps_json_set_text(json, object, site_key(json->ledger, site),
                          kps_ledger_site_name(json->ledger, site));
    }
    set_owner(json, kps_json_set_object(object, "owner"), claim->owner);
    kps_json_set(object, "location",
                 make_location(json, claim->origin, claim->flags & KPS_CLAIM_DERIVED));
    if (claim->flags & KPS_CLAIM_DISCARDED) {
        kps_json_set(object, "discarded", json_true());
    }
    return object;
}

json_t *kps_json_element_port_use(struct kps_json *json, const struct kps_port_use *holding,
                                  const struct kps_addr *addr)
{
    struct kps_claim claim = *kps_ledger_get_claim(json->ledger, holding->claim);
    claim.origin = kps_ledger_origin(json->ledger, holding->claim);
    claim.owner = holding->tenant;
    claim.addr = *addr;
    json_t *object = kps_json_element_claim(json, &claim);
    json_t *helpers = kps_json_set_array(object, "sockets");
    for (uint32_t i = 0; i < holding->n_helpers; i++) {
        json_t *helper = json_object();
        set_owner(json, helper, holding->helpers[i]);
        kps_json_push(helpers, helper);
    }
    kps_json_set_word(object, "certainty",
                      kps_certainty_name((enum kps_certainty)holding->certainty));
    kps_json_set_flag(object, "contended", holding->is_contended);
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

json_t *kps_json_element_party(struct kps_json *json, const struct kps_finding *finding,
                               const struct kps_party *party)
{
    const struct kps_claim *claim =
        party->claim ? kps_ledger_get_claim(json->ledger, party->claim) : NULL;
    json_t *object = json_object();
    kps_json_set_word(object, "role", role_name(party->role));
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
        kps_json_set_text(json, object, "label", party->label);
    }
    return object;
}

static json_t *port_of(const struct kps_finding *finding)
{
    if (finding->last == 0) {
        return json_null();
    }
    json_t *object = json_object();
    bool has_protocol = finding->protocol != KPS_PROTO_NONE;
    kps_json_set(object, "protocol",
                 has_protocol ? json_string(kps_protocol_name(finding->protocol)) : json_null());
    kps_json_set_number(object, "first", finding->first);
    kps_json_set_number(object, "last", finding->last);
    return object;
}

static json_t *help_of(struct kps_json *json, const struct kps_help *help)
{
    json_t *object = json_object();
    kps_json_set_text(json, object, "text", help->text);
    if (help->command.n) {
        kps_json_set_text(json, object, "command", help->command);
    }
    return object;
}

static json_t *fix_of(struct kps_json *json, const struct kps_fix *fix)
{
    json_t *edit = json_object();
    json_t *object = json_object();
    kps_json_set_text(json, object, "title", fix->title);
    kps_json_push(kps_json_set_array(object, "edits"), edit);
    set_place(json, edit, fix->edit.span);
    kps_json_set_text(json, edit, "text", fix->edit.text);
    return object;
}

static void set_lists(struct kps_json *json, json_t *object, const struct kps_finding *finding)
{
    json_t *parties = kps_json_set_array(object, "parties");
    json_t *notes = kps_json_set_array(object, "notes");
    json_t *helps = kps_json_set_array(object, "help");
    json_t *fixes = kps_json_set_array(object, "fixes");
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_json_push(parties, kps_json_element_party(json, finding, &finding->parties[i]));
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
}

static json_t *suppression_of(struct kps_json *json, const struct kps_finding *finding)
{
    if (!finding->suppressed.p) {
        return json_null();
    }
    json_t *place = finding->suppressed_at.file ? json_object() : json_null();
    if (finding->suppressed_at.file) {
        set_place(json, place, finding->suppressed_at);
    }
    json_t *object = json_object();
    kps_json_set_word(object, "kind", kps_suppression_name(finding->suppressed_by));
    kps_json_set_known(json, object, "reason", finding->suppressed);
    kps_json_set(object, "location", place);
    return object;
}

json_t *kps_json_element_finding(struct kps_json *json, const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    json_t *object = json_object();
    kps_json_set_word(object, "rule", rule ? rule->id : NULL);
    kps_json_set_word(object, "name", rule ? rule->name : NULL);
    kps_json_set_word(object, "severity", kps_severity_name(finding->severity));
    kps_json_set_word(object, "certainty", kps_certainty_name(finding->certainty));
    kps_json_set_text(json, object, "message", finding->message);
    kps_json_set(object, "port", port_of(finding));
    kps_owner_id owner = finding->n_parties ? finding->parties[0].owner : 0;
    uint32_t site = owner ? kps_ledger_get_owner(json->ledger, owner)->site : 0;
    if (site) {
        kps_json_set_text(json, object, site_key(json->ledger, site),
                          kps_ledger_site_name(json->ledger, site));
    }
    set_lists(json, object, finding);
    if (finding->up_error.n) {
        kps_json_set_text(json, object, "up_error", finding->up_error);
    }
    kps_json_set_text(
        json, object, "fingerprint",
        kps_fmt(json->scratch, "v1:%016llx", (unsigned long long)finding->fingerprint));
    kps_json_set(object, "suppressed", suppression_of(json, finding));
    return object;
}
