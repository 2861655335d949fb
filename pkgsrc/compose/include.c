#include "compose/include.h"

#include "base/limits.h"
#include "base/path.h"
#include "compose/merge.h"

/* The resources an included project gives to the including project. */
static const char RESOURCES[] = "services networks volumes secrets configs";

/* An entry of `include`, paths as written. */
struct entry {
    const struct kps_ynode *paths[KPS_LIMIT_CHAIN];
    uint32_t n_paths;
    const struct kps_ynode *project_directory; /* NULL: not given */
    const struct kps_ynode *env_files;         /* a string or a list; NULL: not given */
};

static bool add_path(struct kps_loader *loader, const struct kps_ynode *path, struct entry *entry)
{
    if (kps_ynode_type(path) != KPS_T_STR) {
        (void)kps_compose_loader_report_type(loader, path, "a path of 'include'", "a text");
        return false;
    }
    if (entry->n_paths < KPS_COUNT(entry->paths)) {
        entry->paths[entry->n_paths++] = path;
    }
    return true;
}

static bool add_paths(struct kps_loader *loader, const struct kps_ynode *path, struct entry *entry)
{
    if (!path || kps_ynode_type(path) == KPS_T_NULL) {
        return true;
    }
    bool is_valid = true;
    const struct kps_ynode *one;
    for (uint32_t i = 0; (one = kps_compose_loader_item_at(path, i)) != NULL; i++) {
        is_valid &= add_path(loader, one, entry);
    }
    return is_valid;
}

/*
 * Read an entry: a path, a mapping, or nothing at all. `ret` is without paths where the entry
 * includes no file: Compose 2.26 and 2.40 pass over an empty entry and a mapping without `path`.
 * Return false for another type (reported).
 */
static bool read_entry(struct kps_loader *loader, const struct kps_ynode *node, struct entry *ret)
{
    if (kps_ynode_type(node) == KPS_T_STR) {
        return add_path(loader, node, ret);
    }
    if (node->kind != KPS_Y_MAP && kps_ynode_type(node) != KPS_T_NULL) {
        (void)kps_compose_loader_report_type(loader, node, "an entry of 'include'",
                                             "a path or a mapping");
        return false;
    }
    if (node->kind != KPS_Y_MAP) {
        return true;
    }
    ret->project_directory = kps_ynode_field(node, "project_directory");
    ret->env_files = kps_ynode_field(node, "env_file");
    return add_paths(loader, kps_ynode_field(node, "path"), ret);
}

/*
 * Return the including project's variables, completed by the included project's own (spec compose
 * §3.4).
 */
static const struct kps_vars *variables_of(struct kps_loader *loader,
                                           const struct kps_model_request *request,
                                           const struct entry *entry,
                                           struct kps_sv project_directory)
{
    struct kps_vars *vars = KPS_NEW(loader->arena, struct kps_vars);
    vars->diag = loader->diag;
    vars->stronger = request->vars;
    vars->expands_unused = request->vars->expands_unused;
    *kps_vec_push(&loader->layers) = vars;
    const struct kps_ynode *given = entry->env_files;
    if (!given || kps_ynode_type(given) == KPS_T_NULL) {
        struct kps_sv path = kps_path_join(loader->arena, project_directory, SV(".env"));
        if (loader->fs->kind(loader->fs, path.p) == KPS_FS_FILE) {
            kps_compose_loader_read_env(loader, path, 0, vars);
        }
        return vars;
    }
    const struct kps_ynode *one;
    for (uint32_t i = 0; (one = kps_compose_loader_item_at(given, i)) != NULL; i++) {
        struct kps_sv path =
            kps_path_join(loader->arena, request->working_dir, kps_ynode_text(one));
        size_t n_before = loader->diag->findings.n;
        kps_compose_loader_read_env(loader, path, kps_diag_here(loader->diag, one->span), vars);
        kps_compose_loader_help_unset(loader, n_before, one);
    }
    return vars;
}

/* Return: is `file` on the chain of includes already (reported)? */
static bool closes_cycle(struct kps_loader *loader, const struct kps_include_chain *chain,
                         struct kps_sv file, struct kps_span at)
{
    bool too_deep = chain && chain->depth >= KPS_LIMIT_CHAIN;
    bool again = false;
    for (; chain && !again; chain = chain->up) {
        again = kps_sv_eq(chain->file, file);
    }
    if (again) {
        struct kps_sv shown = kps_compose_loader_show_path(loader, file);
        kps_compose_loader_report_invalid(loader, at, "'include' leads back to '%.*s'",
                                          SV_ARG(shown))
            ->up_error = SV("include cycle detected");
    } else if (too_deep) {
        (void)kps_compose_loader_report_invalid(
            loader, at, "'include' goes on for more than %d files", KPS_LIMIT_CHAIN);
    }
    return again || too_deep;
}

static const struct kps_ynode *load_entry(struct kps_loader *loader,
                                          const struct kps_model_request *request,
                                          const struct entry *entry)
{
    if (entry->n_paths == 0) {
        if (entry->env_files) { /* Compose reads it all the same, and wants it to exist */
            (void)variables_of(loader, request, entry, request->working_dir);
        }
        return NULL;
    }
    struct kps_sv *files = KPS_NEW_N(loader->arena, struct kps_sv, entry->n_paths);
    for (uint32_t i = 0; i < entry->n_paths; i++) {
        struct kps_sv written = kps_ynode_text(entry->paths[i]);
        if (kps_compose_loader_is_remote(written)) {
            kps_compose_loader_report_remote(
                loader, kps_diag_here(loader->diag, entry->paths[i]->span), written);
            return NULL;
        }
        files[i] = kps_path_join(loader->arena, request->working_dir, written);
    }
    struct kps_include_chain chain = {request->files[0], request->including,
                                      request->including ? request->including->depth + 1 : 1};
    if (closes_cycle(loader, &chain, files[0], entry->paths[0]->span)) {
        return NULL;
    }
    struct kps_sv directory = entry->project_directory && kps_ynode_text(entry->project_directory).n
                                  ? kps_path_join(loader->arena, request->working_dir,
                                                  kps_ynode_text(entry->project_directory))
                                  : kps_path_dir(loader->arena, files[0]);
    struct kps_model_request included = {.files = files,
                                         .n_files = entry->n_paths,
                                         .working_dir = directory,
                                         .vars = variables_of(loader, request, entry, directory),
                                         .asked_at =
                                             kps_diag_here(loader->diag, entry->paths[0]->span),
                                         .including = &chain};
    size_t n_before = loader->diag->findings.n;
    const struct kps_ynode *model = kps_compose_loader_load(loader, &included);
    if (!model) {
        kps_compose_loader_help_unset(loader, n_before, entry->paths[entry->n_paths - 1]);
        return NULL;
    }
    kps_origin_id step = kps_origins_add(
        &loader->diag->origins, &(struct kps_origin){.step = KPS_STEP_INCLUDE,
                                                     .span = entry->paths[0]->span,
                                                     .what = kps_ynode_text(entry->paths[0])});
    struct kps_edges edges = {0};
    struct kps_sv resource;
    for (struct kps_sv rest = kps_sv_of(RESOURCES); kps_sv_next(&rest, ' ', &resource);) {
        const struct kps_yedge *edge = kps_ynode_edge(model, resource);
        const struct kps_ynode *values = edge ? kps_ynode_resolve(edge->val) : NULL;
        if (values && values->kind == KPS_Y_MAP) {
            const struct kps_ynode *stamped = kps_compose_merge_stamp(loader->diag, values, step);
            kps_compose_merge_add_edge(&edges, edge)->val = stamped;
        }
    }
    return kps_compose_merge_finish(loader->arena, &edges, model);
}

/* Return: are the values equal to Compose? `budget` bounds the comparison; used up means no. */
static bool is_same_value(const struct kps_ynode *a, const struct kps_ynode *b, uint32_t *budget)
{
    a = kps_ynode_resolve(a);
    b = kps_ynode_resolve(b);
    if (a->kind != b->kind || *budget == 0) {
        return false;
    }
    --*budget;
    if (a->kind == KPS_Y_SCALAR) {
        return kps_ynode_type(a) == kps_ynode_type(b) &&
               kps_sv_eq(kps_ynode_text(a), kps_ynode_text(b));
    }
    bool is_same = a->n == b->n;
    for (uint32_t i = 0; i < a->n && is_same; i++) {
        const struct kps_yedge *other = &b->edges[i];
        if (a->kind == KPS_Y_MAP) {
            other = kps_ynode_edge(b, kps_ynode_text(a->edges[i].key));
            *budget -= i < *budget ? i : *budget;
        }
        is_same = other && is_same_value(a->edges[i].val, other->val, budget);
    }
    return is_same;
}

/*
 * Return: is a service written without short forms? Compose rewrites these when it reads an
 * included file.
 */
static bool is_in_long_form(const struct kps_ynode *service)
{
    static const char keys[] = "ports volumes secrets configs build env_file depends_on networks "
                               "extends";
    struct kps_sv key;
    for (struct kps_sv rest = kps_sv_of(keys); kps_sv_next(&rest, ' ', &key);) {
        const struct kps_ynode *value = kps_ynode_get(service, key);
        bool is_short = value && value->kind == KPS_Y_SCALAR;
        for (uint32_t k = 0; k < kps_ynode_count(value, KPS_Y_SEQ) && !is_short; k++) {
            is_short = kps_ynode_item(value, k)->kind == KPS_Y_SCALAR;
        }
        if (is_short) {
            return false;
        }
    }
    return true;
}

/*
 * Return: are both the same definition to Compose before 5? Such Compose compares an own
 * definition as written with an included definition as rewritten.
 */
static bool is_one_definition(const struct kps_yedge *own, const struct kps_yedge *imported)
{
    uint32_t budget = KPS_LIMIT_ALIAS_NODES;
    return is_same_value(own->val, imported->val, &budget) &&
           (own->via != 0 || is_in_long_form(own->val));
}

static void report_conflict(struct kps_loader *loader, struct kps_sv resource,
                            const struct kps_yedge *own, const struct kps_yedge *imported)
{
    struct kps_diag *diag = loader->diag;
    struct kps_sv name = kps_ynode_text(imported->key);
    bool is_merged = loader->version == KPS_COMPOSE_NEWEST;
    struct kps_finding *finding = kps_diag_add_here(
        diag, is_merged ? KPS_RULE_COMPOSE_VERSION_DIFFERS : KPS_RULE_COMPOSE_REFUSED, KPS_NOTE,
        own->key->span, "'%.*s' of %.*s is defined here and in an included file%s", SV_ARG(name),
        SV_ARG(resource), is_merged ? ": Compose before 5 refuses the project" : "");
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, 0);
    party->at = kps_diag_here(diag, imported->key->span);
    party->label = SV("included from here");
    finding->up_error = kps_fmt(loader->arena, "%.*s.%.*s conflicts with imported resource",
                                SV_ARG(resource), SV_ARG(name));
    kps_finding_note(finding, is_merged
                                  ? "newer Compose merges both, and so does this check"
                                  : "Compose from 5 on merges both; the definition here is judged");
}

/* An import into a document: the document's mapping of a resource, and its tags. */
struct import {
    struct kps_loader *loader;
    const struct kps_resets *resets;
    struct kps_sv resource;
};

/* Join the own definition with the imported definition of its name. */
static void join_definitions(const struct import *import, struct kps_yedge *own,
                             const struct kps_yedge *imported)
{
    struct kps_loader *loader = import->loader;
    if (!is_one_definition(own, imported)) {
        report_conflict(loader, import->resource, own, imported);
    }
    if (loader->version == KPS_COMPOSE_NEWEST &&
        !kps_compose_loader_is_merged_out(loader, own->val->span)) {
        struct kps_sv prefix[] = {import->resource, kps_ynode_text(own->key)};
        const struct kps_ynode *base = kps_compose_reset_apply(
            loader->arena, import->resets, imported->val, prefix, KPS_COUNT(prefix));
        own->val = kps_compose_merge_definitions(loader->diag, import->resource, base, own->val,
                                                 imported->via);
    }
}

/* Return `own` (NULL: none) with the imported definitions. */
static const struct kps_ynode *import_resource(const struct import *import,
                                               const struct kps_ynode *own,
                                               const struct kps_ynode *imported)
{
    struct kps_arena *arena = import->loader->arena;
    struct kps_edges edges = {0};
    struct kps_map names = {0};
    for (uint32_t i = 0; own && i < own->n; i++) {
        (void)kps_map_put(&names, arena, kps_ynode_text(own->edges[i].key), i);
        (void)kps_compose_merge_add_edge(&edges, &own->edges[i]);
    }
    for (uint32_t i = 0; i < imported->n; i++) {
        const struct kps_yedge *edge = &imported->edges[i];
        uint32_t at = kps_map_get(&names, kps_ynode_text(edge->key), UINT32_MAX);
        if (at == UINT32_MAX) {
            (void)kps_compose_merge_add_edge(&edges, edge);
        } else {
            join_definitions(import, &edges.list.v[at], edge);
        }
    }
    return kps_compose_merge_finish(arena, &edges, imported);
}

/* Return the document with the resources of an included model. */
static const struct kps_ynode *import_model(struct kps_loader *loader, const struct kps_ynode *root,
                                            const struct kps_ynode *model,
                                            const struct kps_resets *resets)
{
    struct kps_edges edges = {0};
    for (uint32_t i = 0; i < root->n; i++) {
        (void)kps_compose_merge_add_edge(&edges, &root->edges[i]);
    }
    for (uint32_t i = 0; i < model->n; i++) {
        const struct kps_yedge *imported = &model->edges[i];
        struct import import = {loader, resets, kps_ynode_text(imported->key)};
        const struct kps_yedge *own = kps_ynode_edge(root, import.resource);
        if (!own) {
            (void)kps_compose_merge_add_edge(&edges, imported);
            continue;
        }
        const struct kps_ynode *map = kps_ynode_resolve(own->val);
        edges.list.v[own - root->edges].val =
            import_resource(&import, map->kind == KPS_Y_MAP ? map : NULL, imported->val);
    }
    return kps_compose_merge_finish(loader->arena, &edges, root);
}

const struct kps_ynode *kps_compose_include_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root,
                                                  const struct kps_resets *resets)
{
    const struct kps_ynode *include = kps_ynode_field(root, "include");
    if (!include || kps_ynode_type(include) == KPS_T_NULL) {
        return root;
    }
    if (include->kind != KPS_Y_SEQ) {
        (void)kps_compose_loader_report_type(loader, include, "'include'", "a list");
        return root;
    }
    for (uint32_t i = 0; i < include->n; i++) {
        struct entry entry = {.n_paths = 0};
        const struct kps_ynode *node = kps_ynode_item(include, i);
        const struct kps_ynode *model =
            read_entry(loader, node, &entry) ? load_entry(loader, request, &entry) : NULL;
        if (model) {
            root = import_model(loader, root, model, resets);
        }
    }
    return root;
}
