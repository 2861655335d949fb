#ifndef KPS_DIAGNOSE_PROTOCOL_WORD_H
#define KPS_DIAGNOSE_PROTOCOL_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"
#include "model/claim.h"

/* A word of a log for a protocol. */
struct kps_protocol_word {
    enum kps_protocol protocol;
    bool is_one_family; /* "udp4": the word names IPv4 or IPv6 */
    size_t n;           /* bytes; 0: there is no such word, and protocol is NONE */
};

/*
 * Read "tcp", "udp4", "udpv4", "TCP/IP" or "dgram" at byte `at` of a line in small letters. A part
 * of a name is no such word: "udp-relay".
 */
struct kps_protocol_word kps_protocol_word_read(struct kps_sv small, size_t at);

/* Return: does a port's usual service speak UDP (IANA's registry, and games)? Then TCP must not be
 * supposed where a message names no protocol. */
bool kps_protocol_word_is_udp(uint16_t port);

#endif
