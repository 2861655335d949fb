#include "compose/loader.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "compose/dotenv.h"
#include "compose/extends.h"
#include "compose/include.h"
#include "compose/interpolate.h"
#include "compose/merge.h"
#include "compose/reset.h"
#include "yaml/reader.h"

struct kps_value *kps_compose_loader_value(const struct kps_ynode *scalar)
{
    scalar = kps_ynode_resolve(scalar);
    if (scalar->kind != KPS_Y_SCALAR || !(scalar->flags & KPS_Y_EXPANDED)) {
        return NULL;
    }
    /* Every expanded node of this adapter was made by interpolate_file below. */
    union {
        const struct kps_text *text;
        struct kps_value *value;
    } as = {.text = scalar->expanded};
    return as.value;
}

const struct kps_ynode *kps_compose_loader_name_at(const struct kps_ynode *names, uint32_t index)
{
    if (!names || names->kind == KPS_Y_SCALAR || index >= names->n) {
        return NULL;
    }
    return names->kind == KPS_Y_MAP ? names->edges[index].key : kps_ynode_item(names, index);
}

const struct kps_ynode *kps_compose_loader_item_at(const struct kps_ynode *value, uint32_t index)
{
    if (value && value->kind == KPS_Y_SEQ) {
        return index < value->n ? kps_ynode_item(value, index) : NULL;
    }
    return index == 0 ? value : NULL;
}

void kps_compose_loader_free(struct kps_loader *loader)
{
    for (uint32_t i = 0; i < loader->parsed.n; i++) {
        kps_vec_free(&loader->parsed.v[i]->documents);
        kps_vec_free(&loader->parsed.v[i]->dollars);
    }
    for (uint32_t i = 0; i < loader->layers.n; i++) {
        kps_vars_free(loader->layers.v[i]);
    }
    kps_vec_free(&loader->parsed);
    kps_vec_free(&loader->layers);
    kps_vec_free(&loader->troubled);
    kps_vec_free(&loader->replaced);
}

struct kps_sv kps_compose_loader_show_path(struct kps_loader *loader, struct kps_sv path)
{
    if (kps_sv_is(path, "-")) {
        return loader->stdin_name.n ? loader->stdin_name : SV("<stdin>");
    }
    return (loader->shows_absolute ? kps_path_relative : kps_path_climb)(loader->arena, loader->cwd,
                                                                         path);
}

bool kps_compose_loader_is_remote(struct kps_sv path)
{
    return kps_sv_has_any(path, "://") || kps_sv_starts_with_any(path, "oci: git@ github.com/");
}

void kps_compose_loader_report_remote(struct kps_loader *loader, kps_origin_id at,
                                      struct kps_sv path)
{
    (void)kps_diag_add(loader->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_WARNING, at,
                       "'%.*s' is fetched from elsewhere; its ports are not known here",
                       SV_ARG(path));
    loader->diag->incomplete = true;
}

void kps_compose_loader_report_unreadable(struct kps_loader *loader, kps_origin_id at,
                                          struct kps_sv path, int error)
{
    struct kps_sv shown = kps_compose_loader_show_path(loader, path);
    const char *why = strerror(error);
    if (error == EFBIG) {
        why =
            kps_fmt(loader->arena, "it is larger than %d MiB", KPS_LIMIT_FILE_BYTES / (1024 * 1024))
                .p;
    } else if (error == EINVAL) {
        why = "it is not a regular file";
    } else if (error == EMFILE) {
        why =
            kps_fmt(loader->arena, "the project has more than %d files", KPS_LIMIT_PROJECT_FILES).p;
    }
    (void)kps_diag_add_unreadable(loader->diag, at, shown, why);
    loader->failed_part = true;
}

void kps_compose_loader_help_unset(struct kps_loader *loader, size_t n_before,
                                   const struct kps_ynode *path)
{
    const struct kps_value *value = kps_compose_loader_value(path);
    size_t n = loader->diag->findings.n;
    if (value && value->n_unset && n > n_before &&
        loader->diag->findings.v[n - 1]->rule == KPS_RULE_INPUT_UNREADABLE) {
        kps_finding_help(loader->diag->findings.v[n - 1],
                         "set variable '%.*s', which has no value and is part of the path",
                         SV_ARG(value->unset[0].name));
    }
}

struct kps_finding *kps_compose_loader_report_invalid(struct kps_loader *loader,
                                                      struct kps_span span, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    loader->failed_part = true;
    struct kps_finding *finding =
        kps_diag_vadd_here(loader->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, span, fmt, args);
    va_end(args);
    return finding;
}

struct kps_finding *kps_compose_loader_report_type(struct kps_loader *loader,
                                                   const struct kps_ynode *value, const char *what,
                                                   const char *wanted)
{
    return kps_compose_loader_report_invalid(loader, value->span, "%s must be %s, this is %s", what,
                                             wanted, kps_ynode_type_name(kps_ynode_type(value)));
}

void kps_compose_loader_report_too_big(struct kps_loader *loader, struct kps_span span)
{
    struct kps_finding *finding =
        kps_compose_loader_report_invalid(loader, span, "this variable grows too large");
    kps_interpolate_note_bounds(finding);
}

int kps_compose_loader_read_file(struct kps_loader *loader, struct kps_sv path, kps_file_id *ret)
{
    uint32_t known = kps_map_get(&loader->texts, path, 0);
    if (known) {
        *ret = known;
        return 0;
    }
    if (loader->texts.n >= KPS_LIMIT_PROJECT_FILES) {
        return EMFILE;
    }
    struct kps_sv bytes;
    int error = loader->fs->read(loader->fs, loader->arena, kps_cstr(loader->arena, path),
                                 KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return error;
    }
    *ret = kps_files_add(&loader->diag->files, kps_compose_loader_show_path(loader, path), bytes);
    (void)kps_map_put(&loader->texts, loader->arena, kps_sv_copy(loader->arena, path), *ret);
    return 0;
}

void kps_compose_loader_read_env(struct kps_loader *loader, struct kps_sv path, kps_origin_id at,
                                 struct kps_vars *into)
{
    kps_file_id file = 0;
    int error = kps_compose_loader_read_file(loader, path, &file);
    if (error) {
        kps_compose_loader_report_unreadable(loader, at, path, error);
        return;
    }
    if (loader->fs->is_utf16 && loader->fs->is_utf16(loader->fs, kps_cstr(loader->arena, path))) {
        struct kps_finding *finding = kps_compose_loader_report_invalid(
            loader, (struct kps_span){file, 0, 0}, "an env file must be UTF-8, this is UTF-16");
        finding->up_error = SV("unexpected character in variable name");
        kps_finding_help(finding, "save it as UTF-8; PowerShell 5 writes UTF-16 by '>'");
        return;
    }
    if (!kps_dotenv_parse(loader->diag, file, into)) {
        loader->failed_part = true;
    }
}

/* Return: may the text hold a tag of Compose? A '!' is rare, so the search starts there. */
static bool has_reset_tag(struct kps_sv bytes)
{
    for (size_t at = kps_sv_find(bytes, '!'); at < bytes.n; at = kps_sv_find(bytes, '!')) {
        bytes = kps_sv_from(bytes, at);
        if (kps_sv_starts_with_any(bytes, "!reset !override")) {
            return true;
        }
        bytes = kps_sv_from(bytes, 1);
    }
    return false;
}

static void parse_documents(struct kps_loader *loader, struct kps_source_file *file)
{
    struct kps_sv bytes = kps_files_get(&loader->diag->files, file->id)->bytes;
    file->has_resets = has_reset_tag(bytes);
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(loader->diag, file->id);
    for (;;) {
        const struct kps_ynode *root = NULL;
        enum kps_yaml_result result = kps_yaml_reader_next(reader, loader->arena, &root);
        if (result != KPS_YAML_DOCUMENT) {
            file->broken = result == KPS_YAML_ERROR;
            break;
        }
        *kps_vec_push(&file->documents) = root;
        size_t n = 0;
        struct kps_ynode *const *dollars = kps_yaml_reader_dollars(reader, &n);
        if (n > KPS_LIMIT_EXPANSION_VALUES - loader->n_dollars) {
            (void)kps_compose_loader_report_invalid(loader, dollars[0]->span,
                                                    "the project has more than %d values with '$'",
                                                    KPS_LIMIT_EXPANSION_VALUES);
            file->documents.n--;
            break;
        }
        loader->n_dollars += n;
        for (size_t i = 0; i < n; i++) {
            *kps_vec_push(&file->dollars) = dollars[i];
        }
        loader->failed_part = loader->failed_part || kps_yaml_reader_had_faults(reader);
    }
    loader->failed_part |= file->broken;
}

struct kps_source_file *kps_compose_loader_parse_file(struct kps_loader *loader, struct kps_sv path,
                                                      const struct kps_vars *vars)
{
    struct kps_sv layer = SV_BYTES(vars);
    struct kps_sv key = KPS_CONCAT(loader->arena, layer, path);
    uint32_t at = kps_map_get(&loader->files, key, UINT32_MAX);
    if (at != UINT32_MAX) {
        return loader->parsed.v[at];
    }
    struct kps_source_file *file = KPS_NEW(loader->arena, struct kps_source_file);
    file->path = kps_sv_copy(loader->arena, path);
    (void)kps_map_put(&loader->files, loader->arena, key, loader->parsed.n);
    *kps_vec_push(&loader->parsed) = file;
    file->error = kps_compose_loader_read_file(loader, path, &file->id);
    if (!file->error) {
        parse_documents(loader, file);
    }
    return file;
}

static void interpolate_scalar(struct kps_loader *loader, struct kps_ynode *scalar,
                               const struct kps_vars *vars)
{
    if (scalar->flags & KPS_Y_EXPANDED) {
        return;
    }
    struct kps_interpolated result = kps_interpolate(loader->diag, scalar, vars);
    struct kps_value *value = KPS_NEW(loader->arena, struct kps_value);
    value->status = result.status;
    value->unset = result.unset;
    value->n_unset = result.n_unset;
    value->variable = result.variable;
    value->message = result.message;
    value->problem = result.problem;
    value->text =
        result.status == KPS_INTERPOLATED ? *result.text : *kps_text_of(loader->arena, scalar);
    if (result.status != KPS_INTERPOLATED) {
        *kps_vec_push(&loader->troubled) = value;
    }
    kps_compose_versions_note_unused(loader->diag, &result);
    kps_text_expand(scalar, &value->text);
}

static void interpolate_file(struct kps_loader *loader, struct kps_source_file *file,
                             const struct kps_vars *vars)
{
    for (uint32_t i = 0; i < file->dollars.n && !file->interpolated; i++) {
        interpolate_scalar(loader, file->dollars.v[i], vars);
    }
    file->interpolated = true;
}

const struct kps_ynode *kps_compose_loader_find_name(struct kps_loader *loader,
                                                     const struct kps_model_request *request)
{
    const struct kps_ynode *name = NULL;
    for (size_t i = 0; i < request->n_files; i++) {
        struct kps_source_file *file =
            kps_compose_loader_parse_file(loader, request->files[i], request->vars);
        for (uint32_t k = 0; !file->error && k < file->documents.n; k++) {
            const struct kps_ynode *here = kps_ynode_field(file->documents.v[k], "name");
            if (here && here->kind == KPS_Y_SCALAR && kps_ynode_text(here).n) {
                name = here;
            }
        }
        for (uint32_t k = 0; name && k < file->dollars.n; k++) {
            if (file->dollars.v[k] == name) {
                interpolate_scalar(loader, file->dollars.v[k], request->vars);
            }
        }
    }
    return name;
}

/* Return the step for a later layer; 0 for the first layer. */
static kps_origin_id layer_step(struct kps_loader *loader, const struct kps_source_file *file,
                                uint32_t document)
{
    struct kps_sv shown = kps_files_get(&loader->diag->files, file->id)->path;
    struct kps_sv what =
        document ? kps_fmt(loader->arena, "document %u of %.*s", document + 1, SV_ARG(shown))
                 : shown;
    uint32_t off = document ? file->documents.v[document]->span.off : 0;
    return kps_origins_add(
        &loader->diag->origins,
        &(struct kps_origin){.step = KPS_STEP_OVERRIDE, .span = {file->id, off, 0}, .what = what});
}

/* Report a document that is no mapping, once a file: Compose stops at the first. */
static void report_no_mapping(struct kps_loader *loader, struct kps_source_file *file,
                              const struct kps_ynode *root)
{
    if (file->is_document_reported) {
        return;
    }
    file->is_document_reported = true;
    struct kps_finding *finding = NULL;
    if (kps_ynode_type(root) == KPS_T_NULL && file->documents.n > 1) {
        finding = kps_diag_add_here(loader->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, root->span,
                                    "this document is empty");
    } else {
        finding = kps_compose_loader_report_type(loader, root, "a Compose file", "a mapping");
    }
    finding->up_error = SV("Top-level object must be a mapping");
}

/*
 * Report a section that is no mapping: Compose checks every layer against its schema
 * (compose-spec.json), and `services` of every document before. One note is enough; lost services
 * are an error each, since their ports are missing.
 */
static void report_section(struct kps_loader *loader, const struct kps_yedge *edge)
{
    const struct kps_ynode *value = kps_ynode_resolve(edge->val);
    struct kps_sv key = kps_ynode_text(edge->key);
    if (value->kind == KPS_Y_MAP || value->tag == KPS_Y_RESET) {
        return;
    }
    enum kps_ytype type = kps_ynode_type(value);
    if (type != KPS_T_NULL && kps_sv_is(key, "services")) {
        (void)kps_compose_loader_report_type(loader, value, "'services'", "a mapping");
        return;
    }
    if (loader->is_section_noted) {
        return;
    }
    loader->is_section_noted = true;
    struct kps_finding *finding =
        kps_diag_add_here(loader->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, edge->key->span,
                          "'%.*s' must be a mapping", SV_ARG(key));
    finding->up_error = kps_fmt(loader->arena, "%.*s must be a mapping", SV_ARG(key));
    if (type == KPS_T_NULL) {
        kps_finding_help(finding, "write {} behind it, or leave it out");
    }
}

static void check_sections(struct kps_loader *loader, const struct kps_ynode *model)
{
    for (uint32_t i = 0; i < model->n; i++) {
        if (kps_sv_is_one_of(kps_ynode_text(model->edges[i].key),
                             "networks volumes secrets configs models")) {
            report_section(loader, &model->edges[i]);
        }
    }
}

static const struct kps_resets *keep_resets(struct kps_loader *loader,
                                            const struct kps_resets *resets)
{
    struct kps_resets *kept = KPS_NEW(loader->arena, struct kps_resets);
    *kept = *resets;
    return kept;
}

bool kps_compose_loader_is_merged_out(struct kps_loader *loader, struct kps_span at)
{
    if (loader->diag->merged_pairs <= KPS_LIMIT_MERGED_PAIRS) {
        return false;
    }
    if (!loader->is_merged_out) {
        (void)kps_diag_add_here(
            loader->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at,
            "merging the documents and bases of the project copies more than %d values",
            KPS_LIMIT_MERGED_PAIRS);
    }
    loader->is_merged_out = true;
    loader->failed_part = true;
    return true;
}

/* Put a document onto the layers below. Compose from 5 on reads `include` before `extends`. */
static const struct kps_ynode *add_document(struct kps_loader *loader,
                                            const struct kps_model_request *request,
                                            struct kps_source_file *file, uint32_t document,
                                            const struct kps_ynode *model)
{
    const struct kps_ynode *root = kps_ynode_resolve(file->documents.v[document]);
    if (root->kind != KPS_Y_MAP) {
        report_no_mapping(loader, file, root);
        return model;
    }
    struct kps_resets resets = {.root = root};
    if (file->has_resets) {
        resets = kps_compose_reset_find(loader->diag, loader->version, root);
        loader->failed_part |= resets.is_incomplete;
        root = resets.root ? resets.root : root;
    }
    const struct kps_yedge *services = kps_ynode_edge(root, SV("services"));
    if (services) {
        report_section(loader, services);
    }
    if (request->is_extends_base) {
        file->last_resets = keep_resets(loader, &resets);
    } else if (loader->version < KPS_COMPOSE_NEWEST) {
        root = kps_compose_extends_apply(loader, request, root, &resets);
        root = kps_compose_include_apply(loader, request, root, &resets);
    } else {
        root = kps_compose_include_apply(loader, request, root, &resets);
        root = kps_compose_extends_apply(loader, request, root, &resets);
    }
    if (model) {
        *kps_vec_push(&loader->replaced) =
            (struct kps_replaced_model){model, kps_ynode_resolve(file->documents.v[document])};
        model = kps_compose_reset_apply(loader->arena, &resets, model, NULL, 0);
    }
    model = model ? kps_compose_merge_roots(loader->diag, model, root,
                                            layer_step(loader, file, document))
                  : root;
    if (!request->is_extends_base) {
        check_sections(loader, model);
    }
    return model;
}

const struct kps_ynode *kps_compose_loader_load(struct kps_loader *loader,
                                                const struct kps_model_request *request)
{
    const struct kps_ynode *model = NULL;
    for (size_t i = 0; i < request->n_files; i++) {
        struct kps_source_file *file =
            kps_compose_loader_parse_file(loader, request->files[i], request->vars);
        if (file->error) {
            kps_compose_loader_report_unreadable(loader, request->asked_at, file->path,
                                                 file->error);
            continue;
        }
        interpolate_file(loader, file, request->vars);
        for (uint32_t k = 0; k < file->documents.n; k++) {
            struct kps_span at = kps_ynode_resolve(file->documents.v[k])->span;
            if (model && kps_compose_loader_is_merged_out(loader, at)) {
                return model;
            }
            model = add_document(loader, request, file, k, model);
        }
    }
    return model;
}

void kps_compose_loader_note_unset(struct kps_loader *loader, const struct kps_ynode *scalar,
                                   bool is_judged, const char *consequence)
{
    struct kps_value *value = kps_compose_loader_value(scalar);
    if (!value || value->told) {
        return;
    }
    if (value->status == KPS_INTERPOLATION_REQUIRED) {
        struct kps_finding *finding =
            kps_diag_add_here(loader->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, value->problem,
                              "variable '%.*s' is required here and has no value: %s",
                              SV_ARG(value->variable), consequence);
        finding->up_error =
            kps_fmt(loader->arena, "required variable %.*s is missing a value%s%.*s",
                    SV_ARG(value->variable), value->message.n ? ": " : "", SV_ARG(value->message));
        value->told = true;
        loader->diag->has_unknown = true;
    }
    for (uint32_t i = 0; i < value->n_unset; i++) {
        struct kps_finding *finding = kps_diag_add_here(
            loader->diag, KPS_RULE_VARIABLE_UNRESOLVED, KPS_NOTE, value->unset[i].span,
            "variable '%.*s' has no value: %s", SV_ARG(value->unset[i].name), consequence);
        kps_finding_help(finding,
                         "set it in .env or the environment, or give a default: ${%.*s:-8080}",
                         SV_ARG(value->unset[i].name));
        value->told = true;
        loader->diag->has_unknown |= !is_judged;
    }
}
