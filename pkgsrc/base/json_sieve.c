#include "base/json_sieve.h"

#include <string.h>

void kps_json_sieve_space(struct kps_sv json, size_t *at)
{
    while (*at < json.n &&
           (kps_is_blank(json.p[*at]) || json.p[*at] == '\n' || json.p[*at] == '\r')) {
        (*at)++;
    }
}

/* Move *at from the first quote of a text behind its last quote. */
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

bool kps_json_sieve_skip(struct kps_sv json, size_t *at)
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

/*
 * Return the wants of a member's value, NULL: it is not wanted. A name with an escape in it could
 * be any name, so it is kept.
 */
static const char *find_want(const char *wants, struct kps_sv name)
{
    if (kps_sv_find(name, '\\') < name.n) {
        return "";
    }
    while (*wants && *wants != '}') {
        size_t n = 0;
        while (wants[n] && wants[n] != ' ' && wants[n] != '{' && wants[n] != '}') {
            n++;
        }
        struct kps_sv word = {wants, n};
        bool is_open = kps_sv_has_tail(word, "*");
        word.n -= is_open;
        if (is_open ? kps_sv_starts(name, word) : kps_sv_eq(name, word)) {
            return wants[n] == '{' ? wants + n + 1 : "";
        }
        size_t depth = 0;
        for (; *wants && (depth || (*wants != ' ' && *wants != '}')); wants++) {
            depth += *wants == '{';
            depth -= *wants == '}';
        }
        wants += *wants == ' ';
    }
    return NULL;
}

bool kps_json_sieve_name(struct kps_sv json, size_t *at, struct kps_sv *ret)
{
    size_t start = *at;
    if (start == json.n || json.p[start] != '"' || !skip_text(json, at)) {
        return false;
    }
    *ret = kps_sv_slice(json, start + 1, *at - 1);
    kps_json_sieve_space(json, at);
    if (*at == json.n || json.p[*at] != ':') {
        return false;
    }
    (*at)++;
    kps_json_sieve_space(json, at);
    return true;
}

static bool sieve_member(struct kps_sv json, size_t *at, const char *wants, struct kps_buf *out)
{
    struct kps_sv name = {0};
    if (!kps_json_sieve_name(json, at, &name)) {
        return false;
    }
    const char *members = find_want(wants, name);
    if (!members) {
        return kps_json_sieve_skip(json, at);
    }
    kps_buf_text(out, out->p[out->n - 1] == '{' ? "\"" : ",\"");
    kps_buf_add(out, name);
    kps_buf_text(out, "\":");
    return kps_json_sieve(json, at, members, out);
}

static bool sieve_list(struct kps_sv json, size_t *at, const char *wants, struct kps_buf *out)
{
    kps_buf_char(out, '[');
    (*at)++;
    kps_json_sieve_space(json, at);
    bool more = *at < json.n && json.p[*at] != ']';
    while (more) {
        /* Only objects: a list in a list stays whole, so that brackets cost no stack. */
        bool is_object = *at < json.n && json.p[*at] == '{';
        if (!kps_json_sieve(json, at, is_object ? wants : "", out)) {
            return false;
        }
        kps_json_sieve_space(json, at);
        more = *at < json.n && json.p[*at] == ',';
        if (more) {
            kps_buf_char(out, ',');
            (*at)++;
            kps_json_sieve_space(json, at);
        }
    }
    if (*at == json.n || json.p[*at] != ']') {
        return false;
    }
    (*at)++;
    kps_buf_char(out, ']');
    return true;
}

bool kps_json_sieve(struct kps_sv json, size_t *at, const char *wants, struct kps_buf *out)
{
    kps_json_sieve_space(json, at);
    size_t start = *at;
    if (*wants && start < json.n && json.p[start] == '[') {
        return sieve_list(json, at, wants, out);
    }
    if (!*wants || start == json.n || json.p[start] != '{') {
        bool whole = kps_json_sieve_skip(json, at);
        if (whole) {
            kps_buf_add(out, kps_sv_slice(json, start, *at));
        }
        return whole;
    }
    kps_buf_char(out, '{');
    (*at)++;
    kps_json_sieve_space(json, at);
    bool more = *at < json.n && json.p[*at] != '}';
    while (more) {
        if (!sieve_member(json, at, wants, out)) {
            return false;
        }
        kps_json_sieve_space(json, at);
        more = *at < json.n && json.p[*at] == ',';
        if (more) {
            (*at)++;
            kps_json_sieve_space(json, at);
        }
    }
    if (*at == json.n || json.p[*at] != '}') {
        return false;
    }
    (*at)++;
    kps_buf_char(out, '}');
    return true;
}
