#include "report/json_parts.h"

#include <jansson.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "report/report.h"

static const struct kps_sv REPLACEMENT = SV_LIT("\xef\xbf\xbd"); /* U+FFFD */

static json_t *sure(json_t *value)
{
    if (!value) {
        kps_out_of_memory();
    }
    return value;
}

void kps_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, sure(value)) != 0) {
        kps_out_of_memory();
    }
}

void kps_json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, sure(value)) != 0) {
        kps_out_of_memory();
    }
}

/* `text` with every byte that is not UTF-8 replaced. */
static struct kps_sv repaired(struct kps_arena *arena, struct kps_sv text)
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

json_t *kps_json_text(struct kps_json *json, struct kps_sv text)
{
    struct kps_sv valid = kps_utf8_check(text) == text.n ? text : repaired(json->scratch, text);
    for (size_t at = 0; at < valid.n && !json->unsafe;) {
        int32_t c = kps_utf8_next(valid, &at);
        json->unsafe =
            c > 0x7f && kps_utf8_is_unsafe(c); /* below that JSON itself asks for escapes */
    }
    return sure(json_stringn(valid.n ? valid.p : "", valid.n));
}

json_t *kps_json_known(struct kps_json *json, struct kps_sv text)
{
    return text.n ? kps_json_text(json, text) : sure(json_null());
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

/* null when the origin is in no file. `what` of a place is its path in the YAML tree, but for
 * derived claims a phrase.
 */
static json_t *location(struct kps_json *json, kps_origin_id at, bool is_derived)
{
    const struct kps_origin *origin = at ? kps_origins_get(&json->ledger->diag->origins, at) : NULL;
    if (!origin || origin->span.file == 0) {
        return json_null();
    }
    json_t *object = sure(json_object());
    set_place(json, object, origin->span);
    if (origin->step == KPS_STEP_HERE && origin->what.n && !is_derived) {
        set_text(json, object, "yaml_path", origin->what);
    }
    return object;
}

/* How it came to be there; NULL when it is simply written there. */
static json_t *provenance(struct kps_json *json, kps_origin_id at)
{
    struct kps_diag *diag = json->ledger->diag;
    kps_origin_id up = at ? kps_origins_get(&diag->origins, at)->up : 0;
    if (!up) {
        return NULL;
    }
    json_t *list = sure(json_array());
    while (up) {
        const struct kps_origin *origin = kps_origins_get(&diag->origins, up);
        json_t *step = sure(json_object());
        kps_json_set(step, "step", json_string(kps_step_name(origin->step)));
        kps_json_set(step, "what", kps_json_known(json, origin->what));
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

static json_t *address(struct kps_json *json, const struct kps_claim *claim)
{
    return kps_json_known(json, kps_addr_format(json->scratch, &claim->addr));
}

static json_t *port_range(uint32_t first, uint32_t last)
{
    json_t *object = sure(json_object());
    kps_json_set(object, "first", json_integer(first));
    kps_json_set(object, "last", json_integer(last));
    return object;
}

static json_t *scope(struct kps_json *json, const struct kps_netns *netns)
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

json_t *kps_json_claim(struct kps_json *json, const struct kps_claim *claim)
{
    json_t *object = sure(json_object());
    kps_json_set(object, "scope", scope(json, kps_ledger_get_netns(json->ledger, claim->netns)));
    kps_json_set(object, "protocol", json_string(kps_protocol_name(claim->protocol)));
    kps_json_set(object, "address", address(json, claim));
    kps_json_set(object, "first", claim->last ? json_integer(claim->first) : json_null());
    kps_json_set(object, "last", claim->last ? json_integer(claim->last) : json_null());
    kps_json_set(object, "take", json_integer(claim->last ? claim->take : 1));
    kps_json_set(object, "copies", json_integer(claim->copies));
    kps_json_set(object, "basis", json_string(kps_basis_name(claim->basis)));
    kps_json_set(object, "target",
                 claim->target_first ? port_range(claim->target_first, claim->target_last)
                                     : json_null());
    json_t *owner = sure(json_object());
    kps_json_set_owner(json, owner, claim->owner);
    kps_json_set(object, "owner", owner);
    kps_json_set(object, "location",
                 location(json, claim->origin, claim->flags & KPS_CLAIM_DERIVED));
    if (claim->flags & KPS_CLAIM_DISCARDED) {
        kps_json_set(object, "discarded", json_true());
    }
    return object;
}

json_t *kps_json_holding(struct kps_json *json, const struct kps_port_use *holding,
                         const struct kps_addr *addr)
{
    struct kps_claim claim = *kps_ledger_get_claim(json->ledger, holding->claim);
    json_t *helpers = sure(json_array());
    claim.owner = holding->tenant;
    claim.addr = *addr;
    json_t *object = kps_json_claim(json, &claim);
    for (uint32_t i = 0; i < holding->n_helpers; i++) {
        json_t *helper = sure(json_object());
        kps_json_set_owner(json, helper, holding->helpers[i]);
        kps_json_push(helpers, helper);
    }
    kps_json_set(object, "sockets", helpers);
    kps_json_set(object, "certainty",
                 json_string(kps_certainty_name((enum kps_certainty)holding->certainty)));
    kps_json_set(object, "contended", json_boolean(holding->is_contended));
    return object;
}

/* The port inside that the finding's first port leads to; 0 when it is not one. */
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

json_t *kps_json_party(struct kps_json *json, const struct kps_finding *finding,
                       const struct kps_party *party)
{
    const struct kps_claim *claim =
        party->claim ? kps_ledger_get_claim(json->ledger, party->claim) : NULL;
    json_t *object = sure(json_object());
    kps_json_set(object, "role", json_string(role_name(party->role)));
    kps_json_set_owner(json, object, party->owner);
    if (claim) {
        uint32_t target = target_of(claim, finding);
        kps_json_set(object, "address", address(json, claim));
        kps_json_set(object, "target", target ? json_integer(target) : json_null());
    }
    kps_json_set(object, "location",
                 location(json, party->at, claim && (claim->flags & KPS_CLAIM_DERIVED)));
    json_t *via = provenance(json, party->at);
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
    json_t *object = sure(json_object());
    bool has_protocol = finding->protocol != KPS_PROTO_NONE;
    kps_json_set(object, "protocol",
                 has_protocol ? json_string(kps_protocol_name(finding->protocol)) : json_null());
    kps_json_set(object, "first", json_integer(finding->first));
    kps_json_set(object, "last", json_integer(finding->last));
    return object;
}

static json_t *help_of(struct kps_json *json, const struct kps_help *help)
{
    json_t *object = sure(json_object());
    set_text(json, object, "text", help->text);
    if (help->command.n) {
        set_text(json, object, "command", help->command);
    }
    return object;
}

static json_t *fix_of(struct kps_json *json, const struct kps_fix *fix)
{
    json_t *edit = sure(json_object());
    set_place(json, edit, fix->edit.span);
    set_text(json, edit, "text", fix->edit.text);
    json_t *edits = sure(json_array());
    kps_json_push(edits, edit);
    json_t *object = sure(json_object());
    set_text(json, object, "title", fix->title);
    kps_json_set(object, "edits", edits);
    return object;
}

static void set_lists(struct kps_json *json, json_t *object, const struct kps_finding *finding)
{
    json_t *parties = sure(json_array());
    json_t *notes = sure(json_array());
    json_t *helps = sure(json_array());
    json_t *fixes = sure(json_array());
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        kps_json_push(parties, kps_json_party(json, finding, &finding->parties[i]));
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
    json_t *place = sure(finding->suppressed_at.file ? json_object() : json_null());
    if (finding->suppressed_at.file) {
        set_place(json, place, finding->suppressed_at);
    }
    json_t *object = sure(json_object());
    kps_json_set(object, "kind", json_string(kps_suppression_name(finding->suppressed_by)));
    kps_json_set(object, "reason", kps_json_known(json, finding->suppressed));
    kps_json_set(object, "location", place);
    return object;
}

json_t *kps_json_finding(struct kps_json *json, const struct kps_finding *finding)
{
    const struct kps_rule_info *rule = kps_rule_info(finding->rule);
    json_t *object = sure(json_object());
    kps_json_set(object, "rule", rule ? json_string(rule->id) : json_null());
    kps_json_set(object, "name", rule ? json_string(rule->name) : json_null());
    kps_json_set(object, "severity", json_string(kps_severity_name(finding->severity)));
    kps_json_set(object, "certainty", json_string(kps_certainty_name(finding->certainty)));
    set_text(json, object, "message", finding->message);
    kps_json_set(object, "port", port_of(finding));
    set_lists(json, object, finding);
    if (finding->up_error.n) {
        set_text(json, object, "up_error", finding->up_error);
    }
    set_text(json, object, "fingerprint",
             kps_fmt(json->scratch, "v1:%016llx", (unsigned long long)finding->fingerprint));
    kps_json_set(object, "suppressed", suppression_of(json, finding));
    return object;
}
