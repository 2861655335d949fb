#ifndef KPS_KUBE_PLACEHOLDER_H
#define KPS_KUBE_PLACEHOLDER_H

#include "base/sv.h"

/*
 * Marks that some program replaces before a manifest is applied: "{{ x }}" of Helm, "${NAME}" of a
 * shell or Flux ("${NAME:-default}" too), "%s" of a printf, "<<NAME>>", "{NAME}", "@NAME@" and
 * "__NAME__" of scripts. Return the first one as a view into the text; .p is NULL where there is
 * none.
 */
struct kps_sv kps_placeholder_find(struct kps_sv text);

/*
 * Marks that only count in a line where the YAML breaks: "$NAME" of envsubst at its front, "%%%"
 * and
 * "%name%", and "{name}" with text right behind it ("{user}/web:1"). Return the first one; .p is
 * NULL where there is none.
 */
struct kps_sv kps_placeholder_find_broken(struct kps_sv line);

/* Return the first line of ytt's code at the left edge ("#@ load(…", "#@ if x:"), where no text of
 * a block can stand: a comment to YAML, whose values are missing. .p == NULL: there is none. */
struct kps_sv kps_placeholder_find_code(struct kps_sv text);

/* Return true for a word in capitals or a text in angle brackets that stands for a number or a name
 * ("PORT", "MY_PORT", "<your port>"), and where no text may be for any word with an underscore
 * ("replace_port"). */
bool kps_placeholder_is_word(struct kps_sv text, bool takes_text);

#endif
