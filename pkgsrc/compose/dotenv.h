#ifndef KPS_COMPOSE_DOTENV_H
#define KPS_COMPOSE_DOTENV_H

#include "compose/vars.h"
#include "diag/finding.h"

/*
 * Read a .env file (grammar: spec compose §2.3) into `into`. A later line replaces an earlier line
 * of the same name, and so does a later file. ${…} in a value is looked up in `into->stronger` and
 * `into->shell`, then in the variables of earlier files in `into`, then in the lines above.
 *
 * Each variable's origin spans its value in the file, without quotes; where the text is the
 * value, the text may be edited in place; `up` leads to the variables in the value. A variable
 * without a value inside a value is no finding here: the name is kept with the variable
 * (kps_var.unset) and shows up where a ${…} uses it.
 *
 * A first layer (`into->stronger` is NULL) belongs to the project itself: Compose before 2.40 also
 * puts those variables into its own environment, which refuses an empty name and a NUL byte. For
 * later versions this is a note (KP908).
 *
 * Return: false when Compose would refuse the file ("key cannot contain a space", unterminated
 * quote, …) or a limit is hit; a KP902 error, or KP904 for ${X:?…} without a value, with
 * file:line:col is then in the sink. The lines before the bad line are kept.
 */
bool kps_dotenv_parse(struct kps_diag *diag, kps_file_id file, struct kps_vars *into);

#endif
