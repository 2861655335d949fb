#include "base/secret.h"

#include "base/buf.h"

static const struct kps_sv MASK = SV_LIT("***");

static bool ends_nocase(struct kps_sv text, struct kps_sv tail)
{
    return text.n >= tail.n && kps_sv_eq_nocase(kps_sv_from(text, text.n - tail.n), tail);
}

static bool starts_nocase(struct kps_sv text, struct kps_sv head)
{
    return text.n >= head.n && kps_sv_eq_nocase(kps_sv_slice(text, 0, head.n), head);
}

static bool has_nocase(struct kps_sv text, struct kps_sv part)
{
    for (size_t i = 0; i + part.n <= text.n; i++) {
        if (starts_nocase(kps_sv_from(text, i), part)) {
            return true;
        }
    }
    return false;
}

/* Return: does an option or variable of this name hold a secret? */
static bool is_secret_name(struct kps_sv name)
{
    static const struct kps_sv parts[] = {
        SV_LIT("password"),   SV_LIT("passwd"),      SV_LIT("passphrase"), SV_LIT("secret"),
        SV_LIT("token"),      SV_LIT("apikey"),      SV_LIT("api-key"),    SV_LIT("api_key"),
        SV_LIT("access-key"), SV_LIT("access_key"),  SV_LIT("accesskey"),  SV_LIT("credential"),
        SV_LIT("privatekey"), SV_LIT("private-key"), SV_LIT("private_key")};
    static const struct kps_sv ends[] = {SV_LIT("pass"), SV_LIT("pwd"), SV_LIT("auth")};
    enum { LONGEST_NAME = 64 };
    if (name.n > LONGEST_NAME || ends_nocase(name, SV("file")) || ends_nocase(name, SV("path"))) {
        return false;
    }
    for (size_t i = 0; i < KPS_COUNT(parts); i++) {
        if (has_nocase(name, parts[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < KPS_COUNT(ends); i++) {
        if (ends_nocase(name, ends[i])) {
            return true;
        }
    }
    return false;
}

static bool is_known_token(struct kps_sv word)
{
    static const struct kps_sv heads[] = {
        SV_LIT("ghp_"),      SV_LIT("gho_"),  SV_LIT("ghs_"),  SV_LIT("github_pat_"),
        SV_LIT("glpat-"),    SV_LIT("xoxb-"), SV_LIT("xoxp-"), SV_LIT("sk_live_"),
        SV_LIT("sk-"),       SV_LIT("AKIA"),  SV_LIT("ASIA"),  SV_LIT("eyJ"),
        SV_LIT("dckr_pat_"), SV_LIT("npm_")};
    enum { SHORTEST_TOKEN = 20 };
    for (size_t i = 0; word.n >= SHORTEST_TOKEN && i < KPS_COUNT(heads); i++) {
        if (kps_sv_starts(word, heads[i])) {
            return true;
        }
    }
    return false;
}

/* Return: is the first word of the line a program whose -p takes a password? */
static bool is_mysql(struct kps_sv line)
{
    struct kps_sv program = kps_sv_slice(line, 0, kps_sv_find(line, ' '));
    for (size_t slash = kps_sv_find(program, '/'); slash < program.n;
         slash = kps_sv_find(program, '/')) {
        program = kps_sv_from(program, slash + 1);
    }
    return kps_sv_starts(program, SV("mysql")) || kps_sv_starts(program, SV("mariadb"));
}

struct masking {
    struct kps_buf out;
    bool is_mysql;
    bool masks_next; /* the next word is the value of an option */
    bool masks_rest; /* the rest of a header is its value */
    bool has_masked;
};

static void add_masked(struct masking *m, struct kps_sv kept)
{
    kps_buf_add(&m->out, kept);
    kps_buf_add(&m->out, MASK);
    m->has_masked = true;
}

/* Mask the password of `scheme://user:password@host`. Return: false for any other word. */
static bool mask_url(struct masking *m, struct kps_sv word)
{
    size_t scheme = 0;
    while (scheme + 3 <= word.n && !kps_sv_starts(kps_sv_from(word, scheme), SV("://"))) {
        scheme++;
    }
    if (scheme + 3 > word.n) {
        return false;
    }
    size_t user = scheme + 3;
    size_t host = user;
    for (size_t i = user; i < word.n && word.p[i] != '/' && word.p[i] != '?'; i++) {
        host = word.p[i] == '@' ? i : host;
    }
    size_t colon = user + kps_sv_find(kps_sv_slice(word, user, host), ':');
    if (colon >= host) {
        return false;
    }
    add_masked(m, kps_sv_slice(word, 0, colon + 1));
    kps_buf_add(&m->out, kps_sv_from(word, host));
    return true;
}

/* Mask `--password=x` and `PASSWORD=x`; note `--password`, whose value is the next word. */
static bool mask_named(struct masking *m, struct kps_sv word)
{
    size_t equals = kps_sv_find(word, '=');
    struct kps_sv name = kps_sv_slice(word, 0, equals);
    while (name.n && (name.p[0] == '"' || name.p[0] == '\'')) {
        name = kps_sv_from(name, 1);
    }
    bool is_option = name.n && name.p[0] == '-';
    if (!is_secret_name(name) || (equals == word.n && !is_option)) {
        return false;
    }
    if (equals == word.n) {
        kps_buf_add(&m->out, word);
        m->masks_next = true;
        return true;
    }
    if (equals + 1 < word.n) {
        add_masked(m, kps_sv_slice(word, 0, equals + 1));
    } else {
        kps_buf_add(&m->out, word);
    }
    return true;
}

static void mask_word(struct masking *m, struct kps_sv word)
{
    bool is_value = m->masks_next;
    m->masks_next = false;
    if ((is_value && !kps_sv_starts(word, SV("-"))) || m->masks_rest || is_known_token(word)) {
        add_masked(m, SV(""));
    } else if (m->is_mysql && word.n > 2 && kps_sv_starts(word, SV("-p"))) {
        add_masked(m, SV("-p"));
    } else if (ends_nocase(word, SV("authorization:"))) {
        kps_buf_add(&m->out, word);
        m->masks_rest = true;
    } else if (!mask_named(m, word) && !mask_url(m, word)) {
        kps_buf_add(&m->out, word);
    }
}

/*
 * Return: the end of the word that begins at `from`: a blank, or the quote that ends `name="two
 * words"`.
 */
static size_t find_word_end(struct kps_sv line, size_t from)
{
    char quote = '\0';
    size_t at = from;
    for (; at < line.n && (quote || line.p[at] != ' '); at++) {
        if (quote && line.p[at] == quote) {
            quote = '\0';
        } else if (!quote && at > from && line.p[at - 1] == '=' &&
                   (line.p[at] == '"' || line.p[at] == '\'')) {
            quote = line.p[at];
        }
    }
    return at;
}

struct kps_sv kps_secret_mask(struct kps_arena *arena, struct kps_sv line)
{
    struct masking m = {.out = KPS_BUF(arena), .is_mysql = is_mysql(line)};
    for (size_t at = 0; at < line.n;) {
        if (line.p[at] == ' ') {
            kps_buf_char(&m.out, ' ');
            at++;
            continue;
        }
        size_t end = find_word_end(line, at);
        mask_word(&m, kps_sv_slice(line, at, end));
        at = end;
    }
    return m.has_masked ? kps_buf_sv(&m.out) : line;
}
