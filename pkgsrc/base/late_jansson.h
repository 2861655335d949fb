#ifndef KPS_BASE_LATE_JANSSON_H
#define KPS_BASE_LATE_JANSSON_H

#include <jansson.h>

/*
 * late_jansson.c has the functions of jansson that the program calls, each under its own name, and
 * the first call of any loads the library: a check of files with text for an answer needs no JSON,
 * and mapping and relocating a library nobody calls is 6 % of the time of a small check. The
 * library's manual holds. A function that is new to the program is added to late_jansson.def.
 *
 * Without the library the program ends with exit code 2 and says so, as it does without memory: no
 * caller could go on. Threads may call at the same time. A static program has the library itself
 * and is built without that file (KPS_LATE_JANSSON=OFF).
 */

#endif
