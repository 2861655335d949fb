#include "kube/patch_json.h"

#include "base/buf.h"
#include "base/limits.h"
#include "kube/scalar.h"
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
    raw = kps_sv_head(raw, end);
    if (kps_sv_find(raw, '~') == raw.n) {
        return raw;
    }
    struct kps_buf *text = kps_buf_new(arena);
    for (size_t i = 0; i < raw.n; i++) {
        bool is_escape = raw.p[i] == '~' && i + 1 < raw.n;
        char c = is_escape ? raw.p[++i] : raw.p[i];
        if (is_escape) {
            c = c == '1' ? '/' : '~';
        }
        kps_buf_char(text, c);
    }
    return kps_buf_sv(text);
}

static const struct kps_ynode *fail_edit(struct editing *e, const char *why)
{
    e->why = e->why ? e->why : why;
    return NULL;
}

/* Take the step through a collection from the budget. */
static bool pay_walk(struct editing *e, const struct kps_ynode *node)
{
    *e->budget -= *e->budget < 0 ? 0 : (int64_t)node->n;
    return *e->budget >= 0;
}

/*
 * Read an index as json-patch 4.12 does, which kustomize calls: Go's Atoi, below 0 from the end of
 * the list, of which `n` places are meant.
 */
static bool read_index(struct kps_sv step, uint32_t n, uint32_t *ret)
{
    bool is_back = kps_sv_has_head(step, "-");
    step = is_back || kps_sv_has_head(step, "+") ? kps_sv_from(step, 1) : step;
    int64_t index = kps_sv_number(step, UINT32_MAX);
    if (index < 0) {
        return false;
    }
    if (is_back && index) {
        index = index <= n ? n - index : n;
    }
    *ret = (uint32_t)index;
    return index < n;
}

static const struct kps_ynode *edit_list(struct editing *e, const struct kps_ynode *list,
                                         struct kps_sv step)
{
    uint32_t at = list->n;
    bool is_behind = e->action == ADD && kps_sv_is(step, "-");
    if (!is_behind && !read_index(step, list->n + (e->action == ADD ? 1 : 0), &at)) {
        return fail_edit(e, "the list has no such index");
    }
    if (e->action == ADD) {
        return kps_tree_insert(e->arena, list, at, e->value);
    }
    return kps_tree_replace(e->arena, list, at, e->action == REMOVE ? NULL : e->value);
}

/* A key that is replaced need not exist: json-patch asks so of lists alone. */
static const struct kps_ynode *edit_map(struct editing *e, const struct kps_ynode *map,
                                        struct kps_sv step)
{
    if (e->action != REMOVE) {
        return kps_tree_set(e->arena, map, step, e->value);
    }
    return kps_ynode_edge(map, step) ? kps_tree_remove(e->arena, map, step)
                                     : fail_edit(e, "there is no such key");
}

/* One step from a mapping or list to a value; NULL: the value is not there, or null. */
static const struct kps_ynode *find_child(const struct kps_ynode *node, struct kps_sv step)
{
    uint32_t at = 0;
    const struct kps_ynode *child = NULL;
    if (node->kind == KPS_Y_MAP) {
        child = kps_ynode_get(node, step);
    } else if (node->kind == KPS_Y_SEQ && read_index(step, node->n, &at)) {
        child = kps_ynode_item(node, at);
    }
    return child && !kps_tree_is_null(child) ? child : NULL;
}

/* The tree with the place at the end of `path` edited. */
static const struct kps_ynode *edit_at(struct editing *e, const struct kps_ynode *node,
                                       struct kps_sv path, unsigned depth)
{
    node = kps_ynode_resolve(node);
    if (path.n == 0 || node->kind == KPS_Y_SCALAR || depth >= KPS_LIMIT_YAML_DEPTH) {
        return fail_edit(e, "the path leads nowhere");
    }
    if (!pay_walk(e, node)) {
        return fail_edit(e, "the patches of this build are too large");
    }
    struct kps_sv rest = path;
    struct kps_sv step = next_step(e->arena, &rest);
    if (rest.n == 0 && e->action != REMOVE &&
        !kps_tree_pay(e->value, KPS_LIMIT_YAML_DEPTH - depth, e->budget)) {
        return fail_edit(e, "its copies of values are too many, or too deep");
    }
    if (rest.n == 0) {
        return node->kind == KPS_Y_MAP ? edit_map(e, node, step) : edit_list(e, node, step);
    }
    const struct kps_ynode *child = find_child(node, step);
    if (!child) {
        return fail_edit(e, "the path leads nowhere");
    }
    uint32_t at = 0;
    const struct kps_ynode *made = edit_at(e, child, rest, depth + 1);
    if (!made || node->kind == KPS_Y_MAP) {
        return made ? kps_tree_set(e->arena, node, step, made) : NULL;
    }
    (void)read_index(step, node->n, &at);
    return kps_tree_replace(e->arena, node, at, made);
}

/*
 * Find the value at `path`: NULL in *ret for null and for a key that is not there. Return false
 * where the way to the value, or an index, does not exist.
 */
static bool find_at(struct editing *e, const struct kps_ynode *node, struct kps_sv path,
                    const struct kps_ynode **ret)
{
    *ret = NULL;
    if (path.n == 0) {
        return false;
    }
    while (path.n) {
        struct kps_sv step = next_step(e->arena, &path);
        uint32_t at = 0;
        bool is_list = node && node->kind == KPS_Y_SEQ;
        if (!node || node->kind == KPS_Y_SCALAR || !pay_walk(e, node) ||
            (is_list && !read_index(step, node->n, &at))) {
            return false;
        }
        node = find_child(node, step);
    }
    *ret = node;
    return true;
}

/* Return true for equal JSON; NULL stands for null. */
static bool is_equal(struct editing *e, const struct kps_ynode *a, const struct kps_ynode *b)
{
    struct kps_kube_scalar left = kps_kube_scalar(a);
    struct kps_kube_scalar right = kps_kube_scalar(b);
    if (left.type != right.type || --*e->budget < 0) {
        return false;
    }
    if (left.type == KPS_T_NULL || left.type == KPS_T_INT) {
        return left.type == KPS_T_NULL || left.integer == right.integer;
    }
    a = kps_ynode_resolve(a);
    b = kps_ynode_resolve(b);
    if (a->kind == KPS_Y_SCALAR || a->n != b->n) {
        return a->kind == KPS_Y_SCALAR && kps_sv_eq(kps_ynode_text(a), kps_ynode_text(b));
    }
    bool equal = true;
    for (uint32_t i = 0; equal && i < a->n; i++) {
        const struct kps_ynode *key = a->edges[i].key;
        const struct kps_yedge *other = key ? kps_ynode_edge(b, kps_ynode_text(key)) : &b->edges[i];
        equal = other && is_equal(e, a->edges[i].val, other->val);
    }
    return equal;
}

static const struct kps_ynode *move_or_copy(struct editing *e, const struct kps_ynode *root,
                                            const struct kps_ynode *op, bool is_move)
{
    struct kps_sv from = kps_tree_get_text(op, "from");
    const struct kps_ynode *moved = NULL;
    from = kps_sv_from(from, kps_sv_find(from, '/'));
    if (!find_at(e, root, from, &moved)) {
        return fail_edit(e, "'from' leads nowhere");
    }
    if (is_move) {
        e->action = REMOVE;
        root = edit_at(e, root, from, 0);
    }
    e->action = ADD;
    e->value = moved ? moved : kps_tree_plain(e->arena, op, SV("null"));
    return root;
}

static const struct kps_ynode *apply_op(struct editing *e, const struct kps_ynode *root,
                                        const struct kps_ynode *op)
{
    struct kps_sv word = kps_tree_get_text(op, "op");
    struct kps_sv path = kps_tree_get_text(op, "path");
    const struct kps_yedge *edge = kps_ynode_edge(op, SV("value"));
    /* json-patch drops what stands before the first slash */
    path = kps_sv_from(path, kps_sv_find(path, '/'));
    e->value = edge ? kps_ynode_resolve(edge->val) : kps_tree_plain(e->arena, op, SV("null"));
    if (kps_sv_is(word, "test")) {
        const struct kps_ynode *there = NULL;
        bool is_met = edge && find_at(e, root, path, &there) && is_equal(e, there, e->value);
        return is_met ? root : fail_edit(e, "the test fails");
    }
    e->action = ADD;
    if (kps_sv_is_one_of(word, "move copy")) {
        root = move_or_copy(e, root, op, kps_sv_is(word, "move"));
    } else if (kps_sv_is(word, "replace")) {
        e->action = REPLACE;
    } else if (kps_sv_is(word, "remove")) {
        e->action = REMOVE;
    } else if (!kps_sv_is(word, "add")) {
        return fail_edit(e, "there is no such operation");
    }
    return root ? edit_at(e, root, path, 0) : NULL;
}

const struct kps_ynode *kps_patch_json(struct kps_arena *arena, const struct kps_ynode *root,
                                       const struct kps_ynode *ops, int64_t *budget,
                                       const char **ret_why, const struct kps_ynode **ret_at)
{
    struct editing e = {.arena = arena, .budget = budget};
    ops = kps_ynode_resolve(ops);
    for (uint32_t i = 0; root && ops->kind == KPS_Y_SEQ && i < ops->n; i++) {
        const struct kps_ynode *op = kps_ynode_item(ops, i);
        *ret_at = op;
        root = apply_op(&e, root, op);
    }
    *ret_why = e.why;
    return root;
}
