#include "yaml/node.h"

#include <string.h>

#include "yaml/plain.h"
#include "yaml/text.h"

_Static_assert(sizeof(struct kps_ynode) <= 32, "a big project has hundreds of thousands of nodes");

const struct kps_ynode *kps_ynode_resolve(const struct kps_ynode *node)
{
    while (node->kind == KPS_Y_ALIAS) {
        node = node->target;
    }
    return node;
}

static enum kps_ytype scalar_type(const struct kps_ynode *node, int64_t *ret, bool *ret_fits)
{
    *ret_fits = false;
    if (node->flags & KPS_Y_EXPANDED) {
        return KPS_T_STR;
    }
    struct kps_sv text = {node->text, node->n};
    switch ((enum kps_ytag)node->tag) {
    case KPS_Y_UNTAGGED:
        return node->style == KPS_Y_PLAIN ? kps_yaml_plain_resolve(text, ret, ret_fits) : KPS_T_STR;
    case KPS_Y_INT:
        (void)kps_yaml_plain_resolve(text, ret, ret_fits);
        return KPS_T_INT;
    case KPS_Y_FLOAT:
        return KPS_T_FLOAT;
    case KPS_Y_BOOL:
        return KPS_T_BOOL;
    case KPS_Y_NULL:
        return KPS_T_NULL;
    case KPS_Y_STR:
    case KPS_Y_SEQ_TAG:
    case KPS_Y_MAP_TAG:
    case KPS_Y_RESET:
    case KPS_Y_OVERRIDE:
    case KPS_Y_OTHER_TAG:
        break;
    }
    return KPS_T_STR;
}

enum kps_ytype kps_ynode_type(const struct kps_ynode *node)
{
    node = kps_ynode_resolve(node);
    if (node->kind != KPS_Y_SCALAR) {
        return node->kind == KPS_Y_MAP ? KPS_T_MAP : KPS_T_SEQ;
    }
    int64_t number = 0;
    bool fits = false;
    return scalar_type(node, &number, &fits);
}

const char *kps_ynode_type_name(enum kps_ytype type)
{
    static const char *const names[] = {
        [KPS_T_NULL] = "null",      [KPS_T_BOOL] = "a boolean", [KPS_T_INT] = "an integer",
        [KPS_T_FLOAT] = "a number", [KPS_T_STR] = "a string",   [KPS_T_SEQ] = "a list",
        [KPS_T_MAP] = "a mapping",
    };
    return names[type];
}

struct kps_sv kps_ynode_text(const struct kps_ynode *node)
{
    node = kps_ynode_resolve(node);
    if (node->kind != KPS_Y_SCALAR) {
        return (struct kps_sv){"", 0};
    }
    return node->flags & KPS_Y_EXPANDED ? node->expanded->s : (struct kps_sv){node->text, node->n};
}

bool kps_ynode_int(const struct kps_ynode *node, int64_t *ret)
{
    node = kps_ynode_resolve(node);
    int64_t number = 0;
    bool fits = false;
    if (node->kind != KPS_Y_SCALAR || scalar_type(node, &number, &fits) != KPS_T_INT || !fits) {
        return false;
    }
    *ret = number;
    return true;
}

const struct kps_yedge *kps_ymap_edge(const struct kps_ynode *map, struct kps_sv key)
{
    if (!map) {
        return NULL;
    }
    map = kps_ynode_resolve(map);
    if (map->kind != KPS_Y_MAP) {
        return NULL;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        /* Keys are scalars that are never interpolated: their own text is what counts. */
        const struct kps_ynode *candidate = map->edges[i].key;
        if (candidate->n == key.n && (key.n == 0 || (candidate->text[0] == key.p[0] &&
                                                     memcmp(candidate->text, key.p, key.n) == 0))) {
            return &map->edges[i];
        }
    }
    return NULL;
}

const struct kps_ynode *kps_ymap_get(const struct kps_ynode *map, struct kps_sv key)
{
    const struct kps_yedge *edge = kps_ymap_edge(map, key);
    return edge ? kps_ynode_resolve(edge->val) : NULL;
}
