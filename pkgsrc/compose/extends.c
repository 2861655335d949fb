#include "compose/extends.h"

#include "base/limits.h"
#include "base/path.h"
#include "compose/merge.h"

/*
 * How this works. A scope is a set of services for the names in `extends`: a document, or a base
 * file loaded as a whole. Each service of a scope is resolved once (`done`), so thousands of heirs
 * of a base cost a merge each. A service met again while being resolved closes a cycle.
 */
enum progress { NEW, UNDER_WAY, DONE };

struct resolved {
    const struct kps_ynode *service;
    enum progress progress;
    uint32_t steps; /* from service to service until a base extends nothing */
};

struct kps_extends_scope {
    const struct kps_ynode *services; /* a mapping, or NULL */
    struct kps_sv dir;                /* the start of relative `file:` paths */
    const struct kps_vars *vars;
    const struct kps_resets *resets; /* of the document; of a base file's last document */
    struct kps_map index;            /* service name -> edge of services and slot of done */
    struct resolved *done;
};

static struct kps_extends_scope *make_scope(struct kps_loader *loader, const struct kps_ynode *root,
                                            struct kps_extends_scope like)
{
    struct kps_extends_scope *scope = KPS_NEW(loader->arena, struct kps_extends_scope);
    *scope = like;
    const struct kps_ynode *services = kps_ynode_field(root, "services");
    if (services && services->kind == KPS_Y_MAP) {
        scope->services = services;
        scope->done = KPS_NEW_N(loader->arena, struct resolved, services->n);
        for (uint32_t i = 0; i < services->n; i++) {
            *kps_map_put(&scope->index, loader->arena, kps_ynode_text(services->edges[i].key), i) =
                i;
        }
    }
    return scope;
}

/* Return a file as the scope of bases, loaded the first time; NULL when unreadable (reported). */
static struct kps_extends_scope *base_file_scope(struct kps_loader *loader, struct kps_sv path,
                                                 const struct kps_vars *vars,
                                                 kps_origin_id asked_at)
{
    struct kps_source_file *file = kps_compose_loader_parse_file(loader, path, vars);
    if (file->error) {
        kps_compose_loader_report_unreadable(loader, asked_at, path, file->error);
        return NULL;
    }
    if (!file->scope) {
        struct kps_sv dir = kps_path_dir(loader->arena, path);
        struct kps_model_request request = {.files = &file->path,
                                            .n_files = 1,
                                            .working_dir = dir,
                                            .vars = vars,
                                            .asked_at = asked_at,
                                            .is_extends_base = true};
        const struct kps_ynode *root = kps_compose_loader_load(loader, &request);
        file->scope = make_scope(
            loader, root,
            (struct kps_extends_scope){.dir = dir, .vars = vars, .resets = file->last_resets});
    }
    return file->scope;
}

struct base_reference {
    const struct kps_ynode *service, *file; /* scalars; file may be NULL */
};

static bool read_reference(struct kps_loader *loader, const struct kps_ynode *extends,
                           struct base_reference *ret)
{
    struct base_reference found = {extends, NULL};
    if (extends->kind == KPS_Y_MAP) {
        found.service = kps_ynode_field(extends, "service");
        found.file = kps_ynode_field(extends, "file");
        if (found.file && kps_ynode_type(found.file) == KPS_T_NULL) {
            found.file = NULL;
        }
    }
    if (!found.service || kps_ynode_type(found.service) != KPS_T_STR ||
        (found.file && found.file->kind != KPS_Y_SCALAR)) {
        (void)kps_compose_loader_report_invalid(
            loader, extends->span,
            "'extends' must be a service name, or a mapping with 'service' and 'file'");
        return false;
    }
    *ret = found;
    return true;
}

static kps_origin_id extends_step(struct kps_loader *loader, struct base_reference reference)
{
    struct kps_sv service = kps_ynode_text(reference.service);
    struct kps_sv what = kps_fmt(loader->arena, "service %.*s", SV_ARG(service));
    return kps_origins_add(&loader->diag->origins,
                           &(struct kps_origin){.step = KPS_STEP_EXTENDS,
                                                .span = reference.service->span,
                                                .what = what});
}

static const struct kps_ynode *resolve_service(struct kps_loader *loader,
                                               struct kps_extends_scope *scope, uint32_t at,
                                               uint32_t depth);

static const struct kps_ynode *without_extends(struct kps_loader *loader,
                                               const struct kps_ynode *service)
{
    const struct kps_yedge *extends;
    while ((extends = kps_ynode_edge(service, SV("extends"))) != NULL) {
        service = kps_compose_merge_replace(loader->arena, service, extends, NULL);
    }
    return service;
}

static void note_included_base(struct kps_loader *loader, const struct kps_yedge *base,
                               const struct base_reference *reference)
{
    struct kps_diag *diag = loader->diag;
    kps_origin_id at = base->via;
    while (at && kps_origins_step(&diag->origins, at) != KPS_STEP_INCLUDE) {
        at = kps_origins_up(&diag->origins, at);
    }
    if (!at) {
        return;
    }
    struct kps_sv name = kps_ynode_text(reference->service);
    struct kps_finding *finding = kps_diag_add_here(
        diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, reference->service->span,
        "Compose before 5 does not find service '%.*s' here and refuses the project", SV_ARG(name));
    kps_finding_note(
        finding, "an included file defines it, and before 5 'extends' is read before 'include'");
}

static void report_endless(struct kps_loader *loader, struct kps_span at, bool is_circle)
{
    struct kps_finding *finding =
        kps_compose_loader_report_invalid(loader, at,
                                          is_circle ? "'extends' leads back to where it started"
                                                    : "'extends' goes on for more than %d services",
                                          KPS_LIMIT_CHAIN);
    finding->up_error = is_circle ? SV("Circular reference") : (struct kps_sv){"", 0};
}

static const struct kps_ynode *merge_onto_base(struct kps_loader *loader,
                                               struct kps_extends_scope *scope, struct kps_sv name,
                                               const struct kps_ynode *service,
                                               const struct kps_ynode *extends, uint32_t depth,
                                               uint32_t *ret_steps)
{
    struct base_reference reference;
    if (!read_reference(loader, extends, &reference)) {
        return service;
    }
    kps_origin_id step = extends_step(loader, reference);
    struct kps_extends_scope *base_scope = scope;
    struct kps_sv ref = kps_ynode_text(reference.service);
    if (reference.file) {
        struct kps_sv file = kps_ynode_text(reference.file);
        kps_origin_id at = kps_diag_here(loader->diag, reference.file->span);
        if (kps_compose_loader_is_remote(file)) {
            kps_compose_loader_report_remote(loader, at, file);
            return service;
        }
        size_t n_before = loader->diag->findings.n;
        base_scope = base_file_scope(loader, kps_path_join(loader->arena, scope->dir, file),
                                     scope->vars, at);
        if (!base_scope) {
            kps_compose_loader_help_unset(loader, n_before, reference.file);
            return service;
        }
    }
    uint32_t base_at = kps_map_get(&base_scope->index, ref, UINT32_MAX);
    if (base_at == UINT32_MAX) {
        struct kps_finding *finding = kps_compose_loader_report_invalid(
            loader, reference.service->span, "service '%.*s' extends '%.*s', which does not exist",
            SV_ARG(name), SV_ARG(ref));
        finding->up_error =
            kps_fmt(loader->arena, "cannot extend service \"%.*s\": service \"%.*s\" not found",
                    SV_ARG(name), SV_ARG(ref));
        return service;
    }
    note_included_base(loader, &base_scope->services->edges[base_at], &reference);
    struct resolved *slot = &base_scope->done[base_at];
    bool is_circle = slot->progress == UNDER_WAY;
    if (is_circle || depth >= KPS_LIMIT_CHAIN) {
        report_endless(loader, reference.service->span, is_circle);
        return service;
    }
    const struct kps_ynode *base =
        kps_ynode_resolve(resolve_service(loader, base_scope, base_at, depth + 1));
    if (slot->steps >= KPS_LIMIT_CHAIN) {
        report_endless(loader, reference.service->span, false);
        return service;
    }
    *ret_steps = slot->steps + 1;
    if (base->kind != KPS_Y_MAP || kps_compose_loader_is_merged_out(loader, service->span)) {
        return service;
    }
    if (scope->resets) {
        struct kps_sv prefix[] = {SV("services"), name};
        base =
            kps_compose_reset_apply(loader->arena, scope->resets, base, prefix, KPS_COUNT(prefix));
    }
    return kps_compose_merge_services(loader->diag, base, service, step);
}

static const struct kps_ynode *resolve_service(struct kps_loader *loader,
                                               struct kps_extends_scope *scope, uint32_t at,
                                               uint32_t depth)
{
    struct resolved *slot = &scope->done[at];
    if (slot->progress == DONE) {
        return slot->service;
    }
    const struct kps_yedge *edge = &scope->services->edges[at];
    const struct kps_ynode *service = kps_ynode_resolve(edge->val);
    const struct kps_ynode *extends = kps_ynode_field(service, "extends");
    slot->progress = UNDER_WAY;
    slot->service = edge->val;
    if (extends && kps_ynode_type(extends) != KPS_T_NULL) {
        const struct kps_ynode *merged = merge_onto_base(loader, scope, kps_ynode_text(edge->key),
                                                         service, extends, depth, &slot->steps);
        slot->service = without_extends(loader, merged);
    }
    slot->progress = DONE;
    return slot->service;
}

const struct kps_ynode *kps_compose_extends_apply(struct kps_loader *loader,
                                                  const struct kps_model_request *request,
                                                  const struct kps_ynode *root,
                                                  const struct kps_resets *resets)
{
    const struct kps_yedge *services_edge = kps_ynode_edge(root, SV("services"));
    const struct kps_ynode *services = services_edge ? kps_ynode_resolve(services_edge->val) : NULL;
    bool any = false;
    for (uint32_t i = 0; i < kps_ynode_count(services, KPS_Y_MAP) && !any; i++) {
        any = kps_ynode_field(services->edges[i].val, "extends") != NULL;
    }
    if (!any) {
        return root;
    }
    struct kps_extends_scope *scope =
        make_scope(loader, root,
                   (struct kps_extends_scope){
                       .dir = request->working_dir, .vars = request->vars, .resets = resets});
    struct kps_edges resolved = {0};
    for (uint32_t i = 0; i < services->n; i++) {
        const struct kps_ynode *service = resolve_service(loader, scope, i, 0);
        kps_compose_merge_add_edge(&resolved, &services->edges[i])->val = service;
    }
    return kps_compose_merge_replace(loader->arena, root, services_edge,
                                     kps_compose_merge_finish(loader->arena, &resolved, services));
}
