#ifndef KPS_YAML_TOKEN_H
#define KPS_YAML_TOKEN_H

#include "yaml/build.h"

/* What libyaml does not tell of a node: where it begins behind its properties, and what its tag
 * means to us. */

/*
 * Where the node itself begins behind its properties and what stands between them (blanks,
 * comments, line breaks); at most `end`. The name of the anchor goes to *anchor.
 */
uint32_t kps_yaml_skip_properties(struct kps_sv bytes, const struct kps_yaml_event *event,
                                  uint32_t end, struct kps_sv *anchor);

/* Bytes of the blank or line break (also NEL, LS, PS) at `at`: 0 for none. */
uint32_t kps_yaml_blank_length(struct kps_sv bytes, uint32_t at);

/* A tag as libyaml resolved it, NULL for none. */
enum kps_ytag kps_yaml_tag(const char *tag);

#endif
