#ifndef COMMAND_WORDS_H
#define COMMAND_WORDS_H

#include "base/arena.h"

/*
 * Return: a help line with the right form for a word without a file of the name that looks like a
 * command, a rule or an error message ("docker", "explain", "up", "KP101", "address already in
 * use"); empty for any other word. In the arena.
 */
struct kps_sv kps_command_words_hint(struct kps_arena *arena, struct kps_sv word);

#endif
