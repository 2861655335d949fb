#include "units/units.h"

struct kps_finding *kps_units_refuse(struct kps_units *units, struct kps_span at, const char *fmt,
                                     ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_finding *finding =
        kps_diag_vadd_here(units->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at, fmt, args);
    va_end(args);
    if (!units->has_failed) {
        units->error = finding->message;
    }
    units->has_failed = true;
    return finding;
}

bool kps_units_read_number(struct kps_units *units, const struct kps_ynode *map, const char *key,
                           int64_t least, int64_t most, int64_t *ret)
{
    int64_t number = 0;
    const struct kps_ynode *value = kps_ynode_field(map, key);
    if (!value || kps_ynode_type(value) == KPS_T_NULL) {
        return false;
    }
    if (!kps_ynode_int(value, &number) || number < least || number > most) {
        struct kps_sv text = kps_ynode_text(value);
        (void)kps_units_refuse(units, value->span,
                               "%s must be a whole number from %lld to %lld, found '%.*s'", key,
                               (long long)least, (long long)most, SV_ARG(text));
        return false;
    }
    *ret = number;
    return true;
}

bool kps_units_read_address(struct kps_units *units, const struct kps_ynode *value,
                            struct kps_addr *ret)
{
    struct kps_sv text = kps_ynode_text(value);
    if (text.n && !kps_addr_parse(text, ret)) {
        (void)kps_units_refuse(units, value->span, "'%.*s' is no IP address", SV_ARG(text));
        return false;
    }
    return true;
}

bool kps_units_read_protocol(struct kps_units *units, const struct kps_ynode *value,
                             enum kps_protocol *ret)
{
    struct kps_sv text = kps_ynode_text(value);
    *ret = kps_protocol_or_tcp(text);
    if (!*ret) {
        (void)kps_units_refuse(units, value->span, "protocol '%.*s' is none of tcp, udp, sctp",
                               SV_ARG(text));
        return false;
    }
    return true;
}

void kps_units_leave_open(struct kps_units *units, const struct kps_unit_line *line)
{
    struct kps_finding *finding =
        kps_diag_add_here(units->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, line->at,
                          "'%.*s' is known only at the start of "
                          "'%.*s'; the port was not judged",
                          SV_ARG(line->value), SV_ARG(units->unit.name));
    if (units->unit.is_template && units->unit.instance.n == 0) {
        kps_finding_note(finding, "the unit is a template: each instance has a port of its own");
    }
    units->diag->incomplete = true;
}

int kps_units_read_unit(struct kps_units *units)
{
    const struct kps_units_request *request = units->request;
    const struct kps_unit_source source = {request->absolute, request->shown, request->name,
                                           request->path};
    return kps_unit_file_read(units->diag, units->fs, &source, &units->unit);
}

kps_owner_id kps_units_add_owner(struct kps_units *units, enum kps_owner_kind kind,
                                 struct kps_sv name, struct kps_sv group, struct kps_sv service)
{
    struct kps_unit_facts *facts = KPS_NEW(units->arena, struct kps_unit_facts);
    *facts = (struct kps_unit_facts){
        .kind = units->request->kind, .service = service, .is_off = units->is_off};
    struct kps_owner_ties ties = {.key = {"", 0}};
    if (service.n) {
        ties.key = kps_fmt(units->arena, "unit:%.*s", SV_ARG(service));
    }
    return kps_ledger_owner(
        units->ledger,
        &(struct kps_new_owner){.cls = &kps_units_class,
                                .kind = kind,
                                .name = name,
                                .group = group,
                                .site = kps_ledger_get_netns(units->ledger, units->host)->site,
                                .ties = &ties,
                                .facts = facts});
}

void kps_units_add_claim(struct kps_units *units, kps_owner_id owner,
                         const struct kps_publish *port, struct kps_span at,
                         enum kps_certainty certainty, uint8_t flags)
{
    if (units->is_off) {
        certainty = KPS_POSSIBLE; /* only a start by hand takes the port */
    }
    uint32_t width = port->last ? (uint32_t)port->last - port->first + 1 : 0;
    (void)kps_ledger_claim(
        units->ledger,
        &(struct kps_claim){.netns = units->host,
                            .owner = owner,
                            .origin = kps_origins_here(&units->diag->origins, at, SV("")),
                            .addr = port->addr,
                            .first = port->first,
                            .last = port->last,
                            .take = (uint16_t)(port->take ? port->take : width),
                            .target_first = port->target_first,
                            .target_last = port->target_last,
                            .protocol = (uint8_t)port->protocol,
                            .basis = KPS_REQUESTED,
                            .certainty = (uint8_t)certainty,
                            .flags = flags,
                            .copies = 1});
}

void kps_units_add_published(struct kps_units *units, kps_owner_id owner, struct kps_sv text,
                             struct kps_span at, enum kps_certainty certainty, uint8_t flags)
{
    struct kps_publish port = kps_publish_parse(units->arena, text);
    if (port.error.n) {
        (void)kps_units_refuse(units, at, "%.*s", SV_ARG(port.error));
        return;
    }
    kps_units_add_claim(units, owner, &port, at, certainty, flags);
}
