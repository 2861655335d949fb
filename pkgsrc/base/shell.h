#ifndef KPS_BASE_SHELL_H
#define KPS_BASE_SHELL_H

#include "base/arena.h"

/*
 * Write `word` as a single argument of a command line for a shell: unchanged when made of letters,
 * digits and @%_+=:,./- (a leading "-" or "=" or "~" apart), else in single quotes. In the arena.
 */
struct kps_sv kps_shell_quote(struct kps_arena *arena, struct kps_sv word);

/*
 * Return "sudo " for a command that only root may run; "" when this user is root, who is not told
 * to become root.
 */
const char *kps_shell_sudo(void);

/*
 * Return: is `word` a name by the rules of Docker and Compose: letters, digits, '.', '_' and '-',
 * the first a letter or a digit? No other text of an engine may stand in a command, where a leading
 * '-' would be an option.
 */
bool kps_shell_is_name(struct kps_sv word);

#endif
