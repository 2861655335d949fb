#include "diagnose/clean.h"

/* Where in an escape sequence a piece of text ends; kept between pieces. */
enum { PLAIN, AFTER_ESCAPE, IN_CSI, IN_OSC, IN_OSC_ESCAPE, IN_CHARSET };

enum { ESCAPE = 0x1b, BELL = 0x07, ESCAPE_BYTES = 6 /* "\\u001b" */ };

/* Return: the state behind a byte inside an escape sequence. */
static unsigned get_next_state(unsigned state, unsigned char c)
{
    switch (state) {
    case AFTER_ESCAPE:
        if (c == '[') {
            return IN_CSI;
        }
        if (c == ']') {
            return IN_OSC;
        }
        return c == '(' || c == ')' ? IN_CHARSET : PLAIN;
    case IN_CSI:
        return c >= 0x40 && c <= 0x7e ? PLAIN : IN_CSI;
    case IN_OSC:
        if (c == BELL) {
            return PLAIN;
        }
        return c == ESCAPE ? IN_OSC_ESCAPE : IN_OSC;
    default: /* IN_OSC_ESCAPE, IN_CHARSET: a single byte more */
        return PLAIN;
    }
}

/*
 * Return: the bytes before a colour that ends behind bytes[n - 1] ("[1;31m"): its escape byte was
 * lost on the way, or is written out ("\\u001b[31m"). `n`: there is none.
 */
static size_t cut_colour(const char *bytes, size_t n)
{
    size_t at = n - 1;
    while (at > 0 && (kps_is_digit(bytes[at - 1]) || bytes[at - 1] == ';')) {
        at--;
    }
    if (at == n - 1 || at == 0 || bytes[at - 1] != '[') {
        return n;
    }
    size_t bracket = at - 1;
    size_t escape = bracket;
    while (escape > 0 && bracket - escape < ESCAPE_BYTES && bytes[escape] != '\\') {
        escape--;
    }
    struct kps_sv word = {bytes + escape, bracket - escape};
    return kps_sv_is_one_of_nocase(word, "\\u001b \\x1b \\033 \\e") ? escape : bracket;
}

size_t kps_clean_text(char *bytes, size_t n, unsigned *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (*state != PLAIN && c != '\n') {
            *state = get_next_state(*state, c);
        } else if (c == ESCAPE) {
            *state = AFTER_ESCAPE;
        } else {
            *state = PLAIN; /* no sequence goes on over the end of a line */
            bytes[kept++] = bytes[i];
            kept = c == 'm' ? cut_colour(bytes, kept) : kept;
        }
    }
    return kept;
}

bool kps_clean_is_binary(struct kps_sv bytes)
{
    enum { LOOK_AT = 4096, ONE_IN = 10 };
    size_t controls = 0;
    size_t n = bytes.n < LOOK_AT ? bytes.n : LOOK_AT;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes.p[i];
        if (c == '\0') {
            return true;
        }
        controls += c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\b' &&
                    c != ESCAPE;
    }
    return controls * ONE_IN > n;
}
