#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * usage: hold [tcp:PORT|udp:PORT|exit]...
 * The program in the containers of the end-to-end tests: holds the ports on every IPv4 address and
 * waits to be ended. "exit" ends it at once, with failure. Linked statically, it is the whole of
 * its image.
 */
static void hold(const char *what)
{
    int type = strncmp(what, "udp:", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    int fd = socket(AF_INET, type, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(what + 4, NULL, 10))};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        (type == SOCK_STREAM && listen(fd, 8) != 0)) {
        perror(what);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "exit") == 0) {
            return 1;
        }
        hold(argv[i]);
    }
    /* The first process of a container gets only the signals that it asks for. */
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    int got = 0;
    return sigwait(&ending, &got);
}
