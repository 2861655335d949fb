#include "compose/check.h"

#include <stddef.h>

#include "base/compiler.h"
#include "base/path.h"
#include "compose/project.h"
#include "compose/schema.h"

/*
 * A cycle in depends_on (network_mode: service and links included): Compose refuses the project.
 * Depth-first with an explicit stack; one finding, for the first cycle met.
 */
enum visit { UNSEEN, ON_PATH, FINISHED };

struct path_step {
    uint32_t service, next;
};

static void report_cycle(struct kps_project *project, const struct path_step *path, uint32_t depth,
                         uint32_t closes_at)
{
    struct kps_diag *diag = project->loader->diag;
    struct kps_sv names = {"", 0};
    bool inside = false;
    for (uint32_t i = 0; i < depth; i++) {
        inside |= path[i].service == closes_at;
        if (inside) {
            names = kps_fmt(diag->arena, "%.*s%.*s -> ", SV_ARG(names),
                            SV_ARG(project->services[path[i].service].name));
        }
    }
    const struct kps_service *service = &project->services[closes_at];
    names = kps_fmt(diag->arena, "%.*s%.*s", SV_ARG(names), SV_ARG(service->name));
    struct kps_finding *finding =
        kps_diag_add_here(diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, service->key->span,
                          "services depend on each other in a circle: %.*s", SV_ARG(names));
    finding->up_error = kps_fmt(diag->arena, "dependency cycle detected: %.*s", SV_ARG(names));
}

static void check_cycles(struct kps_project *project)
{
    struct kps_arena *arena = project->loader->arena;
    uint8_t *marks = KPS_NEW_N(arena, uint8_t, project->n_services);
    struct path_step *path = KPS_NEW_N(arena, struct path_step, project->n_services);
    for (uint32_t start = 0; start < project->n_services; start++) {
        uint32_t depth = 0;
        if (marks[start] == UNSEEN && project->services[start].enabled &&
            project->services[start].n_depends_on) {
            path[depth++] = (struct path_step){start, 0};
            marks[start] = ON_PATH;
        }
        while (depth) {
            struct path_step *top = &path[depth - 1];
            const struct kps_service *service = &project->services[top->service];
            if (top->next == service->n_depends_on) {
                marks[top->service] = FINISHED;
                depth--;
                continue;
            }
            uint32_t next = service->depends_on[top->next++];
            if (marks[next] == ON_PATH) {
                report_cycle(project, path, depth, next);
                return;
            }
            if (marks[next] == UNSEEN && project->services[next].enabled) {
                path[depth++] = (struct path_step){next, 0};
                marks[next] = ON_PATH;
            }
        }
    }
}

/*
 * Reasons of Compose to refuse a project that do not concern ports (compose-go loader/validate.go
 * and its schema). A third of real files is refused, mostly for these reasons; their ports are
 * judged all the same, and each reason is a KP905 note.
 */
struct kps_compose_checks {
    struct kps_project *project;
    struct kps_diag *diag;
    struct kps_compose_schema schema;
    struct kps_map volumes, networks, secrets, configs, models;
    struct kps_map container_names; /* of the services checked so far */
};

static struct kps_finding *add_refusal(struct kps_compose_checks *c, struct kps_span span,
                                       const char *fmt, ...) KPS_PRINTF(3, 4);
static struct kps_finding *add_refusal(struct kps_compose_checks *c, struct kps_span span,
                                       const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct kps_finding *finding =
        kps_diag_vadd_here(c->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, span, fmt, args);
    va_end(args);
    return finding;
}

static bool is_string_key(const struct kps_ynode *key)
{
    return kps_ynode_type(key) == KPS_T_STR;
}

static void check_name(struct kps_compose_checks *c, const struct kps_service *service)
{
    if (!is_string_key(service->key)) {
        (void)add_refusal(c, service->key->span, "service name '%.*s' is not a string: quote it",
                          SV_ARG(service->name));
    } else if (service->name.n == 0 || !kps_sv_is_plain(service->name, "._-")) {
        (void)add_refusal(
            c, service->key->span,
            "'%.*s' is no service name: allowed are letters, digits, '.', '_' and '-'",
            SV_ARG(service->name));
    }
}

/* Collect the names of a top-level resource, for lookups. */
static void collect_names(struct kps_compose_checks *c, const char *resource, struct kps_map *ret)
{
    const struct kps_ynode *map = kps_compose_given(c->project->root, resource);
    for (uint32_t i = 0; i < kps_ynode_count(map, KPS_Y_MAP); i++) {
        (void)kps_map_put(ret, c->diag->arena, kps_ynode_text(map->edges[i].key), 1);
    }
}

/* Check that the top level defines a name, which a service gives at a node. */
static void check_reference(struct kps_compose_checks *c, const struct kps_service *service,
                            const struct kps_ynode *at, struct kps_sv name,
                            const struct kps_map *known, const char *noun)
{
    if (!kps_map_get(known, name, 0)) {
        add_refusal(c, at->span, "%s '%.*s' is not defined in this project", noun, SV_ARG(name))
            ->up_error = kps_fmt(c->diag->arena, "service \"%.*s\" refers to undefined %s %.*s",
                                 SV_ARG(service->name), noun, SV_ARG(name));
    }
}

static void check_networks(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *networks = kps_compose_project_given(service, "networks");
    if (service->mode == KPS_NET_CONTAINER && service->container.n == 0) {
        add_refusal(c, service->mode_node->span, "the network mode of '%.*s' names no container",
                    SV_ARG(service->name))
            ->up_error = SV("invalid container format container:<name|id>");
    }
    if (service->mode_text.n && kps_compose_loader_name_at(networks, 0)) {
        add_refusal(c, networks->span, "'%.*s' has both 'network_mode' and 'networks'",
                    SV_ARG(service->name))
            ->up_error = SV("declares mutually exclusive `network_mode` and `networks`");
    }
    const struct kps_ynode *name;
    for (uint32_t i = 0; (name = kps_compose_loader_name_at(networks, i)) != NULL; i++) {
        struct kps_sv text = kps_ynode_text(name);
        if (!kps_sv_is(text, "default")) {
            check_reference(c, service, name, text, &c->networks, "network");
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
        const struct kps_ynode *type = kps_compose_given(volume, "type");
        const struct kps_ynode *named = kps_compose_given(volume, "source");
        if (kps_sv_is(kps_ynode_text(type), "volume") && named) {
            source = kps_ynode_text(named);
        }
    } else if (volume->kind == KPS_Y_SCALAR) {
        struct kps_sv text = kps_ynode_text(volume);
        size_t colon = kps_sv_find(text, ':');
        if (text.n == 0 || colon == 0 || kps_sv_has_any(text, "::") || kps_sv_has_tail(text, ":")) {
            add_refusal(c, volume->span, "the volume '%.*s' has an empty part", SV_ARG(text))
                ->up_error = kps_fmt(
                c->diag->arena, "invalid spec: %.*s: empty section between colons", SV_ARG(text));
            return;
        }
        source = colon < text.n ? kps_sv_head(text, colon) : source;
    }
    bool is_drive = source.n == 1 && volume->kind == KPS_Y_SCALAR;
    if (service->enabled && source.n && !is_drive && !is_file_path(source)) {
        check_reference(c, service, volume, source, &c->volumes, "volume");
    }
}

static void check_sources(struct kps_compose_checks *c, const struct kps_service *service,
                          const struct kps_ynode *list, const struct kps_map *known,
                          const char *noun)
{
    for (uint32_t i = 0; i < kps_ynode_count(list, KPS_Y_SEQ); i++) {
        const struct kps_ynode *entry = kps_ynode_item(list, i);
        const struct kps_ynode *source =
            entry->kind == KPS_Y_MAP ? kps_compose_given(entry, "source") : entry;
        check_reference(c, service, source ? source : entry, kps_ynode_text(source), known, noun);
    }
}

/* Check the models that a service uses, a list of names or a mapping by name. */
static void check_models(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *models = kps_compose_project_given(service, "models");
    const struct kps_ynode *name;
    for (uint32_t i = 0; (name = kps_compose_loader_name_at(models, i)) != NULL; i++) {
        check_reference(c, service, name, kps_ynode_text(name), &c->models, "model");
    }
}

/*
 * Check a reference of a service to another service at a node. `is_optional`: a service without an
 * enabled profile is no fault.
 */
static void check_dependency(struct kps_compose_checks *c, const struct kps_service *service,
                             const struct kps_ynode *at, struct kps_sv name, bool is_optional)
{
    uint32_t index = kps_map_get(&c->project->by_name, name, UINT32_MAX);
    bool exists = index != UINT32_MAX;
    if (exists && (is_optional || c->project->services[index].enabled)) {
        return;
    }
    struct kps_finding *finding =
        add_refusal(c, at->span,
                    exists ? "'%.*s' needs service '%.*s', whose profile is not enabled"
                           : "'%.*s' needs service '%.*s', which does not exist",
                    SV_ARG(service->name), SV_ARG(name));
    finding->up_error =
        kps_fmt(c->diag->arena, "service \"%.*s\" depends on undefined service \"%.*s\"",
                SV_ARG(service->name), SV_ARG(name));
}

/* The service whose implied dependencies are checked. */
struct implied_check {
    struct kps_compose_checks *c;
    const struct kps_service *service;
};

/* Check a dependency implied by another key: an entry of `depends_on` decides instead. */
static void check_implied(void *context, const struct kps_ynode *node, struct kps_sv name)
{
    const struct implied_check *check = context;
    const struct kps_ynode *depends_on = kps_compose_project_given(check->service, "depends_on");
    const struct kps_ynode *listed;
    for (uint32_t i = 0; (listed = kps_compose_loader_name_at(depends_on, i)) != NULL; i++) {
        if (kps_sv_eq(kps_ynode_text(listed), name)) {
            return;
        }
    }
    check_dependency(check->c, check->service, node, name, false);
}

static void check_dependencies(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *depends_on = kps_compose_project_given(service, "depends_on");
    const struct kps_ynode *name;
    for (uint32_t i = 0; (name = kps_compose_loader_name_at(depends_on, i)) != NULL; i++) {
        const struct kps_ynode *required =
            kps_compose_given(kps_ynode_item(depends_on, i), "required");
        bool is_optional = kps_sv_is(kps_ynode_text(required), "false");
        check_dependency(c, service, name, kps_ynode_text(name), is_optional);
    }
    kps_compose_project_each_implied(service, check_implied, &(struct implied_check){c, service});
}

static bool path_exists(struct kps_compose_checks *c, struct kps_sv dir, struct kps_sv path)
{
    const struct kps_fs *fs = c->project->loader->fs;
    return fs->kind(fs, kps_path_join(c->diag->arena, dir, path).p) != KPS_FS_NONE;
}

/*
 * Check an env or label file. A path may be relative to the project's directory or, in a base or
 * included file, to the folder of that file.
 */
static void check_file(struct kps_compose_checks *c, const struct kps_ynode *entry,
                       const char *noun)
{
    const struct kps_ynode *required = kps_compose_given(entry, "required");
    const struct kps_ynode *path =
        entry->kind == KPS_Y_MAP ? kps_compose_given(entry, "path") : entry;
    if (!path || path->kind != KPS_Y_SCALAR || kps_compose_loader_value(path) ||
        kps_sv_is(kps_ynode_text(required), "false")) {
        return;
    }
    struct kps_sv text = kps_ynode_text(path);
    struct kps_sv written_in = kps_files_get(&c->diag->files, path->span.file)->path;
    struct kps_sv own_dir = kps_path_join(c->diag->arena, c->project->loader->cwd,
                                          kps_path_dir(c->diag->arena, written_in));
    if (text.n == 0 ||
        (!path_exists(c, c->project->directory, text) && !path_exists(c, own_dir, text))) {
        add_refusal(c, path->span, "%s file '%.*s' does not exist", noun, SV_ARG(text))->up_error =
            kps_fmt(c->diag->arena, "%s file %.*s not found", noun, SV_ARG(text));
    }
}

static void check_files(struct kps_compose_checks *c, const struct kps_service *service,
                        const char *key, const char *noun)
{
    const struct kps_ynode *files = kps_compose_project_given(service, key);
    const struct kps_ynode *file;
    for (uint32_t i = 0; (file = kps_compose_loader_item_at(files, i)) != NULL; i++) {
        check_file(c, file, noun);
    }
}

/*
 * Check a container name given to two services: Compose 2.40 refuses, 2.26 and 5 leave the clash
 * to the Engine, which refuses the second container.
 */
static void check_container_name(struct kps_compose_checks *c, const struct kps_service *service,
                                 const struct kps_ynode *name)
{
    struct kps_sv text = kps_ynode_text(name);
    bool is_2_40 = c->project->loader->version == KPS_COMPOSE_2_40;
    bool is_made = is_2_40 || (service->replicas && service->selected);
    uint32_t n_known = c->container_names.n;
    uint32_t *n_made = kps_map_put(&c->container_names, c->diag->arena, text, 0);
    if (is_made && *n_made) {
        add_refusal(c, name->span, "container name '%.*s' is given to two services", SV_ARG(text))
            ->up_error = kps_fmt(c->diag->arena, "name \"%s%.*s\" is already in use",
                                 is_2_40 ? "" : "/", SV_ARG(text));
    } else if (c->container_names.n == n_known) {
        (void)kps_diag_add_here(
            c->diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, name->span,
            "Compose 2.40 refuses container name '%.*s', which another service has as well",
            SV_ARG(text));
    }
    *n_made += is_made;
}

/* Check the volumes: their notation in every service, their names in a service to start. */
static void check_volumes(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *volumes = kps_compose_project_given(service, "volumes");
    for (uint32_t i = 0; i < kps_ynode_count(volumes, KPS_Y_SEQ); i++) {
        check_volume(c, service, kps_ynode_item(volumes, i));
    }
}

/* Check the rules of `develop.watch`: in every service a path, in a service to start a target. */
static void check_watch(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *develop = kps_compose_project_given(service, "develop");
    const struct kps_ynode *rules = kps_ynode_field(develop, "watch");
    for (uint32_t i = 0; i < kps_ynode_count(rules, KPS_Y_SEQ); i++) {
        const struct kps_ynode *rule = kps_ynode_item(rules, i);
        const struct kps_ynode *path = kps_ynode_field(rule, "path");
        struct kps_sv action = kps_ynode_text(kps_ynode_field(rule, "action"));
        bool has_target = kps_ynode_text(kps_ynode_field(rule, "target")).n > 0;
        if (path && kps_ynode_type(path) == KPS_T_STR && kps_ynode_text(path).n == 0) {
            add_refusal(c, path->span, "'%.*s' watches an empty path", SV_ARG(service->name))
                ->up_error = SV("value can't be blank");
        } else if (service->enabled && !has_target && kps_sv_has_head(action, "sync")) {
            add_refusal(c, rule->span, "'%.*s' has a watch action '%.*s' without 'target'",
                        SV_ARG(service->name), SV_ARG(action))
                ->up_error = SV("target is required for non-rebuild actions");
        }
    }
}

static void check_references(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *image = kps_compose_project_given(service, "image");
    bool has_image = image && (image->kind != KPS_Y_SCALAR || kps_ynode_text(image).n);
    if (!service->is_provided && !has_image && !kps_compose_project_given(service, "build")) {
        add_refusal(c, service->key->span, "'%.*s' has neither 'image' nor 'build'",
                    SV_ARG(service->name))
            ->up_error = kps_fmt(
            c->diag->arena, "service \"%.*s\" has neither an image nor a build context specified",
            SV_ARG(service->name));
    }
    const struct kps_ynode *container_name = kps_compose_project_given(service, "container_name");
    if (container_name && service->replicas > 1) {
        add_refusal(c, container_name->span,
                    "'%.*s' has a container name, so it cannot have %u replicas",
                    SV_ARG(service->name), service->replicas)
            ->up_error = SV("container name must be unique");
    }
    if (container_name) {
        check_container_name(c, service, container_name);
    }
    if (service->has_distinct_replicas) {
        add_refusal(c, service->replicas_node->span,
                    "'scale' and 'deploy.replicas' of '%.*s' differ", SV_ARG(service->name))
            ->up_error = SV("can't set distinct values on 'scale' and 'deploy.replicas'");
    }
    check_networks(c, service);
    const struct kps_ynode *build = kps_compose_project_given(service, "build");
    const struct kps_ynode *secrets = kps_compose_project_given(service, "secrets");
    const struct kps_ynode *configs = kps_compose_project_given(service, "configs");
    check_sources(c, service, secrets, &c->secrets, "secret");
    check_sources(c, service, configs, &c->configs, "config");
    check_sources(c, service, kps_compose_given(build, "secrets"), &c->secrets, "build secret");
    check_models(c, service);
    check_dependencies(c, service);
    check_files(c, service, "env_file", "env");
    check_files(c, service, "label_file", "label");
}

struct kps_compose_checks *kps_compose_check_project(struct kps_project *project)
{
    struct kps_compose_checks *c = KPS_NEW(project->loader->arena, struct kps_compose_checks);
    c->project = project;
    c->diag = project->loader->diag;
    collect_names(c, "volumes", &c->volumes);
    collect_names(c, "networks", &c->networks);
    collect_names(c, "secrets", &c->secrets);
    collect_names(c, "configs", &c->configs);
    collect_names(c, "models", &c->models);
    c->schema = (struct kps_compose_schema){.diag = c->diag, .version = project->loader->version};
    kps_compose_schema_check_root(&c->schema, project->root);
    check_cycles(project);
    return c;
}

/* Check the number of replicas. A negative number is a fault only of a service to start. */
static void check_replicas(struct kps_compose_checks *c, const struct kps_service *service)
{
    const struct kps_ynode *node = service->refused_replicas;
    if (!node || (!service->enabled && kps_ynode_type(node) == KPS_T_INT)) {
        return;
    }
    struct kps_sv text = kps_ynode_text(node);
    struct kps_finding *finding =
        add_refusal(c, node->span, "'%.*s' is no number of replicas", SV_ARG(text));
    kps_finding_note(finding,
                     "it must be 0 or more (2.26 accepts less and fails at 'up'); one replica is "
                     "assumed here");
}

void kps_compose_check_service(struct kps_compose_checks *checks, const struct kps_service *service)
{
    check_replicas(checks, service);
    check_name(checks, service);
    kps_compose_schema_check_service(&checks->schema, service->name, service->node);
    check_volumes(checks, service);
    check_watch(checks, service);
    if (service->enabled) {
        check_references(checks, service);
    }
}
