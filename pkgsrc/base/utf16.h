#ifndef KPS_BASE_UTF16_H
#define KPS_BASE_UTF16_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * UTF-16 text of files, which PowerShell 5 writes by ">". kubectl and Docker Compose read it by its
 * byte order mark, so the mark decides here as well: text without one is not UTF-16.
 */

/*
 * Turn *text into UTF-8 in the arena if it begins with a byte order mark of UTF-16; the mark goes.
 * An unpaired surrogate and a last single byte become U+FFFD, as in Go's decoder. Return: false,
 * with *text as before, for every other text (UTF-32 among them).
 */
bool kps_utf16_decode(struct kps_arena *arena, struct kps_sv *text);

#endif
