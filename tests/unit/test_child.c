#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/child.h"

static void wait_for(struct kps_child *child)
{
    for (int i = 0; i < 2000 && !kps_child_has_ended(child); i++) {
        (void)poll(NULL, 0, 5);
    }
    assert_true(kps_child_has_ended(child));
}

static void test_pipes(void **state)
{
    (void)state;
    struct kps_child child;
    const char *const argv[] = {"cat", NULL};
    assert_int_equal(kps_child_start(argv, KPS_CHILD_PIPE_IN | KPS_CHILD_PIPE_OUT, &child), 0);
    assert_int_equal(write(child.in, "ping", 4), 4);
    char answer[8];
    assert_int_equal(read(child.out, answer, sizeof(answer)), 4);
    assert_memory_equal(answer, "ping", 4);
    kps_child_end(&child);
    assert_int_equal(child.pid, 0);
    assert_int_equal(child.in, -1);
}

static void test_no_program(void **state)
{
    (void)state;
    struct kps_child child;
    const char *const argv[] = {"kportscan-no-such-program", NULL};
    assert_int_equal(kps_child_start(argv, 0, &child), ENOENT);
    assert_int_equal(child.pid, 0);
    kps_child_end(&child);
}

static void test_words(void **state)
{
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    struct kps_child child;
    const char *const argv[] = {"sh", "-c", "printf 'a\\nlast words\\r\\n\\n' >&2; exit 3", NULL};
    assert_int_equal(kps_child_start(argv, 0, &child), 0);
    wait_for(&child);
    assert_int_equal(WEXITSTATUS(child.status), 3);
    struct kps_sv line = kps_child_last_line(arena, &child, SV(""));
    assert_int_equal(line.n, strlen("last words"));
    assert_memory_equal(line.p, "last words", line.n);
    kps_child_end(&child);
    kps_arena_free(arena);
}

/* A socket serves both ways, and writing to a child that has ended raises no signal. */
static void test_socket(void **state)
{
    (void)state;
    struct kps_child child;
    const char *const argv[] = {"head", "-c", "4", NULL};
    assert_int_equal(kps_child_start(argv, KPS_CHILD_SOCKET, &child), 0);
    assert_int_equal(send(child.out, "ping", 4, MSG_NOSIGNAL), 4);
    char answer[8];
    assert_int_equal(recv(child.out, answer, sizeof(answer), 0), 4);
    assert_true(kps_child_wait(&child, 10000));
    assert_int_equal(send(child.out, "ping", 4, MSG_NOSIGNAL), -1);
    kps_child_end(&child);
}

/* The end of many words is kept, and the child never waits for a reader. */
static void test_many_words(void **state)
{
    (void)state;
    struct kps_arena *arena = kps_arena_new();
    struct kps_child child;
    const char *const argv[] = {
        "sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x >&2; printf '\nmark\nend\n' >&2", NULL};
    assert_int_equal(kps_child_start(argv, 0, &child), 0);
    assert_true(kps_child_wait(&child, 10000));
    struct kps_sv line = kps_child_last_line(arena, &child, SV(""));
    assert_true(kps_sv_eq(line, SV("end")));
    assert_true(kps_sv_eq(kps_child_last_line(arena, &child, SV("mar")), SV("mark")));
    assert_int_equal(kps_child_last_line(arena, &child, SV("absent")).n, 0);
    kps_child_end(&child);
    kps_arena_free(arena);
}

/* A child leads a session of its own: it has no terminal. */
static void test_session(void **state)
{
    (void)state;
    struct kps_child child;
    const char *const argv[] = {"sleep", "60", NULL};
    assert_int_equal(kps_child_start(argv, 0, &child), 0);
    assert_int_equal(getsid(child.pid), child.pid);
    assert_int_equal(getpgid(child.pid), child.pid);
    kps_child_end(&child);
}

/* A child that ignores SIGTERM is killed, and so is a program that it has started. */
static void test_end(void **state)
{
    (void)state;
    struct kps_child child;
    const char *const argv[] = {"sh", "-c", "trap '' TERM; sleep 60 & echo $!; wait; sleep 60",
                                NULL};
    assert_int_equal(kps_child_start(argv, KPS_CHILD_PIPE_OUT, &child), 0);
    char digits[16] = "";
    assert_true(read(child.out, digits, sizeof(digits) - 1) > 0);
    pid_t grandchild = 0;
    for (const char *p = digits; *p >= '0' && *p <= '9'; p++) {
        grandchild = grandchild * 10 + (*p - '0');
    }
    assert_int_equal(kill(grandchild, 0), 0);
    kps_child_end(&child);
    for (int i = 0; i < 400 && kill(grandchild, 0) == 0; i++) {
        (void)poll(NULL, 0, 5);
    }
    /* gone, or a zombie where nobody reaps it */
    bool is_gone = kill(grandchild, 0) != 0;
    if (!is_gone) {
        char path[64];
        (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)grandchild);
        FILE *stat = fopen(path, "r");
        char text[256] = "";
        assert_true(!stat || fread(text, 1, sizeof(text) - 1, stat) > 0);
        is_gone = strstr(text, ") Z ") != NULL;
        if (stat) {
            (void)fclose(stat);
        }
    }
    assert_true(is_gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pipes),   cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_words),   cmocka_unit_test(test_end),
        cmocka_unit_test(test_socket),  cmocka_unit_test(test_many_words),
        cmocka_unit_test(test_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
