#include "compose/project.h"

static bool is_among(struct kps_sv word, const struct kps_sv *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(words[i], word) || kps_sv_eq(words[i], SV("*"))) {
            return true;
        }
    }
    return false;
}

/* Without (or with empty) profiles always; else when one of them is enabled. */
static bool has_profile(const struct kps_service *service, const struct kps_sv *profiles,
                        size_t n_profiles)
{
    const struct kps_ynode *own = kps_service_given(service, SV("profiles"));
    if (!own || own->kind != KPS_Y_SEQ || own->n == 0) {
        return true;
    }
    for (uint32_t i = 0; i < own->n; i++) {
        if (is_among(kps_ynode_text(own->edges[i].val), profiles, n_profiles)) {
            return true;
        }
    }
    return false;
}

/* Naming a service enables the profiles it has (compose-go WithServicesEnabled). */
static void enable_profiles_of_targets(struct kps_project *project, const struct kps_sv *targets,
                                       size_t n_targets)
{
    KPS_VEC(struct kps_sv) profiles = {0};
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t at = kps_map_get(&project->by_name, targets[i], UINT32_MAX);
        const struct kps_ynode *own =
            at != UINT32_MAX ? kps_service_given(&project->services[at], SV("profiles")) : NULL;
        bool is_off = at != UINT32_MAX && !project->services[at].enabled;
        for (uint32_t k = 0; is_off && own && own->kind == KPS_Y_SEQ && k < own->n; k++) {
            *kps_vec_push(&profiles) = kps_ynode_text(own->edges[k].val);
        }
    }
    for (uint32_t i = 0; i < project->n_services && profiles.n; i++) {
        struct kps_service *service = &project->services[i];
        service->enabled = service->enabled || has_profile(service, profiles.v, profiles.n);
    }
    kps_vec_free(&profiles);
}

/* Marks a target and everything it depends on. The list of work grows by each service once. */
static void select_closure(struct kps_project *project, uint32_t start)
{
    KPS_VEC(uint32_t) work = {0};
    if (project->services[start].enabled && !project->services[start].selected) {
        project->services[start].selected = true;
        *kps_vec_push(&work) = start;
    }
    while (work.n) {
        const struct kps_service *service = &project->services[work.v[--work.n]];
        for (uint32_t i = 0; i < service->n_depends_on; i++) {
            struct kps_service *needed = &project->services[service->depends_on[i]];
            if (needed->enabled && !needed->selected) {
                needed->selected = true;
                *kps_vec_push(&work) = service->depends_on[i];
            }
        }
    }
    kps_vec_free(&work);
}

void kps_compose_select(struct kps_project *project, const struct kps_sv *profiles,
                        size_t n_profiles, const struct kps_sv *targets, size_t n_targets)
{
    for (uint32_t i = 0; i < project->n_services; i++) {
        struct kps_service *service = &project->services[i];
        service->enabled = has_profile(service, profiles, n_profiles);
        service->selected = service->enabled && n_targets == 0;
    }
    if (n_targets == 0) {
        return;
    }
    enable_profiles_of_targets(project, targets, n_targets);
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t at = kps_map_get(&project->by_name, targets[i], UINT32_MAX);
        if (at == UINT32_MAX) {
            struct kps_finding *finding = kps_diag_add(
                project->loader->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, 0,
                "project '%.*s' has no service '%.*s'", SV_ARG(project->name), SV_ARG(targets[i]));
            finding->up_error =
                kps_fmt(project->loader->arena, "no such service: %.*s", SV_ARG(targets[i]));
            project->loader->failed_part = true;
            continue;
        }
        select_closure(project, at);
    }
}
