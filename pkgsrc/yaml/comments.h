#ifndef KPS_YAML_COMMENTS_H
#define KPS_YAML_COMMENTS_H

#include "base/vec.h"
#include "diag/finding.h"

/*
 * The comments of a file, which no YAML parser hands out. Between two tokens are only blanks and
 * comments, so the positions of tokens tell a comment from a '#' in a text: in quotes, in a word,
 * in a block scalar (whose first line, behind the '|', may end with a comment).
 */
struct kps_yaml_comments {
    KPS_VEC(struct kps_span)
    list; /* each from its '#' to the end of the line; release with kps_vec_free */
};

/*
 * Add the comments with `word`, in order. The file is read by documents
 * (kps_yaml_comments_next_part); documents without `word` are skipped. Behind a mistake that ends
 * the tokens the rest of a document is skipped, and so is a file that is not YAML. `diag` gives
 * the file only. Bounded by the limits of base/limits.h for YAML.
 */
void kps_yaml_comments_find(const struct kps_diag *diag, kps_file_id file, struct kps_sv word,
                            struct kps_yaml_comments *ret);

/* The bytes from..to of a file. */
struct kps_yaml_extent {
    size_t from, to;
};

/*
 * Move to the next part of `bytes` with `word`; start with an extent of zeros. A part begins where
 * YAML and kubectl alike begin a document: at a line with "---" at its front. Return: false when
 * no part is left, and for a mapped file. A file without the word is searched once, whatever its
 * parts.
 */
bool kps_yaml_comments_next_part(struct kps_sv bytes, struct kps_sv word,
                                 struct kps_yaml_extent *part);

#endif
