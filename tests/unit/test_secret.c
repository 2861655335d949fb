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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
