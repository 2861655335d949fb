#include "base/path.h"
#include "compose/project.h"
#include "compose/schema.h"

/*
 * What Compose refuses about a project for reasons that have nothing to do with ports (compose-go
 * loader/validate.go and its schema). A third of real files is refused, mostly for these; their
 * ports are judged all the same, and each reason is one KP905 note.
 */
struct kps_compose_checks {
    struct kps_project *project;
    struct kps_diag *diag;
    struct kps_map volumes, networks, secrets, configs;
};

static struct kps_finding *refuse(struct kps_compose_checks *c, struct kps_span span,
                                  const char *fmt, ...) KPS_PRINTF(3, 4);
static struct kps_finding *refuse(struct kps_compose_checks *c, struct kps_span span,
                                  const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_sv message = kps_vfmt(c->diag->arena, fmt, args);
    va_end(args);
    return kps_diag_add(c->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, kps_diag_here(c->diag, span),
                        "%.*s", SV_ARG(message));
}

static const struct kps_ynode *given(const struct kps_ynode *map, struct kps_sv key)
{
    const struct kps_ynode *value = kps_ymap_get(map, key);
    return value && kps_ynode_type(value) != KPS_T_NULL ? value : NULL;
}

static bool is_string_key(const struct kps_ynode *key)
{
    return kps_ynode_type(key) == KPS_T_STR;
}

static void check_service_keys(struct kps_compose_checks *c, const struct kps_service *service)
{
    for (uint32_t i = 0; i < service->node->n; i++) {
        const struct kps_yedge *edge = &service->node->edges[i];
        struct kps_sv key = kps_ynode_text(edge->key);
        enum kps_ytype type = kps_ynode_type(edge->val);
        switch (kps_compose_service_key(key, type)) {
        case KPS_KEY_FINE:
            break;
        case KPS_KEY_UNKNOWN:
            refuse(c, edge->key->span, "'%.*s' is no key of a service", SV_ARG(key))->up_error =
                kps_fmt(c->diag->arena, "services.%.*s Additional property %.*s is not allowed",
                        SV_ARG(service->name), SV_ARG(key));
            break;
        case KPS_KEY_NEWER:
            (void)kps_diag_add(c->diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE,
                               kps_diag_here(c->diag, edge->key->span),
                               "'%.*s' needs a Compose newer than 2.26, which refuses it",
                               SV_ARG(key));
            break;
        case KPS_KEY_WRONG_TYPE:
            if (!kps_sv_eq(key, SV("ports"))) { /* that one is KP109 */
                (void)refuse(c, edge->key->span, "'%.*s' of '%.*s' cannot be %s", SV_ARG(key),
                             SV_ARG(service->name), kps_ytype_name(type));
            }
            break;
        }
    }
}

static void check_root(struct kps_compose_checks *c)
{
    const struct kps_ynode *root = c->project->root;
    for (uint32_t i = 0; i < root->n; i++) {
        struct kps_sv key = kps_ynode_text(root->edges[i].key);
        if (kps_compose_root_key(key) == KPS_KEY_UNKNOWN) {
            refuse(c, root->edges[i].key->span, "'%.*s' is no key of a Compose file", SV_ARG(key))
                ->up_error =
                kps_fmt(c->diag->arena, "Additional property %.*s is not allowed", SV_ARG(key));
        }
    }
}

static void check_name(struct kps_compose_checks *c, const struct kps_service *service)
{
    if (!is_string_key(service->key)) {
        (void)refuse(c, service->key->span, "service name '%.*s' is not a string: quote it",
                     SV_ARG(service->name));
    } else if (!kps_compose_is_service_name(service->name)) {
        (void)refuse(c, service->key->span,
                     "'%.*s' is no service name: allowed are letters, digits, '.', '_' and '-'",
                     SV_ARG(service->name));
    }
}

/* The names of a top-level resource, for lookups. */
static struct kps_map names_of(struct kps_compose_checks *c, struct kps_sv resource)
{
    struct kps_map names = {0};
    const struct kps_ynode *map = given(c->project->root, resource);
    for (uint32_t i = 0; map && map->kind == KPS_Y_MAP && i < map->n; i++) {
        bool is_new = false;
        (void)kps_map_put(&names, c->diag->arena, kps_ynode_text(map->edges[i].key), 1, &is_new);
    }
    return names;
}

static void check_networks(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *networks = kps_service_given(service, SV("networks"));
    if (!networks || networks->kind == KPS_Y_SCALAR) {
        return;
    }
    if (service->mode_text.n && networks->n) {
        refuse(c, networks->span, "'%.*s' has both 'network_mode' and 'networks'",
               SV_ARG(service->name))
            ->up_error = SV("declares mutually exclusive `network_mode` and `networks`");
    }
    for (uint32_t i = 0; i < networks->n; i++) {
        const struct kps_ynode *name = networks->kind == KPS_Y_MAP
                                           ? networks->edges[i].key
                                           : kps_ynode_resolve(networks->edges[i].val);
        struct kps_sv text = kps_ynode_text(name);
        if (!kps_sv_eq(text, SV("default")) && !kps_map_get(&c->networks, text, 0)) {
            refuse(c, name->span, "network '%.*s' is not defined in this project", SV_ARG(text))
                ->up_error =
                kps_fmt(c->diag->arena, "service \"%.*s\" refers to undefined network %.*s",
                        SV_ARG(service->name), SV_ARG(text));
        }
    }
}

static bool is_file_path(struct kps_sv source)
{
    bool is_drive = source.n >= 2 && kps_is_alpha(source.p[0]) && source.p[1] == ':';
    return source.n && (source.p[0] == '.' || source.p[0] == '/' || source.p[0] == '~' ||
                        source.p[0] == '\\' || is_drive);
}

static void check_volume(struct kps_compose_checks *c, const struct kps_service *service,
                         const struct kps_ynode *volume)
{
    struct kps_sv source = {"", 0};
    if (volume->kind == KPS_Y_MAP) {
        const struct kps_ynode *type = given(volume, SV("type"));
        const struct kps_ynode *named = given(volume, SV("source"));
        if (type && kps_sv_eq(kps_ynode_text(type), SV("volume")) && named) {
            source = kps_ynode_text(named);
        }
    } else if (volume->kind == KPS_Y_SCALAR) {
        struct kps_sv text = kps_ynode_text(volume);
        size_t colon = kps_sv_find(text, ':');
        if (colon == 0 || kps_sv_search(text, SV("::")) < text.n) {
            refuse(c, volume->span, "the volume '%.*s' has an empty part", SV_ARG(text))->up_error =
                kps_fmt(c->diag->arena, "invalid spec: %.*s: empty section between colons",
                        SV_ARG(text));
            return;
        }
        source = colon < text.n ? kps_sv_slice(text, 0, colon) : source;
    }
    if (source.n && !is_file_path(source) && source.n > 1 && !kps_map_get(&c->volumes, source, 0)) {
        refuse(c, volume->span, "volume '%.*s' is not defined in this project", SV_ARG(source))
            ->up_error = kps_fmt(c->diag->arena, "service \"%.*s\" refers to undefined volume %.*s",
                                 SV_ARG(service->name), SV_ARG(source));
    }
}

static void check_sources(struct kps_compose_checks *c, const struct kps_service *service,
                          struct kps_sv key, const struct kps_map *known, const char *noun)
{
    const struct kps_ynode *list = kps_service_given(service, key);
    for (uint32_t i = 0; list && list->kind == KPS_Y_SEQ && i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_resolve(list->edges[i].val);
        const struct kps_ynode *source =
            entry->kind == KPS_Y_MAP ? given(entry, SV("source")) : entry;
        struct kps_sv name = source ? kps_ynode_text(source) : (struct kps_sv){"", 0};
        if (name.n && !kps_map_get(known, name, 0)) {
            refuse(c, source->span, "%s '%.*s' is not defined in this project", noun, SV_ARG(name))
                ->up_error = kps_fmt(c->diag->arena, "service \"%.*s\" refers to undefined %s %.*s",
                                     SV_ARG(service->name), noun, SV_ARG(name));
        }
    }
}

static void refuse_dependency(struct kps_compose_checks *c, const struct kps_service *service,
                              struct kps_span at, struct kps_sv name)
{
    uint32_t index = kps_map_get(&c->project->by_name, name, UINT32_MAX);
    if (index != UINT32_MAX && c->project->services[index].enabled) {
        return;
    }
    struct kps_finding *finding =
        refuse(c, at,
               index == UINT32_MAX ? "'%.*s' needs service '%.*s', which does not exist"
                                   : "'%.*s' needs service '%.*s', whose profile is not enabled",
               SV_ARG(service->name), SV_ARG(name));
    finding->up_error =
        kps_fmt(c->diag->arena, "service \"%.*s\" depends on undefined service \"%.*s\"",
                SV_ARG(service->name), SV_ARG(name));
}

static void check_dependencies(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *depends_on = kps_service_given(service, SV("depends_on"));
    for (uint32_t i = 0; depends_on && depends_on->kind != KPS_Y_SCALAR && i < depends_on->n; i++) {
        const struct kps_ynode *value = kps_ynode_resolve(depends_on->edges[i].val);
        const struct kps_ynode *name =
            depends_on->kind == KPS_Y_MAP ? depends_on->edges[i].key : value;
        const struct kps_ynode *required =
            value->kind == KPS_Y_MAP ? given(value, SV("required")) : NULL;
        if (!required || !kps_sv_eq(kps_ynode_text(required), SV("false"))) {
            refuse_dependency(c, service, name->span, kps_ynode_text(name));
        }
    }
    if (service->mode == KPS_NET_SERVICE) {
        refuse_dependency(c, service, service->mode_node->span, kps_sv_from(service->mode_text, 8));
    }
}

static bool is_there(struct kps_compose_checks *c, struct kps_sv dir, struct kps_sv path)
{
    enum kps_fs_kind kind;
    const struct kps_fs *fs = c->project->loader->fs;
    return fs->stat(fs, kps_path_join(c->diag->arena, dir, path).p, &kind) == 0;
}

/* A path may be relative to the project's directory or, in a base or included file, to that file's.
 */
static void check_env_file(struct kps_compose_checks *c, const struct kps_ynode *entry)
{
    const struct kps_ynode *required =
        entry->kind == KPS_Y_MAP ? given(entry, SV("required")) : NULL;
    const struct kps_ynode *path = entry->kind == KPS_Y_MAP ? given(entry, SV("path")) : entry;
    if (!path || path->kind != KPS_Y_SCALAR || kps_compose_value(path) ||
        (required && kps_sv_eq(kps_ynode_text(required), SV("false")))) {
        return;
    }
    struct kps_sv text = kps_ynode_text(path);
    struct kps_sv written_in = kps_files_get(&c->diag->files, path->span.file)->path;
    struct kps_sv own_dir = kps_path_join(c->diag->arena, c->project->loader->cwd,
                                          kps_path_dir(c->diag->arena, written_in));
    if (!is_there(c, c->project->directory, text) && !is_there(c, own_dir, text)) {
        refuse(c, path->span, "env file '%.*s' does not exist", SV_ARG(text))->up_error =
            kps_fmt(c->diag->arena, "env file %.*s not found", SV_ARG(text));
    }
}

static void check_env_files(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *files = kps_service_given(service, SV("env_file"));
    if (files && files->kind == KPS_Y_SEQ) {
        for (uint32_t i = 0; i < files->n; i++) {
            check_env_file(c, kps_ynode_resolve(files->edges[i].val));
        }
    } else if (files) {
        check_env_file(c, files);
    }
}

static void check_references(struct kps_compose_checks *c, const struct kps_service *service)
{
    if (!kps_service_given(service, SV("image")) && !kps_service_given(service, SV("build"))) {
        refuse(c, service->key->span, "'%.*s' has neither 'image' nor 'build'",
               SV_ARG(service->name))
            ->up_error = kps_fmt(
            c->diag->arena, "service \"%.*s\" has neither an image nor a build context specified",
            SV_ARG(service->name));
    }
    const struct kps_ynode *container_name = kps_service_given(service, SV("container_name"));
    if (container_name && service->replicas > 1) {
        refuse(c, container_name->span,
               "'%.*s' has a container name, so it cannot have %u replicas", SV_ARG(service->name),
               service->replicas)
            ->up_error = SV("container name must be unique");
    }
    const struct kps_ynode *volumes = kps_service_given(service, SV("volumes"));
    for (uint32_t i = 0; volumes && volumes->kind == KPS_Y_SEQ && i < volumes->n; i++) {
        check_volume(c, service, kps_ynode_resolve(volumes->edges[i].val));
    }
    check_networks(c, service);
    check_sources(c, service, SV("secrets"), &c->secrets, "secret");
    check_sources(c, service, SV("configs"), &c->configs, "config");
    check_dependencies(c, service);
    check_env_files(c, service);
}

struct kps_compose_checks *kps_compose_check_project(struct kps_project *project)
{
    struct kps_compose_checks *c = KPS_NEW(project->loader->arena, struct kps_compose_checks);
    c->project = project;
    c->diag = project->loader->diag;
    c->volumes = names_of(c, SV("volumes"));
    c->networks = names_of(c, SV("networks"));
    c->secrets = names_of(c, SV("secrets"));
    c->configs = names_of(c, SV("configs"));
    check_root(c);
    kps_compose_check_cycles(project);
    return c;
}

void kps_compose_check_service(struct kps_compose_checks *checks, const struct kps_service *service)
{
    check_name(checks, service);
    check_service_keys(checks, service);
    if (service->enabled) {
        check_references(checks, service);
    }
}
