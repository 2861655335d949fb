#ifndef KPS_DIAGNOSE_LOG_READER_H
#define KPS_DIAGNOSE_LOG_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"
#include "base/vec.h"

/*
 * A log in reading: a file, or standard input that a program may still write to. The text is kept
 * (locations and frames need the text), without escape sequences, up to KPS_LIMIT_LOG_BYTES. Begin
 * with kps_log_reader_open, end with kps_log_reader_close.
 */
struct kps_log_reader {
    int fd;
    bool at_end;
    bool was_cut; /* there was more than KPS_LIMIT_LOG_BYTES */
    bool is_binary;
    int error;      /* errno of a failed read; 0: none */
    unsigned state; /* of kps_clean_text */
    KPS_VEC(char) bytes;
};

/* Opens the file, "-" for standard input. Return: 0 or an errno; EISDIR for a directory. */
KPS_MUST_USE int kps_log_reader_open(struct kps_log_reader *log, const char *path);
void kps_log_reader_close(struct kps_log_reader *log);

/* Take `text` as a whole log, instead of kps_log_reader_open: a message that stands on the command
 * line.
 */
void kps_log_reader_set_text(struct kps_log_reader *log, struct kps_sv text);

/*
 * Reads a piece, as much as there is at the snapshot; waits for it up to `patience_ms` (negative:
 * as long as it takes). At the end, the limit, a binary file or an error sets log->at_end. Return:
 * false when nothing came in time.
 */
bool kps_log_reader_more(struct kps_log_reader *log, int patience_ms);

/* All of it so far; valid until the next kps_log_reader_more. */
struct kps_sv kps_log_reader_text(const struct kps_log_reader *log);

/* Return: the fault of a log that is called `shown`, with the errno of its opening; empty: none. */
struct kps_sv kps_log_reader_fault(const struct kps_log_reader *log, struct kps_arena *arena,
                                   struct kps_sv shown, int opening);

#endif
