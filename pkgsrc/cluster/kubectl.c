#include "cluster/kubectl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/retry.h"

/* kubectl's own filter: no verb but GET, and no path but the lists that are read. */
static const char REJECTED[] = "--reject-methods=^([^G]|G[^E]|GE[^T]|GET.)";
static const char ACCEPTED[] =
    "--accept-paths=^/(version|api/v1/(nodes|pods|services|namespaces/[a-z0-9.-]+/(pods|services))"
    "|apis/apps/v1/(namespaces/[a-z0-9.-]+/)?(deployments|replicasets|daemonsets|statefulsets)"
    "|apis/batch/v1/(namespaces/[a-z0-9.-]+/)?jobs|apis/scheduling.k8s.io/v1/priorityclasses"
    "|apis/autoscaling/v1/(namespaces/[a-z0-9.-]+/)?horizontalpodautoscalers)$";

/* The folder of the running proxy, for the handler of signals that end the program. */
static char left_behind[2][sizeof(((struct sockaddr_un *)NULL)->sun_path) + 32];

static void remove_and_die(int number)
{
    (void)unlink(left_behind[0]);
    (void)rmdir(left_behind[1]);
    struct sigaction plain = {.sa_handler = SIG_DFL};
    (void)sigaction(number, &plain, NULL);
    (void)raise(number);
}

static void catch_signals(const struct kps_kubectl *kubectl)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    (void)memcpy(left_behind[0], kubectl->socket.p, kubectl->socket.n + 1);
    (void)memcpy(left_behind[1], kubectl->folder.p, kubectl->folder.n + 1);
    struct sigaction handler = {.sa_handler = remove_and_die};
    for (size_t i = 0; i < KPS_COUNT(numbers); i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) {
            (void)sigaction(numbers[i], &handler, NULL);
        }
    }
}

/* Make the folder of the socket. Return: 0 or an errno. */
static int make_folder(struct kps_arena *arena, const struct kps_env *env,
                       struct kps_kubectl *kubectl)
{
    static const char *const names[] = {"XDG_RUNTIME_DIR", "TMPDIR"};
    int error = ENAMETOOLONG;
    for (size_t i = 0; i <= KPS_COUNT(names); i++) {
        struct kps_sv base = i < KPS_COUNT(names) ? kps_env_or_empty(env, names[i]) : SV("/tmp");
        struct kps_sv path = kps_fmt(arena, "%.*s/kportscan-XXXXXX", SV_ARG(base));
        /* the kernel takes 107 bytes of a socket's path */
        if (base.n == 0 || base.p[0] != '/' || path.n + sizeof("/api") > 107) {
            continue;
        }
        char *folder = kps_alloc(arena, path.n + 1);
        (void)memcpy(folder, path.p, path.n);
        if (mkdtemp(folder)) {
            kubectl->folder = kps_sv_of(folder);
            kubectl->socket = kps_fmt(arena, "%s/api", folder);
            return 0;
        }
        error = errno;
    }
    return error;
}

/* Return true when the socket takes a connection. */
static bool is_listening(struct kps_sv path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)memcpy(address.sun_path, path.p, path.n + 1);
    int connected = -1;
    if (fd >= 0) {
        KPS_RETRY(connected,
                  connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)));
        (void)close(fd);
    }
    return connected == 0;
}

/* Put the options that choose a cluster, at most two, at the end of arguments. */
static void add_choice(struct kps_arena *arena, const struct kps_kubectl_options *options,
                       const char **end)
{
    if (options->context.n) {
        *end++ = kps_fmt(arena, "--context=%.*s", SV_ARG(options->context)).p;
    }
    if (options->kubeconfig.n) {
        *end = kps_fmt(arena, "--kubeconfig=%.*s", SV_ARG(options->kubeconfig)).p;
    }
}

enum kps_kubectl_status kps_kubectl_start(struct kps_arena *arena, const struct kps_env *env,
                                          const struct kps_kubectl_options *options,
                                          struct kps_kubectl *ret, struct kps_sv *ret_words)
{
    *ret = (struct kps_kubectl){.child = {.in = -1, .out = -1, .err = -1}};
    int error = make_folder(arena, env, ret);
    if (error) {
        *ret_words = kps_fmt(arena, "no folder for a socket can be made: %s", strerror(error));
        return KPS_KUBECTL_FAILED;
    }
    const char *argv[9] = {"kubectl", "proxy", "--append-server-path", REJECTED, ACCEPTED};
    argv[5] = kps_fmt(arena, "--unix-socket=%.*s", SV_ARG(ret->socket)).p;
    add_choice(arena, options, argv + 6);
    catch_signals(ret);
    error = kps_child_start(argv, 0, &ret->child);
    if (error) {
        *ret_words = error == ENOENT ? SV("there is no kubectl in PATH")
                                     : kps_fmt(arena, "cannot start kubectl: %s", strerror(error));
        return error == ENOENT ? KPS_KUBECTL_ABSENT : KPS_KUBECTL_FAILED;
    }
    for (uint64_t deadline = kps_clock_ms() + options->timeout_ms; !is_listening(ret->socket);) {
        if (kps_child_has_ended(&ret->child)) {
            struct kps_sv line = kps_child_last_line(arena, &ret->child, SV(""));
            *ret_words = line.n ? line : SV("kubectl proxy ended without a message");
            return KPS_KUBECTL_REFUSED;
        }
        if (kps_clock_ms() >= deadline) {
            *ret_words = SV("kubectl proxy does not get ready");
            return KPS_KUBECTL_FAILED;
        }
        (void)poll(NULL, 0, 5);
    }
    return KPS_KUBECTL_READY;
}

void kps_kubectl_stop(struct kps_kubectl *kubectl)
{
    kps_child_end(&kubectl->child);
    if (kubectl->folder.n) {
        left_behind[0][0] = left_behind[1][0] = '\0';
        (void)unlink(kubectl->socket.p);
        (void)rmdir(kubectl->folder.p);
        kubectl->folder.n = 0;
    }
}

/* Run a kubectl for a few words, for two seconds at most. Return: whole lines; empty on failure. */
static struct kps_sv ask_kubectl(struct kps_arena *arena, const char *const *argv)
{
    enum { MOST_WORDS = 64 * 1024, MOST_MS = 2000 };
    struct kps_child child;
    if (kps_child_start(argv, KPS_CHILD_PIPE_OUT, &child)) {
        return (struct kps_sv){"", 0};
    }
    struct pollfd ready = {.fd = child.out, .events = POLLIN};
    char *text = kps_alloc(arena, MOST_WORDS);
    size_t n = 0;
    ssize_t got = 1;
    uint64_t end = kps_clock_ms() + MOST_MS;
    for (uint64_t now = kps_clock_ms(); got > 0 && n < MOST_WORDS && now < end;
         now = kps_clock_ms()) {
        if (poll(&ready, 1, (int)(end - now)) > 0) {
            got = kps_retry_read(child.out, text + n, MOST_WORDS - n);
            n += got > 0 ? (size_t)got : 0;
        }
    }
    kps_child_end(&child);
    struct kps_sv words = {text, n};
    return got > 0 ? kps_sv_head(words, kps_sv_rfind(words, '\n')) : words;
}

struct kps_sv kps_kubectl_contexts(struct kps_arena *arena,
                                   const struct kps_kubectl_options *options)
{
    const char *argv[8] = {"kubectl", "config", "get-contexts", "-o", "name"};
    struct kps_kubectl_options file = {.kubeconfig = options->kubeconfig};
    struct kps_buf *names = kps_buf_new(arena);
    add_choice(arena, &file, argv + 5);
    struct kps_sv rest = ask_kubectl(arena, argv);
    for (struct kps_sv name; kps_sv_next(&rest, '\n', &name);) {
        kps_buf_text(names, names->n && name.n ? ", " : "");
        kps_buf_add(names, name);
    }
    return kps_buf_sv(names);
}

struct kps_sv kps_kubectl_namespace(struct kps_arena *arena,
                                    const struct kps_kubectl_options *options)
{
    const char *argv[8] = {"kubectl", "config", "view", "--minify",
                           "--output=jsonpath={..namespace}"};
    add_choice(arena, options, argv + 5);
    struct kps_sv name = kps_sv_trim(ask_kubectl(arena, argv));
    for (size_t i = 0; i < name.n; i++) {
        if (!kps_is_alpha(name.p[i]) && !kps_is_digit(name.p[i]) && name.p[i] != '-') {
            return (struct kps_sv){"", 0};
        }
    }
    return name;
}
