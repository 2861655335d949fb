#ifndef KPS_COMPOSE_DISCOVER_H
#define KPS_COMPOSE_DISCOVER_H

#include "compose/loader.h"

/* Compose's file names in a folder, separated by blanks; the first that exists counts (spec compose
 * §3.1). The same for its override files. */
extern const char kps_compose_discover_names[];
extern const char kps_compose_discover_overrides[];

/* The files of a project found by name (spec compose §3.1), absolute paths. */
struct kps_discovered {
    struct kps_sv files[2]; /* the Compose file, then its override file */
    size_t n;               /* 0: none found */
    struct kps_sv dir;      /* the folder they lie in */
};

/*
 * Look in `dir` and, unless `no_parents`, in the folders above it. Where several files have a
 * standard name, Compose takes the first and warns; so do we (KP909).
 */
struct kps_discovered kps_compose_discover(struct kps_loader *loader, struct kps_sv dir,
                                           bool no_parents);

/*
 * Return: is the name that of a file for `docker stack deploy`? "stack" is a word of it: stack.yml,
 * docker-stack.prod.yaml; localstack.yml and fullstack.yml are for others. Compose itself looks for
 * none of these names.
 */
bool kps_compose_discover_is_stack(struct kps_sv name);

/*
 * Return: is a text a Compose project, whatever the name of its file? Its keys and those of its
 * services are Compose's (or begin with x-), and a service has an image or a build. Symfony, GitLab
 * and others have a section `services` too. Only block style is looked at.
 */
bool kps_compose_discover_is_project(struct kps_sv text);

/* The override file that belongs to the standard-named file `file`; .n == 0 when `file` has no
 * standard name or there is none. */
struct kps_sv kps_compose_discover_override(struct kps_loader *loader, struct kps_sv file);

#endif
