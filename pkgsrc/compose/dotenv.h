#ifndef KPS_COMPOSE_DOTENV_H
#define KPS_COMPOSE_DOTENV_H

#include "compose/vars.h"
#include "diag/finding.h"

/*
 * Reads a .env file (grammar: spec compose §2.3) into `into`. A later line replaces an earlier one of the same name,
 * and so does a later file. ${…} in a value is looked up in `into->stronger` and `into->shell` first, then in what
 * `into` holds already. Each variable's origin spans its value in the file.
 *
 * Return: false when Compose would refuse the file ("key cannot contain a space", unterminated quote, a required
 * variable without a value, …); a KP902 error with file:line:col is then in the sink and the lines before the bad one
 * are kept.
 */
bool kps_dotenv_parse(struct kps_diag *diag, kps_file_id file, struct kps_vars *into);

#endif
