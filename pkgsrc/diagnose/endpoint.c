#include "diagnose/endpoint.h"

#include <string.h>

#include "diagnose/erlang.h"

enum {
    LITERAL_BYTES = 64,  /* of an IPv6 literal with its port; the longest has 45 + 6 */
    HOST_BYTES = 100,    /* of a host name or an address; longer ones name no host of a log */
    JOIN_BYTES = 48,     /* between an address and the port word that belong together */
    SEPARATOR_BYTES = 6, /* between "port" and its number: ": '", "=\\\"" */
    RANGE_BYTES = 16,    /* " to 8010" */
    OPTION_BYTES = 64,   /* of an option's value */
};

static bool is_word_char(char c)
{
    return kps_is_alpha(c) || kps_is_digit(c) || c == '_';
}

static bool is_host_char(char c)
{
    return is_word_char(c) || c == '-' || c == '.';
}

static bool is_address_char(char c)
{
    return kps_is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

static bool is_one_of(char c, const char *set)
{
    struct kps_sv all = kps_sv_of(set);
    return kps_sv_find(all, c) < all.n;
}

static size_t read_number(struct kps_sv s, uint16_t *ret)
{
    size_t n = 0;
    while (n < s.n && n < 6 && kps_is_digit(s.p[n])) {
        n++;
    }
    int64_t value = kps_sv_number(kps_sv_head(s, n), UINT16_MAX);
    if (n > 5 || value <= 0) {
        return 0;
    }
    *ret = (uint16_t)value;
    return n;
}

/* Return: is the number at the beginning 0? Not the first of "0.0.0.0" or "0:1". */
static bool is_zero(struct kps_sv s)
{
    size_t end = s.n > 1 && is_one_of(s.p[1], ".:") ? 2 : 1;
    return s.n && s.p[0] == '0' && (end >= s.n || !is_word_char(s.p[end]));
}

size_t kps_endpoint_port(struct kps_sv s, uint16_t *ret_first, uint16_t *ret_last)
{
    uint16_t first = 0;
    uint16_t last = 0;
    size_t n = read_number(s, &first);
    bool goes_on = n > 0 && n < s.n && is_word_char(s.p[n]);
    bool is_part = n + 1 < s.n && s.p[n] == '.' &&
                   (kps_is_digit(s.p[n + 1]) || is_one_of(s.p[n + 1], "x*")); /* "1.5", "10.x" */
    if (n == 0 || goes_on || is_part) {
        return 0;
    }
    size_t more = n + 1 < s.n && s.p[n] == '-' ? read_number(kps_sv_from(s, n + 1), &last) : 0;
    bool is_range = more > 0 && last >= first;
    *ret_first = first;
    *ret_last = is_range ? last : first;
    return is_range ? n + 1 + more : n;
}

/* Read an IPv4 or IPv6 literal. A full stop or a colon behind it belongs to the sentence. */
static size_t read_literal(struct kps_sv s, struct kps_addr *ret)
{
    size_t n = 0;
    while (n < s.n && n < HOST_BYTES && (kps_is_digit(s.p[n]) || s.p[n] == '.')) {
        n++;
    }
    while (n > 0 && s.p[n - 1] == '.') {
        n--;
    }
    bool ends_here = n == s.n || (!is_word_char(s.p[n]) && s.p[n] != '-');
    if (ends_here && kps_addr_parse(kps_sv_head(s, n), ret)) {
        return n;
    }
    for (n = 0; n < s.n && n < HOST_BYTES && is_address_char(s.p[n]);) {
        n++;
    }
    while (n > 0 && s.p[n - 1] == '.') {
        n--;
    }
    bool has_colon_behind = n > 2 && s.p[n - 1] == ':' && s.p[n - 2] != ':';
    n -= has_colon_behind ? 1 : 0;
    bool is_cut = n > LITERAL_BYTES || (n < s.n && is_word_char(s.p[n]));
    return !is_cut && kps_addr_parse(kps_sv_head(s, n), ret) ? n : 0;
}

size_t kps_endpoint_address(struct kps_sv s, struct kps_addr *ret)
{
    static const struct kps_addr loopback = {.kind = KPS_ADDR_ONE4, .bytes = {127, 0, 0, 1}};
    static const struct kps_sv localhost = SV_LIT("localhost");
    if (s.n && s.p[0] == '*') {
        *ret = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        return 1;
    }
    if (kps_sv_starts(s, localhost) && (s.n == localhost.n || !is_host_char(s.p[localhost.n]))) {
        *ret = loopback;
        return localhost.n;
    }
    if (s.n && s.p[0] == '[') {
        struct kps_sv window = kps_sv_head(s, HOST_BYTES);
        size_t close = kps_sv_find(window, ']');
        struct kps_sv inside = kps_sv_slice(window, 1, close);
        inside = kps_sv_before(inside, '%');                                  /* a zone */
        inside = kps_sv_from(inside, kps_sv_has_head(inside, "v1.") ? 3 : 0); /* of CUPS */
        return close < window.n && kps_addr_parse(inside, ret) ? close + 1 : 0;
    }
    return read_literal(s, ret);
}

size_t kps_endpoint_path(struct kps_sv s, struct kps_sv *ret)
{
    size_t n = 0;
    if (s.n < 2 || (s.p[0] != '/' && s.p[0] != '@')) {
        return 0;
    }
    while (n < s.n && !kps_is_blank(s.p[n]) && s.p[n] != '"') {
        n++;
    }
    while (n > 1 && is_one_of(s.p[n - 1], ":.;,')]}")) {
        n--;
    }
    if (n < 2 || (s.p[0] == '/' && s.p[1] == '/')) {
        return 0;
    }
    *ret = kps_sv_head(s, n);
    return n;
}

/* Read "/tcp" or "/udp6" behind a port. Return: its bytes. */
static size_t read_protocol_behind(struct kps_sv s, struct kps_endpoint *ret)
{
    bool has_family = s.n > 4 && (s.p[4] == '4' || s.p[4] == '6');
    enum kps_protocol of_four = s.n >= 5 ? kps_protocol_of(kps_sv_slice(s, 1, 5)) : KPS_PROTO_NONE;
    enum kps_protocol of_three = s.n >= 4 ? kps_protocol_of(kps_sv_slice(s, 1, 4)) : KPS_PROTO_NONE;
    enum kps_protocol protocol = of_four ? of_four : of_three;
    if (!protocol || s.p[0] != '/') {
        return 0;
    }
    ret->protocol = protocol;
    return of_four || has_family ? 5 : 4;
}

/* Read the target of a Docker Engine 28: ":172.17.0.2:80/tcp". Return: its bytes. */
static size_t read_target_behind(struct kps_sv s, struct kps_endpoint *ret)
{
    struct kps_addr addr;
    uint16_t first = 0;
    uint16_t last = 0;
    if (s.n == 0 || s.p[0] != ':') {
        return 0;
    }
    size_t host = kps_endpoint_address(kps_sv_from(s, 1), &addr);
    size_t colon = 1 + host;
    if (host == 0 || colon >= s.n || s.p[colon] != ':') {
        return 0;
    }
    size_t port = kps_endpoint_port(kps_sv_from(s, colon + 1), &first, &last);
    if (port == 0) {
        return 0;
    }
    size_t n = colon + 1 + port;
    return n + read_protocol_behind(kps_sv_from(s, n), ret);
}

/* Read what makes an address a pair: ":80", ":[9200-9300]", "#53", "@53". */
static size_t read_port_part(struct kps_sv s, struct kps_endpoint *ret)
{
    if (s.n < 2 || !is_one_of(s.p[0], ":#@")) {
        return 0;
    }
    bool in_brackets = s.p[1] == '[';
    size_t at = in_brackets ? 2 : 1;
    size_t n = kps_endpoint_port(kps_sv_from(s, at), &ret->first, &ret->last);
    at += n;
    if (n == 0 || (in_brackets && (at >= s.n || s.p[at] != ']'))) {
        return 0;
    }
    at += in_brackets ? 1 : 0;
    size_t protocol = read_protocol_behind(kps_sv_from(s, at), ret);
    return at + (protocol ? protocol : read_target_behind(kps_sv_from(s, at), ret));
}

/* Read "::1:3000", ":::3000": the address is everything before the last colon. */
static size_t read_bare_v6(struct kps_sv s, struct kps_endpoint *ret)
{
    size_t n = 0;
    while (n < s.n && n < HOST_BYTES && is_address_char(s.p[n])) {
        n++;
    }
    bool has_colon_behind = n > 2 && s.p[n - 1] == ':' && s.p[n - 2] != ':';
    n -= has_colon_behind ? 1 : 0;
    size_t colon = kps_sv_rfind(kps_sv_head(s, n), ':');
    struct kps_sv host = kps_sv_head(s, colon);
    if (colon == n || n > LITERAL_BYTES || kps_sv_find(host, ':') == host.n ||
        !kps_addr_parse(host, &ret->addr)) {
        return 0;
    }
    ret->has_addr = true;
    size_t port = read_port_part(kps_sv_from(s, colon), ret);
    return port ? colon + port : 0;
}

/* Read the rest of a tuple behind its address: "', 8000)", ", 143)". */
static size_t read_tuple_behind(struct kps_sv s, struct kps_endpoint *ret)
{
    size_t at = 0;
    while (at < s.n && is_one_of(s.p[at], "\\'\"")) { /* a quote, escaped in a text of JSON */
        at++;
    }
    if (at >= s.n || s.p[at] != ',') {
        return 0;
    }
    at++;
    while (at < s.n && kps_is_blank(s.p[at])) {
        at++;
    }
    size_t n = kps_endpoint_port(kps_sv_from(s, at), &ret->first, &ret->last);
    at += n;
    return n && at < s.n && is_one_of(s.p[at], ",)}]") ? at : 0;
}

/* Return: the bytes of a zone ("%eth0") behind an IPv6 address without brackets. */
static size_t count_zone(struct kps_sv behind)
{
    size_t n = behind.n > 1 && behind.p[0] == '%' && is_word_char(behind.p[1]) ? 1 : 0;
    while (n > 0 && n < behind.n && is_host_char(behind.p[n])) {
        n++;
    }
    return n;
}

/* Read an address with the port behind it, or an address alone. Return: its bytes. */
static size_t read_addressed(struct kps_sv s, bool in_tuple, bool after_word,
                             struct kps_endpoint *ret)
{
    size_t bare = s.p[0] == '[' ? 0 : read_bare_v6(s, ret);
    size_t host = kps_endpoint_address(s, &ret->addr);
    size_t zone = bare ? count_zone(kps_sv_from(s, host)) : 0;
    host += zone;
    bare = zone ? 0 : bare;
    struct kps_sv behind = kps_sv_from(s, host);
    ret->form = KPS_ENDPOINT_PAIR;
    ret->has_addr = host > 0 || bare > 0;
    size_t port = host ? read_port_part(behind, ret) : 0;
    if (host && !port && in_tuple) {
        port = read_tuple_behind(behind, ret);
    }
    if (host && !port && behind.n && is_one_of(behind.p[0], "'\"")) { /* "'127.0.0.1':80" */
        port = read_port_part(kps_sv_from(behind, 1), ret);
        port += port ? 1 : 0;
    }
    /* pasta: "port *\/80"; RakNet: "[0.0.0.0]/80" */
    if (host && !port && (after_word || s.p[0] == '[') && behind.n && behind.p[0] == '/') {
        port = kps_endpoint_port(kps_sv_from(behind, 1), &ret->first, &ret->last);
        port += port ? 1 : 0;
    }
    if (port) {
        return host + port;
    }
    if (bare) {
        (void)read_bare_v6(s, ret);
        return bare;
    }
    ret->form = KPS_ENDPOINT_ADDRESS;
    ret->first = 0;
    ret->last = 0;
    return host;
}

/* Skip the characters between "port" and the number: ": '", "=", " number ". */
static size_t skip_separators(struct kps_sv s, enum kps_protocol *ret_protocol)
{
    static const char fillers[] =
        "invalid value,already bound,already in use,in use,in range,number,no.,"
        "tcp,udp,sctp,address,nr.,htons,is ,from ";
    size_t at = 0;
    for (unsigned round = 0; round < 3; round++) {
        size_t limit = at + SEPARATOR_BYTES;
        at += kps_sv_has_head(kps_sv_from(s, at), "(s)") ? 3 : 0;
        while (at < s.n && at < limit && is_one_of(s.p[at], " \t:='\"([{#,\\<`")) {
            bool is_address = s.p[at] == ':' && at + 1 < s.n && s.p[at + 1] == ':';
            at += kps_sv_has_head(kps_sv_from(s, at), "=>") ? 1 : 0; /* Ruby's ":port=>80" */
            bool is_list = s.p[at] == ',' && (at > 0 || s.n < 2 || !kps_is_digit(s.p[1]));
            if (is_address || is_list) {
                break;
            }
            at++;
        }
        struct kps_sv filler;
        struct kps_sv rest = kps_sv_of(fillers);
        while (kps_sv_next(&rest, ',', &filler) && !kps_sv_starts(kps_sv_from(s, at), filler)) {
        }
        if (filler.n == 0) {
            break;
        }
        enum kps_protocol protocol = kps_protocol_of(filler);
        *ret_protocol = protocol ? protocol : *ret_protocol;
        at += filler.n;
    }
    return at;
}

/* Return: does a word announce a port? "port", "ports", "hostport", "server_port". */
static bool is_port_word(struct kps_sv word)
{
    if (kps_sv_is(word, "port")) {
        return true;
    }
    if (!kps_sv_ends_with_any(word, "port ports")) {
        return kps_sv_is_one_of(word, "puerto porta poort");
    }
    return !kps_sv_is_one_of(
        word, "import export report support passport airport viewport transport exports "
              "imports reports supports containerport targetport rapport");
}

/*
 * Read the end of a range in words, "ports from 8000 to 8010": the first port is line[from..to).
 * Return: the bytes behind it.
 */
static size_t read_range_end(struct kps_sv line, size_t from, size_t to, struct kps_endpoint *ret)
{
    static const struct kps_sv joint = SV_LIT(" to ");
    uint16_t first = 0;
    uint16_t last = 0;
    if (!kps_sv_has_tail(kps_sv_head(line, from), "from ") ||
        !kps_sv_starts(kps_sv_from(line, to), joint)) {
        return 0;
    }
    size_t n = kps_endpoint_port(kps_sv_from(line, to + joint.n), &first, &last);
    if (n == 0 || first != last || first <= ret->first) {
        return 0;
    }
    ret->last = last;
    return joint.n + n;
}

/* Read a port behind the word that announces it. `at` is behind the word. */
static size_t read_after_port_word(struct kps_sv line, size_t at, struct kps_endpoint *ret)
{
    bool is_index = at < line.n && line.p[at] == '[' && at > 0 && line.p[at - 1] == 's';
    if (is_index) {
        return 0; /* "spec.ports[1]" */
    }
    enum kps_protocol protocol = KPS_PROTO_NONE;
    at += skip_separators(kps_sv_from(line, at), &protocol);
    struct kps_sv rest = kps_sv_from(line, at);
    if (rest.n == 0) {
        return 0;
    }
    ret->place = at;
    size_t n = read_addressed(rest, false, true, ret);
    if (n && ret->first) {
        ret->form = KPS_ENDPOINT_WORD;
    } else {
        *ret = (struct kps_endpoint){.form = KPS_ENDPOINT_WORD, .place = at};
        if (rest.p[0] == ':' && at > 0 && kps_is_blank(line.p[at - 1])) {
            rest = kps_sv_from(rest, 1); /* "port :8080" */
            ret->place = ++at;
        }
        n = kps_endpoint_port(rest, &ret->first, &ret->last);
        n += n ? read_protocol_behind(kps_sv_from(rest, n), ret) : 0;
    }
    if (n == 0 && is_zero(rest)) {
        ret->form = KPS_ENDPOINT_ANY;
        return at + 1;
    }
    if (n == 0) {
        return 0;
    }
    ret->protocol = ret->protocol != KPS_PROTO_NONE ? ret->protocol : protocol;
    return at + n + read_range_end(kps_sv_head(line, at + n + RANGE_BYTES), at, at + n, ret);
}

/* Read the port in a Tomcat name: "connector[http/1.1-8080]", "protocolhandler [\"http-nio-80\"]".
 */
static size_t read_connector(struct kps_sv line, size_t at, struct kps_endpoint *ret)
{
    struct kps_sv rest = kps_sv_slice(line, at, at + OPTION_BYTES);
    size_t close = kps_sv_find(rest, ']');
    while (close > 0 && close < rest.n && is_one_of(rest.p[close - 1], "\"\\")) {
        close--;
    }
    size_t dash = kps_sv_rfind(kps_sv_head(rest, close), '-');
    if (close == rest.n || dash >= close) {
        return 0;
    }
    ret->form = KPS_ENDPOINT_WORD;
    ret->place = at + dash + 1;
    size_t n = kps_endpoint_port(kps_sv_from(rest, dash + 1), &ret->first, &ret->last);
    return n && dash + 1 + n == close ? at + close : 0;
}

/* Read "tcp//8080", "tcp/127.0.0.1/8080", "tcp/8080". */
static size_t read_slashed(struct kps_sv line, size_t at, struct kps_sv word,
                           struct kps_endpoint *ret)
{
    bool is_mark = at < line.n && (line.p[at] == '/' || line.p[at] == ':');
    enum kps_protocol protocol = kps_protocol_of(word);
    if (!is_mark || !protocol) {
        return 0;
    }
    ret->protocol = protocol;
    if (line.p[at] == ':') { /* "udp:161" */
        ret->form = KPS_ENDPOINT_WORD;
        ret->place = at + 1;
        size_t n = kps_endpoint_port(kps_sv_from(line, at + 1), &ret->first, &ret->last);
        return n ? at + 1 + n : 0;
    }
    struct kps_sv rest = kps_sv_from(line, at + 1);
    struct kps_addr addr;
    size_t host = rest.n && rest.p[0] != '/' ? kps_endpoint_address(rest, &addr) : 0;
    bool has_slash = host < rest.n && rest.p[host] == '/';
    if (host && has_slash) {
        ret->has_addr = true;
        ret->addr = addr;
    }
    size_t from = has_slash ? host + 1 : 0;
    size_t n = kps_endpoint_port(kps_sv_from(rest, from), &ret->first, &ret->last);
    ret->form = KPS_ENDPOINT_WORD;
    ret->place = at + 1 + from;
    return n ? at + 1 + from + n : 0;
}

/*
 * Return: does the text before `at` end with a verb of listening? A host name or a bare number
 * behind such a verb is a place.
 */
static bool follows_verb(struct kps_sv line, size_t at)
{
    static const char last_letters[] = "nodpst46g:"; /* of the verbs: keep them in step */
    static const char verbs[] =
        "listen on,listening on,listen to,bind to,binding to,bind on,"
        "binding on,bind,address,tcp,udp,tcp4,tcp6,udp4,udp6,binding,bound to,"
        "open,listening at,socket on,listener on,server on,serve on,listen at,in use:";
    while (at > 0 && is_one_of(line.p[at - 1], " [\"'`")) {
        at--;
    }
    if (at == 0 || !is_one_of(line.p[at - 1], last_letters)) {
        return false;
    }
    struct kps_sv before = kps_sv_head(line, at);
    struct kps_sv verb;
    for (struct kps_sv rest = kps_sv_of(verbs); kps_sv_next(&rest, ',', &verb);) {
        size_t start = at - (verb.n < at ? verb.n : at);
        if (kps_sv_ends(before, verb) && (start == 0 || !is_word_char(line.p[start - 1]))) {
            return true;
        }
    }
    return false;
}

static bool is_source_file(struct kps_sv host)
{
    static const char endings[] =
        ".go .c .cc .cpp .cxx .js .jsx .ts .py .rb .rs .java .h .hpp .hxx .ipp .php .ex .exs .erl "
        ".kt .scala .cs .mjs .tsx .pl .conf .cfg .yaml .yml .json .lua .swift .hs .ml .jl .mm "
        ".dart .clj .groovy .zig";
    return kps_sv_ends_with_any(host, endings);
}

/* Read a pair whose IPv4 address has hidden digits: "xx.yy.zz.xx:80", "10.0.0.xxx:80". */
static size_t read_hidden(struct kps_sv s, struct kps_endpoint *ret)
{
    size_t n = 0;
    unsigned n_dots = 0;
    unsigned n_hidden = 0;
    for (; n < s.n && n < HOST_BYTES; n++) {
        bool is_hidden = is_one_of(s.p[n], "xyz*");
        if (!is_hidden && s.p[n] != '.' && !kps_is_digit(s.p[n])) {
            break;
        }
        n_hidden += is_hidden;
        n_dots += s.p[n] == '.';
    }
    if (n_dots < 3 || n_hidden == 0) {
        return 0;
    }
    *ret = (struct kps_endpoint){.form = KPS_ENDPOINT_PAIR, .place = ret->place};
    size_t port = read_port_part(kps_sv_from(s, n), ret);
    return port ? n + port : 0;
}

/* Return: does the quote at `at` close the key of JSON or of a dictionary? {"pid":4711} */
static bool closes_key(struct kps_sv small, size_t at)
{
    while (at > 0 && small.p[at - 1] == '\\') { /* JSON in a text of JSON */
        at--;
    }
    size_t from = at;
    bool has_letter = false;
    while (from > 0 && at - from < HOST_BYTES && is_word_char(small.p[from - 1])) {
        from--;
        has_letter = has_letter || !kps_is_digit(small.p[from]);
    }
    return has_letter && !kps_sv_is(kps_sv_slice(small, from, at), "localhost");
}

/* Read a word with ":80" behind it: a name for "no host", or a host name behind a verb. */
static size_t read_named_host(struct kps_sv line, size_t from, size_t to, struct kps_endpoint *ret)
{
    struct kps_sv host = kps_sv_slice(line, from, to);
    size_t at = to;
    if (to >= line.n || !is_one_of(line.p[to], ":#@>])'\"")) {
        return 0;
    }
    while (at < line.n && is_one_of(line.p[at], ">])'\"") && at < to + 2) {
        at++;
    }
    if (kps_sv_is_one_of(
            host, "any null nil undef none all undefined unspecified inaddr_any wildcard <any>")) {
        size_t n = read_port_part(kps_sv_from(line, at), ret);
        ret->has_no_host = n > 0;
        ret->form = KPS_ENDPOINT_PAIR;
        return n ? at + n : 0;
    }
    static const char hidden[] = "address addr censored hidden host host-ip hostname ip ip-address "
                                 "ipaddress masked my-ip my-server myip public-ip redacted removed "
                                 "server server-ip serverip your-ip your-server-ip";
    if (at > to && is_one_of(line.p[to], ">])") && kps_sv_is_one_of(host, hidden)) {
        to = at;
    } else if (is_source_file(host) || !follows_verb(line, from)) {
        return 0;
    }
    size_t n = to > from ? read_port_part(kps_sv_from(line, to), ret) : 0;
    ret->form = KPS_ENDPOINT_PAIR;
    return n ? to + n : 0;
}

/* Read the path of a socket file where the text makes it one. */
static size_t read_socket_path(struct kps_sv line, struct kps_sv small, size_t at, bool is_unix,
                               struct kps_endpoint *ret)
{
    struct kps_sv path;
    size_t n = kps_endpoint_path(kps_sv_from(line, at), &path);
    struct kps_sv small_path = kps_sv_slice(small, at, at + n);
    small_path = kps_sv_before(small_path, ':');
    if (is_source_file(small_path)) {
        return 0;
    }
    bool is_socket = is_unix || kps_sv_has_any(small_path, ".sock /sock -sock _sock .s.pgsql") ||
                     kps_sv_has_tail(small_path, "sock") ||
                     kps_sv_starts_with_any(small_path, "/run/ /var/run/ /tmp/");
    if (n == 0 || !is_socket) {
        return 0;
    }
    ret->form = KPS_ENDPOINT_PATH;
    ret->path = path;
    ret->place = at;
    return at + n;
}

/* Return: does "unix" stand before a path? "listen unix /run/x", "Unix address \"/run/x\"". */
static bool follows_unix(struct kps_sv small, size_t at)
{
    struct kps_sv before = kps_sv_slice(small, at > 20 ? at - 20 : 0, at);
    return kps_sv_has_any(before, "unix");
}

/* Read a place that begins with a letter. */
static size_t read_at_letter(struct kps_sv line, struct kps_sv small, size_t from,
                             struct kps_endpoint *ret)
{
    size_t at = from;
    while (at < small.n && at < from + HOST_BYTES && is_word_char(small.p[at])) {
        at++;
    }
    struct kps_sv word = kps_sv_slice(small, from, at);
    struct kps_sv rest = kps_sv_from(small, at);
    if (kps_sv_is(word, "unix") && rest.n && rest.p[0] == ':') {
        size_t path = at + (kps_sv_has_head(rest, "://") ? 3 : 1);
        return read_socket_path(line, small, path, true, ret);
    }
    if (is_port_word(word)) {
        return read_after_port_word(small, at, ret);
    }
    if (kps_sv_is_one_of(word, "connector protocolhandler")) {
        return read_connector(small, at, ret);
    }
    size_t slashed = read_slashed(small, at, word, ret);
    if (slashed) {
        return slashed;
    }
    if (kps_sv_has_head(rest, "://")) {
        at += 3;
        size_t host = at;
        ret->place = at;
        size_t n = at < small.n ? read_addressed(kps_sv_from(small, at), false, false, ret) : 0;
        if (n && ret->first) {
            return at + n;
        }
        while (at < small.n && at < host + HOST_BYTES && is_host_char(small.p[at])) {
            at++;
        }
        *ret = (struct kps_endpoint){.form = KPS_ENDPOINT_PAIR, .place = host};
        n = at > host ? read_port_part(kps_sv_from(small, at), ret) : 0;
        return n ? at + n : 0;
    }
    ret->place = from;
    size_t n = read_addressed(kps_sv_from(small, from), false, false, ret);
    if (n && (ret->first || kps_sv_is(kps_sv_slice(small, from, from + n), "localhost") ||
              kps_sv_search(kps_sv_slice(small, from, from + n), SV("::")) < n)) {
        return from + n;
    }
    *ret = (struct kps_endpoint){.place = from};
    n = read_hidden(kps_sv_from(small, from), ret);
    if (n) {
        return from + n;
    }
    while (at < small.n && at < from + HOST_BYTES && is_host_char(small.p[at])) {
        at++;
    }
    return read_named_host(small, from, at, ret);
}

/* Read the value of an option in quotes: "'-t 80-80:8080-8080'", "'-u 127.0.0.1/53:53'". */
static size_t read_option(struct kps_sv small, size_t at, struct kps_endpoint *ret)
{
    struct kps_sv rest = kps_sv_slice(small, at, at + OPTION_BYTES);
    bool is_tcp = kps_sv_has_head(rest, "-t ") || kps_sv_has_head(rest, "-T ");
    if (!is_tcp && !kps_sv_has_head(rest, "-u ")) {
        return 0;
    }
    struct kps_addr addr;
    size_t host = kps_endpoint_address(kps_sv_from(rest, 3), &addr);
    bool has_host = host && 3 + host < rest.n && rest.p[3 + host] == '/';
    size_t from = has_host ? 3 + host + 1 : 3;
    size_t n = kps_endpoint_port(kps_sv_from(rest, from), &ret->first, &ret->last);
    if (n == 0) {
        return 0;
    }
    ret->form = KPS_ENDPOINT_OPTION;
    ret->protocol = is_tcp ? KPS_TCP : KPS_UDP;
    ret->place = at + from;
    if (has_host) {
        ret->has_addr = true;
        ret->addr = addr;
    }
    return at + from + n;
}

/* Return: is a number an error code of bind(2), or of Windows for it? "bind address [98]: ..." */
static bool is_error_code(uint16_t number)
{
    return number == 13 || number == 48 || number == 49 || number == 98 || number == 99 ||
           number == 10013 || number == 10048 || number == 10049;
}

/* Read a number behind a verb of listening: "listen on 80", "bind to [80]". */
static size_t read_number_of_verb(struct kps_sv small, size_t from, struct kps_endpoint *ret)
{
    struct kps_sv s = kps_sv_from(small, from);
    size_t open = s.p[0] == '[' ? 1 : 0;
    size_t n = kps_endpoint_port(kps_sv_from(s, open), &ret->first, &ret->last);
    size_t end = open + n;
    if (n == 0 || (open && (end >= s.n || s.p[end] != ']'))) {
        return 0;
    }
    end += open;
    size_t protocol = open ? 0 : read_protocol_behind(kps_sv_from(s, end), ret);
    ret->form = protocol ? KPS_ENDPOINT_WORD : KPS_ENDPOINT_NUMBER;
    if (protocol) {
        return from + end + protocol;
    }
    char behind = end < s.n ? s.p[end] : ' ';
    bool in_brackets = open || (from > 0 && small.p[from - 1] == '[');
    bool has_colon = behind == ':' || (from > 1 && small.p[from - 2] == ':');
    bool is_code = (in_brackets || has_colon) && is_error_code(ret->first);
    return !is_code && behind != '/' && follows_verb(small, from) ? from + end : 0;
}

/* Read a place that begins with a digit, or with any of "*[:". */
static size_t read_at_other(struct kps_sv small, size_t from, struct kps_endpoint *ret)
{
    struct kps_sv s = kps_sv_from(small, from);
    size_t hidden = read_hidden(s, ret);
    if (hidden) {
        return from + hidden;
    }
    size_t before = from;
    while (before > 0 && is_one_of(small.p[before - 1], "'\" \\")) {
        before--;
    }
    bool is_quoted = from > 0 && small.p[from - 1] == '"';
    bool in_tuple = before > 0 && (small.p[before - 1] == '(' ||
                                   (is_quoted && is_one_of(small.p[before - 1], "{,")));
    ret->place = from;
    size_t n = read_addressed(s, in_tuple, false, ret);
    bool is_sign = s.p[0] == '*' || (s.p[0] == ':' && n == 2); /* no address without more */
    struct kps_sv words = kps_sv_trim(kps_sv_head(small, from));
    bool is_marked =
        (from > 0 && is_one_of(small.p[from - 1], "'\"")) ||
        (from > 0 && kps_is_blank(small.p[from - 1]) && kps_sv_ends_with_any(words, "on address"));
    if (n && (ret->first || !is_sign || is_marked)) {
        return from + n;
    }
    *ret = (struct kps_endpoint){.form = KPS_ENDPOINT_PAIR, .place = from};
    if (s.p[0] == ':') {
        ret->has_addr = true;
        ret->addr = (struct kps_addr){.kind = KPS_ADDR_EVERY};
        n = read_port_part(s, ret);
        if (n == 0 && is_zero(kps_sv_from(s, 1))) {
            ret->form = KPS_ENDPOINT_ANY;
            n = 2;
        }
        return n ? from + n : 0;
    }
    return read_number_of_verb(small, from, ret);
}

/* Read another port of a list: ", 443", " and 443". Return: its end; 0: the list is over. */
static size_t read_next(struct kps_sv small, size_t at, struct kps_endpoint *ret)
{
    static const char joints[][7] = {", and ", ", ", " and ", " or ", ","};
    for (size_t i = 0; i < KPS_COUNT(joints); i++) {
        if (kps_sv_has_head(kps_sv_from(small, at), joints[i])) {
            at += strlen(joints[i]);
            *ret = (struct kps_endpoint){.form = KPS_ENDPOINT_WORD, .place = at, .is_next = true};
            size_t n = kps_endpoint_port(kps_sv_from(small, at), &ret->first, &ret->last);
            return n ? at + n : 0;
        }
    }
    return 0;
}

/* Read the place at `from`. Return: its end; 0: there is none. */
static size_t read_place(struct kps_sv line, struct kps_sv small, size_t from,
                         struct kps_endpoint *ret)
{
    char c = small.p[from];
    char before = from > 0 ? small.p[from - 1] : ' ';
    bool is_letter = kps_is_alpha(c);
    if (c == ' ' || (is_letter && is_word_char(before))) {
        return 0; /* most bytes begin no place */
    }
    *ret = (struct kps_endpoint){.place = from};
    if (is_letter) {
        return read_at_letter(line, small, from, ret);
    }
    if (kps_is_digit(c) || c == '*') {
        return is_host_char(before) || before == ':' ? 0 : read_at_other(small, from, ret);
    }
    if (c == '[' || c == ':') {
        bool is_value = c == ':' && is_one_of(before, "'\"") && closes_key(small, from - 1);
        bool is_start = !is_host_char(before) && !is_one_of(before, ")]>:") && !is_value;
        is_start |= c == '[' && before == ']';
        return is_start ? read_at_other(small, from, ret) : 0;
    }
    if (c == '-') {
        return is_one_of(before, "'\"`") ? read_option(small, from, ret) : 0;
    }
    if (c == '(') { /* Python's ('', 80): every address */
        struct kps_sv rest = kps_sv_from(small, from + 1);
        bool is_quoted = rest.n && is_one_of(rest.p[0], "'\"\\");
        size_t n = is_quoted ? read_tuple_behind(rest, ret) : 0;
        ret->has_addr = true;
        ret->addr = (struct kps_addr){.kind = KPS_ADDR_ANY4};
        return n ? from + 1 + n : 0;
    }
    if (c == '{') {
        size_t host = kps_erlang_address(kps_sv_from(small, from), &ret->addr);
        size_t n = host ? read_tuple_behind(kps_sv_from(small, from + host), ret) : 0;
        ret->form = n ? KPS_ENDPOINT_PAIR : KPS_ENDPOINT_ADDRESS;
        ret->has_addr = host > 0;
        return host ? from + host + n : 0;
    }
    bool is_path = (c == '/' || c == '@') && !is_host_char(before) && !is_one_of(before, "/:>*");
    return is_path ? read_socket_path(line, small, from, follows_unix(small, from), ret) : 0;
}

bool kps_endpoint_is_filler(struct kps_sv between, size_t most, const char *words,
                            const char *stops)
{
    bool is_filler = between.n <= most;
    for (size_t at = 0; at < between.n && is_filler;) {
        size_t from = at;
        while (at < between.n && is_word_char(between.p[at])) {
            at++;
        }
        struct kps_sv word = kps_sv_slice(between, from, at);
        if (word.n) {
            bool is_number = kps_is_digit(between.p[at - 1]); /* "v9.0" */
            is_filler = is_number || kps_sv_is_one_of(word, words);
            continue;
        }
        bool ends_number =
            between.p[at] == '.' && at + 1 < between.n && kps_is_digit(between.p[at + 1]);
        is_filler = ends_number || !is_one_of(between.p[at], stops);
        at++;
    }
    return is_filler;
}

/* Join addresses with the port words beside them. Return: how many places are left. */
static size_t join_all(struct kps_sv small, struct kps_endpoint *all, size_t n)
{
    static const char joints[] =
        "on of at for address addr host ip is interface not open already "
        "in use used tcp udp and taken port service free bound with family "
        "was the sin_addr inet_addr inet_pton af_inet6";
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct kps_endpoint *last = kept ? &all[kept - 1] : NULL;
        struct kps_endpoint *this = &all[i];
        bool is_near = last && kps_endpoint_is_filler(kps_sv_slice(small, last->to, this->from),
                                                      JOIN_BYTES, joints, "");
        bool is_port_then = is_near && this->form == KPS_ENDPOINT_WORD && !this->has_addr &&
                            last->form == KPS_ENDPOINT_ADDRESS;
        bool is_address_then = is_near && this->form == KPS_ENDPOINT_ADDRESS &&
                               last->form == KPS_ENDPOINT_WORD && !last->has_addr;
        bool is_for = is_near && this->form == KPS_ENDPOINT_PAIR && !last->has_addr &&
                      last->form == KPS_ENDPOINT_WORD && this->first <= last->first &&
                      last->first <= this->last; /* "port 8001 for 0.0.0.0:8000-8003" */
        if (is_port_then) {
            this->has_addr = true;
            this->addr = last->addr;
            this->from = last->from;
            *last = *this;
        } else if (is_address_then || is_for) {
            last->has_addr = this->has_addr;
            last->addr = this->addr;
            last->protocol = last->protocol ? last->protocol : this->protocol;
            last->to = is_for ? this->to : last->to;
            last->whole_to = this->to;
        } else {
            all[kept++] = *this;
        }
    }
    return kept;
}

size_t kps_endpoint_find_all(struct kps_sv line, struct kps_sv small, size_t from, size_t to_byte,
                             struct kps_endpoint ret[KPS_ENDPOINTS_A_LINE])
{
    size_t n = 0;
    for (size_t at = from; at < to_byte && n < KPS_ENDPOINTS_A_LINE;) {
        size_t to = read_place(line, small, at, &ret[n]);
        if (to == 0) {
            at++;
            continue;
        }
        ret[n].from = at;
        ret[n].to = to;
        ret[n].whole_to = to;
        bool is_list = ret[n].form == KPS_ENDPOINT_WORD && !ret[n].has_addr &&
                       kps_sv_has_head(kps_sv_from(small, at), "ports");
        at = to;
        n++;
        while (is_list && n < KPS_ENDPOINTS_A_LINE && (to = read_next(small, at, &ret[n])) > 0) {
            ret[n].from = at;
            ret[n].to = to;
            ret[n].whole_to = to;
            at = to;
            n++;
        }
    }
    return join_all(small, ret, n);
}
