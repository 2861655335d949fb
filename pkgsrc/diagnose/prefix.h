#ifndef KPS_DIAGNOSE_PREFIX_H
#define KPS_DIAGNOSE_PREFIX_H

#include "diagnose/symptom.h"

/*
 * The text before the message of a line, which names its program: the "web-1 | " of `docker compose
 * logs`, the columns of `kubectl get events`.
 */
struct kps_prefix {
    enum kps_symptom_name named;
    struct kps_sv name;      /* "web-1", "web-7d9"; a view into the line */
    struct kps_sv namespace; /* POD: of `kubectl get events -A`; empty: the line does not say */
    size_t n;                /* bytes of the line before the message, blanks included */
};

struct kps_prefix kps_prefix_of(struct kps_sv line);

/* Read the name behind a phrase: "endpoint shop-web-1 (0f1e…)", "Service \"web\"". */
struct kps_sv kps_prefix_name_behind(struct kps_sv text, size_t at);

/* Read the unit before a phrase: "systemd[1]: web.socket: Failed to …". Return: empty for another
 * word: the tag of syslog. */
struct kps_sv kps_prefix_unit_before(struct kps_sv text, size_t end);

#endif
