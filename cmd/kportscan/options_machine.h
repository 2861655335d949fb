#ifndef OPTIONS_MACHINE_H
#define OPTIONS_MACHINE_H

#include "options.h"

/* Reads "5" or "0.25", up to an hour. Return: false when it is no such time. */
bool kps_options_seconds(struct kps_sv text, uint32_t *ret_ms);

/*
 * "3000 --watch 2" means "3000 --watch=2": a number behind --watch is its seconds where a port
 * stands before. Changes the argument list, which gets shorter.
 */
void kps_options_join_watch(struct kps_arena *arena, int *argc, char **argv);

/* --free and -n. Return: what is wrong with the value; empty: nothing. */
struct kps_sv kps_options_take_free(struct kps_arena *arena, struct kps_options *options, int code,
                                    struct kps_sv text);

/*
 * Once everything is read: turns a check into a query when ports were asked for, or --docker or
 * --host without inputs. Return: what is wrong with the options about this machine; empty: nothing.
 */
struct kps_sv kps_options_settle_machine(struct kps_arena *arena, struct kps_options *options);

#endif
