#include "kube/kustomize_build.h"

#include "kube/tree.h"
#include "yaml/reader.h"

/* The documents of a file that a kustomization names, or of a text inside of it: patches, plugins,
 * replacements, configurations. */

struct kps_build_documents *kps_build_documents_at(struct kps_build *build, char reader,
                                                   kps_file_id file, uint32_t off, bool *ret_new)
{
    struct kps_sv key = kps_fmt(build->arena, "%c%u:%u", reader, file, off);
    uint32_t at = *kps_map_put(&build->places, build->arena, key, build->documents.n);
    *ret_new = at == build->documents.n;
    if (*ret_new) {
        *kps_vec_push(&build->documents) = KPS_NEW(build->arena, struct kps_build_documents);
    }
    return build->documents.v[at];
}

void kps_build_documents_add(struct kps_build *build, struct kps_build_documents *documents,
                             const struct kps_ynode *root)
{
    uint32_t n = documents->n++;
    if ((n & (n - 1)) == 0) {
        const struct kps_ynode **more =
            KPS_NEW_N(build->arena, const struct kps_ynode *, n ? (size_t)n * 2 : 1);
        for (uint32_t i = 0; i < n; i++) {
            more[i] = documents->v[i];
        }
        documents->v = more;
    }
    documents->v[n] = root;
}

/* Return the documents as another entry names them. */
static const struct kps_build_documents *name_again(struct kps_build *build,
                                                    const struct kps_build_documents *documents,
                                                    const struct kps_ynode *entry)
{
    struct kps_build_documents *copy = KPS_NEW(build->arena, struct kps_build_documents);
    *copy = *documents;
    copy->entry = entry;
    return copy;
}

static void read_part(struct kps_build *build, struct kps_build_documents *documents,
                      kps_file_id file, uint32_t off, uint32_t len)
{
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) = kps_yaml_reader_open_part(
        build->k->diag, file, (struct kps_yaml_part){off, len, KPS_YAML_PATCH});
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = KPS_YAML_END;
    documents->is_read = true;
    documents->starts_empty = true;
    for (bool is_first = true;
         (result = kps_yaml_reader_next(reader, build->arena, &root)) == KPS_YAML_DOCUMENT;
         is_first = false) {
        root = kps_ynode_resolve(root);
        bool is_null = kps_tree_is_null(root);
        documents->starts_empty = is_first ? is_null : documents->starts_empty;
        if (root->kind == KPS_Y_SCALAR) {
            documents->has_scalar |= !is_null;
        } else {
            kps_build_documents_add(build, documents, root);
        }
    }
    if (result == KPS_YAML_ERROR) {
        documents->is_read = false;
        kps_build_fail(build, documents->entry, "kustomize cannot read this");
    }
}

const struct kps_build_documents *kps_build_read_text(struct kps_build *build,
                                                      const struct kps_ynode *text)
{
    struct kps_files *files = &build->k->diag->files;
    struct kps_span span = text->span;
    bool is_new = false;
    struct kps_build_documents *documents =
        kps_build_documents_at(build, 't', span.file, span.off, &is_new);
    if (!is_new) {
        return name_again(build, documents, text);
    }
    struct kps_sv raw =
        kps_sv_slice(kps_files_get(files, span.file)->bytes, span.off, (size_t)span.off + span.len);
    documents->entry = text;
    documents->text = kps_sv_trim(kps_ynode_text(text));
    bool has_cut =
        kps_sv_has_head(documents->text, "---") || kps_sv_has_any(documents->text, "\n---");
    if (text->style == KPS_Y_LITERAL && !has_cut) {
        uint32_t head = (uint32_t)kps_sv_find(raw, '\n');
        read_part(build, documents, span.file, span.off + head, span.len - head);
    } else if ((text->flags & KPS_Y_VERBATIM) && text->style == KPS_Y_SINGLE_QUOTED && raw.n > 2) {
        read_part(build, documents, span.file, span.off + 1, span.len - 2);
    } else {
        struct kps_sv copy = kps_sv_copy(build->k->diag->arena, kps_ynode_text(text));
        struct kps_sv path = kps_files_get(files, span.file)->path;
        kps_file_id file = kps_files_add(files, path, copy);
        read_part(build, documents, file, 0, (uint32_t)copy.n);
    }
    return documents;
}

const struct kps_build_documents *kps_build_read_file(struct kps_build *build,
                                                      const struct kps_ynode *entry)
{
    bool is_new = false;
    kps_file_id file = kps_build_load(build, entry);
    struct kps_build_documents *documents = kps_build_documents_at(build, 'f', file, 0, &is_new);
    if (!is_new) {
        return name_again(build, documents, entry);
    }
    documents->entry = entry;
    if (file) {
        documents->text = kps_files_get(&build->k->diag->files, file)->bytes;
        read_part(build, documents, file, 0, (uint32_t)documents->text.n);
    }
    return documents;
}

const struct kps_build_documents *kps_build_read_entry(struct kps_build *build,
                                                       const struct kps_ynode *entry)
{
    return kps_kustomization_is_inline(kps_ynode_text(entry)) ? kps_build_read_text(build, entry)
                                                              : kps_build_read_file(build, entry);
}
