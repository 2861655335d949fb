#include "kube/kube.h"

#include "kube/placeholder.h"
#include "kube/scalar.h"
#include "kube/stream.h"

static struct kps_sv unmarshal_text(struct kps_kube *kube, const struct kps_kube_field *field,
                                    const struct kps_kube_scalar *value)
{
    struct kps_sv shown =
        value->type == KPS_T_INT || value->type == KPS_T_FLOAT ? value->text : SV("");
    return kps_fmt(kube->arena,
                   "json: cannot unmarshal %s%s%.*s into Go struct field %s.%.*s%s%s%s of type %s",
                   kps_kube_json_word(value->type), shown.n ? " " : "", SV_ARG(shown),
                   field->go_struct, SV_ARG(field->path), field->below, field->path.n ? "." : "",
                   field->name, field->go_type);
}

bool kps_kube_int(struct kps_kube *kube, const struct kps_ynode *map,
                  const struct kps_kube_field *field, int64_t *ret, struct kps_span *ret_at)
{
    const struct kps_ynode *node = kps_ynode_field(map, field->name);
    struct kps_kube_scalar value = kps_kube_scalar(node);
    if (!node || value.type == KPS_T_NULL) {
        return false;
    }
    *ret_at = node->span;
    if (value.type == KPS_T_INT && value.integer >= INT32_MIN && value.integer <= INT32_MAX) {
        *ret = value.integer;
        return true;
    }
    if (kps_stream_is_placeholder(kube, node, false)) {
        return false;
    }
    struct kps_sv api = unmarshal_text(kube, field, &value);
    if (value.type == KPS_T_INT) {
        (void)kps_kube_refuse(kube, kps_kube_owner(kube, field->who), node->span, api,
                              "%s '%.*s' does not fit into 32 bits", field->name,
                              SV_ARG(value.text));
        return false;
    }
    struct kps_finding *finding =
        kps_kube_refuse(kube, kps_kube_owner(kube, field->who), node->span, api,
                        "%s must be a whole number, not %s", field->name,
                        value.type == KPS_T_FLOAT ? "a fraction" : kps_ynode_type_name(value.type));
    if (value.type == KPS_T_STR && node->style != KPS_Y_PLAIN) {
        kps_finding_help(finding, "write it without quotes");
    }
    return false;
}

bool kps_kube_text(struct kps_kube *kube, const struct kps_ynode *map,
                   const struct kps_kube_field *field, struct kps_sv *ret, struct kps_span *ret_at)
{
    const struct kps_ynode *node = kps_ynode_field(map, field->name);
    struct kps_kube_scalar value = kps_kube_scalar(node);
    if (!node || value.type == KPS_T_NULL) {
        return false;
    }
    *ret_at = node->span;
    if (value.type == KPS_T_STR) {
        *ret = kps_kube_keep(kube, value.text);
        return true;
    }
    if (kps_stream_is_placeholder(kube, node, true)) {
        return false;
    }
    struct kps_finding *finding = kps_kube_add_finding(
        kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN, "%s must be text, not %s",
        field->name, kps_ynode_type_name(value.type));
    finding->up_error = unmarshal_text(kube, field, &value);
    kps_kube_party(kube, finding, kps_kube_owner(kube, field->who), 0, node->span, kube->source,
                   SV("kubectl refuses this"));
    if (value.type == KPS_T_BOOL) {
        kps_finding_note(
            finding,
            "kubectl reads YAML 1.1, where an unquoted y, n, yes, no, on and off is a boolean");
    }
    if (value.type == KPS_T_BOOL || value.type == KPS_T_INT) {
        kps_finding_help(finding, "put it into quotes: \"%.*s\"", SV_ARG(value.text));
    }
    kps_kube_bad_input(kube, finding);
    return false;
}

struct kps_sv kps_kube_get_kept(struct kps_kube *kube, const struct kps_ynode *map,
                                struct kps_sv key)
{
    struct kps_kube_scalar value = kps_kube_scalar(kps_ynode_get(map, key));
    return value.type == KPS_T_STR ? kps_kube_keep(kube, value.text) : (struct kps_sv){NULL, 0};
}

bool kps_kube_get_true(const struct kps_ynode *map, const char *key)
{
    struct kps_kube_scalar value = kps_kube_scalar(kps_ynode_field(map, key));
    char first = value.type == KPS_T_BOOL ? kps_lower(value.text.p[0]) : '\0';
    return first == 't' || first == 'y' || (first == 'o' && value.text.n == 2);
}

const char *kps_kube_protocol_name(uint8_t protocol)
{
    if (protocol == KPS_TCP) {
        return "TCP";
    }
    return protocol == KPS_UDP ? "UDP" : "SCTP";
}

struct kps_sv kps_kube_no_port(struct kps_kube *kube, struct kps_sv path, struct kps_sv number)
{
    return kps_fmt(kube->arena, "%.*s: Invalid value: %.*s: must be between 1 and 65535, inclusive",
                   SV_ARG(path), SV_ARG(number));
}

bool kps_kube_protocol(struct kps_kube *kube, const struct kps_ynode *map,
                       const struct kps_kube_field *field, uint8_t *ret)
{
    struct kps_sv text = {NULL, 0};
    struct kps_span at = {0, 0, 0};
    *ret = KPS_TCP;
    if (!kps_kube_text(kube, map, field, &text, &at) || text.n == 0) {
        return true;
    }
    for (unsigned protocol = KPS_TCP; protocol <= KPS_SCTP; protocol++) {
        if (kps_sv_is(text, kps_kube_protocol_name((uint8_t)protocol))) {
            *ret = (uint8_t)protocol;
            return true;
        }
    }
    struct kps_finding *finding =
        kps_kube_refuse(kube, kps_kube_owner(kube, field->who), at,
                        kps_fmt(kube->arena,
                                "%.*s%s.protocol: Unsupported value: \"%.*s\": supported values: "
                                "\"SCTP\", \"TCP\", \"UDP\"",
                                SV_ARG(field->path), field->below, SV_ARG(text)),
                        "'%.*s' is no protocol: TCP, UDP and SCTP are, in capitals", SV_ARG(text));
    enum kps_protocol meant = KPS_TCP;
    if (kps_protocol_parse(text, &meant)) {
        kps_finding_help(finding, "write it in capitals");
        *ret = (uint8_t)meant;
        return true;
    }
    return false;
}

const char *kps_kube_port_name_error(struct kps_sv name)
{
    bool letter = false;
    if (name.n > 15) {
        return "must be no more than 15 characters";
    }
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!kps_is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-') {
            return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        }
        if (c == '-' && i + 1 < name.n && name.p[i + 1] == '-') {
            return "must not contain consecutive hyphens";
        }
        letter = letter || (c >= 'a' && c <= 'z');
    }
    if (!letter) {
        return "must contain at least one letter (a-z)";
    }
    return name.p[0] == '-' || name.p[name.n - 1] == '-' ? "must not begin or end with a hyphen"
                                                         : NULL;
}
