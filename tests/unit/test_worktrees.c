#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assign/worktrees.h"

/* A repository with two worktrees, as git lays out its files; and one with a submodule. */
static const struct kps_fs_mem_file files[] = {
    {SV_LIT("/src/shop/.git/HEAD"), SV_LIT("ref: refs/heads/main\n")},
    {SV_LIT("/src/shop/.git/worktrees/fix/gitdir"), SV_LIT("/src/shop-fix/.git\n")},
    {SV_LIT("/src/shop/.git/worktrees/fix/commondir"), SV_LIT("../..\n")},
    {SV_LIT("/src/shop/.git/worktrees/gone/gitdir"), SV_LIT("/src/gone/.git\n")},
    {SV_LIT("/src/shop/.git/worktrees/odd/gitdir"), SV_LIT("\n")},
    {SV_LIT("/src/shop/.git/worktrees/relative/gitdir"), SV_LIT("../../../../beside/.git\n")},
    {SV_LIT("/src/shop/.git/worktrees/relative/commondir"), SV_LIT("../..\n")},
    {SV_LIT("/src/shop/deploy/compose.yaml"), SV_LIT("")},
    {SV_LIT("/src/shop/docs/a"), SV_LIT("")},
    {SV_LIT("/src/shop-fix/.git"), SV_LIT("gitdir: /src/shop/.git/worktrees/fix\n")},
    {SV_LIT("/src/shop-fix/deploy/compose.yaml"), SV_LIT("")},
    {SV_LIT("/src/beside/.git"), SV_LIT("gitdir: ../shop/.git/worktrees/relative\n")},
    {SV_LIT("/src/beside/deploy/compose.yaml"), SV_LIT("")},
    {SV_LIT("/src/shop/lib/.git"), SV_LIT("gitdir: ../.git/modules/lib\n")}, /* a submodule */
    {SV_LIT("/src/shop/lib/compose.yaml"), SV_LIT("")},
    {SV_LIT("/src/shop/.git/modules/lib/HEAD"), SV_LIT("ref: refs/heads/main\n")},
    {SV_LIT("/plain/compose.yaml"), SV_LIT("")},
    {SV_LIT("/broken/.git"), SV_LIT("gitdir: /nowhere\n")},
};

static const struct row {
    const char *folder;
    const char *found[4]; /* in the order of git's names, the main worktree last */
} rows[] = {
    {"/src/shop/deploy", {"/src/shop-fix/deploy", "/src/beside/deploy"}},
    {"/src/shop", {"/src/shop-fix", "/src/beside"}},
    {"/src/shop/docs", {NULL}}, /* the folder is in no other worktree */
    {"/src/shop-fix/deploy", {"/src/beside/deploy", "/src/shop/deploy"}},
    {"/src/beside/deploy", {"/src/shop-fix/deploy", "/src/shop/deploy"}},
    {"/src/shop/lib", {NULL}},
    {"/plain", {NULL}},
    {"/broken", {NULL}},
    {"/", {NULL}},
};

static void test_other_worktrees(void **state)
{
    (void)state;
    const struct kps_fs_mem world = {files, KPS_COUNT(files)};
    struct kps_fs fs = kps_fs_memory(&world);
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
        struct kps_sv *found = NULL;
        size_t n = kps_worktrees_find(arena, &fs, kps_sv_of(rows[i].folder), &found);
        size_t expected = 0;
        while (rows[i].found[expected]) {
            if (expected >= n || !kps_sv_eq(found[expected], kps_sv_of(rows[i].found[expected]))) {
                fail_msg("%s: no %s", rows[i].folder, rows[i].found[expected]);
            }
            expected++;
        }
        if (n != expected) {
            fail_msg("%s: %zu", rows[i].folder, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_other_worktrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
