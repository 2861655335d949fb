#include "compose/replaced.h"

#include "base/map.h"
#include "compose/ports.h"
#include "compose/schema.h"

/* Check the services of a model that the next document names. */
static void check_services(struct kps_project *project, struct kps_compose_schema *schema,
                           const struct kps_replaced_model *replaced)
{
    const struct kps_yedge *services = kps_ynode_edge(replaced->model, SV("services"));
    const struct kps_ynode *next = kps_ynode_field(replaced->document, "services");
    for (uint32_t i = 0; services && i < kps_ynode_count(next, KPS_Y_MAP); i++) {
        struct kps_sv name = kps_ynode_text(next->edges[i].key);
        const struct kps_ynode *all = kps_ynode_resolve(services->val);
        const struct kps_yedge *edge = all->kind == KPS_Y_MAP ? kps_ynode_edge(all, name) : NULL;
        const struct kps_ynode *node = edge ? kps_ynode_resolve(edge->val) : NULL;
        if (!node || node->kind != KPS_Y_MAP) {
            continue;
        }
        struct kps_service service = {.name = name,
                                      .node = node,
                                      .key = edge->key,
                                      .via = edge->via,
                                      .key_bits = UINT64_MAX,
                                      .is_replaced = true};
        kps_compose_schema_check_service(schema, name, node);
        kps_compose_ports_read(project, &service, services->via);
    }
}

/* Drop the findings from `first` on that the sink has already. */
static void drop_known(struct kps_diag *diag, uint32_t first)
{
    struct kps_map seen = {0};
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < diag->findings.n && first < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        struct kps_span span = kps_finding_span(diag, finding);
        struct kps_sv key = kps_fmt(diag->arena, "%d %u %u %u %.*s", (int)finding->rule, span.file,
                                    span.off, span.len, SV_ARG(finding->message));
        bool is_new = false;
        (void)kps_map_put(&seen, diag->arena, key, 1, &is_new);
        if (is_new || i < first) {
            diag->findings.v[n_kept++] = finding;
        }
    }
    diag->findings.n = n_kept ? n_kept : diag->findings.n;
}

void kps_compose_replaced_check(struct kps_project *project)
{
    struct kps_loader *loader = project->loader;
    struct kps_compose_schema schema = {
        .diag = loader->diag, .version = loader->version, .is_replaced = true};
    uint32_t first = loader->diag->findings.n;
    for (uint32_t i = 0; i < loader->replaced.n; i++) {
        kps_compose_schema_check_root(&schema, loader->replaced.v[i].model);
        check_services(project, &schema, &loader->replaced.v[i]);
    }
    drop_known(loader->diag, first);
}
