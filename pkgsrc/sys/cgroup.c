#include "sys/cgroup.h"

#include <stddef.h>

#include "base/compiler.h"

enum { ID_DIGITS = 64 };

static bool is_id(struct kps_sv s)
{
    if (s.n != ID_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (!kps_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f')) {
            return false;
        }
    }
    return true;
}

/* The container id that a folder's name holds; empty: none. */
static struct kps_sv id_in(struct kps_sv name)
{
    static const struct kps_sv prefixes[] = {
        SV_LIT("docker-"), SV_LIT("libpod-"),  SV_LIT("cri-containerd-"),
        SV_LIT("crio-"),   SV_LIT("nerdctl-"),
    };
    if (kps_sv_ends(name, SV(".scope"))) {
        name = kps_sv_slice(name, 0, name.n - 6);
    }
    if (is_id(name)) {
        return name;
    }
    for (size_t i = 0; i < KPS_COUNT(prefixes); i++) {
        struct kps_sv rest = kps_sv_from(name, prefixes[i].n);
        if (kps_sv_starts(name, prefixes[i]) && is_id(rest)) {
            return rest;
        }
    }
    /* containerd given a systemd path while it manages cgroups itself:
     * "kubepods-….slice:cri-containerd:<id>" */
    size_t colon = kps_sv_rfind(name, ':');
    struct kps_sv rest = kps_sv_from(name, colon + 1);
    if (colon < name.n && kps_sv_ends(kps_sv_slice(name, 0, colon), SV(":cri-containerd")) &&
        is_id(rest)) {
        return rest;
    }
    return (struct kps_sv){0};
}

/* Takes the next folder's name off the front of a path. */
static struct kps_sv next_name(struct kps_sv *path)
{
    while (path->n && path->p[0] == '/') {
        *path = kps_sv_from(*path, 1);
    }
    size_t end = kps_sv_find(*path, '/');
    struct kps_sv name = kps_sv_slice(*path, 0, end);
    *path = kps_sv_from(*path, end);
    return name;
}

static bool is_unit(struct kps_sv name)
{
    return kps_sv_ends(name, SV(".service")) || kps_sv_ends(name, SV(".socket")) ||
           kps_sv_ends(name, SV(".scope"));
}

/* Scopes that stand for a login or for systemd itself: nothing that one would stop for a port. */
static bool is_session(struct kps_sv name)
{
    return kps_sv_eq(name, SV("init.scope")) ||
           (kps_sv_starts(name, SV("session-")) && kps_sv_ends(name, SV(".scope")));
}

struct kps_cgroup kps_cgroup_of_path(struct kps_sv path)
{
    struct kps_cgroup found = {0};
    bool below_user = false;
    for (struct kps_sv name = next_name(&path); name.n; name = next_name(&path)) {
        struct kps_sv id = id_in(name);
        if (id.n) {
            if (!kps_sv_eq(id, found.container)) {
                found.outer = found.container;
                found.container = id;
            }
        } else if (is_unit(name) && !is_session(name)) {
            /* systemd puts "_" before a name that would clash with a file of the control group
             * itself */
            found.unit = name.p[0] == '_' ? kps_sv_from(name, 1) : name;
            found.unit_of_user = below_user;
            below_user = below_user ||
                         (kps_sv_starts(name, SV("user@")) && kps_sv_ends(name, SV(".service")));
        }
    }
    if (found.container.n) {
        found.unit = (struct kps_sv){0};
        found.unit_of_user = false;
    }
    return found;
}

enum rank { RANK_UNIFIED, RANK_SYSTEMD, RANK_OTHER, N_RANKS };

/* Splits "4:memory:/path" and says how much its path counts. */
static enum rank split_line(struct kps_sv line, struct kps_sv *ret_path)
{
    size_t first = kps_sv_find(line, ':');
    struct kps_sv rest = kps_sv_from(line, first + 1);
    size_t second = kps_sv_find(rest, ':');
    struct kps_sv controllers = kps_sv_slice(rest, 0, second);
    *ret_path = kps_sv_from(rest, second + 1);
    if (kps_sv_eq(kps_sv_slice(line, 0, first), SV("0"))) {
        return RANK_UNIFIED;
    }
    return kps_sv_eq(controllers, SV("name=systemd")) ? RANK_SYSTEMD : RANK_OTHER;
}

/* Fills what is not known yet. The container of a line rules out the unit of another: both are of
 * one process. */
static void merge(struct kps_cgroup *into, const struct kps_cgroup *more)
{
    if (into->container.n == 0 && more->container.n) {
        *into = *more;
    } else if (into->container.n == 0 && into->unit.n == 0) {
        into->unit = more->unit;
        into->unit_of_user = more->unit_of_user;
    }
}

struct kps_cgroup kps_cgroup_of_text(struct kps_sv text)
{
    struct kps_cgroup found = {0};
    for (int rank = RANK_UNIFIED; rank < N_RANKS; rank++) {
        for (struct kps_sv rest = text; rest.n;) {
            size_t end = kps_sv_find(rest, '\n');
            struct kps_sv path;
            if (split_line(kps_sv_slice(rest, 0, end), &path) == (enum rank)rank) {
                struct kps_cgroup line = kps_cgroup_of_path(path);
                merge(&found, &line);
            }
            rest = kps_sv_from(rest, end + 1);
        }
    }
    return found;
}
