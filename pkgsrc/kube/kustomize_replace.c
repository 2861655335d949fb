#include "kube/kustomize_build.h"

#include "base/limits.h"
#include "base/path.h"
#include "kube/tree.h"

/* `replacements`: the value of a field of one object, put into fields of others. */

/* A field path: keys that dots separate, "[name=web]" for an item of a list, "[=web]" for a text of
 * a list, "[a.b]" for a key with dots, "*" for all. */
struct step {
    struct kps_sv key;   /* of a mapping, or an index; empty: see `name` */
    struct kps_sv name;  /* "[name=value]": an item by one of its fields … */
    struct kps_sv value; /* … and what that is */
};

enum { MOST_STEPS = 64 };

struct field_path {
    struct step steps[MOST_STEPS];
    uint32_t n;
};

/* Put `value` at a place of a field path. */
struct placing {
    struct kps_build *build;
    const struct field_path *path;
    const struct kps_ynode *value, *options;
    bool found;
};

static bool parse_path(struct kps_sv text, struct field_path *ret)
{
    ret->n = 0;
    text = kps_sv_has_head(text, ".") ? kps_sv_from(text, 1) : text;
    while (text.n && ret->n < MOST_STEPS) {
        struct step *step = &ret->steps[ret->n++];
        *step = (struct step){.key = {"", 0}};
        size_t end = 0;
        if (text.p[0] == '[') {
            end = kps_sv_find(text, ']');
            struct kps_sv inner = kps_sv_slice(text, 1, end);
            size_t equals = kps_sv_find(inner, '=');
            if (equals == inner.n) {
                step->key = inner; /* "[a.b/c]": a key with dots */
            } else {
                step->name = kps_sv_head(inner, equals);
                step->value = kps_sv_from(inner, equals + 1);
            }
            end++;
        } else {
            while (end < text.n && text.p[end] != '.') {
                end += text.p[end] == '\\' ? 2U : 1U;
            }
            end = end < text.n ? end : text.n;
            step->key = kps_sv_head(text, end);
        }
        text = kps_sv_from(text, end);
        text = kps_sv_has_head(text, ".") ? kps_sv_from(text, 1) : text;
    }
    return text.n == 0 && ret->n > 0;
}

/* A key without the backslashes before its dots. */
static struct kps_sv plain_key(struct kps_arena *arena, struct kps_sv key)
{
    if (kps_sv_find(key, '\\') == key.n) {
        return key;
    }
    char *text = kps_alloc(arena, key.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] != '\\') {
            text[n++] = key.p[i];
        }
    }
    return (struct kps_sv){text, n};
}

static bool is_step_to(const struct step *step, const struct kps_ynode *item, uint32_t index)
{
    if (step->key.n) {
        return kps_sv_is(step->key, "*") || kps_sv_number(step->key, UINT32_MAX) == index;
    }
    const struct kps_ynode *field = step->name.n ? kps_ynode_get(item, step->name) : item;
    return field && kps_sv_eq(kps_ynode_text(field), step->value);
}

static const struct kps_ynode *find_value(struct kps_arena *arena, const struct kps_ynode *node,
                                          const struct field_path *path)
{
    for (uint32_t i = 0; node && i < path->n; i++) {
        const struct step *step = &path->steps[i];
        const struct kps_ynode *next = NULL;
        if (node->kind == KPS_Y_MAP && step->key.n) {
            next = kps_ynode_get(node, plain_key(arena, step->key));
        }
        for (uint32_t k = 0; node->kind == KPS_Y_SEQ && k < node->n && !next; k++) {
            const struct kps_ynode *item = kps_ynode_item(node, k);
            next = is_step_to(step, item, k) ? item : NULL;
        }
        node = next;
    }
    return node;
}

/* The part with this number of a text that a delimiter cuts; text.n: there is none. */
static struct kps_sv find_part(struct kps_sv text, struct kps_sv delimiter, uint32_t index,
                               size_t *ret_at)
{
    size_t at = 0;
    for (uint32_t i = 0;; i++) {
        struct kps_sv rest = kps_sv_from(text, at);
        size_t end = kps_sv_search(rest, delimiter);
        if (i == index) {
            *ret_at = at;
            return kps_sv_head(rest, end);
        }
        if (end == rest.n) {
            *ret_at = text.n;
            return (struct kps_sv){NULL, 0};
        }
        at += end + delimiter.n;
    }
}

/* Return the index of the options; -1: below 0. */
static int64_t read_index(const struct kps_ynode *options)
{
    struct kps_sv text = kps_tree_get_text(options, "index");
    int64_t index = kps_sv_number(text, INT32_MAX);
    return kps_sv_has_head(text, "-") || index > 0 ? index : 0;
}

/* Return the text of a field with `put` in place of its part, or before or behind all parts. */
static struct kps_sv replace_part(const struct placing *p, struct kps_sv text,
                                  struct kps_sv delimiter, struct kps_sv put)
{
    size_t at = 0;
    int64_t index = read_index(p->options);
    if (index < 0) {
        return KPS_CONCAT(p->build->arena, put, delimiter, text);
    }
    struct kps_sv part = find_part(text, delimiter, (uint32_t)index, &at);
    return part.p ? KPS_CONCAT(p->build->arena, kps_sv_head(text, at), put,
                               kps_sv_from(text, at + part.n))
                  : KPS_CONCAT(p->build->arena, text, delimiter, put);
}

/* Return a text as the new value of a scalar: the text changes, its type does not. */
static const struct kps_ynode *set_scalar(const struct placing *p, const struct kps_ynode *old,
                                          struct kps_sv text)
{
    enum kps_ytype type = kps_ynode_type(old);
    if (type == KPS_T_STR) {
        return kps_tree_text(p->build->arena, p->value, text);
    }
    const struct kps_ynode *made = kps_tree_plain(p->build->arena, p->value, text);
    enum kps_ytype now = kps_ynode_type(made);
    if (now != type && !(type == KPS_T_FLOAT && now == KPS_T_INT)) {
        kps_build_fail(p->build, p->value, "'%.*s' is put in the place of %s", SV_ARG(text),
                       kps_ynode_type_name(type));
    }
    return made;
}

/* Return the new value of a field: the whole, or a part of its text. */
static const struct kps_ynode *make_value(struct placing *p, const struct kps_ynode *old)
{
    struct kps_sv delimiter = kps_tree_get_text(p->options, "delimiter");
    uint64_t n = old && delimiter.n ? kps_ynode_text(old).n + kps_ynode_text(p->value).n : 0;
    if (!kps_build_pay(p->build, p->value, 1 + n / 16)) {
        return old;
    }
    if (old && old->kind != KPS_Y_SCALAR && delimiter.n) {
        kps_build_fail(p->build, p->value, "only a single value has parts between delimiters");
        return old;
    }
    if (old ? old->kind != KPS_Y_SCALAR : p->value->kind != KPS_Y_SCALAR) {
        unsigned room = KPS_LIMIT_YAML_DEPTH - p->path->n;
        bool is_paid = kps_tree_pay(p->value, room, &p->build->budget);
        if (!is_paid) {
            kps_build_fail(p->build, p->value,
                           "the copies of this value are too many, or too deep");
        }
        return is_paid ? p->value : old;
    }
    struct kps_sv put = kps_ynode_text(p->value); /* a collection has no text of its own */
    if (!old) {
        return kps_tree_plain(p->build->arena, p->value, put);
    }
    return set_scalar(p, old,
                      delimiter.n ? replace_part(p, kps_ynode_text(old), delimiter, put) : put);
}

static const struct kps_ynode *place_at(struct placing *p, const struct kps_ynode *node,
                                        uint32_t i);

/* Return true when `create` makes a new last item for the step; a list that is missing has none. */
static bool is_new_item(const struct step *step, const struct kps_ynode *list)
{
    return step->key.n == 0 || kps_sv_number(step->key, UINT32_MAX) == (list ? list->n : 0);
}

static const struct kps_ynode *place_in_list(struct placing *p, const struct kps_ynode *list,
                                             uint32_t i, bool makes)
{
    struct kps_arena *arena = p->build->arena;
    const struct step *step = &p->path->steps[i];
    bool any = false;
    for (uint32_t k = 0; list && k < list->n; k++) {
        const struct kps_ynode *item = kps_ynode_item(list, k);
        if (is_step_to(step, item, k) && kps_build_pay(p->build, p->value, list->n)) {
            const struct kps_ynode *made = place_at(p, item, i + 1);
            list = made == item ? list : kps_tree_replace(arena, list, k, made);
            any = true;
        }
    }
    if (any || !makes || !is_new_item(step, list) ||
        !kps_build_pay(p->build, p->value, list ? list->n : 1)) {
        return list;
    }
    unsigned long long number = 0; /* "n" and "yes" are quoted */
    const struct kps_ynode *item = kps_sv_u64(step->value, UINT64_MAX, &number)
                                       ? kps_tree_plain(arena, p->value, step->value)
                                       : kps_tree_text(arena, p->value, step->value);
    item = step->name.n ? kps_tree_set(arena, NULL, step->name, item) : item;
    item = step->key.n ? NULL : item;
    const struct kps_ynode *made = place_at(p, item, i + 1);
    return made ? kps_tree_insert(arena, list, UINT32_MAX, made) : list;
}

static const struct kps_ynode *place_at(struct placing *p, const struct kps_ynode *node, uint32_t i)
{
    struct kps_arena *arena = p->build->arena;
    bool makes = kps_tree_is_true(p->options, "create");
    if (i == p->path->n) {
        p->found = true;
        return make_value(p, node);
    }
    const struct step *step = &p->path->steps[i];
    node = node ? kps_ynode_resolve(node) : NULL;
    if (node ? node->kind == KPS_Y_SEQ : is_new_item(step, NULL)) {
        return place_in_list(p, node, i, makes);
    }
    struct kps_sv key = plain_key(arena, step->key);
    const struct kps_ynode *child = kps_ynode_get(node, key);
    if (key.n == 0 || (!child && !makes) ||
        !kps_build_pay(p->build, p->value, node ? node->n : 1)) {
        return node;
    }
    const struct kps_ynode *made = place_at(p, child, i + 1);
    return !made || made == child ? node : kps_tree_set(arena, node, key, made);
}

/* Return the part of a source's value that the options name. */
static const struct kps_ynode *take_part(struct kps_build *build, const struct kps_ynode *value,
                                         struct kps_sv delimiter, int64_t index)
{
    size_t at = 0;
    if (value->kind != KPS_Y_SCALAR) {
        kps_build_fail(build, value, "only a single value has parts between delimiters");
        return value;
    }
    struct kps_sv text = kps_ynode_text(value);
    struct kps_sv part = {NULL, 0};
    if (index >= 0) {
        part = find_part(text, delimiter, (uint32_t)index, &at);
    }
    if (!part.p) {
        kps_build_fail(build, value, "'%.*s' has no part %d", SV_ARG(text), (int)index);
        return value;
    }
    return kps_tree_text(build->arena, value, part);
}

/* Return the value of a source; NULL: not among the read objects (a ConfigMap). */
static const struct kps_ynode *find_source(struct kps_build *build, const struct kps_ynode *source)
{
    struct field_path path;
    struct kps_sv text = kps_tree_get_text(source, "fieldPath");
    if (!parse_path(text.n ? text : SV("metadata.name"), &path)) {
        return NULL;
    }
    for (uint32_t i = 0; i < path.n; i++) {
        if (kps_sv_is(path.steps[i].key, "*")) {
            kps_build_fail(build, source, "the path of a source has no '*'");
        }
    }
    struct kps_build_selector selector;
    const struct kps_build_object *object = NULL;
    kps_build_selector_open(build, source, false, &selector);
    for (uint32_t i = build->first; i < build->objects.n; i++) {
        bool is_meant = kps_build_selects(build, &selector, build->objects.v[i]);
        if (is_meant && object) {
            kps_build_fail(build, source, "more than one resource here is such a source");
        } else if (is_meant) {
            object = build->objects.v[i];
        }
    }
    if (object) {
        const struct kps_ynode *value = find_value(build->arena, object->root, &path);
        const struct kps_ynode *options = kps_ynode_field(source, "options");
        struct kps_sv delimiter = kps_tree_get_text(options, "delimiter");
        if (!value || delimiter.n == 0) {
            return value;
        }
        return take_part(build, value, delimiter, read_index(options));
    }
    return NULL;
}

static bool is_rejected(struct kps_build *build, const struct kps_ynode *target,
                        const struct kps_build_object *object)
{
    struct kps_build_selector selector;
    const struct kps_ynode *list = kps_ynode_field(target, "reject");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        kps_build_selector_open(build, entry, false, &selector);
        if (!kps_build_pay(build, list, 1) || kps_build_selects(build, &selector, object)) {
            return true;
        }
    }
    return false;
}

static void place_in_target(struct kps_build *build, const struct kps_ynode *target,
                            const struct kps_ynode *value)
{
    const struct kps_ynode *select = kps_ynode_field(target, "select");
    const struct kps_ynode *paths = kps_ynode_field(target, "fieldPaths");
    struct kps_build_selector selector;
    kps_build_selector_open(build, select, false, &selector);
    if (!select) {
        kps_build_fail(build, target, "a target of a replacement has a 'select'");
    }
    for (uint32_t i = build->first; select && i < build->objects.n; i++) {
        struct kps_build_object *object = build->objects.v[i];
        if (!kps_build_selects(build, &selector, object) || is_rejected(build, target, object)) {
            continue;
        }
        for (uint32_t f = 0; f < kps_ynode_count(paths, KPS_Y_SEQ); f++) {
            struct field_path path;
            struct placing p = {build, &path, value, kps_ynode_field(target, "options"), false};
            struct kps_sv text = kps_ynode_text(paths->edges[f].val);
            if (!kps_build_pay(build, paths, 1 + text.n / 16) || !parse_path(text, &path)) {
                continue;
            }
            object->root = place_at(&p, object->root, 0);
            kps_build_refresh(build, object, paths->edges[f].val);
            if (!p.found && !build->is_open) {
                kps_build_fail(build, paths->edges[f].val,
                               "%.*s '%.*s' has no such field to put the value into",
                               SV_ARG(object->kind), SV_ARG(object->now.name));
            }
        }
    }
}

/* Report a source without a resource. Of kinds without ports only ConfigMaps are read. */
static void report_source(struct kps_build *build, const struct kps_ynode *source)
{
    /* the group of a source may be left out: any apiVersion counts */
    if (kps_build_has_all(build, (struct kps_sv){"", 0}, kps_tree_get_text(source, "kind"))) {
        kps_build_fail(build, source, "no resource here has the value that is copied");
    }
    build->is_open = true;
}

static void apply_replacement(struct kps_build *build, const struct kps_ynode *entry)
{
    const struct kps_ynode *source = kps_ynode_field(entry, "source");
    const struct kps_ynode *targets = kps_ynode_field(entry, "targets");
    const struct kps_ynode *value = kps_ynode_field(entry, "sourceValue");
    bool has_source = source && !kps_tree_is_null(source);
    if (has_source == (value != NULL) || !targets || targets->n == 0) {
        kps_build_fail(build, entry, "a replacement has a source and targets");
        return;
    }
    value = value ? value : find_source(build, source);
    if (!value) {
        report_source(build, source);
        return;
    }
    const struct kps_ynode *target = NULL;
    for (uint32_t i = 0; (target = kps_tree_item(targets, i)) != NULL; i++) {
        if (kps_build_pay(build, entry, build->n_names)) {
            place_in_target(build, target, value);
        }
    }
}

void kps_build_replace(struct kps_build *build)
{
    const struct kps_ynode *list = kps_ynode_field(build->kz->root, "replacements");
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        const struct kps_ynode *path = kps_ynode_field(entry, "path");
        if (!path) {
            apply_replacement(build, entry);
            continue;
        }
        const struct kps_build_documents *documents = kps_build_read_file(build, path);
        const struct kps_ynode *root = documents->n ? documents->v[0] : NULL;
        bool is_list = root && root->kind == KPS_Y_SEQ;
        if (kps_ynode_field(entry, "source") || kps_ynode_field(entry, "targets")) {
            kps_build_fail(build, entry, "a replacement has either a 'path' or a source");
        } else if (documents->is_read && !root) {
            kps_build_fail(build, path, "no replacement is in this file");
        }
        for (uint32_t e = 0; root && e < (is_list ? root->n : 1); e++) {
            const struct kps_ynode *item = is_list ? kps_ynode_item(root, e) : root;
            kps_build_check_replacement(build, item);
            apply_replacement(build, item);
        }
    }
}
