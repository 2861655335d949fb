#include "base/secret.h"

#include "base/buf.h"

static const struct kps_sv MASK = SV_LIT("***");

static bool ends_nocase(struct kps_sv text, struct kps_sv tail)
{
    return text.n >= tail.n && kps_sv_eq_nocase(kps_sv_from(text, text.n - tail.n), tail);
}

static bool starts_nocase(struct kps_sv text, struct kps_sv head)
{
    return text.n >= head.n && kps_sv_eq_nocase(kps_sv_head(text, head.n), head);
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
    static const char parts[] = "password passwd passphrase secret token apikey api-key api_key "
                                "access-key access_key accesskey credential privatekey private-key "
                                "private_key signing-key signing_key encryption-key encryption_key "
                                "bearer cookie connection-string connectionstring";
    static const char ends[] = "pass pwd auth jwt dsn";
    enum { LONGEST_NAME = 64 };
    if (name.n > LONGEST_NAME || ends_nocase(name, SV("file")) || ends_nocase(name, SV("path"))) {
        return false;
    }
    struct kps_sv word;
    for (struct kps_sv rest = kps_sv_of(parts); kps_sv_next(&rest, ' ', &word);) {
        if (has_nocase(name, word)) {
            return true;
        }
    }
    for (struct kps_sv rest = kps_sv_of(ends); kps_sv_next(&rest, ' ', &word);) {
        if (ends_nocase(name, word)) {
            return true;
        }
    }
    return false;
}

static bool is_known_token(struct kps_sv word)
{
    static const char heads[] =
        "ghp_ gho_ ghs_ github_pat_ glpat- xoxb- xoxp- sk_live_ sk- AKIA ASIA "
        "eyJ dckr_pat_ npm_";
    enum { SHORTEST_TOKEN = 20 };
    return word.n >= SHORTEST_TOKEN && kps_sv_starts_with_any(word, heads);
}

/* Return: is the first word of the line a program whose -p takes a password? */
static bool is_mysql(struct kps_sv line)
{
    struct kps_sv program = kps_sv_before(kps_sv_before(line, '\0'), ' ');
    size_t slash = kps_sv_rfind(program, '/');
    struct kps_sv name = kps_sv_from(program, slash < program.n ? slash + 1 : 0);
    return kps_sv_starts_with_any(name, "mysql mariadb");
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
    while (scheme + 3 <= word.n && !kps_sv_has_head(kps_sv_from(word, scheme), "://")) {
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
    add_masked(m, kps_sv_head(word, colon + 1));
    kps_buf_add(&m->out, kps_sv_from(word, host));
    return true;
}

/* Return: the name of an option or variable that begins `word`, without a quote before it. */
static struct kps_sv name_of(struct kps_sv word)
{
    struct kps_sv name = kps_sv_before(word, '=');
    while (name.n && (name.p[0] == '"' || name.p[0] == '\'')) {
        name = kps_sv_from(name, 1);
    }
    return name;
}

/* Mask `--password=x` and `PASSWORD=x`; note `--password`, whose value is the next word. */
static bool mask_named(struct masking *m, struct kps_sv word)
{
    size_t equals = kps_sv_find(word, '=');
    struct kps_sv name = name_of(word);
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
        add_masked(m, kps_sv_head(word, equals + 1));
    } else {
        kps_buf_add(&m->out, word);
    }
    return true;
}

static void mask_word(struct masking *m, struct kps_sv word)
{
    bool is_value = m->masks_next;
    m->masks_next = false;
    if ((is_value && !kps_sv_has_head(word, "-")) || m->masks_rest || is_known_token(word)) {
        add_masked(m, SV(""));
    } else if (m->is_mysql && word.n > 2 && kps_sv_has_head(word, "-p")) {
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

static void mask_line(struct masking *m, struct kps_sv line)
{
    for (size_t at = 0; at < line.n;) {
        if (line.p[at] == ' ') {
            kps_buf_char(&m->out, ' ');
            at++;
            continue;
        }
        size_t end = find_word_end(line, at);
        mask_word(m, kps_sv_slice(line, at, end));
        at = end;
    }
}

struct kps_sv kps_secret_mask(struct kps_arena *arena, struct kps_sv line)
{
    struct masking m = {.out = KPS_BUF(arena), .is_mysql = is_mysql(line)};
    mask_line(&m, line);
    return m.has_masked ? kps_buf_sv(&m.out) : line;
}

/* Mask an argument: as a whole if it is a secret, or the name of one with its value; else each of
 * its words, as those of `sh -c`. */
static void mask_argument(struct masking *m, struct kps_sv argument)
{
    struct kps_sv name = name_of(argument);
    bool is_value = m->masks_next && !kps_sv_has_head(argument, "-");
    bool is_named = name.n < argument.n && kps_sv_find(name, ' ') == name.n && is_secret_name(name);
    bool is_password = m->is_mysql && kps_sv_has_head(argument, "-p");
    if (is_value || is_named || is_password) {
        mask_word(m, argument);
    } else {
        mask_line(m, argument);
    }
    m->masks_rest = m->masks_rest && ends_nocase(argument, SV("authorization:"));
}

struct kps_sv kps_secret_join(struct kps_arena *arena, struct kps_sv arguments, bool masks)
{
    struct masking m = {.out = KPS_BUF(arena), .is_mysql = is_mysql(arguments)};
    struct kps_sv argument;
    for (bool is_first = true; kps_sv_next(&arguments, '\0', &argument); is_first = false) {
        if (!is_first) {
            kps_buf_char(&m.out, ' ');
        }
        if (masks) {
            mask_argument(&m, argument);
        } else {
            kps_buf_add(&m.out, argument);
        }
    }
    return kps_buf_sv(&m.out);
}
