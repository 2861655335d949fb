#ifndef KPS_KUBE_HOSTIP_H
#define KPS_KUBE_HOSTIP_H

#include <stdbool.h>

#include "base/sv.h"
#include "model/addr.h"

/*
 * How two hostIP texts on the same port and protocol stand to each other (spec kubernetes §2.1).
 * The scheduler knows one wildcard, 0.0.0.0 (and the empty text for it), and compares everything
 * else as text; the node does not.
 */
enum kps_hostip_match {
    KPS_HOSTIP_APART,
    KPS_HOSTIP_CLASH,     /* the scheduler keeps the pods apart */
    KPS_HOSTIP_UNNOTICED, /* the addresses meet, but the scheduler takes them for different ones */
};

enum kps_hostip_match kps_hostip_match(struct kps_sv a, struct kps_sv b);

/* Return true when it stands for every address in the scheduler's eyes: empty or 0.0.0.0. */
bool kps_hostip_is_wildcard(struct kps_sv text);

/*
 * Read a hostIP leniently: empty is "every address", IPv4 numbers may have leading zeros
 * (127.0.0.01), which CNI plugins and the kernel never see as another address. Return: false when
 * it is no address ("banana").
 */
bool kps_hostip_parse(struct kps_sv text, struct kps_addr *ret);

#endif
