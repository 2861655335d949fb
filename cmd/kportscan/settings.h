#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/compiler.h"
#include "options.h"

/*
 * Options without a value on the command line get a value from the environment, then from the
 * configuration file, then by default:
 *
 *   KPORTSCAN_FORMAT, _FAIL_ON, _SEVERITY, _SELECT, _IGNORE, _COLOR, _BASELINE, _CONFIG
 *
 * stand for the options of these names; empty means not set. --config or KPORTSCAN_CONFIG names the
 * file, else kps_config_find finds the file; --no-config: none.
 *
 * Rules are settled in this order, later words first: --ignore (or KPORTSCAN_IGNORE) switches off;
 * --select (or KPORTSCAN_SELECT) leaves only the named rules, also rules that the file switches
 * off; the file's `rules`. The file's severity of a rule always holds.
 */

/*
 * Complete *options, and read the baseline. Views live in `arena`. Warnings and errors go to
 * stderr, a line each with the place: "kportscan: .kportscan.yaml:3:1: warning: there is no key …".
 * Return: false after an error: the run must end, as the effect of the settings is unknown; in a
 * format for programs (or in files) a whole report with the reason is written.
 */
KPS_MUST_USE bool kps_settings_settle(struct kps_arena *arena, struct kps_options *options,
                                      const struct kps_env *env);

#endif
