#include "compose/versions.h"

#include "base/limits.h"
#include "base/path.h"
#include "compose/dotenv.h"

/*
 * What Compose newer than 2.26 reads differently and a port depends on: it takes variables from the
 * .env of the working directory first, 2.26 only from that of the project directory (spec compose
 * §2.2).
 */

/* The variables of the working directory's own .env; nothing about it is reported, 2.26 does not
 * read it. */
static bool read_silently(struct kps_diag *scratch, struct kps_loader *loader, struct kps_sv path,
                          struct kps_vars *into)
{
    struct kps_sv bytes;
    if (loader->fs->read(loader->fs, scratch->arena, path.p, KPS_LIMIT_FILE_BYTES, &bytes) != 0) {
        return false;
    }
    (void)kps_dotenv_parse(scratch, kps_files_add(&scratch->files, path, bytes), into);
    return true;
}

/* The first variable step of a chain that was read from a file; NULL when there is none. */
static const struct kps_origin *variable_from_file(const struct kps_diag *diag, kps_origin_id id)
{
    for (; id; id = kps_origins_get(&diag->origins, id)->up) {
        const struct kps_origin *origin = kps_origins_get(&diag->origins, id);
        if (origin->step == KPS_STEP_VARIABLE && origin->span.file) {
            return origin;
        }
    }
    return NULL;
}

static void note_port(struct kps_loader *loader, const struct kps_service_port *entry,
                      const struct kps_vars *elsewhere)
{
    struct kps_diag *diag = loader->diag;
    const struct kps_origin *variable = variable_from_file(diag, entry->origin);
    struct kps_var other;
    if (!variable || !kps_vars_get(elsewhere, variable->what, &other)) {
        return;
    }
    struct kps_sv bytes = kps_files_get(&diag->files, variable->span.file)->bytes;
    struct kps_sv value =
        kps_sv_slice(bytes, variable->span.off, variable->span.off + variable->span.len);
    if (kps_sv_eq(value, other.value)) {
        return;
    }
    struct kps_sv copy = kps_sv_copy(loader->arena, other.value);
    struct kps_finding *finding =
        kps_diag_add(diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, entry->origin,
                     "newer Compose takes '%.*s' from the .env of the working directory: '%.*s'",
                     SV_ARG(variable->what), SV_ARG(copy));
    kps_finding_note(
        diag, finding,
        "Compose 2.26 reads only the .env beside the project's file, and so does this check");
}

void kps_compose_versions_note_env(struct kps_project *project)
{
    struct kps_loader *loader = project->loader;
    struct kps_sv path = kps_path_join(loader->arena, loader->cwd, SV(".env"));
    enum kps_fs_kind kind;
    if (kps_sv_eq(loader->cwd, project->directory) ||
        loader->fs->stat(loader->fs, path.p, &kind) != 0 || kind != KPS_FS_FILE) {
        return;
    }
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag scratch = {.arena = arena};
    struct kps_vars elsewhere = {.diag = &scratch};
    if (read_silently(&scratch, loader, path, &elsewhere)) {
        for (uint32_t i = 0; i < project->n_services; i++) {
            const struct kps_service *service = &project->services[i];
            for (uint32_t k = 0; k < service->n_ports; k++) {
                note_port(loader, &service->ports[k], &elsewhere);
            }
        }
    }
    kps_vars_free(&elsewhere);
    kps_diag_free(&scratch);
}
