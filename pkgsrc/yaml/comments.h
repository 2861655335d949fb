#ifndef KPS_YAML_COMMENTS_H
#define KPS_YAML_COMMENTS_H

#include "base/vec.h"
#include "diag/finding.h"

/*
 * The comments of a file, which no YAML parser hands out. What lies between two tokens is blank or
 * comment, so the tokens' positions tell a comment from a '#' in a text: in quotes, in a block
 * scalar (whose first line, behind the
 * '|', may end with one), in a word.
 */
struct kps_yaml_comments {
    KPS_VEC(struct kps_span)
    list; /* each from its '#' to the end of the line; release with kps_vec_free */
};

/*
 * Adds the comments that contain `word`, in order. The file is read by documents
 * (kps_yaml_comments_next_part), those without `word` are not looked at; behind a mistake that ends
 * the tokens nothing of the document is found. Files that are no YAML have no comments. `diag` is
 * asked for the file only. Bounded by the limits of base/limits.h for YAML.
 */
void kps_yaml_comments_find(const struct kps_diag *diag, kps_file_id file, struct kps_sv word,
                            struct kps_yaml_comments *ret);

/* The bytes from..to of a file. */
struct kps_yaml_extent {
    size_t from, to;
};

/*
 * Moves on to the next part of `bytes` that contains `word`; start with an extent of zeros. A part
 * begins where YAML and kubectl alike begin a new document: at a line that begins with "---".
 * Return: false, there is none. A file without the word is gone through once, whatever parts it
 * has.
 */
bool kps_yaml_comments_next_part(struct kps_sv bytes, struct kps_sv word,
                                 struct kps_yaml_extent *part);

#endif
