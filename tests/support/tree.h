#ifndef KPS_SUPPORT_TREE_H
#define KPS_SUPPORT_TREE_H

#include "base/buf.h"
#include "yaml/reader.h"

/* A YAML text as the only file of a sink, for tests of the YAML folder. */
struct tree {
    struct kps_arena *arena;
    struct kps_diag diag;
    kps_file_id file;
};

static inline void tree_begin(struct tree *tree, struct kps_sv bytes)
{
    *tree = (struct tree){.arena = kps_arena_new()};
    tree->diag.arena = tree->arena;
    tree->file = kps_files_add(&tree->diag.files, SV("t.yaml"), kps_sv_copy(tree->arena, bytes));
}

static inline void tree_end(struct tree *tree)
{
    kps_diag_free(&tree->diag);
    kps_arena_free(tree->arena);
}

/* The first document, or NULL. */
static inline const struct kps_ynode *tree_first(struct tree *tree)
{
    const struct kps_ynode *root = NULL;
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&tree->diag, tree->file);
    if (kps_yaml_reader_next(reader, tree->arena, &root) != KPS_YAML_DOCUMENT) {
        root = NULL;
    }
    kps_yaml_reader_close(reader);
    return root;
}

/* Reads all documents. Return: how many there were before the end (or, told in *ret_last, before an
 * error). */
static inline uint32_t tree_all(struct tree *tree, enum kps_yaml_result *ret_last)
{
    uint32_t n = 0;
    const struct kps_ynode *root = NULL;
    struct kps_yaml_reader *reader = kps_yaml_reader_open(&tree->diag, tree->file);
    while ((*ret_last = kps_yaml_reader_next(reader, tree->arena, &root)) == KPS_YAML_DOCUMENT) {
        n++;
    }
    kps_yaml_reader_close(reader);
    return n;
}

/* "3:5-3:9": the line and column of the first character and of the one behind the last. */
static inline void tree_add_span(struct kps_buf *out, struct tree *tree, struct kps_span span)
{
    struct kps_pos from = kps_files_pos(&tree->diag.files, span.file, span.off);
    struct kps_pos to = kps_files_pos(&tree->diag.files, span.file, span.off + span.len);
    kps_buf_fmt(out, "%u:%u-%u:%u", from.line, from.col, to.line, to.col);
}

/* All findings, one a line: "3:1 message" and for every further place " (2:1 label)". */
static inline struct kps_sv tree_findings(struct tree *tree)
{
    struct kps_buf out = KPS_BUF(tree->arena);
    for (uint32_t i = 0; i < tree->diag.findings.n; i++) {
        const struct kps_finding *finding = tree->diag.findings.v[i];
        struct kps_span span = kps_finding_span(&tree->diag, finding);
        struct kps_pos pos = kps_files_pos(&tree->diag.files, span.file, span.off);
        kps_buf_fmt(&out, "%s%u:%u %.*s", i ? "\n" : "", pos.line, pos.col,
                    SV_ARG(finding->message));
        for (uint32_t k = 1; k < finding->n_parties; k++) {
            span = kps_origins_span(&tree->diag.origins, finding->parties[k].at);
            pos = kps_files_pos(&tree->diag.files, span.file, span.off);
            kps_buf_fmt(&out, " (%u:%u %.*s)", pos.line, pos.col,
                        SV_ARG(finding->parties[k].label));
        }
    }
    return kps_buf_sv(&out);
}

/*
 * A tree in one line: {key=value; …}, [item, …], scalars as they read, *alias as *(value). A key
 * that a merge brought is followed by @line:column of each step, innermost first.
 */
static inline void tree_add(struct kps_buf *out, struct tree *tree, const struct kps_ynode *node)
{
    if (node->kind == KPS_Y_ALIAS) {
        kps_buf_add(out, SV("*("));
        tree_add(out, tree, node->target);
        kps_buf_char(out, ')');
        return;
    }
    if (node->kind == KPS_Y_SCALAR) {
        kps_buf_add(out, kps_ynode_text(node));
        return;
    }
    kps_buf_char(out, node->kind == KPS_Y_MAP ? '{' : '[');
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_yedge *edge = &node->edges[i];
        kps_buf_add(out, i ? SV("; ") : SV(""));
        if (edge->key) {
            kps_buf_add(out, kps_ynode_text(edge->key));
        }
        for (kps_origin_id via = edge->via; via; via = kps_origins_up(&tree->diag.origins, via)) {
            struct kps_span span = kps_origins_span(&tree->diag.origins, via);
            struct kps_pos pos = kps_files_pos(&tree->diag.files, span.file, span.off);
            kps_buf_fmt(out, "@%u:%u", pos.line, pos.col);
        }
        kps_buf_add(out, edge->key ? SV("=") : SV(""));
        tree_add(out, tree, edge->val);
    }
    kps_buf_char(out, node->kind == KPS_Y_MAP ? '}' : ']');
}

static inline struct kps_sv tree_text(struct tree *tree, const struct kps_ynode *node)
{
    struct kps_buf out = KPS_BUF(tree->arena);
    tree_add(&out, tree, node);
    return kps_buf_sv(&out);
}

#endif
