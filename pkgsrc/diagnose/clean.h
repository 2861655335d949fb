#ifndef KPS_DIAGNOSE_CLEAN_H
#define KPS_DIAGNOSE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"

/*
 * Remove escape sequences (CSI, OSC and the two-letter ones) from a piece of a log, in place, also
 * across two pieces (`*state`, 0 at first). A colour goes as well if a tool has removed its escape
 * byte ("[31m") or written it out ("\u001b[31m"), within one piece. Return: the number of bytes
 * left.
 */
size_t kps_clean_text(char *bytes, size_t n, unsigned *state);

/*
 * Return: are the bytes binary? True for a NUL byte, or for control characters (other than blanks,
 * line ends and escape sequences) in more than a tenth of the first bytes.
 */
bool kps_clean_is_binary(struct kps_sv bytes);

#endif
