#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * usage: bench_roundtrip SOCKET
 * An empty program and one round trip to a container engine: asks for the list of its containers,
 * throws the answer away. What a program that knows the engine's answer costs at least.
 */

int main(int argc, char **argv)
{
    static const char request[] =
        "GET /containers/json?all=1 HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n";
    static char answer[256 * 1024];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        fputs("usage: bench_roundtrip SOCKET\n", stderr);
        return 2;
    }
    memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
    int engine = socket(AF_UNIX, SOCK_STREAM, 0);
    if (engine < 0 || connect(engine, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        send(engine, request, sizeof(request) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(request) - 1) {
        perror("bench_roundtrip");
        return 2;
    }
    ssize_t n = 0;
    size_t total = 0;
    while ((n = recv(engine, answer, sizeof(answer), 0)) > 0) {
        total += (size_t)n;
    }
    return n == 0 && total > 0 ? 0 : 1;
}
