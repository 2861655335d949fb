#include "diagnose/clean.h"

/* Where in an escape sequence a piece of text ends; kept between pieces. */
enum { PLAIN, AFTER_ESCAPE, IN_CSI, IN_OSC, IN_OSC_ESCAPE, IN_CHARSET };

enum { ESCAPE = 0x1b, BELL = 0x07 };

/* The state behind one byte that is not PLAIN text. */
static unsigned step(unsigned state, unsigned char c)
{
    switch (state) {
    case AFTER_ESCAPE:
        return c == '[' ? IN_CSI : c == ']' ? IN_OSC : c == '(' || c == ')' ? IN_CHARSET : PLAIN;
    case IN_CSI:
        return c >= 0x40 && c <= 0x7e ? PLAIN : IN_CSI;
    case IN_OSC:
        return c == BELL ? PLAIN : c == ESCAPE ? IN_OSC_ESCAPE : IN_OSC;
    default: /* IN_OSC_ESCAPE, IN_CHARSET: one byte more */
        return PLAIN;
    }
}

size_t kps_clean_text(char *bytes, size_t n, unsigned *state)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (*state != PLAIN && c != '\n') {
            *state = step(*state, c);
        } else if (c == ESCAPE) {
            *state = AFTER_ESCAPE;
        } else {
            *state =
                PLAIN; /* no sequence goes on over the end of a line: one that does is broken */
            bytes[kept++] = bytes[i];
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
