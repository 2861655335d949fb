#include "base/map.h"
#include "suppress/place.h"
#include "suppress/words.h"

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

/*
 * Note the entry as used when it speaks of the finding. Return: the entry that was read first, of
 * it and `before`.
 */
static struct kps_suppress_entry *use_entry(struct applying *a, const struct kps_finding *finding,
                                            uint32_t index, struct kps_suppress_entry *before)
{
    struct kps_suppress_entry *entry = &a->suppress->entries.v[index];
    if (!speaks_of(entry, finding)) {
        return before;
    }
    entry->is_used = true;
    return before && before < entry ? before : entry;
}

/* Use the entries of a chain that are of the project of file `file`. Return: as use_entry. */
static struct kps_suppress_entry *use_chain(struct applying *a, const struct kps_finding *finding,
                                            uint32_t head, kps_file_id file,
                                            struct kps_suppress_entry *before)
{
    const uint32_t *projects = a->run->projects;
    for (; head; head = a->places.before[head - 1]) {
        if (projects[a->suppress->entries.v[head - 1].covers.file] == projects[file]) {
            before = use_entry(a, finding, head - 1, before);
        }
    }
    return before;
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
    const struct kps_owner *owner =
        party->owner ? kps_ledger_get_owner(a->ledger, party->owner) : NULL;
    uint32_t service = owner && owner->kind == KPS_OWNER_COMPOSE_SERVICE
                           ? kps_map_get(&a->places.of_service, kps_owner_name(owner), 0)
                           : 0;
    for (kps_origin_id id = party->at; id; id = kps_origins_up(&diag->origins, id)) {
        struct kps_span at = kps_origins_span(&diag->origins, id);
        if (at.file == 0) {
            continue;
        }
        struct kps_suppress_hits hits = kps_suppress_at(&a->places, at);
        for (uint32_t i = 0; (i = kps_suppress_next(&a->places, &hits)) != UINT32_MAX;) {
            ret = use_entry(a, finding, i, ret);
        }
        ret = use_chain(a, finding, a->places.of_file[at.file], at.file, ret);
        ret = use_chain(a, finding, a->places.of_project[a->run->projects[at.file]], at.file, ret);
        ret = use_chain(a, finding, service, at.file, ret);
    }
    return ret;
}

static void judge_finding(struct applying *a, struct kps_finding *finding)
{
    struct kps_suppress_entry *accepted = NULL;
    enum clash clash = clash_of(finding->rule);
    kps_owner_id first_left = 0;
    uint32_t left = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_suppress_entry *entry = accept_party(a, finding, party);
        accepted = accepted ? accepted : entry;
        bool is_same_owner = left && party->owner && party->owner == first_left;
        if (!entry && (clash == CLASH_OF_ENTRIES || !is_same_owner)) {
            first_left = left++ ? first_left : party->owner;
        }
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
                       kps_fmt(diag->arena, "%u:%.*s", entry->at.off, SV_ARG(path)), 0);
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
    struct applying a = {suppress, ledger, run,
                         kps_suppress_index(scratch, suppress, run->projects)};
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
