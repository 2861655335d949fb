#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "compose/collect.h"
#include "core/detect.h"
#include "core/judge.h"
#include "core/repair.h"

/*
 * Projects in memory, and the plan that makes them free of clashes: an edit reads `path:line:col
 * 'old' -> 'new'`, a finding that stays `KP### stays: why`.
 */
struct row {
    const char *why;
    struct kps_fs_mem_file files[4];
    const char *fixed; /* a part of the path of files that cannot be edited; NULL: all can */
    uint16_t busy;     /* a port that sockets of this machine have */
    const char *expected;
};

static void show_edit(struct kps_buf *out, struct kps_diag *diag, const struct kps_edit *edit)
{
    const struct kps_file *file = kps_files_get(&diag->files, edit->span.file);
    struct kps_pos pos = kps_files_pos(&diag->files, edit->span.file, edit->span.off);
    struct kps_sv old = kps_sv_slice(file->bytes, edit->span.off, edit->span.off + edit->span.len);
    kps_buf_fmt(out, "%.*s:%u:%u '%.*s' -> '%.*s'\n", SV_ARG(file->path), pos.line, pos.col,
                SV_ARG(old), SV_ARG(edit->text));
}

static struct kps_repair plan(const struct kps_ledger *ledger, const struct row *row)
{
    struct kps_files *known = &ledger->diag->files;
    struct kps_repair_file *files =
        KPS_NEW_N(ledger->diag->arena, struct kps_repair_file, known->list.n + 1);
    for (kps_file_id id = 1; id <= known->list.n; id++) {
        struct kps_sv path = kps_files_get(known, id)->path;
        files[id - 1].same_as = id;
        if (row->fixed && kps_sv_search(path, kps_sv_of(row->fixed)) < path.n) {
            files[id - 1].why = SV("is carved in stone");
        }
    }
    const struct kps_bound_port port = {.port = row->busy, .protocol = KPS_TCP};
    const struct kps_bound_ports busy = {.v = &port, .n = row->busy != 0};
    const struct kps_repair_scope scope = {files, &busy, 30000, 32767};
    return kps_repair_plan(ledger, &scope);
}

static struct kps_sv tell(struct kps_arena *arena, const struct row *row)
{
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    struct kps_fs_mem world = {.files = row->files};
    while (world.n < KPS_COUNT(row->files) && row->files[world.n].path.n) {
        world.n++;
    }
    struct kps_fs fs = kps_fs_memory(&world);
    char *environment[] = {NULL};
    struct kps_env env = kps_env_of(arena, environment);
    const struct kps_compose_request request = {.cwd = SV("/p/shop")};
    (void)kps_compose_collect(&ledger, &fs, &env, &request);
    kps_ledger_link(&ledger);
    kps_judge(&ledger, kps_detect(&ledger, arena), NULL);
    kps_diag_sort(&diag);
    struct kps_repair repair = plan(&ledger, row);
    struct kps_buf out = KPS_BUF(arena);
    for (size_t i = 0; i < repair.n_edits; i++) {
        show_edit(&out, &diag, &repair.edits[i]);
    }
    for (size_t i = 0; i < repair.n_left; i++) {
        kps_buf_fmt(&out, "%s stays: %.*s\n", kps_rule_info(repair.left[i].finding->rule)->id,
                    SV_ARG(repair.left[i].why));
    }
    struct kps_sv told = kps_buf_sv(&out);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return told;
}

#define FILE(name, text)                                                                           \
    {                                                                                              \
        SV_LIT("/p/shop/" name), SV_LIT(text)                                                      \
    }
#define COMPOSE(text) FILE("compose.yaml", "services:\n" text)

static const struct row rows[] = {
    {"nothing clashes", {COMPOSE("  a: {image: a, ports: ['80:80']}\n")}, .expected = ""},
    {"the one written first stays",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['127.0.0.1:8080:81']}\n")},
     .expected = "compose.yaml:3:36 '8080' -> '8081'\n"},
    {"who publishes the port that it listens on stays",
     {COMPOSE("  a: {image: a, ports: ['5432:80']}\n"
              "  b: {image: b, ports: ['5432:5432']}\n")},
     .expected = "compose.yaml:2:26 '5432' -> '5433'\n"},
    {"of three two move, and the finding's place gets the port of its advice",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['8080:81']}\n"
              "  c: {image: c, ports: ['8080:82']}\n")},
     .expected = "compose.yaml:3:26 '8080' -> '8082'\ncompose.yaml:4:26 '8080' -> '8081'\n"},
    {"past what sockets have and what others want",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['8080:81', '8082:82']}\n")},
     .busy = 8081,
     .expected = "compose.yaml:3:26 '8080' -> '8083'\n"},
    {"a range keeps its width",
     {COMPOSE("  a: {image: a, ports: ['8000-8002:80-82']}\n"
              "  b: {image: b, ports: ['8002-8004:80-82']}\n")},
     .expected = "compose.yaml:3:26 '8002-8004' -> '8005-8007'\n"},
    {"in .env, where the variable has its value",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['${PORT}:81']}\n"),
      FILE(".env", "# ports\nPORT=8080 # of b\n")},
     .expected = ".env:2:6 '8080' -> '8081'\n"},
    {"a value that refers to another gives way to a number",
     {COMPOSE("  a: {image: a, ports: ['${P}:80']}\n"
              "  b: {image: b, ports: ['${Q}:80']}\n"),
      FILE(".env", "P=9000\nQ=${P}\n")},
     .expected = ".env:2:3 '${P}' -> '9001'\n"},
    {"both refer to a third",
     {COMPOSE("  a: {image: a, ports: ['${P}:80']}\n"
              "  b: {image: b, ports: ['${Q}:80']}\n"),
      FILE(".env", "A=9000\nP=$A\nQ=\"${A:-1}\"\n")},
     .expected = ".env:3:4 '${A:-1}' -> '9001'\n"},
    {"the variable moves, so what refers to it keeps its number",
     {COMPOSE("  a: {image: a, ports: ['${P}:80']}\n"
              "  b: {image: b, ports: ['${Q}:9000']}\n"),
      FILE(".env", "P=9000\nQ=${P}\n")},
     .expected = ".env:1:3 '9000' -> '9001'\n.env:2:3 '${P}' -> '9000'\n"},
    {"so it does with another protocol, and over three steps",
     {COMPOSE("  a: {image: a, ports: ['${P}:80']}\n"
              "  b: {image: b, ports: ['9000:9000']}\n"
              "  c: {image: c, ports: ['${R}:80/udp']}\n"),
      FILE(".env", "P=9000\nQ=${P}\nR=${Q:-${P}}\n")},
     .expected = ".env:1:3 '9000' -> '9001'\n.env:3:3 '${Q:-${P}}' -> '9000'\n"},
    {"a container port that refers to the variable keeps it",
     {COMPOSE("  a: {image: a, ports: ['${P}:${Q}']}\n"
              "  b: {image: b, ports: ['9000:9000']}\n"),
      FILE(".env", "P=9000\nQ=${P}\n")},
     .expected = "compose.yaml:3:26 '9000' -> '9001'\n"},
    {"so does a port whose text no number can take",
     {COMPOSE("  a: {image: a, ports: ['${P}:80']}\n"
              "  b: {image: b, ports: ['9000:9000']}\n"
              "  c: {image: c, ports: ['${Q}:80/udp']}\n"),
      FILE(".env", "P=9000\nQ=127.0.0.1:${P}\n")},
     .expected = "compose.yaml:3:26 '9000' -> '9001'\n"},
    {"in the default",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['${PORT:-8080}:81']}\n")},
     .expected = "compose.yaml:3:34 '8080' -> '8081'\n"},
    {"both protocols that one variable gives move together",
     {COMPOSE("  a: {image: a, ports: ['53:80/udp']}\n"
              "  b: {image: b, ports: ['${PORT}:81', '${PORT}:81/udp']}\n"),
      FILE(".env", "PORT=53\n")},
     .expected = ".env:1:6 '53' -> '8053'\n"},
    {"in the base that extends brings",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, extends: {file: base.yaml, service: b}}\n"),
      FILE("base.yaml", "services:\n  b: {ports: ['8080:81']}\n")},
     .expected = "base.yaml:2:16 '8080' -> '8081'\n"},
    {"what cannot be edited stays where it is",
     {COMPOSE("  a: {image: a, ports: ['${PORT}:80']}\n"
              "  b: {image: b, ports: ['8080:81']}\n"),
      FILE(".env", "PORT=8080\n")},
     .fixed = "compose.yaml",
     .expected = ".env:1:6 '8080' -> '8081'\n"},
    {"both are carved in stone",
     {COMPOSE("  a: {image: a, ports: ['8080:80']}\n"
              "  b: {image: b, ports: ['8080:81']}\n")},
     .fixed = "compose.yaml",
     .expected = "KP101 stays: 'compose.yaml' is carved in stone\n"},
    {"replicas want a range, which a number does not give",
     {COMPOSE("  a: {image: a, ports: ['8080:80'], deploy: {replicas: 2}}\n")},
     .expected = "KP102 stays: replicas need as many ports as there are of them: a range, or none "
                 "on the host\n"},
    {"all ports are taken",
     {COMPOSE("  a: {image: a, ports: ['1-65535:1-65535']}\n"
              "  b: {image: b, ports: ['8080:81']}\n")},
     .expected = "KP101 stays: there is no free port left for it\n"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_sv told = tell(arena, &rows[i]);
        if (!kps_sv_eq(told, kps_sv_of(rows[i].expected))) {
            fail_msg("%s:\n%.*s\ninstead of\n%s", rows[i].why, SV_ARG(told), rows[i].expected);
        }
        kps_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
