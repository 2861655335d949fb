#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "yaml/reader.h"
#include "yaml/text.h"

/*
 * The input is a YAML file. All documents are read, once as a whole and once with a part cut off,
 * and walked through every alias, with a budget, as adapters do.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BUDGET = 20000 };

struct walk {
    struct kps_diag *diag;
    struct kps_arena *arena;
    uint32_t budget;
};

static void check_span(const struct kps_diag *diag, struct kps_span span)
{
    KPS_ASSERT(span.file == 1);
    size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
    KPS_ASSERT(span.off <= n && span.len <= n - span.off);
}

static void check_via(const struct kps_diag *diag, kps_origin_id via)
{
    uint32_t steps = 0;
    while (via) {
        const struct kps_origin origin = kps_origins_get(&diag->origins, via);
        KPS_ASSERT(origin.step == KPS_STEP_MERGE_KEY && steps++ < KPS_LIMIT_ALIAS_NODES);
        check_span(diag, origin.span);
        via = origin.up;
    }
}

/* A scalar's text is what its parts say, and what is verbatim stands in the file so. */
static void check_scalar(struct walk *walk, const struct kps_ynode *node)
{
    const struct kps_text *text = kps_text_of(walk->arena, node);
    const char *bytes = kps_files_get(&walk->diag->files, node->span.file)->bytes.p;
    uint32_t out = 0;
    KPS_ASSERT(kps_sv_eq(text->s, kps_ynode_text(node)));
    for (uint32_t i = 0; i < text->n; i++) {
        const struct kps_seg *seg = &text->seg[i];
        KPS_ASSERT(seg->out == out && seg->via == 0);
        check_span(walk->diag, seg->span);
        KPS_ASSERT(seg->span.off >= node->span.off);
        KPS_ASSERT(seg->span.off + seg->span.len <= node->span.off + node->span.len);
        if (seg->verbatim) {
            KPS_ASSERT(kps_sv_eq((struct kps_sv){text->s.p + out, seg->len},
                                 (struct kps_sv){bytes + seg->span.off, seg->span.len}));
        }
        out += seg->len;
    }
    KPS_ASSERT(out == text->s.n);
    uint32_t middle = out / 2;
    check_span(walk->diag, kps_text_span(text, node->span, middle, out - middle));
    int64_t number = 0;
    KPS_ASSERT(!kps_ynode_int(node, &number) || kps_ynode_type(node) == KPS_T_INT);
}

static void check_node(struct walk *walk, const struct kps_ynode *node)
{
    if (walk->budget == 0) {
        return;
    }
    walk->budget--;
    check_span(walk->diag, node->span);
    if (node->kind == KPS_Y_ALIAS) {
        KPS_ASSERT(kps_ynode_resolve(node)->kind != KPS_Y_ALIAS);
        check_node(walk, node->target);
        return;
    }
    if (node->kind == KPS_Y_SCALAR) {
        check_scalar(walk, node);
        return;
    }
    for (uint32_t i = 0; i < node->n; i++) {
        const struct kps_yedge *edge = &node->edges[i];
        KPS_ASSERT((edge->key != NULL) == (node->kind == KPS_Y_MAP));
        if (edge->key) {
            KPS_ASSERT(edge->key->kind == KPS_Y_SCALAR);
            check_node(walk, edge->key);
            KPS_ASSERT(i >= 32 ||
                       kps_ynode_edge(node, kps_ynode_text(edge->key)) == edge); /* each key once */
        }
        check_via(walk->diag, edge->via);
        check_node(walk, edge->val);
    }
}

static void check_findings(const struct kps_diag *diag, size_t from)
{
    for (uint32_t i = (uint32_t)from; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        KPS_ASSERT(finding->rule == KPS_RULE_INPUT_INVALID && finding->message.n > 0 &&
                   finding->n_parties > 0);
        for (uint32_t k = 0; k < finding->n_parties; k++) {
            check_span(diag, kps_origins_span(&diag->origins, finding->parties[k].at));
        }
    }
}

static void read_all(struct kps_diag *diag, struct kps_yaml_part part)
{
    uint32_t before = diag->findings.n;
    struct kps_yaml_reader *reader = kps_yaml_reader_open_part(diag, 1, part);
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = KPS_YAML_END;
    while ((result = kps_yaml_reader_next(reader, diag->arena, &root)) == KPS_YAML_DOCUMENT) {
        struct walk walk = {.diag = diag, .arena = diag->arena, .budget = BUDGET};
        check_node(&walk, root);
        size_t n = 0;
        struct kps_ynode *const *dollars = kps_yaml_reader_dollars(reader, &n);
        for (size_t i = 0; i < n; i++) {
            KPS_ASSERT(kps_sv_find(kps_ynode_text(dollars[i]), '$') < dollars[i]->n);
        }
        KPS_ASSERT(!kps_yaml_reader_had_faults(reader) || diag->findings.n > before);
    }
    KPS_ASSERT(result == KPS_YAML_END || diag->findings.n > before);
    kps_yaml_reader_close(reader);
    check_findings(diag, before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_sv bytes = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    (void)kps_files_add(&diag.files, SV("fuzz.yaml"), bytes);
    uint32_t n = (uint32_t)size;
    read_all(&diag, (struct kps_yaml_part){.off = 0, .len = n});
    read_all(&diag, (struct kps_yaml_part){n / 3, n / 2, KPS_YAML_KUBECTL});
    read_all(&diag, (struct kps_yaml_part){n / 4, n / 2, KPS_YAML_KUSTOMIZE});
    kps_diag_free(&diag);
    return 0;
}
