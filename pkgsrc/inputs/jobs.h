#ifndef KPS_INPUTS_JOBS_H
#define KPS_INPUTS_JOBS_H

#include "base/map.h"
#include "base/vec.h"
#include "compose/collect.h"
#include "inputs/options.h"
#include "inputs/replay.h"
#include "kube/kustomize.h"
#include "model/input.h"
#include "units/collect.h"

/* A project to read. */
struct kps_job {
    struct kps_sv shown; /* as the user would write it */
    enum kps_input_kind kind;
    uint32_t site;       /* the machine of the settings that has it; 0: none */
    bool is_alternative; /* found beside another project: never started together */
    bool is_apart;       /* found below a folder: on a machine of its own, unless --together */
    bool walked; /* found below a folder, not named: skipped when the file is no input after all */
    bool is_guess; /* found by its text, not by its name: skipped when Compose refuses it alone */
    struct kps_sv
        error; /* the reason against reading, as in the KP901 finding; empty: read the project */
    struct kps_compose_request request;
    enum kps_units_kind units;             /* for the kinds of input that pkgsrc/units reads */
    const struct kps_unit_path *unit_path; /* of --systemd, see struct kps_units_request */
    struct kps_sv unit_name;               /* … */
    bool is_off;                           /* … */
    /* Of manifests below a folder. */
    struct kps_kustomize *kustomize; /* the job is to build `folder`; NULL: to read a file */
    struct kps_sv folder;            /* absolute */
    uint32_t n_portless; /* documents of a file without ports, so that the file is read once */
    bool is_part;        /* a kustomization names the file and reads it in its build */
    bool is_test; /* a step of a test (chainsaw, kuttl): a fragment in a cluster of its own */
    struct kps_sv
        cluster;      /* the cluster that a deployment tool gives the file to; empty: unknown */
    bool is_unlisted; /* beside a kustomization that does not name the file */
    bool is_aside; /* no part of the build of the named folder: judged, but its claims are no one's
                    */
    bool is_named; /* the folder of this kustomization was named */
};

struct kps_jobs {
    KPS_VEC(struct kps_job) list;
    struct kps_arena *arena;
    struct kps_diag *diag;
    struct kps_replay *replay;
    const struct kps_inputs_options *options;
    const struct kps_env *env;
    struct kps_sv cwd;    /* absolute and clean */
    struct kps_map index; /* absolute path -> index of the job: every file is read once */
    KPS_VEC(struct kps_kustomize *) kustomizes;
    struct kps_fs fs;   /* the files through `replay` */
    uint32_t n_ignored; /* files and folders that a walk left out: .gitignore, vendor, testdata */
};

void kps_inputs_free(struct kps_jobs *jobs);

/* The kustomizations below a folder that is named; freed with the jobs. */
struct kps_kustomize *kps_inputs_kustomize(struct kps_jobs *jobs, struct kps_sv top,
                                           struct kps_sv shown);
/* Add a job for each kustomization that no other includes. Return how many there are. */
size_t kps_inputs_add_kustomizations(struct kps_jobs *jobs, struct kps_kustomize *kustomize,
                                     struct kps_sv top);

/* Return: the working directory as Compose sees the folder: $PWD when $PWD leads here (symbolic
 * links stay in), else getcwd. */
struct kps_sv kps_inputs_cwd(struct kps_arena *arena, const struct kps_env *env);

/* Add a job with the options of every project. Return: NULL when the path has an equal job already.
 */
struct kps_job *kps_inputs_add(struct kps_jobs *jobs, struct kps_sv shown, bool walked);

/* Set the job to read a single file. */
void kps_inputs_set_file(struct kps_jobs *jobs, struct kps_job *job, struct kps_sv path);

/* A job that failed before anything was read: reports KP901. Return: the finding. */
struct kps_finding *kps_inputs_fail(struct kps_jobs *jobs, struct kps_sv shown, const char *fmt,
                                    ...) KPS_PRINTF(3, 4);

/* Set the job to a kind of file that pkgsrc/units reads; KPS_UNITS_NONE changes nothing. */
void kps_inputs_set_unit(struct kps_job *job, enum kps_units_kind kind);

/* Return: whether the text looks like Kubernetes manifests, not like a Compose file with extensions
 * of these names. */
bool kps_inputs_is_kubernetes(struct kps_sv text);

/* Return: whether a file has the name of a Compose file: (docker-)compose*.y(a)ml, *stack*.y(a)ml.
 */
bool kps_inputs_is_compose_name(struct kps_sv name);

/*
 * Return: whether a file with the name of a Compose file is one of another program: its text is a
 * list, as Ansible's tasks are, or it has the word "stack" in its name and no services
 * ("openstack.yml").
 */
bool kps_inputs_is_other(struct kps_sv name, struct kps_sv text);

#endif
