#include "assign/siblings.h"

#include <string.h>

#include "assign/worktrees.h"
#include "base/fs.h"
#include "base/path.h"
#include "base/vec.h"
#include "compose/claims.h"

/* The ports of the other checkouts, while they are collected. */
struct siblings {
    struct kps_arena *arena;
    struct kps_diag *diag;
    KPS_VEC(struct kps_sibling_port) ports;
};

/* Return: the environment without the shell's variables for this project's ports, which mean
 * nothing in another checkout. */
static struct kps_env strip_environment(const struct kps_ledger *ledger, const struct kps_env *env)
{
    struct kps_map ports = {0};
    struct kps_arena *arena = ledger->diag->arena;
    for (uint32_t i = 0; i < ledger->claims.n; i++) {
        const struct kps_service_port *entry =
            kps_compose_claims_port_of(ledger, &ledger->claims.v[i]);
        if (entry && kps_compose_project_extra(entry)->variable.n) {
            (void)kps_map_put(&ports, arena, kps_compose_project_extra(entry)->variable, 1);
        }
    }
    return kps_env_without(arena, env, &ports);
}

/* Return: has the checkout the file that the request names first? A branch may be without it. */
static bool has_project(struct kps_arena *arena, struct kps_sv folder,
                        const struct kps_compose_request *request)
{
    return request->n_files == 0 ||
           kps_fs_exists(kps_path_join(arena, folder, request->files[0]).p);
}

/* Collect the ports of another checkout, with its own files and environment. */
static void add_sibling(struct siblings *siblings, struct kps_sv folder, const struct kps_env *env,
                        const struct kps_compose_request *template)
{
    struct kps_diag diag = {.arena = siblings->arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_compose_request request = *template;
    request.cwd = folder;
    struct kps_compose_result read = kps_compose_collect(&ledger, &kps_fs_os, env, &request);
    if (read.error.n && has_project(siblings->arena, folder, template)) {
        (void)kps_diag_add_gap(siblings->diag, KPS_WARNING,
                               "not all ports of the checkout '%.*s' are known: %.*s",
                               SV_ARG(folder), SV_ARG(read.error));
    }
    for (uint32_t i = 0; i < ledger.claims.n; i++) {
        const struct kps_claim *claim = &ledger.claims.v[i];
        if (kps_claim_is_live(claim) &&
            kps_ledger_get_netns(&ledger, claim->netns)->kind == KPS_NETNS_HOST) {
            *kps_vec_push(&siblings->ports) = (struct kps_sibling_port){
                kps_ports_of(claim), kps_ledger_get_owner(&ledger, claim->owner)->ties->name,
                folder};
        }
    }
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
}

size_t kps_siblings_collect(const struct kps_ledger *ledger, const struct kps_env *env,
                            struct kps_sv directory, const struct kps_compose_request *request,
                            const struct kps_sibling_port **ret, size_t *ret_n)
{
    struct siblings siblings = {.arena = ledger->diag->arena, .diag = ledger->diag};
    struct kps_sv *folders = NULL;
    size_t n = kps_worktrees_find(siblings.arena, &kps_fs_os, directory, &folders);
    struct kps_env stripped = strip_environment(ledger, env);
    for (size_t i = 0; i < n; i++) {
        add_sibling(&siblings, folders[i], &stripped, request);
    }
    struct kps_sibling_port *ports =
        KPS_NEW_N(siblings.arena, struct kps_sibling_port, (size_t)siblings.ports.n + 1);
    for (uint32_t i = 0; i < siblings.ports.n; i++) {
        ports[i] = siblings.ports.v[i];
    }
    *ret = ports;
    *ret_n = siblings.ports.n;
    kps_vec_free(&siblings.ports);
    return n;
}

bool kps_siblings_have(const struct kps_list *files)
{
    for (size_t i = 0; i < files->n; i++) {
        struct kps_sv path = files->v[i];
        if (path.n == 0 || path.p[0] == '/' || kps_sv_is(path, "-")) {
            return false;
        }
    }
    return true;
}
