#ifndef KPS_KUBE_KUSTOMIZE_BUILD_H
#define KPS_KUBE_KUSTOMIZE_BUILD_H

#include "base/compiler.h"
#include "base/limits.h"
#include "kube/kustomization.h"

/*
 * A build of a kustomization: its state, and the steps over its objects, whose order is in
 * kustomize_build.c. kustomize_check.c has the strict decoding, kustomize_documents.c the reading
 * of named files, kustomize_select.c the selectors; the steps are in kustomize_data.c (generators
 * and variables), kustomize_names.c, kustomize_patch.c, kustomize_plugin.c and kustomize_replace.c.
 */

/* A name of an object, now or earlier; patches and replacements find the object by each. */
struct kps_build_name {
    struct kps_sv name, namespace;
    const struct kps_build_name *before;
};

/* An object of the build. */
struct kps_build_object {
    const struct kps_ynode *root;
    struct kps_sv api_version, kind;
    struct kps_build_name now;
    kps_file_id file;     /* where the object is written; its patches may be elsewhere */
    bool has_annotations; /* of kustomize's own, or of a kustomization: see add_annotation */
};

/* A variable of `vars`, and the object with its value; NULL: no object has the value. */
struct kps_build_var {
    const struct kps_ynode *entry;
    const struct kps_build_object *object;
    const struct kps_ynode *value; /* at the end of the build; NULL: there is none */
};

struct kps_build_documents;
struct kps_build {
    struct kps_kustomize *k;
    struct kps_kube *kube;
    struct kps_arena *arena;
    struct kps_sv structs;              /* kustomize.txt: the fields of each struct */
    const struct kps_kustomization *kz; /* the kustomization at hand, or the one a plugin is like */
    uint32_t first;                     /* its objects: those from this index on */
    KPS_VEC(struct kps_build_object *) objects;
    KPS_VEC(struct kps_build_var) vars;
    struct kps_map var_names;                         /* name -> index of vars */
    KPS_VEC(const struct kps_ynode *) configurations; /* the content of their files */
    KPS_VEC(struct kps_build_documents *) documents;
    struct kps_map places; /* -> index of documents */
    const struct kps_kustomization *chain[KPS_LIMIT_BUILD_DEPTH];
    unsigned depth;
    uint32_t loads;
    uint32_t n_names; /* of all objects, now and earlier: a search by a name looks at each */
    int64_t budget;
    enum kps_severity fails;
    bool is_open;     /* a part that could add ports is missing: nothing is called missing */
    bool has_skipped; /* objects of kinds without ports were not read */
    bool is_spent;    /* the budget is used up, and a finding says so */
    bool has_fail;    /* a finding says why kustomize refuses the build */
};

/* Report why kustomize refuses the build, once for each build. All ports are known all the same. */
void kps_build_refuse(struct kps_build *build, const struct kps_ynode *at, const char *fmt, ...)
    KPS_PRINTF(3, 4);
/* The same where a missing part could add ports: the report is incomplete. */
void kps_build_fail(struct kps_build *build, const struct kps_ynode *at, const char *fmt, ...)
    KPS_PRINTF(3, 4);
/* Take `cost` from the budget. Return false (reported) when it is used up. */
KPS_MUST_USE bool kps_build_pay(struct kps_build *build, const struct kps_ynode *at, uint64_t cost);

/* The mappings and lists of a text, each a document of its own; of a resource file its objects. */
struct kps_build_documents {
    const struct kps_ynode *entry; /* where the kustomization names the file, or has the text */
    struct kps_sv text;
    const struct kps_ynode **v; /* room for the next power of two above n */
    uint32_t n;
    bool is_read;      /* false: skipped as without ports, or not to be read (reported) */
    bool starts_empty; /* the first document is null, or there is no document */
    bool has_scalar;   /* a document is a text or a number */
};

/*
 * Return the documents of a place, which lasts as long as the build: file and offset of a text, or
 * offset 0 of a file as a `reader` of its own reads it. *ret_new says that nobody has read them: a
 * place that is named again costs no second reading.
 */
struct kps_build_documents *kps_build_documents_at(struct kps_build *build, char reader,
                                                   kps_file_id file, uint32_t off, bool *ret_new);
void kps_build_documents_add(struct kps_build *build, struct kps_build_documents *documents,
                             const struct kps_ynode *root);

/*
 * kustomize_documents.c: read the documents of a text inside of a kustomization, or of a file that
 * one names. A literal block is read where it stands, so that its values keep their places; a text
 * of another style is read as a file of its own. A mistake in the YAML is reported.
 */
const struct kps_build_documents *kps_build_read_text(struct kps_build *build,
                                                      const struct kps_ynode *text);
const struct kps_build_documents *kps_build_read_file(struct kps_build *build,
                                                      const struct kps_ynode *entry);
/* Read either: an entry with lines is a text. */
const struct kps_build_documents *kps_build_read_entry(struct kps_build *build,
                                                       const struct kps_ynode *entry);

/*
 * Read a file that a kustomization names: its id, or 0 (reported) when kustomize refuses the path
 * or the file cannot be read.
 */
kps_file_id kps_build_load(struct kps_build *build, const struct kps_ynode *entry);

/* Note an entry whose file lies outside of the kustomization's folder: kubectl refuses it. */
void kps_build_note_outside(struct kps_build *build, const struct kps_ynode *entry);

/* Add an object to the build. */
void kps_build_add(struct kps_build *build, const struct kps_ynode *root);

/* Read kind and name of an object again after an edit at `at`, which must leave both. An earlier
 * name goes on to find the object. */
void kps_build_refresh(struct kps_build *build, struct kps_build_object *object,
                       const struct kps_ynode *at);

/* Return true when the build has every object of the kind. An empty kind, or apiVersion, is any. */
bool kps_build_has_all(const struct kps_build *build, struct kps_sv api_version,
                       struct kps_sv kind);

/* Return the namespace that objects without one have. */
struct kps_sv kps_build_namespace(struct kps_sv namespace);
/* Return true when the object has the name in the namespace (empty: in any), or had it at
 * `any_time`. */
bool kps_build_is_named(const struct kps_build_object *object, struct kps_sv name,
                        struct kps_sv namespace, bool any_time);

/* Take the steps of kustomize below, in its order. */
void kps_build_transform(struct kps_build *build);
/* The steps of the kustomization at hand over its objects. */
void kps_build_patch(struct kps_build *build);
void kps_build_patch_json6902(struct kps_build *build);
void kps_build_names(struct kps_build *build);
void kps_build_counts(struct kps_build *build);
void kps_build_replace(struct kps_build *build);

/* Report what kustomize's strict decoding refuses in a kustomization: fields that no struct has,
 * values of another type, another kind or apiVersion, no content, a second file in the folder. */
void kps_build_check(struct kps_build *build);
/* The same for a file of `configurations`, a replacement of a file and a plugin's fieldSpecs. */
void kps_build_check_field_specs(struct kps_build *build, const struct kps_ynode *specs);
void kps_build_check_configuration(struct kps_build *build, const struct kps_ynode *root);
void kps_build_check_replacement(struct kps_build *build, const struct kps_ynode *root);
/* Report files of `crds`, `openapi` and `validators` that kustomize refuses. */
void kps_build_check_files(struct kps_build *build);

/* Make the ConfigMaps and Secrets of a kustomization's generators (kustomize_data.c). */
void kps_build_generate(struct kps_build *build);
/* Keep the `configurations` of a kustomization for its own steps and those of its includers. */
void kps_build_configure(struct kps_build *build);
/* Keep the `vars` of a kustomization for the end of the build. */
void kps_build_note_vars(struct kps_build *build);
/* Replace the variables in all objects; call it once, when the build has all of them. */
void kps_build_fill_vars(struct kps_build *build);

/* Apply the built-in plugins that `generators` or `transformers` configure (kustomize_plugin.c). */
void kps_build_plugins(struct kps_build *build, const char *field);

/* Note, once, that a pattern is valid and beyond this program, so that its patch is not applied. */
void kps_build_note_unjudged(struct kps_build *build, const struct kps_ynode *at, const char *why);
/* Note that `name` (a remote base, a chart, a plugin) is missing in the build. */
void kps_build_note_remote(struct kps_build *build, const struct kps_ynode *entry,
                           struct kps_sv name);

/* Let autoscalers follow the objects that were renamed. */
void kps_build_follow_names(struct kps_build *build);

/*
 * A selector: group, version, kind, name, namespace, labelSelector, annotationSelector. The first
 * five are patterns of a patch's target, and plain text of a replacement (kustomize 5.5: api/resid,
 * IsSelectedBy).
 */
struct kps_name_pattern;
struct kps_build_selector {
    const struct kps_ynode *node;
    const struct kps_name_pattern *patterns[5]; /* NULL: any text */
    bool has_patterns;
    bool is_void; /* selects nothing: a pattern is broken, or cannot be judged (reported) */
};

void kps_build_selector_open(struct kps_build *build, const struct kps_ynode *node,
                             bool has_patterns, struct kps_build_selector *ret);
/* Return true when the object meets the selector. A mistake in the labels is reported. */
bool kps_build_selects(struct kps_build *build, const struct kps_build_selector *selector,
                       const struct kps_build_object *object);

/* Return the tree with the value at a dotted path set. With `makes`, missing mappings on the way
 * are made; else nothing changes. */
const struct kps_ynode *kps_build_set(struct kps_build *build, const struct kps_ynode *root,
                                      const char *path, const struct kps_ynode *value, bool makes);
/* The same for a text that stands where `at` stands; missing mappings are made. */
const struct kps_ynode *kps_build_set_text(struct kps_build *build, const struct kps_ynode *root,
                                           const char *path, const struct kps_ynode *at,
                                           struct kps_sv text);

#endif
