#include "diagnose/match.h"

#include "diagnose/endpoint.h"

enum { NO_MATCH = -1 };

static bool is_word_char(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c);
}

enum kps_reason kps_reason_read(struct kps_sv s, size_t *ret_n)
{
    static const struct {
        struct kps_sv words;
        enum kps_reason reason;
    } all[] = {
        {SV_LIT("address already in use"), KPS_REASON_IN_USE},
        {SV_LIT("address in use"), KPS_REASON_IN_USE},
        {SV_LIT("eaddrinuse"), KPS_REASON_IN_USE},
        {SV_LIT("only one usage of each socket address (protocol/network address/port) is normally "
                "permitted"),
         KPS_REASON_IN_USE},
        {SV_LIT("permission denied"), KPS_REASON_DENIED},
        {SV_LIT("cannot assign requested address"), KPS_REASON_NO_ADDRESS},
        {SV_LIT("can't assign requested address"), KPS_REASON_NO_ADDRESS},
        {SV_LIT("address not available"), KPS_REASON_NO_ADDRESS},
        {SV_LIT(
             "an attempt was made to access a socket in a way forbidden by its access permissions"),
         KPS_REASON_FORBIDDEN},
    };
    for (size_t i = 0; i < KPS_COUNT(all); i++) {
        size_t n = all[i].words.n;
        if (s.n >= n && kps_sv_eq_nocase(kps_sv_slice(s, 0, n), all[i].words)) {
            *ret_n = n;
            return all[i].reason;
        }
    }
    return KPS_REASON_NONE;
}

static size_t read_name(struct kps_sv s, struct kps_sv *ret)
{
    size_t n = 0;
    while (n < s.n && (is_word_char(s.p[n]) || s.p[n] == '_' || s.p[n] == '.' || s.p[n] == '-' ||
                       s.p[n] == '@')) {
        n++;
    }
    *ret = kps_sv_slice(s, 0, n);
    return n;
}

static size_t read_protocol(struct kps_sv s, struct kps_catch *caught)
{
    size_t letters = 0;
    while (letters < s.n && kps_is_alpha(s.p[letters])) {
        letters++;
    }
    struct kps_sv word = kps_sv_slice(s, 0, letters);
    if (kps_sv_eq(word, SV("unix"))) {
        return letters;
    }
    if (!kps_protocol_parse(word, &caught->protocol)) {
        return 0;
    }
    caught->one_family = letters < s.n && (s.p[letters] == '4' || s.p[letters] == '6');
    return letters + (caught->one_family ? 1 : 0);
}

static size_t read_endpoint(struct kps_sv s, bool any_host, struct kps_catch *caught)
{
    struct kps_endpoint endpoint;
    size_t n = kps_endpoint_read(s, any_host, &endpoint);
    if (n == 0) {
        return 0;
    }
    caught->has_addr = endpoint.has_addr;
    caught->addr = endpoint.addr;
    caught->first = endpoint.first;
    caught->last = endpoint.last;
    caught->path = endpoint.path;
    caught->protocol = endpoint.protocol != KPS_PROTO_NONE ? endpoint.protocol : caught->protocol;
    return n;
}

/* What one %-token takes at the beginning of `s`; 0: it is not there. */
static size_t take_token(char token, struct kps_sv s, struct kps_catch *caught)
{
    size_t n = 0;
    uint16_t last = 0;
    switch (token) {
    case 'e':
        return read_endpoint(s, false, caught);
    case 'h':
        return read_endpoint(s, true, caught);
    case 'a':
        n = kps_endpoint_address(s, &caught->addr);
        caught->has_addr = n > 0;
        return n;
    case 'p':
        return kps_endpoint_port(s, &caught->first, &caught->last);
    case 'm':
        return kps_endpoint_port(s, &caught->moved_to, &last);
    case 'P':
        return read_protocol(s, caught);
    case 'u':
        return kps_endpoint_path(s, &caught->path);
    case 'n':
        return read_name(s, &caught->name);
    case 'H':
        return read_name(s, &caught->holder);
    default: /* 'R' */
        caught->reason = kps_reason_read(s, &n);
        return n;
    }
}

static bool is_place(char token)
{
    return token == 'e' || token == 'h' || token == 'p' || token == 'u';
}

/* The pattern at one place. Return: where the match ends, or NO_MATCH. */
static long match_here(struct kps_match *match, const char *pattern, size_t at,
                       struct kps_catch *caught);

static long match_gap(struct kps_match *match, const char *pattern, size_t at,
                      struct kps_catch *caught)
{
    for (size_t skip = 0; skip <= KPS_MATCH_GAP && at + skip <= match->line.n && match->fuel;
         skip++) {
        struct kps_catch trial = *caught;
        long end = match_here(match, pattern, at + skip, &trial);
        if (end != NO_MATCH) {
            *caught = trial;
            return end;
        }
    }
    return NO_MATCH;
}

static long match_here(struct kps_match *match, const char *pattern, size_t at,
                       struct kps_catch *caught)
{
    struct kps_sv line = match->line;
    for (; *pattern; pattern++) {
        if (match->fuel == 0) {
            return NO_MATCH;
        }
        match->fuel--;
        if (*pattern == '%' && pattern[1] == '*') {
            return match_gap(match, pattern + 2, at, caught);
        }
        if (*pattern == '%') {
            size_t n = take_token(*++pattern, kps_sv_from(line, at), caught);
            if (n == 0) {
                return NO_MATCH;
            }
            caught->place = is_place(*pattern) ? at : caught->place;
            at += n;
        } else if (*pattern == ' ') {
            if (at >= line.n || !kps_is_blank(line.p[at])) {
                return NO_MATCH;
            }
            while (at < line.n && kps_is_blank(line.p[at])) {
                at++;
            }
        } else {
            if (at >= line.n || kps_lower(line.p[at]) != kps_lower(*pattern)) {
                return NO_MATCH;
            }
            at++;
        }
    }
    bool splits_word =
        at > 0 && at < line.n && is_word_char(line.p[at - 1]) && is_word_char(line.p[at]);
    return splits_word ? NO_MATCH : (long)at;
}

bool kps_match_find(struct kps_match *match, const char *pattern, size_t from,
                    struct kps_catch *ret)
{
    struct kps_sv line = match->line;
    bool begins_word = is_word_char(*pattern) || *pattern == '%';
    for (size_t at = from; at < line.n && match->fuel; at++) {
        bool is_literal = *pattern != '%';
        if (is_literal && kps_lower(line.p[at]) != kps_lower(*pattern)) {
            continue;
        }
        if (begins_word && at > 0 &&
            (is_word_char(line.p[at - 1]) || (!is_literal && line.p[at - 1] == '.'))) {
            continue;
        }
        struct kps_catch caught = {.reason = KPS_REASON_NONE, .place = at};
        long end = match_here(match, pattern, at, &caught);
        if (end != NO_MATCH) {
            caught.from = at;
            caught.to = (size_t)end;
            *ret = caught;
            return true;
        }
    }
    return false;
}
