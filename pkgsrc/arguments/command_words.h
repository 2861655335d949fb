#ifndef KPS_ARGUMENTS_COMMAND_WORDS_H
#define KPS_ARGUMENTS_COMMAND_WORDS_H

#include "base/arena.h"

/*
 * Return: a help line with the right form for a word without a file of the name that looks like a
 * command, a rule or an error message ("docker", "explain", "up", "KP101", "address already in
 * use"); empty for any other word. In the arena.
 */
struct kps_sv kps_command_words_hint(struct kps_arena *arena, struct kps_sv word);

/*
 * Return: the fault of positional arguments that are the words of a message without quotes: three
 * and more words besides ports, and none is a file. Empty: they are no message. In the arena.
 */
struct kps_sv kps_command_words_message(struct kps_arena *arena, char *const *words, size_t n);

#endif
