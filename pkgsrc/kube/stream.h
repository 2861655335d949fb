#ifndef KPS_KUBE_STREAM_H
#define KPS_KUBE_STREAM_H

#include "kube/kube.h"

/* Receiver of the documents of a file; without one, their objects are read at once. */
struct kps_stream_sink {
    struct kps_arena *arena; /* of the trees */
    void (*take)(struct kps_stream_sink *sink, const struct kps_ynode *root);
    bool wants_data; /* ConfigMaps are given too */
};

/*
 * Read the documents of a file, as kubectl cuts a stream, and give each to the sink, or read its
 * objects when there is none (NULL). Documents of kinds without ports are counted and skipped
 * (portless.h). Findings and counts go to kube->result, which must be set.
 */
void kps_stream_read(struct kps_kube *kube, kps_file_id file, struct kps_stream_sink *sink);

/* Report that a file is a template (KP903), once for all files of its chart or folder. `at` is the
 * mark of the template. */
void kps_stream_report_template(struct kps_kube *kube, struct kps_span at);

/* Return true (reported) when a wrong value is a placeholder. `takes_text`: the field may hold a
 * text, so a name there is more likely a mistake. */
bool kps_stream_is_placeholder(struct kps_kube *kube, const struct kps_ynode *value,
                               bool takes_text);

/*
 * Return true (reported) when the text at `at`, or the object around it, is filled in before the
 * API server sees it: a refusal there would be of the template.
 */
bool kps_stream_is_unfilled(struct kps_kube *kube, struct kps_span at);

#endif
