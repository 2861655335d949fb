#ifndef KPS_COMPOSE_DOTENV_H
#define KPS_COMPOSE_DOTENV_H

#include "compose/vars.h"
#include "diag/finding.h"

/*
 * Reads a .env file (grammar: spec compose §2.3) into `into`. A later line replaces an earlier one
 * of the same name, and so does a later file. ${…} in a value is looked up in `into->stronger` and
 * `into->shell`, then in what `into` holds already from earlier files, then in the lines above.
 *
 * Each variable's origin spans its value in the file, without quotes; where that text is the value,
 * it may be edited in place. A variable that a value names and that has no value nowhere is no
 * finding here: it is kept with the variable (kps_var.unset) and shows up where a ${…} uses it.
 *
 * A first layer (`into->stronger` is NULL) belongs to the project itself: Compose also puts those
 * variables into its own environment, which refuses an empty name and a NUL byte.
 *
 * Return: false when Compose would refuse the file ("key cannot contain a space", unterminated
 * quote, …) or a limit is hit; a KP902 error, or KP904 for ${X:?…} without a value, with
 * file:line:col is then in the sink. The lines before the bad one are kept.
 */
bool kps_dotenv_parse(struct kps_diag *diag, kps_file_id file, struct kps_vars *into);

#endif
