#ifndef KPS_YAML_NODE_H
#define KPS_YAML_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sv.h"
#include "diag/finding.h"
#include "diag/origin.h"

/*
 * YAML (and so JSON) as an immutable tree with the place of every value. Positions live on values,
 * provenance lives on edges, text never moves: merging builds new collections whose edges point at
 * the old children.
 */

/* The program whose reading of a file is meant (yaml/reader.h). */
enum kps_yaml_dialect {
    KPS_YAML_V3,      /* Go's yaml.v3 in Compose: anchors stay known in later documents */
    KPS_YAML_KUBECTL, /* anchors end with their document; the last of duplicate keys counts, without
                         an error; aliases may bring in a share of the values that kubectl takes */
    KPS_YAML_KUSTOMIZE, /* resources: anchors end with their document, and duplicate keys are
                           errors; aliases may bring in KPS_LIMIT_ALIAS_NODES values; yes, no, on,
                           off, y and n are texts, which a build writes in quotes */
    KPS_YAML_PATCH,     /* patches: as KUBECTL, but in a mapping (a strategic merge patch) these
                           words are texts as well; in a list (JSON 6902) they are booleans */
};

enum kps_ykind { KPS_Y_SCALAR, KPS_Y_SEQ, KPS_Y_MAP, KPS_Y_ALIAS };
enum kps_ystyle {
    KPS_Y_PLAIN,
    KPS_Y_SINGLE_QUOTED,
    KPS_Y_DOUBLE_QUOTED,
    KPS_Y_LITERAL,
    KPS_Y_FOLDED
};

/* The written tag (`!!str`, `!reset`), not the type a plain scalar resolves to. */
enum kps_ytag {
    KPS_Y_UNTAGGED,
    KPS_Y_STR,
    KPS_Y_INT,
    KPS_Y_FLOAT,
    KPS_Y_BOOL,
    KPS_Y_NULL,
    KPS_Y_SEQ_TAG,
    KPS_Y_MAP_TAG,
    KPS_Y_RESET,    /* Compose's !reset */
    KPS_Y_OVERRIDE, /* Compose's !override */
    KPS_Y_OTHER_TAG,
};

enum {
    KPS_Y_HAS_DOLLAR = 1U << 0, /* a scalar with a '$' in its text: a candidate for interpolation */
    KPS_Y_FLOW = 1U << 1,       /* a collection in flow style: [..] or {..} */
    KPS_Y_EXPANDED = 1U << 2,   /* a scalar after interpolation: `expanded` is the live arm */
    KPS_Y_VERBATIM = 1U << 3, /* a scalar whose text is its token byte for byte, quotes aside (and a
                                 view of the token) */
    KPS_Y_BROKEN = 1U << 4,   /* a null in place of a reported alias without a target */
    KPS_Y_OPEN = 1U << 5,     /* a null in place of a reported parameter without a value */
};

struct kps_ynode;

struct kps_yedge {
    const struct kps_ynode *key; /* a scalar (any scalar key, also non-string); NULL in sequences */
    const struct kps_ynode *val;
    kps_origin_id via; /* the step that brought this edge here (merge key, override, extends …); 0 =
                          written here */
};

/* An interpolated scalar (yaml/text.h): its text, and the segments with their sources. */
struct kps_seg;
struct kps_text {
    struct kps_sv s;
    const struct kps_seg *seg;
    uint32_t n;
};

struct kps_ynode {
    uint8_t kind, style, tag, flags;
    /* For scalars exactly the token, quotes included. For collections from the first character to
     * the end of the last child (libyaml's own end mark of a block collection lies behind the next
     * token). For an alias its "*name". */
    struct kps_span span;
    uint32_t n; /* bytes of the text, or number of edges */
    union {
        const char
            *text; /* SCALAR: the value, escapes resolved; a view into the file where possible */
        const struct kps_yedge *edges;   /* SEQ, MAP */
        const struct kps_ynode *target;  /* ALIAS */
        const struct kps_text *expanded; /* SCALAR with KPS_Y_EXPANDED */
    };
};

/*
 * The meaning of a scalar by the rules of Go's yaml.v3, the library of Compose (spec compose
 * §1.1): a quoted or block scalar is a string; a plain scalar may be null ("", ~, null, Null,
 * NULL), bool (true/True/TRUE, false/…), an int (also 0x.., 0o.., 0b.., 0100 as octal, 8_0 with
 * underscores, a sign), a float (80.5, 8e1, .inf, .nan), else a string. There are no sexagesimal
 * numbers: 22:22 is a string. A tag decides before the text. `yes`, `no`, `on`, `off` are strings.
 */
enum kps_ytype { KPS_T_NULL, KPS_T_BOOL, KPS_T_INT, KPS_T_FLOAT, KPS_T_STR, KPS_T_SEQ, KPS_T_MAP };

/* Return the node, or the target of an alias (or of a chain of aliases). Never an alias. */
const struct kps_ynode *kps_ynode_resolve(const struct kps_ynode *node);

/* Of any node; aliases are followed. An expanded scalar (KPS_Y_EXPANDED) is a string. */
enum kps_ytype kps_ynode_type(const struct kps_ynode *node);
/* "null", "a boolean", "an integer", "a number", "a string", "a list", "a mapping": for messages.
 */
const char *kps_ynode_type_name(enum kps_ytype type);

/*
 * Return the text of a scalar (after interpolation, if expanded); aliases are followed; empty for
 * collections and for NULL.
 */
struct kps_sv kps_ynode_text(const struct kps_ynode *node);

/*
 * Read the value of a scalar of type INT. Return: false for other types and for a value out of
 * range.
 */
KPS_MUST_USE bool kps_ynode_int(const struct kps_ynode *node, int64_t *ret);

/* The edge with this key text in a mapping (aliases followed), or NULL; linear. NULL for NULL or a
 * non-mapping. */
const struct kps_yedge *kps_ynode_edge(const struct kps_ynode *map, struct kps_sv key);
/* Its value, resolved through aliases; NULL when missing. A value of null type counts as present.
 */
const struct kps_ynode *kps_ynode_get(const struct kps_ynode *map, struct kps_sv key);
/* The same for a key that is known beforehand. */
const struct kps_ynode *kps_ynode_field(const struct kps_ynode *map, const char *key);

/*
 * Return the number of items of a list, or of pairs of a mapping; 0 for NULL and for a node of
 * another kind, an alias among them.
 */
uint32_t kps_ynode_count(const struct kps_ynode *node, enum kps_ykind kind);
/* Return an item of a list, or a value of a mapping, resolved through aliases. */
const struct kps_ynode *kps_ynode_item(const struct kps_ynode *collection, uint32_t index);

/*
 * Resolve a plain scalar without a tag as Go's yaml.v3 does (its resolve()): null, a boolean, an
 * integer, a number or a string. An integer in range is stored in *ret; *ret_fits reports the
 * range (Go also has integers up to 2^64 - 1).
 */
enum kps_ytype kps_ynode_resolve_plain(struct kps_sv text, int64_t *ret, bool *ret_fits);

#endif
