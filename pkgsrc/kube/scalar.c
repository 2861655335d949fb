#include "kube/scalar.h"

#include <string.h>

static bool is_bool(struct kps_sv text)
{
    static const char words[] = "y Y yes Yes YES true True TRUE on On ON n N no No NO off Off OFF "
                                "false False FALSE";
    /* most texts are told apart by their first letter */
    return text.n && text.n <= 5 && memchr("yYnNtTfFoO", text.p[0], 10) &&
           kps_sv_is_one_of(text, words);
}

static bool is_null(struct kps_sv text)
{
    static const char words[] = "~ null Null NULL";
    return text.n == 0 ||
           (text.n <= 4 && memchr("~nN", text.p[0], 3) && kps_sv_is_one_of(text, words));
}

/* strconv.ParseInt(text, 0, 64) after the underscores are taken out. */
static bool read_int(struct kps_sv s, int64_t *ret)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
        s = kps_sv_from(s, 1);
    }
    unsigned base = 10;
    if (s.n > 1 && s.p[0] == '0') {
        char mark = kps_lower(s.p[1]);
        base = 8;
        if (mark == 'x') {
            base = 16;
        } else if (mark == 'b') {
            base = 2;
        }
        s = kps_sv_from(s, mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
    }
    uint64_t value = 0;
    bool any = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') {
            continue;
        }
        unsigned digit = kps_sv_digit_value(s.p[i]);
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > (uint64_t)INT64_MAX) {
            return false;
        }
        any = true;
    }
    if (any) {
        *ret = negative ? -(int64_t)value : (int64_t)value;
    }
    return any;
}

struct decimal {
    bool negative;
    uint64_t digits; /* all digits as one number */
    int scale;       /* value = digits * 10^scale */
    bool too_long;
};

static void add_digit(struct decimal *d, char c)
{
    uint64_t next = 0;
    if (__builtin_mul_overflow(d->digits, (uint64_t)10, &next) ||
        __builtin_add_overflow(next, (uint64_t)(c - '0'), &next)) {
        d->too_long = true;
    }
    d->digits = next;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? with underscores taken out. */
static bool read_decimal(struct kps_sv s, struct decimal *d)
{
    size_t i = 0;
    size_t whole = 0;
    size_t part = 0;
    d->negative = s.n > 0 && s.p[0] == '-';
    i += s.n > 0 && (s.p[0] == '-' || s.p[0] == '+') ? 1 : 0;
    for (; i < s.n && (kps_is_digit(s.p[i]) || s.p[i] == '_'); i++) {
        if (s.p[i] != '_') {
            add_digit(d, s.p[i]);
            whole++;
        }
    }
    if (i < s.n && s.p[i] == '.') {
        for (i++; i < s.n && (kps_is_digit(s.p[i]) || s.p[i] == '_'); i++) {
            if (s.p[i] != '_') {
                add_digit(d, s.p[i]);
                d->scale--;
                part++;
            }
        }
    }
    if (whole + part == 0) {
        return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        bool minus = i < s.n && s.p[i] == '-';
        i += i < s.n && (s.p[i] == '-' || s.p[i] == '+') ? 1 : 0;
        int64_t power = kps_sv_number(kps_sv_from(s, i), 400);
        if (power < 0) {
            return false;
        }
        d->scale += minus ? -(int)power : (int)power;
        i = s.n;
    }
    return i == s.n;
}

/* A decimal number that is whole and fits. */
static bool whole_of(struct decimal d, int64_t *ret)
{
    while (d.scale < 0 && d.digits % 10 == 0 && d.digits) {
        d.digits /= 10;
        d.scale++;
    }
    for (; d.scale > 0 && d.digits; d.scale--) {
        d.too_long = d.too_long || __builtin_mul_overflow(d.digits, (uint64_t)10, &d.digits);
    }
    if (d.too_long || (d.scale < 0 && d.digits) || d.digits > (uint64_t)INT64_MAX) {
        return false;
    }
    *ret = d.negative ? -(int64_t)d.digits : (int64_t)d.digits;
    return true;
}

static struct kps_kube_scalar read_plain(struct kps_sv text)
{
    struct kps_kube_scalar scalar = {.type = KPS_T_STR};
    struct decimal decimal = {0};
    if (is_null(text)) {
        scalar.type = KPS_T_NULL;
    } else if (is_bool(text)) {
        scalar.type = KPS_T_BOOL;
    } else if (!kps_is_digit(text.p[0]) && text.p[0] != '-' && text.p[0] != '+' &&
               text.p[0] != '.') {
        return scalar;
    } else if (read_int(text, &scalar.integer)) {
        scalar.type = KPS_T_INT;
    } else if (read_decimal(text, &decimal)) {
        scalar.type = whole_of(decimal, &scalar.integer) ? KPS_T_INT : KPS_T_FLOAT;
    }
    return scalar;
}

struct kps_kube_scalar kps_kube_scalar(const struct kps_ynode *node)
{
    if (!node) {
        return (struct kps_kube_scalar){.type = KPS_T_NULL};
    }
    node = kps_ynode_resolve(node);
    if (node->kind != KPS_Y_SCALAR) {
        return (struct kps_kube_scalar){.type = node->kind == KPS_Y_SEQ ? KPS_T_SEQ : KPS_T_MAP};
    }
    if (node->tag == KPS_Y_STR || (node->style != KPS_Y_PLAIN && node->tag == KPS_Y_UNTAGGED)) {
        return (struct kps_kube_scalar){.type = KPS_T_STR};
    }
    return read_plain(kps_ynode_text(node));
}

int64_t kps_kube_number(const struct kps_ynode *node, int64_t max)
{
    struct kps_kube_scalar value = kps_kube_scalar(node);
    return value.type == KPS_T_INT && value.integer >= 0 && value.integer <= max ? value.integer
                                                                                 : -1;
}

const char *kps_kube_json_word(enum kps_ytype type)
{
    static const char *const words[] = {
        [KPS_T_NULL] = "null",    [KPS_T_BOOL] = "bool",  [KPS_T_INT] = "number",
        [KPS_T_FLOAT] = "number", [KPS_T_STR] = "string", [KPS_T_SEQ] = "array",
        [KPS_T_MAP] = "object",
    };
    return words[type];
}
