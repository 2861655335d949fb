#ifndef KPS_SUPPRESS_WORDS_H
#define KPS_SUPPRESS_WORDS_H

#include "suppress/suppress.h"
#include "yaml/node.h"
#include "yaml/text.h"

/* Shared by the files of this folder; no other folder includes this header. */

/* A text with the places of its bytes. */
struct kps_suppress_source {
    kps_file_id file;
    const struct kps_text *text; /* the scalar, or the scalar with this piece, … */
    struct kps_span whole;       /* … and its place; text == NULL: a view into the file */
    uint32_t off;                /* its beginning in the scalar or the file */
};

/* Add a KP902 error, and note that reading failed. */
struct kps_finding *kps_suppress_fail(struct kps_suppress *suppress, struct kps_span at,
                                      const char *fmt, ...) KPS_PRINTF(3, 4);

/*
 * Add an entry, made like `like`, for each rule in the text: "KP101, KP102 -- reason", "KP203:
 * reason". A text without a rule, and a word without a rule, are errors. Views of `text` are kept.
 */
void kps_suppress_words(struct kps_suppress *suppress, const struct kps_suppress_source *source,
                        struct kps_sv text, const struct kps_suppress_entry *like);

/* comment.c, field.c: the parts of kps_suppress_read. */
void kps_suppress_read_comments(struct kps_suppress *suppress, kps_file_id file);
void kps_suppress_read_fields(struct kps_suppress *suppress, kps_file_id file, bool manifests);

#endif
