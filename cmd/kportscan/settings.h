#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/compiler.h"
#include "options.h"

/*
 * What the command line leaves open is settled by the environment, then by the configuration file,
 * then by defaults:
 *
 *   KPORTSCAN_FORMAT, _FAIL_ON, _SEVERITY, _SELECT, _IGNORE, _COLOR, _BASELINE, _CONFIG
 *
 * mean what the options of these names mean, where the option itself is not given; empty means not
 * set. The file is the one that --config or KPORTSCAN_CONFIG names, else the one that
 * kps_config_find finds; --no-config: none.
 *
 * Rules are settled in this order, later words first: --ignore (or KPORTSCAN_IGNORE) switches off;
 * --select (or KPORTSCAN_SELECT) leaves only what it names, and that also where the file has it
 * off; the file's `rules`. The severity that the file gives a rule holds whatever selected it.
 */

/*
 * Completes *options, with what is in the baseline, for the modes that report. Views live in
 * `arena`. Warnings and errors go to stderr, a line each with the place: "kportscan:
 * .kportscan.yaml:3:1: warning: there is no key …". Return: false when there was an error. Then
 * nothing is to be looked at, for what the settings would have changed is not known; who asked for
 * a format that programs read (or for files) has got a whole report with the reason in it.
 */
KPS_MUST_USE bool kps_settings_settle(struct kps_arena *arena, struct kps_options *options,
                                      const struct kps_env *env);

#endif
