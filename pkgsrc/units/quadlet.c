#include <string.h>

#include "base/limits.h"
#include "base/path.h"
#include "units/units.h"
#include "yaml/reader.h"

/*
 * Quadlets, as Podman 5.4.2's generator reads them (`quadlet -dryrun`) and `podman run` 4.3.1
 * publishes them: a value of PublishPort= goes to `--publish` as it is, an empty one resets the
 * list, the last Yaml= and the last Pod= count.
 */
struct quadlet {
    struct kps_units *units;
    const char *section; /* "Container", "Pod" or "Kube" */
    kps_owner_id owner;
    enum kps_certainty certainty;
    uint8_t flags;
    struct kps_publish replaced[64]; /* .kube: PublishPort= by container port and protocol */
    uint32_t n_replaced;
};

/* The network mode that the last Network= lines say. */
enum network { NETWORK_PUBLISHES, NETWORK_HOST, NETWORK_NONE, NETWORK_CONTAINER };

static const char *section_of(struct kps_sv name)
{
    if (kps_sv_has_tail(name, ".pod")) {
        return "Pod";
    }
    return kps_sv_has_tail(name, ".kube") ? "Kube" : "Container";
}

static enum network read_network(const struct quadlet *q, const struct kps_unit_line **ret)
{
    const struct kps_unit_line *line = kps_unit_file_last(&q->units->unit, q->section, "Network");
    *ret = line;
    if (!line) {
        return NETWORK_PUBLISHES;
    }
    struct kps_sv mode = kps_sv_before(line->value, ':');
    if (kps_sv_is(mode, "host")) {
        return NETWORK_HOST;
    }
    if (kps_sv_is(mode, "none")) {
        return NETWORK_NONE;
    }
    bool joins = kps_sv_is(mode, "container") || kps_sv_has_tail(mode, ".container");
    return joins ? NETWORK_CONTAINER : NETWORK_PUBLISHES;
}

/* Return the first PublishPort= that counts; NULL when there is none. */
static const struct kps_unit_line *first_published(const struct quadlet *q, uint32_t *ret_from)
{
    const struct kps_unit_file *unit = &q->units->unit;
    const struct kps_unit_line *first = NULL;
    *ret_from = 0;
    for (uint32_t i = 0; i < unit->lines.n; i++) {
        const struct kps_unit_line *line = &unit->lines.v[i];
        if (!kps_sv_is(line->key, "PublishPort") || !kps_sv_is(line->section, q->section)) {
            continue;
        }
        if (line->value.n == 0) {
            first = NULL;
        } else if (!first) {
            first = line;
            *ret_from = i;
        }
    }
    return first;
}

static void report_unused(struct quadlet *q, const struct kps_unit_line *port,
                          const struct kps_unit_line *because, bool is_refused, const char *words)
{
    struct kps_diag *diag = q->units->diag;
    struct kps_finding *finding =
        kps_diag_add_here(diag, KPS_RULE_COMPOSE_PORTS_UNUSED, is_refused ? KPS_ERROR : KPS_WARNING,
                          port->at, "the ports of '%.*s' %s", SV_ARG(q->units->unit.name),
                          is_refused ? "cannot be published" : "are not published");
    finding->parties[0].owner = q->owner;
    struct kps_party *party = kps_finding_party(finding, KPS_ROLE_OTHER, q->owner);
    party->at = kps_diag_here(diag, because->at);
    party->label = SV("because of this line");
    finding->up_error = kps_sv_of(words);
}

/* Report ports that the unit's network or pod makes void. Return: true when that is so. */
static bool check_unused(struct quadlet *q, const struct kps_unit_line *first)
{
    const struct kps_unit_line *network = NULL;
    enum network mode = read_network(q, &network);
    const struct kps_unit_line *pod = kps_unit_file_last(&q->units->unit, q->section, "Pod");
    if (strcmp(q->section, "Container") == 0 && pod && pod->value.n) {
        report_unused(q, first, pod, true,
                      "published or exposed ports must be defined when the pod is created: network "
                      "cannot be configured when it is shared with a pod");
        return true;
    }
    if (mode == NETWORK_PUBLISHES) {
        return false;
    }
    bool is_pod = strcmp(q->section, "Pod") == 0;
    report_unused(q, first, network, is_pod,
                  is_pod ? "PortMappings can only be used with Bridge or slirp4netns networking"
                         : "Port mappings have been discarded as one of the Host, Container, Pod, "
                           "and None network modes are in use");
    return true;
}

static void add_line(struct quadlet *q, const struct kps_unit_line *line)
{
    struct kps_sv text;
    if (!kps_unit_expand(&q->units->unit, line->value, &text)) {
        kps_units_leave_open(q->units, line);
        return;
    }
    struct kps_publish port = kps_publish_parse(q->units->arena, text);
    if (port.error.n == 0 && strcmp(q->section, "Kube") == 0 &&
        q->n_replaced < KPS_COUNT(q->replaced)) {
        q->replaced[q->n_replaced++] = port;
    }
    kps_units_add_published(q->units, q->owner, text, line->at, q->certainty, q->flags);
}

static void add_published(struct quadlet *q)
{
    struct kps_unit_file *unit = &q->units->unit;
    uint32_t from = 0;
    const struct kps_unit_line *first = first_published(q, &from);
    if (!first) {
        return;
    }
    if (check_unused(q, first)) {
        q->flags |= KPS_CLAIM_DISCARDED;
    }
    for (uint32_t i = from; i < unit->lines.n; i++) {
        const struct kps_unit_line *line = &unit->lines.v[i];
        if (line->value.n && kps_sv_is(line->key, "PublishPort") &&
            kps_sv_is(line->section, q->section)) {
            add_line(q, line);
        }
    }
}

/* Read the manifest that Yaml= names. */
static void add_manifest(struct quadlet *q)
{
    struct kps_units *units = q->units;
    const struct kps_unit_line *yaml = kps_unit_file_last(&units->unit, "Kube", "Yaml");
    struct kps_sv name;
    if (!yaml || yaml->value.n == 0 || !kps_unit_expand(&units->unit, yaml->value, &name)) {
        return;
    }
    struct kps_sv bytes;
    struct kps_sv path =
        kps_path_join(units->arena, kps_path_dir(units->arena, units->request->absolute), name);
    struct kps_sv shown =
        kps_path_join(units->arena, kps_path_dir(units->arena, units->request->shown), name);
    int error = units->fs->read(units->fs, units->arena, kps_cstr(units->arena, path),
                                KPS_LIMIT_FILE_BYTES, &bytes);
    if (error) {
        (void)kps_units_refuse(units, yaml->at, "cannot read '%.*s': %s", SV_ARG(shown),
                               strerror(error));
        return;
    }
    kps_vec_add_text(&units->unit.paths.any, shown);
    const struct kps_pod_owner owner = {.id = q->owner,
                                        .replaced = q->replaced,
                                        .n_replaced = q->n_replaced,
                                        .certainty = q->certainty,
                                        .flags = q->flags};
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(units->diag, kps_files_add(&units->diag->files, shown, bytes));
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result;
    while ((result = kps_yaml_reader_next(reader, units->arena, &root)) == KPS_YAML_DOCUMENT) {
        kps_units_read_manifest(units, root, &owner);
    }
    units->has_failed |= result == KPS_YAML_ERROR;
}

/* "web.container" is started by web.service, "web.pod" by web-pod.service. */
static struct kps_sv service_of(struct kps_arena *arena, struct kps_sv name)
{
    bool is_pod = kps_sv_has_tail(name, ".pod");
    struct kps_sv stem = kps_sv_head(name, kps_sv_rfind(name, '.'));
    return kps_fmt(arena, "%.*s%s.service", SV_ARG(stem), is_pod ? "-pod" : "");
}

/* Return: does a line of [Install] name a unit that starts the Quadlet? */
static bool is_installed(const struct kps_unit_file *unit)
{
    static const char *const keys[] = {"WantedBy", "RequiredBy", "UpheldBy"};
    for (size_t i = 0; i < KPS_COUNT(keys); i++) {
        const struct kps_unit_line *line = kps_unit_file_last(unit, "Install", keys[i]);
        if (line && line->value.n) {
            return true;
        }
    }
    return false;
}

int kps_units_read_quadlet(struct kps_units *units)
{
    const struct kps_units_request *request = units->request;
    int error = kps_units_read_unit(units);
    if (error) {
        return error;
    }
    struct kps_sv name = units->unit.name;
    units->is_off = request->path && !is_installed(&units->unit);
    struct quadlet q = {.units = units, .section = section_of(name), .certainty = KPS_CERTAIN};
    /* A template runs only where an instance of it is started. */
    if (units->unit.is_template && units->unit.instance.n == 0) {
        q.certainty = KPS_LIKELY;
    }
    q.owner = kps_units_add_owner(units, KPS_OWNER_QUADLET, name, request->shown,
                                  service_of(units->arena, name));
    add_published(&q);
    if (strcmp(q.section, "Kube") == 0) {
        add_manifest(&q);
    }
    return 0;
}
