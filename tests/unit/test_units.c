#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "support/dump.h"
#include "units/collect.h"
#include "units/publish.h"

enum { MOST_FILES = 6 };

/* Files of one folder; the first one is read. */
struct sample {
    const char *why;
    struct {
        const char *name, *text;
    } files[MOST_FILES];
    const char *claims; /* dump_claims without its owner kinds' basis; "" for none */
    const char *rules;  /* of the findings, each followed by a blank */
};

struct reading {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_units_result result;
};

static void read_files(struct reading *r, const struct sample *sample, uint32_t at)
{
    struct kps_fs_mem_file files[MOST_FILES];
    struct kps_fs_mem world = {files, 0};
    for (; world.n < MOST_FILES && sample->files[world.n].name; world.n++) {
        files[world.n].path = kps_fmt(r->arena, "/u/%s", sample->files[world.n].name);
        files[world.n].content = kps_sv_of(sample->files[world.n].text);
    }
    struct kps_fs fs = kps_fs_memory(&world);
    struct kps_sv name = kps_sv_of(sample->files[at].name);
    enum kps_units_kind kind = kps_units_kind_of_name(name);
    if (kind == KPS_UNITS_NONE) {
        kind = kps_units_kind_of_text(files[at].content);
    }
    const struct kps_units_request request = {
        .kind = kind, .absolute = files[at].path, .shown = name};
    r->result = kps_units_collect(&r->ledger, &fs, &request);
}

static void start_reading(struct reading *r)
{
    *r = (struct reading){.arena = kps_arena_new()};
    r->diag.arena = r->arena;
    r->ledger.diag = &r->diag;
}

static void end_reading(struct reading *r)
{
    kps_ledger_free(&r->ledger);
    kps_diag_free(&r->diag);
    kps_arena_free(r->arena);
}

static struct kps_sv list_rules(struct reading *r)
{
    struct kps_buf text = KPS_BUF(r->arena);
    for (uint32_t i = 0; i < r->diag.findings.n; i++) {
        kps_buf_fmt(&text, "KP%d ", (int)r->diag.findings.v[i]->rule);
    }
    return kps_buf_sv(&text);
}

static void check_sample(const struct sample *sample)
{
    struct reading r;
    start_reading(&r);
    read_files(&r, sample, 0);
    struct kps_sv claims = dump_claims(r.arena, &r.ledger);
    struct kps_sv rules = list_rules(&r);
    bool is_right =
        kps_sv_eq(claims, kps_sv_of(sample->claims)) && kps_sv_eq(rules, kps_sv_of(sample->rules));
    if (!is_right) {
        print_error("%s\nclaims:\n%.*swanted:\n%s\nrules: %.*s, wanted %s\n", sample->why,
                    SV_ARG(claims), sample->claims, SV_ARG(rules), sample->rules);
    }
    assert_true(is_right);
    end_reading(&r);
}

/* The answers of `podman create --publish TEXT` 4.3.1: what HostConfig.PortBindings held. */
static const struct {
    const char *text;
    const char *answer; /* "ADDRESS FIRST-LAST TARGET PROTOCOL"; NULL: refused */
} PUBLISHED[] = {
    {"80:80", "0.0.0.0 80-80 80 tcp"},
    {":80", "0.0.0.0 0-0 80 tcp"},
    {"80", "0.0.0.0 0-0 80 tcp"},
    {"127.0.0.1::80", "127.0.0.1 0-0 80 tcp"},
    {"080:80", "0.0.0.0 80-80 80 tcp"},
    {"[::]:8080:80", ":: 8080-8080 80 tcp"},
    {"[::1]:8080:80", "::1 8080-8080 80 tcp"},
    {"8080:80/TCP", "0.0.0.0 8080-8080 80 tcp"},
    {"8080:80/udp", "0.0.0.0 8080-8080 80 udp"},
    {"8080:80/sctp", "0.0.0.0 8080-8080 80 sctp"},
    {"8080-8082", "0.0.0.0 0-0 8080 tcp"},
    {"8080-8082:80-82/udp", "0.0.0.0 8080-8082 80 udp"},
    {"127.0.0.1:8080-8081:80-81", "127.0.0.1 8080-8081 80 tcp"},
    {"0.0.0.0:80:80", "0.0.0.0 80-80 80 tcp"},
    {"[::ffff:127.0.0.1]:80:80", "127.0.0.1 80-80 80 tcp"},
    {"80:80/tcp,udp", NULL},
    {"80:80/icmp", NULL},
    {"::80", NULL},
    {"8080:", NULL},
    {"80-82:90", NULL},
    {"8080-8081:80-82", NULL},
    {"0:80", NULL},
    {"70000:80", NULL},
    {"::1:8080:80", NULL},
    {"localhost:8080:80", NULL},
    {" 8080:80", NULL},
    {"8080 :80", NULL},
    {"127.0.0.1:80", NULL},
    {"0x50:80", NULL},
    {"a:b:c:d", NULL},
    {"8082-8080:80-82", NULL},
};

static void test_publish(void **state)
{
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    for (size_t i = 0; i < KPS_COUNT(PUBLISHED); i++) {
        struct kps_publish port = kps_publish_parse(arena, kps_sv_of(PUBLISHED[i].text));
        struct kps_sv answer =
            kps_fmt(arena, "%.*s %u-%u %u %s", SV_ARG(kps_addr_format(arena, &port.addr)),
                    port.first, port.last, port.target_first, kps_protocol_name(port.protocol));
        if (!PUBLISHED[i].answer) {
            assert_true(port.error.n > 0);
            continue;
        }
        assert_string_equal(answer.p, PUBLISHED[i].answer);
        assert_int_equal(port.error.n, 0);
    }
    kps_arena_free(arena);
}

/* Quadlets, as `quadlet -dryrun` 5.4.2 handed their ports to `podman run`. */
static const struct sample QUADLETS[] = {
#include "unit/units_of_podman.h"
};

/* Socket units, as `systemd-analyze verify` 252 took or ignored their lines. */
static const struct sample SOCKETS[] = {
#include "unit/units_of_systemd.h"
};

/* Clusters, by the documentation of kind and k3d. */
static const struct sample CLUSTERS[] = {
#include "unit/units_of_clusters.h"
};

static void test_quadlets(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(QUADLETS); i++) {
        check_sample(&QUADLETS[i]);
    }
}

static void test_sockets(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(SOCKETS); i++) {
        check_sample(&SOCKETS[i]);
    }
}

static void test_clusters(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(CLUSTERS); i++) {
        check_sample(&CLUSTERS[i]);
    }
}

static void test_unreadable(void **state)
{
    (void)state;
    struct reading r;
    struct kps_fs_mem world = {NULL, 0};
    struct kps_fs fs = kps_fs_memory(&world);
    start_reading(&r);
    const struct kps_units_request request = {.kind = KPS_UNITS_QUADLET,
                                              .absolute = SV("/u/gone.container"),
                                              .shown = SV("gone.container")};
    r.result = kps_units_collect(&r.ledger, &fs, &request);
    assert_int_equal(r.result.status, KPS_UNITS_FAILED);
    assert_string_equal(list_rules(&r).p, "KP901 ");
    end_reading(&r);
}

static void test_places(void **state)
{
    (void)state;
    static const struct sample sample = {
        .files = {{"a.container", "[Container]\n  PublishPort = \"x\"\n"}}};
    struct reading r;
    start_reading(&r);
    read_files(&r, &sample, 0);
    struct kps_span at = kps_finding_span(&r.diag, r.diag.findings.v[0]);
    struct kps_pos pos = kps_files_pos(&r.diag.files, at.file, at.off);
    assert_int_equal(pos.line, 2);
    assert_int_equal(pos.col, 17);
    assert_int_equal(at.len, 3);
    assert_int_equal(r.result.status, KPS_UNITS_PARTIAL);
    end_reading(&r);
}

/* A unit with more lines than the bound is an error, a long value is cut in the error of its input.
 */
static void test_bounds(void **unused)
{
    (void)unused;
    for (unsigned long_value = 0; long_value < 2; long_value++) {
        struct reading r;
        start_reading(&r);
        struct kps_buf text = KPS_BUF(r.arena);
        kps_buf_add(&text, long_value ? SV("[Socket]\nListenStream=") : SV("[Socket]\n"));
        for (uint32_t i = 0; i <= KPS_LIMIT_UNIT_LINES; i++) {
            kps_buf_add(&text, long_value ? SV("\x16") : SV("A=1\n"));
        }
        struct sample sample = {"", {{"x.socket", kps_buf_sv(&text).p}}, "", ""};
        read_files(&r, &sample, 0);
        assert_int_equal(r.diag.findings.n, 1);
        assert_int_equal(r.diag.findings.v[0]->rule, KPS_RULE_INPUT_INVALID);
        assert_true(r.result.error.n > 0 && r.result.error.n < 2 * KPS_LIMIT_FINDING_TEXT);
        end_reading(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_publish),
        cmocka_unit_test(test_quadlets), cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_clusters), cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
