#ifndef KPS_BASE_UTF8_H
#define KPS_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/* A decoded character. */
struct kps_utf8_char {
    int32_t code;   /* the code point; -1: an invalid byte */
    uint32_t bytes; /* its length; 1 for an invalid byte */
};

/*
 * Decode the code point at s.p[at]. Overlong forms, surrogates and values above U+10FFFF are
 * invalid. Needs at < s.n.
 */
struct kps_utf8_char kps_utf8_decode(struct kps_sv s, size_t at);

/* Return: the code point at s.p[*at], or -1, with *at moved behind it. */
KPS_INLINE int32_t kps_utf8_next(struct kps_sv s, size_t *at)
{
    struct kps_utf8_char c = kps_utf8_decode(s, *at);
    *at += c.bytes;
    return c.code;
}

/* Return: the position of the first byte outside valid UTF-8, or s.n when all of `s` is valid. */
size_t kps_utf8_check(struct kps_sv s);

/* Count the code points of `s`; an invalid byte counts as well. */
size_t kps_utf8_count(struct kps_sv s);

/*
 * Return: `s`; when it has more than `most` bytes, its first characters in that many, and "…".
 */
struct kps_sv kps_utf8_clip(struct kps_arena *arena, struct kps_sv s, size_t most);

/*
 * Return: the columns of `code_point` on a terminal: 0 (combining), 1 or 2 (wide), by the tables of
 * utf8_width.c. 1 for an invalid byte (-1) and for characters that kps_utf8_escape replaces.
 */
int kps_utf8_width(int32_t code_point);

/* Terminal columns of a text without control characters. */
size_t kps_utf8_columns(struct kps_sv s);

/* Return: the longest head of a text with at most so many columns; marks that combine stay with
 * their character. */
struct kps_sv kps_utf8_head(struct kps_sv s, size_t columns);

/*
 * Return: must a terminal (or XML 1.0, which forbids a part) not get `code_point` raw? True for
 * controls, line and paragraph separators, bidirectional controls, ignorable (invisible)
 * characters, tags, noncharacters, and -1: a byte that is not UTF-8.
 */
bool kps_utf8_is_unsafe(int32_t code_point);

/*
 * Return: is s.p[at] the bracket of "##["? Anywhere in a line of its log a runner of GitHub Actions
 * takes the rest for a command.
 */
bool kps_utf8_is_command(struct kps_sv s, size_t at);

/*
 * `s` with every unsafe character, and the bracket of a command, written as \n, \t, \xHH or
 * \u{HHHH}; safe text is returned unchanged, without a copy.
 */
struct kps_sv kps_utf8_escape(struct kps_arena *arena, struct kps_sv s);

#endif
