#ifndef KPS_KUBE_KUSTOMIZATION_H
#define KPS_KUBE_KUSTOMIZATION_H

#include "base/fs.h"
#include "base/map.h"
#include "kube/kube.h"

/* The content of files kustomization.yaml. Inside this folder; the door is kustomize.h. */

/* The content of a kustomization.yaml. */
struct kps_kustomization {
    struct kps_sv folder;         /* absolute, clean */
    const struct kps_ynode *root; /* a mapping; NULL: the file cannot be read */
    kps_file_id file;
    struct kps_span template_at; /* an action that keeps the file from being read; .file 0: none */
    bool is_component;           /* kind: Component, a part of its includer */
    bool has_two_files; /* the folder has a second kustomization file, which kustomize refuses */
    bool was_added;     /* below the folder of the run, not only met as a base */
    const struct kps_kustomization *includer; /* a kustomization that names this one; NULL: none */
};

struct kps_kustomize {
    struct kps_diag *diag;
    const struct kps_fs *fs;
    struct kps_arena *arena; /* of this struct and the trees of all kustomizations */
    struct kps_sv cwd, top, top_shown;
    KPS_VEC(struct kps_kustomization *) list;
    KPS_VEC(struct kps_sv) roots;
    struct kps_map folders; /* absolute path -> index of list, or KPS_NO_KUSTOMIZATION */
    struct kps_map files;   /* absolute path -> kps_file_id; 0: it holds no ports */
    struct kps_map used;    /* absolute path of a file that a kustomization names */
    struct kps_map noted;   /* places of parts and patterns that a note speaks of */
    /* Remote bases, charts and plugins: the first place, and their number. */
    struct kps_span remote_at;
    struct kps_sv remote_name;
    uint32_t n_remote;
    /* Files outside of their kustomization's folder: the first place, and how often. */
    struct kps_span outside_at;
    uint32_t n_outside;
    bool reads_data; /* `vars` or `replacements` copy values of ConfigMaps */
};

/* The value of kps_kustomize.folders for a folder without a kustomization. */
static const uint32_t KPS_NO_KUSTOMIZATION = UINT32_MAX - 1;

/* The names that kustomize looks for in a folder. */
enum { KPS_KUSTOMIZATION_NAMES = 3 };
extern const struct kps_sv kps_kustomization_names[KPS_KUSTOMIZATION_NAMES];

/* Return the path of a file or folder (absolute, clean) as the user would write it. */
struct kps_sv kps_kustomization_shown(const struct kps_kustomize *kustomize, struct kps_sv path);

/* The kustomization of a folder, read when it is new; NULL: there is none. */
struct kps_kustomization *kps_kustomization_find(struct kps_kustomize *k, struct kps_sv folder);

/* Return true for an entry of `resources` that is fetched: a URL or a repository. */
bool kps_kustomization_is_remote(struct kps_sv entry);

/* Return true for an entry that is the content itself, not a path: it has lines. */
bool kps_kustomization_is_inline(struct kps_sv entry);

/* Return true when `path` (absolute, clean) lies in `folder` or below it. */
bool kps_kustomization_is_below(struct kps_sv folder, struct kps_sv path);

#endif
