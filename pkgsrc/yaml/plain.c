#include "yaml/plain.h"

#include <string.h>

/* Longer texts are no integers (2^64 in binary has 64 digits) and need no care as floats. */
enum { MAX_DIGITS = 128 };

/* An integer as Go's strconv has it. */
struct integer {
    bool negative;
    uint64_t magnitude;
};

static int digit_value(char c)
{
    if (kps_is_digit(c)) {
        return c - '0';
    }
    char low = kps_lower(c);
    return low >= 'a' && low <= 'z' ? low - 'a' + 10 : 36;
}

/* Digits of one base that are all of `s`. Return: false when there are none, others, or too many.
 */
static bool read_digits(struct kps_sv s, uint64_t base, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint64_t digit = (uint64_t)digit_value(s.p[i]);
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
    uint64_t base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : prefix == 'o' ? 8 : 0;
    return base ? read_digits(kps_sv_from(s, 2), base, ret)
                : read_digits(kps_sv_from(s, 1), 8, ret);
}

/* -2^63 .. 2^64 - 1; a plus sign goes up to 2^63 - 1 only, because Go's ParseUint takes none. */
static bool in_range(const struct integer *n, bool has_sign)
{
    uint64_t most = n->negative ? 1ULL << 63 : has_sign ? INT64_MAX : UINT64_MAX;
    return n->magnitude <= most;
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

/* The text without its underscores, in `room`; the empty view when it is too long for a number. */
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

static bool is_one_of(struct kps_sv text, const char *const *words)
{
    for (; *words; words++) {
        if (kps_sv_eq(text, kps_sv_of(*words))) {
            return true;
        }
    }
    return false;
}

enum kps_ytype kps_yaml_plain_resolve(struct kps_sv text, int64_t *ret, bool *ret_fits)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    static const char *const floats[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                         ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                         "-.Inf", "-.INF", NULL};
    *ret_fits = false;
    char first = text.n ? text.p[0] : '\0';
    bool is_numeric = kps_is_digit(first) || first == '+' || first == '-' || first == '.';
    if (!is_numeric) {
        bool is_null = text.n <= 4 && is_one_of(text, nulls);
        return is_null                                 ? KPS_T_NULL
               : text.n <= 5 && is_one_of(text, bools) ? KPS_T_BOOL
                                                       : KPS_T_STR;
    }
    if (text.n <= 5 && is_one_of(text, floats)) {
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
