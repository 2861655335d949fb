#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/*
 * usage: bench_measure RUNS COMMAND... [-- COMMAND...]
 * Runs the commands in turn, RUNS times each, with their output thrown away, so that whatever else
 * the machine does meets all of them alike. Prints a line per command: median of the wall time in
 * microseconds, greatest peak of memory in KiB, last exit code. It is small and spawns without
 * copying itself, so the peak is the command's own.
 */

enum { MAX_COMMANDS = 8, MAX_RUNS = 1000 };

extern char **environ;

struct command {
    char **argv;
    double micros[MAX_RUNS];
    long peak_kib;
    int exit_code;
};

static double now_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void run_once(struct command *command, int run, const posix_spawn_file_actions_t *quiet)
{
    pid_t pid;
    int status;
    struct rusage usage;
    double start = now_micros();
    if (posix_spawnp(&pid, command->argv[0], quiet, NULL, command->argv, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid) {
        fprintf(stderr, "bench_measure: cannot run %s\n", command->argv[0]);
        exit(2);
    }
    command->micros[run] = now_micros() - start;
    command->peak_kib = usage.ru_maxrss > command->peak_kib ? usage.ru_maxrss : command->peak_kib;
    command->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
    static struct command commands[MAX_COMMANDS];
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    if (runs < 1 || runs > MAX_RUNS) {
        return 2;
    }
    int n = 0;
    commands[n++].argv = argv + 2;
    for (int i = 2; i < argc && n < MAX_COMMANDS; i++) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[n++].argv = argv + i + 1;
        }
    }
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < runs; run++) {
        for (int i = 0; i < n; i++) {
            run_once(&commands[i], run, &quiet);
        }
    }
    for (int i = 0; i < n; i++) {
        qsort(commands[i].micros, (size_t)runs, sizeof(double), by_size);
        printf("%.0f %ld %d\n", commands[i].micros[runs / 2], commands[i].peak_kib,
               commands[i].exit_code);
    }
    return 0;
}
