#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "docker/engine_json.h"
#include "docker/engine_settings.h"

enum { MOST_FILES = 4 };

struct row {
    const char *why;
    bool no_proxy;
    struct kps_fs_mem_file files[MOST_FILES];
};

#define COMM(pid, name)                                                                            \
    {                                                                                              \
        SV_LIT("/proc/" pid "/comm"), SV_LIT(name "\n")                                            \
    }
#define CMDLINE(pid, words)                                                                        \
    {                                                                                              \
        SV_LIT("/proc/" pid "/cmdline"), SV_LIT(words "\0")                                        \
    }
#define DAEMON_JSON(text)                                                                          \
    {                                                                                              \
        SV_LIT("/etc/docker/daemon.json"), SV_LIT(text)                                            \
    }

/* The process that serves the socket is 7. */
static const struct row rows[] = {
    {"nothing is known", false, {{SV_LIT("/x"), SV_LIT("")}}},
    {"a plain dockerd", false, {COMM("7", "dockerd"), CMDLINE("7", "/usr/bin/dockerd\0-H\0fd://")}},
    {"by a flag",
     true,
     {COMM("7", "dockerd"), CMDLINE("7", "dockerd\0--userland-proxy=false\0-D")}},
    {"by a flag, as numbers are",
     true,
     {COMM("7", "dockerd"), CMDLINE("7", "dockerd\0--userland-proxy=0")}},
    {"by a flag that says the opposite",
     false,
     {COMM("7", "dockerd"), CMDLINE("7", "dockerd\0--userland-proxy=true")}},
    {"another flag that begins alike",
     false,
     {COMM("7", "dockerd"), CMDLINE("7", "dockerd\0--userland-proxy-path=false")}},
    {"by its configuration",
     true,
     {COMM("7", "dockerd"), DAEMON_JSON("{\"userland-proxy\": false}")}},
    {"the configuration says otherwise",
     false,
     {COMM("7", "dockerd"), DAEMON_JSON("{\"userland-proxy\": true}")}},
    {"a configuration that is none",
     false,
     {COMM("7", "dockerd"), DAEMON_JSON("{\"userland-proxy\": fal")}},
    {"a configuration of another sort", false, {COMM("7", "dockerd"), DAEMON_JSON("[false]")}},
    {"a configuration elsewhere",
     true,
     {COMM("7", "dockerd"),
      CMDLINE("7", "dockerd\0--config-file\0/srv/d.json"),
      {SV_LIT("/srv/d.json"), SV_LIT("{\"userland-proxy\": false}")},
      DAEMON_JSON("{}")}},
    {"socket activation: systemd serves the socket",
     true,
     {COMM("7", "systemd"),
      COMM("812", "dockerd"),
      CMDLINE("812", "dockerd\0--userland-proxy=false"),
      {SV_LIT("/var/run/docker.pid"), SV_LIT("812\n")}}},
    {"what the pid file names is another program by now",
     false,
     {COMM("7", "systemd"),
      COMM("812", "vim"),
      CMDLINE("812", "vim\0--userland-proxy=false"),
      {SV_LIT("/var/run/docker.pid"), SV_LIT("812\n")}}},
};

static void test_rows(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_fs_mem world = {.files = rows[i].files};
        while (world.n < MOST_FILES && rows[i].files[world.n].path.n) {
            world.n++;
        }
        struct kps_fs fs = kps_fs_memory(&world);
        if (kps_engine_settings_read(arena, &fs, 7).no_proxy != rows[i].no_proxy) {
            fail_msg("%s", rows[i].why);
        }
        kps_arena_free(arena);
    }
}

/* The address of default-network-opts counts for bridge networks alone. */
static void test_host_binding(void **unused)
{
    (void)unused;
    static const struct {
        struct kps_sv config, binding;
    } kinds[] = {
        {SV_LIT("{\"default-network-opts\": {\"bridge\": {\"" KPS_NETWORK_HOST_BINDING
                "\": \"127.0.0.1\"}}}"),
         SV_LIT("127.0.0.1")},
        {SV_LIT("{\"default-network-opts\": {\"overlay\": {\"" KPS_NETWORK_HOST_BINDING
                "\": \"127.0.0.1\"}}}"),
         SV_LIT("")},
        {SV_LIT("{\"default-network-opts\": [], \"ip\": \"127.0.0.1\"}"), SV_LIT("")},
    };
    for (size_t i = 0; i < KPS_COUNT(kinds); i++) {
        struct kps_arena *arena = kps_arena_new();
        struct kps_fs_mem_file file = {SV_LIT("/etc/docker/daemon.json"), kinds[i].config};
        struct kps_fs_mem world = {.files = &file, .n = 1};
        struct kps_fs fs = kps_fs_memory(&world);
        struct kps_sv found = kps_engine_settings_read(arena, &fs, 7).host_binding;
        assert_true(kps_sv_eq(found, kinds[i].binding));
        kps_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_host_binding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
