#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "inputs/inputs.h"
#include "inputs/walk.h"

/* A folder of files, turned into jobs. */

struct tree {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_replay replay;
    struct kps_inputs_options options;
    struct kps_env env;
    struct kps_jobs jobs;
    char folder[64];
};

static void write_file(const struct tree *tree, const char *name, const char *text)
{
    struct kps_sv path = kps_fmt(tree->arena, "%s/%s", tree->folder, name);
    for (size_t i = strlen(tree->folder) + 1; i < path.n; i++) {
        if (path.p[i] == '/') {
            (void)mkdir(kps_cstr(tree->arena, kps_sv_slice(path, 0, i)), 0777);
        }
    }
    FILE *file = fopen(path.p, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void open_tree(struct tree *tree)
{
    static char *const none[] = {NULL};
    *tree = (struct tree){.arena = kps_arena_new(), .folder = "/tmp/kps-inputs-XXXXXX"};
    assert_non_null(mkdtemp(tree->folder));
    tree->diag.arena = tree->replay.arena = tree->arena;
    tree->env = kps_env_of(tree->arena, none);
    tree->jobs = (struct kps_jobs){.arena = tree->arena,
                                   .diag = &tree->diag,
                                   .replay = &tree->replay,
                                   .options = &tree->options,
                                   .env = &tree->env,
                                   .cwd = kps_sv_of(tree->folder)};
    tree->jobs.fs = kps_replay_fs(&tree->replay);
}

static void close_tree(struct tree *tree)
{
    struct kps_sv command = kps_fmt(tree->arena, "rm -rf '%s'", tree->folder);
    assert_int_equal(system(command.p), 0); /* NOLINT(cert-env33-c): a test's own folder */
    kps_inputs_free(&tree->jobs);
    kps_replay_free(&tree->replay);
    kps_diag_free(&tree->diag);
    kps_arena_free(tree->arena);
}

/* The jobs as "NAME:KIND[ apart][ part]", joined by blanks; names below the folder. */
static const char *show_jobs(const struct tree *tree)
{
    struct kps_buf out = KPS_BUF(tree->arena);
    for (uint32_t i = 0; i < tree->jobs.list.n; i++) {
        const struct kps_job *job = &tree->jobs.list.v[i];
        struct kps_sv name = job->shown;
        size_t n = strlen(tree->folder);
        name = name.n > n ? kps_sv_from(name, n + 1) : name;
        kps_buf_fmt(&out, "%s%.*s:%s%s%s", i ? " " : "", SV_ARG(name),
                    kps_input_kind_name(job->kind), job->is_apart ? "+apart" : "",
                    job->is_alternative ? "+alternative" : "");
    }
    return kps_cstr(tree->arena, kps_buf_sv(&out));
}

static const char COMPOSE[] = "services:\n  web:\n    image: a\n    ports: ['80:80']\n";
static const char POD[] = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
                          "  - {name: c, image: i, ports: [{containerPort: 80, hostPort: 80}]}\n";

static void test_walk(void **state)
{
    struct tree tree;
    (void)state;
    open_tree(&tree);
    write_file(&tree, "a/compose.yaml", COMPOSE);
    write_file(&tree, "a/compose.prod.yaml", COMPOSE);
    write_file(&tree, "b/pod.yaml", POD);
    write_file(&tree, "c/web.container", "[Container]\nImage=i\nPublishPort=80:80\n");
    write_file(&tree, "d/values.yaml", "replicas: 1\n");
    write_file(&tree, "node_modules/x/compose.yaml", COMPOSE);
    write_file(&tree, "testdata/compose.yaml", COMPOSE);
    assert_int_equal(kps_inputs_walk(&tree.jobs, kps_sv_of(tree.folder)), 4);
    assert_string_equal(show_jobs(&tree),
                        "a/compose.yaml:compose+apart a/compose.prod.yaml:compose+alternative "
                        "b/pod.yaml:kubernetes c/web.container:quadlet+apart");
    assert_int_equal(tree.jobs.n_ignored, 1); /* testdata; node_modules is never counted */
    close_tree(&tree);
}

static void test_walk_options(void **state)
{
    struct tree tree;
    struct kps_sv globs[] = {SV_LIT("b/")};
    (void)state;
    open_tree(&tree);
    tree.options.excludes = (struct kps_list){globs, 1};
    tree.options.no_ignore = true;
    tree.options.together = true;
    write_file(&tree, "a/compose.yaml", COMPOSE);
    write_file(&tree, "b/pod.yaml", POD);
    write_file(&tree, "testdata/compose.yaml", COMPOSE);
    (void)kps_inputs_walk(&tree.jobs, kps_sv_of(tree.folder));
    assert_string_equal(show_jobs(&tree), "a/compose.yaml:compose testdata/compose.yaml:compose");
    close_tree(&tree);
}

static void test_named(void **state)
{
    struct tree tree;
    (void)state;
    open_tree(&tree);
    write_file(&tree, "error.log", "Error: listen EADDRINUSE: address already in use :::3000\n");
    write_file(&tree, "pod.yaml", POD);
    struct kps_sv named[] = {kps_fmt(tree.arena, "%s/pod.yaml", tree.folder),
                             kps_fmt(tree.arena, "%s/error.log", tree.folder),
                             kps_fmt(tree.arena, "%s/empty", tree.folder), SV("docker")};
    (void)mkdir(named[2].p, 0777);
    tree.options.named = (struct kps_list){named, 4};
    kps_inputs_find(&tree.jobs);
    assert_int_equal(tree.jobs.list.n, 4);
    assert_int_equal(tree.jobs.list.v[0].kind, KPS_INPUT_KUBERNETES);
    assert_int_equal(tree.jobs.list.v[0].error.n, 0);
    assert_non_null(strstr(tree.jobs.list.v[1].error.p, "is a log"));
    assert_non_null(strstr(tree.jobs.list.v[2].error.p, "no Compose file or manifest"));
    assert_non_null(strstr(tree.jobs.list.v[3].error.p, "type: kportscan --"));
    assert_int_equal(tree.diag.findings.n, 3);
    close_tree(&tree);
}

static void test_texts(void **state)
{
    (void)state;
    assert_true(kps_inputs_is_kubernetes(kps_sv_of(POD)));
    assert_false(kps_inputs_is_kubernetes(kps_sv_of(COMPOSE)));
    assert_true(kps_inputs_is_compose_name(SV("docker-compose.prod.yml")));
    assert_false(kps_inputs_is_compose_name(SV("my-compose.yaml")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_walk_options),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
