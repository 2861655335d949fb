#include "base/json_sieve.h"

#include <string.h>

static void skip_space(struct kps_sv json, size_t *at)
{
    while (*at < json.n &&
           (kps_is_blank(json.p[*at]) || json.p[*at] == '\n' || json.p[*at] == '\r')) {
        (*at)++;
    }
}

/* Moves behind the text whose first quote is at *at. */
static bool skip_text(struct kps_sv json, size_t *at)
{
    for (size_t from = *at + 1; from < json.n;) {
        const char *quote = memchr(json.p + from, '"', json.n - from);
        if (!quote) {
            return false;
        }
        size_t end = (size_t)(quote - json.p);
        size_t slashes = 0;
        while (json.p[end - slashes - 1] == '\\') {
            slashes++; /* the first quote ends the count at the latest */
        }
        from = end + 1;
        if (slashes % 2 == 0) {
            *at = from;
            return true;
        }
    }
    return false;
}

/* Moves behind any value. Brackets are counted and not matched: what is dropped is not checked. */
static bool skip_value(struct kps_sv json, size_t *at)
{
    size_t depth = 0;
    size_t start = *at;
    while (*at < json.n) {
        char c = json.p[*at];
        if (c == '"') {
            if (!skip_text(json, at)) {
                return false;
            }
        } else if (c == '{' || c == '[') {
            depth++;
            (*at)++;
        } else if (depth && (c == '}' || c == ']')) {
            depth--;
            (*at)++;
        } else if (!depth && (c == ',' || c == '}' || c == ']')) {
            return *at > start;
        } else {
            (*at)++;
            continue; /* a letter or digit of a number or word, or a blank */
        }
        if (!depth) {
            return true;
        }
    }
    return false;
}

/* A name with an escape in it could be any name, so it is kept. */
static const struct kps_json_want *find(const struct kps_json_want *wants,
                                               struct kps_sv name)
{
    static const struct kps_json_want whole = {.every = true};
    if (kps_sv_find(name, '\\') < name.n) {
        return &whole;
    }
    for (; wants->name || wants->every; wants++) {
        if (wants->every || kps_sv_eq(kps_sv_of(wants->name), name)) {
            return wants;
        }
    }
    return NULL;
}

/* Takes the name of a member and the colon behind it. */
static bool take_name(struct kps_sv json, size_t *at, struct kps_sv *ret)
{
    size_t start = *at;
    if (start == json.n || json.p[start] != '"' || !skip_text(json, at)) {
        return false;
    }
    *ret = kps_sv_slice(json, start + 1, *at - 1);
    skip_space(json, at);
    if (*at == json.n || json.p[*at] != ':') {
        return false;
    }
    (*at)++;
    skip_space(json, at);
    return true;
}

static bool sieve_member(struct kps_sv json, size_t *at, const struct kps_json_want *wants,
                         struct kps_buf *out)
{
    struct kps_sv name = {0};
    if (!take_name(json, at, &name)) {
        return false;
    }
    const struct kps_json_want *want = find(wants, name);
    if (!want) {
        return skip_value(json, at);
    }
    kps_buf_add(out, out->p[out->n - 1] == '{' ? SV("\"") : SV(",\""));
    kps_buf_add(out, name);
    kps_buf_add(out, SV("\":"));
    return kps_json_sieve(json, at, want->members, out);
}

static bool sieve_list(struct kps_sv json, size_t *at, const struct kps_json_want *wants,
                       struct kps_buf *out)
{
    kps_buf_char(out, '[');
    (*at)++;
    skip_space(json, at);
    bool more = *at < json.n && json.p[*at] != ']';
    while (more) {
        if (!kps_json_sieve(json, at, wants, out)) {
            return false;
        }
        skip_space(json, at);
        more = *at < json.n && json.p[*at] == ',';
        if (more) {
            kps_buf_char(out, ',');
            (*at)++;
        }
    }
    if (*at == json.n || json.p[*at] != ']') {
        return false;
    }
    (*at)++;
    kps_buf_char(out, ']');
    return true;
}

bool kps_json_sieve(struct kps_sv json, size_t *at, const struct kps_json_want *wants,
                           struct kps_buf *out)
{
    skip_space(json, at);
    size_t start = *at;
    if (wants && start < json.n && json.p[start] == '[') {
        return sieve_list(json, at, wants, out);
    }
    if (!wants || start == json.n || json.p[start] != '{') {
        bool whole = skip_value(json, at);
        if (whole) {
            kps_buf_add(out, kps_sv_slice(json, start, *at));
        }
        return whole;
    }
    kps_buf_char(out, '{');
    (*at)++;
    skip_space(json, at);
    bool more = *at < json.n && json.p[*at] != '}';
    while (more) {
        if (!sieve_member(json, at, wants, out)) {
            return false;
        }
        skip_space(json, at);
        more = *at < json.n && json.p[*at] == ',';
        if (more) {
            (*at)++;
            skip_space(json, at);
        }
    }
    if (*at == json.n || json.p[*at] != '}') {
        return false;
    }
    (*at)++;
    kps_buf_char(out, '}');
    return true;
}
