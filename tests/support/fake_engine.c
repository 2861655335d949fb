#include "support/fake_engine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"

enum { MOST_ARGUMENTS = 32 };

static void add_all(const char **arguments, size_t *n, const char *const *more)
{
    for (; more && *more; more++) {
        KPS_ASSERT(*n < MOST_ARGUMENTS - 1);
        arguments[(*n)++] = *more;
    }
}

static void run_script(struct fake_engine *engine, const char *recordings,
                       const char *const *faults, int tcp, const char *const *options)
{
    char log[96], at[96];
    (void)snprintf(log, sizeof(log), "%s/log", engine->folder);
    (void)snprintf(at, sizeof(at), tcp ? "127.0.0.1:0" : "%s/s.sock", engine->folder);
    const char *arguments[MOST_ARGUMENTS] = {KPS_TEST_PYTHON, "support/fake_engine.py", "--log",
                                             log};
    size_t n = 4;
    const char *const rest[] = {"--", at, recordings, NULL};
    add_all(arguments, &n, options);
    add_all(arguments, &n, rest);
    add_all(arguments, &n, faults);
    char *list[MOST_ARGUMENTS];
    memcpy(list, arguments, sizeof(list));
    (void)execv(KPS_TEST_PYTHON, list);
    _exit(127);
}

/* Reads "ready ADDRESS\n". */
static void read_address(struct fake_engine *engine, int from)
{
    char line[160] = "";
    size_t n = 0;
    while (n < sizeof(line) - 1 && !strchr(line, '\n')) {
        ssize_t got = read(from, line + n, sizeof(line) - 1 - n);
        KPS_ASSERT(got > 0);
        n += (size_t)got;
        line[n] = '\0';
    }
    KPS_ASSERT(strncmp(line, "ready ", 6) == 0);
    line[strcspn(line, "\n")] = '\0';
    (void)snprintf(engine->address, sizeof(engine->address), "%s", line + 6);
}

void fake_engine_start(struct fake_engine *engine, const char *recordings,
                       const char *const *faults, int tcp, const char *const *options)
{
    int in[2], out[2];
    (void)snprintf(engine->folder, sizeof(engine->folder), P_tmpdir "/kportscan-engine-XXXXXX");
    KPS_ASSERT(mkdtemp(engine->folder) != NULL);
    (void)chmod(engine->folder, 0755);
    KPS_ASSERT(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    engine->pid = fork();
    KPS_ASSERT(engine->pid >= 0);
    if (engine->pid == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)dup2(out[1], STDOUT_FILENO);
        run_script(engine, recordings, faults, tcp, options);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    engine->keep = in[1];
    read_address(engine, out[0]);
    (void)close(out[0]);
}

void fake_engine_stop(struct fake_engine *engine)
{
    char path[96];
    (void)close(engine->keep);
    (void)waitpid(engine->pid, NULL, 0);
    static const char *const files[] = {"log", "s.sock"};
    for (size_t i = 0; i < KPS_COUNT(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", engine->folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(engine->folder);
}

char *fake_engine_log(const struct fake_engine *engine)
{
    char path[96];
    (void)snprintf(path, sizeof(path), "%s/log", engine->folder);
    FILE *file = fopen(path, "re");
    KPS_ASSERT(file != NULL);
    enum { MOST = 1 << 20 };
    char *text = calloc(1, MOST);
    KPS_ASSERT(text != NULL);
    size_t n = fread(text, 1, MOST - 1, file);
    KPS_ASSERT(n < MOST && fclose(file) == 0);
    return text;
}
