#include "base/nearest.h"
#include "suppress/words.h"
#include "yaml/comments.h"
#include "yaml/reader.h"

static const struct kps_sv ANNOTATION = SV_LIT("kportscan.dev/ignore");
static const struct kps_sv EXTENSION = SV_LIT("x-kportscan");

struct reading {
    struct kps_suppress *suppress;
    kps_file_id file;
};

static struct kps_suppress_source source_of(const struct reading *r, const struct kps_ynode *scalar)
{
    return (struct kps_suppress_source){.file = r->file,
                                        .text = kps_text_of(r->suppress->diag->arena, scalar),
                                        .whole = scalar->span};
}

/* Return: does a new suppression begin behind a ';'? Else the reason goes on. */
static bool begins_rule(struct kps_sv text)
{
    text = kps_sv_trim(text);
    size_t n = 0;
    while (n < text.n && text.p[n] != ':' && text.p[n] != ',' && text.p[n] != ';' &&
           !kps_is_blank(text.p[n])) {
        n++;
    }
    return kps_sv_has_head(text, "KP") || kps_rule_exists(kps_sv_head(text, n));
}

/* "KP203: reason; KP204: reason", or a line each. */
static void read_annotation(struct reading *r, const struct kps_ynode *value,
                            struct kps_span object)
{
    const struct kps_ynode *scalar = kps_ynode_resolve(value);
    if (scalar->kind != KPS_Y_SCALAR) {
        (void)kps_suppress_fail(r->suppress, value->span, "the annotation '%.*s' wants a text",
                                SV_ARG(ANNOTATION));
        return;
    }
    struct kps_suppress_entry like = {.by = KPS_SUPPRESSED_BY_ANNOTATION, .covers = object};
    struct kps_sv text = kps_sv_copy(r->suppress->diag->arena, kps_ynode_text(scalar));
    struct kps_suppress_source source = source_of(r, scalar);
    bool is_first = true;
    for (size_t from = 0; from < text.n || is_first;) {
        size_t to = from;
        while (to < text.n && text.p[to] != '\n' &&
               (text.p[to] != ';' || !begins_rule(kps_sv_from(text, to + 1)))) {
            to++;
        }
        struct kps_sv piece = kps_sv_slice(text, from, to);
        source.off = (uint32_t)from;
        if (is_first || kps_sv_trim(piece).n) {
            kps_suppress_words(r->suppress, &source, piece, &like);
        }
        is_first = false;
        from = to + 1;
    }
}

static bool is_object(const struct kps_ynode *map)
{
    return kps_ynode_field(map, "kind") && kps_ynode_field(map, "apiVersion");
}

/* Visit every `metadata` below the node, also of pod templates and of the items of a List. */
static void walk_manifest(struct reading *r, const struct kps_ynode *node, struct kps_span object)
{
    if (node->kind == KPS_Y_MAP) {
        object = is_object(node) ? node->span : object;
        const struct kps_ynode *annotations =
            kps_ynode_field(kps_ynode_field(node, "metadata"), "annotations");
        const struct kps_yedge *edge = annotations ? kps_ynode_edge(annotations, ANNOTATION) : NULL;
        if (edge) {
            read_annotation(r, edge->val, object.file ? object : node->span);
        }
    }
    for (uint32_t i = 0; (node->kind == KPS_Y_MAP || node->kind == KPS_Y_SEQ) && i < node->n; i++) {
        if (node->edges[i].via == 0) {
            walk_manifest(r, node->edges[i].val, object);
        }
    }
}

static void read_words(struct reading *r, const struct kps_ynode *scalar,
                       const struct kps_suppress_entry *like)
{
    struct kps_suppress_source source = source_of(r, scalar);
    struct kps_sv text = kps_sv_copy(r->suppress->diag->arena, kps_ynode_text(scalar));
    kps_suppress_words(r->suppress, &source, text, like);
}

/* Read the text of a scalar; any other node is an error. */
static bool read_reason(struct reading *r, const struct kps_ynode *value, struct kps_sv *ret)
{
    const struct kps_ynode *scalar = kps_ynode_resolve(value);
    if (scalar->kind != KPS_Y_SCALAR) {
        (void)kps_suppress_fail(r->suppress, value->span, "a reason is a text");
        return false;
    }
    bool is_null = kps_ynode_type(scalar) == KPS_T_NULL;
    *ret = is_null ? SV("") : kps_sv_copy(r->suppress->diag->arena, kps_ynode_text(scalar));
    return true;
}

static void fail_item(struct reading *r, const struct kps_ynode *item)
{
    struct kps_finding *finding =
        kps_suppress_fail(r->suppress, item->span, "this suppression names no rule, or is no text");
    kps_finding_help(finding, "write \"KP101: reason\", or {rule: KP101, reason: …}");
}

/* {rule: KP101, reason: …}, or {KP101: reason} */
static void read_map(struct reading *r, const struct kps_ynode *map,
                     const struct kps_suppress_entry *base)
{
    struct kps_suppress_entry like = *base;
    const struct kps_ynode *rule = kps_ynode_field(map, "rule");
    const struct kps_yedge *reason = kps_ynode_edge(map, SV("reason"));
    if (!rule) {
        for (uint32_t i = 0; i < map->n; i++) {
            if (read_reason(r, map->edges[i].val, &like.reason)) {
                read_words(r, map->edges[i].key, &like);
            }
        }
        return;
    }
    if (rule->kind != KPS_Y_SCALAR || map->n != (reason ? 2 : 1)) {
        fail_item(r, map);
    } else if (!reason || read_reason(r, reason->val, &like.reason)) {
        read_words(r, rule, &like);
    }
}

static void read_item(struct reading *r, const struct kps_ynode *written,
                      const struct kps_suppress_entry *like)
{
    const struct kps_ynode *item = kps_ynode_resolve(written);
    if (item->kind == KPS_Y_MAP && item->n > 0) {
        read_map(r, item, like);
    } else if (item->kind == KPS_Y_SCALAR && kps_ynode_type(item) != KPS_T_NULL) {
        read_words(r, item, like);
    } else {
        fail_item(r, written);
    }
}

static void fail_key(struct reading *r, const struct kps_ynode *key)
{
    struct kps_sv word = kps_ynode_text(key);
    struct kps_nearest nearest = {.word = word};
    kps_nearest_offer(&nearest, SV("ignore"));
    struct kps_finding *finding = kps_suppress_fail(
        r->suppress, key->span, "there is no key '%.*s' in x-kportscan", SV_ARG(word));
    kps_finding_help(finding,
                     nearest.best.n ? "did you mean 'ignore'?" : "the only key is 'ignore'");
}

static void read_extension(struct reading *r, const struct kps_yedge *edge,
                           const struct kps_suppress_entry *like)
{
    const struct kps_ynode *map = kps_ynode_resolve(edge->val);
    if (map->kind != KPS_Y_MAP) {
        (void)kps_suppress_fail(r->suppress, edge->val->span,
                                "x-kportscan wants a mapping, as {ignore: [KP101]}");
        return;
    }
    for (uint32_t i = 0; i < map->n; i++) {
        if (!kps_sv_is(kps_ynode_text(map->edges[i].key), "ignore")) {
            fail_key(r, map->edges[i].key);
            continue;
        }
        const struct kps_ynode *list = kps_ynode_item(map, i);
        for (uint32_t k = 0; list->kind == KPS_Y_SEQ && k < list->n; k++) {
            read_item(r, list->edges[k].val, like);
        }
        if (list->kind != KPS_Y_SEQ) {
            read_item(r, map->edges[i].val, like);
        }
    }
}

static void walk_compose(struct reading *r, const struct kps_ynode *root)
{
    struct kps_arena *arena = r->suppress->diag->arena;
    const struct kps_yedge *edge = kps_ynode_edge(root, EXTENSION);
    uint32_t n = (uint32_t)kps_files_get(&r->suppress->diag->files, r->file)->bytes.n;
    struct kps_suppress_entry like = {.by = KPS_SUPPRESSED_BY_EXTENSION, .covers = {r->file, 0, n}};
    if (edge) {
        like.covers_project = true;
        read_extension(r, edge, &like);
        like.covers_project = false;
    }
    const struct kps_ynode *services = kps_ynode_field(root, "services");
    for (uint32_t i = 0; services && services->kind == KPS_Y_MAP && i < services->n; i++) {
        const struct kps_ynode *service = kps_ynode_item(services, i);
        edge = kps_ynode_edge(service, EXTENSION);
        if (edge) {
            like.covers = service->span;
            like.service = kps_sv_copy(arena, kps_ynode_text(services->edges[i].key));
            read_extension(r, edge, &like);
        }
    }
}

static void read_part(struct reading *r, struct kps_yaml_extent extent, bool manifests)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    /* The adapters have reported the faults of the file. */
    struct kps_diag unheard = {.arena = scratch, .files = r->suppress->diag->files};
    struct kps_yaml_part part = {(uint32_t)extent.from, (uint32_t)(extent.to - extent.from),
                                 KPS_YAML_KUBECTL};
    struct kps_yaml_reader *reader = kps_yaml_reader_open_part(&unheard, r->file, part);
    const struct kps_ynode *root = NULL;
    while (kps_yaml_reader_next(reader, scratch, &root) == KPS_YAML_DOCUMENT) {
        if (manifests) {
            walk_manifest(r, root, (struct kps_span){0, 0, 0});
        } else {
            walk_compose(r, kps_ynode_resolve(root));
        }
    }
    kps_yaml_reader_close(reader);
    kps_origins_free(&unheard.origins);
    kps_vec_free(&unheard.findings);
}

void kps_suppress_read_fields(struct kps_suppress *suppress, kps_file_id file, bool manifests)
{
    struct reading r = {suppress, file};
    struct kps_sv bytes = kps_files_get(&suppress->diag->files, file)->bytes;
    struct kps_sv word = manifests ? ANNOTATION : EXTENSION;
    struct kps_yaml_extent part = {0, 0};
    while (suppress->entries.n - suppress->n_before < KPS_SUPPRESS_MOST &&
           kps_yaml_comments_next_part(bytes, word, &part)) {
        read_part(&r, part, manifests);
    }
}
