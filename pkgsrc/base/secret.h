#ifndef KPS_BASE_SECRET_H
#define KPS_BASE_SECRET_H

#include "base/arena.h"

/*
 * Secrets in command lines. A report, a CI log or the log of a DaemonSet is read by more people
 * than /proc/PID/cmdline, so words that look like a secret are masked unless the user asks for them
 * (--full-cmdline).
 *
 * Masked is the value (the option or variable stays, its value becomes "***") of:
 * - an option or variable whose name has a word like password, secret or token, as `--password=x`,
 *   `--password x`, `DB_PASSWORD=x`; not a name that ends in "file" or "path";
 * - `-px` of a MySQL or MariaDB client;
 * - the password of a URL, `postgres://shop:x@db/`;
 * - the value after `Authorization:`;
 * - a word that begins as the tokens of well-known services do (ghp_, glpat-, xoxb-, AKIA, eyJ
 * ...).
 *
 * A list of patterns finds only known shapes: the manual says so.
 */

/*
 * Mask the secrets of a line of words, which blanks separate. Return: the line itself when no word
 * is masked, else a copy in the arena. Linear in the length of the line.
 */
struct kps_sv kps_secret_mask(struct kps_arena *arena, struct kps_sv line);

/*
 * Join the arguments of a process, which NULs separate, to a line of words, and mask their secrets
 * if asked to. A value that is an argument, or the rest of one, is masked with its blanks. Return:
 * the line, in the arena.
 */
struct kps_sv kps_secret_join(struct kps_arena *arena, struct kps_sv arguments, bool masks);

#endif
