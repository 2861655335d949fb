#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "core/port_use.h"
#include "query/free_search.h"
#include "query/notes.h"
#include "support/scene.h"
#include "sys/probe.h"

static const struct kps_kube_options cluster = {.node_port_first = 30000, .node_port_last = 30003};

/* Free ports as "8081 8082", without a bind in a socket: what the collected facts rule out. */
static const struct row {
    const char *why, *claims;
    uint16_t first, last; /* last == 0: from `first` on, see kps_free_search_widen */
    size_t n_wanted;
    const struct kps_kube_options *cluster;
    const char *expected;
} rows[] = {
    {"the first one", "", 8080, 0, 1, NULL, "8080"},
    {"not a held one", "a 8080 held", 8080, 0, 1, NULL, "8081"},
    {"not one that files ask for", "a 8080", 8080, 0, 1, NULL, "8081"},
    {"not one of a stopped container", "a 8080 plan", 8080, 0, 1, NULL, "8081"},
    {"not one inside a range", "a 8080-8089", 8080, 0, 1, NULL, "8090"},
    {"a claim that is void is no matter", "a 8080 discarded; b 8080 x0", 8080, 0, 1, NULL, "8080"},
    {"nor is another protocol", "a 8080/udp held", 8080, 0, 1, NULL, "8080"},
    {"nor is another namespace", "a 8080 held in:x", 8080, 0, 1, NULL, "8080"},
    {"several", "a 8081 held", 8080, 0, 3, NULL, "8080 8082 8083"},
    {"no more than the range has", "a 8081 held", 8080, 8082, 9, NULL, "8080 8082"},
    {"none", "a 8080-8082", 8080, 8082, 1, NULL, ""},
    {"browsers refuse 6000", "", 6000, 0, 1, NULL, "6001"},
    {"the last one", "a 1-65534", 1, 0, 1, NULL, "65535"},
    {"nodes: beside the node ports", "", 29999, 0, 2, &cluster, "29999 30004"},
    {"nodes: among the node ports", "a 30001 node", 30000, 0, 9, &cluster, "30000 30002 30003"},
    {"nodes: not a port of a component", "", 10250, 10251, 2, &cluster, "10251"},
};

static void test_free_search(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        const struct kps_machine machine = {0};
        struct kps_free_search search = {
            .ledger = &scene.ledger,
            .machine = &machine,
            .cluster = rows[i].cluster,
            .range = {.first = rows[i].first, .last = rows[i].last, .protocol = KPS_TCP},
            .n_wanted = rows[i].n_wanted};
        if (!rows[i].last) {
            kps_free_search_widen(&search);
        }
        kps_free_search_run(&search);
        struct kps_buf out = KPS_BUF(scene.arena);
        for (size_t k = 0; k < search.n_found; k++) {
            kps_buf_fmt(&out, "%s%u", k ? " " : "", search.found[k]);
        }
        print_message("%s\n", rows[i].why);
        assert_string_equal(kps_buf_sv(&out).p, rows[i].expected);
        scene_close(&scene);
    }
}

/* Return the first of `n` ports in a row that a UDP socket can have now; 0: there are none. */
static uint16_t find_free_row(const struct kps_addr *addr, uint16_t n)
{
    uint16_t first = 20000;
    uint16_t free = 0;
    while (free < n && first + free < UINT16_MAX) {
        if (kps_probe_bind(KPS_UDP, addr, (uint16_t)(first + free)) == 0) {
            free++;
        } else {
            first = (uint16_t)(first + free + 1);
            free = 0;
        }
    }
    return free == n ? first : 0;
}

/* Of this machine's sockets reserved ports are never found, ports of connections last. */
static void test_free_search_of_kernel(void **unused)
{
    (void)unused;
    struct kps_addr here;
    assert_true(kps_addr_parse(SV("127.0.0.1"), &here));
    const uint16_t at = find_free_row(&here, 5);
    assert_true(at > 0);
    const struct kps_port_range reserved = {(uint16_t)(at + 1), (uint16_t)(at + 1)};
    struct scene scene;
    scene_open(&scene, "", NULL);
    struct kps_machine machine = {
        .asked_sockets = true,
        .sockets.kernel = {.known = true,
                           .ephemeral = {(uint16_t)(at + 2), (uint16_t)(at + 3)},
                           .reserved = &reserved,
                           .n_reserved = 1}};
    struct kps_free_search search = {
        .ledger = &scene.ledger,
        .machine = &machine,
        .binds = true,
        .range = {.addr = here, .first = at, .last = (uint16_t)(at + 4), .protocol = KPS_UDP},
        .n_wanted = 9};
    kps_free_search_run(&search);
    static const uint16_t expected[] = {0, 4, 2, 3};
    assert_int_equal(search.n_found, KPS_COUNT(expected));
    for (size_t i = 0; i < KPS_COUNT(expected); i++) {
        assert_int_equal(search.found[i] - at, expected[i]);
    }
    scene_close(&scene);
}

/* Check how many notes port 8080 has at an address (NULL: none is named), and that `expected`
 * stands in the first. */
static void check_notes(const char *claims, const struct kps_machine *machine, const char *addr,
                        size_t n, const char *expected)
{
    struct scene scene;
    scene_open(&scene, claims, NULL);
    struct kps_question question = {.ports = {.first = 8080, .last = 8080}};
    assert_true(!addr || kps_addr_parse(kps_sv_of(addr), &question.ports.addr));
    struct kps_port_uses uses = kps_port_uses_of(&scene.ledger, scene.arena);
    struct kps_inquiry inquiry = {.ledger = &scene.ledger,
                                  .machine = machine,
                                  .query = {.questions = &question,
                                            .n_questions = 1,
                                            .holdings = uses.v,
                                            .n_holdings = uses.n,
                                            .asked_sockets = true}};
    kps_notes_add(&inquiry);
    assert_int_equal(inquiry.query.n_notes, n);
    if (n) {
        print_message("%.*s\n", SV_ARG(inquiry.query.notes[0]));
        assert_non_null(strstr(inquiry.query.notes[0].p, expected));
    }
    scene_close(&scene);
}

static void test_notes(void **unused)
{
    (void)unused;
    const struct kps_machine plain = {0};
    const struct kps_machine outgoing = {
        .sockets.kernel = {.known = true, .ephemeral = {8000, 9000}}};
    const struct kps_machine wsl = {.is_wsl = true};
    const struct kps_machine foreign = {.sockets.addresses = {.knows_v4 = true}};
    check_notes("", &plain, NULL, 0, "");
    check_notes("", &outgoing, NULL, 1, "ip_local_port_range is 8000-9000");
    check_notes("a 8080 held", &outgoing, NULL, 0, "");
    check_notes("", &wsl, NULL, 1, "findstr :8080");
    check_notes("a 8080 held", &wsl, NULL, 0, "");
    check_notes("", &foreign, "192.0.2.1", 1, "192.0.2.1 is no address of this machine");
    check_notes("a 0.0.0.0@8080 held; b ::@8080 held", &plain, NULL, 1, "'localhost' is both");
    check_notes("a 127.0.0.1@8080 held; b 127.0.0.1@8080 held", &plain, NULL, 1, "SO_REUSEPORT");
    check_notes("a 127.0.0.1@8080 held; b 127.0.0.2@8080 held", &plain, NULL, 1, "nearest match");
}

/* A range gets no notes: they are about one port. */
static void test_notes_of_range(void **unused)
{
    (void)unused;
    struct scene scene;
    scene_open(&scene, "", NULL);
    const struct kps_machine wsl = {.is_wsl = true};
    const struct kps_question range = {.ports = {.first = 8080, .last = 8081}};
    struct kps_inquiry inquiry = {
        .ledger = &scene.ledger, .machine = &wsl, .query = {.questions = &range, .n_questions = 1}};
    kps_notes_add(&inquiry);
    assert_int_equal(inquiry.query.n_notes, 0);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_free_search),
        cmocka_unit_test(test_free_search_of_kernel),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_notes_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
