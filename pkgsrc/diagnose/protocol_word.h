#ifndef KPS_DIAGNOSE_PROTOCOL_WORD_H
#define KPS_DIAGNOSE_PROTOCOL_WORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sv.h"
#include "model/claim.h"

/* A word of the text for a protocol. */
struct kps_protocol_word {
    enum kps_protocol protocol;
    bool is_one_family;
    size_t n;
};

/* Read "tcp", "udp4", "udpv4", "TCP/IP" or "dgram" at `at`. */
struct kps_protocol_word kps_protocol_word_read(struct kps_sv small, size_t at);

/* Return: does a port's usual service speak UDP? Then TCP must not be supposed. */
bool kps_protocol_word_is_udp(uint16_t port);

#endif
