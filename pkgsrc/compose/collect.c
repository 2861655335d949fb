#include "compose/collect.h"

#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "compose/check.h"
#include "compose/claims.h"
#include "compose/describe.h"
#include "compose/discover.h"
#include "compose/dotenv.h"
#include "compose/loader.h"
#include "compose/ports.h"
#include "compose/project.h"
#include "compose/replaced.h"
#include "compose/stack.h"
#include "compose/versions.h"

/*
 * How this works, in Compose's own order (spec compose §2.2, §2.4, §3.1): which files, hence which
 * project directory, hence which .env, which may name other files; then the project's name, the
 * model, the services that start, and their claims.
 */
struct collecting {
    struct kps_loader loader;
    const struct kps_compose_request *request;
    const struct kps_env *env;
    struct kps_vars *vars;
    KPS_VEC(struct kps_sv) files; /* absolute */
    KPS_VEC(struct kps_sv) profiles;
    struct kps_sv directory; /* the project directory, absolute */
    bool is_name_of_folder;
    bool discovered;
    bool default_env_file; /* the default .env is in use */
    uint32_t n_inactive;   /* services without an enabled profile */
};

static struct kps_sv make_absolute(struct collecting *c, struct kps_sv path)
{
    return kps_sv_is(path, "-") ? path : kps_path_join(c->loader.arena, c->request->cwd, path);
}

static struct kps_sv get_variable(struct collecting *c, struct kps_sv name)
{
    struct kps_var var = {.value = {"", 0}};
    (void)kps_vars_get(c->vars, name, &var);
    return var.value;
}

/* Call `add` for the parts of a list like "a,b"; empty parts are dropped. */
static void split_list(struct collecting *c, struct kps_sv list,
                       void (*add)(struct collecting *c, struct kps_sv part))
{
    struct kps_sv part;
    while (kps_sv_next(&list, ',', &part)) {
        if (part.n) {
            add(c, part);
        }
    }
}

static void add_file(struct collecting *c, struct kps_sv path)
{
    kps_vec_add_text(&c->files.any, make_absolute(c, path));
}

/* Add the files of the variable COMPOSE_FILE. An empty name is the folder, as in Compose, which
 * fails to read it. */
static void add_compose_file_variable(struct collecting *c)
{
    struct kps_var list;
    if (c->request->ignore_compose_file || c->request->is_stack ||
        !kps_vars_get(c->vars, SV("COMPOSE_FILE"), &list)) {
        return;
    }
    struct kps_sv separator = get_variable(c, SV("COMPOSE_PATH_SEPARATOR"));
    separator = separator.n ? separator : SV(":");
    for (struct kps_sv rest = list.value;;) {
        size_t end = kps_sv_search(rest, separator);
        if (end == 0) {
            (void)kps_diag_add(c->loader.diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, 0,
                               "COMPOSE_FILE has an empty name, which is the folder");
        }
        add_file(c, kps_sv_head(rest, end));
        if (end == rest.n) {
            return;
        }
        rest = kps_sv_from(rest, end + separator.n);
    }
}

/* Return the path of a layer: of a named standard input the file it stands for. */
static struct kps_sv path_of_layer(const struct collecting *c, struct kps_sv file)
{
    bool is_named = kps_sv_is(file, "-") && c->request->stdin_name.n;
    return is_named ? kps_path_join(c->loader.arena, c->request->cwd, c->request->stdin_name)
                    : file;
}

/* Add the files of the command line, and the override file of a single file. */
static void add_given_files(struct collecting *c)
{
    const struct kps_compose_request *request = c->request;
    for (size_t i = 0; i < request->n_files; i++) {
        if (kps_compose_loader_is_remote(request->files[i])) {
            kps_compose_loader_report_remote(&c->loader, 0, request->files[i]);
        } else {
            add_file(c, request->files[i]);
        }
    }
    if (c->files.n == 1 && request->with_override && !request->is_stack) {
        struct kps_sv override =
            kps_compose_discover_override(&c->loader, path_of_layer(c, c->files.v[0]));
        if (override.n) {
            kps_vec_add_text(&c->files.any, override);
        }
    }
}

/* Return the folder where a project without named files is looked for. */
static struct kps_sv start_of_search(struct collecting *c)
{
    const struct kps_compose_request *request = c->request;
    return make_absolute(c, request->project_directory.n ? request->project_directory
                                                         : request->directory);
}

static void discover_files(struct collecting *c)
{
    struct kps_discovered found =
        kps_compose_discover(&c->loader, start_of_search(c), c->request->no_parents);
    size_t n = c->request->is_stack && found.n ? 1 : found.n; /* no override file */
    for (size_t i = 0; i < n; i++) {
        kps_vec_add_text(&c->files.any, found.files[i]);
    }
    c->discovered = true;
}

static struct kps_sv directory_of_files(struct collecting *c)
{
    if (c->request->project_directory.n) {
        return make_absolute(c, c->request->project_directory);
    }
    struct kps_sv first = c->files.n ? path_of_layer(c, c->files.v[0]) : SV("-");
    return kps_sv_is(first, "-") ? c->request->cwd : kps_path_dir(c->loader.arena, first);
}

static void read_env_file(struct collecting *c, struct kps_vars *into, struct kps_sv path,
                          bool must_exist)
{
    if (must_exist || c->loader.fs->kind(c->loader.fs, path.p) == KPS_FS_FILE) {
        kps_compose_loader_read_env(&c->loader, path, 0, into);
    }
}

static void read_named_env_file(struct collecting *c, struct kps_sv path)
{
    read_env_file(c, c->vars, make_absolute(c, path), true);
}

/* Return: is COMPOSE_DISABLE_ENV_FILE true? Compose reads it with strconv.ParseBool, and ends
 * where that fails. */
static bool is_env_file_disabled(struct collecting *c)
{
    struct kps_sv text;
    if (!kps_env_get(c->env, SV("COMPOSE_DISABLE_ENV_FILE"), &text)) {
        return false;
    }
    bool is_true = kps_sv_is_one_of(text, "1 t T true TRUE True");
    if (!is_true && !kps_sv_is_one_of(text, "0 f F false FALSE False")) {
        struct kps_finding *finding = kps_diag_add(
            c->loader.diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, 0,
            "COMPOSE_DISABLE_ENV_FILE is '%.*s', neither true nor false", SV_ARG(text));
        finding->up_error =
            kps_fmt(c->loader.arena, "strconv.ParseBool: parsing \"%.*s\"", SV_ARG(text));
    }
    return is_true;
}

/* Return: is the default .env in use? */
static bool read_env_files(struct collecting *c)
{
    for (size_t i = 0; i < c->request->n_env_files; i++) {
        read_named_env_file(c, c->request->env_files[i]);
    }
    struct kps_sv listed = kps_env_or_empty(c->env, "COMPOSE_ENV_FILES");
    if (c->request->n_env_files || c->request->is_stack) {
        return false; /* `docker stack deploy` takes variables from the shell alone */
    }
    if (listed.n) {
        split_list(c, listed, read_named_env_file);
        return false;
    }
    if (is_env_file_disabled(c)) {
        return false;
    }
    read_env_file(c, c->vars, kps_path_join(c->loader.arena, c->directory, SV(".env")), false);
    return true;
}

/*
 * Set the project directory to the folder of the files. When the default .env of another folder was
 * read so far, its values rank like the shell's, and the .env of the project directory completes
 * them.
 */
static void move_to_files(struct collecting *c)
{
    struct kps_sv old = c->directory;
    c->directory = directory_of_files(c);
    if (!c->default_env_file || kps_sv_eq(old, c->directory)) {
        return;
    }
    struct kps_vars *weaker = KPS_NEW(c->loader.arena, struct kps_vars);
    weaker->diag = c->loader.diag;
    weaker->stronger = c->vars;
    weaker->expands_unused = c->vars->expands_unused;
    *kps_vec_push(&c->loader.layers) = weaker;
    read_env_file(c, weaker, kps_path_join(c->loader.arena, c->directory, SV(".env")), false);
    c->vars = weaker;
}

/* Up to Compose 2.26 the files come first, then the .env beside them, which may name other files.
 */
static void choose_files_before_env(struct collecting *c)
{
    if (c->files.n == 0) {
        add_compose_file_variable(c);
    }
    if (c->files.n == 0) {
        discover_files(c);
    }
    c->directory = directory_of_files(c);
    c->default_env_file = read_env_files(c);
    if (!c->discovered || kps_env_or_empty(c->env, "COMPOSE_FILE").n) {
        return;
    }
    uint32_t before = c->files.n;
    add_compose_file_variable(c);
    if (c->files.n == before) {
        return;
    }
    memmove(c->files.v, c->files.v + before, (c->files.n - before) * sizeof(c->files.v[0]));
    c->files.n -= before;
    move_to_files(c);
}

/* From Compose 2.40 on the .env where the search starts comes first, then the files, then the .env
 * beside them. */
static void choose_files_after_env(struct collecting *c)
{
    c->directory = c->files.n ? directory_of_files(c) : start_of_search(c);
    c->default_env_file = read_env_files(c);
    if (c->files.n == 0) {
        add_compose_file_variable(c);
    }
    if (c->files.n == 0) {
        discover_files(c);
    }
    if (c->files.n) {
        move_to_files(c);
    }
}

/* Lower case, only [a-z0-9_-], not starting with - or _ (spec compose §3.7). */
static struct kps_sv normalized_name(struct kps_arena *arena, struct kps_sv name)
{
    char *out = kps_alloc(arena, name.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < name.n; i++) {
        char ch = kps_lower(name.p[i]);
        bool is_mark = ch == '-' || ch == '_';
        if (kps_is_digit(ch) || kps_is_alpha(ch) || (is_mark && n)) {
            out[n++] = ch;
        }
    }
    return (struct kps_sv){out, n};
}

static struct kps_sv checked_name(struct collecting *c, struct kps_sv name, const char *source)
{
    struct kps_sv normal = normalized_name(c->loader.arena, name);
    if (!kps_sv_eq(normal, name)) {
        struct kps_finding *finding =
            kps_diag_add(c->loader.diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0,
                         "'%.*s' from %s is no valid project name", SV_ARG(name), source);
        finding->up_error = kps_fmt(c->loader.arena, "invalid project name \"%.*s\"", SV_ARG(name));
        kps_finding_help(
            finding,
            "write lower-case letters, digits, '-' and '_', and start with a letter or digit");
        c->loader.failed_part = true;
    }
    return normal;
}

static struct kps_sv project_name(struct collecting *c, const struct kps_model_request *model)
{
    if (c->request->project_name.n) {
        return checked_name(c, c->request->project_name, "-p");
    }
    struct kps_sv from_env = get_variable(c, SV("COMPOSE_PROJECT_NAME"));
    if (from_env.n) {
        return checked_name(c, from_env, "COMPOSE_PROJECT_NAME");
    }
    const struct kps_ynode *node = kps_compose_loader_find_name(&c->loader, model);
    struct kps_sv name = {"", 0};
    if (node) {
        kps_compose_loader_note_unset(&c->loader, node, true, "the project's name is not known");
        name = normalized_name(c->loader.arena, kps_ynode_text(node));
    }
    struct kps_sv folder = kps_path_base(c->directory);
    if (name.n == 0) {
        c->is_name_of_folder = true;
        name = normalized_name(c->loader.arena, folder);
    }
    if (name.n == 0) {
        struct kps_finding *finding =
            kps_diag_add(c->loader.diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, 0,
                         "the project has no name, and '%.*s' gives none", SV_ARG(folder));
        finding->up_error = SV("project name must not be empty");
        kps_finding_help(finding, "name it with -p or a top-level 'name'");
    }
    return name;
}

/*
 * Return: does the mapping have a key of Compose files? Other tools have files named stack.yaml,
 * so a stack file must have services.
 */
static bool looks_like_compose(const struct collecting *c, const struct kps_ynode *root)
{
    if (c->request->is_stack) {
        return kps_ynode_edge(root, SV("services")) != NULL;
    }
    static const char keys[] = "services include networks volumes secrets configs name version";
    for (uint32_t i = 0; i < root->n; i++) {
        struct kps_sv key = kps_ynode_text(root->edges[i].key);
        if (kps_sv_is_one_of(key, keys) || kps_sv_has_head(key, "x-")) {
            return true;
        }
    }
    return false;
}

/* Report failed values that no reader needed: Compose refuses the project all the same. */
static void report_troubled_values(struct kps_loader *loader)
{
    for (uint32_t i = 0; i < loader->troubled.n; i++) {
        struct kps_value *value = loader->troubled.v[i];
        if (value->told) {
            continue;
        }
        value->told = true;
        kps_origin_id at = kps_diag_here(loader->diag, value->problem);
        struct kps_finding *finding = NULL;
        if (value->status == KPS_INTERPOLATION_REQUIRED) {
            finding = kps_diag_add(loader->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, at,
                                   "variable '%.*s' is required here and has no value",
                                   SV_ARG(value->variable));
            finding->up_error = kps_fmt(
                loader->arena, "required variable %.*s is missing a value%s%.*s",
                SV_ARG(value->variable), value->message.n ? ": " : "", SV_ARG(value->message));
        } else if (value->status == KPS_INTERPOLATION_TOO_BIG) {
            kps_compose_loader_report_too_big(loader, value->problem);
        } else {
            finding = kps_diag_add(loader->diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, at,
                                   "this is no valid variable reference");
            finding->up_error = SV("invalid interpolation format");
            kps_finding_help(finding, "write $$ for a plain dollar sign");
        }
    }
}

/*
 * Choose the profiles: the option replaces the variable. An empty entry, and so an empty variable,
 * enables the profile with the empty name.
 */
static void choose_profiles(struct collecting *c)
{
    for (size_t i = 0; i < c->request->n_profiles; i++) {
        kps_vec_add_text(&c->profiles.any, c->request->profiles[i]);
    }
    struct kps_sv list = get_variable(c, SV("COMPOSE_PROFILES"));
    if (c->request->is_stack) {
        kps_vec_add_text(&c->profiles.any, SV("*"));
        return;
    }
    for (size_t at = 0; c->request->n_profiles == 0 && at <= list.n;) {
        struct kps_sv rest = kps_sv_from(list, at);
        size_t end = kps_sv_find(rest, ',');
        kps_vec_add_text(&c->profiles.any, kps_sv_trim(kps_sv_head(rest, end)));
        at += end + 1;
    }
}

/* Return the first variable step of a chain with a place in a file; another step: there is none. */
static struct kps_origin variable_from_file(const struct kps_diag *diag, kps_origin_id id)
{
    for (; id; id = kps_origins_up(&diag->origins, id)) {
        const struct kps_origin origin = kps_origins_get(&diag->origins, id);
        if (origin.step == KPS_STEP_VARIABLE && origin.span.file) {
            return origin;
        }
    }
    return (struct kps_origin){.step = KPS_STEP_HERE};
}

static void note_port_by_env(struct kps_loader *loader, const struct kps_service_port *entry,
                             const struct kps_vars *other)
{
    struct kps_diag *diag = loader->diag;
    struct kps_origin variable = variable_from_file(diag, entry->origin);
    struct kps_var elsewhere;
    if (variable.step != KPS_STEP_VARIABLE || !kps_vars_get(other, variable.what, &elsewhere)) {
        return;
    }
    struct kps_sv bytes = kps_files_get(&diag->files, variable.span.file)->bytes;
    struct kps_sv value =
        kps_sv_slice(bytes, variable.span.off, variable.span.off + variable.span.len);
    if (kps_sv_eq(value, elsewhere.value)) {
        return;
    }
    struct kps_sv copy = kps_sv_copy(loader->arena, elsewhere.value);
    bool is_old = loader->version < KPS_COMPOSE_2_40;
    struct kps_finding *finding = kps_diag_add(
        diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, entry->origin,
        is_old ? "Compose from 2.40 on takes '%.*s' from the .env of the working directory: '%.*s'"
               : "Compose before 2.40 takes '%.*s' from the .env of the project: '%.*s'",
        SV_ARG(variable.what), SV_ARG(copy));
    kps_finding_note(finding,
                     is_old ? "before that, Compose reads only the .env beside the project's file"
                            : "since then the .env of the working directory comes first");
}

/*
 * Note ports whose variable another version takes from another .env file (KP908): up to 2.26
 * Compose reads the .env of the project directory alone, from 2.40 on the .env of the folder where
 * the search for the project starts as well, and first. `other` holds the variables of the .env
 * file without effect, or with less, on the version at hand.
 */
static void note_ports_by_env(struct kps_project *project, const struct kps_vars *other)
{
    for (uint32_t i = 0; i < project->n_services; i++) {
        const struct kps_service *service = &project->services[i];
        for (uint32_t k = 0; k < service->n_ports; k++) {
            note_port_by_env(project->loader, &service->ports[k], other);
        }
    }
}

/*
 * Compare the variables with the .env file preferred by another version of Compose. The file is
 * read without a report: for the version at hand the file does not count, or was read before.
 */
static void note_other_env_file(struct collecting *c, struct kps_project *project)
{
    struct kps_loader *loader = &c->loader;
    struct kps_sv start = start_of_search(c);
    bool is_old = loader->version < KPS_COMPOSE_2_40;
    if (!c->default_env_file || c->request->n_files || kps_sv_eq(start, c->directory)) {
        return;
    }
    struct kps_sv path = kps_path_join(loader->arena, is_old ? start : c->directory, SV(".env"));
    struct kps_sv bytes;
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    if (loader->fs->kind(loader->fs, path.p) != KPS_FS_FILE ||
        loader->fs->read(loader->fs, arena, path.p, KPS_LIMIT_FILE_BYTES, &bytes) != 0 ||
        (loader->fs->is_utf16 && loader->fs->is_utf16(loader->fs, path.p))) {
        return;
    }
    struct kps_diag scratch = {.arena = arena};
    struct kps_vars other = {.diag = &scratch};
    (void)kps_dotenv_parse(&scratch, kps_files_add(&scratch.files, path, bytes), &other);
    note_ports_by_env(project, &other);
    kps_vars_free(&other);
    kps_diag_free(&scratch);
}

/* Note a COMPOSE_FILE in the .env beside files found above: older Compose follows the variable. */
static void note_other_files(struct collecting *c)
{
    struct kps_var list = {.origin = 0};
    if (!c->discovered || c->loader.version < KPS_COMPOSE_2_40 || c->request->ignore_compose_file ||
        !kps_vars_get(c->vars, SV("COMPOSE_FILE"), &list) || !list.origin) {
        return;
    }
    (void)kps_diag_add(c->loader.diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, list.origin,
                       "Compose before 2.40 reads the files that COMPOSE_FILE names here");
}

static void judge_model(struct collecting *c, struct kps_sv name, const struct kps_ynode *root)
{
    struct kps_project *project = KPS_NEW(c->loader.arena, struct kps_project);
    project->name = name;
    project->is_name_of_folder = c->is_name_of_folder;
    project->root = root;
    project->directory = c->directory;
    project->is_stack = c->request->is_stack;
    project->loader = &c->loader;
    kps_compose_project_read(project);
    kps_compose_project_scale(project, c->request->scales, c->request->n_scales);
    choose_profiles(c);
    kps_compose_project_select(project, c->profiles.v, c->profiles.n, c->request->services,
                               c->request->n_services);
    const struct kps_yedge *services = kps_ynode_edge(root, SV("services"));
    struct kps_compose_checks *checks =
        project->is_stack ? NULL : kps_compose_check_project(project);
    for (uint32_t i = 0; i < project->n_services; i++) {
        kps_compose_ports_read(project, &project->services[i], services ? services->via : 0);
        if (checks) {
            kps_compose_check_service(checks, &project->services[i]);
        }
    }
    if (project->is_stack) {
        kps_compose_stack_check(project);
    } else {
        kps_compose_replaced_check(project);
    }
    kps_compose_claims_make(project, &kps_compose_service_class, c->request->world);
    for (uint32_t i = 0; i < project->n_services; i++) {
        c->n_inactive += !project->services[i].enabled;
    }
    note_other_files(c);
    note_other_env_file(c, project);
    project->loader =
        NULL; /* the loader ends with this run; the owners' facts stay and do not need the loader */
}

static struct kps_compose_result finish_result(struct collecting *c, struct kps_sv name,
                                               size_t findings_before, bool any)
{
    struct kps_compose_result result = {.project = name, .n_inactive = c->n_inactive};
    KPS_VEC(struct kps_sv) shown = {0};
    for (uint32_t i = 0; i < c->files.n; i++) {
        kps_vec_add_text(&shown.any, kps_compose_loader_show_path(&c->loader, c->files.v[i]));
    }
    result.files = kps_vec_copy(&shown, c->loader.arena);
    result.n_files = shown.n;
    kps_vec_free(&shown);
    result.status = c->loader.failed_part ? KPS_COMPOSE_PARTIAL : KPS_COMPOSE_OK;
    if (!any) {
        result.status = KPS_COMPOSE_FAILED;
    }
    const struct kps_diag *diag = c->loader.diag;
    for (size_t i = findings_before; i < diag->findings.n && result.status != KPS_COMPOSE_OK; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        if (finding->severity == KPS_ERROR && (finding->rule == KPS_RULE_INPUT_UNREADABLE ||
                                               finding->rule == KPS_RULE_INPUT_INVALID)) {
            result.error = finding->message;
            break;
        }
    }
    return result;
}

static struct kps_compose_result collect_project(struct collecting *c)
{
    size_t findings_before = c->loader.diag->findings.n;
    add_given_files(c);
    if (c->request->n_files && c->files.n == 0) {
        return (struct kps_compose_result){.status = KPS_COMPOSE_OK}; /* all are remote */
    }
    if (c->loader.version < KPS_COMPOSE_2_40) {
        choose_files_before_env(c);
    } else {
        choose_files_after_env(c);
    }
    if (c->files.n == 0) {
        return (struct kps_compose_result){.status = KPS_COMPOSE_NOT_FOUND};
    }
    struct kps_model_request model = {
        .files = c->files.v, .n_files = c->files.n, .working_dir = c->directory, .vars = c->vars};
    struct kps_sv name = project_name(c, &model);
    struct kps_var known;
    if (name.n && !kps_vars_get(c->vars, SV("COMPOSE_PROJECT_NAME"), &known)) {
        kps_vars_set(c->vars, &(struct kps_var){.name = SV("COMPOSE_PROJECT_NAME"), .value = name});
    }
    const struct kps_ynode *root = kps_compose_loader_load(&c->loader, &model);
    bool is_empty = !root || root->n == 0;
    if (is_empty ? !c->loader.failed_part : !looks_like_compose(c, root)) {
        struct kps_compose_result result = finish_result(c, name, findings_before, false);
        const struct kps_source_file *first =
            kps_compose_loader_parse_file(&c->loader, c->files.v[0], c->vars);
        result.not_compose = true;
        bool is_manifest =
            root && kps_ynode_field(root, "apiVersion") && kps_ynode_field(root, "kind");
        result.error = is_empty ? SV("this Compose file is empty")
                                : SV("this is no Compose file: it has no 'services'");
        if (is_manifest) {
            result.error = SV("this is a manifest, no Compose file: name it without -f");
        }
        result.origin =
            kps_origins_here(&c->loader.diag->origins, (struct kps_span){first->id, 0, 0}, SV(""));
        return result;
    }
    if (root) {
        judge_model(c, name, root);
    }
    report_troubled_values(&c->loader);
    return finish_result(c, name, findings_before, root != NULL);
}

struct kps_compose_result kps_compose_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                              const struct kps_env *env,
                                              const struct kps_compose_request *request)
{
    struct collecting c = {
        .loader = {.ledger = ledger,
                   .diag = ledger->diag,
                   .arena = ledger->diag->arena,
                   .fs = fs,
                   .cwd = request->cwd,
                   .shows_absolute =
                       request->n_files && request->files[0].n && request->files[0].p[0] == '/',
                   .stdin_name = request->stdin_name,
                   .version = request->version},
        .request = request,
        .env = env,
    };
    ledger->diag->expanded_bytes = 0;
    c.vars = KPS_NEW(c.loader.arena, struct kps_vars);
    c.vars->diag = ledger->diag;
    c.vars->shell = env;
    c.vars->expands_unused = request->version < KPS_COMPOSE_NEWEST;
    c.vars->is_environment = request->version < KPS_COMPOSE_2_40;
    *kps_vec_push(&c.loader.layers) = c.vars;
    struct kps_compose_result result = collect_project(&c);
    kps_vec_free(&c.files);
    kps_vec_free(&c.profiles);
    kps_compose_loader_free(&c.loader);
    return result;
}
