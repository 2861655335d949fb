#ifndef KPS_BASE_SV_H
#define KPS_BASE_SV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* A view of bytes with another owner. NOT terminated by NUL; `p` may be NULL when `n` is 0. */
struct kps_sv {
    const char *p;
    size_t n;
};

/* Texts in their order, such as the values of a repeatable option. */
struct kps_list {
    struct kps_sv *v;
    size_t n;
};

/* A view of a string literal, usable in static initialisers. */
#define SV_LIT(literal)                                                                            \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define SV(literal) ((struct kps_sv)SV_LIT(literal))

/* The bytes of an object, for a key of a map or a hash. */
#define SV_BYTES(object) ((struct kps_sv){(const char *)&(object), sizeof(object)})

/* printf("%.*s", SV_ARG(view)). The view is evaluated twice, so it is a name and no call: a text
 * that a function has made with a NUL behind goes with %s and its `p`. */
#define SV_ARG(view) (int)(view).n, (view).p

/* View of a NUL-terminated string (NULL gives the empty view). */
struct kps_sv kps_sv_of(const char *cstr);

bool kps_sv_eq(struct kps_sv a, struct kps_sv b);
/* The same with a C string. */
bool kps_sv_is(struct kps_sv s, const char *text);
/* Byte order, shorter first on a tie: <0, 0, >0. For sorting. */
int kps_sv_cmp(struct kps_sv a, struct kps_sv b);
bool kps_sv_starts(struct kps_sv s, struct kps_sv prefix);
bool kps_sv_ends(struct kps_sv s, struct kps_sv suffix);
/* The same with a C string. */
bool kps_sv_has_head(struct kps_sv s, const char *prefix);
bool kps_sv_has_tail(struct kps_sv s, const char *suffix);
/* ASCII letters compared without case. */
bool kps_sv_eq_nocase(struct kps_sv a, struct kps_sv b);

/* Return: is `s` one of the words that blanks separate, as in "yes on true"? */
bool kps_sv_is_one_of(struct kps_sv s, const char *words);
bool kps_sv_is_one_of_nocase(struct kps_sv s, const char *words);
/* Return: does `s` begin with, end with, or have in it one of the words? */
bool kps_sv_starts_with_any(struct kps_sv s, const char *words);
bool kps_sv_ends_with_any(struct kps_sv s, const char *words);
bool kps_sv_has_any(struct kps_sv s, const char *words);

/* Return: whether a part, which is not empty, stands in s. */
bool kps_sv_contains(struct kps_sv s, struct kps_sv part);

/* The first `n` bytes, or all where there are fewer. */
KPS_INLINE struct kps_sv kps_sv_head(struct kps_sv s, size_t n)
{
    return (struct kps_sv){s.p, n < s.n ? n : s.n};
}
/* s[from..], s[from..to); positions past the end are cut to the end. */
struct kps_sv kps_sv_from(struct kps_sv s, size_t from);
struct kps_sv kps_sv_slice(struct kps_sv s, size_t from, size_t to);

/* The part before / behind the first `c`: the whole / an empty view when there is none. */
struct kps_sv kps_sv_before(struct kps_sv s, char c);
struct kps_sv kps_sv_after(struct kps_sv s, char c);

/* Position of the first / last `c`, or s.n when there is none. */
size_t kps_sv_find(struct kps_sv s, char c);
size_t kps_sv_rfind(struct kps_sv s, char c);

/*
 * Take the part before the first `c` off *rest, and the `c` with it; all of *rest when there is
 * none. Return: false when nothing is left, with *ret empty. Inline, so that a loop keeps both
 * views in registers.
 */
KPS_INLINE bool kps_sv_next(struct kps_sv *rest, char c, struct kps_sv *ret)
{
    if (rest->n == 0) {
        *ret = *rest;
        return false;
    }
    size_t n = kps_sv_find(*rest, c);
    *ret = (struct kps_sv){rest->p, n};
    n += n < rest->n;
    *rest = (struct kps_sv){rest->p + n, rest->n - n};
    return true;
}
/* Position of the first occurrence of `needle`, or s.n. */
size_t kps_sv_search(struct kps_sv s, struct kps_sv needle);

/* Return: is each byte an ASCII letter, a digit or one of `besides`? */
bool kps_sv_is_plain(struct kps_sv s, const char *besides);
/* Return: are there only digits, and at least one? */
bool kps_sv_is_digits(struct kps_sv s);

/* Without blanks and tabs at both ends. */
struct kps_sv kps_sv_trim(struct kps_sv s);

/*
 * Read an unsigned decimal number from the whole of `s`: digits only, no sign, no blanks; leading
 * zeros are fine. Return: false (and *ret untouched) when empty, not a number, or above `max`.
 */
bool kps_sv_u64(struct kps_sv s, unsigned long long max, unsigned long long *ret);
/* Return: the number as above; -1 when empty, not a number, or above `max`, which is positive. */
int64_t kps_sv_number(struct kps_sv s, int64_t max);

static inline bool kps_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool kps_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool kps_is_blank(char c)
{
    return c == ' ' || c == '\t';
}
static inline char kps_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
/* Return the value of a digit in bases up to 36, letters in either case; 36: it is no digit. */
static inline unsigned kps_sv_digit_value(char c)
{
    char low = kps_lower(c);
    if (kps_is_digit(c)) {
        return (unsigned)(c - '0');
    }
    return low >= 'a' && low <= 'z' ? (unsigned)(low - 'a') + 10 : 36;
}

/* Return: how often the text is in the list. */
size_t kps_list_count(const struct kps_list *list, struct kps_sv text);

#endif
