#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * usage: mkport [--netns new|PATH] [--user UID] SPEC... [-- ANYTHING...]
 * Makes sockets, prints "PID\n" when all are there, and keeps them until its standard input ends.
 * What stands behind
 * "--" is there to be seen in its command line.
 *
 * SPEC is PROTOCOL,ADDRESS,PORT[,ROLE][,FLAG...], as "tcp,127.0.0.1,3000" or
 * "tcp,::,80,bound,v6only=1". roles  listen    (tcp's default) bound     (udp's default) bound and
 * nothing else accepted  a connection whose listener is closed timewait  what is left of a
 * connection that the server closed first; nothing is held outbound  a client's connection from
 * this port, to a listener on the port after it that is closed again inflight  a listener that no
 * process has: it is under way in the queue of a unix socket flags  v6only=0 v6only=1 reuseaddr
 * reuseport
 * "--netns new" is a fresh network namespace with its loopback up; PATH one that is there. "--user"
 * gives up root before the first socket is made.
 */

struct spec {
    int type, family, v6only; /* v6only -1: as the system has it */
    bool reuseaddr, reuseport;
    char role[16];
    struct sockaddr_storage addr;
    socklen_t addr_n;
};

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "mkport: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static void set_port(struct spec *spec, uint16_t port)
{
    if (spec->family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)&spec->addr)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)(void *)&spec->addr)->sin_port = htons(port);
    }
}

static uint16_t port_of(const struct spec *spec)
{
    return ntohs(spec->family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)&spec->addr)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)&spec->addr)->sin_port);
}

static void set_address(struct spec *spec, const char *text)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&spec->addr;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&spec->addr;
    errno = EINVAL;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        spec->family = v4->sin_family = AF_INET;
        spec->addr_n = sizeof(*v4);
        return;
    }
    must(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1, text);
    spec->family = v6->sin6_family = AF_INET6;
    spec->addr_n = sizeof(*v6);
}

static void set_word(struct spec *spec, const char *word)
{
    if (strcmp(word, "v6only=0") == 0 || strcmp(word, "v6only=1") == 0) {
        spec->v6only = word[7] - '0';
    } else if (strcmp(word, "reuseaddr") == 0) {
        spec->reuseaddr = true;
    } else if (strcmp(word, "reuseport") == 0) {
        spec->reuseport = true;
    } else {
        (void)snprintf(spec->role, sizeof(spec->role), "%s", word);
    }
}

static struct spec read_spec(const char *argument)
{
    char text[256];
    must(strlen(argument) < sizeof(text), "the length of a SPEC");
    (void)strcpy(text, argument); /* the command line itself stays as it is: others look at it */
    struct spec spec = {.v6only = -1};
    char *rest = NULL;
    const char *word = strtok_r(text, ",", &rest);
    spec.type = word && strcmp(word, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
    set_word(&spec, spec.type == SOCK_DGRAM ? "bound" : "listen");
    word = strtok_r(NULL, ",", &rest);
    set_address(&spec, word ? word : "");
    word = strtok_r(NULL, ",", &rest);
    set_port(&spec, (uint16_t)strtoul(word ? word : "0", NULL, 10));
    for (word = strtok_r(NULL, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        set_word(&spec, word);
    }
    return spec;
}

static int make(const struct spec *spec)
{
    const int on = 1;
    int fd = socket(spec->family, spec->type | SOCK_CLOEXEC, 0);
    must(fd >= 0, "socket");
    if (spec->v6only >= 0) {
        must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &spec->v6only, sizeof(int)) == 0,
             "IPV6_V6ONLY");
    }
    if (spec->reuseaddr) {
        must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0, "SO_REUSEADDR");
    }
    if (spec->reuseport) {
        must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0, "SO_REUSEPORT");
    }
    must(bind(fd, (const struct sockaddr *)&spec->addr, spec->addr_n) == 0, "bind");
    return fd;
}

static int make_listener(const struct spec *spec)
{
    int fd = make(spec);
    must(listen(fd, 16) == 0, "listen");
    return fd;
}

/* A connection to the listener of `spec`. Return: the client's end, the server's in *server. */
static int connect_to(const struct spec *spec, int client, int *server)
{
    int listener = make_listener(spec);
    must(connect(client, (const struct sockaddr *)&spec->addr, spec->addr_n) == 0, "connect");
    *server = accept(listener, NULL, NULL);
    must(*server >= 0, "accept");
    (void)close(listener);
    return client;
}

/* Leaves a listener in the queue of a unix socket. */
static void send_away(int listener)
{
    int pair[2];
    char byte = 0;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec piece = {.iov_base = &byte, .iov_len = 1};
    struct msghdr msg = {.msg_iov = &piece,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
    *head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &listener, sizeof(listener));
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    must(sendmsg(pair[0], &msg, 0) == 1, "sendmsg");
    (void)close(listener);
}

static void play(struct spec spec)
{
    int server = -1;
    int client = -1;
    if (strcmp(spec.role, "listen") == 0) {
        (void)make_listener(&spec);
    } else if (strcmp(spec.role, "bound") == 0) {
        (void)make(&spec);
    } else if (strcmp(spec.role, "inflight") == 0) {
        send_away(make_listener(&spec));
    } else if (strcmp(spec.role, "accepted") == 0) {
        client = connect_to(&spec, socket(spec.family, spec.type | SOCK_CLOEXEC, 0), &server);
    } else if (strcmp(spec.role, "timewait") == 0) {
        client = connect_to(&spec, socket(spec.family, spec.type | SOCK_CLOEXEC, 0), &server);
        char byte;
        must(close(server) == 0 && read(client, &byte, 1) == 0 && close(client) == 0, "close");
    } else if (strcmp(spec.role, "outbound") == 0) {
        int from = make(&spec);
        set_port(&spec, (uint16_t)(port_of(&spec) + 1));
        client = connect_to(&spec, from, &server);
    } else {
        errno = EINVAL;
        must(false, spec.role);
    }
}

static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0, "raising lo");
    (void)close(fd);
}

static void enter(const char *netns)
{
    if (strcmp(netns, "new") == 0) {
        must(unshare(CLONE_NEWNET) == 0, "unshare");
        raise_loopback();
        return;
    }
    int fd = open(netns, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && setns(fd, CLONE_NEWNET) == 0, netns);
    (void)close(fd);
}

int main(int argc, char **argv)
{
    int first = 1;
    for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
        if (strcmp(argv[first], "--netns") == 0) {
            enter(argv[first + 1]);
        } else if (strcmp(argv[first], "--user") == 0) {
            uid_t uid = (uid_t)strtoul(argv[first + 1], NULL, 10);
            must(setresuid(uid, uid, uid) == 0, "setresuid");
            /* else its descriptors would be root's to see, as those of every program that gives up
             * root */
            must(prctl(PR_SET_DUMPABLE, 1) == 0, "prctl");
        } else {
            errno = EINVAL;
            must(false, argv[first]);
        }
    }
    for (int i = first; i < argc && strcmp(argv[i], "--") != 0; i++) {
        play(read_spec(argv[i]));
    }
    printf("%ld\n", (long)getpid());
    (void)fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}
