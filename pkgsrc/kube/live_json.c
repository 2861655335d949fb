#include "kube/live_json.h"

#include <jansson.h>

/* Positions mean nothing here: no finding points into an answer of the API server. */

static const struct kps_ynode *make_text(struct kps_arena *arena, struct kps_sv text,
                                         bool is_string)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    *node = (struct kps_ynode){.kind = KPS_Y_SCALAR,
                               .style = is_string ? KPS_Y_DOUBLE_QUOTED : KPS_Y_PLAIN,
                               .n = (uint32_t)text.n,
                               .text = text.p};
    return node;
}

static const struct kps_ynode *make_node(struct kps_arena *arena, json_t *json);

static const struct kps_ynode *make_list(struct kps_arena *arena, json_t *json)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    size_t n = json_array_size(json);
    struct kps_yedge *edges = KPS_NEW_N(arena, struct kps_yedge, n + 1);
    for (size_t i = 0; i < n; i++) {
        edges[i] = (struct kps_yedge){.val = make_node(arena, json_array_get(json, i))};
    }
    *node = (struct kps_ynode){.kind = KPS_Y_SEQ, .n = (uint32_t)n, .edges = edges};
    return node;
}

static const struct kps_ynode *make_map(struct kps_arena *arena, json_t *json)
{
    struct kps_ynode *node = KPS_NEW(arena, struct kps_ynode);
    struct kps_yedge *edges = KPS_NEW_N(arena, struct kps_yedge, json_object_size(json) + 1);
    uint32_t n = 0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(json, key, value)
    {
        struct kps_sv name = kps_sv_copy(arena, kps_sv_of(key));
        edges[n++] =
            (struct kps_yedge){.key = make_text(arena, name, true), .val = make_node(arena, value)};
    }
    *node = (struct kps_ynode){.kind = KPS_Y_MAP, .n = n, .edges = edges};
    return node;
}

/* jansson bounds the depth of `json` (JSON_PARSER_MAX_DEPTH). */
static const struct kps_ynode *make_node(struct kps_arena *arena, json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return make_map(arena, json);
    case JSON_ARRAY:
        return make_list(arena, json);
    case JSON_STRING:
        return make_text(
            arena,
            kps_sv_copy(arena, (struct kps_sv){json_string_value(json), json_string_length(json)}),
            true);
    case JSON_INTEGER:
        return make_text(arena, kps_fmt(arena, "%lld", (long long)json_integer_value(json)), false);
    case JSON_REAL:
        return make_text(arena, kps_fmt(arena, "%.17g", json_number_value(json)), false);
    case JSON_TRUE:
        return make_text(arena, SV("true"), false);
    case JSON_FALSE:
        return make_text(arena, SV("false"), false);
    case JSON_NULL:
        break;
    }
    return make_text(arena, SV("null"), false);
}

const struct kps_ynode *kps_live_json_read(struct kps_arena *arena, struct kps_sv text)
{
    json_error_t error;
    json_t *json = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &error);
    if (!json) {
        return NULL;
    }
    const struct kps_ynode *root = make_node(arena, json);
    json_decref(json);
    return root;
}
