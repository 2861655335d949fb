#ifndef KPS_DIAGNOSE_ENDPOINT_H
#define KPS_DIAGNOSE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnose/symptom.h"

/*
 * The grammar for the places in a log line: addresses, ports and socket files, in the notations of
 * all programs. A message names its place before or after its reason, so the grammar reads a line
 * without knowing the message around it.
 *
 *   pair     0.0.0.0:80  [::]:80  :::3000  :8080  *:6379  localhost:8000  127.0.0.1:[9200-9300]
 *            http://127.0.0.1:5000  0.0.0.0/0.0.0.0:80  /127.0.0.1:80  null:3000  <null>:80
 *            ('127.0.0.1', 8000)  listen(*, 143)  127.0.0.1#53  0.0.0.0:80:172.17.0.2:80/tcp
 *            {acceptor,{127,0,0,1},80}  {error,"::",80,eaddrinuse}  [v1.::1]:631
 *   word     port 80  port: '80'  port=80  port TCP 0.0.0.0:80  port *\/80  port 127.0.0.1/80
 *            hostPort: Invalid value: 80  {port,80}  Connector[HTTP/1.1-80]
 *   other    80/udp  "TCP//80"  '-t 80-80:8080-8080'
 *   number   80, behind "listen on", "bind to" and the like
 *   path     unix:/run/app.sock  /run/app.sock  @app
 *   any      :0  port 0
 *
 * The host of a pair may be hidden, as people do before they paste a log: xx.xx.xx.xx:80,
 * 10.0.0.xxx:80, <redacted>:80, [my-ip]:80.
 */
enum kps_endpoint_form {
    KPS_ENDPOINT_PAIR,    /* an address and a port, or ":80" */
    KPS_ENDPOINT_WORD,    /* a port behind the word "port" */
    KPS_ENDPOINT_OPTION,  /* a port of a command line: "-t 80:80" */
    KPS_ENDPOINT_NUMBER,  /* a number behind a verb of listening */
    KPS_ENDPOINT_ADDRESS, /* an address without a port */
    KPS_ENDPOINT_PATH,    /* the file of a Unix socket */
    KPS_ENDPOINT_ANY,     /* port 0: the kernel chooses one */
};

struct kps_endpoint {
    enum kps_endpoint_form form;
    size_t from, to; /* bytes of the line, with the word "port" if any */
    size_t whole_to; /* the same, with the address that a joining word adds behind */
    size_t place;    /* the first byte of the address, the number or the path */
    bool has_addr;
    struct kps_addr addr;       /* "::" is ANY6: whether IPv4 is meant too is for the caller */
    uint16_t first, last;       /* 0: an address alone, or a path */
    enum kps_protocol protocol; /* of "80/udp", "TCP//80", "-u 80"; else NONE */
    bool has_no_host;           /* "null:80": the program did not name a host */
    bool is_next;               /* another port of the list, begun by the place before */
    struct kps_sv path;         /* a view into the line */
};

/* Places of one piece of a line. A line of a log names one or two; full lists make a piece be read
 * again, and 256 keep that rare in a line of messages alone. */
enum { KPS_ENDPOINTS_A_LINE = 256 };

/*
 * Read the places of line[from..to_byte) from left to right. `small` is the line in small letters,
 * `line` the same bytes as written (paths keep their case). Addresses are joined with the port
 * words beside them ("port 80 on 127.0.0.1"). Return: how many there are, at most
 * KPS_ENDPOINTS_A_LINE. The cost is linear in the line.
 */
size_t kps_endpoint_find_all(struct kps_sv line, struct kps_sv small, size_t from, size_t to_byte,
                             struct kps_endpoint ret[KPS_ENDPOINTS_A_LINE]);

/* An address alone ("0.0.0.0", "::", "[::1]", "*", "localhost") at the beginning of `s`, in small
 * letters. Return: its bytes; 0: there is none (*ret untouched). */
size_t kps_endpoint_address(struct kps_sv s, struct kps_addr *ret);

/* A port 1-65535 or a range of them ("3000", "8000-8010"). Return: as above. */
size_t kps_endpoint_port(struct kps_sv s, uint16_t *ret_first, uint16_t *ret_last);

/*
 * Return: do at most `most` bytes stand between two parts of a message, none of them of `stops`,
 * and are their words numbers or in the list `words`? A full stop within a number is none.
 */
bool kps_endpoint_is_filler(struct kps_sv between, size_t most, const char *words,
                            const char *stops);

/* The path of a Unix socket: "/run/app.sock", "@app". Return: as above. */
size_t kps_endpoint_path(struct kps_sv s, struct kps_sv *ret);

#endif
