#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/secret.h"

static const struct {
    const char *line, *shown;
} rows[] = {
    {"redis-server *:6379", NULL},
    {"node server.js --port=3000", NULL},
    {"", NULL},
    {"app --password=hunter2 --port 3000", "app --password=*** --port 3000"},
    {"app --password hunter2 --port 3000", "app --password *** --port 3000"},
    {"app --db-password --port 3000", NULL},
    {"redis-server --requirepass hunter2", "redis-server --requirepass ***"},
    {"env DB_PASSWORD=hunter2 PORT=1 node x.js", "env DB_PASSWORD=*** PORT=1 node x.js"},
    {"sh -c PGPASSWORD=\"two words\" psql -p 5433", "sh -c PGPASSWORD=*** psql -p 5433"},
    {"app --password-file /run/secrets/db", NULL},
    {"app --token-path=/run/t", NULL},
    {"app --api-key=abc", "app --api-key=***"},
    {"app --api-key=", NULL},
    {"app --signing-key=abc --encryption-key abc", "app --signing-key=*** --encryption-key ***"},
    {"app --bearer abc --cookie=id=abc --jwt abc", "app --bearer *** --cookie=*** --jwt ***"},
    {"app --dsn=shop:abc@tcp(db)/x", "app --dsn=***"},
    {"app --connection-string=Server=x;Password=abc", "app --connection-string=***"},
    {"/usr/bin/mysql -uroot -phunter2 shop", "/usr/bin/mysql -uroot -p*** shop"},
    {"mariadb-dump -p hunter2", NULL}, /* as the client reads it, this is the name of a database */
    {"ssh -p2222 host", NULL},
    {"app postgres://shop:hunter2@db:5432/x?y", "app postgres://shop:***@db:5432/x?y"},
    {"app --url=redis://:hunter2@cache", "app --url=redis://:***@cache"},
    {"app http://localhost:3000/a@b:c", NULL},
    {"curl -H Authorization: Bearer abc", "curl -H Authorization: *** ***"},
    {"app ghp_0123456789abcdef0123", "app ***"},
    {"app eyJhbGciOiJIUzI1NiJ9.e30.x", "app ***"},
    {"app AKIA", NULL},
};

static void test_mask(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_sv line = kps_sv_of(rows[i].line);
        struct kps_sv shown = kps_secret_mask(arena, line);
        struct kps_sv expected = rows[i].shown ? kps_sv_of(rows[i].shown) : line;
        if (!kps_sv_eq(shown, expected)) {
            fail_msg("%s: %.*s", rows[i].line, SV_ARG(shown));
        }
    }
    kps_arena_free(arena);
}

static const struct {
    struct kps_sv arguments;
    const char *shown;
} joined[] = {
    {SV_LIT("node\0server.js\0--port=3000"), "node server.js --port=3000"},
    {SV_LIT("app\0--password=two words here\0-x"), "app --password=*** -x"},
    {SV_LIT("app\0--token\0multi secret words\0-x"), "app --token *** -x"},
    {SV_LIT("app\0--token\0-x\0y z"), "app --token -x y z"},
    {SV_LIT("env\0DB_PASSWORD=two words\0x y"), "env DB_PASSWORD=*** x y"},
    {SV_LIT("mysql\0-ptwo words\0shop"), "mysql -p*** shop"},
    {SV_LIT("sh\0-c\0psql --password=x -p 1"), "sh -c psql --password=*** -p 1"},
    {SV_LIT("curl\0-H\0Authorization: Bearer abc\0http://x"),
     "curl -H Authorization: *** *** http://x"},
    {SV_LIT("curl\0-H\0Authorization:\0Bearer abc\0-v"), "curl -H Authorization: *** *** -v"},
    {SV_LIT("postgres: shop shop idle"), "postgres: shop shop idle"},
    {SV_LIT("app\0\0x"), "app  x"},
    {SV_LIT(""), ""},
};

static void test_join(void **unused)
{
    (void)unused;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(joined); i++) {
        struct kps_sv shown = kps_secret_join(arena, joined[i].arguments, true);
        if (!kps_sv_is(shown, joined[i].shown)) {
            fail_msg("%s: %.*s", joined[i].shown, SV_ARG(shown));
        }
    }
    struct kps_sv raw = kps_secret_join(arena, SV("app\0--password=two words"), false);
    assert_true(kps_sv_is(raw, "app --password=two words"));
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mask), cmocka_unit_test(test_join)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
