#ifndef KPS_KUBE_TREE_H
#define KPS_KUBE_TREE_H

#include "yaml/node.h"

/*
 * Edits of YAML trees without a change to any node: each function returns a new collection whose
 * edges lead to the old children, so that every value keeps the place where its file has it. All
 * new nodes live in the arena that is given. A "list" or "mapping" of another kind of node reads as
 * an empty one.
 */

/* A string scalar that reads as `text`, standing where `at` stands. `text` must outlive the tree.
 */
const struct kps_ynode *kps_tree_text(struct kps_arena *arena, const struct kps_ynode *at,
                                      struct kps_sv text);
/* The same for a plain scalar ("3" is a number). */
const struct kps_ynode *kps_tree_plain(struct kps_arena *arena, const struct kps_ynode *at,
                                       struct kps_sv text);
/* An empty mapping or list standing at `span`. */
const struct kps_ynode *kps_tree_empty(struct kps_arena *arena, enum kps_ykind kind,
                                       struct kps_span span);

/* `map` with `key` set to `value`, at the key's old position, else at the end; map may be NULL. */
const struct kps_ynode *kps_tree_set(struct kps_arena *arena, const struct kps_ynode *map,
                                     struct kps_sv key, const struct kps_ynode *value);
/* `map` without `key`. */
const struct kps_ynode *kps_tree_remove(struct kps_arena *arena, const struct kps_ynode *map,
                                        struct kps_sv key);

/* A list of these values, standing where `list` stands. */
const struct kps_ynode *kps_tree_list(struct kps_arena *arena, const struct kps_ynode *list,
                                      const struct kps_ynode *const *values, uint32_t n);
/* `list` with `value` put before index `at` (at == n: at the end). */
const struct kps_ynode *kps_tree_insert(struct kps_arena *arena, const struct kps_ynode *list,
                                        uint32_t at, const struct kps_ynode *value);
/* `list` with another value at `at`, or without it (value == NULL). */
const struct kps_ynode *kps_tree_replace(struct kps_arena *arena, const struct kps_ynode *list,
                                         uint32_t at, const struct kps_ynode *value);

/* One step from a mapping or list to a value; `key` is an index in a list. NULL: not there. */
const struct kps_ynode *kps_tree_child(const struct kps_ynode *node, struct kps_sv key);

/* Return item `i` of a list, resolved through aliases; NULL: `list` has no such item, or is no
 * list. */
const struct kps_ynode *kps_tree_item(const struct kps_ynode *list, uint32_t i);

/* Return true for a scalar of the null type. */
bool kps_tree_is_null(const struct kps_ynode *node);

/* The text at a path of keys that dots separate; empty when there is none, or null. */
struct kps_sv kps_tree_get_text(const struct kps_ynode *node, const char *path);
/* Return true for the text `word`, or "true", at such a path. */
bool kps_tree_is(const struct kps_ynode *node, const char *path, const char *word);
bool kps_tree_is_true(const struct kps_ynode *node, const char *path);
/* The value at such a path, or NULL. */
const struct kps_ynode *kps_tree_get(const struct kps_ynode *node, const char *path);

/*
 * Take one from *budget for each value of a tree, as often as aliases and copies show it. Return
 * false when the budget is used up, and for a tree that is nested deeper than `room`.
 */
bool kps_tree_pay(const struct kps_ynode *node, unsigned room, int64_t *budget);

#endif
