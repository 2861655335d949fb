#ifndef QUERY_NOTES_H
#define QUERY_NOTES_H

#include "query.h"

/*
 * The causes beside a plain listener that make a port misbehave, each found or ruled out from what
 * was asked already: sentences for inquiry->query.notes. Told of single ports, not of ranges and
 * lists. Sources: spec sockets A2 (both families), A5 and A6 (sharing), A8 (kernel settings), B7
 * (docker-proxy), B12 (WSL2).
 */
void kps_query_take_notes(struct kps_inquiry *inquiry);

#endif
