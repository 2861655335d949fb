#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "compose/dotenv.h"

/* The input is a .env file, read as the project's own and as that of an included project. S is
 * "shell" outside of it.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct kps_diag *diag, struct kps_span span)
{
    if (span.file) {
        size_t n = kps_files_get(&diag->files, span.file)->bytes.n;
        KPS_ASSERT(span.off <= n && span.len <= n - span.off);
    }
}

static void check_vars(const struct kps_diag *diag, const struct kps_vars *vars)
{
    for (uint32_t i = 0; i < vars->own.n; i++) {
        const struct kps_var *var = &vars->own.v[i];
        KPS_ASSERT(kps_sv_find(var->name, '=') == var->name.n &&
                   kps_sv_find(var->name, '\n') == var->name.n);
        KPS_ASSERT(kps_sv_find(var->name, ' ') == var->name.n);
        KPS_ASSERT(var->value.n <= KPS_LIMIT_FILE_BYTES + KPS_LIMIT_EXPANSION_BYTES);
        check_span(diag, var->unset.span);
        if (var->origin) {
            const struct kps_origin origin = kps_origins_get(&diag->origins, var->origin);
            KPS_ASSERT(origin.step == KPS_STEP_VARIABLE && kps_sv_eq(origin.what, var->name));
            KPS_ASSERT(origin.span.file);
            check_span(diag, origin.span);
        }
    }
}

/*
 * A file is accepted, with notes about other versions of Compose at most, or refused with an error
 * at a place in it.
 */
static bool parse(struct kps_diag *diag, kps_file_id file, struct kps_vars *into)
{
    uint32_t before = diag->findings.n;
    bool accepted = kps_dotenv_parse(diag, file, into);
    bool has_error = false;
    for (uint32_t i = before; i < diag->findings.n; i++) {
        const struct kps_finding *finding = diag->findings.v[i];
        struct kps_span span = kps_finding_span(diag, finding);
        KPS_ASSERT(finding->severity != KPS_WARNING && finding->message.n &&
                   finding->message.n < 4096);
        KPS_ASSERT(span.file == file);
        check_span(diag, span);
        (void)kps_files_pos(&diag->files, span.file, span.off);
        has_error = has_error || finding->severity == KPS_ERROR;
    }
    KPS_ASSERT(accepted == !has_error);
    check_vars(diag, into);
    return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char variable[] = "S=shell";
    char *const list[] = {variable, NULL};
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_env shell = kps_env_of(arena, list);
    struct kps_vars vars = {.diag = &diag, .shell = &shell};
    struct kps_vars nothing = {.diag = &diag, .shell = &shell};
    struct kps_vars included = {.diag = &diag, .stronger = &nothing};
    struct kps_sv input = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    kps_file_id file = kps_files_add(&diag.files, SV(".env"), input);
    bool accepted = parse(&diag, file, &vars);
    bool accepted_there = parse(&diag, file, &included);
    KPS_ASSERT(accepted_there || !accepted);
    kps_vars_free(&vars);
    kps_vars_free(&nothing);
    kps_vars_free(&included);
    kps_diag_free(&diag);
    return 0;
}
