#ifndef KPS_QUERY_NOTES_H
#define KPS_QUERY_NOTES_H

#include "query/inquiry.h"

/*
 * Add the causes of trouble beside a plain listener, from the collected facts: sentences for
 * inquiry->query.notes. For single ports, not for ranges and lists. Sources: spec sockets A2 (both
 * families), A5 and A6 (sharing), A8 (kernel settings), B7 (docker-proxy), B12 (WSL2).
 */
void kps_notes_add(struct kps_inquiry *inquiry);

#endif
