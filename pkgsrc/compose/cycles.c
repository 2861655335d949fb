#include "compose/project.h"

/*
 * A cycle in depends_on (network_mode: service and links included): Compose refuses the project.
 * Depth-first with an explicit stack; one finding, for the first cycle met.
 */
enum mark { UNSEEN, ON_PATH, FINISHED };

struct frame {
    uint32_t service, next;
};

static void report_cycle(struct kps_project *project, const struct frame *path, uint32_t depth,
                         uint32_t closes_at)
{
    struct kps_diag *diag = project->loader->diag;
    struct kps_sv names = {"", 0};
    bool inside = false;
    for (uint32_t i = 0; i < depth; i++) {
        inside = inside || path[i].service == closes_at;
        if (inside) {
            names = kps_fmt(diag->arena, "%.*s%.*s -> ", SV_ARG(names),
                            SV_ARG(project->services[path[i].service].name));
        }
    }
    const struct kps_service *service = &project->services[closes_at];
    names = kps_fmt(diag->arena, "%.*s%.*s", SV_ARG(names), SV_ARG(service->name));
    struct kps_finding *finding = kps_diag_add(
        diag, KPS_RULE_COMPOSE_REFUSED, KPS_NOTE, kps_diag_here(diag, service->key->span),
        "services depend on each other in a circle: %.*s", SV_ARG(names));
    finding->up_error = kps_fmt(diag->arena, "dependency cycle detected: %.*s", SV_ARG(names));
}

void kps_compose_check_cycles(struct kps_project *project)
{
    struct kps_arena *arena = project->loader->arena;
    uint8_t *marks = KPS_NEW_N(arena, uint8_t, project->n_services + 1);
    struct frame *path = KPS_NEW_N(arena, struct frame, project->n_services + 1);
    for (uint32_t start = 0; start < project->n_services; start++) {
        uint32_t depth = 0;
        if (marks[start] == UNSEEN && project->services[start].enabled &&
            project->services[start].n_depends_on) {
            path[depth++] = (struct frame){start, 0};
            marks[start] = ON_PATH;
        }
        while (depth) {
            struct frame *top = &path[depth - 1];
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
                path[depth++] = (struct frame){next, 0};
                marks[next] = ON_PATH;
            }
        }
    }
}
