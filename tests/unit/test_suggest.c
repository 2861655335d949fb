#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/suggest.h"
#include "support/scene.h"

static const struct row {
    const char *why;
    const char *claims;
    uint16_t wanted, expected;
    enum kps_protocol protocol;
} rows[] = {
    {"the next one", "a 8080", 8080, 8081, KPS_TCP},
    {"not a taken one", "a 8080; b 8081", 8080, 8082, KPS_TCP},
    {"not one inside a range", "a 8080; b 8081-8090", 8080, 8091, KPS_TCP},
    {"nor inside a range that one is picked of", "a 8080; b 8081-8090 pick", 8080, 8091, KPS_TCP},
    {"overlapping ranges", "a 8080-8089; b 8085-8095; c 8087", 8080, 8096, KPS_TCP},
    {"on whatever address", "a 8080; b 127.0.0.1@8081; c ::1@8082", 8080, 8083, KPS_TCP},
    {"what is held counts", "a 8080; b 8081 held", 8080, 8082, KPS_TCP},
    {"what is concluded counts", "a 8080; b 8081 derived possible", 8080, 8082, KPS_TCP},
    {"what is void does not", "a 8080; b 8081 discarded; c 8081 x0", 8080, 8081, KPS_TCP},
    {"another protocol does not", "a 8080; b 8081/udp", 8080, 8081, KPS_TCP},
    {"its own protocol does", "a 53/udp; b 8053/udp; c 8054", 53, 8054, KPS_UDP},
    {"another namespace does not", "a 8080; b 8081 in:x", 8080, 8081, KPS_TCP},
    {"a low port as people write it", "a 80", 80, 8080, KPS_TCP},
    {"a low port as people write it", "a 443", 443, 8443, KPS_TCP},
    {"that one is taken", "a 80; b 8080", 80, 8081, KPS_TCP},
    {"and all above it", "a 80; b 8080-65535", 80, 1024, KPS_TCP},
    {"the highest low port", "a 1023", 1023, 9023, KPS_TCP},
    {"the lowest high port", "a 1024", 1024, 1025, KPS_TCP},
    {"browsers refuse 6000", "a 5999", 5999, 6001, KPS_TCP},
    {"browsers refuse 6665 to 6669", "a 6664", 6664, 6670, KPS_TCP},
    {"browsers refuse 10080", "a 10079", 10079, 10081, KPS_TCP},
    {"browsers refuse 5060 and 5061", "a 5059", 5059, 5062, KPS_TCP},
    {"nothing above: again from 1024", "a 65535", 65535, 1024, KPS_TCP},
    {"all above is taken", "a 60000-65535", 60000, 1024, KPS_TCP},
    {"all is taken", "a 1-65535", 80, 0, KPS_TCP},
    {"all but a privileged one is taken", "a 2-65535", 80, 0, KPS_TCP},
    {"only the last is free", "a 1-65534", 80, 65535, KPS_TCP},
};

static void test_rows(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct scene scene;
        scene_open(&scene, rows[i].claims, NULL);
        struct kps_suggest *suggest = kps_suggest_new(&scene.ledger, scene.arena);
        uint16_t port = kps_suggest_port(suggest, 1, 1U << rows[i].protocol, rows[i].wanted);
        if (port != rows[i].expected) {
            fail_msg("%s: '%s', %u instead of %u", rows[i].why, rows[i].claims, port,
                     rows[i].expected);
        }
        scene_close(&scene);
    }
}

static void test_never_twice(void **unused)
{
    (void)unused;
    struct scene scene;
    scene_open(&scene, "a 80; b 80; c 9000 in:x", NULL);
    struct kps_suggest *suggest = kps_suggest_new(&scene.ledger, scene.arena);
    bool seen[65536] = {false};
    for (uint32_t i = 0; i < 65536 - 1024 - 19; i++) {
        uint16_t port = kps_suggest_port(suggest, 1, 1U << KPS_TCP, i % 2 ? 80 : 8080);
        assert_true(port >= 1024);
        assert_false(seen[port]);
        seen[port] = true;
    }
    assert_int_equal(kps_suggest_port(suggest, 1, 1U << KPS_TCP, 80), 0);
    /* each namespace and protocol has ports of its own */
    assert_int_equal(kps_suggest_port(suggest, 1, 1U << KPS_UDP, 80), 8080);
    assert_int_equal(kps_suggest_port(suggest, 2, 1U << KPS_TCP, 8999), 9001);
    assert_int_equal(kps_suggest_port(suggest, 2, 1U << KPS_TCP, 8999), 9002);
    scene_close(&scene);
}

/* On the host the ports of the machine's sockets are left out, by protocol; a private namespace has
 * its own ports. */
static void test_busy(void **unused)
{
    static const struct kps_bound_port ports[] = {
        {8082, KPS_UDP}, {8081, KPS_TCP}, {8081, KPS_TCP}};
    static const struct kps_bound_ports busy = {ports, KPS_COUNT(ports)};
    (void)unused;
    struct scene scene;
    scene_open(&scene, "a 8080; b 8080/udp; c 8080 in:n", NULL);
    struct kps_suggest *suggest = kps_suggest_new(&scene.ledger, scene.arena);
    kps_suggest_avoid(suggest, &busy);
    assert_int_equal(kps_suggest_port(suggest, 1, 1U << KPS_TCP, 8080), 8082);
    assert_int_equal(kps_suggest_port(suggest, 1, 1U << KPS_UDP, 8080), 8081);
    assert_int_equal(kps_suggest_port(suggest, 2, 1U << KPS_TCP, 8080), 8081);
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_never_twice),
                                       cmocka_unit_test(test_busy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
