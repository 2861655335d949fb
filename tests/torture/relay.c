/*
 * usage: relay [SOCKET]
 * Stands in for programs that lead to a server, in the runs of torture.py, where a slow child would
 * cost minutes. Called `kubectl` it puts a link to KPS_CLUSTER_SOCKET where --unix-socket= says,
 * and waits; `kubectl config` prints nothing. Called `ssh` it connects its input and output with
 * KPS_ENGINE_SOCKET, as `ssh HOST docker system dial-stdio` does.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int stand_for_kubectl(int argc, char **argv)
{
    static const char option[] = "--unix-socket=";
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], option, sizeof(option) - 1) == 0) {
            const char *server = getenv("KPS_CLUSTER_SOCKET");
            if (!server || symlink(server, argv[i] + sizeof(option) - 1) != 0) {
                return 1;
            }
            (void)pause();
        }
    }
    return 0;
}

/* Pass on what is there. Return: false at the end. */
static int pass_on(int from, int to)
{
    char bytes[65536];
    ssize_t n = read(from, bytes, sizeof(bytes));
    return n > 0 && write(to, bytes, (size_t)n) == n;
}

static int stand_for_ssh(void)
{
    const char *path = getenv("KPS_ENGINE_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path ? path : "");
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) != 0) {
        return 255;
    }
    struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = server, .events = POLLIN}};
    int both = 1;
    while (both && poll(ends, 2, -1) > 0) {
        both = (!ends[0].revents || pass_on(STDIN_FILENO, server)) &&
               (!ends[1].revents || pass_on(server, STDOUT_FILENO));
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/');
    name = name ? name + 1 : argv[0];
    return strcmp(name, "kubectl") == 0 ? stand_for_kubectl(argc, argv) : stand_for_ssh();
}
