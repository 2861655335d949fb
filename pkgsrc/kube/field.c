#include "kube/kube.h"

#include "kube/placeholder.h"
#include "kube/scalar.h"
#include "kube/stream.h"

struct kps_sv kps_kube_field_path(struct kps_kube *kube, const struct kps_kube_fields *in,
                                  const char *name)
{
    if (!in->who.c) {
        return in->below[0] ? kps_fmt(kube->arena, "spec.ports[%u].%s", in->index, name)
                            : kps_fmt(kube->arena, "spec.%s", name);
    }
    struct kps_sv container = kps_kube_container_path(kube, in->who.c);
    return kps_fmt(kube->arena, "%.*s.ports[%u].%s", SV_ARG(container), in->index, name);
}

struct kps_finding *kps_kube_refuse_value(struct kps_kube *kube, const struct kps_kube_fields *in,
                                          const char *name, struct kps_span at, struct kps_sv text,
                                          const char *error, const char *what)
{
    struct kps_sv path = kps_kube_field_path(kube, in, name);
    return kps_kube_refuse(kube, &in->who, at,
                           kps_fmt(kube->arena, "%.*s: Invalid value: \"%.*s\": %s", SV_ARG(path),
                                   SV_ARG(text), error),
                           "%s '%.*s' %s", what, SV_ARG(text), error);
}

/* Return the decoder's words about a value of another type than the field's. */
static struct kps_sv unmarshal_text(struct kps_kube *kube, const struct kps_kube_fields *in,
                                    const char *name, const struct kps_ynode *node,
                                    const char *go_type)
{
    enum kps_ytype type = kps_kube_scalar(node).type;
    bool is_number = type == KPS_T_INT || type == KPS_T_FLOAT;
    return kps_fmt(kube->arena,
                   "json: cannot unmarshal %s%s%.*s into Go struct field %s.%.*s%s.%s of type %s",
                   kps_kube_json_word(type), is_number ? " " : "",
                   SV_ARG(is_number ? kps_ynode_text(node) : SV("")), in->go_struct,
                   SV_ARG(in->path), in->below, name, go_type);
}

/* Report a number that does not fit into 32 bits, and a value that is no whole number. */
static void refuse_number(struct kps_kube *kube, const struct kps_kube_fields *in, const char *name,
                          const struct kps_ynode *node)
{
    enum kps_ytype type = kps_kube_scalar(node).type;
    struct kps_sv api = unmarshal_text(kube, in, name, node, "int32");
    if (type == KPS_T_INT) {
        struct kps_sv text = kps_ynode_text(node);
        (void)kps_kube_refuse(kube, &in->who, node->span, api,
                              "%s '%.*s' does not fit into 32 bits", name, SV_ARG(text));
        return;
    }
    struct kps_finding *finding =
        kps_kube_refuse(kube, &in->who, node->span, api, "%s must be a whole number, not %s", name,
                        type == KPS_T_FLOAT ? "a fraction" : kps_ynode_type_name(type));
    if (type == KPS_T_STR && node->style != KPS_Y_PLAIN) {
        kps_finding_help(finding, "write it without quotes");
    }
}

bool kps_kube_port_number(struct kps_kube *kube, const struct kps_kube_fields *in, const char *name,
                          uint16_t *ret, struct kps_kube_place *ret_at)
{
    const struct kps_ynode *node = kps_ynode_field(in->map, name);
    struct kps_kube_scalar value = kps_kube_scalar(node);
    if (value.type == KPS_T_NULL) {
        return true;
    }
    *ret_at = kps_kube_place_of(node->span);
    bool is_int32 =
        value.type == KPS_T_INT && value.integer >= INT32_MIN && value.integer <= INT32_MAX;
    if (is_int32 && value.integer >= 0 && value.integer <= 65535) {
        *ret = (uint16_t)value.integer;
        return true;
    }
    if (is_int32) {
        struct kps_sv number = kps_fmt(kube->arena, "%lld", (long long)value.integer);
        struct kps_sv path = kps_kube_field_path(kube, in, name);
        (void)kps_kube_refuse(kube, &in->who, node->span, kps_kube_no_port(kube, path, number),
                              "%s '%.*s' is not between 1 and 65535", name, SV_ARG(number));
    } else if (!kps_stream_is_placeholder(kube, node, false)) {
        refuse_number(kube, in, name, node);
    }
    return false;
}

bool kps_kube_text(struct kps_kube *kube, const struct kps_kube_fields *in, const char *name,
                   struct kps_sv *ret, struct kps_span *ret_at)
{
    const struct kps_ynode *node = kps_ynode_field(in->map, name);
    enum kps_ytype type = kps_kube_scalar(node).type;
    if (type == KPS_T_NULL) {
        return false;
    }
    *ret_at = node->span;
    if (type == KPS_T_STR) {
        *ret = kps_kube_keep(kube, kps_ynode_text(node));
        return true;
    }
    if (kps_stream_is_placeholder(kube, node, true)) {
        return false;
    }
    struct kps_finding *finding =
        kps_kube_add_finding(kube, KPS_RULE_INPUT_INVALID, KPS_ERROR, KPS_CERTAIN,
                             "%s must be text, not %s", name, kps_ynode_type_name(type));
    finding->up_error = unmarshal_text(kube, in, name, node, "string");
    kps_kube_party(kube, finding, kps_kube_owner(kube, &in->who), 0, node->span, kube->source,
                   SV("kubectl refuses this"));
    if (type == KPS_T_BOOL) {
        kps_finding_note(
            finding,
            "kubectl reads YAML 1.1, where an unquoted y, n, yes, no, on and off is a boolean");
    }
    if (type == KPS_T_BOOL || type == KPS_T_INT) {
        struct kps_sv text = kps_ynode_text(node);
        kps_finding_help(finding, "put it into quotes: \"%.*s\"", SV_ARG(text));
    }
    kps_kube_bad_input(kube, finding);
    return false;
}

struct kps_sv kps_kube_get_text(struct kps_kube *kube, const struct kps_ynode *map, const char *key)
{
    const struct kps_ynode *node = kps_ynode_field(map, key);
    bool is_text = kps_kube_scalar(node).type == KPS_T_STR;
    return is_text ? kps_kube_keep(kube, kps_ynode_text(node)) : (struct kps_sv){NULL, 0};
}

bool kps_kube_get_true(const struct kps_ynode *map, const char *key)
{
    const struct kps_ynode *node = kps_ynode_field(map, key);
    bool is_flag = kps_kube_scalar(node).type == KPS_T_BOOL;
    return is_flag && kps_sv_is_one_of_nocase(kps_ynode_text(node), "true yes y on");
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

bool kps_kube_protocol(struct kps_kube *kube, const struct kps_kube_fields *in, uint8_t *ret)
{
    struct kps_sv text = {NULL, 0};
    struct kps_span at = {0, 0, 0};
    *ret = KPS_TCP;
    if (!kps_kube_text(kube, in, "protocol", &text, &at) || text.n == 0) {
        return true;
    }
    enum kps_protocol meant = kps_protocol_of(text);
    bool is_known = meant != KPS_PROTO_NONE;
    *ret = is_known ? (uint8_t)meant : KPS_TCP;
    if (is_known && kps_sv_is(text, kps_kube_protocol_name(*ret))) {
        return true;
    }
    struct kps_finding *finding =
        kps_kube_refuse(kube, &in->who, at,
                        kps_fmt(kube->arena,
                                "%.*s%s.protocol: Unsupported value: \"%.*s\": supported values: "
                                "\"SCTP\", \"TCP\", \"UDP\"",
                                SV_ARG(in->path), in->below, SV_ARG(text)),
                        "'%.*s' is no protocol: TCP, UDP and SCTP are, in capitals", SV_ARG(text));
    if (is_known) {
        kps_finding_help(finding, "write it in capitals");
    }
    return is_known;
}

static bool is_name_letter(char c)
{
    return kps_is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}

const char *kps_kube_label_error(struct kps_sv name)
{
    if (name.n > 63) {
        return "must be no more than 63 characters";
    }
    bool is_good = name.n && name.p[0] != '-' && name.p[name.n - 1] != '-';
    for (size_t i = 0; i < name.n && is_good; i++) {
        is_good = is_name_letter(name.p[i]);
    }
    return is_good
               ? NULL
               : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
                 "or '-', and must start and end with an alphanumeric character";
}

const char *kps_kube_port_name_error(struct kps_sv name)
{
    bool letter = false;
    if (name.n > 15) {
        return "must be no more than 15 characters";
    }
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!is_name_letter(c)) {
            return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        }
        if (c == '-' && i + 1 < name.n && name.p[i + 1] == '-') {
            return "must not contain consecutive hyphens";
        }
        letter |= c >= 'a' && c <= 'z';
    }
    if (!letter) {
        return "must contain at least one letter (a-z)";
    }
    return name.p[0] == '-' || name.p[name.n - 1] == '-' ? "must not begin or end with a hyphen"
                                                         : NULL;
}
