#include "yaml/node.h"

#include <string.h>

_Static_assert(sizeof(struct kps_ynode) <= 32, "a big project has hundreds of thousands of nodes");

/* Longer texts are no integers (2^64 in binary has 64 digits) and need no care as floats. */
enum { MAX_DIGITS = 128 };

/* Read an integer by the rules of Go's strconv. */
struct integer {
    bool negative;
    uint64_t magnitude;
};

/*
 * Read `s` as digits of a base. Return: false for an empty text, other characters, or too many
 * digits.
 */
static bool read_digits(struct kps_sv s, uint64_t base, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = kps_sv_digit_value(s.p[i]);
        if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *ret = value;
    return s.n > 0;
}

static bool read_sign(struct kps_sv *s, bool *ret_negative)
{
    bool has = s->n && (s->p[0] == '+' || s->p[0] == '-');
    *ret_negative = has && s->p[0] == '-';
    *s = kps_sv_from(*s, has);
    return has;
}

/* Unsigned digits with Go's prefixes: 0x, 0b, 0o, and a leading 0 for octal. */
static bool read_prefixed(struct kps_sv s, uint64_t *ret)
{
    if (s.n == 0 || s.p[0] != '0') {
        return read_digits(s, 10, ret);
    }
    if (s.n == 1) {
        *ret = 0;
        return true;
    }
    char prefix = kps_lower(s.p[1]);
    switch (prefix) {
    case 'x':
        return read_digits(kps_sv_from(s, 2), 16, ret);
    case 'b':
        return read_digits(kps_sv_from(s, 2), 2, ret);
    case 'o':
        return read_digits(kps_sv_from(s, 2), 8, ret);
    default:
        return read_digits(kps_sv_from(s, 1), 8, ret);
    }
}

/* -2^63 .. 2^64 - 1; a plus sign goes up to 2^63 - 1 only, because Go's ParseUint takes none. */
static bool in_range(const struct integer *n, bool has_sign)
{
    if (n->negative) {
        return n->magnitude <= 1ULL << 63;
    }
    return n->magnitude <= (has_sign ? INT64_MAX : UINT64_MAX);
}

/* yaml.v3 also tries what stands behind a lower-case 0b or 0o as a number of its own, with a sign
 * of its own. */
static bool read_inner_sign(struct kps_sv s, struct integer *ret)
{
    if (!kps_sv_starts(s, SV("0b")) && !kps_sv_starts(s, SV("0o"))) {
        return false;
    }
    struct kps_sv digits = kps_sv_from(s, 2);
    return read_sign(&digits, &ret->negative) &&
           read_digits(digits, s.p[1] == 'b' ? 2 : 8, &ret->magnitude) && in_range(ret, true);
}

static bool read_integer(struct kps_sv plain, struct integer *ret)
{
    struct kps_sv digits = plain;
    bool has_sign = read_sign(&digits, &ret->negative);
    if (read_prefixed(digits, &ret->magnitude) && in_range(ret, has_sign)) {
        return true;
    }
    return read_inner_sign(plain, ret);
}

static size_t count_digits(struct kps_sv s, size_t from)
{
    size_t at = from;
    while (at < s.n && kps_is_digit(s.p[at])) {
        at++;
    }
    return at - from;
}

/*
 * [-+]? ( . digits | digits ( . digits? )? ) ( [eE] [-+]? digits )?, and not beyond what a double
 * holds (told by the place of the first digit, so exact but for numbers between 1.8e308 and 1e309).
 */
static bool is_float(struct kps_sv s)
{
    bool negative = false;
    (void)read_sign(&s, &negative);
    size_t whole = count_digits(s, 0);
    size_t at = whole;
    size_t fraction = 0;
    if (at < s.n && s.p[at] == '.') {
        fraction = count_digits(s, at + 1);
        at += 1 + fraction;
    }
    if (whole == 0 && fraction == 0) {
        return false;
    }
    int64_t exponent = 0;
    if (at < s.n && kps_lower(s.p[at]) == 'e') {
        struct kps_sv digits = kps_sv_from(s, at + 1);
        (void)read_sign(&digits, &negative);
        uint64_t value = 0;
        if (count_digits(digits, 0) != digits.n || digits.n == 0) {
            return false;
        }
        exponent = read_digits(digits, 10, &value) && value < 100000 ? (int64_t)value : 100000;
        exponent = negative ? -exponent : exponent;
        at = s.n;
    }
    size_t zeros = 0;
    while (zeros < whole && s.p[zeros] == '0') {
        zeros++;
    }
    bool is_zero = zeros == whole && fraction == 0;
    return at == s.n && (is_zero || exponent + (int64_t)(whole - zeros) <= 309);
}

/*
 * Return the text without its underscores, in `room`; an empty view when the text is too long for
 * a number.
 */
static struct kps_sv without_underscores(struct kps_sv text, char room[MAX_DIGITS])
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '_') {
            continue;
        }
        if (n == MAX_DIGITS) {
            return (struct kps_sv){NULL, 0};
        }
        room[n++] = text.p[i];
    }
    return (struct kps_sv){room, n};
}

enum kps_ytype kps_ynode_resolve_plain(struct kps_sv text, int64_t *ret, bool *ret_fits)
{
    *ret_fits = false;
    char first = text.n ? text.p[0] : '\0';
    bool is_numeric = kps_is_digit(first) || first == '+' || first == '-' || first == '.';
    if (!is_numeric) {
        /* most texts are told apart by their first letter */
        if (text.n == 0 || (text.n <= 4 && memchr("~nN", first, 3) &&
                            kps_sv_is_one_of(text, "~ null Null NULL"))) {
            return KPS_T_NULL;
        }
        return text.n <= 5 && memchr("tTfF", first, 4) &&
                       kps_sv_is_one_of(text, "true True TRUE false False FALSE")
                   ? KPS_T_BOOL
                   : KPS_T_STR;
    }
    if (text.n <= 5 && !kps_is_digit(first) &&
        kps_sv_is_one_of(text,
                         ".nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF")) {
        return KPS_T_FLOAT;
    }
    char room[MAX_DIGITS];
    struct kps_sv plain = without_underscores(text, room);
    struct integer integer = {0};
    if (first != '.' && read_integer(plain, &integer)) {
        *ret_fits =
            integer.magnitude <= INT64_MAX || (integer.negative && integer.magnitude == 1ULL << 63);
        if (*ret_fits) {
            *ret = integer.negative ? (int64_t)(0 - integer.magnitude) : (int64_t)integer.magnitude;
        }
        return KPS_T_INT;
    }
    return is_float(plain) ? KPS_T_FLOAT : KPS_T_STR;
}

const struct kps_ynode *kps_ynode_resolve(const struct kps_ynode *node)
{
    while (node->kind == KPS_Y_ALIAS) {
        node = node->target;
    }
    return node;
}

static enum kps_ytype scalar_type(const struct kps_ynode *node, int64_t *ret, bool *ret_fits)
{
    *ret_fits = false;
    if (node->flags & KPS_Y_EXPANDED) {
        return KPS_T_STR;
    }
    struct kps_sv text = {node->text, node->n};
    switch ((enum kps_ytag)node->tag) {
    case KPS_Y_UNTAGGED:
        return node->style == KPS_Y_PLAIN ? kps_ynode_resolve_plain(text, ret, ret_fits)
                                          : KPS_T_STR;
    case KPS_Y_INT:
        (void)kps_ynode_resolve_plain(text, ret, ret_fits);
        return KPS_T_INT;
    case KPS_Y_FLOAT:
        return KPS_T_FLOAT;
    case KPS_Y_BOOL:
        return KPS_T_BOOL;
    case KPS_Y_NULL:
        return KPS_T_NULL;
    case KPS_Y_STR:
    case KPS_Y_SEQ_TAG:
    case KPS_Y_MAP_TAG:
    case KPS_Y_RESET:
    case KPS_Y_OVERRIDE:
    case KPS_Y_OTHER_TAG:
        break;
    }
    return KPS_T_STR;
}

enum kps_ytype kps_ynode_type(const struct kps_ynode *node)
{
    node = kps_ynode_resolve(node);
    if (node->kind != KPS_Y_SCALAR) {
        return node->kind == KPS_Y_MAP ? KPS_T_MAP : KPS_T_SEQ;
    }
    int64_t number = 0;
    bool fits = false;
    return scalar_type(node, &number, &fits);
}

const char *kps_ynode_type_name(enum kps_ytype type)
{
    static const char *const names[] = {
        [KPS_T_NULL] = "null",      [KPS_T_BOOL] = "a boolean", [KPS_T_INT] = "an integer",
        [KPS_T_FLOAT] = "a number", [KPS_T_STR] = "a string",   [KPS_T_SEQ] = "a list",
        [KPS_T_MAP] = "a mapping",
    };
    return names[type];
}

struct kps_sv kps_ynode_text(const struct kps_ynode *node)
{
    if (!node) {
        return (struct kps_sv){"", 0};
    }
    node = kps_ynode_resolve(node);
    if (node->kind != KPS_Y_SCALAR) {
        return (struct kps_sv){"", 0};
    }
    return node->flags & KPS_Y_EXPANDED ? node->expanded->s : (struct kps_sv){node->text, node->n};
}

bool kps_ynode_int(const struct kps_ynode *node, int64_t *ret)
{
    node = kps_ynode_resolve(node);
    int64_t number = 0;
    bool fits = false;
    if (node->kind != KPS_Y_SCALAR || scalar_type(node, &number, &fits) != KPS_T_INT || !fits) {
        return false;
    }
    *ret = number;
    return true;
}

const struct kps_yedge *kps_ynode_edge(const struct kps_ynode *map, struct kps_sv key)
{
    if (!map) {
        return NULL;
    }
    map = kps_ynode_resolve(map);
    if (map->kind != KPS_Y_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        /* Keys are scalars without interpolation: their own text counts. */
        const struct kps_ynode *candidate = map->edges[i].key;
        if (candidate->n == key.n && (key.n == 0 || (candidate->text[0] == key.p[0] &&
                                                     memcmp(candidate->text, key.p, key.n) == 0))) {
            return &map->edges[i];
        }
    }
    return NULL;
}

const struct kps_ynode *kps_ynode_get(const struct kps_ynode *map, struct kps_sv key)
{
    const struct kps_yedge *edge = kps_ynode_edge(map, key);
    return edge ? kps_ynode_resolve(edge->val) : NULL;
}

const struct kps_ynode *kps_ynode_field(const struct kps_ynode *map, const char *key)
{
    return kps_ynode_get(map, kps_sv_of(key));
}

uint32_t kps_ynode_count(const struct kps_ynode *node, enum kps_ykind kind)
{
    return node && node->kind == kind ? node->n : 0;
}

const struct kps_ynode *kps_ynode_item(const struct kps_ynode *collection, uint32_t index)
{
    return kps_ynode_resolve(collection->edges[index].val);
}
