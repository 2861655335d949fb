#include "diagnose/dump.h"

#include "diagnose/endpoint.h"

/* Where a field's value stands. */
struct field {
    struct kps_sv name, value;
};

static bool is_key_char(char c)
{
    return kps_is_alpha(c) || c == '_';
}

/*
 * Read "name: value" or "\"name\":value" at the beginning of `s`. Return: its bytes; 0: there is
 * none.
 */
static size_t read_field(struct kps_sv s, struct field *ret)
{
    size_t at = s.n && (s.p[0] == '"' || s.p[0] == '\'') ? 1 : 0;
    size_t from = at;
    while (at < s.n && is_key_char(s.p[at])) {
        at++;
    }
    ret->name = kps_sv_slice(s, from, at);
    if (at < s.n && from == 1 && s.p[at] == s.p[0]) {
        at++;
    }
    if (ret->name.n == 0 || at >= s.n || s.p[at] != ':') {
        return 0;
    }
    at++;
    while (at < s.n && kps_is_blank(s.p[at])) {
        at++;
    }
    if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
        struct kps_sv rest = kps_sv_from(s, at + 1);
        ret->value = kps_sv_before(rest, s.p[at]);
        return at + 1 + ret->value.n;
    }
    from = at;
    while (at < s.n && (kps_is_alpha(s.p[at]) || kps_is_digit(s.p[at]) || s.p[at] == '-')) {
        at++;
    }
    ret->value = kps_sv_slice(s, from, at);
    return at;
}

static void take_code(struct kps_scan_dump *dump, struct kps_sv code)
{
    static const struct {
        const char *codes;
        enum kps_symptom_kind kind;
    } all[] = {
        {"EADDRINUSE -98 -48 -4091", KPS_SYMPTOM_IN_USE},
        {"EACCES -13 -4092", KPS_SYMPTOM_PRIVILEGED},
        {"EADDRNOTAVAIL -99 -49 -4090", KPS_SYMPTOM_NO_ADDRESS},
    };
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        if (kps_sv_is_one_of(code, all[i].codes)) {
            dump->has_code = true;
            dump->kind = all[i].kind;
        }
    }
}

static void take_address(struct kps_scan_dump *dump, struct kps_arena *arena, struct kps_sv value)
{
    struct kps_addr addr;
    struct kps_sv path;
    if (value.n && kps_endpoint_address(value, &addr) == value.n) {
        /* Node's "::" takes IPv4 as well */
        addr = addr.kind == KPS_ADDR_ANY6 ? (struct kps_addr){.kind = KPS_ADDR_EVERY} : addr;
        dump->symptom.addrs[0] = addr;
        dump->symptom.n_addrs = 1;
    } else if (kps_endpoint_path(value, &path) == value.n && value.n) {
        dump->symptom.path = kps_sv_copy(arena, path);
    }
}

/* Return: does the field belong to an error object? */
static bool take_field(struct kps_scan_dump *dump, struct kps_arena *arena,
                       const struct field *field)
{
    uint16_t last = 0;
    bool is_number =
        field->value.n && (field->value.p[0] == '-' || kps_is_digit(field->value.p[0]));
    if (kps_sv_is(field->name, "code") && is_number) {
        return false; /* PyTorch's sentence "code: -98, name: EADDRINUSE, ..." */
    }
    if (kps_sv_is_one_of(field->name, "code errno")) {
        take_code(dump, field->value);
    } else if (kps_sv_is(field->name, "syscall")) {
        dump->is_client = kps_sv_is(field->value, "connect");
        /* dgram sockets say bind, servers say listen */
        dump->symptom.protocol = kps_sv_is(field->value, "bind") ? KPS_UDP : KPS_TCP;
    } else if (kps_sv_is(field->name, "address")) {
        take_address(dump, arena, field->value);
    } else if (kps_sv_is(field->name, "port")) {
        (void)kps_endpoint_port(field->value, &dump->symptom.first, &last);
        dump->symptom.last = dump->symptom.first;
    } else {
        return false;
    }
    return true;
}

unsigned kps_dump_take(struct kps_scan_dump *dump, struct kps_arena *arena, struct kps_sv line)
{
    unsigned fields = 0;
    for (size_t at = 0; at < line.n;) {
        bool begins_word = at == 0 || !is_key_char(line.p[at - 1]);
        bool is_start = is_key_char(line.p[at]) || line.p[at] == '"' || line.p[at] == '\'';
        struct field field;
        size_t n = begins_word && is_start ? read_field(kps_sv_from(line, at), &field) : 0;
        fields += n && take_field(dump, arena, &field);
        at += n ? n : 1;
    }
    return fields;
}

bool kps_dump_is_symptom(const struct kps_scan_dump *dump)
{
    bool has_place = dump->symptom.first != 0 || dump->symptom.path.n;
    return dump->has_code && !dump->is_client && has_place;
}
