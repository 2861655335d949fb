#ifndef KPS_UNITS_UNIT_FILE_H
#define KPS_UNITS_UNIT_FILE_H

#include "base/compiler.h"
#include "base/fs.h"
#include "base/vec.h"
#include "diag/finding.h"

/*
 * Files in systemd's syntax (systemd.syntax(7)): sections, assignments, continuation lines,
 * comments, drop-ins and specifiers. Quadlet reads the same syntax (podman-systemd.unit(5)).
 */

/* One assignment. Sections and keys are compared with their case, as systemd does. */
struct kps_unit_line {
    struct kps_sv section, key;
    struct kps_sv value; /* continuation lines joined, trimmed; empty resets a list */
    struct kps_span at;  /* from the first to the last byte of the value */
};

/* The assignments of a unit and its drop-ins, in the order in which systemd applies them. */
struct kps_unit_file {
    struct kps_diag *diag;
    struct kps_sv name;     /* "web@blue.container" */
    struct kps_sv instance; /* "blue"; empty: no template, or a template without an instance */
    bool is_template;       /* the name holds an '@' */
    bool joins_with_blank;  /* systemd puts a blank where a line continues, Quadlet 5.4 nothing */
    bool has_failed;        /* a line or a drop-in could not be read; the finding is in the sink */
    uint32_t n_lines;       /* of the unit and its drop-ins, without blank lines and comments */
    KPS_VEC(struct kps_unit_line) lines;
    KPS_VEC(struct kps_sv) paths; /* the files that were read, as shown */
};

/* Where units and their drop-ins are looked for, the folder that wins first; absolute paths. */
struct kps_unit_path {
    struct kps_sv folders[32];
    size_t n;
};

/* The most drop-ins that one unit may have. Real units have fewer than ten. */
enum { KPS_UNIT_MOST_DROP_INS = 256 };

/* A unit to read. */
struct kps_unit_source {
    struct kps_sv absolute, shown;
    struct kps_sv name;               /* of an instance whose file is the template's; else empty */
    const struct kps_unit_path *path; /* of the drop-ins; NULL: the folder of the unit */
};

/*
 * Read a unit and its drop-ins ("NAME.d/", for "a-b.socket" also "a-.socket.d/" and "socket.d/",
 * for an instance also those of its template) in each folder of the path. Of two drop-ins with one
 * name the first counts, by folder of the path, then the more specific (systemd.unit(5); seen with
 * `systemd-analyze verify` 252). Reads through `fs`; texts live in the arena of `diag`. An
 * unreadable file is KP901, a line without "=" or outside a section KP902; reading goes on with
 * the next line. Return: 0, or the errno of the unit itself.
 */
KPS_MUST_USE int kps_unit_file_read(struct kps_diag *diag, const struct kps_fs *fs,
                                    const struct kps_unit_source *source,
                                    struct kps_unit_file *ret);
void kps_unit_file_free(struct kps_unit_file *unit);

/* Return the last value of a key; NULL when no line assigns it. */
const struct kps_unit_line *kps_unit_file_last(const struct kps_unit_file *unit,
                                               const char *section, const char *key);

/* Return true for "1", "yes", "y", "true", "t" and "on", in any case (systemd's parse_boolean). */
bool kps_unit_is_true(struct kps_sv text);

/*
 * Expand the specifiers that the unit's name decides: %n %N %p %P %i %I %j %%. Return: false when
 * the text holds another specifier, a variable of the environment ($X), or needs an instance that
 * the unit does not have; then nobody knows the value before the unit starts.
 */
KPS_MUST_USE bool kps_unit_expand(const struct kps_unit_file *unit, struct kps_sv text,
                                  struct kps_sv *ret);

#endif
