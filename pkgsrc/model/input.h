#ifndef KPS_MODEL_INPUT_H
#define KPS_MODEL_INPUT_H

#include <stddef.h>

#include "base/sv.h"

/* An input of a run, as reports list it: its kind, its project, and how reading it went. */
enum kps_input_kind {
    KPS_INPUT_COMPOSE,
    KPS_INPUT_KUBERNETES,
    KPS_INPUT_LOG,
    KPS_INPUT_QUADLET,
    KPS_INPUT_SOCKET_UNIT,
    KPS_INPUT_KIND,
    KPS_INPUT_K3D,
    KPS_INPUT_KUBE_PLAY,
    KPS_INPUT_STACK, /* for `docker stack deploy` */
};
enum kps_input_status {
    KPS_INPUT_OK,
    KPS_INPUT_PARTIAL, /* partly unreadable; the rest was judged */
    KPS_INPUT_FAILED,  /* could not be judged */
};

/* Return the name of a kind, as the JSON report and --files have it: "compose", "quadlet". */
const char *kps_input_kind_name(enum kps_input_kind kind);

/* An input: a project, or a set of manifests. */
struct kps_input {
    struct kps_sv path; /* in the user's words */
    enum kps_input_kind kind;
    struct kps_sv project; /* empty: none, or not found out */
    struct kps_sv machine; /* the machine of the settings that it runs on; empty: none */
    enum kps_input_status status;
    struct kps_sv error; /* PARTIAL, FAILED: the first error in one line */
    const struct kps_sv *files;
    size_t n_files;
};

#endif
