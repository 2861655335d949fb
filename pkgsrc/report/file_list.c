#include "report/file_list.h"

#include "base/map.h"
#include "report/report.h"

/* Map the files that are neither of a Compose project nor manifests to their kind. */
static struct kps_map map_kinds(struct kps_arena *arena, const struct kps_input *inputs, size_t n)
{
    struct kps_map kinds = {0};
    for (size_t i = 0; i < n; i++) {
        const struct kps_input *input = &inputs[i];
        bool is_usual = input->kind == KPS_INPUT_COMPOSE || input->kind == KPS_INPUT_KUBERNETES;
        for (size_t k = 0; k < input->n_files && !is_usual; k++) {
            (void)kps_map_put(&kinds, arena, input->files[k], (uint32_t)input->kind);
        }
    }
    return kinds;
}

void kps_file_list_print(const struct kps_diag *diag, const struct kps_input *inputs, size_t n,
                         FILE *out)
{
    struct kps_map kinds = map_kinds(diag->arena, inputs, n);
    for (uint32_t i = 0; i < diag->files.list.n; i++) {
        struct kps_sv path = diag->files.list.v[i].path;
        uint32_t kind = kps_map_get(&kinds, path, UINT32_MAX);
        struct kps_sv shown = kps_report_path(diag->arena, path);
        (void)fprintf(out, "%.*s%s%s\n", SV_ARG(shown), kind == UINT32_MAX ? "" : "\t",
                      kind == UINT32_MAX ? "" : kps_input_kind_name((enum kps_input_kind)kind));
    }
}
