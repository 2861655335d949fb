#include "base/sv.h"

#include <string.h>

struct kps_sv kps_sv_of(const char *cstr)
{
    return (struct kps_sv){cstr, cstr ? strlen(cstr) : 0};
}

/* Compare texts of one length. Most differ in the first byte, and need no call. */
static inline bool is_same(const char *a, const char *b, size_t n)
{
    return n == 0 || (a[0] == b[0] && memcmp(a, b, n) == 0);
}

bool kps_sv_eq(struct kps_sv a, struct kps_sv b)
{
    return a.n == b.n && is_same(a.p, b.p, a.n);
}

bool kps_sv_is(struct kps_sv s, const char *text)
{
    size_t at = 0;
    while (text && at < s.n && text[at] != '\0' && s.p[at] == text[at]) {
        at++;
    }
    return at == s.n && (!text || text[at] == '\0');
}

int kps_sv_cmp(struct kps_sv a, struct kps_sv b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order != 0) {
        return order;
    }
    return a.n < b.n ? -1 : a.n > b.n;
}

bool kps_sv_starts(struct kps_sv s, struct kps_sv prefix)
{
    return s.n >= prefix.n && is_same(s.p, prefix.p, prefix.n);
}

bool kps_sv_ends(struct kps_sv s, struct kps_sv suffix)
{
    return s.n >= suffix.n && is_same(s.p + (s.n - suffix.n), suffix.p, suffix.n);
}

bool kps_sv_has_head(struct kps_sv s, const char *prefix)
{
    size_t at = 0;
    while (prefix[at] != '\0' && at < s.n && s.p[at] == prefix[at]) {
        at++;
    }
    return prefix[at] == '\0';
}

bool kps_sv_has_tail(struct kps_sv s, const char *suffix)
{
    return kps_sv_ends(s, kps_sv_of(suffix));
}

bool kps_sv_eq_nocase(struct kps_sv a, struct kps_sv b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (kps_lower(a.p[i]) != kps_lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

struct kps_sv kps_sv_slice(struct kps_sv s, size_t from, size_t to)
{
    if (to > s.n) {
        to = s.n;
    }
    if (from > to) {
        from = to;
    }
    return (struct kps_sv){from ? s.p + from : s.p, to - from};
}

struct kps_sv kps_sv_from(struct kps_sv s, size_t from)
{
    return kps_sv_slice(s, from, s.n);
}

struct kps_sv kps_sv_before(struct kps_sv s, char c)
{
    return kps_sv_head(s, kps_sv_find(s, c));
}

struct kps_sv kps_sv_after(struct kps_sv s, char c)
{
    return kps_sv_from(s, kps_sv_find(s, c) + 1);
}

size_t kps_sv_find(struct kps_sv s, char c)
{
    const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
    return hit ? (size_t)(hit - s.p) : s.n;
}

size_t kps_sv_rfind(struct kps_sv s, char c)
{
    for (size_t i = s.n; i > 0; i--) {
        if (s.p[i - 1] == c) {
            return i - 1;
        }
    }
    return s.n;
}

/*
 * In a short text memmem's preparations cost more than a look at each place with the right first
 * byte.
 */
static size_t search_short(struct kps_sv s, struct kps_sv needle)
{
    for (size_t at = 0; at + needle.n <= s.n; at++) {
        const char *hit = memchr(s.p + at, needle.p[0], s.n - needle.n + 1 - at);
        if (!hit) {
            return s.n;
        }
        at = (size_t)(hit - s.p);
        if (memcmp(hit, needle.p, needle.n) == 0) {
            return at;
        }
    }
    return s.n;
}

size_t kps_sv_search(struct kps_sv s, struct kps_sv needle)
{
    if (needle.n == 0) {
        return 0;
    }
    if (s.n < 128) {
        return search_short(s, needle);
    }
    const char *hit = memmem(s.p, s.n, needle.p, needle.n);
    return hit ? (size_t)(hit - s.p) : s.n;
}

struct kps_sv kps_sv_trim(struct kps_sv s)
{
    size_t from = 0;
    size_t to = s.n;
    while (from < to && kps_is_blank(s.p[from])) {
        from++;
    }
    while (to > from && kps_is_blank(s.p[to - 1])) {
        to--;
    }
    return kps_sv_slice(s, from, to);
}

bool kps_sv_is_plain(struct kps_sv s, const char *besides)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!kps_is_alpha(c) && !kps_is_digit(c) && (c == '\0' || !strchr(besides, c))) {
            return false;
        }
    }
    return true;
}

bool kps_sv_is_digits(struct kps_sv s)
{
    size_t i = 0;
    while (i < s.n && kps_is_digit(s.p[i])) {
        i++;
    }
    return s.n > 0 && i == s.n;
}

bool kps_sv_u64(struct kps_sv s, unsigned long long max, unsigned long long *ret)
{
    unsigned long long value = 0;
    if (s.n == 0) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i])) {
            return false;
        }
        if (__builtin_mul_overflow(value, 10ULL, &value) ||
            __builtin_add_overflow(value, (unsigned long long)(s.p[i] - '0'), &value) ||
            value > max) {
            return false;
        }
    }
    *ret = value;
    return true;
}

int64_t kps_sv_number(struct kps_sv s, int64_t max)
{
    unsigned long long number = 0;
    return kps_sv_u64(s, (unsigned long long)max, &number) ? (int64_t)number : -1;
}

bool kps_sv_is_one_of(struct kps_sv s, const char *words)
{
    for (const char *word = words; word && s.n; word = strchr(word, ' ')) {
        word += word > words ? 1 : 0;
        size_t at = 0;
        while (at < s.n && word[at] > ' ' && word[at] == s.p[at]) {
            at++;
        }
        if (at == s.n && (word[at] == ' ' || word[at] == '\0')) {
            return true;
        }
        word += at;
    }
    return false;
}

bool kps_sv_is_one_of_nocase(struct kps_sv s, const char *words)
{
    struct kps_sv word;
    for (struct kps_sv rest = kps_sv_of(words); kps_sv_next(&rest, ' ', &word);) {
        if (kps_sv_eq_nocase(s, word)) {
            return true;
        }
    }
    return false;
}

bool kps_sv_starts_with_any(struct kps_sv s, const char *words)
{
    struct kps_sv word;
    for (struct kps_sv rest = kps_sv_of(words); kps_sv_next(&rest, ' ', &word);) {
        if (kps_sv_starts(s, word)) {
            return true;
        }
    }
    return false;
}

bool kps_sv_ends_with_any(struct kps_sv s, const char *words)
{
    struct kps_sv word;
    for (struct kps_sv rest = kps_sv_of(words); kps_sv_next(&rest, ' ', &word);) {
        if (kps_sv_ends(s, word)) {
            return true;
        }
    }
    return false;
}

bool kps_sv_contains(struct kps_sv s, struct kps_sv part)
{
    return kps_sv_search(s, part) < s.n;
}

bool kps_sv_has_any(struct kps_sv s, const char *words)
{
    struct kps_sv word;
    for (struct kps_sv rest = kps_sv_of(words); kps_sv_next(&rest, ' ', &word);) {
        if (kps_sv_contains(s, word)) {
            return true;
        }
    }
    return false;
}

size_t kps_list_count(const struct kps_list *list, struct kps_sv text)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        n += kps_sv_eq(list->v[i], text);
    }
    return n;
}
