#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * usage: bench_sockload PROCESSES DESCRIPTORS LISTENERS UDP CONNECTIONS [FIRST_PORT]
 * A busy machine: PROCESSES processes, each with LISTENERS TCP listeners (by turns on 127.0.0.1 and
 * on [::]), UDP UDP sockets, CONNECTIONS connections to its own listeners (both ends), and files,
 * pipes and event descriptors up to DESCRIPTORS in all. Prints "ready" when all stand, and keeps
 * them until its standard input ends. Ports go from FIRST_PORT (10000) on: use a network namespace
 * of its own.
 */

enum { MAX_LISTENERS = 1000 };

struct load {
    unsigned processes, descriptors, listeners, udp, connections, first_port;
};

static void must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bench_sockload: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int open_listener(unsigned port, int on_v6)
{
    struct sockaddr_in v4 = loopback(port);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    int fd = socket(on_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    must(fd, "socket");
    must(on_v6 ? bind(fd, (const struct sockaddr *)&v6, sizeof(v6))
               : bind(fd, (const struct sockaddr *)&v4, sizeof(v4)),
         "bind");
    must(listen(fd, 128), "listen");
    return fd;
}

static void open_udp(unsigned port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    must(fd, "socket");
    must(bind(fd, (const struct sockaddr *)&any, sizeof(any)), "bind");
}

static void open_connection(int listener, unsigned port)
{
    struct sockaddr_in to = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd, "socket");
    must(connect(fd, (const struct sockaddr *)&to, sizeof(to)), "connect");
    must(accept(listener, NULL, NULL), "accept");
}

/* Open other files of a program: by turns a file, a device, an event descriptor, a pipe. Return:
 * how many descriptors.
 */
static unsigned open_other(unsigned turn)
{
    int ends[2];
    switch (turn % 4) {
    case 0:
        must(open("/etc/passwd", O_RDONLY), "/etc/passwd");
        return 1;
    case 1:
        must(open("/dev/null", O_RDWR), "/dev/null");
        return 1;
    case 2:
        must(eventfd(0, 0), "eventfd");
        return 1;
    default:
        must(pipe(ends), "pipe");
        return 2;
    }
}

static void be_process(const struct load *load, unsigned index)
{
    static int listeners[MAX_LISTENERS];
    char name[16];
    unsigned first = load->first_port + index * load->listeners;
    unsigned n = 3 + load->listeners + load->udp + 2 * load->connections;
    (void)snprintf(name, sizeof(name), "load-%u", index);
    (void)prctl(PR_SET_NAME, name);
    for (unsigned i = 0; i < load->listeners; i++) {
        listeners[i] = open_listener(first + i, i % 2);
    }
    for (unsigned i = 0; i < load->udp; i++) {
        open_udp(load->first_port + index * load->udp + i);
    }
    for (unsigned i = 0; i < load->connections && load->listeners; i++) {
        open_connection(listeners[i % load->listeners], first + i % load->listeners);
    }
    for (unsigned turn = 0; n < load->descriptors; turn++) {
        n += open_other(turn);
    }
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    if (argc < 6 || number(argv[3]) > MAX_LISTENERS) {
        fputs(
            "usage: bench_sockload PROCESSES DESCRIPTORS LISTENERS UDP CONNECTIONS [FIRST_PORT]\n",
            stderr);
        return 2;
    }
    struct load load = {number(argv[1]), number(argv[2]), number(argv[3]),
                        number(argv[4]), number(argv[5]), argc > 6 ? number(argv[6]) : 10000};
    int ready[2];
    char byte = 0;
    must(pipe(ready), "pipe");
    for (unsigned i = 0; i < load.processes; i++) {
        pid_t child = fork();
        must(child, "fork");
        if (child == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(ready[0]);
            be_process(&load, i);
            must((int)write(ready[1], "", 1), "write");
            (void)close(ready[1]);
            for (;;) {
                (void)pause();
            }
        }
        /* one after the other: their ephemeral ports must not take each other's */
        if (read(ready[0], &byte, 1) != 1) {
            return 1;
        }
    }
    puts("ready");
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}
