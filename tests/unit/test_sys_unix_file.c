#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "support/machine.h"
#include "sys/unix_file.h"

/* Without netlink: what /proc/net/unix tells of socket files in a world made by hand. */

#define HEADING "Num       RefCount Protocol Flags    Type St Inode Path\n"

static struct machine machine;
static struct kps_sys sys;

static void make_socket(const char *name)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    const char *path = machine_path(&machine, name);
    assert_true(strlen(path) < sizeof(addr.sun_path));
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
    (void)close(fd); /* the file stays */
}

static int set_up(void **state)
{
    (void)state;
    machine_begin(&machine);
    make_socket("run/listens.sock");
    make_socket("run/datagrams.sock");
    make_socket("run/served.sock");
    make_socket("run/left over.sock");
    machine_file(&machine, "run/plain", SV("text"));
    machine_file(&machine, "proc/net/unix",
                 SV(HEADING "0: 00000002 00000000 00010000 0001 01 1000 /run/listens.sock\n"
                            "0: 00000002 00000000 00000000 0002 01 1001 /run/datagrams.sock\n"
                            "0: 00000003 00000000 00000000 0001 03 1002 /run/served.sock\n"
                            "0: 00000003 00000000 00000000 0001 03 1003\n"
                            "0: 00000002 00000000 00010000 0001 01 1004 @abstract\n"
                            "0: 00000002\n"
                            "nonsense\n"));
    machine_add(&machine, (struct machine_process){.pid = 7, .parent = 1, .comm = "server"});
    machine_fd(&machine, 7, 3, "socket:[1000]");
    assert_int_equal(kps_sys_open(machine.root, &sys), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kps_sys_close(&sys);
    machine_end(&machine);
    return 0;
}

static void test_states(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum kps_unix_file_state state;
        uint32_t inode;
    } cases[] = {
        {"/run/listens.sock", KPS_UNIX_FILE_LIVE, 1000},
        {"/run/datagrams.sock", KPS_UNIX_FILE_LIVE, 1001},
        {"/run/served.sock", KPS_UNIX_FILE_STALE, 0},
        {"/run/left over.sock", KPS_UNIX_FILE_STALE, 0},
        {"/run/plain", KPS_UNIX_FILE_OTHER, 0},
        {"/run/none", KPS_UNIX_FILE_ABSENT, 0},
        {"/run/plain/below", KPS_UNIX_FILE_ABSENT, 0},
        {"@abstract", KPS_UNIX_FILE_ABSTRACT, 0},
        {"relative.sock", KPS_UNIX_FILE_UNKNOWN, 0},
        {"", KPS_UNIX_FILE_UNKNOWN, 0},
    };
    for (size_t i = 0; i < KPS_COUNT(cases); i++) {
        struct kps_unix_file file =
            kps_unix_file_look(&sys, machine.arena, kps_sv_of(cases[i].path));
        if (file.state != cases[i].state) {
            fail_msg("%s: %d", cases[i].path, (int)file.state);
        }
        assert_int_equal(file.inode, cases[i].inode);
    }
}

static void test_owner(void **state)
{
    (void)state;
    struct kps_unix_file file = kps_unix_file_look(&sys, machine.arena, SV("/run/listens.sock"));
    assert_non_null(file.owner);
    assert_int_equal(file.owner->pid, 7);
    file = kps_unix_file_look(&sys, machine.arena, SV("/run/datagrams.sock"));
    assert_null(file.owner);
}

static void test_nothing_to_read(void **state)
{
    (void)state;
    assert_int_equal(unlink(machine_path(&machine, "proc/net/unix")), 0);
    struct kps_unix_file file = kps_unix_file_look(&sys, machine.arena, SV("/run/listens.sock"));
    assert_int_equal(file.state, KPS_UNIX_FILE_UNKNOWN);
    assert_true(file.error != 0);
}

/* A list that is longer than what is read shows listeners, and no absence. */
static void test_long_list(void **state)
{
    (void)state;
    enum { LINES = 60000 };
    struct kps_buf text = KPS_BUF(machine.arena);
    kps_buf_add(&text,
                SV(HEADING "0: 00000002 00000000 00010000 0001 01 1000 /run/listens.sock\n"));
    for (uint32_t i = 0; i < LINES; i++) {
        kps_buf_fmt(&text,
                    "0: 00000003 00000000 00000000 0001 03 %u /run/a/folder/with/a/long/name/"
                    "and/a/longer/name/of/a.sock\n",
                    5000 + i);
    }
    assert_int_equal(unlink(machine_path(&machine, "proc/net/unix")), 0);
    machine_file(&machine, "proc/net/unix", kps_buf_sv(&text));
    struct kps_unix_file file = kps_unix_file_look(&sys, machine.arena, SV("/run/listens.sock"));
    assert_int_equal(file.state, KPS_UNIX_FILE_LIVE);
    file = kps_unix_file_look(&sys, machine.arena, SV("/run/served.sock"));
    assert_int_equal(file.state, KPS_UNIX_FILE_UNKNOWN);
    assert_int_equal(file.error, EFBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_to_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_list, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sys_unix_file", tests, NULL, NULL);
}
