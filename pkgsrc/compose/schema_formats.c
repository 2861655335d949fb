#include "compose/schema_formats.h"

#include <string.h>

static size_t count_digits(struct kps_sv text)
{
    size_t n = 0;
    while (n < text.n && (kps_is_digit(text.p[n]) || text.p[n] == '_')) {
        n++;
    }
    return n;
}

static struct kps_sv skip_sign(struct kps_sv text)
{
    return kps_sv_from(text, text.n && (text.p[0] == '-' || text.p[0] == '+') ? 1 : 0);
}

/* As Go's strconv.Atoi: no underscore, no base. */
static bool is_integer(struct kps_sv text)
{
    struct kps_sv digits = skip_sign(text);
    return digits.n && digits.n < 20 && count_digits(digits) == digits.n &&
           kps_sv_find(digits, '_') == digits.n;
}

/* Return the length of a decimal number at the start of the text: "1", "1.5", ".5"; 0: none. */
static size_t measure_decimal(struct kps_sv text)
{
    size_t whole = count_digits(text);
    bool has_dot = whole < text.n && text.p[whole] == '.';
    size_t fraction = has_dot ? count_digits(kps_sv_from(text, whole + 1)) : 0;
    return whole + fraction ? whole + has_dot + fraction : 0;
}

/* As Go's strconv.ParseFloat; a number in hexadecimal is let pass. */
static bool is_number(struct kps_sv text)
{
    text = skip_sign(text);
    size_t n = measure_decimal(text);
    struct kps_sv rest = kps_sv_from(text, n);
    bool has_exponent = rest.n && (rest.p[0] == 'e' || rest.p[0] == 'E');
    return (n && (rest.n == 0 || (has_exponent && is_integer(kps_sv_from(rest, 1))))) ||
           kps_sv_is_one_of_nocase(text, "inf infinity nan") ||
           (kps_sv_has_head(text, "0x") && kps_sv_find(text, 'p') < text.n);
}

/*
 * As go-units' RAMInBytes: a number, at most one blank, and a unit of powers of 1,024. Only 2.26
 * knows a bare "ki"; the exponent that it does not know is let pass.
 */
static bool is_size(struct kps_sv text, enum kps_compose_version version)
{
    size_t end = text.n;
    while (end && !strchr("0123456789. ", text.p[end - 1])) {
        end--;
    }
    struct kps_sv unit = kps_sv_from(text, end);
    if (end && text.p[end - 1] == ' ') {
        end--;
    }
    if (!is_number(kps_sv_head(text, end)) || text.p[0] == '-') {
        return false;
    }
    bool has_prefix = unit.n && strchr("kmgtpKMGTP", unit.p[0]);
    struct kps_sv tail = kps_sv_from(unit, has_prefix ? 1 : 0);
    return tail.n == 0 || kps_sv_is_one_of_nocase(tail, has_prefix ? "b ib" : "b") ||
           (has_prefix && kps_sv_is_one_of(tail, "i I") && version < KPS_COMPOSE_2_40);
}

/* As Go's time.ParseDuration; newer Compose knows days and weeks as well. */
static bool is_duration(struct kps_sv text, enum kps_compose_version version)
{
    text = skip_sign(text);
    if (text.n == 0 || kps_sv_is(text, "0")) {
        return text.n > 0;
    }
    while (text.n) {
        size_t n = measure_decimal(text);
        struct kps_sv rest = kps_sv_from(text, n);
        size_t end = 0;
        while (end < rest.n && !kps_is_digit(rest.p[end]) && rest.p[end] != '.') {
            end++;
        }
        struct kps_sv unit = kps_sv_head(rest, end);
        bool is_new = kps_sv_is_one_of(unit, "d w");
        bool is_micro = unit.n == 3 && kps_sv_has_tail(unit, "s"); /* µs, in one of two spellings */
        if (n == 0 || (is_new && version < KPS_COMPOSE_2_40) ||
            !(is_new || is_micro || kps_sv_is_one_of(unit, "ns us ms s m h"))) {
            return false;
        }
        text = kps_sv_from(rest, end);
    }
    return true;
}

/* As the schema of Compose from 2.40 on: somewhere a letter or digit and one more byte of a name.
 */
static bool is_container_name(struct kps_sv text)
{
    for (size_t i = 0; i + 1 < text.n; i++) {
        char next = text.p[i + 1];
        if ((kps_is_alpha(text.p[i]) || kps_is_digit(text.p[i])) &&
            (kps_is_alpha(next) || kps_is_digit(next) || strchr("_.-", next))) {
            return true;
        }
    }
    return false;
}

bool kps_compose_schema_formats_fit(char letter, struct kps_sv text,
                                    enum kps_compose_version version)
{
    switch (letter) {
    case 'b':
        return kps_sv_is_one_of_nocase(text, "true false yes no on off y n");
    case 'i':
    case 'u':
    case 'f':
    case 'g':
        return is_integer(text);
    case 'a':
        return is_integer(text) || kps_sv_is(text, "all");
    case 'r':
        return is_number(text);
    case 'w':
    case 'x':
    case 'y':
    case 'z':
        return is_size(text, version);
    case 'd':
        return is_duration(text, version);
    case 'c':
        return kps_sv_is_one_of(text,
                                "service_started service_healthy service_completed_successfully");
    case 'p':
        if (version < KPS_COMPOSE_2_40) {
            return kps_sv_is_one_of(text, "always never if_not_present build missing");
        }
        return kps_sv_has_any(
            text, "always never build if_not_present missing refresh daily weekly every_");
    case 'e':
        return kps_sv_find(text, '=') < text.n;
    case 'h':
        return kps_sv_find(text, '=') < text.n || kps_sv_find(text, ':') < text.n;
    case 'q':
        return version < KPS_COMPOSE_2_40 ||
               kps_sv_is_one_of(text, "bind volume tmpfs cluster npipe image");
    case 'k':
        return version < KPS_COMPOSE_2_40 || is_container_name(text);
    default:
        return true;
    }
}
