#ifndef INQUIRY_H
#define INQUIRY_H

#include "session.h"

/*
 * A question about the ports of this machine, to the engine and the sockets, answered as port uses.
 * For the query modes and --watch (query.h), and their notes (query_notes.h).
 */
struct kps_inquiry {
    struct kps_session session;
    struct kps_query query; /* the answer; lives as long as the session */
};

#endif
