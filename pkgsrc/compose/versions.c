#include "compose/versions.h"

#include "compose/project.h"

bool kps_compose_versions_parse(struct kps_sv text, enum kps_compose_version *ret)
{
    struct kps_sv rest = kps_sv_starts(text, SV("v")) ? kps_sv_from(text, 1) : text;
    unsigned long long numbers[3] = {0, 0, 0};
    size_t n = 0;
    while (n < KPS_COUNT(numbers) && rest.n) {
        size_t dot = kps_sv_find(rest, '.');
        if (!kps_sv_u64(kps_sv_slice(rest, 0, dot), UINT16_MAX, &numbers[n++]) ||
            dot + 1 == rest.n) {
            return false;
        }
        rest = kps_sv_from(rest, dot + 1);
    }
    if (n == 0 || rest.n || numbers[0] < 2) {
        return false;
    }
    if (numbers[0] >= 5) {
        *ret = KPS_COMPOSE_NEWEST;
    } else if (numbers[0] > 2 || numbers[1] >= 40) {
        *ret = KPS_COMPOSE_2_40;
    } else {
        *ret = KPS_COMPOSE_2_26;
    }
    return true;
}

/* Return the first variable step of a chain that was read from a file; NULL when there is none. */
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
                      const struct kps_vars *other)
{
    struct kps_diag *diag = loader->diag;
    const struct kps_origin *variable = variable_from_file(diag, entry->origin);
    struct kps_var elsewhere;
    if (!variable || !kps_vars_get(other, variable->what, &elsewhere)) {
        return;
    }
    struct kps_sv bytes = kps_files_get(&diag->files, variable->span.file)->bytes;
    struct kps_sv value =
        kps_sv_slice(bytes, variable->span.off, variable->span.off + variable->span.len);
    if (kps_sv_eq(value, elsewhere.value)) {
        return;
    }
    struct kps_sv copy = kps_sv_copy(loader->arena, elsewhere.value);
    bool is_old = loader->version < KPS_COMPOSE_2_40;
    struct kps_finding *finding = kps_diag_add(
        diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE, entry->origin,
        is_old ? "Compose from 2.40 on takes '%.*s' from the .env of the working directory: '%.*s'"
               : "Compose before 2.40 takes '%.*s' from the .env of the project: '%.*s'",
        SV_ARG(variable->what), SV_ARG(copy));
    kps_finding_note(diag, finding,
                     is_old ? "up to then Compose reads only the .env beside the project's file"
                            : "since then the .env of the working directory comes first");
}

void kps_compose_versions_note_env(struct kps_project *project, const struct kps_vars *other)
{
    for (uint32_t i = 0; i < project->n_services; i++) {
        const struct kps_service *service = &project->services[i];
        for (uint32_t k = 0; k < service->n_ports; k++) {
            note_port(project->loader, &service->ports[k], other);
        }
    }
}

void kps_compose_versions_note_unused(struct kps_diag *diag, const struct kps_interpolated *result)
{
    if (result->status != KPS_INTERPOLATED || result->unused_problem.len == 0) {
        return;
    }
    (void)kps_diag_add(diag, KPS_RULE_COMPOSE_VERSION_DIFFERS, KPS_NOTE,
                       kps_diag_here(diag, result->unused_problem),
                       "Compose before 5 refuses this reference, although its value is not needed");
}
