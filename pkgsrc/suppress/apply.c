#include "base/map.h"
#include "suppress/place.h"
#include "suppress/words.h"

enum { MOST_PARTIES = 4096 }; /* of a finding that are told apart */

struct applying {
    struct kps_suppress *suppress;
    const struct kps_ledger *ledger;
    const struct kps_suppress_run *run;
    struct kps_suppress_places places;
};

/* Return: do the remaining parties of a finding still clash? */
enum clash {
    NO_CLASH,         /* the other parties only explain: one accepted place is enough */
    CLASH_OF_OWNERS,  /* two owners must be left */
    CLASH_OF_ENTRIES, /* two places must be left, be they of one owner */
};

static enum clash clash_of(enum kps_rule rule)
{
    static const uint16_t owners[] = {
        KPS_RULE_COMPOSE_HOST_PORT_CLASH,
        KPS_RULE_COMPOSE_SHARED_NAMESPACE_CLASH,
        KPS_RULE_COMPOSE_HOST_NETWORK_CLASH,
        KPS_RULE_COMPOSE_PROJECT_CLASH,
        KPS_RULE_POD_CONTAINER_PORT_CLASH,
        KPS_RULE_HOST_PORT_CLASH,
        KPS_RULE_NODE_PORT_DUPLICATE,
        KPS_RULE_HOST_PORT_MEETS_NODE_PORT,
        KPS_RULE_LOAD_BALANCER_HOST_PORT,
        KPS_RULE_SERVICE_ADDRESS_CLASH,
        KPS_RULE_HOST_PORT_TAKEN,
        KPS_RULE_CONTAINER_PORT_TAKEN,
        KPS_RULE_STOPPED_CONTAINER_CLAIM,
    };
    static const uint16_t entries[] = {
        KPS_RULE_COMPOSE_SELF_CLASH,
        KPS_RULE_POD_HOST_PORT_DUPLICATE,
        KPS_RULE_SERVICE_PORT_DUPLICATE,
        KPS_RULE_DUPLICATE_OBJECT,
    };
    for (size_t i = 0; i < KPS_COUNT(owners); i++) {
        if (owners[i] == rule) {
            return CLASH_OF_OWNERS;
        }
    }
    for (size_t i = 0; i < KPS_COUNT(entries); i++) {
        if (entries[i] == rule) {
            return CLASH_OF_ENTRIES;
        }
    }
    return NO_CLASH;
}

static bool speaks_of(const struct kps_suppress_entry *entry, const struct kps_finding *finding)
{
    return kps_rule_is(kps_rule_info(finding->rule), entry->rule);
}

/* Return: does the place lie in a file, project or service that the entry covers as a whole? */
static bool covers_widely(const struct applying *a, const struct kps_suppress_entry *entry,
                          const struct kps_party *party, struct kps_span at)
{
    if (kps_suppress_covers(entry->covers, at)) {
        return true;
    }
    uint32_t project = a->run->projects[entry->covers.file];
    if (project == 0 || a->run->projects[at.file] != project) {
        return false;
    }
    if (entry->covers_project || entry->service.n == 0 || party->owner == 0) {
        return entry->covers_project;
    }
    const struct kps_owner *owner = kps_ledger_get_owner(a->ledger, party->owner);
    return owner->kind == KPS_OWNER_COMPOSE_SERVICE && kps_sv_eq(owner->name, entry->service);
}

/* Note the entry as used. Return: the entry that was read first. */
static struct kps_suppress_entry *use_entry(struct applying *a, uint32_t index,
                                            struct kps_suppress_entry *before)
{
    struct kps_suppress_entry *entry = &a->suppress->entries.v[index];
    entry->is_used = true;
    return before && before < entry ? before : entry;
}

/*
 * Return: the first entry that accepts the finding at this party, or NULL. All accepting entries
 * are noted as used.
 */
static struct kps_suppress_entry *
accept_party(struct applying *a, const struct kps_finding *finding, const struct kps_party *party)
{
    struct kps_suppress_entry *ret = NULL;
    const struct kps_diag *diag = a->suppress->diag;
    for (kps_origin_id id = party->at; id; id = kps_origins_get(&diag->origins, id)->up) {
        struct kps_span at = kps_origins_get(&diag->origins, id)->span;
        if (at.file == 0) {
            continue;
        }
        struct kps_suppress_hits hits = kps_suppress_at(&a->places, at);
        for (uint32_t i = 0; (i = kps_suppress_next(&a->places, &hits)) != UINT32_MAX;) {
            ret = speaks_of(&a->suppress->entries.v[i], finding) ? use_entry(a, i, ret) : ret;
        }
        for (uint32_t i = 0; i < a->places.n_wide; i++) {
            const struct kps_suppress_entry *entry = &a->suppress->entries.v[a->places.wide[i]];
            if (speaks_of(entry, finding) && covers_widely(a, entry, party, at)) {
                ret = use_entry(a, a->places.wide[i], ret);
            }
        }
    }
    return ret;
}

/* Return: is the remaining party the first of its owner? */
static bool is_new_owner(const struct kps_finding *finding, const bool *is_left, uint32_t i)
{
    kps_owner_id owner = finding->parties[i].owner;
    for (uint32_t k = 0; k < i && owner; k++) {
        if (is_left[k] && finding->parties[k].owner == owner) {
            return false;
        }
    }
    return true;
}

static void judge_finding(struct applying *a, struct kps_finding *finding)
{
    bool is_left[MOST_PARTIES];
    uint32_t n = finding->n_parties < MOST_PARTIES ? finding->n_parties : MOST_PARTIES;
    struct kps_suppress_entry *accepted = NULL;
    enum clash clash = clash_of(finding->rule);
    uint32_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct kps_suppress_entry *entry = accept_party(a, finding, &finding->parties[i]);
        accepted = accepted ? accepted : entry;
        is_left[i] = entry == NULL;
        left += is_left[i] && left < 2 &&
                (clash == CLASH_OF_ENTRIES || is_new_owner(finding, is_left, i));
    }
    if (!accepted) {
        return;
    }
    if (clash != NO_CLASH && left > 1) {
        kps_finding_note(finding, "only one side ignores this: the others still clash");
        return;
    }
    finding->suppressed = accepted->reason.p ? accepted->reason : SV("");
    finding->suppressed_at = accepted->at;
    finding->suppressed_by = accepted->by;
}

/* Return: could this run have made a finding of the entry's rule? */
static bool is_judged(const struct kps_suppress_run *run, const struct kps_suppress_entry *entry)
{
    for (const struct kps_rule_info *info = kps_rules; info->rule != KPS_RULE_NONE; info++) {
        if (run->judged->has[info->rule] && kps_rule_is(info, entry->rule)) {
            return true;
        }
    }
    return false;
}

/* A file of two projects is two files in the sink, with the same words in both. */
static uint32_t *seen_at(struct applying *a, struct kps_map *seen,
                         const struct kps_suppress_entry *entry)
{
    struct kps_diag *diag = a->suppress->diag;
    struct kps_sv path = kps_files_get(&diag->files, entry->at.file)->path;
    return kps_map_put(seen, diag->arena,
                       kps_fmt(diag->arena, "%u:%.*s", entry->at.off, SV_ARG(path)), 0, NULL);
}

/* Entries about these very notes come `last`. */
static void report_unused(struct applying *a, bool last)
{
    const struct kps_rule_info *unused = kps_rule_info(KPS_RULE_UNUSED_SUPPRESSION);
    struct kps_map seen = {0};
    for (uint32_t i = 0; i < a->suppress->entries.n; i++) {
        if (a->suppress->entries.v[i].is_used) {
            *seen_at(a, &seen, &a->suppress->entries.v[i]) = 1;
        }
    }
    struct kps_diag *diag = a->suppress->diag;
    for (uint32_t i = 0; i < a->suppress->entries.n; i++) {
        const struct kps_suppress_entry *entry = &a->suppress->entries.v[i];
        if (entry->is_used || kps_rule_is(unused, entry->rule) != last ||
            !is_judged(a->run, entry)) {
            continue;
        }
        uint32_t *is_seen = seen_at(a, &seen, entry);
        if (*is_seen) {
            continue;
        }
        *is_seen = 1;
        struct kps_finding *finding =
            kps_diag_add_here(diag, KPS_RULE_UNUSED_SUPPRESSION, KPS_NOTE, entry->at,
                              "nothing is suppressed by '%.*s' here", SV_ARG(entry->rule));
        if (entry->by == KPS_SUPPRESSED_BY_COMMENT) {
            kps_finding_note(
                finding,
                "a comment covers its line, or the next one when it stands alone, and what "
                "is indented below that line");
        }
        kps_finding_help(finding, "remove it, or move it to the line of the finding");
    }
}

void kps_suppress_apply(struct kps_suppress *suppress, const struct kps_ledger *ledger,
                        const struct kps_suppress_run *run)
{
    if (suppress->entries.n == 0) {
        return;
    }
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct applying a = {suppress, ledger, run, kps_suppress_index(scratch, suppress)};
    uint32_t n = suppress->diag->findings.n;
    for (uint32_t i = 0; i < n; i++) {
        if (kps_finding_is_acceptable(suppress->diag->findings.v[i])) {
            judge_finding(&a, suppress->diag->findings.v[i]);
        }
    }
    if (!run->skips_unused) {
        report_unused(&a, false);
        for (uint32_t i = n; i < suppress->diag->findings.n; i++) {
            judge_finding(&a, suppress->diag->findings.v[i]);
        }
        report_unused(&a, true);
    }
}

void kps_suppress_read(struct kps_suppress *suppress, kps_file_id file, bool manifests)
{
    suppress->n_before = suppress->entries.n;
    kps_suppress_read_comments(suppress, file);
    kps_suppress_read_fields(suppress, file, manifests);
    if (suppress->entries.n - suppress->n_before >= KPS_SUPPRESS_MOST) {
        (void)kps_suppress_fail(suppress, suppress->entries.v[suppress->entries.n - 1].at,
                                "the file has more than %d suppressions", KPS_SUPPRESS_MOST - 1);
    }
}

void kps_suppress_free(struct kps_suppress *suppress)
{
    kps_vec_free(&suppress->entries);
}
