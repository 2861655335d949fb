#ifndef KPS_UNITS_COLLECT_H
#define KPS_UNITS_COLLECT_H

#include "base/fs.h"
#include "model/ledger.h"
#include "units/request.h"

/*
 * The adapter of files that publish host ports beside Compose and Kubernetes: Podman's Quadlets,
 * systemd's socket units, and the configuration of kind and k3d clusters. Each file becomes an
 * owner with claims on this machine's ports, which the core compares with all others.
 */

/* Return the kind that the file's name says (Quadlets and socket units). */
enum kps_units_kind kps_units_kind_of_name(struct kps_sv name);
/*
 * Return: may the text be that of a unit? It has the line of a section, or nothing: drop-ins may
 * hold the rest. Perl's manuals are *.pod too.
 */
bool kps_units_is_unit(struct kps_sv text);
/* Return the kind that `apiVersion` at the start of a line of a YAML text says (kind and k3d). */
enum kps_units_kind kps_units_kind_of_text(struct kps_sv text);

enum kps_units_status { KPS_UNITS_OK, KPS_UNITS_PARTIAL, KPS_UNITS_FAILED };

struct kps_units_result {
    enum kps_units_status status;
    struct kps_sv error;        /* PARTIAL, FAILED: the first error in one line */
    const struct kps_sv *files; /* that were read, as shown */
    size_t n_files;
};

/*
 * Read one file (with its drop-ins) into the ledger. A file that cannot be read is KP901, a wrong
 * value KP902 with its place; the rest of the file is still read. Allocates in the arena of the
 * ledger's diag.
 */
struct kps_units_result kps_units_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                          const struct kps_units_request *request);

#endif
