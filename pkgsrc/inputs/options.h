#ifndef KPS_INPUTS_OPTIONS_H
#define KPS_INPUTS_OPTIONS_H

#include "cluster/collect.h"
#include "compose/collect.h"
#include "compose/versions.h"
#include "config/config.h"
#include "kube/collect.h"

/* The inputs: what is read, and how. */
struct kps_inputs_options {
    struct kps_sv cwd;     /* the working directory (kps_inputs_cwd) */
    struct kps_list named; /* the positional files and folders; "-" is standard input */

    /* the project, as `docker compose` has these options */
    struct kps_list files;
    struct kps_sv project_name, project_directory;
    struct kps_list profiles, env_files, services;
    struct kps_compose_scale *scales; /* --scale */
    size_t n_scales;
    enum kps_compose_version compose_version;
    bool is_kube_play; /* --kube-play: manifests are for `podman kube play` */
    bool is_swarm;     /* --swarm: Compose files are for `docker stack deploy` */

    struct kps_list dumps;           /* --against: kubectl's dumps of a live cluster */
    bool asks_cluster;               /* --cluster: the live cluster itself */
    struct kps_cluster_options live; /* how to reach it */
    struct kps_kube_options cluster; /* facts about the manifests' cluster */

    bool asks_systemd; /* --systemd: the units of this machine are inputs */
    struct kps_sv stdin_name;
    struct kps_list excludes;
    bool together;  /* --together: the projects below a folder run on one machine */
    bool no_ignore; /* --no-ignore: a walk reads what .gitignore and the like leave out */
    const struct kps_config_machine *machines; /* the configuration: which project runs where */
    size_t n_machines;
    bool places_projects; /* put the projects on these machines */
    bool is_one_project;  /* a folder is the project in it: no walk */
};

/* Take the machines and the facts of the cluster, which the configuration alone has. */
void kps_inputs_configure(struct kps_inputs_options *options, struct kps_arena *arena,
                          const struct kps_config *config);

#endif
