#ifndef KPS_BASE_SHELL_H
#define KPS_BASE_SHELL_H

#include "base/arena.h"

/*
 * `word` as one argument in a command line that people paste into a shell: as it is when it has
 * only letters, digits and @%_+=:,./- (a leading "-" or "=" or "~" apart), else in single quotes.
 * In the arena.
 */
struct kps_sv kps_shell_quote(struct kps_arena *arena, struct kps_sv word);

/*
 * Whether `word` is a name as Docker and Compose give them: letters, digits, '.', '_' and '-', the
 * first a letter or a digit. Anything else that claims to be one (an engine can say what it likes)
 * must not stand where a command would take it for an option.
 */
bool kps_shell_is_name(struct kps_sv word);

#endif
