#ifndef KPS_COMPOSE_DOTENV_TEXT_H
#define KPS_COMPOSE_DOTENV_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * The characters and escapes of .env files, as Go classifies and reads them.
 */

/* Blanks inside a line: tab, vertical tab, form feed, CR, space, U+0085, U+00A0. */
bool kps_dotenv_is_blank(int32_t code_point);

/* White space of any kind (Go's unicode.IsSpace), line breaks included. */
bool kps_dotenv_is_space(int32_t code_point);

/* What a name may consist of: letters, digits, `_ . - [ ]`. Beyond ASCII by blocks, not by every
 * single character. */
bool kps_dotenv_is_name_char(int32_t code_point);

/* `s` without white space at its end. */
struct kps_sv kps_dotenv_trim_end(struct kps_sv s);

/*
 * The text between two quotes: a backslash before `quote` is taken off; in double quotes \a \b \f
 * \n \r \t \v \\ and \0 with three octal digits are read, \$ becomes $$ (to be expanded to one).
 * Other backslashes stay. Return: `s` itself when it holds no backslash, else a text in the arena.
 */
struct kps_sv kps_dotenv_unescape(struct kps_arena *arena, struct kps_sv s, char quote);

#endif
