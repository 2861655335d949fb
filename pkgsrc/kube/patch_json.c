#include "kube/patch_json.h"

#include "base/buf.h"
#include "base/limits.h"
#include "kube/tree.h"

enum action { ADD, REPLACE, REMOVE };

struct editing {
    struct kps_arena *arena;
    enum action action;
    const struct kps_ynode *value;
    const char *why; /* NULL: no mistake yet */
    int64_t *budget;
};

/* The next step of a JSON pointer, with ~1 and ~0 put back; *rest moves behind it. */
static struct kps_sv next_step(struct kps_arena *arena, struct kps_sv *rest)
{
    struct kps_sv raw = kps_sv_from(*rest, 1);
    size_t end = kps_sv_find(raw, '/');
    *rest = kps_sv_from(raw, end);
    raw = kps_sv_slice(raw, 0, end);
    if (kps_sv_find(raw, '~') == raw.n) {
        return raw;
    }
    struct kps_buf text = KPS_BUF(arena);
    for (size_t i = 0; i < raw.n; i++) {
        bool is_escape = raw.p[i] == '~' && i + 1 < raw.n;
        char c = is_escape ? raw.p[++i] : raw.p[i];
        if (is_escape) {
            c = c == '1' ? '/' : '~';
        }
        kps_buf_char(&text, c);
    }
    return kps_buf_sv(&text);
}

static const struct kps_ynode *fail_edit(struct editing *e, const char *why)
{
    e->why = e->why ? e->why : why;
    return NULL;
}

/* An index of a list; "-" is behind its end, as -1 and so on count from there. */
static bool read_index(struct kps_sv step, uint32_t n, uint32_t *ret)
{
    unsigned long long index = 0;
    if (kps_sv_eq(step, SV("-"))) {
        *ret = n;
        return true;
    }
    if (!kps_sv_u64(step, UINT32_MAX, &index) || index > n) {
        return false;
    }
    *ret = (uint32_t)index;
    return true;
}

static const struct kps_ynode *edit_list(struct editing *e, const struct kps_ynode *list,
                                         struct kps_sv step)
{
    uint32_t at = 0;
    if (!read_index(step, list->n, &at) || (e->action != ADD && at == list->n)) {
        return fail_edit(e, "the list has no such index");
    }
    if (e->action == ADD) {
        return kps_tree_insert(e->arena, list, at, e->value);
    }
    return kps_tree_replace(e->arena, list, at, e->action == REMOVE ? NULL : e->value);
}

static const struct kps_ynode *edit_map(struct editing *e, const struct kps_ynode *map,
                                        struct kps_sv step)
{
    if (e->action != ADD && !kps_ynode_edge(map, step)) {
        return fail_edit(e, "there is no such key");
    }
    return e->action == REMOVE ? kps_tree_remove(e->arena, map, step)
                               : kps_tree_set(e->arena, map, step, e->value);
}

/* The tree with the place at the end of `path` edited. */
static const struct kps_ynode *edit_at(struct editing *e, const struct kps_ynode *node,
                                       struct kps_sv path, unsigned depth)
{
    node = kps_ynode_resolve(node);
    if (path.n == 0) {
        return e->action == REMOVE ? fail_edit(e, "all of the object is removed") : e->value;
    }
    if (path.p[0] != '/' || node->kind == KPS_Y_SCALAR || depth > KPS_LIMIT_YAML_DEPTH) {
        return fail_edit(e, "the path leads nowhere");
    }
    *e->budget = *e->budget > 0 ? *e->budget - (int64_t)node->n : *e->budget;
    if (*e->budget < 0) {
        return fail_edit(e, "the patches of this build are too large");
    }
    struct kps_sv rest = path;
    struct kps_sv step = next_step(e->arena, &rest);
    if (rest.n == 0) {
        return node->kind == KPS_Y_MAP ? edit_map(e, node, step) : edit_list(e, node, step);
    }
    const struct kps_ynode *child = kps_tree_child(node, step);
    if (!child) {
        return fail_edit(e, "the path leads nowhere");
    }
    const struct kps_ynode *made = edit_at(e, child, rest, depth + 1);
    unsigned long long index = 0;
    if (!made || node->kind == KPS_Y_MAP) {
        return made ? kps_tree_set(e->arena, node, step, made) : NULL;
    }
    return kps_sv_u64(step, UINT32_MAX, &index)
               ? kps_tree_replace(e->arena, node, (uint32_t)index, made)
               : fail_edit(e, "the list has no such index");
}

static const struct kps_ynode *find_at(struct kps_arena *arena, const struct kps_ynode *node,
                                       struct kps_sv path)
{
    while (node && path.n && path.p[0] == '/') {
        struct kps_sv step = next_step(arena, &path);
        node = kps_tree_child(node, step);
    }
    return node;
}

static const struct kps_ynode *apply_op(struct editing *e, const struct kps_ynode *root,
                                        const struct kps_ynode *op)
{
    struct kps_sv word = kps_tree_get_text(op, "op");
    struct kps_sv path = kps_tree_get_text(op, "path");
    struct kps_sv from = kps_tree_get_text(op, "from");
    const struct kps_yedge *edge = kps_ynode_edge(op, SV("value"));
    e->value = edge ? kps_ynode_resolve(edge->val)
                    : kps_tree_plain(e->arena, op->span, (struct kps_sv){"null", 4});
    if (kps_sv_eq(word, SV("test"))) {
        const struct kps_ynode *there = find_at(e->arena, root, path);
        bool equal = there && (there->kind != KPS_Y_SCALAR ||
                               kps_sv_eq(kps_ynode_text(there), kps_ynode_text(e->value)));
        return equal ? root : fail_edit(e, "the test fails");
    }
    if (kps_sv_eq(word, SV("move")) || kps_sv_eq(word, SV("copy"))) {
        e->value = find_at(e->arena, root, from);
        if (!e->value) {
            return fail_edit(e, "'from' leads nowhere");
        }
        if (kps_sv_eq(word, SV("move"))) {
            const struct kps_ynode *moved = e->value;
            e->action = REMOVE;
            root = edit_at(e, root, from, 0);
            e->value = moved;
        }
        e->action = ADD;
        return root ? edit_at(e, root, path, 0) : NULL;
    }
    bool is_replace = kps_sv_eq(word, SV("replace"));
    if (!is_replace && !kps_sv_eq(word, SV("add")) && !kps_sv_eq(word, SV("remove"))) {
        return fail_edit(e, "there is no such operation");
    }
    e->action = is_replace ? REPLACE : ADD;
    e->action = kps_sv_eq(word, SV("remove")) ? REMOVE : e->action;
    return edit_at(e, root, path, 0);
}
const struct kps_ynode *kps_patch_json(struct kps_arena *arena, const struct kps_ynode *root,
                                       const struct kps_ynode *ops, int64_t *budget,
                                       const char **ret_why, struct kps_span *ret_at)
{
    struct editing e = {.arena = arena, .budget = budget};
    ops = kps_ynode_resolve(ops);
    for (uint32_t i = 0; root && ops->kind == KPS_Y_SEQ && i < ops->n; i++) {
        const struct kps_ynode *op = kps_ynode_resolve(ops->edges[i].val);
        *ret_at = op->span;
        root = apply_op(&e, root, op);
    }
    *ret_why = e.why;
    return root;
}
