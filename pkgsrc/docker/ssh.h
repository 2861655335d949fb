#ifndef KPS_DOCKER_SSH_H
#define KPS_DOCKER_SSH_H

#include "base/child.h"
#include "base/compiler.h"
#include "http/http.h"

/*
 * An engine behind ssh://, as docker reaches it: `ssh` from PATH runs `docker system dial-stdio` on
 * the other machine, which connects its input and output to the engine (spec ssh-engines §1). No
 * shell of this machine is involved, and no option weakens the check of the host's key.
 */

/* Texts are NUL-terminated; empty: not given. */
struct kps_ssh_address {
    struct kps_sv user, host; /* an IPv6 address without brackets */
    struct kps_sv path;       /* of the engine's socket there */
    uint16_t port;            /* 0: not given */
};

/*
 * Parse an address behind "ssh://", and decode its escapes. Return: false with the reason for what
 * docker refuses (a password, query, fragment, no host), and for more: a user or host that begins
 * with "-" or has a blank or control byte, a port out of range (spec §2).
 */
KPS_MUST_USE bool kps_ssh_parse(struct kps_arena *arena, struct kps_sv rest,
                                struct kps_ssh_address *ret, struct kps_sv *ret_why);

/* Split "HOST[:PORT]" or "[V6][:PORT]"; the brackets stay. Return: false for any other text. */
KPS_MUST_USE bool kps_ssh_split_host(struct kps_sv authority, struct kps_sv *ret_host,
                                     struct kps_sv *ret_port);

/* Return: the arguments of ssh for a command line, in the arena: "-p 2222 me@nas". */
struct kps_sv kps_ssh_login(struct kps_arena *arena, const struct kps_ssh_address *address);

/* A running ssh. */
struct kps_ssh {
    const struct kps_ssh_address *address;
    struct kps_child child;
    struct kps_sv mark;   /* the line between the tables and the engine's answers; empty: none */
    struct kps_sv noise;  /* the first line of text that is neither, NUL-terminated */
    struct kps_sv tables; /* of /proc/net, raw; empty: none came */
    bool is_noisy;        /* more text came than a start-up file prints by mistake, or too much */
};

/* How to start ssh. */
struct kps_ssh_options {
    uint32_t timeout_ms; /* for the connection; the caller limits the rest */
    bool tables;         /* the other machine's /proc/net/{tcp,tcp6,udp,udp6} come first */
    bool may_prompt;     /* a person answers ssh's questions, see kps_child_may_ask */
};

/* Start ssh. Return: 0 or an errno (ENOENT: there is no ssh). End it with kps_ssh_end in every
 * case. */
KPS_MUST_USE int kps_ssh_start(struct kps_arena *arena, const struct kps_ssh_address *address,
                               const struct kps_ssh_options *options, struct kps_ssh *ret);
void kps_ssh_end(struct kps_ssh *ssh);

/*
 * Read all that comes before the engine's first answer: lines of a start-up file that prints, then
 * the tables. Stops silently where ssh fails; the first answer is then missing.
 */
void kps_ssh_skip_preface(struct kps_arena *arena, struct kps_ssh *ssh, struct kps_http *http);

/*
 * Explain a missing answer: by text before it, else by ssh's exit code and last line. Return: a
 * reply whose words are one clause without control bytes. *ret_advice may be empty.
 */
struct kps_http_reply kps_ssh_explain(struct kps_arena *arena, struct kps_ssh *ssh,
                                      const struct kps_http_reply *reply,
                                      struct kps_sv *ret_advice);

#endif
