#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * usage: bench_engine SOCKET [CONTAINERS]
 * A container engine that knows nothing but its answers, made beforehand: CONTAINERS (default 1000)
 * with one published port each, every tenth stopped. It costs next to nothing, so what is measured
 * is the client. It goes by the name and the headers of the real one (26.1, no swarm) and takes
 * several requests at once, as that does. Prints "ready" and serves one connection after another
 * until it is ended.
 */

enum { MOST = 10000, FIRST_PORT = 10000, STOPPED_EACH = 10, REQUEST_BYTES = 4096 };

struct text {
    char *bytes;
    size_t n, room;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
    va_list args;
    if (text->room - text->n < REQUEST_BYTES) {
        text->room = 2 * text->room + 2 * (size_t)REQUEST_BYTES;
        text->bytes = realloc(text->bytes, text->room);
        if (!text->bytes) {
            abort();
        }
    }
    va_start(args, format);
    text->n += (size_t)vsnprintf(text->bytes + text->n, text->room - text->n, format, args);
    va_end(args);
}

static void add_container(struct text *text, int number)
{
    int stopped = number % STOPPED_EACH == 0;
    add(text,
        "%s{\"Id\":\"%064x\",\"Names\":[\"/"
        "project%d-web-1\"],\"Image\":\"nginx:1.27\",\"ImageID\":\"sha256:%064x\",",
        number ? "," : "", number + 1, number, number % 50);
    add(text, "\"Command\":\"/docker-entrypoint.sh nginx -g 'daemon "
              "off;'\",\"Created\":1700000000,\"Ports\":[");
    if (!stopped) {
        add(text, "{\"IP\":\"0.0.0.0\",\"PrivatePort\":80,\"PublicPort\":%d,\"Type\":\"tcp\"},",
            FIRST_PORT + number);
        add(text, "{\"IP\":\"::\",\"PrivatePort\":80,\"PublicPort\":%d,\"Type\":\"tcp\"}",
            FIRST_PORT + number);
    }
    add(text,
        "],\"Labels\":{\"com.docker.compose.project\":\"project%d\",\"com.docker.compose.service\":"
        "\"web\","
        "\"com.docker.compose.container-number\":\"1\",\"com.docker.compose.oneoff\":\"False\","
        "\"com.docker.compose.project.working_dir\":\"/srv/project%d\","
        "\"com.docker.compose.project.config_files\":\"/srv/project%d/compose.yaml\"},",
        number, number, number);
    add(text,
        "\"State\":\"%s\",\"Status\":\"%s\",\"HostConfig\":{\"NetworkMode\":\"project%d_default\"},"
        "\"NetworkSettings\":{\"Networks\":{\"project%d_default\":{\"IPAddress\":\"172.18.%d.%d\"}}"
        "},\"Mounts\":[]}",
        stopped ? "exited" : "running", stopped ? "Exited (0) 2 days ago" : "Up 3 hours", number,
        number, number / 250, number % 250 + 2);
}

static void make_details(struct text *text, int number)
{
    add(text,
        "{\"Id\":\"%064x\",\"Name\":\"/"
        "project%d-web-1\",\"State\":{\"Status\":\"exited\",\"FinishedAt\":"
        "\"2026-11-20T10:00:00Z\"},\"Config\":{\"ExposedPorts\":{\"80/"
        "tcp\":{}}},\"HostConfig\":{\"NetworkMode\":"
        "\"project%d_default\",\"PortBindings\":{\"80/"
        "tcp\":[{\"HostIp\":\"\",\"HostPort\":\"%d\"}]},"
        "\"RestartPolicy\":{\"Name\":\"unless-stopped\"}},\"NetworkSettings\":{\"Networks\":{"
        "\"project%d_default\":{}}}"
        "}",
        number + 1, number, number, FIRST_PORT + number, number);
}

/* Writes an answer; return: 0 when the client is gone. */
static int reply(int client, const char *status, const char *bytes, size_t n)
{
    char head[256];
    int head_bytes = snprintf(
        head, sizeof(head),
        "HTTP/1.1 %s\r\nApi-Version: 1.45\r\nServer: Docker/26.1.5 (linux)\r\nSwarm: inactive\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        status, n);
    if (send(client, head, (size_t)head_bytes, MSG_MORE | MSG_NOSIGNAL) < 0) {
        return 0;
    }
    while (n) {
        ssize_t sent = send(client, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return 0;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
    return 1;
}

static int answer(int client, const char *request, const struct text *list)
{
    static const char version[] =
        "{\"Version\":\"26.1.5\",\"ApiVersion\":\"1.45\",\"MinAPIVersion\":\"1.24\"}";
    static const char refusal[] = "{\"message\":\"This node is not a swarm manager.\"}";
    static const char info[] = "{\"Name\":\"bench\",\"Swarm\":{\"LocalNodeState\":\"inactive\"}}";
    const char *path = strstr(request, "/containers/");
    if (path && strncmp(path, "/containers/json", strlen("/containers/json")) != 0) {
        struct text details = {NULL, 0, 0};
        make_details(&details, (int)strtol(path + strlen("/containers/") + 56, NULL, 16) - 1);
        int done = reply(client, "200 OK", details.bytes, details.n);
        free(details.bytes);
        return done;
    }
    if (path) {
        return reply(client, "200 OK", list->bytes, list->n);
    }
    if (strstr(request, "/services")) {
        return reply(client, "503 Service Unavailable", refusal, sizeof(refusal) - 1);
    }
    if (strstr(request, "/networks")) {
        return reply(client, "200 OK", "[]", 2);
    }
    return strstr(request, "/info") ? reply(client, "200 OK", info, sizeof(info) - 1)
                                    : reply(client, "200 OK", version, sizeof(version) - 1);
}

static void serve(int client, const struct text *list)
{
    static char requests[16 * REQUEST_BYTES];
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(client, requests + n, sizeof(requests) - 1 - n, 0);
        if (got <= 0) {
            return;
        }
        n += (size_t)got;
        requests[n] = '\0';
        char *at = requests;
        for (char *end; (end = strstr(at, "\r\n\r\n")); at = end + 4) {
            *end = '\0';
            if (!answer(client, at, list) || strstr(at, "Connection: close")) {
                return;
            }
        }
        n = (size_t)(requests + n - at);
        memmove(requests, at, n);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int containers = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1000;
    if (argc < 2 || containers < 1 || containers > MOST ||
        strlen(argv[1]) >= sizeof(address.sun_path)) {
        fputs("usage: bench_engine SOCKET [CONTAINERS]\n", stderr);
        return 2;
    }
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 8) != 0) {
        perror("bench_engine");
        return 2;
    }
    struct text list = {NULL, 0, 0};
    add(&list, "[");
    for (int i = 0; i < containers; i++) {
        add_container(&list, i);
    }
    add(&list, "]");
    (void)prctl(PR_SET_NAME, "dockerd");
    puts("ready");
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client >= 0) {
            serve(client, &list);
            close(client);
        }
    }
}
