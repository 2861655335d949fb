#include "units/collect.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "units/units.h"
#include "yaml/reader.h"

enum kps_units_kind kps_units_kind_of_name(struct kps_sv name)
{
    static const char quadlets[] = ".container .pod .kube";
    struct kps_sv ending;
    for (struct kps_sv rest = kps_sv_of(quadlets); kps_sv_next(&rest, ' ', &ending);) {
        if (name.n > ending.n && kps_sv_ends(name, ending)) {
            return KPS_UNITS_QUADLET;
        }
    }
    bool is_socket = name.n > sizeof(".socket") - 1 && kps_sv_has_tail(name, ".socket");
    return is_socket ? KPS_UNITS_SOCKET : KPS_UNITS_NONE;
}

bool kps_units_is_unit(struct kps_sv text)
{
    static const char sections[] =
        "[Container [Install [Kube [Pod [Quadlet [Service [Socket [Unit [X-";
    bool found = text.n == 0;
    struct kps_sv line;
    while (!found && kps_sv_next(&text, '\n', &line)) {
        found = kps_sv_starts_with_any(kps_sv_trim(line), sections);
    }
    return found;
}

enum kps_units_kind kps_units_kind_of_text(struct kps_sv text)
{
    static const struct kps_sv key = SV_LIT("apiVersion:");
    if (!kps_sv_contains(text, key)) {
        return KPS_UNITS_NONE;
    }
    for (size_t at = 0; at < text.n; at++) {
        struct kps_sv rest = kps_sv_from(text, at);
        if (kps_sv_starts(rest, key)) {
            struct kps_sv value = kps_sv_from(rest, key.n);
            value = kps_sv_trim(kps_sv_before(value, '\n'));
            if (value.n && (value.p[0] == '"' || value.p[0] == '\'')) {
                value = kps_sv_from(value, 1);
            }
            if (kps_sv_has_head(value, "kind.x-k8s.io/")) {
                return KPS_UNITS_KIND;
            }
            return kps_sv_has_head(value, "k3d.io/") ? KPS_UNITS_K3D : KPS_UNITS_NONE;
        }
        at += kps_sv_find(rest, '\n');
    }
    return KPS_UNITS_NONE;
}

static void fail_unreadable(struct kps_units *units, int error, struct kps_units_result *ret)
{
    struct kps_finding *finding =
        kps_diag_add_unreadable(units->diag, 0, units->request->shown, strerror(error));
    ret->status = KPS_UNITS_FAILED;
    ret->error = finding->message;
}

/* Return: does the line of a finding since `before` have an action of a template? */
static bool is_fault_of_template(const struct kps_units *units, uint32_t before,
                                 struct kps_sv bytes)
{
    for (uint32_t i = before; i < units->diag->findings.n; i++) {
        size_t off = kps_finding_span(units->diag, units->diag->findings.v[i]).off;
        size_t begin = kps_sv_rfind(kps_sv_head(bytes, off), '\n');
        struct kps_sv line = kps_sv_before(kps_sv_from(bytes, begin < off ? begin + 1 : 0), '\n');
        if (kps_sv_has_any(line, "{{")) {
            return true;
        }
    }
    return false;
}

/* Replace what was read of a file by the warning that `at` is an action of a template. */
static void report_template(struct kps_units *units, const struct kps_ledger_mark *before,
                            struct kps_span at)
{
    kps_ledger_take_back(units->ledger, before);
    units->has_failed = false;
    (void)kps_diag_add_here(units->diag, KPS_RULE_INPUT_UNSUPPORTED, KPS_WARNING, at,
                            "this looks like an unrendered template, and is not judged");
    if (units->request->is_found) {
        units->diag->has_unknown = true;
    } else {
        units->diag->incomplete = true;
    }
}

/* Read each document of a YAML file with its reader. Return: 0 or an errno. */
static int read_yaml(struct kps_units *units)
{
    struct kps_sv bytes;
    const char *path = kps_cstr(units->arena, units->request->absolute);
    int error = units->fs->read(units->fs, units->arena, path, KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        return error;
    }
    struct kps_ledger_mark before = kps_ledger_mark(units->ledger);
    size_t action = kps_sv_search(bytes, SV("{{"));
    kps_file_id file = kps_files_add(&units->diag->files, units->request->shown, bytes);
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(units->diag, file);
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result;
    while ((result = kps_yaml_reader_next(reader, units->arena, &root)) == KPS_YAML_DOCUMENT) {
        struct kps_sv version = {"", 0};
        const struct kps_ynode *value = kps_ynode_field(root, "apiVersion");
        if (value) {
            version = kps_ynode_text(value);
        }
        if (units->request->kind == KPS_UNITS_KUBE_PLAY) {
            static const struct kps_pod_owner each = {.certainty = KPS_CERTAIN};
            kps_units_read_manifest(units, root, &each);
        } else if (kps_sv_has_head(version, "kind.x-k8s.io/")) {
            kps_units_read_kind(units, root);
        } else if (kps_sv_has_head(version, "k3d.io/")) {
            kps_units_read_k3d(units, root);
        }
    }
    bool is_config = units->request->kind != KPS_UNITS_KUBE_PLAY;
    bool is_template = result == KPS_YAML_ERROR ||
                       (is_config && is_fault_of_template(units, before.findings, bytes));
    if (is_template && action < bytes.n && !units->diag->surplus) {
        report_template(units, &before, (struct kps_span){file, (uint32_t)action, 2});
    } else {
        units->has_failed |= result == KPS_YAML_ERROR;
    }
    return 0;
}

struct kps_units_result kps_units_collect(struct kps_ledger *ledger, const struct kps_fs *fs,
                                          const struct kps_units_request *request)
{
    struct kps_units units = {.ledger = ledger,
                              .diag = ledger->diag,
                              .arena = ledger->diag->arena,
                              .fs = fs,
                              .request = request,
                              .is_off = request->is_off};
    struct kps_sv *files = KPS_NEW_N(units.arena, struct kps_sv, KPS_UNIT_MOST_DROP_INS + 1);
    struct kps_units_result ret = {.files = files, .n_files = 1};
    files[0] = request->shown;
    units.host = kps_ledger_netns(ledger, KPS_NETNS_HOST, request->world);
    int error = 0;
    if (request->kind == KPS_UNITS_QUADLET) {
        error = kps_units_read_quadlet(&units);
    } else if (request->kind == KPS_UNITS_SOCKET) {
        error = kps_units_read_socket(&units);
    } else {
        error = read_yaml(&units);
    }
    for (uint32_t i = 0; i < units.unit.paths.n && i <= KPS_UNIT_MOST_DROP_INS; i++) {
        files[i] = units.unit.paths.v[i];
        ret.n_files = i + 1;
    }
    if (error) {
        fail_unreadable(&units, error, &ret);
    } else if (units.has_failed || units.unit.has_failed) {
        ret.status = KPS_UNITS_PARTIAL;
        ret.error = units.error.n ? units.error : SV("a line could not be read");
    }
    kps_unit_file_free(&units.unit);
    return ret;
}
