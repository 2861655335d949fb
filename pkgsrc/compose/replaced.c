#include "compose/replaced.h"

#include "base/map.h"
#include "compose/merge.h"
#include "compose/ports.h"
#include "compose/schema.h"

struct selecting {
    struct kps_arena *arena, *scratch; /* of the selected pairs; of the positions of keys */
};

static bool has_tag(const struct kps_ynode *node)
{
    uint8_t tag = kps_ynode_resolve(node)->tag;
    return tag == KPS_Y_RESET || tag == KPS_Y_OVERRIDE;
}

/* Mappings below the root with pairs to select: sections, and services or resources. */
enum { BELOW_ROOT = 2 };

/*
 * Return the pairs of a mapping whose keys the mapping put onto it has, too, down to the keys of
 * services and resources: the other values stay, and are checked with the merged project. The
 * whole value where the other is no mapping, or a tag replaces it. `levels`: mappings between this
 * one and the last.
 */
static const struct kps_ynode *select_pairs(struct selecting *s, const struct kps_ynode *map,
                                            const struct kps_ynode *over, unsigned levels)
{
    map = kps_ynode_resolve(map);
    over = kps_ynode_resolve(over);
    if (map->kind != KPS_Y_MAP || over->kind != KPS_Y_MAP || has_tag(over)) {
        return map;
    }
    struct kps_map positions = {0};
    struct kps_edges selected = {0};
    for (uint32_t i = 0; i < over->n; i++) {
        (void)kps_map_put(&positions, s->scratch, kps_ynode_text(over->edges[i].key), i);
    }
    for (uint32_t i = 0; i < map->n; i++) {
        const struct kps_yedge *pair = &map->edges[i];
        struct kps_sv key = kps_ynode_text(pair->key);
        uint32_t at = kps_map_get(&positions, key, UINT32_MAX);
        if (at == UINT32_MAX) {
            continue;
        }
        const struct kps_ynode *other = over->edges[at].val;
        if (kps_sv_is(key, "ports") && !has_tag(other)) {
            continue; /* the later list is only added to this one */
        }
        kps_compose_merge_add_edge(&selected, pair)->val =
            levels ? select_pairs(s, pair->val, other, levels - 1) : pair->val;
    }
    return kps_compose_merge_finish(s->arena, &selected, map);
}

static void check_services(struct kps_project *project, struct kps_compose_schema *schema,
                           const struct kps_yedge *services)
{
    const struct kps_ynode *all = services ? kps_ynode_resolve(services->val) : NULL;
    for (uint32_t i = 0; i < kps_ynode_count(all, KPS_Y_MAP); i++) {
        const struct kps_yedge *edge = &all->edges[i];
        const struct kps_ynode *node = kps_ynode_resolve(edge->val);
        if (node->kind != KPS_Y_MAP) {
            continue;
        }
        struct kps_service service = {.name = kps_ynode_text(edge->key),
                                      .node = node,
                                      .key = edge->key,
                                      .via = edge->via,
                                      .key_bits = UINT64_MAX,
                                      .is_replaced = true};
        kps_compose_schema_check_service(schema, service.name, node);
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
        if (kps_map_add(&seen, diag->arena, key, 1) || i < first) {
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
    KPS_CLEANUP(kps_arena_cleanup) struct kps_arena *scratch = kps_arena_new();
    struct selecting s = {loader->arena, scratch};
    uint32_t first = loader->diag->findings.n;
    for (uint32_t i = 0; i < loader->replaced.n; i++) {
        const struct kps_replaced_model *replaced = &loader->replaced.v[i];
        const struct kps_ynode *model =
            select_pairs(&s, replaced->model, replaced->document, BELOW_ROOT);
        kps_compose_schema_check_root(&schema, model);
        kps_arena_reset(scratch);
        check_services(project, &schema, kps_ynode_edge(model, SV("services")));
    }
    drop_known(loader->diag, first);
}
