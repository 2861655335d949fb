#ifndef KPS_YAML_READER_H
#define KPS_YAML_READER_H

#include "base/compiler.h"
#include "yaml/node.h"

/*
 * Reads the documents of one file, one after the other, with libyaml's event API.
 *
 * While it builds a tree it checks what YAML itself forbids and libyaml does not notice: duplicate
 * keys (compared as resolved text; the finding names both places, the later value wins), keys that
 * are no scalars (left out), unknown anchors and aliases inside the value they name (null instead),
 * what Go's yaml.v3 refuses although it is YAML 1.2 (a
 * "%YAML 1.2" line, a '?' in a text without quotes inside brackets), a tag like !!int on what is
 * none, a BOM at the start of a line that is not the first, and every bound of base/limits.h.
 * Anchors are known in later documents too, as Go's yaml.v3 has it, while these go to the same
 * arena.
 *
 * Merge keys (`<<`) are resolved here, as Go's yaml.v3 does: own keys win over merged ones wherever
 * they stand, in a list of merges the first wins, merged values keep their own spans and get an
 * edge `via` MERGE_KEY, whose span is the value of `<<` (or the item of its list) that brought
 * them. A value that came through several has the innermost step first. Aliases stay nodes of kind
 * ALIAS: shared, never copied; no alias leads into itself.
 *
 * UTF-16 (with or without BOM), NUL bytes, other invalid UTF-8 and control characters are input
 * errors that name the first place. A syntax error ends the file there; documents read before it
 * stay valid.
 */
struct kps_yaml_reader;

enum kps_yaml_result {
    KPS_YAML_DOCUMENT, /* *ret is the root node of the next document */
    KPS_YAML_END,      /* no more documents */
    KPS_YAML_ERROR,    /* the rest is unreadable; a KP902 finding with file:line:col, what was found
                        * and what is    allowed is in the sink */
};

/*
 * `arena` holds the trees (may be reset by the caller between documents only by giving a new one to
 * kps_yaml_reader_next). The reader holds a libyaml parser: end it with kps_yaml_reader_close.
 * Never NULL.
 */
struct kps_yaml_reader *kps_yaml_reader_open(struct kps_diag *diag, kps_file_id file);
/*
 * The same for a part of a file, which kubectl's stream splitter cuts out before YAML sees it.
 * Spans and findings stay those of the whole file. Cheap enough to be called once for each of
 * 10,000 documents.
 */
struct kps_yaml_part {
    uint32_t off, len;
    bool last_key_wins; /* as kubectl: duplicate keys are no error, the last one counts; anchors end
                         * with their document
                         */
};
struct kps_yaml_reader *kps_yaml_reader_open_part(struct kps_diag *diag, kps_file_id file,
                                                  struct kps_yaml_part part);
void kps_yaml_reader_close(struct kps_yaml_reader *reader);
/* For KPS_CLEANUP. */
void kps_yaml_reader_cleanup(struct kps_yaml_reader **reader);

/* The next document. An empty document ("---" and nothing) is a null scalar, as YAML says. */
KPS_MUST_USE enum kps_yaml_result kps_yaml_reader_next(struct kps_yaml_reader *reader,
                                                       struct kps_arena *arena,
                                                       const struct kps_ynode **ret);

/*
 * Scalars of the last document that hold a '$' and are values (not keys), in document order: what
 * Compose interpolates. Each once, however often it is aliased; not const, for kps_text_expand.
 * Valid until the next kps_yaml_reader_next.
 */
struct kps_ynode *const *kps_yaml_reader_dollars(const struct kps_yaml_reader *reader,
                                                 size_t *ret_n);

/*
 * Whether the last document had duplicate keys, or another of the faults above that reading goes on
 * behind: Go's yaml refuses such a file whole (spec compose §3.1), we have reported it (KP902,
 * error).
 */
bool kps_yaml_reader_had_faults(const struct kps_yaml_reader *reader);

#endif
