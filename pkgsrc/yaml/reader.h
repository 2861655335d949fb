#ifndef KPS_YAML_READER_H
#define KPS_YAML_READER_H

#include "base/compiler.h"
#include "yaml/node.h"

/*
 * Read the documents of a file in order, with libyaml's event API.
 *
 * The reader checks rules of YAML that libyaml does not check: duplicate keys (compared as
 * resolved text; the finding names both places, the later value wins), keys other than scalars
 * (left out), unknown anchors, and aliases inside their own target (null instead). It reports YAML
 * 1.2 that Go's yaml.v3 refuses (a "%YAML 1.2" line, a '?' in a text without quotes inside
 * brackets), a tag such as !!int on another text, a BOM at the start of a later line, and every
 * bound of base/limits.h. Anchors stay known in later documents of the same arena, as in Go's
 * yaml.v3.
 *
 * Merge keys (`<<`) are resolved here, as in Go's yaml.v3: own keys win over merged keys at any
 * place, in a list of merges the first wins, merged values keep their own spans and get an edge
 * `via` MERGE_KEY, whose span is the value of `<<` (or the item of its list). A value with several
 * merges on its way has the innermost step first. Two edges with a merged key stay beside an own
 * value where Compose's tags need both (!reset, !override): a lookup finds the own value. Aliases
 * stay nodes of kind ALIAS: shared, never copied; no alias leads into itself.
 *
 * UTF-16 (with or without BOM), NUL bytes, other invalid UTF-8 and control characters are input
 * errors at the first such place. A syntax error ends the file there; documents before the error
 * stay valid.
 */
struct kps_yaml_reader;

/* Return the version of libyaml. */
const char *kps_yaml_version(void);

enum kps_yaml_result {
    KPS_YAML_DOCUMENT, /* *ret is the root node of the next document */
    KPS_YAML_END,      /* no more documents */
    KPS_YAML_ERROR,    /* the rest is unreadable; a KP902 finding with file:line:col, the text found
                          and the allowed text is in the sink */
};

/*
 * `arena` holds the trees (for another arena between documents, give it to kps_yaml_reader_next).
 * The reader holds a libyaml parser: end it with kps_yaml_reader_close. Never NULL.
 */
struct kps_yaml_reader *kps_yaml_reader_open(struct kps_diag *diag, kps_file_id file);
/*
 * Open a part of a file, as kubectl's stream splitter cuts it out before YAML reads it. Spans and
 * findings stay those of the whole file. Cheap enough for each of 10,000 documents.
 */
struct kps_yaml_part {
    uint32_t off, len;
    enum kps_yaml_dialect dialect;
};
struct kps_yaml_reader *kps_yaml_reader_open_part(struct kps_diag *diag, kps_file_id file,
                                                  struct kps_yaml_part part);
void kps_yaml_reader_close(struct kps_yaml_reader *reader);
/* For KPS_CLEANUP. */
void kps_yaml_reader_cleanup(struct kps_yaml_reader **reader);

/* Read the next document. An empty document ("---" alone) is a null scalar, as in YAML. */
KPS_MUST_USE enum kps_yaml_result kps_yaml_reader_next(struct kps_yaml_reader *reader,
                                                       struct kps_arena *arena,
                                                       const struct kps_ynode **ret);

/*
 * Return the scalars of the last document with a '$' that are values (not keys), in document
 * order: the input of Compose's interpolation. Each once, however often aliased; not const, for
 * kps_text_expand. Valid until the next kps_yaml_reader_next.
 */
struct kps_ynode *const *kps_yaml_reader_dollars(const struct kps_yaml_reader *reader,
                                                 size_t *ret_n);

/*
 * Return: did the last document have duplicate keys, or another fault that does not end reading?
 * Go's yaml refuses such a file whole (spec compose §3.1); the fault is reported (KP902, error).
 */
bool kps_yaml_reader_had_faults(const struct kps_yaml_reader *reader);

#endif
