#ifndef KPS_KUBE_PORTLESS_H
#define KPS_KUBE_PORTLESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sv.h"

/*
 * Kinds of objects that hold no ports: most bytes of real trees are CustomResourceDefinitions,
 * ConfigMaps and roles. A document that shows such a kind at its head is not parsed. The answer is
 * the same as with parsing, but for one thing: a mistake in the YAML of such a document is not
 * reported.
 */

/* Return true for a kind of the API that has neither pods nor ports nor a word about either; an
 * empty `api_version` stands for any. */
bool kps_portless_kind(struct kps_sv api_version, struct kps_sv kind);

/*
 * Return true when the document (the bytes between two "---") is one object of such a kind:
 * apiVersion and kind are its first two keys in block style, neither comes again, and nothing in it
 * looks like a template or a suppression. A PriorityClass is none: it ranks the pods of an apply.
 */
bool kps_portless_document(struct kps_sv document);

/* Return true for bytes with a ConfigMap, whose values a kustomization may copy into ports. */
bool kps_portless_is_data(struct kps_sv bytes);

/* Return the number of documents of a file when each of them is one, else 0. */
uint32_t kps_portless_count(struct kps_sv bytes);

/*
 * Return the bytes with each such document reduced to its head and its line breaks, in the arena;
 * the bytes themselves where nothing is reduced. Lines keep their numbers, and what is read from
 * the result is the same. ConfigMaps stay: a kustomization may copy their values.
 */
struct kps_sv kps_portless_shrink(struct kps_arena *arena, struct kps_sv bytes);

#endif
